//! Decides whether a history shows an anomaly.
//!
//! - Nothing that was acknowledged is lost, and no change is half done.
//! - Nothing that is ended comes back: a session and a deleted task never, an access token not after a bounded time.
//! - Nothing that works once works twice.
//! - No response shows data of another account.
//! - No valid session, token or password is refused.
//! - No key signs when its successor has signed for a bounded time.
//!
//! An operation with an unknown outcome either happened as a whole or did not happen.

mod keys;
mod models;
#[cfg(test)]
mod planted;
mod search;
mod tokens;

use std::fmt::Debug;
use std::time::Duration;

use serde::Serialize;

use self::models::{Explained, Link, Password, Session, Task};
use crate::history::{History, LinkAction, Moment, Operation, SessionAction, Wrong};

/// The settings of the system under test that decide what is an anomaly.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How long a token may be accepted after its session has ended, or after auth-service can be asked again: the poll
    /// interval of the status list and its `ttl`.
    pub revocation: Duration,
    /// By how much clocks may differ.
    pub clock_skew: Duration,
    /// How long a key may sign after the first signature of its successor.
    pub handover: Duration,
    /// How long a process with a wrong clock may refuse what is valid once its clock is right.
    pub clock_recovery: Duration,
}

/// Something that must not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anomaly {
    /// What it is, the same for all of its kind.
    pub kind: &'static str,
    /// What it happened to.
    pub subject: String,
    /// When.
    pub at: Moment,
    /// The operation, and the state that it contradicts.
    pub details: String,
}

/// The result of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// All anomalies.
    pub anomalies: Vec<Anomaly>,
    /// Refusals while a clock was wrong. They are no anomalies.
    pub refused_by_wrong_clocks: usize,
}

/// Checks a history.
pub fn check(mut history: History, rules: &Rules) -> Verdict {
    end_sessions_at_resets(&mut history);
    let refused_by_wrong_clocks = set_aside_wrong_clocks(&mut history, rules);
    let mut anomalies = tokens::anomalies(&history, rules);
    anomalies.extend(keys::anomalies(&history, rules));
    explain_all::<Task, _>(&mut anomalies, "task", history.tasks);
    explain_all::<Session, _>(&mut anomalies, "session", history.sessions);
    explain_all::<Link, _>(&mut anomalies, "link", history.links);
    explain_all::<Password, _>(&mut anomalies, "password of account", history.passwords);
    anomalies.extend(history.sightings.into_iter().map(|sighting| Anomaly {
        kind: match sighting.what {
            Wrong::Foreign => "a response contained data of another account",
            Wrong::Torn => "a change was half done",
            Wrong::Twice => "a task was created twice",
        },
        subject: format!("account {}", sighting.account),
        at: sighting.at,
        details: sighting.contents,
    }));
    anomalies.sort_by_key(|anomaly| anomaly.at);
    Verdict { anomalies, refused_by_wrong_clocks }
}

fn explain_all<M, Key>(
    anomalies: &mut Vec<Anomaly>,
    name: &str,
    things: impl IntoIterator<Item = (Key, Vec<Operation<M::Action>>)>,
) where
    M: Explained,
    M::Action: Debug,
    M::State: Debug,
    Key: Debug,
{
    for (key, mut operations) in things {
        operations.sort_by_key(|operation| operation.began);
        let Err(stuck) = search::explain::<M>(&operations) else { continue };
        let operation = &operations[stuck.operation];
        anomalies.push(Anomaly {
            kind: M::anomaly(&stuck.state, &operation.action),
            subject: format!("{name} {key:?}"),
            at: operation.began,
            details: format!("{:?} in state {:?}", operation, stuck.state),
        });
    }
}

/// A reset ends every session that exists when it takes effect: not those that began after its end.
fn end_sessions_at_resets(history: &mut History) {
    for ((account, _), operations) in &mut history.sessions {
        let began = operations.iter().map(|operation| operation.began).min().unwrap_or_default();
        let resets = history
            .resets
            .iter()
            .filter(|(whose, reset)| whose == account && reset.ended.is_none_or(|ended| ended >= began));
        operations.extend(resets.map(|(_, reset)| Operation {
            action: SessionAction::End,
            began: reset.began,
            ended: reset.ended,
        }));
    }
}

/// Removes refusals by processes whose clock was wrong, and counts them: they say nothing about what is valid.
fn set_aside_wrong_clocks(history: &mut History, rules: &Rules) -> usize {
    let windows: Vec<(Moment, Moment)> =
        history.wrong_clocks.iter().map(|(from, until)| (*from, *until + rules.clock_recovery)).collect();
    let overlaps =
        |began: Moment, ended: Moment| windows.iter().any(|(from, until)| began <= *until && ended >= *from);
    let mut count = 0;
    let mut keep = |is_refusal: bool, began, ended: Option<Moment>| {
        let set_aside = is_refusal && overlaps(began, ended.unwrap_or(Moment::MAX));
        count += usize::from(set_aside);
        !set_aside
    };
    for operations in history.sessions.values_mut() {
        operations.retain(|at| keep(at.action == SessionAction::Refused, at.began, at.ended));
    }
    for operations in history.links.values_mut() {
        operations.retain(|at| keep(at.action == LinkAction::Refused, at.began, at.ended));
    }
    // What has expired may be accepted too. A token that was received while a clock was wrong may be valid later only.
    history.tokens.retain(|used| {
        let is_doubtful = !used.accepted || used.began > used.token.expires;
        let received = used.token.received;
        let is_of_wrong_clock =
            history.wrong_clocks.iter().any(|(from, until)| (*from..=*until).contains(&received));
        let began = if is_of_wrong_clock { received } else { used.began };
        keep(is_doubtful, began, Some(used.ended))
    });
    count
}
