//! A database, an issuer and the service for one test.

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};

use crate::client::Client;
use crate::issuer::{self, Issuer};

/// Everything a test needs. Fields are dropped in this order: the service first.
pub struct Stack {
    pub service: Service,
    pub database: TestDatabase,
    pub issuer: Issuer,
}

impl Stack {
    /// The service on an empty database, trusting the test's issuer.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with these settings besides.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
        let service = testing::task_service(&database, issuer.url(), settings).await;
        Self { service, database, issuer }
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(self.service.url())
    }

    /// Somebody with a good token.
    pub fn user(&self, name: &str) -> Client {
        self.anonymous().with_token(&issuer::token(name))
    }
}
