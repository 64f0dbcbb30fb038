//! Server and database are killed, stopped and misled in the middle of load, again and again: what was acknowledged stands,
//! once.
//!
//! ```text
//! make torture        # 200 blows; 12 in every run of the tests
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use client::{ClientError, Session};
use e2e::{Bank, Customer, Forger, Holder, WallClock, eur, eventually};
use intent::{Body, Receipt, SignedIntent, TransferBody};
use ledger::AccountId;
use reqwest::Method;
use sqlx::Row as _;
use uuid::Uuid;

/// Blows in all, by default.
const ROUNDS: u64 = 12;
/// From as many on, a database that stands still does so for half a minute.
const ROUNDS_IN_EARNEST: u64 = 100;
const CUSTOMERS: usize = 8;
const MONEY_MINOR: i64 = 1_000_000;
/// Payments that must come through before the next blow: a few, or many, so that it hits at different moments.
const PAYMENTS_BEFORE_A_BLOW: [u64; 5] = [3, 80, 21, 170, 45];

/// How long a bank may take to let people in again, and how often they try.
const PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(50);
/// How long a clock is wrong.
const MISLED: Duration = Duration::from_secs(2);

/// What befalls the bank.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Blow {
    /// SIGKILL to the server.
    Server,
    /// SIGKILL to PostgreSQL.
    Database,
    /// SIGKILL to both.
    Both,
    /// Every process of PostgreSQL stands still for a while, and goes on.
    Standstill,
    /// The server's clock steps back an hour, and is put right.
    Clock,
    /// Of two servers over one database, with half of the customers each, one is killed.
    Instance,
}

impl Blow {
    const ALL: [Self; 6] =
        [Self::Server, Self::Database, Self::Both, Self::Standstill, Self::Clock, Self::Instance];
}

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

#[derive(Default)]
struct Load {
    stop: AtomicBool,
    acknowledged: AtomicU64,
    ledger: Mutex<Ledger>,
    /// A second server, while there is one: every other customer goes there.
    second: Mutex<Option<client::Bank>>,
    /// How many are there.
    moved: AtomicUsize,
}

