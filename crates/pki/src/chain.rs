//! Path validation (RFC 5280 section 6): root, issuing authority, holder.
//!
//! The rules are rustls-webpki's. It lacks one thing: a way to say that a critical extension it does not
//! know has been understood by someone else. It is therefore shown a *projection* of the holder's
//! certificate, equal but for the criticality of `security_layers`, and a verifier that, for exactly the
//! projected bytes, checks the signature over the original ones.

use std::time::Duration;

use crypto::{Context, PublicKey, Sha3, Suite};
use der::asn1::AnyRef;
use der::{Decode as _, Encode as _, Sequence};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, UnixTime,
};
use webpki::{
    EndEntityCert, ExpirationPolicy, KeyUsage, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy, anchor_from_trusted_cert,
};
use x509_cert::ext::Extension;

use crate::certificate::Certificate;
use crate::claims::SECURITY_LAYERS;
use crate::crl::VerifiedCrl;
use crate::error::PkiError;
use crate::signed;

/// A root and an issuing authority below it, both of one suite, with every signature between them checked.
///
/// # Invariants
///
/// Root self-signed; issuing authority signed by the root, of path length 0; both may sign certificates.
/// Times are not checked here but at every [`Chain::validate_path`].
#[derive(Clone, Debug)]
pub struct Chain {
    root: Certificate,
    issuing: Certificate,
}

impl Chain {
    /// Checks the upper part of the path. Which root to trust is the caller's decision.
    ///
    /// # Errors
    ///
    /// [`PkiError::MixedSuites`]: a path is as strong as its weakest suite, so both authorities are of one.
    pub fn new(root: Certificate, issuing: Certificate) -> Result<Self, PkiError> {
        root.check_authority()?;
        issuing.check_authority()?;
        if !root.names_issuer(&root) || !issuing.names_issuer(&root) {
            return Err(PkiError::UnknownIssuer("certificate"));
        }
        if issuing.subject_der() == root.subject_der() {
            return Err(PkiError::NotAnAuthority("issuing authority is a root"));
        }
        let suite = root.public_key().suite();
        check_suites(&root, suite)?;
        check_suites(&issuing, suite)?;
        if root.path_len() == Some(0) || issuing.path_len() != Some(0) {
            return Err(PkiError::NotAnAuthority("path length"));
        }
        verify_signature(&root, root.public_key())?;
        verify_signature(&issuing, root.public_key())?;
        Ok(Self { root, issuing })
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        &self.root
    }

    /// The issuing authority.
    #[must_use]
    pub fn issuing(&self) -> &Certificate {
        &self.issuing
    }

