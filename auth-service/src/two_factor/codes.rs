//! Comparing a code, and what a right one leads to, in one transaction.

use actix_web::HttpRequest;
use jiff::Timestamp;
use service_kit::database::Transaction;
use service_kit::id;

use super::metrics;
use super::proving::Prover;
use super::service::TwoFactor;
use crate::audit;
use crate::email::Message;
use crate::error::{ApiError, TwoFactorError};
use crate::second_factors::{
    self, BackupCode, ChallengeGuess, ChallengeToken, DeviceToken, MailCode, MailGuess, NewTrustedDevice,
    SecondFactor,
};
use crate::security_event::SecurityEvent;
use crate::sessions::{SignedIn, Started};
use crate::users::{self, User};

/// Maximum number of codes that are compared for a challenge, and for a code in a mail, as in Better Auth.
const MAX_GUESSES: i32 = 5;

/// A code to compare, and what is asked for if it is right.
pub(super) struct Claim<'a> {
    pub(super) factor: SecondFactor,
    pub(super) code: &'a str,
    /// Whether the device is trusted from now on.
    pub(super) trusts: bool,
    /// Whether a session starts. If not, the code is used up, and nothing else happens.
    pub(super) starts: bool,
}

/// What a right code led to.
pub(super) struct Proof {
    pub(super) user: User,
    /// The new session; `None` if none was asked for.
    pub(super) started: Option<Started>,
    /// The token of the device that is trusted from now on.
    pub(super) device: Option<DeviceToken>,
}

impl TwoFactor {
    /// Compares a code of `prover`, within the limits of the challenge and of the account. `None` if it is wrong.
    ///
    /// # Errors
    /// [`TwoFactorError::Locked`], [`TwoFactorError::TooManyAttempts`], and what the code needs that is not there.
    pub(super) async fn prove(
        &self,
        request: &HttpRequest,
        prover: &Prover,
        claim: &Claim<'_>,
    ) -> Result<Option<Proof>, ApiError> {
        let user = prover.user();
        let check = self.check(request, prover, claim);
        let attempt = self.passwords.attempts.attempt_second_factor(request, user, check).await;
        let proof = attempt.inspect_err(metrics::count_unchecked).map_err(|error| match error {
            ApiError::TooManyRequests { retry_after } => TwoFactorError::Locked { retry_after }.into(),
            error => error,
        })?;
        metrics::count(if proof.is_some() { metrics::RIGHT } else { metrics::WRONG });
        if proof.is_none() {
            let event = SecurityEvent::SecondFactorRefused.by(self.log.client(request));
            self.log.refused(event.user(user.id.as_str()).reason(claim.factor.name()));
        }
        Ok(proof)
    }

    async fn check(
        &self,
        request: &HttpRequest,
        prover: &Prover,
        claim: &Claim<'_>,
    ) -> Result<Option<Proof>, ApiError> {
        let now = self.clock.now();
        if let Prover::SignIn(token, _) = prover {
            match second_factors::count_guess(&self.pool, token, MAX_GUESSES, now).await? {
                ChallengeGuess::Counted => {}
                ChallengeGuess::Spent => return Err(TwoFactorError::TooManyAttempts.into()),
                ChallengeGuess::Gone => return Err(TwoFactorError::InvalidChallenge.into()),
            }
        }
        let user = prover.user();
        let transaction = self.pool.begin().await?;
        if !users::lock(&transaction, &user.id, user.credential_epoch).await? {
            return Err(TwoFactorError::InvalidChallenge.into());
        }
        if !self.is_right(&transaction, prover, claim, now).await? {
            // A code in a mail counts how often it was compared.
            transaction.commit().await?;
            return Ok(None);
        }
        if !claim.starts {
            audit::commit(transaction, &[self.used(request, user, claim.factor)]).await?;
            return Ok(Some(Proof { user: user.clone(), started: None, device: None }));
        }
        match prover {
            Prover::SignIn(token, _) => self.sign_in(transaction, request, (token, user), claim, now).await,
            Prover::Session(current) => self.enroll(transaction, request, current, claim, now).await,
        }
        .map(Some)
    }

