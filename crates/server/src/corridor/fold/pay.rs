//! Payments: the risk engine, limits, whether a person has to see it, and the posting.

use std::collections::{BTreeSet, HashSet};

use intent::{Body, Intent, IntentId, UserId, UtcMicros};
use ledger::{AccountId, Batch, Posting, Rejection, Transfer, TransferKind, post, post_batch};
use money::{Asset, AssetCode};

use super::decision::risk_record;
use super::wish::{self, Wish};
use super::{Asker, Decision, Fold, HoldFacts, Pair};
use crate::approvals::{self, Cause};
use crate::corridor::refusal::Refusal;
use crate::limits::{self, Exceeded, Limits, PayeeUsage, Usage, minor_units};
use crate::sessions::Place;

/// The longest hold, in microseconds: 90 days.
const HOLD_US_MAX: i64 = 90 * 24 * 60 * 60 * 1_000_000;

/// Who pays, and when.
#[derive(Clone, Copy)]
pub(super) struct Payer {
    pub(super) asker: Asker,
    pub(super) now: UtcMicros,
}

/// Why a transfer was not made, and what was left of the limit that kept it back.
pub(super) struct Kept {
    pub(super) refusal: Refusal,
    pub(super) left: Option<i64>,
}

impl From<Refusal> for Kept {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, left: None }
    }
}

impl From<Rejection> for Kept {
    fn from(rejection: Rejection) -> Self {
        Refusal::from(rejection).into()
    }
}

impl From<Exceeded> for Kept {
    fn from(Exceeded { refusal, left }: Exceeded) -> Self {
        Self { refusal, left: Some(left) }
    }
}

/// Counters as they were before a linked group, to be put back if it fails.
#[derive(Default)]
struct Before {
    usage: Vec<(AccountId, Option<Usage>)>,
    payees: Vec<(Pair, Option<PayeeUsage>)>,
}

