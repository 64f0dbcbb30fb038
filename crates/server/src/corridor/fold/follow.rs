//! What follows an earlier transfer: captures, voids, reversals, decisions about payments that wait, and expiries.

use std::collections::BTreeMap;

use intent::{ApprovalDecision, Event, EventKind, IntentId, Role, UserId, UtcMicros};
use ledger::{
    AccountId, Batch, Posting, Rejection, Transfer, TransferId, TransferKind, expire, post,
    post_batch,
};

use super::interest::MonthOver;
use super::wish::{Wish, ending_id};
use super::{Asker, Decision, Fold};
use crate::approvals::{self, APPROVALS, Next};
use crate::corridor::refusal::Refusal;
use crate::credentials::changes::Credential;
use crate::standing_orders::run_id;
use crate::statements::{Made, STATEMENTS};

/// A fact that nobody signs, and that changes the ledger or what a register says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fact {
    /// The time of a hold is over.
    HoldExpired {
        /// The hold.
        hold: TransferId,
    },
    /// A month is over for which an account has earned or owes interest.
    InterestPosted(MonthOver),
    /// A month is over for which an account costs something.
    FeeCharged(MonthOver),
    /// A statement of closed days was made.
    StatementMade(Made),
    /// A password or second factor was changed.
    CredentialChanged {
        /// Whose.
        user: UserId,
        /// Which.
        what: Credential,
    },
    /// A day of a standing order has come, or the time to try it again.
    OrderDue {
        /// The order.
        order: IntentId,
        /// The day's number, from 0.
        number: u32,
        /// How often it was tried before.
        attempt: u32,
    },
}

impl Fact {
    const HOLD: &'static str = "hold";
    const USER: &'static str = "user";
    const WHAT: &'static str = "what";
    const ORDER: &'static str = "order";
    const NUMBER: &'static str = "number";
    const ATTEMPT: &'static str = "attempt";

    /// Reads the members of an event; `None` where it changes nothing, or does not read.
    pub(crate) fn read(event: &Event) -> Option<Self> {
        let text = |name: &str| event.members().get(name).map(String::as_str);
        match event.kind {
            EventKind::HoldExpired => {
                Some(Self::HoldExpired { hold: text(Self::HOLD)?.parse().ok()? })
            }
            EventKind::InterestPosted => MonthOver::read(event.members()).map(Self::InterestPosted),
            EventKind::FeeCharged => MonthOver::read(event.members()).map(Self::FeeCharged),
            EventKind::StatementMade => Made::read(event.members()).map(Self::StatementMade),
            EventKind::CredentialChanged => Some(Self::CredentialChanged {
                user: text(Self::USER)?.parse().ok()?,
                what: text(Self::WHAT)?.parse().ok()?,
            }),
            EventKind::OrderDue => Some(Self::OrderDue {
                order: text(Self::ORDER)?.parse().ok()?,
                number: text(Self::NUMBER)?.parse().ok()?,
                attempt: text(Self::ATTEMPT)?.parse().ok()?,
            }),
            _ => None,
        }
    }

    /// The transfer that it makes, if it makes one of its own.
    pub(crate) fn transfer(self) -> Option<TransferId> {
        match self {
            Self::OrderDue { order, number, attempt } => Some(run_id(order, number, attempt)),
            Self::InterestPosted(over) => Some(over.interest_id()),
            Self::FeeCharged(over) => Some(over.fee_id()),
            Self::HoldExpired { .. } | Self::CredentialChanged { .. } | Self::StatementMade(_) => {
                None
            }
        }
    }

    /// Its kind of event.
    pub(crate) const fn kind(self) -> EventKind {
        match self {
            Self::HoldExpired { .. } => EventKind::HoldExpired,
            Self::CredentialChanged { .. } => EventKind::CredentialChanged,
            Self::StatementMade(_) => EventKind::StatementMade,
            Self::InterestPosted(_) => EventKind::InterestPosted,
            Self::FeeCharged(_) => EventKind::FeeCharged,
            Self::OrderDue { .. } => EventKind::OrderDue,
        }
    }

    /// Whether cached answers about people are old after it.
    pub(crate) const fn bumps_epoch(self) -> bool {
        matches!(self, Self::CredentialChanged { .. })
    }

