//! Standing orders, end to end: what is due is paid once, whoever notices, and what is not paid says why.

use std::time::Duration;

use client::{ClientError, Session, Settled, StandingOrderView, Wish};
use e2e::{Bank, Customer, Holder, clear_of_midnight, code_of, eur, eventually_within};
use intent::{BusinessDay, IntentId, OrderTerms, Rhythm, ShortOfFunds};
use ledger::{AccountId, Freeze};

const SOON: Duration = Duration::from_secs(20);

/// Whose tests end on the day on which they begin.
async fn bank_of_today() -> Bank {
    clear_of_midnight().await;
    Bank::start().await
}

/// Due at once: its first day is today, whatever day that is.
fn today(rhythm: Rhythm) -> OrderTerms {
    let now = server::clock::now().to_string();
    OrderTerms {
        first: OrderTerms::day(&now[..10]).unwrap(),
        rhythm,
        business_day: BusinessDay::Unadjusted,
        last: None,
        count: None,
        short_of_funds: ShortOfFunds::Skip,
    }
}

async fn place(by: &Customer, to: AccountId, minor: i64, terms: OrderTerms) -> IntentId {
    let wish = Wish::standing_order(by.account, to, eur(minor), Some("rent"), terms).unwrap();
    by.submit(wish).await.unwrap().receipt.intent_id
}

/// The order once its first day has been tried.
async fn tried(by: &Session, order: IntentId) -> StandingOrderView {
    eventually_within(SOON, "the order to be tried", async || {
        let found = by.standing_order(order).await.unwrap();
        (!found.runs.is_empty()).then_some(found)
    })
    .await
}

