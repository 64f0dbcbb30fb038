//! Standing orders: placing one, ending one, and what becomes of a day on which one is due.

use std::collections::HashSet;

use intent::{IntentId, OrderTerms, Role, TransferBody, UtcMicros};
use ledger::{Posting, Rejection, Transfer, TransferKind, post};

use super::decision::risk_record;
use super::pay::{Kept, Payer};
use super::wish::Wish;
use super::{Asker, Decision, Fold};
use crate::corridor::refusal::Refusal;
use crate::limits::{Exceeded, minor_units};
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
        let wish = wish_of(id, 0, 0, transfer);
        let lacks = self.lacks(&wish.kind);
        let placed = self.may_order(&wish, transfer, Payer { asker, now }).and_then(|()| {
            let as_of = (&self.policies.days, now);
            Ok(standing_orders::place(id, asker.user, transfer, terms, as_of)?)
        });
        match placed {
            Ok(row) => {
                self.rows.put(row.clone());
                Decision { rows: vec![row], lacks, ..Decision::default() }
            }
            Err(Kept { refusal, left }) => {
                Decision { limit_left: left, lacks, ..Decision::refused(refusal) }
            }
        }
    }

    /// What would keep every payment of an order from being made is said before it is placed.
    fn may_order(&self, wish: &Wish, body: &TransferBody, payer: Payer) -> Result<(), Kept> {
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
            let left = minor_units(self.limits(payer, body.debit).per_transfer, debit.asset);
            if body.amount.minor() > left {
                return Err(Exceeded { refusal: Refusal::LimitPerTransfer, left }.into());
            }
        }
        match self.cause(std::slice::from_ref(wish), payer.asker, None) {
            Some(_) => Err(Refusal::StandingOrderNeedsApproval.into()),
            None => Ok(()),
        }
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
        // Amounts count against limits; the number of signatures does not, for there is none.
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
