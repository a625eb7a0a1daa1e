//! Accounts at identity providers, as a source describes them and as they are stored here.

use std::collections::HashSet;

use jiff::Timestamp;
use service_kit::id::new_v7;

use super::reason::LinkReason;
use crate::linked_accounts::{ImportedAccount, StoredTokens};

/// Maximum length of a provider's id in bytes. With the next one, both fit into the index that keeps them unique.
const MAX_PROVIDER: usize = 255;
/// Maximum length of the user's id at a provider in bytes. OpenID Connect allows 255.
const MAX_SUBJECT: usize = 1000;
/// The provider of passwords, which no account here can have.
const CREDENTIAL: &str = "credential";

/// An account at a provider as its source describes it, not validated.
#[derive(Default)]
pub struct ForeignLink {
    pub provider: String,
    pub subject: String,
    /// May contain several scopes in one text, separated by commas or white space.
    pub scopes: Vec<String>,
    pub tokens: StoredTokens,
    /// Whether the source has tokens that cannot be decrypted. They are not in `tokens`.
    pub lost_tokens: bool,
    pub access_expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// The accounts of one user, validated.
#[derive(Default)]
pub struct ValidLinks {
    pub links: Vec<ImportedAccount>,
    /// The providers of those that are left out.
    pub lost: Vec<(LinkReason, String)>,
}

impl ValidLinks {
    /// Validates the accounts of a user. Of several with the same id at a provider, the first is kept. One without a time
    /// was linked when the user was created.
    pub fn of(links: Vec<ForeignLink>, user_created_at: Timestamp, now: Timestamp) -> Self {
        let mut valid = Self::default();
        let mut seen = HashSet::new();
        for link in links {
            let reason = if !fits(&link.provider, MAX_PROVIDER)
                || !fits(&link.subject, MAX_SUBJECT)
                || link.provider == CREDENTIAL
            {
                LinkReason::DoesNotFit
            } else if seen.insert((link.provider.clone(), link.subject.clone())) {
                valid.links.push(link.into_account(user_created_at, now));
                continue;
            } else {
                LinkReason::Repeated
            };
            valid.lost.push((reason, link.provider));
        }
        valid
    }
}

impl ForeignLink {
    fn into_account(self, user_created_at: Timestamp, now: Timestamp) -> ImportedAccount {
        let scopes = self.scopes.iter().flat_map(|text| text.split([',', ' ', '\t', '\r', '\n']));
        let scopes = scopes.filter(|scope| !scope.is_empty() && !scope.contains(char::is_control));
        let created_at = self.created_at.unwrap_or(user_created_at);
        ImportedAccount {
            id: new_v7(now),
            scopes: scopes.map(str::to_owned).collect(),
            // Without the token, its expiry means nothing.
            access_expires_at: self.access_expires_at.filter(|_| self.tokens.access.is_some()),
            refresh_expires_at: self.refresh_expires_at.filter(|_| self.tokens.refresh.is_some()),
            provider: self.provider,
            subject: self.subject,
            tokens: self.tokens,
            lost_tokens: self.lost_tokens,
            created_at,
            updated_at: self.updated_at.unwrap_or(created_at),
        }
    }
}

fn fits(text: &str, length: usize) -> bool {
    !text.is_empty() && text.len() <= length && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn link(provider: &str, subject: &str) -> ForeignLink {
        ForeignLink { provider: provider.to_owned(), subject: subject.to_owned(), ..ForeignLink::default() }
    }

    fn valid(links: Vec<ForeignLink>) -> ValidLinks {
        ValidLinks::of(links, time("2020-01-01T00:00:00Z"), time("2026-03-01T12:00:00Z"))
    }

    #[test]
    fn scopes_are_split_and_times_default_to_those_of_the_user() {
        let tokens = StoredTokens { access: Some("a".to_owned().into()), ..StoredTokens::default() };
        let expires = Some(time("2026-03-01T13:00:00Z"));
        let valid = valid(vec![ForeignLink {
            scopes: vec!["openid,email  profile".to_owned(), "\tread:user,".to_owned(), "a\0b".to_owned()],
            tokens,
            access_expires_at: expires,
            refresh_expires_at: expires,
            ..link("google", "1")
        }]);
        let [link] = valid.links.as_slice() else { panic!("{}", valid.links.len()) };
        assert_eq!(link.scopes, ["openid", "email", "profile", "read:user"]);
        assert_eq!((link.access_expires_at, link.refresh_expires_at), (expires, None), "no refresh token");
        assert_eq!((link.created_at, link.updated_at), (time("2020-01-01T00:00:00Z"), link.created_at));
    }

    #[test]
    fn an_account_that_does_not_fit_or_comes_twice_is_left_out_with_its_reason() {
        let long = "x".repeat(1001);
        let lost = ForeignLink { lost_tokens: true, ..link("google", "2") };
        let links = vec![
            link("google", "1"),
            lost,
            link("google", "1"),
            link("github", "1"),
            link("google", ""),
            link("", "1"),
            link("google", &long),
            link("a\u{1b}[0m", "1"),
            link("credential", "1"),
        ];
        let valid = valid(links);
        let lost: Vec<bool> = valid.links.iter().map(|link| link.lost_tokens).collect();
        assert_eq!(lost, [false, true, false]);
        let reasons: Vec<_> = valid.lost.iter().map(|(reason, _)| *reason).collect();
        let mut expected = vec![LinkReason::Repeated];
        expected.extend([LinkReason::DoesNotFit; 5]);
        assert_eq!(reasons, expected);
    }
}
