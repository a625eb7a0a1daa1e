//! Sign-ins that are in flight while the password changes. If the old password was correct when it was checked, no
//! session may outlive the change.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, Device, PAGE, PASSWORD, email};
use crate::users::ban;

const NEW: &str = "a brand new password";
const SIGN_INS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(20);

/// The kind of change.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// By a reset link.
    Reset,
    /// By the user, who also ends the other sessions.
    Revoking,
}

/// The lock at which the sign-ins wait after the check of their password.
#[derive(Debug, Clone, Copy)]
enum HeldAt {
    /// The row of the user, so that they come before the change.
    User,
    /// The sessions table, before their statement has read anything.
    Sessions,
}

impl HeldAt {
    fn lock(self) -> &'static str {
        match self {
            Self::User => "SELECT FROM users FOR UPDATE",
            Self::Sessions => "LOCK TABLE sessions IN SHARE MODE",
        }
    }
}

/// Waits until this many statements wait for a lock.
async fn waiting(observer: &tokio_postgres::Client, count: i64) {
    let deadline = Instant::now() + PATIENCE;
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let found: i64 = observer.query_one(sql, &[]).await.unwrap().get(0);
        if found >= count {
            return;
        }
        assert!(Instant::now() < deadline, "{found} of {count} wait for a lock");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn outlived(change: Change, held_at: HeldAt) -> usize {
    let mailbox = Mailbox::new();
    let mail = [("MAIL_URL", mailbox.url()), ("MAIL_FROM", "a@example.com".to_owned())];
    // Each request that waits in the database holds a connection of its worker.
    let settings = [("DATABASE_POOL_SIZE", "32")];
    let mail: Vec<_> = mail.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let auth = Auth::start_with(&[settings.as_slice(), &mail].concat()).await;
    let alice = auth.user("alice").await;
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let link = mailbox.mail_to(&email("alice"), 1).await.token();

    let (mut holder, observer) = (auth.superuser().await, auth.superuser().await);
    let held = holder.transaction().await.unwrap();
    held.batch_execute(held_at.lock()).await.unwrap();
    let sign_ins = (0..SIGN_INS).map(|_| {
        let body = json!({"email": email("alice"), "password": PASSWORD});
        tokio::spawn(Answer::of(auth.request(Method::POST, "/sign-in/email").json(&body)))
    });
    let sign_ins: Vec<_> = sign_ins.collect();
    waiting(&observer, SIGN_INS as i64).await;
    let request = match change {
        Change::Reset => {
            let body = json!({"newPassword": NEW, "token": link});
            auth.request(Method::POST, "/reset-password").json(&body)
        }
        Change::Revoking => {
            let body = json!({"newPassword": NEW, "currentPassword": PASSWORD, "revokeOtherSessions": true});
            let request = auth.request(Method::POST, "/change-password").header("cookie", &alice.cookie);
            request.header("origin", PAGE).json(&body)
        }
    };
    let mut changing = tokio::spawn(Answer::of(request));
    // The change has finished, or waits for the sign-ins.
    let changed = tokio::select! {
        changed = &mut changing => Some(changed.unwrap()),
        () = waiting(&observer, SIGN_INS as i64 + 1) => None,
    };
    held.commit().await.unwrap();
    let changed = match changed {
        Some(changed) => changed,
        None => changing.await.unwrap(),
    };
    assert_eq!(changed.status, 200, "{changed:?}");
    let mut alive = 0;
    for answer in join_all(sign_ins).await {
        let answer = answer.unwrap();
        if answer.status == 200 {
            alive += usize::from(Device::of(&auth, &answer).session().await != Value::Null);
        } else {
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "INVALID_EMAIL_OR_PASSWORD"));
        }
    }
    assert!(auth.accepts("alice", NEW).await && !auth.accepts("alice", PASSWORD).await);
    alive
}

/// Sign-ins whose password was correct, and which wait for the row of the user or for their turn, when the user is banned.
#[tokio::test]
async fn no_sign_in_in_flight_survives_a_ban() {
    for held_at in [HeldAt::User, HeldAt::Sessions] {
        let auth = Auth::start_with(&[("DATABASE_POOL_SIZE", "32")]).await;
        auth.user("alice").await;
        let (mut holder, observer) = (auth.superuser().await, auth.superuser().await);
        let held = holder.transaction().await.unwrap();
        held.batch_execute(held_at.lock()).await.unwrap();
        let sign_ins = (0..SIGN_INS).map(|_| {
            let body = json!({"email": email("alice"), "password": PASSWORD});
            tokio::spawn(Answer::of(auth.request(Method::POST, "/sign-in/email").json(&body)))
        });
        let sign_ins: Vec<_> = sign_ins.collect();
        waiting(&observer, SIGN_INS as i64).await;
        let (alice, release) = (email("alice"), async {
            waiting(&observer, SIGN_INS as i64 + 1).await;
            held.commit().await.unwrap();
        });
        tokio::join!(ban(&auth.database, &alice), release);
        for answer in join_all(sign_ins).await {
            let answer = answer.unwrap();
            let session = answer.status == 200 && Device::of(&auth, &answer).session().await != Value::Null;
            assert!(!session, "{held_at:?}: {answer:?}");
            assert!(answer.status == 200 || answer.code() == "BANNED_USER", "{held_at:?}: {answer:?}");
        }
        assert_eq!(auth.count("sessions").await, 0, "{held_at:?}");
    }
}

/// The ban is there, and not yet visible, when the sign-in starts its session.
#[tokio::test]
async fn a_sign_in_waits_for_a_ban_and_then_sees_it() {
    let auth = Auth::start_with(&[("DATABASE_POOL_SIZE", "32")]).await;
    auth.user("alice").await;
    let (mut holder, observer) = (auth.superuser().await, auth.superuser().await);
    let banning = holder.transaction().await.unwrap();
    banning.batch_execute("UPDATE users SET banned_at = now()").await.unwrap();
    let body = json!({"email": email("alice"), "password": PASSWORD});
    let sign_in = tokio::spawn(Answer::of(auth.request(Method::POST, "/sign-in/email").json(&body)));
    waiting(&observer, 1).await;
    banning.commit().await.unwrap();
    let answer = sign_in.await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "BANNED_USER"), "{answer:?}");
    assert_eq!(auth.count("sessions").await, 1, "of the sign-up");
}

#[tokio::test]
async fn no_sign_in_in_flight_survives_a_reset() {
    for held_at in [HeldAt::User, HeldAt::Sessions] {
        assert_eq!(outlived(Change::Reset, held_at).await, 0, "{held_at:?}");
    }
}

#[tokio::test]
async fn no_sign_in_in_flight_survives_a_change_that_ends_the_other_sessions() {
    for held_at in [HeldAt::User, HeldAt::Sessions] {
        assert_eq!(outlived(Change::Revoking, held_at).await, 0, "{held_at:?}");
    }
}