    /// The suite of both authorities.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.root.public_key().suite()
    }

    /// Validates a holder's certificate: signatures in both halves, validity of all three certificates,
    /// constraints, and, with a list, that it is not revoked. Without a list revocation is **not** checked.
    pub fn validate_path(
        &self,
        leaf: &Certificate,
        crl: Option<&VerifiedCrl>,
        now_s: i64,
    ) -> Result<ValidPath, PkiError> {
        self.root.check_time(now_s)?;
        self.check_leaf_suites(leaf)?;
        if !leaf.names_issuer(&self.issuing) {
            return Err(PkiError::UnknownIssuer("certificate"));
        }
        if leaf.extensions().key_usage.is_some_and(|usage| !usage.digital_signature()) {
            return Err(PkiError::Path("key usage does not allow to sign".to_owned()));
        }
        if let Some(crl) = crl {
            crl.check_fresh(now_s)?;
        }
        self.run_webpki(leaf, crl, now_s)?;
        let ends = [
            Some(leaf.not_after_s()),
            Some(self.issuing.not_after_s()),
            Some(self.root.not_after_s()),
            // From `nextUpdate` on the list is stale: the last good second is the one before.
            crl.map(|crl| crl.next_update_s().saturating_sub(1)),
        ];
        Ok(ValidPath {
            certificate: leaf.fingerprint(),
            issuing: self.issuing.fingerprint(),
            crl_number: crl.map(VerifiedCrl::number),
            valid_until_s: ends.into_iter().flatten().min().unwrap_or(i64::MIN),
        })
    }

    /// Which suite signs is the pinned root's to say, and which keys such an authority certifies a table's: nothing is
    /// taken from the certificate.
    fn check_leaf_suites(&self, leaf: &Certificate) -> Result<(), PkiError> {
        let suite = self.suite();
        if leaf.signature_suite() == suite && suite.certifies(leaf.public_key().suite()) {
            Ok(())
        } else {
            Err(PkiError::MixedSuites)
        }
    }

    fn run_webpki(
        &self,
        leaf: &Certificate,
        crl: Option<&VerifiedCrl>,
        now_s: i64,
    ) -> Result<(), PkiError> {
        let refuse = |e: webpki::Error| refusal(&e, leaf, now_s);
        let projection = Projection::of(leaf)?;
        let verifier = PathVerifier {
            suite: self.suite(),
            keys: [self.root.public_key(), self.issuing.public_key()],
            projected: &projection.tbs,
            original: leaf.tbs(),
        };
        let root_der = CertificateDer::from_slice(self.root.der());
        let anchors = [anchor_from_trusted_cert(&root_der).map_err(refuse)?];
        let intermediates = [CertificateDer::from_slice(self.issuing.der())];
        let leaf_der = CertificateDer::from_slice(&projection.certificate);
        let end_entity = EndEntityCert::try_from(&leaf_der).map_err(refuse)?;
        let seconds = u64::try_from(now_s).map_err(|_| PkiError::Time("now"))?;
        let lists: Vec<_> = crl.into_iter().map(VerifiedCrl::for_paths).collect();
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::EndEntity)
                .with_status_policy(UnknownStatusPolicy::Deny)
                .with_expiration_policy(ExpirationPolicy::Enforce)
                .build()
        });
        end_entity
            .verify_for_usage(
                &[&verifier],
                &anchors,
                &intermediates,
                UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
                KeyUsage::client_auth(),
                revocation,
                None,
            )
            .map(drop)
            .map_err(refuse)
    }
}

/// Proof that a certificate had a valid path when it was checked. Made by [`Chain::validate_path`] only.
///
/// It may be kept until [`ValidPath::valid_until_s`]; a newer revocation list makes it worthless.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ValidPath {
    certificate: Sha3,
    issuing: Sha3,
    crl_number: Option<u64>,
    valid_until_s: i64,
}

impl ValidPath {
    /// SHA3-256 of the holder's certificate.
    #[must_use]
    pub fn certificate(&self) -> &Sha3 {
        &self.certificate
    }

    /// SHA3-256 of the issuing authority's certificate.
    #[must_use]
    pub fn issuing(&self) -> &Sha3 {
        &self.issuing
    }

    /// Number of the revocation list used; `None` if revocation was not checked.
    #[must_use]
    pub fn crl_number(&self) -> Option<u64> {
        self.crl_number
    }

    /// Last second at which the path holds, unix: the first of three expiries and the list's staleness.
    #[must_use]
    pub fn valid_until_s(&self) -> i64 {
        self.valid_until_s
    }
}

/// Validates a whole path at once; [`Chain`] keeps what does not change between holders.
pub fn validate_path(
    leaf: &Certificate,
    issuing: &Certificate,
    root: &Certificate,
    crl: Option<&VerifiedCrl>,
    now_s: i64,
) -> Result<ValidPath, PkiError> {
    Chain::new(root.clone(), issuing.clone())?.validate_path(leaf, crl, now_s)
}

/// Verifies one certificate, ours or anyone's: its validity and its signature, by `ca` or by itself.
///
/// This is a look at one link, no path validation: no root is trusted and no revocation is checked.
pub fn verify_any(
    cert: &Certificate,
    ca: Option<&Certificate>,
    now_s: i64,
) -> Result<(), PkiError> {
    let issuer = ca.unwrap_or(cert);
    cert.check_time(now_s)?;
    if ca.is_some() {
        issuer.check_authority()?;
        issuer.check_time(now_s)?;
    }
    if !cert.names_issuer(issuer) {
        return Err(PkiError::UnknownIssuer("certificate"));
    }
    verify_signature(cert, issuer.public_key())
}

