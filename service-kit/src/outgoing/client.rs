//! The client of outgoing requests.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response, StatusCode, redirect, retry};
use url::Url;

use super::reach::{Reach, check_literal};
use super::resolver::{AddressError, AddressRule, CheckedResolver, Lookup, SystemLookup};
use crate::errors::{causes, with_causes};

/// Maximum number of idle connections to a host. Requests to one host follow each other.
const IDLE_CONNECTIONS: usize = 1;

/// Sends requests to hosts within its [`Reach`]. Clones share their connections.
#[derive(Clone)]
pub struct Outgoing {
    client: Client,
    is_allowed: AddressRule,
    timeout: Duration,
}

/// Why there was no response.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// The host must not be connected to.
    #[error(transparent)]
    Address(AddressError),
    /// The response did not begin in time.
    #[error("no response within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The body of the response is larger than the caller accepts.
    #[error("the response has more than {0} bytes")]
    TooLarge(usize),
    /// The request failed.
    #[error("{}", with_causes(.0))]
    Http(reqwest::Error),
}

/// A response whose body was read.
#[derive(Debug)]
pub struct Received {
    /// The status, whatever it is.
    pub status: StatusCode,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// Creates a client that introduces itself as `user_agent`, and gives up after `timeout`.
    ///
    /// # Errors
    /// If TLS is needed and no root certificates are installed.
    pub fn new(reach: Reach, user_agent: &str, timeout: Duration) -> reqwest::Result<Self> {
        Self::with(SystemLookup, reach.rule(), reach.is_encrypted(), user_agent, timeout)
    }

    fn with(
        lookup: impl Lookup,
        is_allowed: AddressRule,
        is_encrypted: bool,
        user_agent: &str,
        timeout: Duration,
    ) -> reqwest::Result<Self> {
        let mut client = Client::builder()
            .user_agent(user_agent)
            .timeout(timeout)
            .dns_resolver(CheckedResolver::new(lookup, is_allowed))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .retry(retry::never())
            // A body that nobody reads is not received either: with HTTP/2, a host could send megabytes into its window.
            .http1_only()
            .pool_max_idle_per_host(IDLE_CONNECTIONS);
        client = if is_encrypted { client.https_only(true) } else { client.tls_certs_only([]) };
        Ok(Self { client: client.build()?, is_allowed, timeout })
    }

    /// Sends a `POST` request and returns the status of the response. Its body is not read.
    ///
    /// # Errors
    /// If the host must not be connected to, cannot be reached, or does not respond in time.
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<StatusCode, OutgoingError> {
        Ok(self.send(Method::POST, url, headers, body).await?.status())
    }

