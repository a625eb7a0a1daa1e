//! A new migration file alone must rebuild the crate that embeds it.

fn main() {
    println!("cargo:rerun-if-changed=../migrations/auth");
}
