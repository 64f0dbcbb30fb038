//! What is asked of the bank in one seed.

use std::collections::VecDeque;

use client::Wish;
use e2e::{Forger, ORIGIN, Ordered, eur};
use intent::{
    ApprovalDecision, BatchItem, Body, BusinessDay, IntentId, OrderTerms, Rhythm, ShortOfFunds,
    SignedIntent, TransferBody, UtcMicros,
};
use ledger::{AccountId, Freeze, TransferId, TransferKind};
use money::AssetCode;
use uuid::{Builder, Uuid};

use crate::auditor::THRESHOLDS;
use crate::chance::Chance;
use crate::world::{CUSTOMERS, MANAGER, People, SIGNERS};

/// How long a short hold lasts, and one that does not end in a seed, in microseconds.
const SHORT_US: i64 = 2_000_000;
const LONG_US: i64 = 86_400_000_000;
const DAY_US: i64 = 86_400_000_000;
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
    /// Of the signer's device, where one is asked for.
    pub(crate) device_proof: Vec<u8>,
}

impl Asked {
    fn gives_back(&self, what: TransferId) -> bool {
        matches!(self.what, What::Expired { hold, .. } | What::Overdue { hold, .. } if hold == what)
    }
}

/// What it is, as the auditor sees it.
#[derive(Debug)]
pub(crate) enum What {
    Open {
        account: AccountId,
        owner: usize,
    },
    Fund {
        to: AccountId,
        minor: i64,
    },
    Transfer {
        by: usize,
        debit: AccountId,
        kind: TransferKind,
    },
    Follow {
        by: usize,
        earlier: TransferId,
        kind: TransferKind,
    },
    Batch {
        by: usize,
        atomic: bool,
        items: Vec<BatchItem>,
    },
    Freeze {
        account: AccountId,
        freeze: Freeze,
    },
    Decide {
        by: usize,
        payment: IntentId,
        decision: ApprovalDecision,
    },
    Login {
        by: usize,
        challenge: Option<usize>,
        is_proven: bool,
    },
    Expired {
        hold: TransferId,
        at: UtcMicros,
    },
    /// As `Expired`, of a hold of the payment of that number: when it began to wait decides when that is over.
    Overdue {
        hold: TransferId,
        payment: usize,
    },
    Order {
        by: usize,
        ordered: Ordered,
    },
    EndOrder {
        by: usize,
        order: IntentId,
    },
    /// The day of that number, at that attempt.
    Due {
        order: IntentId,
        day: (u32, u32),
        at: UtcMicros,
    },
}

impl What {
    /// Who signs it, if anybody does.
    pub(crate) const fn by(&self) -> Option<usize> {
        match self {
            Self::Open { owner: by, .. }
            | Self::Transfer { by, .. }
            | Self::Follow { by, .. }
            | Self::Batch { by, .. }
            | Self::Decide { by, .. }
            | Self::Order { by, .. }
            | Self::EndOrder { by, .. }
            | Self::Login { by, .. } => Some(*by),
            Self::Fund { .. } | Self::Freeze { .. } => Some(MANAGER),
            Self::Expired { .. } | Self::Overdue { .. } | Self::Due { .. } => None,
        }
    }

    /// Whether it is a fact: where it is not true nothing is recorded.
    pub(crate) const fn is_fact(&self) -> bool {
        self.by().is_none()
    }
}

/// What is asked, and in which company: by number.
pub(crate) struct Plan {
    pub(crate) asked: Vec<Asked>,
    pub(crate) accounts: [AccountId; OPENED + 1],
    pub(crate) bunches: VecDeque<Vec<usize>>,
    /// When so many bunches are left, the time of every payment that waits is over, if it ever is.
    pub(crate) late_before: Option<usize>,
}

/// What is to be answered by whoever signs in.
pub(crate) struct Challenge {
    pub(crate) owner: usize,
    pub(crate) nonce: [u8; 32],
}

