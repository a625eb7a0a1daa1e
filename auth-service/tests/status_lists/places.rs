//! Who gets which place, and when it is given again.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio_postgres::Client;

use super::{SOON, bits, eventually, is_revoked, list, place};
use crate::idle::quiet_for;
use crate::support::{Auth, PASSWORD, connect, email};
use crate::time::Clocked;

/// What the database says of the one place that is taken.
async fn row(client: &Client) -> Option<(Option<i64>, Option<Timestamp>, Option<Timestamp>)> {
    let row =
        client.query_opt("SELECT revoked_in, clears_at, free_at FROM status_indexes", &[]).await.unwrap()?;
    Some((row.get(0), row.get(1), row.get(2)))
}

#[tokio::test]
async fn every_session_has_a_place_of_its_own_and_nobody_can_guess_it() {
    let auth = Auth::start().await;
    let first = auth.user("alice").await;
    let mut devices = vec![place(&first.jwt)];
    for _ in 0..9 {
        devices.push(place(&auth.another_device("alice").await.jwt));
    }
    assert_eq!(devices.iter().collect::<HashSet<_>>().len(), 10);
    assert!(!devices.is_sorted(), "at random: {devices:?}");
    assert_eq!(
        place(first.get("/token").await.body["token"].as_str().unwrap()),
        devices[0],
        "it stays the same"
    );
}

#[tokio::test]
async fn a_session_without_a_place_gets_one_when_it_is_used_however_often_at_once() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let database = auth.superuser().await;
    // As a session looks that came from another system.
    database
        .batch_execute("UPDATE sessions SET status_index = NULL; DELETE FROM status_indexes")
        .await
        .unwrap();
    let answers = join_all((0..20).map(|_| alice.get("/token"))).await;
    let places: HashSet<_> =
        answers.iter().map(|answer| place(answer.body["token"].as_str().unwrap())).collect();
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!(auth.count("status_indexes").await, 1);
    assert_eq!(alice.post("/sign-out", &json!({})).await.status, 200);
    let jwt = answers[0].body["token"].as_str().unwrap();
    eventually("the bit", SOON, async || is_revoked(auth.service.url(), jwt).await).await;
}

/// A place is given again only when no token of its last owner is alive, and no list is good any more that refuses it.
#[actix_web::test]
async fn a_place_given_anew_never_refuses_its_new_owner() {
    let server = Clocked::start_with(&[("SESSION_TTL", "1h")]).await;
    let database = connect(&server.database.superuser_url()).await;
    server.sign_up(true).await;
    let body = json!({"email": "a@example.com", "password": PASSWORD});
    let answer = server.post("/sign-in/email", "", &body).await;
    let (jwt, token) = (answer.header("set-auth-jwt").unwrap(), answer.body["token"].as_str().unwrap());
    let (number, index) = place(&jwt);
    let owner = "SELECT status_index FROM sessions WHERE status_index = $1";
    let index = i64::try_from(index).unwrap();
    assert_eq!(database.query(owner, &[&index]).await.unwrap().len(), 1);
    database.execute("DELETE FROM sessions WHERE status_index <> $1", &[&index]).await.unwrap();
    database.execute("DELETE FROM status_indexes WHERE idx <> $1", &[&index]).await.unwrap();

    let token_dies = Timestamp::from_second(crate::tokens::claims(&jwt)["exp"].as_i64().unwrap()).unwrap();
    assert_eq!(server.post("/sign-out", token, &json!({})).await.status, 200);
    eventually("the bit", SOON, async || is_revoked(&server.url, &jwt).await).await;

    // A minute at a time; at each the lists are looked at until they are those of that minute.
    let (mut last_refusal, mut freed_at) = (None, None);
    for _ in 0..120 {
        server.clock.advance(SignedDuration::from_mins(1));
        let now = shared_claims::Clock::now(&*server.clock);
        let seen = "SELECT count(*) FROM status_indexes WHERE clears_at IS NULL OR free_at <= $1";
        eventually("the sweep", SOON, async || {
            database.query_one(seen, &[&now]).await.unwrap().get::<_, i64>(0) == 0
        })
        .await;
        let line = now.as_second() - now.as_second() % 300;
        eventually("the list", SOON, async || list(&server.url, number).await["iat"] == line).await;
        let served = list(&server.url, number).await;
        let place = usize::try_from(index).unwrap();
        if bits(&served)[place / 8] >> (place % 8) & 1 == 1 {
            last_refusal = Some(Timestamp::from_second(served["exp"].as_i64().unwrap()).unwrap());
        } else {
            assert!(now >= token_dies + SignedDuration::from_secs(30), "a revoked token came to life again");
        }
        if row(&database).await.is_none() {
            freed_at = Some(now);
            break;
        }
    }
    let (freed_at, last_refusal) = (freed_at.expect("it is given back"), last_refusal.unwrap());
    assert!(freed_at > last_refusal, "free at {freed_at}, refused until {last_refusal}");
    assert!(
        freed_at < last_refusal + SignedDuration::from_mins(30),
        "and not wasted: {freed_at} {last_refusal}"
    );
}

