//! The `verifications` table.

use jiff::{SignedDuration, Timestamp};
use service_kit::database::{Executor, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;
use uuid::Uuid;

use super::model::{LinkLifetimes, LinkToken, NewLink, Purpose, Subject, Verification};
use crate::protocol::email_address::Email;
use crate::protocol::session_id::SessionId;
use crate::users::{CredentialEpoch, User};

/// How long an invalid link is kept, so that following it reports that it expired and not that it never existed.
const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Deletes old links of the same user, so that the table does not grow forever.
const CREATE: &str = "
    WITH swept AS (DELETE FROM verifications WHERE user_id = $3 AND expires_at <= $11)
    INSERT INTO verifications
        (token_hash, purpose, user_id, sign_up_id, session_id, email, new_email, credential_epoch,
         created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
/// The references of a link. If one of them fails, its target was deleted before the link was created.
const REFERENCES: [&str; 3] =
    ["verifications_user_fkey", "verifications_session_fkey", "verifications_sign_up_fkey"];
const FIND: &str = "
    SELECT purpose, user_id, sign_up_id, session_id, email, new_email, credential_epoch, expires_at,
           used_at IS NOT NULL AS used
    FROM verifications WHERE token_hash = $1";
/// The one statement that decides which of concurrent requests uses the link: all others find it used. It also checks
/// that the link is still bound to the current email, credential and session, and locks the account so that this holds
/// until the transaction ends.
const USE_UP: &str = "
    WITH held AS MATERIALIZED (
        SELECT v.token_hash FROM verifications v JOIN users u
            ON u.id = v.user_id AND u.email = v.email AND u.credential_epoch = v.credential_epoch
        WHERE v.token_hash = $1
            AND (v.session_id IS NULL
                 OR EXISTS (SELECT FROM sessions s WHERE s.id = v.session_id AND s.expires_at > $3))
        FOR UPDATE OF u
    )
    UPDATE verifications v SET used_at = $3 FROM held
    WHERE v.token_hash = held.token_hash AND v.purpose = $2 AND v.used_at IS NULL AND v.expires_at > $3";
/// Turns the link of a sign-up into a used link of the user: following it again finds a verified email.
const COMPLETE_SIGN_UP: &str = "
    UPDATE verifications
    SET purpose = 'verify-email', user_id = $2, credential_epoch = $3, sign_up_id = NULL, used_at = $4
    WHERE token_hash = $1 AND purpose = 'complete-sign-up' AND used_at IS NULL AND expires_at > $4";
const VOID: &str = "DELETE FROM verifications WHERE user_id = $1 AND used_at IS NULL";

/// Creates a link and returns when it expires. `None` if the user, session or sign-up that it is bound to was deleted;
/// then the transaction of `client` has failed.
pub async fn create(
    client: &impl Executor,
    link: NewLink<'_>,
    lifetimes: &LinkLifetimes,
    token: &LinkToken,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let expires_at = now.checked_add(lifetimes.of(link.purpose())).unwrap_or(Timestamp::MAX);
    let swept_until = now.checked_sub(RETENTION).unwrap_or(Timestamp::MIN);
    let user = link.user();
    let epoch = user.map_or(CredentialEpoch::FIRST, |user| user.credential_epoch);
    let created = client
        .execute(
            CREATE,
            &[
                &token.hash(),
                &link.purpose().as_str(),
                &user.map(|user| user.id.as_str()),
                &link.sign_up().map(UserId::as_str),
                &link.session().as_ref().map(SessionId::as_uuid),
                &link.email().as_str(),
                &link.new_email().map(Email::as_str),
                &epoch.number(),
                &now,
                &expires_at,
                &swept_until,
            ],
        )
        .await;
    match created {
        Ok(_) => Ok(Some(expires_at)),
        Err(error) if REFERENCES.iter().any(|tie| error.is_constraint(tie)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Finds the link of a token, even if it is not valid any more.
pub async fn find(client: &impl Executor, token: &LinkToken) -> Result<Option<Verification>, StoreError> {
    client.query_opt(FIND, &[&token.hash()]).await?.as_ref().map(from_row).transpose()
}

/// Marks a link of a user as used: true for exactly one of concurrent calls, and for none if the user's email or
/// credential has changed or the link's session has ended. The account stays locked until the transaction ends.
pub async fn use_up(
    transaction: &Transaction,
    token: &LinkToken,
    purpose: Purpose,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(transaction.execute(USE_UP, &[&token.hash(), &purpose.as_str(), &now]).await? == 1)
}

/// Marks the link of a sign-up that became `user` as used: true for exactly one of concurrent calls.
pub async fn complete_sign_up(
    transaction: &Transaction,
    token: &LinkToken,
    user: &User,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let epoch = user.credential_epoch.number();
    Ok(transaction.execute(COMPLETE_SIGN_UP, &[&token.hash(), &user.id.as_str(), &epoch, &now]).await? == 1)
}

/// Voids all unused links of a user.
pub async fn void(transaction: &Transaction, user: &UserId) -> Result<(), StoreError> {
    transaction.execute(VOID, &[&user.as_str()]).await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Verification, StoreError> {
    let purpose: &str = column(row, "verifications", "purpose")?;
    let new_email: Option<&str> = column(row, "verifications", "new_email")?;
    let new_email = new_email
        .map(|text| Email::parse(text).ok_or_else(|| corrupt("verifications", "new_email", "not an email")));
    Ok(Verification {
        purpose: Purpose::parse(purpose).ok_or_else(|| corrupt("verifications", "purpose", "unknown"))?,
        subject: subject(row)?,
        email: column(row, "verifications", "email")?,
        new_email: new_email.transpose()?,
        session_id: column::<Option<Uuid>>(row, "verifications", "session_id")?.map(SessionId::from),
        expires_at: column(row, "verifications", "expires_at")?,
        used: column(row, "verifications", "used")?,
    })
}

fn subject(row: &Row) -> Result<Subject, StoreError> {
    let id = |name| -> Result<Option<UserId>, StoreError> {
        let text: Option<String> = column(row, "verifications", name)?;
        text.map(|text| UserId::try_from(text).map_err(|error| corrupt("verifications", name, error)))
            .transpose()
    };
    if let Some(user) = id("user_id")? {
        let epoch = CredentialEpoch::from_number(column(row, "verifications", "credential_epoch")?);
        return Ok(Subject::User(user, epoch));
    }
    let sign_up = id("sign_up_id")?.ok_or_else(|| corrupt("verifications", "user_id", "of nobody"))?;
    Ok(Subject::SignUp(sign_up))
}
