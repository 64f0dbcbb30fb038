#!/usr/bin/env bash
# Fuzzes every parser that faces strangers: scripts/fuzz.sh [seconds per target, 5]
# Coverage instrumentation needs the nightly compiler; without one this says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:-5}"

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "NOT FUZZED: there is no nightly compiler here (rustup toolchain install nightly)" >&2
    exit 0
fi
if ! command -v cargo-fuzz >/dev/null 2>&1; then
    echo "building cargo-fuzz from the registry, once" >&2
    CARGO_TARGET_DIR=target/tools cargo install --quiet --locked cargo-fuzz >&2
fi
# What each target does is in fuzz/src/lib.rs; the ordinary tests play the seeds (tests/tests/seeds.rs).
# The parsers are safe Rust: what they can do wrong is panic, loop or contradict themselves, and that needs no sanitizer.
export SQLX_OFFLINE=true
cargo +nightly fuzz build --sanitizer none
for target in $(cargo +nightly fuzz list); do
    mkdir -p "fuzz/corpus/$target" "fuzz/seeds/$target"
    echo "fuzzing $target for $seconds s" >&2
    cargo +nightly fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=10 -verbosity=0 -print_final_stats=0
done
