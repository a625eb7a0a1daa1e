//! The command line of both programs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;

use crate::weakness::Weakness;

/// Timeout of `healthcheck`. Shorter than the interval at which container platforms run it.
const HEALTHCHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// The exit code for an invalid command line or setting.
const USAGE_ERROR: u8 = 2;

/// Prints `--help` and `--version` as clap writes them. Prints the first paragraph of an error on one line: it names the
/// variable (as the flag's value), and in a log the usage below it would only bury that.
pub fn print_usage(program: &str, error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Fails only if standard output is closed.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let paragraph: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    eprintln!("{program}: {}", paragraph.join(" "));
    ExitCode::from(USAGE_ERROR)
}

/// Prints the error of a command to standard error, on one line, and returns the exit code.
pub fn exit_code<E: std::fmt::Display>(program: &str, outcome: Result<(), E>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{program}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints settings that weaken the service to standard error.
pub fn print_warnings(program: &str, weaknesses: &[Weakness]) {
    for weakness in weaknesses {
        eprintln!("{program}: {weakness}");
    }
}

/// Prints the result of `config check` and returns the exit code. If all settings are valid, prints a warning for each one
/// that weakens the service.
pub fn config_check<E: std::fmt::Display>(
    program: &str,
    outcome: Result<(), E>,
    weaknesses: &[Weakness],
) -> ExitCode {
    if outcome.is_ok() {
        print_warnings(program, weaknesses);
        println!("{program}: settings ok");
    }
    exit_code(program, outcome)
}

/// Checks that the service listening on `bind` is ready.
///
/// # Errors
/// The response, or why there was none.
pub async fn healthcheck(bind: SocketAddr) -> Result<(), String> {
    let url = format!("http://{}/readyz", reachable(bind));
    let failed = |error: reqwest::Error| format!("not ready: {url}: {error}");
    // Plain HTTP on this machine needs no certificates, and a minimal container has none to load.
    let client = reqwest::Client::builder().no_proxy().timeout(HEALTHCHECK_TIMEOUT).tls_certs_only([]);
    let answer = client.build().map_err(failed)?.get(&url).send().await.map_err(failed)?;
    if answer.status().is_success() {
        return Ok(());
    }
    let status = answer.status();
    Err(format!("not ready: {status} {}", answer.text().await.unwrap_or_default()))
}

/// Replaces the unspecified address, which a service may listen on, by loopback.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_all_interfaces_is_checked_on_loopback() {
        for (bind, expected) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.1.2.3:80", "10.1.2.3:80")]
        {
            assert_eq!(reachable(bind.parse().unwrap()).to_string(), expected);
        }
    }
}
