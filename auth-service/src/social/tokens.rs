//! The tokens that a provider issued to a user, refreshed when they have expired.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use uuid::Uuid;

use super::service::Social;
use super::signing_in::stored;
use crate::error::{ApiError, SocialError};
use crate::linked_accounts::{self, LinkedAccount, StoredTokens, TokenChange};
use crate::providers::{Provider, ProviderError};
use crate::users::User;

/// How long before its expiry an access token is refreshed, as in Better Auth: it has to reach its resource server.
const EARLY: SignedDuration = SignedDuration::from_secs(5);

/// The tokens of a linked account, with the expiry of the access token.
pub(super) struct CurrentTokens {
    pub(super) tokens: StoredTokens,
    pub(super) access_expires_at: Option<Timestamp>,
    pub(super) refresh_expires_at: Option<Timestamp>,
}

impl Social {
    /// An account of `owner`.
    ///
    /// # Errors
    /// 400 if there is none with this id.
    pub(super) async fn account(&self, owner: &User, id: &str) -> Result<LinkedAccount, ApiError> {
        let account = match Uuid::parse_str(id) {
            Ok(id) => linked_accounts::find_owned(&self.pool, &owner.id, id).await?,
            Err(_) => None,
        };
        account.ok_or_else(|| SocialError::AccountNotFound.into())
    }

    /// The tokens of an account, whose access token is refreshed if it has expired and the provider issued a refresh token.
    ///
    /// # Errors
    /// If the access token cannot be refreshed or decrypted.
    pub(super) async fn valid_tokens(
        &self,
        provider: &Provider,
        account: &LinkedAccount,
    ) -> Result<CurrentTokens, ApiError> {
        let tokens =
            account.tokens.open(account.id, &self.encryption).ok_or(SocialError::NoValidAccessToken)?;
        let soon = self.clock.now().checked_add(EARLY).unwrap_or(Timestamp::MAX);
        let has_expired = account.access_expires_at.is_some_and(|at| at < soon);
        match &tokens.refresh {
            Some(refresh) if has_expired => {
                let refreshed = self.refreshed(provider, account, tokens.clone(), refresh).await;
                refreshed
                    .map_err(|error| self.not_refreshed(provider, error, SocialError::NoValidAccessToken))
            }
            Some(_) | None => Ok(CurrentTokens {
                tokens,
                access_expires_at: account.access_expires_at,
                refresh_expires_at: account.refresh_expires_at,
            }),
        }
    }

    /// Exchanges the refresh token of an account, and stores the new tokens.
    ///
    /// # Errors
    /// If there is none, the provider refuses it, or it cannot be decrypted.
    pub(super) async fn refresh(
        &self,
        provider: &Provider,
        account: &LinkedAccount,
    ) -> Result<CurrentTokens, ApiError> {
        let tokens = account.tokens.open(account.id, &self.encryption).ok_or(SocialError::RefreshFailed)?;
        let refresh = tokens.refresh.clone().ok_or(SocialError::NoRefreshToken)?;
        let refreshed = self.refreshed(provider, account, tokens, &refresh).await;
        refreshed.map_err(|error| self.not_refreshed(provider, error, SocialError::RefreshFailed))
    }

    async fn refreshed(
        &self,
        provider: &Provider,
        account: &LinkedAccount,
        older: StoredTokens,
        refresh: &SecretString,
    ) -> Result<CurrentTokens, NotRefreshed> {
        let now = self.clock.now();
        let new = provider.refresh(refresh, now).await?;
        let tokens = stored(&new).or(older);
        let change = TokenChange {
            tokens: self.sealed(&tokens, account.id)?,
            scopes: None,
            access_expires_at: new.access_expires_at,
            refresh_expires_at: new.refresh_expires_at,
        };
        linked_accounts::update(&self.pool, &account.user_id, account.id, &change, now)
            .await
            .map_err(ApiError::from)?;
        Ok(CurrentTokens {
            tokens,
            access_expires_at: new.access_expires_at.or(account.access_expires_at),
            refresh_expires_at: new.refresh_expires_at.or(account.refresh_expires_at),
        })
    }

    fn not_refreshed(&self, provider: &Provider, error: NotRefreshed, answer: SocialError) -> ApiError {
        match error {
            NotRefreshed::Provider(error) => {
                tracing::warn!(provider = provider.id, %error, "access token could not be refreshed");
                answer.into()
            }
            NotRefreshed::Own(error) => error,
        }
    }
}

/// Why an access token was not refreshed.
enum NotRefreshed {
    Provider(ProviderError),
    Own(ApiError),
}

impl From<ProviderError> for NotRefreshed {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<ApiError> for NotRefreshed {
    fn from(error: ApiError) -> Self {
        Self::Own(error)
    }
}
