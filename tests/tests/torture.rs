//! Server and database are killed in the middle of load, again and again: what was acknowledged stands, once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use client::{ClientError, Session};
use e2e::{Bank, Customer, Forger, Holder, eur, eventually};
use intent::{Body, Receipt, SignedIntent, TransferBody};
use ledger::AccountId;
use reqwest::Method;
use sqlx::Row as _;
use uuid::Uuid;

/// Kills in all, by default; every other one hits the database.
const ROUNDS: u64 = 10;
const CUSTOMERS: usize = 4;
const MONEY_MINOR: i64 = 1_000_000;
/// Payments that must come through before the next kill: a few, or many, so that it hits at different moments.
const PAYMENTS_BEFORE_A_KILL: [u64; 5] = [3, 40, 11, 90, 25];

/// How long a killed bank may take to let people in again, and how often they try.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

/// One payment: what was signed, and where its receipt says it stands.
struct Payment {
    from: AccountId,
    to: AccountId,
    minor: i64,
    signed: SignedIntent,
}

#[derive(Default)]
struct Ledger {
    acknowledged: Vec<(Payment, u64)>,
    unknown: Vec<(usize, Payment)>,
}

struct Load {
    stop: AtomicBool,
    acknowledged: AtomicU64,
    ledger: Mutex<Ledger>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_stands_once_however_often_server_and_database_are_killed() {
    let rounds = std::env::var("STRONGROOM_TORTURE_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    let mut bank = Bank::start_process(env!("CARGO_BIN_EXE_e2e-server")).await;
    let mut people: Vec<Customer> = Vec::new();
    for place in 0..CUSTOMERS {
        people.push(bank.customer(&format!("Customer {place}"), MONEY_MINOR).await);
    }
    let accounts: Vec<_> = people.iter().map(|person| person.account).collect();
    let holders: Vec<_> = people.iter().map(|person| person.holder.clone()).collect();
    let load = Arc::new(Load {
        stop: AtomicBool::new(false),
        acknowledged: AtomicU64::new(0),
        ledger: Mutex::default(),
    });
    let mut payers = Vec::new();
    for (place, person) in people.into_iter().enumerate() {
        let payer =
            Payer { place, holder: person.holder, client: bank.client(), session: person.session };
        payers.push(tokio::spawn(payer.pay_on(accounts.clone(), Arc::clone(&load))));
    }

    for round in 0..rounds {
        let before = load.acknowledged.load(Ordering::Acquire);
        let wanted =
            PAYMENTS_BEFORE_A_KILL[usize::try_from(round).unwrap() % PAYMENTS_BEFORE_A_KILL.len()];
        eventually("payments to go through", async || {
            (load.acknowledged.load(Ordering::Acquire) >= before + wanted).then_some(())
        })
        .await;
        if round % 2 == 0 {
            bank.kill_server();
            bank.start_server().await;
        } else {
            bank.kill_postgres();
            bank.start_postgres().await;
        }
    }
    let before = load.acknowledged.load(Ordering::Acquire);
    eventually("the bank to work again after the last kill", async || {
        (load.acknowledged.load(Ordering::Acquire) > before + 3).then_some(())
    })
    .await;
    load.stop.store(true, Ordering::Release);
    for payer in payers {
        payer.await.unwrap();
    }

    let Ledger { mut acknowledged, unknown } = std::mem::take(&mut *load.ledger.lock().unwrap());
    let places = recorded(&bank).await;
    for (payment, index) in &acknowledged {
        let id = payment.signed.parse_intent().unwrap().id().get();
        assert_eq!(
            places.get(&id),
            Some(index),
            "what was acknowledged is in the log, where its receipt says"
        );
    }
    // The same bytes again tell what became of a payment whose answer was lost, and make it happen if it had not.
    let (in_doubt, mut had_happened) = (unknown.len(), 0);
    let mut sessions = Vec::new();
    for holder in &holders {
        sessions.push(bank.login(holder).await);
    }
    for (payer, payment) in unknown {
        let id = payment.signed.parse_intent().unwrap().id().get();
        let settled = sessions[payer].submit_signed(payment.signed.clone()).await.unwrap();
        let index = settled.receipt.index.get();
        if let Some(earlier) = places.get(&id) {
            assert_eq!(index, *earlier, "it was not done a second time");
            had_happened += 1;
        }
        acknowledged.push((payment, index));
    }
    eprintln!(
        "{rounds} kills, {} payments, {in_doubt} in doubt, of which {had_happened} had happened",
        acknowledged.len()
    );

    let posted = bank.count("SELECT count(*) FROM transfers WHERE code = 'ok'").await;
    assert_eq!(
        posted,
        i64::try_from(acknowledged.len() + CUSTOMERS).unwrap(),
        "each once, and no other"
    );
    let mut expected: BTreeMap<AccountId, i64> =
        accounts.iter().map(|account| (*account, MONEY_MINOR)).collect();
    for (Payment { from, to, minor, .. }, _) in &acknowledged {
        *expected.get_mut(from).unwrap() -= minor;
        *expected.get_mut(to).unwrap() += minor;
    }
    for (account, minor) in expected {
        assert_eq!(bank.balance(account).await, minor);
    }
    bank.assert_verifies().await;
}

/// A customer who pays one of the others, again and again, through whatever happens to the bank.
struct Payer {
    place: usize,
    holder: Holder,
    client: client::Bank,
    session: Session,
}

impl Payer {
    async fn pay_on(mut self, accounts: Vec<AccountId>, load: Arc<Load>) {
        let from = accounts[self.place];
        for turn in 1.. {
            if load.stop.load(Ordering::Acquire) {
                return;
            }
            let to = accounts[(self.place + 1 + turn % (accounts.len() - 1)) % accounts.len()];
            let minor = i64::try_from(turn % 7 + 1).unwrap();
            let body = TransferBody { debit: from, credit: to, amount: eur(minor), details: None };
            let signed = Forger::of(&self.session).next(Body::Transfer(body));
            let payment = Payment { from, to, minor, signed: signed.clone() };
            match self.send(signed, turn % 2 == 0).await {
                Ok(index) => {
                    load.ledger.lock().unwrap().acknowledged.push((payment, index));
                    load.acknowledged.fetch_add(1, Ordering::AcqRel);
                }
                Err(error) => {
                    load.ledger.lock().unwrap().unknown.push((self.place, payment));
                    // A refresh whose answer was lost looks like a theft: the session ends, and one signs in again.
                    if error.is_unauthenticated() {
                        self.sign_in_again().await;
                        continue;
                    }
                    let is_lost = match error.problem() {
                        Some(problem) => matches!(problem.status, 503 | 504),
                        None => matches!(error, ClientError::Unreachable { .. }),
                    };
                    assert!(is_lost, "a kill may lose an answer, and nothing else: {error:?}");
                }
            }
        }
    }

    /// The place of a payment in the log. `patiently`: as the typed client does, which asks again by itself; else once,
    /// so that a kill leaves a doubt behind.
    async fn send(&self, signed: SignedIntent, patiently: bool) -> Result<u64, ClientError> {
        if patiently {
            return Ok(self.session.submit_signed(signed).await?.receipt.index.get());
        }
        let path = "/api/transactions/transfer";
        let answer = self.session.request(Method::POST, path, signed.to_json()).await?;
        Ok(Receipt::from_json(&answer)?.index.get())
    }

    async fn sign_in_again(&mut self) {
        let began = Instant::now();
        loop {
            match self.client.login(Arc::clone(&self.holder.identity)).await {
                Ok(session) => {
                    self.session = session;
                    return;
                }
                Err(error) => assert!(began.elapsed() < PATIENCE, "no new session: {error:?}"),
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// The place in the log of every intent there.
async fn recorded(bank: &Bank) -> BTreeMap<Uuid, u64> {
    let rows = bank.rows("SELECT intent_id, leaf_index FROM records").await;
    rows.iter().map(|row| (row.get(0), u64::try_from(row.get::<i64, _>(1)).unwrap())).collect()
}
