//! What each database role can and cannot do, tried against a real cluster.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use intent::{Role, UserId};
use server::config::{Config, DatabaseSource, DatabaseUrl, Profile};
use server::db::Db;
use server::doctor::{self, Check, Status};
use server::policy::{BASICS, Permission, Permissions, permissions};
use server::start::{StartError, open_database};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use support::{TestCluster, migrated_cluster};
use uuid::Uuid;

const DENIED: &str = "42501";
const READ_ONLY: &str = "25006";

const ALICE: Uuid = Uuid::from_u128(0xa11c_e000_0000_7000_8000_0000_0000_0001);
const BOB: Uuid = Uuid::from_u128(0xb0b0_0000_0000_7000_8000_0000_0000_0002);

async fn db(cluster: &TestCluster) -> Db {
    Db::connect(&cluster.cluster.urls().server, 2).await.unwrap()
}

async fn connect(url: &DatabaseUrl) -> PgConnection {
    PgConnection::connect(url.expose()).await.unwrap()
}

/// SQLSTATE of the refusal of `sql`, or `None` when it was done.
async fn refusal(tx: &mut PgConnection, sql: &str) -> Option<String> {
    let failed = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(tx).await.err()?;
    failed.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned))
}

async fn count(tx: &mut PgConnection, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(tx).await.unwrap()
}

