//! aiosmtpd, run by `tests/smtp/server.py`, and certificates for it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use local_stack::process::{Process, Stream};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};

pub const USER: &str = "me@example.com";
pub const MAIL_PASSWORD: &str = "p@ss/wörd";
/// The user and password as a URL holds them.
pub const USER_INFO: &str = "me%40example.com:p%40ss%2Fw%C3%B6rd";

const SOON: Duration = Duration::from_secs(60);

/// A mail server that runs until this is dropped.
pub struct MailServer {
    process: Process,
    pub port: u16,
}

/// Where aiosmtpd is. Without it, CI fails and a developer's run says what it leaves out.
fn python() -> Option<&'static str> {
    // Debian's package is for Debian's Python, which need not be the first on PATH.
    let has_aiosmtpd = |python: &&str| {
        Command::new(python)
            .args(["-c", "import aiosmtpd"])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has_aiosmtpd);
    if found.is_none() {
        let required = ["CI", "LATCHKEY_REQUIRE_SMTP"].iter().any(|name| std::env::var_os(name).is_some());
        assert!(!required, "no python3 has aiosmtpd, and CI or LATCHKEY_REQUIRE_SMTP asks for it");
        eprintln!(
            "SKIPPED: no python3 has aiosmtpd, so mail is not tested. LATCHKEY_REQUIRE_SMTP=1 fails instead."
        );
    }
    found
}

impl MailServer {
    /// A server with these settings, or `None` where there is no aiosmtpd to run.
    pub async fn start(settings: &Value) -> Option<Self> {
        let mut command = tokio::process::Command::new(python()?);
        let program = local_stack::workspace::root().unwrap().join("auth-service/tests/smtp/server.py");
        command.arg(program).arg(settings.to_string());
        let mut process = Process::spawn("aiosmtpd", command, None).unwrap();
        let line = process.wait_for_line(|line| line.starts_with("{\"port\""), SOON).await.unwrap();
        let port = serde_json::from_str::<Value>(&line).unwrap()["port"].as_u64().unwrap();
        Some(Self { process, port: port.try_into().unwrap() })
    }

    /// One without encryption.
    pub async fn plain() -> Option<Self> {
        Self::start(&json!({"tls": "none"})).await
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Waits for an event of this kind: the first one.
    pub async fn event(&mut self, kind: &str) -> Value {
        let start = format!("{{\"{kind}\"");
        let line = self.process.wait_for_line(|line| line.starts_with(&start), SOON).await.unwrap();
        serde_json::from_str::<Value>(&line).unwrap()[kind].clone()
    }

    /// All mails so far.
    pub fn mails(&self) -> Vec<Value> {
        let lines = self.process.output_on(Stream::Stdout);
        let events = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        events.filter_map(|mut event| event.get_mut("mail").map(Value::take)).collect()
    }

    /// All mails, once there are so many. What the server wrote before its yes may be read after it.
    pub async fn received(&self, count: usize) -> Vec<Value> {
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            assert!(tokio::time::Instant::now() < deadline, "{} of {count} mails", mails.len());
            tokio::task::yield_now().await;
        }
    }

    pub async fn stop(mut self) {
        self.process.kill().await.unwrap();
    }
}

/// A certificate for `localhost`, and the authority that signed it. Removed when this is dropped.
pub struct Certificates {
    directory: PathBuf,
}

impl Certificates {
    pub fn make() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let directory = scratch("certificates");
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("ca.pem"), authority.pem()).unwrap();
        let server = format!("{}{}", certificate.pem(), key.serialize_pem());
        std::fs::write(directory.join("server.pem"), server).unwrap();
        Self { directory }
    }

    pub fn authority(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// The settings of a server with this certificate that wants credentials.
    pub fn settings(&self, tls: &str) -> Value {
        let certificate = self.directory.join("server.pem");
        json!({"tls": tls, "certificate": certificate, "user": USER, "password": MAIL_PASSWORD})
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A path that nobody has.
pub fn scratch(what: &str) -> PathBuf {
    let key = KeyPair::generate().unwrap();
    let unique: String =
        key.public_key_raw().iter().skip(1).take(8).map(|byte| format!("{byte:02x}")).collect();
    std::env::temp_dir().join(format!("latchkey_{what}_{unique}"))
}
