//! Verifies a token as often as it is told. Its instructions are counted under Valgrind: `./dev bench instructions`.
//!
//! `verify-repeatedly ISSUER AUDIENCE URL TOKEN`, where URL is that of auth-service. For each line `new COUNT` of its input
//! it verifies the token COUNT times as one that it has never seen, for `known COUNT` as one that it has. Then it prints
//! `done`.

use std::error::Error;
use std::time::Duration;

use shared_claims::Verifier;

/// No second fetch while instructions are counted. Within the time for which a list may be stale.
const INTERVAL: Duration = Duration::from_secs(900);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |name| arguments.next().ok_or_else(|| format!("{name} is missing"));
    let (issuer, audience, url) = (argument("ISSUER")?, argument("AUDIENCE")?, argument("URL")?);
    let token = argument("TOKEN")?;
    let builder = || {
        Verifier::builder(&issuer, &audience)
            .jwks_url(format!("{url}/.well-known/jwks.json"))
            .status_list_url(format!("{url}/.well-known/status-lists"))
            .status_interval(INTERVAL)
    };
    let (forgetful, remembering) = (builder().without_token_cache().build()?, builder().build()?);
    forgetful.wait_ready().await;
    remembering.wait_ready().await;
    // The input is read without the runtime, so nothing else runs.
    for line in std::io::stdin().lines() {
        let line = line?;
        let (verifier, count) = match line.split_once(' ') {
            Some(("new", count)) => (&forgetful, count),
            Some(("known", count)) => (&remembering, count),
            _ => return Err(format!("{line:?} is neither `new COUNT` nor `known COUNT`").into()),
        };
        for _ in 0..count.parse::<u32>()? {
            verifier.verify(&token)?;
        }
        println!("done");
    }
    Ok(())
}
