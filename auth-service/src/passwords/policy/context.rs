//! Refuses passwords that are easy to guess for anybody who knows the account or the service.

use std::borrow::Cow;
use std::str::FromStr;

use service_kit::registrable_domain::registrable_domain;

use super::fold::fold;
use crate::protocol::email_address::Email;
use crate::users::{User, Username};

/// Minimum length of a word in characters. Shorter ones occur in many random passwords.
const SHORTEST_WORD: usize = 3;
/// Minimum number of characters in a password besides such words, and digits and punctuation at its ends.
const OTHER_CHARACTERS: usize = 4;

/// The user whose password it is.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub name: &'a str,
    pub email: &'a Email,
    pub username: Option<&'a Username>,
}

impl<'a> From<&'a User> for Owner<'a> {
    fn from(user: &'a User) -> Self {
        Self { name: &user.name, email: &user.email, username: user.username.as_ref() }
    }
}

/// Words that the operator blocks: names of the organization, its products and projects.
#[derive(Debug, Clone, Default)]
pub struct BlockedWords(Vec<String>);

impl FromStr for BlockedWords {
    type Err = String;

    /// Reads a comma-separated list, which may be empty.
    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<String> =
            text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(fold).collect();
        match words.iter().find(|word| !is_long_enough(word)) {
            Some(word) => Err(format!("{word}: must have {SHORTEST_WORD} characters or more")),
            None => Ok(Self(words)),
        }
    }
}

/// The words of the service, which are blocked for all users.
pub(super) struct ServiceWords(Vec<String>);

impl ServiceWords {
    /// Collects the words of the product's name, and `more`.
    pub(super) fn new(product: &str, more: &BlockedWords) -> Self {
        let mut words = Vec::new();
        for text in std::iter::once(&fold(product)).chain(&more.0) {
            add_words(&mut words, text);
        }
        Self(words)
    }
}

/// The words of an account and its service, longest first.
pub(super) struct Context<'a>(Vec<Cow<'a, str>>);

impl<'a> Context<'a> {
    /// Collects the words of the service and of the owner: the name, the username, the email, its local part and its domain. Each is
    /// added as it is, without its separators, and in parts. The part of a domain is its registrable name without the
    /// public suffix.
    pub(super) fn new(owner: Owner<'a>, service: &'a ServiceWords) -> Self {
        let email = owner.email.as_str();
        let (local, domain) = email.split_once('@').unwrap_or((email, ""));
        let mut own = Vec::new();
        add_words(&mut own, &fold(owner.name));
        add_words(&mut own, local);
        if let Some(username) = owner.username {
            add_words(&mut own, username.as_str());
        }
        let whole = [email, domain, registrable_name(domain)].map(Cow::Borrowed);
        let service = service.0.iter().map(|word| Cow::Borrowed(word.as_str()));
        let mut words: Vec<Cow<'a, str>> =
            own.into_iter().map(Cow::Owned).chain(whole).chain(service).collect();
        words.retain(|word| is_long_enough(word));
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Self(words)
    }

    /// Whether a password in NFKC and lower case consists mostly of these words.
    pub(super) fn is_most_of(&self, password: &str) -> bool {
        let mut pieces = vec![password];
        for word in &self.0 {
            pieces = pieces.iter().flat_map(|piece| piece.split(&**word)).collect();
        }
        let [first, between @ .., last] = pieces.as_slice() else { return false };
        let first = first.trim_start_matches(|first: char| !first.is_alphabetic());
        let last = last.trim_end_matches(|last: char| !last.is_alphabetic());
        let others = between.iter().chain([&first, &last]).map(|piece| piece.chars().count());
        others.sum::<usize>() < OTHER_CHARACTERS
    }
}

/// Adds a text in NFKC and lower case: as it is, without its separators, and in parts.
fn add_words(words: &mut Vec<String>, text: &str) {
    let parts = text.split(|part: char| !part.is_alphanumeric());
    words.extend(parts.clone().map(str::to_owned));
    words.push(parts.collect());
    words.push(text.to_owned());
}

fn is_long_enough(word: &str) -> bool {
    word.chars().count() >= SHORTEST_WORD
}

/// Returns `example` for `mail.example.co.uk`; empty if there is no registrable name.
fn registrable_name(domain: &str) -> &str {
    let registrable = registrable_domain(domain).unwrap_or_default();
    registrable.split_once('.').map_or(registrable, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(password: &str) -> bool {
        let email = Email::parse("ada.byron+x@mail.lovelace.co.uk").unwrap();
        let owner = Owner { name: "Ada Ｋing", email: &email, username: None };
        let words = ServiceWords::new("Example Tasks", &"ACME Corp, Jörmungandr".parse().unwrap());
        Context::new(owner, &words).is_most_of(&fold(password))
    }

    #[test]
    fn words_of_the_account_and_the_service_are_refused() {
        for password in [
            "Ada King",
            "adaking",
            "KING ADA!!",
            "king1815",
            "1815King2026!",
            "kingkingking",
            "ada.byron+x@mail.lovelace.co.uk",
            "ADA.BYRON+X",
            "mail.lovelace.co.uk",
            "lovelace",
            "Lovelace2026",
            "lovelaceabc",
            "byron@lovelace",
            "example tasks",
            "ExampleTasks1",
            "tasks+ada",
            "AcmeCorp2026",
            "acme-acme",
            "jo\u{308}rmungandr1",
            "\u{ff4c}ovelace\u{ff11}",
        ] {
            assert!(is_refused(password), "{password}");
        }
    }

    #[test]
    fn a_password_with_enough_besides_them_is_accepted() {
        for password in [
            "correct horse battery",
            "lovelaceabcd",
            "ada likes sums",
            "king of nothing",
            // A generated password that happens to contain a word.
            "9ada$81#7xk!2",
            // Digits alone are not a word.
            "18151852",
            "mail.com.uk.x",
            "",
        ] {
            assert!(!is_refused(password), "{password}");
        }
    }

    #[test]
    fn words_of_the_operator_are_a_list_of_long_enough_ones() {
        assert!("".parse::<BlockedWords>().unwrap().0.is_empty());
        assert_eq!(" Acme ,,project-x ".parse::<BlockedWords>().unwrap().0, ["acme", "project-x"]);
        assert_eq!("acme,ab".parse::<BlockedWords>().unwrap_err(), "ab: must have 3 characters or more");
    }

    #[test]
    fn short_words_do_not_count() {
        let email = Email::parse("a@b.co").unwrap();
        let words = ServiceWords::new("X", &BlockedWords::default());
        let context = Context::new(Owner { name: "Al", email: &email, username: None }, &words);
        assert!(!context.is_most_of("al!al!al"));
        assert!(context.is_most_of("a@b.co12"));
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_compared(name in ".{0,100}", product in ".{0,20}", password in ".{0,60}") {
            let email = Email::parse("ada@example.com").unwrap();
            let words = ServiceWords::new(&product, &BlockedWords::default());
            let context = Context::new(Owner { name: &name, email: &email, username: None }, &words);
            context.is_most_of(&fold(&password));
        }
    }
}
