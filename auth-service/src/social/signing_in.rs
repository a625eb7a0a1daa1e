//! Signing a user in by the profile of a provider.

use actix_web::HttpRequest;
use jiff::Timestamp;
use service_kit::id;
use uuid::Uuid;

use super::refusal::{Failure, Refusal};
use super::service::Social;
use crate::audit;
use crate::email::{Addressee, Message};
use crate::error::ApiError;
use crate::limits::MailRequester;
use crate::linked_accounts::{self, LinkedAccount, NewLinkedAccount, StoredTokens, TokenChange};
use crate::protocol::email_address::Email;
use crate::protocol::image_url::is_safe_image;
use crate::protocol::redirect::CheckedTarget;
use crate::providers::{Profile, Provider, ProviderTokens, SignUpRule};
use crate::security_event::SecurityEvent;
use crate::sessions::{Entry, Way};
use crate::users::{self, MAX_IMAGE, MAX_NAME, NewUser, NewUsername, User};
use crate::verifications::NewLink;

/// A user as a provider has just identified them.
pub(super) struct Identity<'a> {
    pub(super) provider: &'a Provider,
    pub(super) profile: &'a Profile,
    pub(super) tokens: ProviderTokens,
    /// Whether an app presented the ID token itself.
    pub(super) is_presented: bool,
    /// Whether the page asked to sign up.
    pub(super) sign_up: bool,
    /// Where the link goes that verifies the email of a new user.
    pub(super) callback: Option<&'a CheckedTarget>,
}

/// A user who was identified.
pub(super) struct Entered {
    pub(super) entry: Entry,
    pub(super) user: User,
    /// Whether the user was created.
    pub(super) is_new: bool,
}

impl Social {
    /// Signs in the user to whom the account is linked, or the one who has its email, or a new one.
    ///
    /// # Errors
    /// Why not.
    pub(super) async fn enter(
        &self,
        request: &HttpRequest,
        identity: Identity<'_>,
    ) -> Result<Entered, Failure> {
        let now = self.clock.now();
        let (provider, profile) = (&identity.provider.id, identity.profile);
        let user = match linked_accounts::find(&self.pool, provider, &profile.subject).await? {
            Some(account) => self.known(request, &account, &identity, now).await?,
            None => {
                let email = profile.email.as_ref().ok_or(Refusal::NoEmail)?;
                match users::find_by_email(&self.pool, email).await? {
                    Some(user) => self.link_by_email(request, user, &identity, now).await?,
                    None => return self.create(request, email, &identity, now).await,
                }
            }
        };
        let admission = match self.sessions.admit(&user, Way::Social) {
            Err(ApiError::EmailNotVerified) => return Err(Refusal::EmailNotVerified.into()),
            admission => admission?,
        };
        let entry = self.sessions.sign_in(request, admission, true, false, now).await.map_err(refused)?;
        Ok(Entered { entry, user, is_new: false })
    }

    /// The user of a linked account, whose tokens are replaced. The provider may have verified their email meanwhile.
    async fn known(
        &self,
        request: &HttpRequest,
        account: &LinkedAccount,
        identity: &Identity<'_>,
        now: Timestamp,
    ) -> Result<User, Failure> {
        let (profile, tokens) = (identity.profile, &identity.tokens);
        let mut user = users::find(&self.pool, &account.user_id).await?.ok_or(Refusal::CannotSignIn)?;
        let verifies =
            profile.email_verified && !user.email_verified && profile.email.as_ref() == Some(&user.email);
        let stored = stored(tokens).or(account.tokens.open(account.id, &self.encryption).unwrap_or_default());
        let change = TokenChange {
            tokens: self.sealed(&stored, account.id)?,
            scopes: None,
            access_expires_at: tokens.access_expires_at,
            refresh_expires_at: tokens.refresh_expires_at,
        };
        let transaction = self.pool.begin().await?;
        if !users::lock(&transaction, &user.id, user.credential_epoch).await?
            || !linked_accounts::update(&transaction, &user.id, account.id, &change, now).await?
        {
            return Err(Refusal::CannotSignIn.into());
        }
        let mut events = Vec::new();
        if verifies {
            users::set_verified(&transaction, &user.id, now).await?;
            user.email_verified = true;
            let event = SecurityEvent::EmailVerified.by(self.log.client(request)).reason("provider");
            events.push(event.user(account.user_id.as_str()));
        }
        audit::commit(transaction, &events).await?;
        Ok(user)
    }

    /// Links the account to the user with its email. The provider and this service must both have verified it: otherwise somebody
    /// could sign up here, or there, with the email of another, and wait for them.
    async fn link_by_email(
        &self,
        request: &HttpRequest,
        user: User,
        identity: &Identity<'_>,
        now: Timestamp,
    ) -> Result<User, Failure> {
        if !identity.profile.email_verified || !user.email_verified {
            return Err(Refusal::NotLinked.into());
        }
        let transaction = self.pool.begin().await?;
        // Read again, because only now it is locked.
        if !users::lock(&transaction, &user.id, user.credential_epoch).await?
            || users::find(&transaction, &user.id).await?.is_none_or(|now| now.email != user.email)
        {
            return Err(Refusal::NotLinked.into());
        }
        if !linked_accounts::insert(&transaction, &user.id, &self.new_account(identity, now)?, now).await? {
            return Err(Refusal::CannotLink.into());
        }
        self.tell_of_new_method(&transaction, request, &user, identity.provider, now).await?;
        let event = SecurityEvent::AccountLinked.by(self.log.client(request)).user(user.id.as_str());
        self.mailer.commit(transaction, &[event.reason("verified_email")]).await?;
        Ok(user)
    }

