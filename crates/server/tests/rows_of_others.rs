//! Row-level security of every table: a row of one person, and who sees it. The rows are made from the catalogue, so that a
//! table that comes later is asked too.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::collections::BTreeMap;

use intent::{Role, UserId};
use server::db::Db;
use server::policy::permissions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use support::migrated_cluster;
use uuid::Uuid;

const ALICE: Uuid = Uuid::from_u128(0xa11c_e000_0000_7000_8000_0000_0000_0001);
const STRANGER: Uuid = Uuid::from_u128(0xb0b0_0000_0000_7000_8000_0000_0000_0002);

/// Which of the readers below see a row that is Alice's: `o` she herself, `c` another customer, `m`, `a`, `s` staff by their
/// role's first letter, `n` the application for nobody, `g` the gate, `r` the auditor's login. The writer sees all of them. What
/// a role is, is no secret.
const SEEN_BY: [(&str, &str); 46] = [
    ("accounts", "omar"),
    ("accruals", "omar"),
    ("approvals", "omar"),
    ("beneficiaries", "or"),
    ("certificates", "omasr"),
    ("credential_changes", "omasr"),
    ("devices", "omasr"),
    ("entries", "omar"),
    ("holds", "omar"),
    ("ip_rules", "sr"),
    ("issuing_authorities", "sr"),
    ("kept_texts", "or"),
    ("known_places", ""),
    ("pairings", "o"),
    ("passkeys", "o"),
    ("passwords", ""),
    ("payees", "or"),
    ("payment_file_contents", "or"),
    ("payment_files", "or"),
    ("payment_templates", "o"),
    ("policies", "masr"),
    ("policy_proposals", "masr"),
    ("records", "oar"),
    ("recovery_limits", "omar"),
    ("recovery_payments", "omar"),
    ("recovery_requests", "m"),
    ("registrations", "omasr"),
    ("reversals", "omar"),
    ("role_grants", "omasgr"),
    ("roles", "ocmasgr"),
    ("second_factor_codes", ""),
    ("sessions", "og"),
    ("standing_order_runs", "or"),
    ("standing_orders", "or"),
    ("statement_progress", "r"),
    ("statement_signatures", "or"),
    ("statements", "or"),
    ("totp_factors", ""),
    ("transfer_details", "or"),
    ("transfers", "omar"),
    ("trusted_browsers", "o"),
    ("user_locks", "omasgr"),
    ("users", "omasgr"),
    ("webhook_deliveries", "sr"),
    ("webhook_secrets", ""),
    ("webhooks", "sr"),
];

/// A value for a column of this type: what is a person or belongs to one is Alice's.
fn value(kind: &str) -> String {
    match kind {
        "uuid" => format!("'{ALICE}'"),
        "uuid[]" => format!("ARRAY['{ALICE}'::uuid]"),
        "bytea" => "decode(repeat('00', 32), 'hex')".to_owned(),
        "timestamp with time zone" => "now()".to_owned(),
        "date" => "current_date".to_owned(),
        "boolean" => "true".to_owned(),
        "integer" | "bigint" | "smallint" | "numeric" => "1".to_owned(),
        "text" => "'x'".to_owned(),
        other => panic!("no value for a column of type {other}"),
    }
}

/// Puts one row of Alice's into every table, past all constraints. Answers with the tables that have row-level security.
async fn a_row_everywhere(owner: &mut PgConnection) -> Vec<String> {
    let text = |sql: &'static str| sqlx::query_scalar::<_, String>(sql);
    let constraints =
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f')";
    for sql in text(constraints).fetch_all(&mut *owner).await.unwrap() {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *owner).await.unwrap();
    }
    let columns = "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relname <> '_sqlx_migrations' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        ORDER BY c.relname, a.attnum";
    let columns: Vec<(String, String, String)> =
        sqlx::query_as(columns).fetch_all(&mut *owner).await.unwrap();
    let mut tables = BTreeMap::<String, (Vec<String>, Vec<String>)>::new();
    for (table, column, kind) in columns {
        let (names, values) = tables.entry(table).or_default();
        names.push(column);
        values.push(value(&kind));
    }
    sqlx::raw_sql("SET session_replication_role = replica").execute(&mut *owner).await.unwrap();
    for (table, (names, values)) in tables {
        let (names, values) = (names.join(", "), values.join(", "));
        let insert = format!("INSERT INTO {table} ({names}) VALUES ({values})");
        sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut *owner).await.unwrap();
    }
    let secured = "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND relforcerowsecurity ORDER BY relname";
    text(secured).fetch_all(owner).await.unwrap()
}

/// Whether a reader sees the row of a table; one who may not read the table does not.
async fn sees(reader: &mut PgConnection, table: &str) -> bool {
    let mut tx = reader.begin().await.unwrap();
    let sql = AssertSqlSafe(format!("SELECT count(*) > 0 FROM {table}"));
    let seen: sqlx::Result<bool> = sqlx::query_scalar(sql).fetch_one(&mut *tx).await;
    match seen {
        Ok(seen) => seen,
        Err(error) => {
            let refused = error.as_database_error();
            let is_denied = refused.is_some_and(|error| error.code().as_deref() == Some("42501"));
            assert!(is_denied, "{table}: {error}");
            false
        }
    }
}

#[tokio::test]
async fn a_row_of_one_person_is_seen_by_those_whom_this_table_names_and_by_nobody_else() {
    let cluster = migrated_cluster().await;
    let urls = cluster.cluster.urls();
    let mut owner = PgConnection::connect(urls.owner.expose()).await.unwrap();
    let tables = a_row_everywhere(&mut owner).await;
    let db = Db::connect(&urls.server, 8).await.unwrap();
    let person = async |user: Uuid, role: Role| {
        db.as_person(UserId::new(user), role, permissions(role)).await.unwrap()
    };
    let mut readers = vec![
        ('o', person(ALICE, Role::Customer).await),
        ('c', person(STRANGER, Role::Customer).await),
        ('m', person(STRANGER, Role::Manager).await),
        ('a', person(STRANGER, Role::AuditorClerk).await),
        ('s', person(STRANGER, Role::SystemAdmin).await),
    ];
    let mut nobody = PgConnection::connect(urls.server.expose()).await.unwrap();
    sqlx::raw_sql("SET ROLE strongroom_app").execute(&mut nobody).await.unwrap();
    let mut gate = db.at_the_gate().await.unwrap();
    let mut auditor = PgConnection::connect(urls.auditor.expose()).await.unwrap();
    let mut writer = db.as_writer().await.unwrap();
    let mut found = Vec::new();
    for table in &tables {
        assert!(sees(&mut writer, table).await, "{table} is empty, so that the rest says nothing");
        let mut seen_by = String::new();
        for (name, reader) in &mut readers {
            seen_by.extend(sees(reader, table).await.then_some(*name));
        }
        for (name, reader) in [('n', &mut nobody), ('g', &mut *gate), ('r', &mut auditor)] {
            seen_by.extend(sees(reader, table).await.then_some(name));
        }
        found.push((table.as_str(), seen_by));
    }
    let found: Vec<(&str, &str)> = found.iter().map(|(table, by)| (*table, by.as_str())).collect();
    assert_eq!(found, SEEN_BY);
}
