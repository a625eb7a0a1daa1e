//! Sending the browser to a provider.

use actix_web::HttpResponse;
use actix_web::http::header::{LOCATION, SET_COOKIE};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::pending::{Link, Pending};
use super::service::Social;
use crate::error::{ApiError, RedirectTarget, SocialError};
use crate::protocol::body::Fields;
use crate::protocol::redirect::CheckedTarget;
use crate::providers::{AuthorizationRequest, Provider, RESERVED_PARAMETERS};

/// Where the browser goes.
#[derive(Serialize, ToSchema)]
pub(super) struct Destination<'a> {
    /// The authorization URL of the provider.
    url: &'a str,
    /// Whether the client should go there.
    redirect: bool,
}

/// How a browser goes to a provider and comes back.
#[derive(Debug, Default)]
pub(super) struct Journey {
    pub(super) callback: Option<CheckedTarget>,
    pub(super) error_callback: Option<CheckedTarget>,
    pub(super) new_user_callback: Option<CheckedTarget>,
    pub(super) disable_redirect: bool,
    pub(super) scopes: Vec<String>,
    pub(super) sign_up: bool,
    pub(super) login_hint: Option<String>,
    pub(super) parameters: Vec<(String, String)>,
}

impl Journey {
    /// Reads `additionalParams`.
    pub(super) fn parameters(fields: &mut Fields<'_>) -> Vec<(String, String)> {
        const NAME: &str = "additionalParams";
        let parameters = fields.optional_texts(NAME).unwrap_or_default();
        if parameters.iter().any(|(name, _)| RESERVED_PARAMETERS.contains(&name.as_str())) {
            let reserved = RESERVED_PARAMETERS.join(", ");
            fields.reject(
                NAME,
                &format!("additionalParams cannot include reserved OAuth parameters: {reserved}"),
            );
        }
        parameters
    }

    /// Reads a redirect target; an empty one is none.
    pub(super) fn target(fields: &mut Fields<'_>, target: RedirectTarget) -> Option<CheckedTarget> {
        fields.optional_target(target).flatten()
    }
}

impl Social {
    /// The provider with this id.
    ///
    /// # Errors
    /// 404 if there is none.
    pub(super) fn provider(&self, id: &str) -> Result<&Provider, ApiError> {
        self.providers.find(id).ok_or_else(|| SocialError::ProviderNotFound.into())
    }

    /// The callback URL of a provider, as it is registered there.
    pub(super) fn callback_url(&self, provider: &Provider) -> String {
        let own = CheckedTarget::endpoint(&format!("/callback/{}", provider.id), &self.origins);
        provider.redirect_uri(own.as_str()).to_owned()
    }

    /// Stores the sign-in, and responds with the URL at the provider and the cookie that ties the browser to it.
    pub(super) async fn begin(
        &self,
        provider: &Provider,
        journey: Journey,
        link: Option<Link>,
    ) -> Result<HttpResponse, ApiError> {
        let now = self.clock.now();
        let home = || CheckedTarget::parse(self.origins.base().as_str().trim_end_matches('/'), &self.origins);
        let callback = journey.callback.or_else(home);
        let callback = callback
            .ok_or_else(|| ApiError::Internal("BASE_URL is not a valid redirect target".to_owned()))?;
        let pending = Pending {
            error_callback: journey.error_callback,
            new_user_callback: journey.new_user_callback,
            sign_up: journey.sign_up,
            link,
            ..Pending::new(&provider.id, callback)?
        };
        let (state, cookie) = self.store_pending(&pending, now).await?;
        let request = AuthorizationRequest {
            state: state.expose(),
            code_verifier: pending.code_verifier.expose_secret(),
            nonce: pending.nonce(),
            redirect_uri: &self.callback_url(provider),
            scopes: &journey.scopes,
            login_hint: journey.login_hint.as_deref(),
            parameters: &journey.parameters,
        };
        let url = provider.authorization_url(&request, now).await.map_err(|error| {
            tracing::warn!(provider = provider.id, %error, "sign-in at the provider could not begin");
            ApiError::ProviderUnavailable
        })?;
        let mut response = HttpResponse::Ok();
        if !journey.disable_redirect {
            response.insert_header((LOCATION, url.as_str()));
        }
        if let Some(cookie) = cookie {
            response.append_header((SET_COOKIE, cookie));
        }
        Ok(response.json(Destination { url: url.as_str(), redirect: !journey.disable_redirect }))
    }
}
