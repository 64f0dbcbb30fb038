//! Each refusal, and which one is named when several rules are broken at once.

use std::collections::BTreeSet;

use ledger::{
    Account, AccountKind, AccountRow, Batch, Freeze, Ledger, Record, RecordState, Rejection,
    Transfer, expire, post, post_batch,
};
use money::AssetCode;

use crate::bank::{
    ALICE, BOB, EXPIRY_US, NOW_US, VAULT, account, bank, capture, eur, hold, id, jpy, pay, reverse,
    void,
};

#[test]
fn every_refusal_can_happen_and_changes_nothing() {
    let mut seen = BTreeSet::new();
    for (expected, attempt) in cases() {
        let mut ledger = bank(100);
        hold(&mut ledger, 10, ALICE, BOB, 30).unwrap();
        hold(&mut ledger, 11, ALICE, BOB, 5).unwrap();
        void(&mut ledger, 12, 11).unwrap();
        pay(&mut ledger, 13, ALICE, BOB, 20).unwrap();
        let before = ledger.clone();
        assert_eq!(attempt(&mut ledger), Err(expected));
        let loaded_frozen_or_closed = [
            Rejection::DebitAccountFrozen,
            Rejection::CreditAccountFrozen,
            Rejection::DebitAccountClosed,
            Rejection::CreditAccountClosed,
        ];
        if !loaded_frozen_or_closed.contains(&expected) {
            assert_eq!(ledger, before, "{expected:?}");
        }
        seen.insert(expected);
    }
    assert!(seen.into_iter().eq(Rejection::ALL), "a refusal without a test");
}

type Attempt = fn(&mut Ledger) -> Result<(), Rejection>;

/// One attempt per refusal, on a book where Alice has 80 of which 30 are held (10), a hold that
/// was voided (11, 12) and a payment of 20 to Bob (13).
fn cases() -> Vec<(Rejection, Attempt)> {
    vec![
        (Rejection::AccountsMustDiffer, |l| pay(l, 1, ALICE, ALICE, 0).map(drop)),
        (Rejection::AmountMustNotBeZero, |l| capture(l, 1, 99, Some(0)).map(drop)),
        (Rejection::EmptyBatch, |_| Batch::atomic(vec![]).map(drop)),
        (Rejection::BatchTooLarge, |_| {
            Batch::independent(vec![Transfer::void(id(1), id(2)); 1_001]).map(drop)
        }),
        (Rejection::DuplicateItem, |l| pay(l, 13, ALICE, BOB, 1).map(drop)),
        (Rejection::HoldNotFound, |l| void(l, 1, 13).map(drop)),
        (Rejection::TransferNotFound, |l| reverse(l, 1, 99, None).map(drop)),
        (Rejection::TransferNotReversible, |l| reverse(l, 1, 10, None).map(drop)),
        (Rejection::HoldResolved, |l| capture(l, 1, 11, None).map(drop)),
        (Rejection::HoldExpired, |l| post(l, &Transfer::void(id(1), id(10)), EXPIRY_US).map(drop)),
        (Rejection::HoldNotExpired, |l| expire(l, id(10), EXPIRY_US - 1).map(drop)),
        (Rejection::DebitAccountNotFound, |l| pay(l, 1, 99, BOB, 1).map(drop)),
        (Rejection::CreditAccountNotFound, |l| pay(l, 1, ALICE, 99, 1).map(drop)),
        (Rejection::AssetMismatch, |l| {
            post(l, &Transfer::capture(id(1), id(10), Some(jpy(1)))?, NOW_US).map(drop)
        }),
        (Rejection::CaptureExceedsHold, |l| capture(l, 1, 10, Some(31)).map(drop)),
        (Rejection::ReversalExceedsTransfer, |l| reverse(l, 1, 13, Some(21)).map(drop)),
        (Rejection::DebitAccountClosed, |l| {
            l.open_account(account(9), AssetCode::EUR, AccountKind::Asset, None).unwrap();
            l.close_account(account(9)).unwrap();
            pay(l, 1, 9, BOB, 1).map(drop)
        }),
        (Rejection::CreditAccountClosed, |l| {
            l.open_account(account(9), AssetCode::EUR, AccountKind::Asset, None).unwrap();
            l.close_account(account(9)).unwrap();
            pay(l, 1, BOB, 9, 1).map(drop)
        }),
        (Rejection::DebitAccountFrozen, |l| {
            l.set_freeze(account(ALICE), Freeze { debit: true, credit: false }).unwrap();
            capture(l, 1, 10, None).map(drop)
        }),
        (Rejection::CreditAccountFrozen, |l| {
            l.set_freeze(account(ALICE), Freeze { debit: false, credit: true }).unwrap();
            reverse(l, 1, 13, None).map(drop)
        }),
        (Rejection::TotalOverflow, |l| pay(l, 1, VAULT, ALICE, i64::MAX).map(drop)),
        (Rejection::InsufficientFunds, |l| pay(l, 1, ALICE, BOB, 51).map(drop)),
        (Rejection::LinkedFailed, |l| {
            let transfer =
                |n, minor| Transfer::post(id(n), account(ALICE), account(BOB), eur(minor));
            let batch = Batch::atomic(vec![transfer(1, 50)?, transfer(2, 1)?])?;
            let outcome = post_batch(l, &batch, NOW_US);
            assert_eq!(outcome.first_refused(), Some((1, Rejection::InsufficientFunds)));
            outcome.into_items().remove(0).map(drop)
        }),
    ]
}

