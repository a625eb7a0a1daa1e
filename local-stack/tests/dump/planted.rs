//! Credentials that are planted in tables, logs and metrics. Finding each of them proves that the search works.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local_stack::databases::connect;
use reqwest::Method;
use serde_json::json;

use super::collected::{Text, database, lines};
use super::entry_points::Services;
use super::keys::Sealed;
use super::person::Person;
use super::population::{Population, challenge};
use super::stack::{Stack, urls};
use super::trial::Finding;

/// The tables that get rows.
const TABLES: [&str; 2] = ["public.tasks.", "public.planted."];

/// A credential, where it is accepted, and where it was planted.
pub struct Planted {
    entry: String,
    place: &'static str,
    value: String,
}

/// All planted credentials.
#[derive(Default)]
pub struct PlantedCredentials {
    pub all: Vec<Planted>,
    /// What is collected with them.
    pub collected: Vec<Text>,
}

impl PlantedCredentials {
    /// Plants a credential of every kind.
    pub async fn of(stack: &Stack, all: &Population, sealed: &[Sealed], services: &Services) -> Self {
        let mut planted = Self::default();
        planted.plant_title(all, services).await;
        planted.plant_rows(stack, all, (sealed, services)).await;
        for (name, url) in urls(&stack.cluster) {
            let rows = database(name, &url).await.into_iter();
            planted
                .collected
                .extend(rows.filter(|found| TABLES.iter().any(|table| found.place.contains(table))));
        }
        planted.write_logs(all, &stack.cluster.auth().secrets().auth_secrets);
        planted
    }

    fn expect(&mut self, entry: &str, place: &'static str, value: &str) {
        self.all.push(Planted { entry: entry.to_owned(), place, value: value.to_owned() });
    }

    /// Creates a task whose title is a session token.
    async fn plant_title(&mut self, all: &Population, services: &Services) {
        let token = &all.alice.session;
        let created = all.bob.task(&services.tasks, Method::POST, "me/tasks", &json!({"title": token})).await;
        assert_eq!(created.status, 201, "{created:?}");
        for entry in ["BearerOfAuthService", "ForwardAuth"] {
            self.expect(entry, "database tasks, public.tasks.title", token);
        }
    }

    /// Adds a table with credentials.
    async fn plant_rows(
        &mut self,
        stack: &Stack,
        all: &Population,
        (sealed, services): (&[Sealed], &Services),
    ) {
        // A new one: a challenge lives for ten minutes.
        let mut waiting = Person { cookies: Vec::new(), ..all.rosa.clone() };
        challenge(&services.auth, &mut waiting).await;
        let waiting = waiting.cookie_value("two_factor");
        let (database, links) = (stack.cluster.auth(), &all.links);
        let keys = &database.secrets().key_encryption_keys;
        let key = STANDARD.decode(keys).unwrap();
        let signs = all.alice.part_of_jwt(0)["kid"].clone();
        let private = sealed.iter().find(|row| signs == *row.name).unwrap().open(&key).unwrap();
        let client = connect(&database.superuser_url()).await.unwrap();
        client.batch_execute("CREATE TABLE planted (value text, bytes bytea)").await.unwrap();
        let trusted = all.rosa.cookie_value("trust_device");
        let cookie = |kind| all.bob.cookie_value(kind);
        for (entry, stored, value) in [
            ("Cookie of Session", &cookie("session_token"), &cookie("session_token")),
            ("ConfirmEmailLink", &links.confirm_email_change, &links.confirm_email_change),
            ("MagicLink", &links.magic_link, &links.magic_link),
            ("Cookie of Device", &all.gwen.cookie_value("device"), &all.gwen.cookie_value("device")),
            ("Cookie of TwoFactor", &waiting, &waiting),
            ("Cookie of TrustedDevice", &trusted, &trusted),
            ("Cookie of MagicLink", &links.browser, &links.browser),
            ("Password of bob@example.com", &STANDARD.encode(&all.bob.password), &all.bob.password),
            ("KeyOfRows", keys, &String::from_utf8_lossy(&key).into_owned()),
        ] {
            client.execute("INSERT INTO planted (value) VALUES ($1)", &[stored]).await.unwrap();
            self.expect(entry, "database auth, public.planted.value", value);
        }
        client.execute("INSERT INTO planted (bytes) VALUES ($1)", &[&private]).await.unwrap();
        let private = String::from_utf8_lossy(&private);
        self.expect("PrivateKey", "database auth, public.planted.bytes", &private);
    }

    /// Adds lines to logs and metrics.
    fn write_logs(&mut self, all: &Population, auth_secrets: &str) {
        let links = &all.links;
        let logged = |message: String| json!({"level": "DEBUG", "fields": {"message": message}}).to_string();
        let (reset, verify, delete) = (&links.reset_password, &links.verify_email, &links.delete_user);
        let sign_up = all.ivy.cookie_value("sign_up");
        let encoded: String = url::form_urlencoded::byte_serialize(sign_up.as_bytes()).collect();
        let (jwt, password) = (&all.alice.jwt, &all.alice.password);
        let (auth, tasks) = ("log of auth-service, planted", "log of task-service, planted");
        let (metrics, postgres) = ("metrics of auth-service, planted", "log of PostgreSQL, planted");
        for (entry, place, value, line) in [
            ("ResetPassword", auth, reset, logged(format!("GET /reset-password/{reset}?callbackURL=%2F"))),
            ("OpenEmailLink", auth, verify, logged(format!("to /?next=%2Fverify-email%3Ftoken%3D{verify}"))),
            ("DeleteUser", tasks, delete, format!("[request] query=token={delete}&callbackURL=/")),
            (
                "Cookie of SignUp",
                auth,
                &sign_up,
                logged(format!("cookie: better-auth.sign_up={encoded}; a=b")),
            ),
            (
                "Cookie of SecretOfCookies",
                tasks,
                &auth_secrets.to_owned(),
                format!("AUTH_SECRETS={auth_secrets}"),
            ),
            ("BearerOfTaskService", metrics, jwt, format!("requests_total{{token=\"{jwt}\"}} 1")),
            ("Password of alice@example.com", postgres, password, format!("DETAIL:  $1 = '{password}'")),
        ] {
            self.collected.extend(lines(place, &line));
            self.expect(entry, place, value);
        }
    }

    /// The planted credentials that are not among the findings.
    pub fn overlooked(&self, findings: &[Finding]) -> Vec<String> {
        let is = |planted: &Planted, finding: &Finding| {
            let place = finding.place.starts_with(planted.place);
            place && finding.entry == planted.entry && finding.value == planted.value
        };
        let overlooked =
            self.all.iter().filter(|planted| !findings.iter().any(|finding| is(planted, finding)));
        overlooked.map(|planted| format!("{} in {}", planted.entry, planted.place)).collect()
    }
}
