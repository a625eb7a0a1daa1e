//! When a mail or webhook that could not be sent is retried: with exponential backoff.

use aws_lc_rs::rand;
use jiff::SignedDuration;

/// The wait after the first failure: a server that restarts is available again by then.
const INITIAL_WAIT: SignedDuration = SignedDuration::from_secs(5);
/// The maximum wait. The mail of a link that is valid for an hour is tried about fifteen times, and the webhooks of an
/// outage arrive within this time of its end.
const MAX_WAIT: SignedDuration = SignedDuration::from_mins(5);
/// How often the wait can double before it exceeds the maximum.
const DOUBLINGS: u32 = 6;

/// How long to wait after `attempts` failures. Random jitter takes up to half of it, so that what failed together is
/// not always retried together.
pub fn wait(attempts: i32) -> SignedDuration {
    let mut byte = [0];
    // Without randomness there is no jitter.
    let jitter = rand::fill(&mut byte).map_or(0, |()| i32::from(byte[0]));
    let full = full(attempts);
    full - full * jitter / 512
}

fn full(attempts: i32) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(DOUBLINGS);
    (INITIAL_WAIT * 2_i32.pow(doublings)).min(MAX_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_maximum_and_jitter_takes_at_most_half() {
        let seconds: Vec<i64> = (0..10).map(|attempts| full(attempts).as_secs()).collect();
        assert_eq!(seconds, [5, 5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(full(i32::MAX), MAX_WAIT);
        for _ in 0..1000 {
            let wait = wait(3);
            assert!(wait > full(3) / 2 && wait <= full(3), "{wait}");
        }
        assert!((0..100).map(|_| wait(9)).any(|other| other != wait(9)), "there is jitter");
    }
}
