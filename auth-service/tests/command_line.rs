//! Completions and man pages.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use local_stack::testing::report_skipped;
use local_stack::{Binary, run_to_end};

const NONE: [(&str, &str); 0] = [];

#[tokio::test]
async fn every_shell_gets_a_script_that_completes_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let printed = run_to_end(Binary::AuthService, &["completions", shell], NONE).await.unwrap();
        assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
        let script = printed.stdout.join("\n");
        for command in ["end-sessions", "doctor", "re-encrypt"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
        if shell == "bash" {
            checked_by_bash(&script);
        }
    }
    let unknown = run_to_end(Binary::AuthService, &["completions", "cmd"], NONE).await.unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

fn checked_by_bash(script: &str) {
    let Ok(mut bash) = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn() else {
        return report_skipped("bash is not installed, so its completions are not checked.");
    };
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}

/// A directory that is removed with its contents.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn every_command_has_a_man_page_that_holds_no_setting_of_the_environment() {
    let name = format!("latchkey-man-{}", std::process::id());
    let directory = Directory(std::env::temp_dir().join(name));
    let path = directory.0.to_str().unwrap();
    let environment = [("BASE_URL", "https://set-in-the-environment.example.com")];
    let written = run_to_end(Binary::AuthService, &["man", path], environment).await.unwrap();
    assert!(
        written.status.success() && written.stdout.is_empty() && written.stderr.is_empty(),
        "{written:?}"
    );
    let pages = ["auth-service", "auth-service-serve", "auth-service-users-ban", "auth-service-doctor"];
    for page in pages {
        let text = std::fs::read_to_string(directory.0.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME"), "{page}");
    }
    for page in std::fs::read_dir(&directory.0).unwrap() {
        let text = std::fs::read_to_string(page.unwrap().path()).unwrap();
        assert!(!text.contains("set-in-the-environment"), "{text}");
    }
    let in_a_file = run_to_end(Binary::AuthService, &["man", "/dev/null/pages"], NONE).await.unwrap();
    assert_eq!(in_a_file.status.code(), Some(1), "{in_a_file:?}");
}
