//! examples/node: jose.

use local_stack::process::Process;

use super::issuer::Issuer;
use super::program::{Trust, Verifier, command, example, find, skip};
use super::rules::{self, Played};
use crate::scratch::Scratch;

fn program() -> Option<std::path::PathBuf> {
    let untested = "examples/node";
    if !example("node/node_modules/jose").is_dir() {
        return skip("examples/node has no node_modules (`npm ci` there)", untested);
    }
    find("node").or_else(|| skip("node is not on PATH", untested))
}

async fn start(trust: &Trust) -> Option<Verifier> {
    let home = Scratch::new();
    let mut command = command(program()?, &home);
    trust.set(&mut command);
    command.arg(example("node/server.mjs")).env("PORT", "0");
    Some(Verifier::listening(Process::spawn("node", command, None).unwrap(), home).await)
}

#[tokio::test]
async fn jose_takes_good_tokens_and_no_others() {
    let Some(_) = program() else { return };
    let issuer = Issuer::start().await;
    let Some(verifier) = start(&issuer.trust()).await else { return };
    rules::hold(&verifier, &issuer).await;
}

#[tokio::test]
async fn jose_takes_access_tokens_alone() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    assert!(rules::hold_for_well_signed(&verifier, &played).await.is_empty());
}

#[tokio::test]
async fn jose_fetches_keys_once_and_not_for_strangers() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    assert_eq!(rules::count_fetches(&verifier, &played).await, (1, 0));
}

#[tokio::test]
async fn jose_outlasts_its_issuer() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    rules::outlast_the_issuer(&verifier, &played).await;
}
