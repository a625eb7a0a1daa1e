//! The rules of the Better Auth protocol that cut across features.

pub(crate) mod auth_secrets;
pub(crate) mod body;
pub(crate) mod conditional;
pub(crate) mod cookie_domain;
pub(crate) mod cookies;
pub(crate) mod cors;
pub(crate) mod disabled_paths;
pub mod email_address;
pub(crate) mod error_page;
pub(crate) mod fields;
pub(crate) mod image_url;
pub(crate) mod issuer_path;
pub(crate) mod min_response_time;
pub(crate) mod opaque_token;
pub(crate) mod origin;
pub(crate) mod page;
pub(crate) mod path_pattern;
pub(crate) mod query;
pub(crate) mod redirect;
pub(crate) mod service;
pub(crate) mod session_id;
pub(crate) mod status;
pub(crate) mod timestamp;

/// Where the protocol's endpoints stand.
pub(crate) const PREFIX: &str = "/api/auth";
