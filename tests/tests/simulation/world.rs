//! One bank, and the seeds that are played in it.

mod play;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use client::Session;
use crypto::{KemSecretKey, Suite};
use e2e::{Bank, Customer, Row, Rules};
use intent::{IntentId, SessionId, UtcMicros};
use ledger::{AccountId, TransferId};
use money::AssetCode;
use server::clock::Time;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use uuid::Uuid;

use self::play::Play;
use crate::auditor::{ALLOWANCES, THRESHOLDS};
use crate::chance::Chance;
use crate::count::Count;
use crate::plan::{Challenge, Plan};
use crate::stage::{Clock, Stage};

/// Failures and deaths in one seed at most.
const FAULTS_MAX: usize = 8;
/// How far a clock is set back at most, in microseconds.
const BACK_MAX_US: i64 = 240_000_000;
/// Time that is over for every short hold.
const LATER_US: i64 = 3_000_000;
/// No seed takes this long, but for the time that is over for every payment that waits.
const SEED_US_MAX: i64 = 60_000_000;
const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// Whoever signs, by number: customers first, then managers.
pub(crate) const CUSTOMERS: usize = 2;
pub(crate) const MANAGER: usize = CUSTOMERS;
pub(crate) const SIGNERS: usize = MANAGER + 2;
/// Who is asked to sign in, in each seed.
const CHALLENGED: [usize; 3] = [0, 0, 1];

/// Whoever signs.
pub(crate) struct People {
    pub(crate) customers: [Customer; CUSTOMERS],
    managers: [Session; SIGNERS - MANAGER],
    /// In which each of them signs.
    sessions: [SessionId; SIGNERS],
    /// To which sessions are sealed that are opened here; nobody uses them.
    pub(crate) kem_public_key: Vec<u8>,
}

impl People {
    pub(crate) fn signer(&self, by: usize) -> &Session {
        if by < CUSTOMERS { &self.customers[by] } else { &self.managers[by - MANAGER] }
    }
}

pub(crate) struct World {
    bank: Bank,
    people: People,
    equity: AccountId,
    clock: Arc<Clock>,
    stage: Stage,
    auditor: PgConnection,
    told: Count,
}

impl World {
    pub(crate) async fn new() -> Box<Self> {
        let mut bank = Bank::start().await;
        let customers = [bank.customer("Alice", 0).await, bank.customer("Bob", 0).await];
        let managers = [bank.first_manager(), bank.second_manager()];
        let managers = [bank.login(&managers[0]).await, bank.login(&managers[1]).await];
        put_rules_in_force(&bank, &customers).await;
        let equity = bank.app().bank.equity[&AssetCode::EUR];
        let mut sessions = Vec::new();
        for session in [&*customers[0], &*customers[1], &managers[0], &managers[1]] {
            let user = session.identity().user().id;
            let sql = format!("SELECT session_id FROM sessions WHERE user_id = '{user}'");
            sessions.push(SessionId::new(bank.rows(&sql).await[0].get(0)));
        }
        let sessions = sessions.try_into().unwrap();
        // Its own poster and its background work have no part in this.
        bank.stop_server().await;
        bank.trust_everybody().await;
        let clock = Arc::new(Clock::new());
        let stage = Stage::new(&bank, &clock).await;
        let auditor = bank.superuser().await;
        let kem = KemSecretKey::generate(Suite::Standard).unwrap();
        let kem_public_key = kem.public_key().as_bytes().to_vec();
        let people = People { customers, managers, sessions, kem_public_key };
        Box::new(Self { bank, people, equity, clock, stage, auditor, told: Count::default() })
    }

    /// Plays a seed. What comes back, all that happened, is the same whenever it is played again.
    pub(crate) async fn play(&mut self, seed: u64) -> Vec<String> {
        let told = Announced { seed, trace: Rc::default() };
        let mut chance = Chance::of(seed);
        let began_at = self.begin(&mut chance).await;
        let challenges = self.challenge().await;
        let first_leaf = self.number("SELECT size FROM log_head").await;
        let first_leaf = u64::try_from(first_leaf).unwrap();
        let plan = Plan::make(&self.people, &challenges, &mut chance, began_at);
        let intents: Vec<IntentId> = plan.asked.iter().map(|asked| asked.id).collect();
        let rules = Rules::of_some(&plan.accounts, &intents, first_leaf);
        self.stage.raise().await;
        let game = Play {
            faults_left: chance.below(FAULTS_MAX + 1),
            asked: vec![0; plan.asked.len()],
            outcomes: BTreeMap::new(),
            reused: BTreeSet::new(),
            trace: Rc::clone(&told.trace),
            world: self,
            chance,
            plan,
            challenges,
            first_leaf,
            rules,
            began_at,
            earliest: UtcMicros::from_micros(began_at.get() - BACK_MAX_US),
            ends_at: UtcMicros::from_micros(began_at.get() + LATER_US),
        };
        game.go_on().await;
        self.told.seeds += 1;
        told.trace.take()
    }

