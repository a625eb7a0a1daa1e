//! The directory that services write their mail into.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use crate::scratch::Scratch;

const PATIENCE: Duration = Duration::from_secs(10);

/// A directory that can be broken.
pub struct Mailbox {
    directory: PathBuf,
    _scratch: Scratch,
}

/// What a link is for, as its path shows it.
#[derive(Debug, Clone, Copy)]
pub enum Link {
    /// Verifies or changes an email, or completes a sign-up.
    Email,
    ResetPassword,
    DeleteUser,
    SignIn,
}

impl Link {
    /// What stands before the token.
    fn before(self) -> &'static str {
        match self {
            Self::Email => "/verify-email?token=",
            Self::ResetPassword => "/reset-password/",
            Self::DeleteUser => "/delete-user/callback?token=",
            Self::SignIn => "/magic-link/verify?token=",
        }
    }
}

impl Mailbox {
    pub fn new() -> Self {
        let scratch = Scratch::new();
        Self { directory: scratch.path().join("mail"), _scratch: scratch }
    }

    /// The setting `MAIL_URL`.
    pub fn url(&self) -> String {
        format!("file://{}", self.directory.display())
    }

    /// Waits for the `count`th link of this kind that was sent to this address, and returns its token.
    pub async fn token(&self, address: &str, link: Link, count: usize) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(token) = self.tokens(address, link).into_iter().nth(count - 1) {
                return token;
            }
            assert!(Instant::now() < deadline, "no link {count} of {link:?} to {address}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for the `count`th code that was sent to this address.
    pub async fn code(&self, address: &str, count: usize) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let codes = self.mails_to(address).into_iter().filter_map(|mail| code_in(&mail));
            if let Some(code) = codes.into_iter().nth(count - 1) {
                return code;
            }
            assert!(Instant::now() < deadline, "no code {count} to {address}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The tokens of all links of this kind to this address, oldest first.
    fn tokens(&self, address: &str, link: Link) -> Vec<String> {
        self.mails_to(address).iter().filter_map(|mail| token_in(mail, link)).collect()
    }

    /// All mails to this address, oldest first.
    fn mails_to(&self, address: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        paths.sort();
        let mails = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
        let to = format!("To: {address}\r\n");
        mails.filter(|mail| mail.contains(&to)).collect()
    }

    /// Puts a file in the place of the directory: mail stays in the outbox from now on.
    pub fn break_down(&self) {
        std::fs::remove_dir_all(&self.directory).unwrap();
        std::fs::write(&self.directory, "").unwrap();
    }

    /// Undoes [`break_down`](Self::break_down).
    pub fn repair(&self) {
        std::fs::remove_file(&self.directory).unwrap();
    }
}

/// The first code of a mail, which has ten digits.
fn code_in(mail: &str) -> Option<String> {
    let is_code = |line: &&str| line.len() == 10 && line.bytes().all(|byte| byte.is_ascii_digit());
    mail.lines().map(str::trim).find(is_code).map(str::to_owned)
}

/// The token of the first link of this kind, in a mail that may be quoted-printable.
fn token_in(mail: &str, link: Link) -> Option<String> {
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once(link.before())?;
    let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '-' && char != '_')?;
    Some(rest[..end].to_owned())
}
