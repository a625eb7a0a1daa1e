//! The rotation policy: how long a key is published before and after it signs, so that verifiers know the key of every
//! valid token.

use std::time::Duration;

use jiff::SignedDuration;

/// Up to this refresh interval three refreshes fit into the longest signing bound.
pub const SHORT_REFRESH_INTERVAL: Duration = Duration::from_secs(10);
/// How many refreshes in a row may fail before a replica stops signing: its active key may have been revoked meanwhile.
const REFRESHES: u32 = 30;
/// The maximum of that duration: long enough for a failover of the database, and short, because rotations wait for it.
const LONGEST_SIGNING_BOUND: Duration = Duration::from_secs(30);
/// How long refreshes may fail after a refresh interval longer than [`SHORT_REFRESH_INTERVAL`].
const OUTAGE: Duration = LONGEST_SIGNING_BOUND.saturating_sub(SHORT_REFRESH_INTERVAL);

/// The settings that a rotation policy follows from.
#[derive(Debug, Clone)]
pub struct KeyTimes {
    /// How long a key signs before the next one takes over.
    pub rotation_interval: SignedDuration,
    /// How often replicas read the keys from the database.
    pub refresh_interval: Duration,
    /// How long the JWKS may be cached.
    pub max_age: SignedDuration,
    /// How long a cached JWKS may be used beyond that while it is fetched again.
    pub stale_while_revalidate: SignedDuration,
    /// How long a cached JWKS may be used beyond that while it cannot be fetched.
    pub stale_if_error: SignedDuration,
    /// How long verifiers cache keys themselves, in addition to HTTP caches. Ten minutes is the default of jose, and longer
    /// than those of PyJWT and Spring. Most verifiers fetch an unknown `kid` sooner, but none has to.
    pub verifier_cache: SignedDuration,
    /// Maximum clock difference between replicas and verifiers.
    pub clock_skew: SignedDuration,
}

impl Default for KeyTimes {
    fn default() -> Self {
        Self {
            rotation_interval: SignedDuration::from_hours(720),
            refresh_interval: Duration::from_secs(1),
            max_age: SignedDuration::from_mins(5),
            stale_while_revalidate: SignedDuration::from_mins(1),
            stale_if_error: SignedDuration::from_mins(10),
            verifier_cache: SignedDuration::from_mins(10),
            clock_skew: SignedDuration::from_secs(30),
        }
    }
}

/// When keys are published, sign and retire. [`new`](Self::new) checks the settings against each other; a test that breaks
/// the policy on purpose changes the fields of [`default`](Self::default).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationPolicy {
    /// How long a key signs before the next one takes over.
    pub rotation_interval: SignedDuration,
    /// How long a key is published before it signs.
    pub lead: SignedDuration,
    /// How long a key stays published after its last signature, in addition to the longest lifetime of a token.
    pub tail: SignedDuration,
    /// How often a replica reads the keys from the database.
    pub refresh_interval: Duration,
    /// How long a change of the keys may take to reach every replica. A replica whose last refresh is longer ago is not
    /// ready and signs nothing. Exceeds `signing_bound` if the refresh interval is long.
    pub replica_bound: Duration,
    /// A replica whose last refresh is longer ago refreshes before it signs a token.
    pub signing_bound: Duration,
    /// `Cache-Control` of the JWKS.
    pub cache_control: String,
}

/// Settings that let a key sign before verifiers know it.
#[derive(Debug, thiserror::Error)]
#[error(
    "KEY_ROTATION_INTERVAL is {interval:#}, and the next key must be published for {lead:#} before it signs: {bound:#} in \
     which replicas notice it (KEY_REFRESH_INTERVAL), JWKS_MAX_AGE, the longer one of JWKS_STALE_WHILE_REVALIDATE and JWKS_STALE_IF_ERROR, \
     JWKS_VERIFIER_CACHE, CLOCK_SKEW. Raise the first or lower one of these"
)]
pub struct RotationPolicyError {
    interval: SignedDuration,
    lead: SignedDuration,
    bound: SignedDuration,
}

impl RotationPolicy {
    /// Derives the policy from the settings.
    ///
    /// # Errors
    /// If keys would have to sign before verifiers know them.
    pub fn new(times: &KeyTimes) -> Result<Self, RotationPolicyError> {
        let policy = Self::of(times);
        if policy.rotation_interval >= policy.lead {
            return Ok(policy);
        }
        Err(RotationPolicyError {
            interval: policy.rotation_interval,
            lead: policy.lead,
            bound: signed(policy.replica_bound),
        })
    }

