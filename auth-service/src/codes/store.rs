//! The `email_codes` table.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;
use uuid::Uuid;

use super::model::{Binding, Code, Codes, Subject, Verdict};
use crate::error::ApiError;
use crate::protocol::session_id::SessionId;
use crate::users::CredentialEpoch;

const TABLE: &str = "email_codes";

/// How long an expired code is kept in seconds: until then, a guess reports that it expired.
const KEPT: i64 = 10 * 60;

/// Replaces the previous code of the subject, unless the user was deleted. The account is locked before the code, as in all
/// other code. Also deletes some codes of others that expired a while ago. Locked rows are left to the next code.
const CREATE: &str = "
    WITH locked AS MATERIALIZED (SELECT id FROM users WHERE id = $3 FOR KEY SHARE),
    expired AS (
        SELECT subject FROM email_codes
        WHERE expires_at <= $7 - $8 * interval '1 s' AND subject <> $1 LIMIT 100 FOR UPDATE SKIP LOCKED
    ),
    swept AS (DELETE FROM email_codes WHERE subject IN (SELECT subject FROM expired))
    INSERT INTO email_codes (subject, code, user_id, credential_epoch, session_id, expires_at)
    SELECT $1::bytea, $2::bytea, $3::text, $4::bigint, $5::uuid, $6::timestamptz
    WHERE $3::text IS NULL OR EXISTS (SELECT FROM locked)
    ON CONFLICT (subject) DO UPDATE
    SET code = excluded.code, guesses = 0, user_id = excluded.user_id, credential_epoch = excluded.credential_epoch,
        session_id = excluded.session_id, expires_at = excluded.expires_at";
/// The one statement that compares a guess, and counts it: of concurrent guesses, each sees those before it. The code stays
/// locked until the transaction ends: lock its account first, if the transaction needs both.
const GUESS: &str = "
    UPDATE email_codes SET guesses = guesses + 1 WHERE subject = $1
    RETURNING guesses, expires_at, code = $2 AS is_right, user_id, credential_epoch, session_id";
const DELETE: &str = "DELETE FROM email_codes WHERE subject = $1";

impl Codes {
    /// Creates a code in the transaction of `client`. `None` if its user was deleted. Its session must be held.
    pub async fn create(
        &self,
        client: &impl Executor,
        subject: &Subject<'_>,
        binding: &Binding,
        now: Timestamp,
    ) -> Result<Option<Code>, ApiError> {
        let code = Code::generate(self.length)?;
        let (key, mac) = (self.subject(subject), self.code(subject, &code));
        let (user, epoch) =
            binding.user.as_ref().map(|(user, epoch)| (user.as_str(), epoch.number())).unzip();
        let session = binding.session.as_ref().map(SessionId::as_uuid);
        let expires_at = self.expiry(now);
        let parameters: [&dyn Parameter; 8] = [&key, &mac, &user, &epoch, &session, &expires_at, &now, &KEPT];
        Ok((client.execute(CREATE, &parameters).await? == 1).then_some(code))
    }

    /// Compares a guess. Commit the transaction if it is not right, so that it is counted.
    pub async fn guess(
        &self,
        transaction: &Transaction,
        subject: &Subject<'_>,
        guess: &Code,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        let (key, mac) = (self.subject(subject), self.code(subject, guess));
        let Some(row) = transaction.query_opt(GUESS, &[&key, &mac]).await? else { return Ok(Verdict::Wrong) };
        let (guesses, expires_at): (i32, Timestamp) =
            (column(&row, TABLE, "guesses")?, column(&row, TABLE, "expires_at")?);
        let is_exhausted = guesses.unsigned_abs() > self.guesses;
        if now >= expires_at || is_exhausted {
            transaction.execute(DELETE, &[&key]).await?;
            return Ok(if now >= expires_at { Verdict::Expired } else { Verdict::Exhausted });
        }
        if !column::<bool>(&row, TABLE, "is_right")? {
            return Ok(Verdict::Wrong);
        }
        Ok(Verdict::Right(binding(&row)?))
    }

    /// Deletes a code that was used.
    pub async fn use_up(&self, transaction: &Transaction, subject: &Subject<'_>) -> Result<(), StoreError> {
        transaction.execute(DELETE, &[&self.subject(subject)]).await?;
        Ok(())
    }
}

fn binding(row: &Row) -> Result<Binding, StoreError> {
    let user: Option<String> = column(row, TABLE, "user_id")?;
    let user = user.map(|text| UserId::try_from(text).map_err(|error| corrupt(TABLE, "user_id", error)));
    let epoch: Option<i64> = column(row, TABLE, "credential_epoch")?;
    Ok(Binding {
        user: user.transpose()?.zip(epoch.map(CredentialEpoch::from_number)),
        session: column::<Option<Uuid>>(row, TABLE, "session_id")?.map(SessionId::from),
    })
}
