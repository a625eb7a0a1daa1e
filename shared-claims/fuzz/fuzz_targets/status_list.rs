//! Status lists: what their URL might answer, and what the issuer might sign.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared_claims::fuzzing::World;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|data: &[u8]| WORLD.status_list(data));
