//! The ledger's invariants over random histories, with the model as judge.
//!
//! References point to what happened just before and holds live for a few steps, so that second
//! captures, refunds of refunds and races with an expiry are the rule and not the exception.

use std::collections::HashMap;

use ledger::model::Model;
use ledger::{
    Account, AccountId, AccountKind, AccountRejection, Batch, Freeze, Ledger, Posting, RecordState,
    Rejection, Side, Transfer, TransferId, TransferKind, check_invariants, expire, post,
    post_batch,
};
use money::{Amount, AssetCode};
use proptest::prelude::*;
use proptest::sample::select;

use crate::bank::{account, eur, id};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Invariants 1 to 5 and 8, after every step of every history.
    #[test]
    fn the_model_agrees_with_every_outcome_and_every_total(history in history()) {
        let (mut ledger, mut model) = founded();
        for step in history {
            let before = ledger.clone();
            let outcome = step.run(&mut ledger);
            prop_assert_eq!(&outcome, &step.judge(&mut model), "{:?}", step);
            if outcome.iter().all(Result::is_err) {
                prop_assert_eq!(&ledger, &before, "a refusal left something behind: {:?}", step);
            }
            prop_assert_eq!(model.first_difference(&ledger), None, "{:?}", step);
            prop_assert_eq!(check_invariants(&ledger), Ok(()), "{:?}", step);
        }
    }

    /// Invariant 4: captured + given back = held, and at most one resolution is ever accepted.
    #[test]
    fn each_hold_resolves_at_most_once_and_completely(history in history()) {
        let (mut ledger, _) = founded();
        let mut resolutions = HashMap::<TransferId, usize>::new();
        for step in history {
            let resolves = step.resolves();
            let outcome = step.run(&mut ledger);
            if let (Some(hold), [Ok(_)]) = (resolves, outcome.as_slice()) {
                *resolutions.entry(hold).or_default() += 1;
            }
        }
        prop_assert!(resolutions.values().all(|times| *times == 1));
        for (hold, _) in resolutions {
            let record = ledger.record(hold).unwrap();
            let resolved = match record.state() {
                RecordState::Captured { captured_minor } => captured_minor > 0,
                RecordState::Voided | RecordState::Expired => true,
                RecordState::Held { .. } | RecordState::Posted { .. } | RecordState::Final => false,
            };
            prop_assert!(resolved);
        }
    }

    /// Invariant 6, the ledger's part: the same history gives the same outcomes in another
    /// process, restarted from stored rows before every single step.
    #[test]
    fn a_restart_between_any_two_steps_changes_no_outcome(history in history()) {
        let (mut steady, _) = founded();
        let (mut restarted, _) = founded();
        for step in history {
            restarted = reloaded(&restarted);
            prop_assert_eq!(step.run(&mut steady), step.run(&mut restarted));
            steady.settle();
            let mut settled = restarted.clone();
            settled.settle();
            prop_assert_eq!(&settled, &steady);
        }
    }

    /// Invariant 7: a batch is its items one by one, and a linked one is all of them or none.
    #[test]
    fn a_batch_is_its_items_one_by_one_or_nothing((history, items) in history_and_batch()) {
        let (mut ledger, _) = founded();
        for step in &history {
            step.run(&mut ledger);
        }
        let before = ledger.clone();
        let mut one_by_one = ledger.clone();
        let expected: Vec<_> =
            items.iter().map(|item| post(&mut one_by_one, item, EVENING_US)).collect();

        let mut together = before.clone();
        let independent = Batch::independent(items.clone()).unwrap();
        let outcome = post_batch(&mut together, &independent, EVENING_US);
        prop_assert_eq!(outcome.items(), expected.as_slice());
        prop_assert_eq!(&together, &one_by_one);

        let linked = post_batch(&mut ledger, &Batch::atomic(items).unwrap(), EVENING_US);
        match expected.iter().position(Result::is_err) {
            None => {
                prop_assert_eq!(linked.items(), expected.as_slice());
                prop_assert_eq!(&ledger, &one_by_one);
            }
            Some(failed) => {
                for (index, item) in linked.items().iter().enumerate() {
                    let own = if index == failed { expected[failed] } else { Err(Rejection::LinkedFailed) };
                    prop_assert_eq!(*item, own);
                }
                prop_assert_eq!(&ledger, &before);
            }
        }
    }

    /// Invariant 9: each statement line continues the last, and the last is the balance.
    #[test]
    fn opening_balance_and_movements_make_the_closing_balance(history in history()) {
        let (mut ledger, _) = founded();
        let mut closing: HashMap<AccountId, (i128, i64)> = ledger
            .accounts()
            .map(|account| (account.id, (account.balance(), account.entry_count())))
            .collect();
        for step in history {
            for posting in step.postings(&mut ledger) {
                for entry in posting.entries() {
                    let kind = ledger.account(entry.account()).unwrap().kind;
                    let (balance, sequence) = closing.entry(entry.account()).or_default();
                    let moved = i128::from(entry.amount().minor());
                    let raises = entry.side() == kind.normal_side();
                    *balance += if raises { moved } else { -moved };
                    *sequence += 1;
                    prop_assert_eq!(*balance, i128::from(entry.balance_after()));
                    prop_assert_eq!(*sequence, entry.sequence());
                }
            }
        }
        for account in ledger.accounts() {
            let (balance, sequence) = closing.remove(&account.id).unwrap_or_default();
            prop_assert_eq!((balance, sequence), (account.balance(), account.entry_count()));
        }
    }

    /// Invariant 8: both entries of a posting are the same amount of one asset.
    #[test]
    fn nothing_crosses_assets(history in history()) {
        let (mut ledger, _) = founded();
        for step in history {
            for posting in step.postings(&mut ledger) {
                let debit = ledger.account(posting.debit()).unwrap();
                let credit = ledger.account(posting.credit()).unwrap();
                prop_assert_eq!(debit.asset, posting.amount().asset());
                prop_assert_eq!(credit.asset, posting.amount().asset());
                if let [left, right] = posting.entries() {
                    prop_assert_eq!((left.side(), right.side()), (Side::Debit, Side::Credit));
                    prop_assert_eq!((left.amount(), right.amount()), (posting.amount(), posting.amount()));
                }
            }
        }
    }
}

