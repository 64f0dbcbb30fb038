//! Server and database are killed, stopped and misled in the middle of load, again and again: what was acknowledged stands,
//! once.
//!
//! ```text
//! make torture        # 200 blows; 16 in every run of the tests
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use client::{ClientError, Session};
use e2e::{At, Bank, Customer, Forger, Holder, How, Strike, WallClock, Wire, eur, eventually};
use intent::{Body, Receipt, SignedIntent, TransferBody};
use ledger::AccountId;
use reqwest::Method;
use sqlx::Row as _;
use uuid::Uuid;

/// Blows in all, by default.
const ROUNDS: u64 = 16;
/// From as many on, a database that stands still does so for half a minute.
const ROUNDS_IN_EARNEST: u64 = 100;
const CUSTOMERS: usize = 8;
const MONEY_MINOR: i64 = 1_000_000;
/// Payments that must come through before the next blow: a few, or many, so that it hits at different moments.
const PAYMENTS_BEFORE_A_BLOW: [u64; 5] = [3, 80, 21, 170, 45];

/// The disk of the database: room for the WAL that is kept, and for what so many blows leave behind.
const DISK_MEGABYTES: u32 = 512;
const DISK_MEGABYTES_IN_EARNEST: u32 = 3_072;
/// A full disk is felt when nothing has come through for so long.
const SILENCE: Duration = Duration::from_secs(1);

/// How long a bank may take to let people in again, and how often they try.
const PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(50);
/// How long nobody may get in by a clock that is wrong.
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
    /// The line to the database is cut at three COMMITs: before one, in one, and behind one.
    Line,
    /// The disk of the database is full, and has room again.
    Disk,
}

impl Blow {
    const ALL: [Self; 8] = [
        Self::Server,
        Self::Database,
        Self::Both,
        Self::Standstill,
        Self::Clock,
        Self::Instance,
        Self::Line,
        Self::Disk,
    ];
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
    /// Nobody begins a payment meanwhile.
    is_paused: AtomicBool,
    /// The clock of the server is or was wrong, since the last blow.
    is_misled: AtomicBool,
    acknowledged: AtomicU64,
    ledger: Mutex<Ledger>,
    /// A second server, while there is one: every other customer goes there.
    second: Mutex<Option<client::Bank>>,
    /// How many are there.
    moved: AtomicUsize,
    /// How many are signing in again.
    locked_out: AtomicUsize,
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

    /// How many payments come through in this time.
    async fn acknowledged_in(&self, time: Duration) -> u64 {
        let before = self.acknowledged();
        tokio::time::sleep(time).await;
        self.acknowledged() - before
    }

    async fn until_moved(&self, payers: usize) {
        eventually("customers to change the server", async || {
            (self.moved.load(Ordering::Acquire) == payers).then_some(())
        })
        .await;
    }

