//! What tests use up: a directory, gone after the test with whatever runs in it, and a client.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use local_stack::cluster::{Cluster, ClusterOptions};

/// Options of a cluster that nobody will miss.
pub const DISPOSABLE: ClusterOptions =
    ClusterOptions { durable: true, max_connections: 20, disposable: true };

/// The directory. Clusters in it are stopped when it is dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("local-stack-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A checkout keeps its clusters in `.local`.
        let places = [self.0.clone(), self.0.join(".local")];
        let inside = places.iter().flat_map(std::fs::read_dir).flatten().flatten().map(|entry| entry.path());
        let clusters: Vec<PathBuf> = inside.filter(|path| path.join("data").exists()).collect();
        let stopping = std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                for root in clusters {
                    Cluster::open(&root, DISPOSABLE).await.unwrap().remove().await.unwrap();
                }
            });
        });
        let stopped = stopping.join();
        let _ = std::fs::remove_dir_all(&self.0);
        if !std::thread::panicking() {
            stopped.unwrap();
        }
    }
}

/// A client that stays on this machine, whatever proxy the developer has.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
