//! What arrives, and what must not leave.

use auth_service::email::Message;
use jiff::SignedDuration;
use serde_json::json;
use shared_claims::Clock;

use super::post::{LINK, Post};
use super::server::{Certificates, MailServer, USER_INFO};

#[tokio::test]
async fn mail_arrives_whole_over_starttls_and_over_implicit_tls() {
    let (post, certificates) = (Post::new().await, Certificates::make());
    for (tls, scheme) in [("starttls", "smtp"), ("implicit", "smtps")] {
        let Some(mut server) = MailServer::start(&certificates.settings(tls)).await else { return };
        let required = if scheme == "smtp" { "?tls=required" } else { "" };
        let url = format!("{scheme}://{USER_INFO}@localhost:{}{required}", server.port);
        let worker = post.worker(&url, Some(&certificates.authority()));
        post.reset("alice@example.org").await;
        let mail = server.event("mail").await;
        assert_eq!(mail["encrypted"], true, "{mail}");
        assert_eq!(mail["authenticated"], true, "{mail}");
        assert_eq!(
            (&mail["from"], &mail["to"]),
            (&json!("accounts@example.com"), &json!(["alice@example.org"]))
        );
        let headers = &mail["headers"];
        assert_eq!(headers["from"], "Example <accounts@example.com>");
        assert_eq!(headers["to"], "alice@example.org");
        assert_eq!(headers["subject"], "Reset your password");
        assert_eq!(headers["date"], "Sun, 01 Mar 2026 12:00:00 +0000");
        assert!(headers["message-id"].as_str().unwrap().ends_with("@example.com>"), "{headers}");
        assert!(mail["text"].as_str().unwrap().lines().any(|line| line == LINK), "{mail}");
        assert!(mail["html"].as_str().unwrap().contains(&format!("href=\"{LINK}\"")), "{mail}");
        post.until_empty().await;
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_wrong_password_loses_no_mail() {
    let (post, certificates) = (Post::new().await, Certificates::make());
    let Some(mut server) = MailServer::start(&certificates.settings("starttls")).await else { return };
    let (authority, port) = (certificates.authority(), server.port);
    let worker = post.worker(&format!("smtp://me:wrong@localhost:{port}?tls=required"), Some(&authority));
    post.reset("alice@example.org").await;
    assert_eq!(server.event("credentials").await, false);
    worker.stop().await;
    assert_eq!(post.waiting().await.0, 1);
    let worker = post.worker(&format!("smtp://{USER_INFO}@localhost:{port}?tls=required"), Some(&authority));
    post.until_empty().await;
    assert_eq!(server.received(1).await.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_who_it_should_be_gets_nothing() {
    let (post, certificates, others) = (Post::new().await, Certificates::make(), Certificates::make());
    for tls in ["starttls", "implicit"] {
        let Some(server) = MailServer::start(&certificates.settings(tls)).await else { return };
        let url = |host: &str| match tls {
            "implicit" => format!("smtps://{USER_INFO}@{host}:{}", server.port),
            _ => format!("smtp://{USER_INFO}@{host}:{}?tls=required", server.port),
        };
        let (ours, others) = (certificates.authority(), others.authority());
        post.reset("alice@example.org").await;
        // By no authority that the system knows, by another than was named, for another name.
        for (host, ca_file) in [("localhost", None), ("localhost", Some(&others)), ("127.0.0.1", Some(&ours))]
        {
            let (_, before) = post.waiting().await;
            let worker = post.worker(&url(host), ca_file.map(std::path::PathBuf::as_path));
            post.clock.advance(SignedDuration::from_mins(5));
            post.outbox.wake();
            post.until("an attempt", |(_, attempts)| attempts > before).await;
            worker.stop().await;
            assert_eq!(post.waiting().await.0, 1, "it waits");
        }
        assert!(server.mails().is_empty());
        let worker = post.worker(&url("localhost"), Some(&ours));
        post.until_empty().await;
        assert_eq!(server.received(1).await.len(), 1);
        worker.stop().await;
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_where_it_is_required() {
    let post = Post::new().await;
    let Some(server) = MailServer::plain().await else { return };
    let worker = post.worker(&format!("{}?tls=required", server.url()), None);
    post.reset("alice@example.org").await;
    post.until("an attempt", |(_, attempts)| attempts > 0).await;
    worker.stop().await;
    assert_eq!((post.waiting().await.0, server.mails().len()), (1, 0));
    let worker = post.worker(&format!("{}?tls=opportunistic", server.url()), None);
    post.until_empty().await;
    assert_eq!(server.received(1).await.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn the_row_gives_nothing_away() {
    let post = Post::new().await;
    post.put("alice@example.org", Message::ConfirmEmailChange { new_email: "new@example.org", link: LINK })
        .await;
    let row = post.superuser.query_one("SELECT id::text, sealed FROM outbox", &[]).await.unwrap();
    let sealed: Vec<u8> = row.get("sealed");
    for secret in ["alice", "example", "new@", "https", "7Qm0Zk3sZ8vX", "confirm"] {
        let found = sealed.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} can be read");
    }
}

#[tokio::test]
async fn no_text_of_a_user_makes_a_header_or_another_recipient() {
    let post = Post::new().await;
    let Some(mut server) = MailServer::plain().await else { return };
    for hostile in
        ["a@b.example\r\nBcc: eve@example.com", "a@b.example\nRCPT TO:<eve@example.com>", "<a@b.example>"]
    {
        assert!(
            auth_service::protocol::email_address::Email::parse(hostile).is_none(),
            "{hostile:?} is no address"
        );
    }
    let worker = post.worker(&server.url(), None);
    let new_email = "x@y.example\r\nBcc: eve@example.com\r\n.\r\nMAIL FROM:<eve@example.com>\r\n<script>alert(1)</script>";
    post.put("alice@example.org", Message::ConfirmEmailChange { new_email, link: LINK }).await;
    let mail = server.event("mail").await;
    assert_eq!(mail["to"], json!(["alice@example.org"]));
    assert_eq!(mail["headers"]["bcc"], json!(null));
    assert_eq!(mail["headers"]["subject"], "Confirm your email address change");
    assert!(!mail["html"].as_str().unwrap().contains("<script"), "{mail}");
    post.until_empty().await;
    assert_eq!(server.received(1).await.len(), 1, "and no second mail");
    worker.stop().await;
}

#[tokio::test]
async fn a_link_that_is_out_of_date_is_not_sent() {
    let post = Post::new().await;
    let Some(server) = MailServer::plain().await else { return };
    post.put_until("alice@example.org", Message::ResetPassword { link: LINK }, post.clock.now()).await;
    let worker = post.worker(&server.url(), None);
    post.until("given up", |(rows, _)| rows == 0).await;
    worker.stop().await;
    assert!(server.mails().is_empty());
}
