//! Time-based one-time passwords. Pure.
//!
//! # Standard
//!
//! RFC 6238 with SHA-1, six digits and 30 seconds, which every authenticator app knows; a code of the step before or
//! after counts too. The HMAC of RFC 4226 does not rest on collisions of SHA-1.

use crypto::SecretBytes;
use qrcode::QrCode;
use qrcode::render::svg;
use thiserror::Error;
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// Length of a secret, in bytes (RFC 4226, section 4, R6).
pub(super) const SECRET_LEN: usize = 20;
/// Length of a step, in seconds.
const STEP_S: u64 = 30;
const DIGITS: u8 = 6;
/// Steps before and after the present one.
const SKEW: u16 = 1;
/// So wide that a phone reads it from a screen.
const QR_PIXELS_MIN: u32 = 240;

/// What an app must be told.
pub(super) struct Provisioning {
    /// The secret in base32, to be typed.
    pub(super) secret: String,
    /// `otpauth://totp/…`
    pub(super) uri: String,
    /// The URI as a picture.
    pub(super) qr_svg: String,
}

/// Writes down what an app must be told, for `account` at `issuer`.
pub(super) fn provisioning(
    secret: &SecretBytes,
    issuer: &str,
    account: &str,
) -> Result<Provisioning, Unusable> {
    // A colon parts the two in the label.
    let (issuer, account) = (issuer.replace(':', " "), account.replace(':', " "));
    let totp = build(secret, Some((issuer, account)))?;
    let uri = totp.to_url().map_err(|_| Unusable)?;
    let qr_svg = QrCode::new(&uri)
        .map_err(|_| Unusable)?
        .render::<svg::Color<'_>>()
        .min_dimensions(QR_PIXELS_MIN, QR_PIXELS_MIN)
        .build();
    Ok(Provisioning { secret: totp.secret().to_base32(), uri, qr_svg })
}

/// The step that `code` is of, if it is of one near `now_s` that is newer than `last_step`.
pub fn accepted_step(
    secret: &SecretBytes,
    code: &str,
    last_step: u64,
    now_s: u64,
) -> Result<Option<u64>, Unusable> {
    let totp = build(secret, None)?;
    if code.len() != usize::from(DIGITS) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    Ok(totp.check(code, now_s).filter(|step| *step > last_step))
}

fn build(secret: &SecretBytes, label: Option<(String, String)>) -> Result<Totp, Unusable> {
    let secret = Secret::new(secret.expose().into());
    let mut builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW)
        .with_step_duration(STEP_S)
        .with_secret(secret);
    if let Some((issuer, account)) = label {
        builder = builder.with_issuer(Some(issuer)).with_account_name(account);
    }
    builder.build().map_err(|_| Unusable)
}

/// A secret is too short, or a label too long to draw.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the secret or its label is unusable")]
pub struct Unusable;

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// Of RFC 6238, appendix B.
    const RFC_SECRET: &[u8; 20] = b"12345678901234567890";
    /// Appendix B for SHA-1: time, and the last six of its eight digits.
    const RFC_TABLE: [(u64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn secret(bytes: &[u8]) -> SecretBytes {
        SecretBytes::new(bytes.to_vec())
    }

    fn accepts(code: &str, last_step: u64, now_s: u64) -> Option<u64> {
        accepted_step(&secret(RFC_SECRET), code, last_step, now_s).unwrap()
    }

    #[test]
    fn the_table_of_the_standard_is_accepted() {
        for (now_s, code) in RFC_TABLE {
            assert_eq!(accepts(code, 0, now_s), Some(now_s / 30), "{now_s}");
        }
    }

    #[test]
    fn a_code_lives_for_its_step_and_the_ones_beside_it() {
        let (now_s, code) = RFC_TABLE[3];
        let begin_s = now_s / 30 * 30;
        assert_eq!(accepts(code, 0, begin_s - 30), Some(begin_s / 30));
        assert_eq!(accepts(code, 0, begin_s + 59), Some(begin_s / 30));
        assert_eq!(accepts(code, 0, begin_s - 31), None);
        assert_eq!(accepts(code, 0, begin_s + 60), None);
    }

    #[test]
    fn a_step_that_was_used_and_all_before_it_are_refused() {
        let (now_s, code) = RFC_TABLE[3];
        let step = now_s / 30;
        assert_eq!(accepts(code, step - 1, now_s), Some(step));
        assert_eq!(accepts(code, step, now_s), None);
        assert_eq!(accepts(code, step + 1, now_s), None);
    }

    #[test]
    fn what_is_no_six_digits_is_refused() {
        let now_s = RFC_TABLE[3].0;
        for code in ["", "5924", "5924 ", " 005924", "005 924", "+05924", "0059241", "٠٠٥٩٢٤"]
        {
            assert_eq!(accepts(code, 0, now_s), None, "{code:?}");
        }
    }

    #[test]
    fn an_app_reads_from_the_uri_what_we_check_with() {
        let told = provisioning(&secret(RFC_SECRET), "Test: Bank", "a@example.org").unwrap();
        let read = Totp::from_url(&told.uri).unwrap();
        assert_eq!(read.secret().as_bytes(), RFC_SECRET);
        assert_eq!((read.issuer(), read.account_name()), (Some("Test  Bank"), "a@example.org"));
        assert_eq!(read.generate(59).to_string(), "287082");
        assert!(told.qr_svg.contains("<svg") && told.uri.contains(&told.secret));
    }

    /// Against a program that others wrote: Debian's `oathtool`. Says so where it is not installed.
    #[test]
    fn oathtool_agrees() {
        let times = RFC_TABLE
            .iter()
            .map(|(now_s, _)| *now_s)
            .chain((0..40).map(|n| 1_800_000_000 + n * 7_919));
        for (number, now_s) in times.enumerate() {
            let bytes: Vec<u8> = crypto::sha3_256(&number.to_be_bytes())
                .as_bytes()
                .iter()
                .copied()
                .take(20)
                .collect();
            let said = Command::new("oathtool")
                .args(["--totp", "--now", &format!("@{now_s}"), &hex::encode(&bytes)])
                .output();
            let Ok(said) = said else {
                eprintln!(
                    "SKIPPED: oathtool is not installed (scripts/setup.sh tools installs it)"
                );
                return;
            };
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            let code = String::from_utf8(said.stdout).unwrap();
            let step = accepted_step(&secret(&bytes), code.trim(), 0, now_s).unwrap();
            assert_eq!(step, Some(now_s / 30), "{now_s}");
        }
    }

    proptest! {
        #[test]
        fn of_all_codes_only_three_are_right(now_s in 60_u64..1 << 40, bytes: [u8; 20]) {
            let right: Vec<u64> = (0..1_000_000_u32)
                .step_by(997)
                .filter_map(|code| accepted_step(&secret(&bytes), &format!("{code:06}"), 0, now_s).unwrap())
                .collect();
            prop_assert!(right.len() <= 3);
            prop_assert!(right.iter().all(|step| step.abs_diff(now_s / 30) <= 1));
        }

        #[test]
        fn any_text_is_no_cause_for_a_panic(code in "\\PC*", now_s: u64) {
            let now_s = now_s.min(1 << 50);
            let _ = accepted_step(&secret(RFC_SECRET), &code, 0, now_s).unwrap();
        }
    }
}