    /// Then nobody has a payment under way.
    async fn until_all_are_locked_out(&self) {
        eventually("every customer to be locked out", async || {
            (self.locked_out.load(Ordering::Acquire) == CUSTOMERS).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_stands_once_whatever_befalls_server_and_database() {
    let rounds = std::env::var("STRONGROOM_TORTURE_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    let is_earnest = rounds >= ROUNDS_IN_EARNEST;
    let mut ring = Ring::new(is_earnest).await;
    let bank = &ring.bank;
    let mut people: Vec<Customer> = Vec::new();
    for place in 0..CUSTOMERS {
        people.push(bank.customer(&format!("Customer {place}"), MONEY_MINOR).await);
    }
    let accounts: Vec<_> = people.iter().map(|person| person.account).collect();
    let holders: Vec<_> = people.iter().map(|person| person.holder.clone()).collect();
    let load = Arc::clone(&ring.load);
    let mut payers = Vec::new();
    for (place, person) in people.into_iter().enumerate() {
        let (holder, home, session) = (person.holder, bank.client(), person.session);
        let payer = Payer { place, holder, home, session, is_moved: false };
        payers.push(tokio::spawn(payer.pay_on(accounts.clone(), Arc::clone(&load))));
    }

    let mut recovered: BTreeMap<Blow, Vec<Duration>> = BTreeMap::new();
    let mut audited = Audited::default();
    for round in 0..rounds {
        let place = usize::try_from(round).unwrap();
        load.go_on(PAYMENTS_BEFORE_A_BLOW[place % PAYMENTS_BEFORE_A_BLOW.len()]).await;
        let blow = Blow::ALL[place % Blow::ALL.len()];
        let Some(began) = ring.strike(blow).await else { continue };
        load.go_on(1).await;
        let after = began.elapsed();
        recovered.entry(blow).or_default().push(after);
        eprintln!("{:>4} of {rounds}: {blow:?}, payments again after {after:.1?}", round + 1);
        load.is_paused.store(true, Ordering::Release);
        audited.go_on(&ring.bank, &load).await;
        load.is_paused.store(false, Ordering::Release);
    }
    let bank = &ring.bank;
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

    audited.look_up(bank, &load).await;
    let Audited { places, .. } = audited;
    let Ledger { mut acknowledged, unknown } = std::mem::take(&mut *load.ledger.lock().unwrap());
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

/// What was asked of the bank so far.
#[derive(Default)]
struct Audited {
    /// The place in the log of every intent there.
    places: BTreeMap<Uuid, u64>,
    /// How many of the acknowledged were looked up.
    acknowledged: usize,
    /// How many leaves were verified.
    verified: usize,
}

impl Audited {
    /// What was acknowledged is in the log, the books are in order, and the log verifies. The last is asked whenever the log
    /// is a fourth longer, which finds the same: damage does not heal, and the log is verified from its first leaf on.
    async fn go_on(&mut self, bank: &Bank, load: &Load) {
        self.look_up(bank, load).await;
        // A server that was killed has forgotten how much was written since it last looked, and would never look again.
        bank.execute("ANALYZE").await;
        bank.assert_books_balance().await;
        if self.places.len() >= self.verified + self.verified / 4 {
            let began = Instant::now();
            bank.assert_verifies().await;
            self.verified = self.places.len();
            eprintln!("             {} leaves verified in {:.1?}", self.verified, began.elapsed());
        }
    }

    /// What was acknowledged since the last time is in the log, where its receipt says.
    async fn look_up(&mut self, bank: &Bank, load: &Load) {
        let since: Vec<(Uuid, u64)> = {
            let ledger = load.ledger.lock().unwrap();
            let since = ledger.acknowledged[self.acknowledged..].iter();
            let id = |signed: &SignedIntent| signed.parse_intent().unwrap().id().get();
            since.map(|(payment, index)| (id(&payment.signed), *index)).collect()
        };
        self.acknowledged += since.len();
        let next = self.places.len();
        let sql = format!("SELECT intent_id, leaf_index FROM records WHERE leaf_index >= {next}");
        for row in bank.rows(&sql).await {
            let index = u64::try_from(row.get::<i64, _>(1)).unwrap();
            let earlier = self.places.insert(row.get(0), index);
            assert_eq!(earlier, None, "an intent is recorded once");
        }
        for (id, index) in since {
            let place = self.places.get(&id);
            assert_eq!(place, Some(&index), "what was acknowledged is where its receipt says");
        }
    }
}

/// The bank and what can be done to it.
struct Ring {
    bank: Bank,
    load: Arc<Load>,
    line: Wire,
    clock: Option<WallClock>,
    standstill: Duration,
}

impl Ring {
    async fn new(is_earnest: bool) -> Self {
        let clock = WallClock::new();
        let environment = clock.as_ref().map_or_else(Vec::new, WallClock::environment);
        let (seconds, megabytes) =
            if is_earnest { (30, DISK_MEGABYTES_IN_EARNEST) } else { (3, DISK_MEGABYTES) };
        let mut line = None;
        let program = env!("CARGO_BIN_EXE_e2e-server");
        let bank = Bank::start_process_on_disk(program, environment, megabytes, |config| {
            line = Some(Wire::into(config));
        })
        .await;
        let (line, standstill) = (line.unwrap(), Duration::from_secs(seconds));
        Self { bank, load: Arc::default(), line, clock, standstill }
    }

    /// Deals a blow, and says from when on payments should go through again. `None`: there is no clock to set, or no disk to
    /// fill.
    async fn strike(&mut self, blow: Blow) -> Option<Instant> {
        self.load.is_misled.store(matches!(blow, Blow::Clock), Ordering::Release);
        let mut began = Instant::now();
        match blow {
            Blow::Server => {
                self.bank.kill_server();
                self.bank.start_server().await;
            }
            Blow::Database => {
                self.bank.kill_postgres();
                self.bank.start_postgres().await;
            }
            Blow::Both => {
                self.bank.kill_postgres();
                self.bank.kill_server();
                self.bank.start_postgres().await;
                self.bank.start_server().await;
            }
            Blow::Standstill => {
                self.bank.stop_postgres_still();
                tokio::time::sleep(self.standstill).await;
                self.bank.let_postgres_go_on();
                began = Instant::now();
            }
            Blow::Clock => {
                let clock = self.clock.as_ref()?;
                clock.set_back(Duration::from_hours(1));
                self.load.until_all_are_locked_out().await;
                let since = self.load.acknowledged_in(MISLED).await;
                assert_eq!(since, 0, "by that clock every request is of the future, and refused");
                clock.put_right();
                began = Instant::now();
            }
            Blow::Instance => {
                let second = self.bank.start_another_process().await;
                *self.load.second.lock().unwrap() = Some(self.bank.client_at(second.addr));
                self.load.until_moved(CUSTOMERS / 2).await;
                self.load.go_on(20).await;
                began = Instant::now();
                *self.load.second.lock().unwrap() = None;
                second.kill();
                self.load.until_moved(0).await;
            }
            Blow::Line => {
                let cuts = [How::Unasked, How::Unheard, How::Lost];
                let struck = self.line.strikes() + 3;
                self.line.strike(&cuts.map(|how| Strike { at: At::Commit, how }));
                eventually("the line to be cut", async || {
                    (self.line.strikes() == struck).then_some(())
                })
                .await;
            }
            Blow::Disk => {
                self.bank.disk()?.fill();
                while self.load.acknowledged_in(SILENCE).await > 0 {}
                self.bank.disk()?.free();
                began = Instant::now();
                // Without room for its WAL the database has gone down by itself.
                while self.load.acknowledged_in(POLL).await == 0 {
                    assert!(began.elapsed() < PATIENCE, "there is room again");
                    self.bank.revive_postgres().await;
                }
            }
        }
        Some(began)
    }
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
            while load.is_paused.load(Ordering::Acquire) {
                tokio::time::sleep(POLL).await;
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
                        // The clock was set back between the request's proof and its intent.
                        Some(problem) if problem.code == "intent-from-the-future" => {
                            load.is_misled.load(Ordering::Acquire)
                        }
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
        load.locked_out.fetch_add(1, Ordering::AcqRel);
        loop {
            match self.home.login(Arc::clone(&self.holder.identity)).await {
                Ok(session) => {
                    self.session = session;
                    if std::mem::take(&mut self.is_moved) {
                        load.moved.fetch_sub(1, Ordering::AcqRel);
                    }
                    load.locked_out.fetch_sub(1, Ordering::AcqRel);
                    return;
                }
                Err(error) => assert!(began.elapsed() < PATIENCE, "no new session: {error:?}"),
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
