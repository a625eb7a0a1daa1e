//! Whether the service learns the address of its clients, and believes it from nobody but its proxies.

use crate::diagnosis::Seen;

use super::report::Finding;

const TRUSTED: &str = "proxy.trusted";
const FORGED: &str = "proxy.forged_address";

/// The checks of this file.
pub const CHECKS: [&str; 2] = [TRUSTED, FORGED];

/// An address for documentation (RFC 5737), which no client has.
pub const FORGED_ADDRESS: &str = "198.51.100.77";

/// Checks that the proxy in front, if there is one, is trusted. The request of `seen` named no client, so a header that
/// does comes from a proxy. `believed` is whether the service believed a forged address.
pub fn trusted(seen: &Seen, believed: bool) -> Finding {
    let (client, peer) = (seen.client, seen.peer);
    match &seen.forwarded {
        Some(forwarded) if !seen.is_peer_trusted => Finding::fault(
            TRUSTED,
            format!(
                "the proxy at {peer} is not trusted, so every client has its address; it named {forwarded} as the client"
            ),
            format!("Set TRUSTED_PROXIES={peer} on auth-service, or the range of the proxy's addresses"),
        ),
        // It passes the client's header on, or is a client.
        None if seen.is_peer_trusted && believed => Finding::skipped(TRUSTED, format!("see {FORGED}")),
        None if seen.is_peer_trusted => Finding::fault(
            TRUSTED,
            format!("the trusted proxy at {peer} names no client, so every client has its address"),
            "Let the proxy send X-Forwarded-For, or set CLIENT_ADDRESS_HEADERS to the header that it sends",
        ),
        Some(_) => Finding::ok(
            TRUSTED,
            format!("the proxy at {peer} is trusted; this machine has the address {client}"),
        ),
        None => Finding::ok(TRUSTED, format!("there is no proxy; this machine has the address {client}")),
    }
}

/// Whether the service believed [`FORGED_ADDRESS`].
pub fn is_believed(seen: &Seen) -> bool {
    seen.client.to_string() == FORGED_ADDRESS
}

/// Checks that the service did not believe [`FORGED_ADDRESS`], which the request of `seen` named.
pub fn forged(seen: &Seen) -> Finding {
    let peer = seen.peer;
    if !is_believed(seen) {
        return Finding::ok(FORGED, "a forged client address is not believed");
    }
    let forwarded = seen.forwarded.clone().unwrap_or_default();
    let nearest = forwarded.rsplit(',').next().unwrap_or_default().trim();
    if nearest != FORGED_ADDRESS {
        // The proxy did append an address: this machine's, which counts as a proxy.
        return Finding::skipped(
            FORGED,
            format!("cannot be checked from this machine: its address {nearest} is in TRUSTED_PROXIES"),
        );
    }
    Finding::fault(
        FORGED,
        format!(
            "any client can choose its address: {peer}, which is in TRUSTED_PROXIES, sent a forged X-Forwarded-For"
        ),
        format!(
            "Remove {peer} from TRUSTED_PROXIES if it is no proxy; if it is one, let it replace X-Forwarded-For or append to it"
        ),
    )
}

/// The result if the service did not say what it sees of the forged request.
pub fn not_seen() -> Finding {
    Finding::skipped(FORGED, "the service did not answer")
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;

    fn seen(client: &str, is_peer_trusted: bool, forwarded: Option<&str>) -> Seen {
        Seen {
            client: client.parse().unwrap(),
            peer: "10.0.0.2".parse().unwrap(),
            is_peer_trusted,
            forwarded: forwarded.map(str::to_owned),
            base_url: String::new(),
            now: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_proxy_is_trusted_and_names_its_clients() {
        for (client, is_trusted, forwarded, expected) in [
            ("203.0.113.7", true, Some("203.0.113.7"), Status::Ok),
            ("10.0.0.2", false, None, Status::Ok),
            ("10.0.0.2", false, Some("203.0.113.7"), Status::Fault),
            ("10.0.0.2", true, None, Status::Fault),
        ] {
            assert_eq!(
                trusted(&seen(client, is_trusted, forwarded), false).status,
                expected,
                "{forwarded:?}"
            );
        }
        assert_eq!(trusted(&seen("10.0.0.2", true, None), true).status, Status::Skipped);
    }

    #[test]
    fn a_forged_address_is_not_believed() {
        let appended = format!("{FORGED_ADDRESS}, 10.0.0.9");
        for (client, forwarded, expected) in [
            ("203.0.113.7", "203.0.113.7", Status::Ok),
            (FORGED_ADDRESS, FORGED_ADDRESS, Status::Fault),
            (FORGED_ADDRESS, &appended, Status::Skipped),
        ] {
            assert_eq!(forged(&seen(client, true, Some(forwarded))).status, expected, "{forwarded}");
        }
    }
}
