//! Which IP addresses are public, by the special-purpose address registries of IANA (RFC 6890 and its updates). `std` has
//! such a function, which is not stable yet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Not public. <https://www.iana.org/assignments/iana-ipv4-special-registry>, and multicast.
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),       // "This network"
    v4([10, 0, 0, 0], 8),      // Private
    v4([100, 64, 0, 0], 10),   // Shared by carrier-grade NAT
    v4([127, 0, 0, 0], 8),     // Loopback
    v4([169, 254, 0, 0], 16),  // Link-local, with the metadata services of clouds
    v4([172, 16, 0, 0], 12),   // Private
    v4([192, 0, 0, 0], 24),    // IETF protocol assignments
    v4([192, 0, 2, 0], 24),    // Documentation
    v4([192, 88, 99, 0], 24),  // 6to4 relays, deprecated
    v4([192, 168, 0, 0], 16),  // Private
    v4([198, 18, 0, 0], 15),   // Benchmarking
    v4([198, 51, 100, 0], 24), // Documentation
    v4([203, 0, 113, 0], 24),  // Documentation
    v4([224, 0, 0, 0], 4),     // Multicast
    v4([240, 0, 0, 0], 4),     // Reserved, with limited broadcast
];

/// The only IPv6 addresses that IANA has assigned as global unicast. Outside are loopback, unspecified, unique local
/// (`fc00::/7`), link-local (`fe80::/10`), site-local (`fec0::/10`), multicast (`ff00::/8`), discard-only (`100::/64`),
/// segment routing (`5f00::/16`), local-use NAT64 (`64:ff9b:1::/48`) and IPv4-compatible ones (`::/96`).
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0], 3);

/// Not public, though in [`GLOBAL_UNICAST`]. <https://www.iana.org/assignments/iana-ipv6-special-registry>.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0], 23), // IETF protocol assignments: Teredo, benchmarking, ORCHID and others
    v6([0x2001, 0xdb8], 32), // Documentation
    v6([0x2002, 0], 16), // 6to4: deprecated, and leads to any IPv4 address
    v6([0x3fff, 0], 20), // Documentation
];

/// Addresses by which an IPv6 network reaches IPv4 (NAT64, RFC 6052). The last 32 bits are the IPv4 address.
const NAT64: Ipv6Net = v6([0x64, 0xff9b], 96);

const fn v4([a, b, c, d]: [u8; 4], bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6([first, second]: [u16; 2], bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), bits)
}

/// Whether an address belongs to the public Internet. An IPv6 address that stands for an IPv4 address is public if that
/// one is.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_public_v4(address),
            None => {
                GLOBAL_UNICAST.contains(&address) && !SPECIAL_V6.iter().any(|range| range.contains(&address))
            }
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|range| range.contains(&address))
}

/// The IPv4 address that packets to this one arrive at.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let nat64 = || {
        let [.., a, b, c, d] = address.octets();
        NAT64.contains(&address).then(|| Ipv4Addr::new(a, b, c, d))
    };
    address.to_ipv4_mapped().or_else(nat64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.31.196.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2003::1",
        "2a00:1450:4001::1",
        "3ffe::1",
        "3fff:1000::1",
        "64:ff9b::1.1.1.1",
        "::ffff:1.1.1.1",
    ];
    const SPECIAL: &[&str] = &[
        // Unspecified, "this network", loopback.
        "0.0.0.0",
        "0.255.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "::",
        "::1",
        // Private, shared and unique local.
        "10.0.0.0",
        "10.255.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.168.0.0",
        "192.168.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "fc00::1",
        "fd00:ec2::254",
        "fdff:ffff::1",
        // Link-local and site-local, with the metadata services of clouds.
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        // Protocol assignments, documentation, benchmarking.
        "192.0.0.0",
        "192.0.0.170",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2001:1ff:ffff::1",
        "3fff::1",
        "3fff:fff::1",
        "100::1",
        "5f00::1",
        // Multicast, reserved, broadcast.
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.254",
        "255.255.255.255",
        "ff02::1",
        "ff0e::1",
        // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::1.1.1.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::1.1.1.1",
        "2002:7f00:1::1",
        "2002:a00:1::1",
        "2002:101:101::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001::1",
        // Not assigned.
        "1::1",
        "4000::1",
        "8000::1",
        "e000::1",
    ];

    #[test]
    fn the_table_of_addresses() {
        for (addresses, expected) in [(PUBLIC, true), (SPECIAL, false)] {
            for text in addresses {
                assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_std_calls_special_is_not_public(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let is_special = address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_broadcast()
                || address.is_documentation()
                || address.is_unspecified();
            prop_assert!(!(is_special && is_public(address.into())));
        }

        #[test]
        fn a_mapped_or_translated_address_is_judged_by_its_ipv4_address(bits: u32, special in 0..SPECIAL_V4.len()) {
            let range = SPECIAL_V4[special];
            let inside = Ipv4Addr::from_bits(range.network().to_bits() | (bits & range.hostmask().to_bits()));
            prop_assert!(!is_public(inside.into()));
            for address in [Ipv4Addr::from_bits(bits), inside] {
                let [a, b, c, d] = address.octets();
                let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                let expected = is_public(address.into());
                prop_assert_eq!(is_public(address.to_ipv6_mapped().into()), expected);
                prop_assert_eq!(is_public(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low).into()), expected);
                prop_assert!(!is_public(address.to_ipv6_compatible().into()));
                prop_assert!(!is_public(Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1).into()));
                prop_assert!(!is_public(Ipv6Addr::new(0x2001, 0, 1, 1, 0, 0, !high, !low).into()));
            }
        }

        #[test]
        fn a_public_ipv6_address_is_global_unicast_or_stands_for_a_public_one(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            let is_local = address.is_unique_local() || address.is_unicast_link_local() || address.is_multicast();
            prop_assert!(!(is_local && is_public(address.into())));
            let is_global = bits >> 125 == 1;
            prop_assert!(!is_public(address.into()) || is_global || embedded(address).is_some());
        }
    }
}
