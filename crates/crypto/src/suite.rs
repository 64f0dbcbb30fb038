//! The suites: one signature algorithm, one KEM, one AEAD each.

use core::fmt;
use core::str::FromStr;

use mldsa_mu::{MlDsa, MlKem};

use crate::{AeadAlgorithm, CryptoError, ecdsa, ed25519};

/// A named set of algorithms. Stored and sent as [`Suite::code`] or [`Suite::name`].
///
/// The verifier takes the suite from its policy for a key, never from the message alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suite {
    /// ML-DSA-65 with Ed25519, X-Wing, ChaCha20-Poly1305.
    Standard,
    /// ML-DSA-44 with Ed25519, ML-KEM-512 with X25519, ChaCha20-Poly1305.
    Compact,
    /// ML-DSA-65, ML-KEM-768, ChaCha20-Poly1305.
    Pure65,
    /// ML-DSA-87, ML-KEM-1024, AES-256-GCM (CNSA 2.0).
    Cnsa2,
    /// ML-DSA-65 with ECDSA on P-256, X-Wing, ChaCha20-Poly1305: for authorities whose classical half lives in a
    /// PKCS#11 token.
    Hsm,
}

/// How ML-KEM and X25519 are combined, in suites that have both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Combiner {
    /// draft-connolly-cfrg-xwing-kem.
    XWing,
    /// X25519 with ML-KEM-512 under our own label, as no standard has this pair.
    Kem512,
}

/// The algorithm of a composite's classical half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClassicalAlgorithm {
    Ed25519,
    EcdsaP256,
}

impl ClassicalAlgorithm {
    const fn signature_lens(self) -> (usize, usize) {
        match self {
            Self::Ed25519 => (ed25519::SIGNATURE_BYTES, ed25519::SIGNATURE_BYTES),
            Self::EcdsaP256 => (ecdsa::SIGNATURE_BYTES_MIN, ecdsa::SIGNATURE_BYTES_MAX),
        }
    }
}

/// What makes a composite of two algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Composite {
    pub(crate) label: &'static [u8],
    pub(crate) classical: ClassicalAlgorithm,
}

impl Suite {
    /// Every suite.
    pub const ALL: [Self; 5] =
        [Self::Standard, Self::Compact, Self::Pure65, Self::Cnsa2, Self::Hsm];

