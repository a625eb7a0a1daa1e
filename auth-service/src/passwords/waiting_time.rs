//! How many passwords may wait to be hashed, so that none waits for too long.

use std::time::Duration;

/// The longest time that a password waits to be hashed. With the hash itself, a sign-in is answered within 2 s.
pub(super) const MAX_WAIT: Duration = Duration::from_millis(1500);
/// The most jobs of a lane for each hash that is computed at a time. A new job is compared with all that wait, so more would
/// cost more than a place in the queue is worth. Only hashes of less than 3 ms could be computed in time beyond this number.
const MAX_PLACES_EACH: usize = 256;
/// The weight of the latest hash in the mean is one in this number: the mean follows a change of load within a few dozen
/// hashes, and ignores a single slow one.
const MEMORY: u32 = 8;

/// The time that a hash takes, as a moving average, and the wait that results from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaitingTime {
    mean: Duration,
    max_wait: Duration,
}

impl WaitingTime {
    /// Starts with the time that the first hashes are expected to take.
    pub(super) fn new(expected: Duration, max_wait: Duration) -> Self {
        Self { mean: expected, max_wait }
    }

    /// Adds the time of a hash to the average.
    pub(super) fn record(&mut self, latest: Duration) {
        self.mean = (self.mean.saturating_mul(MEMORY - 1)).saturating_add(latest) / MEMORY;
    }

    /// The number of jobs that may wait in each of two lanes if this number is computed at a time.
    ///
    /// The lanes take turns, so the last job of a full lane waits for the jobs of both. Half of what fits into the maximum
    /// wait is for each lane, even if the other is empty: if a lane took more, its jobs would be late as soon as the other
    /// fills. At least as many may wait as are computed at a time, however long hashes take.
    pub(super) fn lane_capacity(&self, at_a_time: usize) -> usize {
        let hashes_in_turn = self.max_wait.as_nanos() / self.mean.as_nanos().max(1);
        let hashes_in_turn = usize::try_from(hashes_in_turn).unwrap_or(usize::MAX);
        let both_lanes = at_a_time.saturating_mul(hashes_in_turn);
        (both_lanes / 2).clamp(at_a_time, at_a_time.saturating_mul(MAX_PLACES_EACH))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(milliseconds: u64) -> WaitingTime {
        WaitingTime::new(Duration::from_millis(milliseconds), MAX_WAIT)
    }

    #[test]
    fn what_fits_into_the_maximum_wait_may_wait() {
        // Six hashes end on each thread within the maximum wait, and the lanes share them.
        assert_eq!(of(250).lane_capacity(1), 3);
        assert_eq!(of(250).lane_capacity(2), 6);
        assert_eq!(of(290).lane_capacity(3), 7);
        assert_eq!(of(60).lane_capacity(2), 25);
    }

    #[test]
    fn one_job_per_thread_may_wait_for_slow_hashes_and_fast_ones_have_a_limit() {
        assert_eq!(of(4_000).lane_capacity(3), 3);
        assert_eq!(of(0).lane_capacity(2), 2 * MAX_PLACES_EACH);
    }

    #[test]
    fn the_average_follows_the_load() {
        let mut time = of(250);
        for _ in 0..40 {
            time.record(Duration::from_millis(500));
        }
        assert_eq!(time.lane_capacity(4), 6, "half of those that take half as long");
        time.record(Duration::from_secs(2));
        assert!(time.lane_capacity(4) >= 4, "one slow hash");
    }

    proptest! {
        /// The last job of two full lanes is started within the maximum wait, if there are more jobs than the minimum.
        #[test]
        fn two_full_lanes_are_hashed_in_time(
            times in prop::collection::vec(1_u64..3_000_000, 1..50),
            threads in 1_usize..65,
        ) {
            let mut time = of(250);
            for micros in times {
                time.record(Duration::from_micros(micros));
            }
            let capacity = time.lane_capacity(threads);
            prop_assert!(capacity >= threads);
            if capacity > threads {
                let hashes_in_turn = u32::try_from((2 * capacity).div_ceil(threads)).unwrap();
                prop_assert!(time.mean * hashes_in_turn <= MAX_WAIT, "{time:?} {capacity}");
            }
        }

        /// An average lies between the least and the greatest of its values.
        #[test]
        fn the_average_is_one(times in prop::collection::vec(1_u64..10_000_000, 1..50)) {
            let (least, greatest) = (times.iter().min().unwrap().min(&250_000), times.iter().max().unwrap().max(&250_000));
            let mut time = of(250);
            for micros in &times {
                time.record(Duration::from_micros(*micros));
            }
            // Each division rounds down by less than a nanosecond.
            prop_assert!(time.mean + Duration::from_micros(1) >= Duration::from_micros(*least));
            prop_assert!(time.mean <= Duration::from_micros(*greatest));
        }
    }
}
