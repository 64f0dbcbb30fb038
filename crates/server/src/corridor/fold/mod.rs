//! The pure middle of the corridor: decides intents that move money, in order, over accounts that are locked.
//!
//! The poster folds a group commit over the accounts that it touches; the offline verifier folds the whole log over the
//! whole book, starting from nothing. Both call [`Fold::decide`] and [`Fold::decide_fact`], so a verdict is a function of
//! the log alone.
//!
//! | file | holds |
//! |---|---|
//! | [`wish`] | what an intent asks for, and what must be locked and read before it is decided |
//! | [`pay`] | payments: risk, limits, approval, posting |
//! | [`recovery`] | the limit of the first day after a recovery |
//! | [`file`] | payment files: one account pays a message id once |
//! | [`follow`] | what follows an earlier transfer: captures, voids, reversals, decisions, expiries |
//! | [`order`] | standing orders |
//! | [`interest`] | interest and fees |
//! | [`exchange`] | exchanges of one asset for another |
//! | [`decision`] | what became of it, for the row and for the record |

mod decision;
mod exchange;
mod file;
mod follow;
mod interest;
mod order;
mod pay;
mod recovery;
mod wish;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use intent::{Body, Intent, IntentId, Kind, RiskRecord, Role, UserId, UtcMicros};
use ledger::{
    AccountId, AccountRow, Ledger, Posting, RecordState, Rejection, TransferId, TransferKind,
};
use money::{Amount, Asset, AssetCode};

use self::exchange::Exchange;
use self::wish::Wish;
use super::refusal::Refusal;
use crate::holds::{HOLDS, REVERSALS};
use crate::interest::Accrual;
use crate::limits::{PayeeUsage, Usage};
use crate::policies::Policies;
use crate::policy::{Permission, Permissions};
use crate::registers::{Row, Rows};
use crate::sessions::SignIn;

pub(crate) use self::decision::{DECIDED_AT, Decision, Item, LIMIT_LEFT, OK, RATE};
pub(crate) use self::exchange::bought_id;
pub(crate) use self::follow::Fact;
pub(crate) use self::interest::MonthOver;
pub(crate) use self::wish::{Needs, ending_id};

/// Accounts, and what the rules need to know about them.
pub(crate) struct Fold<'a> {
    /// The accounts, and the earlier transfers that are referred to, by the rules of the ledger.
    pub(crate) ledger: Ledger,
    /// Owner of each account; `None` is the bank.
    pub(crate) owners: HashMap<AccountId, Option<UserId>>,
    /// Streaming state of the risk engine, per account.
    pub(crate) risk: HashMap<AccountId, risk::AccountState>,
    /// When each account was opened.
    pub(crate) opened_at: HashMap<AccountId, UtcMicros>,
    /// When the bank was founded.
    pub(crate) bank_since: UtcMicros,
    /// What each account has used of its limits.
    pub(crate) usage: HashMap<AccountId, Usage>,
    /// Accounts whose risk state or usage this fold has moved: attempts count, not only successes.
    pub(crate) touched: BTreeSet<AccountId>,
    /// What payers have paid to payees.
    pub(crate) payees: HashMap<Pair, PayeeUsage>,
    /// Since when a person's own list vouches for a payee.
    pub(crate) vouched: HashMap<(UserId, AccountId), UtcMicros>,
    /// Those payees that this fold has moved.
    pub(crate) payees_touched: BTreeSet<Pair>,
    /// What is known of holds beside what the ledger knows.
    pub(crate) holds: HashMap<TransferId, HoldFacts>,
    /// Holds of payments that wait for a person, in the order of their items.
    pub(crate) held_for: HashMap<IntentId, Vec<TransferId>>,
    /// What accounts have earned or owe and nobody has posted.
    pub(crate) accruals: HashMap<AccountId, Accrual>,
    /// Those that this fold has moved.
    pub(crate) accruals_touched: BTreeSet<AccountId>,
    /// Rows of registers that decisions ask for.
    pub(crate) rows: Rows,
    /// Ids that earlier transfers used, refused ones included: a refusal burns its id.
    pub(crate) taken: HashSet<TransferId>,
    /// The bank's own account per asset, from which accounts are funded.
    pub(crate) equity: &'a BTreeMap<AssetCode, AccountId>,
    /// The assets that the bank keeps.
    pub(crate) assets: Arc<BTreeMap<AssetCode, Asset>>,
    /// What the bank allows.
    pub(crate) policies: Arc<Policies>,
}

