use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Auth};

#[tokio::test]
async fn the_openapi_document_is_the_one_that_was_agreed() {
    let auth = Auth::start().await;
    let answer = Answer::of(reqwest::Client::new().get(auth.url("/openapi.json"))).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type").as_deref()),
        (200, Some("application/json"))
    );
    assert_eq!(answer.body["openapi"], "3.1.0");
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn every_documented_path_is_there() {
    // Its metadata is there for an issuer that is reached here.
    let auth = Auth::start_with(&[("JWT_ISSUER", "http://localhost:8081")]).await;
    let http = reqwest::Client::new();
    let document = Answer::of(http.get(auth.url("/openapi.json"))).await.body;
    let mut routes = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path.replace("{number}", "0");
            let answer = Answer::of(http.request(method.clone(), auth.url(&path))).await;
            assert_ne!(answer.status, 404, "{method} {path}");
            routes += 1;
        }
    }
    assert!(routes >= 10, "{routes}");
}

#[tokio::test]
async fn the_viewer_needs_nothing_from_elsewhere() {
    let auth = Auth::start().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let redirect = Answer::of(http.get(auth.url("/docs"))).await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location").as_deref()), (307, Some("docs/")));
    let page = Answer::of(http.get(auth.url("/docs/"))).await;
    assert_eq!(page.status, 200);
    let assets: Vec<&str> =
        page.text.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css")).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    for asset in assets {
        assert!(!asset.contains("//"), "{asset} is elsewhere");
        let answer =
            Answer::of(http.get(auth.url(&format!("/docs/{}", asset.trim_start_matches("./"))))).await;
        assert_eq!(answer.status, 200, "{asset}");
    }
    let initializer = Answer::of(http.get(auth.url("/docs/swagger-initializer.js"))).await;
    assert!(initializer.text.contains("openapi.json"), "{}", initializer.text);
    assert!(!initializer.text.contains("http"), "{}", initializer.text);
    let document = Answer::of(http.get(auth.url("/docs/openapi.json"))).await;
    assert!(matches!(document.body, Value::Object(_)));
}
