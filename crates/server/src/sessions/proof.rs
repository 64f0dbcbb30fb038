//! The proof that every request of a session carries.
//!
//! ```text
//! session key       = HKDF-SHA256(ikm = bootstrap secret (32) || device key (32),
//!                                 salt = session id (16), info = "strongroom/request-proof/v1", 32)
//! Content-Digest    : sha-256=:<base64 of SHA-256(body)>:                        RFC 9530
//! Strongroom-Proof  : t=<unix µs>, n=<counter>, i=<instance>, mac=<64 hex digits>
//! mac               = HMAC-SHA3-256(session key, "v1\n" METHOD "\n" path?query "\n"
//!                                    Content-Digest "\n" t "\n" n "\n" instance)
//! ```
//!
//! A session without a certificate has no device: its key comes from the bootstrap secret alone, under the info
//! `strongroom/request-proof/no-device/v1`.
//!
//! The instance is the name of one server process, which every answer carries in `Strongroom-Instance`. Each process
//! remembers the counters that it has seen, so a proof that only it accepts is accepted once.
//!
//! Two secrets make the key, so that neither a broken KEM (the bootstrap secret) nor a stolen database row (the device
//! key, sealed) nor a stolen token opens anything by itself.

use base64ct::{Base64, Encoding};
use crypto::{CryptoError, MacKey, SecretBytes, constant_time_eq, hkdf_sha256, sha256};
use http::HeaderMap;
use intent::{SessionId, UtcMicros};
use thiserror::Error;

/// Name of the header that carries the proof.
pub const PROOF_HEADER: &str = "strongroom-proof";
/// Name of the header that binds the body.
pub const DIGEST_HEADER: &str = "content-digest";
/// How far a request's time may be from ours, in microseconds. Fixed by the wire protocol.
pub const CLOCK_SKEW_US: i64 = 60 * 1_000_000;
/// Name of the header in which every answer says which process gave it.
pub const INSTANCE_HEADER: &str = "strongroom-instance";
const KEY_INFO: &[u8] = b"strongroom/request-proof/v1";
const KEY_INFO_NO_DEVICE: &[u8] = b"strongroom/request-proof/no-device/v1";
const KEY_LEN: usize = 32;
const MAC_LEN: usize = 32;

/// The key of a session, 32 bytes. Without a device: of a session without a certificate.
pub fn session_key(
    session: SessionId,
    bootstrap: &SecretBytes,
    device_key: Option<&SecretBytes>,
) -> Result<SecretBytes, CryptoError> {
    let Some(device_key) = device_key else {
        return hkdf_sha256(bootstrap, session.get().as_bytes(), &[KEY_INFO_NO_DEVICE], KEY_LEN);
    };
    let ikm = SecretBytes::new([bootstrap.expose(), device_key.expose()].concat());
    hkdf_sha256(&ikm, session.get().as_bytes(), &[KEY_INFO], KEY_LEN)
}

/// What a request says of itself, before any of it is believed.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    content_digest: &'a str,
    t: &'a str,
    n: &'a str,
    instance: &'a str,
    at_us: i64,
    counter: u64,
    mac: [u8; MAC_LEN],
}

/// What a proof covers beside the headers.
#[derive(Clone, Copy, Debug)]
pub struct Covered<'a> {
    /// In capitals.
    pub method: &'a str,
    /// Path with its query, as on the request line.
    pub path: &'a str,
    /// The whole body.
    pub body: &'a [u8],
}

