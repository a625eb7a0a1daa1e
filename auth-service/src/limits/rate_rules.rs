//! The rate limit of each route: Better Auth's defaults, and what a deployment configures.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use service_kit::settings;

use super::{LONGEST_WINDOW, Rule, Since};
use crate::protocol::PREFIX;
use crate::protocol::path_pattern::PathPattern;

/// Routes that check credentials or create accounts.
const CREDENTIALS: Rule = rule(3, SignedDuration::from_secs(10));
/// Routes that set up or prove a second factor.
const SECOND_FACTOR: Rule = CREDENTIALS;
/// Routes that send mail to an email that anybody can enter.
const MAIL: Rule = rule(3, SignedDuration::from_secs(60));
/// `is-username-available`: a person tries a dozen usernames as they type. Somebody who tries a million of them needs
/// three weeks.
const AVAILABILITY: Rule = rule(30, SignedDuration::from_secs(60));
/// Links that sign in. Each time is one request for the link and one or two to open it.
const MAGIC_LINK: Rule = rule(5, SignedDuration::from_secs(60));
/// Codes in mail.
const CODE: Rule = rule(3, SignedDuration::from_secs(60));
/// `forward-auth`: a page behind the proxy loads a hundred files at once, and each is one request here.
const FORWARD_AUTH: Rule = rule(3000, SignedDuration::from_secs(10));
/// More requests than one client can send in the longest window, with room for the factors of wider networks.
const MOST_REQUESTS: i32 = 1_000_000;
/// `Retry-After` has whole seconds.
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);

/// The route to which a link sends a password. It has a count of its own: opening the link has the same path.
pub const CONFIRMATION: &str = "/api/auth/verify-email by POST";
const BY_POST: &str = " by POST";

const fn rule(max: i32, window: SignedDuration) -> Rule {
    Rule { max, window, since: Since::LastAllowed }
}

/// The scope of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Counted in the memory of each replica.
    Replica,
    /// Counted in the database, for all replicas.
    Shared,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RateRules {
    general: Rule,
    of_paths: PathRules,
}

impl RateRules {
    /// `max` requests in a `window` for routes without a limit of their own. `of_paths` takes precedence over all
    /// others.
    pub fn new(max: i32, window: SignedDuration, of_paths: PathRules) -> Self {
        Self { general: rule(max, window), of_paths }
    }

    /// The rule of a route and the scope of its count; `None` if it has no limit. Routes that check credentials or
    /// send mail are always counted for all replicas.
    pub fn of(&self, route: &str) -> Option<(Rule, Scope)> {
        let path = route.strip_prefix(PREFIX).unwrap_or_default();
        let (default, scope) = match path {
            "/change-password" | "/change-email" | "/verify-email by POST" => (CREDENTIALS, Scope::Shared),
            "/request-password-reset" | "/send-verification-email" => (MAIL, Scope::Shared),
            "/sign-in/magic-link" | "/magic-link/verify" => (MAGIC_LINK, Scope::Shared),
            "/sign-in/email-otp" | "/forget-password/email-otp" => (CODE, Scope::Shared),
            _ if path.starts_with("/email-otp/") => (CODE, Scope::Shared),
            _ if path.starts_with("/sign-in/") || path.starts_with("/sign-up/") => {
                (CREDENTIALS, Scope::Shared)
            }
            _ if path.starts_with("/two-factor/") => (SECOND_FACTOR, Scope::Shared),
            "/is-username-available" => (AVAILABILITY, Scope::Shared),
            "/forward-auth" => (FORWARD_AUTH, Scope::Replica),
            _ => (self.general, Scope::Replica),
        };
        let set = self.of_paths.find(path.strip_suffix(BY_POST).unwrap_or(path));
        set.unwrap_or(Some(default)).map(|rule| (rule, scope))
    }
}

/// Limits of paths, of which the first that matches applies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathRules(Vec<(PathPattern, Option<Rule>)>);

impl PathRules {
    /// The rule of a path: `None` if no entry matches it, `Some(None)` if an entry disables its limit.
    fn find(&self, path: &str) -> Option<Option<Rule>> {
        self.0.iter().find(|(pattern, _)| pattern.covers(path)).map(|(_, rule)| *rule)
    }

    /// Returns the first entry that matches none of `paths`, the paths below the prefix.
    pub fn unknown(&self, paths: &[String]) -> Option<&PathPattern> {
        let mut patterns = self.0.iter().map(|(pattern, _)| pattern);
        patterns.find(|pattern| !paths.iter().any(|path| pattern.covers(path)))
    }
}

impl FromStr for PathRules {
    type Err = String;

    /// Reads a comma-separated list such as `/sign-in/*=5/60s,/get-session=off`, which may be empty.
    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(entry).collect::<Result<_, _>>().map(Self)
    }
}

fn entry(text: &str) -> Result<(PathPattern, Option<Rule>), String> {
    let wrong = |reason: String| format!("{text}: {reason}");
    let (path, limit) = text
        .split_once('=')
        .ok_or_else(|| wrong("write it like /sign-in/*=5/60s or /get-session=off".to_owned()))?;
    let path = path.trim().parse().map_err(wrong)?;
    if limit.trim() == "off" {
        return Ok((path, None));
    }
    let (max, time) = limit.split_once('/').ok_or_else(|| {
        wrong("write a limit like 5/60s, which is 5 requests in 60 seconds, or off".to_owned())
    })?;
    let (max, window) = (requests(max.trim()).map_err(wrong)?, window(time.trim()).map_err(wrong)?);
    Ok((path, Some(rule(max, window))))
}

