//! Signing in with a name and a password: the account and the sign-up that the name may mean, and their passwords.

use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use shared_claims::UserId;

use super::super::hashing::Verdict;
use super::super::model::{Password, StoredHash};
use super::super::service::Passwords;
use super::super::sign_in_metrics;
use super::super::sign_ups::{self, SignUp};
use super::super::store;
use super::finish_sign_in::{Attempt, SignInOptions};
use crate::error::ApiError;
use crate::limits::{ClaimedAccount, Requester};
use crate::protocol::email_address::Email;
use crate::users::{CredentialEpoch, User, Username};

/// The name that a sign-in gives for its account.
#[derive(Debug, Clone, Copy)]
pub(super) enum AccountName<'a> {
    /// The email of the account.
    Email(&'a Email),
    /// The username of the account.
    Username(&'a Username),
}

impl Passwords {
    /// Signs in with a password. Each kind of name has the same limits, hashes, security events and metrics.
    ///
    /// # Errors
    /// [`ApiError::InvalidEmailOrPassword`] for an unknown name or a wrong password; [`ApiError::PasswordTooLong`],
    /// [`ApiError::TooManyRequests`] if the account is locked, and the errors of [`Attempt::finish`].
    pub(super) async fn sign_in(
        &self,
        request: &HttpRequest,
        name: AccountName<'_>,
        password: &SecretString,
        options: SignInOptions<'_>,
    ) -> Result<HttpResponse, ApiError> {
        // Refused before anything is counted or queried.
        Password::claimed(password, self.rules)?;
        let candidates = Candidates::find(self, request, name).await?;
        let (epoch, email) = (candidates.epoch(), candidates.email().cloned());
        let account = match (name, &email) {
            (AccountName::Email(email), _) | (AccountName::Username(_), Some(email)) => email.into(),
            (AccountName::Username(username), None) => ClaimedAccount::UnknownUsername(username),
        };
        let (named, refusal) = (candidates.named().cloned(), candidates.refusal(name));
        let attempt = Attempt { passwords: self, request, named };
        let check = candidates.check(self, self.claiming(request, account, epoch), password);
        let guess = self.attempts.attempt(request, (account, attempt.named.as_ref()), epoch, check);
        let guess = guess.await.inspect_err(sign_in_metrics::count_unchecked);
        let Some(user) = guess? else {
            attempt.refused(refusal);
            return Err(ApiError::InvalidEmailOrPassword);
        };
        attempt.finish(&user, options).await
    }
}

/// The account and the sign-up whose password may be claimed.
struct Candidates {
    /// The user with the name, and the hash of the password if there is one.
    user: Option<(User, Option<StoredHash>)>,
    /// The sign-up with the name: the one of this browser, or else the newest. Only if emails are verified first.
    sign_up: Option<SignUp>,
}

impl Candidates {
    async fn find(
        passwords: &Passwords,
        request: &HttpRequest,
        name: AccountName<'_>,
    ) -> Result<Self, ApiError> {
        let pool = &passwords.pool;
        let user = async {
            match name {
                AccountName::Email(email) => store::find_by_email(pool, email).await,
                AccountName::Username(username) => store::find_by_username(pool, username).await,
            }
        };
        if !passwords.accounts.require_verified_email {
            return Ok(Self { user: user.await?, sign_up: None });
        }
        // Queries both in any case, so that timing does not reveal the first result.
        let now = passwords.clock.now();
        let sign_ups = async {
            match name {
                AccountName::Email(email) => sign_ups::find_by_email(pool, email, now).await,
                AccountName::Username(username) => sign_ups::find_by_username(pool, username, now).await,
            }
        };
        let (user, mut sign_ups) = tokio::try_join!(user, sign_ups)?;
        let own = |sign_up: &SignUp| passwords.is_browser_of(request.headers(), &sign_up.id);
        let place = sign_ups.iter().position(own).unwrap_or_default();
        let sign_up = (place < sign_ups.len()).then(|| sign_ups.swap_remove(place));
        // A username belongs to its user. A sign-up with the same username has another email, and will not get it.
        let is_taken = matches!(name, AccountName::Username(_)) && user.is_some();
        Ok(Self { user, sign_up: sign_up.filter(|_| !is_taken) })
    }

    /// The epoch of the credential that is claimed.
    fn epoch(&self) -> CredentialEpoch {
        self.user.as_ref().map_or(CredentialEpoch::FIRST, |(user, _)| user.credential_epoch)
    }

    /// The email of the account or sign-up, by which wrong passwords are counted.
    fn email(&self) -> Option<&Email> {
        let sign_up = self.sign_up.as_ref().map(|sign_up| &sign_up.email);
        self.user.as_ref().map(|(user, _)| &user.email).or(sign_up)
    }

    /// The user whose password is claimed, or whom the sign-up would create.
    fn named(&self) -> Option<&UserId> {
        let sign_up = self.sign_up.as_ref().map(|sign_up| &sign_up.id);
        self.user.as_ref().map(|(user, _)| &user.id).or(sign_up)
    }

    /// The reason in security events for a wrong password.
    fn refusal(&self, name: AccountName<'_>) -> &'static str {
        match (&self.user, &self.sign_up, name) {
            (None, None, AccountName::Email(_)) => "unknown_email",
            (None, None, AccountName::Username(_)) => "unknown_username",
            (Some((_, None)), None, _) => "no_password",
            _ => "wrong_password",
        }
    }

    /// Compares a password with that of the account. An unknown name, or an account without a password, costs the
    /// same hash as a wrong password. If emails are verified first, a wrong password is also compared with that of a
    /// sign-up, which costs a second hash even if there is none. So timing reveals neither accounts nor sign-ups. No
    /// database connection is held during a hash.
    async fn check(
        self,
        passwords: &Passwords,
        requester: Requester,
        password: &SecretString,
    ) -> Result<Option<User>, ApiError> {
        let claimed = || Password::claimed(password, passwords.rules);
        let (user, stored) = match self.user {
            Some((user, stored)) => (Some(user), stored),
            None => (None, None),
        };
        let verdict = passwords.hashes.verify(requester.clone(), claimed()?, stored).await?;
        if passwords.accept(requester.clone(), user.as_ref().map(|user| &user.id), verdict).await {
            return Ok(user);
        }
        if !passwords.accounts.require_verified_email {
            return Ok(None);
        }
        let (user, stored) = self.sign_up.map(SignUp::into_unverified).unzip();
        let verdict = passwords.hashes.verify(requester, claimed()?, stored).await?;
        Ok(user.filter(|_| !matches!(verdict, Verdict::Wrong)))
    }
}
