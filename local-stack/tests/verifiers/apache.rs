//! examples/apache: mod_auth_openidc.

use std::path::{Path, PathBuf};

use local_stack::process::Process;
use local_stack::testing::free_port;

use super::gateway::{self, Upstream};
use super::issuer::Issuer;
use super::program::{Trust, Verifier, command, example, find, skip};
use super::rules::{self, Played};
use super::tls::TlsFront;
use crate::scratch::Scratch;

/// Where Debian keeps Apache's modules.
const MODULES: &str = "/usr/lib/apache2/modules";

fn program() -> Option<PathBuf> {
    let untested = "examples/apache";
    if !Path::new(MODULES).join("mod_auth_openidc.so").is_file() {
        return skip(&format!("mod_auth_openidc is not in {MODULES}"), untested);
    }
    find("apache2").or_else(|| skip("apache2 is not on PATH", untested))
}

async fn start(trust: &Trust, upstream: &Upstream) -> Option<Verifier> {
    let program = program()?;
    for _ in 0..5 {
        let (home, port) = (Scratch::new(), free_port().to_string());
        let keys = TlsFront::of(&trust.jwks_url, &home).await;
        let mut command = command(&program, &home);
        trust.set(&mut command);
        command.env("JWKS_URL", &keys.url).env("CA_BUNDLE", &keys.certificate).env("MODULES", MODULES);
        command.env("STATE", home.path()).env("PORT", &port).env("UPSTREAM", upstream.url());
        // One process that stays in the foreground: what is killed leaves nothing behind.
        command.arg("-X").arg("-d").arg(home.path()).arg("-f").arg(example("apache/gateway.conf"));
        let process = Process::spawn("apache2", command, None).unwrap();
        if let Some(verifier) = gateway::ready(process, &port, home).await {
            return Some(verifier);
        }
    }
    panic!("apache2 does not start; its log is above")
}

#[tokio::test]
async fn mod_auth_openidc_takes_good_tokens_and_no_others() {
    let Some(_) = program() else { return };
    let (issuer, upstream) = (Issuer::start().await, Upstream::start().await);
    let Some(verifier) = start(&issuer.trust(), &upstream).await else { return };
    rules::hold(&verifier, &issuer).await;
}

#[tokio::test]
async fn mod_auth_openidc_takes_access_tokens_alone() {
    let (played, upstream) = (Played::start().await, Upstream::start().await);
    let Some(verifier) = start(&played.trust(), &upstream).await else { return };
    // auth-service signs no token without `exp`, so this module's carelessness costs nothing.
    assert_eq!(rules::hold_for_well_signed(&verifier, &played).await, ["exp"]);
}

/// It fetches the keys again for every token that names one which is not there: there is no setting against it.
#[tokio::test]
async fn mod_auth_openidc_fetches_keys_once_and_for_every_stranger() {
    let (played, upstream) = (Played::start().await, Upstream::start().await);
    let Some(verifier) = start(&played.trust(), &upstream).await else { return };
    assert_eq!(rules::count_fetches(&verifier, &played).await, (1, 20));
}

#[tokio::test]
async fn mod_auth_openidc_outlasts_its_issuer() {
    let (played, upstream) = (Played::start().await, Upstream::start().await);
    let Some(verifier) = start(&played.trust(), &upstream).await else { return };
    rules::outlast_the_issuer(&verifier, &played).await;
}

#[tokio::test]
async fn mod_auth_openidc_alone_says_who_it_is() {
    let (played, upstream) = (Played::start().await, Upstream::start().await);
    let Some(verifier) = start(&played.trust(), &upstream).await else { return };
    gateway::no_client_says_who_it_is(&verifier, &upstream, &played).await;
}
