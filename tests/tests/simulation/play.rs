//! One seed, being played.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use e2e::{How, Oracle, Row, Rules};
use intent::{IntentId, UtcMicros};
use server::clock::Time;
use server::problem::Problem;
use sqlx::{AssertSqlSafe, Row as _};

use super::{BACK_MAX_US, World};
use crate::auditor::{Auditor, Outcome, THRESHOLDS};
use crate::chance::Chance;
use crate::plan::{Challenge, OPENED, Plan, What};
use crate::stage::{ACTORS, Told};

/// How far a clock is set on at most, in microseconds.
const ON_MAX_US: i64 = 1_000_000;
/// What is left unanswered at the end is asked again so often.
const ROUNDS_MAX: usize = 12;

/// One seed, being played.
pub(super) struct Play<'a> {
    pub(super) world: &'a mut World,
    pub(super) chance: Chance,
    pub(super) plan: Plan,
    pub(super) challenges: Vec<Challenge>,
    pub(super) outcomes: BTreeMap<usize, Outcome>,
    /// What was refused because its id stands for another document.
    pub(super) reused: BTreeSet<usize>,
    /// How often each was enqueued.
    pub(super) asked: Vec<u32>,
    pub(super) faults_left: usize,
    pub(super) first_leaf: u64,
    pub(super) rules: Rules,
    pub(super) began_at: UtcMicros,
    /// To which time the clock may be set back.
    pub(super) earliest: UtcMicros,
    /// When nothing fails any more.
    pub(super) ends_at: UtcMicros,
    pub(super) trace: Rc<RefCell<Vec<String>>>,
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

impl Play<'_> {
    /// Until everything is answered and judged.
    pub(super) async fn go_on(mut self) {
        self.settle().await;
        while let Some(next) = self.choose() {
            if self.asks_by_the_size_of_the_log().is_none() {
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
        if let Some(actor) = self.asks_by_the_size_of_the_log() {
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
    fn asks_by_the_size_of_the_log(&self) -> Option<usize> {
        let depends = |actor: &usize| {
            self.world
                .stage
                .asked(*actor)
                .is_some_and(|asked| depends_on_the_size_of_the_log(&asked.text))
        };
        (0..ACTORS).find(depends)
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
        if !depends_on_the_size_of_the_log(&asked.text) {
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

    /// What became of the days of every order, and which comes next, is what was foreseen: a receipt says only that something
    /// was recorded.
    async fn judge_orders(&mut self, oracle: &Oracle) {
        let is_order = |what: &What| matches!(what, What::Order { .. });
        for asked in self.plan.asked.iter().filter(|asked| is_order(&asked.what)) {
            let order = asked.id;
            let days = self
                .world
                .rows(&format!(
                    "SELECT status, code, attempts FROM standing_order_runs
                      WHERE order_id = '{order}' ORDER BY number"
                ))
                .await;
            let days: Vec<(&str, &str, i64)> =
                days.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
            assert_eq!(days, oracle.days(order), "{order}");
            let next = self
                .world
                .rows(&format!(
                    "SELECT next_number, attempt, (extract(epoch FROM next_at) * 1000000)::bigint
                       FROM standing_orders WHERE order_id = '{order}' AND status = 'active'"
                ))
                .await;
            let next: Option<(i64, i64, i64)> =
                next.first().map(|row| (row.get(0), row.get(1), row.get(2)));
            let foreseen = oracle.next_day(order);
            assert_eq!(next, foreseen.map(|((day, tried), at)| (day.into(), tried.into(), at)));
            for (status, ..) in days {
                *self.world.told.outcomes.entry(format!("day {status}")).or_default() += 1;
            }
        }
    }
}

/// Tiles are written as they fill, and leaves are read by whoever proves an earlier outcome in a tile that is not full.
fn depends_on_the_size_of_the_log(sql: &str) -> bool {
    sql.contains("log_tiles") || sql.contains("SELECT leaf FROM records")
}