#[actix_web::test]
async fn sessions_of_those_who_never_come_back_give_their_places_back_too() {
    let server = Clocked::start_with(&[("SESSION_TTL", "1h")]).await;
    let database = connect(&server.database.superuser_url()).await;
    server.sign_up(true).await;
    server.pass(2);
    let count = async |table: &str| -> i64 {
        database.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    };
    eventually("the sweep", SOON, async || count("sessions").await == 0).await;
    assert!(matches!(row(&database).await, Some((Some(_), _, _))));
    // The first stamps the end of its token's life, the second finds it over.
    server.pass(2);
    eventually("the stamp", SOON, async || matches!(row(&database).await, Some((_, Some(_), _)))).await;
    server.pass(2);
    eventually("the place", SOON, async || count("status_indexes").await == 0).await;
}

#[actix_web::test]
async fn a_list_is_added_when_half_of_all_places_are_taken_and_used_when_everybody_knows_it() {
    let server = Clocked::start().await;
    let database = connect(&server.database.superuser_url()).await;
    let fill = "INSERT INTO status_indexes (idx) SELECT generate_series(0, 524288)";
    database.batch_execute(fill).await.unwrap();
    server.clock.advance(SignedDuration::from_mins(1));
    let lists = async || {
        let url = format!("{}/.well-known/status-lists", server.url);
        let answer = reqwest::get(url).await.unwrap().json::<serde_json::Value>().await.unwrap();
        answer["status_lists"].as_array().unwrap().len()
    };
    eventually("the new list", SOON, async || lists().await == 2).await;
    assert!(bits(&list(&server.url, 1).await).iter().all(|byte| *byte == 0));

    let sign_in = async |name: &str| {
        let body = json!({"name": name, "email": email(name), "password": PASSWORD});
        place(&server.post("/sign-up/email", "", &body).await.header("set-auth-jwt").unwrap())
    };
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let (number, index) = sign_in(name).await;
        assert_eq!(number, 0, "not before verifiers know it");
        assert!(index > 524_288, "a free one");
    }
    server.clock.advance(SignedDuration::from_mins(6));
    let later = async || sign_in(&format!("u{}", uuid::Uuid::new_v4())).await.0 == 1;
    eventually("a place in the new list", SOON, later).await;
}

/// Between two looks lists are signed for the present time all the same, and bits that were set elsewhere are seen at the
/// next one.
#[actix_web::test]
async fn where_looks_are_rare_lists_do_not_expire_in_between() {
    let settings = [("STATUS_LIST_INTERVAL", "1h"), ("KEY_REFRESH_INTERVAL", "24h")];
    let server = Clocked::start_with(&settings).await;
    let database = connect(&server.database.superuser_url()).await;
    let token = server.sign_up(true).await;
    let jwt = server.get("/token", &token).await.body["token"].as_str().unwrap().to_owned();
    // The sign-up made a look due, which is not to see what follows.
    let several_ticks = Duration::from_secs(2);
    eventually("no more looks", several_ticks * 5, async || quiet_for(&database).await > several_ticks).await;
    database.batch_execute("DELETE FROM sessions").await.unwrap();
    for _ in 0..11 {
        server.clock.advance(SignedDuration::from_mins(5));
        let now = shared_claims::Clock::now(&*server.clock).as_second();
        eventually("the list of now", SOON, async || list(&server.url, 0).await["iat"] == now).await;
        assert!(!is_revoked(&server.url, &jwt).await, "nobody looked");
    }
    server.clock.advance(SignedDuration::from_mins(5));
    eventually("the bit", SOON, async || is_revoked(&server.url, &jwt).await).await;
}
