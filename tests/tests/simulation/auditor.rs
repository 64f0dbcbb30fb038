//! The auditor: reads what the bank said in the order of its log, and says what it should have said.

use std::collections::BTreeMap;

use e2e::{Allowance, Oracle, Thresholds};
use intent::{Effects, Form, Group, IntentId, Receipt};
use ledger::{AccountId, AccountKind, Rejection, TransferId, TransferKind};
use money::AssetCode;
use server::corridor::{Answer, Refusal};

use crate::plan::{Asked, Challenge, What};
use crate::world::CUSTOMERS;

/// What each customer may pay: each limit bites one of them.
pub(crate) const ALLOWANCES: [Allowance; CUSTOMERS] = [
    Allowance {
        per_transfer: 4_000,
        new_payee: 3_000,
        per_payee: 100_000,
        per_day: 100_000,
        per_minute: 2,
        per_hour: 100,
    },
    Allowance {
        per_transfer: 4_500,
        new_payee: 100_000,
        per_payee: 2_500,
        per_day: 2_700,
        per_minute: 100,
        per_hour: 3,
    },
];
/// From which sums on a payment waits, and for the shortest time that a policy may name.
pub(crate) const THRESHOLDS: Thresholds =
    Thresholds { above: 500, two_above: 1_200, wait_us: 3_600_000_000 };
/// How long a challenge may be answered, in microseconds.
const CHALLENGE_US: i64 = 60_000_000;

/// An outcome as somebody was told it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) index: u64,
    pub(crate) code: String,
    pub(crate) items: Vec<String>,
    pub(crate) decided_at_us: i64,
}

impl Outcome {
    pub(crate) fn of(answer: &Answer) -> Self {
        let receipt = Receipt::from_json(&answer.receipt(Form::Json)).unwrap();
        let effects = receipt.groups[usize::from(Group::Effects.code()) - 1].as_ref().unwrap();
        let effects = Effects::parse(effects.bytes.as_ref().unwrap()).unwrap();
        assert_eq!((&effects.code, &effects.items), (&receipt.code, &receipt.items));
        let decided_at: intent::UtcMicros = effects.result["at"].parse().unwrap();
        Self {
            index: receipt.index.get(),
            code: receipt.code,
            items: receipt.items,
            decided_at_us: decided_at.get(),
        }
    }
}

/// What was asked of the bank in one seed, judged by the reference model.
pub(crate) struct Auditor {
    pub(crate) oracle: Oracle,
    equity: AccountId,
    /// Whose each challenge is, and whether it was answered.
    challenges: Vec<(usize, bool)>,
    challenged_at_us: i64,
}

impl Auditor {
    pub(crate) fn new(equity: AccountId, challenges: &[Challenge], challenged_at_us: i64) -> Self {
        let mut oracle = Oracle::default();
        oracle.thresholds = Some(THRESHOLDS);
        oracle.allowances = ALLOWANCES.into_iter().enumerate().collect();
        oracle.model.open_account(equity, AssetCode::EUR, AccountKind::Equity, None).unwrap();
        let challenges = challenges.iter().map(|challenge| (challenge.owner, false)).collect();
        Self { oracle, equity, challenges, challenged_at_us }
    }

    /// Goes through the log: each outcome is the one foreseen.
    pub(crate) fn judge(&mut self, asked: &[Asked], outcomes: &BTreeMap<usize, Outcome>) {
        let mut log: Vec<(usize, &Outcome)> =
            outcomes.iter().map(|(who, outcome)| (*who, outcome)).collect();
        log.sort_by_key(|(_, outcome)| outcome.index);
        let mut latest = None;
        for (who, outcome) in log {
            assert!(latest < Some(outcome.index), "two outcomes at one place");
            latest = Some(outcome.index);
            self.oracle.now_us = outcome.decided_at_us;
            let Asked { what, id, .. } = &asked[who];
            let (code, items) = self.foresee(what, *id);
            assert_eq!((outcome.code.as_str(), &outcome.items), (code, &items), "{who}: {what:?}");
        }
    }

    /// What must be told, and of each item of a batch.
    fn foresee(&mut self, what: &What, id: IntentId) -> (&'static str, Vec<String>) {
        let transfer = TransferId::new(id.get());
        let told = |outcome: Result<(), Refusal>| {
            (outcome.map_or_else(Refusal::code, |()| "ok"), Vec::new())
        };
        match what {
            What::Open { account, owner } => {
                let kind = AccountKind::Liability;
                self.oracle.model.open_account(*account, AssetCode::EUR, kind, Some(0)).unwrap();
                self.oracle.owners.insert(*account, *owner);
                told(Ok(()))
            }
            What::Fund { to, minor } => {
                let (debit, credit) = (self.equity, *to);
                let kind = TransferKind::Post { debit, credit, amount: e2e::eur(*minor) };
                told(self.oracle.transfer(None, transfer, debit, kind))
            }
            What::Transfer { by, debit, kind } => {
                let paid = self.oracle.pay(*by, transfer, *debit, *kind);
                (paid.unwrap_or_else(Refusal::code), Vec::new())
            }
            What::Follow { by, earlier, kind } => {
                told(self.oracle.follow(*by, *earlier, transfer, *kind))
            }
            What::Batch { by, atomic, items } => {
                let (items, is_held) = self.oracle.pay_batch(*by, id, *atomic, items);
                // Accepted as soon as one of its items is; else for the reason that brought it down.
                let cause = items.iter().find(|code| **code != Rejection::LinkedFailed.code());
                let code = match (is_held, items.contains(&"ok")) {
                    (true, _) => "held",
                    (false, true) => "ok",
                    (false, false) => cause.unwrap(),
                };
                (code, items.into_iter().map(str::to_owned).collect())
            }
            What::Freeze { account, freeze } => {
                self.oracle.model.set_freeze(*account, *freeze).unwrap();
                told(Ok(()))
            }
            What::Decide { by, .. } if *by < CUSTOMERS => told(Err(Refusal::PermissionDenied)),
            What::Decide { by, payment, decision } => {
                told(self.oracle.decide(*by, *payment, *decision))
            }
            What::Login { by, challenge, is_proven } => {
                told(self.log_in(*by, *challenge, *is_proven))
            }
            What::Expired { hold, .. } | What::Overdue { hold, .. } => {
                told(self.oracle.expire(*hold))
            }
            What::Order { by, ordered } => told(self.oracle.place_order(*by, id, *ordered)),
            What::EndOrder { by, order } => told(self.oracle.end_order(*by, *order)),
            What::Due { order, day, .. } => told(self.oracle.run_order(*order, *day)),
        }
    }

    fn log_in(
        &mut self,
        by: usize,
        challenge: Option<usize>,
        is_proven: bool,
    ) -> Result<(), Refusal> {
        let mine = challenge.map(|place| &mut self.challenges[place]);
        let (_, is_answered) =
            mine.filter(|(owner, _)| *owner == by).ok_or(Refusal::ChallengeUnknown)?;
        if *is_answered {
            Err(Refusal::ChallengeRedeemed)
        } else if self.oracle.now_us >= self.challenged_at_us + CHALLENGE_US {
            Err(Refusal::ChallengeExpired)
        } else if is_proven {
            *is_answered = true;
            Ok(())
        } else {
            Err(Refusal::DeviceProofInvalid)
        }
    }

    /// Whether a hold could still be given back at this time.
    pub(crate) fn could_expire(&self, hold: TransferId, now_us: i64) -> bool {
        self.oracle.model.clone().expire(hold, now_us).is_ok()
    }
}
