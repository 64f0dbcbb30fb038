//! One bank, and the seeds that are played in it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use client::Session;
use crypto::{KemSecretKey, Suite};
use e2e::{Bank, Customer, How, Oracle, Row, Rules};
use intent::{IntentId, SessionId, UtcMicros};
use ledger::{AccountId, TransferId};
use money::AssetCode;
use server::clock::Time;
use server::problem::Problem;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use uuid::Uuid;

use crate::auditor::{ALLOWANCES, Auditor, Outcome, THRESHOLDS};
use crate::chance::Chance;
use crate::count::Count;
use crate::plan::{Challenge, OPENED, Plan, What};
use crate::stage::{ACTORS, Clock, Stage, Told};

/// Failures and deaths in one seed at most.
const FAULTS_MAX: usize = 8;
/// How far a clock is set back, and on, at most, in microseconds.
const BACK_MAX_US: i64 = 240_000_000;
const ON_MAX_US: i64 = 1_000_000;
/// What is left unanswered at the end is asked again so often.
const ROUNDS_MAX: usize = 12;
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

/// One seed, being played.
struct Play<'a> {
    world: &'a mut World,
    chance: Chance,
    plan: Plan,
    challenges: Vec<Challenge>,
    outcomes: BTreeMap<usize, Outcome>,
    /// What was refused because its id stands for another document.
    reused: BTreeSet<usize>,
    /// How often each was enqueued.
    asked: Vec<u32>,
    faults_left: usize,
    first_leaf: u64,
    rules: Rules,
    began_at: UtcMicros,
    /// To which time the clock may be set back.
    earliest: UtcMicros,
    /// When nothing fails any more.
    ends_at: UtcMicros,
    trace: Rc<RefCell<Vec<String>>>,
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Move {
    Pass(usize),
    Fail(usize, Failure),
    Die(usize, Death),
    Enqueue(usize),
    SetClock,
    /// The time of every payment that waits is over, or nearly.
    Late,
}

/// How a question fails.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Unasked,
    Lost,
    NotSerializable,
    Deadlock,
}

/// When a process dies: before its question reaches the database, or when that has answered.
#[derive(Clone, Copy, Debug)]
enum Death {
    Before,
    After,
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
}

