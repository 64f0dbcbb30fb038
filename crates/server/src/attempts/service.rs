//! Counting before the attempt, forgiving after a right one.

use std::collections::BTreeMap;

use intent::{EventKind, UserId, UtcMicros};
use sqlx::PgConnection;

use super::rule::{self, Attempts};
use super::store;
use crate::Services;
use crate::ip_rules::holder_of;
use crate::problem::{Code, Problem};
use crate::telemetry as names;

/// Failures of one account, or of one second factor, that cost nothing.
const FREE_OF_ACCOUNT: u32 = 5;
/// Failures from one address that cost nothing: an office shares one.
const FREE_OF_ADDRESS: u32 = 20;
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Rows without a failure for so long say nothing any more, in microseconds.
const FORGOTTEN_US: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;

/// Whose attempts are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// The password of whoever has this e-mail, in its one spelling, if anybody has.
    Account(&'a str),
    /// The second factor of a person whose password was right.
    SecondFactor(UserId),
    /// Everything that comes from an address.
    Address(&'a str),
}

impl Subject<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::SecondFactor(_) => "second-factor",
            Self::Address(_) => "address",
        }
    }

    const fn free(&self) -> u32 {
        match self {
            Self::Account(_) | Self::SecondFactor(_) => FREE_OF_ACCOUNT,
            Self::Address(_) => FREE_OF_ADDRESS,
        }
    }

    fn key(&self, services: &Services) -> [u8; 32] {
        let text = match self {
            Self::Account(email) => (*email).to_owned(),
            Self::SecondFactor(user) => user.to_string(),
            Self::Address(ip) => network(ip),
        };
        services.authority.attempts_key().tag(&[self.name().as_bytes(), b"\0", text.as_bytes()])
    }
}

/// Attempts are counted by whoever holds the address, not by the address.
fn network(ip: &str) -> String {
    ip.parse().map_or_else(|_| ip.to_owned(), |address| holder_of(address).to_string())
}