#[test]
fn duplicate_ids_within_a_batch_refuse_the_batch() {
    let twice = vec![Transfer::void(id(1), id(2)), Transfer::void(id(1), id(3))];
    assert_eq!(Batch::independent(twice), Err(Rejection::DuplicateItem));
}

#[test]
fn a_hold_that_would_be_born_expired_is_refused() {
    let mut ledger = bank(10);
    let hold = Transfer::hold(id(1), account(ALICE), account(BOB), eur(1), NOW_US).unwrap();
    assert_eq!(post(&mut ledger, &hold, NOW_US), Err(Rejection::HoldExpired));
}

#[test]
fn a_post_that_breaks_several_rules_is_refused_for_the_first() {
    let ladder: &[Rung] = &[
        (Rejection::DuplicateItem, |w| w.id_is_taken = true),
        (Rejection::DebitAccountNotFound, |w| w.debit = None),
        (Rejection::CreditAccountNotFound, |w| w.credit = None),
        (Rejection::AssetMismatch, |w| w.asset = AssetCode::JPY),
        (Rejection::DebitAccountClosed, |w| w.debit().closed = true),
        (Rejection::CreditAccountClosed, |w| w.credit().closed = true),
        (Rejection::DebitAccountFrozen, |w| w.debit().freeze.debit = true),
        (Rejection::CreditAccountFrozen, |w| w.credit().freeze.credit = true),
        (Rejection::TotalOverflow, |w| w.credit().credits_posted = i64::MAX),
        (Rejection::InsufficientFunds, |w| w.debit().floor = Some(0)),
    ];
    climb(ladder, |world| {
        let amount = money::Amount::new(5, world.asset).unwrap();
        Transfer::post(id(1), account(ALICE), account(BOB), amount).unwrap()
    });
}

#[test]
fn a_capture_that_breaks_several_rules_is_refused_for_the_first() {
    let ladder: &[Rung] = &[
        (Rejection::DuplicateItem, |w| w.id_is_taken = true),
        (Rejection::HoldNotFound, |w| w.original = None),
        (Rejection::HoldResolved, |w| w.original = Some(RecordState::Expired)),
        (Rejection::HoldExpired, |w| w.now_us = EXPIRY_US),
        (Rejection::DebitAccountNotFound, |w| w.debit = None),
        (Rejection::CreditAccountNotFound, |w| w.credit = None),
        (Rejection::AssetMismatch, |w| w.asset = AssetCode::JPY),
        (Rejection::CaptureExceedsHold, |w| w.minor = 6),
        (Rejection::DebitAccountClosed, |w| w.debit().closed = true),
        (Rejection::CreditAccountClosed, |w| w.credit().closed = true),
        (Rejection::DebitAccountFrozen, |w| w.debit().freeze.debit = true),
        (Rejection::CreditAccountFrozen, |w| w.credit().freeze.credit = true),
    ];
    climb(ladder, |world| {
        let amount = money::Amount::new(world.minor, world.asset).unwrap();
        Transfer::capture(id(1), id(7), Some(amount)).unwrap()
    });
}

