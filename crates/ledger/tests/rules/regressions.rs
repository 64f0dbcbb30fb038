//! What went wrong in other ledgers, as tests. The issue that taught us is named above each.

use ledger::{
    AccountKind, AccountRow, Batch, Freeze, Ledger, Record, RecordState, Rejection, Transfer,
    check_invariants, expire, post, post_batch,
};
use money::AssetCode;

use crate::bank::{
    ALICE, BOB, EXPIRY_US, NOW_US, VAULT, account, available, balance, bank, capture, eur, hold,
    id, jpy, pay, reverse, void,
};

/// Midaz #1519, Blnk PR 171: two commits of the same hold both succeeded.
#[test]
fn second_capture_of_a_hold_is_refused() {
    let mut ledger = bank(100);
    hold(&mut ledger, 1, ALICE, BOB, 60).unwrap();
    capture(&mut ledger, 2, 1, Some(10)).unwrap();
    let after_first = ledger.clone();
    assert_eq!(capture(&mut ledger, 3, 1, Some(10)), Err(Rejection::HoldResolved));
    assert_eq!(void(&mut ledger, 4, 1), Err(Rejection::HoldResolved));
    assert_eq!(expire(&mut ledger, id(1), EXPIRY_US), Err(Rejection::HoldResolved));
    assert_eq!(ledger, after_first);
    assert_eq!((available(&ledger, ALICE), balance(&ledger, BOB)), (90, 10));
}

/// The same, both captures in one group commit.
#[test]
fn two_captures_of_a_hold_in_one_batch_move_the_money_once() {
    let mut ledger = bank(100);
    hold(&mut ledger, 1, ALICE, BOB, 60).unwrap();
    let captures = [2, 3].map(|n| Transfer::capture(id(n), id(1), None).unwrap());
    let batch = Batch::independent(captures.to_vec()).unwrap();
    let outcome = post_batch(&mut ledger, &batch, NOW_US);
    assert_eq!(outcome.first_refused(), Some((1, Rejection::HoldResolved)));
    assert_eq!(balance(&ledger, BOB), 60);
}

/// Blnk #152: a refund was repeated.
#[test]
fn second_full_reversal_is_refused() {
    let mut ledger = bank(100);
    pay(&mut ledger, 1, ALICE, BOB, 40).unwrap();
    pay(&mut ledger, 2, ALICE, BOB, 40).unwrap();
    reverse(&mut ledger, 3, 1, None).unwrap();
    assert_eq!(reverse(&mut ledger, 4, 1, None), Err(Rejection::ReversalExceedsTransfer));
    assert_eq!(reverse(&mut ledger, 5, 1, Some(1)), Err(Rejection::ReversalExceedsTransfer));
    assert_eq!((balance(&ledger, ALICE), balance(&ledger, BOB)), (60, 40));
}

/// Hyperswitch #13182: two refunds together were above the payment.
#[test]
fn partial_reversals_never_exceed_the_transfer() {
    let mut ledger = bank(100);
    pay(&mut ledger, 1, ALICE, BOB, 40).unwrap();
    reverse(&mut ledger, 2, 1, Some(25)).unwrap();
    assert_eq!(reverse(&mut ledger, 3, 1, Some(16)), Err(Rejection::ReversalExceedsTransfer));
    let rest = reverse(&mut ledger, 4, 1, None).unwrap();
    assert_eq!(rest.amount(), eur(15));
    assert_eq!(reverse(&mut ledger, 5, 1, Some(1)), Err(Rejection::ReversalExceedsTransfer));
    assert_eq!((balance(&ledger, ALICE), balance(&ledger, BOB)), (100, 0));
}

#[test]
fn a_reversal_cannot_be_reversed() {
    let mut ledger = bank(100);
    pay(&mut ledger, 1, ALICE, BOB, 40).unwrap();
    reverse(&mut ledger, 2, 1, None).unwrap();
    assert_eq!(reverse(&mut ledger, 3, 2, None), Err(Rejection::TransferNotReversible));
}

