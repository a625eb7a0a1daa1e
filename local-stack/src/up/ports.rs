//! Checks that the ports are free before anything slow starts.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv6Addr, TcpListener};

use super::settings::Settings;
use crate::error::{Error, Result};

/// Checks that the services and the page, if there is one, can listen on their ports.
///
/// # Errors
/// If a port is in use. The text explains how to choose another one.
pub(super) fn check(settings: &Settings, with_page: bool) -> Result<()> {
    let mut wanted = vec![
        ("auth-service", "AUTH_PORT", settings.auth_port),
        ("task-service", "TASKS_PORT", settings.tasks_port),
    ];
    if with_page {
        wanted.push(("the page", "WEB_PORT", settings.web_port));
    }
    for (index, (_, variable, port)) in wanted.iter().enumerate() {
        if let Some((_, other, _)) = wanted.iter().skip(index + 1).find(|(_, _, other)| other == port) {
            return Err(Error::Refused(format!(
                "{variable} and {other} are both {port}. Set them to different ports."
            )));
        }
    }
    for (service, variable, port) in wanted {
        if let Err(error) = try_to_listen(settings.bind, port) {
            let problem = match error.kind() {
                ErrorKind::AddrInUse => "another program is using it".to_owned(),
                _ => error.to_string(),
            };
            // A round distance away, and always below 65536.
            let other = if port > 60_000 { port - 1000 } else { port + 1000 };
            return Err(Error::Refused(format!(
                "{service} cannot use port {port}: {problem}. Choose another one: {variable}={other} ./dev up"
            )));
        }
    }
    Ok(())
}

fn try_to_listen(address: IpAddr, port: u16) -> std::io::Result<()> {
    TcpListener::bind((address, port))?;
    // Browsers and curl try ::1 first for "localhost", and would reach another program there.
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(error),
        _ => Ok(()),
    }
}
