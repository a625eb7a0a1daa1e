//! Asks a service like Have I Been Pwned whether a password was found in a breach, without sending the password.

use std::fmt::Write;
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use metrics::{counter, describe_counter};
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use service_kit::errors::with_causes;
use service_kit::throttle::LogThrottle;
use tokio::time::Instant;
use url::{Host, Url};

use super::super::model::Password;

/// Length of a prefix in the protocol: five hexadecimal digits of a SHA-1, which about a thousand breached passwords
/// share.
const PREFIX: usize = 5;
/// Number of hexadecimal digits of a SHA-1 after the prefix.
const SUFFIX: usize = 35;
/// Maximum time for a whole response. The user of a form waits for it. A service nearby takes a tenth of that.
const TIMEOUT: Duration = Duration::from_millis(1500);
/// Maximum size of a response in bytes. A padded range has 40 kB to 100 kB.
const MAX_BODY: usize = 512 * 1024;
/// Maximum number of idle connections.
const IDLE_CONNECTIONS: usize = 2;

const CHECKS: &str = "auth_service_breach_checks_total";
/// The labels of the outcomes.
const OUTCOMES: [&str; 3] = ["breached", "clear", "failed"];

/// Describes the metric of the checks and creates its counters.
pub fn create_metrics() {
    describe_counter!(CHECKS, "Checks of new passwords against known breaches.");
    OUTCOMES.into_iter().for_each(|outcome| counter!(CHECKS, "outcome" => outcome).increment(0));
}

/// A service with the range queries of Have I Been Pwned. It learns the first five digits of a password's SHA-1, but
/// not which of the passwords with these digits it is.
pub struct BreachService {
    client: Client,
    ranges: Url,
    failures: LogThrottle,
}

/// Why `PASSWORD_BREACH_URL` cannot be used. The messages do not contain the URL.
#[derive(Debug, thiserror::Error)]
pub enum BreachServiceError {
    /// Neither https nor this machine, or not a URL.
    #[error(
        "PASSWORD_BREACH_URL: must be an https URL such as https://api.pwnedpasswords.com/range, without user name, \
         password, query and fragment; http is allowed for this machine"
    )]
    Url,
    /// The HTTP client cannot be created, e.g. because no root certificates are installed.
    #[error("PASSWORD_BREACH_URL: {}", with_causes(.0))]
    Client(reqwest::Error),
}

/// Why a response cannot be used. The messages do not contain the range.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no response within {} ms", TIMEOUT.as_millis())]
    Timeout,
    #[error("status {0}")]
    Status(StatusCode),
    #[error("response larger than {MAX_BODY} bytes")]
    TooLarge,
    #[error("response is not a range")]
    Malformed,
    #[error("{}", with_causes(.0))]
    Http(reqwest::Error),
}

