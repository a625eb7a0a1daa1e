//! Keys: what opens sealed rows, and what signs access tokens. Both are tried without a service.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use local_stack::databases::connect;

/// The length of a key of AES-256.
const KEY_BYTES: usize = 32;

/// A row that auth-service has encrypted: a private key, a mail, or the secret of a webhook receiver.
pub struct Sealed {
    /// What it is bound to: the id of the key, the mail or the receiver.
    pub name: String,
    sealed: Vec<u8>,
}

/// Every encrypted row.
pub async fn sealed_rows(url: &str) -> Vec<Sealed> {
    let client = connect(url).await.unwrap();
    let rows = "SELECT kid, private_key FROM signing_keys WHERE private_key IS NOT NULL
                UNION ALL SELECT id::text, sealed FROM outbox
                UNION ALL SELECT 'webhook-receiver:' || id, sealed_secret FROM webhook_receivers";
    let rows = client.query(rows, &[]).await.unwrap();
    rows.iter().map(|row| Sealed { name: row.get(0), sealed: row.get(1) }).collect()
}

impl Sealed {
    /// What the row holds, if this is its key.
    pub fn open(&self, key: &[u8]) -> Option<Vec<u8>> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
        let (nonce, text) = self.sealed.split_at_checked(NONCE_LEN)?;
        let mut text = text.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let length = key.open_in_place(nonce, Aad::from(&self.name), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// Whether these bytes are the key of any row.
pub fn opens_any(rows: &[Sealed], bytes: &[u8]) -> bool {
    bytes.len() == KEY_BYTES && rows.iter().any(|row| row.open(bytes).is_some())
}

/// The private key that these bytes are, as PKCS#8 or PKCS#1, in DER or PEM.
pub fn private_key(bytes: &[u8]) -> Option<RsaKeyPair> {
    let der = |bytes: &[u8]| RsaKeyPair::from_pkcs8(bytes).or_else(|_| RsaKeyPair::from_der(bytes)).ok();
    let pem = || {
        let text = std::str::from_utf8(bytes).ok()?;
        let (_, body) = text.split_once("PRIVATE KEY-----")?;
        let body: String = body.split("-----").next()?.split_whitespace().collect();
        der(&STANDARD.decode(body).ok()?)
    };
    der(bytes).or_else(pem)
}

/// A token of RS256: this message, signed by this key.
pub fn signed(key: &RsaKeyPair, message: &str) -> String {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
