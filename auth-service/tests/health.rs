//! `/readyz` under many concurrent requests.

use std::time::Duration;

use futures_util::future::join_all;
use local_stack::testing::{self, TestDatabase};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One-way latency of the database: a check takes at least 20 ms, so 300 sequential ones take 6 s.
const DISTANCE: Duration = Duration::from_millis(10);
const REQUESTS: usize = 300;

/// The URL of this database through a proxy that delays everything.
async fn distant(service_url: &str) -> String {
    let mut url = url::Url::parse(service_url).unwrap();
    let server = format!("127.0.0.1:{}", url.port().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(&server).await else { continue };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::spawn(pass_on(from_client, to_server));
            tokio::spawn(pass_on(from_server, to_client));
        }
    });
    url.into()
}

async fn pass_on(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let mut buffer = vec![0; 65_536];
    while let Ok(size @ 1..) = from.read(&mut buffer).await {
        tokio::time::sleep(DISTANCE).await;
        if to.write_all(&buffer[..size]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_burst_of_readiness_checks_does_not_make_the_service_unready() {
    if !testing::only_direct("the proxy of the test leads to one server") {
        return;
    }
    let database = TestDatabase::auth().await;
    let url = distant(&database.service_url()).await;
    let service = testing::auth_service(&database, &[("DATABASE_URL", &url)]).await;
    let http = reqwest::Client::new();
    let ready = || async {
        let answer = http.get(format!("{}/readyz", service.url())).send().await.unwrap();
        answer.status().as_u16()
    };
    let statuses = join_all((0..REQUESTS).map(|_| ready())).await;
    let refused = statuses.iter().filter(|status| **status != 200).count();
    assert_eq!(refused, 0, "of {REQUESTS}");
}
