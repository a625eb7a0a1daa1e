//! `sign-up/email` and `sign-in/email`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;
use service_kit::envelope::Envelope;
use service_kit::store::StoreError;
use utoipa::ToSchema;

use super::hashing::Verdict;
use super::model::{Password, StoredHash};
use super::store;
use crate::error::ApiError;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::origin;
use crate::sessions;
use crate::state::State;
use crate::users::{self, Email, MAX_EMAIL, MAX_IMAGE, MAX_NAME, NewUser, User};

/// A new account.
#[derive(ToSchema)]
pub struct SignUp {
    /// What the person is called, up to 100 characters.
    name: String,
    /// Their address; upper case is lowered.
    #[schema(value_type = String, format = Email)]
    email: Email,
    /// 8 to 128 characters.
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    /// Address of a picture.
    image: Option<String>,
    /// false: the session ends with the browser, or after a day. Default true.
    #[schema(rename = "rememberMe")]
    remember_me: Option<bool>,
}

impl Schema for SignUp {
    const SIGNS_IN: bool = true;
    const BODY_KINDS: &'static [&'static str] = &["object", "record"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.string("name");
        fields.at_most("name", name, MAX_NAME);
        let address = fields.string("email");
        let email = address.and_then(Email::parse);
        if address.is_some() && email.is_none() {
            fields.reject("email", "Invalid email address");
        }
        fields.at_most("email", address, MAX_EMAIL);
        let password = fields.password("password");
        if password.is_some_and(str::is_empty) {
            fields.reject("password", "Too small: expected string to have >=1 characters");
        }
        let image = fields.optional_string("image");
        fields.at_most("image", image, MAX_IMAGE);
        fields.optional_string("callbackURL");
        let remember_me = fields.optional_boolean("rememberMe");
        Some(Self {
            name: name?.to_owned(),
            email: email?,
            password: password?.to_owned(),
            image: image.map(str::to_owned),
            remember_me,
        })
    }
}

/// Credentials.
#[derive(ToSchema)]
pub struct SignIn {
    /// The address, in any case.
    email: String,
    /// The password.
    password: String,
    /// Where a page wants to go next: answered as `url`, with `redirect: true`.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
    /// false: the session ends with the browser, or after a day. Default true.
    #[schema(rename = "rememberMe")]
    remember_me: Option<bool>,
}

impl Schema for SignIn {
    const SIGNS_IN: bool = true;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.string("email");
        fields.at_most("email", email, MAX_EMAIL);
        let password = fields.password("password");
        let callback_url = fields.optional_string("callbackURL");
        let remember_me = fields.optional_boolean("rememberMe");
        Some(Self {
            email: email?.to_owned(),
            password: password?.to_owned(),
            callback_url: callback_url.map(str::to_owned),
            remember_me,
        })
    }
}

/// A new session and whose it is.
#[derive(Serialize, ToSchema)]
struct SignedUp<'a> {
    /// The session token: a bearer token for `/api/auth`, given this once.
    token: &'a str,
    user: &'a User,
}

/// A new session and whose it is.
#[derive(Serialize, ToSchema)]
struct SignedIn<'a> {
    /// Whether the client should go to `url`.
    redirect: bool,
    /// The session token: a bearer token for `/api/auth`, given this once.
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    user: &'a User,
}

