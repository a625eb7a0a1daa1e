//! Hashes and verifies passwords, on threads of their own.

use std::num::NonZeroUsize;

use service_kit::traces::{Kind, Span};

use super::job::Job;
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
        Ok(Self { pool: Pool::new(threads, bcrypt::expected_time(cost))?, cost })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`HashError::Busy`] if the queue has no room for `requester`.
    pub async fn hash(&self, requester: Requester, password: Password) -> Result<StoredHash, HashError> {
        let _span = Span::child(Kind::Internal, || "hash password".into());
        let cost = self.cost;
        let input = bcrypt::new_input(&password, cost)
            .map_err(|_| HashError::Failed("no randomness for a salt".to_owned()))?;
        let (scheme, salt) = (bcrypt::scheme_for(&password).as_str(), input.salt);
        let start = move || tracing::debug!(scheme, cost = cost.get(), operation = "hash", "bcrypt");
        let then = move |hash: [u8; 23]| bcrypt::stored(&password, cost, &salt, &hash);
        self.pool.run(requester, Job::bcrypt(input, start, then)).await
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
        let _span = Span::child(Kind::Internal, || "verify password".into());
        let cost = self.cost;
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| bcrypt::nobody(cost));
        let start = start_of_verification(&stored);
        let verdict = move |password: Password, stored: StoredHash, is_match: bool| match (
            is_known && is_match,
            is_outdated(&stored, cost),
        ) {
            (false, _) => Verdict::Wrong,
            (true, false) => Verdict::Right,
            (true, true) => Verdict::Outdated { password, stored },
        };
        let broken = || {
            HashError::Failed(format!("stored password hash: not of the scheme {}", stored.scheme.as_str()))
        };
        if stored.scheme.algorithm() != "bcrypt" {
            let broken = broken();
            let job = Job::other(move || {
                start();
                foreign::verify(&password, &stored).map(|is_match| verdict(password, stored, is_match))
            });
            return self.pool.run(requester, job).await?.ok_or(broken);
        }
        let input = bcrypt::input(&password, &stored).map_err(|_| broken())?;
        let then = move |hash: [u8; 23]| {
            let is_match = bcrypt::is_match(&password, &stored, &hash);
            verdict(password, stored, is_match)
        };
        self.pool.run(requester, Job::bcrypt(input, start, then)).await
    }
}

/// Logs that a verification begins. The cost is that of the stored hash, which may not be the current one.
fn start_of_verification(stored: &StoredHash) -> impl FnOnce() + Send + 'static {
    let (scheme, algorithm) = (stored.scheme.as_str(), stored.scheme.algorithm());
    let cost = bcrypt::cost_of(stored);
    move || tracing::debug!(scheme, cost, operation = "verify", "{algorithm}")
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy { retry_after } => Self::HashingBusy { retry_after },
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
