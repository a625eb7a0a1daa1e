//! Changes of a session that its device has to learn about, on every endpoint that finds the session.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::SET_COOKIE;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::service::Sessions;
use crate::protocol::cookies::Presented;
use crate::protocol::opaque_token::SessionToken;

/// A change of the session of a request that the device does not know about yet. The session lookup puts it into the
/// extensions of the request, where [`sync_cookies`] finds it.
#[derive(Clone)]
pub enum SessionChange {
    /// The session was extended: the token that the device holds, and how it presented it.
    Extended(SessionToken, Presented),
    Ended,
}

/// Middleware: sets the session cookie again, or clears it, after a change of the session. Does nothing if the
/// response sets that cookie itself.
pub async fn sync_cookies<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let Some(change) = response.request().extensions().get::<SessionChange>().cloned() else {
        return Ok(response);
    };
    let Some(sessions) = response.request().app_data::<web::Data<Sessions>>().cloned() else {
        return Ok(response);
    };
    let name = sessions.cookies.session_token_name();
    let says_already = response.headers().get_all(SET_COOKIE).any(|cookie| {
        cookie.as_bytes().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
    });
    if says_already {
        return Ok(response);
    }
    match change {
        // Only remembered sessions are extended.
        SessionChange::Extended(token, presented) => {
            let shown = presented == Presented::Bearer;
            for (name, value) in sessions.headers(response.request(), (&token, shown), true) {
                response.headers_mut().append(name, value);
            }
        }
        SessionChange::Ended => {
            for cookie in sessions.cookies.clearing() {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
        }
    }
    Ok(response)
}
