//! TLS to PostgreSQL, configured by URL parameters.

use local_stack::testing::{self, tls_cluster};
use local_stack::{Binary, Service, run_to_end};

use crate::client::Client;
use crate::issuer::{self, Issuer};

#[tokio::test]
async fn the_server_is_verified_and_the_password_is_bound_to_its_certificate() {
    let (issuer, cluster) = (Issuer::start().await, tls_cluster().await);
    let env = |parameters: &str| {
        let mut env = testing::task_env(cluster.tasks(), issuer.url());
        env.insert("DATABASE_URL".to_owned(), format!("{}?{parameters}", cluster.tasks().service_url()));
        env
    };
    let (right, wrong) = (cluster.ca_file().display(), cluster.other_ca_file().display());
    for parameters in [
        format!("sslmode=verify-full&sslrootcert={right}"),
        format!("sslmode=require&sslrootcert={right}&channel_binding=require"),
    ] {
        let mut service = Service::spawn(Binary::TaskService, env(&parameters)).await.unwrap();
        service.wait_ready().await.unwrap();
        let alice = Client::anonymous(service.url()).with_token(&issuer::token("alice"));
        alice.create("over TLS").await;
    }
    let superuser = local_stack::databases::connect(&cluster.tasks().superuser_url()).await.unwrap();
    let made: i64 = superuser.query_one("SELECT count(*) FROM tasks", &[]).await.unwrap().get(0);
    assert_eq!(made, 2);
    for (parameters, reason) in [
        (format!("sslmode=verify-full&sslrootcert={wrong}"), "UnknownIssuer"),
        // The same as verify-full: without it anybody in between could answer.
        (format!("sslmode=require&sslrootcert={wrong}"), "UnknownIssuer"),
        ("sslmode=require".to_owned(), "UnknownIssuer"),
        ("sslmode=disable".to_owned(), "no encryption"),
        ("sslmode=verify-full&sslrootcert=/nowhere/ca.pem".to_owned(), "sslrootcert /nowhere/ca.pem"),
        ("sslmode=sometimes".to_owned(), "unknown sslmode sometimes"),
    ] {
        let refused = run_to_end(Binary::TaskService, &["serve"], env(&parameters)).await.unwrap();
        let text = refused.stderr.join("\n");
        assert!(!refused.status.success() && text.contains(reason), "{parameters}: {text}");
    }
}
