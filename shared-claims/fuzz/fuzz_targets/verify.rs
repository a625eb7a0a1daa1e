//! The whole verifier, given anything as a token; and what comes after the signature, given anything as claims.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use shared_claims::fuzzing::World;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|data: &[u8]| {
    WORLD.token(&String::from_utf8_lossy(data));
    // Header, payload and signature, divided by line feeds, as a token that decodes.
    let parts: Vec<_> =
        data.splitn(3, |byte| *byte == b'\n').map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
    WORLD.token(&parts.join("."));
    WORLD.claims(data);
});
