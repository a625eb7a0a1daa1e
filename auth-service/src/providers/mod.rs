//! Identity providers: this service as their client (OAuth 2.0, RFC 6749; OpenID Connect Core 1.0).
//!
//! A [`Provider`] creates authorization URLs, exchanges codes for tokens, verifies ID tokens and reads profiles. Google, GitHub,
//! Apple and Microsoft are known by name; others are described by their discovery document or their URLs. What a profile may do
//! here (create, find or link an account) is decided elsewhere.

mod authorization;
mod cached;
mod description;
mod endpoints;
mod error;
mod http;
mod id_token;
mod options;
mod presets;
mod profile;
mod provider;
mod tokens;

pub use authorization::{AuthorizationRequest, RESERVED_PARAMETERS};
pub use error::ProviderError;
pub use options::Providers;
pub use profile::{GivenName, Profile};
pub use provider::{Provider, SignUpRule};
pub use tokens::{CodeExchange, ProviderTokens};
