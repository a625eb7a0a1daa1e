//! Clients that send without reading: what both services hold for them, and what everybody else still gets.

use std::time::Duration;

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::scratch::client;

/// How many clients send, and how many requests each.
const CLIENTS: usize = 100;
const REQUESTS: usize = 2000;

/// What a service may use under this load, whatever else it does.
const MOST: u64 = 100;

const SOON: Duration = Duration::from_secs(30);

fn request(method: &str, path: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

async fn connect(service: &Service) -> TcpStream {
    TcpStream::connect(service.url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// Memory of a service in MB, the kernel's buffers not included.
async fn memory(service: &Service) -> u64 {
    let pid = service.id().unwrap().to_string();
    let output = Command::new("ps").args(["-o", "rss=", "-p", &pid]).output().await.unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse::<u64>().unwrap() / 1024
}

/// Sends as much as the service takes within a moment, and returns how much that was.
async fn send(stream: &mut TcpStream, bytes: &[u8]) -> usize {
    let mut sent = 0;
    while sent < bytes.len() {
        match timeout(Duration::from_millis(500), stream.write(&bytes[sent..])).await {
            Ok(written) => sent += written.unwrap(),
            Err(_) => break,
        }
    }
    sent
}

/// Connections that have sent all of this, or as much of it as the service takes, and read nothing.
async fn flood(service: &Service, bytes: Vec<u8>) -> Vec<TcpStream> {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (mut stream, bytes) = (connect(service).await, bytes.clone());
        clients.spawn(async move {
            send(&mut stream, &bytes).await;
            stream
        });
    }
    clients.join_all().await
}

/// The most memory a service has used while this flood stands, and others are served meanwhile.
async fn memory_under(service: &Service, method: &str, path: &str) -> u64 {
    let clients = flood(service, request(method, path).repeat(REQUESTS)).await;
    // `/readyz` has one connection to the database, for which it waits in line with the flood when that asks for it too.
    let other = if path == "/readyz" { "/healthz" } else { "/readyz" };
    let mut most = 0;
    for _ in 0..10 {
        let start = Instant::now();
        let answer = client().get(format!("{}{other}", service.url())).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        most = most.max(memory(service).await);
    }
    assert_eq!(clients.len(), CLIENTS);
    most
}

#[tokio::test]
async fn clients_that_read_nothing_cost_either_service_little_memory() {
    let (database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&database, &[]).await;
    let tasks = testing::task_service(&tasks_database, auth.url(), &[]).await;
    for (method, path) in [
        // 30 kB and more, from memory.
        ("GET", "/openapi.json"),
        // The largest answer there is.
        ("GET", "/docs/swagger-ui-bundle.js"),
        // Empty answers.
        ("HEAD", "/healthz"),
        ("GET", "/docs"),
        ("OPTIONS", "/api/me/tasks"),
        // Those that wait for the database.
        ("GET", "/readyz"),
    ] {
        for (name, service) in [("auth-service", &auth), ("task-service", &tasks)] {
            let most = memory_under(service, method, path).await;
            println!("{name}: {most} MB under {method} {path}");
            assert!(most < MOST, "{name}: {most} MB under {method} {path}");
        }
    }
}

/// Reads one answer, which must have a length. What was read beyond it stays in `read`.
async fn answer(stream: &mut (impl AsyncRead + Unpin), read: &mut Vec<u8>) -> String {
    loop {
        let text = String::from_utf8_lossy(read).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let length: usize = length.parse().unwrap();
            if rest.len() >= length {
                read.drain(..head.len() + 4 + length);
                return rest[..length].to_owned();
            }
        }
        let size = timeout(SOON, stream.read_buf(read)).await.unwrap().unwrap();
        assert_ne!(size, 0, "closed after {text}");
    }
}

/// Requests of every kind, and what their answers hold.
fn requests() -> Vec<(Vec<u8>, &'static str)> {
    // Blank lines in bodies are not the ends of heads.
    let body = "{\n\n\"email\": \"nobody@example.com\",\r\n\r\n\"password\": \"wrong password\"\n\n}";
    let head =
        "POST /api/auth/sign-in/email HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let sized = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let large = format!("{head}Content-Length: 10000\r\n\r\n{}{body}", " ".repeat(10_000 - body.len()));
    let refused = "INVALID_EMAIL_OR_PASSWORD";
    vec![
        (request("GET", "/healthz"), "ok"),
        (sized.into_bytes(), refused),
        (request("GET", "/openapi.json"), "openapi"),
        (chunked.into_bytes(), refused),
        (b"\r\n\r\nGET /nothing HTTP/1.1\nHost: localhost\n\n".to_vec(), "NOT_FOUND"),
        (large.into_bytes(), refused),
    ]
}

#[tokio::test]
async fn a_client_that_pipelines_and_reads_gets_every_answer_in_order() {
    let database = TestDatabase::auth().await;
    let auth = testing::auth_service(&database, &[]).await;
    let (requests, rounds) = (requests(), 50);
    let once = requests.iter().flat_map(|(request, _)| request.clone()).collect::<Vec<_>>();
    let (mut reading, mut writing) = connect(&auth).await.into_split();
    let mut read = Vec::new();

    // A byte at a time, so that everything arrives in parts.
    let expected = requests.iter().map(|(_, answer)| *answer);
    let bytes = once.clone();
    let sending = tokio::spawn(async move {
        for byte in bytes {
            writing.write_all(&[byte]).await.unwrap();
        }
        writing
    });
    for expected in expected.clone() {
        let answer = answer(&mut reading, &mut read).await;
        assert!(answer.contains(expected), "{answer} for {expected}");
    }

    // All at once, more than any buffer holds.
    let mut writing = sending.await.unwrap();
    let sending =
        tokio::spawn(async move { writing.write_all(&once.repeat(rounds)).await.map(|()| writing) });
    for _ in 0..rounds {
        for expected in expected.clone() {
            let answer = answer(&mut reading, &mut read).await;
            assert!(answer.contains(expected), "{answer} for {expected}");
        }
    }
    sending.await.unwrap().unwrap();
    assert!(read.is_empty());
}

#[tokio::test]
async fn a_client_beyond_the_limit_is_served_once_another_has_gone() {
    let database = TestDatabase::auth().await;
    // One for each worker.
    let workers = std::thread::available_parallelism().unwrap().get();
    let auth = testing::auth_service(&database, &[("MAX_CONNECTIONS", &workers.to_string())]).await;
    let mut clients = Vec::new();
    for _ in 0..workers {
        let mut client = connect(&auth).await;
        client.write_all(&request("GET", "/healthz")).await.unwrap();
        assert!(answer(&mut client, &mut Vec::new()).await.contains("ok"));
        clients.push(client);
    }
    let mut waiting = connect(&auth).await;
    waiting.write_all(&request("GET", "/healthz")).await.unwrap();
    let mut read = Vec::new();
    let too_early = timeout(Duration::from_millis(500), waiting.read_buf(&mut read)).await;
    assert!(too_early.is_err(), "{}", String::from_utf8_lossy(&read));
    clients.pop();
    assert!(answer(&mut waiting, &mut read).await.contains("ok"));
}
