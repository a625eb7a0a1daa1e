//! Both services on the databases of a cluster, and people who use them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_stack::testing::{self, Database, PrivateCluster, ServiceSecrets};
use local_stack::{Binary, Service};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

pub(super) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const PASSWORD: &str = "correct horse battery";
const PATIENCE: Duration = Duration::from_secs(60);

/// A user who is signed in.
pub(crate) struct Person {
    pub id: String,
    pub session: String,
    pub token: String,
}

/// Both services.
pub(crate) struct Deployment {
    pub auth: Service,
    tasks: Service,
}

impl Deployment {
    /// Starts both with these secrets.
    pub(crate) async fn start(cluster: &PrivateCluster, secrets: &ServiceSecrets) -> Self {
        Self::start_with(cluster, secrets, &[], &[]).await
    }

    /// The same, with settings for auth-service and for task-service.
    pub(super) async fn start_with(
        cluster: &PrivateCluster,
        secrets: &ServiceSecrets,
        accounts: &[(&str, &str)],
        tasks: &[(&str, &str)],
    ) -> Self {
        let auth = testing::auth_service(cluster.auth(), &[&of(secrets), accounts].concat()).await;
        let tasks = testing::task_service(cluster.tasks(), auth.url(), tasks).await;
        Self { auth, tasks }
    }

    pub(crate) async fn sign_up(&self, http: &Client, name: &str) -> Person {
        let body = json!({"name": name, "email": email(name), "password": PASSWORD});
        signed_in(self.post(http, "sign-up/email", &body).await).await
    }

    pub(crate) async fn sign_in(&self, http: &Client, name: &str) -> Person {
        let body = json!({"email": email(name), "password": PASSWORD});
        signed_in(self.post(http, "sign-in/email", &body).await).await
    }

    async fn post(&self, http: &Client, path: &str, body: &Value) -> Response {
        let url = format!("{}/api/auth/{path}", self.auth.url());
        http.post(url).json(body).send().await.unwrap().error_for_status().unwrap()
    }

    pub(super) async fn sign_out(&self, http: &Client, person: &Person) {
        let url = format!("{}/api/auth/sign-out", self.auth.url());
        let answer = http.post(url).bearer_auth(&person.session).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(!self.has_session(http, person).await);
    }

    pub(crate) async fn has_session(&self, http: &Client, person: &Person) -> bool {
        let url = format!("{}/api/auth/get-session", self.auth.url());
        let answer = http.get(url).bearer_auth(&person.session).send().await.unwrap();
        !answer.error_for_status().unwrap().json::<Value>().await.unwrap().is_null()
    }

    pub(crate) async fn add_task(&self, http: &Client, person: &Person, title: &str) {
        let request = http.post(format!("{}/api/me/tasks", self.tasks.url())).bearer_auth(&person.token);
        assert_eq!(request.json(&json!({"title": title})).send().await.unwrap().status(), 201);
    }

    /// The titles of the tasks, or the status of the refusal.
    pub(crate) async fn titles(&self, http: &Client, person: &Person) -> Result<Vec<String>, u16> {
        let url = format!("{}/api/me/tasks", self.tasks.url());
        let answer = http.get(url).bearer_auth(&person.token).send().await.unwrap();
        if answer.status() != 200 {
            return Err(answer.status().as_u16());
        }
        let tasks: Value = answer.json().await.unwrap();
        let titles = tasks["tasks"].as_array().unwrap().iter();
        Ok(titles.map(|task| task["title"].as_str().unwrap().to_owned()).collect())
    }

    /// The cookie of a new session.
    pub(crate) async fn cookie(&self, http: &Client, name: &str) -> String {
        let answer =
            self.post(http, "sign-in/email", &json!({"email": email(name), "password": PASSWORD})).await;
        let mut cookies =
            answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
        let session = cookies.rfind(|cookie| cookie.contains("session_token")).unwrap();
        session.split(';').next().unwrap().to_owned()
    }

    /// Whether a cookie is that of a session.
    pub(crate) async fn accepts(&self, http: &Client, cookie: &str) -> bool {
        let url = format!("{}/api/auth/get-session", self.auth.url());
        let answer = http.get(url).header("cookie", cookie).send().await.unwrap();
        !answer.error_for_status().unwrap().json::<Value>().await.unwrap().is_null()
    }

    /// Waits until task-service refuses the token with 401.
    pub(crate) async fn wait_until_refused(&self, http: &Client, person: &Person) {
        eventually(async || self.titles(http, person).await == Err(401)).await;
    }
}

/// Waits until a condition holds.
pub(super) async fn eventually(holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "it never holds");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What auth-service says when it does not start with these secrets.
pub(super) async fn refused(database: &Database, secrets: &ServiceSecrets) -> String {
    let mut env = testing::auth_env(database);
    env.extend(of(secrets).map(|(name, value)| (name.to_owned(), value.to_owned())));
    match Service::spawn(Binary::AuthService, env).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

fn of(secrets: &ServiceSecrets) -> [(&str, &str); 2] {
    [("AUTH_SECRETS", &secrets.auth_secrets), ("KEY_ENCRYPTION_KEYS", &secrets.key_encryption_keys)]
}

fn email(name: &str) -> String {
    format!("{name}@example.com")
}

async fn signed_in(answer: Response) -> Person {
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let (session, token) = (header("set-auth-token"), header("set-auth-jwt"));
    let body: Value = answer.json().await.unwrap();
    Person { id: body["user"]["id"].as_str().unwrap().to_owned(), session, token }
}

/// The id of the key that signed a token.
pub(crate) fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}
