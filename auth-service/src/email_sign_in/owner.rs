//! Finding or creating the user who owns a mailbox.

use jiff::Timestamp;
use service_kit::database::Transaction;
use service_kit::security_log::{Client, Record};
use service_kit::store::StoreError;
use shared_claims::UserId;

use super::service::EmailSignIn;
use crate::error::ApiError;
use crate::linked_accounts;
use crate::passwords;
use crate::protocol::email_address::Email;
use crate::security_event::SecurityEvent;
use crate::sessions;
use crate::users::{self, CredentialEpoch, NewUser, User};
use crate::verifications;

/// Access to the mailbox of an email, as a link or a code proved it.
#[derive(Debug)]
pub struct Proof {
    /// The user who had the email when the mail was requested, and the epoch of their credential.
    pub user: Option<(UserId, CredentialEpoch)>,
    /// The email, and the user to create if nobody has it.
    pub new: NewUser,
}

/// The user who owns the mailbox.
#[derive(Debug)]
pub struct Owner {
    pub user: User,
    change: Change,
}

/// What the proof changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    /// The user was created.
    Created,
    /// The email was verified, and what others may have added was removed, with this number of sessions.
    Verified(u64),
}

/// Why a proof has no effect.
#[derive(Debug)]
pub enum Unproven {
    /// Nobody has the email, and sign-up is disabled.
    SignUpDisabled,
    /// The email or the credential of the user changed after the mail was requested.
    Outdated,
    Failed(ApiError),
}

impl From<ApiError> for Unproven {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Unproven {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Owner {
    /// Whether the user was created.
    pub fn is_new(&self) -> bool {
        self.change == Change::Created
    }

    /// What the proof did. `method` names the proof.
    pub fn events(&self, client: Client, method: &'static str) -> Vec<Record<'_>> {
        let event = |event: SecurityEvent| event.by(client).user(self.user.id.as_str()).reason(method);
        match self.change {
            Change::Nothing => Vec::new(),
            Change::Created => vec![event(SecurityEvent::UserCreated)],
            Change::Verified(ended) => {
                vec![
                    event(SecurityEvent::EmailVerified),
                    event(SecurityEvent::SessionsRevoked).reason("email_verified").count(ended),
                ]
            }
        }
    }
}

impl EmailSignIn {
    /// Locks the sign-ups and the user with this email until the transaction ends, before the link or the code is locked.
    /// Returns the user, if there is one.
    pub async fn lock(&self, transaction: &Transaction, email: &Email) -> Result<Option<User>, StoreError> {
        passwords::lock_sign_ups(transaction, email).await?;
        let Some(user) = users::find_by_email(transaction, email).await? else { return Ok(None) };
        users::lock_any_epoch(transaction, &user.id).await?;
        // Read again, because only now it is locked.
        Ok(users::find(transaction, &user.id).await?.filter(|user| user.email == *email))
    }

    /// Identifies the owner of the mailbox: `holder`, the locked user with the email, or a new one. Runs in the transaction that
    /// used up the proof.
    ///
    /// # Errors
    /// Why the proof has no effect. Nothing must be committed then.
    pub async fn identify(
        &self,
        transaction: &Transaction,
        holder: Option<User>,
        proof: &Proof,
        now: Timestamp,
    ) -> Result<Owner, Unproven> {
        passwords::discard_sign_ups(transaction, &proof.new.email).await?;
        let Some(user) = holder else { return self.create(transaction, proof, now).await };
        let expected = proof.user.as_ref();
        if expected.is_some_and(|(id, epoch)| *id != user.id || *epoch != user.credential_epoch) {
            return Err(Unproven::Outdated);
        }
        if user.email_verified {
            return Ok(Owner { user, change: Change::Nothing });
        }
        Ok(take_over(transaction, user, now).await?)
    }

    async fn create(
        &self,
        transaction: &Transaction,
        proof: &Proof,
        now: Timestamp,
    ) -> Result<Owner, Unproven> {
        if proof.user.is_some() {
            return Err(Unproven::Outdated);
        }
        if !self.accounts.sign_up {
            return Err(Unproven::SignUpDisabled);
        }
        let user = User { email_verified: true, ..proof.new.to_user(now)? };
        match users::insert(transaction, &user).await {
            Ok(()) => Ok(Owner { user, change: Change::Created }),
            // Somebody signed up with the email at this moment.
            Err(ApiError::UserAlreadyExists) => Err(Unproven::Outdated),
            Err(error) => Err(error.into()),
        }
    }
}

/// Removes what somebody else may have added to the account before its email was verified, and verifies it.
async fn take_over(transaction: &Transaction, user: User, now: Timestamp) -> Result<Owner, StoreError> {
    let credential_epoch = users::raise_epoch(transaction, &user.id).await?;
    passwords::remove(transaction, &user.id).await?;
    linked_accounts::delete_all(transaction, &user.id).await?;
    let ended = sessions::end_all(transaction, &user.id, None).await?;
    verifications::void(transaction, &user.id).await?;
    users::set_verified(transaction, &user.id, now).await?;
    let user = User { email_verified: true, updated_at: now, credential_epoch, ..user };
    Ok(Owner { user, change: Change::Verified(ended) })
}
