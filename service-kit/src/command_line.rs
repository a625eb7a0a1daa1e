//! What both programs do alike on the command line.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;

use crate::weakness::Weakness;

/// How long `healthcheck` waits: less than the interval at which container platforms ask.
const HEALTHCHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// The exit code for a command line or setting that cannot be used.
const USAGE_ERROR: u8 = 2;

/// Prints `--help` and `--version` as clap writes them. Of an error, the first paragraph on one line: it names the
/// variable (as the flag's value), and the usage below it would bury that in a log.
pub fn print_usage(program: &str, error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Fails only when nobody reads it any more.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let paragraph: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    eprintln!("{program}: {}", paragraph.join(" "));
    ExitCode::from(USAGE_ERROR)
}

/// The exit code of a command, after its error went to standard error in one line.
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

/// The exit code of `config check`. If all settings are valid, prints a line, and a warning for each that weakens the service.
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

/// Asks the service that listens on `bind` whether it is ready.
///
/// # Errors
/// What it answered, or why it did not.
pub async fn healthcheck(bind: SocketAddr) -> Result<(), String> {
    let url = format!("http://{}/readyz", reachable(bind));
    let failed = |error: reqwest::Error| format!("not ready: {url}: {error}");
    // No certificates: it is plain HTTP on this machine, and a minimal container has none to load.
    let client = reqwest::Client::builder().no_proxy().timeout(HEALTHCHECK_TIMEOUT).tls_certs_only([]);
    let answer = client.build().map_err(failed)?.get(&url).send().await.map_err(failed)?;
    if answer.status().is_success() {
        return Ok(());
    }
    let status = answer.status();
    Err(format!("not ready: {status} {}", answer.text().await.unwrap_or_default()))
}

/// A service that listens everywhere is asked on loopback.
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
    fn a_service_that_listens_everywhere_is_asked_on_loopback() {
        for (bind, asked) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.1.2.3:80", "10.1.2.3:80")]
        {
            assert_eq!(reachable(bind.parse().unwrap()).to_string(), asked);
        }
    }
}
