//! `sign-in/email-otp`

use actix_web::{HttpRequest, HttpResponse, post};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::sending::email_text;
use super::service::EmailOtp;
use crate::audit;
use crate::codes::{Code, Purpose, Subject};
use crate::email_sign_in::{Owner, Proof, Unproven};
use crate::error::{ApiError, CodeError};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::Email;
use crate::protocol::service::Enabled;
use crate::security_event::SecurityEvent;
use crate::sessions::{Entry, TwoFactorRedirect, Way};
use crate::users::{self, MAX_IMAGE, MAX_NAME, NewUser, NewUsername, User, UserView};

/// A code that signs in, and what is known of a new user.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "otp": "123456"}))]
pub struct CodeSignIn {
    /// The email to which the code was sent.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The code.
    #[schema(value_type = String)]
    otp: Code,
    /// The name of a new user: up to 100 characters.
    #[schema(value_type = String, required = false, max_length = 100)]
    name: Option<String>,
    /// URL of a picture of a new user, as for sign-up.
    #[schema(value_type = String, required = false, max_length = 2048)]
    image: Option<String>,
    /// The other members: `USER_FIELDS` says which of them mean something for a new user.
    #[schema(ignore)]
    others: Map<String, Value>,
}

impl Schema for CodeSignIn {
    // As in Better Auth, the origin is checked if there are cookies. No other site can send JSON without a preflight.
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object", "record"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = email_text(fields, "email");
        let otp = fields.string("otp");
        let name = fields.optional_string("name");
        fields.at_most("name", name, MAX_NAME);
        let image = fields.optional_string("image");
        fields.at_most("image", image, MAX_IMAGE);
        fields.safe_image("image", image);
        Some(Self {
            email: email?.to_owned(),
            otp: Code::from(otp?),
            name: name.map(str::to_owned),
            image: image.map(str::to_owned),
            others: fields.except(&["email", "otp", "name", "image"]),
        })
    }
}

/// The response to a correct code.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum CodeSignInResponse<'a> {
    /// The user is signed in.
    Session(SignedInByCode<'a>),
    /// The user has to prove a second factor first.
    SecondFactor(TwoFactorRedirect<'a>),
}

/// A new session and its user.
#[derive(Serialize, ToSchema)]
struct SignedInByCode<'a> {
    /// The session token: a bearer token for `/api/auth`. No later response has it.
    token: &'a str,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
}

/// Sign in by a code.
///
/// Signs in the user with the email, or creates one. The body may also have the fields of `USER_FIELDS`.
#[utoipa::path(tag = "credentials", request_body = CodeSignIn, responses(
    (status = 200, body = CodeSignInResponse, description = "The new session, or `twoFactorRedirect`: prove a second factor with two-factor/verify-*"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_OTP, OTP_EXPIRED, MISSING_FIELD, FIELD_NOT_ALLOWED"),
    (status = 403, body = Envelope, description = "TOO_MANY_ATTEMPTS, BANNED_USER, or the origin is not trusted"),
    (status = 404, description = "Disabled (no body)"),
    (status = 429, description = "Too many requests from this client or wrong codes for this account; wait for X-Retry-After seconds"),
))]
#[post("/sign-in/email-otp")]
pub async fn sign_in_email_otp(
    otp: Enabled<EmailOtp>,
    request: HttpRequest,
    Body(form): Body<CodeSignIn>,
) -> Result<HttpResponse, ApiError> {
    let email = Email::parse(&form.email).ok_or(CodeError::Invalid)?;
    let (passwords, now) = (&otp.passwords, otp.passwords.clock.now());
    let user = users::find_by_email(&passwords.pool, &email).await?;
    let subject = Subject { purpose: Purpose::SignIn, email: &email, requester: None };
    let check = otp.redeem(&request, &subject, &form, now);
    let owner = otp.attempt(&request, (Purpose::SignIn, &email, user.as_ref()), check).await?;
    let client = passwords.log.client(&request);
    let started = match otp.sign_in.start(&request, &owner, Way::EmailOtp, now).await {
        Err(ApiError::InvalidEmailOrPassword) => return Err(CodeError::Invalid.into()),
        Err(error) => return Err(error),
        Ok(Entry::Started(started)) => started,
        Ok(Entry::Challenged(challenged)) => {
            challenged.record(client);
            return Ok(challenged.json(CodeSignInResponse::SecondFactor));
        }
    };
    started.record(client);
    let (token, user) = (started.token.expose(), passwords.accounts.view(&owner.user));
    let body = CodeSignInResponse::Session(SignedInByCode { token, user });
    let mut response = HttpResponse::Ok().json(body);
    otp.sign_in.sessions.respond_with(&mut response, &request, &started, &owner.user).await?;
    Ok(response)
}

impl EmailOtp {
    /// Compares the code, uses it up and identifies the owner of the mailbox, in one transaction. `None` after a wrong guess,
    /// which is counted, and if the account of the code has changed.
    async fn redeem(
        &self,
        request: &HttpRequest,
        subject: &Subject<'_>,
        form: &CodeSignIn,
        now: Timestamp,
    ) -> Result<Option<Owner>, ApiError> {
        let passwords = &self.passwords;
        let transaction = passwords.pool.begin().await?;
        let holder = self.sign_in.lock(&transaction, subject.email).await?;
        let Some((transaction, binding)) = self.compare(transaction, subject, &form.otp, now).await? else {
            return Ok(None);
        };
        self.codes.use_up(&transaction, subject).await?;
        let fields = match &holder {
            Some(_) => Map::new(),
            None => passwords.accounts.fields.of_new_user(&form.others)?,
        };
        let (name, image) = (form.name.clone().unwrap_or_default(), form.image.clone());
        let new =
            NewUser { name, email: subject.email.clone(), image, username: NewUsername::default(), fields };
        let proof = Proof { user: binding.user, new };
        let owner = match self.sign_in.identify(&transaction, holder, &proof, now).await {
            Ok(owner) => owner,
            Err(Unproven::Outdated | Unproven::SignUpDisabled) => return Ok(None),
            Err(Unproven::Failed(error)) => return Err(error),
        };
        let client = passwords.log.client(request);
        let used = SecurityEvent::CodeUsed.by(client).user(owner.user.id.as_str());
        let mut events = vec![used.link(subject.purpose.as_str())];
        events.extend(owner.events(client, "email_otp"));
        audit::commit(transaction, &events).await?;
        Ok(Some(owner))
    }
}
