//! What a request costs: one round trip to the database, counted on the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local_stack::testing::{self, TestDatabase};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Client, send};
use crate::issuer::{self, Issuer};

/// Passes everything on and counts how often the client speaks after the server has answered: the round trips.
async fn counting_proxy(server: String) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let trips = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&trips);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(pass_on(client, server, Arc::clone(&counted)));
        }
    });
    (port, trips)
}

async fn pass_on(mut client: TcpStream, mut server: TcpStream, trips: Arc<AtomicUsize>) {
    let (mut question, mut answer) = ([0; 65_536], [0; 65_536]);
    let mut answered = true;
    loop {
        tokio::select! {
            read = client.read(&mut question) => {
                let Ok(size @ 1..) = read else { return };
                if std::mem::take(&mut answered) {
                    trips.fetch_add(1, Ordering::SeqCst);
                }
                if server.write_all(&question[..size]).await.is_err() { return }
            }
            read = server.read(&mut answer) => {
                let Ok(size @ 1..) = read else { return };
                answered = true;
                if client.write_all(&answer[..size]).await.is_err() { return }
            }
        }
    }
}

#[tokio::test]
async fn a_request_costs_one_round_trip_and_a_refused_one_none() {
    let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
    let url = url::Url::parse(&database.service_url()).unwrap();
    let (port, trips) = counting_proxy(format!("127.0.0.1:{}", url.port().unwrap())).await;
    let mut through_proxy = url;
    through_proxy.set_port(Some(port)).unwrap();
    let settings = [("DATABASE_URL", through_proxy.as_str()), ("DATABASE_POOL_SIZE", "1")];
    let service = testing::task_service(&database, issuer.url(), &settings).await;
    let alice = Client::anonymous(service.url()).with_token(&issuer::token("alice"));
    let id = alice.create("one").await;
    let task = format!("/api/me/tasks/{id}");

    let title = json!({"title": "t"});
    let routes = [
        (Method::GET, "/api/me/tasks?search=x&status=all".to_owned(), None, 200, 1),
        (Method::POST, "/api/me/tasks".to_owned(), Some(&title), 201, 1),
        (Method::GET, task.clone(), None, 200, 1),
        (Method::PUT, task.clone(), Some(&title), 200, 1),
        (Method::PATCH, task.clone(), Some(&title), 200, 1),
        (Method::DELETE, task.replace(&id, "01900000-0000-7000-8000-000000000000"), None, 404, 1),
        (Method::GET, "/api/bob/tasks".to_owned(), None, 403, 0),
        (Method::POST, "/api/me/tasks".to_owned(), None, 415, 0),
        (Method::GET, "/api/me/tasks?limit=0".to_owned(), None, 400, 0),
    ];
    for (method, path, body, status, expected) in routes {
        let mut counts = Vec::new();
        // The first on each connection prepares the statement. The client keeps one connection, hence one worker.
        for _ in 0..10 {
            let before = trips.load(Ordering::SeqCst);
            let request = alice.request(method.clone(), &path);
            send(match body {
                Some(body) => request.json(body),
                None => request,
            })
            .await
            .expect(status);
            counts.push(trips.load(Ordering::SeqCst) - before);
        }
        assert_eq!(&counts[1..], [expected; 9], "{method} {path}: {counts:?}");
    }
    let before = trips.load(Ordering::SeqCst);
    Client::anonymous(service.url()).get("/api/me/tasks").await.expect(401);
    assert_eq!(trips.load(Ordering::SeqCst), before);
}
