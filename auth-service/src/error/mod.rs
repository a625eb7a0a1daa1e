//! The errors of auth-service. The texts and codes below `/api/auth` are Better Auth's.

mod code;
mod social;
mod two_factor;
mod username;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use service_kit::store::StoreError;
use utoipa::ToSchema;

pub use code::CodeError;
pub use social::SocialError;
pub use two_factor::TwoFactorError;
pub use username::{UnfitUsername, UsernameError};

/// Seconds that a client should wait before it retries a request that the service could not handle.
const RETRY_AFTER: i64 = 1;

/// What a banned user is told after the right password.
pub const BANNED_MESSAGE: &str =
    "You have been banned from this application. Please contact support if you believe this is an error.";

/// The errors that a request can get.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The body is not JSON (or not UTF-8).
    #[error("Invalid JSON in request body")]
    InvalidJson,
    /// The endpoint does not accept this media type.
    #[error("Content-Type \"{given}\" is not allowed. Allowed types: {allowed}")]
    UnsupportedMediaType {
        /// The media type of the request.
        given: String,
        /// The media types that the endpoint accepts.
        allowed: &'static str,
    },
    /// The body is larger than any valid one.
    #[error("The request body is too large")]
    PayloadTooLarge,
    /// Fields that violate the endpoint's schema. The text lists them in Better Auth's form.
    #[error("{0}")]
    Validation(String),
    /// A new user has no value for a required additional field, or a change would remove it.
    #[error("{0} is required")]
    MissingField(String),
    /// A request sets an additional field that users cannot set.
    #[error("{0} is not allowed to be set")]
    FieldNotAllowed(String),
    /// Sign-in with an invalid email.
    #[error("Invalid email")]
    InvalidEmail,
    /// The password is shorter than the minimum.
    #[error("Password too short")]
    PasswordTooShort,
    /// The password is longer than the maximum. It is never truncated.
    #[error("Password too long")]
    PasswordTooLong,
    /// A new password that is easy to guess. The code is that of Better Auth's plugin `haveIBeenPwned`.
    #[error("{}", .0.message())]
    PasswordCompromised(PasswordRisk),
    /// The email has an account.
    #[error("User already exists. Use another email.")]
    UserAlreadyExists,
    /// Unknown email or wrong password, with the same response for both (FR-010).
    #[error("Invalid email or password")]
    InvalidEmailOrPassword,
    /// No live session.
    #[error("Unauthorized")]
    Unauthorized,
    /// The request has cookies and no origin.
    #[error("Missing or null Origin")]
    MissingOrigin,
    /// The origin of the request is not trusted.
    #[error("Invalid origin")]
    InvalidOrigin,
    /// A form on another site tried to sign somebody in.
    #[error("Cross-site navigation login blocked. This request appears to be a CSRF attack.")]
    CrossSiteNavigation,
    /// A redirect target outside the trusted origins.
    #[error("Invalid {}", .0.label())]
    UntrustedTarget(RedirectTarget),
    /// A redirect target that is not a string.
    #[error("Invalid {}: expected a string", .0.label())]
    TargetNotText(RedirectTarget),
    /// The password that was sent to confirm an action is wrong.
    #[error("Invalid password")]
    InvalidPassword,
    /// The account has no password, because it was imported without one.
    #[error("Credential account not found")]
    CredentialAccountNotFound,
    /// Sign-up is disabled.
    #[error("Email and password sign up is not enabled")]
    SignUpDisabled,
    /// The password is correct, but the email is not verified.
    #[error("Email not verified")]
    EmailNotVerified,
    /// The password is correct, but the user is banned. The code and the text are those of Better Auth's plugin `admin`.
    #[error("{BANNED_MESSAGE}")]
    BannedUser,
    /// The session is too old for this action.
    #[error("Session is not fresh")]
    SessionNotFresh,
    /// The session is too old to delete the account without the password.
    #[error("Session expired. Re-authenticate to perform this action.")]
    SessionExpired,
    /// `update-user` does not change the email.
    #[error("Email can not be updated")]
    EmailCanNotBeUpdated,
    /// `update-user` without a change.
    #[error("No fields to update")]
    NoFieldsToUpdate,
    /// `CHANGE_EMAIL_ENABLED` is off.
    #[error("Change email is disabled")]
    ChangeEmailDisabled,
    /// `change-email` to the current email.
    #[error("Email is the same")]
    EmailIsTheSame,
    /// Mail is off, so no email can be verified.
    #[error("Verification email isn't enabled")]
    VerificationEmailNotEnabled,
    /// Mail is off, so no password can be reset.
    #[error("Reset password isn't enabled")]
    ResetPasswordDisabled,
    /// With a session, verification was requested for the email of another user.
    #[error("Email mismatch")]
    EmailMismatch,
    /// Verification was requested for a verified email.
    #[error("Email is already verified")]
    EmailAlreadyVerified,
    /// The token of a link is unknown, used or expired. The status depends on the endpoint.
    #[error("{}", .1.message())]
    Link(StatusCode, LinkRefusal),
    /// A link was followed without proof that its owner did it: it requires a click, the session or the password.
    #[error("Confirm this on the page that the link opens in a browser, or send the account's password")]
    ConfirmationRequired,
    /// A deletion link was followed without a session.
    #[error("Failed to get user info")]
    FailedToGetUserInfo,
    /// A request about an identity provider, or about an account there, is refused.
    #[error(transparent)]
    Social(#[from] SocialError),
    /// A request about a second factor is refused.
    #[error(transparent)]
    TwoFactor(#[from] TwoFactorError),
    /// A request about a username is refused.
    #[error(transparent)]
    Username(#[from] UsernameError),
    /// A request with a code from a mail is refused.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The identity provider could not be reached.
    #[error("The provider cannot be reached. Please try again.")]
    ProviderUnavailable,
    /// The endpoint is disabled, and responds as if it did not exist.
    #[error("not found")]
    NoSuchEndpoint,
    /// `POST get-session`, which Better Auth has for a setting that this service does not offer.
    #[error("POST method requires deferSessionRefresh to be enabled in session config")]
    DeferredSessionRefresh,
    /// A rate limit was exceeded, or the account is locked. Better Auth has no code for it.
    #[error("Too many requests. Please try again later.")]
    TooManyRequests {
        /// Seconds until the next attempt is accepted.
        retry_after: i64,
    },
    /// The last contact with the database is too long ago to issue tokens or status lists, or no position is free in
    /// them.
    #[error("The service cannot answer right now. Please try again.")]
    CutOff,
    /// The hashing queue is full.
    #[error("Too many sign-ins at once. Please try again.")]
    HashingBusy {
        /// Seconds until the hashes that wait now are finished.
        retry_after: i64,
    },
    /// The database or a stored value caused an error.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A bug in this service.
    #[error("{0}")]
    Internal(String),
}

/// The parameters with redirect targets.
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
    /// `signIn` of `forward-auth`, which Better Auth does not have.
    SignIn,
}

impl RedirectTarget {
    /// The error code of a target that is not trusted.
    pub fn code(self) -> &'static str {
        match self {
            Self::Callback => "INVALID_CALLBACK_URL",
            Self::Redirect => "INVALID_REDIRECT_URL",
            Self::ErrorCallback => "INVALID_ERROR_CALLBACK_URL",
            Self::NewUserCallback => "INVALID_NEW_USER_CALLBACK_URL",
            Self::SignIn => "INVALID_SIGN_IN_URL",
        }
    }

    /// The name of the parameter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Callback => "callbackURL",
            Self::Redirect => "redirectTo",
            Self::ErrorCallback => "errorCallbackURL",
            Self::NewUserCallback => "newUserCallbackURL",
            Self::SignIn => "signIn",
        }
    }

    /// The name that Better Auth's messages use.
    pub fn label(self) -> &'static str {
        match self {
            Self::Redirect => "redirectURL",
            Self::Callback | Self::ErrorCallback | Self::NewUserCallback | Self::SignIn => self.name(),
        }
    }
}

