//! Import from CSV files.

use local_stack::testing::TestDatabase;
use serde_json::json;

use crate::import::{Scratch, contents, report, run, scheme, sign_in};
use crate::import_files::{BCRYPT, SCRYPT};
use crate::support::{Auth, connect, email};

/// The reference implementation's argon2id of `password`.
const ARGON2: &str = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

#[tokio::test]
async fn a_csv_file_is_imported_line_by_line_and_its_hashes_work() {
    let database = TestDatabase::auth().await;
    let scratch = Scratch::new();
    let file = scratch.path("users.csv");
    let text = format!(
        "email,name,password_hash,email_verified,id,created_at\n\
         Scrypt@example.com,\"One, of many\",{SCRYPT},true,one,2020-01-02T03:04:05Z\n\
         argon2@example.com,Two,\"{ARGON2}\",,,\n\
         bcrypt@example.com,Three,{BCRYPT},,,\n\
         nonsense,Four,,,,\n\
         SCRYPT@example.com,Five,,,five,\n\
         six@example.com,Six,,perhaps,,\n\
         seven@example.com,Seven\n\
         eight@example.com,Eight,not a hash,,,\n"
    );
    std::fs::write(&file, text).unwrap();
    let arguments = ["import", "csv", "--file", &file];
    let empty = contents(&database).await;
    let dry = report(&database, &[&arguments[..], &["--dry-run"]].concat(), &[]).await;
    assert_eq!(contents(&database).await, empty);
    let done = report(&database, &[&arguments[..], &["--batch-size", "2"]].concat(), &[]).await;
    assert_eq!(done["users"], dry["users"]);
    assert_eq!(done["users"]["copied"], 4);
    let skipped = json!({
        "email_does_not_fit": ["line 5"], "email_taken": ["line 6"], "unreadable": ["line 7", "line 8"],
    });
    assert_eq!(done["users"]["skipped"], skipped);
    assert_eq!(done["users"]["noted"], json!({"password_unknown": ["line 9"]}));
    let schemes = json!({"argon2": 1, "better-auth-scrypt": 1, "foreign-bcrypt": 1});
    assert_eq!(done["passwords"], schemes);

    let copied = contents(&database).await;
    let again = report(&database, &arguments, &[]).await;
    assert_eq!((&again["users"]["copied"], &again["users"]["already_there"]), (&json!(0), &json!(4)));
    assert_eq!(contents(&database).await, copied);

    let auth = Auth::on(database, &[]).await;
    let client = auth.superuser().await;
    for (address, password) in [
        ("scrypt@example.com", "password123"),
        ("argon2@example.com", "password"),
        ("bcrypt@example.com", "abc"),
    ] {
        assert_eq!(sign_in(&auth, address, "wrong password").await, 401, "{address}");
        assert_eq!(sign_in(&auth, address, password).await, 200, "{address}");
        assert_eq!(scheme(&client, address).await.as_deref(), Some("bcrypt"), "{address}");
        assert_eq!(sign_in(&auth, address, password).await, 200, "{address}");
    }
    assert_eq!(sign_in(&auth, "eight@example.com", "not a hash").await, 401);
    let row =
        client.query_one("SELECT name, email_verified, created_at::text FROM users WHERE id = 'one'", &[]);
    let row = row.await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("One, of many", true));
    assert!(row.get::<_, &str>(2).starts_with("2020-01-02 "));
}

/// Columns with the names of fields, and accounts at providers as an export writes them.
#[tokio::test]
async fn additional_fields_and_linked_accounts_of_a_csv_file_are_imported() {
    let database = TestDatabase::auth().await;
    let scratch = Scratch::new();
    let file = scratch.path("users.csv");
    let link = r#""[{""provider"":""acme"",""subject"":""1"",""scopes"":[""openid""]}]""#;
    let text = format!(
        "email,role,age,fields,linked_accounts\n\
         one@example.com,admin,42,,{link}\n\
         two@example.com,root,old,\"{{\"\"plan\"\":1}}\",{link}\n\
         three@example.com,,,,nothing\n"
    );
    std::fs::write(&file, text).unwrap();
    let fields = r#"{"role": {"type": ["user", "admin"]}, "age": {"type": "number"}}"#;
    let arguments = ["import", "csv", "--file", &file];
    let dry = report(&database, &[&arguments[..], &["--dry-run"]].concat(), &[("USER_FIELDS", fields)]).await;
    let done = report(&database, &arguments, &[("USER_FIELDS", fields)]).await;
    let expected = json!({
        "copied": {"role": 1, "age": 1}, "skipped": {"role": ["line 3"], "age": ["line 3"]},
        "missing": [], "unknown": ["plan"],
    });
    assert_eq!((&done["fields"], &dry["fields"]), (&expected, &expected));
    let expected = json!({"copied": {"acme": 1}, "lost_tokens": 0, "skipped": {"taken": ["line 3: acme"]}});
    assert_eq!((&done["linked_accounts"], &dry["linked_accounts"]), (&expected, &expected));
    assert_eq!(done["users"]["skipped"], json!({"unreadable": ["line 4"]}));
    assert_eq!(done["users"]["noted"], json!({"no_password": ["line 3"]}));
}

