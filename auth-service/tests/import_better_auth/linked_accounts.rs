//! Accounts at identity providers, and their tokens.

use local_stack::testing::{IdentityProvider, TestDatabase};
use serde_json::json;

use super::{IMPORT, Import};
use crate::import::{contents, counts, report, run};
use crate::import_node::SECRET;
use crate::support::{Auth, PASSWORD, connect};

/// Users sign in as before with what they had at the provider, and pages get its tokens.
#[tokio::test]
async fn linked_accounts_are_imported_with_their_tokens_and_sign_in() {
    let provider = IdentityProvider::start().await;
    let acme = |subject: &str| json!({"providerId": "acme", "accountId": subject});
    let mut first = acme("acme|1");
    first["scope"] = "openid,email profile".into();
    first["accessToken"] = "an access token".into();
    first["refreshToken"] = "a refresh token".into();
    first["accessTokenExpiresAt"] = "2999-01-02T00:00:00.000Z".into();
    let import = Import::of(&json!({
        "secret": SECRET,
        "options": {"account": {"encryptOAuthTokens": true}},
        "users": [
            {"name": "alice", "email": "alice@example.com", "accounts": [first]},
            {"name": "bob", "email": "bob@example.com", "password": PASSWORD,
             "accounts": [acme("acme|2"), {"providerId": "gone", "accountId": "2", "accessToken": "gone's token"}]},
            {"name": "carol", "email": "carol@example.com", "accounts": [acme("acme|2")]},
            {"name": "dave", "email": "dave@example.com", "password": PASSWORD, "accounts": [acme("acme|4"), acme("acme|5")]},
        ],
    }))
    .await;
    let id = |number: usize| import.held["users"][number]["id"].as_str().unwrap().to_owned();
    // Of another secret, and twice for one user.
    let other = format!("$ba$9${}", "0a".repeat(60));
    let changed = format!(
        "UPDATE account SET \"accessToken\" = '{other}' WHERE \"providerId\" = 'gone';
         UPDATE account SET \"accountId\" = 'acme|4' WHERE \"accountId\" = 'acme|5'"
    );
    import.source().await.batch_execute(&changed).await.unwrap();

    let from = import.source.superuser_url();
    let setting = provider.setting();
    let env = [
        ("SOURCE_DATABASE_URL", from.as_str()),
        ("BETTER_AUTH_SECRET", SECRET),
        ("SOCIAL_PROVIDERS", &setting),
    ];
    let without = [&env[..], &[("KEY_ENCRYPTION_KEYS", "")]].concat();
    let refused = run(&import.database, &[&IMPORT[..], &["--without-keys"]].concat(), &without).await;
    assert!(refused.stderr.join("").contains("KEY_ENCRYPTION_KEYS is not set"), "{refused:?}");
    let ours = connect(&import.database.superuser_url()).await;
    assert_eq!(
        counts(&ours).await.0,
        0,
        "nothing is imported before it is known that tokens can be encrypted"
    );

    // In one batch and in several, and without writing.
    for size in ["1", "500"] {
        let dry = [&IMPORT[..], &["--dry-run", "--batch-size", size]].concat();
        let dry = report(&import.database, &dry, &env).await;
        assert_eq!(dry["linked_accounts"]["copied"], json!({"acme": 3, "gone": 1}), "{size}");
        assert_eq!(dry["users"]["noted"], json!({"no_password": [id(2)]}));
    }
    let text = run(&import.database, &[&IMPORT[..], &["--batch-size", "1"]].concat(), &env).await;
    let text = text.stdout.join("\n");
    for part in [
        "linked     3 accounts at acme copied",
        "another user has the same account at the provider: 1 (",
        "tokens of 1 linked accounts cannot be decrypted",
        "SOCIAL_PROVIDERS does not name gone: 1 accounts there",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let stored = contents(&import.database).await;
    let again = report(&import.database, &IMPORT, &env).await;
    assert_eq!(
        (&again["users"]["already_there"], &again["linked_accounts"]["copied"]),
        (&json!(4), &json!({}))
    );
    assert_eq!(contents(&import.database).await, stored);

    let other = TestDatabase::auth().await;
    let taken = "INSERT INTO users VALUES ('erin', 'E', 'erin@example.com', true, NULL, now(), now());
                 INSERT INTO linked_accounts
                 VALUES (gen_random_uuid(), 'erin', 'acme', 'acme|1', '{}', '\\x00', NULL, NULL, now(), now())";
    connect(&other.superuser_url()).await.batch_execute(taken).await.unwrap();
    let dry = report(&other, &[&IMPORT[..], &["--dry-run"]].concat(), &env).await;
    let done = report(&other, &IMPORT, &env).await;
    let expected = json!({
        "copied": {"acme": 2, "gone": 1},
        "lost_tokens": 1,
        "skipped": {
            "taken": [format!("{}: acme", id(0)), format!("{}: acme", id(2))],
            "repeated": [format!("{}: acme", id(3))],
        },
    });
    assert_eq!((&done["linked_accounts"], &dry["linked_accounts"]), (&expected, &expected));
    assert_eq!(done["users"]["noted"], json!({"no_password": [id(0), id(2)]}));
    assert_eq!(done["other_providers"], json!({"gone": 1}));

    let (alice, keys) = (id(0), import.database.secrets().key_encryption_keys.clone());
    let auth =
        Auth::on(import.database, &[("SOCIAL_PROVIDERS", &setting), ("KEY_ENCRYPTION_KEYS", &keys)]).await;
    let sql = "SELECT id::text, scopes, access_token_expires_at::text FROM linked_accounts WHERE subject = 'acme|1'";
    let row = auth.superuser().await.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, Vec<String>>(1), ["openid", "email", "profile"]);
    assert!(row.get::<_, &str>(2).starts_with("2999-01-02 "));
    let plain = "SELECT count(*) FROM linked_accounts WHERE position('access token'::bytea IN tokens) > 0";
    assert_eq!(auth.superuser().await.query_one(plain, &[]).await.unwrap().get::<_, i64>(0), 0);
    let link: String = row.get(0);
    // The email at the provider is another one: the account decides who signs in.
    let person = json!({"sub": "acme|1", "email": "new@example.com"});
    let begun = auth.post("/sign-in/social", &json!({"provider": "acme", "callbackURL": "/there"})).await;
    let entered = crate::social::come_back(&auth, &provider, &begun, &person).await;
    let cookie = crate::social::session_cookie(&entered);
    assert_eq!(crate::social::get(&auth, &cookie, "/get-session").await.body["user"]["id"], alice);
    // The token that was imported is the one that the next sign-in replaces.
    let tokens = crate::social::post(&auth, &cookie, "/get-access-token", &json!({"accountId": link})).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
}

