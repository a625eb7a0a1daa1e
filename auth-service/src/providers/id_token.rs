//! Verifying ID tokens (OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725).

use aws_lc_rs::digest;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::error::ProviderError;

/// Clock skew that is allowed for `exp`, `nbf` and `iat`, as in Better Auth.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);
/// Maximum length of an ID token in bytes. Those of known providers have one to two thousand.
const MAX_TOKEN: usize = 16 * 1024;
/// The tenant of personal Microsoft accounts.
pub(super) const MICROSOFT_CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The claims of a verified ID token.
pub(super) type IdClaims = Map<String, Value>;

/// Whose ID tokens are accepted.
#[derive(Debug, Clone)]
pub(super) enum Issuers {
    /// One of these, which are compared byte for byte.
    Named(Vec<String>),
    /// Microsoft's, of which each tenant is one.
    Microsoft { authority: String, tenant: String },
}

/// What is expected of an ID token.
pub(super) struct Expected<'a> {
    pub(super) issuers: &'a Issuers,
    /// The client ids of this service.
    pub(super) audiences: &'a [String],
    /// Maximum time since it was issued.
    pub(super) max_age: Option<SignedDuration>,
    /// The nonce of the request.
    pub(super) nonce: Option<&'a str>,
    /// Whether the token may contain the SHA-256 of the nonce instead, in hexadecimal digits, as apps for iOS ask for.
    pub(super) hashed_nonce: bool,
}

/// The `kid` of a token whose `alg` is acceptable.
pub(super) fn key_id(
    token: &str,
    algorithms: &[Algorithm],
) -> Result<(Option<String>, Algorithm), ProviderError> {
    if token.len() > MAX_TOKEN {
        return Err(ProviderError::IdToken("it is too long"));
    }
    let header = decode_header(token).map_err(|_| ProviderError::IdToken("it is not a JWT"))?;
    if !algorithms.contains(&header.alg) {
        return Err(ProviderError::IdToken("its algorithm is not one of the provider's"));
    }
    Ok((header.kid, header.alg))
}

/// Reads a key set (RFC 7517). A key that is not understood does not hide the others.
pub(super) fn key_set(document: Value) -> Result<JwkSet, ProviderError> {
    let Some(Value::Array(keys)) = document.get("keys") else {
        return Err(ProviderError::Invalid("not a key set"));
    };
    let keys = keys.iter().filter_map(|key| serde_json::from_value(key.clone()).ok()).collect();
    Ok(JwkSet { keys })
}

/// The claims of a token that was verified before it was stored.
pub(super) fn claims_of_verified(token: &str) -> Result<IdClaims, ProviderError> {
    insecure_decode_claims(token).map_err(|_| ProviderError::IdToken("it is not a JWT"))
}

/// The key of `kid` for `algorithm`. Without a `kid` the set must have only one key that fits.
pub(super) fn find_key<'a>(set: &'a JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let common = &key.common;
        let kind = match &key.algorithm {
            AlgorithmParameters::RSA(_) => is_rsa(algorithm),
            AlgorithmParameters::EllipticCurve(_) => matches!(algorithm, Algorithm::ES256 | Algorithm::ES384),
            AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
            // Anybody can read a symmetric key in a published set.
            _ => false,
        };
        let signs = common.public_key_use.as_ref().is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
        let named = common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
        kind && signs && named && kid.is_none_or(|kid| common.key_id.as_deref() == Some(kid))
    };
    let mut keys = set.keys.iter().filter(fits);
    match (keys.next(), keys.next()) {
        (Some(key), None) => Some(key),
        (first, Some(_)) => first.filter(|_| kid.is_some()),
        (None, None) => None,
    }
}

fn is_rsa(algorithm: Algorithm) -> bool {
    use Algorithm as A;
    matches!(algorithm, A::RS256 | A::RS384 | A::RS512 | A::PS256 | A::PS384 | A::PS512)
}

