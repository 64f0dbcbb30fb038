//! Intents, signed before the clock runs; each is sent once.

use std::sync::Arc;

use bytes::Bytes;
use clap::ValueEnum;
use client::{BatchLine, Session, Wish};
use ledger::AccountId;
use money::{Amount, AssetCode};

use super::field::Field;
use crate::failure::Failure;

/// What is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Scenario {
    /// One transfer per signature, uniform over all accounts.
    Single,
    /// 10 transfers per signature.
    #[value(name = "batch-10")]
    Batch10,
    /// 100 transfers per signature.
    Batch,
    /// 1,000 transfers per signature.
    #[value(name = "batch-1000")]
    Batch1000,
    /// One transfer per signature, every second one to one account.
    HalfHot,
    /// One transfer per signature, all to one account.
    Hot,
}

/// One minor unit: no account runs dry.
const AMOUNT_MINOR: i64 = 1;

impl Scenario {
    pub(crate) const fn transfers_per_intent(self) -> u16 {
        match self {
            Self::Single | Self::HalfHot | Self::Hot => 1,
            Self::Batch10 => 10,
            Self::Batch => 100,
            Self::Batch1000 => 1000,
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Single | Self::HalfHot | Self::Hot => "/api/transactions/transfer",
            Self::Batch10 | Self::Batch | Self::Batch1000 => "/api/transactions/batch",
        }
    }

    /// Enough for a faster machine than we know: the run ends with the time, not with the load.
    pub(crate) fn shots_for(self, seconds: u32) -> usize {
        let per_second: usize = match self {
            Self::Single | Self::HalfHot | Self::Hot => 8_000,
            Self::Batch10 => 3_000,
            Self::Batch => 500,
            Self::Batch1000 => 80,
        };
        per_second.saturating_mul(usize::try_from(seconds).unwrap_or(usize::MAX))
    }
}

/// One request, signed and serialised.
pub(crate) struct Shot {
    pub(crate) session: Arc<Session>,
    pub(crate) body: Bytes,
    pub(crate) path: &'static str,
}

/// Signs `count` intents on all cores.
pub(crate) fn sign(field: &Field, scenario: Scenario, count: usize) -> Result<Vec<Shot>, Failure> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let share = count.div_ceil(workers);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || sign_share(field, scenario, worker, share)))
            .collect();
        let mut shots = Vec::with_capacity(count);
        let mut shares = Vec::new();
        for part in parts {
            let signed = part
                .join()
                .map_err(|_| Failure::new(crate::exit::Exit::Unexpected, "signing panicked"))?;
            shares.push(signed?.into_iter());
        }
        // Interleaved, so that neighbours in time are signed by different people.
        while let Some(shot) = shares.iter_mut().find_map(Iterator::next) {
            shots.push(shot);
            shares.rotate_left(1);
        }
        Ok(shots)
    })
}

fn sign_share(
    field: &Field,
    scenario: Scenario,
    worker: usize,
    count: usize,
) -> Result<Vec<Shot>, Failure> {
    let mut random = Sequence::new(worker);
    (0..count)
        .map(|number| {
            let payer = field.payer(random.next());
            let from = payer.accounts.get(random.below(payer.accounts.len())).copied();
            let from = from.ok_or_else(|| Failure::usage("a customer without accounts"))?;
            let wish = match scenario {
                Scenario::Single => {
                    Wish::transfer(from, other(field, from, &mut random), one(), None)
                }
                Scenario::HalfHot if number.is_multiple_of(2) => {
                    Wish::transfer(from, other(field, from, &mut random), one(), None)
                }
                Scenario::HalfHot | Scenario::Hot => {
                    let hot = field.hot_account();
                    let to = if from == hot { other(field, from, &mut random) } else { hot };
                    Wish::transfer(from, to, one(), None)
                }
                Scenario::Batch10 | Scenario::Batch | Scenario::Batch1000 => {
                    let lines: Vec<BatchLine> = (0..scenario.transfers_per_intent())
                        .map(|_| BatchLine {
                            to: other(field, from, &mut random),
                            amount: one(),
                            memo: None,
                        })
                        .collect();
                    Wish::batch(from, &lines, false)
                }
            };
            let wish =
                wish.map_err(|error| Failure::unexpected("cannot write an intent", &error))?;
            let signed = payer
                .session
                .identity()
                .sign(&payer.session.bank().trust().bank, wish.body, wish.details)
                .map_err(Failure::from)?;
            Ok(Shot {
                session: Arc::clone(&payer.session),
                body: signed.to_json().into(),
                path: scenario.path(),
            })
        })
        .collect()
}

fn other(field: &Field, from: AccountId, random: &mut Sequence) -> AccountId {
    loop {
        let payee = field.account(random.next());
        if payee != from {
            return payee;
        }
    }
}

fn one() -> Amount {
    Amount::new(AMOUNT_MINOR, AssetCode::EUR).unwrap_or(Amount::zero(AssetCode::EUR))
}

/// Evenly spread numbers, the same in every run (`SplitMix64`).
pub(crate) struct Sequence(u64);

impl Sequence {
    pub(crate) fn new(seed: usize) -> Self {
        Self(u64::try_from(seed).unwrap_or_default().wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(crate) fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) >> 1).unwrap_or_default()
    }

    fn below(&mut self, end: usize) -> usize {
        self.next().checked_rem(end).unwrap_or_default()
    }
}

/// A rate times a span as a count.
pub(crate) fn count(requests: f64) -> usize {
    format!("{:.0}", requests.max(1.0)).parse().unwrap_or(1)
}
