//! Known devices: those that signed in to an account before. A signed cookie identifies them (OWASP's "device
//! cookie"). It does not authenticate anybody. It only gives a device its own count of wrong passwords.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;

use super::claimed_account::ClaimedAccount;
use crate::error::ApiError;
use crate::protocol::cookies::{Cookies, Mark};
use crate::users::{CredentialEpoch, User};

/// A character that is not used in base64url and not escaped in a cookie.
const SEPARATOR: char = '~';
/// 128 bits, so that two devices never have the same id.
const ID_BYTES: usize = 16;
/// Lifetime of the cookie: the maximum of browsers.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(400 * 24);
/// The cookie contains the first 128 bits of a hash of an account.
const MARK_BYTES: usize = 16;
/// Maximum number of accounts of a device, e.g. those of a family. A new one replaces the oldest.
const MAX_ACCOUNTS: usize = 5;

/// A device and the accounts that signed in on it, newest first.
pub(super) struct Device {
    id: String,
    marks: Vec<String>,
}

impl Device {
    fn generate() -> Result<Self, ApiError> {
        let mut bytes = [0; ID_BYTES];
        rand::fill(&mut bytes).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
        Ok(Self { id: URL_SAFE_NO_PAD.encode(bytes), marks: Vec::new() })
    }

    /// Reads the text of a cookie with a valid signature.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(SEPARATOR);
        let id = parts.next()?;
        let marks: Vec<_> = parts.map(str::to_owned).collect();
        let is_device = !id.is_empty() && (1..=MAX_ACCOUNTS).contains(&marks.len());
        is_device.then(|| Self { id: id.to_owned(), marks })
    }

    fn text(&self) -> String {
        let parts = [self.id.as_str()].into_iter().chain(self.marks.iter().map(String::as_str));
        parts.collect::<Vec<_>>().join(&SEPARATOR.to_string())
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    fn knows(&self, account: ClaimedAccount<'_>, epoch: CredentialEpoch) -> bool {
        self.marks.contains(&self.mark(account, epoch))
    }

    fn add(&mut self, account: ClaimedAccount<'_>, epoch: CredentialEpoch) {
        self.marks.insert(0, self.mark(account, epoch));
        self.marks.truncate(MAX_ACCOUNTS);
    }

    /// Identifies an account. It is different on each device, so that two cookies cannot be compared, and in each
    /// credential epoch, so that somebody who knew a former password cannot use its mark to guess the current one.
    fn mark(&self, account: ClaimedAccount<'_>, epoch: CredentialEpoch) -> String {
        let (id, account, epoch) = (&self.id, account.as_str(), epoch.number());
        let parts = format!("device{SEPARATOR}{id}{SEPARATOR}{account}{SEPARATOR}{epoch}");
        let hash = digest::digest(&digest::SHA256, parts.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_ref().get(..MARK_BYTES).unwrap_or_default())
    }
}

/// Recognizes and marks the known devices of accounts.
pub struct Devices {
    cookies: Arc<Cookies>,
    /// Whether passwords are limited. If not, devices are not marked.
    is_limited: bool,
}

impl Devices {
    /// Recognizes devices by `cookies`. Marks them only if wrong passwords are limited.
    pub fn new(cookies: Arc<Cookies>, is_limited: bool) -> Self {
        Self { cookies, is_limited }
    }

    /// Returns the device that sent a request, if `account` signed in on it with the credential of `epoch`.
    pub(super) fn known(
        &self,
        headers: &HeaderMap,
        account: ClaimedAccount<'_>,
        epoch: CredentialEpoch,
    ) -> Option<Device> {
        self.presented(headers).find(|device| device.knows(account, epoch))
    }

    /// Whether `user` proved the current credential on the device that sent `request`.
    pub fn know(&self, request: &HttpRequest, user: &User) -> bool {
        self.known(request.headers(), (&user.email).into(), user.credential_epoch).is_some()
    }

    /// The devices in the cookies of a request with a valid signature.
    fn presented<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = Device> + use<'a> {
        self.cookies.marks(headers, Mark::Device).filter_map(|text| Device::parse(&text))
    }

    /// Marks the device on which `user` proved the current credential, unless it is marked already. Called when a
    /// session is sent to its device and when a password is changed.
    pub fn remember(
        &self,
        response: &mut HttpResponse,
        request: &HttpRequest,
        user: &User,
    ) -> Result<(), ApiError> {
        if let Some(cookie) = self.cookie(request, user)? {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(())
    }

    /// Creates the cookie that marks the device; `None` if it is marked already.
    pub fn cookie(&self, request: &HttpRequest, user: &User) -> Result<Option<HeaderValue>, ApiError> {
        if !self.is_limited || self.know(request, user) {
            return Ok(None);
        }
        let mut device = match self.presented(request.headers()).next() {
            Some(device) => device,
            None => Device::generate()?,
        };
        device.add((&user.email).into(), user.credential_epoch);
        Ok(self.cookies.set_mark(Mark::Device, &device.text(), MAX_AGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::email_address::Email;

    const EPOCH: CredentialEpoch = CredentialEpoch::FIRST;

    fn email(name: &str) -> Email {
        Email::parse(&format!("{name}@example.com")).unwrap()
    }

    #[test]
    fn a_device_knows_the_last_few_accounts() {
        let mut device = Device::generate().ok().unwrap();
        let names = ["ada", "bob", "cyd", "dan", "eve", "fay"];
        for name in names {
            assert!(!device.knows((&email(name)).into(), EPOCH));
            device.add((&email(name)).into(), EPOCH);
        }
        let read = Device::parse(&device.text()).unwrap();
        assert_eq!(
            names.map(|name| read.knows((&email(name)).into(), EPOCH)),
            [false, true, true, true, true, true]
        );
        assert!(read.text().len() < 256, "a cookie of moderate size");
        assert!(!read.text().contains("example"), "no address in it");
    }

    #[test]
    fn other_signed_texts_are_no_devices() {
        for text in ["", "true", "id", "~mark", "vOse1K4zapeaYpdmupmRk5Fm"] {
            assert!(Device::parse(text).is_none(), "{text}");
        }
        assert!(Device::parse(&format!("id{}", "~mark".repeat(6))).is_none());
    }

    #[test]
    fn a_mark_means_nothing_in_another_epoch() {
        let mut device = Device::generate().ok().unwrap();
        device.add((&email("ada")).into(), EPOCH);
        assert!(!device.knows((&email("ada")).into(), CredentialEpoch::from_number(1)));
        device.add((&email("ada")).into(), CredentialEpoch::from_number(1));
        assert!(device.knows((&email("ada")).into(), CredentialEpoch::from_number(1)));
    }

    #[test]
    fn a_mark_means_nothing_on_another_device() {
        let (mut one, mut two) = (Device::generate().ok().unwrap(), Device::generate().ok().unwrap());
        one.add((&email("ada")).into(), EPOCH);
        two.marks.clone_from(&one.marks);
        assert!(one.knows((&email("ada")).into(), EPOCH) && !two.knows((&email("ada")).into(), EPOCH));
    }
}
