//! Intents, signed before the clock runs; each is sent once.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use clap::ValueEnum;
use client::{BatchLine, Session, Wish};
use crypto::CryptoError;
use intent::{ApprovalDecision, Form, IntentId, UtcMicros};
use ledger::{AccountId, TransferId};
use money::{Amount, AssetCode};

use super::field::{APPROVAL_ABOVE_MINOR, Field, Payer};
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
    /// Payments that wait for a manager, and the manager's decisions: two signatures a transfer.
    Approval,
    /// Of 20 signatures 13 transfers, 2 holds, a capture, a void, a payment that waits, its decision, a batch of 10.
    Mixed,
}

/// One minor unit: no account runs dry.
const AMOUNT_MINOR: i64 = 1;
/// Just above what the bank's policy lets pass without a manager.
const AMOUNT_THAT_WAITS_MINOR: i64 = APPROVAL_ABOVE_MINOR + 1;
/// So many signatures of one worker after a payment or hold comes what refers to it: more than are under way at a time.
const LAG: usize = 1_024;
/// How long a hold stands if nobody takes it, in microseconds: a day.
const HOLD_US: i64 = 24 * 60 * 60 * 1_000_000;

impl Scenario {
    /// Transfers that one signature stands for; in `mixed` each signature counts as one.
    pub(crate) const fn transfers_per_intent(self) -> f64 {
        match self {
            Self::Single | Self::HalfHot | Self::Hot | Self::Mixed => 1.0,
            Self::Batch10 => 10.0,
            Self::Batch => 100.0,
            Self::Batch1000 => 1_000.0,
            Self::Approval => 0.5,
        }
    }

    /// Enough for a faster machine than we know: the run ends with the time, not with the load.
    pub(crate) fn shots_for(self, seconds: u32) -> usize {
        let per_second: usize = match self {
            Self::Single | Self::HalfHot | Self::Hot | Self::Approval | Self::Mixed => 9_000,
            Self::Batch10 => 3_500,
            Self::Batch => 500,
            Self::Batch1000 => 80,
        };
        per_second.saturating_mul(usize::try_from(seconds).unwrap_or(usize::MAX))
    }
}

const TRANSFER: &str = "/api/transactions/transfer";
const BATCH: &str = "/api/transactions/batch";
const HOLD: &str = "/api/holds";
const CAPTURE: &str = "/api/holds/capture";
const VOID: &str = "/api/holds/void";
const DECIDE: &str = "/api/approvals/decide";

/// How requests are written; the answers come in the same form.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Bodies {
    /// application/json, bytes in base64url.
    Json,
    /// application/cbor, bytes as they are.
    Cbor,
}

impl Bodies {
    pub(crate) const fn form(self) -> Form {
        match self {
            Self::Json => Form::Json,
            Self::Cbor => Form::Cbor,
        }
    }
}

/// One request, signed and serialised.
pub(crate) struct Shot {
    pub(crate) session: Arc<Session>,
    pub(crate) id: IntentId,
    pub(crate) body: Bytes,
    pub(crate) path: &'static str,
}

/// Signs `count` intents on all cores.
pub(crate) fn sign(field: &Field, scenario: Scenario, count: usize) -> Result<Vec<Shot>, Failure> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let share = count.div_ceil(workers);
    let load = field.next_load();
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || sign_share(field, scenario, Sequence::new(load, worker), share))
            })
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
    random: Sequence,
    count: usize,
) -> Result<Vec<Shot>, Failure> {
    let mut signing = Signing { field, random, waiting: VecDeque::new() };
    (0..count).map(|number| signing.shot(scenario, number)).collect()
}

/// One worker's share of a load.
struct Signing<'a> {
    field: &'a Field,
    random: Sequence,
    /// What refers to an earlier shot, with the number from which on that is through.
    waiting: VecDeque<(usize, Reply<'a>)>,
}

