//! Receipts, judged offline: by the trust, the certificates inside and nothing else.

use intent::{BankId, Body, Intent, Receipt, ReceiptFacts};
use pki::{Certificate, Csr, validate_path};

use crate::{ClientError, Trust};

/// What a receipt proves, once every check passed.
#[derive(Clone, Debug)]
pub struct ReceiptProof {
    /// Outcome, intent, place and checkpoint.
    pub facts: ReceiptFacts,
    /// The holder's certificate; `None` where the receipt shows none.
    pub signer: Option<Certificate>,
    /// Whether the signature of the intent was there to be checked, and is valid.
    pub signature_checked: bool,
}

/// Checks a receipt: the checkpoint under the bank's keys, the leaf under the checkpoint, every
/// group shown under the leaf, the signer's certificate under the root at the time of the intent,
/// and the intent's own signature under that certificate.
///
/// What a receipt leaves out cannot be checked and is reported as such; nothing that is there may
/// be wrong.
pub fn verify_receipt(receipt: &Receipt, trust: &Trust) -> Result<ReceiptProof, ClientError> {
    let facts = receipt.verify(&trust.verifier)?.into_inner();
    let Some(intent) = &facts.intent else {
        return Ok(ReceiptProof { facts, signer: None, signature_checked: false });
    };
    if intent.bank() != &trust.bank {
        return Err(other_bank(&trust.bank, intent.bank()));
    }
    let signer = signer(receipt, intent, trust)?;
    let request = match intent.body() {
        Body::UserEnrol { csr, .. } => Some(Csr::from_der(csr)?.verify()?),
        _ => None,
    };
    // An enrolment is signed by the key of its own request, everything else by the certified one.
    let key = match (&request, &signer) {
        (Some(request), _) => Some(request.public_key()),
        (None, Some(certificate)) => Some(certificate.public_key()),
        (None, None) => None,
    };
    let signature_checked = match (&facts.evidence, key) {
        (Some(_), Some(key)) => {
            receipt.verify_signature(&trust.bank, key)?;
            true
        }
        (None, _) | (_, None) => false,
    };
    Ok(ReceiptProof { facts, signer, signature_checked })
}

fn signer(
    receipt: &Receipt,
    intent: &Intent,
    trust: &Trust,
) -> Result<Option<Certificate>, ClientError> {
    let [holder, issuing, root] = receipt.certificates.as_slice() else { return Ok(None) };
    let holder = Certificate::from_der(holder)?;
    let issuing = Certificate::from_der(issuing)?;
    if root != trust.root.der() {
        return Err(ClientError::ForeignCertificate { what: "root" });
    }
    if holder.public_key().suite() != trust.suite {
        return Err(ClientError::ForeignCertificate { what: "suite" });
    }
    // At enrolment the certificate shown is the one issued, which begins after the intent's time.
    if matches!(intent.body(), Body::UserEnrol { .. }) {
        let from_s = holder.not_before_s();
        validate_path(&holder, &issuing, &trust.root, None, from_s)?;
        return Ok(Some(holder));
    }
    if holder.fingerprint() != intent.certificate() {
        return Err(ClientError::ForeignCertificate { what: "signer" });
    }
    let at_s = intent.at().get().div_euclid(1_000_000);
    validate_path(&holder, &issuing, &trust.root, None, at_s)?;
    Ok(Some(holder))
}

pub(crate) fn other_bank(expected: &BankId, actual: &BankId) -> ClientError {
    ClientError::OtherBank { expected: expected.to_string(), actual: actual.to_string() }
}
