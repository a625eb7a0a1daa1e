//! The metrics of the service. They exist from the start, so that the rate of the first event is seen.

use service_kit::security_log;
use strum::VariantArray;

use crate::security_event::SecurityEvent;
use crate::{email, keys, limits, passwords, status_lists, tokens, two_factor, webhooks};

/// Describes all metrics and creates all counters.
pub fn create() {
    security_log::create_counters(SecurityEvent::VARIANTS.iter().map(|event| event.as_str()));
    email::create_metrics();
    keys::create_metrics();
    limits::create_metrics();
    passwords::create_metrics();
    status_lists::create_metrics();
    tokens::create_metrics();
    two_factor::create_metrics();
    webhooks::create_metrics();
}
