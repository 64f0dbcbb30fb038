//! Which addresses may be connected to. Pure.
//!
//! # Standard
//!
//! The special-purpose registries of the IANA (RFC 6890 and what was added since). Of IPv6 only global unicast counts
//! (`2000::/3`), so that mapped, translated, link-local, unique-local and multicast addresses are out without being named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

const HTTPS_PORT: u16 = 443;

const fn v4(a: u8, b: u8, c: u8, d: u8, len: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), len)
}

const fn v6(a: u16, b: u16, len: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), len)
}

/// IPv4 that is no public host: this network, private, shared, loopback, link-local and metadata, protocols, documentation,
/// relays, benchmarks, multicast, reserved and broadcast.
const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];
const GLOBAL_UNICAST_V6: Ipv6Net = v6(0x2000, 0, 3);
/// Within global unicast: protocols (Teredo, ORCHID), documentation, 6to4, documentation again.
const NOT_PUBLIC_V6: [Ipv6Net; 4] =
    [v6(0x2001, 0, 23), v6(0x2001, 0xdb8, 32), v6(0x2002, 0, 16), v6(0x3fff, 0, 20)];

/// Why an endpoint is not connected to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Barred {
    /// It is no public address.
    Address,
    /// A public address on another port than 443.
    Port,
    /// A public address without TLS.
    Plain,
}

impl Barred {
    /// Stable name, as operators see it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Address => "address-not-allowed",
            Self::Port => "port-not-allowed",
            Self::Plain => "tls-needed",
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|net| net.contains(&v4)),
        IpAddr::V6(v6) => {
            GLOBAL_UNICAST_V6.contains(&v6) && !NOT_PUBLIC_V6.iter().any(|net| net.contains(&v6))
        }
    }
}

/// Judges where a name led to: every address of it must do, so that nobody mixes a good one with a bad one. Gives the one to
/// connect to.
pub(super) fn judge(
    url: &Url,
    addresses: &[SocketAddr],
    networks: &[IpNet],
) -> Result<SocketAddr, Barred> {
    for address in addresses {
        if networks.iter().any(|net| net.contains(&address.ip())) {
            continue;
        }
        if !is_public(address.ip()) {
            return Err(Barred::Address);
        }
        judge_public(url)?;
    }
    addresses.first().copied().ok_or(Barred::Address)
}

fn judge_public(url: &Url) -> Result<(), Barred> {
    if url.scheme() != "https" {
        return Err(Barred::Plain);
    }
    if url.port_or_known_default() != Some(HTTPS_PORT) {
        return Err(Barred::Port);
    }
    Ok(())
}

/// Judges an address before its name is resolved, for a word to whoever sets it; the last word is [`judge`]'s.
pub(super) fn judge_text(url: &Url, networks: &[IpNet]) -> Result<(), Barred> {
    let port = url.port_or_known_default().unwrap_or(HTTPS_PORT);
    let ip = match url.host() {
        Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
        Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
        // A name may lead into the bank's own networks, if there are any.
        Some(Host::Domain(_)) if !networks.is_empty() => return Ok(()),
        Some(Host::Domain(_)) => return judge_public(url),
        None => return Err(Barred::Address),
    };
    judge(url, &[SocketAddr::new(ip, port)], networks).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(url: &str, addresses: &[&str], networks: &[&str]) -> Result<SocketAddr, Barred> {
        let url = Url::parse(url).unwrap();
        let addresses: Vec<SocketAddr> =
            addresses.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 443)).collect();
        let networks: Vec<IpNet> = networks.iter().map(|net| net.parse().unwrap()).collect();
        judge(&url, &addresses, &networks)
    }

    #[test]
    fn only_public_addresses_are_connected_to() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert_eq!(
                judged("https://x.example", &[address], &[]),
                Err(Barred::Address),
                "{address}"
            );
        }
        for address in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"] {
            assert!(judged("https://x.example", &[address], &[]).is_ok(), "{address}");
        }
    }

    #[test]
    fn one_bad_address_among_good_ones_bars_the_name_and_so_does_none() {
        let mixed = judged("https://x.example", &["8.8.8.8", "127.0.0.1"], &[]);
        assert_eq!(mixed, Err(Barred::Address));
        assert_eq!(judged("https://x.example", &[], &[]), Err(Barred::Address));
    }

    #[test]
    fn tls_and_its_port_are_needed_outside_the_banks_own_networks() {
        assert_eq!(judged("http://x.example", &["8.8.8.8"], &[]), Err(Barred::Plain));
        assert_eq!(judged("https://x.example:22", &["8.8.8.8"], &[]), Err(Barred::Port));
        assert!(judged("http://x.example:8080", &["10.0.0.7"], &["10.0.0.0/24"]).is_ok());
        assert_eq!(
            judged("http://x.example", &["10.0.1.7"], &["10.0.0.0/24"]),
            Err(Barred::Address)
        );
        // An address in another guise is in no network of its plain one.
        let mapped = judged("http://x.example", &["::ffff:10.0.0.7"], &["10.0.0.0/24"]);
        assert_eq!(mapped, Err(Barred::Address));
    }

    #[test]
    fn whoever_sets_an_address_is_told_what_its_text_shows() {
        let text = |url: &str| judge_text(&Url::parse(url).unwrap(), &[]);
        assert_eq!(text("https://0x7f000001/"), Err(Barred::Address));
        assert_eq!(text("https://[::ffff:127.0.0.1]/"), Err(Barred::Address));
        assert_eq!(text("https://x.example:8443/"), Err(Barred::Port));
        assert_eq!(text("http://x.example/"), Err(Barred::Plain));
        assert_eq!(text("https://x.example/"), Ok(()));
    }
}
