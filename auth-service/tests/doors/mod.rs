//! Doors: the routes that can start a session, tested with an account in every state. All other routes are listed too,
//! so that a new route fails here until it is classified.

mod door;
mod matrix;
mod scene;
mod state;

use std::collections::BTreeSet;

use self::door::Door;
use self::matrix::{CHALLENGE, refusal};
use self::scene::Scene;
use self::state::State;
use crate::support::{Answer, Auth};

/// Doors that `settings` and `magic_link` test: the link starts a session in the browser that signed up, if
/// `AUTO_SIGN_IN_AFTER_VERIFICATION` is on, and in the browser that requested it.
const BY_LINK: [&str; 2] = ["get /verify-email", "get /magic-link/verify"];

/// The doors behind the others: they start the session of a sign-in that waits for a second factor, or continue one. `two_factor`
/// tests them.
const FACTOR_DOORS: [&str; 5] = [
    "post /two-factor/disable",
    "post /two-factor/enable",
    "post /two-factor/verify-backup-code",
    "post /two-factor/verify-otp",
    "post /two-factor/verify-totp",
];

/// The routes that never start a session.
const NO_DOORS: [&str; 45] = [
    "get /account-info",
    "get /capabilities",
    "get /delete-user/callback",
    "get /error",
    "get /forward-auth",
    "get /get-session",
    "get /jwks",
    "get /list-accounts",
    "get /list-sessions",
    "get /ok",
    "get /reset-password/{token}",
    "get /security-events",
    "get /token",
    "get /two-factor/trusted-devices",
    "post /callback/{id}",
    "post /change-email",
    "post /delete-user",
    "post /email-otp/change-email",
    "post /email-otp/check-verification-otp",
    "post /email-otp/request-email-change",
    "post /email-otp/request-password-reset",
    "post /email-otp/reset-password",
    "post /email-otp/send-verification-otp",
    "post /forget-password/email-otp",
    "post /get-access-token",
    "post /get-session",
    "post /is-username-available",
    "post /link-social",
    "post /refresh-token",
    "post /request-password-reset",
    "post /reset-password",
    "post /revoke-other-sessions",
    "post /revoke-session",
    "post /revoke-sessions",
    "post /send-verification-email",
    "post /sign-in/magic-link",
    "post /sign-out",
    "post /two-factor/generate-backup-codes",
    "post /two-factor/get-totp-uri",
    "post /two-factor/revoke-trusted-device",
    "post /two-factor/send-otp",
    "post /unlink-account",
    "post /update-session",
    "post /update-user",
    "post /verify-password",
];

/// The code of a refusal, which a redirect has in its query.
fn refusal_of(answer: &Answer) -> String {
    if answer.body[CHALLENGE] == true {
        return CHALLENGE.to_owned();
    }
    let Some(location) = answer.header("location") else { return answer.code().to_owned() };
    if location.starts_with("/two-factor?methods=") {
        return CHALLENGE.to_owned();
    }
    let query = location.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "error").map(|(_, code)| code.into_owned()).unwrap_or_default()
}

async fn row(door: Door) {
    for state in State::ALL {
        let scene = Scene::new(door, state).await;
        let before = scene.auth.count("sessions").await;
        let answer = scene.come_to(door, state).await;
        match refusal(door, state) {
            None => assert!(scene.begins(door, state, &answer).await, "{door:?} {state:?}: {answer:?}"),
            Some(code) => {
                assert_eq!(refusal_of(&answer), code, "{door:?} {state:?}: {answer:?}");
                assert!(!scene.begins(door, state, &answer).await, "{door:?} {state:?}: {answer:?}");
                let after = scene.auth.count("sessions").await;
                // Verifying an email ends the sessions that somebody else may have.
                let verified = code == CHALLENGE && door.verifies_email();
                assert!(after == before || (verified && after == 0), "{door:?} {state:?}");
            }
        }
    }
}

#[tokio::test]
async fn signing_in() {
    row(Door::SignIn).await;
}

#[tokio::test]
async fn signing_in_with_a_username() {
    row(Door::SignInUsername).await;
}

#[tokio::test]
async fn signing_up() {
    row(Door::SignUp).await;
}

#[tokio::test]
async fn changing_the_password_and_ending_other_sessions() {
    row(Door::ChangePassword).await;
}

#[tokio::test]
async fn verifying_an_email_with_the_password() {
    row(Door::VerifyEmail).await;
}

#[tokio::test]
async fn signing_in_with_a_token_of_a_provider() {
    row(Door::SocialToken).await;
}

#[tokio::test]
async fn coming_back_from_a_provider() {
    row(Door::SocialCallback).await;
}

#[tokio::test]
async fn signing_in_with_a_link() {
    row(Door::MagicLink).await;
}

#[tokio::test]
async fn signing_in_with_a_code() {
    row(Door::EmailOtp).await;
}

#[tokio::test]
async fn verifying_an_email_with_a_code_and_the_password() {
    row(Door::VerifyEmailByCode).await;
}

#[tokio::test]
async fn every_route_is_a_door_or_none() {
    let auth = Auth::start().await;
    let document = Answer::of(reqwest::Client::new().get(auth.url("/openapi.json"))).await.body;
    let mut found = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/api/auth") else { continue };
        for method in operations.as_object().unwrap().keys() {
            found.insert(format!("{method} {path}"));
        }
    }
    let doors = Door::ALL.map(|door| door.route().to_owned());
    let known: BTreeSet<String> =
        NO_DOORS.into_iter().chain(FACTOR_DOORS).chain(BY_LINK).map(str::to_owned).chain(doors).collect();
    assert_eq!(found, known, "a new route begins sessions, or it does not: say so");
}
