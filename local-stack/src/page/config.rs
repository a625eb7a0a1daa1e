//! `/config.json`: the URLs of the services.

use std::collections::BTreeMap;

use serde::Serialize;

/// The services' URLs by the host name of the page. Cookies treat `localhost` and `127.0.0.1` as different sites, so
/// the page calls the services by its own host name.
#[derive(Debug, Clone, Serialize)]
pub struct PageConfig {
    hosts: BTreeMap<String, ServiceUrls>,
    default: ServiceUrls,
}

/// The origins of both services.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceUrls {
    /// auth-service
    pub auth: String,
    /// task-service
    pub tasks: String,
}

impl PageConfig {
    /// Creates the configuration for both names of this machine with these ports, and the `default` for other host
    /// names.
    #[must_use]
    pub fn local(auth_port: u16, tasks_port: u16, default: ServiceUrls) -> Self {
        let under = |host: &str| ServiceUrls {
            auth: format!("http://{host}:{auth_port}"),
            tasks: format!("http://{host}:{tasks_port}"),
        };
        let hosts = ["localhost", "127.0.0.1"].map(|host| (host.to_owned(), under(host)));
        Self { hosts: hosts.into(), default }
    }

    /// The services of a page with this host name.
    pub(super) fn services_for(&self, host: &str) -> &ServiceUrls {
        self.hosts.get(host).unwrap_or(&self.default)
    }
}
