//! A replica whose clock is wrong by an hour, on the database of others.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local_stack::testing::TestDatabase;
use shared_claims::{Clock, SystemClock};
use tokio_postgres::Client;

use crate::status_lists::eventually;
use crate::support::connect;
use crate::time::{config_of, serve};

/// The cleanup is due at the start.
const SOON: Duration = Duration::from_secs(20);

/// A system clock that is wrong and does not know it.
struct Wrong(SignedDuration);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

/// What replicas with a right clock left: a revocation that counts for ten more minutes, one that nobody has given an end
/// yet, a retired key, and two sessions, one of which has expired by every clock.
const LEFT: &str = r#"
    INSERT INTO status_indexes (idx, revoked_in, clears_at, free_at) VALUES
        (1, 1, now() + interval '10 minutes', now() + interval '15 minutes'), (2, 1, NULL, NULL);
    INSERT INTO signing_keys (kid, status, created_at, public_jwk, published_at, published_until)
    SELECT 'retired', 'retired', now(), jsonb_build_object('kty', 'RSA', 'kid', 'retired', 'use', 'sig', 'alg', 'RS256',
        'n', repeat('A', 342), 'e', 'AQAB'), now(), now() + interval '10 minutes';
    INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
    VALUES ('alice', 'Alice', 'alice@example.com', true, now(), now());
    INSERT INTO sessions
        (id, user_id, token_hash, created_at, updated_at, expires_at, remembered, ip_address, user_agent) VALUES
        (gen_random_uuid(), 'alice', sha256('expired'), now(), now(), now() - interval '2 hours', true, '', ''),
        (gen_random_uuid(), 'alice', sha256('live'), now(), now(), now() + interval '30 minutes', true, '', '')"#;

async fn is_true(client: &Client, condition: &str) -> bool {
    client.query_one(&format!("SELECT {condition}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn it_deletes_nothing_that_is_needed_and_keeps_revocations_long_enough() {
    for hours in [1, -1] {
        let database = TestDatabase::auth().await;
        let client = connect(&database.superuser_url()).await;
        client.batch_execute(LEFT).await.unwrap();
        serve(config_of(&database, &[]), Arc::new(Wrong(SignedDuration::from_hours(hours)))).await;
        let expired = "NOT EXISTS (SELECT FROM sessions WHERE token_hash = sha256('expired'))";
        eventually("the cleanup", SOON, async || is_true(&client, expired).await).await;
        for kept in [
            "EXISTS (SELECT FROM status_indexes WHERE idx = 1 AND clears_at > now() + interval '9 minutes')",
            "EXISTS (SELECT FROM status_indexes WHERE idx = 2 AND clears_at > now() + interval '9 minutes')",
            "EXISTS (SELECT FROM signing_keys WHERE kid = 'retired')",
            "EXISTS (SELECT FROM sessions WHERE token_hash = sha256('live'))",
        ] {
            assert!(is_true(&client, kept).await, "{hours} h: not {kept}");
        }
    }
}
