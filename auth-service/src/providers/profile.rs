//! What a provider says of a user.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::ProviderError;
use super::id_token::MICROSOFT_CONSUMERS;
use crate::protocol::email_address::{Email, MAX_EMAIL};

/// A user as a provider knows them.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The user's id there, which never changes and is never given to another user.
    pub subject: String,
    pub email: Option<Email>,
    /// Whether the provider has verified that the email is the user's.
    pub email_verified: bool,
    pub name: String,
    /// URL of a picture.
    pub image: Option<String>,
    /// Everything the provider said.
    pub data: Map<String, Value>,
}

/// The name of the user, which Apple sends once, with the first authorization response, and not in the ID token.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct GivenName {
    name: Option<NameParts>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NameParts {
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
}

impl GivenName {
    fn full(&self) -> Option<String> {
        self.name.as_ref().map(|name| format!("{} {}", name.first_name, name.last_name).trim().to_owned())
    }
}

/// A claim that is not empty.
fn text<'a>(data: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A boolean, which some providers send as a text.
fn boolean(data: &Map<String, Value>, name: &str) -> Option<bool> {
    match data.get(name)? {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Creates a profile whose members have the names of OpenID Connect Core 1.0, section 5.1.
fn standard(subject: &str, data: Map<String, Value>) -> Profile {
    let own = |name| text(&data, name).map(str::to_owned);
    Profile {
        subject: subject.to_owned(),
        email: text(&data, "email").filter(|email| email.chars().count() <= MAX_EMAIL).and_then(Email::parse),
        email_verified: boolean(&data, "email_verified").unwrap_or(false),
        name: own("name").unwrap_or_default(),
        image: own("picture"),
        data,
    }
}

fn subject<'a>(data: &'a Map<String, Value>, name: &str) -> Result<&'a str, ProviderError> {
    text(data, name).ok_or(ProviderError::Invalid("the profile does not name the user"))
}

/// Google's, from an ID token. With a `hosted_domain`, only users of that domain, or of any with `*`.
pub(super) fn google(
    claims: Map<String, Value>,
    hosted_domain: Option<&str>,
) -> Result<Profile, ProviderError> {
    let found = text(&claims, "hd");
    let is_allowed =
        hosted_domain.is_none_or(|wanted| found.is_some_and(|found| wanted == "*" || wanted == found));
    if !is_allowed {
        return Err(ProviderError::IdToken("the user is not of the hosted domain"));
    }
    let subject = subject(&claims, "sub")?.to_owned();
    Ok(standard(&subject, claims))
}

/// Apple's, from an ID token.
pub(super) fn apple(mut claims: Map<String, Value>, given: &GivenName) -> Result<Profile, ProviderError> {
    let name = given.full().or_else(|| text(&claims, "name").map(str::to_owned)).unwrap_or_default();
    claims.insert("name".to_owned(), name.into());
    let subject = subject(&claims, "sub")?.to_owned();
    Ok(Profile { image: None, ..standard(&subject, claims) })
}

/// Microsoft's, from an ID token. The administrator of a tenant can give a user any email, so an email counts as verified only if
/// Microsoft lists it as such, or for `email_verified` of a tenant that the operator chose (`is_own_tenant`) and of personal
/// accounts.
pub(super) fn microsoft(claims: Map<String, Value>, is_own_tenant: bool) -> Result<Profile, ProviderError> {
    let subject = subject(&claims, "oid")?.to_owned();
    let is_chosen = is_own_tenant || text(&claims, "tid") == Some(MICROSOFT_CONSUMERS);
    let email = text(&claims, "email").unwrap_or_default();
    let lists = ["verified_primary_email", "verified_secondary_email"];
    let is_listed = lists.iter().filter_map(|name| claims.get(*name)).any(|list| match list {
        Value::Array(list) => list.iter().any(|listed| listed.as_str() == Some(email)),
        listed => listed.as_str() == Some(email),
    });
    let email_verified = match boolean(&claims, "email_verified") {
        Some(verified) if is_chosen || !verified => verified,
        Some(_) | None => is_listed && !email.is_empty(),
    };
    Ok(Profile { email_verified, ..standard(&subject, claims) })
}

/// GitHub's, from the user and their emails. An email is verified if it is listed as such.
pub(super) fn github(user: Value, emails: Option<&Value>) -> Result<Profile, ProviderError> {
    let Value::Object(mut user) = user else {
        return Err(ProviderError::Invalid("the profile is not an object"));
    };
    let subject = user.get("id").and_then(id_of).ok_or(ProviderError::Invalid("the profile has no id"))?;
    let listed: &[Value] = emails.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if text(&user, "email").is_none() {
        let primary = listed.iter().find(|entry| entry["primary"] == true).or(listed.first());
        let email = primary.and_then(|entry| entry["email"].as_str());
        user.insert("email".to_owned(), email.into());
    }
    let email = text(&user, "email").unwrap_or_default();
    let email_verified = listed.iter().any(|entry| entry["email"] == email && entry["verified"] == true);
    let name = text(&user, "name").or_else(|| text(&user, "login")).unwrap_or_default().to_owned();
    let image = text(&user, "avatar_url").map(str::to_owned);
    Ok(Profile { email_verified, name, image, ..standard(&subject, user) })
}

