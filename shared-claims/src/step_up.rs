//! Step-up: handlers that demand a recent or a stronger authentication (RFC 9470).

use std::marker::PhantomData;

use crate::claims::Claims;
use crate::requirement::{AuthenticationRequirement, InsufficientAuthentication};
use crate::verifier::Verifier;

/// A type that stands for a requirement, for the extractor [`StepUp`].
pub trait Requirement {
    /// What is demanded.
    const REQUIREMENT: AuthenticationRequirement;
}

/// Like [`Authenticated`](crate::Authenticated), for handlers that demand a recent or a stronger authentication.
///
/// ```
/// use std::time::Duration;
/// use shared_claims::{AuthenticationRequirement, Requirement, StepUp};
///
/// /// Signed in within the last five minutes.
/// struct Recent;
///
/// impl Requirement for Recent {
///     const REQUIREMENT: AuthenticationRequirement =
///         AuthenticationRequirement::new().max_age(Duration::from_secs(300));
/// }
///
/// async fn delete_everything(user: StepUp<Recent>) -> String {
///     format!("{} is gone", user.claims.subject())
/// }
/// ```
pub struct StepUp<R> {
    /// The claims of the token.
    pub claims: Claims,
    requirement: PhantomData<fn() -> R>,
}

impl<R: Requirement> StepUp<R> {
    pub(crate) fn check(verifier: &Verifier, claims: Claims) -> Result<Self, InsufficientAuthentication> {
        verifier.require(&claims, R::REQUIREMENT)?;
        Ok(Self { claims, requirement: PhantomData })
    }
}
