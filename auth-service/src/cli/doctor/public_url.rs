//! The service behind the public URL: whether it is this one, under which URL it knows itself, and its cookies.

use jiff::Timestamp;
use reqwest::header::SET_COOKIE;
use serde_json::Value;
use shared_claims::canonical_url;
use url::{Host, Url};

use super::http::{Answer, Remote};
use super::report::Finding;
use crate::config::Config;
use crate::diagnosis::{DiagnosisKey, HEADER, Seen};
use crate::protocol::PREFIX;

const SERVICE: &str = "url.service";
/// Whether the running service has the settings at hand.
pub const SETTINGS: &str = "url.settings";
/// Whether it knows itself under the public URL.
pub const BASE_URL: &str = "url.base_url";
/// Whether browsers keep the cookies, and send them over https only.
pub const SECURE: &str = "cookies.secure";

/// Checks that auth-service with the `published` keys answers at the URL.
pub async fn service(remote: &Remote, published: Option<&[String]>) -> Finding {
    let url = remote.url();
    let remedy = "Set BASE_URL (or --url) to the URL that browsers use, and check that the gateway routes /api/auth/* and \
                  /.well-known/* to auth-service";
    let fault = |what: String| {
        Finding::fault(SERVICE, format!("auth-service does not answer at {url}: {what}"), remedy)
    };
    let answer = match Answer::of(remote.get("/.well-known/jwks.json")).await {
        Ok(answer) => answer,
        Err(error) => return fault(error),
    };
    if answer.status.is_redirection() {
        let target = answer.header("location").unwrap_or("an unknown URL").to_owned();
        return fault(format!("it redirects to {target}"));
    }
    let Some(kids) = kids(&answer.body).filter(|_| answer.status == 200) else {
        return fault(format!("/.well-known/jwks.json answers {} and no key set", answer.status));
    };
    match published {
        None => Finding::skipped(
            SERVICE,
            format!("a key set is published at {url}; the database's keys are unknown"),
        ),
        Some(published) if published.iter().any(|kid| kids.contains(&kid.as_str())) => {
            Finding::ok(SERVICE, format!("auth-service answers at {url} with the keys of the database"))
        }
        Some(_) => fault("another service publishes its keys there".to_owned()),
    }
}

/// The result if no request can be sent.
pub fn no_client(error: &str) -> Finding {
    let remedy =
        "Check --connect-to, and set SSL_CERT_FILE to a file with root certificates if this machine has none";
    Finding::fault(SERVICE, format!("no request can be sent: {error}"), remedy)
}

fn kids(body: &Value) -> Option<Vec<&str>> {
    let keys = body.get("keys")?.as_array()?;
    Some(keys.iter().filter_map(|key| key.get("kid")?.as_str()).collect())
}

/// Requests what the service sees of a request with these headers. The time of its signature is the service's own.
pub async fn seen(
    remote: &Remote,
    key: &DiagnosisKey,
    now: Timestamp,
    headers: &[(&str, &str)],
) -> Result<(Option<Seen>, Answer), String> {
    let mut request = remote.get(&format!("{PREFIX}/ok")).header(HEADER, key.sign(now));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = Answer::of(request).await?;
    let seen = answer.body.get("seen").cloned().and_then(|seen| serde_json::from_value(seen).ok());
    Ok((seen, answer))
}

/// Checks that the running service has the settings at hand.
pub fn settings(seen: Option<&Seen>, answer: &Answer) -> Finding {
    if seen.is_some() {
        return Finding::ok(SETTINGS, "the running service has AUTH_SECRETS of these settings");
    }
    if answer.body.get("ok").and_then(Value::as_bool) != Some(true) {
        return Finding::skipped(
            SETTINGS,
            format!("{PREFIX}/ok answers {}, maybe by DISABLED_PATHS", answer.status),
        );
    }
    Finding::fault(
        SETTINGS,
        "the running service does not accept a request signed with AUTH_SECRETS of these settings",
        format!("Restart the service with these settings, or let the gateway pass the header {HEADER} on"),
    )
}

/// Checks that the running service knows itself under the URL that browsers use.
pub fn base_url(seen: &Seen, url: &Url, config: &Config) -> Finding {
    let (public, configured) = (canonical_url(url), canonical_url(&config.base_url));
    if seen.base_url != public {
        return Finding::fault(
            BASE_URL,
            format!(
                "browsers use {public}, but cookies, links and the default issuer of tokens name {}",
                seen.base_url
            ),
            format!("Set BASE_URL={public} and restart the service, or give --url the URL that browsers use"),
        );
    }
    if configured != public {
        return Finding::fault(
            BASE_URL,
            format!("the running service has BASE_URL={public}, and these settings have {configured}"),
            format!("Set BASE_URL={public}"),
        );
    }
    Finding::ok(BASE_URL, format!("cookies and links are those of {public}"))
}

/// Checks the attributes of cookies, on those with which signing out clears the browser's. Nobody is signed out: the
/// request has no cookie.
pub async fn cookies(remote: &Remote, url: &Url, config: &Config) -> Finding {
    let request = remote.post(&format!("{PREFIX}/sign-out")).json(&serde_json::json!({}));
    let answer = match Answer::of(request).await {
        Ok(answer) if answer.status == 200 => answer,
        Ok(answer) => {
            return Finding::skipped(SECURE, format!("{PREFIX}/sign-out answers {}", answer.status));
        }
        Err(error) => return Finding::skipped(SECURE, error),
    };
    let cookies: Vec<_> = answer.headers.get_all(SET_COOKIE).iter().collect();
    let is_secure = |cookie: &[u8]| {
        let text = String::from_utf8_lossy(cookie).to_ascii_lowercase();
        text.split(';').skip(1).any(|attribute| attribute.trim() == "secure")
    };
    let secure = cookies.iter().filter(|cookie| is_secure(cookie.as_bytes())).count();
    let is_https = url.scheme() == "https";
    if cookies.is_empty() {
        return Finding::fault(
            SECURE,
            "no cookie arrives through the public URL",
            "Let the gateway pass Set-Cookie headers of auth-service on",
        );
    }
    if is_https && secure < cookies.len() {
        let remedy = match config.sessions.secure_cookies {
            Some(false) => "Unset SECURE_COOKIES, or set SECURE_COOKIES=true".to_owned(),
            _ => format!("Set BASE_URL={}, which makes cookies Secure", canonical_url(url)),
        };
        return Finding::fault(SECURE, "browsers use https, and session cookies are not Secure", remedy);
    }
    if !is_https && secure > 0 && !is_localhost(url) {
        return Finding::fault(
            SECURE,
            "browsers use http and ignore session cookies, which are Secure: nobody can sign in",
            "Serve the public URL over https and set BASE_URL to it, or unset SECURE_COOKIES",
        );
    }
    Finding::ok(SECURE, if is_https { "cookies are Secure" } else { "browsers accept the cookies" })
}

/// Browsers accept Secure cookies of this machine over http.
fn is_localhost(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