impl Fold<'_> {
    /// The bank's own money: no limit and no risk of the payer's counts.
    pub(super) fn fund(&mut self, wishes: &[Wish], now: UtcMicros) -> Decision {
        if wishes.is_empty() {
            return Decision::refused(Refusal::AssetUnknown);
        }
        let outcomes = wishes.iter().map(|wish| self.post_one(wish, now)).collect();
        self.conclude(wishes, outcomes, None, false)
    }

    /// What a customer pays, or holds for somebody.
    pub(super) fn pay(
        &mut self,
        intent: &Intent,
        mut wishes: Vec<Wish>,
        asker: Asker,
        now: UtcMicros,
    ) -> Decision {
        let payer = Payer { asker, now };
        let is_batch = wish::is_batch(intent);
        if self.knows_file(intent, asker) {
            return self.refuse_all(&wishes, Refusal::PaymentFileKnown, is_batch);
        }
        let verdict = self.assess(&wishes, payer);
        let cause = self.cause(&wishes, asker, verdict.as_ref());
        let risk = verdict.as_ref().map(risk_record);
        let refusal = if verdict.as_ref().is_some_and(|of| of.action == risk::Action::Block) {
            Some(Refusal::RiskBlocked)
        } else if self.exceeds_recovery_limit(&wishes, payer) {
            Some(Refusal::RecoveryLimit)
        } else if let Body::HoldPlace { expires_at, .. } = intent.body() {
            let lasts = expires_at.get().saturating_sub(now.get());
            if lasts > HOLD_US_MAX {
                Some(Refusal::HoldTooLong)
            } else {
                cause.map(|_| Refusal::HoldNeedsApproval)
            }
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return Decision { risk, ..self.refuse_all(&wishes, refusal, is_batch) };
        }
        let expires_at =
            UtcMicros::from_micros(now.get().saturating_add(self.policies.approvals.wait_us()));
        if cause.is_some() {
            for wish in &mut wishes {
                *wish = wish.held_until(expires_at.get());
            }
        }
        let kept = if matches!(intent.body(), Body::TransferBatch { atomic: true, .. }) {
            self.post_linked(&wishes, payer)
        } else {
            self.post_independent(&wishes, payer)
        };
        let left = kept.iter().find_map(|outcome| outcome.as_ref().err()?.left);
        let outcomes = kept.into_iter().map(|outcome| outcome.map_err(|kept| kept.refusal));
        let mut decision = self.conclude(&wishes, outcomes.collect(), risk, is_batch);
        decision.limit_left = left;
        for posting in decision.items.iter().filter_map(|item| item.outcome.as_ref().ok()) {
            if matches!(posting.transfer().kind(), TransferKind::Post { .. }) {
                self.remember_payment(posting, is_batch, now);
            }
        }
        self.note_holds(intent.id(), cause.is_some(), &decision);
        self.note_file(intent, asker, &mut decision);
        if let Some(cause) = cause
            && decision.refusal.is_none()
        {
            let held = decision.items.iter().filter(|item| item.outcome.is_ok());
            let row = approvals::waiting(
                intent.id(),
                asker.user,
                cause,
                held.map(|item| item.amount),
                (now, expires_at),
            );
            self.rows.put(row.clone());
            decision.rows.push(row);
            decision.is_held = true;
        }
        self.charge_recovery(&mut decision, payer);
        decision
    }

    /// Remembers why holds were placed.
    fn note_holds(&mut self, intent: IntentId, is_for_approval: bool, decision: &Decision) {
        for item in decision.items.iter().filter(|item| item.outcome.is_ok()) {
            if let TransferKind::Hold { expires_at_us, .. } = item.kind {
                let expires_at = UtcMicros::from_micros(expires_at_us);
                self.holds.insert(item.id, HoldFacts { intent, is_for_approval, expires_at });
                if is_for_approval {
                    self.held_for.entry(intent).or_default().push(item.id);
                }
            }
        }
    }

    /// Step 3: one attempt for each account of the asker that a signature debits, with all that would leave it. The gravest
    /// verdict counts.
    pub(super) fn assess(&mut self, wishes: &[Wish], payer: Payer) -> Option<risk::Verdict> {
        // Somebody else's account learns nothing from an attempt that will be refused.
        let is_mine = |debit: &AccountId| self.owners.get(debit) == Some(&Some(payer.asker.user));
        let debits: BTreeSet<AccountId> = wishes
            .iter()
            .filter_map(|wish| wish.kind.accounts().map(|[debit, _]| debit))
            .filter(is_mine)
            .collect();
        let verdicts = debits.into_iter().filter_map(|debit| self.assess_one(wishes, debit, payer));
        verdicts.max_by_key(|verdict| (verdict.action, verdict.score_per_mille))
    }

    fn assess_one(
        &mut self,
        wishes: &[Wish],
        debit: AccountId,
        payer: Payer,
    ) -> Option<risk::Verdict> {
        let account = self.ledger.account(debit)?;
        let asset = Asset::iso(account.asset).or_else(|| Asset::new(account.asset, 0).ok())?;
        let now_us = payer.now.get();
        let payments: Vec<risk::Payment<'_>> =
            wishes.iter().filter_map(|wish| self.payment(debit, &wish.kind)).collect();
        let since = |at: Option<UtcMicros>| at.map(UtcMicros::get);
        let mut pairs = wishes.iter().filter_map(|wish| wish.kind.accounts());
        let leaves = pairs.any(|[from, to]| from == debit && self.leaves((from, to)));
        let attempt = risk::Attempt {
            asset,
            at_us: now_us,
            available_minor: account.headroom().map(saturate),
            payments: &payments,
            unseen_minor_max: leaves
                .then(|| minor_units(self.policies.approvals.above, account.asset)),
            context: risk::Context {
                bank_since_us: self.bank_since.get(),
                account_opened_at_us: since(self.opened_at.get(&debit).copied()),
                device_since_us: since(payer.asker.device_since),
                key_since_us: since(payer.asker.key_since),
                credentials_changed_at_us: since(payer.asker.credentials_since),
                address_is_new: payer.asker.sign_in.place == Place::New,
                failed_sign_ins: payer.asker.sign_in.failures,
                outside_hours: self.policies.hours.are_over(payer.now),
            },
        };
        let mut state = self.risk.get(&debit).copied().unwrap_or_default();
        let verdict = risk::assess(&state, &attempt, &self.policies.risk);
        let total = payments.iter().fold(0_i64, |sum, of| sum.saturating_add(of.amount_minor));
        state.attempted(total, payments.len(), now_us);
        self.risk.insert(debit, state);
        self.touched.insert(debit);
        Some(verdict)
    }

    /// One payment out of `debit`, as the risk engine sees it.
    fn payment(&self, debit: AccountId, kind: &TransferKind) -> Option<risk::Payment<'_>> {
        let ([from, credit], amount) = kind.accounts().zip(kind.amount())?;
        let opened_at_us = self.opened_at.get(&credit).map(|at| at.get());
        (from == debit).then(|| risk::Payment {
            amount_minor: amount.minor(),
            payee: self.party(credit),
            pair: self.payees.get(&(debit, credit)).map(|of| of.risk).unwrap_or_default(),
            payee_state: self.risk.get(&credit),
            payee_opened_at_us: opened_at_us,
            beneficiary_since_us: self.vouched_since((debit, credit)).map(UtcMicros::get),
        })
    }

    fn party(&self, account: AccountId) -> risk::Party {
        let opened_at = self.opened_at.get(&account).map_or(0, |at| at.get());
        risk::Party::of(account.get().into_bytes(), opened_at)
    }

    /// Lets the risk engine remember a payment that was really made, from one person to another.
    pub(super) fn remember_payment(&mut self, posting: &Posting, in_batch: bool, now: UtcMicros) {
        let pair = (posting.debit(), posting.credit());
        if !self.leaves(pair) {
            return;
        }
        let mut from = self.risk.get(&pair.0).copied().unwrap_or_default();
        let mut to = self.risk.get(&pair.1).copied().unwrap_or_default();
        let transfer = risk::Posted {
            payer: self.party(pair.0),
            payee: self.party(pair.1),
            amount_minor: posting.amount().minor(),
            at_us: now.get(),
            in_batch,
        };
        let known = self.payees.entry(pair).or_insert_with(|| PayeeUsage::known(now));
        risk::posted(&mut from, &mut to, &mut known.risk, &transfer);
        self.payees_touched.insert(pair);
        self.risk.extend([(pair.0, from), (pair.1, to)]);
        self.touched.extend([pair.0, pair.1]);
    }

    /// Why a person has to see the payment, if one has to, and for the sake of which asset. What stays with its owner leaves
    /// nobody.
    pub(super) fn cause(
        &self,
        wishes: &[Wish],
        asker: Asker,
        verdict: Option<&risk::Verdict>,
    ) -> Option<(Cause, AssetCode)> {
        let approvals = &self.policies.approvals;
        let sums = self.sums_leaving(wishes, asker);
        let above = |units: i64| {
            let mut above = sums.iter().filter(|(asset, sum)| **sum > minor_units(units, **asset));
            above.next().map(|(asset, _)| *asset)
        };
        if let Some(asset) = above(approvals.two_above) {
            Some((Cause::TwoAbove, asset))
        } else if let Some(asset) = above(approvals.above) {
            Some((Cause::Above, asset))
        } else if verdict.is_some_and(|verdict| verdict.action == risk::Action::Review) {
            Some((Cause::Risk, wishes.first()?.kind.amount()?.asset()))
        } else {
            None
        }
    }

    fn post_independent(&mut self, wishes: &[Wish], payer: Payer) -> Vec<Result<Posting, Kept>> {
        let mut seen = HashSet::with_capacity(wishes.len());
        let mut counted = HashSet::new();
        let mut outcomes = Vec::with_capacity(wishes.len());
        for wish in wishes {
            // A refused item has burned its id for those after it, as it has for later intents.
            let outcome = if seen.insert(wish.id) {
                self.admit(wish, payer.asker.user).and_then(|transfer| {
                    self.allow(wish, payer, &counted)?;
                    Ok(post(&mut self.ledger, &transfer, payer.now.get())?)
                })
            } else {
                Err(Rejection::DuplicateItem.into())
            };
            if outcome.is_ok() {
                self.charge(wish, payer, &mut counted);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    fn post_linked(&mut self, wishes: &[Wish], payer: Payer) -> Vec<Result<Posting, Kept>> {
        let mut before = Before::default();
        let mut counted = HashSet::new();
        let mut transfers = Vec::with_capacity(wishes.len());
        let mut failed = None;
        for (index, wish) in wishes.iter().enumerate() {
            let admitted = self.admit(wish, payer.asker.user).and_then(|transfer| {
                self.allow(wish, payer, &counted)?;
                Ok(transfer)
            });
            match admitted {
                Ok(transfer) => {
                    self.remember(wish, &mut before);
                    self.charge(wish, payer, &mut counted);
                    transfers.push(transfer);
                }
                Err(kept) => {
                    failed = Some((index, kept));
                    break;
                }
            }
        }
        let batch = match failed {
            Some(failed) => Err(failed),
            None => Batch::atomic(transfers).map_err(|rejection| (0, rejection.into())),
        };
        let outcomes: Vec<Result<Posting, Kept>> = match batch {
            Ok(batch) => post_batch(&mut self.ledger, &batch, payer.now.get())
                .into_items()
                .into_iter()
                .map(|item| item.map_err(Kept::from))
                .collect(),
            Err((failed, kept)) => {
                let mut kept = Some(kept);
                (0..wishes.len())
                    .map(|index| {
                        let own = if index == failed { kept.take() } else { None };
                        Err(own.unwrap_or_else(|| Rejection::LinkedFailed.into()))
                    })
                    .collect()
            }
        };
        if outcomes.iter().any(Result::is_err) {
            self.put_back(before);
        }
        outcomes
    }

    fn post_one(&mut self, wish: &Wish, now: UtcMicros) -> Result<Posting, Refusal> {
        if self.taken.contains(&wish.id) {
            return Err(Rejection::DuplicateItem.into());
        }
        let transfer = Transfer::new(wish.id, wish.kind)?;
        Ok(post(&mut self.ledger, &transfer, now.get())?)
    }

    /// What can be said of a wish before the ledger is asked.
    pub(super) fn admit(&self, wish: &Wish, owner: UserId) -> Result<Transfer, Kept> {
        if self.taken.contains(&wish.id) {
            return Err(Rejection::DuplicateItem.into());
        }
        let transfer = Transfer::new(wish.id, wish.kind)?;
        // Somebody else's account and no account at all are told apart only for one's own.
        let is_own = wish
            .kind
            .accounts()
            .is_some_and(|[debit, _]| self.owners.get(&debit).is_none_or(|of| *of == Some(owner)));
        if is_own { Ok(transfer) } else { Err(Refusal::NotAccountOwner.into()) }
    }

    /// Whether a wish counts against limits: what stays with its owner does not.
    pub(super) fn leaves(&self, pair: Pair) -> bool {
        let (debit, credit) = pair;
        self.owners.contains_key(&debit) && self.owners.get(&debit) != self.owners.get(&credit)
    }

    pub(super) fn limits(&self, payer: Payer, debit: AccountId) -> Limits {
        self.policies.limits(payer.asker.role, payer.asker.user, debit)
    }

    /// Whether a wish is within the payer's limits.
    pub(super) fn allow(
        &self,
        wish: &Wish,
        payer: Payer,
        counted: &HashSet<AccountId>,
    ) -> Result<(), Exceeded> {
        let Some(([debit, credit], amount)) = wish.kind.accounts().zip(wish.kind.amount()) else {
            return Ok(());
        };
        if !self.leaves((debit, credit)) {
            return Ok(());
        }
        limits::allow(
            &self.limits(payer, debit),
            &self.used(debit, payer.now),
            self.known_payee((debit, credit)).as_ref(),
            (amount.asset(), amount.minor()),
            counted.contains(&debit),
            payer.now,
        )
    }

    /// What an account has used of its limits as of now.
    pub(super) fn used(&self, debit: AccountId, now: UtcMicros) -> Usage {
        self.usage.get(&debit).copied().unwrap_or_default().at(now)
    }

    /// What is known of a payee, first by whichever came first: a payment, or the payer's own list.
    fn known_payee(&self, pair: Pair) -> Option<PayeeUsage> {
        let usage = self.payees.get(&pair).copied();
        match (usage, self.vouched_since(pair)) {
            (Some(usage), Some(since)) => {
                Some(PayeeUsage { known_since: usage.known_since.min(since), ..usage })
            }
            (None, Some(since)) => Some(PayeeUsage::known(since)),
            (usage, None) => usage,
        }
    }

    fn vouched_since(&self, (debit, credit): Pair) -> Option<UtcMicros> {
        let owner = self.owners.get(&debit).copied().flatten()?;
        self.vouched.get(&(owner, credit)).copied()
    }

    /// Counts a payment that was made or is held.
    pub(super) fn charge(&mut self, wish: &Wish, payer: Payer, counted: &mut HashSet<AccountId>) {
        let Some(([debit, credit], amount)) = wish.kind.accounts().zip(wish.kind.amount()) else {
            return;
        };
        if !self.leaves((debit, credit)) {
            return;
        }
        let usage = self.usage.entry(debit).or_default();
        *usage = usage.at(payer.now);
        if counted.insert(debit) {
            usage.count();
        }
        usage.add(amount.minor());
        self.touched.insert(debit);
        self.payees
            .entry((debit, credit))
            .or_insert_with(|| PayeeUsage::known(payer.now))
            .add(amount.minor(), payer.now);
        self.payees_touched.insert((debit, credit));
    }

    /// Counts a signature that pays nothing yet.
    pub(super) fn count(&mut self, wish: &Wish, payer: Payer) {
        let Some([debit, credit]) = wish.kind.accounts() else { return };
        if self.leaves((debit, credit)) {
            let mut usage = self.used(debit, payer.now);
            usage.count();
            self.usage.insert(debit, usage);
            self.touched.insert(debit);
        }
    }

    fn remember(&self, wish: &Wish, before: &mut Before) {
        let Some([debit, credit]) = wish.kind.accounts() else { return };
        let pair = (debit, credit);
        before.usage.push((debit, self.usage.get(&debit).copied()));
        before.payees.push((pair, self.payees.get(&pair).copied()));
    }

    fn put_back(&mut self, before: Before) {
        for (account, usage) in before.usage.into_iter().rev() {
            match usage {
                Some(usage) => self.usage.insert(account, usage),
                None => self.usage.remove(&account),
            };
        }
        for (pair, payee) in before.payees.into_iter().rev() {
            match payee {
                Some(payee) => self.payees.insert(pair, payee),
                None => self.payees.remove(&pair),
            };
        }
    }
}

fn saturate(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX })
}
