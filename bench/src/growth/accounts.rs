//! auth-service with many users, each with a session.

use std::sync::atomic::{AtomicUsize, Ordering};

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};

use super::client::request;
use super::operation::Operation;
use super::stand::Stand;

pub const PASSWORD: &str = "correct horse battery";

/// Users with one password and one session each, whose token follows from its number. The session's place in the status
/// lists is random, as the service draws it. FKs are not checked while filling.
const FILL: &str = "
    SET session_replication_role = replica;
    INSERT INTO status_lists (number, created_at) VALUES (1, 'epoch') ON CONFLICT DO NOTHING;
    CREATE TEMPORARY TABLE drawn AS
    SELECT row_number() OVER () - 1 AS n, idx FROM (
        SELECT idx FROM generate_series(0::bigint, 2097151) idx WHERE idx NOT IN (SELECT idx FROM status_indexes)
        ORDER BY random() LIMIT SIZE) chosen;
    INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
    SELECT 'user-' || n, 'User ' || n, 'user-' || n || '@example.com', false, now(), now() FROM drawn;
    INSERT INTO passwords (user_id, hash, scheme, updated_at)
    SELECT 'user-' || n, hash, scheme, now() FROM drawn, (SELECT hash, scheme FROM passwords LIMIT 1) one;
    INSERT INTO status_indexes (idx) SELECT idx FROM drawn;
    INSERT INTO sessions (id, user_id, token_hash, created_at, updated_at, expires_at, remembered, ip_address,
                          user_agent, status_index)
    SELECT gen_random_uuid(), 'user-' || n, sha256(('growth-session-' || lpad(n::text, 28, '0'))::bytea), now(), now(),
           now() + interval '7 days', true, '127.0.0.1', 'growth', idx
    FROM drawn;
    DROP TABLE drawn";

/// Sessions that present themselves again and again, at every size. `get-session` and `token` return an access token, and
/// the service caches those of some 30,000 sessions: a small table would profit from that more than a large one.
const KNOWN_SESSIONS: usize = 500;
/// Requests in a turn with sessions whose token is not cached. All turns together need less sessions than the smallest size
/// has.
const NEW_SESSIONS: usize = 150;
/// Has no divisor in common with the sizes, which are powers of ten.
const STRIDE: usize = 7919;

/// Creates the database and starts the service.
pub async fn stand(size: usize) -> Stand {
    let database = TestDatabase::auth().await;
    let service = start(&database, &[]).await;
    // Its password is that of all users.
    let body = format!(r#"{{"name":"One","email":"one@example.com","password":"{PASSWORD}"}}"#);
    let mut connection = super::client::Connection::open(service.url()).unwrap();
    connection.send(&request("POST", "/api/auth/sign-up/email", "", &body));
    drop(service);
    let client = super::stand::superuser(&database).await;
    client.batch_execute(&FILL.replace("SIZE", &size.to_string())).await.unwrap();
    // Hint bits and statistics, which autovacuum would see to.
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let service = start(&database, &[]).await;
    Stand { size, database, service, client, tokens: Vec::new(), sent: AtomicUsize::new(0) }
}

/// Starts the service. Access tokens outlive the benchmark.
pub async fn start(database: &TestDatabase, extra: &[(&str, &str)]) -> Service {
    testing::auth_service(database, &[&[("JWT_TTL", "1h")], extra].concat()).await
}

/// The token of a session by its number.
pub fn session(number: usize) -> String {
    format!("growth-session-{number:028}")
}

/// The operations. Those with new sessions come first, while no token is cached, and signing in last: it adds sessions.
pub fn operations() -> Vec<Operation> {
    let new = |stand: &Stand, _: usize| {
        let number = stand.sent.fetch_add(1, Ordering::Relaxed) * STRIDE % stand.size;
        request("GET", "/api/auth/token", &session(number), "")
    };
    let sign_in = |stand: &Stand, number: usize| {
        // Different users at a time: while the password of one waits to be hashed, a second sign-in of theirs is refused.
        let user = number * STRIDE % stand.size;
        let body = format!(r#"{{"email":"user-{user}@example.com","password":"{PASSWORD}"}}"#);
        request("POST", "/api/auth/sign-in/email", "", &body)
    };
    vec![
        Operation::new("token, signed", new).with_requests(NEW_SESSIONS),
        known("get-session", "get-session"),
        known("token, cached", "token"),
        known("list-sessions", "list-sessions"),
        Operation::new("sign-in", sign_in).with_requests(400),
    ]
}

/// Requests of the known sessions.
pub fn known(name: &'static str, path: &'static str) -> Operation {
    Operation::new(name, move |stand: &Stand, number: usize| {
        let number = number % KNOWN_SESSIONS * (stand.size / KNOWN_SESSIONS);
        request("GET", &format!("/api/auth/{path}"), &session(number), "")
    })
}
