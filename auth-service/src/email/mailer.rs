//! The sender of mail, and how a mail is composed.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use uuid::Uuid;

use super::cause::Cause;
use super::payload::MailPayload;
use super::transport::Transport;

/// Prevents automatic replies (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
/// The local part of the default sender.
const DEFAULT_SENDER: &str = "accounts";

/// Composes and sends mail.
pub struct Mailer {
    /// The sender.
    pub sender: Sender,
    /// How mail is sent.
    pub transport: Transport,
}

/// The sender of mail.
#[derive(Debug, Clone)]
pub struct Sender {
    mailbox: Mailbox,
    product: String,
}

/// `MAIL_FROM` is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an email address such as accounts@example.com, or Example <accounts@example.com>")]
pub struct SenderError;

impl Sender {
    /// Parses `MAIL_FROM`. Its name is the product's name in mails; without one that is `host`, the host of the service.
    ///
    /// # Errors
    /// If it is not an email address that every mail server accepts.
    pub fn parse(text: &str, host: &str) -> Result<Self, SenderError> {
        let mailbox: Mailbox = text.trim().parse().map_err(|_| SenderError)?;
        let name = mailbox.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let address: &str = mailbox.email.as_ref();
        if !address.is_ascii() || text.chars().any(char::is_control) {
            return Err(SenderError);
        }
        Ok(Self { product: name.unwrap_or(host).to_owned(), mailbox })
    }

    /// The product's name in mails.
    pub fn product(&self) -> &str {
        &self.product
    }

    /// The sender of a service at `host` whose mail is written to files, so that none has to be configured.
    pub fn for_development(host: &str) -> Result<Self, SenderError> {
        let address = format!("{DEFAULT_SENDER}@{host}");
        Self::parse(&address, host).or_else(|_| Self::parse("accounts@localhost", host))
    }
}

impl Mailer {
    /// Composes the mail of the row `id`; `None` if its email address is not valid.
    pub(super) fn compose(
        &self,
        id: Uuid,
        payload: &MailPayload<'_>,
        now: Timestamp,
    ) -> Option<lettre::Message> {
        let Sender { mailbox, product } = &self.sender;
        let facts = payload.cause.as_ref().map(Cause::facts);
        let facts = facts.as_ref().map(<[_; 3]>::as_slice).unwrap_or_default();
        let mail_text = payload.message.mail_text(product, SignedDuration::from_secs(payload.valid_for));
        let auto_submitted = HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned());
        lettre::Message::builder()
            .from(mailbox.clone())
            .to(Mailbox::new(None, payload.to.parse().ok()?))
            .subject(mail_text.subject)
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{id}@{}>", mailbox.email.domain())))
            .raw_header(auto_submitted)
            .multipart(MultiPart::alternative_plain_html(
                mail_text.text_body(facts),
                mail_text.html_body(product, facts),
            ))
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Message;
    use super::*;

    const NOW: &str = "2026-03-01T12:00:00Z";

    fn compose(from: &str, to: &str, message: Message<'_>) -> Option<String> {
        let sender = Sender::parse(from, "auth.example.com").unwrap();
        let mailer =
            Mailer { sender, transport: Transport::Directory(std::path::Path::new("/nowhere").into()) };
        let mail = mailer.compose(
            Uuid::nil(),
            &MailPayload { to, message, valid_for: 3600, is_sent: true, cause: None },
            NOW.parse().unwrap(),
        )?;
        Some(String::from_utf8(mail.formatted()).unwrap())
    }

    #[test]
    fn the_head_is_ours_alone_and_the_id_is_the_rows() {
        let mail =
            compose("Example <accounts@example.com>", "alice@example.org", Message::PasswordChanged).unwrap();
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<&str> = head.lines().filter(|line| !line.starts_with([' ', '\t'])).collect();
        lines.sort_unstable();
        assert!(lines.remove(1).starts_with("Content-Type: multipart/alternative;"), "{head}");
        assert_eq!(
            lines,
            [
                "Auto-Submitted: auto-generated",
                "Date: Sun, 01 Mar 2026 12:00:00 +0000",
                "From: Example <accounts@example.com>",
                "MIME-Version: 1.0",
                "Message-ID: <00000000-0000-0000-0000-000000000000@example.com>",
                "Subject: Your password was changed",
                "To: alice@example.org",
            ]
        );
    }

    #[test]
    fn no_address_and_no_text_makes_a_header() {
        for to in [
            "a@b.example\r\nBcc: eve@example.com",
            "a@b.example\nBcc: eve@example.com",
            "a@b.example, eve@c.example",
        ] {
            assert_eq!(compose("a@example.com", to, Message::PasswordChanged), None, "{to:?}");
        }
        let new_email = "x@y.example\r\nBcc: eve@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>";
        let mail = compose("a@example.com", "a@b.example", Message::EmailChanged { new_email }).unwrap();
        for line in mail.lines() {
            assert!(!line.starts_with("Bcc") && !line.starts_with("MAIL") && line != ".", "{mail}");
        }
    }

    #[test]
    fn a_sender_is_an_address_with_or_without_the_products_name() {
        let named = Sender::parse("Example Inc. <accounts@example.com>", "host").unwrap();
        assert_eq!(
            (named.product.as_str(), named.mailbox.email.as_ref()),
            ("Example Inc.", "accounts@example.com")
        );
        assert_eq!(
            Sender::parse("accounts@example.com", "auth.example.com").unwrap().product,
            "auth.example.com"
        );
        for host in ["localhost", "auth.example.com", "127.0.0.1", "[::1]"] {
            assert_eq!(Sender::for_development(host).unwrap().product, host);
        }
        for wrong in [
            "",
            "Example",
            "Example <>",
            "a@b.example, c@d.example",
            "ä@example.com",
            "A\r\nBcc: x <a@b.example>",
        ] {
            assert_eq!(Sender::parse(wrong, "host").unwrap_err(), SenderError, "{wrong}");
        }
    }

    #[test]
    fn a_name_that_is_not_ascii_is_encoded() {
        let mail = compose("Zoë \"Z\" <a@example.com>", "a@b.example", Message::PasswordChanged).unwrap();
        assert!(mail.is_ascii(), "every mail server takes it");
    }
}
