//! How long a verification takes. Run by hand, in a release build.

use std::time::Instant;

use crate::issuer::{Issuer, Token};

#[tokio::test]
#[ignore = "a measurement: cargo test --release -p shared-claims -- --ignored --nocapture time_of_verify"]
async fn time_of_verify() {
    const ROUNDS: u32 = 20_000;
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let good = Token::valid().sign();
    let expired = Token::valid().claim("exp", 1).sign();
    let unknown = Token::valid().header("kid", "unknown").sign();
    let forged = Token::valid().sign_by(|_| vec![1; 256]);
    let megabyte = "x".repeat(1 << 20);
    for (what, token) in [
        ("good", good),
        ("expired", expired),
        ("unknown kid", unknown),
        ("forged", forged),
        ("1 MB", megabyte),
    ] {
        let valid = (0..1_000).filter(|_| verifier.verify(&token).is_ok()).count();
        let start = Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(verifier.verify(std::hint::black_box(&token)).is_ok());
        }
        println!("{what}, {} bytes ({valid} of 1000 valid): {:?}", token.len(), start.elapsed() / ROUNDS);
    }
}
