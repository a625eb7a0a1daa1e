//! The header of an unverified token: the only part that may be read before the signature is checked.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::Reason;
use crate::json::OtherMembers;

/// The only accepted algorithm (RFC 8725, section 3.1).
const ALGORITHM: &str = "RS256";

/// The members of the header that are read. `jku`, `jwk`, `x5u` and `x5c` are not among them: a token must not determine
/// where its key comes from.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    typ: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kid: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    #[serde(flatten)]
    _other: OtherMembers,
}

/// True for any value, `null` included. (An `Option` would take `null` for an absent member.)
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|IgnoredAny| true)
}

/// Checks the header of `token` and returns the id of the key that it claims to be signed with.
pub(crate) fn key_id(token: &str, expected: &TokenType) -> Result<String, Reason> {
    read_key_id(token, |typ| expected.matches(typ))
}

/// The same for a token of any `typ`.
pub(crate) fn key_id_of_any_type(token: &str) -> Result<String, Reason> {
    read_key_id(token, |_| true)
}

fn read_key_id(token: &str, is_expected: impl Fn(&str) -> bool) -> Result<String, Reason> {
    let (header, _) = token.split_once('.').ok_or(Reason::Malformed)?;
    let json = URL_SAFE_NO_PAD.decode(header).map_err(|_| Reason::Malformed)?;
    let members: Members<'_> = serde_json::from_slice(&json).map_err(|_| Reason::Malformed)?;
    if members.alg != ALGORITHM {
        return Err(Reason::Algorithm);
    }
    if members.crit {
        return Err(Reason::Critical);
    }
    if !members.typ.is_some_and(|typ| is_expected(&typ)) {
        return Err(Reason::Type);
    }
    members.kid.map(Cow::into_owned).ok_or(Reason::NoKeyId)
}

/// The `typ` that a token must have.
#[derive(Debug, Clone)]
pub(crate) struct TokenType(String);

impl TokenType {
    pub(crate) fn new(typ: &str) -> Self {
        Self(subtype(typ).to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Media types ignore case, and `application/` may be left out (RFC 7515, section 4.1.9).
    pub(crate) fn matches(&self, typ: &str) -> bool {
        subtype(typ).eq_ignore_ascii_case(&self.0)
    }
}

fn subtype(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result for a token with this header. The rest of the token is not read.
    fn read(json: &str) -> Result<String, Reason> {
        key_id(&format!("{}..", URL_SAFE_NO_PAD.encode(json)), &TokenType::new("at+jwt"))
    }

    #[test]
    fn gives_the_key_id() {
        assert_eq!(read(r#"{"alg":"RS256","typ":"at+jwt","kid":"k"}"#), Ok("k".to_owned()));
        assert_eq!(read(r#"{"kid":"a\u0062c","typ":"at+jwt","alg":"RS256"}"#), Ok("abc".to_owned()));
    }

    #[test]
    fn typ_ignores_case_and_a_leading_application() {
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            assert!(read(&format!(r#"{{"alg":"RS256","typ":"{typ}","kid":"k"}}"#)).is_ok(), "{typ}");
        }
        for typ in
            ["JWT", "", "at+jwt ", "application/", "application/application/at+jwt", "text/at+jwt", "id+jwt"]
        {
            let verdict = read(&format!(r#"{{"alg":"RS256","typ":"{typ}","kid":"k"}}"#));
            assert_eq!(verdict, Err(Reason::Type), "{typ}");
        }
        assert_eq!(read(r#"{"alg":"RS256","kid":"k"}"#), Err(Reason::Type));
        assert_eq!(read(r#"{"alg":"RS256","typ":null,"kid":"k"}"#), Err(Reason::Type));
    }

    #[test]
    fn another_typ_can_be_expected() {
        let token = format!("{}..", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT","kid":"k"}"#));
        for expected in ["JWT", "jwt", "application/jwt"] {
            assert!(key_id(&token, &TokenType::new(expected)).is_ok(), "{expected}");
        }
    }

    #[test]
    fn any_crit_is_refused_even_null() {
        for crit in ["null", "[]", r#"["exp"]"#, r#"["x"]"#, r#""x""#, "7", "{}"] {
            let verdict = read(&format!(r#"{{"alg":"RS256","typ":"at+jwt","kid":"k","crit":{crit}}}"#));
            assert_eq!(verdict, Err(Reason::Critical), "{crit}");
        }
    }

    #[test]
    fn alg_is_rs256_and_nothing_like_it() {
        for alg in ["none", "None", "HS256", "RS384", "PS256", "ES256", "rs256", "RS256 ", ""] {
            let verdict = read(&format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"k"}}"#));
            assert_eq!(verdict, Err(Reason::Algorithm), "{alg}");
        }
        for json in
            [r#"{"typ":"at+jwt","kid":"k"}"#, r#"{"alg":null,"typ":"at+jwt"}"#, r#"{"alg":["RS256"]}"#]
        {
            assert_eq!(read(json), Err(Reason::Malformed), "{json}");
        }
    }

    #[test]
    fn kid_is_required_and_text() {
        assert_eq!(read(r#"{"alg":"RS256","typ":"at+jwt"}"#), Err(Reason::NoKeyId));
        assert_eq!(read(r#"{"alg":"RS256","typ":"at+jwt","kid":null}"#), Err(Reason::NoKeyId));
        assert_eq!(read(r#"{"alg":"RS256","typ":"at+jwt","kid":7}"#), Err(Reason::Malformed));
    }

    #[test]
    fn no_name_may_come_twice() {
        for json in [
            r#"{"alg":"RS256","alg":"RS256","typ":"at+jwt","kid":"k"}"#,
            r#"{"alg":"RS256","typ":"at+jwt","kid":"k","kid":"l"}"#,
            r#"{"alg":"RS256","typ":"at+jwt","kid":"k","jku":"a","jku":"b"}"#,
            r#"{"alg":"RS256","typ":"at+jwt","kid":"k","crit":null,"crit":null}"#,
        ] {
            assert_eq!(read(json), Err(Reason::Malformed), "{json}");
        }
    }

    #[test]
    fn what_is_no_json_object_in_base64url_is_malformed() {
        for json in ["", "null", "[]", "7", "\"x\"", "{", "{}x"] {
            assert_eq!(read(json), Err(Reason::Malformed), "{json}");
        }
        for token in ["", ".", "..", "no dots", "e30=.e30.x", "e3 0.e30.x", "\u{fffd}.a.b"] {
            assert_eq!(key_id(token, &TokenType::new("at+jwt")), Err(Reason::Malformed), "{token}");
        }
    }
}
