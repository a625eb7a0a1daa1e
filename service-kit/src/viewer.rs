//! The viewer of the OpenAPI document: Swagger UI with our own page, style sheet and script.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use utoipa_swagger_ui::Config;

const PAGE: &str = include_str!("viewer/index.html");
const STYLE: &str = include_str!("viewer/viewer.css");
const SCRIPT: &str = include_str!("viewer/viewer.js");

/// The page may run its own scripts and send requests to its own origin; no page may frame it. Swagger UI sets style
/// attributes and shows images that are part of its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of Swagger UI that the page loads. The other files would start it with their own settings.
const LIBRARY: [&str; 3] = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"];

/// The files of the page, all part of the binary.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    page: Bytes,
}

impl Viewer {
    /// Creates a viewer for a document with this title.
    pub(crate) fn new(title: &str) -> Self {
        let title = title.replace('&', "&amp;").replace('<', "&lt;");
        Self { page: PAGE.replace("{{title}}", &title).into() }
    }

    /// Returns the file with this name, or `None` if the page has none.
    pub(crate) fn file(&self, name: &str) -> Option<HttpResponse> {
        match name {
            "" | "index.html" => Some(response("text/html; charset=utf-8").body(self.page.clone())),
            "viewer.css" => Some(response("text/css; charset=utf-8").body(STYLE)),
            "viewer.js" => Some(response("text/javascript; charset=utf-8").body(SCRIPT)),
            name if LIBRARY.contains(&name) => library_file(name),
            _ => None,
        }
    }
}

fn response(content_type: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.content_type(content_type).insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    response
}

/// Returns a file of Swagger UI. The crate's own handler copies it for each request, up to 1.5 MB.
fn library_file(name: &str) -> Option<HttpResponse> {
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default())).ok()??;
    let body = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = response(&file.content_type);
    if file.gzpipped {
        response.insert_header(header::ContentEncoding::Gzip);
    }
    Some(response.body(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_page_are_served() {
        let viewer = Viewer::new("auth-service API");
        for name in ["", "index.html", "viewer.css", "viewer.js"].iter().chain(&LIBRARY) {
            assert!(viewer.file(name).is_some(), "{name}");
        }
        for name in ["swagger-initializer.js", "oauth2-redirect.html", "viewer.html", "../viewer.js"] {
            assert!(viewer.file(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_title_is_text() {
        let viewer = Viewer::new("A & B</title>");
        assert!(viewer.page.windows(35).any(|text| text == b"<title>A &amp; B&lt;/title></title>"));
    }
}
