//! Refusals are counted, so that a flood does not fill the table.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use local_stack::testing::TestDatabase;
use reqwest::{Client, Method};
use serde_json::json;
use shared_claims::{Clock, SharedClock, SystemClock, VirtualClock};
use tokio::time::Instant;

use crate::support::{Answer, Auth, PASSWORD, email};
use crate::time::{config_of, serve};

/// Refused sign-ins of the flood, unless `LATCHKEY_AUDIT_FLOOD` is set: enough to show that rows do not grow with them.
const FLOOD: usize = 1000;
/// The rows that a replica stores in a minute for one event.
const ROWS_IN_A_MINUTE: u64 = 10;
const SOON: Duration = Duration::from_secs(20);

/// The number of rows of refusals, and of the refusals that they count.
const COUNTED: &str = "
    SELECT count(*), coalesce(sum(count), 0)::bigint FROM audit_events
    WHERE event = 'sign_in.refused' AND outcome = 'refusal'";

#[tokio::test]
async fn a_flood_of_refused_sign_ins_adds_ten_rows_that_count_all_of_it() {
    let mut auth = Auth::start_with(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    auth.user("alice").await;
    let flood = std::env::var("LATCHKEY_AUDIT_FLOOD").map_or(FLOOD, |flood| flood.parse().unwrap());
    let started = Instant::now();
    let refuse = |number: usize| {
        let address =
            Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + u32::try_from(number).unwrap());
        let name = if number.is_multiple_of(2) { "alice".to_owned() } else { format!("user{number}") };
        let body = json!({"email": email(&name), "password": "wrong password"});
        let request =
            auth.request(Method::POST, "/sign-in/email").header("x-forwarded-for", address.to_string());
        async move { Answer::of(request.json(&body)).await.status.as_u16() }
    };
    let statuses: Vec<u16> = stream::iter(0..flood).map(refuse).buffer_unordered(8).collect().await;
    let refused = statuses.iter().filter(|status| **status == 401).count();
    assert!(refused > flood / 2, "{refused} of {flood}");
    let superuser = auth.superuser().await;
    assert!(auth.service.terminate().await.unwrap().success(), "it stores the rest when it stops");
    let row = superuser.query_one(COUNTED, &[]).await.unwrap();
    let (rows, counted): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(counted, i64::try_from(refused).unwrap());
    println!("{refused} refused sign-ins of {flood} in {:?}: {rows} rows", started.elapsed());
    // Minutes begin at the first refusal, and the last may not have ended.
    let minutes = started.elapsed().as_secs() / 60 + 1;
    assert!(u64::try_from(rows).unwrap() <= (minutes + 1) * ROWS_IN_A_MINUTE, "{rows}");
}

#[tokio::test]
async fn refusals_are_stored_once_a_minute() {
    let database = TestDatabase::auth().await;
    let clock = Arc::new(VirtualClock::new(SystemClock.now()));
    let url = serve(config_of(&database, &[]), Arc::clone(&clock) as SharedClock).await;
    let account = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let http = Client::new();
    let post = |path: &str| http.post(format!("{url}/api/auth{path}"));
    assert_eq!(Answer::of(post("/sign-up/email").json(&account)).await.status, 200);
    let wrong = json!({"email": email("alice"), "password": "wrong password"});
    for _ in 0..3 {
        assert_eq!(Answer::of(post("/sign-in/email").json(&wrong)).await.status, 401);
    }
    let superuser = crate::support::connect(&database.superuser_url()).await;
    let deadline = Instant::now() + SOON;
    loop {
        let row = superuser.query_one(COUNTED, &[]).await.unwrap();
        let counts: (i64, i64) = (row.get(0), row.get(1));
        if counts != (0, 0) {
            assert_eq!(counts, (1, 3));
            break;
        }
        assert!(Instant::now() < deadline, "never stored");
        clock.advance(Duration::from_secs(61));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let of = "SELECT user_id IS NOT NULL AND reason = 'wrong_password' AND last_at >= occurred_at
              AND request_id IS NOT NULL AND host(client_address) = '127.0.0.1'
              FROM audit_events WHERE outcome = 'refusal'";
    assert!(superuser.query_one(of, &[]).await.unwrap().get::<_, bool>(0));
}
