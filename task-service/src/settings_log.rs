//! Logs which settings of this service do not match those of auth-service, by the names of their variables.

use shared_claims::{Diagnostics, Mismatch, Reason, RefusedTokens, SharedSetting};

/// Logs at `warn`. The verifier limits how often.
#[derive(Debug, Clone, Copy)]
pub struct SettingsLog;

impl Diagnostics for SettingsLog {
    fn mismatch(&self, mismatch: &Mismatch) {
        let Mismatch { setting, expected, published, .. } = mismatch;
        let (here, there) = names(*setting);
        tracing::warn!(
            expected,
            published,
            "tokens of auth-service will be refused: {here} here differs from {there} there; set both to the same value"
        );
    }

    fn refused(&self, refused: &RefusedTokens) {
        let RefusedTokens { reason, unreported, issuer, audience, token_type, .. } = refused;
        let (reason, hint) = (reason.as_str(), hint(*reason));
        tracing::warn!(reason, unreported, issuer, audience, token_type, "tokens refused with 401: {hint}");
    }
}

/// The variable that holds `setting` here, and the one at auth-service.
fn names(setting: SharedSetting) -> (&'static str, &'static str) {
    match setting {
        SharedSetting::Issuer => ("AUTH_ISSUER", "JWT_ISSUER (or BASE_URL)"),
        SharedSetting::Audience => ("AUTH_AUDIENCE (or AUTH_ISSUER)", "JWT_AUDIENCE (or BASE_URL)"),
        _ => ("JWT_TYP", "JWT_TYP"),
    }
}

fn hint(reason: Reason) -> &'static str {
    match reason {
        Reason::Issuer => "their issuer is not AUTH_ISSUER; compare it with JWT_ISSUER of auth-service",
        Reason::Audience => {
            "their audience is not AUTH_AUDIENCE; compare it with JWT_AUDIENCE of auth-service"
        }
        Reason::Type => "their type is not JWT_TYP; compare it with JWT_TYP of auth-service",
        Reason::UnknownKey => "their key is not published at JWKS_URL; if they are yours, check JWKS_URL",
        _ => "their status list is not below STATUS_LIST_PREFIX; compare it with JWT_ISSUER of auth-service",
    }
}
