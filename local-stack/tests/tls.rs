//! A cluster that demands TLS, tried with PostgreSQL's own client.

use std::path::Path;

use local_stack::databases::connect;
use local_stack::programs::Programs;
use local_stack::testing::tls_cluster;
use tokio::process::Command;

/// Whether the connection is encrypted as `psql` says, or why there is none.
async fn psql(url: &str, host: &str, sslmode: &str, ca: &Path) -> Result<String, String> {
    let mut command = Command::new(Programs::find().await.unwrap().path("psql"));
    command.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command"]);
    command.arg("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    command.arg(url.replace("127.0.0.1", host));
    command.env("PGSSLMODE", sslmode).env("PGSSLROOTCERT", ca).env("LC_ALL", "C");
    let output = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[tokio::test]
async fn services_and_owners_need_tls_and_can_verify_the_server() {
    let cluster = tls_cluster().await;
    let database = cluster.auth();
    for url in [database.service_url(), database.owner_url(), cluster.tasks().service_url()] {
        for host in ["127.0.0.1", "localhost"] {
            assert_eq!(psql(&url, host, "verify-full", cluster.ca_file()).await.unwrap(), "t");
        }
        let plain = psql(&url, "127.0.0.1", "disable", cluster.ca_file()).await.unwrap_err();
        assert!(plain.contains("no encryption"), "{plain}");
        assert!(connect(&url).await.is_err(), "without TLS");
    }
    let unrelated = psql(&database.service_url(), "127.0.0.1", "verify-full", cluster.other_ca_file()).await;
    let unrelated = unrelated.unwrap_err();
    assert!(unrelated.contains("certificate verify failed"), "{unrelated}");

    let superuser = connect(&database.superuser_url()).await.unwrap();
    superuser.batch_execute("SELECT FROM users").await.unwrap();
}

#[tokio::test]
async fn it_demands_tls_after_a_kill_too() {
    let cluster = tls_cluster().await;
    cluster.kill().await;
    cluster.start().await;
    let url = cluster.auth().service_url();
    assert_eq!(psql(&url, "127.0.0.1", "verify-ca", cluster.ca_file()).await.unwrap(), "t");
    assert!(connect(&url).await.is_err());
}