/// Payer's and payee's account.
pub(crate) type Pair = (AccountId, AccountId);

/// Why a hold was placed, and by which intent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct HoldFacts {
    pub(crate) intent: IntentId,
    /// A payment waits for a person; otherwise the payee takes what is held for them.
    pub(crate) is_for_approval: bool,
    /// From when on it can no longer be captured.
    pub(crate) expires_at: UtcMicros,
}

/// Who asks, under which role: as of the leaf, not as of today.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    /// What of it they may do: see [`policy::effective`](crate::policy::effective).
    pub(crate) permissions: Permissions,
    /// When the device that they sign on was enrolled.
    pub(crate) device_since: Option<UtcMicros>,
    /// When the key that they sign with was certified.
    pub(crate) key_since: Option<UtcMicros>,
    /// When their password or second factor was last changed, or they came back without any of their devices.
    pub(crate) credentials_since: Option<UtcMicros>,
    /// What was unusual when the session was opened in which they sign.
    pub(crate) sign_in: SignIn,
}

impl Asker {
    /// Somebody who may do nothing.
    pub(crate) const fn unknown(user: UserId, role: Role) -> Self {
        let permissions = Permissions::NONE;
        Self {
            user,
            role,
            permissions,
            device_since: None,
            key_since: None,
            credentials_since: None,
            sign_in: SignIn::ORDINARY,
        }
    }

    /// Whether they may sign intents of this kind.
    pub(crate) const fn may_sign(self, kind: Kind) -> bool {
        self.permissions.holds(Permission::for_kind(kind))
    }

    /// Whether they may end a certificate or device of `owner`: anyone their own, a manager a customer's, the administrator
    /// anyone's. Others learn nothing of its existence.
    pub(crate) fn may_end(self, owner: UserId, role: Role) -> bool {
        owner == self.user
            || self.permissions.holds(Permission::CertificatesRevokeOthers)
                && match self.role {
                    Role::SystemAdmin => true,
                    Role::Manager => role == Role::Customer,
                    Role::Customer | Role::AuditorClerk => false,
                }
    }
}

/// Whether intents of this kind are decided by the fold.
pub(crate) const fn moves_money(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AccountFund
            | Kind::Transfer
            | Kind::TransferBatch
            | Kind::PaymentsFile
            | Kind::HoldPlace
            | Kind::HoldCapture
            | Kind::HoldVoid
            | Kind::TransferReverse
            | Kind::ApprovalDecide
            | Kind::StandingOrderPlace
            | Kind::StandingOrderEnd
            | Kind::TransferExchange
    )
}

impl<'a> Fold<'a> {
    /// A fold over these accounts that has decided nothing yet.
    pub(crate) fn new(
        ledger: Ledger,
        equity: &'a BTreeMap<AssetCode, AccountId>,
        bank_since: UtcMicros,
        policies: Arc<Policies>,
    ) -> Self {
        Self {
            ledger,
            owners: HashMap::new(),
            risk: HashMap::new(),
            opened_at: HashMap::new(),
            bank_since,
            usage: HashMap::new(),
            touched: BTreeSet::new(),
            payees: HashMap::new(),
            vouched: HashMap::new(),
            payees_touched: BTreeSet::new(),
            holds: HashMap::new(),
            held_for: HashMap::new(),
            accruals: HashMap::new(),
            accruals_touched: BTreeSet::new(),
            rows: Rows::default(),
            taken: HashSet::new(),
            equity,
            assets: Arc::default(),
            policies,
        }
    }

