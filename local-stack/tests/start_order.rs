//! The services started in the unhelpful order, as after a reboot.

use std::time::{Duration, Instant};

use local_stack::testing::{self, TestDatabase, free_port};
use local_stack::{Binary, Service};

/// How long a line of the log may take.
const SOON: Duration = Duration::from_secs(20);
/// How soon task-service is ready if auth-service listens soon after it.
const PROMISED: Duration = Duration::from_secs(2);

#[tokio::test]
async fn task_service_is_ready_soon_after_an_auth_service_that_starts_later() {
    let (auth_database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    // The first start of auth-service creates its key, which takes a while and is no part of a reboot.
    let mut first = testing::auth_service(&auth_database, &[]).await;
    assert!(first.terminate().await.unwrap().success());

    let port = free_port();
    let auth_url = format!("http://127.0.0.1:{port}");
    let mut tasks =
        Service::spawn(Binary::TaskService, testing::task_env(&tasks_database, &auth_url)).await.unwrap();
    tasks.wait_for_line(|line| line.contains("no key set yet"), SOON).await.unwrap();
    let failed_at = Instant::now();
    let mut auth_env = testing::auth_env(&auth_database);
    auth_env.insert("BIND".to_owned(), format!("127.0.0.1:{port}"));
    let auth = Service::spawn(Binary::AuthService, auth_env).await.unwrap();
    let (alone, listening_at) = (failed_at.elapsed(), Instant::now());
    tasks.wait_ready().await.unwrap();
    let waited = listening_at.elapsed();
    println!("ready {waited:?} after auth-service, which came {alone:?} after the first failure");
    // The wait that has begun is at most twice as long as all before it, which counts on a busy machine.
    assert!(waited <= PROMISED.max(2 * alone + Duration::from_secs(1)), "{waited:?} after {alone:?} alone");
    let output = tasks.output();
    assert!(!output.iter().any(|line| line.contains("last good")), "{output:?}");
    drop(auth);
}