/// That of an OpenID Provider, from a verified ID token.
pub(super) fn id_token(claims: Map<String, Value>) -> Result<Profile, ProviderError> {
    let mut profile = user_info(claims)?;
    let id = json!(profile.subject);
    profile.data.entry("id").or_insert(id);
    Ok(profile)
}

/// That of an OpenID Provider, from its userinfo.
pub(super) fn user_info(user: Map<String, Value>) -> Result<Profile, ProviderError> {
    let subject = subject(&user, "sub")?.to_owned();
    let mut profile = standard(&subject, user);
    add_members(&mut profile);
    Ok(profile)
}

/// That of a provider of plain OAuth 2.0, from its userinfo.
pub(super) fn oauth2(user: Value) -> Result<Profile, ProviderError> {
    let Value::Object(user) = user else {
        return Err(ProviderError::Invalid("the profile is not an object"));
    };
    let subject = user.get("id").and_then(id_of).ok_or(ProviderError::Invalid("the profile has no id"))?;
    let mut profile = standard(&subject, user);
    add_members(&mut profile);
    Ok(profile)
}

/// Adds the members that Better Auth adds to the profile of a generic provider.
fn add_members(profile: &mut Profile) {
    profile.data.insert("emailVerified".to_owned(), json!(profile.email_verified));
    if let Some(image) = &profile.image {
        profile.data.insert("image".to_owned(), json!(image));
    }
}

/// An id, which is a text or a whole number.
fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        let Value::Object(claims) = value else { panic!("not an object: {value}") };
        claims
    }

    fn microsoft_verified(more: Value, is_own_tenant: bool) -> bool {
        let mut all = claims(json!({"oid": "1", "tid": "some-tenant", "email": "ada@example.com"}));
        all.extend(claims(more));
        microsoft(all, is_own_tenant).unwrap().email_verified
    }

    #[test]
    fn an_email_that_a_foreign_tenant_calls_verified_is_not() {
        assert!(!microsoft_verified(json!({}), true));
        assert!(!microsoft_verified(json!({"email_verified": true}), false));
        assert!(!microsoft_verified(json!({"email_verified": "true"}), false));
        assert!(microsoft_verified(json!({"email_verified": true}), true));
        assert!(microsoft_verified(json!({"email_verified": true, "tid": MICROSOFT_CONSUMERS}), false));
        assert!(microsoft_verified(json!({"verified_primary_email": ["ada@example.com"]}), false));
        assert!(!microsoft_verified(json!({"verified_primary_email": ["eve@example.com"]}), false));
        assert!(!microsoft_verified(json!({"verified_primary_email": [""], "email": ""}), false));
    }

    #[test]
    fn a_github_email_is_verified_if_the_list_says_so() {
        let user = |email: Value| json!({"id": 7, "login": "ada", "email": email, "name": null});
        let emails = json!([
            {"email": "old@example.com", "primary": false, "verified": true},
            {"email": "ada@example.com", "primary": true, "verified": true},
        ]);
        let profile = github(user(Value::Null), Some(&emails)).unwrap();
        assert_eq!(profile.email.unwrap().as_str(), "ada@example.com");
        assert_eq!(
            (profile.subject.as_str(), profile.name.as_str(), profile.email_verified),
            ("7", "ada", true)
        );
        let public = github(user("public@example.com".into()), Some(&emails)).unwrap();
        assert!(!public.email_verified, "not in the list");
        assert!(github(json!({"login": "ada"}), None).is_err(), "no id");
    }

    #[test]
    fn a_user_of_another_hosted_domain_is_refused() {
        let of = |hd: Value| claims(json!({"sub": "1", "hd": hd}));
        for (wanted, found, is_allowed) in [
            (None, json!(null), true),
            (Some("a.example"), json!("a.example"), true),
            (Some("*"), json!("b.example"), true),
            (Some("a.example"), json!("b.example"), false),
            (Some("*"), json!(null), false),
        ] {
            assert_eq!(google(of(found.clone()), wanted).is_ok(), is_allowed, "{wanted:?} {found}");
        }
    }

    #[test]
    fn apple_sends_the_name_beside_the_token() {
        let given =
            serde_json::from_value(json!({"name": {"firstName": "Ada", "lastName": "Lovelace"}})).unwrap();
        let profile = apple(claims(json!({"sub": "1", "email_verified": "true"})), &given).unwrap();
        assert_eq!((profile.name.as_str(), profile.email_verified), ("Ada Lovelace", true));
        let nameless = apple(claims(json!({"sub": "1"})), &GivenName::default()).unwrap();
        assert_eq!(nameless.name, "");
    }
}
