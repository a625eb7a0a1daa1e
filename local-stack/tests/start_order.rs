//! The services started in the unhelpful order, as after a reboot.

use std::time::{Duration, Instant};

use local_stack::testing::{self, TestDatabase};
use local_stack::{Binary, Finished, Service, run_to_end};
use tokio::net::TcpListener;

/// How long a line of the log may take.
const SOON: Duration = Duration::from_secs(20);
/// How soon task-service is ready if auth-service listens soon after it.
const PROMISED: Duration = Duration::from_secs(2);

#[tokio::test]
async fn task_service_is_ready_soon_after_an_auth_service_that_starts_later() {
    let (auth_database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    // The first start of auth-service creates its key, which takes a while and does not happen at a reboot.
    let mut first = testing::auth_service(&auth_database, &[]).await;
    assert!(first.terminate().await.unwrap().success());

    // Holds auth-service's port until the first fetch came, which it drops.
    let early = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = early.local_addr().unwrap().port();
    let auth_url = format!("http://127.0.0.1:{port}");
    let mut auth_env = testing::auth_env(&auth_database);
    auth_env.insert("BIND".to_owned(), format!("127.0.0.1:{port}"));
    let auth_comes = async {
        drop(tokio::time::timeout(SOON, early.accept()).await.expect("no fetch").unwrap());
        drop(early);
        let failed_at = Instant::now();
        let auth = Service::spawn(Binary::AuthService, auth_env).await.unwrap();
        (auth, failed_at.elapsed(), Instant::now())
    };
    let tasks = Service::spawn(Binary::TaskService, testing::task_env(&tasks_database, &auth_url));
    let (tasks, (auth, alone, listening_at)) = tokio::join!(tasks, auth_comes);
    let mut tasks = tasks.unwrap();
    tasks.wait_for_line(|line| line.contains("no key set yet"), SOON).await.unwrap();
    tasks.wait_ready().await.unwrap();
    let waited = listening_at.elapsed();
    println!("ready {waited:?} after auth-service, which came {alone:?} after the first failure");
    // The wait that has begun is at most twice as long as all before it, which counts on a busy machine.
    assert!(waited <= PROMISED.max(2 * alone + Duration::from_secs(1)), "{waited:?} after {alone:?} alone");
    let output = tasks.output();
    assert!(!output.iter().any(|line| line.contains("last good")), "{output:?}");
    drop(auth);
}

/// `migrate` of this service, to its end, with this URL of the owner role.
async fn migrate(binary: Binary, url: String) -> Finished {
    run_to_end(binary, &["migrate"], [("MIGRATION_DATABASE_URL", url)]).await.unwrap()
}

#[tokio::test]
async fn migrate_waits_for_a_database_that_is_not_up_yet() {
    if !testing::only_direct("migrate needs a direct connection") {
        return;
    }
    let cluster = testing::private_cluster().await;
    cluster.kill().await;
    let (auth, tasks, ()) = tokio::join!(
        migrate(Binary::AuthService, cluster.auth().owner_url()),
        migrate(Binary::TaskService, cluster.tasks().owner_url()),
        cluster.start()
    );
    for finished in [auth, tasks] {
        assert!(finished.status.success(), "{finished:?}");
        let said = |text: &str| finished.stdout.iter().any(|line| line.contains(text));
        assert!(said("waiting for the database") && said("the schema is up to date"), "{finished:?}");
    }
}

#[tokio::test]
async fn migrate_does_not_wait_for_what_does_not_pass() {
    if !testing::only_direct("migrate needs a direct connection") {
        return;
    }
    let (auth, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let start = Instant::now();
    for (binary, database) in [(Binary::AuthService, &auth), (Binary::TaskService, &tasks)] {
        let url = database.owner_url();
        let (scheme, rest) = url.split_once("://").unwrap();
        let (login, place) = rest.split_once('@').unwrap();
        let role = login.split(':').next().unwrap();
        for wrong in [
            format!("{scheme}://{role}:wrong@{place}"),
            format!("{scheme}://nobody:wrong@{place}"),
            url.replace(database.name(), "no_such_database"),
        ] {
            let finished = migrate(binary, wrong).await;
            assert!(!finished.status.success(), "{finished:?}");
            assert_eq!(finished.stderr.len(), 1, "{finished:?}");
            assert!(finished.stdout.is_empty(), "{finished:?}");
        }
    }
    assert!(start.elapsed() < Duration::from_secs(15), "it waited for what does not pass");
}
