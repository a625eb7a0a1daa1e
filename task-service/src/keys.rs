//! Whether tokens can be verified, for `/readyz`.

use std::future::{Future, ready};
use std::pin::Pin;

use service_kit::health::Dependency;
use shared_claims::Verifier;

/// The signing keys and status lists of auth-service. Without them, every request gets a 503, so load balancers should not
/// send any.
pub struct KeysDependency(pub Verifier);

impl Dependency for KeysDependency {
    fn name(&self) -> &'static str {
        "the signing keys and status lists of auth-service"
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(ready(self.0.is_ready()))
    }
}
