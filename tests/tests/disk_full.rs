//! The disk of the database is full: payments are refused, or honestly in doubt, and go on when there is room again.

use e2e::{Bank, Customer, Forger, eur, eventually, eventually_within};
use intent::{Body, Receipt, SignedIntent, TransferBody};
use std::time::Duration;

const MEGABYTES: u32 = 320;
const MONEY_MINOR: i64 = 1_000_000;
/// Payments that may still find room in pages that are there already.
const PAYMENTS_MAX: usize = 500;
/// Segments of WAL that may still be there to be used again.
const SEGMENTS_MAX: usize = 100;
/// Whoever could not start tries again, ever more seldom.
const PATIENCE: Duration = Duration::from_mins(3);

/// What was signed, and where it stands if that is known.
#[derive(Default)]
struct Payments {
    acknowledged: Vec<(SignedIntent, u64)>,
    open: Vec<(SignedIntent, u16)>,
}

impl Payments {
    /// One payment, sent once. Whether it went through.
    async fn pay(&mut self, bank: &Bank, from: &Customer, to: &Customer) -> bool {
        let (debit, credit) = (from.account, to.account);
        let body = TransferBody { debit, credit, amount: eur(1), details: None };
        let signed = Forger::of(from).next(Body::Transfer(body));
        let answer = bank.submit(from, &signed).await;
        if answer.status == 200 {
            let index = Receipt::from_json(&answer.body).unwrap().index.get();
            self.acknowledged.push((signed, index));
            return true;
        }
        assert!([503, 504].contains(&answer.status), "{}: {}", answer.status, answer.text());
        self.open.push((signed, answer.status));
        false
    }

    /// Sends everything again, and adds what was open to what is acknowledged.
    async fn settle(&mut self, bank: &Bank, payer: &Customer) {
        for (signed, index) in &self.acknowledged {
            let answer = bank.submit(payer, signed).await.ok();
            assert_eq!(Receipt::from_json(&answer.body).unwrap().index.get(), *index);
        }
        for (signed, _) in std::mem::take(&mut self.open) {
            let answer = bank.submit(payer, &signed).await.ok();
            let index = Receipt::from_json(&answer.body).unwrap().index.get();
            self.acknowledged.push((signed, index));
        }
        let paid = i64::try_from(self.acknowledged.len()).unwrap();
        let posted = bank.count("SELECT count(*) FROM transfers WHERE code = 'ok'").await;
        assert_eq!(posted, paid + 1, "each once, and no other but the funding");
        assert_eq!(bank.balance(payer.account).await, MONEY_MINOR - paid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_payments_and_loses_and_doubles_none() {
    let Some(mut bank) = Bank::start_on_disk(MEGABYTES).await else { return };
    let alice = bank.customer("Alice", MONEY_MINOR).await;
    let bob = bank.customer("Bob", 0).await;
    let mut payments = Payments::default();
    assert!(payments.pay(&bank, &alice, &bob).await);

    // No room for rows: refused before anything happened.
    bank.disk().unwrap().fill();
    let mut tried = 0;
    while payments.pay(&bank, &alice, &bob).await {
        tried += 1;
        assert!(tried < PAYMENTS_MAX, "the disk is full");
    }
    let (refused, status) = payments.open.last().unwrap().clone();
    assert_eq!(status, 503);
    let id = refused.parse_intent().unwrap().id();
    let recorded = format!("SELECT count(*) FROM records WHERE intent_id = '{id}'");
    assert_eq!(bank.count(&recorded).await, 0, "nothing happened, as it was told");
    // Whoever only looks does not notice.
    bank.get_as(&alice, "/api/transactions/history").await.assert_ok();
    bank.disk().unwrap().free();
    assert!(payments.pay(&bank, &alice, &bob).await, "there is room again");
    payments.settle(&bank, &alice).await;

    // No room for WAL: the database itself goes down, and comes up again when it can.
    bank.disk().unwrap().fill();
    let mut superuser = bank.superuser().await;
    let mut segments = 0;
    while sqlx::raw_sql(
        "SELECT pg_logical_emit_message(false, '', 'something'); SELECT pg_switch_wal()",
    )
    .execute(&mut superuser)
    .await
    .is_ok()
    {
        segments += 1;
        assert!(segments < SEGMENTS_MAX, "the disk is full");
    }
    for _ in 0..3 {
        assert!(!payments.pay(&bank, &alice, &bob).await, "no room for WAL");
    }
    bank.disk().unwrap().free();
    eventually_within(PATIENCE, "the bank to pay again", async || {
        payments.pay(&bank, &alice, &bob).await.then_some(())
    })
    .await;
    payments.settle(&bank, &alice).await;
    eventually("the bank to say that it is ready", async || {
        (bank.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    eprintln!(
        "{} payments, each once; {tried} found room on a full disk, {segments} segments of WAL were there",
        payments.acknowledged.len()
    );
    bank.assert_verifies().await;
    bank.stop_server().await;
    bank.stop_postgres().await;
}
