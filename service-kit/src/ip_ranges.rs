//! Lists of IP addresses and CIDR ranges, as in `TRUSTED_PROXIES`.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};

/// Number of leading bits of an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) before the IPv4 address.
const MAPPED_BITS: u8 = 96;

/// Addresses and ranges. By default there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IpRanges(Vec<IpNet>);

impl IpRanges {
    /// Whether one of them contains `address`, which must be in its IPv4 form if it has one.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(&address))
    }
}

impl FromStr for IpRanges {
    type Err = String;

    /// Reads a comma-separated list of addresses and CIDR ranges, which may be empty.
    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        Ok(Self(entries.map(range).collect::<Result<_, _>>()?))
    }
}

fn range(text: &str) -> Result<IpNet, String> {
    let range = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let range = range
        .map_err(|_| format!("{text}: must be an address such as 10.0.0.2 or a range such as 10.0.0.0/8"))?;
    // Addresses are compared in their IPv4 form if they have one.
    let mapped = range.addr().to_canonical();
    match (range, mapped) {
        (IpNet::V6(whole), IpAddr::V4(address)) if whole.prefix_len() >= MAPPED_BITS => {
            let narrow = Ipv4Net::new(address, whole.prefix_len() - MAPPED_BITS);
            Ok(narrow.map_err(|error| format!("{text}: {error}"))?.into())
        }
        _ => Ok(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_contains_its_addresses_and_ranges() {
        let ranges: IpRanges =
            "10.0.0.0/8, 192.0.2.1,2001:db8::/32, ::ffff:198.51.100.0/120".parse().unwrap();
        for (address, expected) in [
            ("10.1.2.3", true),
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("2001:db8::7", true),
            ("198.51.100.9", true),
            ("203.0.113.1", false),
        ] {
            assert_eq!(ranges.contain(address.parse().unwrap()), expected, "{address}");
        }
        assert!("localhost".parse::<IpRanges>().is_err());
        assert_eq!(" , ".parse(), Ok(IpRanges::default()));
    }
}
