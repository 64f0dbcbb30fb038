//! A small bank: root, issuing authority, one holder, one revocation list.

use crypto::{Sha3, SigningKey, Suite, sha3_256};
use pki::{
    CHALLENGE, Certificate, Chain, ControlClaims, Crl, Csr, DEFENSE_VERSION, Expected,
    FIRST_GENERATION, HolderCertificate, PkiError, Profile, Request, RevokedEntry, Validity,
    VerifiedCrl, VerifiedCsr, authority, build_csr, issue, prepare,
};

pub(crate) const NOW_S: i64 = 1_800_000_000;
pub(crate) const DAY_S: i64 = 86_400;
pub(crate) const HOUR_S: i64 = 3_600;
pub(crate) const CRL_NUMBER: u64 = 7;
pub(crate) const ACTIONS: [&str; 3] = ["payment.order", "payment.cancel", "device.enrol"];
pub(crate) const PURPOSE: &str = "retail banking";

const YEAR_S: i64 = 365 * DAY_S;

pub(crate) struct Bank {
    pub(crate) suite: Suite,
    pub(crate) root_key: SigningKey,
    pub(crate) issuing_key: SigningKey,
    pub(crate) holder_key: SigningKey,
    pub(crate) chain: Chain,
    pub(crate) holder: Certificate,
    pub(crate) crl: VerifiedCrl,
}

/// A key from a seed of equal bytes; a different `seed` for each half of a composite.
pub(crate) fn key(suite: Suite, seed: u8) -> SigningKey {
    let mut bytes = vec![seed; suite.seed_len()];
    for byte in bytes.iter_mut().skip(32) {
        *byte = seed.wrapping_add(100);
    }
    SigningKey::from_seed(suite, &bytes).unwrap()
}

pub(crate) fn csr(key: &SigningKey, common_name: &str) -> VerifiedCsr {
    Csr::from_der(&build_csr(key, common_name).unwrap()).unwrap().verify().unwrap()
}

pub(crate) fn years(years: i64) -> Validity {
    Validity { not_before_s: NOW_S - DAY_S, not_after_s: NOW_S - DAY_S + years * YEAR_S }
}

impl Bank {
    pub(crate) fn new(suite: Suite) -> Self {
        Self::with_holders(suite, suite)
    }

    /// Authorities of one suite, holders of another.
    pub(crate) fn with_holders(suite: Suite, holders: Suite) -> Self {
        let [root_key, issuing_key] = [1, 2].map(|seed| key(suite, seed));
        let holder_key = key(holders, 3);
        let root =
            authority::create_root(&root_key, "Strongroom Root 1", [0x11; 16], years(20)).unwrap();
        let issuing_csr = csr(&issuing_key, "Strongroom Issuing 1");
        let issuing =
            authority::create_issuing(&root, &root_key, &issuing_csr, [0x22; 16], years(5))
                .unwrap();
        let crl = list(&issuing, &issuing_key, CRL_NUMBER, &[]);
        let claims = claims(holders, &issuing);
        let request = Request {
            csr: &csr(&holder_key, "whatever the device says"),
            subject_cn: "Ada Lovelace",
            claims: &claims,
            serial: [0xA5; 16],
            now_s: NOW_S,
        };
        let linted = prepare(Profile::Holder, &request, &issuing).unwrap();
        let holder = issue(linted, &issuing_key).unwrap();
        let chain = Chain::new(root, issuing).unwrap();
        Self { suite, root_key, issuing_key, holder_key, chain, holder, crl }
    }

    pub(crate) fn root(&self) -> &Certificate {
        self.chain.root()
    }

    pub(crate) fn issuing(&self) -> &Certificate {
        self.chain.issuing()
    }

    pub(crate) fn claims(&self) -> ControlClaims {
        claims(self.holder_key.suite(), self.issuing())
    }

    /// Issues to the holder's key with these claims.
    pub(crate) fn issue(&self, claims: &ControlClaims) -> Result<Certificate, PkiError> {
        let request = Request {
            csr: &csr(&self.holder_key, "x"),
            subject_cn: "Ada Lovelace",
            claims,
            serial: [0xA6; 16],
            now_s: NOW_S,
        };
        issue(prepare(Profile::Holder, &request, self.issuing())?, &self.issuing_key)
    }

    /// Runs `check` with what the bank has on record for `certificate`.
    pub(crate) fn with_record<T>(
        &self,
        certificate: &Certificate,
        check: impl FnOnce(Expected<'_>) -> T,
    ) -> T {
        check(Expected {
            suite: self.holder_key.suite(),
            authority_suite: self.suite,
            logged_hash: &certificate.fingerprint(),
            bank: "strongroom",
            user_id: &[7; 16],
            device_id: &sha3_256(b"device verifier"),
            role: "customer",
            purpose_scope: PURPOSE,
            allowed_actions: &ACTIONS,
            crl: &self.crl,
            parent_ca_fp: &self.issuing().fingerprint(),
            lineage: &sha3_256(b"lineage"),
            newest_generation: FIRST_GENERATION,
            previous: None,
            challenge: CHALLENGE,
            challenge_ok: true,
        })
    }

    /// Path and controls, as at every request, for a certificate an attacker hands in: the log knows the
    /// genuine one only.
    pub(crate) fn admit(&self, certificate: &Certificate) -> Result<HolderCertificate, PkiError> {
        self.with_record(&self.holder, |expected| {
            HolderCertificate::admit(certificate, &self.chain, &expected, NOW_S)
        })
    }
}

pub(crate) fn claims(suite: Suite, issuing: &Certificate) -> ControlClaims {
    ControlClaims {
        defense_version: DEFENSE_VERSION,
        bank: "strongroom".to_owned(),
        user_id: [7; 16],
        role: "customer".to_owned(),
        suite,
        device_id: sha3_256(b"device verifier"),
        purpose_scope: PURPOSE.to_owned(),
        allowed_actions: ACTIONS.map(str::to_owned).to_vec(),
        crl_url: "https://bank.example/pki/issuing-1.crl".to_owned(),
        crl_number: CRL_NUMBER,
        parent_ca_fp: issuing.fingerprint(),
        lineage: sha3_256(b"lineage"),
        generation: FIRST_GENERATION,
        previous: None,
        challenge: CHALLENGE.to_owned(),
    }
}

pub(crate) fn list(
    issuer: &Certificate,
    key: &SigningKey,
    number: u64,
    revoked: &[RevokedEntry],
) -> VerifiedCrl {
    let der = Crl::build(issuer, key, number, NOW_S - 60, NOW_S + HOUR_S, revoked).unwrap();
    Crl::from_der(&der).unwrap().verify(issuer, NOW_S).unwrap()
}

pub(crate) fn other_hash() -> Sha3 {
    sha3_256(b"something else")
}
