//! What each fuzz target does with the bytes of a stranger: nothing panics, and nothing contradicts itself.
//!
//! `tests/tests/seeds.rs` includes this file too, and plays every seed in the ordinary tests, where there is no nightly
//! compiler.

use crypto::{MacKey, SecretBytes};
use http::{HeaderMap, HeaderName, HeaderValue};
use intent::{Form, Intent, Receipt, SignedIntent, UtcMicros};
use messages::Limits;
use messages::pain002::{self, ItemStatus, Report};
use messages::payment::{PaymentFile, UncheckedFile, pain001};
use messages::{external, payment};
use pki::{Certificate, Crl, Csr};
use server::mfa::totp;
use server::sessions::proof::{Covered, DIGEST_HEADER, PROOF_HEADER, Presented};
use server::sessions::token::Tokens;
use tlog::{Checkpoint, SignedNote};

/// The canonical JSON profile: what is accepted has one spelling.
pub fn canonical(data: &[u8]) {
    if let Ok(value) = intent::canonical::parse(data) {
        let again = intent::canonical::write(&value);
        assert_eq!(again, data, "accepted bytes are the canonical ones");
    }
}

/// The signed document of a stranger.
pub fn intent(data: &[u8]) {
    if let Ok(intent) = Intent::parse(data) {
        assert_eq!(intent.canonical(), data, "accepted bytes are kept");
    }
}

/// The envelope around a signed document, and what is in it.
pub fn envelope(data: &[u8]) {
    if let Ok(signed) = SignedIntent::from_json(data) {
        let _ = signed.parse_intent();
        let again = SignedIntent::from_json(&signed.to_json()).expect("what we write, we read");
        assert_eq!(again.intent, signed.intent);
    }
}

/// What a stranger sends as CBOR: an envelope, a list of them, one with something beside it, a receipt. What is read is what
/// its JSON says.
pub fn cbor(data: &[u8]) {
    if let Ok(signed) = SignedIntent::from_bytes(data, Form::Cbor) {
        let _ = signed.parse_intent();
        for form in [Form::Json, Form::Cbor] {
            let again = SignedIntent::from_bytes(&signed.to_bytes(form), form);
            assert_eq!(again.expect("what we write, we read"), signed);
        }
    }
    if let Ok(receipt) = Receipt::from_bytes(data, Form::Cbor) {
        let again = Receipt::from_json(&receipt.to_json()).expect("what we write, we read");
        assert_eq!(again.to_bytes(Form::Cbor), receipt.to_bytes(Form::Cbor));
    }
    let _ = SignedIntent::from_cbor_beside(data, ["device_proof"]);
    if let Ok(items) = intent::cbor::items(data, 1_000) {
        assert!(items.iter().map(|item| item.len()).sum::<usize>() < data.len());
    }
    if let Ok(members) = intent::cbor::members(data) {
        assert!(
            members.iter().map(|(name, bytes)| name.len() + bytes.len()).sum::<usize>()
                < data.len()
        );
    }
}

/// A receipt that somebody shows.
pub fn receipt(data: &[u8]) {
    let _ = Receipt::from_json(data);
}

/// A certificate that somebody shows.
pub fn certificate(data: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(data) {
        assert_eq!(certificate.der(), data, "there is one encoding");
        let _ = pki::show(&certificate);
        let _ = pki::verify_any(&certificate, None, 1_780_000_000);
    }
}

/// A certificate request of a stranger.
pub fn csr(data: &[u8]) {
    if let Ok(request) = Csr::from_der(data) {
        let _ = request.verify();
    }
}

/// A revocation list that somebody shows.
pub fn crl(data: &[u8]) {
    let _ = Crl::from_der(data);
}

/// A signed checkpoint that somebody shows.
pub fn note(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(note) = SignedNote::from_text(text) {
        let _ = Checkpoint::from_text(note.body());
    }
    let _ = Checkpoint::from_text(text);
}

/// A payment file from a customer, as XML and as a table. What is read can be answered.
pub fn payment_file(data: &[u8]) {
    let limits = &Limits::PRODUCT;
    for read in [pain001::read(data, limits), payment::csv::read(data, "message", limits)] {
        if let Ok(file) = read.and_then(UncheckedFile::check) {
            answer(&file).expect("a file that was read can be answered");
        }
    }
}

fn answer(file: &PaymentFile) -> Result<(), pain002::ReportError> {
    let report = Report {
        message_id: "status",
        created_at: time::OffsetDateTime::UNIX_EPOCH,
        bank_name: "Bank",
    };
    let statuses: Vec<ItemStatus> = file
        .items()
        .map(|(_, item)| match &item.order {
            Ok(_) => ItemStatus::Accepted,
            Err(unpayable) => unpayable.clone().into(),
        })
        .collect();
    pain002::write(report, file, &statuses, std::io::sink())
}

/// Another bank's statement, as XML and as a table.
pub fn external_statement(data: &[u8]) {
    let _ = external::camt053::read(data, &Limits::PRODUCT);
    let _ = external::csv::read(data, &Limits::PRODUCT);
}

/// The proof of a request and the digest of its body, a line each: one pair is good, the one that was sent.
pub fn proof(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in [PROOF_HEADER, DIGEST_HEADER] {
        if let Some(Ok(value)) = lines.next().map(HeaderValue::from_bytes) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let Ok(presented) = Presented::from_headers(&headers) else { return };
    let covered = Covered { method: "POST", path: "/api/x?a=1", body: b"{}" };
    let now = UtcMicros::from_micros(1_700_000_000_000_000);
    let instance = "00112233445566778899aabbccddeeff";
    if presented.verify(&MacKey::new(&key()), covered, instance, now).is_ok() {
        let sent = include_bytes!("../seeds/proof/post");
        // Hexadecimal digits have two spellings; the counter is good once whichever is sent.
        assert!(data.eq_ignore_ascii_case(sent), "a proof that nobody made is accepted");
    }
}

/// What a stranger sends as a bearer or refresh token: ours alone is one.
pub fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let tokens = Tokens::new(&key(), MacKey::new(&key()));
    let is_bearer = tokens.read(text, 1_800_000_000).is_ok();
    assert_eq!(is_bearer, data == include_bytes!("../seeds/token/bearer"));
    let is_refresh = tokens.read_refresh(text).is_ok();
    assert_eq!(is_refresh, data == include_bytes!("../seeds/token/refresh"));
}

/// A byte that says which step was used last, and the code that somebody types at second 59 of the standard's table.
pub fn totp(data: &[u8]) {
    let Some((last_step, code)) = data.split_first() else { return };
    let Ok(code) = std::str::from_utf8(code) else { return };
    let secret = SecretBytes::new(b"12345678901234567890".to_vec());
    let last_step = u64::from(*last_step);
    let step = totp::accepted_step(&secret, code, last_step, 59).expect("the secret is usable");
    if let Some(step) = step {
        // The codes of steps 0, 1 and 2: RFC 4226, appendix D.
        let good = [(0, "755224"), (1, "287082"), (2, "359152")];
        assert!(step > last_step && good.contains(&(step, code)), "{code} is of no step");
    }
}

fn key() -> SecretBytes {
    SecretBytes::new((0..32).collect())
}
