//! The web page as `./dev up` serves it: the files of a static export with security headers.
//!
//! Behind the gateway, Caddy serves the same files by the same rules (`gateway/Caddyfile`).

mod config;
mod files;
mod policy;
mod response;
mod server;
mod site;

pub use config::{PageConfig, ServiceUrls};
pub use site::Page;
