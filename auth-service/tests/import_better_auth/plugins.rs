//! What plugins of Better Auth and `additionalFields` added to the tables.

use serde_json::{Value, json};

use super::{IMPORT, Import, users};
use crate::import::report;
use crate::import_node::SECRET;
use crate::support::{Auth, PASSWORD};
use crate::two_factor::{App, Browser, assert_challenged};

/// The columns of Better Auth's plugin `username`, with rows that its API does not create.
#[tokio::test]
async fn usernames_are_imported_and_sign_in_and_those_that_cannot_be_are_reported() {
    let import = Import::of_users(&["alice", "bob", "carol"]).await;
    let sql = "ALTER TABLE \"user\" ADD username text, ADD \"displayUsername\" text;
               UPDATE \"user\" SET username = 'alice', \"displayUsername\" = 'Alice' WHERE name = 'alice';
               UPDATE \"user\" SET username = 'Alice' WHERE name = 'bob';
               UPDATE \"user\" SET username = 'no name' WHERE name = 'carol';";
    import.source().await.batch_execute(sql).await.unwrap();
    let id = |number: usize| import.held["users"][number]["id"].clone();
    let off = import.report(&["--dry-run"]).await;
    assert_eq!(off["users"]["noted"], json!({"username_not_enabled": [id(0), id(1), id(2)]}));
    assert_eq!(off["fields"]["unknown"], json!([]));
    let from = import.source.superuser_url();
    let on = [
        ("SOURCE_DATABASE_URL", from.as_str()),
        ("BETTER_AUTH_SECRET", SECRET),
        ("USERNAME_ENABLED", "true"),
    ];
    let dry = report(&import.database, &[&IMPORT[..], &["--dry-run"]].concat(), &on).await;
    let done = report(&import.database, &IMPORT, &on).await;
    let noted = json!({"username_taken": [id(1)], "username_unfit": [id(2)]});
    assert_eq!((&dry["users"]["noted"], &done["users"]["noted"]), (&noted, &noted));
    let auth = Auth::on(import.database, &[on[2]]).await;
    let body = json!({"username": "ALICE", "password": PASSWORD});
    let signed_in = auth.post("/sign-in/username", &body).await;
    assert_eq!(signed_in.body["user"]["displayUsername"], "Alice", "{signed_in:?}");
}

/// Apps and backup codes of the plugin `twoFactor` work as before. Whose second factor cannot be imported is reported.
#[tokio::test]
async fn second_factors_are_imported_and_those_that_cannot_be_are_reported() {
    let names = ["alice", "bob", "carol", "dave", "erin"];
    let mut users = users(&names);
    for (user, app) in ["confirmed", "started", "confirmed", "confirmed", "confirmed"].iter().enumerate() {
        users[user]["app"] = json!(app);
    }
    let import = Import::of(&json!({"secret": SECRET, "users": users, "twoFactor": {}})).await;
    // Codes by mail have no row; carol's backup codes were encrypted by a function of the deployment; erin's key is another's.
    let sql = "DELETE FROM \"twoFactor\" f USING \"user\" u WHERE u.id = f.\"userId\" AND u.name = 'dave';
               UPDATE \"twoFactor\" f SET \"backupCodes\" = 'own' FROM \"user\" u
               WHERE u.id = f.\"userId\" AND u.name = 'carol';
               UPDATE \"twoFactor\" f SET secret = 'own' FROM \"user\" u
               WHERE u.id = f.\"userId\" AND u.name = 'erin'";
    import.source().await.batch_execute(sql).await.unwrap();
    let held = import.held["users"].clone();
    let id = |number: usize| held[number]["id"].clone();
    let dry = import.report(&["--dry-run"]).await;
    let done = import.report(&[]).await;
    let noted = json!({"backup_codes_lost": [id(2)], "second_factor_by_mail": [id(3)], "second_factor_lost": [id(4)]});
    assert_eq!((&dry["users"]["noted"], &done["users"]["noted"]), (&noted, &noted));
    assert_eq!((&dry["users"]["second_factors"], &done["users"]["second_factors"]), (&json!(3), &json!(3)));

    let auth = import.serve().await;
    for (number, methods) in [(0, json!(["totp"])), (2, json!(["totp"])), (3, json!([]))] {
        let mut browser = Browser::new(&auth);
        let answer = browser.sign_in(names[number]).await;
        assert_challenged(&answer);
        assert_eq!(answer.body["twoFactorMethods"], methods, "{}", names[number]);
        let Some(uri) = held[number]["totpURI"].as_str().filter(|_| number != 3) else { continue };
        let code = json!({"code": App::scan(uri).code(0)});
        let verified = browser.post("/two-factor/verify-totp", &code).await;
        assert_eq!(
            (verified.status.as_u16(), browser.user().await),
            (200, Some(id(number).as_str().unwrap().into()))
        );
        let codes = browser.post("/two-factor/generate-backup-codes", &json!({"password": PASSWORD})).await;
        assert_eq!(codes.status, 200, "{codes:?}");
    }
    for number in [1, 4] {
        let mut browser = Browser::new(&auth);
        assert_eq!(browser.sign_in(names[number]).await.body["twoFactorRedirect"], Value::Null);
        assert!(browser.user().await.is_some(), "{}", names[number]);
    }
}