    /// The name used in configuration, on the wire and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Compact => "compact",
            Self::Pure65 => "pure65",
            Self::Cnsa2 => "cnsa2",
            Self::Hsm => "hsm",
        }
    }

    /// The byte used in stored formats.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Standard => 1,
            Self::Compact => 2,
            Self::Pure65 => 3,
            Self::Cnsa2 => 4,
            Self::Hsm => 5,
        }
    }

    /// The suite of a stored byte.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Standard),
            2 => Some(Self::Compact),
            3 => Some(Self::Pure65),
            4 => Some(Self::Cnsa2),
            5 => Some(Self::Hsm),
            _ => None,
        }
    }

    /// The signature algorithm's name in its specification (draft-ietf-lamps-pq-composite-sigs,
    /// RFC 9881).
    #[must_use]
    pub const fn signature_algorithm(self) -> &'static str {
        match self {
            Self::Standard => "id-MLDSA65-Ed25519-SHA512",
            Self::Compact => "id-MLDSA44-Ed25519-SHA512",
            Self::Pure65 => "id-ml-dsa-65",
            Self::Cnsa2 => "id-ml-dsa-87",
            Self::Hsm => "id-MLDSA65-ECDSA-P256-SHA512",
        }
    }

    /// The signature algorithm's object identifier, dotted.
    #[must_use]
    pub const fn oid(self) -> &'static str {
        match self {
            Self::Standard => "1.3.6.1.5.5.7.6.48",
            Self::Compact => "1.3.6.1.5.5.7.6.39",
            Self::Pure65 => "2.16.840.1.101.3.4.3.18",
            Self::Cnsa2 => "2.16.840.1.101.3.4.3.19",
            Self::Hsm => "1.3.6.1.5.5.7.6.45",
        }
    }

    /// The whole DER `AlgorithmIdentifier`: the identifier and no parameters.
    #[must_use]
    pub const fn algorithm_identifier_der(self) -> &'static [u8] {
        match self {
            Self::Standard => b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x06\x30",
            Self::Compact => b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x06\x27",
            Self::Pure65 => b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x12",
            Self::Cnsa2 => b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x13",
            Self::Hsm => b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x06\x2d",
        }
    }

    /// The suite of a dotted object identifier.
    #[must_use]
    pub fn from_oid(oid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.oid() == oid)
    }

    /// Size of a public signature key, bytes.
    #[must_use]
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::Standard => 1984,
            Self::Compact => 1344,
            Self::Pure65 => 1952,
            Self::Cnsa2 => 2592,
            Self::Hsm => 2017,
        }
    }

    /// Size of a signature, bytes; where its DER varies, the largest.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Standard => 3373,
            Self::Compact => 2484,
            Self::Pure65 => 3309,
            Self::Cnsa2 => 4627,
            Self::Hsm => 3381,
        }
    }

    /// Whether a signature may be this long. One length in every suite but `hsm`, whose classical half is DER.
    #[must_use]
    pub const fn is_signature_len(self, len: usize) -> bool {
        match self.composite() {
            Some(Composite { classical, .. }) => {
                let (shortest, longest) = classical.signature_lens();
                let spread = longest.saturating_sub(shortest);
                len <= self.signature_len() && len >= self.signature_len().saturating_sub(spread)
            }
            None => len == self.signature_len(),
        }
    }

    /// Whether an authority of this suite may certify holders' keys of suite `holder`: its own, and `hsm` those of
    /// `standard`, which is of the same strength and needs no token.
    #[must_use]
    pub const fn certifies(self, holder: Self) -> bool {
        matches!(
            (self, holder),
            (Self::Standard | Self::Hsm, Self::Standard)
                | (Self::Compact, Self::Compact)
                | (Self::Pure65, Self::Pure65)
                | (Self::Cnsa2, Self::Cnsa2)
                | (Self::Hsm, Self::Hsm)
        )
    }

    /// Size of a private signature key as a seed, bytes: 32 for ML-DSA, then, in composites, 32 for Ed25519 or for the
    /// scalar of P-256.
    #[must_use]
    pub const fn seed_len(self) -> usize {
        match self {
            Self::Standard | Self::Compact | Self::Hsm => 64,
            Self::Pure65 | Self::Cnsa2 => 32,
        }
    }

    /// The name of the key encapsulation mechanism.
    #[must_use]
    pub const fn kem_name(self) -> &'static str {
        match self {
            Self::Standard | Self::Hsm => "X-Wing",
            Self::Compact => "X25519-ML-KEM-512",
            Self::Pure65 => "ML-KEM-768",
            Self::Cnsa2 => "ML-KEM-1024",
        }
    }

    /// Size of a public KEM key, bytes: ML-KEM, then 32 for X25519.
    #[must_use]
    pub const fn kem_public_key_len(self) -> usize {
        match self {
            Self::Standard | Self::Hsm => 1216,
            Self::Compact => 832,
            Self::Pure65 => 1184,
            Self::Cnsa2 => 1568,
        }
    }

    /// Size of a KEM ciphertext, bytes: ML-KEM, then 32 for X25519.
    #[must_use]
    pub const fn kem_ciphertext_len(self) -> usize {
        match self {
            Self::Standard | Self::Hsm => 1120,
            Self::Compact => 800,
            Self::Pure65 => 1088,
            Self::Cnsa2 => 1568,
        }
    }

    /// Size of a private KEM key as a seed, bytes: 32 where it is expanded over both parts, 64
    /// (`d || z`, FIPS 203) for ML-KEM alone.
    #[must_use]
    pub const fn kem_seed_len(self) -> usize {
        match self {
            Self::Standard | Self::Compact | Self::Hsm => 32,
            Self::Pure65 | Self::Cnsa2 => 64,
        }
    }

    /// The AEAD for data sealed under this suite.
    #[must_use]
    pub const fn aead(self) -> AeadAlgorithm {
        match self {
            Self::Standard | Self::Compact | Self::Pure65 | Self::Hsm => {
                AeadAlgorithm::ChaCha20Poly1305
            }
            Self::Cnsa2 => AeadAlgorithm::Aes256Gcm,
        }
    }

    pub(crate) const fn ml_dsa(self) -> MlDsa {
        match self {
            Self::Standard | Self::Pure65 | Self::Hsm => MlDsa::MlDsa65,
            Self::Compact => MlDsa::MlDsa44,
            Self::Cnsa2 => MlDsa::MlDsa87,
        }
    }

    /// Label and classical half, for suites that have one.
    pub(crate) const fn composite(self) -> Option<Composite> {
        let (label, classical): (&'static [u8], _) = match self {
            Self::Standard => (b"COMPSIG-MLDSA65-Ed25519-SHA512", ClassicalAlgorithm::Ed25519),
            Self::Compact => (b"COMPSIG-MLDSA44-Ed25519-SHA512", ClassicalAlgorithm::Ed25519),
            // As the draft's parameters, its vectors and its implementations have it; its table of labels is older.
            Self::Hsm => (b"COMPSIG-MLDSA65-ECDSA-P256-SHA512", ClassicalAlgorithm::EcdsaP256),
            Self::Pure65 | Self::Cnsa2 => return None,
        };
        Some(Composite { label, classical })
    }

    pub(crate) const fn ml_kem(self) -> MlKem {
        match self {
            Self::Standard | Self::Pure65 | Self::Hsm => MlKem::MlKem768,
            Self::Compact => MlKem::MlKem512,
            Self::Cnsa2 => MlKem::MlKem1024,
        }
    }

    pub(crate) const fn combiner(self) -> Option<Combiner> {
        match self {
            Self::Standard | Self::Hsm => Some(Combiner::XWing),
            Self::Compact => Some(Combiner::Kem512),
            Self::Pure65 | Self::Cnsa2 => None,
        }
    }
}