    /// Creates the user, the account and the first session in one transaction.
    async fn create(
        &self,
        request: &HttpRequest,
        email: &Email,
        identity: &Identity<'_>,
        now: Timestamp,
    ) -> Result<Entered, Failure> {
        let is_open = match identity.provider.sign_up {
            SignUpRule::Open => true,
            SignUpRule::OnRequest => identity.sign_up,
            SignUpRule::Closed => false,
        };
        if !is_open || !self.accounts.sign_up {
            return Err(Refusal::SignUpDisabled.into());
        }
        let user = User {
            email_verified: identity.profile.email_verified,
            ..new_user(identity.profile, email).to_user(now)?
        };
        let admission = match self.sessions.admit_new(&user, Way::Social) {
            Err(ApiError::EmailNotVerified) => return Err(Refusal::EmailNotVerified.into()),
            admission => admission?,
        };
        let client = self.log.client(request);
        let transaction = self.pool.begin().await?;
        match users::insert(&transaction, &user).await {
            // Somebody signed up with the email at this moment.
            Err(ApiError::UserAlreadyExists) => return Err(Refusal::NotLinked.into()),
            inserted => inserted?,
        }
        if !linked_accounts::insert(&transaction, &user.id, &self.new_account(identity, now)?, now).await? {
            return Err(Refusal::CannotLink.into());
        }
        let started =
            self.sessions.start(&transaction, request, admission, true, now).await.map_err(refused)?;
        if self.accounts.verify_on_sign_up && !user.email_verified {
            let requester = MailRequester::new(self.log.network(request), Some(&user.id));
            let link = NewLink::VerifyEmail(&user);
            self.mailer.send(&transaction, &requester, link, identity.callback, now).await?;
        }
        let created = SecurityEvent::UserCreated.by(client).user(user.id.as_str());
        let linked = SecurityEvent::AccountLinked.by(client).user(user.id.as_str()).reason("sign_up");
        self.mailer.commit(transaction, &[created, linked]).await?;
        Ok(Entered { entry: Entry::Started(Box::new(started)), user, is_new: true })
    }

    /// The account of an identity, as it is stored.
    pub(super) fn new_account<'a>(
        &self,
        identity: &'a Identity<'_>,
        now: Timestamp,
    ) -> Result<NewLinkedAccount<'a>, ApiError> {
        let (id, tokens) = (id::new_v7(now), &identity.tokens);
        Ok(NewLinkedAccount {
            id,
            provider: &identity.provider.id,
            subject: &identity.profile.subject,
            scopes: &tokens.scopes,
            tokens: self.sealed(&stored(tokens), id)?,
            access_expires_at: tokens.access_expires_at,
            refresh_expires_at: tokens.refresh_expires_at,
        })
    }

    pub(super) fn sealed(
        &self,
        tokens: &StoredTokens,
        id: Uuid,
    ) -> Result<linked_accounts::SealedTokens, ApiError> {
        let sealed = tokens.seal(id, &self.encryption);
        sealed.map_err(|error| ApiError::Internal(format!("tokens of a provider: {error}")))
    }

    /// Tells the user by mail that an account can sign in now.
    pub(super) async fn tell_of_new_method(
        &self,
        client: &impl service_kit::database::Executor,
        request: &HttpRequest,
        user: &User,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let requester = MailRequester::described(&self.log, request, &user.id);
        let message = Message::SignInMethodAdded { method: &provider.name };
        self.mailer.notify(client, &requester, Addressee::account(user), &message, now).await
    }
}

/// The tokens, as they are encrypted.
pub(super) fn stored(tokens: &ProviderTokens) -> StoredTokens {
    StoredTokens { access: tokens.access.clone(), refresh: tokens.refresh.clone(), id: tokens.id.clone() }
}

/// The user that a profile describes. What would not be accepted at sign-up is shortened or left out.
fn new_user(profile: &Profile, email: &Email) -> NewUser {
    let name = profile.name.chars().filter(|char| *char != '\0').take(MAX_NAME).collect();
    let fits = |image: &&String| is_safe_image(image) && image.chars().count() <= MAX_IMAGE;
    NewUser {
        name,
        email: email.clone(),
        image: profile.image.as_ref().filter(fits).cloned(),
        username: NewUsername::default(),
        fields: Default::default(),
    }
}

/// The refusal of a session for a user who was identified.
fn refused(error: ApiError) -> Failure {
    match error {
        ApiError::InvalidEmailOrPassword => Refusal::CannotSignIn.into(),
        ApiError::BannedUser => Refusal::Banned.into(),
        error => Failure::Failed(error),
    }
}
