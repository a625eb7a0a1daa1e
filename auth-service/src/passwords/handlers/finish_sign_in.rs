//! What follows a correct password at a sign-in.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use shared_claims::UserId;
use utoipa::ToSchema;

use super::super::service::Passwords;
use super::super::sign_in_metrics;
use crate::error::ApiError;
use crate::limits::MailRequester;
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::redirect::CheckedTarget;
use crate::security_event::SecurityEvent;
use crate::sessions::{Entry, TwoFactorRedirect, Way};
use crate::users::{self, CredentialEpoch, User, UserView};
use crate::verifications::NewLink;

/// The response to a correct password.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum SignInResponse<'a> {
    /// The user is signed in.
    Session(SignedIn<'a>),
    /// The user has to prove a second factor first.
    SecondFactor(TwoFactorRedirect<'a>),
}

/// A new session and its user.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedIn<'a> {
    /// Whether the client should go to `url`.
    redirect: bool,
    /// The session token: a bearer token for `/api/auth`. No later response has it.
    token: &'a str,
    /// The `callbackURL` of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
}

/// A sign-in with a password.
pub(super) struct Attempt<'a> {
    pub passwords: &'a Passwords,
    pub request: &'a HttpRequest,
    /// The user whose password is claimed, or whom the sign-up would create.
    pub named: Option<UserId>,
}

/// The session that a sign-in asks for.
#[derive(Clone, Copy)]
pub(super) struct SignInOptions<'a> {
    /// The `callbackURL`: absent (the outer `None`) or empty (the inner `None`).
    pub callback: Option<&'a Option<CheckedTarget>>,
    /// The `rememberMe`.
    pub remember_me: Option<bool>,
}

impl Attempt<'_> {
    /// Records and counts a refusal.
    pub fn refused(&self, reason: &'static str) {
        let log = &self.passwords.log;
        let event = SecurityEvent::SignInRefused.by(log.client(self.request)).reason(reason);
        log.refused(self.named.as_ref().map_or(event, |id| event.user(id.as_str())));
        sign_in_metrics::count(reason);
    }

    /// Starts a session of `user`, whose password is correct, and responds with it.
    ///
    /// # Errors
    /// [`ApiError::EmailNotVerified`], [`ApiError::BannedUser`], and [`ApiError::InvalidEmailOrPassword`] if the password
    /// was changed in the meantime.
    pub async fn finish(&self, user: &User, options: SignInOptions<'_>) -> Result<HttpResponse, ApiError> {
        let Self { passwords, request, .. } = *self;
        let callback = options.callback.and_then(Option::as_ref);
        let admission = passwords.sessions.admit(user, Way::SignIn);
        if let Err(ApiError::EmailNotVerified) = admission {
            if passwords.accounts.verify_on_sign_in {
                let min_time = MinResponseTime::begin();
                let sent = send_link_again(passwords, request, user, callback).await;
                min_time.reach().await;
                sent?;
            }
            self.refused("email_not_verified");
        }
        let admission = admission?;

        let now = passwords.clock.now();
        let remembered = options.remember_me.unwrap_or(true);
        // The browser that signed up is not marked before it signs in, if the email is verified first.
        let has_signed_up = user.credential_epoch == CredentialEpoch::FIRST
            && passwords.is_browser_of(request.headers(), &user.id);
        let entry = passwords.sessions.sign_in(request, admission, remembered, has_signed_up, now).await;
        match &entry {
            Err(ApiError::InvalidEmailOrPassword) => self.refused("credential_changed"),
            Err(ApiError::BannedUser) => self.refused(sign_in_metrics::BANNED),
            Ok(_) | Err(_) => {}
        }
        let client = passwords.log.client(request);
        let started = match entry? {
            Entry::Started(started) => started,
            Entry::Challenged(challenged) => {
                challenged.record(client);
                sign_in_metrics::count(sign_in_metrics::SECOND_FACTOR);
                return Ok(challenged.json(SignInResponse::SecondFactor));
            }
        };
        started.record(client);
        sign_in_metrics::count(sign_in_metrics::SIGNED_IN);

        // As in Better Auth, an empty one is returned, without a redirect.
        let url = options.callback.map(|target| target.as_ref().map_or("", CheckedTarget::as_str));
        let mut response = HttpResponse::Ok();
        if let Some(target) = callback {
            response.insert_header(target.location());
        }
        let (redirect, token) = (callback.is_some(), started.token.expose());
        let user_view = passwords.accounts.view(user);
        let mut response =
            response.json(SignInResponse::Session(SignedIn { redirect, token, url, user: user_view }));
        passwords.sessions.respond_with(&mut response, request, &started, user).await?;
        Ok(response)
    }
}

/// Sends the link that verifies the email of an account or sign-up. If the email has a verified account, no link is
/// sent for the sign-up, and the response must not reveal that.
async fn send_link_again(
    passwords: &Passwords,
    request: &HttpRequest,
    user: &User,
    callback: Option<&CheckedTarget>,
) -> Result<(), ApiError> {
    let account = users::find_by_email(&passwords.pool, &user.email).await?;
    let (link, is_taken) = match &account {
        Some(account) if account.email_verified => (NewLink::CompleteSignUp(&user.id, &user.email), true),
        Some(account) if account.id == user.id => (NewLink::VerifyEmail(account), false),
        Some(_) | None => (NewLink::CompleteSignUp(&user.id, &user.email), false),
    };
    let requester = MailRequester::new(passwords.log.network(request), None);
    let (mailer, now) = (&passwords.mailer, passwords.clock.now());
    let transaction = passwords.pool.begin().await?;
    let sending = if is_taken {
        mailer.send_decoy_link(&transaction, &requester, link, callback, now).await?
    } else {
        mailer.send(&transaction, &requester, link, callback, now).await?
    };
    mailer.finish(transaction, sending, (&passwords.log, None)).await
}
