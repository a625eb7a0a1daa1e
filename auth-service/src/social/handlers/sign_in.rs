//! `sign-in/social`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::begin::{Destination, Journey};
use super::super::refusal::Failure;
use super::super::service::Social;
use super::super::signing_in::Identity;
use super::presented::PresentedToken;
use crate::error::{ApiError, RedirectTarget};
use crate::protocol::body::{Body, Fields, Schema};
use crate::providers::Provider;
use crate::users::{User, UserView};

/// A sign-in at a provider.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"provider": "google", "callbackURL": "/dashboard"}))]
pub struct SocialSignIn {
    /// The provider's id.
    provider: String,
    /// An ID token that an app got from the provider itself. Without one, the response has the URL at the provider.
    #[schema(required = false)]
    id_token: Option<PresentedToken>,
    #[schema(ignore)]
    journey: Journey,
}

impl Schema for SocialSignIn {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let callback = Journey::target(fields, RedirectTarget::Callback);
        let new_user_callback = Journey::target(fields, RedirectTarget::NewUserCallback);
        let error_callback = Journey::target(fields, RedirectTarget::ErrorCallback);
        let provider = fields.text_of_union("provider");
        let disable_redirect = fields.optional_boolean("disableRedirect");
        let id_token = PresentedToken::read(fields);
        let scopes = fields.optional_strings("scopes");
        let sign_up = fields.optional_boolean("requestSignUp");
        let login_hint = fields.optional_string("loginHint");
        let parameters = Journey::parameters(fields);
        fields.optional_record("additionalData");
        let journey = Journey {
            callback,
            error_callback,
            new_user_callback,
            disable_redirect: disable_redirect == Some(true),
            scopes: scopes.unwrap_or_default(),
            sign_up: sign_up == Some(true),
            login_hint: login_hint.map(str::to_owned),
            parameters,
        };
        Some(Self { provider: provider?.to_owned(), id_token, journey })
    }
}

/// A new session and its user.
#[derive(Serialize, ToSchema)]
struct SignedInByToken<'a> {
    /// Always false.
    redirect: bool,
    /// The session token: a bearer token for `/api/auth`. No later response has it.
    token: &'a str,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
}

/// Sign in with a provider.
///
/// Returns the URL at the provider. The browser comes back to `callback/{id}`, which starts the session and redirects to
/// `callbackURL`, or to `newUserCallbackURL` after a sign-up, or with an `error` to `errorCallbackURL`. With an `idToken` the
/// session starts at once.
#[utoipa::path(tag = "social", request_body = SocialSignIn, responses(
    (status = 200, body = Destination, description = "The URL at the provider; with an `idToken`, the new session as from sign-in/email"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR"),
    (status = 401, body = Envelope, description = "INVALID_TOKEN, FAILED_TO_GET_USER_INFO, USER_EMAIL_NOT_FOUND, OAUTH_LINK_ERROR"),
    (status = 403, body = Envelope, description = "EMAIL_NOT_VERIFIED, BANNED_USER, or the origin or a redirect target is not trusted"),
    (status = 404, body = Envelope, description = "PROVIDER_NOT_FOUND, ID_TOKEN_NOT_SUPPORTED"),
    (status = 429, description = "Too many requests from this client; wait for X-Retry-After seconds"),
    (status = 503, body = Envelope, description = "The provider or the database is unavailable"),
))]
#[post("/sign-in/social")]
pub async fn sign_in_social(
    request: HttpRequest,
    social: web::Data<Social>,
    Body(form): Body<SocialSignIn>,
) -> Result<HttpResponse, ApiError> {
    let provider = social.provider(&form.provider)?;
    match form.id_token {
        Some(presented) => by_token(&request, &social, provider, presented, &form.journey).await,
        None => social.begin(provider, form.journey, None).await,
    }
}

async fn by_token(
    request: &HttpRequest,
    social: &Social,
    provider: &Provider,
    presented: PresentedToken,
    journey: &Journey,
) -> Result<HttpResponse, ApiError> {
    let profile = social.presented_profile(request, provider, &presented).await?;
    let identity = Identity {
        provider,
        profile: &profile,
        tokens: presented.tokens(false),
        is_presented: true,
        sign_up: journey.sign_up,
        callback: journey.callback.as_ref(),
    };
    let entered = social.enter(request, identity).await.map_err(|failure| match failure {
        Failure::Refused(refusal) => {
            social.record_refusal(request, refusal.code());
            refusal.into()
        }
        Failure::Failed(error) => error,
    })?;
    entered.started.record(social.log.client(request));
    let (user, token) = (social.accounts.fields.view(&entered.user), entered.started.token.expose());
    let mut response = HttpResponse::Ok().json(SignedInByToken { redirect: false, token, user });
    social.sessions.respond_with(&mut response, request, &entered.started, &entered.user).await?;
    Ok(response)
}
