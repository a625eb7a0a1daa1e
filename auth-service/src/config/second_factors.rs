//! Who needs a second factor, and where it is asked for.

use clap::{ArgAction, Args, builder::BoolishValueParser};
use jiff::SignedDuration;

use super::lifetime;
use crate::second_factors::{ExemptWays, ROLE, Required, TwoFactorSettings};
use crate::users::UserFields;

/// The settings of second factors.
#[derive(Debug, Clone, Args)]
pub struct SecondFactorConfig {
    /// Allows users to set up a second factor, which every sign-in then asks for
    ///
    /// Without it, nobody is asked, and the endpoints below /two-factor do not exist.
    #[arg(long, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub two_factor_enabled: bool,
    /// Who must have a second factor: `nobody`, `everybody`, or roles, comma-separated
    ///
    /// Such users can do nothing but set it up until they have one. Roles are those in the additional field `role` of
    /// USER_FIELDS.
    #[arg(long, env, default_value = "nobody")]
    pub two_factor_required_for: Required,
    /// Ways to sign in that do not ask for the second factor, comma-separated: social, magic-link, email-otp,
    /// verified-email
    ///
    /// For identity providers that ask for one themselves. With all of them, only passwords ask, as in Better Auth.
    #[arg(long, env, default_value = "")]
    pub two_factor_exempt_ways: ExemptWays,
    /// Name of the service in authenticator apps [default: the name in MAIL_FROM, or the host of BASE_URL]
    #[arg(long, env, value_parser = issuer)]
    pub two_factor_issuer: Option<String>,
    /// Path of the page that asks for the code, for sign-ins that redirect the browser
    ///
    /// It is on the site of the callbackURL.
    #[arg(long, env, default_value = "/two-factor", value_parser = page)]
    pub two_factor_page: String,
    /// How long a trusted device signs in without the second factor, since its last sign-in
    #[arg(long, env, default_value = "720h", value_parser = lifetime)]
    pub trusted_device_ttl: SignedDuration,
}

impl SecondFactorConfig {
    /// The rules. `product` is the name of the service if none is set.
    ///
    /// # Errors
    /// If a role must have a second factor, and users have no roles.
    pub fn settings(&self, product: &str, fields: &UserFields) -> Result<TwoFactorSettings, NoRoles> {
        let needs_roles = matches!(self.two_factor_required_for, Required::Roles(_));
        if needs_roles && fields.find(ROLE).is_none() {
            return Err(NoRoles);
        }
        Ok(TwoFactorSettings {
            enabled: self.two_factor_enabled,
            required: self.two_factor_required_for.clone(),
            exempt: self.two_factor_exempt_ways.clone(),
            issuer: self.two_factor_issuer.clone().unwrap_or_else(|| product.to_owned()),
            page: self.two_factor_page.clone(),
            device_ttl: self.trusted_device_ttl,
        })
    }
}

/// Roles are named, and users have none.
#[derive(Debug, thiserror::Error)]
#[error("TWO_FACTOR_REQUIRED_FOR names roles, which needs the field `role` in USER_FIELDS")]
pub struct NoRoles;

/// Reads a name. A colon separates it from the account in the URI of an authenticator app.
fn issuer(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.contains(':') || text.chars().any(char::is_control) {
        return Err("must be a name without colons".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads a path. Not one that browsers would read as another host.
fn page(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && !text.starts_with("//") && !text.contains(['\\', '?', '#']);
    if is_path && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err("must be a path such as /two-factor, without a query".to_owned())
}