/// The token of the old deployment, which a page gets without going to the provider.
#[tokio::test]
async fn imported_tokens_are_usable_before_anybody_signs_in_again() {
    let provider = IdentityProvider::start().await;
    let account = json!({
        "providerId": "acme", "accountId": "acme|1", "accessToken": "an old token",
        "accessTokenExpiresAt": "2999-01-02T00:00:00.000Z",
    });
    let user =
        json!({"name": "alice", "email": "alice@example.com", "password": PASSWORD, "accounts": [account]});
    for encrypted in [false, true] {
        let options = json!({"account": {"encryptOAuthTokens": encrypted}});
        let import = Import::of(&json!({"secret": SECRET, "users": [user], "options": options})).await;
        let done = import.report(&[]).await;
        assert_eq!(done["linked_accounts"]["lost_tokens"], 0);
        let setting = provider.setting();
        let auth = Auth::on(import.database, &[("SOCIAL_PROVIDERS", &setting)]).await;
        let answer =
            auth.post("/sign-in/email", &json!({"email": "alice@example.com", "password": PASSWORD})).await;
        let cookie = crate::social::session_cookie(&answer);
        let accounts = crate::social::get(&auth, &cookie, "/list-accounts").await.body;
        let linked =
            accounts.as_array().unwrap().iter().find(|account| account["providerId"] == "acme").unwrap();
        assert_eq!(linked["accountId"], "acme|1");
        let tokens =
            crate::social::post(&auth, &cookie, "/get-access-token", &json!({"accountId": linked["id"]}))
                .await;
        assert_eq!(tokens.body["accessToken"], "an old token", "{tokens:?}");
    }
}
