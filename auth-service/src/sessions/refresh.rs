//! A session that was extended, or is over, has to be told to its device, whichever endpoint looked it up.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::SET_COOKIE;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::hand_over::session_headers;
use crate::protocol::cookies::Presented;
use crate::protocol::opaque_token::SessionToken;
use crate::state::State;

/// Left with a request by looking its session up, when the device does not know it yet.
#[derive(Clone)]
pub enum News {
    /// The session was extended; the token is what the device holds, and how it presented it.
    Extended(SessionToken, Presented),
    /// The session is over.
    Ended,
}

/// Tells the device with the answer: sends the session cookie again, or clears it; unless the answer says something of
/// that cookie itself. For `actix_web::middleware::from_fn`.
///
/// # Errors
/// Those of the inner service.
pub async fn tell_device<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let Some(news) = response.request().extensions().get::<News>().cloned() else { return Ok(response) };
    let Some(state) = response.request().app_data::<web::Data<State>>().cloned() else { return Ok(response) };
    let name = state.cookies.session_token_name();
    let says_already = response.headers().get_all(SET_COOKIE).any(|cookie| {
        cookie.as_bytes().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
    });
    if says_already {
        return Ok(response);
    }
    match news {
        // Only remembered sessions are extended.
        News::Extended(token, found_by) => {
            let shown = found_by == Presented::Bearer;
            for (name, value) in session_headers(&state, response.request(), (&token, shown), true) {
                response.headers_mut().append(name, value);
            }
        }
        News::Ended => {
            for cookie in state.cookies.clearing() {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
        }
    }
    Ok(response)
}
