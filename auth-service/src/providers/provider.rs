//! A provider, and what this service asks of it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::authorization::{self, AuthorizationRequest, RequestOptions};
use super::cached::Cached;
use super::endpoints::{Endpoints, Metadata};
use super::error::ProviderError;
use super::http::Http;
use super::id_token::{self, Expected, Issuers};
use super::profile::{self, GivenName, Profile};
use super::tokens::{ClientCredentials, CodeExchange, ProviderTokens};

/// How long a key set is used before it is fetched again.
const FRESH_KEYS: SignedDuration = SignedDuration::from_hours(1);
/// Minimum age of a key set that is fetched again because a token names another key. A stranger can name any.
const STALE_KEYS: SignedDuration = SignedDuration::from_secs(30);
/// Maximum age of an ID token of a preset, as in Better Auth.
const MAX_ID_TOKEN_AGE: SignedDuration = SignedDuration::from_hours(1);

/// Which kind of provider it is, and what only that kind has.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Google,
    GitHub,
    Apple {
        /// The client ids of apps, which ask for ID tokens themselves.
        bundle_ids: Vec<String>,
    },
    Microsoft {
        authority: String,
        tenant: String,
    },
    /// Any OpenID Provider.
    OpenId,
    /// A provider of plain OAuth 2.0 whose userinfo has an `id`.
    OAuth2,
}

/// Who may sign up by a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUpRule {
    /// Everybody.
    Open,
    /// Those who ask for it with `requestSignUp`.
    OnRequest,
    /// Nobody.
    Closed,
}

/// An identity provider.
pub struct Provider {
    /// Its id in requests and in the database.
    pub id: String,
    /// Its name for people.
    pub name: String,
    pub sign_up: SignUpRule,
    pub(super) kind: Kind,
    pub(super) client: ClientCredentials,
    pub(super) request: RequestOptions,
    /// The callback URL that is registered there, if it is not that of this service.
    pub(super) redirect_uri: Option<String>,
    /// Whether apps may present ID tokens that they got themselves.
    pub(super) accepts_id_tokens: bool,
    pub(super) endpoints: Endpoints,
    pub(super) keys: Cached<JwkSet>,
    pub(super) http: Http,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Provider {
    /// Whether it issues ID tokens.
    fn is_openid(&self) -> bool {
        !matches!(self.kind, Kind::GitHub | Kind::OAuth2)
    }

    /// Whether apps may sign in with an ID token that they got from it.
    pub fn accepts_id_tokens(&self) -> bool {
        self.accepts_id_tokens && self.is_openid()
    }

    /// Whether the provider's first authorization response also has the user's name.
    pub fn sends_name(&self) -> bool {
        matches!(self.kind, Kind::Apple { .. })
    }

    /// The callback URL that is registered there; `own` is that of this service.
    pub fn redirect_uri<'a>(&'a self, own: &'a str) -> &'a str {
        self.redirect_uri.as_deref().unwrap_or(own)
    }

    /// Where the browser goes to sign in.
    ///
    /// # Errors
    /// If its discovery document is needed and cannot be fetched.
    pub async fn authorization_url(
        &self,
        request: &AuthorizationRequest<'_>,
        now: Timestamp,
    ) -> Result<Url, ProviderError> {
        let metadata = self.metadata(now).await?;
        let endpoint = &metadata.authorization;
        // Apple does not know the parameter.
        let login_hint = request.login_hint.filter(|_| !matches!(self.kind, Kind::Apple { .. }));
        let request = AuthorizationRequest { login_hint, ..*request };
        Ok(authorization::url(endpoint, self.client.id(), &self.request, &request, self.is_openid()))
    }

    /// Whether an authorization response with this `iss`, or without one, can be from this provider (RFC 9207).
    ///
    /// # Errors
    /// The code of Better Auth.
    pub async fn check_issuer(&self, issuer: Option<&str>, now: Timestamp) -> Result<(), &'static str> {
        let Ok(metadata) = self.metadata(now).await else { return Err("invalid_code") };
        match (issuer, &metadata.issuer) {
            (Some(issuer), Some(own)) if issuer != own => Err("issuer_mismatch"),
            (None, Some(_)) if metadata.always_sends_issuer => Err("issuer_missing"),
            _ => Ok(()),
        }
    }

