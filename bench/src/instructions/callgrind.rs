//! Programs under Valgrind, which counts their instructions.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use local_stack::{Binary, Service, workspace};
use tokio::process::Command;

const VALGRIND: &str = "valgrind";

/// A run whose instructions are counted into a file.
pub struct Count {
    file: PathBuf,
}

impl Count {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("callgrind-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let directory = workspace::state_directory().unwrap();
        std::fs::create_dir_all(&directory).unwrap();
        Self { file: directory.join(name) }
    }

    fn arguments(&self) -> [String; 3] {
        let file = format!("--callgrind-out-file={}", self.file.display());
        ["--tool=callgrind".to_owned(), "--quiet".to_owned(), file]
    }

    /// Runs a program to its end.
    pub async fn run(self, program: &Path, arguments: &[&str]) -> u64 {
        let mut command = Command::new(VALGRIND);
        command.args(self.arguments()).arg(program).args(arguments).stdin(Stdio::null());
        let status = command.status().await.unwrap();
        assert!(status.success(), "{}: {status}", program.display());
        self.total()
    }

    /// Starts a service and waits until it is ready.
    pub async fn start(&self, binary: Binary, directory: &Path, env: &[(String, String)]) -> Service {
        let path = directory.join(binary.name());
        let env = env.iter().map(|(name, value)| (name, value));
        let mut service =
            Service::spawn_under((VALGRIND, &self.arguments()), (binary, &path), env).await.unwrap();
        service.wait_ready().await.unwrap();
        service
    }

    /// Stops the service, which writes the count.
    pub async fn stop(self, mut service: Service) -> u64 {
        let status = service.terminate().await.unwrap();
        assert!(status.success(), "{status}: {:?}", service.output());
        self.total()
    }

    fn total(&self) -> u64 {
        let text = std::fs::read_to_string(&self.file).unwrap();
        text.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap().trim().parse().unwrap()
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}
