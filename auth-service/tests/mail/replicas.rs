//! Any number of workers at one outbox.

use std::collections::BTreeSet;
use std::sync::Arc;

use auth_service::email::LONGEST_POLL_INTERVAL;
use jiff::SignedDuration;
use local_stack::testing::CountedDatabase;
use service_kit::database::{DatabaseUrl, Timeouts};
use tokio::time::Instant;

use super::post::Post;
use super::server::MailServer;
use crate::mailbox::Mailbox;

const MAILS: usize = 100;

#[tokio::test]
async fn two_replicas_send_a_hundred_mails_once_each() {
    let post = Post::new().await;
    let Some(server) = MailServer::plain().await else { return };
    for number in 0..MAILS {
        post.reset(&format!("user{number}@example.org")).await;
    }
    let start = Instant::now();
    let (others, second) = post.replica(&server.url(), None);
    let first = post.worker(&server.url(), None);
    others.wake();
    post.until("all sent", |(rows, _)| rows == 0).await;
    println!("{MAILS} mails by two replicas: {:?}", start.elapsed());
    let mails = server.received(MAILS).await;
    let ids: BTreeSet<_> = mails.iter().map(|mail| mail["headers"]["message-id"].to_string()).collect();
    let recipients: BTreeSet<_> = mails.iter().map(|mail| mail["to"].to_string()).collect();
    assert_eq!((mails.len(), ids.len(), recipients.len()), (MAILS, MAILS, MAILS));
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn at_rest_a_look_into_the_outbox_is_one_round_trip() {
    const LOOKS: usize = 20;
    let post = Post::new().await;
    let counted = CountedDatabase::of(&post.database).await;
    let address =
        DatabaseUrl::parse("DATABASE_URL", &counted.service_url().to_owned().into(), "test").unwrap();
    let mut worker = post.worker_of(Arc::clone(&post.outbox), "smtp://127.0.0.1:9", None);
    worker.pool = address.pool(1, Timeouts::BACKGROUND).unwrap();
    let pool = worker.pool.clone();
    let worker = super::post::start(worker);
    // The first look connects and prepares.
    post.until("at rest", |_| counted.round_trips() > 2 && pool.idle() == 1).await;
    let (start, before) = (Instant::now(), counted.round_trips());
    for _ in 0..LOOKS {
        let so_far = counted.round_trips();
        post.outbox.wake();
        post.until("another look", |_| counted.round_trips() > so_far).await;
    }
    // Every five seconds it looks by itself.
    let unasked = usize::try_from(start.elapsed().as_secs() / 5 + 1).unwrap();
    let cost = counted.round_trips() - before;
    assert!((LOOKS..=LOOKS + unasked).contains(&cost), "{cost} round trips");
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_that_polls_rarely_sends_what_others_left_and_retries_its_own_in_time() {
    let (post, mailbox) = (Post::new().await, Mailbox::new());
    let start = |url: &str| {
        let outbox = super::post::outbox(&post.database, None);
        let mut worker = post.worker_of(Arc::clone(&outbox), url, None);
        worker.poll_interval = LONGEST_POLL_INTERVAL;
        (outbox, super::post::start(worker))
    };
    let (outbox, other) = start(&mailbox.url());
    // Once its own mail is sent, its look at the start is over.
    post.reset("alice@example.org").await;
    outbox.wake();
    post.until("sent", |(rows, _)| rows == 0).await;
    // By another outbox: nobody wakes the worker.
    post.reset("carol@example.org").await;
    post.clock.advance(SignedDuration::try_from(LONGEST_POLL_INTERVAL).unwrap());
    post.until("sent too", |(rows, _)| rows == 0).await;
    assert_eq!(mailbox.mails().len(), 2);
    other.stop().await;

    let (outbox, own) = start("smtp://127.0.0.1:9");
    post.reset("bob@example.org").await;
    outbox.wake();
    post.until("failed", |(rows, attempts)| (rows, attempts) == (1, 1)).await;
    for attempts in 2..4 {
        post.until_put_off().await;
        post.clock.advance(SignedDuration::from_secs(60));
        post.until("failed again", |row| row == (1, attempts)).await;
    }
    own.stop().await;
}
