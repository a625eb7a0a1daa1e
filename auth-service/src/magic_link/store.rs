//! The `magic_links` table.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;
use uuid::Uuid;

use crate::protocol::email_address::Email;
use crate::protocol::opaque_token::OpaqueToken;
use crate::users::{CredentialEpoch, User};

const TABLE: &str = "magic_links";

/// Stores a link unless its user was deleted. The account is locked before the link, as in all other code. Also deletes some of
/// those that have expired. Locked rows are left to the next link.
const CREATE: &str = "
    WITH locked AS MATERIALIZED (SELECT id FROM users WHERE id = $4 FOR KEY SHARE),
    expired AS (
        SELECT token_hash FROM magic_links WHERE expires_at <= $8 LIMIT 100 FOR UPDATE SKIP LOCKED
    ),
    swept AS (DELETE FROM magic_links WHERE token_hash IN (SELECT token_hash FROM expired))
    INSERT INTO magic_links (token_hash, id, email, user_id, credential_epoch, name, expires_at)
    SELECT $1::bytea, $2::uuid, $3::text, $4::text, $5::bigint, $6::text, $7::timestamptz
    WHERE $4::text IS NULL OR EXISTS (SELECT FROM locked)";
const FIND: &str = "
    SELECT id, email, user_id, credential_epoch, name FROM magic_links WHERE token_hash = $1 AND expires_at > $2";
const TAKE: &str = "
    DELETE FROM magic_links WHERE token_hash = $1 AND expires_at > $2
    RETURNING id, email, user_id, credential_epoch, name";

/// The kind of tokens of links that sign in.
pub(super) enum MagicLinkKind {}

/// The token of a link. The database stores its SHA-256.
pub(super) type MagicLinkToken = OpaqueToken<MagicLinkKind>;

/// A link to create.
pub(super) struct NewMagicLink<'a> {
    pub(super) id: Uuid,
    pub(super) email: &'a Email,
    /// The user who has the email.
    pub(super) user: Option<&'a User>,
    /// The name of the user that the link creates.
    pub(super) name: Option<&'a str>,
    pub(super) expires_at: Timestamp,
}

/// A link that is valid.
pub(super) struct MagicLink {
    pub(super) id: Uuid,
    pub(super) email: Email,
    /// The user who had the email when the link was created, and the epoch of their credential.
    pub(super) user: Option<(UserId, CredentialEpoch)>,
    pub(super) name: Option<String>,
}

/// Stores a link. False if its user was deleted.
pub(super) async fn create(
    client: &impl Executor,
    token: &MagicLinkToken,
    link: &NewMagicLink<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (hash, email) = (token.hash(), link.email.as_str());
    let (user, epoch) = link.user.map(|user| (user.id.as_str(), user.credential_epoch.number())).unzip();
    let parameters: [&dyn Parameter; 8] =
        [&hash, &link.id, &email, &user, &epoch, &link.name, &link.expires_at, &now];
    Ok(client.execute(CREATE, &parameters).await? == 1)
}

/// Finds a link that is valid.
pub(super) async fn find(
    client: &impl Executor,
    token: &MagicLinkToken,
    now: Timestamp,
) -> Result<Option<MagicLink>, StoreError> {
    client.query_opt(FIND, &[&token.hash(), &now]).await?.as_ref().map(from_row).transpose()
}

/// Takes a link that is valid: only one request gets it. Lock its account first.
pub(super) async fn take(
    transaction: &Transaction,
    token: &MagicLinkToken,
    now: Timestamp,
) -> Result<Option<MagicLink>, StoreError> {
    transaction.query_opt(TAKE, &[&token.hash(), &now]).await?.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<MagicLink, StoreError> {
    let email: &str = column(row, TABLE, "email")?;
    let user: Option<String> = column(row, TABLE, "user_id")?;
    let user = user.map(|text| UserId::try_from(text).map_err(|error| corrupt(TABLE, "user_id", error)));
    let epoch: Option<i64> = column(row, TABLE, "credential_epoch")?;
    Ok(MagicLink {
        id: column(row, TABLE, "id")?,
        email: Email::parse(email).ok_or_else(|| corrupt(TABLE, "email", "not an email"))?,
        user: user.transpose()?.zip(epoch.map(CredentialEpoch::from_number)),
        name: column(row, TABLE, "name")?,
    })
}
