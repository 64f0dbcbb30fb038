//! The replay: every decision made again, from nothing, and every row that it wrote.

mod state;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crypto::Sha2;
use intent::{Body, Effects, Event, EventKind, Intent, Kind, Outcome, UserId, UtcMicros};
use ledger::{AccountId, AccountNumber, Ledger, RecordState, TransferId};
use money::{Amount, AssetCode};
use time::OffsetDateTime;
use uuid::Uuid;

use super::days::Days;
use super::effects::{check_header, difference, effects_of, state_effects};
use super::events::{Events, Known};
use super::examine::Examined;
use super::founding::Founding;
use super::registry::{At, Demand, Registry, Standing, UserState};
use super::report::{Finding, Findings, Step};
use super::rows::{AccountRow, EntryRow, PayeeRow, TransferRow};
use crate::bank::house::House;
use crate::beneficiaries::{self, BENEFICIARIES};
use crate::corridor::fold::{Asker, Decision, Fact, Fold, Item, Needs, OK, moves_money};
use crate::credentials::changes::CREDENTIAL_CHANGES;
use crate::policies::Policies;
use crate::policies::rules::POLICIES;
use crate::registers::{self, Row, Rows};
use crate::sessions::SignIn;
use crate::sql::timestamp;
use crate::standing_orders::STANDING_ORDERS;
use crate::users::registrations::{REGISTRATIONS, redeem};
use crate::{policy, roles};

/// Transfers that the ledger may remember before it is told to forget those that are as their row says: these are
/// [recalled](Replay::recall) from it when a later intent refers to them, and memory stays bounded by the book.
const RECORDS_MAX: usize = 100_000;
/// A customer account never goes below zero.
const CUSTOMER_FLOOR: i64 = 0;

/// What is known of an account beside what the ledger knows.
struct AccountFacts {
    number: String,
    opened_at: UtcMicros,
    leaf: u64,
}

/// Free text that may be kept of a transfer.
pub(super) struct DetailsSlot {
    pub(super) transfer_id: Uuid,
    pub(super) commitment: Option<Sha2>,
    pub(super) debit_owner: Option<Uuid>,
    pub(super) credit_owner: Option<Uuid>,
}

/// Rows that the last leaves wrote, each with its leaf.
#[derive(Default)]
pub(super) struct Written {
    pub(super) transfers: Vec<(TransferRow, u64)>,
    pub(super) entries: Vec<(EntryRow, u64)>,
    pub(super) details: Vec<(DetailsSlot, u64)>,
}

/// The book as of a leaf.
pub(super) struct Replay<'a> {
    pub(super) fold: Fold<'a>,
    pub(super) registry: Registry,
    events: Events,
    days: Days,
    accounts: HashMap<AccountId, AccountFacts>,
    numbers: HashSet<String>,
    assets: BTreeSet<AssetCode>,
    /// Who is narrowed to which permissions by these.
    narrowed: roles::Narrowed,
    /// The last leaf of each of these rows, by its name.
    pub(super) register_leaves: HashMap<String, u64>,
}

impl<'a> Replay<'a> {
    /// The book right after leaf 0.
    pub(super) fn new(
        founding: &Founding,
        equity: &'a BTreeMap<AssetCode, AccountId>,
        mut registry: Registry,
    ) -> Self {
        let mut ledger = Ledger::new();
        let mut accounts = HashMap::new();
        let at = founding.at.unwrap_or(UtcMicros::from_micros(0));
        for (asset, (_, account)) in &founding.assets {
            for house in House::ALL {
                let account = house.account(*account);
                // A second account under the same id would be a second fact under the same name, which no object has.
                let _ = ledger.open_account(account, *asset, house.kind(), None);
                let number = AccountNumber::of(account).to_string();
                accounts.insert(account, AccountFacts { number, opened_at: at, leaf: 0 });
            }
        }
        for (user, (role, registration)) in &founding.staff {
            let state = UserState {
                role: *role,
                is_active: false,
                registration: Some(registration.clone()),
                leaf: 0,
            };
            registry.users.insert(*user, state);
        }
        registry.observe_crl(&founding.facts);
        let rows: Rows = founding.policies.iter().cloned().collect();
        let register_leaves = rows.iter().map(|row| (row.name(), 0)).collect();
        let mut fold = Fold::new(ledger, equity, at, Arc::new(Policies::in_force(&rows)));
        fold.owners = accounts.keys().map(|account| (*account, None)).collect();
        fold.opened_at = accounts.keys().map(|account| (*account, at)).collect();
        fold.rows = rows;
        fold.assets = Arc::new(founding.scales());
        Self {
            fold,
            registry,
            events: Events::default(),
            days: Days::of(founding.assets.keys().copied(), at),
            numbers: accounts.values().map(|facts| facts.number.clone()).collect(),
            accounts,
            assets: founding.assets.keys().copied().collect(),
            narrowed: roles::Narrowed::default(),
            register_leaves,
        }
    }

