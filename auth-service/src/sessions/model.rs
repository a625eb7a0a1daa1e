//! Sessions and their lifetimes.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared_claims::UserId;
use utoipa::ToSchema;

use crate::protocol::opaque_token::SessionToken;
use crate::protocol::session_id::SessionId;
use crate::protocol::timestamp;
use crate::status_lists::StatusIndex;
use crate::tokens::Authentication;

/// Lifetime of a session that is not remembered.
const UNREMEMBERED_TTL: SignedDuration = SignedDuration::from_hours(24);
/// How much longer than [`UNREMEMBERED_TTL`] an imported session must last to count as remembered: the other system
/// did not take its two times at the same instant.
const REMEMBERED_TOLERANCE: SignedDuration = SignedDuration::from_mins(1);
/// Maximum length of a stored User-Agent header in characters: enough to tell devices apart, too little to store data
/// in.
const MAX_USER_AGENT: usize = 512;

#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    /// Lifetime of a remembered session from its last extension.
    pub ttl: SignedDuration,
    /// Minimum time between two extensions, so that not every request extends the session.
    pub update_age: SignedDuration,
    /// Maximum age of a session for actions that require a fresh one. Zero: any age.
    pub fresh_age: SignedDuration,
    /// Maximum lifetime of a session, however often it is extended (OWASP ASVS 5.0, 7.3.2). `None`: unlimited.
    pub max_lifetime: Option<SignedDuration>,
    /// Whether ending other sessions requires a fresh session (OWASP ASVS 5.0, 7.5.2).
    pub revoking_needs_fresh: bool,
}

impl SessionSettings {
    /// Sessions that started at this time or before have ended, whatever their `expires_at` is.
    pub fn oldest_start(&self, now: Timestamp) -> Option<Timestamp> {
        self.max_lifetime.map(|lifetime| now.checked_sub(lifetime).unwrap_or(Timestamp::MIN))
    }

    /// When a session ends that started at `started_at` and would expire at `expires_at`.
    fn end(&self, started_at: Timestamp, expires_at: Timestamp) -> Timestamp {
        self.max_lifetime.map_or(expires_at, |lifetime| expires_at.min(later(started_at, lifetime)))
    }
}

#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    /// When the session was last extended.
    pub updated_at: Timestamp,
    /// When the session ends, unless it is extended.
    pub expires_at: Timestamp,
    /// Whether the session outlives the browser and can be extended.
    pub remembered: bool,
    /// The IP address that started the session; empty if unknown.
    pub ip_address: String,
    /// The `User-Agent` that started the session; empty if unknown.
    pub user_agent: String,
    /// The position of its bit in the status lists; `None` if no position was allocated yet.
    pub status_index: Option<StatusIndex>,
    /// How the user authenticated when the session started.
    pub authentication: Authentication,
}

/// The device that starts a session. Unknown values are empty.
#[derive(Debug, Clone, Copy)]
pub struct Device<'a> {
    pub ip_address: &'a str,
    pub user_agent: &'a str,
}

impl Session {
    /// Starts a session at the time `now`.
    pub fn begin(
        (user_id, authentication): (UserId, Authentication),
        remembered: bool,
        settings: &SessionSettings,
        device: Device<'_>,
        now: Timestamp,
    ) -> Self {
        let ttl = if remembered { settings.ttl } else { UNREMEMBERED_TTL.min(settings.ttl) };
        Self {
            id: SessionId::new(now),
            user_id,
            created_at: now,
            updated_at: now,
            expires_at: settings.end(now, later(now, ttl)),
            remembered,
            ip_address: truncated(device.ip_address),
            user_agent: truncated(device.user_agent),
            status_index: None,
            authentication,
        }
    }

    /// The new end of the session if it is extended now; `None` if it is too early, or if the session cannot be
    /// extended.
    pub fn extension(&self, settings: &SessionSettings, now: Timestamp) -> Option<Timestamp> {
        let extended = settings.end(self.created_at, later(now, settings.ttl));
        let gained = extended.duration_since(self.expires_at);
        (self.remembered && gained >= settings.update_age).then_some(extended)
    }

    /// Whether the session started recently enough for actions that must not be possible on an unattended device.
    pub fn is_fresh(&self, settings: &SessionSettings, now: Timestamp) -> bool {
        settings.fresh_age.is_zero() || now.duration_since(self.created_at) < settings.fresh_age
    }
}

/// A session as another system stored it.
pub(crate) struct ForeignSession {
    pub token: SessionToken,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
    pub ip_address: String,
    pub user_agent: String,
}

/// A session that another system began, ready to be stored here.
pub(crate) struct ImportedSession {
    pub session: Session,
    pub token: SessionToken,
}

impl ForeignSession {
    /// The same session here, with a new id. Better Auth does not store whether a session is remembered. One that is
    /// not lasts a day and is never extended, so a session that was created for a day is not remembered here either.
    pub fn of_user(self, user_id: UserId, now: Timestamp) -> ImportedSession {
        let lifetime = self.expires_at.duration_since(self.created_at);
        let session = Session {
            id: SessionId::new(now),
            user_id,
            created_at: self.created_at,
            updated_at: self.updated_at,
            expires_at: self.expires_at,
            remembered: lifetime > UNREMEMBERED_TTL + REMEMBERED_TOLERANCE,
            ip_address: truncated(&self.ip_address),
            user_agent: truncated(&self.user_agent),
            status_index: None,
            authentication: Authentication::default(),
        };
        ImportedSession { session, token: self.token }
    }
}