    /// Decides one intent: refusals first, then what is left must succeed.
    pub(crate) fn decide(&mut self, intent: &Intent, asker: Asker, now: UtcMicros) -> Decision {
        let wishes = wish::wishes(intent, self.equity);
        let lacks = wishes.iter().any(|wish| self.lacks(&wish.kind));
        let decision = self.decide_wishes(intent, wishes, asker, now);
        self.accrue(&decision.items, now);
        self.dated(Decision { lacks: lacks || decision.lacks, ..decision }, now)
    }

    /// Gives what a decision posts its value date.
    fn dated(&self, decision: Decision, now: UtcMicros) -> Decision {
        Decision { value_on: Some(self.policies.days.value_date(now)), ..decision }
    }

    /// Whether an account or an earlier transfer that a wish names is not there.
    fn lacks(&self, kind: &TransferKind) -> bool {
        match kind.accounts() {
            Some(accounts) => accounts.iter().any(|id| self.ledger.account(*id).is_none()),
            None => kind.refers_to().is_some_and(|id| self.ledger.record(id).is_none()),
        }
    }

    fn decide_wishes(
        &mut self,
        intent: &Intent,
        wishes: Vec<Wish>,
        asker: Asker,
        now: UtcMicros,
    ) -> Decision {
        let is_batch = wish::is_batch(intent);
        if !asker.may_sign(intent.kind()) {
            return self.refuse_all(&wishes, Refusal::PermissionDenied, is_batch);
        }
        match intent.body() {
            Body::ApprovalDecide { payment, decision, reason } => {
                self.decide_payment(*payment, *decision, reason, asker, now)
            }
            Body::HoldCapture { .. } | Body::HoldVoid { .. } | Body::TransferReverse { .. } => {
                self.follow(&wishes, asker, now)
            }
            Body::AccountFund { .. } => self.fund(&wishes, now),
            Body::StandingOrderPlace { transfer, terms } => {
                self.place_order(intent.id(), transfer, terms, asker, now)
            }
            Body::StandingOrderEnd { order } => self.end_order(*order, asker, now),
            Body::TransferExchange { debit, credit, sell, buy, rate } => {
                let exchange = Exchange {
                    debit: *debit,
                    credit: *credit,
                    sell: *sell,
                    buy: *buy,
                    rate: *rate,
                };
                self.exchange(&wishes, exchange, asker, now)
            }
            _ => self.pay(intent, wishes, asker, now),
        }
    }

    /// Every account that has to be written.
    pub(crate) fn changed_accounts(&self) -> Vec<ChangedAccount> {
        let touched: BTreeSet<AccountId> = self
            .ledger
            .touched()
            .map(|account| account.id)
            .chain(self.touched.iter().copied())
            .collect();
        touched
            .into_iter()
            .filter_map(|id| {
                let risk = self.risk.get(&id).map_or_else(Vec::new, risk::AccountState::to_bytes);
                let usage = self.usage.get(&id).copied().unwrap_or_default().to_bytes();
                let row = self.ledger.account(id)?.to_row();
                Some(ChangedAccount { row, risk, usage })
            })
            .collect()
    }

    /// Every payee that has to be written, in canonical order.
    pub(crate) fn changed_payees(&self) -> impl Iterator<Item = (Pair, PayeeUsage)> {
        self.payees_touched.iter().filter_map(|pair| Some((*pair, *self.payees.get(pair)?)))
    }

    /// Every hold and every reversed transfer that has to be written.
    pub(crate) fn changed_records(&self) -> Vec<Row> {
        let records = self.ledger.created_records().chain(self.ledger.updated_records());
        records.filter_map(|record| self.row_of(record)).collect()
    }

    /// What is stored of a transfer beside its row: the state of a hold, and how much was reversed.
    pub(crate) fn row_of(&self, record: &ledger::Record) -> Option<Row> {
        let row = match record.state() {
            RecordState::Posted { reversed_minor: 0 } | RecordState::Final => return None,
            RecordState::Posted { reversed_minor } => {
                Row::new(&REVERSALS).with("reversed", reversed_minor)
            }
            RecordState::Captured { captured_minor } => self.hold_row(record, captured_minor)?,
            RecordState::Held { .. } | RecordState::Voided | RecordState::Expired => {
                self.hold_row(record, 0)?
            }
        };
        let owner = |id| self.owners.get(&id).copied().flatten();
        let owners =
            [("debit_owner", owner(record.debit())), ("credit_owner", owner(record.credit()))];
        let row = row.with("transfer_id", record.id());
        Some(owners.into_iter().fold(row, |row, (column, owner)| match owner {
            Some(owner) => row.with(column, owner),
            None => row,
        }))
    }

