//! Accounts that somebody prepared for the owner of a mailbox (pre-hijacking).

use local_stack::testing::IdentityProvider;
use serde_json::json;

use super::{enter, get, link, location, service, session_cookie};
use crate::mailbox::{Mailbox, follow};
use crate::support::{Auth, PASSWORD, email, sign_up_cookie};

const UNVERIFIED: &str = "?error=account_not_linked";

#[tokio::test]
async fn a_prepared_account_is_not_given_to_whoever_owns_the_mailbox() {
    let provider = IdentityProvider::start().await;
    let auth = service(&provider, &[]).await;
    // The attacker signed up with the email of Alice, and waits.
    let attacker = auth.user("alice").await;
    let person = json!({"email": email("alice"), "sub": "alice"});
    assert!(location(&enter(&auth, &provider, &person).await).ends_with(UNVERIFIED));
    assert_eq!(auth.count("linked_accounts").await, 0);
    assert_eq!(attacker.session().await["user"]["emailVerified"], false);
}

#[tokio::test]
async fn an_account_with_an_unverified_email_at_the_provider_takes_over_nothing() {
    let provider = IdentityProvider::start().await;
    let auth = service(&provider, &[]).await;
    let alice = auth.user("alice").await;
    auth.superuser().await.execute("UPDATE users SET email_verified = true", &[]).await.unwrap();
    let attacker = json!({"email": email("alice"), "email_verified": false, "sub": "mallory"});
    assert!(location(&enter(&auth, &provider, &attacker).await).ends_with(UNVERIFIED));
    let linked = link(&auth, &alice, &provider, &attacker).await;
    assert!(location(&linked).ends_with("?error=unable_to_link_account"));
    assert_eq!(auth.count("linked_accounts").await, 0);
}

#[tokio::test]
async fn whoever_resets_the_password_of_an_unverified_account_removes_the_accounts_linked_before() {
    let (provider, mailbox) = (IdentityProvider::start().await, Mailbox::new());
    let setting = provider.setting();
    let auth = Auth::start_with_mail(&mailbox, &[("SOCIAL_PROVIDERS", &setting)]).await;
    // The attacker's provider does not verify emails.
    let attacker = json!({"email": email("alice"), "email_verified": false, "sub": "mallory"});
    let entered = enter(&auth, &provider, &attacker).await;
    assert_eq!(
        get(&auth, &session_cookie(&entered), "/get-session").await.body["user"]["emailVerified"],
        false
    );
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let reset = auth.post("/reset-password", &json!({"newPassword": PASSWORD, "token": token})).await;
    assert_eq!(reset.status, 200, "{reset:?}");
    assert!(auth.accepts("alice", PASSWORD).await);
    assert_eq!(auth.count("linked_accounts").await, 0);
    assert!(location(&enter(&auth, &provider, &attacker).await).ends_with(UNVERIFIED));
}

#[tokio::test]
async fn a_completed_sign_up_removes_the_accounts_linked_before() {
    let (provider, mailbox) = (IdentityProvider::start().await, Mailbox::new());
    let setting = provider.setting();
    let open = Auth::start_with_mail(&mailbox, &[("SOCIAL_PROVIDERS", &setting)]).await;
    let attacker = json!({"email": email("alice"), "email_verified": false, "sub": "mallory"});
    location(&enter(&open, &provider, &attacker).await);
    let (Auth { database, .. }, url) = (open, mailbox.url());
    let settings = [
        ("SOCIAL_PROVIDERS", setting.as_str()),
        ("MAIL_URL", &url),
        ("MAIL_FROM", "a@example.com"),
        ("REQUIRE_EMAIL_VERIFICATION", "true"),
    ];
    let auth = Auth::on(database, &settings).await;
    let refused = location(&enter(&auth, &provider, &attacker).await);
    assert!(refused.ends_with("?error=email_not_verified"), "{refused}");
    let form = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let cookie = sign_up_cookie(&auth.post("/sign-up/email", &form).await);
    let link = mailbox.mail_to(&email("alice"), 1).await.link();
    assert_eq!(follow(&auth, &link, Some(&cookie)).await.status, 302);
    assert!(auth.accepts("alice", PASSWORD).await);
    assert_eq!(auth.count("linked_accounts").await, 0);
    assert!(location(&enter(&auth, &provider, &attacker).await).ends_with(UNVERIFIED));
}

#[tokio::test]
async fn a_link_that_was_asked_for_dies_with_its_session() {
    let provider = IdentityProvider::start().await;
    let auth = service(&provider, &[]).await;
    let alice = auth.user("alice").await;
    let begun = alice.post("/link-social", &json!({"provider": "acme"})).await;
    assert_eq!(alice.post("/sign-out", &json!({})).await.status, 200);
    let back = super::come_back(&auth, &provider, &begun, &json!({"email": email("alice")})).await;
    assert!(location(&back).ends_with("?error=unable_to_link_account"), "{back:?}");
    assert_eq!(auth.count("linked_accounts").await, 0);
}
