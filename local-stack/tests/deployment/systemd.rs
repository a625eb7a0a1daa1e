//! The units for systemd.

use std::collections::BTreeSet;
use std::process::Command;

use local_stack::testing::{build_binaries, report_skipped};
use local_stack::{Binary, run_to_end};

use super::stack::make_secrets;
use super::text;
use crate::scratch::Scratch;

const UNITS: [(&str, Binary, &str); 4] = [
    ("auth-migrate", Binary::AuthService, "migrate"),
    ("auth-service", Binary::AuthService, "serve"),
    ("task-migrate", Binary::TaskService, "migrate"),
    ("task-service", Binary::TaskService, "serve"),
];
/// Exposure that `systemd-analyze security` may find, in tenths.
const MOST_EXPOSED: &str = "--threshold=15";

/// The values of a key of a unit.
fn values(unit: &str, key: &str) -> Vec<String> {
    let file = text(&format!("deployment/systemd/{unit}.service"));
    let prefix = format!("{key}=");
    file.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[test]
fn a_unit_can_do_no_more_than_its_service_needs() {
    let root = local_stack::workspace::root().unwrap().join("deployment/systemd");
    for (unit, _, _) in UNITS {
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=true", "--no-pager", MOST_EXPOSED]);
        let Ok(output) = command.arg(root.join(format!("{unit}.service"))).output() else {
            return report_skipped("systemd-analyze is not installed, so the units are not rated.");
        };
        assert!(output.status.success(), "{unit}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[tokio::test]
async fn a_unit_runs_its_program_with_settings_that_it_has() {
    build_binaries().await.unwrap();
    for (unit, binary, command) in UNITS {
        let start = values(unit, "ExecStart").concat();
        let expected = format!("/usr/local/bin/{} {command}", binary.name());
        assert!(start.starts_with(&expected), "{unit}: {start}");
        let help = run_to_end(binary, &[command, "--help"], [("", ""); 0]).await.unwrap();
        let service = run_to_end(binary, &["--help"], [("", ""); 0]).await.unwrap();
        let known = [help.stdout, service.stdout].concat().join("\n");
        for variable in values(unit, "Environment").iter().flat_map(|line| line.split(' ')) {
            let (name, value) = variable.split_once('=').unwrap();
            assert!(known.contains(&format!("[env: {name}")), "{unit}: {name}");
            let credential = value.strip_prefix("%d/");
            let loaded = |credential| {
                let loads = |load: &String| load.split_once(':').unwrap().0 == credential;
                values(unit, "LoadCredential").iter().any(loads)
            };
            assert!(credential.is_none_or(loaded), "{unit}: {variable}");
        }
    }
}

#[test]
fn a_unit_reads_the_files_that_the_script_for_secrets_writes_for_it() {
    let scratch = Scratch::new();
    assert!(make_secrets(&scratch, "localhost:5432", &[]).status.success());
    let mut read = BTreeSet::new();
    for (unit, _, _) in UNITS {
        for load in values(unit, "LoadCredential") {
            let (_, path) = load.split_once(':').unwrap();
            let path = path.strip_prefix("/etc/latchkey/").unwrap();
            assert!(path.starts_with(&format!("{unit}/")), "{unit} reads a secret of another: {path}");
            assert!(scratch.path().join("secrets").join(path).is_file(), "{path}");
            read.insert(path.to_owned());
        }
    }
    assert_eq!(read.len(), 9);
}
