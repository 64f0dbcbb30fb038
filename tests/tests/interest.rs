//! Interest, fees and the end of a day, end to end: posted once, by whichever server is first.

use e2e::{Bank, Customer, eventually};
use serde_json::Value;
use std::time::Duration;

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything that the month before this one had begun with. The log tells another story from then on: it is not verified.
async fn move_a_month_back(bank: &Bank) {
    let month =
        "to_char(date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month', 'YYYY-MM-DD')";
    bank.execute(&format!("UPDATE accruals SET until = {month}")).await;
    bank.execute("UPDATE accounts SET opened_at = now() - interval '100 days'").await;
    bank.execute("UPDATE policies SET since = now() - interval '100 days'").await;
}

async fn posted(bank: &Bank, kind: &str) -> usize {
    let trail = format!("/api/audit/logs?kind={kind}");
    let trail = bank.get_as(bank.auditor().await, &trail).await.ok().json();
    trail["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn interest_and_the_fee_of_a_month_are_posted_once_by_whichever_server_is_first() {
    let bank = Bank::start().await;
    bank.put_in_force("interest", "asset:EUR", r#"{"credit":"2020-01-01:150"}"#).await;
    bank.put_in_force("fees", "asset:EUR", r#"{"monthly":"300"}"#).await;
    let rich: Customer = bank.customer("Rich", 1_000_000).await;
    let poor = bank.customer("Poor", 200).await;
    let mut events = rich.events(None).await.unwrap();
    move_a_month_back(&bank).await;
    let (one, other) = tokio::join!(bank.start_another(), bank.start_another());
    let days = "SELECT extract(day FROM date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 day')::int8";
    let earned = 1_000_000 * bank.count(days).await * 150 / (365 * 10_000);
    eventually("interest and fee", async || {
        (bank.balance(rich.account).await == 1_000_000 + earned - 300).then_some(())
    })
    .await;
    one.shutdown().await.unwrap();
    other.shutdown().await.unwrap();
    let again = bank.start_another().await;
    again.shutdown().await.unwrap();
    assert_eq!(
        (posted(&bank, "interest.posted").await, posted(&bank, "fee.charged").await),
        (1, 1)
    );
    assert_eq!(bank.balance(rich.account).await, 1_000_000 + earned - 300);
    assert_eq!(bank.balance(poor.account).await, 200, "who cannot pay a fee is asked again later");
    bank.assert_books_balance().await;
    // Its owner is told of both, by whichever server, and nobody else is.
    let mut told = Vec::new();
    while told.len() < 2 {
        let event = tokio::time::timeout(PATIENCE, events.next()).await.expect("an event in time");
        let event = event.unwrap().expect("the stream goes on");
        assert!(event.document["event"] == true, "{}", event.document);
        let movement = &event.document["movements"][0];
        assert_eq!((&movement["kind"], &movement["code"]), (&"post".into(), &"ok".into()));
        let sides = [&movement["debit"], &movement["credit"]];
        let minor: i64 = movement["amount"].as_str().unwrap().parse().unwrap();
        told.push((event.kind.clone(), sides.map(|side| *side == rich.account.to_string()), minor));
    }
    told.sort();
    assert_eq!(
        told,
        [
            ("fee.charged".to_owned(), [true, false], 300),
            ("interest.posted".to_owned(), [false, true], earned)
        ]
    );
    // The payer sees both, as any transfer.
    let history = bank.get_as(&rich, "/api/transactions/history").await.ok().json();
    assert_eq!(history["items"].as_array().unwrap().len(), 3, "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_closed_once_with_a_trial_balance_that_the_auditor_makes_again() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    alice.transfer(alice.account, bob.account, e2e::eur(250), None).await.unwrap();
    // As of tomorrow: no clock of the test's can be turned.
    let tomorrow = server::clock::now().get() + 86_400_000_000;
    let tomorrow = intent::UtcMicros::from_micros(tomorrow);
    server::days::close_days(bank.app(), tomorrow).await.unwrap();
    server::days::close_days(bank.app(), tomorrow).await.unwrap();
    let days = bank.get_as(bank.auditor().await, "/api/audit/days").await.ok().json();
    let [day] = days["items"].as_array().unwrap().as_slice() else { panic!("{days}") };
    assert_eq!(day["balanced"], true);
    let euros = |it: &&Value| it["asset"] == "EUR";
    let euros = day["assets"].as_array().unwrap().iter().find(euros).unwrap();
    assert_eq!((&euros["debits"], &euros["credits"]), (&"1250".into(), &"1250".into()));
    assert_eq!(bank.get_as(&alice, "/api/audit/days").await.status, 403);
    let report = bank.verify().await;
    let [finding] = report.findings.as_slice() else { panic!("{report:#?}") };
    assert!(finding.message.contains("before it was over"), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_that_close_the_same_days_at_once_close_each_once() {
    const DAYS: i64 = 5;
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let later = server::clock::now().get() + DAYS * 86_400_000_000;
    let later = intent::UtcMicros::from_micros(later);
    let apps = [bank.app(), bank.app(), &another.app, &another.app];
    let close = |app: &server::App| {
        let app = app.clone();
        tokio::spawn(async move { server::days::close_days(&app, later).await.unwrap() })
    };
    let closing = apps.map(close);
    // Money moves meanwhile: whoever is second has other sums.
    for _ in 0..10 {
        alice.transfer(alice.account, bob.account, e2e::eur(1), None).await.unwrap();
    }
    let mut ends = Vec::new();
    for closing in closing {
        ends.push(closing.await.unwrap());
    }
    ends.dedup();
    assert_eq!(ends.len(), 1, "all know the same last day: {ends:?}");
    let days = bank.get_as(bank.auditor().await, "/api/audit/days").await.ok().json();
    let days = days["items"].as_array().unwrap();
    let closed: std::collections::BTreeSet<_> =
        days.iter().map(|day| day["day"].as_str().unwrap()).collect();
    assert_eq!((days.len(), closed.len()), (usize::try_from(DAYS).unwrap(), days.len()));
    assert!(days.iter().all(|day| day["balanced"] == true), "{days:?}");
    let records = "SELECT count(*) FROM records WHERE get_byte(leaf, 8) = 143";
    assert_eq!(bank.count(records).await, DAYS);
    // That they were closed ahead of their time is the test's doing, and the only thing that is wrong.
    let report = bank.verify().await;
    assert!(
        report.findings.iter().all(|finding| finding.message.contains("before it was over")),
        "{report:#?}"
    );
    another.shutdown().await.unwrap();
}