struct Planner<'a> {
    people: &'a People,
    challenges: &'a [Challenge],
    chance: &'a mut Chance,
    now: UtcMicros,
    accounts: [AccountId; OPENED + 1],
    asked: Vec<Asked>,
    /// Payments, captures and items that may be given back; holds, with when they end.
    paid: Vec<TransferId>,
    paid_singly: Vec<IntentId>,
    /// What the bank makes by itself, if it does: captures of payments that are approved, and what orders pay.
    derived: Vec<TransferId>,
    held: Vec<(TransferId, UtcMicros)>,
    /// What may have to wait for a person: by number, with the transfers in it.
    payments: Vec<(usize, Vec<TransferId>)>,
    /// Standing orders, if they are placed.
    orders: Vec<(IntentId, Ordered)>,
}

impl Plan {
    /// Ids are of `now`, and differ between two plays of one seed in nothing else: their order is the same.
    pub(crate) fn make(
        people: &People,
        challenges: &[Challenge],
        chance: &mut Chance,
        now: UtcMicros,
    ) -> Self {
        let accounts = std::array::from_fn(|_| AccountId::new(fresh_id(chance, now)));
        let mut planner = Planner {
            people,
            challenges,
            chance,
            now,
            accounts,
            asked: Vec::new(),
            paid: Vec::new(),
            paid_singly: Vec::new(),
            derived: Vec::new(),
            held: Vec::new(),
            payments: Vec::new(),
            orders: Vec::new(),
        };
        for (place, account) in accounts.into_iter().take(OPENED).enumerate() {
            let owner = usize::from(place == 2);
            let user = people.customers[owner].identity().user().id;
            let body = Wish::open_account(account, user, AssetCode::EUR).body;
            planner.sign(What::Open { account, owner }, body);
        }
        for account in accounts.into_iter().take(OPENED) {
            // So that money mostly is there, and is spent sooner or later.
            let minor = i64::try_from(planner.chance.below(9_000)).unwrap();
            planner.fund(account, minor + 1);
        }
        for _ in 0..=planner.chance.below(ASKED_MAX) {
            planner.ask();
        }
        let is_late = planner.chance.once_in(3);
        if is_late && !planner.payments.is_empty() {
            for _ in 0..=planner.chance.below(2) {
                let place = planner.chance.below(planner.payments.len());
                if planner.chance.once_in(2) {
                    planner.be_overdue(place);
                }
                planner.decide(place);
            }
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
        // Late, so that something waits by then.
        let late_before = is_late.then(|| chance.below(bunches.len().min(3) + 1));
        Self { asked, accounts, bunches, late_before }
    }
}

impl Planner<'_> {
    fn sign(&mut self, what: What, body: Body) -> IntentId {
        let id = IntentId::new(fresh_id(self.chance, self.now)).unwrap();
        self.sign_as(id, what, body);
        id
    }

    fn sign_as(&mut self, id: IntentId, what: What, body: Body) {
        let session = self.people.signer(what.by().expect("somebody signs it"));
        let forger = Forger::of(session);
        let signed = forger.sign(intent::IntentDraft { id, at: self.now, ..forger.draft(body) });
        let device_proof = match what {
            What::Login { is_proven, .. } => {
                let mut proof = session.identity().device().proof(&signed.intent).to_vec();
                proof[0] ^= u8::from(!is_proven);
                proof
            }
            _ => Vec::new(),
        };
        self.asked.push(Asked { what, id, signed: Some(signed), device_proof });
    }

    /// Nobody signs it. Its id is the bank's to say; here it only has to be nobody else's.
    fn note(&mut self, what: What) {
        let id = IntentId::new(fresh_id(self.chance, self.now)).unwrap();
        self.asked.push(Asked { what, id, signed: None, device_proof: Vec::new() });
    }