    fn of(times: &KeyTimes) -> Self {
        let replica_bound = replica_bound(times.refresh_interval);
        let stale = times.stale_while_revalidate.max(times.stale_if_error);
        let lead = [times.max_age, stale, times.verifier_cache, times.clock_skew]
            .into_iter()
            .fold(signed(replica_bound), SignedDuration::saturating_add);
        Self {
            rotation_interval: times.rotation_interval,
            lead,
            tail: signed(replica_bound).saturating_add(times.clock_skew),
            refresh_interval: times.refresh_interval,
            replica_bound,
            signing_bound: replica_bound.min(LONGEST_SIGNING_BOUND),
            cache_control: format!(
                "public, max-age={}, stale-while-revalidate={}, stale-if-error={}",
                times.max_age.as_secs(),
                times.stale_while_revalidate.as_secs(),
                times.stale_if_error.as_secs()
            ),
        }
    }
}

impl Default for RotationPolicy {
    fn default() -> Self {
        Self::of(&KeyTimes::default())
    }
}

fn replica_bound(refresh_interval: Duration) -> Duration {
    if refresh_interval <= SHORT_REFRESH_INTERVAL {
        refresh_interval.saturating_mul(REFRESHES).min(LONGEST_SIGNING_BOUND)
    } else {
        refresh_interval.saturating_add(OUTAGE)
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_to_everybody_before_it_signs_and_as_long_as_its_tokens_live() {
        let policy = RotationPolicy::new(&KeyTimes::default()).unwrap();
        assert_eq!(policy, RotationPolicy::default());
        // Replicas 30 s, max-age 5 min, stale-if-error 10 min, verifiers 10 min, clocks 30 s.
        assert_eq!(policy.lead, SignedDuration::from_mins(26));
        assert_eq!(policy.tail, SignedDuration::from_mins(1));
        assert_eq!(
            policy.cache_control,
            "public, max-age=300, stale-while-revalidate=60, stale-if-error=600"
        );
        let longer =
            KeyTimes { stale_while_revalidate: SignedDuration::from_mins(20), ..KeyTimes::default() };
        assert_eq!(RotationPolicy::new(&longer).unwrap().lead, SignedDuration::from_mins(36));
    }

    #[test]
    fn a_rotation_interval_below_the_lead_is_refused_by_name() {
        let interval = |rotation_interval| KeyTimes { rotation_interval, ..KeyTimes::default() };
        assert!(RotationPolicy::new(&interval(SignedDuration::from_mins(26))).is_ok());
        let error = RotationPolicy::new(&interval(SignedDuration::from_secs(26 * 60 - 1))).unwrap_err();
        assert!(error.to_string().starts_with("KEY_ROTATION_INTERVAL is 25m 59s, "), "{error}");
        assert!(error.to_string().contains("published for 26m before"), "{error}");
    }

    #[test]
    fn the_bounds_of_replicas_follow_the_refresh_interval() {
        let bounds = |refresh_interval| {
            let policy = RotationPolicy::of(&KeyTimes { refresh_interval, ..KeyTimes::default() });
            (policy.replica_bound, policy.signing_bound)
        };
        let seconds = Duration::from_secs;
        assert_eq!(bounds(Duration::from_millis(100)), (seconds(3), seconds(3)));
        assert_eq!(bounds(seconds(1)), (seconds(30), seconds(30)));
        assert_eq!(bounds(SHORT_REFRESH_INTERVAL), (seconds(30), seconds(30)));
        assert_eq!(bounds(seconds(11)), (seconds(31), seconds(30)));
        assert_eq!(bounds(seconds(3600)), (seconds(3620), seconds(30)));
    }

    #[test]
    fn keys_are_published_longer_before_and_after_where_replicas_look_rarely() {
        let day = Duration::from_secs(24 * 60 * 60);
        let times = KeyTimes { refresh_interval: day, ..KeyTimes::default() };
        let policy = RotationPolicy::new(&times).unwrap();
        let noticed = SignedDuration::from_hours(24) + SignedDuration::from_secs(20);
        assert_eq!(policy.lead, noticed + SignedDuration::from_mins(25) + SignedDuration::from_secs(30));
        assert_eq!(policy.tail, noticed + SignedDuration::from_secs(30));
        let rotated_daily = KeyTimes { rotation_interval: SignedDuration::from_hours(24), ..times };
        let error = RotationPolicy::new(&rotated_daily).unwrap_err().to_string();
        assert!(error.contains("KEY_REFRESH_INTERVAL"), "{error}");
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        let times = KeyTimes { max_age: SignedDuration::MAX, ..KeyTimes::default() };
        assert!(RotationPolicy::new(&times).is_err());
    }
}
