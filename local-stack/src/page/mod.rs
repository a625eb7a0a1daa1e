//! The web page, as `./dev up` serves it: the files of a static export with the headers that protect them.
//!
//! Behind the gateway the same files are served by Caddy, by the same rules (`gateway/Caddyfile`).

mod addresses;
mod answer;
mod files;
mod policy;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};

pub use self::addresses::{Addresses, ServiceAddresses};
use crate::error::{Doing, Result};

/// Written by the page's build as its last file: the hashes of all inline scripts and styles.
const HASHES: &str = "csp.json";

/// One person at one browser: more threads would gain nothing.
const WORKERS: usize = 1;

/// The files of a built page, and what it is told when it is opened.
#[derive(Debug, Clone)]
pub struct Page {
    directory: PathBuf,
    addresses: Addresses,
}

impl Page {
    /// The page in this directory, or `None` if no build has been finished there.
    #[must_use]
    pub fn open(directory: &Path, addresses: Addresses) -> Option<Self> {
        // Without symbolic links, so that a file's own path can be compared with where it really is.
        let directory = std::fs::canonicalize(directory).ok()?;
        let whole = ["index.html", HASHES].iter().all(|name| directory.join(name).is_file());
        whole.then_some(Self { directory, addresses })
    }

    /// Listens here. The server runs once it is awaited, and signals are left to the caller.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub fn serve(self, address: SocketAddr) -> Result<Server> {
        let page = web::Data::from(Arc::new(self));
        let app = move || App::new().app_data(page.clone()).default_service(web::to(answer::answer));
        let server = HttpServer::new(app).workers(WORKERS).disable_signals();
        let server = server.bind(address).doing("serve the page on", Path::new(&address.to_string()))?;
        Ok(server.run())
    }
}
