//! Hashes and verifies passwords, on threads of their own.

use std::num::NonZeroUsize;

use super::model::{Cost, Password, StoredHash};
use super::pool::{HashError, Pool};
use super::{bcrypt, foreign};
use crate::error::ApiError;
use crate::limits::Requester;

/// The threads that hash passwords, and the cost of new hashes.
pub struct HashPool {
    pool: Pool,
    cost: Cost,
}

impl HashPool {
    /// Starts `threads` threads that create hashes of `cost`. They end when the pool is dropped.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn new(threads: NonZeroUsize, cost: Cost) -> std::io::Result<Self> {
        Ok(Self { pool: Pool::new(threads)?, cost })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`HashError::Busy`] if the queue has no room for `requester`.
    pub async fn hash(&self, requester: Requester, password: Password) -> Result<StoredHash, HashError> {
        let cost = self.cost;
        self.pool
            .run(requester, move || {
                let stored = bcrypt::hash(&password, cost);
                let scheme = stored.as_ref().map_or("none", |stored| stored.scheme.as_str());
                tracing::debug!(scheme, cost = cost.get(), operation = "hash", "bcrypt");
                stored
            })
            .await?
            .map_err(|error| HashError::Failed(format!("bcrypt: {error}")))
    }

    /// Verifies `password` against `stored`. Without a stored hash, does the same work and returns [`Verdict::Wrong`].
    ///
    /// # Errors
    /// [`HashError::Busy`] if the queue has no room for `requester`.
    pub async fn verify(
        &self,
        requester: Requester,
        password: Password,
        stored: Option<StoredHash>,
    ) -> Result<Verdict, HashError> {
        let cost = self.cost;
        self.pool
            .run(requester, move || {
                let known = stored.is_some();
                let stored = stored.unwrap_or_else(|| bcrypt::nobody(cost));
                // The cost is that of the stored hash, which may not be the current one.
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
            .map_err(|error: String| HashError::Failed(format!("stored password hash: {error}")))
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::HashingBusy,
            HashError::Failed(cause) => Self::Internal(cause),
        }
    }
}

/// The result of verifying a password.
pub enum Verdict {
    /// Wrong password, or no hash.
    Wrong,
    Right,
    /// The right password. Its hash should be replaced by one of the current scheme and cost.
    Outdated {
        password: Password,
        stored: StoredHash,
    },
}

/// Whether `stored` is the hash of `password` in its scheme.
fn matches(password: &Password, stored: &StoredHash) -> Result<bool, String> {
    if stored.scheme.is_foreign() {
        foreign::verify(password, stored)
            .ok_or_else(|| format!("not of the scheme {}", stored.scheme.as_str()))
    } else {
        bcrypt::verify(password, stored).map_err(|error| error.to_string())
    }
}

/// Whether a hash should be replaced: a foreign one always, one of ours if the cost has changed.
fn is_outdated(stored: &StoredHash, cost: Cost) -> bool {
    stored.scheme.is_foreign() || bcrypt::is_outdated(stored, cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_address::Network;
    use crate::limits::Standing;
    use crate::passwords::model::Scheme;

    fn pool() -> HashPool {
        HashPool::new(1.try_into().unwrap(), "4".parse().unwrap()).unwrap()
    }

    fn anybody() -> Requester {
        Requester { network: Network::of(None), account: None, standing: Standing::Unknown }
    }

    #[tokio::test]
    async fn fr_008_a_password_is_checked_against_its_hash() {
        let pool = pool();
        let stored = pool.hash(anybody(), Password::for_test("correct horse")).await.unwrap();
        let again = StoredHash { hash: stored.hash.clone(), scheme: stored.scheme };
        assert!(matches!(
            pool.verify(anybody(), Password::for_test("correct horse"), Some(stored)).await.unwrap(),
            Verdict::Right
        ));
        assert!(matches!(
            pool.verify(anybody(), Password::for_test("wrong"), Some(again)).await.unwrap(),
            Verdict::Wrong
        ));
        assert!(matches!(
            pool.verify(anybody(), Password::for_test("any"), None).await.unwrap(),
            Verdict::Wrong
        ));
    }

    #[tokio::test]
    async fn a_foreign_hash_is_always_outdated() {
        let pool = pool();
        let stored = || {
            let parts = ::bcrypt::hash_with_result("correct horse", 4).unwrap();
            let hash = parts.format_for_version(::bcrypt::Version::TwoB);
            Some(StoredHash { hash, scheme: Scheme::ForeignBcrypt })
        };
        let verdict = pool.verify(anybody(), Password::for_test("correct horse"), stored()).await.unwrap();
        assert!(
            matches!(verdict, Verdict::Outdated { stored, .. } if stored.scheme == Scheme::ForeignBcrypt)
        );
        assert!(matches!(
            pool.verify(anybody(), Password::for_test("wrong"), stored()).await.unwrap(),
            Verdict::Wrong
        ));
        let broken = StoredHash { hash: "changed".to_owned(), scheme: Scheme::Argon2 };
        assert!(matches!(
            pool.verify(anybody(), Password::for_test("any"), Some(broken)).await,
            Err(HashError::Failed(_))
        ));
    }
}
