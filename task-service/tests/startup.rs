//! Conditions that prevent the start, and their error messages.

use std::collections::BTreeMap;

use local_stack::databases::connect;
use local_stack::testing::{self, TestDatabase};
use local_stack::{Binary, Finished, Service, run_to_end};

use crate::issuer::ISSUER;

/// Settings of a service that would start.
fn settings(database: &TestDatabase) -> BTreeMap<String, String> {
    testing::task_env(database, ISSUER)
}

async fn run(arguments: &[&str], settings: BTreeMap<String, String>) -> Finished {
    testing::build_binaries().await.unwrap();
    run_to_end(Binary::TaskService, arguments, settings).await.unwrap()
}

/// Starts with these settings, which must fail with this one line on standard error.
async fn refused(settings: BTreeMap<String, String>, line: &str) {
    let finished = run(&[], settings).await;
    assert!(!finished.status.success());
    assert_eq!(finished.stderr, [format!("task-service: {line}")]);
}

/// A start with these settings fails, and `config check` says the same.
async fn refused_without_a_database(settings: BTreeMap<String, String>, line: &str) {
    let checked = run(&["config", "check"], settings.clone()).await;
    assert!(!checked.status.success());
    assert_eq!(checked.stderr, [format!("task-service: {line}")]);
    refused(settings, line).await;
}

/// The settings with this one changed, or taken out.
fn but(settings: &BTreeMap<String, String>, name: &str, value: Option<&str>) -> BTreeMap<String, String> {
    let mut settings = settings.clone();
    match value {
        Some(value) => settings.insert(name.to_owned(), value.to_owned()),
        None => settings.remove(name),
    };
    settings
}

#[tokio::test]
async fn sc_005_it_refuses_a_role_that_row_level_security_does_not_bind() {
    if !testing::only_direct("a pooler does not know the roles that the test makes") {
        return;
    }
    let database = TestDatabase::tasks().await;
    let good = settings(&database);
    let superuser = but(&good, "DATABASE_URL", Some(&database.superuser_url()));
    let bypasses = "which bypasses row level security (SUPERUSER or BYPASSRLS); use tasks_service";
    refused(superuser, &format!("DATABASE_URL: role postgres may act as postgres, {bypasses}")).await;

    let owner = but(&good, "DATABASE_URL", Some(&database.owner_url()));
    let owns = "may act as tasks_owner, the owner of the table tasks; use tasks_service";
    refused(owner, &format!("DATABASE_URL: role tasks_owner {owns}")).await;

    // Roles belong to the whole cluster: these two have names of their own and go with the test.
    let admin = connect(&database.superuser_url()).await.unwrap();
    let (bypass, heir) = (format!("{}_bypass", database.name()), format!("{}_heir", database.name()));
    let member = format!("{}_member", database.name());
    admin
        .batch_execute(&format!(
            "CREATE ROLE {bypass} LOGIN BYPASSRLS PASSWORD 'x'; GRANT tasks_service TO {bypass};
             CREATE ROLE {heir} LOGIN NOINHERIT PASSWORD 'x'; GRANT tasks_owner, tasks_service TO {heir};
             CREATE ROLE {member} LOGIN NOINHERIT PASSWORD 'x'; GRANT {bypass}, tasks_service TO {member};
             GRANT CONNECT ON DATABASE {name} TO {bypass}, {heir}, {member};
             GRANT SELECT ON refinery_schema_history TO {bypass}, {heir}, {member}",
            name = database.name(),
        ))
        .await
        .unwrap();
    let url = |role: &str| {
        let (_, rest) =
            database.service_url().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        format!("postgres://{role}:x@{rest}")
    };
    for (role, line) in [
        (&bypass, format!("role {bypass} may act as {bypass}, {bypasses}")),
        (&heir, format!("role {heir} {owns}")),
        (&member, format!("role {member} may act as {bypass}, {bypasses}")),
    ] {
        refused(but(&good, "DATABASE_URL", Some(&url(role))), &format!("DATABASE_URL: {line}")).await;
    }
    let drop = format!("DROP OWNED BY {bypass}, {heir}, {member}; DROP ROLE {bypass}, {heir}, {member}");
    admin.batch_execute(&drop).await.unwrap();
}

#[tokio::test]
async fn sc_005_it_refuses_a_table_whose_wall_is_down() {
    let database = TestDatabase::tasks().await;
    let owner = connect(&database.owner_url()).await.unwrap();
    let repair = "; run `task-service migrate` or repair it by hand";
    for table in ["task_counts", "tasks"] {
        for (change, state) in [("NO FORCE", "forced"), ("DISABLE", "enabled")] {
            owner.batch_execute(&format!("ALTER TABLE {table} {change} ROW LEVEL SECURITY")).await.unwrap();
            let line = format!("row level security of the table {table} is not {state}{repair}");
            refused(settings(&database), &line).await;
        }
    }
}

