//! A service that mails its users, and the browsers of these users.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::server::MailServer;
use crate::support::{Answer, Auth, PAGE, PASSWORD, email};

const MARK: &str = "mark@example.net";
const MARK_TEXT: &str = "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nm\r\n\
                         --b\r\nContent-Type: text/html\r\n\r\nm\r\n--b--\r\n.";
const SOON: Duration = Duration::from_secs(60);

/// A service that sends mail to a real server, and limits what it sends.
pub struct Scene {
    pub server: MailServer,
    pub auth: Auth,
}

impl Scene {
    /// `None` where there is no aiosmtpd to run.
    pub async fn new(settings: &[(&str, &str)]) -> Option<Self> {
        let server = MailServer::plain().await?;
        let url = server.url();
        let ours = [
            ("MAIL_URL", url.as_str()),
            ("MAIL_FROM", "Example <accounts@example.com>"),
            ("RATE_LIMIT_ENABLED", "true"),
            ("RATE_LIMIT_RULES", "/sign-in/*=off,/change-password=off,/request-password-reset=off"),
            ("TRUSTED_PROXIES", "127.0.0.1"),
            ("CHANGE_EMAIL_ENABLED", "true"),
        ];
        let auth = Auth::start_with(&[ours.as_slice(), settings].concat()).await;
        Some(Self { server, auth })
    }

    /// A request of the browser `user_agent` at `address`, with its cookies.
    pub fn post(
        &self,
        (address, user_agent): (&str, &str),
        cookies: &str,
        path: &str,
        body: &Value,
    ) -> RequestBuilder {
        let request = self.auth.request(Method::POST, path).header("user-agent", user_agent);
        let request = request.header("x-forwarded-for", address).json(body);
        if cookies.is_empty() { request } else { request.header("cookie", cookies).header("origin", PAGE) }
    }

    pub async fn sign_up(&self, client: (&str, &str), name: &str) -> Answer {
        let body = json!({"name": name, "email": email(name), "password": PASSWORD});
        let answer = Answer::of(self.post(client, "", "/sign-up/email", &body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    pub async fn sign_in(&self, client: (&str, &str), cookies: &str, name: &str, password: &str) -> Answer {
        let body = json!({"email": email(name), "password": password});
        let deadline = Instant::now() + SOON;
        loop {
            let answer = Answer::of(self.post(client, cookies, "/sign-in/email", &body)).await;
            // On a busy machine, hashes take long enough for the queue to refuse some of a burst.
            if answer.status != 503 || Instant::now() > deadline {
                assert_eq!(answer.status, 200, "{answer:?}");
                return answer;
            }
        }
    }

    pub async fn execute(&self, sql: &str) {
        self.auth.superuser().await.execute(sql, &[]).await.unwrap();
    }

    /// All mails to `name`, when none is waiting.
    pub async fn mails_to(&self, name: &str) -> Vec<Value> {
        let deadline = Instant::now() + SOON;
        while self.auth.count("outbox").await > 0 {
            assert!(Instant::now() < deadline, "mail waits");
        }
        self.mark().await;
        self.server.mails().into_iter().filter(|mail| mail["to"] == json!([email(name)])).collect()
    }

    /// The subjects of all mails to `name`, when none is waiting.
    pub async fn subjects(&self, name: &str) -> Vec<String> {
        let mails = self.mails_to(name).await;
        mails.iter().map(|mail| mail["headers"]["subject"].as_str().unwrap().to_owned()).collect()
    }

    /// Sends a mail of the test's own, and waits until it was read: so were all before it.
    async fn mark(&self) {
        let marks = || self.server.mails().iter().filter(|mail| mail["to"] == json!([MARK])).count();
        let before = marks();
        let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", self.server.port)).await.unwrap());
        let recipient = format!("RCPT TO:<{MARK}>");
        let mut reply = String::new();
        for command in ["HELO test", "MAIL FROM:<test@example.com>", &recipient, "DATA", MARK_TEXT] {
            stream.read_line(&mut reply).await.unwrap();
            stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        }
        stream.read_line(&mut reply).await.unwrap();
        let deadline = Instant::now() + SOON;
        while marks() == before {
            assert!(Instant::now() < deadline, "{reply}");
            tokio::task::yield_now().await;
        }
    }
}

/// The cookies of a response with this in their names, as a browser sends them back.
pub fn cookies(answer: &Answer, name: &str) -> String {
    let cookies = answer.cookies();
    let pairs = cookies.iter().map(|cookie| cookie.split(';').next().unwrap());
    pairs.filter(|pair| pair.split('=').next().unwrap().contains(name)).collect::<Vec<_>>().join("; ")
}

/// One place of many, each in its own site.
pub fn place(number: usize) -> String {
    format!("203.{}.{number}.7", number % 7)
}
