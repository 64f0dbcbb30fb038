//! The count of all processes, in Redis: one script, one round trip, Redis' clock.
//!
//! # Security
//!
//! Trusted to count and with nothing else: it sees tags and times. Whoever owns it can refuse everybody, as whoever owns
//! the network can, or lift the limits; no authority and no money comes of either.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crypto::MacKey;
use intent::{BankId, UtcMicros};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use thiserror::Error;
use tokio::time::error::Elapsed;

use super::budget::Budget;
use super::local::Decision;
use super::subject::Subject;
use crate::config::DatabaseUrl;
use crate::policy::routes::Class;
use crate::telemetry as names;

const SCRIPT: &str = include_str!("gcra.lua");
/// A request waits for Redis no longer than this; on a network of one's own it answers within a millisecond.
const TIMEOUT: Duration = Duration::from_millis(100);
/// After a failure Redis is left alone for this long, in microseconds, so that not every request waits in vain.
const LEFT_ALONE_US: i64 = 1_000_000;
/// A line in the log no more often than this, in microseconds.
const WARN_EVERY_US: i64 = 30 * 1_000_000;

/// A count that all processes share.
pub(super) struct Shared {
    connection: ConnectionManager,
    script: Script,
    /// Begins every key, so that two banks may use one Redis.
    prefix: String,
    key: MacKey,
    asked_again_at_us: AtomicI64,
    warned_at_us: AtomicI64,
}

impl Shared {
    /// Connects at the first request. Fails only where `url` is none.
    pub(super) fn new(url: &DatabaseUrl, bank: &BankId, key: MacKey) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let client = Client::open(url.expose())?;
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            script: Script::new(SCRIPT),
            prefix: format!("strongroom:{bank}:rate"),
            key,
            asked_again_at_us: AtomicI64::new(i64::MIN),
            warned_at_us: AtomicI64::new(i64::MIN),
        })
    }

    /// `None`: Redis does not answer, or failed a moment ago.
    pub(super) async fn decide(
        &self,
        class: Class,
        subject: &Subject,
        budget: Budget,
        now: UtcMicros,
    ) -> Option<Decision> {
        if now.get() < self.asked_again_at_us.load(Ordering::Acquire) {
            return None;
        }
        let name = format!(
            "{}:{}:{}:{}",
            self.prefix,
            class.name(),
            subject.scope().name(),
            subject.hidden(&self.key)
        );
        match self.ask(&name, budget).await {
            Ok(decision) => Some(decision),
            Err(error) => {
                self.failed(&error, now);
                None
            }
        }
    }

    /// Whether Redis answers now.
    pub(super) async fn answers(&self) -> bool {
        let mut connection = self.connection.clone();
        let ping = redis::cmd("PING");
        let answer = tokio::time::timeout(TIMEOUT, ping.query_async::<()>(&mut connection)).await;
        matches!(answer, Ok(Ok(())))
    }

    async fn ask(&self, name: &str, budget: Budget) -> Result<Decision, SharedError> {
        let mut connection = self.connection.clone();
        let interval_us = u64::try_from(budget.interval().as_micros()).unwrap_or(u64::MAX);
        let mut call = self.script.key(name);
        call.arg(interval_us).arg(budget.requests().get());
        let answer = call.invoke_async::<(u8, u64)>(&mut connection);
        let (admitted, rest) = tokio::time::timeout(TIMEOUT, answer).await??;
        Ok(if admitted == 1 {
            Decision::Admitted { remaining: u32::try_from(rest).unwrap_or(u32::MAX) }
        } else {
            Decision::Refused { wait: Duration::from_micros(rest) }
        })
    }

    fn failed(&self, error: &SharedError, now: UtcMicros) {
        let later = now.get().saturating_add(LEFT_ALONE_US);
        self.asked_again_at_us.fetch_max(later, Ordering::AcqRel);
        metrics::counter!(names::RATE_LIMITS_FALLBACK).increment(1);
        let warned_at_us = self.warned_at_us.load(Ordering::Acquire);
        let claim = || {
            let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
            self.warned_at_us.compare_exchange(warned_at_us, now.get(), success, failure).is_ok()
        };
        if now.get().saturating_sub(warned_at_us) >= WARN_EVERY_US && claim() {
            tracing::warn!(%error, "Redis does not answer: requests are counted by each process for itself");
        }
    }
}

/// Whether the Redis of a URL answers.
pub(crate) async fn reach(url: &DatabaseUrl) -> Result<(), SharedError> {
    let client = Client::open(url.expose())?;
    let pinged = async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<()>(&mut connection).await
    };
    Ok(tokio::time::timeout(TIMEOUT, pinged).await??)
}