fn outcome(view: &StandingOrderView) -> (&str, &str, &str) {
    (&view.runs[0].status, &view.runs[0].code, &view.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_paid_once_though_two_instances_notice_and_says_what_the_order_says() {
    let bank = bank_of_today().await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(place(&alice, bob.account, 100, today(Rhythm::Monthly)).await);
    }
    for order in &orders {
        let found = tried(&alice, *order).await;
        assert_eq!(outcome(&found), ("paid", "ok", "active"));
        assert!(found.next_day.is_some() && found.runs[0].transfer.is_some());
    }
    // Both look again, and find nothing.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(bank.balance(bob.account).await, 800);
    assert_eq!(bank.count("SELECT count(*) FROM standing_order_runs").await, 8);
    let facts =
        "SELECT count(*) FROM records WHERE position('order.due' IN encode(intent, 'escape')) > 0";
    assert_eq!(bank.count(facts).await, 8);
    // The payee reads what it is for.
    let history = bob.history(&client::HistoryQuery::default()).await.unwrap();
    let details = history.items[0].details.as_ref().unwrap();
    assert_eq!(details["memo"], "rent");
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_off_of_the_bank_moves_a_payment_to_its_next_business_day() {
    let bank = bank_of_today().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    // Off are today and tomorrow, whatever days these are.
    let today_is = time::OffsetDateTime::from_unix_timestamp_nanos(
        i128::from(server::clock::now().get()) * 1_000,
    );
    let today_is = today_is.unwrap().date();
    let off = [today_is, today_is.next_day().unwrap()];
    let off = off.map(|day| day.weekday().to_string().to_lowercase()).join(" ");
    bank.put_in_force("calendar", "bank", &format!(r#"{{"weekend":"{off}"}}"#)).await;
    let following = OrderTerms { business_day: BusinessDay::Following, ..today(Rhythm::Weekly) };
    let moved = place(&alice, bob.account, 100, following).await;
    let stays = place(&alice, bob.account, 7, today(Rhythm::Weekly)).await;
    assert_eq!(outcome(&tried(&alice, stays).await), ("paid", "ok", "active"));
    let moved = alice.standing_order(moved).await.unwrap();
    let expected = today_is.checked_add(time::Duration::days(2)).unwrap().to_string();
    assert_eq!(moved.next_day.as_deref(), Some(expected.as_str()));
    assert!(moved.runs.is_empty());
    assert_eq!(bank.balance(bob.account).await, 7);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_money_skips_the_day_or_waits_for_the_next_attempt() {
    let bank = bank_of_today().await;
    let alice = bank.customer("Alice", 50).await;
    let bob = bank.customer("Bob", 0).await;
    let once = place(&alice, bob.account, 100, today(Rhythm::Once)).await;
    let retry = OrderTerms { short_of_funds: ShortOfFunds::Retry, ..today(Rhythm::Weekly) };
    let patient = place(&alice, bob.account, 100, retry).await;
    let skipped = tried(&alice, once).await;
    assert_eq!(outcome(&skipped), ("skipped", "insufficient-funds", "completed"));
    let waiting = tried(&alice, patient).await;
    assert_eq!(outcome(&waiting), ("waiting", "insufficient-funds", "active"));
    // It is tried again when the log says, and not before.
    bank.fund(alice.account, eur(1_000)).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let still = alice.standing_order(patient).await.unwrap();
    assert_eq!((still.runs.len(), still.runs[0].attempts.as_str()), (1, "1"));
    assert_eq!(still.next_at, waiting.next_at);
    assert_eq!(bank.balance(bob.account).await, 0);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_costs_a_day_and_a_closed_one_the_order() {
    let bank = bank_of_today().await;
    let alice = bank.customer("Alice", 1_000).await;
    let [bob, cleo] = [bank.customer("Bob", 0).await, bank.customer("Cleo", 0).await];
    bank.manager()
        .await
        .freeze(alice.account, Freeze { debit: true, credit: false }, "inquiry")
        .await
        .unwrap();
    let order = place(&alice, bob.account, 100, today(Rhythm::Weekly)).await;
    assert_eq!(outcome(&tried(&alice, order).await), ("failed", "debit-account-frozen", "active"));
    bank.manager().await.freeze(alice.account, Freeze::default(), "over").await.unwrap();

    // It can be placed while the account is open, and the account closed before its day.
    let another = bank.start_another().await;
    another.shutdown().await.unwrap();
    let tomorrow = OrderTerms {
        first: today(Rhythm::Once).first.next_day().unwrap(),
        ..today(Rhythm::Weekly)
    };
    let doomed = place(&alice, cleo.account, 100, tomorrow).await;
    cleo.submit(Wish::close_account(cleo.account)).await.unwrap();
    let late = Wish::standing_order(alice.account, cleo.account, eur(1), None, tomorrow).unwrap();
    assert_eq!(code_of(&alice.submit(late).await), "credit-account-closed");
    bank.assert_verifies().await;
    // Its day comes: the row is moved to where the clock would be, and so the log cannot be replayed any more.
    bank.execute(&format!(
        "UPDATE standing_orders SET next_at = now() WHERE order_id = '{doomed}'"
    ))
    .await;
    assert_eq!(
        outcome(&tried(&alice, doomed).await),
        ("failed", "credit-account-closed", "failed")
    );
    assert!(alice.standing_order(doomed).await.unwrap().next_day.is_none());
    assert!(!bank.verify().await.ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_held_to_the_limits_and_pays_nothing_that_a_person_would_have_to_see() {
    let bank = bank_of_today().await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    bank.put_in_force("approvals", "bank", r#"{"above":"100","two_above":"1000"}"#).await;
    let large =
        Wish::standing_order(alice.account, bob.account, eur(10_001), None, today(Rhythm::Weekly));
    assert_eq!(code_of(&alice.submit(large.unwrap()).await), "standing-order-needs-approval");
    let scope = format!("account:{}", alice.account);
    let value = r#"{"count_per_day":"3","new_payee":"90","per_hour":"99","per_minute":"99","per_transfer":"95"}"#;
    bank.put_in_force("limits", &scope, value).await;
    let large =
        Wish::standing_order(alice.account, bob.account, eur(9_501), None, today(Rhythm::Weekly));
    assert_eq!(code_of(&alice.submit(large.unwrap()).await), "limit-per-transfer");

    // The signature counts when it is made, each amount on its day.
    let paid = place(&alice, bob.account, 5_000, today(Rhythm::Weekly)).await;
    assert_eq!(outcome(&tried(&alice, paid).await), ("paid", "ok", "active"));
    let more = place(&alice, bob.account, 4_000, today(Rhythm::Weekly)).await;
    assert_eq!(outcome(&tried(&alice, more).await), ("paid", "ok", "active"));
    let beyond = place(&alice, bob.account, 1, today(Rhythm::Weekly)).await;
    assert_eq!(outcome(&tried(&alice, beyond).await), ("failed", "limit-new-payee", "active"));
    let tomorrow =
        OrderTerms { first: today(Rhythm::Once).first.next_day().unwrap(), ..today(Rhythm::Once) };
    let fourth = Wish::standing_order(alice.account, bob.account, eur(1), None, tomorrow).unwrap();
    assert_eq!(code_of(&alice.submit(fourth).await), "limit-count-per-day");
    let by_hand = alice.transfer(alice.account, bob.account, eur(1), None).await;
    assert_eq!(code_of(&by_hand), "limit-count-per-day");

    // What a person has to see from now on was ordered when nobody had to.
    bank.put_in_force("limits", &scope, "{}").await;
    let early = place(&alice, bob.account, 9_000, tomorrow).await;
    let [dora, cleo] = [bank.customer("Dora", 5_000).await, bank.customer("Cleo", 0).await];
    let all = place(&dora, cleo.account, 5_000, tomorrow).await;
    bank.put_in_force("approvals", "bank", r#"{"above":"50","two_above":"1000"}"#).await;
    let value = r#"{"ceiling":"block","critical":"3","high":"2","medium":"1"}"#;
    bank.put_in_force("risk", "bank", value).await;
    let again = Wish::standing_order(dora.account, cleo.account, eur(5_000), None, tomorrow);
    assert_eq!(code_of(&dora.submit(again.unwrap()).await), "risk-blocked");
    bank.assert_verifies().await;
    let is_due = async |order: IntentId| {
        let sql = format!("UPDATE standing_orders SET next_at = now() WHERE order_id = '{order}'");
        bank.execute(&sql).await;
    };
    is_due(all).await;
    assert_eq!(outcome(&tried(&dora, all).await), ("failed", "risk-blocked", "completed"));
    bank.put_in_force("risk", "bank", r#"{"ceiling":"monitor"}"#).await;
    is_due(early).await;
    let found = tried(&alice, early).await;
    assert_eq!(outcome(&found), ("failed", "standing-order-needs-approval", "completed"));
    assert_eq!(bank.balance(bob.account).await, 9_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_ended_while_it_is_due_is_paid_or_not_and_never_after() {
    let bank = bank_of_today().await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    for _ in 0..10 {
        let order = place(&alice, bob.account, 10, today(Rhythm::Weekly)).await;
        let answer = alice.submit(Wish::end_standing_order(order)).await;
        assert_eq!(code_of(&answer), "ok");
        let again = alice.submit(Wish::end_standing_order(order)).await;
        assert_eq!(code_of(&again), "standing-order-ended");
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let paid = bank.count("SELECT count(*) FROM standing_order_runs WHERE status = 'paid'").await;
    assert_eq!(bank.balance(bob.account).await, paid * 10);
    assert_eq!(bank.count("SELECT count(*) FROM standing_orders WHERE status = 'ended'").await, 10);
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_ends_another_persons_order_or_orders_from_an_account_that_is_not_theirs() {
    let bank = bank_of_today().await;
    let [alice, eve] = [bank.customer("Alice", 1_000).await, bank.customer("Eve", 0).await];
    let order = place(&alice, eve.account, 100, today(Rhythm::Weekly)).await;
    tried(&alice, order).await;
    for other in [&eve.session, bank.manager().await, bank.auditor().await] {
        let path = format!("/api/standing-orders/{order}");
        assert_eq!(bank.get_as(other, &path).await.status, 404);
        let listed = bank.get_as(other, "/api/standing-orders").await.ok().json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 0);
    }
    assert_eq!(
        code_of(&eve.submit(Wish::end_standing_order(order)).await),
        "standing-order-not-found"
    );
    let theft = Wish::standing_order(alice.account, eve.account, eur(1), None, today(Rhythm::Once));
    assert_eq!(code_of(&eve.submit(theft.unwrap()).await), "not-account-owner");
    let mine = bank.get_as(&alice, "/api/standing-orders?limit=1").await.ok().json();
    assert_eq!(mine["items"][0]["details"]["memo"], "rent");
    let next = format!("/api/standing-orders?limit=1&cursor={}", mine["next"].as_str().unwrap());
    assert_eq!(bank.get_as(&alice, &next).await.ok().json()["items"].as_array().unwrap().len(), 0);
    bank.assert_verifies().await;
}

/// What the risk engine said of a refused order, by the codes of its reasons.
fn reasons(refused: &Result<Settled, ClientError>, by: &Session) -> Vec<String> {
    let Err(ClientError::Refused { receipt, .. }) = refused else { panic!("it was placed") };
    let facts = receipt.verify(&by.bank().trust().verifier).unwrap().into_inner();
    let risk = facts.effects.risk.unwrap();
    risk.reasons.iter().filter_map(|reason| Some(reason.split_once(':')?.0.to_owned())).collect()
}

/// An order is paid when nobody knows any more who signed it: who would be stopped at a payment is stopped at the order.
#[tokio::test(flavor = "multi_thread")]
async fn a_thief_on_a_new_device_gets_no_further_by_an_order_than_by_a_payment() {
    let bank = bank_of_today().await;
    bank.put_in_force("risk", "bank", "{}").await;
    let alice = bank.customer("Alice", 100_000).await;
    let [bob, eve] = [bank.customer("Bob", 0).await, bank.customer("Eve", 0).await];
    alice.transfer(alice.account, bob.account, eur(100), None).await.unwrap();

    let stolen = Holder::generate(bank.client().suite(), alice.identity().user().clone());
    let asked = bank.client().pair(&stolen, "telephone").await.unwrap();
    alice.approve_device(&asked.pairing).await.unwrap();
    bank.client().enrol_paired(&stolen, &asked).await.unwrap();
    let thief = bank.login(&stolen).await;
    let order = |minor, terms| {
        Wish::standing_order(alice.account, eve.account, eur(minor), None, terms).unwrap()
    };
    let in_days = |days| {
        let first = today(Rhythm::Once).first.checked_add(time::Duration::days(days)).unwrap();
        OrderTerms { first, ..today(Rhythm::Once) }
    };
    // Much at once, today or whenever; and little by little, before the device is no longer new.
    for (minor, terms) in [(80_000, in_days(0)), (80_000, in_days(30))] {
        let refused = thief.submit(order(minor, terms)).await;
        assert_eq!(code_of(&refused), "standing-order-needs-approval");
        assert!(reasons(&refused, &thief).contains(&"takeover".to_owned()));
    }
    for terms in [in_days(0), in_days(2), today(Rhythm::Weekly)] {
        let refused = thief.submit(order(1_000, terms)).await;
        assert_eq!(code_of(&refused), "standing-order-needs-approval");
        let why = reasons(&refused, &thief);
        assert!(why.contains(&"new-device".to_owned()) && !why.contains(&"takeover".to_owned()));
    }
    // With another sign of a new hand it is more than a question.
    alice.set_password("seven mossy lanterns", None).await.unwrap();
    let refused = thief.submit(order(90_000, in_days(0))).await;
    assert_eq!(code_of(&refused), "risk-blocked");
    assert!(reasons(&refused, &thief).contains(&"credentials-changed".to_owned()));

    // Who has the device for longer than a thief has time may order as ever.
    thief.submit(order(1_000, in_days(4))).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(bank.balance(eve.account).await, 0);
    assert_eq!(bank.count("SELECT count(*) FROM standing_orders").await, 1);
    bank.assert_verifies().await;
}
