//! Limits, judged by the history of what was paid: no counter stands for it.

use std::collections::BTreeSet;

use ledger::AccountId;
use server::corridor::Refusal;

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// What may leave each account of a person: minor units, and signatures.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// By one transfer.
    pub per_transfer: i64,
    /// To one payee in its first day.
    pub new_payee: i64,
    /// To one payee in a day.
    pub per_payee: i64,
    /// In a day.
    pub per_day: i64,
    /// Signatures in a minute.
    pub per_minute: usize,
    /// Signatures in an hour.
    pub per_hour: usize,
}

/// What left an account for somebody else's, made or held; or a signature by which something will.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payment {
    pub(super) debit: AccountId,
    /// `None`: nothing was paid yet.
    pub(super) credit: Option<AccountId>,
    pub(super) minor: i64,
    pub(super) at_us: i64,
    /// By which signature; `None` for what an order pays, whose signature counted when it was placed.
    pub(super) signature: Option<u64>,
}

impl Allowance {
    /// Whether one more payment may follow those of the history.
    pub(super) fn admits(&self, history: &[Payment], next: &Payment) -> Result<(), Refusal> {
        self.admits_signature(history, next)?;
        let of_debit = || history.iter().rev().filter(|it| it.debit == next.debit);
        let of_pair = || of_debit().filter(|it| it.credit == next.credit);
        let within = |unit| within(unit, next.at_us);
        let sum = |payments: &mut dyn Iterator<Item = &Payment>| -> i64 {
            payments.map(|it| it.minor).sum::<i64>() + next.minor
        };
        let is_new = of_pair().next_back().is_none_or(|first| next.at_us - first.at_us < DAY_US);
        let exceeded = [
            (next.minor > self.per_transfer, Refusal::LimitPerTransfer),
            (is_new && sum(&mut of_pair()) > self.new_payee, Refusal::LimitNewPayee),
            (
                sum(&mut of_pair().take_while(within(DAY_US))) > self.per_payee,
                Refusal::LimitPerPayee,
            ),
            (sum(&mut of_debit().take_while(within(DAY_US))) > self.per_day, Refusal::LimitPerDay),
        ];
        exceeded.iter().find_map(|(is_so, why)| is_so.then_some(*why)).map_or(Ok(()), Err)
    }

    /// Whether an order of such payments may be placed behind those of the history.
    pub(super) fn admits_order(&self, history: &[Payment], next: &Payment) -> Result<(), Refusal> {
        if next.minor > self.per_transfer {
            return Err(Refusal::LimitPerTransfer);
        }
        self.admits_signature(history, next)
    }

    fn admits_signature(&self, history: &[Payment], next: &Payment) -> Result<(), Refusal> {
        let of_debit = || history.iter().rev().filter(|it| it.debit == next.debit);
        let signatures = |unit| {
            let counted = of_debit().take_while(within(unit, next.at_us));
            counted.filter_map(|it| it.signature).collect::<BTreeSet<_>>()
        };
        let is_counted =
            next.signature.is_none() || of_debit().any(|it| it.signature == next.signature);
        for (unit, most, refusal) in [
            (MINUTE_US, self.per_minute, Refusal::LimitPerMinute),
            (HOUR_US, self.per_hour, Refusal::LimitPerHour),
        ] {
            if !is_counted && signatures(unit).len() >= most {
                return Err(refusal);
            }
        }
        Ok(())
    }
}

/// Where the clock of another instance lies in another minute, that one's is over: counting goes by the log.
fn within(unit: i64, now_us: i64) -> impl Fn(&&Payment) -> bool {
    move |it| it.at_us.div_euclid(unit) == now_us.div_euclid(unit)
}
