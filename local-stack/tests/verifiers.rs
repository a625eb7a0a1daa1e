//! Other people's verifiers, as `examples/` shows them, in front of real tokens of the real auth-service, and of forged ones.

mod apache;
mod document;
mod fastapi;
mod forger;
mod forward_auth;
mod gateway;
mod golang;
mod haproxy;
mod issuer;
mod jwks;
mod libraries;
mod node;
mod program;
mod rules;
mod tls;