/// One account, one transfer, its entries and its record for each of two people.
async fn two_customers(db: &Db) {
    let mut tx = db.as_writer().await.unwrap();
    let mut script = "INSERT INTO books VALUES (1, 'test', 'Test', 'standard', now());
        INSERT INTO assets VALUES (1, 'EUR', 2);
        INSERT INTO roles VALUES (1, 'reader', 'customer', 'accounts:read', true, gen_random_uuid(), gen_random_uuid(), now());"
        .to_owned();
    for (index, size, user) in [(0, 1, ALICE), (1, 2, BOB)] {
        let bytes = |byte: usize| format!("decode(repeat('{byte:02x}', 32), 'hex')");
        let rows = format!(
            "INSERT INTO users (book_id, user_id, name, email, role, status, registered_at)
                 VALUES (1, '{user}', 'n', '{user}@test', 'customer', 'active', now());
             INSERT INTO accounts (book_id, account_id, number, owner, asset, kind, opened_at)
                 VALUES (1, '{user}', '{index}', '{user}', 'EUR', 'liability', now());
             INSERT INTO entries VALUES (1, '{user}', 1, '{user}', '{user}', 'debit', 5, 5);
             INSERT INTO records (book_id, leaf_index, intent_id, tree_size, recorded_at, user_id, leaf, salts)
                 VALUES (1, {index}, '{user}', 1, now(), '{user}',
                         decode(repeat('00', 170), 'hex'), decode(repeat('00', 160), 'hex'));
             INSERT INTO transfer_details VALUES (1, '{user}', '{user}', NULL, {salt}, 'd');
             INSERT INTO devices VALUES (1, {salt}, '{user}', 'sealed', 'kem', 'active', now());
             INSERT INTO role_grants VALUES (1, '{user}', 'reader', true, '{user}', '{user}', now());
             INSERT INTO certificate_components VALUES (1, {salt}, {salt});
             INSERT INTO log_checkpoints VALUES (1, {size}, 'note', now());",
            salt = bytes(size),
        );
        script += &rows;
    }
    script.push_str("INSERT INTO log_tiles VALUES (1, 0, 0, decode(repeat('00', 8192), 'hex'));");
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

const OWN: [&str; 7] =
    ["accounts", "entries", "records", "transfer_details", "users", "devices", "role_grants"];

#[tokio::test]
async fn a_person_sees_only_their_own_rows_and_staff_what_their_role_says() {
    let cluster = migrated_cluster().await;
    let db = db(&cluster).await;
    two_customers(&db).await;
    let stranger = UserId::new(Uuid::from_u128(7));
    for table in OWN {
        let column = if table == "users" || table == "devices" { "user_id" } else { "book_id" };
        let table = format!("(SELECT {column} FROM {table}) AS rows");
        for (user, sees) in [(UserId::new(ALICE), 1), (UserId::new(BOB), 1), (stranger, 0)] {
            let mut tx =
                db.as_person(user, Role::Customer, permissions(Role::Customer)).await.unwrap();
            assert_eq!(count(&mut tx, &table).await, sees, "{table}");
        }
    }
    let mut tx = db.as_person(stranger, Role::Manager, permissions(Role::Manager)).await.unwrap();
    assert_eq!(count(&mut tx, "accounts").await, 2);
    assert_eq!(count(&mut tx, "records").await, 0, "evidence is for auditors");
    drop(tx);
    let mut tx =
        db.as_person(stranger, Role::SystemAdmin, permissions(Role::SystemAdmin)).await.unwrap();
    assert_eq!(count(&mut tx, "accounts").await, 0, "the administrator sees no money");
}

#[tokio::test]
async fn what_a_custom_role_takes_away_row_level_security_hides() {
    let cluster = migrated_cluster().await;
    let db = db(&cluster).await;
    two_customers(&db).await;
    let staff = UserId::new(Uuid::from_u128(7));
    let everything = [
        ("accounts", Role::Manager, Permission::AccountsRead),
        ("entries", Role::AuditorClerk, Permission::AccountsRead),
        ("(SELECT user_id FROM users) AS rows", Role::SystemAdmin, Permission::UsersRead),
        ("role_grants", Role::SystemAdmin, Permission::RolesManage),
        ("role_grants", Role::Manager, Permission::UsersRead),
        ("records", Role::AuditorClerk, Permission::LogRead),
        ("records", Role::AuditorClerk, Permission::AuditReport),
    ];
    for (table, role, permission) in everything {
        for (may, sees) in [(BASICS, 0), (Permissions::of(&[permission]), 2)] {
            let mut tx = db.as_person(staff, role, may).await.unwrap();
            assert_eq!(count(&mut tx, table).await, sees, "{table} as {role}");
        }
        // The permission without the role shows nothing of others either.
        let alone = Permissions::of(&[permission]);
        let mut tx = db.as_person(staff, Role::Customer, alone).await.unwrap();
        assert_eq!(count(&mut tx, table).await, 0, "{table}");
    }
    let mut tx = db.as_person(UserId::new(ALICE), Role::Customer, BASICS).await.unwrap();
    assert_eq!(count(&mut tx, "roles").await, 1, "what a role is, is no secret");
    assert_eq!(count(&mut tx, "accounts").await, 1, "one's own rows stay; the route says no");
}

#[tokio::test]
async fn the_gate_reads_what_every_request_asks_of_its_session_and_nothing_else() {
    let cluster = migrated_cluster().await;
    let db = db(&cluster).await;
    two_customers(&db).await;
    let mut gate = db.at_the_gate().await.unwrap();
    assert_eq!(count(&mut gate, "(SELECT user_id, role, status FROM users) AS rows").await, 2);
    assert_eq!(count(&mut gate, "(SELECT user_id, granted FROM role_grants) AS rows").await, 2);
    assert_eq!(count(&mut gate, "(SELECT epoch FROM authority_state) AS rows").await, 0);
    for secret in [
        "SELECT name FROM users",
        "SELECT email FROM users",
        "SELECT sealed_secret FROM sessions",
        "SELECT refresh_hash FROM sessions",
        "SELECT ip FROM sessions",
        "SELECT crl_der FROM authority_state",
        "SELECT changed_by FROM user_locks",
        "SELECT book_id FROM accounts",
        "SELECT book_id FROM records",
        "SELECT book_id FROM devices",
        "SELECT book_id FROM passwords",
        "SELECT book_id FROM known_places",
    ] {
        assert_eq!(refusal(&mut gate, secret).await.as_deref(), Some(DENIED), "{secret}");
    }
    let writes = ["UPDATE sessions SET revoked_at = NULL", "DELETE FROM role_grants"];
    for write in writes {
        assert_eq!(refusal(&mut gate, write).await.as_deref(), Some(READ_ONLY), "{write}");
    }
    assert_eq!(refusal(&mut gate, "SET default_transaction_read_only = off").await, None);
    for write in writes {
        assert_eq!(refusal(&mut gate, write).await.as_deref(), Some(DENIED), "{write}");
    }
}

/// A plan that is made once is kept, and one for a table that was empty would read all of it when it has grown.
#[tokio::test]
async fn what_every_request_asks_is_found_by_the_primary_key_whatever_the_tables_hold() {
    let cluster = migrated_cluster().await;
    let db = db(&cluster).await;
    for prepare in ["SELECT 1", "ANALYZE"] {
        let mut owner = connect(&cluster.cluster.urls().owner).await;
        sqlx::raw_sql(AssertSqlSafe(prepare.to_owned())).execute(&mut owner).await.unwrap();
        let mut gate = db.at_the_gate().await.unwrap().detach();
        let script = "PREPARE standing (int4, uuid) AS
            SELECT a.epoch, s.authenticated_at, s.used_at, s.key_generation
              FROM sessions s JOIN authority_state a ON a.book_id = s.book_id
             WHERE s.book_id = $1 AND s.session_id = $2 AND s.revoked_at IS NULL";
        sqlx::raw_sql(script).execute(&mut gate).await.unwrap();
        let explain = format!("EXPLAIN EXECUTE standing (1, '{ALICE}')");
        let plan: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut gate).await.unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains("sessions_pkey"), "{plan}");
        assert!(!plan.contains("sessions_by_user") && !plan.contains("Seq Scan"), "{plan}");
    }
}