#[test]
fn a_capture_is_reversed_like_a_post_and_its_hold_is_not() {
    let mut ledger = bank(100);
    hold(&mut ledger, 1, ALICE, BOB, 60).unwrap();
    capture(&mut ledger, 2, 1, Some(10)).unwrap();
    assert_eq!(reverse(&mut ledger, 3, 1, None), Err(Rejection::TransferNotReversible));
    assert_eq!(reverse(&mut ledger, 4, 2, None).unwrap().amount(), eur(10));
    assert_eq!(balance(&ledger, ALICE), 100);
}

#[test]
fn a_reversal_does_not_overdraw_who_has_spent_the_money() {
    let mut ledger = bank(100);
    pay(&mut ledger, 1, ALICE, BOB, 40).unwrap();
    pay(&mut ledger, 2, BOB, VAULT, 1).unwrap();
    assert_eq!(reverse(&mut ledger, 3, 1, None), Err(Rejection::InsufficientFunds));
    reverse(&mut ledger, 4, 1, Some(39)).unwrap();
}

/// Blnk #181: holds were not counted, so the same money was promised twice.
#[test]
fn held_money_is_not_available() {
    let mut ledger = bank(100);
    hold(&mut ledger, 1, ALICE, BOB, 60).unwrap();
    assert_eq!(available(&ledger, ALICE), 40);
    assert_eq!(balance(&ledger, ALICE), 100);
    assert_eq!(pay(&mut ledger, 2, ALICE, BOB, 41), Err(Rejection::InsufficientFunds));
    assert_eq!(hold(&mut ledger, 3, ALICE, BOB, 41), Err(Rejection::InsufficientFunds));
    hold(&mut ledger, 4, ALICE, BOB, 40).unwrap();
}

#[test]
fn money_on_its_way_in_cannot_be_spent() {
    let mut ledger = bank(100);
    hold(&mut ledger, 1, ALICE, BOB, 60).unwrap();
    assert_eq!(pay(&mut ledger, 2, BOB, VAULT, 1), Err(Rejection::InsufficientFunds));
}

#[test]
fn an_asset_account_with_a_floor_is_protected_on_its_credit_side() {
    let mut ledger = bank(100);
    ledger.set_floor(account(VAULT), Some(0)).unwrap();
    assert_eq!(pay(&mut ledger, 1, BOB, VAULT, 1), Err(Rejection::InsufficientFunds));
    hold(&mut ledger, 2, ALICE, VAULT, 70).unwrap();
    assert_eq!(pay(&mut ledger, 3, ALICE, VAULT, 30).unwrap().entries()[1].balance_after(), 70);
    assert_eq!(available(&ledger, VAULT), 0);
}

/// Blnk #72, #73, #61: rounding made or destroyed cents. A partial capture gives back the rest to
/// the last cent, and thirds of an amount that has none leave their remainder visible.
#[test]
fn a_partial_capture_gives_the_rest_back_to_the_last_cent() {
    for captured in 1..=100 {
        let mut ledger = bank(100);
        hold(&mut ledger, 1, ALICE, BOB, 100).unwrap();
        capture(&mut ledger, 2, 1, Some(captured)).unwrap();
        assert_eq!(available(&ledger, ALICE), i128::from(100 - captured));
        assert_eq!(balance(&ledger, BOB), i128::from(captured));
        check_invariants(&ledger).unwrap();
    }
}

/// Formance #921: an id used again with another body was a server error. It is a refusal.
#[test]
fn an_id_used_again_with_another_body_is_refused_and_changes_nothing() {
    let mut ledger = bank(100);
    pay(&mut ledger, 1, ALICE, BOB, 10).unwrap();
    let before = ledger.clone();
    assert_eq!(pay(&mut ledger, 1, ALICE, BOB, 20), Err(Rejection::DuplicateItem));
    assert_eq!(hold(&mut ledger, 1, ALICE, VAULT, 5), Err(Rejection::DuplicateItem));
    assert_eq!(void(&mut ledger, 1, 99), Err(Rejection::DuplicateItem));
    assert_eq!(ledger, before);
}

/// Fineract FINERACT-1659: interest was credited twice after a retry.
#[test]
fn a_retried_transfer_is_credited_once() {
    let mut ledger = bank(0);
    let interest = 77;
    pay(&mut ledger, interest, VAULT, ALICE, 5).unwrap();
    assert_eq!(pay(&mut ledger, interest, VAULT, ALICE, 5), Err(Rejection::DuplicateItem));
    assert_eq!(balance(&ledger, ALICE), 5);
}

