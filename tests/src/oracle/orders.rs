//! Standing orders.

use intent::IntentId;
use ledger::{AccountId, Rejection, Transfer, TransferId, TransferKind};
use money::Amount;
use server::corridor::Refusal;
use uuid::Builder;

use super::Oracle;
use super::allowance::Payment;

const DAY_US: i64 = 86_400_000_000;
/// How much later a day is tried again on which money was short.
const RETRY_US: i64 = 6 * 3_600_000_000;

/// What somebody orders. No day of it is moved by days off.
#[derive(Clone, Copy, Debug)]
pub struct Ordered {
    /// From whom.
    pub debit: AccountId,
    /// To whom.
    pub credit: AccountId,
    /// How much on each day.
    pub amount: Amount,
    /// When the first day begins, in UTC microseconds.
    pub first_us: i64,
    /// On one day only; else every week.
    pub is_once: bool,
    /// A day on which money is short is tried again; else it is skipped.
    pub retries: bool,
}

/// What became of a day: its status, why, and how often it was tried.
type Day = (&'static str, &'static str, i64);

/// An order that was placed.
#[derive(Debug)]
pub(super) struct Standing {
    owner: usize,
    ordered: Ordered,
    /// The day and attempt that come next, and from when on; `None`: it is over.
    next: Option<((u32, u32), i64)>,
    days: Vec<Day>,
}

/// The id of the transfer by which an order pays this day, at this attempt.
pub fn run_of(order: IntentId, number: u32, attempt: u32) -> TransferId {
    let order = order.get();
    let (number, attempt) = (number.to_be_bytes(), attempt.to_be_bytes());
    let parts: [&[u8]; 4] =
        [b"strongroom/standing-order/v1", order.as_bytes(), number.as_slice(), attempt.as_slice()];
    let digest = crypto::sha256(&parts.concat());
    let bytes = digest.as_bytes()[..16].try_into().unwrap();
    TransferId::new(Builder::from_custom_bytes(bytes).into_uuid())
}

impl Oracle {
    /// Somebody orders payments to come.
    pub fn place_order(
        &mut self,
        by: usize,
        order: IntentId,
        ordered: Ordered,
    ) -> Result<(), Refusal> {
        let Ordered { debit, credit, first_us, .. } = ordered;
        self.signatures += 1;
        let kind = post(&ordered);
        Transfer::new(run_of(order, 0, 0), kind)?;
        if self.owners.get(&debit).is_some_and(|owner| *owner != by) {
            return Err(Refusal::NotAccountOwner);
        }
        if !self.owners.contains_key(&debit) {
            return Err(Rejection::DebitAccountNotFound.into());
        }
        if !self.owners.contains_key(&credit) {
            return Err(Rejection::CreditAccountNotFound.into());
        }
        let payment = self.payment(kind);
        if let Some((payment, allowance)) = payment.as_ref().zip(self.allowances.get(&by)) {
            allowance.admits_order(&self.paid, payment)?;
        }
        if self.waits(by, &[kind]).is_some() {
            return Err(Refusal::StandingOrderNeedsApproval);
        }
        if first_us.div_euclid(DAY_US) < self.now_us.div_euclid(DAY_US) {
            return Err(Refusal::StandingOrderInvalid);
        }
        // The signature counts, and nothing is paid to anybody.
        self.paid.extend(payment.map(|it| Payment { credit: None, minor: 0, ..it }));
        let next = Some(((0, 0), first_us));
        self.orders.insert(order, Standing { owner: by, ordered, next, days: Vec::new() });
        Ok(())
    }

    /// Somebody ends an order.
    pub fn end_order(&mut self, by: usize, order: IntentId) -> Result<(), Refusal> {
        let mine = self.orders.get_mut(&order).filter(|standing| standing.owner == by);
        let standing = mine.ok_or(Refusal::StandingOrderNotFound)?;
        standing.next.take().map(drop).ok_or(Refusal::StandingOrderEnded)
    }

    /// Whether this day and attempt of an order could be recorded at this time.
    pub fn could_run(&self, order: IntentId, day: (u32, u32), now_us: i64) -> bool {
        self.next_day(order).is_some_and(|(next, at_us)| next == day && at_us <= now_us)
    }

    /// The day and attempt that come next, and from when on, in UTC microseconds; `None`: there is no such order, or it is over.
    pub fn next_day(&self, order: IntentId) -> Option<((u32, u32), i64)> {
        self.orders.get(&order).and_then(|standing| standing.next)
    }

    /// What becomes of each of its days so far.
    pub fn days(&self, order: IntentId) -> &[Day] {
        self.orders.get(&order).map_or(&[], |standing| &standing.days)
    }

    /// A day of an order has come: it is paid or not, and either is recorded, unless it is not the one that is due.
    pub fn run_order(
        &mut self,
        order: IntentId,
        (number, attempt): (u32, u32),
    ) -> Result<(), Refusal> {
        let standing = self.orders.get(&order).ok_or(Refusal::StandingOrderNotFound)?;
        if !self.could_run(order, (number, attempt), self.now_us) {
            return Err(Refusal::StandingOrderEnded);
        }
        let (owner, ordered) = (standing.owner, standing.ordered);
        let code = match self.pay_day(owner, run_of(order, number, attempt), &ordered) {
            Ok(()) => "ok",
            Err(refusal) => refusal.code(),
        };
        let is_short = code == Rejection::InsufficientFunds.code();
        let status = match code {
            "ok" => "paid",
            _ if is_short && ordered.retries => "waiting",
            _ if is_short => "skipped",
            _ => "failed",
        };
        let next_week = ordered.first_us + 7 * DAY_US * i64::from(number + 1);
        let next = match status {
            "waiting" => Some(((number, attempt + 1), self.now_us + RETRY_US)),
            _ if ordered.is_once => None,
            _ => Some(((number + 1, 0), next_week)),
        };
        let standing = self.orders.get_mut(&order).expect("found");
        standing.next = next;
        standing.days.truncate(usize::try_from(number).unwrap());
        standing.days.push((status, code, i64::from(attempt) + 1));
        Ok(())
    }

    fn pay_day(&mut self, by: usize, id: TransferId, ordered: &Ordered) -> Result<(), Refusal> {
        let kind = post(ordered);
        let payment = self.payment(kind).map(|it| Payment { signature: None, ..it });
        if let Some(payment) = &payment {
            self.allow(by, payment)?;
        }
        self.settle(id, Ok(Transfer::new(id, kind)?))?;
        self.paid.extend(payment);
        Ok(())
    }
}

fn post(ordered: &Ordered) -> TransferKind {
    let Ordered { debit, credit, amount, .. } = *ordered;
    TransferKind::Post { debit, credit, amount }
}
