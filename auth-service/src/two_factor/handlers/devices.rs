//! The devices that sign in without the second factor. Better Auth has no endpoints for them.

use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::service::TwoFactor;
use crate::audit;
use crate::error::ApiError;
use crate::protocol::body::{Fields, Schema};
use crate::protocol::service::Enabled;
use crate::protocol::status::{DONE, Status};
use crate::protocol::timestamp;
use crate::second_factors::{self, TrustedDevice};
use crate::security_event::SecurityEvent;
use crate::sessions::{SignedIn, WithBody};

/// A device that signs in without the second factor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TrustedDeviceView<'a> {
    /// Its id, for `revoke-trusted-device`.
    #[schema(value_type = String, format = Uuid)]
    id: Uuid,
    /// When it was trusted.
    #[serde(serialize_with = "timestamp::serialize")]
    created_at: Timestamp,
    /// When it last signed in.
    #[serde(serialize_with = "timestamp::serialize")]
    last_used_at: Timestamp,
    /// When the trust ends, unless the device signs in before.
    #[serde(serialize_with = "timestamp::serialize")]
    expires_at: Timestamp,
    /// The IP address from which it was trusted.
    ip_address: &'a str,
    /// Its `User-Agent` header then.
    user_agent: &'a str,
    /// Whether this request comes from it.
    current: bool,
}

impl<'a> From<&'a TrustedDevice> for TrustedDeviceView<'a> {
    fn from(device: &'a TrustedDevice) -> Self {
        Self {
            id: device.id,
            created_at: device.created_at,
            last_used_at: device.last_used_at,
            expires_at: device.expires_at,
            ip_address: &device.ip_address,
            user_agent: &device.user_agent,
            current: device.is_current,
        }
    }
}

/// List the trusted devices.
///
/// The last used first. A change of the password ends the trust in all of them.
#[utoipa::path(tag = "second factors", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = [TrustedDeviceView], description = "The devices that sign in without the second factor"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[get("/two-factor/trusted-devices")]
pub async fn trusted_devices(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    current: SignedIn,
) -> Result<HttpResponse, ApiError> {
    let presented = two_factor.sessions.presented_devices(&request);
    let (pool, now) = (&two_factor.pool, two_factor.clock.now());
    let devices = second_factors::list_trusted(pool, &current.user.id, &presented, now).await?;
    Ok(HttpResponse::Ok().json(devices.iter().map(TrustedDeviceView::from).collect::<Vec<_>>()))
}

/// A trusted device.
#[derive(ToSchema)]
#[schema(example = json!({"id": "018f0000-0000-7000-8000-000000000001"}))]
pub struct RevokedDevice {
    /// The id of the device.
    id: String,
}

impl Schema for RevokedDevice {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { id: fields.string("id")?.to_owned() })
    }
}

/// End the trust in a device.
///
/// Succeeds for an unknown device too. The sessions of the device go on.
#[utoipa::path(tag = "second factors", security(("cookie" = []), ("bearer" = [])), request_body = RevokedDevice, responses(
    (status = 200, body = Status, description = "The device is not trusted any more"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "The origin is not trusted"),
))]
#[post("/two-factor/revoke-trusted-device")]
pub async fn revoke_trusted_device(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    WithBody { current, body }: WithBody<RevokedDevice>,
) -> Result<HttpResponse, ApiError> {
    if let Ok(id) = Uuid::parse_str(&body.id) {
        let transaction = two_factor.pool.begin().await?;
        if second_factors::revoke_trusted(&transaction, &current.user.id, id).await? {
            let client = two_factor.log.client(&request);
            let event = current.event(SecurityEvent::DeviceTrustRevoked, client);
            audit::commit(transaction, &[event]).await?;
        }
    }
    Ok(HttpResponse::Ok().json(DONE))
}
