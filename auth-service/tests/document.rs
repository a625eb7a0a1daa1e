use local_stack::testing::wording_faults;
use reqwest::Method;
use serde_json::Value;

use crate::mailbox::Mailbox;
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
    // The metadata is only available for an issuer at this service.
    let mailbox = Mailbox::new();
    let settings = [&[("JWT_ISSUER", "http://localhost:8081")], &PLUGINS[..]].concat();
    let auth = Auth::start_with_mail(&mailbox, &settings).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let document = Answer::of(http.get(auth.url("/openapi.json"))).await.body;
    let mut routes = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path.replace("{number}", "0").replace("{id}", "acme");
            let answer = Answer::of(http.request(method.clone(), auth.url(&path))).await;
            assert_ne!(answer.status, 404, "{method} {path}");
            routes += 1;
        }
    }
    assert!(routes >= 10, "{routes}");
}

/// Sign-in by email, whose endpoints do not exist otherwise.
const PLUGINS: [(&str, &str); 3] =
    [("MAGIC_LINK_ENABLED", "true"), ("EMAIL_OTP_ENABLED", "true"), ("USERNAME_ENABLED", "true")];
const GOOGLE: &str = r#"{"google": {"clientId": "a", "clientSecret": "b"}}"#;

/// The paths that accept a JSON body by POST, with the schema of the body.
fn bodies(document: &Value) -> Vec<(&str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let bodies: Vec<(&str, &Value)> = paths
        .filter_map(|(path, item)| {
            // A form of another site, which is redirected whatever it contains.
            let body = item["post"].get("requestBody").filter(|_| !path.contains("/callback/"))?;
            let reference = body["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
            Some((path.as_str(), document.pointer(reference.trim_start_matches('#')).unwrap()))
        })
        .collect();
    assert!(bodies.len() >= 9, "{}", bodies.len());
    bodies
}

#[tokio::test]
async fn every_example_of_a_body_is_valid() {
    let mailbox = Mailbox::new();
    let settings =
        [("CHANGE_EMAIL_ENABLED", "true"), ("DELETE_USER_ENABLED", "true"), ("SOCIAL_PROVIDERS", GOOGLE)];
    let auth = Auth::start_with_mail(&mailbox, &[&settings[..], &PLUGINS].concat()).await;
    let document = Answer::of(reqwest::Client::new().get(auth.url("/openapi.json"))).await.body;
    for (number, (path, schema)) in bodies(&document).into_iter().enumerate() {
        let device = auth.user(&format!("user{number}")).await;
        let example = &schema["example"];
        for required in schema["required"].as_array().into_iter().flatten() {
            assert!(example.get(required.as_str().unwrap()).is_some(), "{path}: {example}");
        }
        let answer = device.post(path.strip_prefix("/api/auth").unwrap(), example).await;
        // The tokens in the examples are invalid, and the email that signs in has no account.
        let refusals = [
            "INVALID_TOKEN",
            "INVALID_EMAIL_OR_PASSWORD",
            "INVALID_USERNAME_OR_PASSWORD",
            "EMAIL_MISMATCH",
            // The account in the examples does not exist either.
            "ACCOUNT_NOT_FOUND",
            "FAILED_TO_UNLINK_LAST_ACCOUNT",
            // Nobody has the code either.
            "INVALID_OTP",
            "INVALID_CODE",
            "OTP_HAS_EXPIRED",
            // Nor a second factor.
            "TOTP_NOT_ENABLED",
            "TWO_FACTOR_NOT_ENABLED",
            "BACKUP_CODES_NOT_ENABLED",
        ];
        // A session has no fields to set, so even a valid body is refused.
        let nothing_to_set = path.ends_with("/update-session") && answer.text.contains("No fields to update");
        let valid = answer.status == 200 || nothing_to_set || refusals.contains(&answer.code());
        assert!(valid, "{path}: {answer:?}");
        assert!(document["paths"][path]["post"]["responses"].get(answer.status.as_str()).is_some(), "{path}");
    }
}

#[tokio::test]
async fn a_field_accepts_null_exactly_if_the_document_says_so() {
    let mailbox = Mailbox::new();
    let settings =
        [("CHANGE_EMAIL_ENABLED", "true"), ("DELETE_USER_ENABLED", "true"), ("SOCIAL_PROVIDERS", GOOGLE)];
    let auth = Auth::start_with_mail(&mailbox, &[&settings[..], &PLUGINS].concat()).await;
    let document = Answer::of(reqwest::Client::new().get(auth.url("/openapi.json"))).await.body;
    let device = auth.user("alice").await;
    let mut fields = 0;
    for (path, schema) in bodies(&document) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let mut body = schema["example"].clone();
            body[name] = Value::Null;
            let answer = device.post(path.strip_prefix("/api/auth").unwrap(), &body).await;
            let complaint = format!("[body.{name}] Invalid input: expected");
            let refused = answer.text.contains(&complaint) && answer.text.contains("received null");
            // The protocol's schema has unions there, whose complaint says no more.
            let unions = [
                format!("\"[body.{name}] Invalid input\""),
                "\"[body] Invalid input\"".to_owned(),
                format!("\"[body.{name}] Invalid option: expected one of "),
            ];
            let refused = refused || unions.iter().any(|complaint| answer.text.contains(complaint));
            let nullable = property["type"].as_array().is_some_and(|types| types.contains(&"null".into()));
            assert_eq!(refused, !nullable, "{path} {name}: {answer:?}");
            fields += 1;
        }
    }
    assert!(fields >= 20, "{fields}");
}

#[tokio::test]
async fn every_operation_says_who_may_call_it_and_what_it_can_answer() {
    let auth = Auth::start().await;
    let document = Answer::of(reqwest::Client::new().get(auth.url("/openapi.json"))).await.body;
    assert_eq!(document["servers"][0]["url"], "/");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["security"].is_array(), "{method} {path}");
            if !path.starts_with("/api/auth/") {
                continue;
            }
            let needed: &[&str] = match method.as_str() {
                "post" => &["400", "403", "408", "413", "415", "429", "500", "503"],
                _ => &["429", "500", "503"],
            };
            for status in needed {
                let schema = &operation["responses"][status]["content"]["application/json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/ProtocolError", "{method} {path} {status}");
            }
        }
    }
    assert_eq!(
        document["components"]["schemas"]["ProtocolError"]["required"],
        serde_json::json!(["message"])
    );
}

#[tokio::test]
async fn every_text_of_the_document_follows_the_rules() {
    let auth = Auth::start().await;
    let document = Answer::of(reqwest::Client::new().get(auth.url("/openapi.json"))).await.body;
    assert_eq!(wording_faults(&document), Vec::<String>::new());
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
    assert_eq!(assets.len(), 4, "{assets:?}");
    assert!(page.text.contains("<title>auth-service API</title>"), "{}", page.text);
    for asset in assets {
        assert!(!asset.contains("//"), "{asset} is elsewhere");
        let answer =
            Answer::of(http.get(auth.url(&format!("/docs/{}", asset.trim_start_matches("./"))))).await;
        assert_eq!(answer.status, 200, "{asset}");
    }
    let script = Answer::of(http.get(auth.url("/docs/viewer.js"))).await;
    assert!(script.text.contains("openapi.json"), "{}", script.text);
    assert!(!script.text.contains("http"), "{}", script.text);
    // It would start the viewer with other settings.
    assert_eq!(Answer::of(http.get(auth.url("/docs/swagger-initializer.js"))).await.status, 404);
    let document = Answer::of(http.get(auth.url("/docs/openapi.json"))).await;
    assert!(matches!(document.body, Value::Object(_)));
}
