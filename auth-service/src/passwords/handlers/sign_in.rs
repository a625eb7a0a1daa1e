//! `sign-in/email`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use secrecy::SecretString;
use service_kit::envelope::Envelope;
use shared_claims::UserId;
use utoipa::ToSchema;

use super::super::hashing::Verdict;
use super::super::model::{Password, StoredHash};
use super::super::service::Passwords;
use super::super::sign_in_metrics;
use super::super::sign_ups::{self, SignUp};
use super::super::store;
use super::finish_sign_in::{Attempt, SignInOptions, SignInResponse};
use crate::error::{ApiError, RedirectTarget};
use crate::limits::Requester;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::{Email, MAX_EMAIL};
use crate::protocol::redirect::CheckedTarget;
use crate::users::{CredentialEpoch, User};

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

/// Sign in.
///
/// Starts a session and sets its cookie. The `set-auth-jwt` header holds an access token.
#[utoipa::path(tag = "credentials", request_body = SignIn, responses(
    (status = 200, body = SignInResponse, description = "The new session, or `twoFactorRedirect`: prove a second factor with two-factor/verify-*"),
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
    let attempt = Attempt { passwords: &passwords, request: &request, named };
    let requester = passwords.claiming(&request, &email, epoch);
    let check = candidates.check(&passwords, requester, &form);
    let guess = passwords.attempts.attempt(&request, (&email, attempt.named.as_ref()), epoch, check);
    let guess = guess.await.inspect_err(sign_in_metrics::count_unchecked);
    let Some(user) = guess? else {
        attempt.refused(refusal);
        return Err(ApiError::InvalidEmailOrPassword);
    };
    let options = SignInOptions { callback: form.callback_url.as_ref(), remember_me: form.remember_me };
    attempt.finish(&user, options).await
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
