//! Whether the ports are free, asked before anything slow.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv6Addr, TcpListener};

use super::settings::Settings;
use crate::error::{Error, Result};

/// # Errors
/// If a service, or the page where there is one, could not listen on its port; the text says how to choose another.
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
            return Err(Error::Refused(format!("{variable} and {other} are both {port}.")));
        }
    }
    for (service, variable, port) in wanted {
        if let Err(error) = try_to_listen(settings.bind, port) {
            let problem = match error.kind() {
                ErrorKind::AddrInUse => "another program is using it".to_owned(),
                _ => error.to_string(),
            };
            // An even step away, and below 65536 wherever we are.
            let other = if port > 60_000 { port - 1000 } else { port + 1000 };
            return Err(Error::Refused(format!(
                "{service} cannot have port {port}: {problem}. Choose another: {variable}={other} ./dev up"
            )));
        }
    }
    Ok(())
}

fn try_to_listen(address: IpAddr, port: u16) -> std::io::Result<()> {
    TcpListener::bind((address, port))?;
    // Browsers and curl try this first for "localhost", and would reach whoever is there.
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(error),
        _ => Ok(()),
    }
}
