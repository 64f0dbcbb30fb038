//! The proof that every request carries: a MAC keyed from the session and the device together.
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
//! A session without a certificate has no device: its key comes from the bootstrap secret alone, under the
//! info `strongroom/request-proof/no-device/v1`. The instance is the name of the server process that may
//! accept the proof; every answer carries it in `Strongroom-Instance`.

use std::sync::{Arc, PoisonError, RwLock};

use base64ct::{Base64, Encoding};
use crypto::{CryptoError, MacKey, SecretBytes, hkdf_sha256, sha256};
use uuid::Uuid;

const KEY_INFO: &[u8] = b"strongroom/request-proof/v1";
const KEY_INFO_NO_DEVICE: &[u8] = b"strongroom/request-proof/no-device/v1";
const KEY_LEN: usize = 32;

/// The key of a session, 32 bytes, from the secret that the bank sealed to the login and from the
/// device's own: a stolen token or a broken KEM alone yields none. A session without a certificate
/// has no device, and sees little.
pub fn session_key(
    session: Uuid,
    bootstrap: &SecretBytes,
    device_key: Option<&SecretBytes>,
) -> Result<SecretBytes, CryptoError> {
    let Some(device_key) = device_key else {
        return hkdf_sha256(bootstrap, session.as_bytes(), &[KEY_INFO_NO_DEVICE], KEY_LEN);
    };
    let ikm = SecretBytes::new([bootstrap.expose(), device_key.expose()].concat());
    hkdf_sha256(&ikm, session.as_bytes(), &[KEY_INFO], KEY_LEN)
}

/// The server process that answered last, as far as one connection pool knows. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Instance(Arc<RwLock<Arc<str>>>);

impl Instance {
    /// Name of the header that carries it.
    pub const HEADER: &'static str = "strongroom-instance";

    /// Its name; empty before the first answer.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes note of the one that has just answered.
    pub fn observe(&self, name: &str) {
        if *self.name() != *name {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = name.into();
        }
    }
}

/// The two headers that prove one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProofHeaders {
    /// Value of `Content-Digest`.
    pub content_digest: String,
    /// Value of `Strongroom-Proof`.
    pub proof: String,
}

/// Makes request proofs. Time and counter are arguments, so load can be signed beforehand.
pub struct RequestSigner {
    key: MacKey,
    secret: SecretBytes,
    instance: Instance,
}

impl RequestSigner {
    /// Name of the header that carries [`ProofHeaders::proof`].
    pub const HEADER: &'static str = "strongroom-proof";

    /// Signs with a session key, see [`session_key`], for whichever instance answered last.
    #[must_use]
    pub fn new(session_key: SecretBytes, instance: Instance) -> Self {
        Self { key: MacKey::new(&session_key), secret: session_key, instance }
    }

    /// The headers of one request. `path` includes the query; `counter` must be new in the session
    /// and less than 1,024 behind its highest; `at_us` within 60 s of the bank's clock.
    #[must_use]
    pub fn sign(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        at_us: i64,
        counter: u64,
    ) -> ProofHeaders {
        let instance = self.instance.name();
        let digest = Base64::encode_string(sha256(body).as_bytes());
        let content_digest = format!("sha-256=:{digest}:");
        let text =
            format!("v1\n{method}\n{path}\n{content_digest}\n{at_us}\n{counter}\n{instance}");
        let mac = hex::encode(self.key.tag(&[text.as_bytes()]));
        let proof = format!("t={at_us}, n={counter}, i={instance}, mac={mac}");
        ProofHeaders { content_digest, proof }
    }

    /// The session key, for the key store.
    pub(crate) const fn secret(&self) -> &SecretBytes {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> RequestSigner {
        let instance = Instance::default();
        instance.observe("00112233445566778899aabbccddeeff");
        RequestSigner::new(SecretBytes::new((0..32).collect()), instance)
    }

    // Computed with Python's hashlib and hmac, independently of this crate.
    #[test]
    fn a_known_request_gives_the_known_headers() {
        let headers = signer().sign("POST", "/api/x?a=1", b"{}", 1_700_000_000_000_000, 42);
        assert_eq!(
            headers.content_digest,
            "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"
        );
        assert_eq!(
            headers.proof,
            "t=1700000000000000, n=42, i=00112233445566778899aabbccddeeff, mac=a3400bb659e8b91d4654cbda10d325d71c4f613af026382d4736916ae91bd8af"
        );
    }

    #[test]
    fn a_known_session_gives_the_known_key() {
        let bootstrap = SecretBytes::new(vec![1; 32]);
        let device = SecretBytes::new(vec![2; 32]);
        let key = session_key(Uuid::from_bytes([3; 16]), &bootstrap, Some(&device)).unwrap();
        assert_eq!(
            hex::encode(key.expose()),
            "6b2820d5d2e7f4bdf2337adefaa54486a7198979586074bc587aa75a17c0cf8e"
        );
        let key = session_key(Uuid::from_bytes([3; 16]), &bootstrap, None).unwrap();
        assert_eq!(
            hex::encode(key.expose()),
            "4c38c15f655510f0f5d2e119996f093435315b6eea5004e1cf1e6b05d9c439e4"
        );
    }

    #[test]
    fn every_part_of_a_request_changes_its_proof() {
        let base = signer().sign("GET", "/a", b"", 1, 1).proof;
        let others = [
            signer().sign("POST", "/a", b"", 1, 1).proof,
            signer().sign("GET", "/b", b"", 1, 1).proof,
            signer().sign("GET", "/a", b"x", 1, 1).proof,
            signer().sign("GET", "/a", b"", 2, 1).proof,
            signer().sign("GET", "/a", b"", 1, 2).proof,
        ];
        let elsewhere = signer();
        elsewhere.instance.observe("another");
        let others = others.into_iter().chain([elsewhere.sign("GET", "/a", b"", 1, 1).proof]);
        for other in others {
            assert_ne!(other.rsplit('=').next(), base.rsplit('=').next());
        }
    }
}
