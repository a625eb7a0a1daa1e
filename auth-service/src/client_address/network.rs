//! The networks that limits count.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One client. In IPv6, a client can choose any address of at least a /64.
const CLIENT: Prefix = Prefix { v4: 32, v6: 64, factor: 1 };
/// The prefix that a household gets from its provider, and some rented servers.
const HOUSEHOLD: Prefix = Prefix { v4: 32, v6: 56, factor: 4 };
/// The prefix that any site can get, and the longest one that is routed on the Internet. Phones of many people may
/// share one, so its factor is large.
const SITE: Prefix = Prefix { v4: 24, v6: 48, factor: 16 };

/// The number of leading bits that identify a network.
#[derive(Clone, Copy)]
struct Prefix {
    v4: u32,
    v6: u32,
    /// How many times the limit of one client the network gets. IPv4 addresses are scarce and shared by many people,
    /// so only the address itself is counted.
    factor: i32,
}

/// The network of a client: an IPv4 address or an IPv6 /64. Or a wider one around it, from [`counted`](Self::counted)
/// or [`site`](Self::site).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    /// The number of leading bits.
    bits: u32,
}

impl Network {
    /// The network of an address. All clients without an address share one.
    pub fn of(address: Option<IpAddr>) -> Self {
        let address = address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)).to_canonical();
        Self::within(address, CLIENT)
    }

    /// The networks in which a client is counted, narrowest first, and the factor of their limits.
    pub fn counted(self) -> impl Iterator<Item = (Self, i32)> {
        let all = [CLIENT, HOUSEHOLD, SITE].map(|prefix| (Self::within(self.address, prefix), prefix.factor));
        let narrowest_only = self.address.is_ipv4();
        all.into_iter().take(if narrowest_only { 1 } else { all.len() })
    }

    /// The widest network that may belong to one party: a /48, or an IPv4 /24. Use it where sharing a count with a
    /// neighbour does no harm.
    pub fn site(self) -> Self {
        Self::within(self.address, SITE)
    }

    fn within(address: IpAddr, prefix: Prefix) -> Self {
        match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(u32::BITS - prefix.v4).unwrap_or(0);
                Self { address: Ipv4Addr::from_bits(address.to_bits() & mask).into(), bits: prefix.v4 }
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(u128::BITS - prefix.v6).unwrap_or(0);
                Self { address: Ipv6Addr::from_bits(address.to_bits() & mask).into(), bits: prefix.v6 }
            }
        }
    }

    /// The network as text: its first address and its length.
    pub fn text(self) -> String {
        format!("{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::of(Some(address.parse().unwrap()))
    }

    #[test]
    fn an_ipv6_client_is_its_64() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn wider_networks_of_ipv6_are_counted_too() {
        let counted = |address: &str| {
            network(address).counted().map(|(network, factor)| (network.text(), factor)).collect::<Vec<_>>()
        };
        let expected = [("2001:db8:1:2ff::/64", 1), ("2001:db8:1:200::/56", 4), ("2001:db8:1::/48", 16)];
        assert_eq!(counted("2001:db8:1:2ff::7"), expected.map(|(text, factor)| (text.to_owned(), factor)));
        assert_eq!(counted("192.0.2.7"), [("192.0.2.7/32".to_owned(), 1)], "many people share one already");
    }

    #[test]
    fn a_site_is_what_is_routed_by_itself() {
        assert_eq!(network("2001:db8:1:2::1").site(), network("2001:db8:1:ffff::9").site());
        assert_ne!(network("2001:db8:1::1").site(), network("2001:db8:2::1").site());
        assert_eq!(network("192.0.2.1").site(), network("192.0.2.254").site());
        assert_ne!(network("192.0.2.1").site(), network("192.0.3.1").site());
        assert_eq!(network("192.0.2.1").site().text(), "192.0.2.0/24");
        assert_ne!(network("::").site().text(), network("0.0.0.0").site().text());
    }
}
