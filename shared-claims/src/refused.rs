//! Reports tokens that were refused because a setting may be wrong, at most once a minute for each reason.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::time::Instant;

use crate::diagnostics::{Diagnostics, RefusedTokens};
use crate::error::Reason;

/// Minimum time between two reports with the same reason. Anybody can send any number of tokens, and one report is enough to
/// notice.
const INTERVAL: Duration = Duration::from_secs(60);

/// Maximum length of a value in a report, in characters: enough for any URL that serves as an issuer.
const MAX_SHOWN: usize = 200;

/// The reasons that point to a setting. Each has its own interval, so that strangers, who can cause the first two, do not
/// hide the others.
const REPORTED: [Reason; 5] =
    [Reason::Type, Reason::UnknownKey, Reason::Issuer, Reason::Audience, Reason::StatusReference];

/// Counts and reports refused tokens. Its size is fixed.
pub(crate) struct RefusalReports {
    diagnostics: Arc<dyn Diagnostics>,
    counts: [Mutex<Count>; REPORTED.len()],
}

#[derive(Debug, Default)]
struct Count {
    reported_at: Option<Instant>,
    unreported: u64,
}

impl RefusalReports {
    pub(crate) fn new(diagnostics: Arc<dyn Diagnostics>) -> Self {
        Self { diagnostics, counts: Default::default() }
    }

    /// Reports `token`, which was refused for `reason`, if the reason points to a setting and it is time.
    pub(crate) fn note(&self, reason: Reason, token: &str) {
        if let Some(unreported) = self.due(reason, Instant::now()) {
            self.diagnostics.refused(&describe(reason, unreported, token));
        }
    }

    /// The number of refusals that were not reported since the last report, if it is time for the next.
    fn due(&self, reason: Reason, now: Instant) -> Option<u64> {
        let (_, count) = REPORTED.iter().zip(&self.counts).find(|(reported, _)| **reported == reason)?;
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        if count.reported_at.is_some_and(|reported_at| now.duration_since(reported_at) < INTERVAL) {
            count.unreported = count.unreported.saturating_add(1);
            return None;
        }
        count.reported_at = Some(now);
        Some(std::mem::take(&mut count.unreported))
    }
}

impl fmt::Debug for RefusalReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusalReports").field("counts", &self.counts).finish_non_exhaustive()
    }
}

fn describe(reason: Reason, unreported: u64, token: &str) -> RefusedTokens {
    let mut parts = token.split('.').map(|part| {
        let json = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice::<Value>(&json).unwrap_or_default()
    });
    let (header, payload) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let text = |part: &Value, name: &str| part.get(name).and_then(Value::as_str).map(shown);
    let audience = match payload.get("aud") {
        Some(Value::Array(several)) => {
            let several: Vec<_> = several.iter().filter_map(Value::as_str).collect();
            Some(shown(&several.join(", ")))
        }
        _ => text(&payload, "aud"),
    };
    let (issuer, token_type) = (text(&payload, "iss"), text(&header, "typ"));
    RefusedTokens { reason, unreported, issuer, audience, token_type }
}

/// `value` for a log: in ASCII, escaped, and not longer than [`MAX_SHOWN`].
pub(crate) fn shown(value: &str) -> String {
    let mut escaped = value.escape_default();
    let mut shown: String = escaped.by_ref().take(MAX_SHOWN).collect();
    if escaped.next().is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::LogDiagnostics;

    #[test]
    fn each_reason_is_reported_once_a_minute_with_the_number_left_out() {
        let (reports, start) = (RefusalReports::new(Arc::new(LogDiagnostics)), Instant::now());
        let after = |seconds, reason| reports.due(reason, start + Duration::from_secs(seconds));
        assert_eq!(after(0, Reason::Type), Some(0));
        assert_eq!((after(0, Reason::Type), after(59, Reason::Type)), (None, None));
        assert_eq!(after(30, Reason::Issuer), Some(0), "another reason is not hidden");
        assert_eq!(after(60, Reason::Type), Some(2));
        assert_eq!(after(500, Reason::Type), Some(0));
    }

    #[test]
    fn reasons_that_point_to_no_setting_are_never_reported() {
        let reports = RefusalReports::new(Arc::new(LogDiagnostics));
        for reason in
            [Reason::Expired, Reason::Malformed, Reason::Signature, Reason::NoToken, Reason::Revoked]
        {
            assert_eq!(reports.due(reason, Instant::now()), None, "{reason}");
        }
    }

    fn described(header: &str, payload: &str) -> RefusedTokens {
        let [header, payload] = [header, payload].map(|json| URL_SAFE_NO_PAD.encode(json));
        describe(Reason::Type, 0, &format!("{header}.{payload}.secret"))
    }

    #[test]
    fn a_report_has_the_values_that_settings_decide_and_no_others() {
        let report =
            described(r#"{"typ":"JWT","kid":"secret"}"#, r#"{"iss":"i","aud":["a","b"],"sub":"secret"}"#);
        assert_eq!(
            (report.token_type.as_deref(), report.issuer.as_deref(), report.audience.as_deref()),
            (Some("JWT"), Some("i"), Some("a, b"))
        );
        assert!(!format!("{report:?}").contains("secret"), "{report:?}");
    }

    #[test]
    fn values_are_escaped_and_cut() {
        let long = "\u{e9}\u{1b}[31m\n".repeat(500);
        for value in [long.as_str(), "a\u{1b}[31m\nlevel=error", "\u{202e}"] {
            let shown = shown(value);
            assert!(shown.len() <= MAX_SHOWN + 3, "{shown}");
            assert!(shown.chars().all(|shown| shown.is_ascii() && !shown.is_control()), "{shown}");
        }
    }

    #[test]
    fn anything_can_be_described() {
        for token in ["", ".", "..", "a.b.c", "e30.e30.", "\u{fffd}.x"] {
            assert_eq!(describe(Reason::Type, 0, token).issuer, None, "{token}");
        }
        assert_eq!(described("[]", r#"{"iss":7,"aud":{}}"#).audience, None);
    }
}
