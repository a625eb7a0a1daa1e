//! Storing a new session, in one statement with everything that comes with it.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter};
use service_kit::security_log::Client;
use service_kit::store::{Row, StoreError, column};
use shared_claims::UserId;
use uuid::Uuid;

use super::super::model::Session;
use super::{hashes, named, status_index};
use crate::audit::insert_audit_event;
use crate::email::{PendingNotice, insert_counted};
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::session_id::SessionId;
use crate::second_factors::{DeviceToken, SecondFactor};
use crate::status_lists::{StatusIndex, allocate_index};
use crate::tokens::AuthenticationMethod;
use crate::users::{CredentialEpoch, is_banned};

/// Starts a session only if the credential is still in the epoch in which it was checked, and no ban holds. The account stays locked
/// until the session is visible: a later change of the password or a ban sees the session, and an earlier one is seen here.
///
/// If a second factor is asked for ($17), a user who has one needs a trusted device: one of the tokens $18, of this epoch. Its
/// trust is extended.
///
/// Ends the sessions that the request presented, of any user (OWASP ASVS 5.0, 7.2.4). Deletes expired sessions of the
/// same user. Takes the first drawn position in the status lists that is free. `$ctes` and `$columns` are further CTEs
/// and columns of the result.
macro_rules! start_statement {
    ($ctes:expr, $columns:literal) => { concat!(
    "
    WITH locked AS MATERIALIZED (
        SELECT id, ",
    is_banned!("", "$4"),
    " AS is_banned, two_factor AND $17 AS asks FROM users WHERE id = $2 AND credential_epoch = $10 FOR SHARE
    ),
    trusted AS (
        UPDATE trusted_devices SET last_used_at = $4, expires_at = $19
        WHERE token_hash = ANY($18) AND user_id = $2 AND credential_epoch = $10 AND expires_at > $4
            AND EXISTS (SELECT FROM locked WHERE asks AND NOT is_banned)
        RETURNING token_hash
    ),
    account AS (SELECT id FROM locked WHERE NOT is_banned AND (NOT asks OR EXISTS (SELECT FROM trusted))),
    swept AS (DELETE FROM sessions WHERE user_id = $2 AND expires_at <= $4),
    replaced AS (
        DELETE FROM sessions WHERE token_hash = ANY($11) AND EXISTS (SELECT FROM account) RETURNING id, user_id
    ),
    given AS (",
    allocate_index!("account", "$9"),
    "),
    audited AS (",
    insert_audit_event!(),
    "   SELECT 'session.started', 'success', id, $1, $12, $13::inet, $14, $8 FROM account
        UNION ALL SELECT 'session.ended', 'success', user_id, id, 'replaced', $13::inet, $14, NULL FROM replaced
    )",
    $ctes,
    ", started AS (
        INSERT INTO sessions
            (id, user_id, token_hash, created_at, updated_at, expires_at, remembered, ip_address, user_agent,
             status_index, authenticated_by, second_factor)
        SELECT $1, id, $3, $4, $4, $5, $6, $7, $8, (SELECT idx FROM given), $15, $16 FROM account
        RETURNING status_index
    )
    SELECT is_banned, asks, (SELECT token_hash FROM trusted LIMIT 1) AS trusted, status_index, ARRAY(SELECT id FROM replaced) AS replaced_sessions,
           ARRAY(SELECT user_id FROM replaced) AS replaced_users",
    $columns,
    "
    FROM locked LEFT JOIN started ON true"
    ) };
}
const START: &str = start_statement!("", "");
/// Also stores a notice if the device is new: no live session of the account was started from this IP address with this
/// `User-Agent`, as API clients without cookies do again and again. The sessions are locked before the limits, as in all
/// other code.
const START_WITH_NOTICE: &str = start_statement!(
    concat!(
        ", new_device AS (
        SELECT id FROM account WHERE (SELECT count(*) FROM replaced) >= 0 AND NOT EXISTS (
            SELECT FROM sessions
            WHERE user_id = $2 AND expires_at > $4 AND ip_address = $7 AND ip_address <> '' AND user_agent = $8)
    ), ",
        insert_counted!(
            "EXISTS (SELECT FROM new_device)", "$4", ["$20", "$21", "$22"], ["$23", "$24", "$25", "$26"]
        )
    ),
    ", EXISTS (SELECT FROM mail) AS has_notice, ARRAY(SELECT place FROM full_limits) AS full_limits"
);

