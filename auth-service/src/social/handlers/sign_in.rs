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
use crate::protocol::redirect::CheckedTarget;
use crate::providers::Provider;
use crate::sessions::Entry;
use crate::users::{User, UserView};

/// A sign-in at a provider.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"provider": "google", "callbackURL": "/dashboard"}))]
pub struct SocialSignIn {
    /// The provider's id.
    provider: String,
    /// An ID token that an app got from the provider itself. Without one, the response has the URL at the provider.
    #[schema(value_type = PresentedToken, required = false)]
    id_token: Option<PresentedToken>,
    /// Where the browser goes afterwards. The default is the URL of this service.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<CheckedTarget>,
    /// Where it goes with an `error`. The default is a page of this service.
    #[schema(rename = "errorCallbackURL", value_type = String, required = false)]
    error_callback_url: Option<CheckedTarget>,
    /// Where a user goes who has signed up.
    #[schema(rename = "newUserCallbackURL", value_type = String, required = false)]
    new_user_callback_url: Option<CheckedTarget>,
    /// Allows a sign-up, where the provider requires that it is asked for.
    #[schema(value_type = bool, required = false)]
    request_sign_up: Option<bool>,
    /// If true, the response asks the client to stay.
    #[schema(value_type = bool, required = false)]
    disable_redirect: Option<bool>,
    /// Scopes besides those of the provider.
    #[schema(value_type = Vec<String>, required = false)]
    scopes: Option<Vec<String>>,
    /// The user whom the provider should sign in, such as an email.
    #[schema(value_type = String, required = false)]
    login_hint: Option<String>,
    /// More parameters of the authorization URL. Those that tie the response to the request are refused.
    #[schema(value_type = HashMap<String, String>, required = false)]
    additional_params: Vec<(String, String)>,
}

impl Schema for SocialSignIn {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let callback_url = Journey::target(fields, RedirectTarget::Callback);
        let new_user_callback_url = Journey::target(fields, RedirectTarget::NewUserCallback);
        let error_callback_url = Journey::target(fields, RedirectTarget::ErrorCallback);
        let provider = fields.text_of_union("provider");
        let disable_redirect = fields.optional_boolean("disableRedirect");
        let id_token = PresentedToken::read(fields);
        let scopes = fields.optional_strings("scopes");
        let request_sign_up = fields.optional_boolean("requestSignUp");
        let login_hint = fields.optional_string("loginHint").map(str::to_owned);
        let additional_params = Journey::parameters(fields);
        fields.optional_record("additionalData");
        Some(Self {
            provider: provider?.to_owned(),
            id_token,
            callback_url,
            error_callback_url,
            new_user_callback_url,
            request_sign_up,
            disable_redirect,
            scopes,
            login_hint,
            additional_params,
        })
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
    (status = 200, body = Destination, description = "The URL at the provider; with an `idToken`, the new session or `twoFactorRedirect` as from sign-in/email"),
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
    let SocialSignIn { id_token, .. } = form;
    let journey = Journey {
        callback: form.callback_url,
        error_callback: form.error_callback_url,
        new_user_callback: form.new_user_callback_url,
        disable_redirect: form.disable_redirect == Some(true),
        scopes: form.scopes.unwrap_or_default(),
        sign_up: form.request_sign_up == Some(true),
        login_hint: form.login_hint,
        parameters: form.additional_params,
    };
    match id_token {
        Some(presented) => by_token(&request, &social, provider, presented, &journey).await,
        None => social.begin(provider, journey, None).await,
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
    let client = social.log.client(request);
    let started = match &entered.entry {
        Entry::Started(started) => started,
        Entry::Challenged(challenged) => {
            challenged.record(client);
            return Ok(challenged.json(|body| body));
        }
    };
    started.record(client);
    let (user, token) = (social.accounts.view(&entered.user), started.token.expose());
    let mut response = HttpResponse::Ok().json(SignedInByToken { redirect: false, token, user });
    social.sessions.respond_with(&mut response, request, started, &entered.user).await?;
    Ok(response)
}
