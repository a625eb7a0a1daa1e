//! The page for links that need confirmation with a button or a password.

use actix_web::{HttpResponse, ResponseError};
use maud::html;

use super::outcome::Proof;
use crate::error::{ApiError, BANNED_MESSAGE};
use crate::protocol::page::{Page, allow_form};
use crate::protocol::redirect::CheckedTarget;

/// Whether the page can explain the error, so that the user can try again.
pub(super) fn explains(error: &ApiError) -> bool {
    explanation(error).is_some()
}

fn explanation(error: &ApiError) -> Option<&'static str> {
    match error {
        ApiError::InvalidPassword => Some("Wrong password. Please try again."),
        ApiError::PasswordTooLong => Some("Wrong password. It is too long."),
        ApiError::CredentialAccountNotFound => {
            Some("This account has no password. Sign in, then open the link again in this browser.")
        }
        ApiError::TooManyRequests { .. } => {
            Some("Too many attempts. Please wait a few minutes and try again.")
        }
        ApiError::BannedUser => Some(BANNED_MESSAGE),
        ApiError::HashingBusy { .. } => Some("The service is busy. Please try again."),
        _ => None,
    }
}

/// Renders the form that asks for `proof`, with the error of the previous attempt.
pub(super) fn ask(
    proof: Proof,
    token: &str,
    callback: Option<&CheckedTarget>,
    error: Option<&ApiError>,
) -> HttpResponse {
    let (title, text, button) = match proof {
        Proof::Button => (
            "Change your email address?",
            "Someone signed in to your account asked to change its email address. If this was you, confirm the \
             change. We will then send a link to the new email address. If this was not you, close this page and \
             change your password.",
            "Confirm change",
        ),
        Proof::Password => (
            "Confirm your email address",
            "Enter the password of the account that this link belongs to. If you did not sign up or request this, \
             close this page. Nothing will be changed.",
            "Confirm",
        ),
    };
    let problem = error.and_then(explanation);
    let content = html! {
        p { (text) }
        @if let Some(problem) = problem {
            p id="problem" role="alert" { (problem) }
        }
        // This page's own URL, without the query.
        form method="post" action="verify-email" {
            input type="hidden" name="token" value=(token);
            @if let Some(callback) = callback {
                input type="hidden" name="callbackURL" value=(callback.as_str());
            }
            @if proof == Proof::Password {
                label for="password" { "Password" }
                input id="password" type="password" name="password" autocomplete="current-password" required
                    autofocus aria-describedby=[problem.map(|_| "problem")];
            }
            button type="submit" { (button) }
        }
    };
    Page { title, content, form_action: Some(allow_form(callback)) }
        .respond(error.map(|error| error as &dyn ResponseError))
}
