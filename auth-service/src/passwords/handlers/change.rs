//! `change-password`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use secrecy::SecretString;
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::model::Password;
use super::super::service::Passwords;
use super::super::store;
use crate::email::{Addressee, Message};
use crate::error::ApiError;
use crate::limits::MailRequester;
use crate::protocol::body::{Fields, Schema};
use crate::security_event::SecurityEvent;
use crate::sessions::{self, Way, WithBody};
use crate::users::{User, UserView};
use crate::verifications;

/// A new password and the current one.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"newPassword": "battery horse correct", "currentPassword": "correct horse battery", "revokeOtherSessions": true}))]
pub struct PasswordChange {
    /// The new password: 8 to 128 characters.
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    new_password: SecretString,
    /// The current password.
    #[schema(value_type = String)]
    current_password: SecretString,
    /// Whether to sign out all other devices. The default is false.
    #[schema(value_type = bool, required = false)]
    revoke_other_sessions: Option<bool>,
}

impl Schema for PasswordChange {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let new_password = fields.password("newPassword");
        let current_password = fields.password("currentPassword");
        let revoke_other_sessions = fields.optional_boolean("revokeOtherSessions");
        Some(Self { new_password: new_password?, current_password: current_password?, revoke_other_sessions })
    }
}

/// The user, and the new session if all sessions were ended.
#[derive(Serialize, ToSchema)]
struct PasswordChanged<'a> {
    /// The token of the new session.
    token: Option<&'a str>,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
}

/// Change the password.
///
/// With `revokeOtherSessions` all sessions end, and this device gets a new one.
#[utoipa::path(tag = "credentials", security(("cookie" = []), ("bearer" = [])), request_body = PasswordChange, responses(
    (status = 200, body = PasswordChanged, description = "The password was changed"),
    (status = 400, body = Envelope, description = "INVALID_PASSWORD, CREDENTIAL_ACCOUNT_NOT_FOUND, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMPROMISED"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/change-password")]
pub async fn change_password(
    request: HttpRequest,
    passwords: web::Data<Passwords>,
    WithBody { current, body }: WithBody<PasswordChange>,
) -> Result<HttpResponse, ApiError> {
    let user = &current.user;
    let new = Password::chosen(&body.new_password, passwords.rules)?;
    let epoch = passwords.confirm(&request, user, &body.current_password).await?;
    let hash = passwords.hash_chosen(passwords.proven(&request, user), new, user.into()).await?;

    let now = passwords.clock.now();
    let transaction = passwords.pool.begin().await?;
    let Some(epoch) =
        store::change(&transaction, &user.id, epoch, (&hash, store::PasswordSource::Account), now).await?
    else {
        // The password was changed while the new one was hashed.
        return Err(ApiError::InvalidPassword);
    };
    if !sessions::hold(&transaction, current.session.id, now).await? {
        // The session ended while the new password was hashed.
        return Err(ApiError::Unauthorized);
    }
    let user = &User { credential_epoch: epoch, ..user.clone() };
    verifications::void(&transaction, &user.id).await?;
    let started = if body.revoke_other_sessions == Some(true) {
        let ended = sessions::end_all(&transaction, &user.id, None).await?;
        let remembered = current.session.remembered;
        let admission = passwords.sessions.admit_again(&current, user, Way::ChangedPassword);
        Some((passwords.sessions.start(&transaction, &request, admission, remembered, now).await?, ended))
    } else {
        None
    };
    let requester = MailRequester::described(&passwords.log, &request, &user.id);
    let (mailer, to) = (&passwords.mailer, Addressee::account(user));
    mailer.notify(&transaction, &requester, to, &Message::PasswordChanged, now).await?;
    let client = passwords.log.client(&request);
    let mut events = vec![current.event(SecurityEvent::PasswordChanged, client)];
    events.extend(started.as_ref().map(|(_, ended)| {
        current.event(SecurityEvent::SessionsRevoked, client).reason("password_changed").count(*ended)
    }));
    mailer.commit(transaction, &events).await?;
    if let Some((started, _)) = &started {
        started.record(client);
    }

    let token = started.as_ref().map(|(started, _)| started.token.expose());
    let mut response =
        HttpResponse::Ok().json(PasswordChanged { token, user: passwords.accounts.view(user) });
    match &started {
        Some((started, _)) => passwords.sessions.respond_with(&mut response, &request, started, user).await?,
        None => passwords.attempts.devices.remember(&mut response, &request, user)?,
    }
    Ok(response)
}
