//! Usernames, by the rules of Better Auth's plugin `username`.

use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{ApiError, UnfitUsername, UsernameError};
use crate::protocol::body::kind;

/// Maximum length of the display form in characters, as of a name. Better Auth has none, and pages show it like a name.
pub const MAX_DISPLAY_USERNAME: usize = 100;
/// The members of requests and responses.
pub(super) const USERNAME: &str = "username";
pub(super) const DISPLAY_USERNAME: &str = "displayUsername";

/// A username in lower case: letters, digits, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Username(String);

impl Username {
    /// Reads a username of any length; `None` if it has other characters.
    pub fn parse(text: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        (!text.is_empty() && text.bytes().all(is_allowed)).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The username as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The rules for usernames, if users have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsernameRules {
    /// The minimum length in characters.
    pub min_length: usize,
    /// The maximum length in characters.
    pub max_length: usize,
    /// Whether a username stays as it is once it is set.
    pub immutable: bool,
}

/// The username of a new user, and its spelling for pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewUsername {
    /// The username.
    pub username: Option<Username>,
    /// The spelling for pages.
    pub display: Option<String>,
}

/// A change of a username. `None` leaves a value unchanged, and the inner `None` removes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsernameChange {
    /// The username.
    pub username: Option<Option<Username>>,
    /// The spelling for pages.
    pub display: Option<Option<String>>,
}

impl UsernameChange {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.username.is_none() && self.display.is_none()
    }
}

impl UsernameRules {
    /// Validates a username. The length counts UTF-16 code units, as JavaScript does.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self, text: &str) -> Result<Username, UnfitUsername> {
        let length = text.encode_utf16().count();
        if length < self.min_length {
            return Err(UnfitUsername::TooShort);
        }
        if length > self.max_length {
            return Err(UnfitUsername::TooLong);
        }
        Username::parse(text).ok_or(UnfitUsername::Invalid)
    }

    /// Reads the username of a new user. A display form that is a valid username stands for both, and so does a username
    /// without a display form.
    ///
    /// # Errors
    /// [`ApiError::Username`] or [`ApiError::Validation`].
    pub fn of_new_user(&self, body: &Map<String, Value>) -> Result<NewUsername, ApiError> {
        let (given, display) = (text(body, USERNAME)?, display(body)?.flatten());
        let username = match (given, display) {
            (None, Some(display)) => self.check(display).ok(),
            (given, _) => given.flatten().map(|text| self.chosen(text)).transpose()?,
        };
        let typed = given.flatten();
        let display = display.filter(|display| !display.is_empty() || typed.is_none()).or(typed);
        Ok(NewUsername { username, display: display.map(str::to_owned) })
    }

    /// Reads a change of a user who has the username `current`.
    ///
    /// # Errors
    /// [`ApiError::Username`] or [`ApiError::Validation`].
    pub fn of_change(
        &self,
        body: &Map<String, Value>,
        current: Option<&Username>,
    ) -> Result<UsernameChange, ApiError> {
        let username = match text(body, USERNAME)? {
            None => None,
            Some(text) => Some(text.map(|text| self.chosen(text)).transpose()?),
        };
        let is_other = username.as_ref().is_some_and(|new| new.as_ref() != current);
        if self.immutable && current.is_some() && is_other {
            return Err(UsernameError::Immutable.into());
        }
        let display = display(body)?.map(|display| display.map(str::to_owned));
        Ok(UsernameChange { username, display })
    }

    fn chosen(&self, text: &str) -> Result<Username, UsernameError> {
        self.check(text).map_err(|unfit| UsernameError::Unfit(StatusCode::BAD_REQUEST, unfit))
    }
}

/// A text that may be absent (the outer `None`) or null (the inner `None`).
fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<Option<&'a str>>, ApiError> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(text))),
        other => {
            let received = kind(other);
            Err(refused(name, &format!("Invalid input: expected string, received {received}")))
        }
    }
}

fn display(body: &Map<String, Value>) -> Result<Option<Option<&str>>, ApiError> {
    let display = text(body, DISPLAY_USERNAME)?;
    if let Some(Some(text)) = display {
        if text.contains('\0') {
            let complaint = "Invalid input: expected string without NUL characters";
            return Err(refused(DISPLAY_USERNAME, complaint));
        }
        if text.encode_utf16().count() > MAX_DISPLAY_USERNAME {
            let complaint = format!("Too big: expected string to have <={MAX_DISPLAY_USERNAME} characters");
            return Err(refused(DISPLAY_USERNAME, &complaint));
        }
    }
    Ok(display)
}

