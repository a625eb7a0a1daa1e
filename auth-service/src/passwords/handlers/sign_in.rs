//! `sign-in/email`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use secrecy::SecretString;
use serde::Serialize;
use service_kit::envelope::Envelope;
use shared_claims::UserId;
use utoipa::ToSchema;

use super::super::hashing::Verdict;
use super::super::model::{Password, StoredHash};
use super::super::service::Passwords;
use super::super::sign_in_metrics;
use super::super::sign_ups::{self, SignUp};
use super::super::store;
use crate::error::{ApiError, RedirectTarget};
use crate::limits::{MailRequester, Requester};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::{Email, MAX_EMAIL};
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::redirect::CheckedTarget;
use crate::security_event::SecurityEvent;
use crate::sessions::Way;
use crate::users::{self, CredentialEpoch, User, UserView};
use crate::verifications::NewLink;

/// The credentials of an account.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "password": "correct horse battery"}))]
pub struct SignIn {
    /// The account's email, in upper or lower case.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The account's password.
    #[schema(value_type = String, max_length = 128)]
    password: SecretString,
    /// Where the page goes after the sign-in. The response has it as `url`, with `redirect: true`.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<Option<CheckedTarget>>,
    /// If false, the session ends with the browser, or after a day. The default is true.
    #[schema(rename = "rememberMe", value_type = bool, required = false)]
    remember_me: Option<bool>,
}

impl Schema for SignIn {
    const SIGNS_IN: bool = true;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.string("email");
        fields.at_most("email", email, MAX_EMAIL);
        let password = fields.password("password");
        let callback_url = fields.optional_target(RedirectTarget::Callback);
        let remember_me = fields.optional_boolean("rememberMe");
        Some(Self { email: email?.to_owned(), password: password?, callback_url, remember_me })
    }
}

/// A new session and its user.
#[derive(Serialize, ToSchema)]
struct SignedIn<'a> {
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

