//! A certificate for a person: aligned, in UTC, in words.

use std::fmt::Write as _;

use crypto::Suite;

use crate::certificate::Certificate;
use crate::claims::{CHALLENGE, ControlClaims};
use crate::controls::NAMES;
use crate::signed;
use crate::text;

const LABEL_CHARS: usize = 18;
const CONTROL_CHARS: usize = 33;

/// Describes a certificate for a person, in lines of label and value, ending in what each of the seven
/// controls says. Nothing is verified here.
#[must_use]
pub fn show(certificate: &Certificate) -> String {
    let kind = match (certificate.is_ca(), certificate.subject_der() == certificate.issuer_der()) {
        (true, true) => "Certificate of a root authority",
        (true, false) => "Certificate of an issuing authority",
        (false, true) => "Self-signed certificate",
        (false, false) => "Certificate of a holder",
    };
    let key = certificate.public_key();
    let size = format!(
        "{} bytes (key {}, signature {})",
        grouped(certificate.der().len()),
        grouped(key.as_bytes().len()),
        grouped(certificate.signature().len()),
    );
    let mut out = format!("{kind}\n");
    line(&mut out, "subject", &text::defused(certificate.subject()));
    line(&mut out, "issuer", &text::defused(certificate.issuer()));
    line(&mut out, "serial number", &colons(certificate.serial()));
    line(&mut out, "valid from", &utc(certificate.not_before_s()));
    line(&mut out, "valid to", &utc(certificate.not_after_s()));
    line(&mut out, "suite", &suite_in_words(key.suite()));
    line(&mut out, "signed with", certificate.signature_suite().signature_algorithm());
    line(&mut out, "may", &powers(certificate));
    line(&mut out, "size", &size);
    line(&mut out, "SHA3-256", &certificate.fingerprint().to_string());
    line(&mut out, "SHA3-256 of key", &key.fingerprint().to_string());
    match certificate.claims() {
        Some(claims) => controls(&mut out, certificate, claims),
        None => out.push_str("\nIt carries no security layers: the seven controls say nothing.\n"),
    }
    out
}

fn controls(out: &mut String, certificate: &Certificate, claims: &ControlClaims) {
    line(out, "bank", &claims.bank);
    line(out, "user", &uuid(claims.user_id));
    line(out, "role", &claims.role);
    let previous = claims.previous.map_or_else(|| "none, the first".to_owned(), |p| p.to_string());
    let actions = if claims.allowed_actions.is_empty() {
        "nothing".to_owned()
    } else {
        claims.allowed_actions.join(", ")
    };
    let challenge = if claims.challenge == CHALLENGE {
        "a fresh nonce of 256 bits, used once, answered within 60 s".to_owned()
    } else {
        claims.challenge.clone()
    };
    let said: [Vec<String>; 7] = [
        vec![suite_in_words(claims.suite)],
        vec!["the log must know the SHA3-256 above".to_owned()],
        vec![format!("only with device {}", claims.device_id)],
        vec![format!("for {}", claims.purpose_scope), format!("may sign {actions}")],
        vec![
            format!("list number {} or newer", claims.crl_number),
            format!("from {}", claims.crl_url),
        ],
        vec![
            format!("generation {} of {}", claims.generation, claims.lineage),
            format!("issued by {}", claims.parent_ca_fp),
            format!("previous  {previous}"),
        ],
        vec![challenge],
    ];
    let version = claims.defense_version;
    let serial = colons(certificate.serial());
    // Infallible: a String takes everything.
    let _ = writeln!(
        out,
        "\nThe seven controls it claims (defence version {version}, serial {serial})"
    );
    for (number, (name, lines)) in (1..).zip(NAMES.iter().zip(said)) {
        let mut head = format!("{number}  {name}");
        for said in lines {
            let _ = writeln!(out, "  {head:<CONTROL_CHARS$}  {said}");
            head.clear();
        }
    }
}

fn line(out: &mut String, label: &str, value: &str) {
    // Infallible: a String takes everything.
    let _ = writeln!(out, "  {label:<LABEL_CHARS$}{value}");
}

fn suite_in_words(suite: Suite) -> String {
    let words = match suite {
        Suite::Standard => "ML-DSA-65 and Ed25519, both must verify",
        Suite::Compact => "ML-DSA-44 and Ed25519, both must verify",
        Suite::Pure65 => "ML-DSA-65 alone",
        Suite::Cnsa2 => "ML-DSA-87 alone, as CNSA 2.0 asks",
        Suite::Hsm => "ML-DSA-65 and ECDSA on P-256, both must verify",
    };
    format!("{suite}: {words}")
}

fn powers(certificate: &Certificate) -> String {
    let Some(usage) = certificate.extensions().key_usage else {
        return "anything (no key usage given)".to_owned();
    };
    let powers = [
        (usage.digital_signature() || usage.non_repudiation(), "sign messages"),
        (usage.key_cert_sign(), "sign certificates"),
        (usage.crl_sign(), "sign revocation lists"),
    ];
    let powers: Vec<_> = powers.into_iter().filter_map(|(may, what)| may.then_some(what)).collect();
    if powers.is_empty() { "sign nothing".to_owned() } else { powers.join(", ") }
}

fn utc(unix_s: i64) -> String {
    signed::time(unix_s, "time").map_or_else(
        |_| format!("{unix_s} seconds of unix time"),
        |time| {
            let t = time.to_date_time();
            format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                t.year(),
                t.month(),
                t.day(),
                t.hour(),
                t.minutes(),
                t.seconds()
            )
        },
    )
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn uuid(id: [u8; 16]) -> String {
    id.iter().zip(0_usize..).fold(String::with_capacity(36), |mut out, (byte, i)| {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Digits in groups of three.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let len = digits.len();
    digits.chars().zip(0_usize..).fold(String::new(), |mut out, (digit, i)| {
        if i > 0 && len.abs_diff(i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_are_utc() {
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(5_629), "5,629");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(utc(1_800_000_000), "2027-01-15 08:00:00 UTC");
        assert_eq!(utc(-1), "-1 seconds of unix time");
    }

    #[test]
    fn a_user_id_reads_as_a_uuid() {
        assert_eq!(uuid([0xab; 16]), "abababab-abab-abab-abab-abababababab");
    }
}
