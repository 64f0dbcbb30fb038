//! Other people's software: Python `cryptography` (OpenSSL inside) reads what we issue, and verifies it with
//! its own ML-DSA, Ed25519 and ECDSA.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64ct::{Base64, Encoding as _};
use crypto::Suite;
use pki::build_csr;

use crate::bank::{Bank, NOW_S};

/// First major version seen to know ML-DSA.
const CRYPTOGRAPHY_MIN: u32 = 48;

/// Reads from standard input, one base64 line each: root, issuing, holder, list, request.
const SCRIPT: &str = r#"
import base64, datetime, hashlib, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
root, issuing, holder, crl, csr = [base64.b64decode(line) for line in sys.stdin.read().split()]
pure = sys.argv[1] == "pure"
now = datetime.datetime.fromtimestamp(int(sys.argv[2]), datetime.timezone.utc)
root, issuing, holder = [x509.load_der_x509_certificate(der) for der in (root, issuing, holder)]
crl, csr = x509.load_der_x509_crl(crl), x509.load_der_x509_csr(csr)
assert holder.not_valid_before_utc == now
assert holder.issuer == issuing.subject and issuing.issuer == root.subject == root.issuer
assert crl.issuer == issuing.subject
ski = issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
for signed in (holder, crl):
    aki = signed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert aki.key_identifier == ski
basic = issuing.extensions.get_extension_for_class(x509.BasicConstraints).value
assert basic.ca and basic.path_length == 0
layers = x509.ObjectIdentifier(sys.argv[3])
layers = holder.extensions.get_extension_for_oid(layers)
assert layers.critical and len(layers.value.value) > 200
assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
assert crl.get_revoked_certificate_by_serial_number(holder.serial_number) is None
assert csr.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "Ada Lovelace"
if pure:
    def verify(key, part, signature):
        key.verify(signature, part)
    root_key, issuing_key, csr_key = [signed.public_key() for signed in (root, issuing, csr)]
else:
    # draft-ietf-lamps-pq-composite-sigs, context empty: both halves over M'.
    ALGORITHM = {"65": "300a06082b06010505070630", "44": "300a06082b06010505070627", "hsm": "300a06082b0601050507062d"}
    level, length, name = sys.argv[4:7]
    hsm, length = sys.argv[1] == "hsm", int(length)
    kind = getattr(mldsa, name)
    label = f"COMPSIG-MLDSA{level}-{'ECDSA-P256' if hsm else 'Ed25519'}-SHA512".encode()
    cut = {"65": 3309, "44": 2420}[level]
    def key(der):
        begin = der.index(bytes.fromhex(ALGORITHM["hsm" if hsm else level]) + b"\x03\x82") + 17
        raw = der[begin:][:length + (65 if hsm else 32)]
        half = kind.from_public_bytes(raw[:length])
        if hsm:
            return half, ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw[length:])
        return half, ed25519.Ed25519PublicKey.from_public_bytes(raw[length:])
    def verify(keys, part, signature):
        message = b"CompositeAlgorithmSignatures2025" + label + b"\0" + hashlib.sha512(part).digest()
        keys[0].verify(signature[:cut], message, label)
        how = [ec.ECDSA(hashes.SHA256())] if hsm else []
        keys[1].verify(signature[cut:], message, *how)
    root_key, issuing_key, csr_key = [
        key(part) for part in (
            root.tbs_certificate_bytes[60:], issuing.tbs_certificate_bytes[60:],
            csr.tbs_certrequest_bytes,
        )
    ]
verify(root_key, root.tbs_certificate_bytes, root.signature)
verify(root_key, issuing.tbs_certificate_bytes, issuing.signature)
verify(issuing_key, holder.tbs_certificate_bytes, holder.signature)
verify(issuing_key, crl.tbs_certlist_bytes, crl.signature)
verify(csr_key, csr.tbs_certrequest_bytes, csr.signature)
"#;

/// Major version of Python's `cryptography`, if both are there.
fn cryptography() -> Option<u32> {
    let output = Command::new("python3")
        .args(["-c", "import cryptography; print(cryptography.__version__)"])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.split('.').next()?.trim().parse().ok()
}

#[test]
fn python_cryptography_reads_and_verifies_every_suite() {
    match cryptography() {
        Some(version) if version >= CRYPTOGRAPHY_MIN => {}
        found => {
            eprintln!("SKIPPED: needs Python cryptography {CRYPTOGRAPHY_MIN}, found {found:?}");
            return;
        }
    }
    for suite in Suite::ALL {
        run(suite);
    }
}

fn run(suite: Suite) {
    let bank = Bank::new(suite);
    let request = build_csr(&bank.holder_key, "Ada Lovelace").unwrap();
    let [kind, level, length, class] = match suite {
        Suite::Standard => ["composite", "65", "1952", "MLDSA65PublicKey"],
        Suite::Compact => ["composite", "44", "1312", "MLDSA44PublicKey"],
        Suite::Hsm => ["hsm", "65", "1952", "MLDSA65PublicKey"],
        Suite::Pure65 | Suite::Cnsa2 => ["pure", "", "", ""],
    };
    let mut child = Command::new("python3")
        .args(["-c", SCRIPT, kind, &NOW_S.to_string(), pki::SECURITY_LAYERS_OID])
        .args([level, length, class])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let objects =
        [bank.root().der(), bank.issuing().der(), bank.holder.der(), bank.crl.der(), &request];
    let lines = objects.map(Base64::encode_string).join("\n");
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{suite}: {said}");
}
