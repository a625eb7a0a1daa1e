//! Invalid HTTP requests and truncated bodies: errors of the client, not of the service.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::raw;
use crate::stack::Stack;

/// How long the last lines of a service that has ended may take to be read.
const SOON: Duration = Duration::from_secs(20);

/// What a client sent, and the status and code of the answer.
fn malformed() -> Vec<(Vec<u8>, u16, &'static str)> {
    let with = |head: &str| format!("{head}\r\nhost: test\r\n\r\n").into_bytes();
    let large = format!("GET /healthz HTTP/1.1\r\nhost: test\r\nx-large: {}\r\n\r\n", "x".repeat(200_000));
    // The beginning of a TLS ClientHello.
    let tls = b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x00\x01\x02\x03\x04\r\n\r\n".to_vec();
    let mut all: Vec<(Vec<u8>, u16, &str)> = [
        tls,
        b"nonsense\r\n\r\n".to_vec(),
        b"\x00\x00\x00\x00\r\n\r\n".to_vec(),
        with("GET / HTTP/9.9"),
        with("GET /a b HTTP/1.1"),
        with("G\x01T / HTTP/1.1"),
        with("GET / HTTP/1.1\r\nno colon"),
        with("GET / HTTP/1.1\r\nbad name: 1"),
        with("GET / HTTP/1.1\r\nx: \x01"),
        with("POST /api/me/tasks HTTP/1.1\r\ncontent-length: many"),
        with("POST /api/me/tasks HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2"),
        with("POST /api/me/tasks HTTP/1.1\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked"),
    ]
    .into_iter()
    .map(|bytes| (bytes, 400, "BAD_REQUEST"))
    .collect();
    all.push((large.into_bytes(), 431, "REQUEST_HEADER_FIELDS_TOO_LARGE"));
    all
}

#[tokio::test]
async fn what_is_no_request_gets_the_envelope_and_no_error_in_the_log() {
    let stack = Stack::start().await;
    for (bytes, status, code) in malformed() {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        let answer = exchange(&stack, bytes).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?}: {answer:?}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(body.starts_with(&format!(r#"{{"code":"{code}","message":""#)), "{shown:?}: {answer:?}");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{shown:?}: {answer:?}");
        assert!(head.contains("\r\ncontent-type: application/json"), "{shown:?}: {answer:?}");
    }
    no_error_is_logged(stack).await;
}

#[tokio::test]
async fn what_cannot_be_decoded_in_a_path_or_query_is_a_client_error() {
    let stack = Stack::start().await;
    for target in
        ["/%", "/%zz", "/%ff", "/api/%00/tasks", "/api/me/tasks?search=%ff", "/api/me/tasks?limit=%"]
    {
        let request = format!("GET {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        let answer = exchange(&stack, request.into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{target}: {answer}");
        assert!(answer.contains(r#"{"code":""#), "{target}: {answer}");
    }
    no_error_is_logged(stack).await;
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_no_error_of_the_service() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    let authorization = alice.authorization().unwrap();
    for framing in
        ["content-length: 100\r\n\r\n{\"title\":", "transfer-encoding: chunked\r\n\r\n9\r\n{\"title\":\r\n"]
    {
        let head = "POST /api/me/tasks HTTP/1.1\r\nhost: test\r\ncontent-type: application/json";
        let request = format!("{head}\r\nauthorization: {authorization}\r\n{framing}");
        let mut connection = raw::connect(stack.service.url()).await;
        connection.write_all(request.as_bytes()).await.unwrap();
        connection.shutdown().await.unwrap();
        let mut answer = String::new();
        let _ = connection.read_to_string(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{framing}: {answer}");
    }
    assert!(alice.titles().await.is_empty());
    no_error_is_logged(stack).await;
}

/// Sends these bytes and reads until the service closes the connection.
async fn exchange(stack: &Stack, bytes: Vec<u8>) -> String {
    let (mut reading, mut writing) = raw::connect(stack.service.url()).await.into_split();
    let sending = tokio::spawn(async move {
        // The service may close before it has all of it.
        let _ = writing.write_all(&bytes).await;
        writing
    });
    let mut answer = Vec::new();
    let _ = reading.read_to_end(&mut answer).await;
    drop(sending.await);
    String::from_utf8(answer).unwrap()
}

/// Stops the service, so that nothing more is logged, and reads what was logged up to then.
async fn no_error_is_logged(mut stack: Stack) {
    stack.service.terminate().await.unwrap();
    let stopping = stack.service.wait_for_line(|line| line.contains("stopping"), SOON).await;
    stopping.unwrap();
    let output = stack.service.output();
    let errors: Vec<&String> =
        output.iter().filter(|line| line.contains("ERROR") || line.contains("WARN")).collect();
    assert!(errors.is_empty(), "{errors:?}");
}
