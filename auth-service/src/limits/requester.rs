//! Who has a password hashed. The hash queue uses it to be fair.

use actix_web::HttpRequest;

use super::Devices;
use super::claimed_account::ClaimedAccount;
use crate::client_address::Network;
use crate::users::{CredentialEpoch, User};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    pub network: Network,
    /// The account whose password it is; `None` if there is no account yet.
    pub account: Option<String>,
    pub standing: Standing,
}

/// How far a requester is known before the password is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Unknown.
    Unknown,
    /// The request has a device cookie of the account, or a live session or link.
    Known {
        /// The id of the device, if it has a cookie.
        device: Option<String>,
    },
}

impl Requester {
    /// A requester who wants to create an account.
    pub fn newcomer(network: Network) -> Self {
        Self { network, account: None, standing: Standing::Unknown }
    }
}

impl Devices {
    /// A requester who claims an account, which need not exist. `epoch` is that of its credential.
    pub fn claiming(
        &self,
        request: &HttpRequest,
        network: Network,
        account: ClaimedAccount<'_>,
        epoch: CredentialEpoch,
    ) -> Requester {
        let device = self.known(request.headers(), account, epoch);
        let standing = device
            .map_or(Standing::Unknown, |device| Standing::Known { device: Some(device.id().to_owned()) });
        Requester { network, account: Some(account.as_str().to_owned()), standing }
    }

    /// A requester with a live session or link of an account.
    pub fn proven(&self, request: &HttpRequest, network: Network, user: &User) -> Requester {
        let claiming = self.claiming(request, network, (&user.email).into(), user.credential_epoch);
        match claiming.standing {
            Standing::Known { .. } => claiming,
            Standing::Unknown => Requester { standing: Standing::Known { device: None }, ..claiming },
        }
    }
}
