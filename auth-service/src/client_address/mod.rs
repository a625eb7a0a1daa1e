//! The IP address of the client of a request, also behind proxies.

mod network;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Once;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR};
use service_kit::ip_ranges::IpRanges;

pub use network::Network;

/// The proxies that are trusted to name the client. By default there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    ranges: IpRanges,
    headers: AddressHeaders,
}

/// The headers in which proxies name the client, in order of precedence. Each contains an address, or a list to which
/// every proxy adds the address of its peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressHeaders(Vec<HeaderName>);

impl Default for AddressHeaders {
    fn default() -> Self {
        Self(vec![X_FORWARDED_FOR])
    }
}

impl AddressHeaders {
    /// The names, in order of precedence.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(HeaderName::as_str)
    }
}

impl FromStr for AddressHeaders {
    type Err = String;

    /// Reads a comma-separated list of names. An empty list is the default.
    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let headers: Vec<_> = entries.map(address_header).collect::<Result<_, _>>()?;
        Ok(if headers.is_empty() { Self::default() } else { Self(headers) })
    }
}

fn address_header(text: &str) -> Result<HeaderName, String> {
    let name: HeaderName = text
        .parse()
        .map_err(|_| format!("{text}: must be the name of a header, such as cf-connecting-ip"))?;
    if name == FORWARDED {
        return Err(format!("{text}: does not hold plain addresses; have the proxy send x-forwarded-for"));
    }
    Ok(name)
}

impl TrustedProxies {
    /// The client's IP address; `None` if the connection has none.
    ///
    /// This is the peer's address, unless the peer is a trusted proxy. Then the first configured header in the request
    /// is read from the right, where the nearest proxy wrote, to the first hop that is not a trusted proxy. The client
    /// may have made up everything to the left of that hop. If a hop cannot be read, the client is the proxy that
    /// wrote it, which then answers for the request.
    pub fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip().to_canonical();
        let headers = request.headers();
        if self.trusts(peer) {
            return Some(self.walk(peer, headers));
        }
        if let Some(header) = self.headers.0.iter().find(|name| headers.contains_key(*name)) {
            warn_of_untrusted_proxy(peer, header);
        }
        Some(peer)
    }

    /// Whether a trusted proxy sent `request`.
    pub fn sent(&self, request: &HttpRequest) -> bool {
        request.peer_addr().is_some_and(|peer| self.trusts(peer.ip().to_canonical()))
    }

    /// Sets the headers in which these proxies name the client.
    #[must_use]
    pub fn with_headers(self, headers: AddressHeaders) -> Self {
        Self { headers, ..self }
    }

    /// Whether this is the address of one of them. It must be in its IPv4 form if it has one.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.ranges.contain(address)
    }

    /// The header from which a trusted proxy's client would be read, as it arrived; `None` if the request has none.
    pub fn forwarded(&self, headers: &HeaderMap) -> Option<String> {
        let header = self.headers.0.iter().find(|name| headers.contains_key(*name))?;
        let lines = headers.get_all(header).map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
        Some(lines.collect::<Vec<_>>().join(","))
    }

    fn walk(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let Some(header) = self.headers.0.iter().find(|name| headers.contains_key(*name)) else {
            return peer;
        };
        let lines: Vec<_> = headers.get_all(header).collect();
        let hops = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut nearest = peer;
        for hop in hops {
            let Some(address) = hop_address(hop) else { break };
            nearest = address;
            if !self.trusts(address) {
                break;
            }
        }
        nearest
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    /// Reads a comma-separated list of addresses and CIDR ranges, which may be empty.
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self { ranges: text.parse()?, headers: AddressHeaders::default() })
    }
}

