//! What one signature, one verification and one hash cost, per suite.
//!
//! ```text
//! cargo bench -p crypto
//! ```

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a measurement ends at the first surprise"
)]

use std::hint::black_box;

use criterion::Criterion;
use crypto::{Context, MacKey, Purpose, SigningKey, Suite, random_secret, sha3_256, sha256};

/// An intent's usual length, in bytes.
const INTENT: [u8; 600] = [7; 600];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let context = Context::new("bench", Purpose::Intent).unwrap();
    for suite in Suite::ALL {
        let key = SigningKey::generate(suite).unwrap();
        let signature = key.sign(&context, &INTENT).unwrap();
        criterion.bench_function(&format!("verify {suite}"), |bench| {
            let public = key.public_key();
            bench.iter(|| {
                public.verify(&context, black_box(&INTENT), signature.as_bytes()).unwrap();
            });
        });
        criterion.bench_function(&format!("sign {suite}"), |bench| {
            bench.iter(|| key.sign(&context, black_box(&INTENT)).unwrap());
        });
    }
    criterion.bench_function("sha256 of an intent", |b| b.iter(|| sha256(black_box(&INTENT))));
    criterion.bench_function("sha3-256 of an intent", |b| b.iter(|| sha3_256(black_box(&INTENT))));
    let mac = MacKey::new(&random_secret(32).unwrap());
    criterion.bench_function("mac of a request", |bench| {
        bench.iter(|| mac.tag(&[black_box(&INTENT[..200])]));
    });
    criterion.final_summary();
}
