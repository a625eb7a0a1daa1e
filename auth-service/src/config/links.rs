//! How long links in mail are valid.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use crate::email;
use crate::verifications::LinkLifetimes;

/// Mail takes minutes to arrive, and some mail servers make a first try wait.
const SHORTEST_LINK: SignedDuration = SignedDuration::from_mins(10);
/// A sign-up waits for as long, and a mailbox that somebody else opens should hold no older link that works.
const LONGEST_LINK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The settings of links in mail.
#[derive(Debug, Clone, Args)]
pub struct LinkConfig {
    /// Lifetime of links that verify or change an email, 10m to 168h
    #[arg(long, env, default_value = "1h", value_parser = link_lifetime)]
    pub verification_link_ttl: SignedDuration,
    /// Lifetime of links that reset a password, 10m to 168h
    #[arg(long, env, default_value = "1h", value_parser = link_lifetime)]
    pub reset_password_link_ttl: SignedDuration,
    /// Lifetime of links that delete an account, 10m to 168h
    #[arg(long, env, default_value = "1h", value_parser = link_lifetime)]
    pub delete_user_link_ttl: SignedDuration,
}

/// Mail that another replica left behind would arrive when its link is nearly over.
#[derive(Debug, thiserror::Error)]
#[error(
    "MAIL_POLL_INTERVAL is too long for mail that is valid for {lifetime:#}: shorten it, or raise {settings}"
)]
pub struct PolledTooLate {
    pub(super) lifetime: SignedDuration,
    pub(super) settings: &'static str,
}

/// The settings of these links.
const LIFETIMES: &str = "VERIFICATION_LINK_TTL, RESET_PASSWORD_LINK_TTL and DELETE_USER_LINK_TTL";

impl LinkConfig {
    /// How long links are valid, where mail that another replica left behind is looked for every `poll_interval`.
    ///
    /// # Errors
    /// When links in such mail could be over before they are followed.
    pub fn lifetimes(&self, poll_interval: Duration) -> Result<LinkLifetimes, PolledTooLate> {
        let lifetimes = LinkLifetimes {
            verification: self.verification_link_ttl,
            reset_password: self.reset_password_link_ttl,
            delete_user: self.delete_user_link_ttl,
        };
        let shortest = lifetimes.shortest();
        if email::arrives_in_time(poll_interval, shortest) {
            Ok(lifetimes)
        } else {
            Err(PolledTooLate { lifetime: shortest, settings: LIFETIMES })
        }
    }
}

fn link_lifetime(text: &str) -> Result<SignedDuration, String> {
    match super::lifetime(text) {
        Ok(lifetime) if (SHORTEST_LINK..=LONGEST_LINK).contains(&lifetime) => Ok(lifetime),
        Ok(_) => Err("must be from 10m to 168h".to_owned()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        links: LinkConfig,
    }

    #[test]
    fn lifetimes_have_bounds() {
        for (text, taken) in [
            ("9m 59s", false),
            ("10m", true),
            ("168h", true),
            ("168h 1s", false),
            ("soon", false),
            ("0s", false),
        ] {
            assert_eq!(link_lifetime(text).is_ok(), taken, "{text}");
        }
    }

    #[test]
    fn mail_that_was_left_behind_arrives_while_its_link_is_valid() {
        let links =
            |ttl: &str| Settings::parse_from(["auth-service", "--reset-password-link-ttl", ttl]).links;
        let (seconds, half_an_hour) = (Duration::from_secs(5), Duration::from_secs(30 * 60));
        assert!(links("10m").lifetimes(seconds).is_ok());
        assert!(links("1h").lifetimes(half_an_hour).is_ok());
        let error = links("10m").lifetimes(half_an_hour).unwrap_err().to_string();
        assert!(error.starts_with("MAIL_POLL_INTERVAL ") && error.contains("valid for 10m"), "{error}");
    }
}
