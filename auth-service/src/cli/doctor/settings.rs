//! The settings of `serve`, without any connection.

use std::sync::Arc;

use service_kit::weakness::Weakness;
use shared_claims::SystemClock;

use super::report::{Finding, Report};
use crate::config::Config;
use crate::server;

const SETTINGS: &str = "settings";
const WEAK: &str = "settings.weak";

/// Checks that `serve` accepts the settings, and names those that weaken it. `exposed` are secrets among the arguments.
pub fn check(config: &Config, exposed: &[Weakness], report: &mut Report) {
    report.add(match server::check(config, Arc::new(SystemClock)) {
        Ok(()) => Finding::ok(SETTINGS, "`serve` accepts these settings"),
        Err(error) => {
            Finding::fault(SETTINGS, error.to_string(), "Correct this setting; `serve` refuses to start")
        }
    });
    for weakness in exposed.iter().chain(&config.weaknesses()) {
        report.add(Finding::warning(
            WEAK,
            format!("{}: {}", weakness.setting, weakness.reason),
            remedy(&weakness.setting),
        ));
    }
}

fn remedy(setting: &str) -> String {
    match setting {
        "BCRYPT_COST" => "Unset BCRYPT_COST, or set BCRYPT_COST=10 or more".to_owned(),
        "RATE_LIMIT_ENABLED" => "Set RATE_LIMIT_ENABLED=true".to_owned(),
        "BASE_URL" => "Set BASE_URL to an https URL".to_owned(),
        exposed => format!("Set {exposed} in the environment, or {exposed}_FILE"),
    }
}
