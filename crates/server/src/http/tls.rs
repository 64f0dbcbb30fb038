//! TLS 1.3 only, with the hybrid key exchange X25519MLKEM768 first.
//!
//! A client that sends a hybrid key share gets the hybrid, and one that can do nothing else too. One
//! that sends a classical share is served with it, even if it names the hybrid as well (rustls takes a
//! usable share rather than asking for another), and `GET /api/security/info` tells it so; what is
//! signed and sealed above does not depend on TLS.
//!
//! Without configured files the server makes a certificate of its own at the first start and keeps it
//! in `<data folder>/tls`, where a browser can be told to trust it. It is renewed at a start less than
//! [`RENEW_BEFORE_S`] before its end.
//!
//! # Standard
//!
//! RFC 8446; draft-ietf-tls-ecdhe-mlkem for the group.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use intent::UtcMicros;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::crypto::aws_lc_rs::{self, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::{NamedGroup, ServerConfig, ServerConnection};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use time::OffsetDateTime;

use crate::config::TlsConfig;

/// In order of preference. The classical ones serve clients that have nothing better.
const GROUPS: [&dyn SupportedKxGroup; 4] =
    [kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1];
/// 397 days: the longest that browsers accept (CA/Browser Forum ballot SC31).
const VALIDITY_S: i64 = 397 * 86_400;
/// 30 days.
pub const RENEW_BEFORE_S: i64 = 30 * 86_400;
/// Text before the certificate's own lines, which PEM readers skip (RFC 7468 2).
const END_LINE: &str = "not-after: ";

/// What was negotiated for the connection of a request. In the request's extensions over TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TlsInfo {
    /// Key exchange group, by its IANA name.
    pub group: &'static str,
    /// Whether that group resists a quantum computer.
    pub quantum_safe: bool,
    /// Cipher suite, by its IANA name.
    pub cipher: &'static str,
}

impl TlsInfo {
    /// Reads a connection whose handshake is complete.
    #[must_use]
    pub fn of(connection: &ServerConnection) -> Self {
        let group = connection.negotiated_key_exchange_group().map(SupportedKxGroup::name);
        let cipher = connection.negotiated_cipher_suite().and_then(|it| it.suite().as_str());
        Self {
            group: group.and_then(|it| it.as_str()).unwrap_or("unknown"),
            quantum_safe: group == Some(NamedGroup::X25519MLKEM768),
            cipher: cipher.unwrap_or("unknown"),
        }
    }
}

/// The configuration of the TLS port. Makes or renews the certificate where none is configured.
pub fn server_config(
    config: &TlsConfig,
    data_dir: &Path,
    now: UtcMicros,
) -> Result<Arc<ServerConfig>, TlsError> {
    let (chain, key) = if let Some((certificate, key)) = &config.files {
        load(certificate, key)?
    } else {
        self_made(&config.names, &data_dir.join("tls"), now)?
    };
    let mut server = ServerConfig::builder_with_provider(Arc::new(provider()?))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

/// The provider, after a proof that the hybrid group is first and works on this machine.
pub fn provider() -> Result<CryptoProvider, TlsError> {
    let provider = CryptoProvider { kx_groups: GROUPS.to_vec(), ..aws_lc_rs::default_provider() };
    let first = provider.kx_groups.first().ok_or(TlsError::NotHybrid)?;
    if first.name() != NamedGroup::X25519MLKEM768 {
        return Err(TlsError::NotHybrid);
    }
    let client = first.start()?;
    let server = first.start_and_complete(client.pub_key())?;
    let theirs = client.complete(&server.pub_key)?;
    if theirs.secret_bytes() == server.secret.secret_bytes() {
        Ok(provider)
    } else {
        Err(TlsError::NotHybrid)
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn load(certificate: &Path, key: &Path) -> Result<Identity, TlsError> {
    let read = |path: &Path| fs::read(path).map_err(|error| TlsError::File(path.into(), error));
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsError::Pem(certificate.into(), error))?;
    let key = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|error| TlsError::Pem(key.into(), error))?;
    Ok((chain, key))
}

/// The kept pair while it is fit, else a new one.
///
/// The key is written first: a crash in between leaves a pair that does not match, and no certificate
/// newer than its key, so the next start makes both again.
fn self_made(names: &[String], folder: &Path, now: UtcMicros) -> Result<Identity, TlsError> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let now_s = now.get().div_euclid(1_000_000);
    let end_s = fs::read_to_string(&certificate).ok().and_then(|text| end_of(&text, names));
    if end_s.is_none_or(|end_s| end_s.saturating_sub(now_s) < RENEW_BEFORE_S) {
        let end_s = now_s.saturating_add(VALIDITY_S);
        let (pem, key_pem) = make(names, now_s, end_s)?;
        let write = |path: &Path, text: &str| {
            write_private(path, text).map_err(|error| TlsError::File(path.into(), error))
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| TlsError::File(folder.into(), error))?;
        drop(fs::remove_file(&certificate));
        write(&key, &key_pem)?;
        write(&certificate, &format!("{END_LINE}{end_s} {}\n{pem}", names.join(",")))?;
    }
    load(&certificate, &key)
}