    /// Makes the decision of one leaf again.
    pub(super) fn apply(
        &mut self,
        found: &Examined,
        written: &mut Written,
        findings: &mut Findings,
    ) {
        let Some(stored) = &found.effects else { return };
        if found.intent.is_none() && found.event.is_none() {
            self.events.passed_over();
            return;
        }
        let Some(now) = found.decided_at() else {
            findings.push(
                Finding::tampered(Step::Replay, "the effects do not say when it was decided")
                    .at_leaf(found.index)
                    .in_row("records", found.index)
                    .in_column("effects"),
            );
            return;
        };
        let at = At { index: found.index, now };
        let mut noted = Vec::new();
        check_header(found, at, &mut noted);
        let expected = match (&found.intent, &found.event) {
            (Some(intent), _) => self.intent(at, found, intent, stored, written, &mut noted),
            (None, Some(event)) => {
                let Registry { users, certificates, .. } = &self.registry;
                self.events.check(Known { users, certificates }, at, event, &mut noted);
                if event.kind == EventKind::DayClosed {
                    self.days.check(at, event, &mut noted);
                }
                Some(self.event(at, event, written))
            }
            (None, None) => None,
        };
        findings.extend(noted);
        if let Some(expected) = expected
            && let Some(difference) = difference(&expected, stored)
        {
            findings.push(
                Finding::tampered(
                    Step::Replay,
                    format!("made again, the decision differs: {difference}"),
                )
                .at_leaf(at.index)
                .in_row("records", at.index)
                .in_column("effects"),
            );
        }
    }

    /// Forgets what no later leaf asks for.
    pub(super) fn settle(&mut self) {
        self.fold.touched.clear();
        self.fold.payees_touched.clear();
        self.fold.accruals_touched.clear();
        if self.fold.ledger.record_count() > RECORDS_MAX {
            let mut ledger = Ledger::from_accounts(self.fold.ledger.accounts().copied());
            let lasting = self.fold.ledger.records().filter(|record| lasts(record));
            lasting.for_each(|record| ledger.load_record(*record));
            self.fold.ledger = ledger;
        } else {
            self.fold.ledger.settle();
        }
    }

    fn intent(
        &mut self,
        at: At,
        found: &Examined,
        intent: &Intent,
        stored: &Effects,
        written: &mut Written,
        findings: &mut Vec<Finding>,
    ) -> Option<Effects> {
        let actor = found.actor.as_ref()?;
        if intent.kind() == Kind::UserEnrol {
            return Some(self.enrol(at, intent, stored, findings));
        }
        let standing = self.registry.signer(at, intent, actor, findings);
        let digest = crypto::sha3_256(intent.canonical());
        self.registry.chains.add(intent.certificate(), intent.seq(), intent.prev(), digest);
        // A signer whom the log does not know is reported; what the bank made of it is judged all the same.
        let standing = standing.unwrap_or_else(|| Standing {
            user: actor.user,
            role: actor.role,
            device: actor.device.get(),
            lineage: actor.lineage,
            generation: actor.generation,
            previous: None,
            status: super::registry::Status::Active,
            since: None,
            ended_at: None,
            leaf: at.index,
        });
        let sign_in = self.events.sign_in(actor, at, findings);
        let asker = self.asker(&standing, sign_in);
        if moves_money(intent.kind()) {
            Some(self.money(at, intent, asker, written))
        } else {
            Some(self.state(at, found, intent, (&standing, asker), stored, findings))
        }
    }

