//! examples/haproxy: `jwt_verify`.

use std::path::PathBuf;

use local_stack::process::Process;
use local_stack::testing::free_port;

use super::forger::Forger;
use super::gateway::{self, Upstream};
use super::issuer::Issuer;
use super::program::{Trust, Verifier, command, example, find, python, skip};
use super::rules::{self, KID, Played};
use crate::scratch::Scratch;

struct Programs {
    haproxy: PathBuf,
    python: &'static str,
}

fn programs() -> Option<Programs> {
    let untested = "examples/haproxy";
    let modules = "jwt, cryptography";
    let Some(haproxy) = find("haproxy") else { return skip("haproxy is not on PATH", untested) };
    let Some(python) = python(modules) else {
        return skip(&format!("no python3 has all of {modules}"), untested);
    };
    Some(Programs { haproxy, python })
}

/// Writes the keys as files; answers what the script said, or how it failed.
async fn write_keys(python: &str, url: &str, home: &Scratch) -> Result<String, String> {
    let mut command = command(python, home);
    command.arg(example("haproxy/public-keys.py")).arg(url).arg(home.path());
    let output = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

async fn start(trust: &Trust, upstream: &Upstream) -> Option<Verifier> {
    let programs = programs()?;
    for _ in 0..5 {
        let (home, port) = (Scratch::new(), free_port().to_string());
        assert_eq!(write_keys(programs.python, &trust.jwks_url, &home).await.unwrap(), "changed\n");
        let mut command = command(&programs.haproxy, &home);
        trust.set(&mut command);
        command.env("KEYS", home.path()).env("PORT", &port);
        command.env("UPSTREAM", upstream.url().trim_start_matches("http://"));
        // One process that stays in the foreground: what is killed leaves nothing behind.
        command.arg("-db").arg("-f").arg(example("haproxy/haproxy.cfg"));
        let process = Process::spawn("haproxy", command, None).unwrap();
        if let Some(verifier) = gateway::ready(process, &port, home).await {
            return Some(verifier);
        }
    }
    panic!("haproxy does not start; its log is above")
}

#[tokio::test]
async fn haproxy_takes_good_tokens_and_no_others() {
    let Some(_) = programs() else { return };
    let (issuer, upstream) = (Issuer::start().await, Upstream::start().await);
    let Some(verifier) = start(&issuer.trust(), &upstream).await else { return };
    rules::hold(&verifier, &issuer).await;
}

#[tokio::test]
async fn haproxy_takes_access_tokens_alone() {
    let (played, upstream) = (Played::start().await, Upstream::start().await);
    let Some(verifier) = start(&played.trust(), &upstream).await else { return };
    assert!(rules::hold_for_well_signed(&verifier, &played).await.is_empty());
}

#[tokio::test]
async fn haproxy_alone_says_who_it_is() {
    let (played, upstream) = (Played::start().await, Upstream::start().await);
    let Some(verifier) = start(&played.trust(), &upstream).await else { return };
    gateway::no_client_says_who_it_is(&verifier, &upstream, &played).await;
}

#[tokio::test]
async fn haproxys_keys_are_changed_when_the_issuers_are_and_else_left_alone() {
    let Some(Programs { python, .. }) = programs() else { return };
    let (home, played) = (Scratch::new(), Played::start().await);
    let pem = |number: u8| std::fs::read_to_string(home.path().join(format!("{number}.pem"))).unwrap();
    let write = || async { write_keys(python, &played.jwks.url(), &home).await };

    assert_eq!(write().await.unwrap(), "changed\n");
    let first = pem(1);
    assert!(pem(2) != first && [3, 4].iter().all(|number| pem(*number) == pem(2)), "every file is there");
    assert_eq!(write().await.unwrap(), "");

    let pending = Forger::new().jwk("pending");
    played.jwks.publish(&[played.key.jwk(KID), pending.clone()]).await;
    let second = pem(2);
    assert_eq!(write().await.unwrap(), "changed\n");
    assert!(pem(1) == first && pem(2) != second && pem(4) == pem(2));

    played.jwks.go_away().await;
    assert!(write().await.is_err());
    played.jwks.publish(&[]).await;
    assert!(write().await.unwrap_err().contains("0 keys at "));
    played.jwks.publish(&vec![pending.clone(); 5]).await;
    assert!(write().await.unwrap_err().contains("5 keys at "));
    assert_eq!(pem(1), first, "what fails changes nothing");

    played.jwks.publish(&[pending]).await;
    assert_eq!(write().await.unwrap(), "changed\n");
    assert_ne!(pem(1), first, "a revoked key is gone");
    assert!(!home.path().join("1.new").exists());
}

/// What HAProxy has read it trusts until it is told to read again: nothing runs out.
#[tokio::test]
async fn haproxy_needs_no_issuer() {
    let (played, upstream) = (Played::start().await, Upstream::start().await);
    let Some(verifier) = start(&played.trust(), &upstream).await else { return };
    assert_eq!(played.jwks.fetches().await, 1);
    rules::outlast_the_issuer(&verifier, &played).await;
    assert_eq!(played.jwks.fetches().await, 0);
}
