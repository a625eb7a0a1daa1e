//! Links that open an app.

use percent_encoding::percent_decode_str;

/// A link with the scheme of an app, split without a URL parser: parsers differ on unknown schemes.
pub(super) struct AppUrl {
    pub(super) scheme: String,
    pub(super) authority: String,
    /// Decoded, with `.` and `..` resolved; empty for none.
    pub(super) path: String,
}

impl AppUrl {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::split(text, &['/', '?', '#'], &['?', '#'])
    }

    /// In a pattern `?` is a wildcard.
    pub(super) fn parse_pattern(text: &str) -> Option<Self> {
        Self::split(text, &['/', '#'], &['#'])
    }

    fn split(text: &str, after_authority: &[char], after_path: &[char]) -> Option<Self> {
        if text.chars().any(char::is_control) {
            return None;
        }
        let (scheme, rest) = text.split_once(':').filter(|(scheme, _)| !scheme.is_empty())?;
        let (authority, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(after_authority).unwrap_or(rest.len())),
            None => ("", rest),
        };
        let path = rest.split(after_path).next().unwrap_or_default();
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority: authority.to_ascii_lowercase(),
            path: resolved(path),
        })
    }
}

fn resolved(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8().unwrap_or_else(|_| path.into());
    let mut segments = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            ".." => drop(segments.pop()),
            "." | "" => {}
            segment => segments.push(segment),
        }
    }
    segments.iter().map(|segment| format!("/{segment}")).collect()
}
