//! Requests to a gateway, exactly as they are written.

pub(super) use local_stack::testing::gateway::{Gateway, caddyfile, program};

use crate::raw::{self, Answer};

/// What tests send.
pub(super) trait Requests {
    /// `GET` of this request target, exactly as it is.
    fn get(&self, target: &str, headers: &[&str]) -> Answer;

    /// A request with this method and target, these header lines and this body, exactly as they are.
    fn send(&self, method_and_target: &str, headers: &[&str], body: &[u8]) -> Answer;
}

impl Requests for Gateway {
    fn get(&self, target: &str, headers: &[&str]) -> Answer {
        self.send(&format!("GET {target}"), headers, b"")
    }

    fn send(&self, method_and_target: &str, headers: &[&str], body: &[u8]) -> Answer {
        let host = format!("Host: 127.0.0.1:{}", self.ports().http);
        let headers: Vec<&str> = [host.as_str()].into_iter().chain(headers.iter().copied()).collect();
        raw::send(self.ports().http, method_and_target, &headers, body)
    }
}
