//! Every error auth-service answers with. The texts and codes under `/api/auth` are Better Auth's own.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use service_kit::store::StoreError;
use utoipa::ToSchema;

/// How long a client should wait before it tries again what we could not take, in seconds.
const RETRY_AFTER: &str = "1";

/// What a request can be refused for.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The body is not JSON (or not UTF-8).
    #[error("Invalid JSON in request body")]
    InvalidJson,
    /// A media type the endpoint does not take.
    #[error("Content-Type \"{given}\" is not allowed. Allowed types: {allowed}")]
    UnsupportedMediaType {
        /// What the client said.
        given: String,
        /// What it may say.
        allowed: &'static str,
    },
    /// The body is larger than any honest one.
    #[error("The request body is too large")]
    PayloadTooLarge,
    /// Fields that break the endpoint's schema; the text lists them as Better Auth does.
    #[error("{0}")]
    Validation(String),
    /// Sign-in with something that is no address.
    #[error("Invalid email")]
    InvalidEmail,
    /// Below the minimum length.
    #[error("Password too short")]
    PasswordTooShort,
    /// Above the maximum length; never truncated.
    #[error("Password too long")]
    PasswordTooLong,
    /// A password that somebody chose and others guess. Better Auth's plugin `haveIBeenPwned` has the code.
    #[error("{}", .0.message())]
    PasswordCompromised(PasswordRisk),
    /// The address has an account.
    #[error("User already exists. Use another email.")]
    UserAlreadyExists,
    /// Unknown address or wrong password: the same answer for both (FR-010).
    #[error("Invalid email or password")]
    InvalidEmailOrPassword,
    /// No live session.
    #[error("Unauthorized")]
    Unauthorized,
    /// Cookies without an origin.
    #[error("Missing or null Origin")]
    MissingOrigin,
    /// An origin that is not trusted.
    #[error("Invalid origin")]
    InvalidOrigin,
    /// A form of another site tried to sign somebody in.
    #[error("Cross-site navigation login blocked. This request appears to be a CSRF attack.")]
    CrossSiteNavigation,
    /// A redirect target outside the trusted origins.
    #[error("Invalid {}", .0.label())]
    UntrustedTarget(RedirectTarget),
    /// A redirect target that is not text.
    #[error("Invalid {}: expected a string", .0.label())]
    TargetNotText(RedirectTarget),
    /// The password given to confirm something is not the account's.
    #[error("Invalid password")]
    InvalidPassword,
    /// The account has no password: it came from elsewhere.
    #[error("Credential account not found")]
    CredentialAccountNotFound,
    /// Strangers may not make accounts here.
    #[error("Email and password sign up is not enabled")]
    SignUpDisabled,
    /// The right password, but the address was never shown to be theirs.
    #[error("Email not verified")]
    EmailNotVerified,
    /// The session is too old to show where else one is signed in.
    #[error("Session is not fresh")]
    SessionNotFresh,
    /// The session is too old to delete the account without the password.
    #[error("Session expired. Re-authenticate to perform this action.")]
    SessionExpired,
    /// `update-user` does not change addresses.
    #[error("Email can not be updated")]
    EmailCanNotBeUpdated,
    /// `update-user` with nothing to change.
    #[error("No fields to update")]
    NoFieldsToUpdate,
    /// `change-email` is off.
    #[error("Change email is disabled")]
    ChangeEmailDisabled,
    /// `change-email` to the address the account has.
    #[error("Email is the same")]
    EmailIsTheSame,
    /// No mail can be sent, so no address be verified.
    #[error("Verification email isn't enabled")]
    VerificationEmailNotEnabled,
    /// No mail can be sent, so no password be reset.
    #[error("Reset password isn't enabled")]
    ResetPasswordDisabled,
    /// Verification asked for another address than one's own.
    #[error("Email mismatch")]
    EmailMismatch,
    /// Verification asked for a verified address.
    #[error("Email is already verified")]
    EmailAlreadyVerified,
    /// The token of a link is unknown, used up or out of date; the status depends on the endpoint.
    #[error("{}", .1.message())]
    Link(StatusCode, LinkRefusal),
    /// A link that was followed where nothing shows that its owner did: it takes a button, the session or the password.
    #[error("Confirm this on the page that the link opens in a browser, or send the account's password")]
    ConfirmationRequired,
    /// The link of somebody who is not signed in.
    #[error("Failed to get user info")]
    FailedToGetUserInfo,
    /// An endpoint that is switched off, as if there were none.
    #[error("not found")]
    NoSuchEndpoint,
    /// `POST get-session`, which Better Auth has for a setting we do not offer.
    #[error("POST method requires deferSessionRefresh to be enabled in session config")]
    DeferredSessionRefresh,
    /// One request or one wrong password too many. Better Auth gives it no code.
    #[error("Too many requests. Please try again later.")]
    TooManyRequests {
        /// In how many seconds another is let in.
        retry_after: i64,
    },
    /// This replica has not heard of the others for too long to speak for them.
    #[error("The service cannot answer right now. Please try again.")]
    CutOff,
    /// The hashing queue is full.
    #[error("Too many sign-ins at once. Please try again.")]
    HashingBusy,
    /// A stored value or the database went wrong.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything that is our own fault.
    #[error("{0}")]
    Internal(String),
}

