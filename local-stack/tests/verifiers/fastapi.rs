//! examples/fastapi: PyJWT.

use local_stack::process::Process;

use super::issuer::Issuer;
use super::program::{Trust, Verifier, command, example, python, skip};
use super::rules::{self, Played};
use crate::scratch::Scratch;

fn program() -> Option<&'static str> {
    let modules = "fastapi, uvicorn, jwt, cryptography";
    python(modules).or_else(|| skip(&format!("no python3 has all of {modules}"), "examples/fastapi"))
}

async fn start(trust: &Trust) -> Option<Verifier> {
    let home = Scratch::new();
    let mut command = command(program()?, &home);
    trust.set(&mut command);
    command.args(["-B", "-m", "uvicorn", "service:app", "--port", "0"]).current_dir(example("fastapi"));
    Some(Verifier::listening(Process::spawn("uvicorn", command, None).unwrap(), home).await)
}

#[tokio::test]
async fn pyjwt_takes_good_tokens_and_no_others() {
    let Some(_) = program() else { return };
    let issuer = Issuer::start().await;
    let Some(verifier) = start(&issuer.trust()).await else { return };
    rules::hold(&verifier, &issuer).await;
}

#[tokio::test]
async fn pyjwt_takes_access_tokens_alone() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    assert!(rules::hold_for_well_signed(&verifier, &played).await.is_empty());
}

#[tokio::test]
async fn pyjwt_fetches_keys_once_and_not_for_strangers() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    assert_eq!(rules::count_fetches(&verifier, &played).await, (1, 0));
}

#[tokio::test]
async fn pyjwt_outlasts_its_issuer() {
    let played = Played::start().await;
    let Some(verifier) = start(&played.trust()).await else { return };
    rules::outlast_the_issuer(&verifier, &played).await;
}
