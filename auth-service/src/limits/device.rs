//! Devices that an account was signed in on, known by a signed cookie (OWASP's "device cookie"). It authenticates
//! nothing: all it gives is a count of wrong passwords that strangers cannot use up.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::ApiError;
use crate::protocol::cookies::Cookies;
use crate::protocol::email_address::Email;
use crate::users::{CredentialEpoch, User};

/// What the signed text begins with: no session token and nothing else we sign does.
const KIND: &str = "device";
/// Between the parts; neither in base64url nor escaped in a cookie.
const SEPARATOR: char = '~';
/// 128 bits: nobody meets another device's id by chance.
const ID_BYTES: usize = 16;
/// Of an account the cookie holds the first 128 bits of a hash.
const MARK_BYTES: usize = 16;
/// How many accounts a device is known for: those of a family at one computer. The one added first gives way.
const MAX_ACCOUNTS: usize = 5;

/// A device and the accounts that were signed in on it, the newest first.
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

    /// Reads the text of a cookie whose signature was good.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(SEPARATOR);
        let (kind, id) = (parts.next()?, parts.next()?);
        let marks: Vec<_> = parts.map(str::to_owned).collect();
        let is_device = kind == KIND && !id.is_empty() && (1..=MAX_ACCOUNTS).contains(&marks.len());
        is_device.then(|| Self { id: id.to_owned(), marks })
    }

    fn text(&self) -> String {
        let parts = [KIND, &self.id].into_iter().chain(self.marks.iter().map(String::as_str));
        parts.collect::<Vec<_>>().join(&SEPARATOR.to_string())
    }

    /// The device's random id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    fn knows(&self, account: &Email, epoch: CredentialEpoch) -> bool {
        self.marks.contains(&self.mark(account, epoch))
    }

    fn add(&mut self, account: &Email, epoch: CredentialEpoch) {
        self.marks.insert(0, self.mark(account, epoch));
        self.marks.truncate(MAX_ACCOUNTS);
    }

    /// What stands for an account: differs from device to device, so that two cookies tell nothing of each other. It also
    /// differs from one credential epoch to the next: who knew a former password must not bring its marks to guess the
    /// present one.
    fn mark(&self, account: &Email, epoch: CredentialEpoch) -> String {
        let (id, account, epoch) = (&self.id, account.as_str(), epoch.number());
        let parts = format!("{KIND}{SEPARATOR}{id}{SEPARATOR}{account}{SEPARATOR}{epoch}");
        let hash = digest::digest(&digest::SHA256, parts.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_ref().get(..MARK_BYTES).unwrap_or_default())
    }
}

/// Recognizes the devices that an account was signed in on, and marks them.
pub struct Devices {
    /// Reads and signs the cookie.
    cookies: Arc<Cookies>,
    /// Whether passwords are limited. If not, there is no reason to mark devices.
    is_limited: bool,
}

impl Devices {
    /// Recognizes devices by `cookies`. Marks them only where guesses at passwords are limited.
    pub fn new(cookies: Arc<Cookies>, is_limited: bool) -> Self {
        Self { cookies, is_limited }
    }

    /// The device that sent a request, if `account` was signed in on it with the credential of `epoch`.
    pub(super) fn known(
        &self,
        headers: &HeaderMap,
        account: &Email,
        epoch: CredentialEpoch,
    ) -> Option<Device> {
        self.presented(headers).find(|device| device.knows(account, epoch))
    }

    /// Every device that a request names with a valid signature.
    fn presented<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = Device> + use<'a> {
        self.cookies.devices(headers).filter_map(|text| Device::parse(&text))
    }

    /// Marks the device on which `user` proved the current credential, unless it is marked already. Part of giving a
    /// session to its device, and of changing a password.
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

    /// The cookie that marks the device, unless it is marked already.
    pub fn cookie(&self, request: &HttpRequest, user: &User) -> Result<Option<HeaderValue>, ApiError> {
        let (headers, epoch) = (request.headers(), user.credential_epoch);
        if !self.is_limited || self.known(headers, &user.email, epoch).is_some() {
            return Ok(None);
        }
        let mut device = match self.presented(headers).next() {
            Some(device) => device,
            None => Device::generate()?,
        };
        device.add(&user.email, epoch);
        Ok(self.cookies.set_device(&device.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: CredentialEpoch = CredentialEpoch::FIRST;

    fn email(name: &str) -> Email {
        Email::parse(&format!("{name}@example.com")).unwrap()
    }

    #[test]
    fn a_device_knows_the_last_few_accounts() {
        let mut device = Device::generate().ok().unwrap();
        let names = ["ada", "bob", "cyd", "dan", "eve", "fay"];
        for name in names {
            assert!(!device.knows(&email(name), EPOCH));
            device.add(&email(name), EPOCH);
        }
        let read = Device::parse(&device.text()).unwrap();
        assert_eq!(names.map(|name| read.knows(&email(name), EPOCH)), [false, true, true, true, true, true]);
        assert!(read.text().len() < 256, "a cookie of moderate size");
        assert!(!read.text().contains("example"), "no address in it");
    }

    #[test]
    fn other_signed_texts_are_no_devices() {
        for text in ["", "true", "device", "device~", "device~id", "device~~mark", "vOse1K4zapeaYpdmupmRk5Fm"]
        {
            assert!(Device::parse(text).is_none(), "{text}");
        }
        assert!(Device::parse(&format!("device~id{}", "~mark".repeat(6))).is_none());
    }

    #[test]
    fn a_mark_means_nothing_in_another_epoch() {
        let mut device = Device::generate().ok().unwrap();
        device.add(&email("ada"), EPOCH);
        assert!(!device.knows(&email("ada"), CredentialEpoch::from_number(1)));
        device.add(&email("ada"), CredentialEpoch::from_number(1));
        assert!(device.knows(&email("ada"), CredentialEpoch::from_number(1)));
    }

    #[test]
    fn a_mark_means_nothing_on_another_device() {
        let (mut one, mut two) = (Device::generate().ok().unwrap(), Device::generate().ok().unwrap());
        one.add(&email("ada"), EPOCH);
        two.marks.clone_from(&one.marks);
        assert!(one.knows(&email("ada"), EPOCH) && !two.knows(&email("ada"), EPOCH));
    }
}
