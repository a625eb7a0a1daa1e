//! Completions and man pages.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use local_stack::testing::report_skipped;
use local_stack::{Binary, run_to_end, workspace};

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

/// The commands that do something, by the man pages: `auth-service users ban`, and not `auth-service users`.
async fn commands() -> Vec<String> {
    let directory = Directory(std::env::temp_dir().join(format!("latchkey-tree-{}", std::process::id())));
    let written =
        run_to_end(Binary::AuthService, &["man", directory.0.to_str().unwrap()], NONE).await.unwrap();
    assert!(written.status.success(), "{written:?}");
    let pages = std::fs::read_dir(&directory.0).unwrap().map(|page| page.unwrap().path());
    let commands = pages.filter_map(|page| {
        let text = std::fs::read_to_string(&page).unwrap();
        let name = page.file_stem().unwrap().to_str().unwrap().to_owned();
        let is_group = text.contains(".SH SUBCOMMANDS");
        (!is_group && !name.contains("-help")).then_some(name)
    });
    // `auth-service-keys-re-encrypt`: hyphens stand between words, and in them.
    let groups = ["audit", "config", "import", "keys", "users", "webhooks"];
    let spelled = commands.map(|name| {
        let words = name.strip_prefix("auth-service-").unwrap();
        match words.split_once('-').filter(|(group, _)| groups.contains(group)) {
            Some((group, command)) => format!("auth-service {group} {command}"),
            None => format!("auth-service {words}"),
        }
    });
    spelled.collect()
}

#[tokio::test]
async fn every_command_has_an_example_in_the_documents() {
    let documents = workspace::root().unwrap().join("docs");
    let mut examples = String::new();
    for document in std::fs::read_dir(documents).unwrap() {
        let path = document.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(path).unwrap();
            examples.extend(text.split("```").skip(1).step_by(2).map(|block| block.to_owned() + "\n"));
        }
    }
    let commands = commands().await;
    assert!(commands.len() > 25, "{commands:?}");
    let shown = |command: &String| {
        examples
            .split(command.as_str())
            .skip(1)
            .any(|rest| rest.starts_with(|sign: char| sign.is_whitespace()))
    };
    let without: Vec<&String> = commands.iter().filter(|command| !shown(command)).collect();
    assert_eq!(without, Vec::<&String>::new());
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
