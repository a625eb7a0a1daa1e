//! `sign-in/magic-link`

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse, post};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use service_kit::envelope::Envelope;
use url::form_urlencoded::Serializer;
use utoipa::ToSchema;
use uuid::Uuid;

use super::service::MagicLinks;
use super::store::{self, MagicLinkToken, NewMagicLink};
use crate::email::Message;
use crate::error::{ApiError, RedirectTarget};
use crate::limits::MailRequester;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::cookies::Mark;
use crate::protocol::email_address::Email;
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::redirect::CheckedTarget;
use crate::protocol::service::Enabled;
use crate::protocol::status::{DONE, Status};
use crate::security_event::SecurityEvent;
use crate::users::{self, MAX_NAME};

/// A sign-in by a link in mail.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"email": "alice@example.com", "callbackURL": "/dashboard"}))]
pub struct MagicLinkSignIn {
    /// The email to which the link is sent.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Email,
    /// The name of a new user: up to 100 characters.
    #[schema(value_type = String, required = false, max_length = 100)]
    name: Option<String>,
    /// Where the link redirects to. The default is `/`.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<CheckedTarget>,
    /// Where it redirects a user to who was created.
    #[schema(rename = "newUserCallbackURL", value_type = String, required = false)]
    new_user_callback_url: Option<CheckedTarget>,
    /// Where it redirects to with an `error`. The default is `callbackURL`.
    #[schema(rename = "errorCallbackURL", value_type = String, required = false)]
    error_callback_url: Option<CheckedTarget>,
    /// Accepted and ignored.
    #[schema(value_type = Object, required = false)]
    #[expect(dead_code, reason = "documents a member that is accepted")]
    metadata: Option<Map<String, Value>>,
}

impl Schema for MagicLinkSignIn {
    const SIGNS_IN: bool = true;
    const ACCEPTS_FORMS: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.email("email");
        let name = fields.optional_string("name");
        fields.at_most("name", name, MAX_NAME);
        let callback_url = fields.optional_target(RedirectTarget::Callback).flatten();
        let new_user_callback_url = fields.optional_target(RedirectTarget::NewUserCallback).flatten();
        let error_callback_url = fields.optional_target(RedirectTarget::ErrorCallback).flatten();
        fields.optional_record("metadata");
        Some(Self {
            email: email?,
            name: name.map(str::to_owned),
            callback_url,
            new_user_callback_url,
            error_callback_url,
            metadata: None,
        })
    }
}

/// Send a link that signs in.
///
/// The link signs in the user with the email, or creates one. It can be used once. Opening it signs in this browser; any other
/// browser shows a page with a button first. Neither the response nor its timing reveals whether the account exists.
#[utoipa::path(tag = "credentials", request_body = MagicLinkSignIn, responses(
    (status = 200, body = Status, description = "The link was sent, unless sign-up is disabled and the email has no account"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR"),
    (status = 403, body = Envelope, description = "The origin or a redirect target is not trusted"),
    (status = 404, description = "Disabled (no body)"),
    (status = 429, description = "Too many requests from this client; wait for X-Retry-After seconds"),
))]
#[post("/sign-in/magic-link")]
pub async fn sign_in_magic_link(
    links: Enabled<MagicLinks>,
    request: HttpRequest,
    Body(form): Body<MagicLinkSignIn>,
) -> Result<HttpResponse, ApiError> {
    let now = links.clock.now();
    let (id, lifetime) = (MagicLinks::new_id(now), links.lifetime.unwrap_or_default());
    let min_time = MinResponseTime::begin();
    let sent = links.send(&request, &form, (id, lifetime), now).await;
    min_time.reach().await;
    sent?;
    let mut response = HttpResponse::Ok().json(DONE);
    if let Some(cookie) = links.cookies.set_mark(Mark::MagicLink, &id.to_string(), lifetime) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

impl MagicLinks {
    /// Sends the link. If nobody can sign in with it, the same is stored, and not sent.
    async fn send(
        &self,
        request: &HttpRequest,
        form: &MagicLinkSignIn,
        (id, lifetime): (Uuid, SignedDuration),
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let email = &form.email;
        let user = users::find_by_email(&self.pool, email).await?;
        let is_decoy = user.is_none() && !self.sign_in.accounts.sign_up;
        let (token, expires_at) = (MagicLinkToken::generate()?, now.checked_add(lifetime));
        let expires_at = expires_at.unwrap_or(Timestamp::MAX);
        let link = NewMagicLink { id, email, user: user.as_ref(), name: form.name.as_deref(), expires_at };
        let transaction = self.pool.begin().await?;
        if !store::create(&transaction, &token, &link, now).await? {
            return Ok(());
        }
        let url = self.url(&token, form);
        let message = Message::MagicLink { link: &url };
        let requester = MailRequester::new(self.log.network(request), None);
        let mail = (email, &message, is_decoy);
        let sending = self.mailer.send_message(&transaction, &requester, mail, expires_at, now).await?;
        let requested = SecurityEvent::SignInRequested.by(self.log.client(request));
        let event = match &user {
            Some(user) => requested.user(user.id.as_str()),
            None => requested.reason("unknown_email"),
        };
        self.mailer.finish(transaction, sending, (&self.log, Some(event))).await
    }

    fn url(&self, token: &MagicLinkToken, form: &MagicLinkSignIn) -> String {
        let callback = form.callback_url.as_ref().map_or("/", CheckedTarget::as_str);
        let mut query = Serializer::new(String::new());
        query.append_pair("token", token.expose()).append_pair("callbackURL", callback);
        for (target, url) in [
            (RedirectTarget::NewUserCallback, &form.new_user_callback_url),
            (RedirectTarget::ErrorCallback, &form.error_callback_url),
        ] {
            if let Some(url) = url {
                query.append_pair(target.name(), url.as_str());
            }
        }
        let endpoint = CheckedTarget::endpoint("/magic-link/verify", &self.origins);
        endpoint.with_query(&query.finish()).as_str().to_owned()
    }
}
