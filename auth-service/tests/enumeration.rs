//! The work for a response must not reveal which emails have an account, under any load: the writes and hashes are the
//! same. `./dev bench enumeration` measures the times.

use serde_json::{Value, json};

use crate::mailbox::{Mailbox, follow};
use crate::sign_in::{hashes, wait_for_hash};
use crate::support::{Answer, Auth, Device, PASSWORD, email, sign_up_cookie};

const REQUIRED: (&str, &str) = ("REQUIRE_EMAIL_VERIFICATION", "true");

/// Records each writing statement with its table and number of rows.
const WATCH: &str = "
    CREATE TABLE writes (number bigserial PRIMARY KEY, what text NOT NULL);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO writes (what) SELECT TG_TABLE_NAME || ' +' || count(*) FROM written;
        RETURN NULL;
    END $$;
    CREATE TRIGGER watched AFTER INSERT ON verifications REFERENCING NEW TABLE AS written EXECUTE FUNCTION note();
    CREATE TRIGGER watched AFTER INSERT ON outbox REFERENCING NEW TABLE AS written EXECUTE FUNCTION note();
    CREATE TRIGGER watched AFTER INSERT ON magic_links REFERENCING NEW TABLE AS written EXECUTE FUNCTION note();
    CREATE TRIGGER watched AFTER INSERT ON email_codes REFERENCING NEW TABLE AS written EXECUTE FUNCTION note();
    CREATE TRIGGER watched AFTER INSERT ON sign_ups REFERENCING NEW TABLE AS written EXECUTE FUNCTION note();
    CREATE TRIGGER watched AFTER INSERT ON users REFERENCING NEW TABLE AS written EXECUTE FUNCTION note();
    CREATE TRIGGER watched AFTER INSERT ON passwords REFERENCING NEW TABLE AS written EXECUTE FUNCTION note();
    CREATE TRIGGER watched AFTER INSERT ON sessions REFERENCING NEW TABLE AS written EXECUTE FUNCTION note();
    TRUNCATE writes;";

/// The writes of a request, by statement.
async fn written(auth: &Auth, path: &str, body: &Value) -> (Answer, Vec<String>) {
    let client = auth.superuser().await;
    client.batch_execute("TRUNCATE writes").await.unwrap();
    let answer = auth.post(path, body).await;
    let rows = client.query("SELECT what FROM writes ORDER BY number", &[]).await.unwrap();
    (answer, rows.iter().map(|row| row.get(0)).collect())
}

/// Signs up and follows the link in the same browser.
async fn verified(auth: &Auth, mailbox: &Mailbox, name: &str) {
    let form = json!({"name": name, "email": email(name), "password": PASSWORD});
    let signed_up = auth.post("/sign-up/email", &form).await;
    let asked = auth.post("/send-verification-email", &json!({"email": email(name)})).await;
    assert_eq!(asked.status, 200);
    let link = mailbox.mail_to(&email(name), 1).await.link();
    let done = follow(auth, &link, Some(&sign_up_cookie(&signed_up))).await;
    assert!(done.status.is_success() || done.status.is_redirection(), "{done:?}");
}

fn sign_up_form(name: &str) -> Value {
    json!({"name": "Mallory", "email": email(name), "password": "what mallory chose"})
}

#[tokio::test]
async fn signing_up_writes_the_same_whether_the_email_has_an_account() {
    for (on_sign_up, expected) in [
        ("true", &["sign_ups +1", "verifications +1", "outbox +1"][..]),
        ("false", &["sign_ups +1", "outbox +1"]),
    ] {
        let mailbox = Mailbox::new();
        let settings = [REQUIRED, ("SEND_VERIFICATION_ON_SIGN_UP", on_sign_up)];
        let auth = Auth::start_with_mail(&mailbox, &settings).await;
        verified(&auth, &mailbox, "alice").await;
        auth.superuser().await.batch_execute(WATCH).await.unwrap();
        for name in ["alice", "nobody", "alice", "another"] {
            let (answer, writes) = written(&auth, "/sign-up/email", &sign_up_form(name)).await;
            assert_eq!((answer.status.as_u16(), &answer.body["token"]), (200, &Value::Null), "{name}");
            assert_eq!(writes, expected, "{name}, link: {on_sign_up}");
        }
    }
}

#[tokio::test]
async fn signing_in_with_a_sign_ups_password_writes_the_same_whether_the_email_has_an_account() {
    let mailbox = Mailbox::new();
    let settings = [REQUIRED, ("SEND_VERIFICATION_ON_SIGN_IN", "true")];
    let auth = Auth::start_with_mail(&mailbox, &settings).await;
    verified(&auth, &mailbox, "alice").await;
    for name in ["alice", "nobody"] {
        auth.post("/sign-up/email", &sign_up_form(name)).await;
    }
    let links_to_alice = || {
        let mails = mailbox.mails().into_iter().filter(|mail| mail.to == email("alice"));
        mails.filter(|mail| mail.subject.starts_with("Verify")).count()
    };
    let before = links_to_alice();
    auth.superuser().await.batch_execute(WATCH).await.unwrap();
    for name in ["alice", "nobody"] {
        let form = json!({"email": email(name), "password": "what mallory chose"});
        let (answer, writes) = written(&auth, "/sign-in/email", &form).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "EMAIL_NOT_VERIFIED"), "{name}");
        assert_eq!(writes, ["verifications +1", "outbox +1"], "{name}");
    }
    mailbox.mail_to(&email("nobody"), 2).await;
    assert_eq!(links_to_alice(), before, "nobody sends the owner of an account the link of a stranger");
}

