//! Linked accounts.

use jiff::Timestamp;
use shared_claims::UserId;
use uuid::Uuid;

use super::sealed::SealedTokens;

/// An account of a user at an identity provider.
#[derive(Debug)]
pub struct LinkedAccount {
    pub id: Uuid,
    pub user_id: UserId,
    /// The provider's id in the settings, where it may not be any more.
    pub provider: String,
    /// The user's id at the provider.
    pub subject: String,
    /// The scopes that were granted when it was linked.
    pub scopes: Vec<String>,
    pub tokens: SealedTokens,
    pub access_expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An account that is linked now.
#[derive(Debug)]
pub struct NewLinkedAccount<'a> {
    pub id: Uuid,
    pub provider: &'a str,
    pub subject: &'a str,
    pub scopes: &'a [String],
    pub tokens: SealedTokens,
    pub access_expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
}

/// New tokens of a linked account.
#[derive(Debug)]
pub struct TokenChange<'a> {
    pub tokens: SealedTokens,
    /// `None` leaves it as it is.
    pub scopes: Option<&'a [String]>,
    pub access_expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
}
