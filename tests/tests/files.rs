//! Files in and out, end to end: statements that verify, payment files under one signature, and what other banks say held
//! against the ledger.

use client::{Wish, verify_statement};
use e2e::{Bank, Customer, Request, eur};
use messages::external::camt053;
use messages::statement::seal::{self, SealError};
use messages::{Account, Limits};
use money::AssetCode;

/// The days around today: tests may run over midnight.
fn period() -> String {
    let now = server::clock::now();
    let day = |apart: i64| {
        let at = intent::UtcMicros::from_micros(now.get() + apart * 86_400_000_000);
        at.to_string()[..10].to_owned()
    };
    format!("from={}&to={}", day(-1), day(1))
}

fn download(account: ledger::AccountId, format: &str) -> String {
    let period = period();
    format!("/api/customer/statements/download?account={account}&{period}&format={format}")
}

/// Alice has paid Bob twice, was paid back once, and Bob has refunded one payment.
async fn two_who_paid(bank: &Bank) -> (Customer, Customer) {
    let alice = bank.customer("Alice", 100_000).await;
    let bob = bank.customer("Bob", 0).await;
    let first = alice.transfer(alice.account, bob.account, eur(1_234), Some("rent <&> é")).await;
    alice.transfer(alice.account, bob.account, eur(5_000), None).await.unwrap();
    bob.transfer(bob.account, alice.account, eur(100), Some("=1+1")).await.unwrap();
    let first = ledger::TransferId::new(first.unwrap().receipt.intent_id.get());
    bob.submit(Wish::reverse(first, Some(eur(34)), "too much".into())).await.unwrap();
    (alice, bob)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_adds_up_in_every_form_and_verifies_until_anything_in_it_is_changed() {
    let bank = Bank::start().await;
    let (alice, _) = two_who_paid(&bank).await;
    let path = format!("/api/customer/statements/preview?account={}&{}", alice.account, period());
    let preview = bank.get_as(&alice, &path).await.ok().json();
    assert_eq!(preview["opening_balance"], "0");
    assert_eq!(preview["closing_balance"], "93900");
    assert_eq!((&preview["credits"], &preview["debits"]), (&"100134".into(), &"6234".into()));
    assert_eq!(preview["entries"], "5");

    let json = bank.get_as(&alice, &download(alice.account, "json")).await.ok();
    assert!(json.header("content-disposition").starts_with("attachment; filename=\"statement-SR"));
    let sealed = verify_statement(&json.body, bank.trust()).unwrap();
    assert_eq!((sealed.opening.as_str(), sealed.closing.as_str()), ("0.00", "939.00"));
    let statement = json.json();
    let entries = statement["entries"].as_array().unwrap();
    assert_eq!(entries[1]["text"], "rent <&> é");
    assert_eq!(entries[4]["reversal"], true);
    // Every entry names the intent that made it, and its leaf in the log.
    for entry in entries {
        let (intent, leaf) = (entry["intent"].as_str().unwrap(), &entry["leaf_index"]);
        let sql = format!("SELECT leaf_index FROM records WHERE intent_id = '{intent}'");
        assert_eq!(leaf.as_i64().unwrap(), bank.count(&sql).await, "{entry}");
        assert!(leaf.as_u64().unwrap() < sealed.checkpoint_size);
    }

    for (format, start) in [("csv", "row,"), ("camt053", "<?xml"), ("pdf", "%PDF-1.7")] {
        let answer = bank.get_as(&alice, &download(alice.account, format)).await.ok();
        assert!(answer.body.starts_with(start.as_bytes()), "{format}");
        if format != "pdf" {
            assert!(answer.text().contains(&sealed.digest), "{format} shows the same digest");
        }
    }
    let camt = bank.get_as(&alice, &download(alice.account, "camt053")).await.ok();
    let read = camt053::read(&camt.body, &Limits::PRODUCT).unwrap().remove(0);
    assert_eq!(read.adds_up(), Some(true));
    let own = ledger::AccountNumber::of(alice.account);
    assert_eq!((read.account, read.closing), (Account::Own(own), Some(93_900)));

    // By the header as by the query.
    let path = download(alice.account, "json").replace("&format=json", "");
    let csv = bank.send_as(&alice, Request::get(&path).with("accept", "text/csv")).await.ok();
    assert!(csv.header("content-type").starts_with("text/csv"));

    let good = json.text();
    for (from, to) in [
        ("\"amount\":\"-12.34\"", "\"amount\":\"-12.35\""),
        ("\"closing_balance\":\"939.00\"", "\"closing_balance\":\"940.00\""),
        ("\"holder\":\"Alice\"", "\"holder\":\"Alicia\""),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        assert!(verify_statement(changed.as_bytes(), bank.trust()).is_err(), "{from}");
    }
    // A digest that fits what was changed is not what the bank signed.
    let changed = good.replacen("\"text\":\"rent", "\"text\":\"gift", 1);
    let Err(SealError::OtherDigest { found: digest }) = seal::read(changed.as_bytes()) else {
        panic!("the digest covers texts")
    };
    let forged = changed.replacen(&sealed.digest, &digest, 1);
    assert!(seal::read(forged.as_bytes()).is_ok());
    let error = verify_statement(forged.as_bytes(), bank.trust()).unwrap_err();
    assert!(error.to_string().contains("signature"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_share_no_entry_and_a_balance_is_known_at_every_time() {
    let bank = Bank::start().await;
    let (alice, bob) = two_who_paid(&bank).await;
    let times = "UPDATE transfers t SET posted_at = timestamptz '2026-03-31 23:59:59Z' + e.sequence * interval '1 second'
                   FROM entries e WHERE e.transfer_id = t.transfer_id AND e.account_id = ";
    bank.execute(&format!("{times}'{}'", alice.account)).await;
    // Posted from midnight on: the first at 00:00:00 of April.
    let ask = |from: &str, to: &str| {
        format!("/api/customer/statements/preview?account={}&from={from}&to={to}", alice.account)
    };
    let march = bank.get_as(&alice, &ask("2026-03-01", "2026-03-31")).await.ok().json();
    let april = bank.get_as(&alice, &ask("2026-04-01", "2026-04-30")).await.ok().json();
    assert_eq!((&march["entries"], &march["closing_balance"]), (&"0".into(), &"0".into()));
    assert_eq!((&april["entries"], &april["opening_balance"]), (&"5".into(), &"0".into()));
    let at = |second: &str| format!("/api/accounts/{}/balance?at=2026-04-01T00:00:{second}Z", alice.account);
    for (second, balance) in [
        ("00.000000", "100000"),
        ("00.999999", "100000"),
        ("01.000000", "98766"),
        ("02.000000", "93766"),
        ("59.000000", "93900"),
    ] {
        let found = bank.get_as(&alice, &at(second)).await.ok().json();
        assert_eq!(found["balance"], balance, "{second}");
    }
    assert_eq!(bank.get_as(&bob, &at("00.000000")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_statement_is_not_there_and_the_staffs_permission_opens_it() {
    let bank = Bank::start().await;
    let (alice, bob) = two_who_paid(&bank).await;
    for path in [
        download(alice.account, "json"),
        download(alice.account, "pdf"),
        format!("/api/customer/statements/preview?account={}&{}", alice.account, period()),
    ] {
        assert_eq!(bank.get_as(&bob, &path).await.refusal(), (404, "not-found".into()), "{path}");
        bank.get_as(bank.auditor().await, &path).await.assert_ok();
        bank.get_as(bank.manager().await, &path).await.assert_ok();
        assert_eq!(bank.get_as(bank.admin().await, &path).await.status, 403, "{path}");
        assert_eq!(bank.get(&path).await.status, 401, "{path}");
    }
    // What the payer wrote is between the two: staff do not read it.
    let staff = bank.get_as(bank.auditor().await, &download(alice.account, "json")).await.ok();
    assert!(!staff.text().contains("rent"));
    verify_statement(&staff.body, bank.trust()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_does_not_add_up_breaks_off_and_names_of_files_are_our_own() {
    let bank = Bank::start().await;
    let (alice, _) = two_who_paid(&bank).await;
    for query in [
        "from=../../etc/passwd&to=2026-03-31",
        "from=2026-03-01&to=2026-03-31%0d%0aX-Evil:1",
        "from=2026-03-31&to=2026-03-01",
        "from=2026-03-01&to=9999-12-31",
        "from=2026-03-01&to=2026-03-31&format=../x",
    ] {
        let path = format!("/api/customer/statements/download?account={}&{query}", alice.account);
        assert_eq!(bank.get_as(&alice, &path).await.status, 400, "{query}");
    }
    let path = format!("/api/customer/statements/download?account=..%2F..%2Fx&{}", period());
    assert_eq!(bank.get_as(&alice, &path).await.status, 400);

    let change = "UPDATE entries SET amount = amount + 1 WHERE sequence = 3 AND account_id = ";
    bank.execute(&format!("{change}'{}'", alice.account)).await;
    for format in ["json", "csv", "camt053", "pdf"] {
        let request = Request::get(&download(alice.account, format)).proved_by(&alice).await;
        assert!(bank.try_send(request).await.is_err(), "{format} has an end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_currency_without_decimals_has_none_in_its_statement() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let yen = bank.open(&alice, AssetCode::JPY).await;
    bank.fund(yen, e2e::money(500, "JPY")).await;
    let json = bank.get_as(&alice, &download(yen, "json")).await.ok();
    let sealed = verify_statement(&json.body, bank.trust()).unwrap();
    assert_eq!((sealed.closing.as_str(), sealed.currency.as_str()), ("500", "JPY"));
    bank.get_as(&alice, &download(yen, "camt053")).await.assert_ok();
}