/// cala #776, `TigerBeetle` #2469: a hot account was written once per transfer.
#[test]
fn a_hot_account_is_one_changed_row_however_often_it_moved() {
    let mut ledger = bank(2_000);
    ledger.settle();
    for n in 0..2_000 {
        pay(&mut ledger, n, ALICE, BOB, 1).unwrap();
    }
    let touched: Vec<_> = ledger.touched().map(|account| account.id).collect();
    assert_eq!(touched, [account(ALICE), account(BOB)]);
    assert_eq!(ledger.created_records().count(), 2_000);
    assert_eq!(ledger.account(account(BOB)).unwrap().entry_count(), 2_000);
}

/// Formance #764 to #769, cala #779: rows were locked in the order of arrival, and deadlocked.
#[test]
fn changes_are_listed_in_id_order_whatever_the_order_of_transfers() {
    let pairs = [(9, 4), (3, 8), (8, 1), (1, 9), (4, 3)];
    let mut forward = unlimited(10);
    let mut backward = unlimited(10);
    for (n, (debit, credit)) in (100..).zip(pairs) {
        pay(&mut forward, n, debit, credit, 1).unwrap();
    }
    for (n, (debit, credit)) in (100..).zip(pairs).collect::<Vec<_>>().into_iter().rev() {
        pay(&mut backward, n, debit, credit, 1).unwrap();
    }
    let order: Vec<_> = forward.touched().map(|account| account.id).collect();
    assert_eq!(order, [1, 3, 4, 8, 9].map(account));
    assert!(forward.touched().eq(backward.touched()));
    assert!(forward.created_records().eq(backward.created_records()));
}

#[test]
fn an_expired_hold_is_given_back_by_its_expiry_alone() {
    let mut ledger = bank(100);
    hold(&mut ledger, 1, ALICE, BOB, 60).unwrap();
    for late in [Transfer::capture(id(2), id(1), None).unwrap(), Transfer::void(id(3), id(1))] {
        assert_eq!(post(&mut ledger, &late, EXPIRY_US), Err(Rejection::HoldExpired));
    }
    assert_eq!(available(&ledger, ALICE), 40);
    let record = expire(&mut ledger, id(1), EXPIRY_US).unwrap();
    assert_eq!((record.state(), record.amount()), (RecordState::Expired, eur(60)));
    assert_eq!(available(&ledger, ALICE), 100);
    assert_eq!(expire(&mut ledger, id(1), EXPIRY_US), Err(Rejection::HoldResolved));
}

#[test]
fn a_freeze_stops_a_capture_but_never_a_void_or_an_expiry() {
    let stop = Freeze { debit: true, credit: true };
    let mut ledger = bank(100);
    hold(&mut ledger, 1, ALICE, BOB, 30).unwrap();
    hold(&mut ledger, 2, ALICE, BOB, 30).unwrap();
    ledger.set_freeze(account(ALICE), stop).unwrap();
    ledger.set_freeze(account(BOB), stop).unwrap();
    assert_eq!(capture(&mut ledger, 3, 1, None), Err(Rejection::DebitAccountFrozen));
    void(&mut ledger, 4, 1).unwrap();
    expire(&mut ledger, id(2), EXPIRY_US).unwrap();
    assert_eq!(available(&ledger, ALICE), 100);
}

#[test]
fn a_hold_and_its_capture_in_one_fold_leave_one_created_record_each() {
    let mut ledger = bank(100);
    ledger.settle();
    hold(&mut ledger, 1, ALICE, BOB, 30).unwrap();
    capture(&mut ledger, 2, 1, Some(20)).unwrap();
    let states: Vec<_> = ledger.created_records().map(Record::state).collect();
    let captured = RecordState::Captured { captured_minor: 20 };
    assert_eq!(states, [captured, RecordState::Posted { reversed_minor: 0 }]);
    assert_eq!(ledger.updated_records().count(), 0);
}

