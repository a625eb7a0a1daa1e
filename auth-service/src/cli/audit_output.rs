//! Security events as text, JSON and CSV.

use clap::ValueEnum;
use csv::Writer;

use crate::audit::AuditEvent;

/// The columns of the text: time, event, user, client, details.
const HEADER: &str = "TIME                      EVENT                         USER                                  CLIENT           DETAILS\n";

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for a person
    Text,
    /// One JSON object per line
    Json,
    /// Comma-separated values with a header row
    Csv,
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Formats events, after a header if these are the first.
pub fn print_events(events: &[AuditEvent], format: Format, is_first: bool) -> Result<String, Error> {
    match format {
        Format::Text => {
            let header = if is_first { HEADER } else { "" };
            Ok(events.iter().fold(header.to_owned(), |text, event| text + &line(event)))
        }
        Format::Json => {
            let lines = events.iter().map(|event| Ok(serde_json::to_string(event)? + "\n"));
            lines.collect::<Result<String, Error>>()
        }
        Format::Csv => csv(events, is_first),
    }
}

fn line(event: &AuditEvent) -> String {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let detail = |name: &str, value: Option<String>| value.map(|value| format!("{name}={value}"));
    let details = [
        detail("reason", event.reason.clone()),
        detail("link", event.link.clone()),
        detail("key", event.key_id.clone()),
        detail("count", event.count.map(|count| count.to_string())),
        detail("until", event.last_at.map(|at| format!("{at:.0}"))),
        detail("session", event.session_id.map(|id| id.to_string())),
        detail("request", event.request_id.map(|id| id.to_string())),
        // The client chose it: quotes and escapes keep it in its line and its column.
        detail(
            "user_agent",
            event.user_agent.as_ref().filter(|text| !text.is_empty()).map(|text| format!("{text:?}")),
        ),
    ];
    let details = details.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let (user, client) = (or_dash(&event.user_id), or_dash(&event.client_address));
    let text =
        format!("{:<24.3}  {:<28}  {user:<36}  {client:<15}  {details}", event.occurred_at, event.event);
    text.trim_end().to_owned() + "\n"
}

fn csv(events: &[AuditEvent], has_header: bool) -> Result<String, Error> {
    let mut writer = Writer::from_writer(Vec::new());
    if has_header {
        writer.write_record([
            "occurred_at",
            "last_at",
            "event",
            "outcome",
            "user_id",
            "session_id",
            "client_address",
            "user_agent",
            "request_id",
            "reason",
            "link",
            "key_id",
            "count",
        ])?;
    }
    for event in events {
        let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        writer.write_record([
            event.occurred_at.to_string(),
            event.last_at.map(|at| at.to_string()).unwrap_or_default(),
            event.event.clone(),
            event.outcome.clone(),
            text(&event.user_id),
            id(event.session_id),
            text(&event.client_address),
            inert(&text(&event.user_agent)),
            id(event.request_id),
            text(&event.reason),
            text(&event.link),
            text(&event.key_id),
            event.count.map(|count| count.to_string()).unwrap_or_default(),
        ])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Keeps a spreadsheet from taking what a client sent for a formula (OWASP ASVS 5.0, 1.2.10).
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn event(user_agent: &str) -> AuditEvent {
        AuditEvent {
            occurred_at: Timestamp::from_second(1_800_000_000).unwrap(),
            last_at: None,
            event: "session.started".to_owned(),
            outcome: "success".to_owned(),
            user_id: Some("alice".to_owned()),
            session_id: None,
            client_address: Some("192.0.2.1".to_owned()),
            user_agent: Some(user_agent.to_owned()),
            request_id: None,
            reason: Some("sign_in".to_owned()),
            link: None,
            key_id: None,
            count: None,
            id: Uuid::nil(),
        }
    }

    #[test]
    fn what_a_client_sent_stays_in_its_place() {
        let events = [event("=cmd()\n\"x\",y")];
        let text = print_events(&events, Format::Text, true).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        let csv = print_events(&events, Format::Csv, true).unwrap();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(&rows[0][7], "'=cmd()\n\"x\",y");
        let json = print_events(&events, Format::Json, false).unwrap();
        assert_eq!(json.lines().count(), 1);
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(parsed["user_agent"], "=cmd()\n\"x\",y");
    }

    #[test]
    fn a_header_comes_once() {
        for (format, header) in [(Format::Text, "TIME"), (Format::Csv, "occurred_at")] {
            assert!(print_events(&[], format, true).unwrap().starts_with(header));
            assert_eq!(print_events(&[], format, false).unwrap(), "");
        }
    }
}