/// Makes an account and signs it in. The answer's `set-auth-jwt` header holds an access token.
#[utoipa::path(tag = "credentials", request_body = SignUp, responses(
    (status = 200, body = SignedUp, description = "The account, with a session cookie"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG"),
    (status = 403, body = Envelope, description = "The request does not come from a trusted origin"),
    (status = 422, body = Envelope, description = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
    (status = 503, body = Envelope, description = "Try again: the database is away or too many sign-ins wait"),
))]
#[post("/sign-up/email")]
pub async fn sign_up(
    request: HttpRequest,
    state: web::Data<State>,
    Body(form): Body<SignUp>,
) -> Result<HttpResponse, ApiError> {
    let hash = state.passwords.hash(Password::chosen(&form.password, state.settings.passwords)?).await?;
    let now = state.clock.now();
    let new = NewUser { name: form.name, email: form.email, image: form.image };
    let mut client = state.pool.get().await.map_err(StoreError::from)?;
    let transaction = client.transaction().await.map_err(StoreError::from)?;
    let user = users::create(&transaction, new, now).await?;
    store::create(&transaction, &user.id, &hash, now).await?;
    let remembered = form.remember_me.unwrap_or(true);
    let started = sessions::start(&transaction, &state, &request, &user.id, remembered, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;

    let mut response = HttpResponse::Ok();
    sessions::hand_over(&mut response, &state, &request, &started, &user)?;
    Ok(response.json(SignedUp { token: started.token.expose(), user: &user }))
}

/// Starts a session. The answer's `set-auth-jwt` header holds an access token.
#[utoipa::path(tag = "credentials", request_body = SignIn, responses(
    (status = 200, body = SignedIn, description = "A session, with its cookie"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, PASSWORD_TOO_LONG"),
    (status = 401, body = Envelope, description = "INVALID_EMAIL_OR_PASSWORD, whichever of the two it is"),
    (status = 403, body = Envelope, description = "The request or its callbackURL is not of a trusted origin"),
    (status = 503, body = Envelope, description = "Try again: the database is away or too many sign-ins wait"),
))]
#[post("/sign-in/email")]
pub async fn sign_in(
    request: HttpRequest,
    state: web::Data<State>,
    Body(form): Body<SignIn>,
) -> Result<HttpResponse, ApiError> {
    let email = Email::parse(&form.email).ok_or(ApiError::InvalidEmail)?;
    let password = Password::claimed(&form.password, state.settings.passwords)?;
    let user = check_password(&state, &email, password).await?.ok_or(ApiError::InvalidEmailOrPassword)?;

    let now = state.clock.now();
    let client = state.pool.get().await.map_err(StoreError::from)?;
    let remembered = form.remember_me.unwrap_or(true);
    let started = sessions::start(&client, &state, &request, &user.id, remembered, now).await?;
    drop(client);

    let mut response = HttpResponse::Ok();
    sessions::hand_over(&mut response, &state, &request, &started, &user)?;
    let url = form.callback_url.as_deref();
    let redirect = url.is_some_and(|url| !url.is_empty());
    if let (true, Some(url)) = (redirect, url) {
        response.insert_header((header::LOCATION, origin::location(url)));
    }
    Ok(response.json(SignedIn { redirect, token: started.token.expose(), url, user: &user }))
}

/// Compares a password with the account's. An unknown address, or an account without a password, costs the same
/// hash as a wrong one. No connection is held while the hash is made.
async fn check_password(state: &State, email: &Email, password: Password) -> Result<Option<User>, ApiError> {
    let client = state.pool.get().await.map_err(StoreError::from)?;
    let found = store::find_by_email(&client, email).await?;
    drop(client);
    let (user, stored) = match found {
        Some((user, stored)) => (Some(user), stored),
        None => (None, None),
    };
    match state.passwords.verify(password, stored).await? {
        Verdict::Wrong => Ok(None),
        Verdict::Right => Ok(user),
        Verdict::Outdated { password, stored } => {
            if let Some(user) = &user
                && let Err(error) = renew(state, user, password, &stored).await
            {
                // The password was right; its hash can be made anew the next time.
                tracing::warn!(%error, "a password hash was not renewed");
            }
            Ok(user)
        }
    }
}

async fn renew(state: &State, user: &User, password: Password, stored: &StoredHash) -> Result<(), ApiError> {
    let hash = state.passwords.hash(password).await?;
    let client = state.pool.get().await.map_err(StoreError::from)?;
    Ok(store::renew(&client, &user.id, stored, &hash, state.clock.now()).await?)
}