#[tokio::test]
async fn usernames_of_a_csv_file_are_imported_and_those_that_cannot_be_are_reported_by_line() {
    let database = TestDatabase::auth().await;
    let scratch = Scratch::new();
    let file = scratch.path("users.csv");
    let long = "x".repeat(101);
    let text = format!(
        "email,id,username,display_username\n\
         one@example.com,one,Alice,The Alice\n\
         two@example.com,two,ALICE,Two\n\
         three@example.com,three,a,Three\n\
         four@example.com,four,a b,\n\
         five@example.com,five,five,{long}\n\
         six@example.com,six,,Six\n"
    );
    std::fs::write(&file, text).unwrap();
    let arguments = ["import", "csv", "--file", &file];
    let off = report(&database, &[&arguments[..], &["--dry-run"]].concat(), &[]).await;
    let lines =
        |numbers: &[u32]| json!(numbers.iter().map(|line| format!("line {line}")).collect::<Vec<_>>());
    assert_eq!(off["users"]["noted"]["username_not_enabled"], lines(&[2, 3, 4, 5, 6]));
    let on = [("USERNAME_ENABLED", "true")];
    for size in ["1", "500"] {
        let dry = [&arguments[..], &["--dry-run", "--batch-size", size]].concat();
        let dry = report(&database, &dry, &on).await;
        assert_eq!(dry["users"]["noted"]["username_taken"], lines(&[3]), "{size}");
    }
    let done = report(&database, &arguments, &on).await;
    let noted = &done["users"]["noted"];
    assert_eq!(noted["username_taken"], lines(&[3]));
    assert_eq!(noted["username_unfit"], lines(&[4, 5]));
    assert_eq!(noted["display_username_left_out"], lines(&[6]));
    assert_eq!(done["users"]["copied"], 6);
    let client = connect(&database.superuser_url()).await;
    let sql = "SELECT id, username, display_username FROM users WHERE username IS NOT NULL OR display_username IS NOT NULL
               ORDER BY id";
    let rows = client.query(sql, &[]).await.unwrap();
    let found: Vec<(String, Option<String>, Option<String>)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let some = |text: &str| Some(text.to_owned());
    let expected = [
        ("five".to_owned(), some("five"), None),
        ("one".to_owned(), some("alice"), some("The Alice")),
        ("six".to_owned(), None, some("Six")),
    ];
    assert_eq!(found, expected);
    // Here they are additional fields, as before there were usernames.
    let elsewhere = TestDatabase::auth().await;
    let fields = [("USER_FIELDS", r#"{"username": {"type": "string"}}"#)];
    std::fs::write(&file, "email,username\none@example.com,Alice B.\n").unwrap();
    let done = report(&elsewhere, &arguments, &fields).await;
    assert_eq!(done["fields"]["copied"], json!({"username": 1}));
    let both = [("USER_FIELDS", r#"{"username": {"type": "string"}}"#), on[0]];
    let refused = run(&elsewhere, &arguments, &both).await;
    assert!(refused.stderr.join("").contains("USER_FIELDS describes `username`"), "{refused:?}");
}

#[tokio::test]
async fn a_file_with_unknown_columns_is_refused() {
    let database = TestDatabase::auth().await;
    let scratch = Scratch::new();
    for (text, problem) in [
        ("email,passwordHash\na@b.co,x\n", "unknown column \"passwordHash\""),
        ("a@b.co,x\n", "unknown column \"a@b.co\""),
    ] {
        let file = scratch.path("bad.csv");
        std::fs::write(&file, text).unwrap();
        let finished = run(&database, &["import", "csv", "--file", &file], &[]).await;
        assert!(!finished.status.success() && finished.stderr[0].contains(problem), "{finished:?}");
    }
    let missing = scratch.path("nowhere.csv");
    let finished = run(&database, &["import", "csv", "--file", &missing], &[]).await;
    assert!(finished.stderr[0].contains("nowhere.csv"), "{finished:?}");
}

#[tokio::test]
async fn bans_of_a_csv_file_are_imported_and_those_that_have_ended_keep_nobody_out() {
    let database = TestDatabase::auth().await;
    let scratch = Scratch::new();
    let file = scratch.path("users.csv");
    let text = format!(
        "email,password_hash,banned,ban_expires,ban_reason\n\
         forever@example.com,{BCRYPT},true,,spam\n\
         long@example.com,{BCRYPT},yes,2999-01-02T00:00:00Z,\n\
         ended@example.com,{BCRYPT},true,2020-01-02 00:00:00+00,spam\n\
         never@example.com,{BCRYPT},false,,\n\
         invalid@example.com,{BCRYPT},true,tomorrow,\n"
    );
    std::fs::write(&file, text).unwrap();
    let done = report(&database, &["import", "csv", "--file", &file], &[]).await;
    assert_eq!((&done["users"]["copied"], &done["users"]["banned"]), (&json!(4), &json!(3)));
    assert_eq!(done["users"]["skipped"], json!({"unreadable": ["line 6"]}), "not imported without the ban");
    let auth = Auth::on(database, &[]).await;
    for (name, status) in [("forever", 403), ("long", 403), ("ended", 200), ("never", 200)] {
        assert_eq!(sign_in(&auth, &email(name), "abc").await, status, "{name}");
    }
    let sql = "SELECT ban_reason, banned_until IS NULL, banned_at > now() - interval '1 hour'
               FROM users WHERE email = 'forever@example.com'";
    let row = auth.superuser().await.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2)), ("spam", true, true));
}