    /// Sends a request and returns the response with its body, which has up to `max_body` bytes. The timeout covers the body
    /// too.
    ///
    /// # Errors
    /// As [`post`](Self::post), or if the body is larger.
    pub async fn fetch(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
        max_body: usize,
    ) -> Result<Received, OutgoingError> {
        let mut response = self.send(method, url, headers, body).await?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(error))? {
            if body.len() + chunk.len() > max_body {
                return Err(OutgoingError::TooLarge(max_body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Received { status, body })
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Response, OutgoingError> {
        check_literal(url, self.is_allowed).map_err(OutgoingError::Address)?;
        let request = self.client.request(method, url.clone()).headers(headers).body(body);
        request.send().await.map_err(|error| self.failure(error))
    }

    fn failure(&self, error: reqwest::Error) -> OutgoingError {
        let refused = causes(&error).find_map(|cause| cause.downcast_ref::<AddressError>().cloned());
        match refused {
            Some(refused) => OutgoingError::Address(refused),
            None if error.is_timeout() => OutgoingError::Timeout(self.timeout),
            // URLs can contain secrets.
            None => OutgoingError::Http(error.without_url()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::{Arc, Mutex};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);
    const ALLOWED: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const REFUSED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

    /// Answers each time with the next list.
    #[derive(Clone)]
    struct Script(Arc<Mutex<VecDeque<Vec<IpAddr>>>>);

    impl Script {
        fn new(answers: &[&[&str]]) -> Self {
            let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
            Self(Arc::new(Mutex::new(answers.iter().map(parse).collect())))
        }

        fn left(&self) -> usize {
            self.0.lock().unwrap().len()
        }
    }

    impl Lookup for Script {
        async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            self.0.lock().unwrap().pop_front().ok_or_else(|| io::Error::other("resolved too often"))
        }
    }

    /// Answers each connection once, with this response.
    async fn server(address: IpAddr, port: u16, response: &'static [u8]) -> (u16, Arc<Mutex<usize>>) {
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(0)));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                *count.lock().unwrap() += 1;
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(response).await;
            }
        });
        (port, connections)
    }

    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

    async fn post(outgoing: &Outgoing, url: &str) -> Result<StatusCode, OutgoingError> {
        outgoing.post(&url.parse().unwrap(), HeaderMap::new(), b"{}".to_vec()).await
    }

    #[tokio::test]
    async fn a_name_with_a_public_and_a_private_address_is_refused() {
        for (addresses, refused) in [
            (["1.1.1.1", "10.0.0.1"], "10.0.0.1"),
            (["127.0.0.1", "1.1.1.1"], "127.0.0.1"),
            (["2606:4700::1", "::ffff:169.254.169.254"], "::ffff:169.254.169.254"),
        ] {
            let script = Script::new(&[&addresses]);
            let outgoing =
                Outgoing::with(script.clone(), Reach::PublicHttps.rule(), true, "test", TIMEOUT).unwrap();
            let error = post(&outgoing, "https://crm.example.com/").await.unwrap_err();
            assert!(matches!(error, OutgoingError::Address(_)), "{error:?}");
            let expected = format!("crm.example.com resolves to {refused}, which is not a public address");
            assert_eq!((error.to_string(), script.left()), (expected, 0));
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_differently_the_second_time_leads_nowhere_else() {
        let (port, allowed) = server(ALLOWED, 0, OK).await;
        let (_, refused) = server(REFUSED, port, OK).await;
        let script = Script::new(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"]]);
        let rule: AddressRule = |address| address == ALLOWED;
        let outgoing = Outgoing::with(script.clone(), rule, false, "test", TIMEOUT).unwrap();
        let url = format!("http://crm.example.com:{port}/");
        assert_eq!(post(&outgoing, &url).await.unwrap(), StatusCode::OK);
        assert_eq!(script.left(), 2, "resolved once, and connected to what was resolved");
        assert!(matches!(post(&outgoing, &url).await, Err(OutgoingError::Address(_))));
        assert_eq!(post(&outgoing, &url).await.unwrap(), StatusCode::OK);
        assert_eq!((*allowed.lock().unwrap(), *refused.lock().unwrap(), script.left()), (2, 0, 0));
    }

    #[tokio::test]
    async fn an_address_in_the_url_is_checked_and_never_connected_to() {
        let (port, connections) = server(ALLOWED, 0, OK).await;
        let outgoing = Outgoing::new(Reach::PublicHttps, "test", TIMEOUT).unwrap();
        for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "0x7f.1", "localhost"] {
            let error = post(&outgoing, &format!("https://{host}:{port}/")).await.unwrap_err();
            assert!(matches!(error, OutgoingError::Address(_)), "{host}: {error:?}");
        }
        assert_eq!(*connections.lock().unwrap(), 0);
        let error = post(&outgoing, "http://1.1.1.1/").await.unwrap_err();
        assert!(matches!(error, OutgoingError::Http(_)), "https only: {error:?}");
    }

    #[tokio::test]
    async fn a_redirect_is_a_response_like_any_other() {
        let (elsewhere, followed) = server(ALLOWED, 0, OK).await;
        let location = format!("http://127.0.0.1:{elsewhere}/");
        let response =
            format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let (port, _) = server(ALLOWED, 0, response.leak().as_bytes()).await;
        let outgoing = Outgoing::new(Reach::AnyHttp, "test", TIMEOUT).unwrap();
        let status = post(&outgoing, &format!("http://localhost:{port}/")).await.unwrap();
        assert_eq!((status, *followed.lock().unwrap()), (StatusCode::TEMPORARY_REDIRECT, 0));
    }

    #[tokio::test]
    async fn headers_without_end_are_given_up() {
        let listener = TcpListener::bind((ALLOWED, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let endless = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx-endless: ").await;
            // Ends when the client closes the connection.
            while stream.write_all(&[b'a'; 0x10000]).await.is_ok() {}
        });
        let outgoing = Outgoing::new(Reach::AnyHttp, "test", TIMEOUT).unwrap();
        let error = post(&outgoing, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
        assert!(matches!(error, OutgoingError::Http(_)), "before the timeout: {error:?}");
        endless.await.unwrap();
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_maximum() {
        let listener = TcpListener::bind((ALLOWED, 0)).await.unwrap();
        let url: Url =
            format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port()).parse().unwrap();
        let endless = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
            while stream.write_all(&[b'a'; 0x10000]).await.is_ok() {}
        });
        let outgoing = Outgoing::new(Reach::AnyHttp, "test", TIMEOUT).unwrap();
        let get = |max| outgoing.fetch(Method::GET, &url, HeaderMap::new(), Vec::new(), max);
        let error = get(0x20000).await.unwrap_err();
        assert_eq!(error.to_string(), "the response has more than 131072 bytes");
        endless.await.unwrap();

        let (port, _) =
            server(ALLOWED, 0, b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 3\r\n\r\ntea").await;
        let url: Url = format!("http://127.0.0.1:{port}/").parse().unwrap();
        let fetch = |max| outgoing.fetch(Method::GET, &url, HeaderMap::new(), Vec::new(), max);
        let received = fetch(3).await.unwrap();
        assert_eq!((received.status.as_u16(), received.body), (418, b"tea".to_vec()));
        assert!(matches!(fetch(2).await, Err(OutgoingError::TooLarge(2))));
    }

    #[tokio::test]
    async fn a_host_that_does_not_answer_is_given_up_after_the_timeout() {
        let (port, _) = server(ALLOWED, 0, b"HTTP/1.1 200 OK\r\nx-slow: ").await;
        let timeout = Duration::from_secs(1);
        let outgoing = Outgoing::new(Reach::AnyHttp, "test", timeout).unwrap();
        let listener = TcpListener::bind((ALLOWED, 0)).await.unwrap();
        let silent = listener.local_addr().unwrap().port();
        let error = post(&outgoing, &format!("http://127.0.0.1:{silent}/")).await.unwrap_err();
        assert_eq!(error.to_string(), "no response within 1 s");
        assert!(post(&outgoing, &format!("http://127.0.0.1:{port}/")).await.is_err());
    }
}
