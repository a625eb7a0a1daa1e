//! A history without an anomaly, and one with each kind planted into it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::history::{
    LinkAction, PasswordAction, SessionAction, Sighting, Signing, TaskAction, Token, TokenUse,
};

const RULES: Rules = Rules {
    revocation: Duration::from_secs(10),
    clock_skew: Duration::from_secs(5),
    handover: Duration::from_secs(20),
    clock_recovery: Duration::from_secs(30),
};
const TITLE: &str = "1/7";

fn at(second: u64) -> Moment {
    Duration::from_secs(second)
}

/// An operation that began and ended within a second.
fn op<A>(second: u64, action: A) -> Operation<A> {
    Operation { action, began: at(second), ended: Some(at(second) + Duration::from_millis(500)) }
}

fn unknown<A>(second: u64, action: A) -> Operation<A> {
    Operation { action, began: at(second), ended: None }
}

fn used(second: u64, accepted: bool) -> TokenUse {
    let token = Token { session: (1, 0), received: at(2), expires: at(900) };
    TokenUse { token, began: at(second), ended: at(second) + Duration::from_millis(500), accepted }
}

/// An account that signs up, works, resets its password, which ends its session, and works on.
fn sound() -> History {
    let mut history = History::default();
    let tasks = vec![
        op(10, TaskAction::Create(1)),
        op(11, TaskAction::Read(Some(1))),
        unknown(12, TaskAction::Change(2)),
        op(13, TaskAction::Read(Some(1))),
        op(14, TaskAction::Read(Some(2))),
        op(15, TaskAction::Change(3)),
        op(20, TaskAction::Delete),
        op(21, TaskAction::Read(None)),
    ];
    history.tasks.insert((1, TITLE.to_owned()), tasks);
    let session = vec![
        op(1, SessionAction::Start),
        op(2, SessionAction::Accepted),
        op(30, SessionAction::End),
        op(31, SessionAction::Refused),
    ];
    history.sessions.insert((1, 0), session);
    history.links.insert((1, 0), vec![op(30, LinkAction::Used), op(32, LinkAction::Refused)]);
    let passwords = vec![
        op(1, PasswordAction::Set(0)),
        op(3, PasswordAction::Accepted(0)),
        op(4, PasswordAction::Refused(9)),
        op(30, PasswordAction::Set(1)),
        op(33, PasswordAction::Refused(0)),
        op(34, PasswordAction::Accepted(1)),
    ];
    history.passwords.insert(1, passwords);
    history.signings.insert(0, Signing { first: at(1), last: at(60) });
    history.signings.insert(1, Signing { first: at(40), last: at(90) });
    history.tokens = vec![used(5, true), used(35, true), used(45, false)];
    history
}

/// The kinds of the anomalies that it has after a change.
fn kinds(plant: impl FnOnce(&mut History)) -> BTreeSet<&'static str> {
    let mut history = sound();
    plant(&mut history);
    check(history, &RULES).anomalies.iter().map(|anomaly| anomaly.kind).collect()
}

#[test]
fn a_sound_history_has_no_anomaly() {
    assert_eq!(check(sound(), &RULES), Verdict::default());
}

