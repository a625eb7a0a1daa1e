//! What users do with links and codes that sign in.

use serde_json::json;

use super::super::mailbox::Link;
use super::super::person::{Person, new_password};
use super::super::stack::Stack;
use super::Population;

impl Population {
    /// Signs in by links and codes, uses codes for everything else, and leaves one of each outstanding.
    pub(super) async fn sign_in_by_email(&mut self, stack: &Stack) {
        let auth = &stack.auth;
        let mut pia = Person { password: String::new(), ..Person::new("pia") };
        let asked = pia.ok(auth, "/sign-in/magic-link", &json!({"email": pia.email, "name": "pia"})).await;
        pia.take(&asked);
        self.note(&pia);
        let token = self.link(stack, &pia, Link::SignIn, 1).await;
        let entered = pia.get(auth, &format!("/magic-link/verify?token={token}")).await;
        assert_eq!(entered.status, 200, "{entered:?}");
        pia.take(&entered);
        self.note(&pia);
        pia.ok(auth, "/sign-in/magic-link", &json!({"email": pia.email})).await;
        self.links.magic_link = self.link(stack, &pia, Link::SignIn, 2).await;

        let mut quin = Person { password: String::new(), ..Person::new("quin") };
        let otp = self.code(stack, &quin, "sign-in", 1).await;
        let entered = quin.ok(auth, "/sign-in/email-otp", &json!({"email": quin.email, "otp": otp})).await;
        quin.take(&entered);
        let otp = self.code(stack, &quin, "email-verification", 2).await;
        let wrong = json!({"email": quin.email, "otp": "0123456789"});
        assert_eq!(quin.post(auth, "/email-otp/verify-email", &wrong).await.status, 400);
        quin.ok(auth, "/email-otp/verify-email", &json!({"email": quin.email, "otp": otp})).await;
        let otp = self.code(stack, &quin, "forget-password", 3).await;
        quin.password = new_password();
        let reset = json!({"email": quin.email, "otp": otp, "password": quin.password});
        quin.ok(auth, "/email-otp/reset-password", &reset).await;
        quin = quin.sign_in(auth, true).await;
        self.note(&quin);
        self.code(stack, &quin, "sign-in", 4).await;

        let asked = quin.ok(auth, "/sign-in/magic-link", &json!({"email": quin.email})).await;
        quin.take(&asked);
        self.note(&quin);
        self.links.browser = quin.cookie_value("magic_link");
        self.links.browser_bound = self.link(stack, &quin, Link::SignIn, 1).await;
    }

    /// Requests a code of this type. The `count`th mail with a code to the person has it.
    async fn code(&mut self, stack: &Stack, person: &Person, kind: &str, count: usize) -> String {
        let body = json!({"email": person.email, "type": kind});
        person.ok(&stack.auth, "/email-otp/send-verification-otp", &body).await;
        let code = stack.mailbox.code(&person.email, count).await;
        self.note_secret(&format!("a code of {}", person.name), &code);
        code
    }
}
