//! An ID token that an app got from the provider itself.

use actix_web::HttpRequest;
use secrecy::SecretString;
use serde_json::json;
use utoipa::ToSchema;

use super::super::service::Social;
use crate::error::{ApiError, SocialError};
use crate::protocol::body::Fields;
use crate::providers::{GivenName, Profile, Provider, ProviderError, ProviderTokens};

/// An ID token that an app got from the provider itself.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PresentedToken {
    /// The ID token.
    #[schema(value_type = String)]
    token: SecretString,
    /// The nonce of the request for it, if it had one.
    #[schema(value_type = String, required = false)]
    nonce: Option<String>,
    /// The access token that came with it. It is stored.
    #[schema(value_type = String, required = false)]
    access_token: Option<SecretString>,
    /// The refresh token that came with it.
    #[schema(value_type = String, required = false)]
    refresh_token: Option<SecretString>,
    /// The name that Apple gave the app.
    #[schema(value_type = Object, required = false)]
    user: GivenName,
}

impl PresentedToken {
    /// Reads `idToken`.
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        fields.optional_within("idToken", "body.idToken", |fields| {
            let token = fields.string("token");
            let nonce = fields.optional_string("nonce");
            let access = fields.optional_string("accessToken");
            let refresh = fields.optional_string("refreshToken");
            fields.ignored_number("expiresAt");
            let user = fields.optional_within("user", "body.idToken.user", |fields| {
                let name = fields.optional_within("name", "body.idToken.user.name", |fields| {
                    let (first, last) =
                        (fields.optional_string("firstName"), fields.optional_string("lastName"));
                    Some(json!({"firstName": first.unwrap_or(""), "lastName": last.unwrap_or("")}))
                });
                fields.optional_string("email");
                Some(json!({ "name": name }))
            });
            let secret = |text: &str| SecretString::from(text.to_owned());
            Some(Self {
                token: secret(token?),
                nonce: nonce.filter(|nonce| !nonce.is_empty()).map(str::to_owned),
                access_token: access.map(secret),
                refresh_token: refresh.map(secret),
                user: user.and_then(|user| serde_json::from_value(user).ok()).unwrap_or_default(),
            })
        })
    }

    /// The tokens to store.
    pub(super) fn tokens(self, keeps_refresh: bool) -> ProviderTokens {
        ProviderTokens {
            access: self.access_token,
            refresh: self.refresh_token.filter(|_| keeps_refresh),
            id: Some(self.token),
            ..ProviderTokens::default()
        }
    }
}

impl Social {
    /// The profile in an ID token that an app presents.
    ///
    /// # Errors
    /// If the token is not valid, or has no email.
    pub(super) async fn presented_profile(
        &self,
        request: &HttpRequest,
        provider: &Provider,
        presented: &PresentedToken,
    ) -> Result<Profile, ApiError> {
        if !provider.accepts_id_tokens() {
            return Err(SocialError::IdTokenNotSupported.into());
        }
        let (nonce, now) = (presented.nonce.as_deref(), self.clock.now());
        let profile = provider.presented_profile(&presented.token, nonce, &presented.user, now).await;
        let profile = profile.map_err(|error| {
            tracing::warn!(provider = provider.id, %error, "presented ID token refused");
            self.record_refusal(request, "invalid_id_token");
            match error {
                ProviderError::Unreachable(_) | ProviderError::AwayLately | ProviderError::Status(_) => {
                    ApiError::ProviderUnavailable
                }
                ProviderError::Invalid(_) => SocialError::NoProfile.into(),
                ProviderError::IdToken(_) | ProviderError::Refused(_) => SocialError::InvalidIdToken.into(),
            }
        })?;
        if profile.email.is_none() {
            return Err(SocialError::NoEmail.into());
        }
        Ok(profile)
    }
}
