//! docs/CONFIGURATION.md and the command line.

use std::collections::BTreeMap;

use clap::{Args, Command};
use local_stack::testing::{self, configuration_faults};
use local_stack::{Binary, run_to_end};
use task_service::config::Settings;

fn command() -> Command {
    Settings::augment_args(Command::new("task-service"))
}

#[test]
fn configuration_lists_every_setting_as_the_command_line_describes_it() {
    assert_eq!(configuration_faults("task-service", &command()).unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_configuration_calls_required_is_required() {
    testing::build_binaries().await.unwrap();
    let required = BTreeMap::from([
        ("AUTH_ISSUER", "http://127.0.0.1:9"),
        ("DATABASE_URL", "postgres://tasks_service@127.0.0.1:9/tasks"),
    ]);
    let mut marked: Vec<String> = command()
        .get_arguments()
        .filter(|arg| arg.get_help().is_some_and(|help| help.to_string().ends_with("(required)")))
        .map(|arg| arg.get_env().unwrap().to_str().unwrap().to_owned())
        .collect();
    marked.sort();
    assert!(marked.iter().eq(required.keys()), "{marked:?}");
    let all = run_to_end(Binary::TaskService, &["config", "check"], required.clone()).await.unwrap();
    assert!(all.status.success(), "{all:?}");
    for missing in required.keys() {
        let mut others = required.clone();
        others.remove(missing);
        let finished = run_to_end(Binary::TaskService, &["config", "check"], others).await.unwrap();
        let error = finished.stderr.join("\n");
        assert!(!finished.status.success() && error.contains(&format!("{missing} is not set")), "{error}");
    }
}
