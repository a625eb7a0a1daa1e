//! `MAIL_URL`: where mail is sent. Errors never contain any of it, since it can hold a password.

use std::net::IpAddr;
use std::path::PathBuf;

use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// TLS from the first byte (RFC 8314).
const SMTPS_PORT: u16 = 465;
/// Submission, with STARTTLS (RFC 6409).
const SUBMISSION_PORT: u16 = 587;
/// Between mail servers.
const SMTP_PORT: u16 = 25;

/// A parsed `MAIL_URL`.
#[derive(Debug)]
pub enum MailUrl {
    /// A mail server.
    Smtp(SmtpAddress),
    /// A directory that gets a file for each mail.
    Directory(PathBuf),
}

/// How to connect to a mail server. `Debug` hides the credentials.
#[derive(Debug)]
pub struct SmtpAddress {
    /// Its name or IP address, which its certificate must match.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub security: Security,
    /// Our credentials there.
    pub credentials: Option<Credentials>,
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// From the first byte.
    Implicit,
    /// With STARTTLS; without it nothing is sent.
    Required,
    /// With STARTTLS if the server offers it, which an attacker on the network can prevent.
    Opportunistic,
    /// Never.
    Plain,
}

/// What is wrong with a `MAIL_URL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailUrlError {
    /// Not a URL of a known form.
    #[error(
        "must be smtps://user:password@host, smtp://user:password@host:587?tls=required or file:///a/directory, with \
         special characters in user and password percent-encoded"
    )]
    Form,
    /// An unknown option, or an unknown value of `tls`.
    #[error(
        "the only options are ?tls=required, ?tls=opportunistic and ?tls=none, and none of them after smtps://host"
    )]
    Option,
    /// A user without a password, or the reverse.
    #[error("a user needs a password, and a password a user")]
    HalfCredentials,
    /// The password would be sent unencrypted.
    #[error("credentials for another host need smtps:// or tls=required")]
    UnprotectedCredentials,
}

impl MailUrl {
    /// Parses the URL. Without `tls`, smtp:// means `required`, and `none` for this host itself.
    pub fn parse(url: &SecretString) -> Result<Self, MailUrlError> {
        let url = Url::parse(url.expose_secret()).map_err(|_| MailUrlError::Form)?;
        match url.scheme() {
            "file" if url.query().is_none() && url.fragment().is_none() => {
                url.to_file_path().map(Self::Directory).map_err(|()| MailUrlError::Form)
            }
            "smtp" | "smtps" => SmtpAddress::read(&url).map(Self::Smtp),
            _ => Err(MailUrlError::Form),
        }
    }
}

impl SmtpAddress {
    fn read(url: &Url) -> Result<Self, MailUrlError> {
        let host = url.host_str().ok_or(MailUrlError::Form)?.trim_matches(['[', ']']);
        let ip = host.parse::<IpAddr>().ok();
        let is_name = |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if host.is_empty() || !(ip.is_some() || is_name(host)) {
            return Err(MailUrlError::Form);
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(MailUrlError::Form);
        }
        let is_this_host = ip.map_or(host == "localhost", |ip| ip.is_loopback());
        let security = security(url, is_this_host)?;
        let credentials = credentials(url)?;
        let is_protected = matches!(security, Security::Implicit | Security::Required);
        if credentials.is_some() && !is_protected && !is_this_host {
            return Err(MailUrlError::UnprotectedCredentials);
        }
        let port = url.port().unwrap_or(match security {
            Security::Implicit => SMTPS_PORT,
            Security::Required => SUBMISSION_PORT,
            Security::Opportunistic | Security::Plain => SMTP_PORT,
        });
        Ok(Self { host: host.to_owned(), port, security, credentials })
    }
}