/// A backup code of the old deployment signs in once.
#[tokio::test]
async fn imported_backup_codes_sign_in_once() {
    let mut users = users(&["alice"]);
    users[0]["app"] = json!("confirmed");
    let import = Import::of(&json!({"secret": SECRET, "users": users, "twoFactor": {}})).await;
    let code = json!({"code": import.held["users"][0]["backupCodes"][0]});
    import.report(&[]).await;
    let auth = import.serve().await;
    for (status, attempt) in [(200, "first"), (401, "second")] {
        let mut browser = Browser::new(&auth);
        assert_challenged(&browser.sign_in("alice").await);
        let verified = browser.post("/two-factor/verify-backup-code", &code).await;
        assert_eq!(verified.status, status, "{attempt}: {verified:?}");
    }
}

#[tokio::test]
async fn additional_fields_are_imported_if_they_are_described() {
    let described = r#"{
        "role": {"type": ["user", "admin"], "defaultValue": "user", "input": false},
        "company": {"type": "string", "maxLength": 8},
        "age": {"type": "number"}, "member": {"type": "boolean"}, "born": {"type": "date"}, "tags": {"type": "string[]"},
        "absent": {"type": "string"}
    }"#;
    let additional = json!({
        "company": {"type": "string", "required": false, "fieldName": "company_name"},
        "age": {"type": "number", "required": false}, "member": {"type": "boolean", "required": false},
        "born": {"type": "date", "required": false}, "tags": {"type": "string[]", "required": false},
        "secretive": {"type": "string", "required": false},
    });
    let mut users = users(&["alice", "bob", "carol"]);
    let values = json!({
        "company": "ACME", "age": 42, "member": false, "born": "2000-01-02T03:04:05.678Z", "tags": ["a", "b, c"],
        "secretive": "x",
    });
    users[0].as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
    users[1]["company"] = "longer than eight".into();
    let options = json!({"user": {"additionalFields": additional}});
    let import =
        Import::of(&json!({"secret": SECRET, "users": users, "options": options, "admin": true})).await;
    let id = |number: usize| import.held["users"][number]["id"].as_str().unwrap().to_owned();
    let roles = "UPDATE \"user\" SET role = 'admin' WHERE name = 'alice';
                 UPDATE \"user\" SET role = 'admin,owner' WHERE name = 'bob';
                 UPDATE \"user\" SET role = NULL WHERE name = 'carol'";
    import.source().await.batch_execute(roles).await.unwrap();

    let undescribed = import.report(&["--dry-run"]).await;
    let unknown = json!(["age", "born", "company_name", "member", "role", "secretive", "tags"]);
    assert_eq!(
        undescribed["fields"],
        json!({"copied": {}, "skipped": {}, "missing": [], "unknown": unknown})
    );

    let from = import.source.superuser_url();
    let env =
        [("SOURCE_DATABASE_URL", from.as_str()), ("BETTER_AUTH_SECRET", SECRET), ("USER_FIELDS", described)];
    let arguments = [&IMPORT[..], &["--column", "user.company=company_name"]].concat();
    let dry = report(&import.database, &[&arguments[..], &["--dry-run"]].concat(), &env).await;
    let done = report(&import.database, &arguments, &env).await;
    let expected = json!({
        "copied": {"role": 1, "company": 1, "age": 1, "member": 1, "born": 1, "tags": 1},
        "skipped": {"role": [id(1)], "company": [id(1)]},
        "missing": ["absent"],
        "unknown": ["secretive"],
    });
    assert_eq!((&done["fields"], &dry["fields"]), (&expected, &expected));
    assert_eq!(done["users"]["copied"], 3);

    let auth = Auth::on(import.database, &[("USER_FIELDS", described)]).await;
    let answer =
        auth.post("/sign-in/email", &json!({"email": "alice@example.com", "password": PASSWORD})).await;
    let user = &answer.body["user"];
    let shown = ["role", "company", "age", "member", "born", "tags", "absent"].map(|name| user[name].clone());
    let tags = json!(["a", "b, c"]);
    assert_eq!(json!(shown), json!(["admin", "ACME", 42, false, "2000-01-02T03:04:05.678Z", tags, null]));
    let stored = "SELECT count(*) FROM users WHERE fields IS NULL";
    let without: i64 = auth.superuser().await.query_one(stored, &[]).await.unwrap().get(0);
    assert_eq!(without, 2, "bob and carol");
}