/// The parameters that send a browser somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectTarget {
    /// `callbackURL`
    Callback,
    /// `redirectTo`
    Redirect,
    /// `errorCallbackURL`
    ErrorCallback,
    /// `newUserCallbackURL`
    NewUserCallback,
    /// `signIn`, of `forward-auth`: not Better Auth's
    SignIn,
}

impl RedirectTarget {
    /// The code of the refusal of one that is not trusted.
    pub fn code(self) -> &'static str {
        match self {
            Self::Callback => "INVALID_CALLBACK_URL",
            Self::Redirect => "INVALID_REDIRECT_URL",
            Self::ErrorCallback => "INVALID_ERROR_CALLBACK_URL",
            Self::NewUserCallback => "INVALID_NEW_USER_CALLBACK_URL",
            Self::SignIn => "INVALID_SIGN_IN_URL",
        }
    }

    /// The parameter's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Callback => "callbackURL",
            Self::Redirect => "redirectTo",
            Self::ErrorCallback => "errorCallbackURL",
            Self::NewUserCallback => "newUserCallbackURL",
            Self::SignIn => "signIn",
        }
    }

    /// What Better Auth calls it in messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Redirect => "redirectURL",
            Self::Callback | Self::ErrorCallback | Self::NewUserCallback | Self::SignIn => self.name(),
        }
    }
}

/// Why a password may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRisk {
    /// One of the most common passwords.
    Common,
    /// Little more than the name or email of the account, or the name of the service.
    Context,
    /// From a breach.
    Breached,
}

impl PasswordRisk {
    fn message(self) -> &'static str {
        match self {
            Self::Common => "This is one of the most common passwords. Please choose a different password.",
            Self::Context => {
                "The password is too similar to your name, your email or the name of this service. Please choose a \
                 different password."
            }
            Self::Breached => {
                "The password you entered has been compromised. Please choose a different password."
            }
        }
    }
}

/// Why a link from an e-mail is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRefusal {
    /// Never made, or used up.
    InvalidToken,
    /// Too old.
    TokenExpired,
    /// Somebody else is signed in.
    InvalidUser,
}

impl LinkRefusal {
    /// Its code, which redirects carry as `error`.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidToken => "INVALID_TOKEN",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::InvalidUser => "INVALID_USER",
        }
    }

    /// The reason that security events have for it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::InvalidToken => "invalid_token",
            Self::TokenExpired => "token_expired",
            Self::InvalidUser => "invalid_user",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::InvalidToken => "Invalid token",
            Self::TokenExpired => "Token expired",
            Self::InvalidUser => "Invalid user",
        }
    }
}

/// An error under `/api/auth`: `message` first, as Better Auth sends it. A few of its errors have no code.
#[derive(Serialize, ToSchema)]
pub struct ProtocolError<'a> {
    /// The reason, for people.
    #[schema(example = "Invalid email or password")]
    message: &'a str,
    /// The reason, for programs: `UPPER_SNAKE`, stable. Absent where Better Auth has none, as for 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "INVALID_EMAIL_OR_PASSWORD")]
    code: Option<&'static str>,
}

