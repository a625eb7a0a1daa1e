//! Code that auth-service and task-service share: logging, access to PostgreSQL, error bodies, request headers, health
//! checks, the OpenAPI document, start and shutdown.

pub mod collectors;
pub mod command_line;
mod connection;
pub mod cors;
pub mod counters;
pub mod database;
pub mod document;
pub mod envelope;
pub mod errors;
pub mod guard;
pub mod headers;
pub mod health;
pub mod id;
pub mod ip_ranges;
pub mod lifecycle;
pub mod metrics;
pub mod openapi;
pub mod origins;
pub mod outgoing;
pub mod registrable_domain;
pub mod request_metrics;
pub mod response_headers;
pub mod secret;
pub mod security_log;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod throttle;
pub mod traces;
mod viewer;
pub mod weakness;
pub mod webhooks;
pub mod workers;
