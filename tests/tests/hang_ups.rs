//! Clients that hang up at any moment: what they asked for happens once or not at all, and nobody else feels it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use e2e::{Bank, Customer, Forger, eur, eventually};
use intent::{Body, Receipt, TransferBody};
use reqwest::Method;
use tokio::task::JoinSet;
use tokio::time::timeout;

const PAYERS: usize = 3;
const PAYMENTS: u64 = 40;
const SIGN_INS: usize = 30;
const MONEY_MINOR: i64 = 10_000;
const MINOR: i64 = 10;
/// So long a client listens at most before it hangs up: longer than most answers take.
const LISTENS_MAX_US: u64 = 12_000;

/// A time that is another each time, and the same in every run.
fn listens(time: u64) -> Duration {
    Duration::from_micros(time * 7_919 % LISTENS_MAX_US)
}

/// Reads whatever there is to read, and hangs up at all moments.
async fn read_half(person: &Customer, stop: &AtomicBool) {
    let profile = format!("/api/users/{}/profile", person.identity().user().id);
    let balance = format!("/api/accounts/{}/balance", person.account);
    let paths = ["/api/accounts", "/api/auth/sessions", &balance, &profile];
    for (time, path) in (1..).zip(paths.iter().cycle()) {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let asked = person.request(Method::GET, path, Vec::new());
        if let Ok(answer) = timeout(listens(time), asked).await {
            answer.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        }
    }
}

/// Pays, hangs up, and asks again until there is an answer. How often there was none.
async fn pay_half(from: &Customer, to: &Customer) -> u64 {
    let (debit, credit, amount) = (from.account, to.account, eur(MINOR));
    let mut unanswered = 0;
    for time in 1..=PAYMENTS {
        let body = TransferBody { debit, credit, amount, details: None };
        let signed = Forger::of(from).next(Body::Transfer(body)).to_json();
        let send = || from.request(Method::POST, "/api/transactions/transfer", signed.clone());
        let once = timeout(listens(time), send()).await;
        unanswered += u64::from(once.is_err());
        let receipt = Receipt::from_json(&send().await.unwrap()).unwrap();
        if let Ok(told) = once {
            assert_eq!(Receipt::from_json(&told.unwrap()).unwrap().index, receipt.index);
        }
    }
    unanswered
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_pays_once_and_holds_up_nobody() {
    let bank = Bank::start().await;
    let payee = Arc::new(bank.customer("Payee", 0).await);
    let stop = Arc::new(AtomicBool::new(false));
    let (mut readers, mut payers) = (JoinSet::new(), JoinSet::new());
    for place in 0..PAYERS {
        let person = Arc::new(bank.customer(&format!("Customer {place}"), MONEY_MINOR).await);
        let (reader, stop) = (Arc::clone(&person), Arc::clone(&stop));
        readers.spawn(async move { read_half(&reader, &stop).await });
        let payee = Arc::clone(&payee);
        payers.spawn(async move { (pay_half(&person, &payee).await, person.account) });
    }
    for _ in 0..SIGN_INS {
        let session = bank.client().login(Arc::clone(&payee.holder.identity)).await.unwrap();
        session.logout().await.unwrap();
    }
    let paid = payers.join_all().await;
    stop.store(true, Ordering::Relaxed);
    readers.join_all().await;
    for (unanswered, account) in paid {
        assert!(unanswered > 0, "nobody hung up");
        let paid = i64::try_from(PAYMENTS).unwrap() * MINOR;
        assert_eq!(bank.balance(account).await, MONEY_MINOR - paid, "each once");
    }
    let left_open = "SELECT count(*) FROM pg_stat_activity
        WHERE usename = 'strongroom_server' AND state LIKE 'idle in transaction%'";
    eventually("transactions to end", async || (bank.count(left_open).await == 0).then_some(()))
        .await;
    bank.assert_verifies().await;
}