#[tokio::test]
async fn it_refuses_a_database_that_was_not_migrated_and_migrate_brings_it_up() {
    let database = TestDatabase::empty_tasks().await;
    let line = "the database is at schema version 0, this binary needs 4: run `task-service migrate` first";
    refused(settings(&database), line).await;

    let owner = BTreeMap::from([("MIGRATION_DATABASE_URL".to_owned(), database.owner_url())]);
    // Three at once, as when three replicas come up: one does the work, all succeed.
    let (a, b, c) = tokio::join!(
        run(&["migrate"], owner.clone()),
        run(&["migrate"], owner.clone()),
        run(&["migrate"], owner.clone())
    );
    for finished in [a, b, c, run(&["migrate"], owner).await] {
        assert!(finished.status.success(), "{finished:?}");
    }
    let mut service = Service::spawn(Binary::TaskService, settings(&database)).await.unwrap();
    assert!(service.terminate().await.unwrap().success());
}

#[tokio::test]
async fn a_wrong_setting_ends_it_with_one_line_that_names_the_variable() {
    let database = TestDatabase::tasks().await;
    let good = but(&settings(&database), "STATUS_LIST_CHECK", Some("true"));
    let both = "DATABASE_URL and DATABASE_URL_FILE are both set; keep one";
    let for_migrate =
        "MIGRATION_DATABASE_URL is for `migrate` alone; remove it from the environment of `serve`";
    for (name, value, line) in [
        (
            "DATABASE_URL",
            None,
            "DATABASE_URL is not set (or DATABASE_URL_FILE, the path of a file that holds it)",
        ),
        ("DATABASE_URL_FILE", Some("/nowhere"), both),
        ("MIGRATION_DATABASE_URL", Some("postgres://x"), for_migrate),
        ("MIGRATION_DATABASE_URL_FILE", Some("/nowhere"), for_migrate),
        ("AUTH_ISSUER", None, "AUTH_ISSUER is not set"),
        ("AUTH_ISSUER", Some(""), "AUTH_ISSUER is not set"),
        ("CLOCK_SKEW", Some("10m"), "CLOCK_SKEW: must be 5 minutes or less"),
        ("JWKS_COOLDOWN", Some("0s"), "JWKS_COOLDOWN: must be longer than zero"),
        ("JWKS_MAX_AGE", Some("1m"), "JWKS_MAX_AGE: must not be shorter than refresh_interval"),
        ("JWKS_URL", Some("ftp://x"), "JWKS_URL: must begin with http:// or https://"),
        ("JWT_TYP", Some(""), "JWT_TYP: must not be empty"),
        ("STATUS_LIST_URL", Some("ftp://x"), "STATUS_LIST_URL: must begin with http:// or https://"),
        ("STATUS_LIST_URL", Some("http://x/?y"), "STATUS_LIST_URL: must have neither a query nor a fragment"),
        ("STATUS_LIST_URL", Some("x"), "STATUS_LIST_URL: relative URL without a base"),
        ("STATUS_LIST_PREFIX", Some("/"), "STATUS_LIST_PREFIX: must not be empty"),
        ("STATUS_LIST_INTERVAL", Some("0s"), "STATUS_LIST_INTERVAL: must be longer than zero"),
        (
            "STATUS_LIST_MAX_STALE",
            Some("0s"),
            "STATUS_LIST_MAX_STALE: must not be shorter than status_interval",
        ),
    ] {
        refused_without_a_database(but(&good, name, value), line).await;
    }
    for (name, value) in [
        ("BIND", "nonsense"),
        ("BIND", "127.0.0.1:1:1"),
        ("DATABASE_POOL_SIZE", "0"),
        ("MAX_CONNECTIONS", "0"),
        ("TASK_QUOTA", "0"),
        ("TASK_QUOTA", "many"),
        ("REQUESTS_PER_MINUTE", "-1"),
        ("LIST_TIMEOUT", "0s"),
        ("LIST_TIMEOUT", "9s"),
        ("LOG_FORMAT", "xml"),
        ("SHUTDOWN_DELAY", "-1s"),
        ("SHUTDOWN_DELAY", "soon"),
        ("CORS_ORIGINS", "https://app.example/"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ALLOWED_HEADERS", "*"),
        ("CORS_ALLOWED_HEADERS", "x-a, cookie"),
        ("AUTH_ISSUER", "https://user:hunter2@auth.example"),
        ("DATABASE_URL", "postgres://user:hunter2@host:nonsense/x"),
    ] {
        let finished = run(&["serve"], but(&good, name, Some(value))).await;
        assert!(!finished.status.success(), "{name}={value}");
        let [line] = finished.stderr.as_slice() else { panic!("{:?}", finished.stderr) };
        assert!(line.contains(name), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[tokio::test]
async fn config_check_connects_to_no_database() {
    let database = TestDatabase::tasks().await;
    // Nothing listens there.
    let url = "postgres://tasks_service:secret@127.0.0.1:9/tasks";
    let checked = run(&["config", "check"], but(&settings(&database), "DATABASE_URL", Some(url))).await;
    assert!(checked.status.success(), "{:?}", checked.stderr);
    assert_eq!(checked.stdout, ["task-service: settings ok"]);
}

#[tokio::test]
async fn a_password_among_the_arguments_is_warned_of_and_not_shown() {
    let database = TestDatabase::tasks().await;
    let check = async |url| {
        let env = but(&settings(&database), "DATABASE_URL", None);
        run(&["--database-url", url, "config", "check"], env).await
    };
    let checked = check("postgres://tasks_service:hunter2@127.0.0.1:9/tasks").await;
    assert!(checked.status.success(), "{checked:?}");
    let [line] = checked.stderr.as_slice() else { panic!("{checked:?}") };
    assert!(line.starts_with("task-service: warning: DATABASE_URL: ") && !line.contains("hunter2"), "{line}");
    let checked = check("postgres://tasks_service@127.0.0.1:9/tasks").await;
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
}

#[tokio::test]
async fn help_lists_every_setting_and_shows_no_secret() {
    let secret = BTreeMap::from([
        ("DATABASE_URL".to_owned(), "postgres://u:hunter2@h/d".to_owned()),
        ("MIGRATION_DATABASE_URL".to_owned(), "postgres://u:hunter2@h/d".to_owned()),
    ]);
    let finished = run(&["--help"], secret).await;
    assert!(finished.status.success());
    let help = finished.stdout.join("\n");
    for name in [
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "MIGRATION_DATABASE_URL",
        "MIGRATION_DATABASE_URL_FILE",
        "BIND",
        "DATABASE_POOL_SIZE",
        "MAX_CONNECTIONS",
        "TASK_QUOTA",
        "REQUESTS_PER_MINUTE",
        "LIST_TIMEOUT",
        "LOG_FORMAT",
        "SHUTDOWN_DELAY",
        "AUTH_ISSUER",
        "AUTH_AUDIENCE",
        "JWKS_URL",
        "JWT_TYP",
        "CLOCK_SKEW",
        "JWKS_REFRESH_INTERVAL",
        "JWKS_COOLDOWN",
        "JWKS_MAX_AGE",
        "CORS_ORIGINS",
        "CORS_ALLOWED_HEADERS",
    ] {
        assert!(help.contains(&format!("[env: {name}")), "{name}");
    }
    assert!(!help.contains("hunter2"));
}

#[tokio::test]
async fn a_database_url_may_come_from_a_file() {
    let database = TestDatabase::tasks().await;
    let path = std::env::temp_dir().join(database.name());
    std::fs::write(&path, format!("{}\n", database.service_url())).unwrap();
    let settings = but(&settings(&database), "DATABASE_URL", None);
    let settings = but(&settings, "DATABASE_URL_FILE", Some(path.to_str().unwrap()));
    let service = Service::spawn(Binary::TaskService, settings).await;
    std::fs::remove_file(&path).unwrap();
    service.unwrap();
}

/// `NAME_FILE=` in a compose file.
#[tokio::test]
async fn an_empty_path_counts_as_not_set() {
    let database = TestDatabase::tasks().await;
    let mut settings = settings(&database);
    for name in ["DATABASE_URL_FILE", "MIGRATION_DATABASE_URL_FILE"] {
        settings.insert(name.to_owned(), String::new());
    }
    Service::spawn(Binary::TaskService, settings.clone()).await.unwrap();
    settings.insert("MIGRATION_DATABASE_URL".to_owned(), database.owner_url());
    let migrated = run(&["migrate"], settings).await;
    assert!(migrated.status.success(), "{migrated:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let database = TestDatabase::tasks().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let settings = but(&settings(&database), "BIND", Some(&address));
    let finished = run(&["serve"], settings).await;
    assert!(!finished.status.success());
    assert!(finished.stderr[0].starts_with(&format!("task-service: BIND: cannot listen on {address}: ")));
}

#[tokio::test]
async fn healthcheck_says_by_its_exit_code_whether_the_service_is_ready() {
    let stack = crate::stack::Stack::start().await;
    let address = stack.service.url().strip_prefix("http://").unwrap();
    let ask =
        |address: &str| run(&["healthcheck"], BTreeMap::from([("BIND".to_owned(), address.to_owned())]));
    let well = ask(address).await;
    assert!(well.status.success() && well.stderr.is_empty(), "{well:?}");

    // Taken, but nobody answers: the limit is three seconds. Then nobody is there.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    for listener in [Some(silent), None] {
        let ill = ask(&address).await;
        assert!(!ill.status.success());
        assert!(ill.stderr[0].starts_with("task-service: not ready: "), "{ill:?}");
        drop(listener);
    }
}