/// Why Redis has not counted.
#[derive(Debug, Error)]
pub(crate) enum SharedError {
    /// It is slow, or away.
    #[error("no answer in time")]
    Late(#[from] Elapsed),
    /// It is not there, or does not do as it is told. The driver never names the password.
    #[error("{0}")]
    Redis(#[from] RedisError),
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use crypto::SecretBytes;
    use governor::clock::FakeRelativeClock;
    use proptest::prelude::*;
    use tempfile::TempDir;
    use uuid::Uuid;

    use super::super::local::Limiter;
    use super::*;

    /// A Redis of one test, at a socket in a folder of its own.
    struct Redis(Child, TempDir);

    impl Redis {
        fn start() -> Option<Self> {
            let folder = tempfile::tempdir().unwrap();
            let socket = folder.path().join("redis");
            let mut command = Command::new("redis-server");
            command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(&socket);
            match command.stdout(std::process::Stdio::null()).spawn() {
                Ok(child) => Some(Self(child, folder)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    eprintln!("SKIPPED: no redis-server on this machine; `make tools` installs it");
                    None
                }
                Err(error) => panic!("redis-server: {error}"),
            }
        }

        fn connect(&self) -> redis::Connection {
            let url = format!("unix://{}", self.1.path().join("redis").display());
            let client = Client::open(url).unwrap();
            for _ in 0..500 {
                if let Ok(connection) = client.get_connection() {
                    return connection;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            panic!("redis-server does not come up");
        }
    }

    impl Drop for Redis {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// The script with the test's clock in place of Redis' own, against an implementation that is not ours.
    #[test]
    fn the_script_counts_as_governor_does() {
        let Some(redis) = Redis::start() else { return };
        let connection = std::cell::RefCell::new(redis.connect());
        let script = Script::new(&SCRIPT.replace("redis.call('TIME')", "{ ARGV[3], ARGV[4] }"));
        let cases = (1_u32..6, 10_u32..100, prop::collection::vec(0_u64..40_000_000, 1..40));
        let mut runner = proptest::test_runner::TestRunner::default();
        let agree = |(requests, window_s, pauses): (u32, u32, Vec<u64>)| {
            let budget: Budget = format!("{requests}/{window_s}").parse().unwrap();
            let clock = FakeRelativeClock::default();
            let limiter = Limiter::new(budget, clock.clone());
            let subject = Subject::Address(None);
            let key = Uuid::now_v7().to_string();
            let mut now_us = 1_790_000_000_000_000_u64;
            for pause_us in pauses {
                // Half of the requests come at once.
                let pause_us = pause_us.saturating_sub(20_000_000);
                clock.advance(Duration::from_micros(pause_us));
                now_us += pause_us;
                let (admitted, rest): (u8, u64) = script
                    .key(&key)
                    .arg(budget.interval().as_micros().to_string())
                    .arg(requests)
                    .arg(now_us / 1_000_000)
                    .arg(now_us % 1_000_000)
                    .invoke(&mut *connection.borrow_mut())
                    .unwrap();
                let shared = match admitted {
                    1 => Decision::Admitted { remaining: u32::try_from(rest).unwrap() },
                    _ => Decision::Refused { wait: Duration::from_micros(rest) },
                };
                prop_assert_eq!(shared, limiter.decide(&subject));
            }
            Ok(())
        };
        runner.run(&cases, agree).unwrap();
    }

    #[test]
    fn a_key_in_redis_ends_when_it_says_nothing_any_more() {
        let Some(redis) = Redis::start() else { return };
        let mut connection = redis.connect();
        let key = Uuid::now_v7().to_string();
        let answer: (u8, u64) =
            Script::new(SCRIPT).key(&key).arg(5_000_000).arg(3).invoke(&mut connection).unwrap();
        assert_eq!(answer, (1, 2));
        let left_ms: u64 = redis::cmd("PTTL").arg(&key).query(&mut connection).unwrap();
        assert!((1..=5_000).contains(&left_ms), "{left_ms}");
    }

    #[tokio::test]
    async fn a_redis_that_is_not_there_decides_nothing_and_is_left_alone_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let nobody = folder.path().join("nobody");
        let url = DatabaseUrl::new(format!("unix://{}", nobody.display()));
        let key = MacKey::new(&SecretBytes::new(vec![1; 32]));
        let shared = Shared::new(&url, &"testbank".parse().unwrap(), key).unwrap();
        let budget = "1/1".parse().unwrap();
        let at = UtcMicros::from_micros;
        let ask = async |now_us| {
            shared.decide(Class::Read, &Subject::Address(None), budget, at(now_us)).await
        };
        assert_eq!(ask(0).await, None);
        assert_eq!(shared.asked_again_at_us.load(Ordering::Acquire), LEFT_ALONE_US);
        assert_eq!(ask(LEFT_ALONE_US - 1).await, None);
        assert_eq!(shared.asked_again_at_us.load(Ordering::Acquire), LEFT_ALONE_US, "not asked");
        assert_eq!(ask(LEFT_ALONE_US).await, None);
        assert_eq!(shared.asked_again_at_us.load(Ordering::Acquire), 2 * LEFT_ALONE_US);
        assert!(!shared.answers().await);
    }
}
