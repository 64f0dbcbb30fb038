//! The one door to the database: every connection that leaves this module has put on a role first.
//!
//! # Invariants
//!
//! - The server's login role may do nothing by itself; each transaction becomes the reader of one
//!   person, the writer, the gate or the auditor by `SET LOCAL ROLE`, and falls back when it ends.
//! - The gate is the exception: the connections of its small pool are one role for good, which reads what every request asks
//!   of its session and nothing else, and writes nothing. So that answer costs one round trip.
//! - The role and the person are set in the same message as `BEGIN`: one round trip, and no moment in
//!   between where a statement could run without them.
//! - Readers never want a whole table: how many rows row-level security lets through is more than the planner can know, so
//!   that it would read all of a long log for a page of it. Where no index leads to the rows, the table is read all the same.
//!
//! # Security
//!
//! Row-level security compares with `app.user_id`, `app.role` and `app.permissions`. They come from a [`Caller`], which
//! only authentication makes, and are written as typed literals: a UUID and names from enums.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use intent::{Role, UserId};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Transaction};

use crate::config::DatabaseUrl;
use crate::policy::Permissions;
use crate::sessions::{Caller, Reader};

/// A connection that has been idle this long is asked whether it still lives before it is used.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(10);
/// How long a request waits for a free connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long dead connections are replaced before a request is told that the database is away.
const REPLACE_DEAD_FOR: Duration = Duration::from_millis(500);
/// So that requests do not spin while the database is away.
const REPLACE_DEAD_PAUSE: Duration = Duration::from_millis(2);
/// A plan for every statement: one that was made while the tables were small, and kept, probes an index by the book alone
/// and reads all of it when it has grown. Nor is any of our statements worth compiling.
const PLANNING: &str = "SET jit = off; SET plan_cache_mode = force_custom_plan";
/// The writer's role for good. Its statements probe an index for each row that they want, whatever the arrays hold, so their
/// plans are kept, until the poster gives them up because the tables have grown.
const POSTER_SETTINGS: &str = "SET ROLE strongroom_writer; SET jit = off; SET plan_cache_mode = force_generic_plan; \
     SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET enable_material = off; SET enable_memoize = off";
/// The gate's role for good. Its statements are planned once: each finds its row by the primary key, whatever the tables hold.
const GATE_SETTINGS: &str = "SET ROLE strongroom_gate; SET default_transaction_read_only = on; SET jit = off; \
     SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET statement_timeout = 5000";
/// Connections of the gate: its statement takes microseconds.
pub const GATE_CONNECTIONS: u32 = 4;
/// A reader's statement never needs longer; it ends before the request does.
const READER_STATEMENT_TIMEOUT_MS: u32 = 20_000;

/// SQLSTATE `admin_shutdown`.
const ADMIN_SHUTDOWN: &str = "57P01";
/// SQLSTATE `crash_shutdown`.
const CRASH_SHUTDOWN: &str = "57P02";
/// SQLSTATE `in_failed_sql_transaction`.
const IN_FAILED_TRANSACTION: &str = "25P02";

/// Connections to the bank's database. Clones share one pool.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    doubts: Doubts,
    gate: PgPool,
    options: PgConnectOptions,
}