impl BreachService {
    /// Creates the client of the service at `url`, such as `https://api.pwnedpasswords.com/range`.
    ///
    /// # Errors
    /// If the URL is neither https nor on this machine.
    pub fn new(url: &str) -> Result<Self, BreachServiceError> {
        let ranges = parse(url).ok_or(BreachServiceError::Url)?;
        let mut client = Client::builder()
            .user_agent(concat!("latchkey-", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            // A redirect or a proxy would send the range to a host that nobody configured.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(IDLE_CONNECTIONS);
        if ranges.scheme() == "http" {
            // Without TLS no root certificates are needed.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(BreachServiceError::Client)?;
        Ok(Self { client, ranges, failures: LogThrottle::default() })
    }

    /// Whether the password was found in a breach. `false` if the service does not respond in time or correctly, so
    /// that users can sign up during an outage. That is logged once a minute.
    pub(super) async fn contain(&self, password: &Password) -> bool {
        let hash = hash(password);
        let answer = tokio::time::timeout(TIMEOUT, self.ask(&hash)).await.unwrap_or(Err(Failure::Timeout));
        let outcome = match &answer {
            Ok(true) => "breached",
            Ok(false) => "clear",
            Err(_) => "failed",
        };
        counter!(CHECKS, "outcome" => outcome).increment(1);
        answer.unwrap_or_else(|failure| {
            if let Some(unreported) = self.failures.due(Instant::now()) {
                tracing::warn!(
                    %failure,
                    unreported,
                    "breach check failed, password accepted without it; check PASSWORD_BREACH_URL"
                );
            }
            false
        })
    }

    async fn ask(&self, hash: &SecretString) -> Result<bool, Failure> {
        let http = |error: reqwest::Error| Failure::Http(error.without_url());
        let (prefix, suffix) = hash.expose_secret().split_at_checked(PREFIX).ok_or(Failure::Malformed)?;
        let range = self.ranges.join(prefix).map_err(|_| Failure::Malformed)?;
        // Padding hides the length of the range, which would reveal the range to the network.
        let mut response = self.client.get(range).header("add-padding", "true").send().await.map_err(http)?;
        if response.status() != StatusCode::OK {
            return Err(Failure::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(http)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        find(&body, suffix).ok_or(Failure::Malformed)
    }
}

/// The SHA-1 of the password as typed, in upper-case hexadecimal, to find it in the list of a service that stores such
/// hashes. It does not protect anything here.
fn hash(password: &Password) -> SecretString {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_typed());
    let mut hex = String::with_capacity(PREFIX + SUFFIX);
    for byte in digest.as_ref() {
        let _ = write!(hex, "{byte:02X}");
    }
    hex.into()
}

/// Whether a range contains the suffix with a count above zero (padding has zero). `None` if the text is not a range.
fn find(body: &[u8], suffix: &str) -> Option<bool> {
    let mut found = false;
    for line in std::str::from_utf8(body).ok()?.lines() {
        let (hash, count) = line.split_once(':')?;
        if hash.len() != SUFFIX || !hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let count: u64 = count.parse().ok()?;
        found |= count > 0 && hash.eq_ignore_ascii_case(suffix);
    }
    Some(found)
}

fn parse(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let is_here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    let is_private = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    (is_private && is_plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUFFIX_OF_PASSWORD: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";

    #[test]
    fn the_hash_is_the_one_that_such_services_store() {
        assert_eq!(
            hash(&Password::for_test("password")).expose_secret(),
            &format!("5BAA6{SUFFIX_OF_PASSWORD}")
        );
    }

    #[test]
    fn a_range_is_read_whole() {
        let line = |count: &str| {
            format!("{}:3\r\n{SUFFIX_OF_PASSWORD}:{count}\r\n{}:0\r\n", "0".repeat(35), "F".repeat(35))
        };
        for (body, found) in [
            (line("2031380"), Some(true)),
            (line("2031380").to_lowercase(), Some(true)),
            (line("0"), Some(false)),
            (line("x"), None),
            (line("-1"), None),
            (line(""), None),
            (String::new(), Some(false)),
            (format!("{}:1", "0".repeat(35)), Some(false)),
            (format!("{}:1", "0".repeat(34)), None),
            ("<html>".to_owned(), None),
            (format!("{SUFFIX_OF_PASSWORD}:1\n<html>"), None),
        ] {
            assert_eq!(find(body.as_bytes(), SUFFIX_OF_PASSWORD), found, "{body}");
        }
        assert_eq!(find(b"\xff", SUFFIX_OF_PASSWORD), None);
    }

    #[test]
    fn ranges_are_asked_for_over_tls_or_on_this_machine() {
        for (text, read) in [
            ("https://api.example/range", "https://api.example/range/"),
            ("https://api.example/range/", "https://api.example/range/"),
            ("https://api.example", "https://api.example/"),
            ("http://127.0.0.1:81/range", "http://127.0.0.1:81/range/"),
            ("http://[::1]/range", "http://[::1]/range/"),
            ("http://localhost/range", "http://localhost/range/"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), read);
        }
        for text in [
            "",
            "api.example",
            "http://api.example/range",
            "http://localhost.example/range",
            "https://user:secret@api.example/range",
            "https://api.example/range?x",
            "https://api.example/range#x",
            "ftp://localhost/range",
            "file:///range",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
