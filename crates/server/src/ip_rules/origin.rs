//! Where a request came from, and how far that names somebody. Pure.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const FORWARDED_FOR: &str = "x-forwarded-for";
/// Hops that are read at most: nobody has more proxies of their own.
const HOPS_MAX: usize = 32;
/// Who is given an IPv6 address is given all those that share its first 64 bits (RFC 6177 2, RFC 4291 2.5.4).
const HOLDER_BITS: (u8, u8) = (32, 64);
/// A place, as far as a network tells: what a provider gives to one site or one neighbourhood.
const PLACE_BITS: (u8, u8) = (24, 48);

/// The address that a request came from: the peer's, or, where the peer is a trusted proxy, the nearest hop that is none.
///
/// A proxy appends whom it heard from, so the list is read from its end, and only as far as trusted proxies wrote it. What is
/// no address there ends the reading: the request is then the last proxy's own.
pub(crate) fn address_of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    let lines: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    for hop in hops.take(HOPS_MAX) {
        if !is_trusted(&address) {
            break;
        }
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
        address = hop.to_canonical();
    }
    address
}

/// All addresses of whoever holds this one.
pub(crate) fn holder_of(address: IpAddr) -> IpNet {
    network_of(address, HOLDER_BITS)
}

/// All addresses of the place that this one belongs to.
pub(crate) fn place_of(address: IpAddr) -> IpNet {
    network_of(address, PLACE_BITS)
}

fn network_of(address: IpAddr, (four, six): (u8, u8)) -> IpNet {
    let address = address.to_canonical();
    let network = match address {
        IpAddr::V4(address) => Ipv4Net::new(address, four).map(IpNet::V4),
        IpAddr::V6(address) => Ipv6Net::new(address, six).map(IpNet::V6),
    };
    // No prefix above is longer than its address.
    network.map_or(IpNet::from(address), |network| network.trunc())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn address(peer: &str, lines: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        address_of(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn an_address_stands_for_its_holder_and_its_place_in_one_spelling() {
        for (address, holder, place) in [
            ("192.0.2.1", "192.0.2.1/32", "192.0.2.0/24"),
            ("::ffff:192.0.2.1", "192.0.2.1/32", "192.0.2.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("2001:db8:1:2:ffff:1:2:3", "2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64", "2001:db8:1::/48"),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(holder_of(address).to_string(), holder);
            assert_eq!(place_of(address).to_string(), place);
        }
    }

    #[test]
    fn a_header_is_believed_from_trusted_proxies_only_and_from_its_end() {
        let proxies = ["10.0.0.0/8", "2001:db8::/32"];
        for (peer, lines, found) in [
            ("192.0.2.9", &["203.0.113.7"][..], "192.0.2.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("::ffff:10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.7,2001:db8::5"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7, garbage"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.3"], "10.0.0.3"),
        ] {
            assert_eq!(address(peer, lines, &proxies), found, "{peer} {lines:?}");
        }
        assert_eq!(address("10.0.0.1", &["203.0.113.7"], &[]), "10.0.0.1");
    }
}
