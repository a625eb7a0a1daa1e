//! What the running service sees of a request: for `auth-service doctor`, which checks the way through proxies.
//!
//! Only a request whose header is signed with a key derived from `AUTH_SECRETS` gets it. Repeating such a request tells
//! its sender nothing but their own address.

mod model;

use actix_web::HttpRequest;
use service_kit::headers::Header;
use shared_claims::SharedClock;

pub use model::{DiagnosisKey, Seen};

use crate::client_address::TrustedProxies;

/// The header of a signed request.
pub const HEADER: &str = "x-latchkey-doctor";

/// Answers signed requests.
pub struct Diagnosis {
    key: DiagnosisKey,
    proxies: TrustedProxies,
    base_url: String,
    clock: SharedClock,
}

impl Diagnosis {
    /// Creates the diagnosis of a service with these proxies that is reached at `base_url`.
    pub fn new(key: DiagnosisKey, proxies: TrustedProxies, base_url: String, clock: SharedClock) -> Self {
        Self { key, proxies, base_url, clock }
    }

    /// What the service sees of `request`; `None` unless it is signed.
    pub fn seen(&self, request: &HttpRequest) -> Option<Seen> {
        let Header::Text(signed) = Header::read(request.headers(), HEADER) else { return None };
        let now = self.clock.now();
        if !self.key.verifies(signed, now) {
            return None;
        }
        let peer = request.peer_addr()?.ip().to_canonical();
        Some(Seen {
            client: self.proxies.client(request)?,
            peer,
            is_peer_trusted: self.proxies.trusts(peer),
            forwarded: self.proxies.forwarded(request.headers()),
            base_url: self.base_url.clone(),
            now,
        })
    }
}
