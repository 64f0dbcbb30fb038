//! Headers and signature of a message, and when to try again. Pure.
//!
//! # Standard
//!
//! Standard Webhooks 1.0.0: `v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`; one signature per secret in force,
//! with a space between.

use std::time::Duration;

use base64ct::{Base64, Encoding};
use crypto::{SecretBytes, hmac_sha256};
use intent::UtcMicros;
use uuid::Uuid;

/// Length of a secret, in bytes.
pub(super) const SECRET_LEN: usize = 32;
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_hours(6);
const MICROS_PER_SECOND: i64 = 1_000_000;

/// What a message is sent with.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Headers {
    pub(super) id: String,
    pub(super) timestamp: String,
    pub(super) signature: String,
}

/// Signs a message by every secret in force. Its id is that of what happened: a message that is sent again has the same.
pub(super) fn headers(id: Uuid, now: UtcMicros, body: &[u8], secrets: &[SecretBytes]) -> Headers {
    let id = id.to_string();
    let timestamp = now.get().div_euclid(MICROS_PER_SECOND).to_string();
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let signatures = secrets
        .iter()
        .map(|secret| format!("v1,{}", Base64::encode_string(&hmac_sha256(secret, &parts))));
    let signature = signatures.collect::<Vec<_>>().join(" ");
    Headers { id, timestamp, signature }
}

/// A secret as its receiver configures it.
pub(super) fn shown(secret: &SecretBytes) -> String {
    format!("whsec_{}", Base64::encode_string(secret.expose()))
}

/// The pause after so many failures in a row: it doubles, up to six hours, and loses up to half of itself by chance
/// (`jitter`), so that those who failed together do not come again together.
pub(super) fn pause(first: Duration, failures: u32, jitter: u16) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let whole = first.saturating_mul(1_u32 << doublings).min(PAUSE_MAX);
    let lost = whole.checked_div(2).unwrap_or_default().saturating_mul(u32::from(jitter));
    whole.saturating_sub(lost.checked_div(u32::from(u16::MAX)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_signature_is_the_one_of_the_specification() {
        // Computed by Python's hmac over `id.timestamp.body`.
        let secret = SecretBytes::new(vec![7; SECRET_LEN]);
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        let now = UtcMicros::from_micros(1_674_087_231_000_000);
        let headers = headers(id, now, b"{\"v\":\"1\"}", &[secret, SecretBytes::new(vec![8; 32])]);
        assert_eq!(headers.timestamp, "1674087231");
        assert_eq!(headers.id, "01900000-0000-7000-8000-000000000001");
        assert_eq!(
            headers.signature,
            "v1,4QSl9Vmwoc/QH0i10sj/gSr0sBvd22PtvI8F1TrIpbo= v1,pdw4w2lN6Esglk630vo3VpfRU/vgDnC96GH21RgBVKM="
        );
    }

    #[test]
    fn a_secret_is_shown_as_receivers_expect_it() {
        let shown = shown(&SecretBytes::new(vec![7; 32]));
        assert_eq!(shown, "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    }

    proptest! {
        #[test]
        fn pauses_grow_to_six_hours_and_keep_half(failures in 1_u32..200, jitter: u16) {
            let first = Duration::from_secs(5);
            let whole = pause(first, failures, 0);
            let left = pause(first, failures, jitter);
            prop_assert!(whole >= first && whole <= PAUSE_MAX);
            prop_assert!(left <= whole && left.saturating_mul(2) >= whole);
            prop_assert!(pause(first, failures.saturating_add(1), 0) >= whole);
        }
    }
}
