//! What each operation costs: thread CPU time, in microseconds, median of rounds.
//!
//! ```text
//! cargo run --release -p crypto --example cost
//! ```
//!
//! Linux only, as it reads the scheduler's account of this thread.

#![allow(clippy::unwrap_used, reason = "a measurement ends at the first surprise")]

use crypto::{Context, CryptoError, KemSecretKey, PublicKey, SigningKey, Suite};

const ROUNDS: usize = 7;
const PER_ROUND: u64 = 1000;

/// Nanoseconds this thread has spent on a core (`schedstat` in proc(5), first field); updated every tick, so
/// that a round must last many milliseconds.
fn thread_ns() -> u64 {
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    account.split_whitespace().next().unwrap().parse().unwrap()
}

fn measure(what: &str, mut operation: impl FnMut() -> Result<(), CryptoError>) {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = thread_ns();
        for _ in 0..PER_ROUND {
            operation().unwrap();
        }
        rounds.push(thread_ns().saturating_sub(start));
    }
    rounds.sort_unstable();
    let median_ns = rounds.get(ROUNDS / 2).copied().unwrap_or_default().div_euclid(PER_ROUND);
    println!("{what:<34} {:>6}.{} us", median_ns / 1000, (median_ns % 1000) / 100);
}

fn main() {
    println!("{}", crypto::provider());
    let context = Context::raw(b"strongroom/examplebank/intent/v1").unwrap();
    let message = [0x42; 512];
    for suite in Suite::ALL {
        let key = SigningKey::generate(suite).unwrap();
        let public = key.public_key();
        let signature = key.sign(&context, &message).unwrap();
        measure(&format!("{suite} sign (and verify)"), || key.sign(&context, &message).map(drop));
        measure(&format!("{suite} verify"), || {
            public.verify(&context, &message, signature.as_bytes())
        });
        measure(&format!("{suite} parse key"), || {
            PublicKey::from_bytes(suite, public.as_bytes()).map(drop)
        });
        let kem = KemSecretKey::generate(suite).unwrap();
        let (_, ciphertext) = kem.public_key().encapsulate().unwrap();
        measure(&format!("{suite} encapsulate"), || kem.public_key().encapsulate().map(drop));
        measure(&format!("{suite} decapsulate"), || kem.decapsulate(&ciphertext).map(drop));
    }
}