impl Play<'_> {
    async fn go_on(mut self) {
        self.settle().await;
        while let Some(next) = self.choose() {
            if self.asks_for_a_tile().is_none() {
                self.say(format!("{next:?}"));
            }
            self.take(next).await;
        }
        // From here on nothing fails.
        self.world.clock.set(self.ends_at);
        let mut before = usize::MAX;
        for _ in 0..ROUNDS_MAX {
            let open: Vec<usize> =
                (0..self.asked.len()).filter(|who| !self.is_settled(*who)).collect();
            // What was not true a round ago is not true now, unless something else became so.
            let is_all_facts = open.iter().all(|who| self.plan.asked[*who].what.is_fact());
            if is_all_facts && open.len() == before {
                break;
            }
            before = open.len();
            let actor = self.chance.below(ACTORS);
            self.enqueue(actor, open).await;
            while let Some(Move::Pass(actor)) = self.choose_quietly() {
                self.take(Move::Pass(actor)).await;
            }
        }
        self.judge().await;
    }

    fn say(&self, what: String) {
        self.trace.borrow_mut().push(what);
    }

    /// `None` when everything was enqueued and nobody waits any more.
    fn choose(&mut self) -> Option<Move> {
        if let Some(actor) = self.asks_for_a_tile() {
            return Some(Move::Pass(actor));
        }
        let asking: Vec<usize> =
            (0..ACTORS).filter(|actor| self.world.stage.asked(*actor).is_some()).collect();
        let has_more = if self.accounts_are_open() {
            !self.plan.bunches.is_empty()
        } else {
            (0..ACTORS).all(|actor| self.world.stage.is_idle(actor))
        };
        if self.plan.late_before == Some(self.plan.bunches.len()) && self.accounts_are_open() {
            if asking.is_empty() {
                return Some(Move::Late);
            }
        } else if has_more && (asking.is_empty() || self.chance.once_in(16)) {
            return Some(Move::Enqueue(self.chance.below(ACTORS)));
        }
        if asking.is_empty() {
            return None;
        }
        let actor = *self.chance.one_of(&asking);
        if self.faults_left > 0 && self.chance.once_in(24) {
            self.faults_left -= 1;
            return Some(match self.chance.below(7) {
                0 => Move::Fail(actor, Failure::Unasked),
                1 => Move::Fail(actor, Failure::Lost),
                2 => Move::Fail(actor, Failure::NotSerializable),
                3 => Move::Fail(actor, Failure::Deadlock),
                4 => Move::Die(actor, Death::Before),
                5 => Move::Die(actor, Death::After),
                _ => Move::SetClock,
            });
        }
        Some(Move::Pass(actor))
    }

    /// What is asked of accounts is asked when they are there; their own outcome may be unknown for a while.
    fn accounts_are_open(&self) -> bool {
        (0..OPENED).all(|who| self.outcomes.contains_key(&who))
    }

    fn is_settled(&self, who: usize) -> bool {
        self.outcomes.contains_key(&who) || self.reused.contains(&who)
    }

    /// Whoever asks or writes something because of where the log stands: that is no decision of the seed.
    fn asks_for_a_tile(&self) -> Option<usize> {
        let is_of_a_tile = |actor: &usize| {
            self.world
                .stage
                .asked(*actor)
                .is_some_and(|asked| is_of_where_the_log_stands(&asked.text))
        };
        (0..ACTORS).find(is_of_a_tile)
    }

    fn choose_quietly(&self) -> Option<Move> {
        (0..ACTORS).find(|actor| self.world.stage.asked(*actor).is_some()).map(Move::Pass)
    }

    async fn take(&mut self, next: Move) {
        match next {
            Move::Pass(actor) => self.decide(actor, None).await,
            Move::Fail(actor, failure) => {
                self.world.told.failures += 1;
                let how = match failure {
                    Failure::Unasked => How::Unasked,
                    Failure::Lost => How::Lost,
                    Failure::NotSerializable => How::Fails("40001"),
                    Failure::Deadlock => How::Fails("40P01"),
                };
                self.decide(actor, Some(how)).await;
            }
            Move::Die(actor, death) => {
                self.world.told.deaths += 1;
                if matches!(death, Death::After) {
                    self.world.stage.decide_and_die(actor).await;
                }
                let told = self.world.stage.kill(actor).await;
                self.note(told).await;
                self.settle().await;
            }
            Move::Enqueue(actor) => {
                let bunch = if self.accounts_are_open() {
                    self.plan.bunches.pop_front().unwrap_or_default()
                } else {
                    (0..OPENED).collect()
                };
                self.enqueue(actor, bunch).await;
            }
            Move::Late => {
                self.plan.late_before = None;
                self.ends_at = UtcMicros::from_micros(self.ends_at.get() + THRESHOLDS.wait_us);
                // Sometimes not quite: then what waits may still be approved.
                let before =
                    if self.chance.once_in(2) { self.chance.micros(BACK_MAX_US) } else { 0 };
                self.world.clock.go_on(THRESHOLDS.wait_us - before);
                self.earliest = UtcMicros::from_micros(self.world.clock.now().get() - BACK_MAX_US);
                self.world.renew_revocation_list().await;
            }
            Move::SetClock => {
                let now = self.world.clock.now().get();
                let by = if self.chance.once_in(2) {
                    -self.chance.micros(BACK_MAX_US)
                } else {
                    self.chance.micros(ON_MAX_US)
                };
                // No further than what is signed may be ahead of the bank's clock.
                let earliest = self.earliest.get();
                self.world.clock.set(UtcMicros::from_micros((now + by).max(earliest)));
            }
        }
    }

    async fn decide(&mut self, actor: usize, how: Option<How>) {
        let asked = self.world.stage.asked(actor).unwrap();
        if !is_of_where_the_log_stands(&asked.text) {
            self.say(format!("{actor}: {}", asked.text));
        }
        self.world.told.questions += 1;
        // A question takes some time.
        self.world.clock.go_on(100);
        self.world.stage.decide(actor, how);
        self.settle().await;
        if asked.is_commit {
            self.world.told.commits += 1;
            self.rules.assert_hold(&mut self.world.auditor).await;
        }
    }

    async fn enqueue(&mut self, actor: usize, bunch: Vec<usize>) {
        let mut examined = Vec::new();
        for who in bunch {
            let asked = &self.plan.asked[who];
            let instance = self.world.stage.instance(actor);
            let ready = match (&asked.signed, &asked.what) {
                (Some(signed), what) => {
                    let session = self.world.people.sessions[what.by().unwrap()];
                    let proof = asked.device_proof.clone();
                    instance.examine(signed.clone(), session, proof).await
                }
                (None, What::Expired { hold, at }) => instance.hold_expired(*hold, *at),
                (None, What::Overdue { hold, payment }) => {
                    // Only of what is known to wait anybody would say that it waits no more.
                    let waits = self.outcomes.get(payment).filter(|of| of.code == "held");
                    let Some(outcome) = waits else { continue };
                    let at = outcome.decided_at_us + THRESHOLDS.wait_us;
                    instance.hold_expired(*hold, UtcMicros::from_micros(at))
                }
                (None, What::Due { order, day, at }) => instance.order_due(*order, *day, *at),
                (None, _) => unreachable!("somebody signs it"),
            };
            self.asked[who] += 1;
            examined.push((who, ready.unwrap()));
        }
        self.world.stage.enqueue(actor, examined);
        self.settle().await;
    }

    async fn settle(&mut self) {
        let told = self.world.stage.settle().await;
        self.note(told).await;
    }

    /// Hears what somebody was told: the same outcome for ever, nothing happened, or that nobody knows.
    async fn note(&mut self, told: Vec<Told>) {
        for (who, answer) in told {
            let id = self.plan.asked[who].id;
            match answer {
                Ok(answer) => {
                    let outcome = Outcome::of(&answer);
                    let place = outcome.index - self.first_leaf;
                    self.say(format!("{who} is told {} at {place}", outcome.code));
                    let first = self.outcomes.entry(who).or_insert_with(|| outcome.clone());
                    assert_eq!(*first, outcome, "{who} was told something else before");
                }
                Err(problem) => {
                    self.say(format!("{who} is told {}", problem.code()));
                    self.hear(who, id, &problem).await;
                }
            }
        }
    }

    async fn hear(&mut self, who: usize, id: IntentId, problem: &Problem) {
        let is_not_so =
            ["hold-", "standing-order-"].iter().any(|of| problem.code().starts_with(of));
        if self.plan.asked[who].what.is_fact() && is_not_so {
            // Not so, or not yet; the end tells.
            return;
        }
        match problem.code() {
            "intent-id-reused" => {
                assert!(!self.outcomes.contains_key(&who), "{who} stands itself");
                self.reused.insert(who);
            }
            "timed-out" => self.world.told.unknown += 1,
            "unavailable" | "overloaded" => {
                let sql = format!("SELECT count(*) FROM records WHERE intent_id = '{id}'");
                let decided = self.world.number(&sql).await;
                let asked = self.plan.asked.iter().zip(&self.asked);
                let alone =
                    asked.filter(|(asked, _)| asked.id == id).map(|(_, n)| n).sum::<u32>() == 1;
                assert!(!alone || decided == 0, "{who} was told that nothing happened");
            }
            other => panic!("{who} was told {other}: {problem:?}"),
        }
    }

    async fn judge(&mut self) {
        let mut auditor = Auditor::new(self.world.equity, &self.challenges, self.began_at.get());
        auditor.judge(&self.plan.asked, &self.outcomes);
        for who in &self.reused {
            let stands =
                |of: &usize| of != who && self.plan.asked[*of].id == self.plan.asked[*who].id;
            assert!(self.outcomes.keys().any(stands), "nothing else stands under the id of {who}");
        }
        let now = self.world.clock.now().get();
        for (who, asked) in self.plan.asked.iter().enumerate() {
            if self.is_settled(who) {
                continue;
            }
            // Nobody signed it, and it was never true when it was looked at; and it is not now.
            let hold = match asked.what {
                What::Expired { hold, at } => {
                    assert!(now >= at.get() || at.get() > self.ends_at.get());
                    hold
                }
                What::Overdue { hold, .. } => hold,
                What::Due { order, day, .. } => {
                    assert!(!auditor.oracle.could_run(order, day, now), "{order} was not paid");
                    continue;
                }
                _ => panic!("{who} was never answered"),
            };
            assert!(!auditor.could_expire(hold, now), "{hold} was not given back");
        }
        for outcome in self.outcomes.values() {
            for code in outcome.items.iter().chain([&outcome.code]) {
                *self.world.told.outcomes.entry(code.clone()).or_default() += 1;
            }
        }
        self.judge_orders(&auditor.oracle).await;
        let size = self.world.number("SELECT size FROM log_head").await;
        let outcomes = u64::try_from(self.outcomes.len()).unwrap();
        assert_eq!(
            u64::try_from(size).unwrap() - self.first_leaf,
            outcomes,
            "leaves that nobody asked for"
        );
        for account in &self.plan.accounts[..OPENED] {
            let sql = format!(
                "SELECT debits_posted, credits_posted, debits_pending, credits_pending, entry_count
                   FROM accounts WHERE account_id = '{account}'"
            );
            let row: Row =
                sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut self.world.auditor).await.unwrap();
            let stored: [i128; 5] = std::array::from_fn(|at| row.get::<i64, _>(at).into());
            let totals = auditor.oracle.model.totals(*account);
            let foreseen = [
                totals.debits_posted,
                totals.credits_posted,
                totals.debits_pending,
                totals.credits_pending,
                totals.entry_count,
            ];
            assert_eq!(stored, foreseen, "{account}");
        }
        self.rules.assert_hold(&mut self.world.auditor).await;
    }

    /// What became of the days of every order is what was foreseen: a receipt says only that it was recorded.
    async fn judge_orders(&mut self, oracle: &Oracle) {
        for asked in self.plan.asked.iter().filter(|asked| matches!(asked.what, What::Order { .. }))
        {
            let order = asked.id;
            let sql = format!(
                "SELECT status, code, attempts FROM standing_order_runs WHERE order_id = '{order}' ORDER BY number"
            );
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut self.world.auditor).await;
            let stored: Vec<(String, String, i64)> =
                rows.unwrap().iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
            let days = oracle.days(order).iter();
            let foreseen: Vec<(String, String, i64)> = days
                .map(|(status, code, tried)| {
                    ((*status).to_owned(), (*code).to_owned(), (*tried).into())
                })
                .collect();
            assert_eq!(stored, foreseen, "{order}");
            for (status, ..) in stored {
                *self.world.told.outcomes.entry(format!("day {status}")).or_default() += 1;
            }
        }
    }
}

/// Tiles are written as they fill, and leaves are read by whoever proves an earlier outcome in a tile that is not full.
fn is_of_where_the_log_stands(sql: &str) -> bool {
    sql.contains("log_tiles") || sql.contains("SELECT leaf FROM records")
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
