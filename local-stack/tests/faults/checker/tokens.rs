//! Access tokens: valid until they expire, or for a bounded time after their session has ended.

use super::{Anomaly, Rules};
use crate::history::{History, Moment, Operation, SessionAction, TokenUse};

/// Checks every use of an access token.
pub fn anomalies(history: &History, rules: &Rules) -> Vec<Anomaly> {
    let uses = history.tokens.iter();
    let wrong = uses.filter_map(|used| {
        let session = history.sessions.get(&used.token.session).map(Vec::as_slice).unwrap_or_default();
        let kind = anomaly(used, session, &history.issuer_away, rules)?;
        Some(Anomaly {
            kind,
            subject: format!("token of session {:?}", used.token.session),
            at: used.began,
            details: format!("{used:?}"),
        })
    });
    wrong.collect()
}

fn anomaly(
    used: &TokenUse,
    session: &[Operation<SessionAction>],
    issuer_away: &[(Moment, Moment)],
    rules: &Rules,
) -> Option<&'static str> {
    let expires = used.token.expires;
    if !used.accepted {
        let may_have_ended = session
            .iter()
            .any(|operation| operation.action == SessionAction::End && operation.began <= used.ended);
        let is_valid = used.ended + rules.clock_skew < expires && !may_have_ended;
        return is_valid.then_some("a valid token was refused");
    }
    if used.began > expires + rules.clock_skew {
        return Some("an expired token was accepted");
    }
    let ended = ended_at(session)?;
    // Nobody can learn that it has ended before auth-service is back.
    let known =
        issuer_away.iter().filter(|(from, until)| *from <= ended + rules.revocation && ended <= *until);
    let known = known.map(|(_, until)| *until).fold(ended, Moment::max);
    (used.began > known + rules.revocation).then_some("the token of an ended session was accepted")
}

/// When the session had certainly ended: when its end was acknowledged, or it was first refused. A reset that overlaps its
/// start may have taken effect before.
fn ended_at(session: &[Operation<SessionAction>]) -> Option<Moment> {
    let start = session.iter().find(|operation| operation.action == SessionAction::Start);
    let started = start.and_then(|start| start.ended).unwrap_or_default();
    let ended = session
        .iter()
        .filter(|operation| match operation.action {
            SessionAction::End => operation.began >= started,
            SessionAction::Refused => true,
            SessionAction::Start | SessionAction::Accepted => false,
        })
        .filter_map(|operation| operation.ended);
    ended.min()
}
