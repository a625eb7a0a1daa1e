//! Bad bodies on every route that takes one: the right 4xx with the envelope, and nothing changed.

use std::io::Write;

use reqwest::Method;
use serde_json::{Value, json};

use crate::bystander::{Bystander, JSON};

#[tokio::test]
async fn a_body_that_is_no_json_is_400_on_every_route() {
    let there = Bystander::new().await;
    for (method, path, good) in there.body_routes() {
        let good = good.to_string();
        let half = &good[..good.len() / 2];
        let deep = format!(r#"{{"title":{}"#, "[".repeat(20_000));
        for bad in
            ["", "{", half, "nonsense", "{}{}", &format!("{good} x"), "{'title':1}", "\u{feff}{}", &deep]
        {
            there.send(&method, &path, JSON, bad.to_owned()).await.expect_error(400, "BAD_REQUEST");
        }
        let not_utf8 = [good.as_bytes(), b"\xff"].concat();
        there.send(&method, &path, JSON, not_utf8).await.expect_error(400, "BAD_REQUEST");
        let surrogate = r#"{"title":"\ud800"}"#;
        there.send(&method, &path, JSON, surrogate).await.expect_error(400, "BAD_REQUEST");
    }
    there.is_unharmed().await;
}

#[tokio::test]
async fn a_body_that_is_no_object_or_says_a_thing_twice_is_400_on_every_route() {
    let there = Bystander::new().await;
    for (method, path, _) in there.body_routes() {
        for bad in ["null", "1", "\"title\"", "[]", r#"["a title","d",true,"high",null]"#, "[true]"] {
            let answer = there.send(&method, &path, JSON, bad).await.expect_error(400, "VALIDATION_ERROR");
            assert!(answer.text.contains("expected an object"), "{bad}: {}", answer.text);
        }
        let twice = r#"{"title":"a","title":"b","is_completed":true,"is_completed":false}"#;
        there.send(&method, &path, JSON, twice).await.expect_error(400, "VALIDATION_ERROR");
    }
    there.is_unharmed().await;
}

/// A field, values it must not have, and the rule that the answer names.
fn bad_fields() -> Vec<(&'static str, Vec<Value>, &'static str)> {
    let long = |n: usize| Value::from("ü".repeat(n));
    let wrong = [json!(1), json!(true), json!([]), json!({}), json!(1.5)];
    let and = |more: Vec<Value>| wrong.iter().cloned().chain(more).collect::<Vec<_>>();
    let date = "must be an RFC 3339 date-time such as 2026-12-31T23:59:59Z";
    vec![
        ("title", and(vec![Value::Null]), "must be a string"),
        ("title", vec![json!(""), long(201)], "must be 1 to 200 characters"),
        (
            "title",
            // Spaces, zero-width characters, a soft hyphen, a Hangul filler and the Braille pattern without dots.
            ["\u{3000}\u{2003}", " ", "\u{200b}", "\u{feff}\u{200d}", "\u{ad}", "\u{3164}", "\u{2800}"]
                .map(Value::from)
                .to_vec(),
            "must not be blank",
        ),
        (
            "title",
            vec![json!("a\0b"), json!("a\nb"), json!("\u{85}"), json!("\u{7f}")],
            "must not contain control characters",
        ),
        ("description", wrong.to_vec(), "must be a string or null"),
        ("description", vec![long(1001)], "must be at most 1000 characters"),
        ("description", vec![json!("a\0b")], "must not contain NUL"),
        (
            "priority",
            and(vec![Value::Null, json!(""), json!("HIGH"), json!("urgent")]),
            "must be low, medium or high",
        ),
        (
            "is_completed",
            vec![Value::Null, json!("true"), json!(1), json!([]), json!({})],
            "must be true or false",
        ),
        ("due_date", and(bad_dates()), date),
    ]
}

fn bad_dates() -> Vec<Value> {
    let dates = [
        "",
        "tomorrow",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T25:00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00Z[Europe/Berlin]",
        "20260101T000000Z",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-00:01",
        "-001-01-01T00:00:00Z",
        "+02026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z\0",
        " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00+99:99",
        "2026-01-01T00:00:00+24:00",
        "infinity",
        "now",
        "٢٠٢٦-01-01T00:00:00Z",
    ];
    dates.map(Value::from).to_vec()
}

#[tokio::test]
async fn a_field_that_breaks_its_rule_is_400_and_named() {
    let there = Bystander::new().await;
    let [post, put, patch, complete] = there.body_routes();
    for (field, values, rule) in bad_fields() {
        for value in values {
            let mut body = json!({"title": "x"});
            body[field] = value;
            let mut routes = vec![&post, &put, &patch];
            routes.extend((field == "is_completed").then_some(&complete));
            for (method, path, _) in routes {
                let answer = there.send(method, path, JSON, body.to_string()).await;
                let answer = answer.expect_error(400, "VALIDATION_ERROR");
                assert_eq!(answer.json()["message"], format!("{field}: {rule}"), "{body}");
            }
        }
    }
    for (method, path, _) in [&post, &put] {
        let answer = there.send(method, path, JSON, "{}").await.expect_error(400, "VALIDATION_ERROR");
        assert_eq!(answer.json()["message"], "title: is required");
    }
    let (method, path, _) = &complete;
    there.send(method, path, JSON, r#"{"title":"x"}"#).await.expect_error(400, "VALIDATION_ERROR");
    there.is_unharmed().await;
}

#[tokio::test]
async fn a_field_at_the_edge_of_its_rule_is_taken() {
    let there = Bystander::new().await;
    let emoji = |n: usize| "😀".repeat(n);
    for (field, values) in [
        (
            "title",
            vec![
                json!("x"),
                json!("ü".repeat(200)),
                json!(emoji(200)),
                json!(" x "),
                json!("<b>&\"'\\%_"),
                json!("👩\u{200d}💻"),
            ],
        ),
        ("description", vec![Value::Null, json!(""), json!(emoji(1000)), json!("a\nb\r\n\tc\u{1}")]),
        ("priority", vec![json!("low"), json!("medium"), json!("high")]),
        ("is_completed", vec![json!(true), json!(false)]),
    ] {
        for value in values {
            let mut body = json!({"title": "x"});
            body[field] = value.clone();
            let task = there.alice.post("/api/me/tasks", &body).await.expect(201).json();
            assert_eq!(task[field], value);
        }
    }
    for (sent, kept) in [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T05:30:00+05:30", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T15:59:59.9999999-08:00", "9999-12-31T23:59:59.999999Z"),
        ("2026-06-30t12:00:00.123456789z", "2026-06-30T12:00:00.123456Z"),
        ("2026-06-30T23:30:00-01:30", "2026-07-01T01:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ] {
        let body = json!({"title": "x", "due_date": sent});
        let task = there.alice.post("/api/me/tasks", &body).await.expect(201).json();
        assert_eq!(task["due_date"], kept, "{sent}");
        let path = format!("/api/me/tasks/{}", task["id"].as_str().unwrap());
        assert_eq!(there.alice.get(&path).await.expect(200).json(), task, "{sent}");
    }
}

#[tokio::test]
async fn the_longest_legal_task_fits_however_it_is_written() {
    let there = Bystander::new().await;
    let escaped = r"\ud83d\ude00";
    let (title, description) = (escaped.repeat(200), escaped.repeat(1000));
    let body = format!(
        r#"{{"title":"{title}","description":"{description}","is_completed":true,"priority":"medium",
            "due_date":"2026-01-01T00:00:00.000000000+00:00","id":"{}","user_id":"{}"}}"#,
        "x".repeat(36),
        "x".repeat(64),
    );
    there.send(&Method::POST, "/api/me/tasks", JSON, body).await.expect(201);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_however_it_comes() {
    let there = Bystander::new().await;
    let large = |size: usize| format!(r#"{{"title":"{}"}}"#, "x".repeat(size));
    for (method, path, _) in there.body_routes() {
        for size in [32 * 1024, 2 * 1024 * 1024] {
            there.send(&method, &path, JSON, large(size)).await.expect_error(413, "PAYLOAD_TOO_LARGE");
        }
    }
    there.is_unharmed().await;
}

#[tokio::test]
async fn a_large_body_of_unknown_length_is_413_too() {
    let there = Bystander::new().await;
    for (method, path, _) in there.body_routes() {
        let answer =
            crate::raw::chunked(there.stack.service.url(), &there.alice, &method, &path, 2 * 1024 * 1024)
                .await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains(r#"{"code":"PAYLOAD_TOO_LARGE""#), "{answer}");
    }
    there.is_unharmed().await;
}

#[tokio::test]
async fn a_body_of_another_media_type_is_415_on_every_route() {
    let there = Bystander::new().await;
    for (method, path, good) in there.body_routes() {
        for media_type in
            ["", "text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense", "*/*"]
        {
            let answer = there.send(&method, &path, media_type, good.to_string()).await;
            answer.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
        }
    }
    there.is_unharmed().await;
    for media_type in ["application/json; charset=utf-8", "application/merge-patch+json"] {
        there.send(&Method::PATCH, &there.task, media_type, "{}").await.expect(200);
    }
}

#[tokio::test]
async fn a_body_with_a_content_encoding_is_415_on_every_route_and_never_decoded() {
    let there = Bystander::new().await;
    for (method, path, good) in there.body_routes() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(good.to_string().as_bytes()).unwrap();
        let gzipped = encoder.finish().unwrap();
        for encoding in ["gzip", "br", "identity, gzip", "unheard-of"] {
            let request = there.alice.request(method.clone(), &path).header("content-encoding", encoding);
            let request = request.header("content-type", JSON).body(gzipped.clone());
            let answer = crate::client::send(request).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
            assert_eq!(answer.header("accept-encoding"), "identity", "{encoding}");
        }
    }
    there.is_unharmed().await;
    let request = there.alice.request(Method::PATCH, &there.task).header("content-encoding", "identity");
    crate::client::send(request.json(&json!({}))).await.expect(200);
}
