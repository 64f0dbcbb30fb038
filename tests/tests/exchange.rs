//! Exchanges and value dates, end to end: what is sold and bought, at which rate, who wins a race, from which day on money
//! counts, and that the auditor agrees with all of it.

use std::sync::Arc;

use client::{ClientError, HistoryQuery, Session, Settled, Wish};
use e2e::{Bank, Customer, code_of, eur, eventually, fresh_account, money};
use intent::OrderTerms;
use ledger::{AccountId, Freeze, TransferId};
use money::{Amount, AssetCode, Rate};
use server::corridor::Refusal;
use time::{Date, Duration};

const RATES: &str = r#"{"buy":"1.0812","sell":"1.0934"}"#;

/// What a receipt proves under this name.
fn effect(bank: &Bank, settled: &Settled, name: &str) -> Option<String> {
    let facts = settled.receipt.verify(&bank.trust().verifier).unwrap();
    facts.get().effects.result.get(name).cloned()
}

fn usd(minor: i64) -> Amount {
    money(minor, "USD")
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

/// A customer with euros and an empty account in dollars.
async fn traveller(bank: &Bank, name: &str, minor: i64) -> (Customer, AccountId) {
    let customer = bank.customer(name, minor).await;
    let dollars = bank.open(&customer, AssetCode::USD).await;
    (customer, dollars)
}

/// What the bank holds of an asset because it was exchanged.
async fn position(bank: &Bank, asset: &str) -> i64 {
    bank.count(&format!(
        "SELECT coalesce(sum(credits_posted - debits_posted), 0)::int8 FROM accounts
          WHERE asset = '{asset}' AND owner IS NULL AND kind = 'asset'"
    ))
    .await
}

async fn sell(by: &Session, from: AccountId, to: AccountId, minor: i64) -> Settled {
    let preview = by.exchange_preview(eur(minor), AssetCode::USD).await.unwrap();
    by.submit(Wish::exchange(from, to, preview.terms().unwrap())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_and_what_is_bought_move_together_at_the_rate_that_was_signed() {
    let bank = Bank::start().await;
    let (alice, dollars) = traveller(&bank, "Alice", 100_000).await;
    assert!(alice.rates().await.unwrap().is_empty());
    bank.put_in_force("rates", "pair:EUR/USD", RATES).await;
    let [listed] = alice.rates().await.unwrap().try_into().unwrap();
    assert_eq!((listed.base.as_str(), listed.quote.as_str()), ("EUR", "USD"));
    assert_eq!((listed.buy.as_str(), listed.sell.as_str()), ("1.0812", "1.0934"));

    let preview = alice.exchange_preview(eur(9_999), AssetCode::USD).await.unwrap();
    // 99.99 * 1.0812 = 108.109188
    assert_eq!((preview.buy_amount.as_str(), preview.rate.as_str()), ("10810", "1.0812"));
    let wish = Wish::exchange(alice.account, dollars, preview.terms().unwrap());
    let tried = alice.dry_run(wish.clone()).await.unwrap();
    assert_eq!((tried.outcome.as_str(), bank.balance(dollars).await), ("accepted", 0));
    let sold = alice.submit(wish).await.unwrap();
    assert_eq!(sold.receipt.code, "ok");
    assert_eq!(
        (bank.balance(alice.account).await, bank.balance(dollars).await),
        (100_000 - 9_999, 10_810)
    );
    assert_eq!((position(&bank, "EUR").await, position(&bank, "USD").await), (9_999, -10_810));

    // Back again: 108.10 / 1.0934 = 98.8659...
    let preview = alice.exchange_preview(usd(10_810), AssetCode::EUR).await.unwrap();
    assert_eq!((preview.buy_amount.as_str(), preview.rate.as_str()), ("9886", "1.0934"));
    let wish = Wish::exchange(dollars, alice.account, preview.terms().unwrap());
    alice.submit(wish).await.unwrap();
    assert_eq!(bank.balance(alice.account).await, 100_000 - 9_999 + 9_886);

    let path = format!("/api/transactions/{}", sold.receipt.intent_id);
    let shown = bank.get_as(&alice, &path).await.ok().json();
    assert_eq!(shown["rate"], "EUR/USD 1.0812");
    assert_eq!(effect(&bank, &sold, "rate").unwrap(), "EUR/USD 1.0812");
    let day = OrderTerms::day_text(server_day());
    for account in [alice.account, dollars] {
        let path = format!(
            "/api/customer/statements/download?account={account}&from={day}&to={day}&format=csv"
        );
        let text = bank.get_as(&alice, &path).await.ok().text();
        assert!(text.contains("exchange at EUR/USD 1.0812"), "{text}");
    }
    bank.assert_verifies().await;
    bank.assert_books_balance().await;
}

fn server_day() -> Date {
    let seconds = server::clock::now().get() / 1_000_000;
    time::OffsetDateTime::from_unix_timestamp(seconds).unwrap().date()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_exchanges_for_others_against_the_rate_or_by_half() {
    let bank = Bank::start().await;
    bank.put_in_force("rates", "pair:EUR/USD", RATES).await;
    bank.put_in_force("rates", "pair:EUR/XAU", RATES).await;
    let (alice, dollars) = traveller(&bank, "Alice", 100_000).await;
    let (mallory, hers) = traveller(&bank, "Mallory", 100_000).await;
    let at = |debit, credit, sell: Amount, buy: Amount, said: &str| {
        Wish::exchange(debit, credit, (sell, buy, rate(said)))
    };
    let good = |debit, credit| at(debit, credit, eur(10_000), usd(10_812), "1.0812");
    let unkept = money(10_812, "XAU");
    let refused = [
        (good(alice.account, hers), Refusal::NotAccountOwner.code()),
        (good(mallory.account, dollars), Refusal::NotAccountOwner.code()),
        (good(hers, mallory.account), "asset-mismatch"),
        (good(mallory.account, mallory.account), "asset-mismatch"),
        (good(fresh_account(), hers), "debit-account-not-found"),
        (good(mallory.account, fresh_account()), "credit-account-not-found"),
        (at(mallory.account, mallory.account, eur(1), eur(1), "1"), "rate-unknown"),
        (at(mallory.account, hers, eur(10_000), unkept, "1.0812"), "rate-unknown"),
        (at(mallory.account, hers, eur(10_000), usd(10_934), "1.0934"), "rate-stale"),
        (at(mallory.account, hers, eur(10_000), usd(10_813), "1.0812"), "exchange-mismatch"),
        (at(mallory.account, hers, eur(10_000), usd(10_811), "1.0812"), "exchange-mismatch"),
        (at(mallory.account, hers, eur(0), usd(0), "1.0812"), "amount-must-not-be-zero"),
        (at(mallory.account, hers, eur(i64::MAX), usd(i64::MAX), "1.0812"), "exchange-mismatch"),
        (at(hers, mallory.account, usd(1), eur(0), "1.0934"), "amount-must-not-be-zero"),
        (
            at(mallory.account, hers, eur(20_000_000), usd(21_624_000), "1.0812"),
            "insufficient-funds",
        ),
    ];
    for (wish, expected) in refused {
        let answer = mallory.submit(wish.clone()).await;
        assert_eq!(code_of(&answer), expected, "{:?}", wish.body);
    }
    let stale = at(mallory.account, hers, eur(100), usd(109), "1.0934");
    let Err(ClientError::Refused { problem, .. }) = mallory.submit(stale).await else {
        panic!("a stale rate was taken");
    };
    assert_eq!(problem.status, 409);
    assert!(problem.detail.contains("EUR/USD 1.0812"));
    assert_eq!((bank.balance(mallory.account).await, bank.balance(hers).await), (100_000, 0));

    // Neither side gives half of it back: not who bought, and not the bank.
    let sold = sell(&mallory, mallory.account, hers, 10_000).await;
    let legs = bank.rows("SELECT transfer_id FROM transfers WHERE rate IS NOT NULL").await;
    assert_eq!(legs.len(), 2);
    let manager = bank.manager().await;
    for leg in &legs {
        let leg = TransferId::new(sqlx::Row::get(leg, 0));
        for session in [&*mallory, manager] {
            let answer = session.submit(Wish::reverse(leg, None, "by half".into())).await;
            assert_eq!(code_of(&answer), "transfer-not-found");
        }
    }
    assert!(
        legs.iter()
            .any(|leg| { sqlx::Row::get::<uuid::Uuid, _>(leg, 0) == sold.receipt.intent_id.get() })
    );
    // A manager or anybody else has no accounts to exchange.
    let answer = manager.submit(good(mallory.account, hers)).await;
    assert_eq!(code_of(&answer), "permission-denied");
    bank.assert_verifies().await;
    bank.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_or_position_keeps_both_sides_from_moving() {
    let bank = Bank::start().await;
    bank.put_in_force("rates", "pair:EUR/USD", RATES).await;
    let (alice, dollars) = traveller(&bank, "Alice", 100_000).await;
    let manager = bank.manager().await;
    let of_bank = |asset: &str| {
        format!(
            "SELECT account_id FROM accounts WHERE asset = '{asset}' AND owner IS NULL AND kind = 'asset'"
        )
    };
    let mut frozen =
        vec![(alice.account, "debit-account-frozen"), (dollars, "credit-account-frozen")];
    for (asset, expected) in [("EUR", "credit-account-frozen"), ("USD", "debit-account-frozen")] {
        let [row] = bank.rows(&of_bank(asset)).await.try_into().unwrap();
        frozen.push((AccountId::new(sqlx::Row::get(&row, 0)), expected));
    }
    for (account, expected) in frozen {
        let both = Freeze { debit: true, credit: true };
        manager.freeze(account, both, "inquiry").await.unwrap();
        let terms = (eur(10_000), usd(10_812), rate("1.0812"));
        let answer = alice.submit(Wish::exchange(alice.account, dollars, terms)).await;
        assert_eq!(code_of(&answer), expected);
        manager.freeze(account, Freeze::default(), "over").await.unwrap();
    }
    assert_eq!((bank.balance(alice.account).await, bank.balance(dollars).await), (100_000, 0));
    sell(&alice, alice.account, dollars, 10_000).await;
    // What stays with its owner counts no limit and waits for nobody.
    bank.put_in_force("limits", "bank", r#"{"per_day":"0","per_transfer":"0"}"#).await;
    bank.put_in_force("approvals", "bank", r#"{"above":"0","two_above":"0"}"#).await;
    assert_eq!(sell(&alice, alice.account, dollars, 10_000).await.receipt.code, "ok");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_exchanges_race_for_one_balance_at_two_instances_and_one_wins() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    bank.put_in_force("rates", "pair:EUR/USD", RATES).await;
    let (alice, dollars) = traveller(&bank, "Alice", 40_000).await;
    let elsewhere = bank.client_of(&another).login(alice.identity().clone()).await.unwrap();
    let (alice, elsewhere) = (Arc::new(alice), Arc::new(elsewhere));
    let mut racing = tokio::task::JoinSet::new();
    for turn in 0..10 {
        let (here, there) = (Arc::clone(&alice), Arc::clone(&elsewhere));
        racing.spawn(async move {
            let session: &Session = if turn % 2 == 0 { &here } else { &there };
            let terms = (eur(15_000), usd(16_218), rate("1.0812"));
            code_of(&session.submit(Wish::exchange(here.account, dollars, terms)).await).to_owned()
        });
    }
    let codes = racing.join_all().await;
    let won = codes.iter().filter(|code| *code == "ok").count();
    assert_eq!(won, 2, "{codes:?}");
    assert!(codes.iter().all(|code| ["ok", "insufficient-funds"].contains(&code.as_str())));
    assert_eq!((bank.balance(alice.account).await, bank.balance(dollars).await), (10_000, 32_436));
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
    bank.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_rate_counts_from_the_next_exchange_on_at_every_instance() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    bank.put_in_force("rates", "pair:EUR/USD", RATES).await;
    let (alice, dollars) = traveller(&bank, "Alice", 100_000).await;
    let elsewhere = bank.client_of(&another).login(alice.identity().clone()).await.unwrap();
    sell(&elsewhere, alice.account, dollars, 100).await;
    for round in 1..6_i64 {
        let old = alice.exchange_preview(eur(10_000), AssetCode::USD).await.unwrap();
        let value = format!(r#"{{"buy":"1.{round}","sell":"2"}}"#);
        bank.put_in_force("rates", "pair:EUR/USD", &value).await;
        // The other instance remembers the old rate, and must not use it.
        let wish = Wish::exchange(alice.account, dollars, old.terms().unwrap());
        assert_eq!(code_of(&elsewhere.submit(wish).await), "rate-stale", "round {round}");
        let sold = sell(&elsewhere, alice.account, dollars, 100).await;
        assert_eq!(sold.receipt.code, "ok");
    }
    // In the other spelling it is the same pair, and the empty policy ends it.
    bank.put_in_force("rates", "pair:USD/EUR", r#"{"buy":"0.9","sell":"1"}"#).await;
    let other = alice.exchange_preview(eur(100), AssetCode::USD).await.unwrap();
    assert_eq!((other.pair.as_str(), other.rate.as_str()), ("USD/EUR", "1"));
    assert_eq!(alice.rates().await.unwrap().len(), 1);
    bank.put_in_force("rates", "pair:USD/EUR", "{}").await;
    let wish = Wish::exchange(alice.account, dollars, other.terms().unwrap());
    assert_eq!(code_of(&elsewhere.submit(wish).await), "rate-unknown");
    let path = "/api/transactions/exchange/preview?sell_amount=1&sell_asset=EUR&buy_asset=USD";
    assert_eq!(bank.get_as(&alice, path).await.status, 404);
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

async fn balance_on(bank: &Bank, of: &Customer, day: Date) -> String {
    let day = OrderTerms::day_text(day);
    let path = format!("/api/accounts/{}/balance?value_on={day}", of.account);
    let answer = bank.get_as(of, &path).await.ok().json();
    assert_eq!(answer["value_on"], day);
    answer["balance"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn money_counts_from_its_value_date_on_which_the_banks_calendar_gives() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let first = alice.transfer(alice.account, bob.account, eur(100), None).await.unwrap();
    // Behind the cut-off all day long: whatever is posted counts from tomorrow on.
    bank.put_in_force("calendar", "bank", r#"{"cut_off":"0"}"#).await;
    let later = alice.transfer(alice.account, bob.account, eur(20), None).await.unwrap();
    let hold = alice
        .submit(Wish::hold(alice.account, bob.account, eur(7), in_an_hour(), None).unwrap())
        .await
        .unwrap();
    let view = async |settled: &Settled| {
        let path = format!("/api/transactions/{}", settled.receipt.intent_id);
        bank.get_as(&alice, &path).await.ok().json()
    };
    let day = |view: &serde_json::Value, name: &str| {
        OrderTerms::day(&view[name].as_str().unwrap()[..10]).unwrap()
    };
    let (early, late) = (view(&first).await, view(&later).await);
    assert_eq!(day(&early, "value_on"), day(&early, "at"));
    let tomorrow = day(&late, "at") + Duration::days(1);
    assert_eq!(day(&late, "value_on"), tomorrow);
    // The receipt says it where it is another day than that of the posting.
    let said = effect(&bank, &later, "value_on");
    assert_eq!(said.as_deref(), late["value_on"].as_str());
    assert_eq!(effect(&bank, &first, "value_on"), None);
    assert!(view(&hold).await["value_on"].is_null(), "what is held moves nothing");

    let today = day(&early, "at");
    assert_eq!(balance_on(&bank, &bob, today - Duration::days(1)).await, "0");
    assert_eq!(balance_on(&bank, &bob, tomorrow).await, "120");
    assert_eq!(balance_on(&bank, &bob, tomorrow - Duration::days(1)).await, "100");
    assert_eq!(balance_on(&bank, &alice, tomorrow).await, "880");
    assert_eq!(balance_on(&bank, &alice, tomorrow - Duration::days(1)).await, "900");
    let both = format!(
        "/api/accounts/{}/balance?value_on={today}&at={}",
        bob.account,
        server::clock::now()
    );
    assert_eq!(bank.get_as(&bob, &both).await.problem(), "malformed-request");

    let by_value = |from, to| HistoryQuery {
        by_value: true,
        from,
        to,
        limit: Some(1),
        ..HistoryQuery::default()
    };
    let ids = async |mut query: HistoryQuery| {
        let mut found = Vec::new();
        loop {
            let page = bob.history(&query).await.unwrap();
            found.extend(page.items.into_iter().map(|item| item.id));
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return found,
            }
        }
    };
    let [one, other] = [&first, &later].map(|it| it.receipt.intent_id.to_string());
    assert_eq!(ids(by_value(None, None)).await, [other.clone(), one.clone()]);
    assert_eq!(ids(by_value(Some(tomorrow), None)).await, std::slice::from_ref(&other));
    assert_eq!(
        ids(by_value(None, Some(tomorrow - Duration::days(1)))).await,
        std::slice::from_ref(&one)
    );
    let posted = HistoryQuery { by_value: false, ..by_value(Some(today), Some(tomorrow)) };
    assert_eq!(ids(posted).await, [other, one]);
    for bad in ["by=luck", "from=yesterday", "by=value&cursor=1.2", "cursor=2026-01-01.1.2"] {
        let path = format!("/api/transactions/history?{bad}");
        assert_eq!(bank.get_as(&bob, &path).await.problem(), "malformed-request", "{bad}");
    }
    // A statement has both dates.
    let (from, to) = (OrderTerms::day_text(today), OrderTerms::day_text(tomorrow));
    let path = format!(
        "/api/customer/statements/download?account={}&from={from}&to={to}&format=json",
        bob.account
    );
    let statement = bank.get_as(&bob, &path).await.ok().json();
    let last = statement["entries"].as_array().unwrap().last().unwrap();
    assert_eq!(last["value_date"], to, "{statement}");
    bank.assert_verifies().await;
    bank.assert_books_balance().await;
}

fn in_an_hour() -> intent::UtcMicros {
    intent::UtcMicros::from_micros(server::clock::now().get() + 3_600_000_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_date_or_a_rate_that_was_changed_is_found() {
    let bank = Bank::start().await;
    bank.put_in_force("rates", "pair:EUR/USD", RATES).await;
    let (alice, dollars) = traveller(&bank, "Alice", 100_000).await;
    let sold = sell(&alice, alice.account, dollars, 10_000).await;
    bank.assert_verifies().await;
    let of = sold.receipt.intent_id;
    let changes = [
        ("value_on", "value_on + 1", "value_on - 1"),
        ("value_on", "NULL", "posted_at::date"),
        ("rate", "'EUR/USD 1.0934'", "'EUR/USD 1.0812'"),
        ("rate", "NULL", "'EUR/USD 1.0812'"),
    ];
    for (column, forged, right) in changes {
        let set = async |value: &str| {
            bank.execute(&format!(
                "UPDATE transfers SET {column} = {value} WHERE transfer_id = '{of}'"
            ))
            .await
        };
        assert_eq!(set(forged).await, 1);
        let report = bank.verify().await;
        let is_named = |finding: &server::verify::Finding| {
            finding.table == Some("transfers") && finding.column.as_deref() == Some(column)
        };
        assert!(!report.ok && report.findings.iter().any(is_named), "{column} {forged}");
        set(right).await;
    }
    eventually("a clean bank again", async || bank.verify().await.ok.then_some(())).await;
}
