//! `forward-auth`

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use service_kit::envelope::Envelope;

use super::original::{asks_for_page, page_url};
use crate::client_address::TrustedProxies;
use crate::error::{ApiError, RedirectTarget};
use crate::protocol::body::Fields;
use crate::protocol::origin::TrustedOrigins;
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::redirect::{self, CheckedTarget};
use crate::sessions::{MaybeSignedIn, Sessions};

/// The headers that name the user to the application behind the proxy.
const USER_ID: HeaderName = HeaderName::from_static("x-user-id");
const USER_EMAIL: HeaderName = HeaderName::from_static("x-user-email");
/// A cached response would outlive the session.
const NO_STORE: &str = "no-store";

/// The query that is configured in the proxy.
pub struct ForwardAuth {
    /// The page to which browsers without a session are redirected.
    sign_in: Option<CheckedTarget>,
    /// Whether to add an access token.
    token: bool,
}

impl QuerySchema for ForwardAuth {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let sign_in = fields.optional_target(RedirectTarget::SignIn).flatten();
        let token = fields.optional_string("token");
        Some(Self { sign_in, token: token == Some("true") })
    }
}

/// Check a session for a reverse proxy.
///
/// For nginx `auth_request`, Caddy `forward_auth` and Traefik `ForwardAuth`. The response headers name the user, and the
/// proxy passes them on to the application.
#[utoipa::path(tag = "sessions", security((), ("cookie" = []), ("bearer" = [])),
    params(
        ("token" = Option<String>, Query, description = "`true` adds an access token as `Authorization`"),
        ("signIn" = Option<String>, Query, description = "The sign-in page that browsers without a session are redirected to"),
        ("disableRefresh" = Option<String>, Query, description = "`true` does not extend the session"),
    ),
    responses(
        (status = 200, description = "There is a live session; the body is empty", headers(
            ("X-User-Id" = String, description = "The user's id"),
            ("X-User-Email" = String, description = "The user's email"),
            ("Authorization" = String, description = "With `token=true`: `Bearer` and an access token"),
        )),
        (status = 302, description = "No live session: redirects to `signIn`, with the way back in `callbackURL`"),
        (status = 400, body = Envelope, description = "VALIDATION_ERROR"),
        (status = 401, body = Envelope, description = "No live session"),
        (status = 403, body = Envelope, description = "INVALID_SIGN_IN_URL, or INVALID_CALLBACK_URL: the application's origin is not trusted"),
    ))]
#[get("/forward-auth")]
pub async fn forward_auth(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
    origins: web::Data<TrustedOrigins>,
    Query(asked): Query<ForwardAuth>,
    current: MaybeSignedIn,
) -> Result<HttpResponse, ApiError> {
    let MaybeSignedIn::SignedIn(current) = current else {
        return to_sign_in(&request, (&origins, sessions.log.proxies()), asked.sign_in);
    };
    let user = &current.user;
    let mut response = HttpResponse::Ok();
    // Always sets both, so that a client's own headers never get through. Ids and emails are ASCII.
    response.insert_header((CACHE_CONTROL, NO_STORE));
    response.insert_header((USER_ID, user.id.as_str())).insert_header((USER_EMAIL, user.email.as_str()));
    if asked.token {
        let token = sessions.access_token(&current.session, user).await?;
        response.insert_header((AUTHORIZATION, format!("Bearer {token}")));
    }
    Ok(response.finish())
}

/// The response without a session: 401, or a redirect to the sign-in page, with the way back if its URL is known.
fn to_sign_in(
    request: &HttpRequest,
    (origins, proxies): (&TrustedOrigins, &TrustedProxies),
    sign_in: Option<CheckedTarget>,
) -> Result<HttpResponse, ApiError> {
    let Some(page) = sign_in.filter(|_| asks_for_page(request.headers())) else {
        return Err(ApiError::Unauthorized);
    };
    let page = match page_url(request, proxies) {
        None => page,
        Some(url) => {
            let Some(back) = CheckedTarget::parse(&url, origins) else {
                origins.report_refused(&url);
                return Err(ApiError::UntrustedTarget(RedirectTarget::Callback));
            };
            page.absolute_with_parameter(RedirectTarget::Callback.name(), back.as_str())
        }
    };
    let mut response = redirect::found(&page.absolute());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
    Ok(response)
}
