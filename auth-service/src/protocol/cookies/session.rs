//! The cookies of a session, and the session tokens that a request presents.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use percent_encoding::percent_decode;

use super::signed::{Cookies, TOKEN, split_once};
use crate::protocol::opaque_token::SessionToken;

/// Suffix of the name of the cookie in which Better Auth caches the session.
const DATA: &str = "session_data";
/// Suffix of the name of the cookie that says that the session ends with the browser.
const DONT_REMEMBER: &str = "dont_remember";
/// Its signed value.
const DONT_REMEMBER_VALUE: &str = "true";
/// Maximum number of session cookies in a request: one for the host and one for each domain above it. More than that
/// were planted to push out the browser's own cookie, so all of them are ignored.
const MAX_SESSION_COOKIES: usize = 4;

/// How a request presents its session token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// In `Authorization: Bearer`: the sender knows the token.
    Bearer,
    /// In a cookie, which the browser adds: the script that sends the request does not know the token.
    Cookie,
}

impl Cookies {
    /// Returns the session tokens of a request, and how it presents them: a raw or signed bearer token, or else the
    /// cookies with a valid signature. A browser may have several cookies with the same name: e.g. one of the host,
    /// and one of `COOKIE_DOMAIN`, which was configured later.
    pub fn presented(&self, headers: &HeaderMap) -> (Presented, Vec<SessionToken>) {
        match self.bearer(headers) {
            Some(token) => (Presented::Bearer, vec![token]),
            None => (Presented::Cookie, self.few_in_cookies(headers)),
        }
    }

    fn few_in_cookies(&self, headers: &HeaderMap) -> Vec<SessionToken> {
        let mut few: Vec<SessionToken> = Vec::new();
        for token in self.in_cookies(headers) {
            if few.iter().any(|known| known.expose() == token.expose()) {
                continue;
            }
            if few.len() == MAX_SESSION_COOKIES {
                return Vec::new();
            }
            few.push(token);
        }
        few
    }

    /// Returns all session tokens of a request, from the header and from cookies. Signing out ends all of them.
    pub fn all_presented(&self, headers: &HeaderMap) -> Vec<SessionToken> {
        self.bearer(headers).into_iter().chain(self.in_cookies(headers)).collect()
    }

    fn in_cookies<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = SessionToken> + use<'a> {
        let values = self.values(headers, TOKEN);
        values.filter_map(|value| self.secrets.open(&value).map(SessionToken::from))
    }

    /// Signs a token, for `set-auth-token` and for the cookie, which encodes it.
    pub fn signed(&self, token: &SessionToken) -> String {
        self.secrets.sign(token.expose())
    }

    /// Creates the cookies that start or extend a session. A session that is not remembered gets cookies without
    /// `Max-Age`.
    pub fn set(&self, headers: &HeaderMap, signed_token: &str, remembered: bool) -> Vec<HeaderValue> {
        if remembered {
            let session = self.cookie(TOKEN, signed_token, Some(self.max_age));
            let was_not = self.values(headers, DONT_REMEMBER).next().is_some();
            let cleared = was_not.then(|| self.cookie(DONT_REMEMBER, "", Some(0)));
            return session.into_iter().chain(cleared.flatten()).collect();
        }
        let cookies = [
            self.cookie(TOKEN, signed_token, None),
            self.cookie(DONT_REMEMBER, &self.secrets.sign(DONT_REMEMBER_VALUE), None),
        ];
        cookies.into_iter().flatten().collect()
    }

    /// Creates the cookies that clear the session in the browser.
    pub fn clearing(&self) -> Vec<HeaderValue> {
        [TOKEN, DATA, DONT_REMEMBER].into_iter().filter_map(|name| self.cookie(name, "", Some(0))).collect()
    }

    /// Returns the bearer token. As in Better Auth, an invalid signature counts as no token, so the cookies are used.
    /// A header that cannot be read counts as an unknown token, so they are not.
    fn bearer(&self, headers: &HeaderMap) -> Option<SessionToken> {
        let (scheme, token) = split_once(headers.get(AUTHORIZATION)?.as_bytes(), b' ')?;
        if !scheme.eq_ignore_ascii_case(b"bearer") {
            return None;
        }
        let token = percent_decode(token.trim_ascii()).decode_utf8_lossy();
        if token.contains('.') && !token.contains(char::REPLACEMENT_CHARACTER) {
            return self.secrets.open(&token).map(SessionToken::from);
        }
        (!token.is_empty()).then(|| SessionToken::from(token.as_ref()))
    }
}
