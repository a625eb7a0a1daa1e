//! What users do with second factors.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use local_stack::Service;
use serde_json::json;
use url::Url;

use super::super::person::Person;
use super::super::stack::Stack;
use super::Population;

impl Population {
    /// Sets up an authenticator app, trusts a device, and leaves a sign-in that waits for a code in a mail.
    pub(super) async fn use_second_factors(&mut self, stack: &Stack) {
        let auth = &stack.auth;
        let mut rosa = Person::sign_up(auth, "rosa").await;
        self.note(&rosa);
        let enabled = rosa.ok(auth, "/two-factor/enable", &json!({"password": rosa.password})).await;
        let secret = secret_of(enabled.body["totpURI"].as_str().unwrap());
        self.note_secret("the key of an authenticator app", &secret);
        let key = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        self.note_secret("the key of an authenticator app in hexadecimal digits", &HEXLOWER.encode(&key));
        let codes = enabled.body["backupCodes"].as_array().unwrap();
        for code in codes {
            self.note_secret("a backup code", code.as_str().unwrap());
        }
        let confirmed = rosa.ok(auth, "/two-factor/verify-totp", &json!({"code": code_of(&secret)})).await;
        rosa.take(&confirmed);
        self.note(&rosa);

        let mut trusted = Person { cookies: Vec::new(), ..rosa.clone() };
        self.challenge(&stack.auth, &mut trusted).await;
        let body = json!({"code": codes[0], "trustDevice": true});
        let entered = trusted.ok(auth, "/two-factor/verify-backup-code", &body).await;
        trusted.take(&entered);
        self.note(&trusted);
        self.note_secret("the token of a trusted device", &trusted.cookie_value("trust_device"));
        assert_eq!(rosa.get(auth, "/two-factor/trusted-devices").await.status, 200);

        let mut waiting = Person { cookies: Vec::new(), ..rosa };
        self.challenge(&stack.auth, &mut waiting).await;
        waiting.ok(auth, "/two-factor/send-otp", &json!({})).await;
        let wrong = json!({"code": "aaaaa-aaaaa"});
        assert_eq!(waiting.post(auth, "/two-factor/verify-backup-code", &wrong).await.status, 401);
        self.rosa = trusted;
    }

    async fn challenge(&mut self, auth: &Service, person: &mut Person) {
        challenge(auth, person).await;
        self.note_secret("the token of a challenge", &person.cookie_value("two_factor"));
    }
}

/// Signs in with the password, which leads to a challenge.
pub async fn challenge(auth: &Service, person: &mut Person) {
    let form = json!({"email": person.email, "password": person.password});
    let challenged = person.ok(auth, "/sign-in/email", &form).await;
    assert_eq!(challenged.body["twoFactorRedirect"], true, "{challenged:?}");
    person.take(&challenged);
    person.cookies.retain(|cookie| cookie.contains(".two_factor="));
}

/// The key in the URI of a QR code, in Base32.
fn secret_of(uri: &str) -> String {
    let uri: Url = uri.parse().unwrap();
    uri.query_pairs().find(|(name, _)| name == "secret").unwrap().1.into_owned()
}

/// The current code of an authenticator app with this key (RFC 6238).
fn code_of(secret: &str) -> String {
    let key = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    #[expect(clippy::disallowed_methods, reason = "authenticator apps use the time of their device")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let tag = hmac::sign(&key, &(now.as_secs() / 30).to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0x0f);
    let number = u32::from_be_bytes(bytes[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
