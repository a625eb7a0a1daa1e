//! The features that a deployment enables, for sign-in pages.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::passwords::PasswordRules;
use crate::protocol::PREFIX;
use crate::protocol::disabled_paths::DisabledPaths;
use crate::providers::{Provider, Providers};
use crate::second_factors::{Required, TwoFactorSettings};
use crate::users::AccountSettings;

/// Settings change only with a restart, and the service enforces them anyway, so a page may be a minute behind.
const MAX_AGE: &str = "public, max-age=60";

/// A way to sign in. New ones may be added: ignore values that you don't know.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignInMethod {
    /// `POST sign-in/email`
    EmailPassword,
    /// `POST sign-in/username`
    Username,
    /// `POST sign-in/social`, with one of `socialProviders`
    Social,
    /// `POST sign-in/magic-link`
    MagicLink,
    /// `POST email-otp/send-verification-otp`, then `POST sign-in/email-otp`
    EmailOtp,
}

/// A provider that users can sign in with.
#[derive(Serialize, ToSchema)]
struct SocialProvider {
    /// Its id, for `sign-in/social`
    id: String,
    /// Its name, for people
    name: String,
}

/// The features that are enabled. New members may be added.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// The ways to sign in
    sign_in_methods: Vec<SignInMethod>,
    /// The providers that users can sign in with, in the order in which a page shows them
    social_providers: Vec<SocialProvider>,
    /// Sign-up
    sign_up: SignUpSupport,
    /// The rules for a new password
    password: TextLength,
    /// The rules for a username; null if users have none
    username: Option<TextLength>,
    /// Whether mail is sent
    mail: bool,
    /// Whether `request-password-reset` works
    password_reset: bool,
    /// Email verification
    email_verification: EmailVerificationSupport,
    /// Whether `change-email` works
    change_email: bool,
    /// Account deletion
    delete_user: DeleteUserSupport,
    /// Second factors
    two_factor: TwoFactorSupport,
}

/// Sign-up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignUpSupport {
    /// Whether `sign-up/email` works
    enabled: bool,
    /// Whether signing up starts a session
    starts_session: bool,
}

/// The length of a new text in UTF-16 code units, which `String.length` counts in JavaScript.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TextLength {
    /// The minimum
    min_length: usize,
    /// The maximum
    max_length: usize,
}

/// Email verification.
#[derive(Serialize, ToSchema)]
struct EmailVerificationSupport {
    /// Whether `send-verification-email` works
    enabled: bool,
    /// Whether sign-in requires a verified email
    required: bool,
}

/// Account deletion.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteUserSupport {
    /// Whether `delete-user` works
    enabled: bool,
    /// Whether a link in an email has to confirm it
    confirmed_by_mail: bool,
}

/// Second factors.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TwoFactorSupport {
    /// Whether `two-factor/enable` works
    enabled: bool,
    /// Whether everybody must have a second factor
    required: bool,
    /// Whether codes by mail can be a second factor
    otp_by_mail: bool,
    /// How long a trusted device signs in without it, since its last sign-in, in seconds
    trusted_device_ttl: i64,
}

/// What this deployment sends mail for.
#[derive(Debug, Clone, Copy)]
pub struct MailSupport {
    /// Whether mail is sent.
    pub is_on: bool,
    /// Whether links in mail sign in.
    pub magic_links: bool,
    /// Whether codes in mail sign in.
    pub codes: bool,
}

impl Capabilities {
    /// Creates the capabilities of a service with these settings. Disabled endpoints are left out.
    pub fn new(
        (accounts, factors): (&AccountSettings, &TwoFactorSettings),
        password: PasswordRules,
        providers: &Providers,
        mail: MailSupport,
        disabled: &DisabledPaths,
    ) -> Self {
        let on = |path: &str| !disabled.contain(&format!("{PREFIX}{path}"));
        let view =
            |provider: &Provider| SocialProvider { id: provider.id.clone(), name: provider.name.clone() };
        let social_providers: Vec<_> = providers.iter().filter(|_| on("/sign-in/social")).map(view).collect();
        let methods = [
            (SignInMethod::EmailPassword, on("/sign-in/email")),
            (SignInMethod::Username, accounts.usernames.is_some() && on("/sign-in/username")),
            (SignInMethod::Social, !social_providers.is_empty()),
            (
                SignInMethod::MagicLink,
                mail.magic_links && on("/sign-in/magic-link") && on("/magic-link/verify"),
            ),
            (
                SignInMethod::EmailOtp,
                mail.codes && on("/email-otp/send-verification-otp") && on("/sign-in/email-otp"),
            ),
        ];
        let mail = mail.is_on;
        Self {
            sign_in_methods: methods
                .into_iter()
                .filter(|(_, is_on)| *is_on)
                .map(|(method, _)| method)
                .collect(),
            social_providers,
            sign_up: SignUpSupport {
                enabled: accounts.sign_up && on("/sign-up/email"),
                starts_session: accounts.auto_sign_in && !accounts.require_verified_email,
            },
            password: TextLength { min_length: password.min_length, max_length: password.max_length },
            username: accounts
                .usernames
                .map(|rules| TextLength { min_length: rules.min_length, max_length: rules.max_length }),
            mail,
            password_reset: mail && on("/request-password-reset") && on("/reset-password"),
            email_verification: EmailVerificationSupport {
                enabled: mail && on("/send-verification-email"),
                required: accounts.require_verified_email,
            },
            change_email: accounts.change_email && on("/change-email"),
            delete_user: DeleteUserSupport {
                enabled: accounts.delete_user && on("/delete-user"),
                confirmed_by_mail: accounts.delete_user && accounts.delete_user_by_mail,
            },
            two_factor: TwoFactorSupport {
                enabled: factors.enabled && on("/two-factor/enable"),
                required: factors.enabled && factors.required == Required::Everybody,
                otp_by_mail: mail && factors.enabled && on("/two-factor/send-otp"),
                trusted_device_ttl: factors.device_ttl.as_secs(),
            },
        }
    }
}

/// Get the enabled features.
///
/// For sign-in pages: which endpoints are enabled, and how long a password must be.
#[utoipa::path(tag = "capabilities", responses((status = 200, body = Capabilities, description = "The enabled features")))]
#[get("/capabilities")]
async fn capabilities(capabilities: web::Data<Capabilities>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, MAX_AGE)).json(&**capabilities)
}

/// Adds `capabilities`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(capabilities);
}
