//! Starting the session of the owner of a mailbox.

use actix_web::HttpRequest;
use jiff::Timestamp;

use super::owner::Owner;
use super::service::EmailSignIn;
use crate::error::ApiError;
use crate::security_event::SecurityEvent;
use crate::sessions::{Entry, Way};

impl EmailSignIn {
    /// Signs in an owner whose proof was committed, unless a second factor is due. A mail tells them if the device is new to the account.
    ///
    /// # Errors
    /// [`ApiError::BannedUser`] while a ban holds, and [`ApiError::InvalidEmailOrPassword`] if the credential changed at this
    /// moment.
    pub async fn start(
        &self,
        request: &HttpRequest,
        owner: &Owner,
        way: Way,
        now: Timestamp,
    ) -> Result<Entry, ApiError> {
        let admission = self.sessions.admit(&owner.user, way)?;
        let entry = self.sessions.sign_in(request, admission, true, owner.is_new(), now).await;
        let reason = match &entry {
            Err(ApiError::BannedUser) => Some("banned"),
            Err(ApiError::InvalidEmailOrPassword) => Some("credential_changed"),
            Ok(_) | Err(_) => None,
        };
        if let Some(reason) = reason {
            let refused = SecurityEvent::SignInRefused.by(self.log.client(request)).reason(reason);
            self.log.refused(refused.user(owner.user.id.as_str()));
        }
        entry
    }
}
