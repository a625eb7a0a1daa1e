//! Services as processes: started, watched, stopped.

use std::time::Duration;

use local_stack::testing::{self, TestDatabase, private_cluster};
use local_stack::{Binary, Service, run_to_end};

use crate::scratch::client;

/// An auth-service that is not there: a task-service of its own is never ready, but it runs.
const NOWHERE: &str = "http://127.0.0.1:9";

const SOON: Duration = Duration::from_secs(20);

async fn status(url: &str) -> u16 {
    client().get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn both_services_run_and_stop_when_asked() {
    let (auth_database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let mut auth = testing::auth_service(&auth_database, &[]).await;
    let mut tasks = testing::task_service(&tasks_database, auth.url(), &[]).await;
    assert_eq!(status(&format!("{}/healthz", auth.url())).await, 200);
    assert_eq!(status(&format!("{}/api/me/tasks", tasks.url())).await, 401);

    assert!(tasks.terminate().await.unwrap().success());
    assert!(auth.terminate().await.unwrap().success());
    assert!(client().get(auth.url()).send().await.is_err());
}

#[tokio::test]
async fn a_service_is_gone_when_its_test_is_over() {
    let database = TestDatabase::tasks().await;
    let service = Service::spawn(Binary::TaskService, testing::task_env(&database, NOWHERE)).await.unwrap();
    let url = service.url().to_owned();
    drop(service);
    assert!(client().get(url).send().await.is_err());
}

#[tokio::test]
async fn a_start_that_is_refused_tells_what_the_service_said() {
    let database = TestDatabase::auth().await;
    let mut env = testing::auth_env(&database);
    env.insert("AUTH_SECRETS".to_owned(), "short".to_owned());
    let error = Service::spawn(Binary::AuthService, env.clone()).await.unwrap_err().to_string();
    assert!(error.contains("AUTH_SECRETS"), "{error}");

    let finished = run_to_end(Binary::AuthService, &["serve"], env).await.unwrap();
    assert!(!finished.status.success());
    assert!(finished.stderr.iter().any(|line| line.contains("AUTH_SECRETS")), "{finished:?}");
}

#[tokio::test]
async fn lines_that_a_service_writes_can_be_waited_for() {
    let database = TestDatabase::tasks().await;
    let mut service =
        Service::spawn(Binary::TaskService, testing::task_env(&database, NOWHERE)).await.unwrap();
    let line = service.wait_for_line(|line| line.contains("listening"), SOON).await.unwrap();
    assert!(service.output().contains(&line));
    let never = service.wait_for_line(|line| line == "never written", Duration::from_millis(50)).await;
    assert!(never.unwrap_err().to_string().contains("timed out waiting for a line"));
    service.kill().await.unwrap();
    let never = service.wait_for_line(|line| line == "never written", SOON).await;
    assert!(never.unwrap_err().to_string().contains("exited"));
}

#[tokio::test]
async fn a_private_cluster_can_be_killed_and_started_under_a_service() {
    let cluster = private_cluster().await;
    let mut auth = testing::auth_service(cluster.auth(), &[]).await;
    cluster.kill().await;
    let url = format!("{}/readyz", auth.url());
    let deadline = tokio::time::Instant::now() + SOON;
    while status(&url).await != 503 {
        assert!(tokio::time::Instant::now() < deadline, "it reports that the database is unavailable");
    }
    cluster.start().await;
    auth.wait_ready().await.unwrap();
}
