//! The pure middle of the corridor: decides intents that move money, in order, over accounts that are locked.
//!
//! The poster folds a group commit over the accounts that it touches; the offline verifier folds the whole log over the
//! whole book, starting from nothing. Both call [`Fold::decide`], so a verdict is a function of the log alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use intent::{
    BatchItem, Body, Effects, Intent, Kind, Outcome, RiskRecord, Role, TransferBody, UserId,
    UtcMicros, rows_digest,
};
use ledger::{
    AccountId, AccountRow, Batch, Ledger, Posting, Rejection, Transfer, TransferId, post,
    post_batch,
};
use money::{Amount, Asset, AssetCode};

use super::refusal::Refusal;
use crate::policy::{Permission, Permissions, RECOVERY_LIMIT_UNITS};

/// Accounts, and what the rules need to know about them.
pub(crate) struct Fold<'a> {
    /// The accounts, by the rules of the ledger.
    pub(crate) ledger: Ledger,
    /// Owner of each account; `None` is the bank.
    pub(crate) owners: HashMap<AccountId, Option<UserId>>,
    /// Until when a person may pay little only: they came back without any of their devices.
    pub(crate) limited_until: HashMap<UserId, UtcMicros>,
    /// Streaming state of the risk engine, per account.
    pub(crate) risk: HashMap<AccountId, risk::AccountState>,
    /// Accounts whose risk state this fold has moved: attempts count, not only successes.
    pub(crate) risk_touched: BTreeSet<AccountId>,
    /// Ids that earlier transfers used, refused ones included: a refusal burns its id.
    pub(crate) taken: HashSet<TransferId>,
    /// The bank's own account per asset, from which accounts are funded.
    pub(crate) equity: &'a BTreeMap<AssetCode, AccountId>,
    /// Thresholds and weights of the risk engine.
    pub(crate) risk_policy: &'a risk::Policy,
}

/// Who asks, under which role: as of the leaf, not as of today.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    /// What of it they may do: see [`policy::effective`](crate::policy::effective).
    pub(crate) permissions: Permissions,
}

impl Asker {
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

/// What became of one intent.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) refusal: Option<Refusal>,
    pub(crate) items: Vec<Item>,
    risk: Option<RiskRecord>,
    is_batch: bool,
}

/// What became of one transfer of an intent.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) id: TransferId,
    pub(crate) debit: AccountId,
    pub(crate) credit: AccountId,
    pub(crate) amount: Amount,
    pub(crate) outcome: Result<Posting, Refusal>,
    /// Whether the id was free: only then is there a row under it.
    pub(crate) id_was_free: bool,
}

/// Name of the decision's time among the effects: the erasable origin is not needed to replay a decision.
pub(crate) const DECIDED_AT: &str = "at";

/// Code of an outcome that is not a refusal.
pub(crate) const OK: &str = "ok";

/// The accounts that an intent names, and so must be locked before it is decided.
pub(crate) fn accounts_of(
    intent: &Intent,
    equity: &BTreeMap<AssetCode, AccountId>,
) -> Vec<AccountId> {
    wishes(intent, equity).iter().flat_map(|wish| [wish.debit, wish.credit]).collect()
}

/// The transfer ids that an intent names.
pub(crate) fn transfer_ids_of(
    intent: &Intent,
    equity: &BTreeMap<AssetCode, AccountId>,
) -> Vec<TransferId> {
    wishes(intent, equity).iter().map(|wish| wish.id).collect()
}

