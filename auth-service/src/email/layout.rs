//! The layout of emails, as text and HTML: one column, system fonts, light and dark, no images.

use std::fmt::Write;

use jiff::SignedDuration;

/// Used by mail clients that support dark mode. Other clients use the attributes in the tags.
const STYLE: &str = "\
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #111418 !important; }
  .card { background: #1b1f25 !important; border-color: #2c323a !important; }
  .strong { color: #f2f4f7 !important; }
  .soft, .soft a { color: #a3acb8 !important; }
  .button, .button a { background: #4c8dff !important; color: #0b1220 !important; }
}";

const FONT: &str = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/// The texts of an email.
pub(super) struct MailText<'a> {
    pub(super) subject: &'static str,
    /// The first paragraph.
    pub(super) text: String,
    /// What the reader can do.
    pub(super) action: Action<'a>,
    /// How long the link or the code is valid.
    pub(super) lifetime: SignedDuration,
    /// Explains what to do if the recipient did not request the email.
    pub(super) closing: &'static str,
}

/// What the reader of an email can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action<'a> {
    Nothing,
    /// Open a link: the label of its button, and the link.
    Link(&'static str, &'a str),
    /// Enter a code.
    Code(&'a str),
}

/// A label and its value, as a mail lists them.
pub(super) type Fact = (&'static str, String);

impl MailText<'_> {
    /// Renders plain text. Each of the `facts` is on a line of its own, and so is the link, however long it is.
    pub(super) fn text_body(&self, facts: &[Fact]) -> String {
        let mut body = format!("{}\n\n", visible(&self.text));
        for (label, value) in facts {
            let _ = writeln!(body, "{label}: {}", visible(value));
        }
        if !facts.is_empty() {
            body.push('\n');
        }
        let _ = match self.action {
            Action::Nothing => Ok(()),
            Action::Link(label, link) => {
                write!(body, "{label}:\n{}\n\n{}\n\n", visible(link), expiry("link", self.lifetime))
            }
            Action::Code(code) => write!(body, "{}\n\n{}\n\n", visible(code), expiry("code", self.lifetime)),
        };
        body.push_str(self.closing);
        body.push('\n');
        body
    }

    /// Renders HTML with the name of the product above the heading.
    pub(super) fn html_body(&self, product: &str, facts: &[Fact]) -> String {
        let (subject, product, text) = (escape(self.subject), escape(product), escape(&self.text));
        let action = match self.action {
            Action::Nothing => String::new(),
            Action::Link(label, link) => button(label, link, self.lifetime),
            Action::Code(code) => digits(code, self.lifetime),
        };
        let (facts, closing) = (table(facts), escape(self.closing));
        format!(
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{subject}</title>
<style>
{STYLE}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f2f4f7">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f4f7">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border:1px solid #e1e5ea;border-radius:12px">
<tr><td style="padding:32px;{FONT};font-size:16px;line-height:24px;text-align:left">
<p class="soft" style="margin:0 0 8px;color:#5b6573;font-size:14px">{product}</p>
<h1 class="strong" style="margin:0 0 16px;color:#14181f;font-size:22px;line-height:30px">{subject}</h1>
<p class="strong" style="margin:0 0 24px;color:#14181f">{text}</p>
{facts}{action}<p class="soft" style="margin:0;color:#5b6573;font-size:14px;line-height:20px">{closing}</p>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"#
        )
    }
}

/// Renders the facts, one a row.
fn table(facts: &[Fact]) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let mut table = String::from(
        r#"<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 24px;font-size:14px;line-height:20px">
"#,
    );
    for (label, value) in facts {
        let (label, value) = (escape(label), escape(value));
        let _ = writeln!(
            table,
            r#"<tr><td class="soft" style="padding:0 16px 4px 0;color:#5b6573">{label}</td><td class="strong" style="padding:0 0 4px;color:#14181f">{value}</td></tr>"#
        );
    }
    table.push_str("</table>\n");
    table
}

/// Renders the button, and the link as text for clients that do not show the button.
fn button(label: &str, link: &str, lifetime: SignedDuration) -> String {
    let (label, link, expiry) = (escape(label), escape(link), expiry("link", lifetime));
    format!(
        r#"<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 24px"><tr>
<td class="button" style="background:#1f5fd6;border-radius:8px"><a href="{link}" style="display:inline-block;padding:12px 24px;color:#ffffff;font-weight:600;text-decoration:none">{label}</a></td>
</tr></table>
<p class="soft" style="margin:0 0 24px;color:#5b6573;font-size:14px;line-height:20px">{expiry} If the button does not work, open this link:<br><a href="{link}" style="color:#5b6573;word-break:break-all">{link}</a></p>
"#
    )
}

/// Renders a code in large digits. A click or a tap selects all of them.
fn digits(code: &str, lifetime: SignedDuration) -> String {
    let (code, expiry) = (escape(code), expiry("code", lifetime));
    format!(
        r#"<p class="strong" style="margin:0 0 24px;color:#14181f;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:32px;line-height:40px;font-weight:600;letter-spacing:6px;user-select:all">{code}</p>
<p class="soft" style="margin:0 0 24px;color:#5b6573;font-size:14px;line-height:20px">{expiry}</p>
"#
    )
}

/// States how long a link or a code is valid, in the largest exact unit. Rounds down to minutes.
fn expiry(what: &str, lifetime: SignedDuration) -> String {
    let minutes = lifetime.as_mins();
    let (count, unit) = match minutes {
        _ if minutes > 0 && minutes % (24 * 60) == 0 => (minutes / (24 * 60), "day"),
        _ if minutes > 0 && minutes % 60 == 0 => (minutes / 60, "hour"),
        _ => (minutes, "minute"),
    };
    let time = if count == 1 { format!("one {unit}") } else { format!("{count} {unit}s") };
    format!("This {what} expires in {time} and can be used once.")
}

/// Escapes text for HTML attributes and content.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars().filter(|character| is_visible(*character)) {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Removes characters that would break the line or change the text direction.
fn visible(text: &str) -> String {
    text.chars().filter(|character| is_visible(*character)).collect()
}

/// Whether a character is neither a control character nor one that changes the text direction.
fn is_visible(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        && !matches!(character, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lifetime_is_stated_in_the_largest_exact_unit() {
        for (minutes, time) in [
            (10, "10 minutes"),
            (60, "one hour"),
            (90, "90 minutes"),
            (120, "2 hours"),
            (24 * 60, "one day"),
            (36 * 60, "36 hours"),
            (7 * 24 * 60, "7 days"),
        ] {
            let expected = format!("This link expires in {time} and can be used once.");
            assert_eq!(expiry("link", SignedDuration::from_mins(minutes)), expected);
        }
        let with_seconds = SignedDuration::from_mins(59) + SignedDuration::from_secs(59);
        assert!(
            expiry("code", with_seconds).contains("in 59 minutes"),
            "never longer than the link is valid"
        );
    }
}
