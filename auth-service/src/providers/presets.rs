//! The providers that are known by name. Their URLs can be overridden, for tests and for proxies.

use jsonwebtoken::Algorithm;
use url::{ParseError, Url};

use super::description::Options;
use super::endpoints::Metadata;
use super::provider::Kind;

/// What is known of a provider by its name.
pub(super) struct Preset {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) scopes: &'static [&'static str],
    pub(super) response_type: &'static str,
    pub(super) response_mode: Option<&'static str>,
    /// Parameters that every request has.
    pub(super) parameters: &'static [(&'static str, &'static str)],
    pub(super) metadata: Metadata,
    /// Whether the client must have a secret.
    pub(super) needs_secret: bool,
    /// The options that only this provider has.
    pub(super) options: &'static [&'static str],
}

const MICROSOFT_AUTHORITY: &str = "https://login.microsoftonline.com";

/// The preset called `id`; `None` if there is none.
///
/// # Errors
/// If a URL of the options cannot be used.
pub(super) fn find(id: &str, options: &Options) -> Option<Result<Preset, ParseError>> {
    match id {
        "google" => Some(google()),
        "github" => Some(github()),
        "apple" => Some(apple(options)),
        "microsoft" => Some(microsoft(options)),
        _ => None,
    }
}

fn metadata(authorization: &str, token: &str) -> Result<Metadata, ParseError> {
    Ok(Metadata {
        authorization: Url::parse(authorization)?,
        token: Url::parse(token)?,
        user_info: None,
        emails: None,
        issuer: None,
        jwks: None,
        algorithms: vec![Algorithm::RS256],
        always_sends_issuer: false,
    })
}

fn google() -> Result<Preset, ParseError> {
    let endpoints =
        metadata("https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token")?;
    Ok(Preset {
        name: "Google",
        kind: Kind::Google,
        scopes: &["email", "profile", "openid"],
        response_type: "code",
        response_mode: None,
        parameters: &[("include_granted_scopes", "true")],
        metadata: Metadata {
            jwks: Some(Url::parse("https://www.googleapis.com/oauth2/v3/certs")?),
            ..endpoints
        },
        needs_secret: true,
        options: &["hd", "accessType", "jwksUri"],
    })
}

fn github() -> Result<Preset, ParseError> {
    let endpoints =
        metadata("https://github.com/login/oauth/authorize", "https://github.com/login/oauth/access_token")?;
    Ok(Preset {
        name: "GitHub",
        kind: Kind::GitHub,
        scopes: &["read:user", "user:email"],
        response_type: "code",
        response_mode: None,
        parameters: &[],
        metadata: Metadata {
            user_info: Some(Url::parse("https://api.github.com/user")?),
            emails: Some(Url::parse("https://api.github.com/user/emails")?),
            ..endpoints
        },
        needs_secret: true,
        options: &["userInfoEndpoint", "emailsEndpoint"],
    })
}

fn apple(options: &Options) -> Result<Preset, ParseError> {
    let endpoints =
        metadata("https://appleid.apple.com/auth/authorize", "https://appleid.apple.com/auth/token")?;
    Ok(Preset {
        name: "Apple",
        kind: Kind::Apple { bundle_ids: options.app_bundle_identifier.iter().cloned().collect() },
        scopes: &["email", "name"],
        // The ID token beside the code is not read: the token endpoint returns one that is bound to this service.
        response_type: "code id_token",
        response_mode: Some("form_post"),
        parameters: &[],
        metadata: Metadata {
            issuer: Some("https://appleid.apple.com".to_owned()),
            jwks: Some(Url::parse("https://appleid.apple.com/auth/keys")?),
            ..endpoints
        },
        needs_secret: true,
        options: &["appBundleIdentifier", "jwksUri"],
    })
}

fn microsoft(options: &Options) -> Result<Preset, ParseError> {
    let authority =
        options.authority.as_deref().unwrap_or(MICROSOFT_AUTHORITY).trim_end_matches('/').to_owned();
    let tenant = options.tenant_id.as_deref().unwrap_or("common").to_owned();
    let at = |path: &str| format!("{authority}/{tenant}{path}");
    let endpoints = metadata(&at("/oauth2/v2.0/authorize"), &at("/oauth2/v2.0/token"))?;
    let jwks = Url::parse(&at("/discovery/v2.0/keys"))?;
    Ok(Preset {
        name: "Microsoft",
        kind: Kind::Microsoft { authority, tenant },
        scopes: &["openid", "profile", "email", "User.Read", "offline_access"],
        response_type: "code",
        response_mode: None,
        parameters: &[],
        metadata: Metadata { jwks: Some(jwks), ..endpoints },
        needs_secret: false,
        options: &["tenantId", "authority", "jwksUri"],
    })
}