    fn hold_row(&self, record: &ledger::Record, captured_minor: i64) -> Option<Row> {
        let facts = self.holds.get(&record.id())?;
        Some(
            Row::new(&HOLDS)
                .with("intent_id", facts.intent)
                .with("for_approval", facts.is_for_approval)
                .with("debit_account", record.debit())
                .with("credit_account", record.credit())
                .with("asset", record.amount().asset())
                .with("amount", record.amount().minor())
                .with("expires_at", facts.expires_at)
                .with("state", record.state().name())
                .with("captured", captured_minor),
        )
    }

    /// Payer and payee of a wish, where they are known.
    fn parties(&self, kind: &TransferKind) -> Option<[AccountId; 2]> {
        if let Some(accounts) = kind.accounts() {
            return Some(accounts);
        }
        let record = self.ledger.record(kind.refers_to()?)?;
        Some(match kind {
            TransferKind::Reverse { .. } => [record.credit(), record.debit()],
            _ => [record.debit(), record.credit()],
        })
    }

    /// The amount of a wish, where it is known: that of what it refers to, if it names none.
    fn amount(&self, kind: &TransferKind) -> Option<Amount> {
        kind.amount().or_else(|| Some(self.ledger.record(kind.refers_to()?)?.amount()))
    }

    fn conclude(
        &mut self,
        wishes: &[Wish],
        outcomes: Vec<Result<Posting, Refusal>>,
        risk: Option<RiskRecord>,
        is_batch: bool,
    ) -> Decision {
        let first_refused = outcomes.iter().find_map(|outcome| match outcome {
            Ok(_) | Err(Refusal::Ledger(Rejection::LinkedFailed)) => None,
            Err(refusal) => Some(*refusal),
        });
        // An independent batch is accepted as soon as one of its items is: each item has its own code.
        let refusal = if outcomes.iter().any(Result::is_ok) { None } else { first_refused };
        let mut items = Vec::with_capacity(wishes.len());
        for (wish, outcome) in wishes.iter().zip(outcomes) {
            // What refers to nothing that we know moves nothing between anybody: the record alone tells of it.
            let known = self.parties(&wish.kind).zip(self.amount(&wish.kind));
            let Some(([debit, credit], asked)) = known else { continue };
            items.push(Item {
                id_was_free: self.taken.insert(wish.id),
                id: wish.id,
                kind: wish.kind,
                debit,
                credit,
                amount: outcome.as_ref().map_or(asked, Posting::amount),
                outcome,
            });
        }
        Decision { refusal, items, risk, is_batch, ..Decision::default() }
    }

    fn refuse_all(&mut self, wishes: &[Wish], refusal: Refusal, is_batch: bool) -> Decision {
        let outcomes = wishes.iter().map(|_| Err(refusal)).collect();
        let decision = self.conclude(wishes, outcomes, None, is_batch);
        Decision { refusal: Some(refusal), ..decision }
    }
}

/// An account's row with what the fold keeps beside it.
pub(crate) struct ChangedAccount {
    pub(crate) row: AccountRow,
    pub(crate) risk: Vec<u8>,
    pub(crate) usage: Vec<u8>,
}

/// Risk states as they are stored; an account before its first attempt has none.
pub(crate) fn risk_states<'a>(
    stored: impl Iterator<Item = (AccountId, &'a [u8])>,
) -> Result<HashMap<AccountId, risk::AccountState>, risk::MalformedState> {
    stored
        .filter(|(_, bytes)| !bytes.is_empty())
        .map(|(id, bytes)| Ok((id, risk::AccountState::from_bytes(bytes)?)))
        .collect()
}
