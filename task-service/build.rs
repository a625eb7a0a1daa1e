//! Migrations are embedded at compile time; cargo does not see by itself that a file was added.

fn main() {
    println!("cargo:rerun-if-changed=../migrations/tasks");
}
