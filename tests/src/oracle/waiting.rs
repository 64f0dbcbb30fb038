//! Payments that wait for a person.

use intent::{ApprovalDecision, IntentId};
use ledger::{Batch, Rejection, Transfer, TransferId, TransferKind};
use money::Amount;
use server::corridor::Refusal;
use uuid::{Builder, Uuid};

use super::Oracle;

/// From which sums on a payment waits, in minor units, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// More than this waits for a person.
    pub above: i64,
    /// More than this for two.
    pub two_above: i64,
    /// In microseconds.
    pub wait_us: i64,
}

/// A payment that waits or waited.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) holds: Vec<TransferId>,
    takes_two: bool,
    first: Option<usize>,
    is_over: bool,
    ends_at_us: i64,
}

/// The id of the transfer by which a hold of a payment ends that was decided.
pub fn ending_of(hold: TransferId) -> TransferId {
    let of: Uuid = hold.get();
    let digest = crypto::sha256(&[b"strongroom/hold-ended/v1", of.as_bytes().as_slice()].concat());
    TransferId::new(
        Builder::from_custom_bytes(digest.as_bytes()[..16].try_into().unwrap()).into_uuid(),
    )
}

impl Oracle {
    /// For how many people all of this would have to wait, where it leaves its payer.
    pub(super) fn waits(&self, by: usize, kinds: &[TransferKind]) -> Option<Wait> {
        let thresholds = self.thresholds?;
        let leaving = kinds.iter().filter(|kind| {
            let [debit, credit] = kind.accounts().expect("a payment");
            self.owners.get(&debit) == Some(&by) && self.owners.get(&credit) != Some(&by)
        });
        let sum: i64 = leaving.filter_map(TransferKind::amount).map(Amount::minor).sum();
        (sum > thresholds.above).then(|| Wait {
            takes_two: sum > thresholds.two_above,
            ends_at_us: self.now_us + thresholds.wait_us,
        })
    }

    /// From now on the payment waits, with what is held of it.
    pub(super) fn begin_to_wait(&mut self, payment: IntentId, wait: Wait, holds: Vec<TransferId>) {
        let Wait { takes_two, ends_at_us } = wait;
        let waiting = Waiting { holds, takes_two, first: None, is_over: false, ends_at_us };
        self.waiting.insert(payment, waiting);
    }

    /// Whether a hold is of a payment that waits or waited: nobody but the bank's people may end it.
    pub(super) fn is_of_a_payment(&self, hold: TransferId) -> bool {
        self.waiting.values().any(|payment| payment.holds.contains(&hold))
    }

    /// What somebody decides who may, and who is not the payer.
    pub fn decide(
        &mut self,
        by: usize,
        payment: IntentId,
        decision: ApprovalDecision,
    ) -> Result<(), Refusal> {
        let found = self.waiting.get(&payment).ok_or(Refusal::PaymentNotFound)?;
        if found.is_over {
            return Err(Refusal::PaymentDecided);
        }
        if self.now_us >= found.ends_at_us {
            return Err(Refusal::PaymentExpired);
        }
        let is_enough = !found.takes_two || found.first.is_some();
        match decision {
            ApprovalDecision::Approve if found.takes_two && found.first == Some(by) => {
                Err(Refusal::ApprovedBefore)
            }
            ApprovalDecision::Approve if is_enough => {
                self.end(payment, |hold| TransferKind::Capture { hold, amount: None })
            }
            ApprovalDecision::Reject => self.end(payment, |hold| TransferKind::Void { hold }),
            ApprovalDecision::Approve => {
                self.waiting.get_mut(&payment).expect("found").first = Some(by);
                Ok(())
            }
            ApprovalDecision::Escalate => {
                self.waiting.get_mut(&payment).expect("found").takes_two = true;
                Ok(())
            }
        }
    }

    /// Ends all holds of a payment, or none: then it waits on.
    fn end(
        &mut self,
        payment: IntentId,
        kind: impl Fn(TransferId) -> TransferKind,
    ) -> Result<(), Refusal> {
        let waiting = &self.waiting[&payment];
        let ends = waiting.holds.iter().map(|hold| Transfer::new(ending_of(*hold), kind(*hold)));
        let batch = Batch::atomic(ends.collect::<Result<_, Rejection>>()?)?;
        let outcomes = self.model.post_batch(&batch, self.now_us);
        let why = |outcome: &Result<_, Rejection>| {
            outcome.as_ref().err().copied().filter(|why| *why != Rejection::LinkedFailed)
        };
        if let Some(why) = outcomes.iter().find_map(why) {
            return Err(why.into());
        }
        for hold in waiting.holds.clone() {
            let payee = self.payees.get(&hold).copied().flatten();
            self.taken.insert(ending_of(hold));
            self.payees.insert(ending_of(hold), payee);
        }
        self.waiting.get_mut(&payment).expect("it waits").is_over = true;
        Ok(())
    }

    /// The time of a hold is over; the payment that waited for it has ended.
    pub fn expire(&mut self, hold: TransferId) -> Result<(), Refusal> {
        self.model.expire(hold, self.now_us)?;
        let mut waiting = self.waiting.values_mut();
        if let Some(payment) = waiting.find(|payment| payment.holds.contains(&hold)) {
            payment.is_over = true;
        }
        Ok(())
    }
}

/// That a payment waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    takes_two: bool,
    pub(super) ends_at_us: i64,
}