    /// Earlier transfers that a chunk of leaves refers to, and that are not remembered.
    pub(super) fn refers_to(&self, chunk: &[Examined]) -> Vec<Uuid> {
        let mut needs = Needs::default();
        for intent in chunk.iter().filter_map(|found| found.intent.as_ref()) {
            needs.of(intent, self.fold.equity);
        }
        let unknown =
            needs.refers_to.into_iter().filter(|id| self.fold.ledger.record(*id).is_none());
        unknown.map(TransferId::get).collect()
    }

    /// Remembers a transfer from its row, which was held against its own leaf when that was replayed. What became of it
    /// later is remembered always.
    pub(super) fn recall(&mut self, row: &TransferRow) {
        let id = TransferId::new(row.transfer_id);
        let state = match row.kind.as_str() {
            "post" | "capture" => RecordState::Posted { reversed_minor: 0 },
            "void" | "reverse" => RecordState::Final,
            _ => return,
        };
        let is_known = self.fold.ledger.record(id).is_some() || !self.fold.taken.contains(&id);
        let amount = row.asset.parse().ok().and_then(|asset| Amount::new(row.amount, asset).ok());
        let Some(amount) = amount.filter(|_| row.code == OK && !is_known) else { return };
        let [debit, credit] = [row.debit_account, row.credit_account].map(AccountId::new);
        if let Ok(record) = ledger::Record::from_stored(id, debit, credit, amount, state) {
            self.fold.ledger.load_record(record);
        }
    }

    /// Completes what the rows of holds, reversals and accruals must say, when the last leaf was replayed.
    pub(super) fn finish(&mut self) {
        let rows: Vec<Row> =
            self.fold.ledger.records().filter_map(|record| self.fold.row_of(record)).collect();
        let rows: Vec<Row> = rows.into_iter().chain(self.fold.accrual_rows()).collect();
        for row in rows {
            self.fold.rows.put(row);
        }
    }

    fn enrol(
        &mut self,
        at: At,
        intent: &Intent,
        stored: &Effects,
        findings: &mut Vec<Finding>,
    ) -> Effects {
        let request = intent.certificate();
        let digest = crypto::sha3_256(intent.canonical());
        let under = self.registration_of(intent).cloned();
        let redeemed = under.as_ref().map(|row| redeem(row, intent, at.now)).transpose();
        let mut demand = self.registry.enrol(at, intent, under.as_ref(), stored, findings);
        if let Demand::Accepted(result) = &mut demand {
            match redeemed {
                Ok(rows) => result.extend(self.put(at, rows.unwrap_or_default())),
                Err(refusal) => findings.push(
                    Finding::tampered(
                        Step::Replay,
                        format!("enrolled although it had to be refused: {}", refusal.code()),
                    )
                    .at_leaf(at.index)
                    .in_row("records", at.index)
                    .in_column("effects"),
                ),
            }
        }
        if let Demand::Accepted(result) = &demand
            && let Some(Ok(issued)) =
                result.get("certificate").map(|hex| crypto::Sha3::from_hex(hex))
        {
            self.registry.chains.add(request, intent.seq(), intent.prev(), digest);
            self.registry.chains.rename(&request, issued);
        }
        effects_of(demand, at, stored)
    }

    /// The registration that an intent made, and that an enrolment names.
    fn registration_of(&self, intent: &Intent) -> Option<&Row> {
        let Body::UserEnrol { registration, .. } = intent.body() else { return None };
        self.fold.rows.get(&REGISTRATIONS, &registration.to_string())
    }