/// What is made of an earlier shot.
#[derive(Clone, Copy)]
enum Reply<'a> {
    Decide(IntentId),
    Capture(&'a Payer, TransferId),
    Void(&'a Payer, TransferId),
}

impl<'a> Signing<'a> {
    fn shot(&mut self, scenario: Scenario, number: usize) -> Result<Shot, Failure> {
        match scenario {
            Scenario::Single => self.transfer(None),
            Scenario::HalfHot if number.is_multiple_of(2) => self.transfer(None),
            Scenario::HalfHot | Scenario::Hot => self.transfer(Some(self.field.hot_account())),
            Scenario::Batch10 => self.batch(10),
            Scenario::Batch => self.batch(100),
            Scenario::Batch1000 => self.batch(1_000),
            Scenario::Approval => match self.due(number) {
                Some(reply) if !number.is_multiple_of(2) => self.reply(reply),
                Some(reply) => {
                    self.waiting.push_front((number, reply));
                    self.payment_that_waits(number)
                }
                None => self.payment_that_waits(number),
            },
            Scenario::Mixed => match number.checked_rem(20).unwrap_or_default() {
                0 | 10 => self.hold(number),
                5 => self.payment_that_waits(number),
                15 => self.batch(10),
                3 | 8 | 13 => match self.due(number) {
                    Some(reply) => self.reply(reply),
                    None => self.transfer(None),
                },
                _ => self.transfer(None),
            },
        }
    }

    fn transfer(&mut self, to: Option<AccountId>) -> Result<Shot, Failure> {
        let (payer, from) = self.from()?;
        let to = to.filter(|to| *to != from);
        let to = to.unwrap_or_else(|| other(self.field, from, &mut self.random));
        shot(&payer.session, TRANSFER, Wish::transfer(from, to, euros(AMOUNT_MINOR), None))
    }

    fn payment_that_waits(&mut self, number: usize) -> Result<Shot, Failure> {
        let (payer, from) = self.from()?;
        // Between accounts of one person nothing waits.
        let to = loop {
            let to = self.field.account(self.random.next());
            if !payer.accounts.contains(&to) {
                break to;
            }
        };
        let wish = Wish::transfer(from, to, euros(AMOUNT_THAT_WAITS_MINOR), None);
        let shot = shot(&payer.session, TRANSFER, wish)?;
        self.waiting.push_back((number.saturating_add(LAG), Reply::Decide(shot.id)));
        Ok(shot)
    }

    fn hold(&mut self, number: usize) -> Result<Shot, Failure> {
        let (payer, from) = self.from()?;
        let (taker, to) = loop {
            let (taker, to) = self.from()?;
            if to != from {
                break (taker, to);
            }
        };
        let expires_at = server::clock::now().get().saturating_add(HOLD_US);
        let expires_at = UtcMicros::from_micros(expires_at);
        let shot = shot(
            &payer.session,
            HOLD,
            Wish::hold(from, to, euros(AMOUNT_MINOR), expires_at, None),
        )?;
        let hold = TransferId::new(shot.id.get());
        let reply = if number.is_multiple_of(20) {
            Reply::Capture(taker, hold)
        } else {
            Reply::Void(taker, hold)
        };
        self.waiting.push_back((number.saturating_add(LAG), reply));
        Ok(shot)
    }

    fn batch(&mut self, lines: usize) -> Result<Shot, Failure> {
        let (payer, from) = self.from()?;
        let line = |to| BatchLine { to, amount: euros(AMOUNT_MINOR), memo: None };
        let lines: Vec<BatchLine> =
            (0..lines).map(|_| line(other(self.field, from, &mut self.random))).collect();
        shot(&payer.session, BATCH, Wish::batch(from, &lines, false))
    }

    fn reply(&self, reply: Reply<'a>) -> Result<Shot, Failure> {
        match reply {
            Reply::Decide(payment) => {
                let why = "as agreed".to_owned();
                let wish = Wish::decide(payment, ApprovalDecision::Approve, why);
                shot(self.field.manager(), DECIDE, Ok(wish))
            }
            Reply::Capture(taker, hold) => {
                shot(&taker.session, CAPTURE, Ok(Wish::capture(hold, None)))
            }
            Reply::Void(taker, hold) => shot(&taker.session, VOID, Ok(Wish::void(hold))),
        }
    }

    fn due(&mut self, number: usize) -> Option<Reply<'a>> {
        self.waiting.pop_front_if(|(from, _)| *from <= number).map(|(_, reply)| reply)
    }

    fn from(&mut self) -> Result<(&'a Payer, AccountId), Failure> {
        let payer = self.field.payer(self.random.next());
        let from = payer.accounts.get(self.random.below(payer.accounts.len())).copied();
        Ok((payer, from.ok_or_else(|| Failure::usage("a customer without accounts"))?))
    }
}

fn shot(
    session: &Arc<Session>,
    path: &'static str,
    wish: Result<Wish, CryptoError>,
) -> Result<Shot, Failure> {
    let wish = wish.map_err(|error| Failure::unexpected("cannot write an intent", &error))?;
    let bank = &session.bank().trust().bank;
    let signed = session.identity().sign(bank, wish.body, wish.details).map_err(Failure::from)?;
    let id = signed.parse_intent().map_err(|error| Failure::unexpected("an intent", &error))?.id();
    let body = signed.to_bytes(session.bank().transport().form()).into();
    Ok(Shot { session: Arc::clone(session), id, body, path })
}

fn other(field: &Field, from: AccountId, random: &mut Sequence) -> AccountId {
    loop {
        let payee = field.account(random.next());
        if payee != from {
            return payee;
        }
    }
}

fn euros(minor: i64) -> Amount {
    Amount::new(minor, AssetCode::EUR).unwrap_or(Amount::zero(AssetCode::EUR))
}

/// Evenly spread numbers, the same in every run (`SplitMix64`).
pub(crate) struct Sequence(u64);

impl Sequence {
    /// What the state moves on by with each number.
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    /// More numbers than one load draws: where the next one begins.
    const LOAD_LEN: u64 = 1 << 32;

    /// One for each load and worker: a second load that drew what the first one did would find what it reads in memory.
    pub(crate) fn new(load: usize, worker: usize) -> Self {
        let [load, worker] = [load, worker].map(|seed| u64::try_from(seed).unwrap_or_default());
        Self(load.wrapping_mul(Self::LOAD_LEN).wrapping_add(worker).wrapping_mul(Self::STEP))
    }

    pub(crate) fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(Self::STEP);
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
