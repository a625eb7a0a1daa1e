#![cfg_attr(feature = "actix", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "actix"), doc = "Verifies Latchkey access tokens against the published JWKS.")]

mod builder;
mod claims;
pub mod clock;
mod error;
#[cfg(feature = "actix")]
pub mod extractor;
mod header;
mod json;
mod jwks;
mod keys;
mod refresh;
mod remote;
mod user_id;
mod verifier;

pub use builder::VerifierBuilder;
pub use claims::Claims;
pub use clock::{Clock, ManualClock, SharedClock, SystemClock, VirtualClock};
pub use error::{BuildError, Reason, Unavailable, VerifyError};
#[cfg(feature = "actix")]
pub use extractor::{Authenticated, AuthenticationError, authenticate, bearer_token};
pub use user_id::{InvalidUserId, UserId};
pub use verifier::{MAX_TOKEN_BYTES, Verifier};
