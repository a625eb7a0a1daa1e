//! What users do with their accounts.

use serde_json::json;

use super::super::mailbox::Link;
use super::super::person::{Person, new_password};
use super::super::stack::Stack;
use super::Population;

/// More wrong passwords and mails than the limits allow.
const TOO_MANY: usize = 12;
/// Wrong passwords on a known device, below its limit.
const A_FEW: usize = 3;

impl Population {
    /// Starts and ends sessions in every way, and changes a name and a password.
    pub(super) async fn change_own_accounts(&mut self, stack: &Stack) {
        let auth = &stack.auth;
        let mut alice = Person::sign_up(auth, "alice").await;
        self.note(&alice);
        let body = json!({"name": "Alice Liddell", "image": "https://example.com/alice.png",
                          "username": "Liddell", "displayUsername": "The Liddell"});
        alice.ok(auth, "/update-user", &body).await;
        let password = new_password();
        let body =
            json!({"currentPassword": alice.password, "newPassword": password, "revokeOtherSessions": true});
        let answer = alice.ok(auth, "/change-password", &body).await;
        alice.take(&answer);
        alice.password = password;
        alice.ok(auth, "/send-verification-email", &json!({"email": alice.email})).await;
        let token = self.link(stack, &alice, Link::Email, 1).await;
        let verified = alice.get(auth, &format!("/verify-email?token={token}")).await;
        assert_eq!(verified.status, 200, "{verified:?}");
        for (remembered, end) in [(true, "/sign-out"), (false, "/revoke-session"), (true, "/revoke-sessions")]
        {
            let other = alice.sign_in(auth, remembered).await;
            self.note(&other);
            let session = other.get(auth, "/get-session").await;
            other.ok(auth, end, &json!({"token": session.body["session"]["id"]})).await;
        }
        let mut by_username = Person { cookies: Vec::new(), ..alice.clone() };
        let form = json!({"username": "LIDDELL", "password": alice.password});
        let answer = by_username.ok(auth, "/sign-in/username", &form).await;
        by_username.take(&answer);
        self.note(&by_username);
        alice.ok(auth, "/is-username-available", &json!({"username": "liddell"})).await;
        let present = alice.sign_in(auth, true).await;
        self.note(&present);
        let unremembered = alice.sign_in(auth, false).await;
        self.note(&unremembered);
        for path in ["/list-sessions", "/list-accounts", "/token", "/forward-auth?token=true"] {
            let answer = present.get(auth, path).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        }
        self.alice = present;
    }

    /// Follows links: changes an email, resets a password, deletes an account.
    pub(super) async fn use_links(&mut self, stack: &Stack) {
        let auth = &stack.auth;
        let mut carol = Person::sign_up(auth, "carol").await;
        carol.ok(auth, "/send-verification-email", &json!({"email": carol.email})).await;
        let token = self.link(stack, &carol, Link::Email, 1).await;
        let body = json!({"token": token, "password": carol.password});
        Person::default().ok(auth, "/verify-email", &body).await;
        carol = carol.sign_in(auth, true).await;
        carol.ok(auth, "/change-email", &json!({"newEmail": "caroline@example.com"})).await;
        let agreed = self.link(stack, &carol, Link::Email, 2).await;
        carol.ok(auth, "/verify-email", &json!({"token": agreed})).await;
        carol.email = "caroline@example.com".to_owned();
        let changed = self.link(stack, &carol, Link::Email, 1).await;
        carol.ok(auth, "/verify-email", &json!({"token": changed})).await;
        self.note(&carol);

        let mut dan = Person::sign_up(auth, "dan").await;
        self.note(&dan);
        dan.ok(auth, "/request-password-reset", &json!({"email": dan.email, "redirectTo": "/reset"})).await;
        let token = self.link(stack, &dan, Link::ResetPassword, 1).await;
        let page = dan.get(auth, &format!("/reset-password/{token}?callbackURL=%2Freset")).await;
        assert_eq!(page.status, 302, "{page:?}");
        dan.password = new_password();
        dan.ok(auth, "/reset-password", &json!({"token": token, "newPassword": dan.password})).await;
        dan = dan.sign_in(auth, true).await;
        self.note(&dan);

        let eve = Person::sign_up(auth, "eve").await;
        self.note(&eve);
        eve.ok(auth, "/delete-user", &json!({})).await;
        let token = self.link(stack, &eve, Link::DeleteUser, 1).await;
        let gone = eve.get(auth, &format!("/delete-user/callback?token={token}")).await;
        assert_eq!(gone.status, 200, "{gone:?}");
        self.emails.retain(|email| *email != eve.email);
    }