/// Reads a number of requests.
pub fn requests(text: &str) -> Result<i32, String> {
    match text.parse() {
        Ok(max) if (1..=MOST_REQUESTS).contains(&max) => Ok(max),
        _ => Err(format!("must be a number of requests from 1 to {MOST_REQUESTS}")),
    }
}

/// Reads the length of a window.
pub fn window(text: &str) -> Result<SignedDuration, String> {
    let window = settings::duration(text)?;
    match SignedDuration::try_from(window) {
        Ok(signed) if window >= SHORTEST_WINDOW && signed <= LONGEST_WINDOW => Ok(signed),
        _ => Err(format!("must be a time from 1s to {}h", LONGEST_WINDOW.as_hours())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(of_paths: &str) -> RateRules {
        RateRules::new(100, SignedDuration::from_secs(10), of_paths.parse().unwrap())
    }

    fn limit(rules: &RateRules, path: &str) -> Option<(i32, i64, Scope)> {
        let found = rules.of(&format!("{PREFIX}{path}"));
        found.map(|(rule, scope)| (rule.max, rule.window.as_secs(), scope))
    }

    #[test]
    fn the_rules_are_better_auths() {
        use Scope::{Replica, Shared};
        let rules = rules("");
        for (path, max, seconds, scope) in [
            ("/sign-in/email", 3, 10, Shared),
            ("/sign-in/social", 3, 10, Shared),
            ("/sign-in/username", 3, 10, Shared),
            ("/sign-up/email", 3, 10, Shared),
            ("/is-username-available", 30, 60, Shared),
            ("/change-password", 3, 10, Shared),
            ("/change-email", 3, 10, Shared),
            ("/verify-email by POST", 3, 10, Shared),
            ("/two-factor/verify-totp", 3, 10, Shared),
            ("/two-factor/send-otp", 3, 10, Shared),
            ("/request-password-reset", 3, 60, Shared),
            ("/sign-in/magic-link", 5, 60, Shared),
            ("/magic-link/verify", 5, 60, Shared),
            ("/sign-in/email-otp", 3, 60, Shared),
            ("/forget-password/email-otp", 3, 60, Shared),
            ("/email-otp/send-verification-otp", 3, 60, Shared),
            ("/email-otp/check-verification-otp", 3, 60, Shared),
            ("/email-otp/verify-email", 3, 60, Shared),
            ("/email-otp/request-password-reset", 3, 60, Shared),
            ("/email-otp/reset-password", 3, 60, Shared),
            ("/email-otp/request-email-change", 3, 60, Shared),
            ("/email-otp/change-email", 3, 60, Shared),
            ("/send-verification-email", 3, 60, Shared),
            ("", 100, 10, Replica),
            ("/get-session", 100, 10, Replica),
            ("/verify-email", 100, 10, Replica),
            ("/reset-password/{token}", 100, 10, Replica),
            ("/sign-in", 100, 10, Replica),
        ] {
            assert_eq!(limit(&rules, path), Some((max, seconds, scope)), "{path}");
        }
        assert_eq!(rules.of(""), rules.of("/api/auth/ok"), "an unknown path has the general limit");
    }

    #[test]
    fn the_first_entry_that_fits_decides_and_where_it_is_counted_stays() {
        use Scope::{Replica, Shared};
        let rules =
            rules("/sign-in/email=5/1m, /sign-in/*=7/2m,/get-session=off,/verify-email=9/1h,/ok=2/30s");
        assert_eq!(limit(&rules, "/sign-in/email"), Some((5, 60, Shared)));
        assert_eq!(limit(&rules, "/sign-in/social"), Some((7, 120, Shared)));
        assert_eq!(limit(&rules, "/get-session"), None);
        assert_eq!(limit(&rules, "/verify-email"), Some((9, 3600, Replica)));
        assert_eq!(limit(&rules, "/verify-email by POST"), Some((9, 3600, Shared)));
        assert_eq!(limit(&rules, "/ok"), Some((2, 30, Replica)));
        assert_eq!(limit(&rules, "/token"), Some((100, 10, Replica)));
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_named() {
        for bad in [
            "/sign-in/*",
            "/sign-in/*=5",
            "/sign-in/*=on",
            "/sign-in/*=0/10s",
            "/sign-in/*=-1/10s",
            "/sign-in/*=1000001/10s",
            "/sign-in/*=5/10",
            "/sign-in/*=5/0s",
            "/sign-in/*=5/25h",
            "sign-in=5/10s",
            "=off",
        ] {
            let error = format!("/ok=off,{bad}").parse::<PathRules>().unwrap_err();
            assert!(error.starts_with(&format!("{bad}: ")), "{error}");
        }
        assert_eq!(" , ".parse(), Ok(PathRules::default()));
    }

    #[test]
    fn an_entry_for_no_path_of_the_service_is_found() {
        let paths = ["/ok".to_owned(), "/sign-in/email".to_owned()];
        let unknown = |text: &str| {
            let rules: PathRules = text.parse().unwrap();
            rules.unknown(&paths).map(|pattern| pattern.as_str().to_owned())
        };
        assert_eq!(unknown("/ok=off,/sign-in/*=5/10s,/**=off"), None);
        assert_eq!(unknown("/ok=off,/three-factor/*=5/10s").as_deref(), Some("/three-factor/*"));
    }
}
