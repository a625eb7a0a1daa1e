use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use service_kit::id;
use shared_claims::SharedClock;
use uuid::Uuid;

use super::store::{self, MagicLink, MagicLinkToken};
use crate::audit;
use crate::email_sign_in::{EmailSignIn, Owner, Proof, Unproven};
use crate::protocol::cookies::{Cookies, Mark};
use crate::protocol::email_address::Email;
use crate::protocol::origin::TrustedOrigins;
use crate::protocol::service::Feature;
use crate::security_event::{SecurityEvent, SecurityLog};
use crate::users::NewUser;
use crate::users::NewUsername;
use crate::verifications::LinkMailer;

/// The name of the link in security events.
pub(super) const LINK: &str = "magic-link";

/// Sends links that sign in, and signs in who opens them.
#[derive(Clone)]
pub struct MagicLinks {
    /// How long links are valid; `None` if the feature is off.
    pub lifetime: Option<SignedDuration>,
    pub pool: Pool,
    pub sign_in: EmailSignIn,
    pub mailer: LinkMailer,
    pub cookies: Arc<Cookies>,
    pub origins: Arc<TrustedOrigins>,
    pub log: Arc<SecurityLog>,
    pub clock: SharedClock,
}

impl Feature for MagicLinks {
    fn is_on(&self) -> bool {
        self.lifetime.is_some()
    }
}

impl MagicLinks {
    /// An id for a new link.
    pub(super) fn new_id(now: Timestamp) -> Uuid {
        id::new_v7(now)
    }

    /// Whether the browser that sent these headers requested the link.
    pub(super) fn is_browser_of(&self, headers: &HeaderMap, link: &MagicLink) -> bool {
        let id = link.id.to_string();
        self.cookies.marks(headers, Mark::MagicLink).any(|text| text == id)
    }

    /// Uses up the link and identifies the owner of its mailbox. `None` if the link is not valid any more: of concurrent
    /// requests, one gets the owner.
    pub(super) async fn redeem(
        &self,
        request: &HttpRequest,
        (token, email): (&MagicLinkToken, &Email),
        now: Timestamp,
    ) -> Result<Option<Owner>, Unproven> {
        let transaction = self.pool.begin().await?;
        let holder = self.sign_in.lock(&transaction, email).await?;
        let Some(link) = store::take(&transaction, token, now).await? else { return Ok(None) };
        let name = link.name.unwrap_or_default();
        let new = NewUser {
            name,
            email: link.email,
            image: None,
            username: NewUsername::default(),
            fields: Default::default(),
        };
        let owner = self.sign_in.identify(&transaction, holder, &Proof { user: link.user, new }, now).await?;
        let client = self.log.client(request);
        let used = SecurityEvent::LinkUsed.by(client).user(owner.user.id.as_str()).link(LINK);
        let mut events = vec![used];
        events.extend(owner.events(client, "magic_link"));
        audit::commit(transaction, &events).await?;
        Ok(Some(owner))
    }
}
