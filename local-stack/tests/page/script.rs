//! `./dev up` builds the page first: the script with a page and an npm of the test's own, in a checkout of nothing else.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::scratch::Scratch;

/// What is shown when the script has come to start everything.
const UP: &str = "up it is";

const NOT_BUILT: &str =
    "The web page is not built: this requires Node.js 20 or newer and npm. Everything else starts.";

/// A checkout with the script, a page, and programs that say what they are asked.
struct Checkout(Scratch);

impl Checkout {
    fn new() -> Self {
        let checkout = Self(Scratch::new());
        fs::copy(local_stack::workspace::root().unwrap().join("dev"), checkout.path("dev")).unwrap();
        checkout.program("target/debug/local-stack", &format!("echo '{UP}'"));
        checkout.program("bin/cargo", "");
        checkout.program("bin/node", "echo v20.19.0");
        checkout.program(
            "bin/npm",
            "echo \"npm $1 $2\"; case $1 in ci) mkdir -p node_modules && touch node_modules/.package-lock.json ;; \
             run) mkdir -p out && touch out/csp.json ;; esac",
        );
        for name in ["web/package.json", "web/package-lock.json", "web/src/page.tsx", "web/src/old.tsx"] {
            checkout.write(name, "{}");
        }
        checkout
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn program(&self, name: &str, script: &str) {
        self.write(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.path(name), PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// As if everything had been made an hour ago, what was built in the middle of it.
    fn age(&self) {
        for (name, minutes) in [("web/src", 60), ("web/out/csp.json", 30)] {
            for path in [self.path(name)].into_iter().chain(files(self.path(name))) {
                set_age(path, minutes);
            }
        }
        for name in ["web/package.json", "web/package-lock.json"] {
            set_age(self.path(name), 60);
        }
    }

    /// The lines of `./dev up`, which must come to its end.
    fn up(&self) -> Vec<String> {
        let inherited = std::env::var_os("PATH").unwrap();
        let paths = [self.path("bin")].into_iter().chain(std::env::split_paths(&inherited));
        let mut command = Command::new("sh");
        command.arg(self.path("dev")).arg("up").env("PATH", std::env::join_paths(paths).unwrap());
        command.env("CARGO_TARGET_DIR", self.path("target")).env_remove("WEB_DIRECTORY");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

fn files(directory: PathBuf) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path())
}

fn set_age(path: PathBuf, minutes: u64) {
    #[expect(clippy::disallowed_methods, reason = "times of files are the system's")]
    let now = SystemTime::now();
    File::open(path).unwrap().set_modified(now - Duration::from_secs(60 * minutes)).unwrap();
}

#[test]
fn the_page_is_built_once_and_again_when_a_source_has_changed() {
    let checkout = Checkout::new();
    assert_eq!(checkout.up(), ["npm ci --ignore-scripts", "npm run build", UP]);
    checkout.age();
    assert_eq!(checkout.up(), [UP], "nothing has changed");
    checkout.write("web/next-env.d.ts", "made by a tool");
    assert_eq!(checkout.up(), [UP]);

    checkout.write("web/src/page.tsx", "changed");
    assert_eq!(checkout.up(), ["npm run build", UP]);
    checkout.age();
    fs::remove_file(checkout.path("web/src/old.tsx")).unwrap();
    assert_eq!(checkout.up(), ["npm run build", UP], "a source is gone");
    checkout.age();
    checkout.write("web/package-lock.json", "other packages");
    set_age(checkout.path("web/node_modules/.package-lock.json"), 60);
    assert_eq!(checkout.up(), ["npm ci --ignore-scripts", "npm run build", UP]);
}

#[test]
fn without_node_or_with_a_failure_one_line_says_so_and_everything_else_starts() {
    let checkout = Checkout::new();
    checkout.program("bin/node", "echo v18.20.0");
    assert_eq!(checkout.up(), [NOT_BUILT, UP]);

    checkout.program("bin/node", "echo v22.1.0");
    checkout.program("bin/npm", "exit 1");
    let failed = "The web page could not be built; see the error above. Everything else starts.";
    assert_eq!(checkout.up(), [failed, UP]);
    fs::create_dir_all(checkout.path("web/node_modules")).unwrap();
    assert_eq!(checkout.up(), [failed, UP]);
    assert!(!checkout.path("web/node_modules/.package-lock.json").exists(), "it is tried again next time");
}

#[test]
fn a_checkout_without_a_page_is_not_asked_for_node() {
    let checkout = Checkout::new();
    fs::remove_dir_all(checkout.path("web")).unwrap();
    checkout.program("bin/node", "echo v18.20.0");
    assert_eq!(checkout.up(), [UP]);
}