impl ApiError {
    /// The status, and the code if Better Auth has one for it.
    fn kind(&self) -> (StatusCode, Option<&'static str>) {
        use StatusCode as Status;
        let (status, code) = match self {
            Self::InvalidJson => (Status::BAD_REQUEST, "BAD_REQUEST"),
            Self::UnsupportedMediaType { .. } => (Status::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
            Self::PayloadTooLarge => (Status::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Self::Validation(_) => (Status::BAD_REQUEST, "VALIDATION_ERROR"),
            Self::InvalidEmail => (Status::BAD_REQUEST, "INVALID_EMAIL"),
            Self::PasswordTooShort => (Status::BAD_REQUEST, "PASSWORD_TOO_SHORT"),
            Self::PasswordTooLong => (Status::BAD_REQUEST, "PASSWORD_TOO_LONG"),
            Self::PasswordCompromised(_) => (Status::BAD_REQUEST, "PASSWORD_COMPROMISED"),
            Self::UserAlreadyExists => {
                (Status::UNPROCESSABLE_ENTITY, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
            }
            Self::InvalidEmailOrPassword => (Status::UNAUTHORIZED, "INVALID_EMAIL_OR_PASSWORD"),
            Self::Unauthorized => (Status::UNAUTHORIZED, "UNAUTHORIZED"),
            Self::MissingOrigin => (Status::FORBIDDEN, "MISSING_OR_NULL_ORIGIN"),
            Self::InvalidOrigin => (Status::FORBIDDEN, "INVALID_ORIGIN"),
            Self::CrossSiteNavigation => (Status::FORBIDDEN, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"),
            Self::UntrustedTarget(target) => (Status::FORBIDDEN, target.code()),
            Self::InvalidPassword => (Status::BAD_REQUEST, "INVALID_PASSWORD"),
            Self::CredentialAccountNotFound => (Status::BAD_REQUEST, "CREDENTIAL_ACCOUNT_NOT_FOUND"),
            Self::SignUpDisabled => (Status::BAD_REQUEST, "EMAIL_PASSWORD_SIGN_UP_DISABLED"),
            Self::EmailNotVerified => (Status::FORBIDDEN, "EMAIL_NOT_VERIFIED"),
            Self::SessionNotFresh => (Status::FORBIDDEN, "SESSION_NOT_FRESH"),
            Self::SessionExpired => (Status::BAD_REQUEST, "SESSION_EXPIRED"),
            Self::EmailCanNotBeUpdated => (Status::BAD_REQUEST, "EMAIL_CAN_NOT_BE_UPDATED"),
            Self::ChangeEmailDisabled => (Status::BAD_REQUEST, "CHANGE_EMAIL_DISABLED"),
            Self::VerificationEmailNotEnabled => (Status::BAD_REQUEST, "VERIFICATION_EMAIL_NOT_ENABLED"),
            Self::ResetPasswordDisabled => (Status::BAD_REQUEST, "RESET_PASSWORD_DISABLED"),
            Self::EmailMismatch => (Status::BAD_REQUEST, "EMAIL_MISMATCH"),
            Self::EmailAlreadyVerified => (Status::BAD_REQUEST, "EMAIL_ALREADY_VERIFIED"),
            Self::Link(status, refusal) => (*status, refusal.code()),
            Self::ConfirmationRequired => (Status::FORBIDDEN, "CONFIRMATION_REQUIRED"),
            Self::FailedToGetUserInfo => (Status::NOT_FOUND, "FAILED_TO_GET_USER_INFO"),
            Self::DeferredSessionRefresh => {
                (Status::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED")
            }
            Self::TargetNotText(_) | Self::NoFieldsToUpdate | Self::EmailIsTheSame => {
                return (Status::BAD_REQUEST, None);
            }
            Self::TooManyRequests { .. } => return (Status::TOO_MANY_REQUESTS, None),
            Self::NoSuchEndpoint => return (Status::NOT_FOUND, None),
            Self::CutOff | Self::HashingBusy | Self::Store(StoreError::Unavailable(_)) => {
                (Status::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE")
            }
            Self::Store(
                StoreError::Constraint { .. } | StoreError::Corrupt { .. } | StoreError::Statement(_),
            )
            | Self::Internal(_) => (Status::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR"),
        };
        (status, Some(code))
    }

    /// What a stranger may read: our own texts as they are, nothing of a cause.
    fn message(&self) -> String {
        match self {
            Self::Store(StoreError::Unavailable(_)) => {
                "The service cannot answer right now. Please try again.".to_owned()
            }
            Self::Store(_) | Self::Internal(_) => "Something went wrong".to_owned(),
            other => other.to_string(),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.kind().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = self.kind();
        let mut response = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
        }
        if let Self::TooManyRequests { retry_after } = self {
            // The protocol's own header, and the one that every other client knows.
            response.insert_header(("x-retry-after", *retry_after));
            response.insert_header((header::RETRY_AFTER, *retry_after));
        }
        if matches!(self, Self::NoSuchEndpoint) {
            return response.finish();
        }
        response.json(ProtocolError { message: &self.message(), code })
    }
}
