//! The browser of a sign-up, identified by a signed cookie. There, the link that verifies the email needs no password:
//! the user chose it in the same browser and has access to the mailbox.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap};
use shared_claims::UserId;

use super::super::service::Passwords;
use super::model::SIGN_UP_TTL;
use crate::protocol::cookies::Mark;

impl Passwords {
    /// Sets the cookie that identifies the browser as that of the sign-up `id`. A later sign-up replaces it. Does
    /// nothing if mail is off, because then there are no links.
    pub(in super::super) fn remember_browser(&self, response: &mut HttpResponse, id: &UserId) {
        if self.mailer.is_enabled()
            && let Some(cookie) = self.cookies.set_mark(Mark::SignUp, id.as_str(), SIGN_UP_TTL)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    pub fn is_browser_of(&self, headers: &HeaderMap, id: &UserId) -> bool {
        self.cookies.marks(headers, Mark::SignUp).any(|text| text == id.as_str())
    }
}
