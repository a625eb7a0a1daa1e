//! Hashing passwords and comparing them, on threads of their own.

use std::num::NonZeroUsize;

use super::model::{Cost, Password, StoredHash};
use super::pool::Pool;
use super::{bcrypt, foreign};
use crate::error::ApiError;
use crate::limits::Requester;

/// Hashes of one cost, and where they are made.
pub struct HashPool {
    pool: Pool,
    cost: Cost,
}

impl HashPool {
    /// A pool of `slots` threads that makes hashes of `cost`. The threads end when the pool is dropped.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(slots: NonZeroUsize, cost: Cost) -> std::io::Result<Self> {
        Ok(Self { pool: Pool::new(slots)?, cost })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`ApiError::HashingBusy`] when the queue has no room for `requester`.
    pub async fn hash(&self, requester: Requester, password: Password) -> Result<StoredHash, ApiError> {
        let cost = self.cost;
        self.pool
            .run(requester, move || {
                let made = bcrypt::hash(&password, cost);
                let scheme = made.as_ref().map_or("none", |made| made.scheme.as_str());
                tracing::debug!(scheme, cost = cost.get(), operation = "hash", "bcrypt");
                made
            })
            .await?
            .map_err(|error| ApiError::Internal(format!("bcrypt: {error}")))
    }

    /// Whether `password` made `stored`; with no stored hash, the same work for the answer no. Gives the password
    /// back, for a hash that has to be made anew.
    ///
    /// # Errors
    /// [`ApiError::HashingBusy`] when the queue has no room for `requester`.
    pub async fn verify(
        &self,
        requester: Requester,
        password: Password,
        stored: Option<StoredHash>,
    ) -> Result<Verdict, ApiError> {
        let cost = self.cost;
        self.pool
            .run(requester, move || {
                let known = stored.is_some();
                let stored = stored.unwrap_or_else(|| bcrypt::nobody(cost));
                // The work is that of the hash at hand, which need not be today's.
                let (scheme, algorithm) = (stored.scheme.as_str(), stored.scheme.algorithm());
                tracing::debug!(scheme, cost = bcrypt::cost_of(&stored), operation = "verify", "{algorithm}");
                let matches = matches(&password, &stored)?;
                Ok(match (known && matches, is_outdated(&stored, cost)) {
                    (false, _) => Verdict::Wrong,
                    (true, false) => Verdict::Right,
                    (true, true) => Verdict::Outdated { password, stored },
                })
            })
            .await?
            .map_err(|error: String| ApiError::Internal(format!("stored password hash: {error}")))
    }
}

/// What came of comparing a password with its hash.
pub enum Verdict {
    /// Not this password, or no such account.
    Wrong,
    /// This password.
    Right,
    /// This password, and its hash should be made anew with today's cost.
    Outdated {
        /// What to hash.
        password: Password,
        /// What to replace.
        stored: StoredHash,
    },
}

/// Whether `password` made `stored`, by the rule of its scheme.
fn matches(password: &Password, stored: &StoredHash) -> Result<bool, String> {
    if stored.scheme.is_foreign() {
        foreign::verify(password, stored)
            .ok_or_else(|| format!("not of the scheme {}", stored.scheme.as_str()))
    } else {
        bcrypt::verify(password, stored).map_err(|error| error.to_string())
    }
}

/// What others made is made anew at the first chance; ours, when the cost has changed.
fn is_outdated(stored: &StoredHash, cost: Cost) -> bool {
    stored.scheme.is_foreign() || bcrypt::is_outdated(stored, cost)
}

#[cfg(test)]
mod tests {
    use super::super::model::PasswordRules;
    use super::*;
    use crate::client_address::Network;
    use crate::limits::Standing;
    use crate::passwords::Scheme;

    fn pool(slots: usize) -> HashPool {
        HashPool::new(slots.try_into().unwrap(), "4".parse().unwrap()).unwrap()
    }

    fn password(text: &str) -> Password {
        let rules = PasswordRules { min_length: 8, max_length: 128 };
        Password::claimed(text, rules).ok().unwrap()
    }

    fn anybody() -> Requester {
        Requester { network: Network::of(None), account: None, standing: Standing::Stranger }
    }

    #[tokio::test]
    async fn fr_008_a_password_is_checked_against_its_hash() {
        let pool = pool(1);
        let stored = pool.hash(anybody(), password("correct horse")).await.unwrap();
        let again = StoredHash { hash: stored.hash.clone(), scheme: stored.scheme };
        assert!(matches!(
            pool.verify(anybody(), password("correct horse"), Some(stored)).await.unwrap(),
            Verdict::Right
        ));
        assert!(matches!(
            pool.verify(anybody(), password("wrong"), Some(again)).await.unwrap(),
            Verdict::Wrong
        ));
        assert!(matches!(pool.verify(anybody(), password("any"), None).await.unwrap(), Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_foreign_hash_is_outdated_whatever_it_costs() {
        let pool = pool(1);
        let stored = || {
            let made = pool_hash("correct horse");
            Some(StoredHash { hash: made, scheme: Scheme::ForeignBcrypt })
        };
        let verdict = pool.verify(anybody(), password("correct horse"), stored()).await.unwrap();
        assert!(
            matches!(verdict, Verdict::Outdated { stored, .. } if stored.scheme == Scheme::ForeignBcrypt)
        );
        assert!(matches!(pool.verify(anybody(), password("wrong"), stored()).await.unwrap(), Verdict::Wrong));
        let broken = StoredHash { hash: "changed".to_owned(), scheme: Scheme::Argon2 };
        assert!(matches!(
            pool.verify(anybody(), password("any"), Some(broken)).await,
            Err(ApiError::Internal(_))
        ));
    }

    fn pool_hash(text: &str) -> String {
        ::bcrypt::hash_with_result(text, 4).unwrap().format_for_version(::bcrypt::Version::TwoB)
    }
}
