//! docs/CONFIGURATION.md and the command line.

use auth_service::config::{Config, MigrateConfig};
use clap::{Args, Command};
use local_stack::testing::{self, configuration_faults};
use local_stack::{Binary, run_to_end};

#[test]
fn configuration_lists_every_setting_as_the_command_line_describes_it() {
    let serve = Config::augment_args(Command::new("auth-service"));
    let migrate = MigrateConfig::augment_args(Command::new("auth-service"));
    for (program, command) in [("auth-service", serve), ("auth-service migrate", migrate)] {
        assert_eq!(configuration_faults(program, &command).unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_configuration_calls_required_is_required() {
    testing::build_binaries().await.unwrap();
    let required = [
        ("DATABASE_URL", "postgres://auth_service@127.0.0.1:9/auth"),
        ("AUTH_SECRETS", "0b8f5c0e4d3a29171f6e2d4c8b7a9053"),
        ("KEY_ENCRYPTION_KEYS", "2Zq0m4nHcV8y1sXw7uRkTbLpQdJgFhAeNvMzCiOxYUk="),
    ];
    let command = Config::augment_args(Command::new("auth-service"));
    let marked: Vec<String> = command
        .get_arguments()
        .filter(|arg| arg.get_help().is_some_and(|help| help.to_string().ends_with("(required)")))
        .map(|arg| arg.get_env().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(marked, required.map(|(name, _)| name));
    let check = |settings: Vec<(&'static str, &'static str)>| async {
        run_to_end(Binary::AuthService, &["config", "check"], settings).await.unwrap()
    };
    let all = check(required.to_vec()).await;
    assert!(all.status.success(), "{all:?}");
    for (missing, _) in required {
        let others = required.into_iter().filter(|(name, _)| *name != missing).collect();
        let finished = check(others).await;
        let error = finished.stderr.join("\n");
        assert!(!finished.status.success() && error.contains(&format!("{missing} is not set")), "{error}");
    }
}
