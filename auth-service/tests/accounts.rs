//! `update-user`, `change-password`, `list-accounts` and `verify-password`.

use serde_json::{Value, json};

use crate::mailbox::Mailbox;
use crate::support::{Auth, Device, PASSWORD, email};

#[tokio::test]
async fn a_user_changes_name_and_picture_and_nothing_else() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let body = json!({"name": "Ada", "image": "https://example.com/a.png", "emailVerified": true, "id": "x"});
    let answer = alice.post("/update-user", &body).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"status":true}"#));
    assert!(answer.cookies()[0].starts_with(&alice.cookie), "the session cookie is sent again");
    let user = alice.session().await["user"].clone();
    assert_eq!((&user["name"], &user["image"]), (&json!("Ada"), &json!("https://example.com/a.png")));
    assert_eq!((&user["emailVerified"], &user["id"]), (&json!(false), &alice.user["id"]));
    assert_ne!(user["updatedAt"], alice.user["updatedAt"]);

    alice.post("/update-user", &json!({"image": null})).await;
    let user = alice.session().await["user"].clone();
    assert_eq!((&user["name"], &user["image"]), (&json!("Ada"), &Value::Null));
}

#[tokio::test]
async fn what_is_no_change_of_a_user_is_told_so() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({"unknown": 1}),
        json!({"email": "new@example.com"}),
        json!({"name": 7}),
        json!({"name": null}),
        json!({"image": []}),
        json!({"name": "x".repeat(101)}),
        json!({"name": "a\0b"}),
        json!([]),
        json!("x"),
    ] {
        let answer = alice.post("/update-user", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        let shown: String = body.to_string().chars().take(40).collect();
        answers.push(json!({"body": shown, "answer": answer.body}));
    }
    insta::assert_json_snapshot!(answers);
    assert_eq!(alice.session().await["user"], alice.user);
}

#[tokio::test]
async fn an_image_that_a_page_must_not_use_is_refused() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let unsafe_images = [
        "javascript:alert(1)",
        " \u{1}java\tscript:x",
        "VBSCRIPT:x",
        "file:///etc/passwd",
        "data:text/html,x",
    ];
    let message = "[body.image] Invalid URL: must not be a javascript:, vbscript: or file: URL, and a data: URL must be \
                   an image";
    for (number, image) in unsafe_images.iter().enumerate() {
        let form =
            json!({"name": "x", "email": email(&format!("m{number}")), "password": PASSWORD, "image": image});
        let (signed_up, updated) = (
            auth.post("/sign-up/email", &form).await,
            alice.post("/update-user", &json!({"image": image})).await,
        );
        for answer in [signed_up, updated] {
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (400, "VALIDATION_ERROR"),
                "{image}: {answer:?}"
            );
            assert_eq!(answer.body["message"], message, "{image}");
        }
    }
    assert_eq!(auth.count("users").await, 1);
    for image in
        ["/me.png", "//cdn.example.com/me.png", "data:image/svg+xml,<svg/>", "ipfs://bafy/me.png", ""]
    {
        assert_eq!(alice.post("/update-user", &json!({"image": image})).await.status, 200, "{image}");
        assert_eq!(alice.session().await["user"]["image"], image);
    }
}

/// JSON can contain any text. A name in a mail header must not become another header.
#[tokio::test]
async fn a_name_with_line_ends_stays_a_name() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let name = "Ada\r\nSet-Cookie: admin=1\r\n\r\n<script>";
    assert_eq!(alice.post("/update-user", &json!({"name": name})).await.status, 200);
    let answer = alice.get("/get-session").await;
    assert_eq!(answer.body["user"]["name"], name);
    assert!(answer.cookies().is_empty());
    assert_eq!(answer.header("set-auth-jwt").unwrap().split('.').count(), 3);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    let phone = auth.another_device("alice").await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another good password"});
    let answer = alice.post("/change-password", &body).await;
    assert_eq!((answer.status.as_u16(), &answer.body["token"]), (200, &Value::Null));
    assert_eq!(answer.body["user"]["id"], alice.user["id"]);
    assert!(answer.cookies().is_empty());
    assert!(auth.accepts("alice", "another good password").await);
    assert!(!auth.accepts("alice", PASSWORD).await);
    assert_ne!(phone.session().await, Value::Null, "others are signed out on request alone");
    assert_eq!(mailbox.mail_to(&email("alice"), 1).await.subject, "Your password was changed");
}

