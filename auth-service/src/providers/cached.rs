//! A document of a provider that is fetched when it is needed, and kept.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::error::ProviderError;

/// How long a document that cannot be fetched again stays in use: a provider that is away for an hour must not lock out its
/// users, and a key that it withdrew is not trusted for longer than a day.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// Minimum time between two attempts to fetch. Requests that wait for a provider that is away would otherwise each wait for
/// the timeout, one after the other.
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// The document, if it was fetched. One request fetches it; others wait for that.
pub(super) struct Cached<T>(Mutex<State<T>>);

struct State<T> {
    kept: Option<(Arc<T>, Timestamp)>,
    failed_at: Option<Timestamp>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::new(State { kept: None, failed_at: None }))
    }
}

impl<T> Cached<T> {
    /// Returns the document if it is younger than `max_age`, or else what `fetch` returns.
    ///
    /// # Errors
    /// If `fetch` fails and no document from the last day is kept.
    pub(super) async fn get(
        &self,
        now: Timestamp,
        max_age: SignedDuration,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        let mut state = self.0.lock().await;
        let within = |since: Timestamp, limit| now.duration_since(since) < limit;
        let kept = |limit| {
            state.kept.as_ref().filter(|(_, at)| within(*at, limit)).map(|(kept, _)| Arc::clone(kept))
        };
        if let Some(kept) = kept(max_age) {
            return Ok(kept);
        }
        let usable = kept(MAX_AGE);
        if state.failed_at.is_some_and(|at| within(at, RETRY_AFTER)) {
            return usable.ok_or(ProviderError::AwayLately);
        }
        match fetch.await {
            Ok(fetched) => {
                let fetched = Arc::new(fetched);
                *state = State { kept: Some((Arc::clone(&fetched), now)), failed_at: None };
                Ok(fetched)
            }
            Err(error) => {
                state.failed_at = Some(now);
                usable.ok_or(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap()
    }

    async fn fetched(number: u32) -> Result<u32, ProviderError> {
        Ok(number)
    }

    async fn failed() -> Result<u32, ProviderError> {
        Err(ProviderError::Invalid("planted"))
    }

    #[tokio::test]
    async fn a_document_is_kept_and_outlives_a_provider_that_is_away_for_a_day() {
        let cached = Cached::default();
        assert_eq!(*cached.get(at(0), HOUR, fetched(1)).await.unwrap(), 1);
        assert_eq!(*cached.get(at(59), HOUR, fetched(2)).await.unwrap(), 1);
        assert_eq!(*cached.get(at(60), HOUR, failed()).await.unwrap(), 1);
        assert_eq!(*cached.get(at(61), HOUR, fetched(3)).await.unwrap(), 3);
        assert_eq!(*cached.get(at(62), SignedDuration::from_secs(60), fetched(4)).await.unwrap(), 4);
        let later = at(62 + 24 * 60);
        assert!(matches!(cached.get(later, HOUR, failed()).await, Err(ProviderError::Invalid(_))));
    }

    #[tokio::test]
    async fn a_provider_that_did_not_answer_is_not_asked_again_at_once() {
        let cached = Cached::default();
        assert!(matches!(cached.get(at(0), HOUR, failed()).await, Err(ProviderError::Invalid(_))));
        let soon = at(0).checked_add(SignedDuration::from_secs(4)).unwrap();
        assert!(matches!(cached.get(soon, HOUR, fetched(1)).await, Err(ProviderError::AwayLately)));
        let later = at(0).checked_add(RETRY_AFTER).unwrap();
        assert_eq!(*cached.get(later, HOUR, fetched(1)).await.unwrap(), 1);
    }
}
