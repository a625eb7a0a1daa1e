//! The lifecycle of a key: pending, active, retired, deleted; and which change is due.

use jiff::{SignedDuration, Timestamp};
use strum::{EnumString, IntoStaticStr};

use super::rotation_policy::RotationPolicy;

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum KeyStatus {
    /// Signs.
    Active,
    /// Published, and signs next.
    Pending,
    /// Published for its tokens that are still valid.
    Retired,
    /// Taken out of use at once. Only its `kid` and public half are kept, so that it never comes back.
    Revoked,
}

impl KeyStatus {
    /// The text that is stored and shown.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Everything that is stored of a key but the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The `kid` header of its tokens.
    pub kid: String,
    /// Its state.
    pub status: KeyStatus,
    /// Its `alg`.
    pub algorithm: String,
    /// When it was created or imported.
    pub created_at: Timestamp,
    /// When it was first published. Set for active and pending keys.
    pub published_at: Option<Timestamp>,
    /// When it became active.
    pub active_since: Option<Timestamp>,
    /// When a retired key is no longer published.
    pub published_until: Option<Timestamp>,
}

impl KeyRecord {
    /// Whether the JWKS contains it.
    pub fn is_published(&self, now: Timestamp) -> bool {
        match self.status {
            KeyStatus::Active | KeyStatus::Pending => true,
            KeyStatus::Retired => self.published_until.is_some_and(|until| now < until),
            KeyStatus::Revoked => false,
        }
    }

    /// When a pending key may start to sign: every verifier knows it by then.
    pub fn may_sign_from(&self, policy: &RotationPolicy) -> Timestamp {
        later(self.published_at.unwrap_or(self.created_at), policy.lead)
    }
}

/// A change of the keys that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A key has to become active: none is.
    Active,
    /// A pending key has to be created: there is none.
    Pending,
    /// The pending key takes over.
    Rotation,
}

impl Due {
    /// How many new keys the change can need.
    pub fn new_keys(self) -> usize {
        match self {
            Self::Active => 2,
            Self::Pending | Self::Rotation => 1,
        }
    }
}

/// The change that is due `now`.
pub fn due<'a>(
    records: impl Iterator<Item = &'a KeyRecord> + Clone,
    policy: &RotationPolicy,
    now: Timestamp,
) -> Option<Due> {
    let Some(active) = records.clone().find(|key| key.status == KeyStatus::Active) else {
        return Some(Due::Active);
    };
    let Some(pending) = records.clone().find(|key| key.status == KeyStatus::Pending) else {
        return Some(Due::Pending);
    };
    (rotation_at(active, pending, policy) <= now).then_some(Due::Rotation)
}

/// When `pending` takes over: once `active` is old enough, and every verifier knows its successor.
pub fn rotation_at(active: &KeyRecord, pending: &KeyRecord, policy: &RotationPolicy) -> Timestamp {
    let since = active.active_since.unwrap_or(active.created_at);
    later(since, policy.rotation_interval).max(pending.may_sign_from(policy))
}

/// `time` plus `by`, or the maximum if that overflows.
pub fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn key(status: KeyStatus, at: Timestamp) -> KeyRecord {
        KeyRecord {
            kid: status.as_str().to_owned(),
            status,
            algorithm: "RS256".to_owned(),
            created_at: at,
            published_at: Some(at),
            active_since: (status == KeyStatus::Active).then_some(at),
            published_until: (status == KeyStatus::Retired).then_some(at),
        }
    }

    #[test]
    fn what_is_due_follows_from_what_is_there() {
        let policy = RotationPolicy::default();
        let (active, pending) = (key(KeyStatus::Active, START), key(KeyStatus::Pending, START));
        let at =
            |records: &[KeyRecord], after: SignedDuration| due(records.iter(), &policy, later(START, after));
        assert_eq!(at(&[], SignedDuration::ZERO), Some(Due::Active));
        assert_eq!(at(std::slice::from_ref(&pending), SignedDuration::ZERO), Some(Due::Active));
        assert_eq!(at(std::slice::from_ref(&active), SignedDuration::ZERO), Some(Due::Pending));
        let both = [active, pending];
        let day = SignedDuration::from_hours(24);
        assert_eq!(at(&both, day * 30 - SignedDuration::from_micros(1)), None);
        assert_eq!(at(&both, day * 30), Some(Due::Rotation));
    }

    #[test]
    fn a_key_signs_only_when_it_was_published_long_enough_however_old_the_other_one_is() {
        let policy = RotationPolicy::default();
        let published = later(START, SignedDuration::from_hours(1_000));
        let records = [key(KeyStatus::Active, START), key(KeyStatus::Pending, published)];
        let ready = later(published, policy.lead);
        let just_before = later(ready, -SignedDuration::from_micros(1));
        assert_eq!(due(records.iter(), &policy, just_before), None);
        assert_eq!(due(records.iter(), &policy, ready), Some(Due::Rotation));
    }

    #[test]
    fn a_retired_key_is_published_until_its_time_and_a_revoked_one_never() {
        let retired = key(KeyStatus::Retired, later(START, SignedDuration::from_secs(1)));
        assert!(retired.is_published(START));
        assert!(!retired.is_published(later(START, SignedDuration::from_secs(1))));
        assert!(!key(KeyStatus::Revoked, START).is_published(START));
        for status in ["active", "pending", "retired", "revoked"] {
            assert_eq!(status.parse::<KeyStatus>().unwrap().as_str(), status);
        }
        assert!("lost".parse::<KeyStatus>().is_err());
    }
}