/// Sign in.
///
/// Starts a session and sets its cookie. The `set-auth-jwt` header holds an access token.
#[utoipa::path(tag = "credentials", request_body = SignIn, responses(
    (status = 200, body = SignedIn, description = "The new session"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, PASSWORD_TOO_LONG"),
    (status = 401, body = Envelope, description = "INVALID_EMAIL_OR_PASSWORD, for an unknown email too"),
    (status = 403, body = Envelope, description = "EMAIL_NOT_VERIFIED, BANNED_USER, or the origin is not trusted"),
    (status = 429, description = "Too many from this address or for this account; X-Retry-After says for how many \
                                  seconds"),
    (status = 503, body = Envelope, description = "The database is unavailable, or too many passwords wait to be hashed"),
))]
#[post("/sign-in/email")]
pub async fn sign_in(
    request: HttpRequest,
    passwords: web::Data<Passwords>,
    Body(form): Body<SignIn>,
) -> Result<HttpResponse, ApiError> {
    let email = Email::parse(&form.email).ok_or(ApiError::InvalidEmail)?;
    // Refused before anything is counted or queried.
    Password::claimed(&form.password, passwords.rules)?;
    let candidates = Candidates::find(&passwords, &request, &email).await?;
    let epoch = candidates.epoch();
    let (named, refusal) = (candidates.named().cloned(), candidates.refusal());
    let refused = |reason| {
        let event = SecurityEvent::SignInRefused.by(passwords.log.client(&request)).reason(reason);
        passwords.log.refused(named.as_ref().map_or(event, |id| event.user(id.as_str())));
        sign_in_metrics::count(reason);
    };
    let requester = passwords.claiming(&request, &email, epoch);
    let check = candidates.check(&passwords, requester, &form);
    let guess = passwords.attempts.attempt(&request, (&email, named.as_ref()), epoch, check);
    let guess = guess.await.inspect_err(sign_in_metrics::count_unchecked);
    let Some(user) = guess? else {
        refused(refusal);
        return Err(ApiError::InvalidEmailOrPassword);
    };
    let admission = passwords.sessions.admit(&user, Way::SignIn);
    if let Err(ApiError::EmailNotVerified) = admission {
        if passwords.accounts.verify_on_sign_in {
            let min_time = MinResponseTime::begin();
            let callback = form.callback_url.as_ref().and_then(Option::as_ref);
            let sent = send_link_again(&passwords, &request, &user, callback).await;
            min_time.reach().await;
            sent?;
        }
        refused("email_not_verified");
    }
    let admission = admission?;

    let now = passwords.clock.now();
    let remembered = form.remember_me.unwrap_or(true);
    // The browser that signed up is not marked before it signs in, if the email is verified first.
    let has_signed_up = user.credential_epoch == CredentialEpoch::FIRST
        && passwords.is_browser_of(request.headers(), &user.id);
    let started = passwords.sessions.sign_in(&request, admission, remembered, has_signed_up, now).await;
    match &started {
        Err(ApiError::InvalidEmailOrPassword) => refused("credential_changed"),
        Err(ApiError::BannedUser) => refused(sign_in_metrics::BANNED),
        Ok(_) | Err(_) => {}
    }
    let started = started?;
    started.record(passwords.log.client(&request));
    sign_in_metrics::count(sign_in_metrics::SIGNED_IN);

    // As in Better Auth, an empty one is returned, without a redirect.
    let url = form.callback_url.as_ref().map(|target| target.as_ref().map_or("", CheckedTarget::as_str));
    let target = form.callback_url.as_ref().and_then(Option::as_ref);
    let mut response = HttpResponse::Ok();
    if let Some(target) = target {
        response.insert_header(target.location());
    }
    let (redirect, token) = (target.is_some(), started.token.expose());
    let mut response =
        response.json(SignedIn { redirect, token, url, user: passwords.accounts.fields.view(&user) });
    passwords.sessions.respond_with(&mut response, &request, &started, &user).await?;
    Ok(response)
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

/// The account and the sign-up whose password may be claimed.
struct Candidates {
    /// The user with the email, and the hash of the password if there is one.
    user: Option<(User, Option<StoredHash>)>,
    /// The sign-up with the email: the one of this browser, or else the newest. Only if emails are verified first.
    sign_up: Option<SignUp>,
}

impl Candidates {
    async fn find(passwords: &Passwords, request: &HttpRequest, email: &Email) -> Result<Self, ApiError> {
        let user = store::find_by_email(&passwords.pool, email);
        if !passwords.accounts.require_verified_email {
            return Ok(Self { user: user.await?, sign_up: None });
        }
        // Queries both in any case, so that timing does not reveal the first result.
        let sign_ups = sign_ups::find_by_email(&passwords.pool, email, passwords.clock.now());
        let (user, mut sign_ups) = tokio::try_join!(user, sign_ups)?;
        let own = |sign_up: &SignUp| passwords.is_browser_of(request.headers(), &sign_up.id);
        let place = sign_ups.iter().position(own).unwrap_or_default();
        let sign_up = (place < sign_ups.len()).then(|| sign_ups.swap_remove(place));
        Ok(Self { user, sign_up })
    }

    /// The epoch of the credential that is claimed.
    fn epoch(&self) -> CredentialEpoch {
        self.user.as_ref().map_or(CredentialEpoch::FIRST, |(user, _)| user.credential_epoch)
    }

    /// The user whose password is claimed, or whom the sign-up would create.
    fn named(&self) -> Option<&UserId> {
        let sign_up = self.sign_up.as_ref().map(|sign_up| &sign_up.id);
        self.user.as_ref().map(|(user, _)| &user.id).or(sign_up)
    }

    /// The reason in security events for a wrong password.
    fn refusal(&self) -> &'static str {
        match (&self.user, &self.sign_up) {
            (None, None) => "unknown_email",
            (Some((_, None)), None) => "no_password",
            _ => "wrong_password",
        }
    }

    /// Compares a password with that of the account. An unknown email, or an account without a password, costs the
    /// same hash as a wrong password. If emails are verified first, a wrong password is also compared with that of a
    /// sign-up, which costs a second hash even if there is none. So timing reveals neither accounts nor sign-ups. No
    /// database connection is held during a hash.
    async fn check(
        self,
        passwords: &Passwords,
        requester: Requester,
        form: &SignIn,
    ) -> Result<Option<User>, ApiError> {
        let claimed = || Password::claimed(&form.password, passwords.rules);
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
