//! Verifies a token as often as it is told. Its instructions are counted under Valgrind: `./dev bench instructions`.
//!
//! `verify-repeatedly ISSUER AUDIENCE URL TOKEN COUNT`, where URL is that of auth-service.

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
    let (token, count) = (argument("TOKEN")?, argument("COUNT")?.parse()?);
    let verifier = Verifier::builder(issuer, audience)
        .jwks_url(format!("{url}/.well-known/jwks.json"))
        .status_list_url(format!("{url}/.well-known/status-lists"))
        .status_interval(INTERVAL)
        .without_token_cache()
        .build()?;
    verifier.wait_ready().await;
    for _ in 0_u32..count {
        verifier.verify(&token)?;
    }
    Ok(())
}