    fn ask(&mut self) {
        let (debit, credit) = self.accounts();
        // Mostly whoever owns it.
        let owner = self.owner(debit);
        let by = if self.chance.once_in(8) { 1 - owner } else { owner };
        let amount = eur(self.chance.minor());
        match self.chance.below(30) {
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
                self.note_payment(
                    by,
                    &[(debit, credit, amount.minor(), TransferId::new(id.get()))],
                );
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
                let (hold, by) = (self.some_hold(), self.chance.below(2));
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
                    self.note(What::Expired { hold, at });
                }
            }
            18 if !self.paid.is_empty() => {
                let is_derived = !self.derived.is_empty() && self.chance.once_in(3);
                let paid = if is_derived { &self.derived } else { &self.paid };
                let transfer = *self.chance.one_of(paid);
                let (by, part) = (self.chance.below(2), self.part());
                let kind = TransferKind::Reverse { transfer, amount: part };
                let body = Wish::reverse(transfer, part, "test".to_owned()).body;
                self.sign(What::Follow { by, earlier: transfer, kind }, body);
            }
            19..=21 if !self.payments.is_empty() => {
                let place = self.some_payment();
                self.decide(place);
            }
            22 | 23 => self.log_in(),
            24 if !self.payments.is_empty() => {
                let place = self.some_payment();
                self.be_overdue(place);
            }
            25 => {
                let account = self.accounts[self.chance.below(OPENED)];
                let freeze =
                    Freeze { debit: self.chance.once_in(3), credit: self.chance.once_in(3) };
                let body = Wish::freeze(account, freeze, "test".to_owned()).body;
                self.sign(What::Freeze { account, freeze }, body);
            }
            26 | 27 => self.order(by, debit, credit),
            28 | 29 if !self.orders.is_empty() => {
                let place = self.chance.below(self.orders.len());
                if self.chance.once_in(3) { self.end_order(place) } else { self.be_due(place) }
            }
            _ => {
                let minor = 1 + self.chance.minor() * 3;
                self.fund(credit, minor);
            }
        }
    }

    fn fund(&mut self, to: AccountId, minor: i64) {
        self.sign(What::Fund { to, minor }, Wish::fund(to, eur(minor)).body);
    }

    /// Mostly due at once, and mostly said to be. Moved by a day off it would be due when the seed is over.
    fn order(&mut self, by: usize, debit: AccountId, credit: AccountId) {
        let today_us = self.now.get().div_euclid(DAY_US) * DAY_US;
        let first_us = match self.chance.below(8) {
            0 => today_us - DAY_US,
            1 => today_us + DAY_US,
            _ => today_us,
        };
        let [is_once, retries] = [(); 2].map(|()| self.chance.once_in(2));
        let amount = eur(self.chance.minor());
        let first = UtcMicros::from_micros(first_us).to_string();
        let terms = OrderTerms {
            first: OrderTerms::day(&first[..10]).unwrap(),
            rhythm: if is_once { Rhythm::Once } else { Rhythm::Weekly },
            business_day: BusinessDay::Unadjusted,
            last: None,
            count: None,
            short_of_funds: if retries { ShortOfFunds::Retry } else { ShortOfFunds::Skip },
        };
        let transfer = TransferBody { debit, credit, amount, details: None };
        let ordered = Ordered { debit, credit, amount, first_us, is_once, retries };
        let body = Body::StandingOrderPlace { transfer, terms };
        let order = self.sign(What::Order { by, ordered }, body);
        self.orders.push((order, ordered));
        self.derived.push(e2e::run_of(order, 0, 0));
        if !self.chance.once_in(4) {
            self.be_due(self.orders.len() - 1);
        }
    }

    fn end_order(&mut self, place: usize) {
        let (order, _) = self.orders[place];
        let by = self.chance.below(2);
        self.sign(What::EndOrder { by, order }, Wish::end_standing_order(order).body);
    }

    /// Its first day is said to have come; sometimes the next attempt, or the next day, which do not come in a seed.
    fn be_due(&mut self, place: usize) {
        let (order, Ordered { first_us, .. }) = self.orders[place];
        let day = match self.chance.below(8) {
            0 => (0, 1),
            1 => (1, 0),
            _ => (0, 0),
        };
        let is_said = |asked: &Asked| matches!(asked.what, What::Due { order: of, day: as_of, .. } if (of, as_of) == (order, day));
        if !self.asked.iter().any(is_said) {
            let at = UtcMicros::from_micros(first_us + 7 * DAY_US * i64::from(day.0));
            self.note(What::Due { order, day, at });
        }
    }

    /// Two accounts: mostly such as there are, and not the same.
    fn accounts(&mut self) -> (AccountId, AccountId) {
        let rare = |chance: &mut Chance| chance.once_in(12);
        let debit = if rare(self.chance) { OPENED } else { self.chance.below(OPENED) };
        let credit = if rare(self.chance) {
            self.chance.below(OPENED + 1)
        } else {
            (debit + 1 + self.chance.below(OPENED - 1)) % OPENED
        };
        (self.accounts[debit], self.accounts[credit])
    }

    fn owner(&self, account: AccountId) -> usize {
        usize::from(account == self.accounts[2])
    }

    /// Remembers what may have to wait for a person.
    fn note_payment(&mut self, by: usize, items: &[(AccountId, AccountId, i64, TransferId)]) {
        let leaves = |(debit, credit, ..): &&(AccountId, AccountId, i64, TransferId)| {
            self.owner(*debit) == by && self.owner(*credit) != by
        };
        let sum: i64 = items.iter().filter(leaves).map(|(_, _, minor, _)| minor).sum();
        if sum > THRESHOLDS.above || self.chance.once_in(8) {
            let ids = items.iter().map(|(.., id)| *id).collect();
            self.payments.push((self.asked.len() - 1, ids));
            if self.chance.once_in(2) {
                self.decide(self.payments.len() - 1);
            }
        }
    }

    /// Mostly the latest.
    fn some_payment(&mut self) -> usize {
        let latest = self.payments.len() - 1;
        if self.chance.once_in(3) { self.chance.below(latest + 1) } else { latest }
    }

    /// The time of one of its holds is said to be over.
    fn be_overdue(&mut self, place: usize) {
        let (payment, holds) = &self.payments[place];
        let (payment, hold) = (*payment, *self.chance.one_of(holds));
        if !self.asked.iter().any(|asked| asked.gives_back(hold)) {
            self.note(What::Overdue { hold, payment });
        }
    }

    /// What follows a hold: sometimes one that waits for a person, which is not for its payee to end.
    fn some_hold(&mut self) -> TransferId {
        if !self.payments.is_empty() && self.chance.once_in(3) {
            let (_, holds) = self.chance.one_of(&self.payments);
            return *self.chance.one_of(holds);
        }
        self.chance.one_of(&self.held).0
    }

    /// Some decisions about one payment.
    fn decide(&mut self, place: usize) {
        for _ in 0..=self.chance.below(3) {
            self.decide_once(place);
        }
        let holds = self.payments[place].1.iter();
        self.derived.extend(holds.map(|hold| e2e::ending_of(*hold)));
    }

    /// By a manager; a customer may not.
    fn decide_once(&mut self, place: usize) {
        let payment = self.asked[self.payments[place].0].id;
        let by = if self.chance.once_in(8) {
            self.chance.below(CUSTOMERS)
        } else {
            MANAGER + self.chance.below(SIGNERS - MANAGER)
        };
        let decision = match self.chance.below(8) {
            0 => ApprovalDecision::Escalate,
            1 | 2 => ApprovalDecision::Reject,
            _ => ApprovalDecision::Approve,
        };
        let body = Wish::decide(payment, decision, "test".to_owned()).body;
        self.sign(What::Decide { by, payment, decision }, body);
    }

    /// Mostly who was asked to, on their device, once.
    fn log_in(&mut self) {
        let place = self.chance.below(self.challenges.len());
        let is_known = !self.chance.once_in(8);
        let by = if self.chance.once_in(8) {
            self.chance.below(CUSTOMERS)
        } else {
            self.challenges[place].owner
        };
        let challenge = is_known.then_some(place);
        let nonce = challenge.map_or([7; 32], |place| self.challenges[place].nonce);
        let is_proven = !self.chance.once_in(8);
        let kem_public_key = self.people.kem_public_key.clone();
        let body =
            Body::SessionLogin { challenge: nonce, origin: ORIGIN.to_owned(), kem_public_key };
        self.sign(What::Login { by, challenge, is_proven }, body);
    }

    fn batch(&mut self, by: usize) {
        let mut items: Vec<BatchItem> = Vec::new();
        for _ in 0..=self.chance.below(4) {
            let earlier = items.last().map(|item| item.id).or_else(|| self.paid.last().copied());
            let fresh = TransferId::new(fresh_id(self.chance, self.now));
            let id = earlier.filter(|_| self.chance.once_in(8)).unwrap_or(fresh);
            let (mut debit, credit) = self.accounts();
            if self.owner(debit) != by && !self.chance.once_in(8) {
                debit = self.accounts[2 * by];
            }
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
        let noted: Vec<_> = items
            .iter()
            .map(|item| (item.debit, item.credit, item.amount.minor(), item.id))
            .collect();
        self.sign(What::Batch { by, atomic, items }, body);
        self.note_payment(by, &noted);
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