    /// Keeps rows that a leaf wrote, and gives back what it must say of them.
    fn put(&mut self, at: At, rows: Vec<Row>) -> BTreeMap<String, String> {
        let result = registers::service::result_of(&rows);
        for row in rows {
            if row.register().table == BENEFICIARIES.table
                && let Some((pair, since)) = beneficiaries::vouched(&row)
            {
                match since {
                    Some(since) => self.fold.vouched.insert(pair, since),
                    None => self.fold.vouched.remove(&pair),
                };
            }
            let is_policy = row.register().table == POLICIES.table;
            self.register_leaves.insert(row.name(), at.index);
            self.fold.rows.put(row);
            if is_policy {
                self.fold.policies = Arc::new(Policies::in_force(&self.fold.rows));
            }
        }
        result
    }

    fn money(&mut self, at: At, intent: &Intent, asker: Asker, written: &mut Written) -> Effects {
        let decision = self.fold.decide(intent, asker, at.now);
        let rows = self.put(at, decision.rows.clone());
        debug_assert_eq!(rows.len(), decision.rows.len(), "each row has a name of its own");
        for (position, item) in decision.items.iter().enumerate() {
            if item.id_was_free {
                self.write(at, intent.id().get(), position, (&decision, item), written);
            }
        }
        let single = decision.items.len() == 1;
        for (position, item) in decision.items.iter().enumerate() {
            let commitment = match intent.body() {
                Body::PaymentsFile { items, .. } => items.get(position).and_then(|of| of.details),
                _ if !single => break,
                Body::Transfer(transfer) | Body::HoldPlace { transfer, .. } => transfer.details,
                Body::TransferBatch { items, .. } => items.first().and_then(|item| item.details),
                _ => None,
            };
            if item.outcome.is_ok() {
                written.details.push((self.slot(item, commitment), at.index));
            }
        }
        decision.effects(at.now)
    }

    fn slot(&self, item: &Item, commitment: Option<Sha2>) -> DetailsSlot {
        DetailsSlot {
            transfer_id: item.id.get(),
            commitment,
            debit_owner: self.owner(item.debit),
            credit_owner: self.owner(item.credit),
        }
    }

    fn write(
        &mut self,
        at: At,
        intent: Uuid,
        position: usize,
        (decision, item): (&Decision, &Item),
        written: &mut Written,
    ) {
        let transfer = TransferRow {
            transfer_id: item.id.get(),
            intent_id: intent,
            item: i32::try_from(position).unwrap_or(i32::MAX),
            kind: item.kind.name().to_owned(),
            debit_account: item.debit.get(),
            credit_account: item.credit.get(),
            debit_owner: self.owner(item.debit),
            credit_owner: self.owner(item.credit),
            amount: item.amount.minor(),
            asset: item.amount.asset().to_string(),
            code: item.code().to_owned(),
            refers_to: item.kind.refers_to().map(TransferId::get),
            value_on: decision.value_on(item),
            rate: decision.rate(item).map(str::to_owned),
            posted_at: timestamp(at.now),
        };
        written.transfers.push((transfer, at.index));
        let Ok(posting) = &item.outcome else { return };
        if let [entry, ..] = posting.entries() {
            self.days.posted(at, entry.amount());
        }
        written.entries.extend(posting.entries().iter().map(|entry| {
            let row = EntryRow {
                account_id: entry.account().get(),
                sequence: entry.sequence(),
                transfer_id: item.id.get(),
                owner: self.owner(entry.account()),
                side: entry.side().name().to_owned(),
                amount: entry.amount().minor(),
                balance_after: entry.balance_after(),
            };
            (row, at.index)
        }));
    }

    fn owner(&self, account: AccountId) -> Option<Uuid> {
        self.fold.owners.get(&account).copied().flatten().map(UserId::get)
    }

    fn credentials_since(&self, user: UserId) -> Option<UtcMicros> {
        let row = self.fold.rows.get(&CREDENTIAL_CHANGES, &user.to_string())?;
        row.get("changed_at")?.parse().ok()
    }

