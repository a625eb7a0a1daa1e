//! Owners, created in the only way there is: from a token, by the extractor.

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use actix_web::{FromRequest, web};
use shared_claims::{SystemClock, Verifier};
use task_service::budget::RequestBudget;
use task_service::owner::Owner;
use task_service::security_event::RefusalLog;

use crate::issuer::{self, AUDIENCE, ISSUER, Issuer};

/// The owners with these names.
pub async fn owners<const N: usize>(names: [&str; N]) -> [Owner; N] {
    let issuer = Issuer::start().await;
    let url = format!("{}/.well-known/jwks.json", issuer.url());
    let verifier = Verifier::builder(ISSUER, AUDIENCE).jwks_url(url).without_status_lists().build().unwrap();
    tokio::time::timeout(Duration::from_secs(10), verifier.wait_ready()).await.unwrap();
    names.map(|name| {
        let request = TestRequest::default()
            .app_data(web::Data::new(verifier.clone()))
            .app_data(web::Data::new(RequestBudget::new(0, Arc::new(SystemClock))))
            .app_data(web::Data::new(RefusalLog::new(Arc::new(SystemClock))))
            .insert_header(("authorization", format!("Bearer {}", issuer::token(name))))
            .param("user_id", "me")
            .to_http_request();
        Owner::extract(&request).into_inner().unwrap()
    })
}