impl<'a> Presented<'a> {
    /// Reads both headers. Each must be there once, in exactly the form above.
    pub fn from_headers(headers: &'a HeaderMap) -> Result<Self, ProofRefused> {
        let content_digest = once(headers, DIGEST_HEADER)?;
        let mut parts = once(headers, PROOF_HEADER)?.split(", ");
        let mut part = |prefix: &'static str| {
            parts.next().and_then(|part| part.strip_prefix(prefix)).ok_or(ProofRefused::Malformed)
        };
        let (t, n, instance, mac_hex) = (part("t=")?, part("n=")?, part("i=")?, part("mac=")?);
        let mut mac = [0; MAC_LEN];
        hex::decode_to_slice(mac_hex, &mut mac).map_err(|_| ProofRefused::Malformed)?;
        let (Ok(at_us), Ok(counter), None) = (t.parse(), n.parse(), parts.next()) else {
            return Err(ProofRefused::Malformed);
        };
        Ok(Self { content_digest, t, n, instance, at_us, counter, mac })
    }

    /// The request's counter, to be asked of the [`ReplayWindow`](super::window::ReplayWindow) after [`verify`](Self::verify).
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// Checks digest, time, instance and MAC, in that order: cheap and telling nothing first.
    pub fn verify(
        &self,
        key: &MacKey,
        covered: Covered<'_>,
        instance: &str,
        now: UtcMicros,
    ) -> Result<(), ProofRefused> {
        let digest = Base64::encode_string(sha256(covered.body).as_bytes());
        let expected = format!("sha-256=:{digest}:");
        if !constant_time_eq(expected.as_bytes(), self.content_digest.as_bytes()) {
            return Err(ProofRefused::Digest);
        }
        if now.get().abs_diff(self.at_us) > CLOCK_SKEW_US.unsigned_abs() {
            return Err(ProofRefused::Stale);
        }
        if self.instance != instance {
            return Err(ProofRefused::OtherInstance);
        }
        let parts: [&[u8]; 12] = [
            b"v1\n",
            covered.method.as_bytes(),
            b"\n",
            covered.path.as_bytes(),
            b"\n",
            self.content_digest.as_bytes(),
            b"\n",
            self.t.as_bytes(),
            b"\n",
            self.n.as_bytes(),
            b"\n",
            self.instance.as_bytes(),
        ];
        key.verify(&parts, &self.mac).map_err(|_| ProofRefused::Mac)
    }
}

fn once<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, ProofRefused> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| ProofRefused::Malformed),
        (Some(_), Some(_)) => Err(ProofRefused::Malformed),
        (None, _) => Err(ProofRefused::Missing(name)),
    }
}

