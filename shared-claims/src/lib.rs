#![cfg_attr(feature = "actix", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "actix"), doc = "Verifies Latchkey access tokens against the published JWKS.")]

#[cfg(feature = "actix")]
mod actix;
mod ages;
mod assembly;
#[cfg(any(feature = "actix", feature = "axum"))]
mod authentication;
#[cfg(feature = "axum")]
mod axum;
mod builder;
mod claims;
pub mod clock;
mod diagnostics;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod header;
mod json;
mod jwks;
mod keys;
mod metrics;
mod published;
mod refresh;
mod refused;
mod remote;
mod requirement;
mod schedule;
mod spelling;
mod status;
#[cfg(any(feature = "actix", feature = "axum"))]
mod step_up;
mod user_id;
mod verified;
mod verifier;

#[cfg(feature = "actix")]
pub use actix::{authenticate, bearer_token};
#[cfg(any(feature = "actix", feature = "axum"))]
pub use authentication::{Authenticated, AuthenticationError};
#[cfg(feature = "axum")]
pub use axum::authenticate_headers;
pub use builder::VerifierBuilder;
pub use claims::Claims;
pub use clock::{Clock, ManualClock, SharedClock, SystemClock, VirtualClock};
pub use diagnostics::{Diagnostics, LogDiagnostics, Mismatch, RefusedTokens, SharedSetting};
pub use error::{BuildError, Reason, Unavailable, VerifyError};
pub use requirement::{AuthenticationRequirement, InsufficientAuthentication};
pub use spelling::canonical_url;
#[cfg(any(feature = "actix", feature = "axum"))]
pub use step_up::{Requirement, StepUp};
pub use user_id::{InvalidUserId, UserId};
pub use verifier::{MAX_TOKEN_BYTES, Verifier};