fn verify_signature(cert: &Certificate, key: &PublicKey) -> Result<(), PkiError> {
    if cert.signature_suite() != key.suite() {
        return Err(PkiError::MixedSuites);
    }
    signed::verify(key, cert.tbs(), cert.signature(), "certificate")
}

fn check_suites(cert: &Certificate, suite: Suite) -> Result<(), PkiError> {
    if cert.signature_suite() == suite && cert.public_key().suite() == suite {
        Ok(())
    } else {
        Err(PkiError::MixedSuites)
    }
}

/// The holder's certificate as webpki sees it.
struct Projection {
    certificate: Vec<u8>,
    tbs: Vec<u8>,
}

/// The signed part, with everything but the extensions taken as it stands.
#[derive(Sequence)]
struct TbsFields<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial: AnyRef<'a>,
    algorithm: AnyRef<'a>,
    issuer: AnyRef<'a>,
    validity: AnyRef<'a>,
    subject: AnyRef<'a>,
    key: AnyRef<'a>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

impl Projection {
    fn of(leaf: &Certificate) -> Result<Self, PkiError> {
        let project = || -> der::Result<Vec<u8>> {
            let mut fields = TbsFields::from_der(leaf.tbs())?;
            for extension in fields.extensions.iter_mut().flatten() {
                if extension.extn_id == SECURITY_LAYERS {
                    extension.critical = false;
                }
            }
            fields.to_der()
        };
        let tbs = project().map_err(|_| PkiError::Malformed("certificate"))?;
        let certificate = signed::assemble(&tbs, leaf.signature_suite(), leaf.signature())?;
        Ok(Self { certificate, tbs })
    }
}

/// Our suites in the terms of webpki, for one path: only the two authorities' keys verify anything.
#[derive(Debug)]
struct PathVerifier<'a> {
    suite: Suite,
    keys: [&'a PublicKey; 2],
    projected: &'a [u8],
    original: &'a [u8],
}

impl SignatureVerificationAlgorithm for PathVerifier<'_> {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let message = if message == self.projected { self.original } else { message };
        let key = self.keys.iter().find(|key| key.as_bytes() == public_key);
        key.and_then(|key| key.verify(&Context::X509, message, signature).ok())
            .ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        algorithm_contents(self.suite)
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        algorithm_contents(self.suite)
    }
}

/// webpki wants the contents of the SEQUENCE without its two bytes of tag and length.
fn algorithm_contents(suite: Suite) -> AlgorithmIdentifier {
    AlgorithmIdentifier::from_slice(suite.algorithm_identifier_der().get(2..).unwrap_or_default())
}

fn refusal(error: &webpki::Error, leaf: &Certificate, now_s: i64) -> PkiError {
    use webpki::Error;

    let seconds = |time: &UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    match error {
        Error::CertExpired { not_after, .. } => {
            PkiError::Expired { not_after_s: seconds(not_after), now_s }
        }
        Error::CertNotValidYet { not_before, .. } => {
            PkiError::NotYetValid { not_before_s: seconds(not_before), now_s }
        }
        Error::CertRevoked => PkiError::Revoked,
        Error::CrlExpired { next_update, .. } => {
            PkiError::CrlStale { next_update_s: seconds(next_update), now_s }
        }
        Error::InvalidSignatureForPublicKey => PkiError::InvalidSignature("certificate"),
        Error::InvalidCrlSignatureForPublicKey => PkiError::InvalidSignature("revocation list"),
        Error::UnknownRevocationStatus => PkiError::UnknownIssuer("revocation list"),
        Error::UnknownIssuer => PkiError::UnknownIssuer("certificate"),
        Error::CaUsedAsEndEntity => PkiError::AuthorityAsHolder,
        Error::EndEntityUsedAsCa => PkiError::NotAnAuthority("basic constraints"),
        Error::PathLenConstraintViolated => PkiError::NotAnAuthority("path length"),
        Error::IssuerNotCrlSigner => PkiError::NotAnAuthority("may not sign revocation lists"),
        other => PkiError::Path(format!("{other:?} ({})", leaf.subject())),
    }
}
