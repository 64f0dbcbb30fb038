//! What appending a group commit to a large tree and proving its leaves cost.
//!
//! ```text
//! cargo bench -p tlog
//! ```

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a measurement ends at the first surprise"
)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use tlog::{Edge, Hash, leaf_hash};

/// Leaves that are there before: a ragged edge at every level.
const LEAVES: u32 = 1_234_567;
const COMMIT: u32 = 100;

fn leaves(numbers: std::ops::Range<u32>) -> Vec<Hash> {
    numbers.map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut edge = Edge::empty();
    edge.append(&leaves(0..LEAVES));
    let commit = leaves(LEAVES..LEAVES + COMMIT);
    criterion.bench_function("append 100 leaves", |bench| {
        bench.iter_batched(
            || edge.clone(),
            |mut edge| edge.append(black_box(&commit)),
            BatchSize::SmallInput,
        );
    });
    let mut after = edge.clone();
    let appended = after.append(&commit);
    let index = tlog::LeafIndex::new(u64::from(LEAVES) + 50);
    criterion.bench_function("proof of one of them", |bench| {
        bench.iter(|| appended.inclusion_proof(black_box(index)).unwrap());
    });
    let proof = appended.inclusion_proof(index).unwrap();
    let root = after.root();
    criterion.bench_function("verify that proof", |bench| {
        bench.iter(|| proof.verify(black_box(&commit[50]), &root).unwrap());
    });
    criterion.final_summary();
}
