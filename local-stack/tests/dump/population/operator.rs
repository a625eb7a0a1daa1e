//! What the operator does: adds a webhook receiver, imports accounts, and changes signing keys.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local_stack::databases::connect;
use local_stack::testing::auth_env;
use local_stack::{Binary, run_to_end};
use reqwest::RequestBuilder;
use serde_json::Value;

use super::super::person::Person;
use super::super::stack::{Stack, WEBHOOK_SECRET};
use super::Population;
use crate::scratch::{Scratch, client};

/// Accounts of other systems: the password, and the hash that was made of it. argon2 and bcrypt at their lowest cost.
const IMPORTED: [(&str, &str, &str); 4] = [
    ("argon2", "ferns over slate 41", ARGON2_HASH),
    ("scrypt", "lichen under oak 73", SCRYPT_HASH),
    ("bcrypt", "heather by stream 26", BCRYPT_HASH),
    ("renewed", "heather by stream 26", BCRYPT_HASH),
];
const ARGON2_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$nRwrekDm84hSqhfMA76U0Q$ovUA233I2NCZVnUnUFOjKa1JL7VSSdtMYkzteUncgys";
/// As Better Auth makes them.
pub const SCRYPT_HASH: &str = "7be0c1f29a3d5488610d27fe94b3ac05:27e9f7864145e3e902cf67a449745c0a5765ad65b3b6b2bbff8934e1cfdeb4f3ebe0f7e9242f38bafff5a7990961eace0e1b3da03611e188156aea985cc1d37c";
const BCRYPT_HASH: &str = "$2y$04$3CgS8e/pg6ELE.BfoKCTSOQMgV6Pu0y6zvT6yQ3dY0uJArbNLuDje";

impl Population {
    /// Imports accounts with hashes of other systems. A sign-in replaces one of them.
    pub(super) async fn import_accounts(&mut self, stack: &Stack) {
        let scratch = Scratch::new();
        let file = scratch.path().join("users.csv").display().to_string();
        let mut text = "email,name,password_hash,email_verified\n".to_owned();
        for (name, password, hash) in IMPORTED {
            text += &format!("{name}@example.com,{name},\"{hash}\",true\n");
            self.note(&Person { password: password.to_owned(), ..Person::new(name) });
        }
        std::fs::write(&file, text).unwrap();
        operator(stack, &["import", "csv", "--file", &file]).await;
        let (name, password, _) = IMPORTED[3];
        let renewed = Person { password: password.to_owned(), ..Person::new(name) };
        let renewed = renewed.sign_in(&stack.auth, true).await;
        self.note(&renewed);
    }

    /// Sends task-service the events of deleted users, as auth-service would with WEBHOOK_URL. They stay in the outbox too.
    pub(super) async fn announce_deleted_users(&mut self, stack: &Stack) {
        self.note_secret("the secret of webhooks", WEBHOOK_SECRET);
        let client = connect(&stack.cluster.auth().superuser_url()).await.unwrap();
        let events = "SELECT event_id::text, jsonb_build_object('type', event, 'data', data)::text,
                             extract(epoch FROM now())::bigint FROM webhook_deliveries WHERE receiver = 'environment'";
        let key = STANDARD.decode(WEBHOOK_SECRET.trim_start_matches("whsec_")).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let events = client.query(events, &[]).await.unwrap();
        assert!(!events.is_empty());
        for event in events {
            let (id, body, now): (String, String, i64) = (event.get(0), event.get(1), event.get(2));
            let signature = STANDARD.encode(hmac::sign(&key, format!("{id}.{now}.{body}").as_bytes()));
            let request = client_of_webhooks(stack).header("webhook-id", id).header("webhook-timestamp", now);
            let request = request.header("webhook-signature", format!("v1,{signature}")).body(body);
            assert_eq!(request.send().await.unwrap().status(), 204);
        }
    }

    /// Adds a receiver that gets every event and is away, so that its events stay in the outbox.
    pub(super) async fn add_a_webhook_receiver(&mut self, stack: &Stack) {
        let events =
            "user.created,user.verified,user.changed,user.banned,user.unbanned,user.deleted,session.ended";
        let add = ["webhooks", "add", "http://127.0.0.1:1/", "--events", events, "--allow-private", "--json"];
        let added: Value = serde_json::from_str(&operator(stack, &add).await).unwrap();
        let secret = added["secret"].as_str().unwrap();
        self.note_secret("the secret of a webhook receiver", secret);
        self.note_secret("the same without its prefix", secret.trim_start_matches("whsec_"));
    }

    /// Rotates and revokes signing keys, until there is one of every status.
    pub(super) async fn change_keys(stack: &Stack) {
        let client = connect(&stack.cluster.auth().superuser_url()).await.unwrap();
        let earlier = "UPDATE signing_keys SET published_at = published_at - interval '2 days'";
        for command in ["rotate", "revoke", "rotate"] {
            client.batch_execute(earlier).await.unwrap();
            let active = "SELECT kid FROM signing_keys WHERE status = 'active'";
            let active: String = client.query_one(active, &[]).await.unwrap().get(0);
            match command {
                "revoke" => operator(stack, &["keys", "revoke", &active]).await,
                _ => operator(stack, &["keys", "rotate"]).await,
            };
        }
        operator(stack, &["keys", "re-encrypt"]).await;
        let statuses = "SELECT count(DISTINCT status) FROM signing_keys";
        let statuses: i64 = client.query_one(statuses, &[]).await.unwrap().get(0);
        assert_eq!(statuses, 4, "pending, active, retired and revoked");
    }
}

/// Runs a command of auth-service that has to succeed. Returns what it prints.
async fn operator(stack: &Stack, arguments: &[&str]) -> String {
    let env = auth_env(stack.cluster.auth());
    let finished = run_to_end(Binary::AuthService, arguments, env).await.unwrap();
    assert!(finished.status.success(), "{arguments:?}: {finished:?}");
    finished.stdout.join("\n")
}

fn client_of_webhooks(stack: &Stack) -> RequestBuilder {
    client().post(format!("{}/webhooks/auth-service", stack.tasks.url()))
}