#[tokio::test]
async fn a_decoy_mail_is_stored_like_one_that_is_sent() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("CHANGE_EMAIL_ENABLED", "true")]).await;
    let alice = auth.user("alice").await;
    auth.user("bob").await;
    auth.superuser().await.batch_execute(WATCH).await.unwrap();
    for name in ["bob", "nobody"] {
        for path in ["/request-password-reset", "/send-verification-email"] {
            let (answer, writes) = written(&auth, path, &json!({"email": email(name)})).await;
            assert_eq!(answer.status, 200, "{path} {name}");
            assert_eq!(writes.last().map(String::as_str), Some("outbox +1"), "{path} {name}");
        }
    }
    let change = async |device: &Device<'_>, name: &str| {
        let client = auth.superuser().await;
        client.batch_execute("TRUNCATE writes").await.unwrap();
        let answer = device.post("/change-email", &json!({"newEmail": email(name)})).await;
        assert_eq!(answer.status, 200, "{name}");
        let rows = client.query("SELECT what FROM writes ORDER BY number", &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>()
    };
    let free = change(&alice, "free").await;
    assert_eq!(free, ["verifications +1", "outbox +1"]);
    assert_eq!(change(&alice, "bob").await, free);
    mailbox.mail_to(&email("free"), 1).await;
    let mails = mailbox.mails();
    assert!(mails.iter().all(|mail| mail.to != email("nobody")), "{mails:?}");
    let to_bob: Vec<_> = mails.iter().filter(|mail| mail.to == email("bob")).collect();
    assert!(to_bob.iter().all(|mail| !mail.subject.contains("new email address")), "{to_bob:?}");
}

#[tokio::test]
async fn where_emails_are_verified_first_each_failed_sign_in_costs_two_hashes() {
    let mailbox = Mailbox::new();
    let settings = [REQUIRED, ("RUST_LOG", "info,auth_service::passwords=debug"), ("BCRYPT_COST", "5")];
    let auth = Auth::start_with_mail(&mailbox, &settings).await;
    verified(&auth, &mailbox, "alice").await;
    auth.post("/sign-up/email", &sign_up_form("waiting")).await;
    verified(&auth, &mailbox, "both").await;
    auth.post("/sign-up/email", &sign_up_form("both")).await;
    wait_for_hash(&auth.service, 4).await;
    let mut seen = hashes(&auth.service).len();
    for name in ["alice", "nobody", "waiting", "both"] {
        let form = json!({"email": email(name), "password": "wrong password"});
        let answer = auth.post("/sign-in/email", &form).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "INVALID_EMAIL_OR_PASSWORD"), "{name}");
        wait_for_hash(&auth.service, seen + 2).await;
        let new = hashes(&auth.service).split_off(seen);
        assert_eq!(new, [("verify".to_owned(), 5), ("verify".to_owned(), 5)], "{name}");
        seen += 2;
    }
}

#[tokio::test]
async fn a_link_or_code_that_nobody_gets_is_stored_like_one_that_is_sent() {
    let mailbox = Mailbox::new();
    let settings = [("MAGIC_LINK_ENABLED", "true"), ("EMAIL_OTP_ENABLED", "true")];
    let open = Auth::start_with_mail(&mailbox, &settings).await;
    open.user("bob").await;
    let (database, url) = (open.database, mailbox.url());
    let closed = [
        ("MAIL_URL", &*url),
        ("MAIL_FROM", "a@example.com"),
        ("SIGN_UP_ENABLED", "false"),
        settings[0],
        settings[1],
    ];
    let auth = Auth::on(database, &closed).await;
    auth.superuser().await.batch_execute(WATCH).await.unwrap();
    let code = |kind: &str, name: &str| json!({"email": email(name), "type": kind});
    for name in ["bob", "nobody", "bob", "nobody"] {
        let link = json!({"email": email(name)});
        for (path, body, first) in [
            ("/sign-in/magic-link", link.clone(), "magic_links +1"),
            ("/email-otp/send-verification-otp", code("sign-in", name), "email_codes +1"),
            ("/email-otp/send-verification-otp", code("email-verification", name), "email_codes +1"),
            ("/email-otp/send-verification-otp", code("forget-password", name), "email_codes +1"),
            ("/email-otp/request-password-reset", link.clone(), "email_codes +1"),
            ("/forget-password/email-otp", link, "email_codes +1"),
        ] {
            let (answer, mut writes) = written(&auth, path, &body).await;
            assert_eq!(answer.status, 200, "{path} {name}");
            // A code that replaces another one is an update.
            writes.retain(|write| write != "email_codes +0");
            assert!(writes == [first, "outbox +1"] || writes == ["outbox +1"], "{path} {name}: {writes:?}");
        }
    }
    mailbox.mail_to(&email("bob"), 12).await;
    assert!(mailbox.mails().iter().all(|mail| mail.to != email("nobody")));
}