fn refused(name: &str, complaint: &str) -> ApiError {
    ApiError::Validation(format!("[body.{name}] {complaint}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RULES: UsernameRules = UsernameRules { min_length: 3, max_length: 30, immutable: false };

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("{value}") };
        object
    }

    fn new(body: Value) -> (Option<String>, Option<String>) {
        let new = RULES.of_new_user(&object(body)).ok().unwrap();
        (new.username.map(|username| username.as_str().to_owned()), new.display)
    }

    #[test]
    fn a_username_has_3_to_30_letters_digits_underscores_and_dots() {
        for good in ["abc", "A.B", "___", "a_b.C9", &"x".repeat(30)] {
            assert_eq!(RULES.check(good).unwrap().as_str(), good.to_lowercase());
        }
        for (bad, unfit) in [
            ("", UnfitUsername::TooShort),
            ("ab", UnfitUsername::TooShort),
            ("\u{1f600}", UnfitUsername::TooShort),
            (&*"x".repeat(31), UnfitUsername::TooLong),
            (&*"\u{1f600}".repeat(16), UnfitUsername::TooLong),
            ("a b", UnfitUsername::Invalid),
            ("a-b", UnfitUsername::Invalid),
            ("\u{fc}ber", UnfitUsername::Invalid),
            ("\u{212a}elvin", UnfitUsername::Invalid),
            ("abc\n", UnfitUsername::Invalid),
            ("ab\0", UnfitUsername::Invalid),
            ("a@b.co", UnfitUsername::Invalid),
        ] {
            assert_eq!(RULES.check(bad), Err(unfit), "{bad:?}");
        }
    }

    #[test]
    fn a_username_and_its_display_form_stand_for_each_other_at_sign_up() {
        let both = |username: &str, display: &str| (Some(username.to_owned()), Some(display.to_owned()));
        assert_eq!(new(json!({})), (None, None));
        assert_eq!(new(json!({"username": "Alice"})), both("alice", "Alice"));
        assert_eq!(new(json!({"username": "Alice", "displayUsername": ""})), both("alice", "Alice"));
        assert_eq!(new(json!({"username": "alice", "displayUsername": "A!"})), both("alice", "A!"));
        assert_eq!(new(json!({"displayUsername": "Alice_1"})), both("alice_1", "Alice_1"));
        assert_eq!(new(json!({"displayUsername": "Al ice"})), (None, Some("Al ice".to_owned())));
        let null = json!({"username": null, "displayUsername": "Alice"});
        assert_eq!(new(null), (None, Some("Alice".to_owned())));
        assert_eq!(new(json!({"displayUsername": ""})), (None, Some(String::new())));
    }

    #[test]
    fn values_of_other_types_and_long_display_forms_are_refused() {
        for body in [
            json!({"username": 7}),
            json!({"username": ["alice"]}),
            json!({"displayUsername": true}),
            json!({"displayUsername": "a\0"}),
            json!({"displayUsername": "x".repeat(101)}),
        ] {
            assert!(matches!(RULES.of_new_user(&object(body)), Err(ApiError::Validation(_))));
        }
    }

    #[test]
    fn an_immutable_username_can_be_set_once() {
        let rules = UsernameRules { immutable: true, ..RULES };
        let alice = Username::parse("alice");
        let change = |body: Value, current: Option<&Username>| rules.of_change(&object(body), current);
        assert!(change(json!({"username": "alice"}), None).is_ok());
        assert!(change(json!({"username": "ALICE", "displayUsername": "A"}), alice.as_ref()).is_ok());
        for body in [json!({"username": "other"}), json!({"username": null})] {
            let refusal = change(body, alice.as_ref());
            assert!(matches!(refusal, Err(ApiError::Username(UsernameError::Immutable))));
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_a_username_never_panics_and_is_stable(text in "[a-zA-Z0-9_.]{0,40}|\\PC{0,40}") {
            if let Ok(username) = RULES.check(&text) {
                proptest::prop_assert_eq!(RULES.check(username.as_str()), Ok(username.clone()));
                proptest::prop_assert_eq!(username.as_str(), text.to_lowercase());
            }
        }
    }
}
