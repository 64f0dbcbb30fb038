//! Standing orders: placing one, ending one, and what becomes of a day on which one is due.

use std::collections::HashSet;

use intent::{IntentId, OrderTerms, Role, TransferBody, UtcMicros};
use ledger::{Posting, Rejection, Transfer, TransferKind, post};

use super::decision::risk_record;
use super::pay::{Kept, Payer};
use super::wish::Wish;
use super::{Asker, Decision, Fold};
use crate::corridor::refusal::Refusal;
use crate::limits::{self, Exceeded, minor_units};
use crate::registers::Row;
use crate::standing_orders::{self, Order, Outcome, STANDING_ORDERS, run_id};

impl Fold<'_> {
    /// Writes an order down; no money moves yet.
    pub(super) fn place_order(
        &mut self,
        id: IntentId,
        transfer: &TransferBody,
        terms: &OrderTerms,
        asker: Asker,
        now: UtcMicros,
    ) -> Decision {
        let (wish, payer) = (wish_of(id, 0, 0, transfer), Payer { asker, now });
        let lacks = self.lacks(&wish.kind);
        let remembered = self.risk.get(&transfer.debit).copied();
        // As if they paid it now: when it is due, nobody knows any more on which device it was signed.
        let verdict = self.assess(std::slice::from_ref(&wish), payer);
        let placed = self.may_order(&wish, transfer, payer, verdict.as_ref()).and_then(|()| {
            let as_of = (&self.policies.days, now);
            let row = standing_orders::place(id, asker.user, transfer, terms, as_of)?;
            if self.is_by_a_new_hand(verdict.as_ref(), &row, now) {
                return Err(Refusal::StandingOrderNeedsApproval.into());
            }
            Ok(row)
        });
        let risk = verdict.as_ref().map(risk_record);
        match placed {
            Ok(row) => {
                // What it pays is an attempt on its day; an order that is refused was one now.
                match remembered {
                    Some(state) => self.risk.insert(transfer.debit, state),
                    None => self.risk.remove(&transfer.debit),
                };
                self.count(&wish, payer);
                self.rows.put(row.clone());
                Decision { rows: vec![row], lacks, risk, ..Decision::default() }
            }
            Err(Kept { refusal, left }) => {
                Decision { limit_left: left, lacks, risk, ..Decision::refused(refusal) }
            }
        }
    }

    /// What would keep every payment of an order from being made is said before it is placed, and so is what would keep
    /// its owner from paying now.
    fn may_order(
        &self,
        wish: &Wish,
        body: &TransferBody,
        payer: Payer,
        verdict: Option<&risk::Verdict>,
    ) -> Result<(), Kept> {
        if verdict.is_some_and(|of| of.action == risk::Action::Block) {
            return Err(Refusal::RiskBlocked.into());
        }
        self.admit(wish, payer.asker.user)?;
        let account = |id, none: Rejection| self.ledger.account(id).ok_or_else(|| Kept::from(none));
        let debit = account(body.debit, Rejection::DebitAccountNotFound)?;
        let credit = account(body.credit, Rejection::CreditAccountNotFound)?;
        if [debit.asset, credit.asset].iter().any(|asset| *asset != body.amount.asset()) {
            return Err(Rejection::AssetMismatch.into());
        }
        if debit.closed {
            return Err(Rejection::DebitAccountClosed.into());
        }
        if credit.closed {
            return Err(Rejection::CreditAccountClosed.into());
        }
        if self.leaves((body.debit, body.credit)) {
            let limits = self.limits(payer, body.debit);
            let left = minor_units(limits.per_transfer, debit.asset);
            if body.amount.minor() > left {
                return Err(Exceeded { refusal: Refusal::LimitPerTransfer, left }.into());
            }
            limits::allow_signature(&limits, &self.used(body.debit, payer.now))?;
        }
        match self.cause(std::slice::from_ref(wish), payer.asker, verdict) {
            Some(_) => Err(Refusal::StandingOrderNeedsApproval.into()),
            None => Ok(()),
        }
    }

    /// Whether somebody fresh on the account would pay somebody unfamiliar before a way in is no longer new. Each of many
    /// small orders is nothing much, and when they are paid nobody knows any more whose hand it was.
    fn is_by_a_new_hand(&self, verdict: Option<&risk::Verdict>, row: &Row, now: UtcMicros) -> bool {
        const SIGNS: [risk::Rule; 4] = [
            risk::Rule::NewDevice,
            risk::Rule::CredentialsChanged,
            risk::Rule::NewAddress,
            risk::Rule::FailedSignIns,
        ];
        let Some((verdict, order)) = verdict.zip(Order::read(row)) else { return false };
        let risk::Policy { bounds, ceiling, .. } = &self.policies.risk;
        let pair = (order.debit, order.credit);
        let first_paid_us = self.payees.get(&pair).and_then(|of| of.risk.first_at_us());
        let is_familiar = first_paid_us
            .is_some_and(|first| now.get().saturating_sub(first) >= bounds.familiar_after_us);
        let waits_us = order.next_at.get().saturating_sub(now.get());
        *ceiling >= risk::Action::Review
            && self.leaves(pair)
            && !is_familiar
            && waits_us < bounds.access_new_us
            && verdict.reasons.iter().any(|why| SIGNS.iter().any(|sign| sign.code() == why.code))
    }

    /// Ends an order of the asker's.
    pub(super) fn end_order(&mut self, order: IntentId, asker: Asker, now: UtcMicros) -> Decision {
        let row = self.rows.get(&STANDING_ORDERS, &order.to_string());
        match standing_orders::end(row, asker.user, now) {
            Ok(row) => {
                self.rows.put(row.clone());
                Decision { rows: vec![row], ..Decision::default() }
            }
            Err(refusal) => Decision::refused(refusal),
        }
    }

    /// Pays what an order says, or says why not. Either stands in the log: only where this attempt is not the one that is
    /// due, nothing does.
    pub(super) fn run_order(
        &mut self,
        id: IntentId,
        number: u32,
        attempt: u32,
        now: UtcMicros,
    ) -> Decision {
        let row = self.rows.get(&STANDING_ORDERS, &id.to_string()).cloned();
        let Some(row) = row else { return Decision::refused(Refusal::StandingOrderNotFound) };
        let is_due = |order: &Order| {
            (order.next_number, order.attempt) == (number, attempt) && order.next_at <= now
        };
        let Some(order) = Order::read(&row).filter(is_due) else {
            return Decision::refused(Refusal::StandingOrderEnded);
        };
        // Its owner signed once, as the customer that they are; which device they use today says nothing of it.
        let payer = Payer { asker: Asker::unknown(order.owner, Role::Customer), now };
        let Order { debit, credit, amount, .. } = order;
        let body = TransferBody { debit, credit, amount, details: None };
        let wishes = [wish_of(id, number, attempt, &body)];
        let verdict = self.assess(&wishes, payer);
        let refusal = if verdict.as_ref().is_some_and(|of| of.action == risk::Action::Block) {
            Some(Refusal::RiskBlocked)
        } else if self.exceeds_recovery_limit(&wishes, payer) {
            Some(Refusal::RecoveryLimit)
        } else {
            // Nobody is asked again: what somebody would have to see is left to the payer.
            let cause = self.cause(&wishes, payer.asker, verdict.as_ref());
            cause.map(|_| Refusal::StandingOrderNeedsApproval)
        };
        let [wish] = &wishes;
        let paid = refusal.map_or_else(|| self.pay_ordered(wish, payer), |why| Err(why.into()));
        let (outcome, left) = match &paid {
            Ok(_) => (Outcome::Paid(wish.id), None),
            Err(kept) => (Outcome::Refused(kept.refusal), kept.left),
        };
        let mut decision = match paid {
            Ok(posting) => self.conclude(&wishes, vec![Ok(posting)], None, false),
            Err(_) => Decision::default(),
        };
        let rows = standing_orders::after(&row, &order, outcome, (&self.policies.days, now));
        for row in rows {
            self.rows.put(row.clone());
            decision.rows.push(row);
        }
        decision.risk = verdict.as_ref().map(risk_record);
        decision.limit_left = left;
        self.charge_recovery(&mut decision, payer);
        decision
    }

    fn pay_ordered(&mut self, wish: &Wish, payer: Payer) -> Result<Posting, Kept> {
        let transfer: Transfer = self.admit(wish, payer.asker.user)?;
        // Amounts count against limits; the one signature counted when it was made.
        let mut counted: HashSet<_> =
            wish.kind.accounts().map(|[debit, _]| debit).into_iter().collect();
        self.allow(wish, payer, &counted)?;
        let posting = post(&mut self.ledger, &transfer, payer.now.get())?;
        self.charge(wish, payer, &mut counted);
        self.remember_payment(&posting, false, payer.now);
        Ok(posting)
    }
}

fn wish_of(order: IntentId, number: u32, attempt: u32, body: &TransferBody) -> Wish {
    let TransferBody { debit, credit, amount, .. } = *body;
    Wish { id: run_id(order, number, attempt), kind: TransferKind::Post { debit, credit, amount } }
}