impl Fold<'_> {
    /// Decides one intent: refusals first, then what is left must succeed.
    pub(crate) fn decide(&mut self, intent: &Intent, asker: Asker, now: UtcMicros) -> Decision {
        let wishes = wishes(intent, self.equity);
        let is_batch = matches!(intent.body(), Body::TransferBatch { .. });
        if !asker.may_sign(intent.kind()) {
            return self.refuse_all(&wishes, Refusal::PermissionDenied, is_batch);
        }
        if wishes.is_empty() {
            return Decision {
                refusal: Some(Refusal::AssetUnknown),
                items: vec![],
                risk: None,
                is_batch,
            };
        }
        let bank_pays = matches!(intent.body(), Body::AccountFund { .. });
        let verdict = if bank_pays { None } else { self.assess(&wishes, asker, now) };
        if verdict.as_ref().is_some_and(|verdict| verdict.action == risk::Action::Block) {
            let mut decision = self.refuse_all(&wishes, Refusal::RiskBlocked, is_batch);
            decision.risk = verdict.as_ref().map(risk_record);
            return decision;
        }
        let owner = (!bank_pays).then_some(asker.user);
        if !bank_pays && self.exceeds_recovery_limit(&wishes, asker, now) {
            return self.refuse_all(&wishes, Refusal::RecoveryLimit, is_batch);
        }
        let linked = matches!(intent.body(), Body::TransferBatch { atomic: true, .. });
        let outcomes = if linked {
            self.post_linked(&wishes, owner, now)
        } else {
            let mut seen = HashSet::with_capacity(wishes.len());
            let post_one = |wish: &Wish| {
                // A refused item has burned its id for those after it, as it has for later intents.
                if seen.insert(wish.id) {
                    self.post_one(wish, owner, now)
                } else {
                    Err(Rejection::DuplicateItem.into())
                }
            };
            wishes.iter().map(post_one).collect()
        };
        let risk = verdict.as_ref().map(risk_record);
        self.conclude(wishes, outcomes, risk, is_batch)
    }

    /// Step 3: one attempt per signature, against the first account it debits, with the sum it would move from there.
    fn assess(&mut self, wishes: &[Wish], asker: Asker, now: UtcMicros) -> Option<risk::Verdict> {
        let payer = wishes.first()?.debit;
        // Somebody else's account learns nothing from an attempt that will be refused.
        if self.owners.get(&payer) != Some(&Some(asker.user)) {
            return None;
        }
        let account = self.ledger.account(payer)?;
        let asset = Asset::iso(account.asset).or_else(|| Asset::new(account.asset, 0).ok())?;
        let out: Vec<&Wish> = wishes.iter().filter(|wish| wish.debit == payer).collect();
        let payments: Vec<risk::Payment<'_>> = out
            .iter()
            .map(|wish| risk::Payment {
                amount_minor: wish.amount.minor(),
                payee: risk::Party::of(wish.credit.get().into_bytes(), 0),
                pair: risk::PairState::default(),
                payee_state: None,
                payee_opened_at_us: None,
                beneficiary_since_us: None,
            })
            .collect();
        let attempt = risk::Attempt {
            asset,
            at_us: now.get(),
            available_minor: account.headroom().map(saturate),
            payments: &payments,
            context: risk::Context::default(),
        };
        let amount_minor =
            out.iter().fold(0_i64, |sum, wish| sum.saturating_add(wish.amount.minor()));
        let state = self.risk.entry(payer).or_default();
        let verdict = risk::assess(state, &attempt, self.risk_policy);
        state.attempted(amount_minor, payments.len(), now.get());
        self.risk_touched.insert(payer);
        Some(verdict)
    }

    /// Whether one signature would move more than a person may in the first day after a recovery: the sum of a batch
    /// counts, so that a large payment is not many small ones.
    fn exceeds_recovery_limit(&self, wishes: &[Wish], asker: Asker, now: UtcMicros) -> bool {
        let is_limited = self.limited_until.get(&asker.user).is_some_and(|until| now < *until);
        if !is_limited {
            return false;
        }
        let mut sums: BTreeMap<AssetCode, i64> = BTreeMap::new();
        for wish in wishes {
            let sum = sums.entry(wish.amount.asset()).or_default();
            *sum = sum.saturating_add(wish.amount.minor());
        }
        sums.into_iter().any(|(asset, sum)| sum > recovery_limit_minor(asset))
    }

    /// Every account that has to be written: its counters and its risk state.
    pub(crate) fn changed_rows(&self) -> Vec<(AccountRow, Vec<u8>)> {
        let touched: BTreeSet<AccountId> = self
            .ledger
            .touched()
            .map(|account| account.id)
            .chain(self.risk_touched.iter().copied())
            .collect();
        touched
            .into_iter()
            .filter_map(|id| {
                let risk = self.risk.get(&id).map_or_else(Vec::new, risk::AccountState::to_bytes);
                self.ledger.account(id).map(|account| (account.to_row(), risk))
            })
            .collect()
    }

    fn post_one(
        &mut self,
        wish: &Wish,
        owner: Option<UserId>,
        now: UtcMicros,
    ) -> Result<Posting, Refusal> {
        let transfer = self.admit(wish, owner)?;
        Ok(post(&mut self.ledger, &transfer, now.get())?)
    }

    fn post_linked(
        &mut self,
        wishes: &[Wish],
        owner: Option<UserId>,
        now: UtcMicros,
    ) -> Vec<Result<Posting, Refusal>> {
        let admitted: Result<Vec<_>, (usize, Refusal)> = wishes
            .iter()
            .enumerate()
            .map(|(index, wish)| self.admit(wish, owner).map_err(|refusal| (index, refusal)))
            .collect();
        let batch = match admitted {
            Ok(transfers) => Batch::atomic(transfers).map_err(|rejection| (0, rejection.into())),
            Err(refused) => Err(refused),
        };
        match batch {
            Ok(batch) => post_batch(&mut self.ledger, &batch, now.get())
                .into_items()
                .into_iter()
                .map(|item| item.map_err(Refusal::from))
                .collect(),
            Err((failed, refusal)) => (0..wishes.len())
                .map(|index| {
                    Err(if index == failed { refusal } else { Rejection::LinkedFailed.into() })
                })
                .collect(),
        }
    }

    /// What can be said of a wish before the ledger is asked.
    fn admit(&self, wish: &Wish, owner: Option<UserId>) -> Result<Transfer, Refusal> {
        if self.taken.contains(&wish.id) {
            return Err(Rejection::DuplicateItem.into());
        }
        let transfer = Transfer::post(wish.id, wish.debit, wish.credit, wish.amount)?;
        // Somebody else's account and no account at all are told apart only for one's own.
        let is_own = self.owners.get(&wish.debit).is_none_or(|of| owner.is_none() || *of == owner);
        if is_own { Ok(transfer) } else { Err(Refusal::NotAccountOwner) }
    }

    fn conclude(
        &mut self,
        wishes: Vec<Wish>,
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
        let items = wishes
            .into_iter()
            .zip(outcomes)
            .map(|(wish, outcome)| Item {
                id_was_free: self.taken.insert(wish.id),
                id: wish.id,
                debit: wish.debit,
                credit: wish.credit,
                amount: wish.amount,
                outcome,
            })
            .collect();
        Decision { refusal, items, risk, is_batch }
    }

    fn refuse_all(&mut self, wishes: &[Wish], refusal: Refusal, is_batch: bool) -> Decision {
        let outcomes = wishes.iter().map(|_| Err(refusal)).collect();
        self.conclude(wishes.to_vec(), outcomes, None, is_batch)
    }
}

