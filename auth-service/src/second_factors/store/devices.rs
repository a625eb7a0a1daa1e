//! The table `trusted_devices`. A sign-in on a trusted device is admitted by the statement that starts its session.

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::store::{Row, StoreError, column};
use shared_claims::UserId;
use uuid::Uuid;

use super::super::model::DeviceToken;
use crate::users::CredentialEpoch;

const TABLE: &str = "trusted_devices";

const TRUST: &str = "
    INSERT INTO trusted_devices
        (id, user_id, token_hash, credential_epoch, created_at, last_used_at, expires_at, ip_address, user_agent)
    VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)";
const LIST: &str = "
    SELECT d.id, d.created_at, d.last_used_at, d.expires_at, d.ip_address, d.user_agent, d.token_hash = ANY($3) AS is_current
    FROM trusted_devices d JOIN users u ON u.id = d.user_id AND u.credential_epoch = d.credential_epoch
    WHERE d.user_id = $1 AND d.expires_at > $2 ORDER BY d.last_used_at DESC, d.id";
const REVOKE: &str = "DELETE FROM trusted_devices WHERE user_id = $1 AND id = $2";

/// A device to trust.
pub struct NewTrustedDevice<'a> {
    pub id: Uuid,
    pub token: &'a DeviceToken,
    /// The trust is void in another epoch.
    pub epoch: CredentialEpoch,
    pub expires_at: Timestamp,
    /// The IP address of the sign-in; empty if unknown.
    pub ip_address: &'a str,
    /// The `User-Agent` of the sign-in; empty if unknown.
    pub user_agent: &'a str,
}

/// A device that signs in without the second factor.
pub struct TrustedDevice {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ip_address: String,
    pub user_agent: String,
    /// Whether it is the device of the request.
    pub is_current: bool,
}

/// Trusts a device of `user`.
pub async fn trust(
    transaction: &Transaction,
    user: &UserId,
    device: &NewTrustedDevice<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let NewTrustedDevice { id, token, epoch, expires_at, ip_address, user_agent } = device;
    let (hash, epoch) = (token.hash(), epoch.number());
    transaction
        .execute(TRUST, &[id, &user.as_str(), &hash, &epoch, &now, expires_at, ip_address, user_agent])
        .await?;
    Ok(())
}

/// The trusted devices of a user, the last used first. `presented` are the tokens of the request.
pub async fn list(
    client: &impl Executor,
    user: &UserId,
    presented: &[DeviceToken],
    now: Timestamp,
) -> Result<Vec<TrustedDevice>, StoreError> {
    let hashes: Vec<_> = presented.iter().map(DeviceToken::hash).collect();
    let read = |row: &Row| {
        Ok(TrustedDevice {
            id: column(row, TABLE, "id")?,
            created_at: column(row, TABLE, "created_at")?,
            last_used_at: column(row, TABLE, "last_used_at")?,
            expires_at: column(row, TABLE, "expires_at")?,
            ip_address: column(row, TABLE, "ip_address")?,
            user_agent: column(row, TABLE, "user_agent")?,
            is_current: column(row, TABLE, "is_current")?,
        })
    };
    client.query(LIST, &[&user.as_str(), &now, &hashes]).await?.iter().map(read).collect()
}

/// Ends the trust in a device of a user. False if the user has no such device.
pub async fn revoke(client: &impl Executor, user: &UserId, id: Uuid) -> Result<bool, StoreError> {
    Ok(client.execute(REVOKE, &[&user.as_str(), &id]).await? == 1)
}