fn truncated(text: &str) -> String {
    text.chars().filter(|char| *char != '\0').take(MAX_USER_AGENT).collect()
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A session. `token` is its id, where Better Auth returns the session token again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView<'a> {
    /// The session's id.
    #[schema(value_type = String, format = Uuid)]
    id: SessionId,
    /// The same id, for `revoke-session`. It does not authenticate anybody.
    #[schema(value_type = String, format = Uuid)]
    token: SessionId,
    /// The user's id.
    #[schema(value_type = String)]
    user_id: &'a UserId,
    /// When the session ends, unless it is extended.
    #[serde(serialize_with = "timestamp::serialize")]
    expires_at: Timestamp,
    /// When the session began.
    #[serde(serialize_with = "timestamp::serialize")]
    created_at: Timestamp,
    /// When the session was last extended.
    #[serde(serialize_with = "timestamp::serialize")]
    updated_at: Timestamp,
    /// The IP address of the client that signed in.
    ip_address: &'a str,
    /// The `User-Agent` header of the client that signed in.
    user_agent: &'a str,
}

impl<'a> From<&'a Session> for SessionView<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            id: session.id,
            token: session.id,
            user_id: &session.user_id,
            expires_at: session.expires_at,
            created_at: session.created_at,
            updated_at: session.updated_at,
            ip_address: &session.ip_address,
            user_agent: &session.user_agent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: SignedDuration = SignedDuration::from_hours(168);

    const SETTINGS: SessionSettings = SessionSettings {
        ttl: WEEK,
        update_age: SignedDuration::from_hours(24),
        fresh_age: SignedDuration::from_hours(24),
        max_lifetime: None,
        revoking_needs_fresh: false,
    };

    fn device(user_agent: &str) -> Device<'_> {
        Device { ip_address: "", user_agent }
    }

    fn session(remembered: bool) -> Session {
        let start = "2026-01-01T00:00:00Z".parse().unwrap();
        Session::begin(
            ("alice".parse().unwrap(), Authentication::default()),
            remembered,
            &SETTINGS,
            device("curl"),
            start,
        )
    }

    #[test]
    fn fr_012_a_session_lasts_7_days_and_slides() {
        let session = session(true);
        assert_eq!(session.expires_at.duration_since(session.created_at), WEEK);
        let at = |hours| later(session.created_at, SignedDuration::from_hours(hours));
        assert_eq!(session.extension(&SETTINGS, at(23)), None);
        assert_eq!(session.extension(&SETTINGS, at(24)), Some(at(24 + 168)));
        assert_eq!(session.extension(&SETTINGS, at(100)), Some(at(100 + 168)));
    }

    #[test]
    fn a_session_that_is_used_all_the_time_ends_with_its_longest_lifetime() {
        let settings =
            SessionSettings { max_lifetime: Some(SignedDuration::from_hours(10 * 24)), ..SETTINGS };
        let start = "2026-01-01T00:00:00Z".parse().unwrap();
        let user = || ("alice".parse().unwrap(), Authentication::default());
        let mut session = Session::begin(user(), true, &settings, device(""), start);
        let at = |hours| later(start, SignedDuration::from_hours(hours));
        assert_eq!(session.expires_at, at(168));
        assert_eq!(session.extension(&settings, at(48)), Some(at(216)));
        assert_eq!(session.extension(&settings, at(160)), Some(at(240)));
        session.expires_at = at(240);
        assert_eq!(session.extension(&settings, at(239)), None, "nothing is left to gain");
        let short = SessionSettings { max_lifetime: Some(SignedDuration::from_hours(1)), ..SETTINGS };
        for remembered in [true, false] {
            let session = Session::begin(user(), remembered, &short, device(""), start);
            assert_eq!(session.expires_at, at(1), "{remembered}");
        }
        assert_eq!(SETTINGS.oldest_start(start), None);
        assert_eq!(short.oldest_start(at(1)), Some(start));
    }

    #[test]
    fn an_unremembered_session_lasts_a_day_and_never_slides() {
        let session = session(false);
        assert_eq!(session.expires_at.duration_since(session.created_at), UNREMEMBERED_TTL);
        assert_eq!(session.extension(&SETTINGS, session.expires_at), None);
    }

    #[test]
    fn a_session_is_fresh_for_a_day_or_as_long_as_is_set() {
        let session = session(true);
        let at = |hours| later(session.created_at, SignedDuration::from_hours(hours));
        assert!(session.is_fresh(&SETTINGS, at(23)));
        assert!(!session.is_fresh(&SETTINGS, at(24)));
        let any_age = SessionSettings { fresh_age: SignedDuration::ZERO, ..SETTINGS };
        assert!(session.is_fresh(&any_age, at(1000)));
    }

    #[test]
    fn an_imported_session_is_remembered_if_it_was_created_for_longer_than_a_day() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let lasting = |ttl: SignedDuration| {
            let foreign = ForeignSession {
                token: SessionToken::from("token"),
                created_at: start,
                updated_at: start,
                expires_at: later(start, ttl),
                ip_address: String::new(),
                user_agent: String::new(),
            };
            foreign.of_user("alice".parse().unwrap(), later(start, ttl)).session.remembered
        };
        assert!(lasting(WEEK));
        assert!(lasting(SignedDuration::from_hours(25)));
        assert!(!lasting(UNREMEMBERED_TTL));
        assert!(!lasting(UNREMEMBERED_TTL + SignedDuration::from_millis(20)));
        assert!(!lasting(SignedDuration::from_hours(1)));
    }
}
