//! Who has a password hashed: what the queue in front of the hashing needs to be fair.

use actix_web::HttpRequest;

use super::device;
use crate::client_address::Network;
use crate::protocol::email_address::Email;
use crate::state::State;
use crate::users::{CredentialEpoch, User};

/// Who waits for a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// Where the request comes from.
    pub network: Network,
    /// Whose password it is about; `None` while there is no account yet.
    pub account: Option<String>,
    /// What speaks for them.
    pub standing: Standing,
}

/// What speaks for somebody before their password is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Stranger,
    /// The account was used here before: its device cookie came along, or a live session or link of it.
    Known {
        /// The device, if it has a cookie.
        device: Option<String>,
    },
}

impl Requester {
    /// Somebody who wants a new account.
    pub fn newcomer(state: &State, request: &HttpRequest) -> Self {
        let network = Network::of(state.settings.trusted_proxies.client(request));
        Self { network, account: None, standing: Standing::Stranger }
    }

    /// Somebody who names an account, which need not exist; `epoch` is that of its credential.
    pub fn claiming(state: &State, request: &HttpRequest, account: &Email, epoch: CredentialEpoch) -> Self {
        let device = device::known(&state.cookies, request.headers(), account, epoch);
        let standing = device
            .map_or(Standing::Stranger, |device| Standing::Known { device: Some(device.id().to_owned()) });
        Self { account: Some(account.as_str().to_owned()), standing, ..Self::newcomer(state, request) }
    }

    /// Somebody with a live session or link of an account.
    pub fn proven(state: &State, request: &HttpRequest, user: &User) -> Self {
        let claiming = Self::claiming(state, request, &user.email, user.credential_epoch);
        match claiming.standing {
            Standing::Known { .. } => claiming,
            Standing::Stranger => Self { standing: Standing::Known { device: None }, ..claiming },
        }
    }
}