/// Why a new password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRisk {
    /// One of the most common passwords.
    Common,
    /// Little more than the name or email of the account, or the name of the service.
    Context,
    /// Found in a breach.
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

/// Why a link in a mail is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRefusal {
    /// The token is unknown or used.
    InvalidToken,
    /// The link has expired.
    TokenExpired,
    /// Another user is signed in.
    InvalidUser,
}

impl LinkRefusal {
    /// The code, which redirects contain as `error`.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidToken => "INVALID_TOKEN",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::InvalidUser => "INVALID_USER",
        }
    }

    /// The reason in security events.
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
    /// The status, and the code if Better Auth has one.
    fn kind(&self) -> (StatusCode, Option<&'static str>) {
        use StatusCode as Status;
        let (status, code) = match self {
            Self::InvalidJson => (Status::BAD_REQUEST, "BAD_REQUEST"),
            Self::UnsupportedMediaType { .. } => (Status::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
            Self::PayloadTooLarge => (Status::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Self::Validation(_) => (Status::BAD_REQUEST, "VALIDATION_ERROR"),
            Self::MissingField(_) => (Status::BAD_REQUEST, "MISSING_FIELD"),
            Self::FieldNotAllowed(_) => (Status::BAD_REQUEST, "FIELD_NOT_ALLOWED"),
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
            Self::BannedUser => (Status::FORBIDDEN, "BANNED_USER"),
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
            Self::Social(error) => error.kind(),
            Self::TwoFactor(error) => error.kind(),
            Self::Username(error) => error.kind(),
            Self::DeferredSessionRefresh => {
                (Status::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED")
            }
            Self::Code(error) => return error.kind(),
            Self::TargetNotText(_) | Self::NoFieldsToUpdate | Self::EmailIsTheSame => {
                return (Status::BAD_REQUEST, None);
            }
            Self::TooManyRequests { .. } => return (Status::TOO_MANY_REQUESTS, None),
            Self::NoSuchEndpoint => return (Status::NOT_FOUND, None),
            Self::CutOff
            | Self::HashingBusy { .. }
            | Self::ProviderUnavailable
            | Self::Store(StoreError::Unavailable(_)) => (Status::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"),
            Self::Store(
                StoreError::Constraint { .. } | StoreError::Corrupt { .. } | StoreError::Statement(_),
            )
            | Self::Internal(_) => (Status::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR"),
        };
        (status, Some(code))
    }

    /// The public message: the text of the error, but no details of internal causes.
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
            let retry_after =
                if let Self::HashingBusy { retry_after } = self { *retry_after } else { RETRY_AFTER };
            response.insert_header((header::RETRY_AFTER, retry_after));
        }
        if let Self::TooManyRequests { retry_after }
        | Self::TwoFactor(TwoFactorError::Locked { retry_after }) = self
        {
            // Better Auth's header, and the standard one.
            response.insert_header(("x-retry-after", *retry_after));
            response.insert_header((header::RETRY_AFTER, *retry_after));
        }
        if matches!(self, Self::NoSuchEndpoint) {
            return response.finish();
        }
        response.json(ProtocolError { message: &self.message(), code })
    }
}
