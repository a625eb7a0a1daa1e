//! Who has a password hashed: what the queue in front of the hashing needs to be fair.

use actix_web::HttpRequest;

use super::Devices;
use crate::client_address::Network;
use crate::protocol::email_address::Email;
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
    pub fn newcomer(network: Network) -> Self {
        Self { network, account: None, standing: Standing::Stranger }
    }
}

impl Devices {
    /// Somebody who names an account, which need not exist; `epoch` is that of its credential.
    pub fn claiming(
        &self,
        request: &HttpRequest,
        network: Network,
        account: &Email,
        epoch: CredentialEpoch,
    ) -> Requester {
        let device = self.known(request.headers(), account, epoch);
        let standing = device
            .map_or(Standing::Stranger, |device| Standing::Known { device: Some(device.id().to_owned()) });
        Requester { network, account: Some(account.as_str().to_owned()), standing }
    }

    /// Somebody with a live session or link of an account.
    pub fn proven(&self, request: &HttpRequest, network: Network, user: &User) -> Requester {
        let claiming = self.claiming(request, network, &user.email, user.credential_epoch);
        match claiming.standing {
            Standing::Known { .. } => claiming,
            Standing::Stranger => Requester { standing: Standing::Known { device: None }, ..claiming },
        }
    }
}
