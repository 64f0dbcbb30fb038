//! What deciding and posting cost, as a group commit does it: load, fold, list what changed.
//!
//! ```text
//! cargo bench -p ledger
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
use ledger::{Account, AccountId, AccountKind, Ledger, Transfer, TransferId, post};
use money::{Amount, AssetCode};
use uuid::Uuid;

const ACCOUNTS: u128 = 1_000;
const COMMIT: u128 = 100;

fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number % ACCOUNTS))
}

fn transfer(number: u128) -> Transfer {
    let amount = Amount::new(1, AssetCode::EUR).unwrap();
    let id = TransferId::new(Uuid::from_u128(number));
    Transfer::post(id, account(number * 7), account(number * 7 + 1), amount).unwrap()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut whole = Ledger::new();
    for number in 0..ACCOUNTS {
        whole.open_account(account(number), AssetCode::EUR, AccountKind::Asset, None).unwrap();
    }
    let transfers: Vec<Transfer> = (0..COMMIT).map(transfer).collect();
    let loaded: Vec<Account> = whole.accounts().copied().collect();
    criterion.bench_function("load 1,000 accounts and post 100 transfers", |bench| {
        bench.iter_batched(
            || loaded.clone(),
            |accounts| {
                let mut ledger = Ledger::from_accounts(accounts);
                for transfer in black_box(&transfers) {
                    post(&mut ledger, transfer, 1).unwrap();
                }
                ledger.touched().count()
            },
            BatchSize::SmallInput,
        );
    });
    criterion.final_summary();
}