/// After the longest history, while its last holds are open.
const EVENING_US: i64 = 61;
const YEN_ACCOUNT: u128 = 5;

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    Post(Transfer, i64),
    Batch(Batch, i64),
    Expire(TransferId, i64),
    Freeze(AccountId, Freeze),
    Floor(AccountId, Option<i64>),
    Close(AccountId),
}

/// Both judges' answers in one type: the amount, or the stable code of the refusal.
type Outcome = Vec<Result<Option<Amount>, &'static str>>;

impl Step {
    fn run(&self, ledger: &mut Ledger) -> Outcome {
        let code = Rejection::code;
        match self {
            Self::Post(transfer, now_us) => {
                vec![
                    post(ledger, transfer, *now_us)
                        .map(|posting| Some(posting.amount()))
                        .map_err(code),
                ]
            }
            Self::Batch(batch, now_us) => post_batch(ledger, batch, *now_us)
                .into_items()
                .into_iter()
                .map(|item| item.map(|posting| Some(posting.amount())).map_err(code))
                .collect(),
            Self::Expire(hold, now_us) => {
                vec![
                    expire(ledger, *hold, *now_us)
                        .map(|record| Some(record.amount()))
                        .map_err(code),
                ]
            }
            Self::Freeze(id, freeze) => {
                vec![ledger.set_freeze(*id, *freeze).map(|()| None).map_err(AccountRejection::code)]
            }
            Self::Floor(id, floor) => {
                vec![ledger.set_floor(*id, *floor).map(|()| None).map_err(AccountRejection::code)]
            }
            Self::Close(id) => {
                vec![ledger.close_account(*id).map(|()| None).map_err(AccountRejection::code)]
            }
        }
    }

    fn judge(&self, model: &mut Model) -> Outcome {
        let code = Rejection::code;
        match self {
            Self::Post(transfer, now_us) => {
                vec![model.post(transfer, *now_us).map(Some).map_err(code)]
            }
            Self::Batch(batch, now_us) => model
                .post_batch(batch, *now_us)
                .into_iter()
                .map(|item| item.map(Some).map_err(code))
                .collect(),
            Self::Expire(hold, now_us) => {
                vec![model.expire(*hold, *now_us).map(Some).map_err(code)]
            }
            Self::Freeze(id, freeze) => {
                vec![model.set_freeze(*id, *freeze).map(|()| None).map_err(AccountRejection::code)]
            }
            Self::Floor(id, floor) => {
                vec![model.set_floor(*id, *floor).map(|()| None).map_err(AccountRejection::code)]
            }
            Self::Close(id) => {
                vec![model.close_account(*id).map(|()| None).map_err(AccountRejection::code)]
            }
        }
    }