    /// Compares the code, and uses it up if it is right.
    async fn is_right(
        &self,
        transaction: &Transaction,
        prover: &Prover,
        claim: &Claim<'_>,
        now: Timestamp,
    ) -> Result<bool, ApiError> {
        let user = &prover.user().id;
        if claim.factor == SecondFactor::MailCode {
            let hash = MailCode::hash_of(claim.code, &self.factors.code_key, user);
            let guess = (hash.as_slice(), MAX_GUESSES);
            return match second_factors::guess_mail_code(transaction, user, &prover.holder(), guess, now)
                .await?
            {
                MailGuess::Right => Ok(true),
                MailGuess::Wrong => Ok(false),
                MailGuess::Spent => Err(TwoFactorError::TooManyAttempts.into()),
                MailGuess::Expired => Err(TwoFactorError::OtpHasExpired.into()),
            };
        }
        let found = second_factors::find_factor(transaction, user).await?;
        let found = found.ok_or(TwoFactorError::NotEnabled)?;
        let secret = self.factors.open(user, &found.secret)?;
        if claim.factor == SecondFactor::BackupCode {
            let hash = BackupCode::from(claim.code).hash(&secret.code_key());
            return Ok(second_factors::use_backup_code(transaction, user, &hash).await?);
        }
        let key = secret.totp.ok_or(TwoFactorError::TotpNotEnabled)?;
        match key.step_of(claim.code, now) {
            // A code that was used, or an older one, is wrong.
            Some(step) => Ok(second_factors::use_totp_step(transaction, user, step).await?),
            None => Ok(false),
        }
    }

    /// Ends the challenge and starts its session.
    async fn sign_in(
        &self,
        transaction: Transaction,
        request: &HttpRequest,
        (token, user): (&ChallengeToken, &User),
        claim: &Claim<'_>,
        now: Timestamp,
    ) -> Result<Proof, ApiError> {
        let passed = second_factors::consume_challenge(&transaction, token, claim.factor, now).await?;
        let passed = passed.ok_or(TwoFactorError::InvalidChallenge)?;
        let more_than_mail = claim.factor != SecondFactor::MailCode;
        second_factors::set_enabled(&transaction, &user.id, true, more_than_mail, now).await?;
        let cleared = self.sessions.admit_passed(user, &passed);
        let started = self.sessions.start(&transaction, request, cleared, passed.remembered, now).await?;
        if !self.sessions.devices.know(request, user) {
            self.notify(&transaction, request, user, &Message::NewDevice, now).await?;
        }
        let device = self.trust(&transaction, (user, &started), claim.trusts, now).await?;
        let mut events = vec![self.used(request, user, claim.factor)];
        if device.is_some() {
            let event = SecurityEvent::DeviceTrusted.by(self.log.client(request));
            events.push(event.user(user.id.as_str()).session(*started.session.id.as_uuid()));
        }
        if claim.factor == SecondFactor::BackupCode {
            self.notify(&transaction, request, user, &Message::BackupCodeUsed, now).await?;
        }
        self.mailer.commit(transaction, &events).await?;
        Ok(Proof { user: user.clone(), started: Some(started), device })
    }

    /// Starts a session that continues the current one, with the second factor. The first proof sets the factor up.
    async fn enroll(
        &self,
        transaction: Transaction,
        request: &HttpRequest,
        current: &SignedIn,
        claim: &Claim<'_>,
        now: Timestamp,
    ) -> Result<Proof, ApiError> {
        let confirms = claim.factor == SecondFactor::Totp
            && second_factors::confirm_totp(&transaction, &current.user.id).await?;
        let enables = confirms || !current.user.two_factor;
        let more_than_mail = claim.factor != SecondFactor::MailCode;
        second_factors::set_enabled(&transaction, &current.user.id, true, more_than_mail, now).await?;
        let user = if current.user.two_factor {
            current.user.clone()
        } else {
            User { two_factor: true, updated_at: now, ..current.user.clone() }
        };
        let factor = Some(claim.factor);
        let started = self.continue_session(&transaction, request, (current, &user), factor, now).await?;
        let mut events = vec![self.used(request, &current.user, claim.factor)];
        if enables {
            self.notify(&transaction, request, &user, &Message::SecondFactorAdded, now).await?;
            let event = current.event(SecurityEvent::SecondFactorAdded, self.log.client(request));
            events.push(event.reason(claim.factor.name()));
        }
        let device = self.trust(&transaction, (&user, &started), claim.trusts, now).await?;
        self.mailer.commit(transaction, &events).await?;
        Ok(Proof { user, started: Some(started), device })
    }

    /// Trusts the device of a new session, if that is asked for.
    async fn trust(
        &self,
        transaction: &Transaction,
        (user, started): (&User, &Started),
        trusts: bool,
        now: Timestamp,
    ) -> Result<Option<DeviceToken>, ApiError> {
        if !trusts {
            return Ok(None);
        }
        let token = DeviceToken::generate()?;
        let device = NewTrustedDevice {
            id: id::new_v7(now),
            token: &token,
            epoch: user.credential_epoch,
            expires_at: self.sessions.trusted_until(now),
            ip_address: &started.session.ip_address,
            user_agent: &started.session.user_agent,
        };
        second_factors::trust(transaction, &user.id, &device, now).await?;
        Ok(Some(token))
    }

    fn used<'a>(
        &self,
        request: &HttpRequest,
        user: &'a User,
        factor: SecondFactor,
    ) -> service_kit::security_log::Record<'a> {
        let event = SecurityEvent::SecondFactorProven.by(self.log.client(request));
        event.user(user.id.as_str()).reason(factor.name())
    }
}