    /// Exchanges a code for tokens.
    ///
    /// # Errors
    /// If the provider refuses the code or does not answer.
    pub async fn exchange(
        &self,
        exchange: &CodeExchange<'_>,
        now: Timestamp,
    ) -> Result<ProviderTokens, ProviderError> {
        let metadata = self.metadata(now).await?;
        let (form, authorization) = self.client.exchange(exchange);
        let response = self.http.post_form(&metadata.token, form, authorization.as_deref()).await?;
        ProviderTokens::read(&response, now)
    }

    /// Exchanges a refresh token for new tokens.
    ///
    /// # Errors
    /// If the provider refuses the token, returns no access token, or does not answer.
    pub async fn refresh(
        &self,
        token: &SecretString,
        now: Timestamp,
    ) -> Result<ProviderTokens, ProviderError> {
        let metadata = self.metadata(now).await?;
        // Microsoft requires the scopes again.
        let scope = matches!(self.kind, Kind::Microsoft { .. }).then(|| self.request.scopes.join(" "));
        let (form, authorization) = self.client.refresh(token, scope.as_deref());
        let response = self.http.post_form(&metadata.token, form, authorization.as_deref()).await?;
        let tokens = ProviderTokens::read(&response, now)?;
        if tokens.access.is_none() {
            return Err(ProviderError::Invalid("the response has no access token"));
        }
        Ok(tokens)
    }

    /// The profile of the user to whom `tokens` belong, right after a code was exchanged for them. Their ID token must contain
    /// `nonce`.
    ///
    /// # Errors
    /// If the ID token is not valid, or the provider does not answer.
    pub async fn profile(
        &self,
        tokens: &ProviderTokens,
        nonce: &str,
        given: &GivenName,
        now: Timestamp,
    ) -> Result<Profile, ProviderError> {
        if !self.is_openid() {
            return self.fetched_profile(tokens.access.as_ref(), now).await;
        }
        let token = tokens.id.as_ref().ok_or(ProviderError::Invalid("it returned no ID token"))?;
        let claims = self.verified(token, Some(nonce), now).await?;
        self.openid_profile(claims, given, tokens.access.as_ref(), now).await
    }

    /// The profile in an ID token that an app presents, and that must contain `nonce` if the app knows one.
    ///
    /// # Errors
    /// If the token is not valid, or the provider does not answer.
    pub async fn presented_profile(
        &self,
        token: &SecretString,
        nonce: Option<&str>,
        given: &GivenName,
        now: Timestamp,
    ) -> Result<Profile, ProviderError> {
        let claims = self.verified(token, nonce, now).await?;
        self.openid_profile(claims, given, None, now).await
    }