impl Decision {
    /// The effects group of the record.
    pub(crate) fn effects(&self, now: UtcMicros) -> Effects {
        let postings: Vec<&Posting> =
            self.items.iter().filter_map(|item| item.outcome.as_ref().ok()).collect();
        Effects {
            outcome: if self.refusal.is_some() { Outcome::Refused } else { Outcome::Accepted },
            code: self.refusal.map_or(OK, Refusal::code).to_owned(),
            items: if self.is_batch {
                self.items.iter().map(|item| item.code().to_owned()).collect()
            } else {
                Vec::new()
            },
            risk: self.risk.clone(),
            rows: rows_digest(&postings),
            result: BTreeMap::from([(DECIDED_AT.to_owned(), now.to_string())]),
        }
    }
}

impl Item {
    /// `ok`, or the code of the refusal.
    pub(crate) const fn code(&self) -> &'static str {
        match &self.outcome {
            Ok(_) => OK,
            Err(refusal) => refusal.code(),
        }
    }
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

fn risk_record(verdict: &risk::Verdict) -> RiskRecord {
    RiskRecord {
        score_permille: verdict.score_per_mille,
        level: verdict.level.name().to_owned(),
        action: verdict.action.name().to_owned(),
        policy: verdict.policy_version,
        reasons: verdict
            .reasons
            .iter()
            .map(|reason| format!("{}: {}", reason.code, reason.sentence))
            .collect(),
    }
}

/// [`RECOVERY_LIMIT_UNITS`] in the minor units of an asset; one that we know nothing of has no decimals.
fn recovery_limit_minor(asset: AssetCode) -> i64 {
    let scale = Asset::iso(asset).map_or(0, Asset::scale);
    RECOVERY_LIMIT_UNITS.saturating_mul(10_i64.saturating_pow(u32::from(scale)))
}

fn saturate(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX })
}

/// One transfer as the intent asks for it.
#[derive(Clone, Copy, Debug)]
struct Wish {
    id: TransferId,
    debit: AccountId,
    credit: AccountId,
    amount: Amount,
}

impl Wish {
    fn of_item(item: &BatchItem) -> Self {
        Self { id: item.id, debit: item.debit, credit: item.credit, amount: item.amount }
    }

    fn single(id: TransferId, body: &TransferBody) -> Self {
        Self { id, debit: body.debit, credit: body.credit, amount: body.amount }
    }
}

/// The transfers that an intent asks for; none if it funds in an asset that the bank does not keep.
fn wishes(intent: &Intent, equity: &BTreeMap<AssetCode, AccountId>) -> Vec<Wish> {
    let id = TransferId::new(intent.id().get());
    match intent.body() {
        Body::Transfer(transfer) => vec![Wish::single(id, transfer)],
        Body::TransferBatch { items, .. } => items.iter().map(Wish::of_item).collect(),
        Body::AccountFund { account, amount } => equity
            .get(&amount.asset())
            .map(|bank| Wish { id, debit: *bank, credit: *account, amount: *amount })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}