#[tokio::test]
async fn changing_the_password_can_sign_out_everybody_else() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let phone = auth.another_device("alice").await;
    let body = json!({
        "currentPassword": PASSWORD, "newPassword": "another good password", "revokeOtherSessions": true
    });
    let answer = alice.post("/change-password", &body).await;
    assert_eq!(answer.status, 200);
    let renewed = Device::of(&auth, &answer);
    assert_ne!(renewed.session().await, Value::Null);
    assert_eq!((alice.session().await, phone.session().await), (Value::Null, Value::Null));
    assert_eq!(auth.count("sessions").await, 1);
}

#[tokio::test]
async fn a_password_that_cannot_be_changed_stays() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let change = |current: &str, new: &str| {
        let body = json!({"currentPassword": current, "newPassword": new, "revokeOtherSessions": true});
        let alice = &alice;
        async move { alice.post("/change-password", &body).await }
    };
    let long = "x".repeat(129);
    for (current, new, code) in [
        ("wrong password", "another good password", "INVALID_PASSWORD"),
        ("", "another good password", "INVALID_PASSWORD"),
        (PASSWORD, "short", "PASSWORD_TOO_SHORT"),
        (PASSWORD, long.as_str(), "PASSWORD_TOO_LONG"),
        (long.as_str(), "another good password", "PASSWORD_TOO_LONG"),
    ] {
        let answer = change(current, new).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{current} {new}");
    }
    assert!(auth.accepts("alice", PASSWORD).await);
    assert_ne!(alice.session().await, Value::Null);

    auth.superuser().await.execute("DELETE FROM passwords", &[]).await.unwrap();
    let none = change(PASSWORD, "another good password").await;
    assert_eq!((none.status.as_u16(), none.code()), (400, "CREDENTIAL_ACCOUNT_NOT_FOUND"));
}

/// Two devices change the password concurrently: one succeeds, and the other learns that its password is outdated.
#[tokio::test]
async fn of_two_changes_at_once_one_is_made() {
    let auth = Auth::start().await;
    let (alice, phone) = (auth.user("alice").await, auth.another_device("alice").await);
    let bodies = ["first new password", "second new password"]
        .map(|new| json!({"currentPassword": PASSWORD, "newPassword": new}));
    let (one, two) =
        tokio::join!(alice.post("/change-password", &bodies[0]), phone.post("/change-password", &bodies[1]));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    let first_won = one.status == 200;
    assert_eq!(auth.accepts("alice", "first new password").await, first_won);
    assert_eq!(auth.accepts("alice", "second new password").await, !first_won);
}

#[tokio::test]
async fn a_user_without_a_password_has_no_account_to_list_and_none_to_verify() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let listed = alice.get("/list-accounts").await.body;
    let (id, created) = (&alice.user["id"], &alice.user["createdAt"]);
    let expected = json!([{
        "id": id, "accountId": id, "userId": id, "providerId": "credential", "scopes": [],
        "createdAt": created, "updatedAt": listed[0]["updatedAt"],
    }]);
    assert_eq!(listed, expected);
    let verify = async |password: &str| alice.post("/verify-password", &json!({"password": password})).await;
    assert_eq!(verify(PASSWORD).await.text, r#"{"status":true}"#);
    assert_eq!(verify("wrong password").await.code(), "INVALID_PASSWORD");

    auth.superuser().await.execute("DELETE FROM passwords", &[]).await.unwrap();
    assert_eq!(alice.get("/list-accounts").await.body, json!([]));
    let none = verify(PASSWORD).await;
    assert_eq!((none.status.as_u16(), none.code()), (400, "INVALID_PASSWORD"));
}
