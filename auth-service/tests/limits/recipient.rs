use reqwest::Method;
use serde_json::json;

use super::{ON, address, from, sign_up};
use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, email};

/// Whoever asks, and from wherever: the answer stays the same, and the mail stops.
#[tokio::test]
async fn a_mailbox_is_not_flooded_by_strangers() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &ON).await;
    for (number, name) in ["alice", "bob"].into_iter().enumerate() {
        sign_up(&auth.service, &address(number), name).await;
    }
    let ask = |number: usize, path: &'static str, name: &str| {
        let body = json!({"email": email(name)});
        Answer::of(from(&auth.service, &address(10 + number), Method::POST, path).json(&body))
    };
    let mut answers = Vec::new();
    for number in 0..8 {
        let path = if number % 2 == 0 { "/request-password-reset" } else { "/send-verification-email" };
        let answer = ask(number, path, "alice").await;
        answers.push((answer.status.as_u16(), answer.body["status"].clone()));
    }
    assert_eq!(answers, vec![(200, json!(true)); 8]);
    ask(20, "/request-password-reset", "bob").await;
    mailbox.mail_to(&email("bob"), 1).await;
    let to_alice = mailbox.mails().iter().filter(|mail| mail.to == email("alice")).count();
    assert_eq!(to_alice, 5, "another mailbox is another count");
}
