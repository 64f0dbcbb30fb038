//! Attempts at one group commit: which failures are tried again, how often, and what is told when there is no more.

use std::time::Duration;

use super::Fault;
use crate::clock::Time;
use crate::telemetry as names;

/// How often a batch is tried before its clients are told.
const ATTEMPTS_MAX: u32 = 8;
/// The first wait between two attempts; it doubles.
const BACKOFF_FIRST: Duration = Duration::from_millis(20);

/// Why an attempt at a group commit ended without one.
pub(super) enum Aborted {
    /// Authority changed since some signer was verified: ask again, then retry.
    AuthorityChanged { epoch: u64 },
    /// Another instance committed what this one read as absent: lock the head of the log first, then retry.
    Overtaken,
    /// It failed before COMMIT was sent: nothing happened.
    Before(Fault),
    /// COMMIT was sent and failed: it may have happened.
    During(Fault),
}

impl<E: Into<Fault>> From<E> for Aborted {
    fn from(error: E) -> Self {
        Self::Before(error.into())
    }
}

/// Attempts at one group commit.
#[derive(Default)]
pub(super) struct Attempt {
    failures: u32,
    commit_was_sent: bool,
}

impl Attempt {
    /// Waits before the next attempt, or says that there is none.
    pub(super) async fn failed(&mut self, aborted: Aborted, time: &dyn Time) -> Result<(), Fault> {
        let fault = match aborted {
            Aborted::Before(fault) => fault,
            Aborted::During(fault) => {
                self.commit_was_sent = true;
                fault
            }
            Aborted::AuthorityChanged { .. } | Aborted::Overtaken => return Ok(()),
        };
        self.failures = self.failures.saturating_add(1);
        metrics::counter!(names::COMMIT_FAILURES).increment(1);
        let retry = fault.is_transient() || is_same_id_race(&fault);
        if retry && self.failures < ATTEMPTS_MAX {
            tracing::warn!(error = %fault, failures = self.failures, "group commit failed, trying again");
            let doublings = self.failures.saturating_sub(1);
            time.wait(BACKOFF_FIRST.saturating_mul(1 << doublings.min(8))).await;
            return Ok(());
        }
        tracing::error!(error = ?fault, failures = self.failures, "group commit failed");
        Err(if self.commit_was_sent { Fault::OutcomeUnknown } else { fault })
    }
}

/// Two instances decided the same intent, or a transfer of the same id, at once; the second finds it when it tries again.
fn is_same_id_race(fault: &Fault) -> bool {
    match fault {
        Fault::Database(sqlx::Error::Database(error)) => error
            .constraint()
            .is_some_and(|name| ["records_intent_id_is_unique", "transfers_pkey"].contains(&name)),
        _ => false,
    }
}