/// An attempt that was counted, and may be judged now.
#[must_use = "a right attempt must be forgiven"]
pub(crate) struct Admitted {
    counted: Vec<([u8; 32], &'static str)>,
}

/// Counts an attempt against all of `subjects`, or refuses it: 429, and nothing is counted.
pub(crate) async fn admit(
    services: &Services,
    subjects: &[Subject<'_>],
    now: UtcMicros,
) -> Result<Admitted, Problem> {
    let book = services.bank.book;
    // In one order, so that no two attempts wait for one another.
    let keyed: BTreeMap<[u8; 32], Subject<'_>> =
        subjects.iter().map(|subject| (subject.key(services), *subject)).collect();
    let mut locked_until = None;
    let mut began = Vec::new();
    let mut tx = services.db.as_writer().await?;
    for (key, subject) in &keyed {
        let known = store::lock(&mut tx, book, key, now).await?;
        match rule::admit(known, subject.free(), now) {
            Ok(next) => {
                store::update(&mut tx, book, key, &next).await?;
                if next.failures == subject.free().saturating_add(1) {
                    began.push((*key, subject.name(), next));
                }
            }
            Err(until) => locked_until = locked_until.max(Some(until)),
        }
    }
    if let Some(until) = locked_until {
        tx.rollback().await?;
        metrics::counter!(names::SIGN_IN_REFUSED, "why" => "locked").increment(1);
        return Err(rate_limited(until, now));
    }
    store::forget(&mut tx, book, a_day_before(now)).await?;
    tx.commit().await?;
    for (key, name, attempts) in began {
        record_lock(services, &key, name, attempts).await;
    }
    Ok(Admitted {
        counted: keyed.into_iter().map(|(key, subject)| (key, subject.name())).collect(),
    })
}

/// How often somebody failed to sign in as `user` in the day before: with the password, or with the second factor. What a
/// right one forgave is among them: it may have been guessed.
pub(crate) async fn failures_before(
    tx: &mut PgConnection,
    services: &Services,
    user: UserId,
    now: UtcMicros,
) -> sqlx::Result<u32> {
    let book = services.bank.book;
    let mut subjects = subjects_of(tx, services, user).await?;
    subjects.extend(subjects.clone().iter().map(|subject| forgiven(services, subject)));
    store::failures(tx, book, &subjects, a_day_before(now)).await
}

/// A sign-in with the certificate of `user` says in its leaf what failed before it: what was forgiven is told.
pub(crate) async fn forgiven_are_told(
    tx: &mut PgConnection,
    services: &Services,
    user: UserId,
) -> sqlx::Result<()> {
    for subject in subjects_of(tx, services, user).await? {
        store::delete(tx, services.bank.book, &forgiven(services, &subject)).await?;
    }
    Ok(())
}

/// Under which a person's own failures are counted.
async fn subjects_of(
    tx: &mut PgConnection,
    services: &Services,
    user: UserId,
) -> sqlx::Result<Vec<[u8; 32]>> {
    let email = store::email(tx, services.bank.book, user).await?;
    let account = email.map(|email| Subject::Account(&email).key(services));
    Ok(account.into_iter().chain([Subject::SecondFactor(user).key(services)]).collect())
}

/// Where the failures of a subject stand that a right attempt forgave: they delay nobody any more.
fn forgiven(services: &Services, subject: &[u8; 32]) -> [u8; 32] {
    services.authority.attempts_key().tag(&[b"forgiven\0", subject])
}

fn a_day_before(now: UtcMicros) -> UtcMicros {
    UtcMicros::from_micros(now.get().saturating_sub(FORGOTTEN_US))
}

impl Admitted {
    /// The attempt was right: the account's failures delay nobody any more, the address gets its one back.
    ///
    /// # Security
    ///
    /// An address keeps its other failures: who tries the accounts of others cannot wash them off with their own. Those
    /// of an account stay known for a day: who guesses right is told from its holder by the guesses before.
    pub(crate) async fn forgive(self, services: &Services, now: UtcMicros) -> Result<(), Problem> {
        let book = services.bank.book;
        let mut tx = services.db.as_writer().await?;
        for (key, name) in &self.counted {
            let known = store::lock(&mut tx, book, key, now).await?;
            let refunded = rule::refund(known, now);
            if *name == Subject::Address("").name() {
                store::update(&mut tx, book, key, &refunded).await?;
                continue;
            }
            store::delete(&mut tx, book, key).await?;
            if refunded.failures > 0 {
                let forgiven = forgiven(services, key);
                let before = store::lock(&mut tx, book, &forgiven, now).await?;
                let kept = rule::forgive(before, refunded, a_day_before(now));
                store::update(&mut tx, book, &forgiven, &kept).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// The attempt was wrong: it stays counted.
    pub(crate) fn stands(self, what: &'static str) {
        drop(self.counted);
        metrics::counter!(names::SIGN_IN_REFUSED, "why" => what).increment(1);
    }
}

fn rate_limited(until: UtcMicros, now: UtcMicros) -> Problem {
    let micros = until.get().saturating_sub(now.get()).max(0);
    let seconds = micros.saturating_add(MICROS_PER_SECOND - 1).div_euclid(MICROS_PER_SECOND);
    Problem::new(Code::RateLimited).with_retry_after_s(u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// A lock that begins is a fact for the log, the subject by its keyed hash. That it cannot be written stops nobody.
async fn record_lock(
    services: &Services,
    key: &[u8; 32],
    subject: &'static str,
    attempts: Attempts,
) {
    metrics::counter!(names::SIGN_IN_LOCKS, "subject" => subject).increment(1);
    let body = BTreeMap::from([
        ("subject".to_owned(), subject.to_owned()),
        ("subject_hash".to_owned(), hex::encode(key)),
        ("failures".to_owned(), attempts.failures.to_string()),
        ("locked_until".to_owned(), attempts.locked_until.to_string()),
    ]);
    if let Err(problem) = services.corridor.append_event(EventKind::LoginLocked, body).await {
        tracing::warn!(code = problem.code(), "a lock was not recorded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_holder_is_one_subject_and_ipv4_has_one_spelling() {
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:ffff:1:2:3"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }

    #[test]
    fn the_wait_is_told_in_whole_seconds_rounded_up() {
        let at = UtcMicros::from_micros;
        let waits = |until_us| rate_limited(at(until_us), at(0));
        assert_eq!(waits(1).status().as_u16(), 429);
        for (until_us, header) in [(1, "1"), (1_000_000, "1"), (1_000_001, "2"), (0, "0")] {
            let response = axum::response::IntoResponse::into_response(waits(until_us));
            assert_eq!(response.headers()["retry-after"], header);
        }
    }
}
