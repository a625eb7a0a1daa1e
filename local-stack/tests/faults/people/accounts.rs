//! Accounts, sessions, passwords and access tokens.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fastrand::Rng;
use serde_json::{Value, json};

use super::{MOST_SESSIONS, Person, Response};
use crate::history::{LinkAction, PasswordAction, SessionAction, Token, Wrong};
use crate::recorder::Span;

/// How long a mail may take.
const MAIL_TIMEOUT: Duration = Duration::from_secs(10);

fn password(number: u32) -> String {
    format!("correct horse battery {number}")
}

impl Person {
    /// Signs up. Returns whether the account is known to exist.
    pub async fn sign_up(&self) -> bool {
        let body =
            json!({"name": format!("Person {}", self.account), "email": self.email, "password": password(0)});
        let request = self.http.post(self.auth("sign-up/email")).json(&body);
        let (span, response) = self.send("sign-up", request).await;
        match response {
            Some(response) if response.status == 200 => {
                self.recorder.password(self.account, span, PasswordAction::Set(0));
                self.begin_session(span, &response);
                true
            }
            // Without a response it may have happened, and an account that exists already is the one of an earlier attempt.
            None => {
                self.recorder.password(self.account, span, PasswordAction::Set(0));
                false
            }
            Some(response) => response.status == 422,
        }
    }

    /// Signs in with a password that may be the current one.
    pub(super) async fn sign_in(&self, random: &mut Rng) {
        let number = {
            let known = self.known();
            if random.bool() { known.password } else { known.former_password }
        };
        let body = json!({"email": self.email, "password": password(number)});
        let (span, response) =
            self.send("sign-in", self.http.post(self.auth("sign-in/email")).json(&body)).await;
        match response {
            Some(response) if response.status == 200 => {
                self.recorder.password(self.account, span, PasswordAction::Accepted(number));
                self.begin_session(span, &response);
            }
            Some(response) if response.status == 401 => {
                self.recorder.password(self.account, span, PasswordAction::Refused(number));
            }
            _ => {}
        }
        let surplus = {
            let known = self.known();
            (known.sessions.len() > MOST_SESSIONS).then(|| known.sessions[0].clone())
        };
        if let Some(session) = surplus {
            self.sign_out(&session).await;
        }
    }

    fn begin_session(&self, span: Span, response: &Response) {
        let Some(token) = response.body["token"].as_str() else { return };
        self.is_own_user(&response.body["user"]);
        let mut known = self.known();
        let number = known.sessions_so_far;
        known.sessions_so_far += 1;
        known.sessions.push((number, token.to_owned()));
        drop(known);
        self.recorder.session((self.account, number), span, SessionAction::Start);
        self.keep_token(number, response.token.as_deref());
    }

    /// Asks for the session of one device.
    pub(super) async fn use_session(&self, random: &mut Rng) {
        let Some(session) = self.any_session(random) else { return };
        self.check_session(&session).await;
    }

    pub(super) async fn check_session(&self, (number, token): &(usize, String)) {
        let request = self.http.get(self.auth("get-session")).bearer_auth(token);
        let (span, response) = self.send("get-session", request).await;
        let Some(response) = response.filter(|response| response.status == 200) else { return };
        let action = if response.body.is_null() { SessionAction::Refused } else { SessionAction::Accepted };
        self.recorder.session((self.account, *number), span, action);
        if response.body.is_null() {
            self.forget_session(*number);
        } else {
            self.is_own_user(&response.body["user"]);
            self.keep_token(*number, response.token.as_deref());
        }
    }

    /// Fetches an access token.
    pub(super) async fn fetch_token(&self, random: &mut Rng) {
        let Some((number, session)) = self.any_session(random) else { return };
        let (span, response) =
            self.send("token", self.http.get(self.auth("token")).bearer_auth(session)).await;
        match response {
            Some(response) if response.status == 200 => {
                self.recorder.session((self.account, number), span, SessionAction::Accepted);
                self.keep_token(number, response.body["token"].as_str());
            }
            Some(response) if response.status == 401 => {
                self.recorder.session((self.account, number), span, SessionAction::Refused);
                self.forget_session(number);
            }
            _ => {}
        }
    }

    /// Ends a session: with itself, or from another device.
    pub(super) async fn end_session(&self, random: &mut Rng) {
        let (Some(one), Some(other)) = (self.any_session(random), self.any_session(random)) else { return };
        if one.0 == other.0 {
            return self.sign_out(&one).await;
        }
        let body = json!({"token": other.1});
        let request = self.http.post(self.auth("revoke-session")).bearer_auth(&one.1).json(&body);
        let (span, response) = self.send("revoke-session", request).await;
        match response {
            Some(response) if response.status == 401 => {
                self.recorder.session((self.account, one.0), span, SessionAction::Refused);
            }
            Some(response) if response.status != 200 => {}
            _ => self.recorder.session((self.account, other.0), span, SessionAction::End),
        }
    }