    /// Sets the clock to a time that differs from that of another play of this seed in its day and hour only, which both end after
    /// this seed: what counts by the minute, the hour and the day counts the same.
    async fn begin(&mut self, chance: &mut Chance) -> UtcMicros {
        let newest = "SELECT (extract(epoch FROM max(recorded_at)) * 1000000)::bigint FROM records";
        let newest: i64 = self.number(newest).await;
        // Nothing is signed or decided before what another seed did.
        let free = self.clock.now().get().max(newest) + BACK_MAX_US + MINUTE_US;
        let second = i64::try_from(chance.below(60)).unwrap();
        let mut minute = free.div_euclid(MINUTE_US) + 1;
        let begins = |minute: i64| minute * MINUTE_US + second * 1_000_000;
        let is_same = |minute: i64, unit: i64, for_us: i64| {
            let at = begins(minute);
            (at - BACK_MAX_US).div_euclid(unit) == (at + for_us).div_euclid(unit)
        };
        while !is_same(minute, HOUR_US, SEED_US_MAX)
            || !is_same(minute, DAY_US, SEED_US_MAX + THRESHOLDS.wait_us)
        {
            minute += 1;
        }
        // From where somebody has signed in before is remembered for months.
        sqlx::query("DELETE FROM known_places").execute(&mut self.auditor).await.unwrap();
        let began_at = UtcMicros::from_micros(begins(minute));
        self.clock.set(began_at);
        self.renew_revocation_list().await;
        began_at
    }

    /// Good for an hour from the earliest time to which the clock may be set back.
    async fn renew_revocation_list(&self) {
        let from = UtcMicros::from_micros(self.clock.now().get() - BACK_MAX_US);
        self.stage.instance(0).renew_revocation_list(from).await.unwrap();
    }

    async fn challenge(&self) -> Vec<Challenge> {
        let mut challenges = Vec::new();
        for owner in CHALLENGED {
            let identity = self.people.signer(owner).identity();
            let (certificate, device) =
                (identity.certificate_hash().unwrap(), identity.device().id());
            let nonce = self.stage.instance(0).challenge(certificate, device).await.unwrap();
            challenges.push(Challenge { owner, nonce });
        }
        challenges
    }

    /// What is told of a hold that never was, when its end stands twice in one queue.
    pub(crate) async fn expire_nothing_twice(&mut self) -> Vec<String> {
        self.stage.raise().await;
        let hold = TransferId::new(Uuid::now_v7());
        let now = self.clock.now();
        let examined =
            [0, 1].map(|who| (who, self.stage.instance(0).hold_expired(hold, now).unwrap()));
        self.stage.enqueue(0, examined.into());
        let mut told = self.stage.settle().await;
        while self.stage.asked(0).is_some() {
            self.stage.decide(0, None);
            told.append(&mut self.stage.settle().await);
        }
        told.into_iter().map(|(_, answer)| answer.unwrap_err().code().to_owned()).collect()
    }

    /// The last judgement: the rules over all, and the log as an auditor verifies it.
    pub(crate) async fn close(self: Box<Self>) -> Count {
        let Count { seeds, questions, commits, failures, deaths, .. } = self.told;
        assert!(questions > seeds && commits > seeds, "{}", self.told);
        assert!(seeds < 20 || failures.min(deaths) > 0, "{}", self.told);
        drop(self.stage);
        self.bank.assert_verifies().await;
        self.told
    }

    async fn number(&mut self, sql: &str) -> i64 {
        let number = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        number.fetch_one(&mut self.auditor).await.unwrap()
    }

    async fn rows(&mut self, sql: &str) -> Vec<Row> {
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut self.auditor);
        rows.await.unwrap()
    }
}

/// What the auditor holds against every outcome.
async fn put_rules_in_force(bank: &Bank, customers: &[Customer; CUSTOMERS]) {
    let units = |minor: i64| minor / 100;
    let hours = THRESHOLDS.wait_us / HOUR_US;
    let (above, two_above) = (units(THRESHOLDS.above), units(THRESHOLDS.two_above));
    let value = format!(r#"{{"above":"{above}","hours":"{hours}","two_above":"{two_above}"}}"#);
    bank.put_in_force("approvals", "bank", &value).await;
    for (customer, of) in customers.iter().zip(ALLOWANCES) {
        let scope = format!("user:{}", customer.identity().user().id);
        let value = format!(
            r#"{{"count_per_day":"1000000","new_payee":"{}","per_day":"{}","per_hour":"{}","per_minute":"{}","per_payee":"{}","per_transfer":"{}"}}"#,
            units(of.new_payee),
            units(of.per_day),
            of.per_hour,
            of.per_minute,
            units(of.per_payee),
            units(of.per_transfer),
        );
        bank.put_in_force("limits", &scope, &value).await;
    }
}

/// Says what happened, and in which seed, when its play ends in a panic.
struct Announced {
    seed: u64,
    trace: Rc<RefCell<Vec<String>>>,
}

impl Drop for Announced {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.trace.borrow().join("\n"));
            eprintln!("seed {0} failed; again: make simulate SEED={0}", self.seed);
        }
    }
}
