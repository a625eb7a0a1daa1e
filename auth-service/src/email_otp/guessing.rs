//! Guesses at codes.

use actix_web::HttpRequest;
use jiff::Timestamp;
use service_kit::database::Transaction;

use super::service::EmailOtp;
use crate::codes::{Binding, Code, Purpose, Subject, Verdict};
use crate::error::{ApiError, CodeError};
use crate::protocol::email_address::Email;
use crate::protocol::min_response_time::MinResponseTime;
use crate::security_event::SecurityEvent;
use crate::users::{CredentialEpoch, User};

impl EmailOtp {
    /// Runs `check`, which compares a guess at a code of the account, unless too many guesses at its codes were wrong.
    /// `check` returns `None` after a wrong guess. The time of a refusal does not reveal whether the account exists.
    ///
    /// # Errors
    /// [`CodeError`] if the guess is refused, [`ApiError::TooManyRequests`] if guesses are not compared any more, and the
    /// errors of `check`.
    pub(super) async fn attempt<T>(
        &self,
        request: &HttpRequest,
        (purpose, account, user): (Purpose, &Email, Option<&User>),
        check: impl Future<Output = Result<Option<T>, ApiError>>,
    ) -> Result<T, ApiError> {
        let epoch = user.map_or(CredentialEpoch::FIRST, |user| user.credential_epoch);
        let id = user.map(|user| &user.id);
        let min_time = MinResponseTime::begin();
        let outcome = self.passwords.attempts.attempt_code(request, (account, id), epoch, check).await;
        let refusal = match &outcome {
            Ok(None) => Some(CodeError::Invalid),
            Err(ApiError::Code(error)) => Some(*error),
            Ok(Some(_)) | Err(_) => None,
        };
        if let Some(refusal) = refusal {
            let log = &self.passwords.log;
            let event = SecurityEvent::CodeRefused.by(log.client(request)).link(purpose.as_str());
            let event = event.reason(refusal.reason());
            let event = id.map_or(event, |id| event.user(id.as_str()));
            log.throttled(event, &(log.network(request), account.as_str()));
            // Comparing takes longer if the email has an account.
            min_time.reach().await;
        }
        outcome?.ok_or_else(|| CodeError::Invalid.into())
    }

    /// Compares a guess in this transaction. Returns the transaction and the binding of the code if it is right. Otherwise the
    /// guess is counted and committed.
    ///
    /// # Errors
    /// [`CodeError`] if the code has expired or too many guesses were wrong.
    pub(super) async fn compare(
        &self,
        transaction: Transaction,
        subject: &Subject<'_>,
        code: &Code,
        now: Timestamp,
    ) -> Result<Option<(Transaction, Binding)>, ApiError> {
        let refusal = match self.codes.guess(&transaction, subject, code, now).await? {
            Verdict::Right(binding) => return Ok(Some((transaction, binding))),
            Verdict::Wrong => None,
            Verdict::Expired => Some(CodeError::Expired),
            Verdict::Exhausted => Some(CodeError::TooManyAttempts),
        };
        transaction.commit().await?;
        refusal.map_or(Ok(None), |refusal| Err(refusal.into()))
    }

    /// Checks a code without using it up. `user` has the email.
    pub(super) async fn check(
        &self,
        request: &HttpRequest,
        subject: &Subject<'_>,
        user: Option<&User>,
        code: &Code,
    ) -> Result<(), ApiError> {
        let check = async {
            let transaction = self.passwords.pool.begin().await?;
            let right = self.compare(transaction, subject, code, self.passwords.clock.now()).await?;
            // The right guess is not counted: its transaction is rolled back.
            let is_bound = |binding: &Binding| match user {
                Some(user) => binding.user.is_none() || binding.is_to(user),
                None => binding.user.is_none(),
            };
            Ok(right.filter(|(_, binding)| is_bound(binding)).map(drop))
        };
        self.attempt(request, (subject.purpose, subject.email, user), check).await
    }
}
