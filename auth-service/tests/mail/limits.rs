//! What is counted where mail enters the outbox, over replicas and at a time of the test's choosing.

use std::sync::Arc;
use std::time::Duration;

use auth_service::client_address::Network;
use auth_service::email::{Addressee, Message, Outbox};
use auth_service::limits::{Limits, MailRequester};
use auth_service::protocol::email_address::Email;
use aws_lc_rs::hmac;
use futures_util::future::join_all;
use jiff::SignedDuration;
use service_kit::database::{Pool, Timeouts};
use shared_claims::Clock;

use super::post::{Post, outbox};

struct Limited {
    post: Post,
    replicas: [Arc<Outbox>; 2],
    pool: Pool,
}

impl Limited {
    async fn new() -> Self {
        let post = Post::new().await;
        let limits = || Some(Arc::new(Limits::new(hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]))));
        let replicas = [outbox(&post.database, limits()), outbox(&post.database, limits())];
        // All of them ask at once, and each gets its turn.
        let timeouts = Timeouts { wait: Duration::from_secs(60), ..Timeouts::BACKGROUND };
        let pool = post.address.pool(8, timeouts).unwrap();
        Self { post, replicas, pool }
    }

    /// Whether a mail to `to` goes in that somebody at `address` asks for.
    async fn ask(&self, number: usize, address: &str, to: &str) -> bool {
        let requester = MailRequester::new(Network::of(Some(address.parse().unwrap())), None);
        let (to, now) = (Email::parse(to).unwrap(), self.post.clock.now());
        let transaction = self.pool.begin().await.unwrap();
        let (outbox, to) = (&self.replicas[number % 2], Addressee::unverified(&to));
        let sent = outbox.notify(&transaction, &requester, to, &Message::AccountExists, now).await.unwrap();
        transaction.commit().await.unwrap();
        sent
    }

    async fn ask_at_once(&self, asked: impl Iterator<Item = (String, String)>) -> usize {
        let asked: Vec<_> = asked.collect();
        let asks = asked.iter().enumerate().map(|(number, (from, to))| self.ask(number, from, to));
        join_all(asks).await.into_iter().filter(|sent| *sent).count()
    }
}

#[tokio::test]
async fn a_mailbox_gets_five_in_an_hour_exactly_under_whatever_name() {
    let limited = Limited::new().await;
    let asked = || (0..30).map(|number| (format!("192.0.{number}.1"), format!("ada+{number}@example.com")));
    assert_eq!(limited.ask_at_once(asked()).await, 5);
    assert_eq!(limited.post.waiting().await.0, 5);
    limited.post.clock.advance(SignedDuration::from_secs(3599));
    assert!(!limited.ask(0, "198.51.100.1", "ADA@EXAMPLE.COM").await);
    assert!(limited.ask(0, "198.51.100.1", "bob@example.com").await, "another mailbox");
    limited.post.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(limited.ask_at_once(asked()).await, 5);
}

#[tokio::test]
async fn a_site_gets_two_of_them_exactly_whichever_of_its_addresses_asks() {
    let limited = Limited::new().await;
    for site in ["2001:db8:0", "2001:db8:1"] {
        let asked = (0..20).map(|number| (format!("{site}:{number}::1"), "ada@example.com".to_owned()));
        assert_eq!(limited.ask_at_once(asked).await, 2, "{site}");
    }
    let asked = (1..20).map(|number| (format!("192.0.2.{number}"), "ada@example.com".to_owned()));
    assert_eq!(limited.ask_at_once(asked).await, 1, "one is left of the five");
}

#[tokio::test]
async fn a_network_sends_few_mails_to_however_many_addresses() {
    let limited = Limited::new().await;
    let to = |number: usize| format!("user{number}@example.com");
    let asked = (0..70).map(|number| ("2001:db8:0:0::1".to_owned(), to(number)));
    assert_eq!(limited.ask_at_once(asked).await, 50);
    assert!(!limited.ask(0, "2001:db8:0:0:ffff::", &to(100)).await, "the same /64");
    let asked = (0..240).map(|number| (format!("2001:db8:0:{:x}::1", number % 6), to(200 + number)));
    assert_eq!(limited.ask_at_once(asked).await, 150, "the /56 has four times as many");
    assert!(limited.ask(0, "2001:db8:0:100::1", &to(1000)).await, "another /56");
}