    /// Its members, beside those that every event has.
    pub(crate) fn members(self) -> BTreeMap<String, String> {
        match self {
            Self::HoldExpired { hold } => {
                BTreeMap::from([(Self::HOLD.to_owned(), hold.to_string())])
            }
            Self::StatementMade(made) => made.members(),
            Self::InterestPosted(over) | Self::FeeCharged(over) => over.members(),
            Self::CredentialChanged { user, what } => BTreeMap::from([
                (Self::USER.to_owned(), user.to_string()),
                (Self::WHAT.to_owned(), what.to_string()),
            ]),
            Self::OrderDue { order, number, attempt } => BTreeMap::from([
                (Self::ORDER.to_owned(), order.to_string()),
                (Self::NUMBER.to_owned(), number.to_string()),
                (Self::ATTEMPT.to_owned(), attempt.to_string()),
            ]),
        }
    }
}

impl Fold<'_> {
    /// Decides what becomes of a fact.
    pub(crate) fn decide_fact(&mut self, fact: Fact, now: UtcMicros) -> Decision {
        let decision = match fact {
            Fact::InterestPosted(over) => self.post_interest(over, now),
            Fact::FeeCharged(over) => self.charge_fee(over, now),
            Fact::StatementMade(made) => self.keep_statement(&made, now),
            Fact::HoldExpired { hold } => self.expire(hold, now),
            Fact::CredentialChanged { user, what } => {
                Decision { rows: vec![what.changed(user, now)], ..Decision::default() }
            }
            Fact::OrderDue { order, number, attempt } => {
                self.run_order(order, number, attempt, now)
            }
        };
        self.accrue(&decision.items, now);
        self.dated(decision, now)
    }

    /// Writes down that a statement was made, once an account and day.
    fn keep_statement(&mut self, made: &Made, now: UtcMicros) -> Decision {
        let owner = self.owners.get(&made.account).copied().flatten();
        let is_known = self.rows.get(&STATEMENTS, &made.key()).is_some();
        let every = self.policies.statements(made.account);
        match owner.filter(|_| !is_known).and_then(|owner| made.row(owner, every, now)) {
            Some(row) => Decision { rows: vec![row], ..Decision::default() },
            None => Decision::refused(Refusal::NothingDue),
        }
    }

    /// A capture, a void or a reversal by whoever may.
    pub(super) fn follow(&mut self, wishes: &[Wish], asker: Asker, now: UtcMicros) -> Decision {
        let outcomes = wishes.iter().map(|wish| self.follow_one(wish, asker, now)).collect();
        self.conclude(wishes, outcomes, None, false)
    }

    fn follow_one(
        &mut self,
        wish: &Wish,
        asker: Asker,
        now: UtcMicros,
    ) -> Result<Posting, Refusal> {
        if self.taken.contains(&wish.id) {
            return Err(Rejection::DuplicateItem.into());
        }
        if !self.may_follow(&wish.kind, asker) {
            // Whoever may not is told nothing of its existence.
            return Err(match wish.kind {
                TransferKind::Reverse { .. } => Rejection::TransferNotFound.into(),
                _ => Rejection::HoldNotFound.into(),
            });
        }
        let transfer = Transfer::new(wish.id, wish.kind)?;
        let posting = post(&mut self.ledger, &transfer, now.get())?;
        if matches!(wish.kind, TransferKind::Capture { .. }) {
            self.remember_payment(&posting, false, now);
        }
        Ok(posting)
    }

    /// The payee takes or gives back what is held for them, and gives back what they got. A manager gives back holds, and
    /// what the bank itself paid in.
    fn may_follow(&self, kind: &TransferKind, asker: Asker) -> bool {
        let Some(record) = kind.refers_to().and_then(|id| self.ledger.record(id)) else {
            return false;
        };
        let is_payee = self.owner(record.credit()) == Some(asker.user);
        let is_manager = asker.role == Role::Manager;
        match kind {
            // Half of an exchange is not given back.
            TransferKind::Reverse { .. }
                if [record.debit(), record.credit()].iter().any(|id| self.is_position(*id)) =>
            {
                false
            }
            TransferKind::Reverse { .. } => {
                is_payee || is_manager && self.owner(record.debit()).is_none()
            }
            TransferKind::Void { hold } => self.is_authorisation(*hold) && (is_payee || is_manager),
            _ => kind.refers_to().is_some_and(|hold| self.is_authorisation(hold)) && is_payee,
        }
    }

    /// Whether a hold waits for its payee, and not for a person of the bank.
    fn is_authorisation(&self, hold: TransferId) -> bool {
        self.holds.get(&hold).is_some_and(|facts| !facts.is_for_approval)
    }

    fn owner(&self, account: AccountId) -> Option<UserId> {
        self.owners.get(&account).copied().flatten()
    }

    /// What a person decides about a payment that waits: all of its transfers or none.
    pub(super) fn decide_payment(
        &mut self,
        payment: IntentId,
        decision: ApprovalDecision,
        reason: &str,
        asker: Asker,
        now: UtcMicros,
    ) -> Decision {
        let Some(row) = self.rows.get(&APPROVALS, &payment.to_string()) else {
            return Decision::refused(Refusal::PaymentNotFound);
        };
        let (row, next) = match approvals::decide(row, decision, reason, asker.user, now) {
            Ok(decided) => decided,
            Err(refusal) => return Decision::refused(refusal),
        };
        let holds = self.held_for.get(&payment).cloned().unwrap_or_default();
        if holds.is_empty() {
            return Decision::refused(Refusal::PaymentNotFound);
        }
        let end = |kind: fn(TransferId) -> TransferKind| -> Vec<Wish> {
            holds.iter().map(|hold| Wish { id: ending_id(*hold), kind: kind(*hold) }).collect()
        };
        let wishes = match next {
            Next::Wait => Vec::new(),
            Next::Capture => end(|hold| TransferKind::Capture { hold, amount: None }),
            Next::Void => end(|hold| TransferKind::Void { hold }),
        };
        let postings = match self.end_holds(&wishes, now) {
            Ok(postings) => postings,
            // The payment waits on: nothing was used up, and the same decision can be made again.
            Err(rejection) => return Decision::refused(rejection.into()),
        };
        for posting in postings.iter().filter(|_| next == Next::Capture) {
            self.remember_payment(posting, postings.len() > 1, now);
        }
        let outcomes = postings.into_iter().map(Ok).collect();
        let mut decision = self.conclude(&wishes, outcomes, None, false);
        self.rows.put(row.clone());
        decision.rows.push(row);
        decision
    }

    /// Ends all of these holds or none.
    fn end_holds(&mut self, wishes: &[Wish], now: UtcMicros) -> Result<Vec<Posting>, Rejection> {
        if wishes.is_empty() {
            return Ok(Vec::new());
        }
        if wishes.iter().any(|wish| self.taken.contains(&wish.id)) {
            return Err(Rejection::DuplicateItem);
        }
        let transfers: Result<Vec<Transfer>, Rejection> =
            wishes.iter().map(|wish| Transfer::new(wish.id, wish.kind)).collect();
        let outcomes =
            post_batch(&mut self.ledger, &Batch::atomic(transfers?)?, now.get()).into_items();
        let why = outcomes.iter().find_map(|outcome| match outcome {
            Ok(_) | Err(Rejection::LinkedFailed) => None,
            Err(rejection) => Some(*rejection),
        });
        match why {
            Some(rejection) => Err(rejection),
            None => outcomes.into_iter().collect(),
        }
    }

    /// Gives back what was held too long; the payment that waited for it has ended.
    fn expire(&mut self, hold: TransferId, now: UtcMicros) -> Decision {
        if let Err(rejection) = expire(&mut self.ledger, hold, now.get()) {
            // It is tried again: nothing is written of a fact that is not true.
            return Decision::refused(rejection.into());
        }
        let waiting = self
            .holds
            .get(&hold)
            .filter(|facts| facts.is_for_approval)
            .and_then(|facts| self.rows.get(&APPROVALS, &facts.intent.to_string()))
            .and_then(|row| approvals::expired(row, now));
        let rows: Vec<_> = waiting.into_iter().collect();
        for row in &rows {
            self.rows.put(row.clone());
        }
        Decision { rows, ..Decision::default() }
    }
}
