//! Looks for an order that explains the operations on one thing (Wing and Gong 1993; Lowe 2017).
//!
//! The operations are explained if they can be put in an order in which each takes effect at one moment between its beginning
//! and its end, and each has the outcome that the model requires after those before it. An operation with an unknown outcome
//! takes effect at some moment since its beginning, or never.

use std::collections::HashSet;
use std::hash::Hash;

use crate::history::{Moment, Operation};

/// How something behaves if one operation follows another.
pub trait Model {
    /// Its states.
    type State: Clone + Eq + Hash + Default;
    /// Operations on it, with their outcomes.
    type Action;

    /// The state after the operation. `None` if it cannot have this outcome in this state.
    fn step(state: &Self::State, action: &Self::Action) -> Option<Self::State>;
}

/// Where the search got stuck: no order explains these operations.
#[derive(Debug, PartialEq, Eq)]
pub struct Stuck<S> {
    /// The index of the operation that ends first among those that could not be explained.
    pub operation: usize,
    /// The state in which it would have to take effect.
    pub state: S,
}

/// Operations that have taken effect, as bits.
type Done = Box<[u64]>;

struct Frame<S> {
    state: S,
    done: Done,
    /// Operations that may take effect next.
    candidates: Vec<usize>,
}

/// Explains the operations, which are in the order of their beginnings.
///
/// # Errors
/// Where the longest explanation ends.
pub fn explain<M: Model>(operations: &[Operation<M::Action>]) -> Result<(), Stuck<M::State>> {
    let none = vec![0; operations.len().div_ceil(64)].into_boxed_slice();
    let mut visited = HashSet::from([(none.clone(), M::State::default())]);
    let first = candidates(operations, &none);
    let mut stack = vec![Frame { state: M::State::default(), done: none, candidates: first }];
    let mut furthest = None;
    while let Some(frame) = stack.last_mut() {
        let Some(next) = first_to_end(operations, &frame.done) else { return Ok(()) };
        let count: u32 = frame.done.iter().map(|bits| bits.count_ones()).sum();
        if furthest.as_ref().is_none_or(|(most, _)| count > *most) {
            furthest = Some((count, Stuck { operation: next, state: frame.state.clone() }));
        }
        let Some(index) = frame.candidates.pop() else {
            stack.pop();
            continue;
        };
        let Some(state) = M::step(&frame.state, &operations[index].action) else { continue };
        let mut done = frame.done.clone();
        done[index / 64] |= 1 << (index % 64);
        if visited.insert((done.clone(), state.clone())) {
            let candidates = candidates(operations, &done);
            stack.push(Frame { state, done, candidates });
        }
    }
    furthest.map_or(Ok(()), |(_, stuck)| Err(stuck))
}

fn is_done(done: &Done, index: usize) -> bool {
    done[index / 64] >> (index % 64) & 1 == 1
}

/// The operation with a known outcome that ends first among those that have not taken effect. `None` if all have.
fn first_to_end<A>(operations: &[Operation<A>], done: &Done) -> Option<usize> {
    let left = operations.iter().enumerate().filter(|(index, _)| !is_done(done, *index));
    let ends = left.filter_map(|(index, operation)| Some((operation.ended?, index)));
    ends.min().map(|(_, index)| index)
}

/// The operations that may take effect next: those that began before any other ended. The last is tried first: known
/// outcomes in the order of their ends, then unknown ones.
fn candidates<A>(operations: &[Operation<A>], done: &Done) -> Vec<usize> {
    let Some(first) = first_to_end(operations, done) else { return Vec::new() };
    let end = operations[first].ended.unwrap_or(Moment::MAX);
    let mut found: Vec<usize> = operations
        .iter()
        .enumerate()
        .take_while(|(_, operation)| operation.began <= end)
        .map(|(index, _)| index)
        .filter(|index| !is_done(done, *index))
        .collect();
    found.sort_by_key(|index| std::cmp::Reverse(operations[*index].ended.unwrap_or(Moment::MAX)));
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A register of a number.
    struct Register;

    #[derive(Clone, Copy)]
    enum Access {
        Write(u32),
        Read(u32),
    }

    use Access::{Read, Write};

    impl Model for Register {
        type State = u32;
        type Action = Access;

        fn step(state: &u32, action: &Access) -> Option<u32> {
            match action {
                Write(number) => Some(*number),
                Read(number) => (number == state).then_some(*state),
            }
        }
    }

    /// An operation from `began` to `ended`; its outcome is unknown if that is 0.
    fn op(action: Access, began: u64, ended: u64) -> Operation<Access> {
        let ended = (ended > 0).then(|| Duration::from_millis(ended));
        Operation { action, began: Duration::from_millis(began), ended }
    }

    fn stuck_at(operations: &[Operation<Access>]) -> Option<usize> {
        explain::<Register>(operations).err().map(|stuck| stuck.operation)
    }

    #[test]
    fn operations_that_overlap_may_have_either_order() {
        assert_eq!(stuck_at(&[]), None);
        assert_eq!(stuck_at(&[op(Write(1), 0, 10), op(Read(0), 1, 2), op(Read(1), 3, 4)]), None);
        assert_eq!(stuck_at(&[op(Write(1), 0, 10), op(Read(1), 1, 2), op(Read(0), 3, 4)]), Some(2));
        assert_eq!(stuck_at(&[op(Write(1), 0, 10), op(Write(2), 1, 9), op(Read(1), 11, 12)]), None);
        assert_eq!(stuck_at(&[op(Write(1), 0, 10), op(Write(2), 11, 12), op(Read(1), 13, 14)]), Some(2));
    }

    #[test]
    fn an_unknown_outcome_is_either_and_stays() {
        let unknown = op(Write(1), 0, 0);
        assert_eq!(
            stuck_at(&[unknown.clone(), op(Read(0), 5, 6), op(Read(0), 7, 8)]),
            None,
            "it did not happen"
        );
        assert_eq!(
            stuck_at(&[unknown.clone(), op(Read(0), 5, 6), op(Read(1), 7, 8)]),
            None,
            "it happened late"
        );
        assert_eq!(
            stuck_at(&[unknown.clone(), op(Read(1), 5, 6), op(Read(0), 7, 8)]),
            Some(2),
            "it is undone"
        );
        assert_eq!(stuck_at(&[unknown, op(Read(2), 5, 6)]), Some(1), "a third possibility");
    }

    #[test]
    fn many_concurrent_operations_take_no_time() {
        let writes = (0..6).map(|number| op(Write(number), 0, 0));
        let reads = (0..100_u64).map(|number| op(Read(5), 1 + number, 2 + number));
        let mut operations: Vec<_> = writes.chain(reads).collect();
        assert_eq!(stuck_at(&operations), None);
        operations.push(op(Read(99), 200, 201));
        assert_eq!(stuck_at(&operations), Some(106));
    }
}