#[tokio::test]
async fn registers_are_written_by_the_writer_alone_and_never_emptied() {
    let cluster = migrated_cluster().await;
    let db = db(&cluster).await;
    two_customers(&db).await;
    let mut auditor = connect(&cluster.cluster.urls().auditor).await;
    sqlx::raw_sql("SET default_transaction_read_only = off").execute(&mut auditor).await.unwrap();
    let mut person = connect(&cluster.cluster.urls().server).await;
    sqlx::raw_sql("SET ROLE strongroom_app").execute(&mut person).await.unwrap();
    for table in ["user_locks", "roles", "role_grants", "ip_rules", "issuing_authorities"] {
        for sql in [format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
            let mut tx = db.as_writer().await.unwrap();
            assert_eq!(refusal(&mut tx, &sql).await.as_deref(), Some(DENIED), "{sql}");
        }
        let update = format!("UPDATE {table} SET book_id = book_id");
        for connection in [&mut auditor, &mut person] {
            assert_eq!(refusal(connection, &update).await.as_deref(), Some(DENIED), "{update}");
        }
    }
}

#[tokio::test]
async fn a_person_cannot_write_read_secrets_or_become_somebody_else() {
    let cluster = migrated_cluster().await;
    let db = db(&cluster).await;
    two_customers(&db).await;
    for (sql, state) in [
        ("UPDATE accounts SET credits_posted = 1", READ_ONLY),
        ("INSERT INTO books VALUES (2, 'x', 'x', 'x', now())", READ_ONLY),
        ("SELECT registration_hash FROM users", DENIED),
        ("SELECT sealed_device_key FROM devices", DENIED),
        ("SELECT sealed_secret FROM sessions", DENIED),
        ("SELECT * FROM challenges", DENIED),
    ] {
        let mut tx = db
            .as_person(UserId::new(ALICE), Role::Customer, permissions(Role::Customer))
            .await
            .unwrap();
        assert_eq!(refusal(&mut tx, sql).await.as_deref(), Some(state), "{sql}");
    }
    // Without READ ONLY the missing grants say no by themselves.
    let mut login = connect(&cluster.cluster.urls().server).await;
    sqlx::raw_sql("SET ROLE strongroom_app").execute(&mut login).await.unwrap();
    for sql in ["UPDATE accounts SET credits_posted = 1", "DELETE FROM records"] {
        assert_eq!(refusal(&mut login, sql).await.as_deref(), Some(DENIED), "{sql}");
    }
}

