//! The browser that signed up, known by a signed cookie. A link that verifies the email needs no password there: who
//! follows it both chose the password and reads the mail.

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{self, HeaderMap};
use shared_claims::UserId;

use super::model::SIGN_UP_TTL;
use crate::protocol::cookies::Cookies;
use crate::state::State;

/// What the signed text begins with: no session token and nothing else we sign does.
const KIND: &str = "sign-up~";

/// Notes on a browser that it signed up as `id`; a later sign-up takes the place of an earlier one. Where no mail is sent
/// there is no link that asks.
pub fn remember_browser(response: &mut HttpResponseBuilder, state: &State, id: &UserId) {
    if state.outbox.is_some()
        && let Some(cookie) = state.cookies.set_sign_up(&format!("{KIND}{}", id.as_str()), SIGN_UP_TTL)
    {
        response.append_header((header::SET_COOKIE, cookie));
    }
}

/// Whether a request comes from the browser that signed up as `id`.
pub fn is_browser_of(cookies: &Cookies, headers: &HeaderMap, id: &UserId) -> bool {
    cookies.sign_ups(headers).any(|text| text.strip_prefix(KIND) == Some(id.as_str()))
}
