//! The URLs of links in mail. They are built from `BASE_URL` and never from headers of a request.

use percent_encoding::utf8_percent_encode;
use shared_claims::canonical_url;
use url::Url;

use super::model::LinkToken;
use crate::protocol::PREFIX;
use crate::protocol::cookies::COMPONENT;
use crate::protocol::redirect::CheckedTarget;

/// The path that a link without a callback redirects to.
const HOME: &str = "/";

#[derive(Debug, Clone)]
pub struct Links {
    endpoint: String,
}

impl Links {
    pub fn new(base_url: &Url) -> Self {
        Self { endpoint: format!("{}{PREFIX}", canonical_url(base_url)) }
    }

    /// The URL that verifies or changes an email and then redirects to `callback`.
    pub fn verify_email(&self, token: &LinkToken, callback: Option<&CheckedTarget>) -> String {
        self.link("verify-email", token, callback)
    }

    /// The URL that deletes an account and then redirects to `callback`.
    pub fn delete_user(&self, token: &LinkToken, callback: Option<&CheckedTarget>) -> String {
        self.link("delete-user/callback", token, callback)
    }

    /// The URL that redirects to the page where the user chooses a new password.
    pub fn reset_password(&self, token: &LinkToken, page: Option<&CheckedTarget>) -> String {
        let page = utf8_percent_encode(page.map_or("", CheckedTarget::as_str), COMPONENT);
        format!("{}/reset-password/{}?callbackURL={page}", self.endpoint, token.expose())
    }

    fn link(&self, path: &str, token: &LinkToken, callback: Option<&CheckedTarget>) -> String {
        let callback = callback.map_or(HOME, CheckedTarget::as_str);
        let callback = utf8_percent_encode(callback, COMPONENT);
        format!("{}/{path}?token={}&callbackURL={callback}", self.endpoint, token.expose())
    }
}

#[cfg(test)]
mod tests {
    use service_kit::origins::OriginPatterns;

    use super::*;
    use crate::protocol::origin::TrustedOrigins;

    #[test]
    fn links_begin_with_the_base_url_and_carry_their_target_encoded() {
        let base = "https://auth.example.com/".parse().unwrap();
        let links = Links::new(&base);
        let callback =
            CheckedTarget::parse("/a b?c=d&e", &TrustedOrigins::new(&base, &OriginPatterns::default()));
        let token = LinkToken::from("t");
        assert_eq!(
            links.verify_email(&token, callback.as_ref()),
            "https://auth.example.com/api/auth/verify-email?token=t&callbackURL=%2Fa%20b%3Fc%3Dd%26e"
        );
        assert_eq!(
            links.delete_user(&token, None),
            "https://auth.example.com/api/auth/delete-user/callback?token=t&callbackURL=%2F"
        );
        assert_eq!(
            links.reset_password(&token, None),
            "https://auth.example.com/api/auth/reset-password/t?callbackURL="
        );
    }
}