fn security(url: &Url, is_this_host: bool) -> Result<Security, MailUrlError> {
    let options: Vec<_> = url.query_pairs().collect();
    match (url.scheme(), options.as_slice()) {
        ("smtps", []) => Ok(Security::Implicit),
        ("smtp", []) if is_this_host => Ok(Security::Plain),
        ("smtp", []) => Ok(Security::Required),
        ("smtp", [(name, value)]) if name == "tls" => match value.as_ref() {
            "required" => Ok(Security::Required),
            "opportunistic" => Ok(Security::Opportunistic),
            "none" => Ok(Security::Plain),
            _ => Err(MailUrlError::Option),
        },
        _ => Err(MailUrlError::Option),
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, MailUrlError> {
    let decode = |text: &str| match percent_decode_str(text).decode_utf8() {
        // A control character would end the line of the protocol.
        Ok(text) if !text.chars().any(char::is_control) => Ok(text.into_owned()),
        _ => Err(MailUrlError::Form),
    };
    match (url.username(), url.password().filter(|password| !password.is_empty())) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(MailUrlError::HalfCredentials),
        (user, Some(password)) => Ok(Some(Credentials::new(decode(user)?, decode(password)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(url: &str) -> SmtpAddress {
        match MailUrl::parse(&url.to_owned().into()) {
            Ok(MailUrl::Smtp(address)) => address,
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn ports_and_encryption_follow_from_the_url() {
        for (url, host, port, security) in [
            ("smtps://u:p@mail.example.com", "mail.example.com", 465, Security::Implicit),
            ("smtps://u:p@mail.example.com:2465/", "mail.example.com", 2465, Security::Implicit),
            ("smtp://u:p@mail.example.com", "mail.example.com", 587, Security::Required),
            ("smtp://mail.example.com?tls=opportunistic", "mail.example.com", 25, Security::Opportunistic),
            ("smtp://mailpit:1025?tls=none", "mailpit", 1025, Security::Plain),
            ("smtp://localhost:1025", "localhost", 1025, Security::Plain),
            ("smtp://u:p@127.0.0.1:1025", "127.0.0.1", 1025, Security::Plain),
            ("smtp://u:p@[::1]:1025?tls=required", "::1", 1025, Security::Required),
        ] {
            let address = smtp(url);
            assert_eq!(
                (address.host.as_str(), address.port, address.security),
                (host, port, security),
                "{url}"
            );
            assert_eq!(address.credentials.is_some(), url.contains('@'), "{url}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_printed() {
        let address = smtp("smtps://me%40example.com:p%2Fa%3As%23s%40@host");
        let expected = Credentials::new("me@example.com".to_owned(), "p/a:s#s@".to_owned());
        assert_eq!(address.credentials, Some(expected));
        let printed = format!("{address:?}");
        assert!(!printed.contains("p/a") && !printed.contains("me@"), "{printed}");
    }

    #[test]
    fn an_invalid_url_is_refused_and_not_repeated() {
        for (url, expected) in [
            ("nonsense", MailUrlError::Form),
            ("http://hunter2@host", MailUrlError::Form),
            ("smtps://", MailUrlError::Form),
            ("smtps://u:hunter2@ho st", MailUrlError::Form),
            ("smtps://u:hunter2@host/path", MailUrlError::Form),
            ("smtps://u:hunter2@host#fragment", MailUrlError::Form),
            ("smtps://u:hunter2@host:99999", MailUrlError::Form),
            ("smtps://u:hunter2%0d%0aDATA@host", MailUrlError::Form),
            ("smtps://u:hunter2@host?tls=none", MailUrlError::Option),
            ("smtp://u:hunter2@host?tls=sometimes", MailUrlError::Option),
            ("smtp://u:hunter2@host?starttls=1", MailUrlError::Option),
            ("smtp://u@host", MailUrlError::HalfCredentials),
            ("smtp://:hunter2@host", MailUrlError::HalfCredentials),
            ("smtp://u:hunter2@host?tls=none", MailUrlError::UnprotectedCredentials),
            ("smtp://u:hunter2@host?tls=opportunistic", MailUrlError::UnprotectedCredentials),
            ("file://directory/hunter2", MailUrlError::Form),
            ("file:///directory?x=hunter2", MailUrlError::Form),
        ] {
            let error = MailUrl::parse(&url.to_owned().into()).unwrap_err();
            assert_eq!(error, expected, "{url}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_directory_is_a_directory() {
        let url = "file:///var/lib/my%20mail".to_owned().into();
        let Ok(MailUrl::Directory(path)) = MailUrl::parse(&url) else { panic!("refused") };
        assert_eq!(path, PathBuf::from("/var/lib/my mail"));
    }
}
