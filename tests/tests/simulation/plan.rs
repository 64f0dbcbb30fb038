//! What is asked of the bank in one seed.

use std::collections::VecDeque;

use client::Wish;
use e2e::{Forger, eur};
use intent::{BatchItem, Body, IntentId, SignedIntent, TransferBody, UtcMicros};
use ledger::{AccountId, Freeze, TransferId, TransferKind};
use money::AssetCode;
use uuid::{Builder, Uuid};

use crate::chance::Chance;
use crate::world::People;

/// How long a short hold lasts, and one that does not end in a seed, in microseconds.
const SHORT_US: i64 = 2_000_000;
const LONG_US: i64 = 86_400_000_000;
/// Accounts that are opened; what opens them is asked first. One more is nobody's.
pub(crate) const OPENED: usize = 3;
/// Asked at most, without the accounts.
const ASKED_MAX: usize = 28;
/// Enqueued at once at most.
const BUNCH_MAX: usize = 6;

/// Something that is asked of the bank.
pub(crate) struct Asked {
    pub(crate) what: What,
    pub(crate) id: IntentId,
    /// `None` for what the bank records by itself.
    pub(crate) signed: Option<SignedIntent>,
}

impl Asked {
    fn gives_back(&self, what: TransferId) -> bool {
        matches!(self.what, What::Expired { hold, .. } if hold == what)
    }
}

/// What it is, as the auditor sees it.
#[derive(Debug)]
pub(crate) enum What {
    Open { account: AccountId, owner: usize },
    Fund { to: AccountId, minor: i64 },
    Transfer { by: usize, debit: AccountId, kind: TransferKind },
    Follow { by: usize, earlier: TransferId, kind: TransferKind },
    Batch { by: usize, atomic: bool, items: Vec<BatchItem> },
    Freeze { account: AccountId, freeze: Freeze },
    Expired { hold: TransferId, at: UtcMicros },
}

impl What {
    /// Which customer signs it; of the rest the manager signs what is signed.
    pub(crate) const fn by(&self) -> Option<usize> {
        match self {
            Self::Open { owner: by, .. }
            | Self::Transfer { by, .. }
            | Self::Follow { by, .. }
            | Self::Batch { by, .. } => Some(*by),
            Self::Fund { .. } | Self::Freeze { .. } | Self::Expired { .. } => None,
        }
    }
}

/// What is asked, and in which company: by number.
pub(crate) struct Plan {
    pub(crate) asked: Vec<Asked>,
    pub(crate) accounts: [AccountId; OPENED + 1],
    pub(crate) bunches: VecDeque<Vec<usize>>,
}

struct Planner<'a> {
    people: &'a People,
    chance: &'a mut Chance,
    now: UtcMicros,
    accounts: [AccountId; OPENED + 1],
    asked: Vec<Asked>,
    /// Payments, captures and items that may be given back; holds, with when they end.
    paid: Vec<TransferId>,
    paid_singly: Vec<IntentId>,
    held: Vec<(TransferId, UtcMicros)>,
}

impl Plan {
    /// Ids are of `now`, and differ between two plays of one seed in nothing else: their order is the same.
    pub(crate) fn make(people: &People, chance: &mut Chance, now: UtcMicros) -> Self {
        let accounts = std::array::from_fn(|_| AccountId::new(fresh_id(chance, now)));
        let mut planner = Planner {
            people,
            chance,
            now,
            accounts,
            asked: Vec::new(),
            paid: Vec::new(),
            paid_singly: Vec::new(),
            held: Vec::new(),
        };
        for (place, account) in accounts.into_iter().take(OPENED).enumerate() {
            let owner = usize::from(place == 2);
            let user = people.customers[owner].identity().user().id;
            let body = Wish::open_account(account, user, AssetCode::EUR).body;
            planner.sign(What::Open { account, owner }, body);
        }
        for _ in 0..=planner.chance.below(ASKED_MAX) {
            planner.ask();
        }
        let Planner { asked, .. } = planner;
        let mut bunches = VecDeque::new();
        let mut rest: VecDeque<usize> = (OPENED..asked.len()).collect();
        while !rest.is_empty() {
            let size = rest.len().min(1 + chance.below(BUNCH_MAX));
            let mut bunch: Vec<usize> = rest.drain(..size).collect();
            // Somebody is impatient, or asks two instances.
            if chance.once_in(3) {
                bunch.push(OPENED + chance.below(bunch[bunch.len() - 1] + 1 - OPENED));
            }
            bunches.push_back(bunch);
        }
        Self { asked, accounts, bunches }
    }
}