/// The outcome of storing a new session.
pub enum Stored {
    Started {
        /// The position in the status lists, if one was free.
        index: Option<StatusIndex>,
        /// The sessions that ended, and their users.
        replaced: Vec<(SessionId, UserId)>,
        /// Whether the notice was stored.
        has_notice: bool,
        /// The hash of the token of the trusted device, if the second factor was not asked for because of it.
        trusted: Option<Vec<u8>>,
    },
    /// The user has to prove a second factor first.
    SecondFactorDue,
    /// The user was deleted, or the credential changed since it was checked.
    CredentialChanged,
    /// The user is banned.
    Banned,
}

/// Whether a second factor is asked for, and the devices that go without.
pub struct Asking<'a> {
    pub asks: bool,
    /// The tokens of trusted devices that the request presented.
    pub devices: &'a [DeviceToken],
    /// Until when such a device is trusted from now on.
    pub trusted_until: Timestamp,
}

/// Stores a new session of a user whose credential was checked in `epoch`, with one of the `candidates` in the
/// status lists if one is free. Ends the sessions of the tokens `presented`. The audit log records both, with the client and
/// the reason of the new session. Stores `notice` if the device is new.
pub async fn start(
    client: &impl Executor,
    session: &Session,
    (epoch, asking): (CredentialEpoch, &Asking<'_>),
    (token, presented): (&SessionToken, &[SessionToken]),
    candidates: &[i64],
    ((cause, reason), notice): ((Client, &'static str), Option<&PendingNotice>),
) -> Result<Stored, StoreError> {
    let (user, token, epoch, presented) =
        (session.user_id.as_str(), token.hash(), epoch.number(), hashes(presented));
    let method = session.authentication.method.map(AuthenticationMethod::name);
    let second_factor = session.authentication.second_factor.map(SecondFactor::name);
    let devices: Vec<_> = asking.devices.iter().map(DeviceToken::hash).collect();
    let (address, request_id) = (cause.address().map(|address| address.to_string()), cause.request_id());
    let mut values: Vec<&dyn Parameter> = vec![
        session.id.as_uuid(),
        &user,
        &token,
        &session.created_at,
        &session.expires_at,
        &session.remembered,
        &session.ip_address,
        &session.user_agent,
        &candidates,
        &epoch,
        &presented,
        &reason,
        &address,
        &request_id,
        &method,
        &second_factor,
        &asking.asks,
        &devices,
        &asking.trusted_until,
    ];
    if let Some(notice) = notice {
        values.extend(notice.parameters());
    }
    let statement = if notice.is_some() { START_WITH_NOTICE } else { START };
    let Some(row) = client.query_opt(statement, &values).await? else { return Ok(Stored::CredentialChanged) };
    if column(&row, "users", "is_banned")? {
        return Ok(Stored::Banned);
    }
    let trusted: Option<Vec<u8>> = column(&row, "trusted_devices", "trusted")?;
    if column(&row, "users", "asks")? && trusted.is_none() {
        return Ok(Stored::SecondFactorDue);
    }
    let has_notice = notice.map_or(Ok(false), |notice| notice.is_stored(&row))?;
    Ok(Stored::Started { index: status_index(&row)?, replaced: replaced(&row)?, has_notice, trusted })
}

/// Reads the sessions that ended because a new one started.
fn replaced(row: &Row) -> Result<Vec<(SessionId, UserId)>, StoreError> {
    let sessions: Vec<Uuid> = column(row, "sessions", "replaced_sessions")?;
    let users: Vec<String> = column(row, "sessions", "replaced_users")?;
    sessions.into_iter().zip(users).map(|(session, user)| named(session, user)).collect()
}
