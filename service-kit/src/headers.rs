//! Reads request headers as bytes. An unreadable header must not be mistaken for an absent one: `clippy.toml` bans
//! `HeaderValue::to_str`, whose `ok()` makes the two the same.

use std::borrow::Cow;

use actix_web::http::header::{AsHeaderName, HeaderMap, HeaderValue};

/// The value of a request header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header<'a> {
    /// The header was not sent, or is empty.
    Absent,
    /// ASCII text.
    Text(&'a str),
    /// Not ASCII, or several values where one is allowed. Must not be treated as absent.
    Unreadable,
}

impl<'a> Header<'a> {
    /// Reads a header that may be sent once at most.
    pub fn read(headers: &'a HeaderMap, name: impl AsHeaderName) -> Self {
        let mut values = headers.get_all(name).map(Self::of).filter(|header| *header != Self::Absent);
        match (values.next(), values.next()) {
            (first, None) => first.unwrap_or(Self::Absent),
            (_, Some(_)) => Self::Unreadable,
        }
    }

    /// Reads the value of a header.
    pub fn of(value: &'a HeaderValue) -> Self {
        let bytes = value.as_bytes().trim_ascii();
        match std::str::from_utf8(bytes) {
            Ok("") => Self::Absent,
            Ok(text) if text.is_ascii() => Self::Text(text),
            Ok(_) | Err(_) => Self::Unreadable,
        }
    }
}

/// Decodes a value that people will read: as UTF-8, else as ISO 8859-1, the former charset of headers (RFC 9110, section
/// 5.5).
pub fn for_display(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ORIGIN;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ORIGIN, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn an_unreadable_header_is_not_absent() {
        let absent: [&[&[u8]]; 3] = [&[], &[b""], &[b" \t"]];
        for values in absent {
            assert_eq!(Header::read(&headers(values), ORIGIN), Header::Absent, "{values:?}");
        }
        let text: [&[&[u8]]; 3] = [&[b"https://a"], &[b" https://a "], &[b"", b"https://a"]];
        for values in text {
            assert_eq!(Header::read(&headers(values), ORIGIN), Header::Text("https://a"), "{values:?}");
        }
        let unreadable: [&[&[u8]]; 4] =
            [&[b"\xff"], &["https://\u{e4}".as_bytes()], &[b"https://a", b"https://a"], &[b"", b"\xff"]];
        for values in unreadable {
            assert_eq!(Header::read(&headers(values), ORIGIN), Header::Unreadable, "{values:?}");
        }
    }

    #[test]
    fn people_read_utf_8_or_latin_1() {
        let shown = |bytes: &[u8]| for_display(&HeaderValue::from_bytes(bytes).unwrap()).into_owned();
        assert_eq!(shown("L\u{fc}nx".as_bytes()), "L\u{fc}nx");
        assert_eq!(shown(b"L\xfcnx"), "L\u{fc}nx");
        assert_eq!(shown(b"Lynx"), "Lynx");
    }
}