#[test]
fn a_reversal_that_breaks_several_rules_is_refused_for_the_first() {
    // The original moved from Bob to Alice, so the way back debits Alice.
    let ladder: &[Rung] = &[
        (Rejection::DuplicateItem, |w| w.id_is_taken = true),
        (Rejection::TransferNotFound, |w| w.original = None),
        (Rejection::TransferNotReversible, |w| w.original = Some(RecordState::Final)),
        (Rejection::DebitAccountNotFound, |w| w.debit = None),
        (Rejection::CreditAccountNotFound, |w| w.credit = None),
        (Rejection::AssetMismatch, |w| w.asset = AssetCode::JPY),
        (Rejection::ReversalExceedsTransfer, |w| {
            w.original = Some(RecordState::Posted { reversed_minor: 1 });
        }),
        (Rejection::DebitAccountClosed, |w| w.debit().closed = true),
        (Rejection::CreditAccountClosed, |w| w.credit().closed = true),
        (Rejection::DebitAccountFrozen, |w| w.debit().freeze.debit = true),
        (Rejection::CreditAccountFrozen, |w| w.credit().freeze.credit = true),
        (Rejection::TotalOverflow, |w| w.credit().credits_posted = i64::MAX),
        (Rejection::InsufficientFunds, |w| {
            w.debit().floor = Some(0);
            w.original = Some(RecordState::Posted { reversed_minor: 0 });
            w.reversed_way = true;
        }),
    ];
    climb(ladder, |world| {
        let amount = money::Amount::new(5, world.asset).unwrap();
        Transfer::reverse(id(1), id(7), Some(amount)).unwrap()
    });
}

/// A refusal and how to break its rule.
type Rung = (Rejection, fn(&mut World));

/// Everything that one transfer between Alice and Bob depends on.
struct World {
    debit: Option<AccountRow>,
    credit: Option<AccountRow>,
    original: Option<RecordState>,
    /// The original moved from credit to debit account.
    reversed_way: bool,
    id_is_taken: bool,
    asset: AssetCode,
    minor: i64,
    now_us: i64,
}

impl World {
    fn sound() -> Self {
        let row = |n| {
            let kind = AccountKind::Liability;
            let account = Account::open(account(n), AssetCode::EUR, kind, None).unwrap();
            AccountRow { debits_pending: 5, credits_pending: 5, ..account.to_row() }
        };
        Self {
            debit: Some(row(ALICE)),
            credit: Some(AccountRow { credits_pending: 0, debits_pending: 0, ..row(BOB) }),
            original: Some(RecordState::Held { expires_at_us: EXPIRY_US }),
            reversed_way: false,
            id_is_taken: false,
            asset: AssetCode::EUR,
            minor: 5,
            now_us: NOW_US,
        }
    }

    fn debit(&mut self) -> &mut AccountRow {
        self.debit.as_mut().unwrap()
    }

    fn credit(&mut self) -> &mut AccountRow {
        self.credit.as_mut().unwrap()
    }

    fn ledger(&self) -> Ledger {
        let rows = [self.debit, self.credit].into_iter().flatten();
        let mut ledger = Ledger::from_accounts(rows.map(|row| Account::from_stored(row).unwrap()));
        let parties = if self.reversed_way { [BOB, ALICE] } else { [ALICE, BOB] };
        let [debit, credit] = parties.map(account);
        let record = |n, state| Record::from_stored(id(n), debit, credit, eur(5), state).unwrap();
        if let Some(state) = self.original {
            ledger.load_record(record(7, state));
        }
        if self.id_is_taken {
            ledger.load_record(record(1, RecordState::Final));
        }
        ledger
    }
}

/// For each rung, breaks its rule and all rules below it, and expects to hear of the rung's.
fn climb(ladder: &[Rung], transfer: fn(&World) -> Transfer) {
    assert!(ladder.iter().map(|(rejection, _)| rejection).is_sorted());
    for (rung, (expected, _)) in ladder.iter().enumerate() {
        let mut world = World::sound();
        for (_, break_rule) in ladder.iter().skip(rung).rev() {
            break_rule(&mut world);
        }
        let mut ledger = world.ledger();
        let before = ledger.clone();
        assert_eq!(post(&mut ledger, &transfer(&world), world.now_us), Err(*expected));
        assert_eq!(ledger, before);
    }
}
