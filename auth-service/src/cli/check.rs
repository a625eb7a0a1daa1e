//! `config check --json`.

use std::process::ExitCode;

use serde::Serialize;
use service_kit::command_line;
use service_kit::weakness::Weakness;

use super::output::{self, to_json};
use crate::server::{NAME, StartError};

/// Whether the settings are valid. As JSON, its fields are documented and stable.
#[derive(Serialize)]
struct Check<'a> {
    valid: bool,
    error: Option<String>,
    warnings: Vec<Warning<'a>>,
}

/// A valid setting that weakens the service.
#[derive(Serialize)]
struct Warning<'a> {
    setting: &'a str,
    reason: &'a str,
}

/// Prints the result of a check as JSON and returns the exit code.
pub fn print(outcome: Result<(), StartError>, weaknesses: &[Weakness]) -> ExitCode {
    let check = Check {
        valid: outcome.is_ok(),
        error: outcome.as_ref().err().map(ToString::to_string),
        warnings: weaknesses.iter().map(|Weakness { setting, reason }| Warning { setting, reason }).collect(),
    };
    let printed = to_json(&check).map_err(std::io::Error::from).and_then(|json| output::print(&json));
    match printed {
        Ok(()) if check.valid => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => command_line::exit_code(NAME, Err(error)),
    }
}
