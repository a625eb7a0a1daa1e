//! examples/go: golang-jwt.

use std::path::{Path, PathBuf};

use local_stack::process::Process;

use super::issuer::Issuer;
use super::program::{Trust, Verifier, command, example, find, skip};
use super::rules::{self, Played};
use crate::scratch::Scratch;

/// Where Debian's package keeps the library.
const LIBRARY: &str = "/usr/share/gocode/src/github.com/golang-jwt/jwt";

fn program() -> Option<PathBuf> {
    let untested = "examples/go";
    if !Path::new(LIBRARY).join("go.mod").is_file() {
        return skip(&format!("golang-jwt is not in {LIBRARY}"), untested);
    }
    find("go").or_else(|| skip("go is not on PATH", untested))
}

/// Builds the example with the installed library in place of the one that go.mod would download.
async fn start(trust: &Trust) -> Option<Verifier> {
    let (home, go) = (Scratch::new(), program()?);
    let [modules, binary] = ["go.mod", "verifier"].map(|name| home.path().join(name));
    let original = std::fs::read_to_string(example("go/go.mod")).unwrap();
    let replace = format!("{original}\nreplace github.com/golang-jwt/jwt/v4 => {LIBRARY}\n");
    std::fs::write(&modules, replace).unwrap();
    let mut build = command(go, &home);
    let cache = local_stack::workspace::state_directory().unwrap().join("go-cache");
    build.env("GOCACHE", cache).env("GOPROXY", "off").env("GOFLAGS", "-mod=mod").env("GOTOOLCHAIN", "local");
    build.env("GOTELEMETRY", "off").env("CGO_ENABLED", "0").arg("build");
    build.arg("-modfile").arg(&modules).arg("-o").arg(&binary).arg(".");
    let built = build.current_dir(example("go")).kill_on_drop(true).output().await.unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));

    let mut command = command(binary, &home);
    trust.set(&mut command);
    command.env("PORT", "0");
    Some(Verifier::listening(Process::spawn("go", command, None).unwrap(), home).await)
}

#[tokio::test]
async fn golang_jwt_takes_good_tokens_and_no_others() {
    let Some(_) = program() else { return };
    let issuer = Issuer::start().await;
    let Some(verifier) = start(&issuer.trust()).await else { return };
    rules::hold(&verifier, &issuer).await;
}

#[tokio::test]
async fn golang_jwt_takes_access_tokens_alone() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    assert!(rules::hold_for_well_signed(&verifier, &played).await.is_empty());
}

#[tokio::test]
async fn golang_jwt_fetches_keys_once_and_not_for_strangers() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    assert_eq!(rules::count_fetches(&verifier, &played).await, (1, 0));
}

#[tokio::test]
async fn golang_jwt_outlasts_its_issuer() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    rules::outlast_the_issuer(&verifier, &played).await;
}
