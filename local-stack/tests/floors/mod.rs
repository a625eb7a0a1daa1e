//! Each crate has floors: a room, which is a top-level module, imports rooms of lower floors only. The lists below are
//! the one statement of that order.
//!
//! A room is a file or a directory under `src`. `lib.rs` and `main.rs` are above all floors. Two rooms of one floor do not
//! import each other. Code for tests counts as any other, except that it may import a room `testing`. In a room
//! that is a directory, the files import each other without a circle (see [`circles`]).
//!
//! A failure lists every import that breaks a rule, with the direction that it should have:
//! `cargo nextest run -p local-stack --test main -E 'test(floors::)'`.

mod circles;
mod imports;
mod order;
mod planted;
mod source;

use imports::Imports;
use order::Floors;
use source::Source;

const AUTH_SERVICE: &str = "
    cli
    server
    config
    email_otp
    import_export, account, administration, social, magic_link, two_factor, forward_auth, capabilities, diagnosis
    email_sign_in
    passwords
    sessions
    tokens, verifications
    status_lists, email, webhooks, linked_accounts, second_factors
    codes, keys, limits, providers
    users
    protocol
    security_event, migrations
    audit
    background, client_address, error, polling, progress, retry, time_bounds
";

const TASK_SERVICE: &str = "
    cli
    server
    config, deleted_users, document, keys
    tasks
    owned
    owner
    error, isolation, security_event
    budget, invalid, migrations, refused_users, search_slots, settings_log
";

const SERVICE_KIT: &str = "
    metrics
    lifecycle, request_metrics, telemetry
    health, command_line
    database
    store, guard, openapi, cors, connection, origins, outgoing, webhooks
    traces
    envelope, errors, viewer, weakness, throttle, headers, workers
    collectors, counters, document, id, ip_ranges, registrable_domain, response_headers, secret, security_log, settings
";

const SHARED_CLAIMS: &str = "
    actix, axum, fuzzing
    authentication, step_up
    assembly
    verifier
    requirement, verified
    ages, builder, claims, published, refresh
    status
    keys, refused, remote
    diagnostics, header, jwks, metrics, schedule
    clock, error, json, spelling, user_id
";

const BENCH: &str = "
    bulkhead, compare, database, enumeration, fairness, growth, instructions, status_lists
    report
";

const EKSBLOWFISH: &str = "
    hash
    blowfish
    tables
";

const LOCAL_STACK: &str = "
    up
    testing
    databases
    cluster
    page, pgbouncer, service
    test_logs
    process, programs, location, workspace
    account, command, connection, lock, ports, process_id, secrets
    error
";

/// All findings in a crate.
fn violations(source: &Source, floors: &str) -> Vec<String> {
    let floors = Floors::parse(floors);
    let imports = Imports::of(source);
    let order = floors.violations(source, &imports);
    let circles = circles::violations(source, &imports);
    [floors.misplaced(source), order, circles].concat()
}

#[track_caller]
fn check(name: &str, floors: &str) {
    let source = Source::read(name);
    assert!(source.files.len() > 2, "{name}: its source was not found");
    let violations = violations(&source, floors);
    assert!(violations.is_empty(), "{} in {name}:\n{}", violations.len(), violations.join("\n"));
}

#[test]
fn auth_service() {
    check("auth-service", AUTH_SERVICE);
}

#[test]
fn task_service() {
    check("task-service", TASK_SERVICE);
}

#[test]
fn service_kit() {
    check("service-kit", SERVICE_KIT);
}

#[test]
fn shared_claims() {
    check("shared-claims", SHARED_CLAIMS);
}

#[test]
fn local_stack() {
    check("local-stack", LOCAL_STACK);
}

#[test]
fn eksblowfish() {
    check("eksblowfish", EKSBLOWFISH);
}

#[test]
fn bench() {
    check("bench", BENCH);
}