impl Db {
    /// Connects once, so that a wrong URL fails here and not in the first request.
    pub async fn connect(url: &DatabaseUrl, connections_max: u32) -> sqlx::Result<Self> {
        let options = url.expose().parse::<PgConnectOptions>()?.application_name("strongroom");
        let doubts = Doubts::default();
        let doubted = doubts.clone();
        let pool = PgPoolOptions::new()
            .max_connections(connections_max)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move { sqlx::raw_sql(PLANNING).execute(connection).await.map(drop) })
            })
            .before_acquire(move |connection, meta| {
                let is_doubted = doubted.cover(meta.age);
                Box::pin(async move {
                    let is_fresh = meta.idle_for < IDLE_BEFORE_PING;
                    Ok(!is_doubted && (is_fresh || connection.ping().await.is_ok()))
                })
            })
            .connect_with(options.clone())
            .await?;
        // Lazily: what founds, migrates or examines a database serves no requests.
        let gate = PgPoolOptions::new()
            .max_connections(GATE_CONNECTIONS.min(connections_max))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(
                    async move { sqlx::raw_sql(GATE_SETTINGS).execute(connection).await.map(drop) },
                )
            })
            .connect_lazy_with(options.clone().application_name("strongroom-gate"));
        Ok(Self { pool, doubts, gate, options })
    }

    /// A connection that reads what every request asks of its session, in statements of their own.
    pub async fn at_the_gate(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        // Boxed, here and below: the pool's future has 4 kB, and every request's would have them, moved with it.
        Box::pin(self.gate.acquire()).await
    }

    /// Asks at the gate; once more where the connection had died.
    pub(crate) async fn ask_gate<T, F, A>(&self, question: F) -> sqlx::Result<T>
    where
        F: Fn(PoolConnection<Postgres>) -> A,
        A: Future<Output = sqlx::Result<T>>,
    {
        let began = Instant::now();
        loop {
            let asked = async { question(Box::pin(self.gate.acquire()).await?).await };
            match asked.await {
                Err(error) if is_dead(&error) && began.elapsed() < REPLACE_DEAD_FOR => {
                    tokio::time::sleep(REPLACE_DEAD_PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// A transaction of the gate's role, for a question whose plan depends on what the tables hold. READ ONLY.
    pub(crate) async fn as_gate(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.begin("BEGIN READ ONLY; SET LOCAL ROLE strongroom_gate".to_owned()).await
    }

    /// A transaction that reads what the caller may see. READ ONLY.
    pub async fn as_user(&self, caller: &Caller) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.as_person(caller.user, caller.role, caller.permissions).await
    }

    /// As [`Self::as_user`], for whoever reads.
    pub(crate) async fn as_reader(
        &self,
        reader: Reader,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.as_person(reader.user, reader.role, reader.permissions).await
    }

    /// As [`Self::as_user`], for a person who has no session.
    pub async fn as_person(
        &self,
        user: UserId,
        role: Role,
        permissions: Permissions,
    ) -> sqlx::Result<Transaction<'static, Postgres>> {
        let (role, permissions) = (role.name(), permissions.to_names());
        self.begin(format!(
            "BEGIN READ ONLY; SET LOCAL enable_seqscan = off; SET LOCAL ROLE strongroom_app; SET LOCAL app.user_id = '{user}'; \
             SET LOCAL app.role = '{role}'; SET LOCAL app.permissions = ' {permissions} '; SET LOCAL statement_timeout = {READER_STATEMENT_TIMEOUT_MS}"
        ))
        .await
    }

    /// A transaction that may append evidence and change what is not evidence.
    pub async fn as_writer(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.begin("BEGIN; SET LOCAL ROLE strongroom_writer".to_owned()).await
    }

    /// A transaction that reads everything but secrets. READ ONLY.
    pub async fn as_auditor(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.begin(format!(
            "BEGIN READ ONLY; SET LOCAL enable_seqscan = off; SET LOCAL ROLE strongroom_auditor; \
             SET LOCAL statement_timeout = {READER_STATEMENT_TIMEOUT_MS}"
        ))
        .await
    }

    /// A connection of its own for a poster, which gives its plans up by itself.
    pub async fn poster_connection(&self) -> sqlx::Result<PgConnection> {
        let options = self.options.clone().application_name("strongroom-poster");
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::raw_sql(POSTER_SETTINGS).execute(&mut connection).await?;
        Ok(connection)
    }

    /// Whether the database answers, in one round trip, without a role.
    pub async fn ping(&self) -> sqlx::Result<()> {
        self.pool.acquire().await?.ping().await
    }

    /// A connection without a role, for `doctor`, which judges the login role itself.
    pub(crate) async fn bare_connection(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        self.pool.acquire().await
    }

    /// How the server reaches its database.
    pub(crate) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Waits for borrowed connections to come back and closes them.
    pub async fn close(&self) {
        self.gate.close().await;
        self.pool.close().await;
    }

    /// A database that was restarted leaves the pool full of dead connections. Nothing has been asked over the one that
    /// turns out to be dead, so the next is taken instead of letting a request fail for each.
    async fn begin(&self, statement: String) -> sqlx::Result<Transaction<'static, Postgres>> {
        let began = Instant::now();
        loop {
            match self.try_begin(statement.clone()).await {
                Err(error) if is_dead(&error) && began.elapsed() < REPLACE_DEAD_FOR => {
                    tokio::time::sleep(REPLACE_DEAD_PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Begins in a task of its own, which goes on where nobody waits for it any more, and then ends what it began: the pool
    /// would lend a connection that was given back between BEGIN and its answer with the transaction still open (issue 4393 of
    /// sqlx, in 0.9.0).
    async fn try_begin(&self, statement: String) -> sqlx::Result<Transaction<'static, Postgres>> {
        let (pool, doubts) = (self.pool.clone(), self.doubts.clone());
        let begun = tokio::spawn(async move {
            let begun = pool.begin_with(AssertSqlSafe(statement)).await;
            begun.inspect_err(|error| {
                if has_code(error, &[IN_FAILED_TRANSACTION]) {
                    doubts.arise();
                }
            })
        });
        match begun.await {
            Ok(begun) => begun,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_shutdown) => Err(sqlx::Error::PoolClosed),
            },
        }
    }
}

/// When the pool was found to have lent a connection that stands in a transaction which had failed: one whose BEGIN was
/// done and what stood beside it was not. It and all that are as old are not lent again.
#[derive(Clone, Debug, Default)]
struct Doubts(Arc<Mutex<Option<Instant>>>);

impl Doubts {
    /// About every connection that there is.
    fn arise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether they are about a connection of this age.
    fn cover(&self, age: Duration) -> bool {
        let arose = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arose.is_some_and(|arose| arose.elapsed() <= age)
    }
}

/// Whether the connection was of no use before the statement: broken on our side, ended by the server, or left in a
/// transaction that had failed.
fn is_dead(error: &sqlx::Error) -> bool {
    let useless = [ADMIN_SHUTDOWN, CRASH_SHUTDOWN, IN_FAILED_TRANSACTION];
    matches!(error, sqlx::Error::Io(_)) || has_code(error, &useless)
}

/// Whether the database answered with one of these SQLSTATEs.
fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| codes.contains(&&*code))
}
