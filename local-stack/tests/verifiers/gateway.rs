//! What gateways have in common: a service behind them that believes what they say of the caller.

use local_stack::process::Process;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::Instant;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::program::{PATIENCE, Verifier};
use super::rules::Played;
use crate::scratch::Scratch;

/// The service: it answers with the user whom the gateway named.
pub(super) struct Upstream(MockServer);

impl Upstream {
    pub(super) async fn start() -> Self {
        let server = MockServer::start().await;
        let answer = |request: &Request| match named(request).as_slice() {
            [user] => ResponseTemplate::new(200).set_body_json(json!({"user_id": user})),
            _ => ResponseTemplate::new(500),
        };
        Mock::given(any()).respond_with(answer).mount(&server).await;
        Self(server)
    }

    /// `http://host:port`
    pub(super) fn url(&self) -> String {
        self.0.uri()
    }
}

/// Whom a service could take the caller for: the header's values, under any name that some framework reads as it.
fn named(request: &Request) -> Vec<String> {
    let headers = request.headers.iter().filter(|(name, _)| name.as_str().replace('_', "-") == "x-user-id");
    headers.map(|(_, value)| value.to_str().unwrap().to_owned()).collect()
}

/// The gateway once it listens, or `None` if it ended first: somebody else took its port.
pub(super) async fn ready(process: Process, port: &str, home: Scratch) -> Option<Verifier> {
    let process = listening(process, port).await?;
    Some(Verifier { process, url: format!("http://127.0.0.1:{port}/"), _home: home })
}

/// A program once it listens on this port, or `None` if it ended first.
pub(super) async fn listening(mut process: Process, port: &str) -> Option<Process> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if process.ended().is_some() {
            process.finish().await.unwrap();
            eprintln!("{}", process.output().join("\n"));
            return None;
        }
        if TcpStream::connect(format!("127.0.0.1:{port}")).await.is_ok() && process.ended().is_none() {
            return Some(process);
        }
        assert!(Instant::now() < deadline, "{}", process.output().join("\n"));
        tokio::task::yield_now().await;
    }
}

/// Whatever a client sends, the service hears of nobody but the token's owner.
pub(super) async fn no_client_says_who_it_is(verifier: &Verifier, upstream: &Upstream, played: &Played) {
    let token = format!("Bearer {}", played.token());
    let lies = [
        &[("x-user-id", "mallory")][..],
        &[("X-USER-ID", "mallory"), ("x-user-id", "mallory")],
        &[("x_user_id", "mallory"), ("x-user_id", "mallory"), ("X_User-Id", "mallory")],
        &[("x-user-id", "mallory"), ("connection", "x-user-id")],
        &[("x-user-id", "")],
    ];
    for lie in lies {
        upstream.0.reset().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&upstream.0).await;
        let headers = [lie, &[("authorization", token.as_str())]].concat();
        assert_eq!(verifier.ask_with(&headers).await.status, 200, "{lie:?}");
        let received = upstream.0.received_requests().await.unwrap();
        let [request] = received.as_slice() else { panic!("{received:?}") };
        // `Connection` can take the header away, which names nobody; it cannot bring one along.
        let taken_away = lie.iter().any(|(name, _)| *name == "connection") && named(request).is_empty();
        assert!(taken_away || named(request) == ["alice"], "{lie:?}: {:?}", request.headers);
        assert_eq!(verifier.ask_with(lie).await.status, 401, "{lie:?}");
        assert_eq!(upstream.0.received_requests().await.unwrap().len(), 1, "{lie:?} reached the service");
    }
}