fn make(names: &[String], now_s: i64, end_s: i64) -> Result<(String, String), TlsError> {
    let mut params = CertificateParams::new(names)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Strongroom on this machine");
    params.distinguished_name = subject;
    params.not_before = instant(now_s)?;
    params.not_after = instant(end_s)?;
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// When a kept certificate ends, if it speaks for exactly these names.
fn end_of(text: &str, names: &[String]) -> Option<i64> {
    let (end, kept) = text.lines().next()?.strip_prefix(END_LINE)?.split_once(' ')?;
    (kept == names.join(",")).then(|| end.parse().ok()).flatten()
}

fn instant(seconds: i64) -> Result<OffsetDateTime, TlsError> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| TlsError::Clock)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Why the TLS port cannot be offered.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The hybrid group is missing or broken: nothing weaker takes its place.
    #[error("X25519MLKEM768 does not work with this cryptographic library")]
    NotHybrid,
    /// A file cannot be read or written.
    #[error("{}", .0.display())]
    File(Box<Path>, #[source] io::Error),
    /// A file holds something else.
    #[error("{} is not PEM with the right kind of content", .0.display())]
    Pem(Box<Path>, #[source] pem::Error),
    /// The clock is beyond any calendar.
    #[error("the system clock is out of range")]
    Clock,
    /// The certificate could not be made.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// The key and the certificate do not go together, or the group failed.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_DAY_US: i64 = 1_700_000_000_000_000;
    const DAY_US: i64 = 86_400_000_000;

    fn config(data_dir: &Path, names: &[&str], day: i64) -> Vec<u8> {
        let tls = TlsConfig {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..TlsConfig::default()
        };
        let now = UtcMicros::from_micros(FIRST_DAY_US.saturating_add(day.saturating_mul(DAY_US)));
        server_config(&tls, data_dir, now).unwrap();
        fs::read(data_dir.join("tls/certificate.pem")).unwrap()
    }

    #[test]
    fn the_certificate_is_kept_until_it_nears_its_end_or_its_names_change() {
        let folder = tempfile::tempdir().unwrap();
        let first = config(folder.path(), &["localhost"], 0);
        assert_eq!(config(folder.path(), &["localhost"], 366), first);
        let renewed = config(folder.path(), &["localhost"], 368);
        assert_ne!(renewed, first);
        assert_ne!(config(folder.path(), &["localhost", "bank.test"], 368), renewed);
    }

    #[test]
    fn a_pair_cut_short_by_a_crash_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        config(folder.path(), &["localhost"], 0);
        fs::remove_file(folder.path().join("tls/certificate.pem")).unwrap();
        config(folder.path(), &["localhost"], 0);
    }

    #[test]
    fn configured_files_that_are_not_there_are_an_error_that_names_them() {
        let files = Some(("no/certificate.pem".into(), "no/key.pem".into()));
        let tls = TlsConfig { files, ..TlsConfig::default() };
        let error = server_config(&tls, Path::new("."), UtcMicros::from_micros(0)).unwrap_err();
        assert!(error.to_string().contains("no/certificate.pem"));
    }

    #[test]
    fn the_hybrid_group_is_first() {
        assert_eq!(provider().unwrap().kx_groups[0].name(), NamedGroup::X25519MLKEM768);
    }
}
