//! docs/COMMANDS.md: its examples run in their order.

use local_stack::testing::{self, auth_env, private_cluster};

use crate::backup::Server;
use crate::scratch::Scratch;

#[tokio::test]
async fn the_examples_of_all_commands_run_in_their_order() {
    if !testing::only_direct("the commands need no pooler") {
        return;
    }
    let (cluster, scratch) = (private_cluster().await, Scratch::new());
    let service = testing::auth_service(cluster.auth(), &[]).await;
    let mut settings = auth_env(cluster.auth());
    settings.insert("BIND".to_owned(), service.url().trim_start_matches("http://").to_owned());
    let owner = cluster.auth().owner_url();
    let examples = crate::documents::examples("docs/COMMANDS.md");
    assert_eq!(examples.len(), 7);
    // `serve` and what checks its settings refuse the owner's URL, so only its two commands get it.
    let owners = ["auth-service migrate", "auth-service audit prune"];
    let commands = examples.concat();
    let commands = owners.iter().fold(commands, |commands, command| {
        assert!(commands.contains(command), "{command}");
        commands.replace(command, &format!("MIGRATION_DATABASE_URL='{owner}' {command}"))
    });
    let settings: Vec<(&str, &str)> =
        settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let server = Server::of(&cluster, scratch.path());
    let said = server.execute_in(scratch.path(), &commands, &settings).await;
    for part in [
        "settings ok",
        "alice@example.com",
        "bob@example.com",
        "is no longer banned",
        "is revoked",
        "\"event\":\"key.revoked\"",
        "0 events deleted.",
        "0 events were waiting for it.",
        "\"already_there\": 1",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
}
