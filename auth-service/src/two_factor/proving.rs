//! Who proves a second factor: a sign-in that waits for it, or the user of a session.

use actix_web::{FromRequest, HttpRequest};
use aws_lc_rs::digest;

use super::service::TwoFactor;
use crate::error::{ApiError, TwoFactorError};
use crate::second_factors::{self, Challenge, ChallengeToken};
use crate::sessions::{MaybeEnrolling, SignedIn};
use crate::tokens::AuthenticationMethod;
use crate::users::User;

/// Who proves a second factor.
pub(super) enum Prover {
    /// A sign-in that waits for it.
    SignIn(ChallengeToken, Box<Challenge>),
    /// The user of a session, who sets it up or authenticates again.
    Session(Box<SignedIn>),
}

impl Prover {
    pub(super) fn user(&self) -> &User {
        match self {
            Self::SignIn(_, challenge) => &challenge.user,
            Self::Session(current) => &current.user,
        }
    }

    /// What the code in a mail is stored for.
    pub(super) fn holder(&self) -> Vec<u8> {
        match self {
            Self::SignIn(token, _) => token.hash(),
            Self::Session(current) => {
                let text = format!("session:{}", current.session.id.as_uuid());
                digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec()
            }
        }
    }
}

impl TwoFactor {
    /// Finds out who proves a second factor by this request. As in Better Auth, a session comes first: a sign-in clears its
    /// cookie.
    ///
    /// # Errors
    /// [`TwoFactorError::InvalidChallenge`] if there is neither a session nor a live challenge.
    pub(super) async fn prover(&self, request: &HttpRequest) -> Result<Prover, ApiError> {
        if let MaybeEnrolling(Some(current)) = MaybeEnrolling::extract(request).await? {
            return Ok(Prover::Session(current));
        }
        let token = self.sessions.presented_challenge(request).ok_or(TwoFactorError::InvalidChallenge)?;
        let found = second_factors::find_challenge(&self.pool, &token, self.clock.now()).await?;
        let challenge = found.ok_or(TwoFactorError::InvalidChallenge)?;
        Ok(Prover::SignIn(token, Box::new(challenge)))
    }

    /// Requires a fresh session for a code that sets a factor up: somebody at an unattended device must not change what protects
    /// the account, even if the mailbox is open there, too.
    ///
    /// # Errors
    /// [`ApiError::SessionNotFresh`]
    pub(super) fn require_fresh_to_set_up(&self, prover: &Prover, is_set_up: bool) -> Result<(), ApiError> {
        match prover {
            Prover::Session(current) if !is_set_up => self.sessions.require_fresh(current),
            Prover::Session(_) | Prover::SignIn(..) => Ok(()),
        }
    }

    /// Whether a code by mail is another factor than what the user has proven: not if that was access to the mailbox.
    pub(super) async fn may_use_mail(&self, prover: &Prover) -> Result<bool, ApiError> {
        if !self.mailer.is_enabled() {
            return Ok(false);
        }
        match prover {
            Prover::SignIn(_, challenge) => Ok(challenge.mail_allowed),
            Prover::Session(current) => {
                let by_password =
                    current.session.authentication.method == Some(AuthenticationMethod::Password);
                let user = &current.user.id;
                Ok(by_password && !second_factors::is_password_from_mail(&self.pool, user).await?)
            }
        }
    }
}
