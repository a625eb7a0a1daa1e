//! The verifier against a real JWKS endpoint, as a resource server uses it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod axum;
mod cache;
mod diagnostics;
mod extractor;
mod first_fetch;
mod hostile;
mod jws;
mod metrics;
mod outage;
mod robustness;
mod rotation;
mod settings;
mod spellings;
mod status;
mod step_up;
mod support;
mod timing;
mod unreachable;
mod valid;

use support::issuer;
