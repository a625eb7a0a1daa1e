//! Settings of `serve` that work and protect less than they should.

use service_kit::weakness::Weakness;
use url::{Host, Url};

use super::Config;

/// Minimum cost of bcrypt that OWASP recommends.
const RECOMMENDED_COST: u32 = 10;

impl Config {
    /// The settings that weaken the service, to be logged at start. None of them is refused: each is right for some test or
    /// some machine.
    pub fn weaknesses(&self) -> Vec<Weakness> {
        let is_local = is_loopback(&self.base_url);
        let checks = [
            (
                "BCRYPT_COST",
                self.passwords.bcrypt_cost.get() < RECOMMENDED_COST,
                "is below 10, so passwords of a stolen database can be confirmed quickly; only tests need that",
            ),
            (
                "RATE_LIMIT_ENABLED",
                !self.rate_limit_enabled && !is_local,
                "is false, and BASE_URL is not on this machine: guesses at passwords are not limited unless a proxy \
                 limits them",
            ),
            (
                "BASE_URL",
                self.base_url.scheme() == "http" && !is_local,
                "is http and not on this machine: passwords and cookies can be read on the network, and cookies are \
                 not Secure; serve it over https",
            ),
        ];
        let weak = checks.into_iter().filter(|(_, is_weak, _)| *is_weak);
        weak.map(|(setting, _, reason)| Weakness { setting: setting.to_owned(), reason }).collect()
    }
}

/// Whether only this machine reaches `url` (RFC 6761, section 6.3, for names).
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_of_this_machine_are_loopback() {
        let is_loopback = |url: &str| is_loopback(&url.parse().unwrap());
        for url in ["http://localhost:8081", "http://a.localhost", "http://127.1.2.3", "http://[::1]:1"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["http://auth.example.com", "http://localhost.example", "http://10.0.0.1", "http://[::2]"]
        {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