#[tokio::test]
async fn the_writer_cannot_change_or_remove_evidence() {
    let cluster = migrated_cluster().await;
    let db = db(&cluster).await;
    two_customers(&db).await;
    for table in [
        "records",
        "transfers",
        "entries",
        "transfer_details",
        "log_tiles",
        "log_checkpoints",
        "certificate_components",
    ] {
        for sql in [
            format!("UPDATE {table} SET book_id = 1"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ] {
            let mut tx = db.as_writer().await.unwrap();
            assert_eq!(refusal(&mut tx, &sql).await.as_deref(), Some(DENIED), "{sql}");
        }
    }
    let mut poster = db.poster_connection().await.unwrap();
    assert_eq!(refusal(&mut poster, "DELETE FROM records").await.as_deref(), Some(DENIED));
    assert_eq!(refusal(&mut poster, "CREATE TABLE x (y int4)").await.as_deref(), Some(DENIED));
}

#[tokio::test]
async fn an_auditor_reads_everything_but_secrets_and_writes_nothing() {
    let cluster = migrated_cluster().await;
    let db = db(&cluster).await;
    two_customers(&db).await;
    let mut login = connect(&cluster.cluster.urls().auditor).await;
    for table in ["accounts", "entries", "records", "transfer_details", "log_checkpoints"] {
        assert_eq!(count(&mut login, table).await, 2, "{table}");
    }
    assert_eq!(
        refusal(&mut login, "SELECT sealed_device_key FROM devices").await.as_deref(),
        Some(DENIED)
    );
    let insert = "INSERT INTO log_checkpoints VALUES (1, 9, 'forged', now())";
    assert_eq!(refusal(&mut login, insert).await.as_deref(), Some(READ_ONLY));
    // Their tools may turn the setting off; the missing grants are what counts.
    assert_eq!(refusal(&mut login, "SET default_transaction_read_only = off").await, None);
    assert_eq!(refusal(&mut login, insert).await.as_deref(), Some(DENIED));
    let become_writer = refusal(&mut login, "SET ROLE strongroom_writer").await;
    assert_eq!(become_writer.as_deref(), Some(DENIED));
}

#[tokio::test]
async fn the_login_can_do_nothing_before_and_after_its_transactions() {
    let cluster = migrated_cluster().await;
    let db = Db::connect(&cluster.cluster.urls().server, 1).await.unwrap();
    two_customers(&db).await;
    let mut login = connect(&cluster.cluster.urls().server).await;
    for sql in ["SELECT * FROM accounts", "INSERT INTO assets VALUES (1, 'USD', 2)"] {
        assert_eq!(refusal(&mut login, sql).await.as_deref(), Some(DENIED), "{sql}");
    }
    // One connection in the pool, so the next borrower gets the one that was Alice's.
    let tx = db
        .as_person(UserId::new(ALICE), Role::Customer, permissions(Role::Customer))
        .await
        .unwrap();
    drop(tx);
    let mut tx =
        db.as_person(UserId::new(BOB), Role::Customer, permissions(Role::Customer)).await.unwrap();
    let owner: Uuid =
        sqlx::query_scalar("SELECT owner FROM accounts").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(owner, BOB);
}

fn failed(checks: &[Check]) -> Vec<&'static str> {
    checks.iter().filter(|check| check.status == Status::Fail).map(|check| check.name).collect()
}

