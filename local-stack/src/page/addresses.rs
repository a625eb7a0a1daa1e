//! Where the page finds the services: `/config.json`.

use std::collections::BTreeMap;

use serde::Serialize;

/// The services' addresses, by the host name that the page was opened under. To a cookie `localhost` and `127.0.0.1` are
/// different sites, so the page calls the services by the name that it has itself.
#[derive(Debug, Clone, Serialize)]
pub struct Addresses {
    hosts: BTreeMap<String, ServiceAddresses>,
    default: ServiceAddresses,
}

/// The origins of both services.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceAddresses {
    /// auth-service
    pub auth: String,
    /// task-service
    pub tasks: String,
}

impl Addresses {
    /// Both names of this machine with these ports, and the `default` under any other name.
    #[must_use]
    pub fn local(auth_port: u16, tasks_port: u16, default: ServiceAddresses) -> Self {
        let under = |host: &str| ServiceAddresses {
            auth: format!("http://{host}:{auth_port}"),
            tasks: format!("http://{host}:{tasks_port}"),
        };
        let hosts = ["localhost", "127.0.0.1"].map(|host| (host.to_owned(), under(host)));
        Self { hosts: hosts.into(), default }
    }

    /// Those of a page under this host name.
    pub(super) fn under(&self, host: &str) -> &ServiceAddresses {
        self.hosts.get(host).unwrap_or(&self.default)
    }
}
