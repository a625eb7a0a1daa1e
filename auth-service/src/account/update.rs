//! `update-user`

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde_json::{Map, Value};
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::service::Accounts;
use crate::audit;
use crate::error::ApiError;
use crate::protocol::body::{Fields, Schema};
use crate::protocol::status::{DONE, Status};
use crate::security_event::SecurityEvent;
use crate::sessions::{self, WithBody};
use crate::users::{self, Changes, MAX_IMAGE, MAX_NAME, UsernameChange};

/// The fields to change: `name`, `image`, `username` and `displayUsername` if `USERNAME_ENABLED` is on, and those of
/// `USER_FIELDS`. Absent fields keep their values.
#[derive(ToSchema)]
#[schema(example = json!({"name": "Alice Liddell", "image": null}))]
pub struct UserChange {
    /// The user's name: up to 100 characters.
    #[schema(value_type = String, required = false, max_length = 100)]
    name: Option<String>,
    /// URL of a picture: absolute, relative, or a `data:` URL of an image. `null` removes it. `javascript:`, `vbscript:` and
    /// `file:` URLs are refused.
    #[schema(value_type = Option<String>, max_length = 2048)]
    image: Option<Option<String>>,
    #[schema(ignore)]
    names_email: bool,
    /// The other members: `USERNAME_ENABLED` and `USER_FIELDS` say which of them mean something.
    #[schema(ignore)]
    others: Map<String, Value>,
}

impl Schema for UserChange {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["record"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.optional_string("name");
        fields.at_most("name", name, MAX_NAME);
        let image = fields.nullable_string("image");
        fields.at_most("image", image.flatten(), MAX_IMAGE);
        fields.safe_image("image", image.flatten());
        Some(Self {
            name: name.map(str::to_owned),
            image: image.map(|image| image.map(str::to_owned)),
            names_email: fields.is_truthy("email"),
            others: fields.except(&["name", "image", "email"]),
        })
    }
}

/// Update the user.
///
/// Changes the name, the picture, the username and the fields of `USER_FIELDS`. The access tokens that name a changed field are revoked.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])), request_body = UserChange, responses(
    (status = 200, body = Status, description = "The user was updated"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, FIELD_NOT_ALLOWED, MISSING_FIELD, EMAIL_CAN_NOT_BE_UPDATED, USERNAME_TOO_SHORT, USERNAME_TOO_LONG, INVALID_USERNAME, USERNAME_IS_ALREADY_TAKEN, USERNAME_IS_IMMUTABLE, or nothing to change"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/update-user")]
pub async fn update_user(
    request: HttpRequest,
    accounts: web::Data<Accounts>,
    WithBody { current, body }: WithBody<UserChange>,
) -> Result<HttpResponse, ApiError> {
    if body.names_email {
        return Err(ApiError::EmailCanNotBeUpdated);
    }
    let username = match &accounts.settings.usernames {
        Some(rules) => rules.of_change(&body.others, current.user.username.as_ref())?,
        None => UsernameChange::default(),
    };
    let fields = accounts.settings.fields.of_change(&body.others)?;
    if body.name.is_none() && body.image.is_none() && username.is_empty() && fields.is_empty() {
        return Err(ApiError::NoFieldsToUpdate);
    }
    let is_in_tokens = accounts.sessions.tokens.are_about_any(&fields);
    let image = body.image.as_ref().map(Option::as_deref);
    let changes = Changes { name: body.name.as_deref(), image, username, fields };
    let (user, now) = (&current.user.id, accounts.clock.now());
    let transaction = accounts.pool.begin().await?;
    users::update(&transaction, user, &changes, now).await?;
    if is_in_tokens {
        sessions::renew_tokens(&transaction, user).await?;
    }
    let event = current.event(SecurityEvent::UserUpdated, accounts.log.client(&request));
    audit::commit(transaction, &[event]).await?;
    let mut response = HttpResponse::Ok().json(DONE);
    accounts.sessions.set_cookies(&mut response, &request, &current);
    Ok(response)
}
