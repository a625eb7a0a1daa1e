//! Codes in mail: signing in, verifying and changing an email, resetting a password, and guesses at them.

mod guesses;
mod sign_in;
mod uses;

use serde_json::{Value, json};

use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, email};

const ON: (&str, &str) = ("EMAIL_OTP_ENABLED", "true");

async fn service(mailbox: &Mailbox, settings: &[(&str, &str)]) -> Auth {
    Auth::start_with_mail(mailbox, &[&[ON], settings].concat()).await
}

/// Requests the `count`th code for `name`.
async fn code(auth: &Auth, mailbox: &Mailbox, kind: &str, (name, count): (&str, usize)) -> String {
    let answer = send(auth, kind, name).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({"success": true})), "{answer:?}");
    mailbox.code_to(&email(name), count).await
}

async fn send(auth: &Auth, kind: &str, name: &str) -> Answer {
    auth.post("/email-otp/send-verification-otp", &json!({"email": email(name), "type": kind})).await
}

async fn sign_in(auth: &Auth, name: &str, code: &str) -> Answer {
    auth.post("/sign-in/email-otp", &json!({"email": email(name), "otp": code})).await
}

/// A code that is not this one.
fn other_than(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

fn refusal(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}

async fn session_of(auth: &Auth, token: &Value) -> Value {
    let request = auth.request(reqwest::Method::GET, "/get-session");
    Answer::of(request.bearer_auth(token.as_str().unwrap())).await.body
}
