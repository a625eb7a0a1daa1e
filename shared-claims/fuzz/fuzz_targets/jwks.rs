//! Key sets: what their URL might answer.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared_claims::fuzzing::World;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|data: &[u8]| WORLD.key_set(data));
