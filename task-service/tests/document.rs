//! The OpenAPI document and its viewer.

use local_stack::testing::wording_faults;

use crate::stack::Stack;

#[tokio::test]
async fn the_document_is_as_reviewed() {
    let stack = Stack::start().await;
    let document = stack.anonymous().get("/openapi.json").await.expect(200).json();
    insta::assert_json_snapshot!(document, { ".info.version" => "[version]" });
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere_and_every_answer_is_described() {
    let stack = Stack::start().await;
    let document = stack.anonymous().get("/openapi.json").await.expect(200).json();
    let text = document.to_string();
    let references: Vec<&str> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(references.len() > 20);
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|_| path.starts_with("/api/")) {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let error = status.as_str() >= "400";
                assert!(answer["description"].is_string(), "{method} {path} {status}");
                let schema = &answer["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(schema == "#/components/schemas/Envelope", error, "{method} {path} {status}");
            }
        }
    }
}

#[tokio::test]
async fn every_example_of_a_body_is_accepted_and_every_operation_says_who_may_call_it() {
    let stack = Stack::start().await;
    let document = stack.anonymous().get("/openapi.json").await.expect(200).json();
    assert_eq!(document["servers"][0]["url"], "/");
    let alice = stack.user("alice");
    let task = alice.create("x").await;
    let mut sent = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let secured = operation["security"].as_array().unwrap().len() == 1;
            assert_eq!(secured, path.starts_with("/api/"), "{method} {path}");
            let Some(body) = operation.get("requestBody") else { continue };
            let reference = body["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
            let example = &document.pointer(reference.trim_start_matches('#')).unwrap()["example"];
            let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let place = path.replace("{user_id}", "me").replace("{task_id}", &task);
            let answer = crate::client::send(alice.request(method.clone(), &place).json(example)).await;
            let answer = answer.expect(if method == "POST" { 201 } else { 200 }).json();
            for (name, value) in example.as_object().unwrap() {
                assert_eq!(answer[name], *value, "{method} {path}");
            }
            sent += 1;
        }
    }
    assert_eq!(sent, 4);
}

#[tokio::test]
async fn every_text_of_the_document_follows_the_rules() {
    let stack = Stack::start().await;
    let document = stack.anonymous().get("/openapi.json").await.expect(200).json();
    assert_eq!(wording_faults(&document), Vec::<String>::new());
}

#[tokio::test]
async fn the_links_of_a_new_task_lead_to_every_operation_on_a_task() {
    let stack = Stack::start().await;
    let document = stack.anonymous().get("/openapi.json").await.expect(200).json();
    let create = &document["paths"]["/api/{user_id}/tasks"]["post"]["responses"]["201"];
    let mut linked: Vec<&str> = create["links"]
        .as_object()
        .unwrap()
        .values()
        .map(|link| {
            assert_eq!(link["parameters"], serde_json::json!({"task_id": "$response.body#/id"}));
            link["operationId"].as_str().unwrap()
        })
        .collect();
    let mut taking: Vec<&str> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, _)| path.contains("{task_id}"))
        .flat_map(|(_, item)| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    linked.sort_unstable();
    taking.sort_unstable();
    assert_eq!(linked, taking);
}

#[tokio::test]
async fn the_viewer_and_all_it_loads_come_from_the_service() {
    let stack = Stack::start().await;
    let anonymous = stack.anonymous();
    let page = anonymous.get("/docs/").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let mut loaded = 0;
    for attribute in ["src=\"", "href=\""] {
        for rest in page.text.split(attribute).skip(1) {
            let address = rest.split('"').next().unwrap();
            assert!(!address.contains("//"), "{address} is elsewhere");
            anonymous.get(&format!("/docs/{}", address.trim_start_matches("./"))).await.expect(200);
            loaded += 1;
        }
    }
    assert!(loaded >= 3, "{}", page.text);
    anonymous.get("/docs/openapi.json").await.expect(200).json();
}
