//! What the checks found, as text and as JSON.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use strum::IntoStaticStr;

/// The width of the column of statuses.
const STATUS_WIDTH: usize = 8;
/// The width of the column of checks: that of the longest name.
const CHECK_WIDTH: usize = 23;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Works, and protects less than it should.
    Warning,
    /// Something does not work, or protects nobody.
    Fault,
    /// Could not be checked, or does not apply.
    Skipped,
}

/// What a check found. Neither text contains a secret.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The stable name of the check.
    pub check: &'static str,
    pub status: Status,
    /// What was found.
    pub message: String,
    /// What to do about it: the setting and its value.
    pub remedy: Option<String>,
}

impl Finding {
    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, message: message.into(), remedy: None }
    }

    pub fn warning(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: Status::Warning, message: message.into(), remedy: Some(remedy.into()) }
    }

    pub fn fault(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status: Status::Fault, message: message.into(), remedy: Some(remedy.into()) }
    }

    pub fn skipped(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Status::Skipped, message: message.into(), remedy: None }
    }
}

/// One line, whatever the texts contain: some of them come from a server.
impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (status, check): (&str, _) = (self.status.into(), self.check);
        let remedy = self.remedy.iter().map(|remedy| format!(". {remedy}"));
        let text: String = std::iter::once(self.message.clone()).chain(remedy).collect();
        let text = text.replace(char::is_control, " ");
        write!(f, "{status:STATUS_WIDTH$} {check:CHECK_WIDTH$} {text}")
    }
}

/// All findings, in the order of the checks.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Report(Vec<Finding>);

impl Report {
    /// Adds a finding and returns whether the check passed.
    pub fn add(&mut self, finding: Finding) -> bool {
        let passed = finding.status == Status::Ok;
        self.0.push(finding);
        passed
    }

    /// Adds checks that could not be made.
    pub fn skip(&mut self, checks: &[&'static str], reason: &str) {
        self.0.extend(checks.iter().map(|check| Finding::skipped(check, reason)));
    }

    /// Whether a check found a fault.
    pub fn has_fault(&self) -> bool {
        self.0.iter().any(|finding| finding.status == Status::Fault)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_and_one_object() {
        let mut report = Report::default();
        assert!(report.add(Finding::ok("settings", "valid")));
        assert!(!report.has_fault());
        assert!(!report.add(Finding::fault("mail.server", "refused\r\nby\u{1b}[31m", "Set MAIL_URL")));
        assert!(report.has_fault());
        let text = report.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ok       settings                valid");
        assert_eq!(lines[1], "fault    mail.server             refused  by [31m. Set MAIL_URL");
        let json: serde_json::Value = serde_json::to_value(&report).unwrap();
        assert_eq!(json[0]["remedy"], serde_json::Value::Null);
        assert_eq!((&json[1]["check"], &json[1]["status"]), (&"mail.server".into(), &"fault".into()));
    }
}
