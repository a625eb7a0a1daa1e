//! Documents that are served from memory, with conditional requests (RFC 9110, section 13).

use actix_web::http::header::{CACHE_CONTROL, ETAG, EntityTag, Header, IfNoneMatch};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A document with a strong entity tag.
#[derive(Debug, Clone)]
pub struct Document {
    content_type: &'static str,
    body: Bytes,
    tag: EntityTag,
}

impl Document {
    /// Creates a document. Its tag is a hash of `body`, so all replicas send the same tag for the same bytes.
    pub fn new(content_type: &'static str, body: Bytes) -> Self {
        let tag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)));
        Self { content_type, body, tag }
    }

    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Responds with the document, or with 304 if the client has it.
    pub fn answer(&self, request: &HttpRequest, cache_control: &str) -> HttpResponse {
        let known = self.is_known_to(request);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((CACHE_CONTROL, cache_control)).insert_header((ETAG, self.tag.to_string()));
        if known {
            return response.finish();
        }
        response.content_type(self.content_type).body(self.body.clone())
    }

    // Compares weakly: a proxy that compresses the response may have weakened the tag.
    fn is_known_to(&self, request: &HttpRequest) -> bool {
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::http::header::IF_NONE_MATCH;
    use actix_web::test::TestRequest;

    use super::*;

    fn status(tags: &[&str]) -> StatusCode {
        let document = Document::new("application/json", Bytes::from_static(b"{}"));
        let mut request = TestRequest::get();
        for tag in tags {
            request = request.append_header((IF_NONE_MATCH, *tag));
        }
        let answer = document.answer(&request.to_http_request(), "public, max-age=1");
        assert_eq!(answer.headers().get(ETAG).unwrap(), &document.tag.to_string());
        assert_eq!(answer.headers().get(CACHE_CONTROL).unwrap(), "public, max-age=1");
        answer.status()
    }

    #[test]
    fn who_has_it_is_told_so() {
        let tag = Document::new("application/json", Bytes::from_static(b"{}")).tag.to_string();
        assert!(tag.starts_with('"'), "a strong one: {tag}");
        let weak = format!("W/{tag}");
        let several = format!("\"other\", {tag}");
        for known in [&[tag.as_str()][..], &[&weak], &[&several], &["\"other\"", &tag], &["*"]] {
            assert_eq!(status(known), StatusCode::NOT_MODIFIED, "{known:?}");
        }
        for unknown in [&[][..], &["\"other\""], &["nonsense"], &[""], &[tag.trim_matches('"')]] {
            assert_eq!(status(unknown), StatusCode::OK, "{unknown:?}");
        }
    }

    #[test]
    fn the_tag_follows_the_content() {
        let tag = |body: &'static [u8]| Document::new("application/json", Bytes::from_static(body)).tag;
        assert_eq!(tag(b"{}"), tag(b"{}"));
        assert_ne!(tag(b"{}"), tag(b"[]"));
    }
}
