//! Patterns of paths in settings: e.g. `/sign-in/email`, `/sign-in/*`, `/reset-password/:token`.

use std::fmt;
use std::str::FromStr;

use wildmatch::WildMatch;

/// A path below [`PREFIX`](super::PREFIX), or a pattern with Better Auth's rules: `*` and `?` match any text and any
/// character of one segment, and the segment `**` matches any number of segments.
#[derive(Debug, Clone, PartialEq)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    /// `**`
    Any,
    Like(WildMatch),
}

impl PathPattern {
    /// Whether it matches a route below the prefix, whose parameters are in braces.
    pub fn covers(&self, path: &str) -> bool {
        let found: Vec<&str> = path.split('/').collect();
        covers(&self.segments, &found)
    }

    /// The pattern as it was configured.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn covers(pattern: &[Segment], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((Segment::Any, rest)), Some((_, left))) => covers(rest, path) || covers(pattern, left),
        (Some((Segment::Any, rest)), None) => covers(rest, path),
        (Some((Segment::Like(segment), rest)), Some((found, left))) => {
            segment.matches(found) && covers(rest, left)
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

impl FromStr for PathPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(format!("{text:?} is not a path below /api/auth, such as /sign-in/email"));
        }
        let segment = |segment: &str| match (segment, segment.strip_prefix(':')) {
            ("**", _) => Segment::Any,
            (_, Some(parameter)) => Segment::Like(WildMatch::new(&format!("{{{parameter}}}"))),
            (segment, None) => Segment::Like(WildMatch::new(segment)),
        };
        Ok(Self { text: text.to_owned(), segments: text.split('/').map(segment).collect() })
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_text_in_a_segment_and_two_for_segments() {
        for (pattern, path, expected) in [
            ("/sign-in/email", "/sign-in/email", true),
            ("/sign-in/email", "/sign-in/emails", false),
            ("/sign-in", "/sign-in/email", false),
            ("/sign-in/*", "/sign-in/email", true),
            ("/sign-in/*", "/sign-in", false),
            ("/*", "/sign-in/email", false),
            ("/*", "/token", true),
            ("/**", "/sign-in/email", true),
            ("/**", "/token", true),
            ("/**/callback", "/delete-user/callback", true),
            ("/delete-user/**", "/delete-user", true),
            ("/*-sessions", "/revoke-sessions", true),
            ("/*-session", "/revoke-sessions", false),
            ("/o?", "/ok", true),
            ("/reset-password/:token", "/reset-password/{token}", true),
            ("/reset-password/{token}", "/reset-password/{token}", true),
            ("/reset-password/*", "/reset-password/{token}", true),
            ("/reset-password/*", "/reset-password", false),
        ] {
            assert_eq!(pattern.parse::<PathPattern>().unwrap().covers(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for bad in ["", "sign-in/email", "/a b", "/a\n", "*"] {
            assert!(bad.parse::<PathPattern>().is_err(), "{bad}");
        }
    }
}