impl Planner<'_> {
    fn sign(&mut self, what: What, body: Body) -> IntentId {
        let id = IntentId::new(fresh_id(self.chance, self.now)).unwrap();
        self.sign_as(id, what, body);
        id
    }

    /// By a customer, or by the manager.
    fn sign_as(&mut self, id: IntentId, what: What, body: Body) {
        let session = what.by().map_or(&self.people.manager, |by| &*self.people.customers[by]);
        let forger = Forger::of(session);
        let signed = forger.sign(intent::IntentDraft { id, at: self.now, ..forger.draft(body) });
        self.asked.push(Asked { what, id, signed: Some(signed) });
    }

    fn ask(&mut self) {
        let (debit, credit) =
            (*self.chance.one_of(&self.accounts), *self.chance.one_of(&self.accounts));
        // Mostly whoever owns it.
        let owner = usize::from(debit == self.accounts[2]);
        let by = if self.chance.once_in(8) { 1 - owner } else { owner };
        let amount = eur(self.chance.minor());
        match self.chance.below(20) {
            0..=3 => {
                let (to, minor) = (credit, 1 + self.chance.minor() * 3);
                self.sign(What::Fund { to, minor }, Wish::fund(to, eur(minor)).body);
            }
            4..=8 => {
                let fresh = IntentId::new(fresh_id(self.chance, self.now)).unwrap();
                // Sometimes under an id that stands for another payment.
                let earlier = self.paid_singly.last().filter(|_| self.chance.once_in(12));
                let id = earlier.copied().unwrap_or(fresh);
                let kind = TransferKind::Post { debit, credit, amount };
                let body = Body::Transfer(TransferBody { debit, credit, amount, details: None });
                self.sign_as(id, What::Transfer { by, debit, kind }, body);
                self.paid.push(TransferId::new(id.get()));
                self.paid_singly.push(id);
            }
            9..=11 => self.batch(by),
            12..=14 => {
                let lasts = if self.chance.once_in(2) { SHORT_US } else { LONG_US };
                let expires_at = UtcMicros::from_micros(self.now.get() + lasts);
                let expires_at_us = expires_at.get();
                let kind = TransferKind::Hold { debit, credit, amount, expires_at_us };
                let transfer = TransferBody { debit, credit, amount, details: None };
                let body = Body::HoldPlace { transfer, expires_at };
                let id = self.sign(What::Transfer { by, debit, kind }, body);
                self.held.push((TransferId::new(id.get()), expires_at));
            }
            15 | 16 if !self.held.is_empty() => {
                let (hold, _) = *self.chance.one_of(&self.held);
                let by = self.chance.below(2);
                let part = self.part();
                let kind = TransferKind::Capture { hold, amount: part };
                let what = What::Follow { by, earlier: hold, kind };
                let id = self.sign(what, Wish::capture(hold, part).body);
                self.paid.push(TransferId::new(id.get()));
            }
            17 if !self.held.is_empty() => {
                let (hold, at) = *self.chance.one_of(&self.held);
                if self.chance.once_in(2) {
                    let by = self.chance.below(2);
                    let what =
                        What::Follow { by, earlier: hold, kind: TransferKind::Void { hold } };
                    self.sign(what, Wish::void(hold).body);
                } else if !self.asked.iter().any(|asked| asked.gives_back(hold)) {
                    // Whose id is the bank's to say; here it only has to be nobody else's.
                    let id = IntentId::new(fresh_id(self.chance, self.now)).unwrap();
                    self.asked.push(Asked { what: What::Expired { hold, at }, id, signed: None });
                }
            }
            18 if !self.paid.is_empty() => {
                let transfer = *self.chance.one_of(&self.paid);
                let (by, part) = (self.chance.below(2), self.part());
                let kind = TransferKind::Reverse { transfer, amount: part };
                let body = Wish::reverse(transfer, part, "test".to_owned()).body;
                self.sign(What::Follow { by, earlier: transfer, kind }, body);
            }
            _ => {
                let account = self.accounts[self.chance.below(OPENED)];
                let freeze =
                    Freeze { debit: self.chance.once_in(3), credit: self.chance.once_in(3) };
                let body = Wish::freeze(account, freeze, "test".to_owned()).body;
                self.sign(What::Freeze { account, freeze }, body);
            }
        }
    }

    fn batch(&mut self, by: usize) {
        let mut items: Vec<BatchItem> = Vec::new();
        for _ in 0..=self.chance.below(4) {
            let earlier = items.last().map(|item| item.id).or_else(|| self.paid.last().copied());
            let fresh = TransferId::new(fresh_id(self.chance, self.now));
            let id = earlier.filter(|_| self.chance.once_in(8)).unwrap_or(fresh);
            let debit = self.accounts[if by == 1 { 2 } else { self.chance.below(OPENED) }];
            let credit = *self.chance.one_of(&self.accounts);
            items.push(BatchItem {
                id,
                debit,
                credit,
                amount: eur(self.chance.minor()),
                details: None,
            });
        }
        self.paid.extend(items.iter().map(|item| item.id));
        let atomic = self.chance.once_in(2);
        let body = Body::TransferBatch { atomic, items: items.clone() };
        self.sign(What::Batch { by, atomic, items }, body);
    }

    fn part(&mut self) -> Option<money::Amount> {
        self.chance.once_in(2).then(|| eur(self.chance.minor()))
    }
}

fn fresh_id(chance: &mut Chance, now: UtcMicros) -> Uuid {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&chance.next().to_be_bytes());
    let millis = u64::try_from(now.get() / 1_000).unwrap();
    Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}
