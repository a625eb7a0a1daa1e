//! Which paths there are, and how often a client may call each.

use clap::Args;
use jiff::SignedDuration;

use crate::limits::{PathRules, RateRules, rate_rules};
use crate::protocol::disabled_paths::DisabledPaths;

/// The settings of paths.
#[derive(Debug, Clone, Args)]
pub struct RouteConfig {
    /// Maximum requests per client and path in RATE_LIMIT_WINDOW, for paths without a limit of their own
    #[arg(long, env, default_value = "100", value_parser = rate_rules::requests)]
    pub rate_limit_max: i32,
    /// Time in which these requests are counted, 1s to 24h
    #[arg(long, env, default_value = "10s", value_parser = rate_rules::window)]
    pub rate_limit_window: SignedDuration,
    /// Limits of paths below /api/auth, comma-separated, such as `/sign-in/*=5/60s,/get-session=off`
    ///
    /// `5/60s` allows 5 requests in 60 seconds, and `off` any number. `*` matches any text without a slash, and `**`
    /// any path. The first entry that matches applies.
    #[arg(long, env, default_value = "")]
    pub rate_limit_rules: PathRules,
    /// Paths below /api/auth that answer 404, comma-separated, such as `/update-user,/change-email`
    #[arg(long, env, default_value = "")]
    pub disabled_paths: DisabledPaths,
}

/// A setting names a path that the service does not have.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {path} names no path of this service below /api/auth, such as /sign-in/email")]
pub struct UnknownPath {
    setting: &'static str,
    path: String,
}

impl RouteConfig {
    /// The limits of all paths.
    pub fn rate_rules(&self) -> RateRules {
        RateRules::new(self.rate_limit_max, self.rate_limit_window, self.rate_limit_rules.clone())
    }

    /// Checks that each entry names one of `paths`, which are all that the service has below its prefix.
    ///
    /// # Errors
    /// The first entry that does not: a limit or a ban that never applies would go unnoticed.
    pub fn check(&self, paths: &[String]) -> Result<(), UnknownPath> {
        let unknown = |setting, path: &str| UnknownPath { setting, path: path.to_owned() };
        if let Some(path) = self.rate_limit_rules.unknown(paths) {
            return Err(unknown("RATE_LIMIT_RULES", path.as_str()));
        }
        match self.disabled_paths.unknown(paths) {
            Some(path) => Err(unknown("DISABLED_PATHS", path.as_str())),
            None => Ok(()),
        }
    }
}
