//! The tables of webhooks.

pub mod deliveries;
pub mod receivers;
