//! Prints the emails that auth-service writes to files, so that their links can be clicked.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::console::print_line;

/// How often the directory is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The directory that emails are written to.
pub(super) struct Mailbox {
    directory: PathBuf,
    seen: BTreeSet<OsString>,
}

impl Mailbox {
    /// Opens the directory. Existing emails are not shown again.
    pub(super) fn open(directory: PathBuf) -> Self {
        let mut mailbox = Self { directory, seen: BTreeSet::new() };
        mailbox.take_new();
        mailbox
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the files written since the last call, oldest first.
    fn take_new(&mut self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
        names.retain(|name| Path::new(name).extension().is_some_and(|ending| ending == "eml"));
        names.sort();
        names.retain(|name| self.seen.insert(name.clone()));
        names.into_iter().map(|name| self.directory.join(name)).collect()
    }
}

/// Prints new emails until it is cancelled.
pub(super) async fn show(mailbox: &mut Option<Mailbox>) {
    let Some(mailbox) = mailbox else { return future::pending().await };
    let mut interval = tokio::time::interval(POLL_INTERVAL);
    loop {
        interval.tick().await;
        for file in mailbox.take_new() {
            if let Ok(mail) = std::fs::read_to_string(&file) {
                print_line(&format!("mail  | {}", line(&mail)));
            }
        }
    }
}

/// Formats the recipient, subject and link of an email.
fn line(mail: &str) -> String {
    let header = |name: &str| {
        let lines = mail.lines().take_while(|line| !line.is_empty());
        lines.filter_map(|line| line.strip_prefix(name)).next().unwrap_or("?").to_owned()
    };
    let (to, subject) = (header("To: "), header("Subject: "));
    let text = plain_text(mail).unwrap_or_default();
    match text.lines().find(|line| line.starts_with("http://") || line.starts_with("https://")) {
        Some(link) => format!("{to}: {subject}: {link}"),
        None => format!("{to}: {subject}"),
    }
}

/// Returns the plain-text part of an email.
fn plain_text(mail: &str) -> Option<String> {
    let (_, part) = mail.split_once("Content-Type: text/plain")?;
    let (head, rest) = part.split_once("\r\n\r\n")?;
    let body = rest.split("\r\n--").next()?;
    let bytes = match head.split_once("Content-Transfer-Encoding: ").map(|(_, encoding)| encoding.trim()) {
        Some("quoted-printable") => return Some(unquote(body)),
        Some("base64") => STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?,
        _ => return Some(body.to_owned()),
    };
    String::from_utf8(bytes).ok()
}

/// Decodes quoted-printable (RFC 2045, 6.7).
fn unquote(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let code = piece.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.extend(code);
        bytes.extend(piece.as_bytes().get(2..).unwrap_or_default());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(encoding: &str, text: &str) -> String {
        format!(
            "From: Example <accounts@example.com>\r\nTo: ada@example.com\r\nSubject: Reset your password\r\n\
             Content-Type: multipart/alternative;\r\n boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; \
             charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{text}\r\n--b\r\nContent-Type: text/html\r\n\
             \r\n<a href=\"http://wrong.example\">\r\n--b--\r\n"
        )
    }

    #[test]
    fn the_link_is_found_in_every_encoding() {
        let expected = "ada@example.com: Reset your password: http://localhost:8081/a?b=c";
        let text = "Zo\u{eb}:\r\n\r\nhttp://localhost:8081/a?b=c\r\n";
        assert_eq!(line(&mail("7bit", text)), expected);
        assert_eq!(line(&mail("base64", &STANDARD.encode(text))), expected);
        let quoted = "Zo=C3=AB:\r\n\r\nhttp://localh=\r\nost:8081/a?b=3Dc\r\n";
        assert_eq!(line(&mail("quoted-printable", quoted)), expected);
    }

    #[test]
    fn a_mail_without_a_link_is_shown_too() {
        assert_eq!(line(&mail("7bit", "It was changed.")), "ada@example.com: Reset your password");
        assert_eq!(line("nonsense"), "?: ?");
    }
}
