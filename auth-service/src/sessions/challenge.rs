//! Sign-ins that wait for the second factor, and devices that are trusted to go without.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use service_kit::database::Executor;
use service_kit::security_log::Client;
use shared_claims::UserId;
use utoipa::ToSchema;

use super::admission::Admission;
use super::service::Sessions;
use super::store;
use crate::error::ApiError;
use crate::protocol::cookies::Mark;
use crate::protocol::redirect::{self, CheckedTarget};
use crate::protocol::session_id::SessionId;
use crate::second_factors::{self, ChallengeToken, DeviceToken, NewChallenge};
use crate::security_event::SecurityEvent;
use crate::tokens::AuthenticationMethod;

/// How long a user has to prove the second factor, as in Better Auth.
const CHALLENGE_TTL: SignedDuration = SignedDuration::from_mins(10);
/// Maximum number of trusted devices in a request: one for the host, and one for each domain above it.
const MAX_DEVICES: usize = 4;

/// A way to prove the second factor. A backup code always proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FactorMethod {
    /// A code of the authenticator app: `two-factor/verify-totp`
    Totp,
    /// A code by mail: `two-factor/send-otp`, then `two-factor/verify-otp`
    Otp,
}

impl FactorMethod {
    fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Otp => "otp",
        }
    }
}

/// A sign-in that waits for the second factor.
pub struct Challenged {
    methods: Vec<FactorMethod>,
    cookies: Vec<HeaderValue>,
    /// The sessions of the request, which ended, and their users.
    ended: Vec<(SessionId, UserId)>,
}

/// The response of a sign-in that waits for the second factor. No session was started.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TwoFactorRedirect<'a> {
    /// Always true.
    two_factor_redirect: bool,
    /// What the user can prove it with, besides a backup code.
    two_factor_methods: &'a [FactorMethod],
}

impl Challenged {
    /// The response of an endpoint with JSON, whose other responses `of` tells apart.
    pub fn json<'a, T: Serialize>(&'a self, of: impl FnOnce(TwoFactorRedirect<'a>) -> T) -> HttpResponse {
        let body = TwoFactorRedirect { two_factor_redirect: true, two_factor_methods: &self.methods };
        self.with_cookies(HttpResponse::Ok().json(of(body)))
    }

    /// Logs the sessions that ended. The audit log has them already. Call it after the commit.
    pub fn record(&self, client: Client) {
        for (session, user) in &self.ended {
            let event = SecurityEvent::SessionEnded.by(client).user(user.as_str());
            event.session(*session.as_uuid()).emit();
        }
    }

    fn with_cookies(&self, mut response: HttpResponse) -> HttpResponse {
        for cookie in &self.cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        response
    }
}

impl Sessions {
    /// The response of an endpoint that redirects: to the page that asks for the code, on the site of `callback`, where the
    /// browser goes afterwards.
    pub fn redirect_to(&self, challenged: &Challenged, callback: &CheckedTarget) -> HttpResponse {
        let methods: Vec<_> = challenged.methods.iter().map(|method| method.name()).collect();
        let page = callback.page_of_site(&self.factors.settings.page, &self.origins);
        let page = page.with_parameter("methods", &methods.join(","));
        challenged.with_cookies(redirect::found(&page.with_parameter("callbackURL", callback.as_str())))
    }

    /// Stores a challenge, and ends the sessions of the request: their cookie is cleared, so that the challenge is answered by
    /// nobody else's session.
    pub(super) async fn challenge(
        &self,
        client: &impl Executor,
        request: &HttpRequest,
        (admission, remembered): (Admission<'_>, bool),
        now: Timestamp,
    ) -> Result<Challenged, ApiError> {
        let Admission { user, way, authentication, .. } = admission;
        let token = ChallengeToken::generate()?;
        let new = NewChallenge {
            epoch: user.credential_epoch,
            first_factor: authentication.method.map(AuthenticationMethod::name).unwrap_or_default(),
            mail_allowed: way.allows_mail_code() && self.outbox.is_some(),
            remembered,
            expires_at: now.checked_add(CHALLENGE_TTL).unwrap_or(Timestamp::MAX),
        };
        let created = second_factors::create_challenge(client, &user.id, &token, new).await?;
        let (mail, totp) = created.ok_or(ApiError::InvalidEmailOrPassword)?;
        let presented = self.cookies.all_presented(request.headers());
        let ended = match presented.as_slice() {
            [] => Vec::new(),
            tokens => store::end(client, tokens, self.log.client(request)).await?,
        };
        let methods = [(totp, FactorMethod::Totp), (mail, FactorMethod::Otp)];
        let methods = methods.into_iter().filter_map(|(on, method)| on.then_some(method)).collect();
        let pending = self.cookies.set_mark(Mark::TwoFactor, token.expose(), CHALLENGE_TTL);
        let cookies = self.cookies.clearing().into_iter().chain(pending).collect();
        Ok(Challenged { methods, cookies, ended })
    }

    /// The token of the challenge that a request answers.
    pub fn presented_challenge(&self, request: &HttpRequest) -> Option<ChallengeToken> {
        let mut tokens = self.cookies.marks(request.headers(), Mark::TwoFactor);
        tokens.next().map(|text| ChallengeToken::from(text.as_str()))
    }

    /// The tokens of the trusted devices that a request presents.
    pub fn presented_devices(&self, request: &HttpRequest) -> Vec<DeviceToken> {
        let texts = self.cookies.marks(request.headers(), Mark::TrustedDevice);
        texts.take(MAX_DEVICES).map(|text| DeviceToken::from(text.as_str())).collect()
    }

    /// Until when a device is trusted that is used `now`.
    pub fn trusted_until(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.factors.settings.device_ttl).unwrap_or(Timestamp::MAX)
    }

    /// Creates the cookie of a trusted device.
    pub fn trust_cookie(&self, token: &DeviceToken) -> Option<HeaderValue> {
        self.cookies.set_mark(Mark::TrustedDevice, token.expose(), self.factors.settings.device_ttl)
    }
}