#[tokio::test]
async fn the_doctor_finds_what_is_wrong_and_nothing_else() {
    let cluster = migrated_cluster().await;
    let urls = cluster.cluster.urls();
    let db = db(&cluster).await;
    let checks = doctor::examine_database(&db).await.unwrap();
    assert_eq!(failed(&checks), ["durability"], "a test cluster does without: {checks:?}");

    let mut owner = connect(&urls.owner).await;
    for (harm, name) in [
        ("ALTER TABLE entries NO FORCE ROW LEVEL SECURITY", "row-level security"),
        ("GRANT DELETE ON records TO strongroom_writer", "evidence"),
        ("DELETE FROM _sqlx_migrations WHERE version = 2", "migrations"),
        ("REVOKE strongroom_app FROM strongroom_server", "roles"),
        ("ALTER ROLE strongroom_server BYPASSRLS", "login role"),
    ] {
        sqlx::raw_sql(harm).execute(&mut owner).await.unwrap();
        let checks = doctor::examine_database(&db).await.unwrap();
        assert!(failed(&checks).contains(&name), "{harm}: {checks:?}");
    }
}

#[tokio::test]
async fn production_refuses_a_superuser_and_a_database_that_forgets() {
    let cluster = migrated_cluster().await;
    let mut config = Config { profile: Profile::Production, ..Config::default() };
    config.database.source = DatabaseSource::Url(cluster.cluster.urls().owner.clone());
    let Err(StartError::Refused(why)) = open_database(&config).await else {
        panic!("not refused");
    };
    assert!(why.contains("login role") && why.contains("durability"), "{why}");
    config.profile = Profile::Development;
    open_database(&config).await.unwrap();
}

#[tokio::test]
async fn a_second_migration_finds_nothing_to_do() {
    let cluster = migrated_cluster().await;
    assert_eq!(server::migrate::prepare(cluster.cluster.urls()).await.unwrap(), 0);
}

/// A transaction of a person's is given up at any moment of its beginning; the next one over its connection is the writer's.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_any_more_is_ended_before_its_connection_is_lent_again() {
    let cluster = migrated_cluster().await;
    let db = Db::connect(&cluster.cluster.urls().server, 1).await.unwrap();
    let alice = UserId::new(ALICE);
    let mut begun = 0;
    for steps in 0..200 {
        let mut beginning = Box::pin(db.as_person(alice, Role::Customer, BASICS));
        for _ in 0..steps {
            let step = poll_fn(|cx| Poll::Ready(beginning.as_mut().poll(cx)));
            if step.await.is_ready() {
                begun += 1;
                break;
            }
            std::thread::sleep(Duration::from_micros(5));
        }
        drop(beginning);
        let mut tx = db.as_writer().await.unwrap();
        let of_before = "SELECT current_setting('transaction_read_only') || coalesce(current_setting('app.user_id', true), '')";
        let of_before: String = sqlx::query_scalar(of_before).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(of_before, "off", "given up after {steps} steps");
        tx.commit().await.unwrap();
    }
    assert!((1..200).contains(&begun), "given up before and after: {begun}");
}

/// BEGIN is done and what stands beside it is not: by luck once, and not for whoever comes next.
#[tokio::test]
async fn a_transaction_that_could_only_half_begin_stays_with_whom_it_met() {
    let cluster = migrated_cluster().await;
    let db = Db::connect(&cluster.cluster.urls().server, 1).await.unwrap();
    db.as_writer().await.unwrap().commit().await.unwrap();
    let mut owner = connect(&cluster.cluster.urls().owner).await;
    let mut allow = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(&mut owner).await.unwrap();
    };
    allow("REVOKE strongroom_writer FROM strongroom_server").await;
    let met = db.as_writer().await.unwrap_err();
    assert_eq!(met.as_database_error().unwrap().code().as_deref(), Some(DENIED));
    allow("GRANT strongroom_writer TO strongroom_server").await;
    for _ in 0..4 {
        db.as_writer().await.unwrap().commit().await.unwrap();
        db.as_auditor().await.unwrap().commit().await.unwrap();
    }
}
