//! The browser that signed up, known by a signed cookie. A link that verifies the email needs no password there: who
//! follows it both chose the password and reads the mail.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap};
use shared_claims::UserId;

use super::super::service::Passwords;
use super::model::SIGN_UP_TTL;

/// What the signed text begins with: no session token and nothing else we sign does.
const KIND: &str = "sign-up~";

impl Passwords {
    /// Marks a browser as the one that signed up as `id`; a later sign-up replaces an earlier one. Where no mail is sent there
    /// is no link that asks for it.
    pub(in super::super) fn remember_browser(&self, response: &mut HttpResponse, id: &UserId) {
        if self.mailer.is_enabled()
            && let Some(cookie) = self.cookies.set_sign_up(&format!("{KIND}{}", id.as_str()), SIGN_UP_TTL)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    /// Whether a request comes from the browser that signed up as `id`.
    pub fn is_browser_of(&self, headers: &HeaderMap, id: &UserId) -> bool {
        self.cookies.sign_ups(headers).any(|text| text.strip_prefix(KIND) == Some(id.as_str()))
    }
}