    fn postings(&self, ledger: &mut Ledger) -> Vec<Posting> {
        match self {
            Self::Post(transfer, now_us) => post(ledger, transfer, *now_us).into_iter().collect(),
            Self::Batch(batch, now_us) => {
                post_batch(ledger, batch, *now_us).postings().copied().collect()
            }
            Self::Expire(..) | Self::Freeze(..) | Self::Floor(..) | Self::Close(..) => {
                self.run(ledger);
                Vec::new()
            }
        }
    }

    /// The hold that this single step would resolve.
    fn resolves(&self) -> Option<TransferId> {
        match self {
            Self::Post(transfer, _) => match *transfer.kind() {
                TransferKind::Capture { hold, .. } | TransferKind::Void { hold } => Some(hold),
                TransferKind::Post { .. }
                | TransferKind::Hold { .. }
                | TransferKind::Reverse { .. } => None,
            },
            Self::Expire(hold, _) => Some(*hold),
            Self::Batch(..) | Self::Freeze(..) | Self::Floor(..) | Self::Close(..) => None,
        }
    }
}

/// Six accounts of four kinds, with and without floor, one in another asset; three are funded.
fn founded() -> (Ledger, Model) {
    let (mut ledger, mut model) = (Ledger::new(), Model::new());
    let asset = AssetCode::EUR;
    for (n, asset, kind, floor) in [
        (0, asset, AccountKind::Equity, None),
        (1, asset, AccountKind::Liability, Some(0)),
        (2, asset, AccountKind::Liability, Some(-50)),
        (3, asset, AccountKind::Asset, Some(0)),
        (4, asset, AccountKind::Expense, None),
        (YEN_ACCOUNT, AssetCode::JPY, AccountKind::Liability, None),
    ] {
        ledger.open_account(account(n), asset, kind, floor).unwrap();
        model.open_account(account(n), asset, kind, floor).unwrap();
    }
    for (n, debit, credit) in [(1_000, 4, 1), (1_001, 4, 2), (1_002, 3, 0)] {
        let fund = Transfer::post(id(n), account(debit), account(credit), eur(150)).unwrap();
        post(&mut ledger, &fund, 0).unwrap();
        model.post(&fund, 0).unwrap();
    }
    (ledger, model)
}

/// The ledger as another process would load it from its stored rows.
fn reloaded(ledger: &Ledger) -> Ledger {
    let rows: Vec<_> = ledger.accounts().map(Account::to_row).collect();
    let mut loaded =
        Ledger::from_accounts(rows.into_iter().rev().map(|row| Account::from_stored(row).unwrap()));
    for record in ledger.records() {
        let (debit, credit) = (record.debit(), record.credit());
        let (amount, state) = (record.amount(), record.state());
        loaded.load_record(
            ledger::Record::from_stored(record.id(), debit, credit, amount, state).unwrap(),
        );
    }
    loaded
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..60).prop_map(numbered)
}

fn history_and_batch() -> impl Strategy<Value = (Vec<Step>, Vec<Transfer>)> {
    let batch = batch_items().prop_map(|items| Step::Batch(Batch::independent(items).unwrap(), 0));
    (prop::collection::vec(step(), 1..60), batch).prop_map(|(mut steps, batch)| {
        steps.push(batch);
        let mut steps = numbered(steps);
        match steps.pop() {
            Some(Step::Batch(batch, _)) => (steps, batch.items().to_vec()),
            _ => (steps, Vec::new()),
        }
    })
}

/// Gives each step its time and each transfer its id, both counted from 1, and turns what was drawn
/// for references and expiries into distances from there. One drawn id in 40 becomes a duplicate.
fn numbered(steps: Vec<Step>) -> Vec<Step> {
    let mut next = 1;
    (1..)
        .zip(steps)
        .map(|(now_us, step)| match step {
            Step::Post(drawn, _) => Step::Post(number(&drawn, &mut next, now_us), now_us),
            Step::Batch(batch, _) => {
                let mut items: Vec<_> =
                    batch.items().iter().map(|drawn| number(drawn, &mut next, now_us)).collect();
                items.sort_by_key(Transfer::id);
                items.dedup_by_key(|item| item.id());
                let linked = batch.is_atomic();
                let batch = if linked { Batch::atomic(items) } else { Batch::independent(items) };
                Step::Batch(batch.unwrap(), now_us)
            }
            Step::Expire(drawn, _) => Step::Expire(before(next, drawn), now_us),
            Step::Freeze(..) | Step::Floor(..) | Step::Close(..) => step,
        })
        .collect()
}

