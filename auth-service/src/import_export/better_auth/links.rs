//! Accounts at identity providers, whose tokens the deployment may have encrypted.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use super::encryption::SourceSecrets;
use super::tables::Table;
use crate::import_export::error::TransferError;
use crate::import_export::links::ForeignLink;
use crate::linked_accounts::StoredTokens;

/// A row of the source's table. Times are text, since PostgreSQL has some that nothing else has.
#[derive(Deserialize)]
pub struct SourceLink {
    provider: Option<String>,
    subject: Option<String>,
    scope: Option<String>,
    access: Option<String>,
    refresh: Option<String>,
    id: Option<String>,
    access_expires: Option<String>,
    refresh_expires: Option<String>,
    created: Option<String>,
    updated: Option<String>,
}

/// The accounts of each user as a JSON array: the one that was changed last comes first.
pub fn query(account: &Table<'_>) -> Result<String, TransferError> {
    let (user, provider) = (account.column("userId")?, account.column("providerId")?);
    let text = |column: &str| account.optional("", column, "NULL").map(|name| format!("{name}::text"));
    let time = |column: &str| {
        account.optional("", column, "NULL").map(|name| format!("to_jsonb({name}::timestamptz)"))
    };
    Ok(format!(
        "SELECT {user} AS user_id, jsonb_agg(jsonb_build_object(
                    'provider', {provider}::text, 'subject', {subject}::text, 'scope', {scope},
                    'access', {access}, 'refresh', {refresh}, 'id', {id},
                    'access_expires', {access_expires}, 'refresh_expires', {refresh_expires},
                    'created', {created}, 'updated', {updated})
                ORDER BY {updated} DESC NULLS LAST, {provider}, {subject}) AS links
         FROM {table} WHERE {provider} <> 'credential' GROUP BY {user}",
        subject = account.column("accountId")?,
        scope = text("scope")?,
        access = text("accessToken")?,
        refresh = text("refreshToken")?,
        id = text("idToken")?,
        access_expires = time("accessTokenExpiresAt")?,
        refresh_expires = time("refreshTokenExpiresAt")?,
        created = time("createdAt")?,
        updated = time("updatedAt")?,
        table = account.name,
    ))
}

impl SourceLink {
    /// The account with its tokens in the clear.
    pub fn decrypted(self, secrets: &SourceSecrets) -> ForeignLink {
        let time = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
        let mut lost_tokens = false;
        let mut token = |stored: Option<String>| {
            let stored = stored.filter(|text| !text.is_empty())?;
            let token = secrets.token(stored);
            lost_tokens |= token.is_none();
            token
        };
        let tokens =
            StoredTokens { access: token(self.access), refresh: token(self.refresh), id: token(self.id) };
        ForeignLink {
            provider: self.provider.unwrap_or_default(),
            subject: self.subject.unwrap_or_default(),
            scopes: self.scope.into_iter().collect(),
            tokens,
            lost_tokens,
            access_expires_at: time(self.access_expires),
            refresh_expires_at: time(self.refresh_expires),
            created_at: time(self.created),
            updated_at: time(self.updated),
        }
    }
}

impl SourceSecrets {
    /// A token of a provider in the clear; `None` if it is encrypted, and none of the secrets decrypts it. Better Auth encrypts
    /// tokens only if it is configured to, and recognizes encrypted ones by their digits, as this does.
    fn token(&self, stored: String) -> Option<SecretString> {
        if !Self::may_be_encrypted(&stored) {
            return Some(stored.into());
        }
        self.decrypt(&stored)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn tokens_are_decrypted_if_they_are_encrypted() {
        // The output of better-auth 1.7.25 for `{}`.
        const ENCRYPTED: &str =
            "4b8eb54d685b4dc3f03fc8ee2d6255718376e80196c5bf55c45a0ea81d693b461202077c23e6b97c9326";
        let secret = "research-secret-research-secret-0123456789".to_owned();
        let secrets = SourceSecrets::new(Some(secret.into()), None);
        let token = |secrets: &SourceSecrets, text: &str| {
            secrets.token(text.to_owned()).map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(token(&secrets, ENCRYPTED).as_deref(), Some("{}"));
        assert_eq!(token(&secrets, &format!("$ba$1${ENCRYPTED}")).as_deref(), Some("{}"));
        for plain in ["ya29.a0", "gho_16C7e42F292c6912E7710c838347Ae178B4a", &"0a".repeat(20)] {
            assert_eq!(token(&secrets, plain).as_deref(), Some(plain));
        }
        let none = SourceSecrets::default();
        for lost in [ENCRYPTED.to_owned(), "$ba$1$zz".to_owned()] {
            assert_eq!(token(&none, &lost), None);
        }
        let link = SourceLink {
            provider: Some("google".to_owned()),
            subject: Some("1".to_owned()),
            scope: None,
            access: Some(ENCRYPTED.to_owned()),
            refresh: Some("1//refresh".to_owned()),
            id: Some(String::new()),
            access_expires: Some("2026-03-01T12:00:00+00:00".to_owned()),
            refresh_expires: Some("infinity".to_owned()),
            created: None,
            updated: None,
        };
        let link = link.decrypted(&none);
        assert!(link.lost_tokens && link.tokens.access.is_none() && link.tokens.refresh.is_some());
        assert!(link.access_expires_at.is_some() && link.refresh_expires_at.is_none());
    }
}