#[test]
fn a_loaded_hold_that_is_captured_is_an_updated_record() {
    let mut ledger = bank(100);
    hold(&mut ledger, 1, ALICE, BOB, 30).unwrap();
    ledger.settle();
    capture(&mut ledger, 2, 1, None).unwrap();
    let updated: Vec<_> = ledger.updated_records().map(Record::id).collect();
    let created: Vec<_> = ledger.created_records().map(Record::id).collect();
    assert_eq!((updated, created), (vec![id(1)], vec![id(2)]));
}

#[test]
fn only_what_moves_a_balance_makes_entries() {
    let mut ledger = bank(100);
    let held = hold(&mut ledger, 1, ALICE, BOB, 30).unwrap();
    let captured = capture(&mut ledger, 2, 1, Some(20)).unwrap();
    hold(&mut ledger, 3, ALICE, BOB, 30).unwrap();
    let voided = void(&mut ledger, 4, 3).unwrap();
    assert!(held.entries().is_empty() && voided.entries().is_empty());
    let lines: Vec<_> = captured
        .entries()
        .iter()
        .map(|entry| {
            (entry.account(), entry.side().name(), entry.balance_after(), entry.sequence())
        })
        .collect();
    assert_eq!(lines, [(account(ALICE), "debit", 80, 2), (account(BOB), "credit", 20, 1)]);
}

/// Foreign exchange is two linked transfers through position accounts: both or neither.
#[test]
fn an_exchange_whose_second_leg_fails_leaves_no_first_leg() {
    let mut ledger = bank(100);
    for (n, asset) in [(20, AssetCode::EUR), (21, AssetCode::JPY), (22, AssetCode::JPY)] {
        ledger.open_account(account(n), asset, AccountKind::Liability, Some(0)).unwrap();
    }
    let before = ledger.clone();
    let legs = vec![
        Transfer::post(id(1), account(ALICE), account(20), eur(100)).unwrap(),
        Transfer::post(id(2), account(21), account(22), jpy(16_000)).unwrap(),
    ];
    let outcome = post_batch(&mut ledger, &Batch::atomic(legs).unwrap(), NOW_US);
    let refused = [Err(Rejection::LinkedFailed), Err(Rejection::InsufficientFunds)];
    assert_eq!(outcome.items(), refused);
    assert_eq!(ledger, before);
}

#[test]
fn totals_at_the_edge_of_i64_are_refused_pending_included() {
    let mut ledger = unlimited(3);
    pay(&mut ledger, 1, 0, 1, i64::MAX - 5).unwrap();
    hold(&mut ledger, 2, 0, 1, 5).unwrap();
    assert_eq!(pay(&mut ledger, 3, 0, 2, 1), Err(Rejection::TotalOverflow));
    assert_eq!(hold(&mut ledger, 4, 2, 1, 1), Err(Rejection::TotalOverflow));
    capture(&mut ledger, 5, 2, None).unwrap();
    assert_eq!(balance(&ledger, 1), i128::from(i64::MAX));
    assert_eq!(balance(&ledger, 0), -i128::from(i64::MAX));
    check_invariants(&ledger).unwrap();
}

/// A row that migration left below its floor: it may receive, and not sink further.
#[test]
fn an_account_below_its_floor_may_still_receive() {
    let mut ledger = unlimited(2);
    let row = AccountRow { debits_posted: 50, floor: Some(0), ..row_of(&ledger, 1) };
    let below = ledger::Account::from_stored(row).unwrap();
    let other = *ledger.account(account(0)).unwrap();
    ledger = Ledger::from_accounts([other, below]);
    assert_eq!(pay(&mut ledger, 1, 1, 0, 1), Err(Rejection::InsufficientFunds));
    pay(&mut ledger, 2, 0, 1, 10).unwrap();
    assert_eq!(balance(&ledger, 1), -40);
}

/// `count` accounts, numbered from 0, without floors.
fn unlimited(count: u128) -> Ledger {
    let mut ledger = Ledger::new();
    for n in 0..count {
        ledger.open_account(account(n), AssetCode::EUR, AccountKind::Liability, None).unwrap();
    }
    ledger.settle();
    ledger
}

fn row_of(ledger: &Ledger, n: u128) -> AccountRow {
    ledger.account(account(n)).unwrap().to_row()
}