fn number(drawn: &Transfer, next: &mut u128, now_us: i64) -> Transfer {
    let kind = match *drawn.kind() {
        TransferKind::Post { .. } => *drawn.kind(),
        TransferKind::Hold { debit, credit, amount, expires_at_us } => {
            TransferKind::Hold { debit, credit, amount, expires_at_us: now_us + expires_at_us }
        }
        TransferKind::Capture { hold, amount } => {
            TransferKind::Capture { hold: before(*next, hold), amount }
        }
        TransferKind::Void { hold } => TransferKind::Void { hold: before(*next, hold) },
        TransferKind::Reverse { transfer, amount } => {
            TransferKind::Reverse { transfer: before(*next, transfer), amount }
        }
    };
    let own = if drawn.id() == id(0) { id(*next / 2) } else { id(*next) };
    *next += 1;
    Transfer::new(own, kind).unwrap()
}

/// One of the eight ids before `next`.
fn before(next: u128, drawn: TransferId) -> TransferId {
    id(next.saturating_sub(1 + drawn.get().as_u128() % 8))
}

fn step() -> impl Strategy<Value = Step> {
    let flags = any::<(bool, bool)>();
    prop_oneof![
        40 => transfer().prop_map(|transfer| Step::Post(transfer, 0)),
        5 => (batch_items(), any::<bool>()).prop_map(|(items, linked)| {
            let batch = if linked { Batch::atomic(items) } else { Batch::independent(items) };
            Step::Batch(batch.unwrap(), 0)
        }),
        6 => drawn_id().prop_map(|hold| Step::Expire(hold, 0)),
        1 => (party(), flags).prop_map(|(id, (debit, credit))| {
            Step::Freeze(id, Freeze { debit, credit })
        }),
        2 => party().prop_map(|id| Step::Freeze(id, Freeze::default())),
        1 => (party(), prop::option::of(-80..5_i64)).prop_map(|(id, floor)| Step::Floor(id, floor)),
        1 => party().prop_map(Step::Close),
    ]
}

fn batch_items() -> impl Strategy<Value = Vec<Transfer>> {
    prop::collection::vec(transfer(), 1..6).prop_map(|mut items| {
        items.sort_by_key(Transfer::id);
        items.dedup_by_key(|item| item.id());
        items
    })
}

fn transfer() -> impl Strategy<Value = Transfer> {
    let between = || (party(), party(), amount());
    let kind = prop_oneof![
        4 => between().prop_map(|(debit, credit, amount)| TransferKind::Post { debit, credit, amount }),
        4 => (between(), 0..12_i64).prop_map(|((debit, credit, amount), expires_at_us)| {
            TransferKind::Hold { debit, credit, amount, expires_at_us }
        }),
        4 => (drawn_id(), part()).prop_map(|(hold, amount)| TransferKind::Capture { hold, amount }),
        2 => drawn_id().prop_map(|hold| TransferKind::Void { hold }),
        3 => (drawn_id(), part()).prop_map(|(transfer, amount)| {
            TransferKind::Reverse { transfer, amount }
        }),
    ];
    (drawn_id(), kind)
        .prop_filter_map("malformed on its own", |(id, kind)| Transfer::new(id, kind).ok())
}

/// Not an id yet: [`numbered`] makes one of it.
fn drawn_id() -> impl Strategy<Value = TransferId> {
    (0..40_u128).prop_map(id)
}

/// Mostly euro accounts that exist.
fn party() -> impl Strategy<Value = AccountId> {
    let n = prop_oneof![40 => 0..YEN_ACCOUNT, 4 => Just(YEN_ACCOUNT), 1 => Just(99)];
    n.prop_map(account)
}

fn part() -> impl Strategy<Value = Option<Amount>> {
    prop::option::of(amount())
}

/// Mostly small, sometimes at the edge of `i64`, seldom yen.
fn amount() -> impl Strategy<Value = Amount> {
    let minor = prop_oneof![
        30 => 1..60_i64,
        1 => select(vec![i64::MAX, i64::MAX - 1, i64::MAX / 2, i64::MAX / 2 + 1]),
    ];
    let asset = prop_oneof![20 => Just(AssetCode::EUR), 1 => Just(AssetCode::JPY)];
    (minor, asset).prop_map(|(minor, asset)| Amount::new(minor, asset).unwrap())
}
