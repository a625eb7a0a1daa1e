//! Reads the mail that a test's service sends.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use local_stack::record_secret;
use reqwest::Method;
use tokio::time::Instant;

use crate::support::{Answer, Auth};

const PATIENCE: Duration = Duration::from_secs(10);

/// A directory of one test.
pub struct Mailbox(PathBuf);

/// A mail, with the parts that tests need.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    /// The plain text.
    pub text: String,
}

impl Mailbox {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("latchkey-mail-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    /// The service's `MAIL_URL`.
    pub fn url(&self) -> String {
        format!("file://{}", self.0.display())
    }

    /// Every mail so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        let Ok(entries) = std::fs::read_dir(&self.0) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        paths.sort();
        paths.iter().map(|path| Mail::parse(&std::fs::read_to_string(path).unwrap())).collect()
    }

    /// Waits for the `count`th mail to this address.
    pub async fn mail_to(&self, address: &str, count: usize) -> Mail {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mails = self.mails();
            if let Some(mail) = mails.iter().filter(|mail| mail.to == address).nth(count - 1) {
                return mail.clone();
            }
            assert!(Instant::now() < deadline, "no mail {count} to {address}: {mails:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Mailbox {
    /// Waits for the `count`th code to this address.
    pub async fn code_to(&self, address: &str, count: usize) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mails = self.mails();
            let code = mails.iter().filter(|mail| mail.to == address).filter_map(Mail::code).nth(count - 1);
            if let Some(code) = code {
                return code;
            }
            assert!(Instant::now() < deadline, "no code {count} to {address}: {mails:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Mail {
    fn parse(source: &str) -> Self {
        let header = |name: &str| {
            let line = source.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
        };
        let (_, plain) = source.split_once("Content-Type: text/plain").unwrap();
        let (head, body) = plain.split_once("\r\n\r\n").unwrap();
        let body = body.split("\r\n--").next().unwrap();
        let text = if head.contains("quoted-printable") {
            body.replace("=\r\n", "").replace("=3D", "=")
        } else {
            body.to_owned()
        };
        Self { to: header("To:"), subject: header("Subject:"), text }
    }

    /// The link in it.
    pub fn link(&self) -> String {
        self.text.lines().find(|line| line.starts_with("http")).unwrap().trim().to_owned()
    }

    /// The code in it, if there is one.
    pub fn code(&self) -> Option<String> {
        let is_code = |line: &&str| line.len() >= 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        let code = self.text.lines().map(str::trim).find(is_code)?;
        Some(code.to_owned())
    }

    /// The token in its link.
    pub fn token(&self) -> String {
        let link: reqwest::Url = self.link().parse().unwrap();
        let in_query =
            link.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
        let token = in_query.unwrap_or_else(|| link.path_segments().unwrap().next_back().unwrap().to_owned());
        record_secret(&token);
        token
    }
}

/// Follows a link like a browser, up to the first redirect.
pub async fn follow(auth: &Auth, link: &str, cookie: Option<&str>) -> Answer {
    let (_, path) = link.split_once("/api/auth").unwrap();
    let mut request = auth.request_without_redirects(Method::GET, path);
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    Answer::of(request).await
}
