//! How long signing keys live, and how long others keep their public halves.

use clap::Args;
use jiff::SignedDuration;
use std::time::Duration;

use super::{age, lifetime};
use crate::keys::{KeySize, KeyTimes, RotationPolicy, RotationPolicyError};
use crate::polling;

/// A replica that looked more often would do little else.
const SHORTEST_REFRESH_INTERVAL: Duration = Duration::from_millis(100);

/// The settings of signing keys.
#[derive(Debug, Clone, Args)]
pub struct KeyConfig {
    /// Time for which a key signs before the next one replaces it
    #[arg(long, env, default_value = "720h", value_parser = lifetime)]
    pub key_rotation_interval: SignedDuration,
    /// Size of new keys, in bits
    #[arg(long, env, value_enum, default_value = "2048")]
    pub rsa_key_bits: KeySize,
    /// Time for which caches and verifiers may keep the JWKS
    #[arg(long, env, default_value = "5m", value_parser = age)]
    pub jwks_max_age: SignedDuration,
    /// Additional time for which they may use it while they fetch it again
    #[arg(long, env, default_value = "1m", value_parser = age)]
    pub jwks_stale_while_revalidate: SignedDuration,
    /// Additional time for which they may use it while it cannot be fetched
    #[arg(long, env, default_value = "10m", value_parser = age)]
    pub jwks_stale_if_error: SignedDuration,
    /// Time for which verifiers keep keys regardless of these headers: the longest of all your verifiers
    #[arg(long, env, default_value = "10m", value_parser = age)]
    pub jwks_verifier_cache: SignedDuration,
    /// Interval at which a replica checks the database for key changes, 100ms to 24h
    ///
    /// If it is longer than 10s, a revoked key stays in use for up to this time in every replica that is not restarted.
    #[arg(long, env, default_value = "1s", value_parser = refresh_interval)]
    pub key_refresh_interval: Duration,
}

impl KeyConfig {
    /// How long keys are published before and after they sign, where clocks are up to `clock_skew` apart.
    ///
    /// # Errors
    /// When a key would have to sign before verifiers know it.
    pub fn rotation_policy(&self, clock_skew: SignedDuration) -> Result<RotationPolicy, RotationPolicyError> {
        RotationPolicy::new(&KeyTimes {
            rotation_interval: self.key_rotation_interval,
            refresh_interval: self.key_refresh_interval,
            max_age: self.jwks_max_age,
            stale_while_revalidate: self.jwks_stale_while_revalidate,
            stale_if_error: self.jwks_stale_if_error,
            verifier_cache: self.jwks_verifier_cache,
            clock_skew,
        })
    }
}

fn refresh_interval(text: &str) -> Result<Duration, String> {
    polling::interval(text, SHORTEST_REFRESH_INTERVAL, polling::LONGEST_INTERVAL)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        keys: KeyConfig,
    }

    #[test]
    fn the_defaults_are_those_of_the_rotation_policy() {
        let keys = Settings::parse_from(["auth-service"]).keys;
        assert_eq!(keys.rotation_policy(SignedDuration::from_secs(30)).unwrap(), RotationPolicy::default());
    }

    #[test]
    fn a_refresh_interval_has_bounds() {
        for (text, taken) in
            [("99ms", false), ("100ms", true), ("24h", true), ("24h 1s", false), ("soon", false)]
        {
            assert_eq!(refresh_interval(text).is_ok(), taken, "{text}");
        }
    }
}
