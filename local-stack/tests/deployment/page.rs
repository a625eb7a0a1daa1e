//! The gateway's image: how its page comes into it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use super::images::{only, stage};
use super::{services, text};
use crate::scratch::Scratch;

/// Runs the build's one step in this directory, with an npm that leaves an export behind, and `/page` beside it.
fn build(scratch: &Scratch) -> Output {
    let (source, programs) = (scratch.path().join("source"), scratch.path().join("programs"));
    fs::create_dir_all(&programs).unwrap();
    let npm = "#!/bin/sh\ncase $1 in run) umask 077 && mkdir -p out/_next && echo script >out/_next/a.js && echo page >out/index.html \
               && echo '{\"script\":[],\"style\":[]}' >out/csp.json ;; esac\n";
    fs::write(programs.join("npm"), npm).unwrap();
    fs::set_permissions(programs.join("npm"), PermissionsExt::from_mode(0o755)).unwrap();
    let step = only(&stage("page"), "RUN");
    let step = step.trim_start().trim_start_matches("--mount=type=cache,target=/root/.npm,sharing=locked");
    let step = step.replace("/page", scratch.path().join("page").to_str().unwrap());
    let paths = std::env::var_os("PATH").unwrap();
    let paths = [programs].into_iter().chain(std::env::split_paths(&paths));
    let mut command = Command::new("sh");
    command.arg("-c").arg(step).current_dir(source).env("PATH", std::env::join_paths(paths).unwrap());
    command.output().unwrap()
}

/// The build's directory with what its COPY brings from a checkout that has a page or not.
fn copied(with_page: bool) -> Scratch {
    assert_eq!(only(&stage("page"), "COPY"), "gateway/policy.mjs web* ./");
    let scratch = Scratch::new();
    let source = scratch.path().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("policy.mjs"), text("gateway/policy.mjs")).unwrap();
    // As a checkout made with umask 077 has it.
    fs::set_permissions(source.join("policy.mjs"), PermissionsExt::from_mode(0o600)).unwrap();
    if with_page {
        fs::write(source.join("package.json"), "{}").unwrap();
    }
    scratch
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_build_gives_the_files_and_the_policy_that_the_gateway_reads() {
    let scratch = copied(true);
    let built = build(&scratch);
    assert!(built.status.success(), "{built:?}");
    assert_eq!(names(&scratch.path().join("page")), ["files", "policy.caddy"]);
    assert_eq!(names(&scratch.path().join("page/files")), ["_next", "index.html"]);
    let policy = fs::read_to_string(scratch.path().join("page/policy.caddy")).unwrap();
    assert!(policy.starts_with("header Content-Security-Policy \"default-src 'none';"), "{policy}");
    // The gateway's user is not the one who built them.
    for file in ["page/policy.caddy", "page/files/index.html"] {
        let mode = fs::metadata(scratch.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o444, 0o444, "{file}");
    }
}

#[test]
fn a_checkout_without_a_page_gives_a_gateway_without_one() {
    let scratch = copied(false);
    let built = build(&scratch);
    assert!(built.status.success(), "{built:?}");
    assert_eq!(names(&scratch.path().join("page")), ["files"]);
    assert!(names(&scratch.path().join("page/files")).is_empty());
}

#[test]
fn a_failure_at_any_step_fails_the_build() {
    let scratch = copied(true);
    fs::write(scratch.path().join("source/policy.mjs"), "process.exit(1)").unwrap();
    assert!(!build(&scratch).status.success());
}

#[test]
fn compose_runs_the_image_with_its_page_as_a_user_of_its_own() {
    let gateway = &services()["gateway"];
    let image = stage("gateway");
    assert_eq!(gateway["build"]["target"], "gateway");
    assert_eq!(gateway["user"].as_str(), Some(only(&image, "USER").as_str()));
    let copied: Vec<_> =
        image.iter().filter(|(verb, _)| verb == "COPY").map(|(_, what)| what.as_str()).collect();
    assert_eq!(
        copied,
        ["--chmod=0644 gateway/Caddyfile /etc/caddy/Caddyfile", "--from=page /page /srv/page"]
    );
    assert!(text("gateway/Caddyfile").contains("{$PAGE:/srv/page}/files"));
}
