//! The rules of the Better Auth protocol that cut across features.

pub mod auth_secrets;
pub mod body;
pub mod conditional;
pub mod cookie_domain;
pub mod cookies;
pub mod cors;
pub mod disabled_paths;
pub mod email_address;
pub mod error_page;
pub mod fields;
pub mod image_url;
pub mod issuer_path;
pub mod min_response_time;
pub mod opaque_token;
pub mod origin;
pub mod page;
pub mod path_pattern;
pub mod query;
pub mod redirect;
pub mod service;
pub mod session_id;
pub mod status;
pub mod timestamp;

/// Where the protocol's endpoints stand.
pub const PREFIX: &str = "/api/auth";
