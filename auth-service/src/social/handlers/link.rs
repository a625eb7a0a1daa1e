//! `link-social`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::begin::{Destination, Journey};
use super::super::pending::Link;
use super::super::refusal::Failure;
use super::super::service::Social;
use super::super::signing_in::Identity;
use super::presented::PresentedToken;
use crate::error::{ApiError, RedirectTarget};
use crate::protocol::body::{Fields, Schema};
use crate::protocol::redirect::CheckedTarget;
use crate::sessions::WithBody;

/// An account at a provider that the user wants to sign in with.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"provider": "google", "callbackURL": "/settings"}))]
pub struct AccountLink {
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

impl Schema for AccountLink {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let callback_url = Journey::target(fields, RedirectTarget::Callback);
        let provider = fields.text_of_union("provider");
        let id_token = PresentedToken::read(fields);
        fields.optional_boolean("requestSignUp");
        let scopes = fields.optional_strings("scopes");
        let error_callback_url = Journey::target(fields, RedirectTarget::ErrorCallback);
        let disable_redirect = fields.optional_boolean("disableRedirect");
        let login_hint = fields.optional_string("loginHint").map(str::to_owned);
        let additional_params = Journey::parameters(fields);
        fields.optional_record("additionalData");
        Some(Self {
            provider: provider?.to_owned(),
            id_token,
            callback_url,
            error_callback_url,
            disable_redirect,
            scopes,
            login_hint,
            additional_params,
        })
    }
}

/// The account was linked at once.
#[derive(Serialize)]
struct Linked {
    url: &'static str,
    status: bool,
    redirect: bool,
}

/// Link an account at a provider.
///
/// Returns the URL at the provider, from which the browser comes back to `callback/{id}`. The account must have the user's
/// email, verified by the provider. With an `idToken` it is linked at once.
#[utoipa::path(tag = "social", security(("cookie" = []), ("bearer" = [])), request_body = AccountLink, responses(
    (status = 200, body = Destination, description = "The URL at the provider; with an `idToken` it is empty, and `status` is true"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR"),
    (status = 401, body = Envelope, description = "No live session; INVALID_TOKEN, USER_EMAIL_NOT_FOUND, LINKING_NOT_ALLOWED, LINKING_DIFFERENT_EMAILS_NOT_ALLOWED"),
    (status = 404, body = Envelope, description = "PROVIDER_NOT_FOUND, ID_TOKEN_NOT_SUPPORTED"),
    (status = 409, body = Envelope, description = "SOCIAL_ACCOUNT_ALREADY_LINKED"),
    (status = 503, body = Envelope, description = "The provider or the database is unavailable"),
))]
#[post("/link-social")]
pub async fn link_social(
    request: HttpRequest,
    social: web::Data<Social>,
    WithBody { current, body }: WithBody<AccountLink>,
) -> Result<HttpResponse, ApiError> {
    let provider = social.provider(&body.provider)?;
    let link = Link { user: current.user.id.clone(), session: current.session.id };
    let Some(presented) = body.id_token else {
        let journey = Journey {
            callback: body.callback_url,
            error_callback: body.error_callback_url,
            disable_redirect: body.disable_redirect == Some(true),
            scopes: body.scopes.unwrap_or_default(),
            login_hint: body.login_hint,
            parameters: body.additional_params,
            ..Journey::default()
        };
        return social.begin(provider, journey, Some(link)).await;
    };
    let profile = social.presented_profile(&request, provider, &presented).await?;
    let identity = Identity {
        provider,
        profile: &profile,
        tokens: presented.tokens(true),
        is_presented: true,
        sign_up: false,
        callback: None,
    };
    match social.link(&request, &link, &identity).await {
        Ok(()) => Ok(HttpResponse::Ok().json(Linked { url: "", status: true, redirect: false })),
        Err(Failure::Refused(refusal)) => Err(refusal.into()),
        Err(Failure::Failed(error)) => Err(error),
    }
}