    async fn sign_out(&self, (number, session): &(usize, String)) {
        let request = self.http.post(self.auth("sign-out")).bearer_auth(session).json(&json!({}));
        let (span, response) = self.send("sign-out", request).await;
        if response.is_none_or(|response| response.status == 200) {
            self.recorder.session((self.account, *number), span, SessionAction::End);
        }
    }

    /// Sets a new password with the link of a mail, and tries the link once more.
    pub(super) async fn reset_password(&self) {
        let Ok(_resetting) = self.resetting.try_lock() else { return };
        let earlier = links(&self.site.mail, &self.email);
        let body = json!({"email": self.email, "redirectTo": "/reset-password"});
        let request = self.http.post(self.auth("request-password-reset")).json(&body);
        let (_, response) = self.send("request-password-reset", request).await;
        // Without a response, a mail may come at any time and be taken for a later one.
        self.known().lost_mails |= response.is_none();
        if response.is_none_or(|response| response.status != 200) {
            return;
        }
        let Some(link) = self.new_link(&earlier).await else {
            // So may one that could not be sent in time.
            self.known().lost_mails = true;
            return;
        };
        let (number, of_link) = {
            let mut known = self.known();
            known.former_password = known.password;
            known.password += 1;
            known.links_so_far += 1;
            (known.password, known.links_so_far)
        };
        for _ in 0..2 {
            self.use_link(&link, (self.account, of_link), number).await;
        }
    }

    async fn use_link(&self, link: &str, key: (usize, usize), number: u32) {
        let body = json!({"token": link, "newPassword": password(number)});
        let (span, response) =
            self.send("reset-password", self.http.post(self.auth("reset-password")).json(&body)).await;
        match response {
            Some(response) if response.status == 400 => {
                // A request that was cut off is refused as well.
                if response.body["code"] == "INVALID_TOKEN" && !self.known().lost_mails {
                    self.recorder.link(key, span, LinkAction::Refused);
                }
            }
            Some(response) if response.status != 200 => {}
            response => {
                self.recorder.link(key, span, LinkAction::Used);
                self.recorder.password(self.account, span, PasswordAction::Set(number));
                self.recorder.reset(self.account, span);
                if response.is_some() {
                    self.known().former_password = number;
                }
            }
        }
    }

    async fn new_link(&self, earlier: &[String]) -> Option<String> {
        let deadline = tokio::time::Instant::now() + MAIL_TIMEOUT;
        while tokio::time::Instant::now() < deadline {
            let links = links(&self.site.mail, &self.email);
            if let Some(link) = links.into_iter().find(|link| !earlier.contains(link)) {
                return Some(link);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }

    fn any_session(&self, random: &mut Rng) -> Option<(usize, String)> {
        let known = self.known();
        random.choice(&known.sessions).cloned()
    }

    fn forget_session(&self, number: usize) {
        self.known().sessions.retain(|(known, _)| *known != number);
    }

    fn keep_token(&self, session: usize, token: Option<&str>) {
        let Some(token) = token else { return };
        let Some(claims) = part(token, 1) else { return };
        let received = self.recorder.now();
        let from_now = |name| claims[name].as_i64().map(seconds_from_now);
        let Some(lifetime) = from_now("exp") else { return };
        let expires = received + Duration::from_secs(u64::try_from(lifetime).unwrap_or(0));
        if let (Some(kid), Some(age)) = (kid(token), from_now("iat").map(i64::unsigned_abs)) {
            self.recorder.signed(&kid, received.saturating_sub(Duration::from_secs(age)));
        }
        let token_of = Token { session: (self.account, session), received, expires };
        let mut known = self.known();
        known.tokens.push((token_of, token.to_owned()));
        if known.tokens.len() > MOST_SESSIONS {
            known.tokens.remove(0);
        }
    }

    /// Whether a user in a response is this person.
    fn is_own_user(&self, user: &Value) {
        let mut known = self.known();
        let id = user["id"].as_str().map(str::to_owned);
        let is_own = user["email"] == self.email.as_str() && (known.id.is_none() || known.id == id);
        known.id = id;
        drop(known);
        if !is_own {
            self.recorder.sighting(self.account, Wrong::Foreign, user.to_string());
        }
    }
}

/// The header (0) or the claims (1) of a token.
fn part(token: &str, index: usize) -> Option<Value> {
    let part = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(index)?).ok()?;
    serde_json::from_slice(&part).ok()
}

fn kid(token: &str) -> Option<String> {
    part(token, 0)?["kid"].as_str().map(str::to_owned)
}

/// The time from now to a time in a token, both in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the services under test use the system's clock")]
fn seconds_from_now(time: i64) -> i64 {
    time - jiff::Timestamp::now().as_second()
}

/// The tokens of all links that reset the password of this address.
fn links(mail: &Path, email: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(mail) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    let to = format!("To: {email}\r\n");
    let mails = paths.filter_map(|path| std::fs::read_to_string(path).ok());
    mails.filter(|mail| mail.contains(&to)).filter_map(|mail| link(&mail)).collect()
}

fn link(mail: &str) -> Option<String> {
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once("/reset-password/")?;
    let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter)))?;
    Some(rest[..end].to_owned())
}
