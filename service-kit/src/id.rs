//! Ids that sort by the time of their creation (UUIDv7, RFC 9562).

use std::sync::Mutex;

use jiff::Timestamp;
use uuid::{ContextV7, Uuid};

/// Keeps the ids of a process in the order of their creation, also within a millisecond.
static SEQUENCE: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// Creates a UUIDv7 for the time `now`. It sorts after every id that this process created for the same or an earlier
/// millisecond. Times before 1970 count as 1970.
pub fn new_v7(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    let sequence = SEQUENCE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Uuid::new_v7(uuid::Timestamp::from_unix(&*sequence, seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_millisecond_sort_in_the_order_of_creation() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let ids: Vec<Uuid> = (0..10_000).map(|_| new_v7(now)).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids.first().unwrap().get_version_num(), 7);
    }
}
