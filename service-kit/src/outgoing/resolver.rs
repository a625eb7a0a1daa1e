//! Resolving names to addresses that may be connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// Why a host must not be connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// One of the addresses of a name is not public. The others do not matter: a client would try them all.
    #[error("{name} resolves to {address}, which is not a public address")]
    Name {
        /// The name.
        name: String,
        /// The first such address.
        address: IpAddr,
    },
    /// The host of the URL is an address that is not public.
    #[error("{0} is not a public address")]
    Literal(IpAddr),
}

/// Whether an address may be connected to.
pub(super) type AddressRule = fn(IpAddr) -> bool;

/// Finds the addresses of a name.
pub(super) trait Lookup: Send + Sync + 'static {
    /// Returns all addresses of `name`.
    fn lookup(&self, name: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;
}

/// The resolver of the operating system.
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Resolves a name only if all of its addresses may be connected to. The client connects to exactly these.
pub(super) struct CheckedResolver<L> {
    lookup: Arc<L>,
    is_allowed: AddressRule,
}

impl<L: Lookup> CheckedResolver<L> {
    /// Creates a resolver that holds the addresses that `lookup` finds to a rule.
    pub(super) fn new(lookup: L, is_allowed: AddressRule) -> Self {
        Self { lookup: Arc::new(lookup), is_allowed }
    }
}

impl<L: Lookup> Resolve for CheckedResolver<L> {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, is_allowed) = (Arc::clone(&self.lookup), self.is_allowed);
        Box::pin(async move {
            let addresses = lookup.lookup(name.as_str()).await?;
            if let Some(address) = addresses.iter().copied().find(|address| !is_allowed(*address)) {
                return Err(AddressError::Name { name: name.as_str().to_owned(), address }.into());
            }
            // The client replaces the port 0 by that of the URL.
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
