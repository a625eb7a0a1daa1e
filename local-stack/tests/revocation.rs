//! A sign-out or a ban ends a token everywhere, within seconds, without a call for each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use local_stack::testing::{self, TestDatabase};
use local_stack::{Binary, Service, run_to_end};
use reqwest::Client;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::scratch::client;

/// What is promised, with every setting at its default.
const PROMISED: Duration = Duration::from_secs(3);
const SIGN_OUTS: usize = 20;
/// What task-service waits between two fetches of the keys, and then the same as for a sign-out.
const KEY_REVOKED_WITHIN: Duration = Duration::from_secs(10 + 3);
/// How long a refused token is tried again: no replica may give it back its life.
const STAYS_DEAD: Duration = Duration::from_secs(2);

/// A balancer: one connection goes to one replica, the next to the other.
async fn balancer(replicas: &[Service]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let addresses: Arc<[String]> =
        replicas.iter().map(|replica| replica.url().trim_start_matches("http://").to_owned()).collect();
    let turn = AtomicUsize::new(0);
    tokio::spawn(async move {
        while let Ok((mut incoming, _)) = listener.accept().await {
            let address = addresses[turn.fetch_add(1, Ordering::Relaxed) % addresses.len()].clone();
            tokio::spawn(async move {
                let mut outgoing = TcpStream::connect(address).await.unwrap();
                let _ = copy_bidirectional(&mut incoming, &mut outgoing).await;
            });
        }
    });
    url
}

