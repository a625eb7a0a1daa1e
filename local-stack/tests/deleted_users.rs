//! When a user is deleted, the tasks go too.

use std::time::Duration;

use local_stack::testing::{self, TestDatabase, free_port};
use local_stack::{Binary, Service};
use reqwest::{Client, Response};
use serde_json::json;
use tokio::time::Instant;

use crate::scratch::client;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const PASSWORD: &str = "correct horse battery";
const PATIENCE: Duration = Duration::from_secs(60);

struct Person {
    session: String,
    token: String,
}

async fn sign_up(http: &Client, auth: &Service, name: &str) -> Person {
    let body = json!({"name": name, "email": format!("{name}@example.com"), "password": PASSWORD});
    let url = format!("{}/api/auth/sign-up/email", auth.url());
    let answer = http.post(url).json(&body).send().await.unwrap().error_for_status().unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    Person { session: header("set-auth-token"), token: header("set-auth-jwt") }
}

async fn create_task(http: &Client, tasks: &Service, person: &Person) -> Response {
    let request = http.post(format!("{}/api/me/tasks", tasks.url())).bearer_auth(&person.token);
    request.json(&json!({"title": "Buy milk"})).send().await.unwrap()
}

#[tokio::test]
async fn a_user_deleted_while_task_service_is_down_has_no_task_left_after_it_is_back() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let bind = format!("127.0.0.1:{}", free_port());
    let webhook = format!("http://{bind}/webhooks/auth-service");
    let settings =
        [("WEBHOOK_URL", webhook.as_str()), ("WEBHOOK_SECRET", SECRET), ("DELETE_USER_ENABLED", "true")];
    let auth = testing::auth_service(&accounts, &settings).await;
    let mut env = testing::task_env(&tasks, auth.url());
    env.extend(
        [("BIND", bind.as_str()), ("WEBHOOK_SECRET", SECRET)]
            .map(|(name, value)| (name.into(), value.into())),
    );
    let mut service = Service::spawn(Binary::TaskService, env.clone()).await.unwrap();
    service.wait_ready().await.unwrap();

    let http = client();
    let (alice, bob) = (sign_up(&http, &auth, "alice").await, sign_up(&http, &auth, "bob").await);
    for person in [&alice, &alice, &bob] {
        assert_eq!(create_task(&http, &service, person).await.status(), 201);
    }
    assert!(service.terminate().await.unwrap().success());
    let deletion = http.post(format!("{}/api/auth/delete-user", auth.url())).bearer_auth(&alice.session);
    assert_eq!(deletion.json(&json!({"password": PASSWORD})).send().await.unwrap().status(), 200);

    let superuser = local_stack::databases::connect(&tasks.superuser_url()).await.unwrap();
    let count =
        async || superuser.query_one("SELECT count(*) FROM tasks", &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count().await, 3);
    let mut service = Service::spawn(Binary::TaskService, env).await.unwrap();
    service.wait_ready().await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while count().await != 1 {
        assert!(Instant::now() < deadline, "her tasks are still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(create_task(&http, &service, &alice).await.status(), 401);
    assert_eq!(create_task(&http, &service, &bob).await.status(), 201);
}
