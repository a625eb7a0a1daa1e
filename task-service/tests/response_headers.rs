//! Security headers of responses: OWASP ASVS 5.0 3.4.

use local_stack::testing::{self, TestDatabase};

use crate::client::Client;
use crate::issuer::Issuer;

/// The issuer of the tests is reached by http, so that the header is off by default.
#[tokio::test]
async fn every_answer_forbids_running_framing_and_keeping_it_and_https_can_be_kept_to() {
    let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
    for (settings, hsts) in [
        (&[][..], ""),
        (&[("HSTS", "host")], "max-age=31536000"),
        (&[("HSTS", "include-subdomains")], "max-age=31536000; includeSubDomains"),
    ] {
        let service = testing::task_service(&database, issuer.url(), settings).await;
        let stranger = Client::anonymous(service.url());
        for (path, status) in [("/api/me/tasks", 401), ("/nothing", 404), ("/healthz", 200)] {
            let answer = stranger.get(path).await.expect(status);
            assert_eq!(answer.header("strict-transport-security"), hsts, "{settings:?} {path}");
            assert_eq!(
                answer.header("content-security-policy"),
                "default-src 'none'; frame-ancestors 'none'"
            );
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
}
