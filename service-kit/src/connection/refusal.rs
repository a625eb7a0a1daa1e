//! Responses to invalid HTTP, with the error envelope of all other responses.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::http::StatusCode;
use tokio::io::AsyncWrite;

use crate::envelope::Envelope;

/// A response of the HTTP parser, with a body added.
///
/// actix-http answers invalid requests itself, before the application is called, with a status and without a body. This
/// cannot be configured.
pub(super) struct Refusal {
    bytes: Vec<u8>,
    written: usize,
    /// Length of the response that this replaces.
    replaced: usize,
}

impl Refusal {
    /// Returns the response to send instead of `response` if that is a response of the parser without a body. `response` is
    /// everything that has been written since the last flush.
    pub(super) fn in_place_of(response: &[u8]) -> Option<Self> {
        // Nearly every response has a body and needs no further check.
        let head = response.strip_suffix(b"\r\n\r\n").filter(|head| head.starts_with(b"HTTP/1."))?;
        let head = std::str::from_utf8(head).ok()?;
        let (status_line, fields) = head.split_once("\r\n")?;
        let status = status_line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
        let envelope = envelope(StatusCode::from_bytes(status.as_bytes()).ok()?)?;
        let is_length = |field: &&str| field.to_ascii_lowercase().starts_with("content-length:");
        let length = fields.split("\r\n").find(is_length)?;
        if length.split(':').nth(1)?.trim() != "0" {
            return None;
        }
        let kept = fields.split("\r\n").filter(|field| !is_length(field));
        let body = serde_json::to_string(&envelope).ok()?;
        let length = format!("content-length: {}", body.len());
        let added =
            ["content-type: application/json", "cache-control: no-store", "x-content-type-options: nosniff"];
        let mut lines: Vec<&str> = vec![status_line, &length];
        lines.extend(kept.chain(added));
        let bytes = format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes();
        Some(Self { bytes, written: 0, replaced: response.len() })
    }

    /// Writes the whole response, then returns the length of the response that it replaces.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut *stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Ok(0)),
                written => self.written += written,
            }
        }
        Poll::Ready(Ok(self.replaced))
    }
}

/// Returns the envelope for a status that actix-http answers itself. No handler returns these without a body.
fn envelope(status: StatusCode) -> Option<Envelope> {
    let (code, message) = match status {
        StatusCode::BAD_REQUEST => ("BAD_REQUEST", "This is not a valid HTTP/1.1 request"),
        StatusCode::REQUEST_TIMEOUT => ("REQUEST_TIMEOUT", "The request took too long"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            ("REQUEST_HEADER_FIELDS_TOO_LARGE", "The request line and header fields are too large")
        }
        _ => return None,
    };
    Some(Envelope { code: code.into(), message: message.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str =
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: today\r\n\r\n";

    #[test]
    fn a_bare_response_gets_a_body_and_keeps_its_fields() {
        let refusal = Refusal::in_place_of(BARE.as_bytes()).unwrap();
        let text = String::from_utf8(refusal.bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, r#"{"code":"BAD_REQUEST","message":"This is not a valid HTTP/1.1 request"}"#);
        let lines: Vec<&str> = head.split("\r\n").collect();
        assert_eq!(lines[0], "HTTP/1.1 400 Bad Request");
        for line in ["content-type: application/json", "connection: close", "date: today"] {
            assert!(lines.contains(&line), "{head}");
        }
        assert!(lines.contains(&&*format!("content-length: {}", body.len())) && !head.contains("length: 0"));
    }

    #[test]
    fn every_other_response_stays_as_it_is() {
        let with_body = "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}";
        let of_head = "HTTP/1.1 400 Bad Request\r\ncontent-length: 20\r\n\r\n";
        for response in [
            "",
            "\r\n\r\n",
            with_body,
            of_head,
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\n\r\n",
            "not HTTP\r\ncontent-length: 0\r\n\r\n",
            &BARE[..BARE.len() - 1],
            &BARE[1..],
        ] {
            assert!(Refusal::in_place_of(response.as_bytes()).is_none(), "{response:?}");
        }
    }
}
