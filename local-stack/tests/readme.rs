//! The README's walk through with curl does what it says.

use local_stack::testing::{self, TestDatabase};
use tokio::process::Command;

#[tokio::test]
async fn the_walk_through_with_curl_does_what_it_says() {
    let (auth_database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&auth_database, &[]).await;
    let tasks = testing::task_service(&tasks_database, auth.url(), &[]).await;

    let walk = local_stack::workspace::root().unwrap().join("deployment/walk.sh");
    let output = Command::new("sh").arg(walk).args([auth.url(), tasks.url()]).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));

    // What a reader sees: headers in any order, then the answers.
    let (head, answers) = said.split_once("\r\n\r\n").unwrap();
    for seen in ["HTTP/1.1 200 OK", "\nset-cookie: better-auth.session_token=", "\nset-auth-jwt: ey"] {
        assert!(head.contains(seen), "no {seen} in\n{head}");
    }
    let mut rest = answers;
    for seen in [
        r#""email":"alice@example.com""#,
        r#""title":"Water the plants""#,
        r#"{"tasks":[{"id":"#,
        r#""title":"Water the plants""#,
        r#"{"tasks":[],"next_cursor":null}"#,
        r#""code":"FORBIDDEN""#,
        " 403\n",
        r#""code":"UNAUTHORIZED""#,
        " 401\n",
        r#"{"success":true}"#,
        r#""code":"UNAUTHORIZED""#,
        " 401\n",
    ] {
        let (_, after) = rest.split_once(seen).unwrap_or_else(|| panic!("no {seen} in\n{rest}\nof\n{said}"));
        rest = after;
    }
}

/// A misspelt or lost function of the script shows only when that command is run.
#[test]
fn every_command_that_dev_lists_is_there() {
    let script = std::fs::read_to_string(local_stack::workspace::root().unwrap().join("dev")).unwrap();
    let commands: Vec<_> =
        script.lines().filter_map(|line| line.strip_prefix("./dev ")?.split(' ').next()).collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands {
        assert!(script.contains(&format!("\n{command}() {{")), "./dev {command}");
    }
}