    /// A signer with what they might do as of this leaf, in a session of which this was unusual.
    fn asker(&self, signer: &Standing, sign_in: SignIn) -> Asker {
        let permissions = policy::effective(signer.role, self.narrowed.of(signer.user));
        Asker {
            user: signer.user,
            role: signer.role,
            permissions,
            device_since: self.registry.devices.get(&signer.device).map(|of| of.enrolled_at),
            key_since: signer.since,
            credentials_since: self.credentials_since(signer.user),
            sign_in,
        }
    }

    fn event(&mut self, at: At, event: &Event, written: &mut Written) -> Effects {
        if event.kind == EventKind::CrlIssued {
            self.registry.observe_crl(event.members());
        }
        if let Some(fact) = Fact::read(event) {
            let decision = self.fold.decide_fact(fact, at.now);
            if fact.bumps_epoch() {
                self.registry.epoch = self.registry.epoch.saturating_add(1);
            }
            self.put(at, decision.rows.clone());
            for (position, item) in
                decision.items.iter().enumerate().filter(|(_, it)| it.id_was_free)
            {
                self.write(at, event.id.get(), position, (&decision, item), written);
                if let Fact::OrderDue { order, .. } = fact {
                    let row = self.fold.rows.get(&STANDING_ORDERS, &order.to_string());
                    let commitment = row.and_then(|row| Sha2::from_hex(row.get("details")?).ok());
                    written.details.push((self.slot(item, commitment), at.index));
                }
            }
            return decision.effects(at.now);
        }
        if at.index == 0 && event.kind == EventKind::BankFounded {
            return Effects {
                outcome: Outcome::Accepted,
                code: OK.to_owned(),
                items: Vec::new(),
                risk: None,
                rows: intent::rows_digest(&[]),
                result: BTreeMap::new(),
            };
        }
        state_effects(Outcome::Accepted, OK, BTreeMap::new(), at.now)
    }

    /// What every payer has paid to every payee, as it must be stored now.
    pub(super) fn payee_rows(&self) -> impl Iterator<Item = ((Uuid, Uuid), PayeeRow, Option<u64>)> {
        self.fold.payees.iter().map(|((payer, payee), usage)| {
            let row = PayeeRow {
                account_id: payer.get(),
                payee_id: payee.get(),
                owner: self.owner(*payer),
                known_since: timestamp(usage.known_since),
                last_paid_at: usage.last_paid_at.map(timestamp),
                payments: usage.payments,
                total: usage.total,
                day_sum: usage.day_sum,
                risk: usage.risk.to_bytes(),
            };
            ((payer.get(), payee.get()), row, None)
        })
    }

    /// Every account of the book as it must be stored now, with the leaf that opened it.
    pub(super) fn account_rows(&self) -> impl Iterator<Item = (Uuid, AccountRow, Option<u64>)> {
        self.fold.ledger.accounts().map(|account| {
            let (row, facts) = (account.to_row(), self.accounts.get(&account.id));
            let risk = self.fold.risk.get(&account.id);
            let expected = AccountRow {
                account_id: row.id.get(),
                number: facts.map(|facts| facts.number.clone()).unwrap_or_default(),
                owner: self.owner(row.id),
                asset: row.asset.to_string(),
                kind: row.kind.name().to_owned(),
                floor: row.floor,
                freeze_debit: row.freeze.debit,
                freeze_credit: row.freeze.credit,
                closed: row.closed,
                debits_posted: row.debits_posted,
                credits_posted: row.credits_posted,
                debits_pending: row.debits_pending,
                credits_pending: row.credits_pending,
                entry_count: row.entry_count,
                risk: risk.map(risk::AccountState::to_bytes).unwrap_or_default(),
                usage: self.fold.usage.get(&row.id).copied().unwrap_or_default().to_bytes(),
                opened_at: facts
                    .map_or(OffsetDateTime::UNIX_EPOCH, |facts| timestamp(facts.opened_at)),
            };
            (row.id.get(), expected, facts.map(|facts| facts.leaf))
        })
    }
}

/// Whether a transfer has become something that its own row does not say.
const fn lasts(record: &ledger::Record) -> bool {
    !matches!(record.state(), RecordState::Posted { reversed_minor: 0 } | RecordState::Final)
}
