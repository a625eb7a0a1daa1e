//! A small export, as the page's build makes it.

use std::path::{Path, PathBuf};

use local_stack::page::{Page, PageConfig, ServiceUrls};
use local_stack::testing::free_port;
use tokio::task::JoinHandle;

use crate::raw::{self, Answer};
use crate::scratch::Scratch;

/// What is in it: each file with its text.
const FILES: [(&str, &str); 10] = [
    ("index.html", "<!doctype html><title>home</title><script>1</script>"),
    ("signin.html", "<!doctype html><title>sign in</title>"),
    ("404.html", "<!doctype html><title>not found</title>"),
    // Of the page's development; the one who serves has one of its own.
    ("config.json", "{}"),
    ("csp.json", r#"{"script": ["'sha256-AAAA+/0='", "'sha256-BBBB'"], "style": ["'sha256-CCCC'"]}"#),
    ("signin/__next.!KGFwcCk.signin.txt", "payload"),
    ("_next/static/chunks/0a~1.b.js", "export const answer = 42;"),
    ("_next/static/media/icon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
    ("manifest.webmanifest", "{\"name\":\"page\"}"),
    (".secret", "hidden"),
];

/// Its Content-Security-Policy, `CONNECT` being what follows `connect-src 'self'`.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self' 'sha256-AAAA+/0=' 'sha256-BBBB'; \
    style-src 'self' 'sha256-CCCC'; img-src 'self' data:; font-src 'self'; connect-src 'self'CONNECT; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'";

/// The export, gone after the test.
pub(crate) struct Export {
    scratch: Scratch,
}

impl Export {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        let export = Self { scratch };
        for (name, text) in FILES {
            let path = export.directory().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        std::fs::write(export.scratch.path().join("outside.html"), "outside").unwrap();
        export
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.scratch.path().join("files")
    }

    /// Where the export is `files`.
    pub(crate) fn above(&self) -> &Path {
        self.scratch.path()
    }

    /// Serves it, as `up` does.
    pub(super) async fn serve(&self) -> Site {
        let default = ServiceUrls { auth: "http://auth.test".into(), tasks: String::new() };
        let page = Page::open(&self.directory(), PageConfig::local(81, 82, default)).unwrap();
        let port = free_port();
        let server = tokio::spawn(page.serve(([127, 0, 0, 1], port).into()).unwrap());
        Site { port, server }
    }
}

/// A served page, until this is dropped.
pub(super) struct Site {
    port: u16,
    server: JoinHandle<std::io::Result<()>>,
}

impl Site {
    pub(super) async fn get(&self, target: &str, headers: &[&str]) -> Answer {
        self.send(&format!("GET {target}"), headers).await
    }

    /// A request under the name localhost, unless `headers` begin with another `Host`.
    pub(super) async fn send(&self, method_and_target: &str, headers: &[&str]) -> Answer {
        let named = headers.first().is_some_and(|first| first.starts_with("Host: "));
        let host = (!named).then(|| format!("Host: localhost:{}", self.port));
        let headers = host.into_iter().chain(headers.iter().map(|&header| header.to_owned()));
        let (port, target, headers) = (self.port, method_and_target.to_owned(), headers.collect::<Vec<_>>());
        let sent = tokio::task::spawn_blocking(move || {
            raw::send(port, &target, &headers.iter().map(String::as_str).collect::<Vec<_>>(), b"")
        });
        sent.await.unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}
