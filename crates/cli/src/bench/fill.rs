//! What is there before anything is measured: accounts, transfers, leaves. Filled in by parts, so that memory is bounded
//! whatever their number, with a line on standard error after each.

use std::time::{Duration, Instant};

use super::field::Field;
use super::generator::{self, exact};
use super::load::{self, Scenario};
use super::report::whole;
use crate::exit::Exit;
use crate::failure::Failure;

/// Accounts of one statement.
const ACCOUNTS: u32 = 500_000;
/// Transfers under one signature: as many as there may be.
const BATCH: u32 = 1_000;
/// Signatures over batches that are signed, then sent: about 40 MB.
const BATCHES: usize = 200;
/// Who sends batches at once: more would only wait for each other.
const SENDERS: usize = 16;
/// Signatures over one transfer that are signed, then sent: about 110 MB.
const SINGLES: usize = 20_000;
/// A part of the load ends when all of it is answered, however long that takes.
const NO_END: Duration = Duration::MAX;

/// Fills in accounts by SQL, `count` more than there are; payments go to them from now on. How many per second.
pub(super) async fn accounts(field: &mut Field, count: u32) -> Result<f64, Failure> {
    let mut progress = Progress::new("accounts filled in", count.into());
    let mut left = count;
    while left > 0 {
        let now = left.min(ACCOUNTS);
        field.add_idle_accounts(now)?;
        // Nobody signs meanwhile: a session ends that is idle for half an hour.
        field.keep_awake().await?;
        left = left.saturating_sub(now);
        progress.more(now.into());
    }
    field.pay_idle_accounts()?;
    Ok(progress.per_s())
}

/// Posts transfers through the corridor, 1,000 a signature: `transfers`, rounded up to whole batches. How many per second,
/// signing included.
pub(super) async fn history(field: &Field, transfers: u32) -> Result<f64, Failure> {
    let batches = transfers.div_ceil(BATCH);
    let all = u64::from(batches).saturating_mul(BATCH.into());
    let mut progress = Progress::new("transfers of history", all);
    let mut left = usize::try_from(batches).unwrap_or(usize::MAX);
    while left > 0 {
        let posted = send(field, Scenario::Batch1000, left.min(BATCHES), SENDERS).await?;
        left = left.saturating_sub(posted);
        progress.more(count(posted).saturating_mul(BATCH.into()));
    }
    Ok(progress.per_s())
}

/// Posts single transfers until the log has so many leaves. How many per second, signing included.
pub(super) async fn leaves(field: &Field, leaves: u64, connections: usize) -> Result<f64, Failure> {
    let mut progress = Progress::new("leaves", leaves.saturating_sub(field.leaves()?));
    loop {
        let left = leaves.saturating_sub(field.leaves()?);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if left == 0 {
            return Ok(progress.per_s());
        }
        // A group commit is one leaf for each of its intents, and a session's own leaves only add to them: this ends.
        let posted = send(field, Scenario::Single, left.min(SINGLES), connections).await?;
        progress.more(count(posted));
    }
}

/// Signs so many intents on all cores, sends them and waits for every answer. How many were sent: at least one.
async fn send(
    field: &Field,
    scenario: Scenario,
    intents: usize,
    connections: usize,
) -> Result<usize, Failure> {
    let shots = load::sign(field, scenario, intents)?;
    let run = generator::closed(field, &shots, connections.min(shots.len()), NO_END).await?;
    if run.accepted != count(shots.len()) {
        let what = format!("{} of {} intents were accepted", run.accepted, shots.len());
        return Err(Failure::new(Exit::Unexpected, what).because(format!("{:?}", run.refused)));
    }
    Ok(shots.len())
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}

struct Progress {
    what: &'static str,
    all: u64,
    done: u64,
    began: Instant,
}

impl Progress {
    fn new(what: &'static str, all: u64) -> Self {
        Self { what, all, done: 0, began: Instant::now() }
    }

    fn more(&mut self, done: u64) {
        self.done = self.done.saturating_add(done);
        let per_s = whole(self.per_s());
        eprintln!("bench: {} of {} {}, {per_s}/s", self.done, self.all, self.what);
    }

    fn per_s(&self) -> f64 {
        exact(self.done) / self.began.elapsed().as_secs_f64().max(f64::EPSILON)
    }
}