/// Somebody who signs in, works, signs out, and goes on trying. How long that went well.
async fn outlives_sign_out(http: Client, auth: String, tasks: String) -> Duration {
    let credentials = json!({"email": "alice@example.com", "password": "correct horse battery"});
    let signed_in =
        http.post(format!("{auth}/api/auth/sign-in/email")).json(&credentials).send().await.unwrap();
    assert_eq!(signed_in.status(), 200);
    let header = |name: &str| signed_in.headers()[name].to_str().unwrap().to_owned();
    let (token, session) = (header("set-auth-jwt"), header("set-auth-token"));
    let status = async || {
        let answer = http.get(format!("{tasks}/api/me/tasks")).bearer_auth(&token).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(status().await, 200);
    let signed_out =
        http.post(format!("{auth}/api/auth/sign-out")).bearer_auth(&session).send().await.unwrap();
    assert_eq!(signed_out.status(), 200);
    let begun = Instant::now();
    while status().await != 401 {
        assert!(begun.elapsed() < 10 * PROMISED, "it never ends");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let outlived = begun.elapsed();
    while begun.elapsed() < outlived + STAYS_DEAD {
        assert_eq!(status().await, 401, "once refused, always refused");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    outlived
}

#[tokio::test]
async fn after_a_sign_out_task_service_refuses_the_token_within_three_seconds() {
    let (database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let replicas = [testing::auth_service(&database, &[]).await, testing::auth_service(&database, &[]).await];
    let auth = balancer(&replicas).await;
    let tasks = testing::task_service(&tasks_database, &auth, &[]).await;
    let http = client();
    let account = json!({"name": "Alice", "email": "alice@example.com", "password": "correct horse battery"});
    let made = http.post(format!("{auth}/api/auth/sign-up/email")).json(&account).send().await.unwrap();
    assert_eq!(made.status(), 200);
    let bystander = made.headers()["set-auth-jwt"].to_str().unwrap().to_owned();

    let mut people = JoinSet::new();
    for _ in 0..SIGN_OUTS {
        // Not all at one moment of the verifier's second.
        tokio::time::sleep(Duration::from_millis(130)).await;
        people.spawn(outlives_sign_out(http.clone(), auth.clone(), tasks.url().to_owned()));
    }
    let times = people.join_all().await;
    println!("from a sign-out to the refusal: {times:?}");
    assert_eq!(times.iter().filter(|time| **time <= PROMISED).count(), SIGN_OUTS, "{times:?}");
    let others =
        http.get(format!("{}/api/me/tasks", tasks.url())).bearer_auth(&bystander).send().await.unwrap();
    assert_eq!(others.status(), 200, "nobody else is signed out");

    at_rest_everybody_answers_304(&http, &replicas).await;
}

/// What one replica gave out, every replica knows again; but for the moment at which all make it anew.
async fn at_rest_everybody_answers_304(http: &Client, replicas: &[Service]) {
    let list = |replica: &Service| http.get(format!("{}/.well-known/status-lists/0", replica.url()));
    let deadline = Instant::now() + PROMISED;
    loop {
        let tag = list(&replicas[0]).send().await.unwrap().headers()[ETAG].clone();
        let mut statuses = Vec::new();
        for replica in replicas {
            let answer = list(replica).header(IF_NONE_MATCH, &tag).send().await.unwrap();
            statuses.push(answer.status().as_u16());
        }
        if statuses == [304, 304] {
            return;
        }
        assert!(Instant::now() < deadline, "{statuses:?}");
    }
}

/// The key may be stolen: tokens of it end within seconds, people stay signed in and go on with tokens of the next key.
#[tokio::test]
async fn tokens_of_a_revoked_key_are_refused_within_seconds_and_nobody_is_signed_out() {
    let (database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&database, &[]).await;
    let tasks = testing::task_service(&tasks_database, auth.url(), &[]).await;
    let http = client();
    let account = json!({"name": "Alice", "email": "alice@example.com", "password": "correct horse battery"});
    let made =
        http.post(format!("{}/api/auth/sign-up/email", auth.url())).json(&account).send().await.unwrap();
    let header = |name: &str| made.headers()[name].to_str().unwrap().to_owned();
    let (stolen, session) = (header("set-auth-jwt"), header("set-auth-token"));
    let status = async |token: &str| {
        let answer =
            http.get(format!("{}/api/me/tasks", tasks.url())).bearer_auth(token).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(status(&stolen).await, 200);

    let keys = http.get(format!("{}/.well-known/jwks.json", auth.url())).send().await.unwrap();
    let keys: serde_json::Value = keys.json().await.unwrap();
    let active = keys["keys"][0]["kid"].as_str().unwrap();
    let revoke = ["keys", "revoke", active];
    let revoked = run_to_end(Binary::AuthService, &revoke, testing::auth_env(&database)).await.unwrap();
    assert!(revoked.status.success(), "{revoked:?}");
    let begun = Instant::now();
    while status(&stolen).await != 401 {
        assert!(begun.elapsed() < KEY_REVOKED_WITHIN, "still accepted");
        let next =
            http.get(format!("{}/api/auth/token", auth.url())).bearer_auth(&session).send().await.unwrap();
        let next: serde_json::Value = next.json().await.unwrap();
        assert_eq!(status(next["token"].as_str().unwrap()).await, 200, "the next key is known already");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("from the revocation of a key to the refusal: {:?}", begun.elapsed());
}

/// The command knows no service: what it does reaches the others through the database and the status list.
#[tokio::test]
async fn tokens_of_a_banned_user_are_refused_within_three_seconds_and_no_new_ones_are_issued() {
    let (database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&database, &[]).await;
    let tasks = testing::task_service(&tasks_database, auth.url(), &[]).await;
    let http = client();
    let credentials = |name: &str| json!({"name": name, "email": format!("{name}@example.com"), "password": "correct horse battery"});
    let post = async |path: &str, body: serde_json::Value| {
        http.post(format!("{}/api/auth{path}", auth.url())).json(&body).send().await.unwrap()
    };
    let (alice, bob) = (
        post("/sign-up/email", credentials("alice")).await,
        post("/sign-up/email", credentials("bob")).await,
    );
    let header = |answer: &reqwest::Response, name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let (banned, session, bystander) =
        (header(&alice, "set-auth-jwt"), header(&alice, "set-auth-token"), header(&bob, "set-auth-jwt"));
    let status = async |token: &str| {
        let answer =
            http.get(format!("{}/api/me/tasks", tasks.url())).bearer_auth(token).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!((status(&banned).await, status(&bystander).await), (200, 200));

    let ban = ["users", "ban", "alice@example.com", "--yes"];
    let done = run_to_end(Binary::AuthService, &ban, testing::auth_env(&database)).await.unwrap();
    assert!(done.status.success(), "{done:?}");
    let begun = Instant::now();
    while status(&banned).await != 401 {
        assert!(begun.elapsed() < PROMISED, "still accepted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("from a ban to the refusal: {:?}", begun.elapsed());
    let next = http.get(format!("{}/api/auth/token", auth.url())).bearer_auth(&session).send().await.unwrap();
    assert_eq!(next.status(), 401);
    assert_eq!(post("/sign-in/email", credentials("alice")).await.status(), 403);
    assert_eq!(status(&bystander).await, 200, "nobody else is banned");
}
