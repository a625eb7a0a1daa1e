//! Codes in mail, as Better Auth's plugin `emailOTP`: to sign in, to verify or change an email, and to reset a password.
//!
//! Guesses are limited twice: for each code, and for each account over all its codes.

mod change_email;
mod checking;
mod guessing;
mod sending;
mod service;
mod sign_in;
mod verify_email;

pub use service::EmailOtp;
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `sign-in/email-otp`, `forget-password/email-otp` and the endpoints below `email-otp`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(sending::send_verification_otp)
        .service(sending::request_reset_code)
        .service(sending::forget_password)
        .service(checking::check_verification_otp)
        .service(checking::reset_password_by_code)
        .service(sign_in::sign_in_email_otp)
        .service(verify_email::verify_email_by_code)
        .service(change_email::request_email_change)
        .service(change_email::change_email_by_code);
}
