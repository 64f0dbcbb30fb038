//! What a group commit locks, observed in `pg_locks` and from the rows while it is stopped half-way: rows of the accounts that
//! it moves, the head of the log last, and no table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use client::ClientError;
use e2e::{Bank, Customer, eur, eventually};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Row, Transaction};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What reading and writing rows takes on a table: none keeps others from reading or writing other rows of it.
const OF_ROWS: [&str; 3] = ["AccessShareLock", "RowExclusiveLock", "RowShareLock"];

/// A payment from the first to the second of four people.
struct Stopped<'a> {
    bank: &'a Bank,
    people: &'a [Arc<Customer>],
    paying: JoinHandle<Result<(), ClientError>>,
}

impl<'a> Stopped<'a> {
    /// Sends it while a transaction of somebody else's has run `sql`, and waits until the poster waits for that one.
    async fn by<'c>(
        sql: &str,
        connection: &'c mut PgConnection,
        (bank, people): (&'a Bank, &'a [Arc<Customer>]),
    ) -> (Self, Transaction<'c, Postgres>) {
        let mut other = connection.begin().await.unwrap();
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *other).await.unwrap();
        let (from, to) = (Arc::clone(&people[0]), people[1].account);
        let paying =
            tokio::spawn(
                async move { from.transfer(from.account, to, eur(1), None).await.map(drop) },
            );
        let waits = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                      WHERE application_name = 'strongroom-poster' AND NOT granted";
        eventually("the poster to wait", async || (bank.count(waits).await == 1).then_some(()))
            .await;
        (Self { bank, people, paying }, other)
    }

    /// Which of the people's accounts somebody has locked.
    async fn locked(&self) -> BTreeSet<usize> {
        let free = self.bank.rows("SELECT account_id FROM accounts FOR NO KEY UPDATE SKIP LOCKED");
        let free: BTreeSet<Uuid> = free.await.iter().map(|row| row.get(0)).collect();
        let people = self.people.iter().enumerate();
        people.filter(|(_, of)| !free.contains(&of.account.get())).map(|(place, _)| place).collect()
    }

    async fn head_is_free(&self) -> bool {
        self.bank.rows("SELECT size FROM log_head FOR UPDATE SKIP LOCKED").await.len() == 1
    }

    /// The modes in which the poster holds tables, after checking that none of them is more than rows take.
    async fn tables(&self) -> BTreeMap<String, BTreeSet<String>> {
        let held = "SELECT c.relname::text, l.mode FROM pg_locks l
                      JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation
                     WHERE a.application_name = 'strongroom-poster' AND l.locktype = 'relation'";
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in self.bank.rows(held).await {
            let (table, mode): (String, String) = (row.get(0), row.get(1));
            assert!(OF_ROWS.contains(&mode.as_str()), "{table}: {mode}");
            tables.entry(table).or_default().insert(mode);
        }
        tables
    }

    async fn goes_on(self, other: Transaction<'_, Postgres>) {
        other.rollback().await.unwrap();
        self.paying.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_commit_locks_rows_of_its_accounts_then_the_head_of_the_log_and_no_table() {
    let bank = Bank::start().await;
    let mut people = Vec::new();
    for name in ["Alice", "Bob", "Carl", "Dora"] {
        people.push(Arc::new(bank.customer(name, 1_000).await));
    }
    let mut connection = bank.superuser().await;
    let writes = |tables: &BTreeMap<String, BTreeSet<String>>, name: &str| {
        tables.get(name).is_some_and(|modes| modes.contains("RowExclusiveLock"))
    };
    assert!(people[0].account < people[1].account, "accounts are locked in the order of their ids");

    // Before it has both of its accounts it has read and written nothing, and the head is anybody's.
    let sql = format!(
        "SELECT FROM accounts WHERE account_id = '{}' FOR NO KEY UPDATE",
        people[1].account
    );
    let (stopped, other) = Stopped::by(&sql, &mut connection, (&bank, &people)).await;
    assert_eq!(stopped.locked().await, BTreeSet::from([0, 1]), "its first, and ours");
    assert!(stopped.head_is_free().await);
    let tables = stopped.tables().await;
    assert!(!tables.keys().any(|table| writes(&tables, table)), "{tables:?}");
    stopped.goes_on(other).await;

    // At the head it has written everything but the log: both accounts are its own, those of others are free.
    let sql = "SELECT FROM log_head FOR UPDATE";
    let (stopped, other) = Stopped::by(sql, &mut connection, (&bank, &people)).await;
    assert_eq!(stopped.locked().await, BTreeSet::from([0, 1]));
    let tables = stopped.tables().await;
    assert!(
        ["accounts", "transfers", "entries", "payees"].iter().all(|name| writes(&tables, name))
    );
    assert!(!writes(&tables, "records") && !writes(&tables, "log_head"), "{tables:?}");
    stopped.goes_on(other).await;

    // Behind the head, which it holds to its COMMIT, comes nothing but the log.
    let sql = "LOCK TABLE log_checkpoints IN SHARE MODE";
    let (stopped, other) = Stopped::by(sql, &mut connection, (&bank, &people)).await;
    assert_eq!(stopped.locked().await, BTreeSet::from([0, 1]));
    assert!(!stopped.head_is_free().await);
    stopped.tables().await;
    stopped.goes_on(other).await;
    assert_eq!(bank.balance(people[1].account).await, 1_003);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authority_that_ends_while_a_group_commit_waits_for_the_head_has_ended_for_it() {
    let bank = Bank::start().await;
    let mut people = Vec::new();
    for name in ["Alice", "Bob"] {
        people.push(Arc::new(bank.customer(name, 1_000).await));
    }
    let mut connection = bank.superuser().await;
    let leaves = bank.count("SELECT size FROM log_head").await;
    let sql = "SELECT FROM log_head FOR UPDATE";
    let (stopped, mut other) = Stopped::by(sql, &mut connection, (&bank, &people)).await;
    // As another instance revokes: under the head, and the epoch with it.
    let alice = people[0].identity().user().id;
    for sql in [
        format!(
            "UPDATE certificates SET status = 'revoked', ended_at = now() WHERE user_id = '{alice}'"
        ),
        "UPDATE authority_state SET epoch = epoch + 1".to_owned(),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *other).await.unwrap();
    }
    other.commit().await.unwrap();
    let told = stopped.paying.await.unwrap().unwrap_err();
    assert_eq!(told.problem().unwrap().code, "certificate-not-accepted", "{told}");
    assert_eq!(bank.count("SELECT size FROM log_head").await, leaves, "nothing was recorded");
    assert_eq!(bank.balance(people[1].account).await, 1_000);
    // With nobody left the poster asks nothing more, and another instance must not wait for it.
    for sql in [
        "SET lock_timeout = '5s'",
        "SELECT FROM accounts FOR UPDATE",
        "SELECT FROM log_head FOR UPDATE",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
}
