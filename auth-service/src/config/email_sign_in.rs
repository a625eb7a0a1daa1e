//! Sign-in with links and codes in mail.

use std::time::Duration;

use aws_lc_rs::hmac;
use clap::{ArgAction, Args, builder::BoolishValueParser};
use jiff::SignedDuration;

use super::accounts::MailNeeded;
use super::links::PolledTooLate;
use crate::codes::Codes;
use crate::email;

/// As in Better Auth. Mail that a killed replica left behind takes more than three minutes.
const SHORTEST: SignedDuration = SignedDuration::from_mins(5);
/// Somebody who opens the mailbox later should find nothing that signs in.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// With six digits, three guesses are right once in 333,333 codes.
const FEWEST_DIGITS: usize = 6;
/// People still type ten digits without a mistake.
const MOST_DIGITS: usize = 10;
/// More guesses help nobody who reads the mail.
const MOST_GUESSES: i64 = 10;

/// The settings of sign-in by links and codes in mail.
#[derive(Debug, Clone, Args)]
pub struct EmailSignInConfig {
    /// Allows sign-in by a link in mail, which also signs up; needs MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub magic_link_enabled: bool,
    /// Lifetime of these links, 5m to 1h
    #[arg(long, env, default_value = "5m", value_parser = lifetime)]
    pub magic_link_ttl: SignedDuration,
    /// Allows codes in mail: to sign in, which also signs up, to verify or change an email, and to reset a password; needs
    /// MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub email_otp_enabled: bool,
    /// Lifetime of codes, 5m to 1h
    #[arg(long, env, default_value = "5m", value_parser = lifetime)]
    pub email_otp_ttl: SignedDuration,
    /// Number of digits of a code, 6 to 10
    #[arg(long, env, default_value = "6", value_parser = digits)]
    pub email_otp_length: usize,
    /// Number of guesses at one code, 1 to 10
    ///
    /// All guesses at the codes of an account are limited too, to 10 in an hour.
    #[arg(long, env, default_value = "3", value_parser = clap::value_parser!(u32).range(1..=MOST_GUESSES))]
    pub email_otp_guesses: u32,
}

impl EmailSignInConfig {
    /// The lifetime of links that sign in; `None` if there are none.
    pub fn magic_links(&self) -> Option<SignedDuration> {
        self.magic_link_enabled.then_some(self.magic_link_ttl)
    }

    /// The codes, with the key of their HMACs.
    pub fn codes(&self, key: hmac::Key) -> Codes {
        let (lifetime, length) = (self.email_otp_ttl, self.email_otp_length);
        Codes { key, lifetime, length, guesses: self.email_otp_guesses }
    }

    /// Checks that mail is on if a feature needs it.
    ///
    /// # Errors
    /// The setting that needs mail.
    pub fn check_mail(&self, mail: bool) -> Result<(), MailNeeded> {
        let needs_mail =
            [("MAGIC_LINK_ENABLED", self.magic_link_enabled), ("EMAIL_OTP_ENABLED", self.email_otp_enabled)];
        match needs_mail.iter().find(|(_, on)| *on && !mail) {
            Some((name, _)) => Err(MailNeeded(name)),
            None => Ok(()),
        }
    }

    /// Checks that mail which another replica left behind, and which is looked for every `poll_interval`, arrives in time.
    ///
    /// # Errors
    /// If links or codes in such mail could have expired.
    pub fn check_poll_interval(&self, poll_interval: Duration) -> Result<(), PolledTooLate> {
        let lifetimes = [
            (self.magic_links(), "MAGIC_LINK_TTL"),
            (self.email_otp_enabled.then_some(self.email_otp_ttl), "EMAIL_OTP_TTL"),
        ];
        for (lifetime, settings) in lifetimes {
            if let Some(lifetime) =
                lifetime.filter(|lifetime| !email::arrives_before(poll_interval, *lifetime))
            {
                return Err(PolledTooLate { lifetime, settings });
            }
        }
        Ok(())
    }
}

fn lifetime(text: &str) -> Result<SignedDuration, String> {
    match super::lifetime(text) {
        Ok(lifetime) if (SHORTEST..=LONGEST).contains(&lifetime) => Ok(lifetime),
        Ok(_) => Err("must be from 5m to 1h".to_owned()),
        Err(error) => Err(error),
    }
}

fn digits(text: &str) -> Result<usize, String> {
    let digits = text.parse().ok().filter(|digits| (FEWEST_DIGITS..=MOST_DIGITS).contains(digits));
    digits.ok_or_else(|| format!("must be a number from {FEWEST_DIGITS} to {MOST_DIGITS}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        sign_in: EmailSignInConfig,
    }

    fn settings(arguments: &[&str]) -> Option<EmailSignInConfig> {
        let arguments = ["auth-service"].iter().chain(arguments);
        Settings::try_parse_from(arguments).ok().map(|settings| settings.sign_in)
    }

    #[test]
    fn both_are_off_by_default() {
        let settings = settings(&[]).unwrap();
        assert_eq!((settings.magic_links(), settings.email_otp_enabled), (None, false));
        assert!(settings.check_mail(false).is_ok());
    }

    #[test]
    fn values_have_bounds() {
        for (name, good, bad) in [
            ("--magic-link-ttl", ["5m", "1h"], ["4m 59s", "1h 1s"]),
            ("--email-otp-ttl", ["5m", "1h"], ["0s", "soon"]),
            ("--email-otp-length", ["6", "10"], ["5", "11"]),
            ("--email-otp-guesses", ["1", "10"], ["0", "11"]),
        ] {
            assert!(good.iter().all(|value| settings(&[name, value]).is_some()), "{name}");
            assert!(bad.iter().all(|value| settings(&[name, value]).is_none()), "{name}");
        }
    }

    #[test]
    fn each_needs_mail_that_arrives_in_time() {
        for (name, setting) in [("--magic-link-enabled", "MAGIC_LINK"), ("--email-otp-enabled", "EMAIL_OTP")]
        {
            let on = settings(&[name, "true"]).unwrap();
            assert!(on.check_mail(true).is_ok());
            assert!(on.check_mail(false).unwrap_err().to_string().starts_with(setting));
            assert!(on.check_poll_interval(Duration::from_secs(5)).is_ok());
            let error = on.check_poll_interval(Duration::from_secs(300)).unwrap_err().to_string();
            assert!(error.contains(&format!("{setting}_TTL")) && error.contains("valid for 5m"), "{error}");
        }
    }
}
