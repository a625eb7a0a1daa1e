//! Serving a page.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};

use super::response::respond;
use super::site::Page;
use crate::error::{IoContext, Result};

/// Number of worker threads: there is one user with one browser.
const WORKERS: usize = 1;

impl Page {
    /// Listens on this socket address. The server runs when it is awaited and does not handle signals.
    ///
    /// # Errors
    /// If the socket address cannot be bound.
    pub fn serve(self, address: SocketAddr) -> Result<Server> {
        let page = web::Data::from(Arc::new(self));
        let app = move || App::new().app_data(page.clone()).default_service(web::to(respond));
        let server = HttpServer::new(app).workers(WORKERS).disable_signals();
        let server = server.bind(address).context("serve the page on", Path::new(&address.to_string()))?;
        Ok(server.run())
    }
}