impl FromStr for Suite {
    type Err = CryptoError;

    fn from_str(name: &str) -> Result<Self, CryptoError> {
        Self::ALL
            .into_iter()
            .find(|suite| suite.name() == name)
            .ok_or_else(|| CryptoError::UnknownSuite(name.to_owned()))
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_codes_and_identifiers_are_refused() {
        let answer = "Standard".parse::<Suite>();
        assert_eq!(answer, Err(CryptoError::UnknownSuite("Standard".to_owned())));
        assert_eq!(Suite::from_code(0), None);
        assert_eq!(Suite::from_code(6), None);
        assert_eq!(Suite::from_oid("1.3.6.1.5.5.7.6.4"), None);
    }

    #[test]
    fn every_suite_is_found_again_by_name_code_and_identifier() {
        for suite in Suite::ALL {
            assert_eq!(suite.to_string().parse::<Suite>(), Ok(suite));
            assert_eq!(Suite::from_code(suite.code()), Some(suite));
            assert_eq!(Suite::from_oid(suite.oid()), Some(suite));
        }
    }

    #[test]
    fn sizes_are_the_sums_of_their_parts() {
        for suite in Suite::ALL {
            let (set, kem) = (suite.ml_dsa(), suite.ml_kem());
            let classical = suite.composite().map(|composite| composite.classical);
            let (shortest, longest) = classical.map_or((0, 0), ClassicalAlgorithm::signature_lens);
            let key = match classical {
                Some(ClassicalAlgorithm::Ed25519) => ed25519::PUBLIC_KEY_BYTES,
                Some(ClassicalAlgorithm::EcdsaP256) => ecdsa::PUBLIC_KEY_BYTES,
                None => 0,
            };
            assert_eq!(suite.public_key_len(), set.public_key_len() + key);
            assert_eq!(suite.signature_len(), set.signature_len() + longest);
            for (len, is_one) in [
                (set.signature_len() + shortest, true),
                (suite.signature_len(), true),
                (set.signature_len() + shortest - 1, false),
                (suite.signature_len() + 1, false),
            ] {
                assert_eq!(suite.is_signature_len(len), is_one, "{suite}, {len}");
            }
            let x25519 = if suite.combiner().is_some() { 32 } else { 0 };
            assert_eq!(suite.kem_public_key_len(), kem.encapsulation_key_len() + x25519);
            assert_eq!(suite.kem_ciphertext_len(), kem.ciphertext_len() + x25519);
        }
    }

    #[test]
    fn an_authority_certifies_its_own_suite_and_one_with_a_token_standard_keys_too() {
        for authority in Suite::ALL {
            for holder in Suite::ALL {
                let is_mixed = (authority, holder) == (Suite::Hsm, Suite::Standard);
                assert_eq!(authority.certifies(holder), authority == holder || is_mixed);
            }
        }
    }

    #[test]
    fn algorithm_identifiers_encode_the_dotted_identifier() {
        for suite in Suite::ALL {
            let [0x30, outer, 0x06, inner, body @ ..] = suite.algorithm_identifier_der() else {
                panic!("not a sequence of an object identifier");
            };
            assert_eq!(usize::from(*outer), body.len() + 2);
            assert_eq!(usize::from(*inner), body.len());
            let first = body[0];
            let mut arcs = vec![u32::from(first / 40), u32::from(first % 40)];
            let mut arc = 0;
            for byte in &body[1..] {
                arc = (arc << 7) | u32::from(byte & 0x7f);
                if byte & 0x80 == 0 {
                    arcs.push(arc);
                    arc = 0;
                }
            }
            if arcs[0] > 2 || first >= 80 {
                arcs[0] = 2;
                arcs[1] = u32::from(first) - 80;
            }
            let dotted: Vec<String> = arcs.iter().map(u32::to_string).collect();
            assert_eq!(dotted.join("."), suite.oid());
        }
    }
}