/// Verifies `token` with `key`.
///
/// # Errors
/// The rule that it breaks.
pub(super) fn verify(
    token: &str,
    (key, algorithm): (&Jwk, Algorithm),
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<IdClaims, ProviderError> {
    let key = DecodingKey::from_jwk(key).map_err(|_| ProviderError::IdToken("its key cannot be read"))?;
    let mut validation = Validation::new(algorithm);
    validation.set_audience(expected.audiences);
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    // Times are compared with the clock of this service below.
    (validation.validate_exp, validation.validate_nbf) = (false, false);
    let claims = decode::<IdClaims>(token, &key, &validation)
        .map_err(|_| ProviderError::IdToken("its signature or audience is not valid"))?
        .claims;
    check_times(&claims, expected.max_age, now)?;
    check_issuer(&claims, expected.issuers)?;
    check_authorized_party(&claims, expected.audiences)?;
    if let Some(nonce) = expected.nonce {
        check_nonce(&claims, nonce, expected.hashed_nonce)?;
    }
    Ok(claims)
}

fn check_times(
    claims: &IdClaims,
    max_age: Option<SignedDuration>,
    now: Timestamp,
) -> Result<(), ProviderError> {
    let time = |name| claims.get(name).and_then(Value::as_f64);
    let now = seconds(now.as_duration());
    let leeway = seconds(LEEWAY);
    let (Some(expires_at), Some(issued_at)) = (time("exp"), time("iat")) else {
        return Err(ProviderError::IdToken("it does not say when it was issued and expires"));
    };
    if expires_at <= now - leeway {
        return Err(ProviderError::IdToken("it has expired"));
    }
    let from = time("nbf").unwrap_or(issued_at).max(issued_at);
    if from > now + leeway {
        return Err(ProviderError::IdToken("it is not valid yet"));
    }
    if max_age.is_some_and(|max_age| now - issued_at > seconds(max_age) + leeway) {
        return Err(ProviderError::IdToken("it was issued too long ago"));
    }
    Ok(())
}

fn seconds(duration: SignedDuration) -> f64 {
    duration.as_secs_f64()
}

fn text<'a>(claims: &'a IdClaims, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn check_issuer(claims: &IdClaims, issuers: &Issuers) -> Result<(), ProviderError> {
    let issuer = text(claims, "iss");
    let is_expected = match issuers {
        Issuers::Named(names) => names.iter().any(|name| name == issuer),
        Issuers::Microsoft { authority, tenant } => {
            let id = text(claims, "tid");
            let is_personal = id == MICROSOFT_CONSUMERS;
            let is_allowed = match tenant.as_str() {
                "common" => !id.is_empty(),
                "organizations" => !id.is_empty() && !is_personal,
                "consumers" => is_personal,
                tenant => id == tenant,
            };
            is_allowed && issuer == format!("{authority}/{id}/v2.0")
        }
    };
    if is_expected { Ok(()) } else { Err(ProviderError::IdToken("another issuer issued it")) }
}

/// A token for several clients says which one of them asked for it.
fn check_authorized_party(claims: &IdClaims, audiences: &[String]) -> Result<(), ProviderError> {
    let is_for_several = matches!(claims.get("aud"), Some(Value::Array(all)) if all.len() > 1);
    let party = text(claims, "azp");
    if is_for_several && !audiences.iter().any(|own| own == party) {
        return Err(ProviderError::IdToken("it was issued to another client"));
    }
    Ok(())
}

fn check_nonce(claims: &IdClaims, nonce: &str, hashed: bool) -> Result<(), ProviderError> {
    let found = text(claims, "nonce");
    let hash = || digest::digest(&digest::SHA256, nonce.as_bytes());
    let is_hash = || hash().as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>() == found;
    if found == nonce || (hashed && is_hash()) {
        return Ok(());
    }
    Err(ProviderError::IdToken("its nonce is not that of the request"))
}