impl Load {
    fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Acquire)
    }

    /// Waits until so many more payments have come through.
    async fn go_on(&self, payments: u64) {
        let before = self.acknowledged();
        eventually("payments to go through", async || {
            (self.acknowledged() >= before + payments).then_some(())
        })
        .await;
    }

    async fn until_moved(&self, payers: usize) {
        eventually("customers to change the server", async || {
            (self.moved.load(Ordering::Acquire) == payers).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_stands_once_whatever_befalls_server_and_database() {
    let rounds = std::env::var("STRONGROOM_TORTURE_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    let standstill = Duration::from_secs(if rounds < ROUNDS_IN_EARNEST { 3 } else { 30 });
    let clock = WallClock::new();
    let environment = clock.as_ref().map_or_else(Vec::new, WallClock::environment);
    let program = env!("CARGO_BIN_EXE_e2e-server");
    let mut bank = Bank::start_process_with(program, environment, |_| ()).await;
    let mut people: Vec<Customer> = Vec::new();
    for place in 0..CUSTOMERS {
        people.push(bank.customer(&format!("Customer {place}"), MONEY_MINOR).await);
    }
    let accounts: Vec<_> = people.iter().map(|person| person.account).collect();
    let holders: Vec<_> = people.iter().map(|person| person.holder.clone()).collect();
    let load = Arc::new(Load::default());
    let mut payers = Vec::new();
    for (place, person) in people.into_iter().enumerate() {
        let (holder, home, session) = (person.holder, bank.client(), person.session);
        let payer = Payer { place, holder, home, session, is_moved: false };
        payers.push(tokio::spawn(payer.pay_on(accounts.clone(), Arc::clone(&load))));
    }

    let mut recovered: BTreeMap<Blow, Vec<Duration>> = BTreeMap::new();
    for round in 0..rounds {
        let place = usize::try_from(round).unwrap();
        load.go_on(PAYMENTS_BEFORE_A_BLOW[place % PAYMENTS_BEFORE_A_BLOW.len()]).await;
        let blow = Blow::ALL[place % Blow::ALL.len()];
        let Some(began) = strike(blow, &mut bank, &load, clock.as_ref(), standstill).await else {
            continue;
        };
        load.go_on(1).await;
        recovered.entry(blow).or_default().push(began.elapsed());
    }
    for (blow, mut times) in recovered {
        times.sort_unstable();
        let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
        eprintln!(
            "{blow:?}: {} times, payments again after {median:.1?}, at most {longest:.1?}",
            times.len()
        );
    }
    load.go_on(3).await;
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
        "{rounds} blows, {} payments, {in_doubt} in doubt, of which {had_happened} had happened",
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

/// Deals a blow, and says from when on payments should go through again. `None`: there is no clock to set.
async fn strike(
    blow: Blow,
    bank: &mut Bank,
    load: &Load,
    clock: Option<&WallClock>,
    standstill: Duration,
) -> Option<Instant> {
    let began = match blow {
        Blow::Server => {
            let began = Instant::now();
            bank.kill_server();
            bank.start_server().await;
            began
        }
        Blow::Database => {
            let began = Instant::now();
            bank.kill_postgres();
            bank.start_postgres().await;
            began
        }
        Blow::Both => {
            let began = Instant::now();
            bank.kill_postgres();
            bank.kill_server();
            bank.start_postgres().await;
            bank.start_server().await;
            began
        }
        Blow::Standstill => {
            bank.stop_postgres_still();
            tokio::time::sleep(standstill).await;
            bank.let_postgres_go_on();
            Instant::now()
        }
        Blow::Clock => {
            let clock = clock?;
            clock.set_back(Duration::from_hours(1));
            tokio::time::sleep(MISLED).await;
            let before = load.acknowledged();
            tokio::time::sleep(MISLED).await;
            let since = load.acknowledged() - before;
            assert_eq!(since, 0, "by that clock every request is of the future, and refused");
            clock.put_right();
            Instant::now()
        }
        Blow::Instance => {
            let second = bank.start_another_process().await;
            *load.second.lock().unwrap() = Some(bank.client_at(second.addr));
            load.until_moved(CUSTOMERS / 2).await;
            load.go_on(20).await;
            let began = Instant::now();
            *load.second.lock().unwrap() = None;
            second.kill();
            load.until_moved(0).await;
            began
        }
    };
    Some(began)
}

/// A customer who pays one of the others, again and again, through whatever happens to the bank.
struct Payer {
    place: usize,
    holder: Holder,
    home: client::Bank,
    session: Session,
    is_moved: bool,
}

impl Payer {
    async fn pay_on(mut self, accounts: Vec<AccountId>, load: Arc<Load>) {
        let from = accounts[self.place];
        for turn in 1.. {
            if load.stop.load(Ordering::Acquire) {
                return;
            }
            self.go_where_one_goes(&load).await;
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
                        self.go_home(&load).await;
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

    /// Every other customer goes to the second server while there is one.
    async fn go_where_one_goes(&mut self, load: &Load) {
        let second = load.second.lock().unwrap().clone().filter(|_| self.place % 2 == 1);
        match second {
            None if self.is_moved => self.go_home(load).await,
            // It may be killed before it lets anybody in.
            Some(second) if !self.is_moved => {
                if let Ok(session) = second.login(Arc::clone(&self.holder.identity)).await {
                    self.session = session;
                    self.is_moved = true;
                    load.moved.fetch_add(1, Ordering::AcqRel);
                }
            }
            None | Some(_) => {}
        }
    }

    async fn go_home(&mut self, load: &Load) {
        let began = Instant::now();
        loop {
            match self.home.login(Arc::clone(&self.holder.identity)).await {
                Ok(session) => {
                    self.session = session;
                    if std::mem::take(&mut self.is_moved) {
                        load.moved.fetch_sub(1, Ordering::AcqRel);
                    }
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
