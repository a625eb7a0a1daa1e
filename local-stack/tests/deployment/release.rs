//! The scripts of a release.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::text;
use crate::scratch::Scratch;

const REGISTRY: &str = "ghcr.io/example/latchkey";
const SAMPLE: &str = "\
name: latchkey
services:
  secrets:
    image: latchkey/deployment:dev
    build: {context: ., target: deployment}
    pull_policy: build
    entrypoint: [\"/bin/sh\", \"/deployment/secrets.sh\"]
  postgres:
    image: postgres:17.10-trixie
  auth-migrate:
    image: latchkey/auth-service:dev
    command: [migrate]
  auth-service:
    # It needs no image of its own to build: anchors would do.
    image: latchkey/auth-service:dev
    build: {context: ., target: auth-service}
    pull_policy: build
";

fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// Runs deployment/release-compose.sh.
fn make(compose: &str, arguments: &[&str]) -> Output {
    let script = local_stack::workspace::root().unwrap().join("deployment/release-compose.sh");
    let mut command = Command::new("sh");
    command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    // It may refuse its arguments before it reads.
    let _ = running.stdin.take().unwrap().write_all(compose.as_bytes());
    running.wait_with_output().unwrap()
}

fn made(compose: &str, arguments: &[&str]) -> String {
    let output = make(compose, arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn pairs(names: &[&str]) -> Vec<String> {
    names.iter().zip('a'..='f').map(|(name, digit)| format!("{name}={}", digest(digit))).collect()
}

fn arguments<'a>(registry: &'a str, pairs: &'a [String]) -> Vec<&'a str> {
    std::iter::once(registry).chain(pairs.iter().map(String::as_str)).collect()
}

#[test]
fn images_are_pulled_by_digest_and_nothing_else_changes() {
    let pairs = pairs(&["deployment", "auth-service"]);
    let made = made(SAMPLE, &arguments(REGISTRY, &pairs));
    let expected: String = SAMPLE
        .lines()
        .filter(|line| !line.starts_with("    build: {") && !line.starts_with("    pull_policy: "))
        .map(|line| format!("{line}\n"))
        .collect::<String>()
        .replace("latchkey/deployment:dev", &format!("{REGISTRY}/deployment@{}", digest('a')))
        .replace("latchkey/auth-service:dev", &format!("{REGISTRY}/auth-service@{}", digest('b')));
    assert_eq!(made, expected);
}

#[test]
fn an_image_that_is_missing_unknown_or_left_over_is_an_error() {
    let both = pairs(&["deployment", "auth-service"]);
    let more = pairs(&["deployment", "auth-service", "gateway"]);
    let all = arguments(REGISTRY, &both);
    let changed = |from: &str, to: &str| {
        assert!(SAMPLE.contains(from));
        SAMPLE.replace(from, to)
    };
    let faults: [(String, Vec<&str>, &str); 12] = [
        (SAMPLE.to_owned(), arguments(REGISTRY, &both[..1]), "left over"),
        (SAMPLE.to_owned(), arguments(REGISTRY, &more), "no service uses latchkey/gateway:dev"),
        (SAMPLE.to_owned(), vec![REGISTRY, "deployment=sha256:abc", &both[1]], "not a digest"),
        (SAMPLE.to_owned(), vec![REGISTRY, "deployment", &both[1]], "not a digest"),
        (SAMPLE.to_owned(), vec![REGISTRY, "a|b=c", &both[0], &both[1]], "not the name"),
        (SAMPLE.to_owned(), arguments("ghcr.io/Example", &both), "not the prefix"),
        (SAMPLE.to_owned(), vec![REGISTRY], "usage"),
        (changed("auth-service:dev\n    build", "auth-service:1\n    build"), all.clone(), "left over"),
        (changed("image: latchkey/deployment", "image: \"latchkey/deployment"), all.clone(), "no service"),
        (
            changed("    pull_policy: build\n    entrypoint", "    pull_policy: 'build'\n    entrypoint"),
            all.clone(),
            "left",
        ),
        (
            changed("build: {context: ., target: auth-service}", "build:\n      context: ."),
            all.clone(),
            "left over",
        ),
        (String::new(), all, "no service"),
    ];
    for (compose, arguments, complaint) in faults {
        let output = make(&compose, &arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(complaint), "{complaint}: {output:?}");
    }
}

#[test]
fn the_compose_file_of_this_checkout_can_be_released() {
    let compose = text("docker-compose.yml");
    let images = ["deployment", "auth-service", "task-service", "gateway"];
    if !images.iter().all(|name| compose.contains(&format!("image: latchkey/{name}:dev\n"))) {
        let reason = "docker-compose.yml does not name its images latchkey/NAME:dev";
        local_stack::testing::report_skipped(&format!("{reason}, so no release is made of it."));
        return;
    }
    let made: Value = serde_saphyr::from_str(&made(&compose, &arguments(REGISTRY, &pairs(&images)))).unwrap();
    let mut before: Value = serde_saphyr::from_str(&compose).unwrap();
    let services = before["services"].as_object_mut().unwrap();
    for (name, service) in services.iter_mut() {
        let service = service.as_object_mut().unwrap();
        service.remove("build");
        service.remove("pull_policy");
        let image = made["services"][name]["image"].clone();
        let text = image.as_str().unwrap();
        assert!(text.contains("@sha256:") || text.starts_with("postgres:"), "{name}: {text}");
        service.insert("image".to_owned(), image);
    }
    assert_eq!(made, before, "nothing else changes");
}

/// A checkout with this version and changelog.
fn checkout(scratch: &Scratch, version: &str, changelog: &str) {
    let root = local_stack::workspace::root().unwrap();
    std::fs::create_dir_all(scratch.path().join("deployment")).unwrap();
    let script = "deployment/release-notes.sh";
    std::fs::copy(root.join(script), scratch.path().join(script)).unwrap();
    let manifest =
        format!("[workspace]\n\n[workspace.package]\nversion = \"{version}\"\n\n[workspace.dependencies]\n");
    let manifest = format!("{manifest}version = \"9.9.9\"\n");
    std::fs::write(scratch.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(scratch.path().join("CHANGELOG.md"), changelog).unwrap();
}

fn notes(root: &Path, tag: &str) -> Output {
    Command::new("sh").arg(root.join("deployment/release-notes.sh")).arg(tag).output().unwrap()
}

const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n- next\n\n## 0.2.0 - 2026-12-01\n\n### Added\n\n- this\n\n## 0.1.0\n\n- before\n";

#[test]
fn the_notes_of_a_release_are_its_section_of_the_changelog() {
    let scratch = Scratch::new();
    checkout(&scratch, "0.2.0", CHANGELOG);
    let output = notes(scratch.path(), "v0.2.0");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "### Added\n\n- this");
}

#[test]
fn a_tag_that_is_not_the_version_or_has_no_notes_is_refused() {
    let scratch = Scratch::new();
    for (version, changelog, tag, complaint) in [
        ("0.2.0", CHANGELOG, "v0.2.1", "the version in Cargo.toml 0.2.0"),
        ("0.2.0", CHANGELOG, "0.2.0", "the tag is 0.2.0"),
        ("0.3.0", CHANGELOG, "v0.3.0", "no section"),
        ("0.2.0", "# Changelog\n\n## 0.2.0\n\n## 0.1.0\n\n- x\n", "v0.2.0", "no section"),
    ] {
        checkout(&scratch, version, changelog);
        let output = notes(scratch.path(), tag);
        assert!(!output.status.success() && output.stdout.is_empty(), "{tag}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(complaint), "{complaint}: {output:?}");
    }
    // As it is on most days.
    let output = notes(&local_stack::workspace::root().unwrap(), "v0.0.0");
    assert!(String::from_utf8_lossy(&output.stderr).contains("the tag is v0.0.0"), "{output:?}");
}
