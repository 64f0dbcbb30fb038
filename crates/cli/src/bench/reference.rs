//! The primitives' own speed, on one core.

use std::time::{Duration, Instant};

use crypto::{Context, Purpose, SigningKey, Suite, sha3_256, sha256};

use crate::failure::Failure;

/// How long each primitive runs.
const SPAN: Duration = Duration::from_millis(400);
/// An intent's usual size, in bytes.
const INTENT_LEN: usize = 600;

/// Operations per second of one core, by name.
pub(super) type Primitives = Vec<(&'static str, f64)>;

pub(super) fn primitives() -> Result<Primitives, Failure> {
    let failed = |error: crypto::CryptoError| Failure::unexpected("a primitive failed", &error);
    let key = SigningKey::generate(Suite::Standard).map_err(failed)?;
    let context = Context::new("bench", Purpose::Intent).map_err(failed)?;
    let message = vec![7_u8; INTENT_LEN];
    let signature = key.sign(&context, &message).map_err(failed)?;
    let public = key.public_key();
    Ok(vec![
        ("verify_per_s", rate(|| public.verify(&context, &message, signature.as_bytes()).is_ok())),
        ("sign_per_s", rate(|| key.sign(&context, &message).is_ok())),
        ("sha256_600b_per_s", rate(|| sha256(&message).as_bytes() != &[0; 32])),
        ("sha3_256_600b_per_s", rate(|| sha3_256(&message).as_bytes() != &[0; 32])),
    ])
}

fn rate(mut operation: impl FnMut() -> bool) -> f64 {
    let began = Instant::now();
    let mut done = 0_u32;
    while began.elapsed() < SPAN {
        // Its result is asked for, so that it is not optimised away.
        done = done.saturating_add(u32::from(std::hint::black_box(operation())));
    }
    f64::from(done) / began.elapsed().as_secs_f64()
}