    /// The profile as it is known now: the provider is asked, or else the claims of the ID token that was verified when it was
    /// stored are read.
    ///
    /// # Errors
    /// If the provider does not answer.
    pub async fn current_profile(
        &self,
        access: &SecretString,
        id: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<Profile, ProviderError> {
        if !self.is_openid() {
            return self.fetched_profile(Some(access), now).await;
        }
        let id = id.ok_or(ProviderError::Invalid("there is no ID token"))?;
        let claims = id_token::claims_of_verified(id.expose_secret())?;
        self.openid_profile(claims, &GivenName::default(), Some(access), now).await
    }

    async fn openid_profile(
        &self,
        claims: Map<String, Value>,
        given: &GivenName,
        access: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<Profile, ProviderError> {
        match &self.kind {
            Kind::Google => profile::google(claims, self.request.hosted_domain.as_deref()),
            Kind::Apple { .. } => profile::apple(claims, given),
            Kind::Microsoft { tenant, .. } => {
                let is_shared = ["common", "organizations", "consumers"].contains(&tenant.as_str());
                profile::microsoft(claims, !is_shared)
            }
            Kind::OpenId | Kind::GitHub | Kind::OAuth2 => self.completed(claims, access, now).await,
        }
    }

    /// The profile of an OpenID Provider: that of the ID token if it has the email, or else that of the userinfo, which must be
    /// of the same user (OpenID Connect Core 1.0, section 5.3.2).
    async fn completed(
        &self,
        claims: Map<String, Value>,
        access: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<Profile, ProviderError> {
        let metadata = self.metadata(now).await?;
        let (Some(url), Some(access), None) = (&metadata.user_info, access, claims.get("email")) else {
            return profile::id_token(claims);
        };
        let Value::Object(user) = self.http.get_with(url, access).await? else {
            return Err(ProviderError::Invalid("the profile is not an object"));
        };
        if user.get("sub") != claims.get("sub") {
            return Err(ProviderError::Invalid("the profile is of another user than the ID token"));
        }
        profile::user_info(user)
    }

    async fn fetched_profile(
        &self,
        access: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<Profile, ProviderError> {
        let access = access.ok_or(ProviderError::Invalid("it returned no access token"))?;
        let metadata = self.metadata(now).await?;
        let url = metadata.user_info.as_ref().ok_or(ProviderError::Invalid("it has no profile"))?;
        let user = self.http.get_with(url, access).await?;
        match (&self.kind, &metadata.emails) {
            (Kind::GitHub, Some(url)) => {
                let emails = self.http.get_with(url, access).await.ok();
                profile::github(user, emails.as_ref())
            }
            _ => profile::oauth2(user),
        }
    }

    async fn verified(
        &self,
        token: &SecretString,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<Map<String, Value>, ProviderError> {
        let metadata = self.metadata(now).await?;
        let token = token.expose_secret();
        let (kid, algorithm) = id_token::key_id(token, &metadata.algorithms)?;
        let find = |set: &JwkSet| id_token::find_key(set, kid.as_deref(), algorithm).cloned();
        let mut key = find(&*self.key_set(&metadata, FRESH_KEYS, now).await?);
        if key.is_none() {
            key = find(&*self.key_set(&metadata, STALE_KEYS, now).await?);
        }
        let key = key.ok_or(ProviderError::IdToken("no key of the provider fits"))?;
        let issuers = self.issuers(&metadata);
        let (audiences, is_preset) = (self.audiences(), !matches!(self.kind, Kind::OpenId));
        let expected = Expected {
            issuers: &issuers,
            audiences: &audiences,
            max_age: is_preset.then_some(MAX_ID_TOKEN_AGE),
            nonce,
            hashed_nonce: matches!(self.kind, Kind::Apple { .. }),
        };
        id_token::verify(token, (&key, algorithm), &expected, now)
    }

    fn issuers(&self, metadata: &Metadata) -> Issuers {
        match &self.kind {
            Kind::Google => Issuers::Named(
                ["https://accounts.google.com", "accounts.google.com"].map(str::to_owned).to_vec(),
            ),
            Kind::Microsoft { authority, tenant } => {
                Issuers::Microsoft { authority: authority.clone(), tenant: tenant.clone() }
            }
            Kind::Apple { .. } | Kind::OpenId | Kind::GitHub | Kind::OAuth2 => {
                Issuers::Named(metadata.issuer.iter().cloned().collect())
            }
        }
    }

    fn audiences(&self) -> Vec<String> {
        let apps: &[String] = if let Kind::Apple { bundle_ids } = &self.kind { bundle_ids } else { &[] };
        self.client.ids.iter().chain(apps).cloned().collect()
    }

    async fn key_set(
        &self,
        metadata: &Metadata,
        max_age: SignedDuration,
        now: Timestamp,
    ) -> Result<std::sync::Arc<JwkSet>, ProviderError> {
        let url = metadata.jwks.as_ref().ok_or(ProviderError::Invalid("it has no keys"))?;
        let fetch = async { id_token::key_set(self.http.get(url).await?) };
        self.keys.get(now, max_age, fetch).await
    }

    async fn metadata(&self, now: Timestamp) -> Result<Metadata, ProviderError> {
        self.endpoints.metadata(&self.http, now).await
    }
}