#[test]
fn a_fault_of_each_kind_is_found() {
    let task = |plant: Operation<TaskAction>| {
        move |history: &mut History| history.tasks.get_mut(&(1, TITLE.to_owned())).unwrap().push(plant)
    };
    let session = |plant: Operation<SessionAction>| {
        move |history: &mut History| history.sessions.get_mut(&(1, 0)).unwrap().push(plant)
    };
    let password = |plant: Operation<PasswordAction>| {
        move |history: &mut History| history.passwords.get_mut(&1).unwrap().push(plant)
    };
    let link = |plant: Operation<LinkAction>| {
        move |history: &mut History| history.links.get_mut(&(1, 0)).unwrap().push(plant)
    };
    let token = |plant: TokenUse| move |history: &mut History| history.tokens.push(plant);
    let sighting = |what: Wrong| {
        move |history: &mut History| {
            history.sightings.push(Sighting { account: 1, what, at: at(9), contents: "2/3".to_owned() });
        }
    };
    let retired =
        |last: u64| move |history: &mut History| history.signings.get_mut(&0).unwrap().last = at(last);
    let found = [
        ("a task that was acknowledged is lost", kinds(task(op(18, TaskAction::Read(None))))),
        ("a change that was acknowledged is lost", kinds(task(op(18, TaskAction::Read(Some(2)))))),
        ("a change that was acknowledged is lost", kinds(task(op(18, TaskAction::Read(Some(8)))))),
        ("a deleted task came back", kinds(task(op(22, TaskAction::Read(Some(3)))))),
        ("a task was created twice", kinds(task(op(18, TaskAction::Create(1))))),
        ("a task was deleted twice", kinds(task(op(22, TaskAction::Delete)))),
        ("a task that nobody created", kinds(task(op(5, TaskAction::Read(Some(1)))))),
        ("an ended session works again", kinds(session(op(32, SessionAction::Accepted)))),
        ("a valid session was refused", kinds(session(op(20, SessionAction::Refused)))),
        ("a session was started twice", kinds(session(op(40, SessionAction::Start)))),
        ("a session that nobody started", kinds(session(op(0, SessionAction::Accepted)))),
        ("a link worked twice", kinds(link(op(31, LinkAction::Used)))),
        ("a link that nobody used was refused", kinds(link(op(29, LinkAction::Refused)))),
        (
            "a password that is not the current one was accepted",
            kinds(password(op(35, PasswordAction::Accepted(0)))),
        ),
        ("the current password was refused", kinds(password(op(35, PasswordAction::Refused(1))))),
        ("an account that nobody created", kinds(password(op(0, PasswordAction::Accepted(0))))),
        ("a valid token was refused", kinds(token(used(25, false)))),
        ("the token of an ended session was accepted", kinds(token(used(41, true)))),
        ("an expired token was accepted", kinds(token(used(906, true)))),
        ("a retired key signed", kinds(retired(61))),
        ("a response contained data of another account", kinds(sighting(Wrong::Foreign))),
        ("a change was half done", kinds(sighting(Wrong::Torn))),
        ("a task was created twice", kinds(sighting(Wrong::Twice))),
    ];
    for (kind, kinds) in found {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}

#[test]
fn an_unknown_outcome_is_no_anomaly_either_way_and_both_ways_is_one() {
    let reset = |second| unknown(second, PasswordAction::Set(2));
    let with = |operations: Vec<Operation<PasswordAction>>| {
        kinds(move |history| history.passwords.get_mut(&1).unwrap().extend(operations))
    };
    let (old, new) =
        (|second| op(second, PasswordAction::Accepted(1)), |second| op(second, PasswordAction::Accepted(2)));
    assert!(with(vec![reset(40), old(41)]).is_empty());
    assert!(with(vec![reset(40), new(41)]).is_empty());
    assert!(with(vec![reset(40), old(41), new(42)]).is_empty());
    assert!(!with(vec![reset(40), new(41), old(42)]).is_empty());
}

#[test]
fn a_reset_that_overlaps_the_start_of_a_session_may_have_come_first() {
    let mut history = sound();
    let sign_in = Operation { action: SessionAction::Start, began: at(50), ended: Some(at(53)) };
    history.sessions.insert((1, 1), vec![sign_in, op(70, SessionAction::Accepted)]);
    history.resets.push((1, Operation { action: (), began: at(51), ended: Some(at(52)) }));
    let token = Token { session: (1, 1), received: at(53), expires: at(900) };
    let used = TokenUse { token, began: at(71), ended: at(72), accepted: true };
    history.tokens.push(used);
    assert_eq!(check(history.clone(), &RULES), Verdict::default());
    history.sessions.get_mut(&(1, 1)).unwrap().push(op(54, SessionAction::End));
    let found: Vec<_> = check(history, &RULES).anomalies.iter().map(|anomaly| anomaly.kind).collect();
    assert!(found.contains(&"the token of an ended session was accepted"), "{found:?}");
}

#[test]
fn refusals_by_a_wrong_clock_are_counted_apart_and_end() {
    let verdict = |second| {
        let mut history = sound();
        history.wrong_clocks.push((at(15), at(16)));
        history
            .sessions
            .insert((2, 0), vec![op(14, SessionAction::Start), op(second, SessionAction::Refused)]);
        check(history, &RULES)
    };
    assert_eq!(verdict(46), Verdict { anomalies: Vec::new(), refused_by_wrong_clocks: 4 });
    let late = verdict(47);
    assert_eq!(late.anomalies.len(), 1, "{late:?}");
    assert_eq!(late.anomalies[0].kind, "a valid session was refused");
}