/// Why a request's proof is not accepted.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum ProofRefused {
    /// A header is missing.
    #[error("header {0} is missing")]
    Missing(&'static str),
    /// A header is there twice or has another form.
    #[error("the proof headers are malformed")]
    Malformed,
    /// The digest is not that of the body.
    #[error("Content-Digest is not that of the body")]
    Digest,
    /// The time is more than a minute from ours.
    #[error("the proof's time is more than 60 s from the bank's clock")]
    Stale,
    /// It is meant for another process.
    #[error("the proof names another instance than the one that answers")]
    OtherInstance,
    /// The MAC is not of this session's key over this request.
    #[error("the proof is not valid")]
    Mac,
    /// The counter was used, or is too far behind.
    #[error("the proof's counter was used before")]
    Replayed,
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use uuid::Uuid;

    use super::*;

    const AT: i64 = 1_700_000_000_000_000;
    /// Computed with Python's hashlib and hmac, independently of this crate, as is the client's.
    const MAC: &str = "a3400bb659e8b91d4654cbda10d325d71c4f613af026382d4736916ae91bd8af";
    const INSTANCE: &str = "00112233445566778899aabbccddeeff";
    const DIGEST: &str = "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:";
    const COVERED: Covered<'static> = Covered { method: "POST", path: "/api/x?a=1", body: b"{}" };

    fn key() -> MacKey {
        MacKey::new(&SecretBytes::new((0..32).collect()))
    }

    fn headers(proof: &str, digest: &str) -> HeaderMap {
        let pair = |name, value: &str| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        [pair(PROOF_HEADER, proof), pair(DIGEST_HEADER, digest)].into_iter().collect()
    }

    fn good() -> HeaderMap {
        headers(&format!("t={AT}, n=42, i={INSTANCE}, mac={MAC}"), DIGEST)
    }

    fn verify(headers: &HeaderMap, covered: Covered<'_>, now_us: i64) -> Result<(), ProofRefused> {
        Presented::from_headers(headers)?.verify(
            &key(),
            covered,
            INSTANCE,
            UtcMicros::from_micros(now_us),
        )
    }

    #[test]
    fn a_proof_for_another_method_path_or_body_is_refused() {
        let refused = Err(ProofRefused::Mac);
        assert_eq!(verify(&good(), Covered { method: "PUT", ..COVERED }, AT), refused);
        assert_eq!(verify(&good(), Covered { path: "/api/x?a=2", ..COVERED }, AT), refused);
        let other_body = verify(&good(), Covered { body: b"{ }", ..COVERED }, AT);
        assert_eq!(other_body, Err(ProofRefused::Digest));
    }

    #[test]
    fn a_shifted_time_or_counter_is_refused() {
        for proof in [
            format!("t={}, n=42, i={INSTANCE}, mac={MAC}", AT + 1),
            format!("t={AT}, n=43, i={INSTANCE}, mac={MAC}"),
        ] {
            assert_eq!(verify(&headers(&proof, DIGEST), COVERED, AT), Err(ProofRefused::Mac));
        }
    }

    #[test]
    fn a_proof_older_or_newer_than_a_minute_is_refused() {
        assert_eq!(verify(&good(), COVERED, AT + CLOCK_SKEW_US), Ok(()));
        assert_eq!(verify(&good(), COVERED, AT - CLOCK_SKEW_US), Ok(()));
        assert_eq!(verify(&good(), COVERED, AT + CLOCK_SKEW_US + 1), Err(ProofRefused::Stale));
        assert_eq!(verify(&good(), COVERED, AT - CLOCK_SKEW_US - 1), Err(ProofRefused::Stale));
    }

    #[test]
    fn malformed_missing_and_doubled_headers_are_refused() {
        for proof in [
            "",
            "t=1",
            "n=42, t=1, i=0, mac=00",
            "t=1, n=1, i=0, mac=zz",
            "t=x, n=1, i=0, mac=00",
            "t=1, n=1, mac=00",
        ] {
            let refused = Presented::from_headers(&headers(proof, DIGEST)).err();
            assert_eq!(refused, Some(ProofRefused::Malformed), "{proof}");
        }
        let surplus = headers(&format!("t={AT}, n=42, i={INSTANCE}, mac={MAC}, x=1"), DIGEST);
        assert_eq!(Presented::from_headers(&surplus).err(), Some(ProofRefused::Malformed));
        let mut doubled = good();
        doubled.append(PROOF_HEADER, HeaderValue::from_static("t=1, n=1, mac=00"));
        assert_eq!(Presented::from_headers(&doubled).err(), Some(ProofRefused::Malformed));
        let mut missing = good();
        missing.remove(DIGEST_HEADER);
        let refused = Presented::from_headers(&missing).err();
        assert_eq!(refused, Some(ProofRefused::Missing(DIGEST_HEADER)));
    }

    #[test]
    fn a_proof_is_for_one_instance() {
        let there = UtcMicros::from_micros(AT);
        let verify = |headers: &HeaderMap, instance| {
            Presented::from_headers(headers).unwrap().verify(&key(), COVERED, instance, there)
        };
        let other = "ffffffffffffffffffffffffffffffff";
        assert_eq!(verify(&good(), other), Err(ProofRefused::OtherInstance));
        let renamed = headers(&format!("t={AT}, n=42, i={other}, mac={MAC}"), DIGEST);
        assert_eq!(verify(&renamed, other), Err(ProofRefused::Mac));
    }

    #[test]
    fn a_known_request_verifies() {
        assert_eq!(verify(&good(), COVERED, AT), Ok(()));
    }

    // Computed with Python's hashlib and hmac, independently of this crate.
    #[test]
    fn a_known_session_has_the_known_key() {
        let (bootstrap, device) = (SecretBytes::new(vec![1; 32]), SecretBytes::new(vec![2; 32]));
        let session = SessionId::new(Uuid::from_bytes([3; 16]));
        assert_eq!(
            hex::encode(session_key(session, &bootstrap, Some(&device)).unwrap().expose()),
            "6b2820d5d2e7f4bdf2337adefaa54486a7198979586074bc587aa75a17c0cf8e"
        );
        assert_eq!(
            hex::encode(session_key(session, &bootstrap, None).unwrap().expose()),
            "4c38c15f655510f0f5d2e119996f093435315b6eea5004e1cf1e6b05d9c439e4"
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_stranger_puts_into_the_headers_is_refused_or_read_and_never_more(
            proof in "(t=[0-9]{0,20}, n=-?[0-9]{0,21}, i=[0-9a-f]{0,33}, mac=[0-9a-fA-F]{63,65}|.{0,120})",
            digest in proptest::collection::vec(proptest::num::u8::ANY, 0..100),
        ) {
            let pair = |name, value: &[u8]| {
                Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
            };
            let headers = [pair(PROOF_HEADER, proof.as_bytes()), pair(DIGEST_HEADER, &digest)];
            let headers: HeaderMap = headers.into_iter().flatten().collect();
            if let Ok(presented) = Presented::from_headers(&headers) {
                let now = UtcMicros::from_micros(AT);
                proptest::prop_assert!(presented.verify(&key(), COVERED, INSTANCE, now).is_err());
            }
        }
    }
}
