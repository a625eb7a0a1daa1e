//! Two replicas of a service behind the gateway, in place of one process.

use std::net::Ipv4Addr;

use super::gateway::Gateway;
use super::names_server::Names;
use crate::error::{Error, Result};
use crate::ports::free_port;
use crate::process::Environment;
use crate::service::Service;
use crate::workspace::Binary;

/// Set to run the services of all tests as two replicas.
const VARIABLE: &str = "LATCHKEY_TEST_REPLICAS";

/// The addresses of the replicas: all of 127.0.0.0/8 is this machine.
const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];

/// The gateway and the tests. The gateway passes on what tests say of their clients' addresses.
const PROXIES: &str = "127.0.0.1";

/// Whether a service with these settings is to run as two replicas. One whose address is set does not.
pub(super) fn are_selected(env: &Environment) -> bool {
    std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty()) && !env.contains_key("BIND")
}

/// Starts two replicas and a gateway in front of them, and waits until they are ready.
pub(super) async fn start(binary: Binary, mut env: Environment) -> Result<Service> {
    let port = free_port();
    if binary == Binary::AuthService {
        env.entry("TRUSTED_PROXIES".to_owned()).or_insert_with(|| PROXIES.to_owned());
    }
    let mut replicas = Vec::new();
    for address in ADDRESSES {
        env.insert("BIND".to_owned(), format!("{address}:{port}"));
        let mut replica = Service::spawn(binary, &env).await?;
        replica.wait_ready().await?;
        replicas.push(replica);
    }
    let names = Names::start(&ADDRESSES);
    let upstream = match binary {
        Binary::AuthService => ["AUTH_UPSTREAM_HOST", "AUTH_UPSTREAM_PORT"],
        Binary::TaskService => ["TASKS_UPSTREAM_HOST", "TASKS_UPSTREAM_PORT"],
    };
    let gateway = Gateway::start_with(&[
        (upstream[0], "service.test"),
        (upstream[1], &port.to_string()),
        ("GATEWAY_RESOLVERS", &names.resolvers()),
        ("GATEWAY_TRUSTED_PROXIES", PROXIES),
    ]);
    let missing = || Error::Refused(format!("{VARIABLE} needs caddy"));
    let (gateway, second, first) = (
        gateway.ok_or_else(missing)?,
        replicas.pop().ok_or_else(missing)?,
        replicas.pop().ok_or_else(missing)?,
    );
    let url = gateway.url();
    Ok(first.join(second, url, (gateway, names)))
}
