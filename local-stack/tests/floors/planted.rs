//! The tests of floors find what they are made for: each finding is planted.

use super::violations;

fn found(files: &[(&str, &str)], floors: &str) -> Vec<String> {
    violations(&super::source::Source::planted("planted", files), floors)
}

const FLOORS: &str = "
    passwords, sessions
    email
";

/// `passwords` and `sessions` above `email`, with this text in `email/worker.rs`.
fn in_email(text: &str) -> Vec<String> {
    let files = [
        (
            "lib.rs",
            "mod email; mod passwords; mod sessions; pub use passwords::Policy; pub fn migrations() {}",
        ),
        ("passwords.rs", "use crate::email::Mailer; pub struct Policy;"),
        ("sessions.rs", ""),
        ("email/mod.rs", "mod worker; pub struct Mailer;"),
        ("email/worker.rs", text),
    ];
    found(&files, FLOORS)
}

const UPWARD: &str = "email is below passwords: passwords may import email, not the reverse";

#[test]
fn an_import_that_runs_down_is_allowed() {
    assert!(in_email("use std::fmt; use super::Mailer;").is_empty());
}

#[test]
fn an_upward_import_is_found() {
    let expected = [format!("planted/src/email/worker.rs:2: crate::passwords::Policy: {UPWARD}")];
    assert_eq!(in_email("use std::fmt;\nuse crate::passwords::Policy;"), expected);
}

#[test]
fn every_spelling_of_an_upward_path_is_found() {
    for text in [
        "use crate::{passwords::Policy};",
        "use crate::passwords::{self};",
        "use crate::passwords as p;",
        "use crate::passwords::*;",
        "pub use super::super::passwords::Policy;",
        "use super::super::passwords;",
        "fn f() { crate::passwords::check(); }",
        "fn f(policy: &super::super::passwords::Policy) {}",
        "fn f() -> Vec<<crate::passwords::Policy as Clone>::Owned> {}",
        "mod inline { use super::super::super::passwords::Policy; }",
        "fn f() { assert!(g(crate::passwords::Policy { length: 8 })); }",
        "macro_rules! m { () => { $crate::passwords::check() } }",
        "macro_rules! m { () => { use crate::{email, passwords::{Policy}}; } }",
        "#[error(\"{}\", crate::passwords::shown(.0))] struct E;",
        "struct S { #[serde(with = \"crate::passwords\")] f: u8 }",
        "#[cfg(test)] mod tests { use crate::passwords::Policy; }",
    ] {
        let found = in_email(text);
        assert!(matches!(&found[..], [found] if found.ends_with(UPWARD)), "{text}: {found:?}");
    }
}

#[test]
fn an_import_of_a_neighbour_is_found() {
    let files =
        [("lib.rs", ""), ("email.rs", ""), ("passwords.rs", "use crate::sessions;"), ("sessions.rs", "")];
    let expected = [
        "planted/src/passwords.rs:1: crate::sessions: passwords and sessions are on one floor: neither may import the other",
    ];
    assert_eq!(found(&files, FLOORS), expected);
}

#[test]
fn an_import_of_the_crate_root_is_found() {
    let defined = "planted/src/email/worker.rs:1: crate::migrations: lib.rs, the top floor, defines it: move it into a room";
    assert_eq!(in_email("use crate::migrations;"), [defined]);
    let re_exported = "planted/src/email/worker.rs:1: crate::Policy: lib.rs, the top floor, only re-exports it: name crate::passwords::Policy";
    assert_eq!(in_email("use crate::Policy;"), [re_exported]);
}

#[test]
fn only_tests_may_import_testing() {
    let with = |text| {
        let files = [
            ("lib.rs", ""),
            ("clock.rs", text),
            ("clock/tests.rs", "use crate::testing::issuer;"),
            ("testing.rs", "use crate::clock;"),
        ];
        found(&files, "testing\nclock")
    };
    assert!(with("#[cfg(test)] mod tests; #[cfg(test)] mod inline { use crate::testing; }").is_empty());
    assert_eq!(with("mod tests;").len(), 1);
    assert_eq!(with("#[cfg(test)] mod tests; #[cfg(not(test))] use crate::testing;").len(), 1);
}

#[test]
fn a_list_that_is_not_the_crates_rooms_is_found() {
    let files = [("lib.rs", ""), ("email.rs", ""), ("keys/mod.rs", "")];
    let expected = [
        "`keys` is on no floor: add it to the list",
        "`users` is on the list, but not in the crate: remove it from the list",
        "`email` is on the list twice",
    ];
    assert_eq!(found(&files, "email\nusers, email"), expected);
}

/// A room `keys` with these files.
fn in_keys(mod_rs: &str, store: &str, model: &str) -> Vec<String> {
    let files = [
        ("lib.rs", "mod keys;"),
        ("keys/mod.rs", mod_rs),
        ("keys/store.rs", store),
        ("keys/model/mod.rs", ""),
        ("keys/model/row.rs", model),
    ];
    found(&files, "keys")
}

#[test]
fn a_circle_in_a_room_is_found() {
    let expected = [
        "planted/src/keys/model/row.rs:1: crate::keys::store::Store: closes a circle in keys: model -> store -> model",
        "planted/src/keys/store.rs:1: super::model: closes a circle in keys: store -> model -> store",
    ];
    let mut found = in_keys("mod model; mod store;", "use super::model;", "use crate::keys::store::Store;");
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_circle_through_mod_rs_is_found() {
    let found = in_keys("mod store; fn routes() { store::all() } pub struct Key;", "use super::Key;", "");
    let expected = [
        "planted/src/keys/mod.rs:1: store::all: closes a circle in keys: mod.rs -> store -> mod.rs",
        "planted/src/keys/store.rs:1: super::Key: closes a circle in keys: store -> mod.rs -> store",
    ];
    assert_eq!(found, expected);
    let found = in_keys(
        "mod store; #[cfg(test)] mod tests { use super::*; fn f() { store::all() } }",
        "use super::*;",
        "",
    );
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn mod_rs_may_present_its_files() {
    let mod_rs =
        "mod model; mod store; pub use model::row::Row; pub(crate) use self::store::Store; pub struct Limit;";
    assert!(
        in_keys(mod_rs, "use super::{Limit, Row}; fn f(row: crate::keys::Row) {}", "use crate::keys::Limit;")
            .is_empty()
    );
}

#[test]
fn a_re_export_leads_to_the_file_that_defines_the_thing() {
    let found = in_keys("pub use store::Store;", "use super::model;", "use crate::keys::Store;");
    let expected = [
        "planted/src/keys/model/row.rs:1: crate::keys::Store: closes a circle in keys: model -> store -> model",
        "planted/src/keys/store.rs:1: super::model: closes a circle in keys: store -> model -> store",
    ];
    let mut found = found;
    found.sort();
    assert_eq!(found, expected);
}