/// Reads an address, with or without the port that some proxies add.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    let address = hop.parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// Without this proxy in `TRUSTED_PROXIES`, the limits count all its clients as one. Logged once, because anybody can
/// send the header.
fn warn_of_untrusted_proxy(peer: IpAddr, header: &HeaderName) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            %peer,
            %header,
            "client address in this header ignored: this peer is not in TRUSTED_PROXIES. If it is your proxy, all its \
             clients are limited as one"
        );
    });
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        let mut request = TestRequest::default().peer_addr(peer);
        for line in forwarded {
            request = request.append_header((X_FORWARDED_FOR, *line));
        }
        let proxies: TrustedProxies = trusted.parse().unwrap();
        proxies.client(&request.to_http_request()).unwrap().to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("", "203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(client("10.0.0.0/8", "203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(client("10.0.0.2", "10.0.0.3", &["198.51.100.1"]), "10.0.0.3");
    }

    #[test]
    fn the_right_most_hop_that_is_no_proxy_is_the_client() {
        let trusted = "10.0.0.0/8, 192.0.2.1";
        for (forwarded, expected) in [
            (vec!["198.51.100.1"], "198.51.100.1"),
            (vec!["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            (vec!["1.1.1.1, 198.51.100.1, 192.0.2.1,10.9.9.9"], "198.51.100.1"),
            (vec!["1.1.1.1", "198.51.100.1, 192.0.2.1", "10.9.9.9"], "198.51.100.1"),
            (vec!["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            (vec!["198.51.100.1:5555"], "198.51.100.1"),
            (vec!["[2001:db8::1]:5555"], "2001:db8::1"),
            (vec![], "10.0.0.2"),
        ] {
            assert_eq!(client(trusted, "10.0.0.2", &forwarded), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn a_hop_that_is_no_address_ends_the_walk() {
        for garbage in ["", "unknown", "1.2.3.4.5", "fe80::1%eth0", "_hidden", "1.1.1.1 2.2.2.2"] {
            let line = format!("1.1.1.1, {garbage}, 10.9.9.9");
            assert_eq!(client("10.0.0.0/8", "10.0.0.2", &[&line]), "10.9.9.9", "{garbage}");
            assert_eq!(client("10.0.0.0/8", "10.0.0.2", &[garbage]), "10.0.0.2", "{garbage}");
        }
        assert_eq!(hop_address(b"1.1.1.1\xff"), None);
    }

    fn client_by(names: &str, peer: &str, headers: &[(&'static str, &str)]) -> String {
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        let mut request = TestRequest::default().peer_addr(peer);
        for header in headers {
            request = request.append_header(*header);
        }
        let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
        let proxies = proxies.with_headers(names.parse().unwrap());
        proxies.client(&request.to_http_request()).unwrap().to_string()
    }

    #[test]
    fn the_first_header_of_the_list_that_came_decides() {
        let names = "CF-Connecting-IP, x-forwarded-for";
        let (cf, forwarded) = (("cf-connecting-ip", "203.0.113.9"), ("x-forwarded-for", "1.1.1.1, 10.1.1.1"));
        for (headers, expected) in [
            (vec![forwarded, cf], "203.0.113.9"),
            (vec![forwarded], "1.1.1.1"),
            (vec![("cf-connecting-ip", "2001:db8::7")], "2001:db8::7"),
            (vec![("cf-connecting-ip", "garbage"), forwarded], "10.0.0.2"),
            (vec![("cf-connecting-ip", ""), forwarded], "10.0.0.2"),
            (vec![("x-real-ip", "203.0.113.9")], "10.0.0.2"),
            (vec![], "10.0.0.2"),
        ] {
            assert_eq!(client_by(names, "10.0.0.2", &headers), expected, "{headers:?}");
        }
        assert_eq!(client_by(names, "192.0.2.1", &[cf]), "192.0.2.1", "a stranger is not believed");
        assert_eq!(
            client_by("x-real-ip", "10.0.0.2", &[forwarded]),
            "10.0.0.2",
            "a header that is not listed"
        );
    }

    #[test]
    fn a_list_of_headers_has_names_of_headers_that_hold_addresses() {
        for bad in ["a b", "x-real-ip,(", "Forwarded"] {
            let error = bad.parse::<AddressHeaders>().unwrap_err();
            assert!(error.starts_with(bad.rsplit(',').next().unwrap()), "{error}");
        }
        assert_eq!(" , ".parse(), Ok(AddressHeaders::default()));
    }

    #[test]
    fn an_ipv4_mapped_address_is_an_ipv4_address() {
        assert_eq!(client("", "::ffff:203.0.113.7", &[]), "203.0.113.7");
        assert_eq!(client("10.0.0.0/8", "::ffff:10.0.0.2", &["::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.0/104", "10.0.0.2", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.2", "10.0.0.2", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn what_is_no_address_is_refused_by_its_text() {
        for bad in ["localhost", "10.0.0.0/33", "10.0.0/8", "10.0.0.1,*"] {
            let error = bad.parse::<TrustedProxies>().unwrap_err();
            assert!(error.contains(bad.rsplit(',').next().unwrap()), "{error}");
        }
        assert_eq!(" , ".parse(), Ok(TrustedProxies::default()));
    }
}