    /// Exceeds the limits on wrong passwords, mail and requests.
    pub(super) async fn exceed_limits(&mut self, stack: &Stack) {
        let limited = &stack.limited;
        let gwen = Person::sign_up(limited, "gwen").await;
        assert!(gwen.cookies.iter().any(|cookie| cookie.contains(".device=")), "{gwen:?}");
        self.note(&gwen);
        for (browser, tries) in [(&Person::default(), TOO_MANY), (&gwen, A_FEW)] {
            let wrong = new_password();
            self.note_secret("a mistyped password", &wrong);
            let form = json!({"email": gwen.email, "password": wrong});
            for _ in 0..tries {
                let answer = browser.post(limited, "/sign-in/email", &form).await;
                assert!([401, 429].contains(&answer.status.as_u16()), "{answer:?}");
            }
        }
        let wrong = new_password();
        self.note_secret("a mistyped password of a username", &wrong);
        for username in ["gwen", "nobody"] {
            let form = json!({"username": username, "password": wrong});
            let answer = Person::default().post(limited, "/sign-in/username", &form).await;
            assert!([401, 429].contains(&answer.status.as_u16()), "{answer:?}");
        }
        for _ in 0..TOO_MANY {
            let body = json!({"email": gwen.email});
            Person::default().post(limited, "/request-password-reset", &body).await;
        }
        self.link(stack, &gwen, Link::ResetPassword, 1).await;
        self.gwen = gwen;
    }

    /// Signs up where emails are verified first. One sign-up is completed; the other waits and is refused a session.
    pub(super) async fn wait_for_emails(&mut self, stack: &Stack) {
        let verifying = &stack.verifying;
        let mut hal = Person::sign_up(verifying, "hal").await;
        let token = self.link(stack, &hal, Link::Email, 1).await;
        let completed = hal.get(verifying, &format!("/verify-email?token={token}")).await;
        assert_eq!(completed.status, 200, "{completed:?}");
        hal.take(&completed);
        self.note(&hal);
        let ivy = Person::sign_up(verifying, "ivy").await;
        self.note(&ivy);
        self.links.complete_sign_up = self.link(stack, &ivy, Link::Email, 1).await;
        let form = json!({"email": ivy.email, "password": ivy.password});
        let refused = Person::default().post(verifying, "/sign-in/email", &form).await;
        assert_eq!(refused.body["code"], "EMAIL_NOT_VERIFIED", "{refused:?}");
        self.ivy = ivy;
    }

    /// Requests a link for every purpose, and follows none.
    pub(super) async fn leave_links_outstanding(&mut self, stack: &Stack) {
        let auth = &stack.auth;
        let alice = self.alice.clone();
        alice.ok(auth, "/change-email", &json!({"newEmail": "liddell@example.com"})).await;
        self.links.confirm_email_change = self.link(stack, &alice, Link::Email, 2).await;

        let bob = Person::sign_up(auth, "bob").await;
        self.note(&bob);
        bob.ok(auth, "/verify-password", &json!({"password": bob.password})).await;
        bob.ok(auth, "/send-verification-email", &json!({"email": bob.email})).await;
        self.links.verify_email = self.link(stack, &bob, Link::Email, 1).await;
        bob.ok(auth, "/change-email", &json!({"newEmail": "robert@example.com"})).await;
        let robert = Person { email: "robert@example.com".to_owned(), ..bob.clone() };
        self.links.change_email = self.link(stack, &robert, Link::Email, 1).await;
        self.bob = bob;

        let finn = Person::sign_up(auth, "finn").await;
        self.note(&finn);
        finn.ok(auth, "/request-password-reset", &json!({"email": finn.email})).await;
        self.links.reset_password = self.link(stack, &finn, Link::ResetPassword, 1).await;

        let dora = Person::sign_up(auth, "dora").await;
        self.note(&dora);
        dora.ok(auth, "/delete-user", &json!({})).await;
        self.links.delete_user = self.link(stack, &dora, Link::DeleteUser, 1).await;
        self.dora = dora;
    }
}
