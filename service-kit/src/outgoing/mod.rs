//! Requests to URLs that are configured, such as those of webhook receivers and identity providers.
//!
//! By default such a request must not reach this machine or its network (server-side request forgery). A name is resolved
//! once for each connection, every address is checked, and only checked addresses are connected to. So a name that resolves
//! to another address a moment later (DNS rebinding) gains nothing. Redirects and the proxy of the environment are not
//! followed, because both would lead to a host that nobody checked.

mod addresses;
mod client;
mod reach;
mod resolver;

pub use addresses::is_public;
pub use client::{Outgoing, OutgoingError, Received};
pub use reach::{Reach, UrlError};
pub use resolver::AddressError;
