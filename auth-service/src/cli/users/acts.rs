//! The commands that change a user.

use super::super::consent::Consent;
use super::args::{BanArgs, CreateArgs, FieldValue};
use super::error::UsersError;
use super::output::{Action, Outcome};
use super::password::{self, PasswordArgs};
use crate::administration::{Administration, AdministrationError, UserRef};
use crate::users::{NewUser, NewUsername, User, UserFields};
use serde_json::Map;

pub(super) async fn create(administration: &Administration, args: CreateArgs) -> Result<Outcome, UsersError> {
    let new = NewUser {
        name: args.name,
        email: args.email,
        image: None,
        username: NewUsername::default(),
        fields: Map::new(),
    };
    let new = new.to_user(administration.clock.now()).map_err(AdministrationError::from)?;
    let user = User { email_verified: args.verified, ..new };
    let hash = if args.no_password {
        None
    } else {
        let hasher = args.passwords.hasher()?;
        let password = password::read(user.email.as_str())?;
        Some(hasher.hash(&password, &user).await.map_err(|error| UsersError::password(error, hasher.rules))?)
    };
    administration.create(&user, hash.as_ref()).await?;
    Ok(Outcome::new(user, Action::Created, 0))
}

pub(super) async fn set(
    administration: &Administration,
    user: &UserRef,
    fields: &UserFields,
    values: &[FieldValue],
) -> Result<Outcome, UsersError> {
    let read = |FieldValue { name, text }: &FieldValue| Ok((name.clone(), fields.of_operator(name, text)?));
    let changes = values.iter().map(read).collect::<Result<_, _>>().map_err(UsersError::Field)?;
    let user = administration.find(user).await?.user;
    administration.set_fields(&user, &changes).await?;
    Ok(Outcome::new(user, Action::FieldsSet, 0))
}

pub(super) async fn set_password(
    administration: &Administration,
    user: &UserRef,
    args: &PasswordArgs,
) -> Result<Outcome, UsersError> {
    let hasher = args.hasher()?;
    let user = administration.find(user).await?.user;
    let password = password::read(user.email.as_str())?;
    let hash =
        hasher.hash(&password, &user).await.map_err(|error| UsersError::password(error, hasher.rules))?;
    let ended = administration.set_password(&user, &hash).await?;
    Ok(Outcome::new(user, Action::PasswordSet, ended))
}

pub(super) async fn ban(administration: &Administration, args: BanArgs) -> Result<Outcome, UsersError> {
    if let Some(until) = args.until.filter(|until| *until <= administration.clock.now()) {
        return Err(UsersError::UntilPast(until));
    }
    let user = administration.find(&args.user.name()).await?.user;
    args.consent.ask(&format!("Ban {}?", named(&user)))?;
    let ended = administration.ban(&user, args.until, args.reason).await?;
    Ok(Outcome { banned_until: args.until, ..Outcome::new(user, Action::Banned, ended) })
}

pub(super) async fn unban(administration: &Administration, user: &UserRef) -> Result<Outcome, UsersError> {
    let user = administration.find(user).await?.user;
    let changed = administration.unban(&user).await?;
    Ok(Outcome { changed, ..Outcome::new(user, Action::Unbanned, 0) })
}

pub(super) async fn end_sessions(
    administration: &Administration,
    user: &UserRef,
    consent: &Consent,
) -> Result<Outcome, UsersError> {
    let user = administration.find(user).await?.user;
    consent.ask(&format!("End all sessions of {}?", named(&user)))?;
    let ended = administration.end_sessions(&user).await?;
    Ok(Outcome { changed: ended > 0, ..Outcome::new(user, Action::SessionsEnded, ended) })
}

pub(super) async fn remove_second_factor(
    administration: &Administration,
    user: &UserRef,
    consent: &Consent,
) -> Result<Outcome, UsersError> {
    let user = administration.find(user).await?.user;
    consent.ask(&format!("Remove the second factor of {}?", named(&user)))?;
    let ended = administration.remove_second_factor(&user).await?;
    let outcome = Outcome::new(user, Action::SecondFactorRemoved, ended.unwrap_or_default());
    Ok(Outcome { changed: ended.is_some(), ..outcome })
}

pub(super) async fn delete(
    administration: &Administration,
    user: &UserRef,
    consent: &Consent,
) -> Result<Outcome, UsersError> {
    let user = administration.find(user).await?.user;
    consent.ask(&format!("Delete {}? This cannot be undone.", named(&user)))?;
    let ended = administration.delete(&user).await?;
    Ok(Outcome::new(user, Action::Deleted, ended))
}

fn named(user: &User) -> String {
    format!("{} ({})", user.email.as_str(), user.id)
}
