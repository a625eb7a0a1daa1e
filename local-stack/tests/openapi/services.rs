//! Both services, each with a database of its own, and somebody who is signed in.

use std::time::Duration;

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use serde_json::{Value, json};

use crate::scratch::{Scratch, client};

/// Not the password of any example in the documents, so that no example changes it or deletes the account.
const PASSWORD: &str = "nobody writes this in a document";

/// How long the last lines of a service that has ended may take to be read.
const SOON: Duration = Duration::from_secs(20);

/// Fields are dropped in this order: the services first.
pub(super) struct Services {
    pub(super) auth: Service,
    pub(super) tasks: Service,
    _databases: [TestDatabase; 2],
    _mail: Scratch,
}

/// What a client of each service sends as a bearer token.
pub(super) struct Tokens {
    pub(super) session: String,
    pub(super) access: String,
}

impl Services {
    /// With every endpoint switched on, and mail that goes into files.
    pub(super) async fn start() -> Self {
        let (auth_database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
        let mail = Scratch::new();
        let settings = [
            ("MAIL_URL", &*format!("file://{}", mail.path().display())),
            ("CHANGE_EMAIL_ENABLED", "true"),
            ("DELETE_USER_ENABLED", "true"),
            ("USERNAME_ENABLED", "true"),
            ("MAGIC_LINK_ENABLED", "true"),
            ("EMAIL_OTP_ENABLED", "true"),
            // Generated passwords such as 00000000 are common ones, which no schema can say.
            ("PASSWORD_BLOCKLIST", "off"),
        ];
        let auth = testing::auth_service(&auth_database, &settings).await;
        let tasks = testing::task_service(&tasks_database, auth.url(), &[]).await;
        Self { auth, tasks, _databases: [auth_database, tasks_database], _mail: mail }
    }

    /// Signs up a user of this name.
    pub(super) async fn sign_up(&self, name: &str) -> Tokens {
        let body = json!({"name": name, "email": format!("{name}@example.org"), "password": PASSWORD});
        let request = client().post(format!("{}/api/auth/sign-up/email", self.auth.url())).json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let access = answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        Tokens { session: body["token"].as_str().unwrap().to_owned(), access }
    }

    /// Stops both services, and fails if one has logged an error, or a warning other than that an email which was made up
    /// gets no mail, and that passwords are hashed quickly for the tests.
    pub(super) async fn have_logged_no_error(self) {
        // task-service first: it warns of an auth-service that is away.
        for mut service in [self.tasks, self.auth] {
            service.terminate().await.unwrap();
            service.wait_for_line(|line| line.contains("stopping"), SOON).await.unwrap();
            let output = service.output();
            let is_wrong = |line: &&String| {
                line.contains("ERROR")
                    || (line.contains("WARN")
                        && !["its email address is not valid", "BCRYPT_COST"]
                            .iter()
                            .any(|known| line.contains(known)))
            };
            let wrong: Vec<&String> = output.iter().filter(is_wrong).collect();
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
    }
}
