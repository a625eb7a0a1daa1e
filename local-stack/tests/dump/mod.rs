//! No value in a dump of both databases, in a log or in a metric works as a credential.
//!
//! First every feature is used ([`population`]), while PostgreSQL logs every statement and services log at every level. Then
//! every value in the databases, logs and metrics ([`collected`], [`values`]) is tried at every entry point
//! ([`entry_points`], [`cookies`], [`keys`], [`trial`]). Last, a credential of every kind is planted among them, and the same
//! search has to find each ([`planted`]).

mod collected;
mod cookies;
mod entry_points;
mod keys;
pub mod mailbox;
mod person;
mod planted;
mod population;
mod stack;
mod trial;
mod values;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use local_stack::databases::connect;

use self::collected::Text;
use self::cookies::CookieProbe;
use self::entry_points::Services;
use self::planted::PlantedCredentials;
use self::population::{Population, SCRYPT_HASH};
use self::stack::Stack;
use self::trial::{IsCandidate, Outcome, Trial};
use self::values::Values;

/// Set by `./dev dump`: tries what the short form leaves out.
const IN_FULL: &str = "LATCHKEY_DUMP_IN_FULL";

/// The account whose password all values are tried as.
const FIRST: &str = "alice@example.com";

#[tokio::test]
async fn nothing_in_a_stolen_dump_is_a_credential() {
    let begun = Instant::now();
    let mut stack = Stack::start().await;
    let all = Population::populate(&stack).await;
    let collected = collected::collect(&mut stack).await;
    everything_was_used(&stack, &collected).await;
    no_secret_is_written_down(&stack, &all, &collected);
    let all_values = read(&collected);
    let distinct = all_values.clone().without_other_numbers();
    let (texts, found) = (collected.len(), all_values.texts.len());
    println!("{texts} texts hold {found} values, {} of them distinct", distinct.texts.len());
    let is_candidate = candidates(&all_values, &distinct);
    let values = if in_full() { all_values } else { distinct };

    stack.mailbox.repair();
    let services = Arc::new(Services::start(&stack, &all).await);
    let sealed = keys::sealed_rows(&stack.cluster.auth().superuser_url()).await;
    let probe = CookieProbe::of(&all);
    let trial = Trial { services, probe, sealed, is_candidate };
    let outcome = trial.run(&values).await;
    print(&outcome);
    assert!(outcome.findings.is_empty(), "{:#?}", outcome.findings);

    let planted = PlantedCredentials::of(&stack, &all, &trial.sealed, &trial.services).await;
    let outcome = trial.run(&read(&planted.collected).without(&values)).await;
    let overlooked = planted.overlooked(&outcome.findings);
    assert!(overlooked.is_empty(), "overlooked: {overlooked:#?}");
    println!("all of {} planted credentials are found, after {:?}", planted.all.len(), begun.elapsed());
}

fn in_full() -> bool {
    std::env::var_os(IN_FULL).is_some()
}

fn read(collected: &[Text]) -> Values {
    let mut values = Values::default();
    for found in collected {
        values.read(&found.place, &found.text);
    }
    values
}

/// Which values are tried as the password of which account, apart from the first one, which gets all of them. In full
/// those are all that differ in more than numbers, else those in tables of auth-service; and where a try takes 50 ms or
/// more, only the stored hash and its parts.
fn candidates(all: &Values, distinct: &Values) -> Arc<IsCandidate> {
    if in_full() {
        let similar = all.clone().without(distinct);
        return Arc::new(move |email, text, _| email == FIRST || !similar.texts.contains_key(text));
    }
    Arc::new(|email, text, place| match email {
        FIRST => true,
        "scrypt@example.com" => SCRYPT_HASH.contains(text),
        _ => place.starts_with("database auth, public.") && !place.contains(".pg_stat_"),
    })
}

/// Fails if a table is empty, or no link of some purpose is outstanding: what is not there cannot be found.
async fn everything_was_used(stack: &Stack, collected: &[Text]) {
    let places: BTreeSet<&str> = collected.iter().map(|found| found.place.as_str()).collect();
    for (name, url) in stack::urls(&stack.cluster) {
        let client = connect(&url).await.unwrap();
        let tables = "SELECT relname::text FROM pg_class
                      WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        for row in client.query(tables, &[]).await.unwrap() {
            let table = format!("database {name}, public.{}.", row.get::<_, String>(0));
            assert!(places.iter().any(|place| place.starts_with(&table)), "{table} has no rows");
        }
    }
    let client = connect(&stack.cluster.auth().superuser_url()).await.unwrap();
    let purposes = "SELECT count(DISTINCT purpose) FROM verifications WHERE used_at IS NULL";
    let purposes: i64 = client.query_one(purposes, &[]).await.unwrap().get(0);
    assert_eq!(purposes, 6, "purposes of links that are outstanding");
}

/// Looks for every secret that was ever sent, as it is, even in the middle of a word.
fn no_secret_is_written_down(stack: &Stack, all: &Population, collected: &[Text]) {
    let cluster = &stack.cluster;
    let secrets = cluster.auth().secrets();
    let own =
        [("AUTH_SECRETS", &secrets.auth_secrets), ("KEY_ENCRYPTION_KEYS", &secrets.key_encryption_keys)];
    let own = own.into_iter().map(|(what, text)| (what, text.as_str()));
    let roles = cluster.role_passwords().map(|password| ("the password of a role", password));
    let people = all.secrets.iter().map(|(what, text)| (what.as_str(), text.as_str()));
    let secrets: Vec<(&str, &str)> = own.chain(roles).chain(people).collect();
    let mut written = Vec::new();
    for found in collected {
        let seen = secrets.iter().filter(|(_, text)| found.text.contains(text));
        written.extend(seen.map(|(what, _)| format!("{what} in {}", found.place)));
    }
    println!("{} secrets are in none of {} texts", secrets.len(), collected.len());
    assert!(written.is_empty(), "{written:#?}");
}

fn print(outcome: &Outcome) {
    for (entry, tried) in &outcome.tried {
        println!("{tried:>8} values: {entry}");
    }
    println!("{:>8} tries in {} places", outcome.combinations(), outcome.tried.len());
}
