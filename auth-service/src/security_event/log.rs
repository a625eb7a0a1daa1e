//! Recording the security events of requests.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use service_kit::security_log::{Client, Record, Throttle};
use shared_claims::SharedClock;

use crate::audit::Refusals;
use crate::client_address::{Network, TrustedProxies};

/// Adds the client to security events, logs refusals and counts them for the audit log.
pub struct SecurityLog {
    proxies: TrustedProxies,
    throttle: Throttle,
    refusals: Arc<Refusals>,
    clock: SharedClock,
}

impl SecurityLog {
    /// Creates a log that trusts `proxies` to name the client.
    pub fn new(proxies: TrustedProxies, clock: SharedClock) -> Self {
        Self { proxies, throttle: Throttle::default(), refusals: Arc::default(), clock }
    }

    /// The refusals that are not stored yet.
    pub fn refusals(&self) -> Arc<Refusals> {
        Arc::clone(&self.refusals)
    }

    /// The proxies whose headers are trusted.
    pub fn proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// The IP address of the client that sent `request`, if it is known.
    pub fn address(&self, request: &HttpRequest) -> Option<IpAddr> {
        self.proxies.client(request)
    }

    /// The network of the client that sent `request`.
    pub fn network(&self, request: &HttpRequest) -> Network {
        Network::of(self.address(request))
    }

    /// The client that sent `request`, as events name it.
    pub fn client(&self, request: &HttpRequest) -> Client {
        Client::of(request, self.address(request))
    }

    /// Logs and counts a refusal.
    pub fn refused(&self, event: Record<'_>) {
        self.refusals.count(&event, self.clock.now());
        event.emit();
    }

    /// Counts a refusal that anybody can cause at no cost, and logs it unless one of its name and `source` was logged within
    /// the last minute.
    pub fn throttled(&self, event: Record<'_>, source: &impl Hash) {
        let now = self.clock.now();
        self.refusals.count(&event, now);
        self.throttle.emit(event, source, now);
    }
}
