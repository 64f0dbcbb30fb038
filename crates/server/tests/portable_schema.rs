//! The rules that keep the schema portable to distributed engines, read from the catalog.
//!
//! One book's rows move together, so `book_id` leads every key; nothing exists that such engines lack.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use sqlx::{Connection, PgConnection};

/// A rule, and the query that lists what breaks it.
const RULES: &[(&str, &str)] = &[
    (
        "book_id leads every primary key, unique constraint and unique index",
        "SELECT i.indexrelid::regclass::text FROM pg_index i
           JOIN pg_class t ON t.oid = i.indrelid
           LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
          WHERE t.relnamespace = 'public'::regnamespace AND i.indisunique
            AND t.relname NOT IN ('_sqlx_migrations', 'books')
            AND a.attname IS DISTINCT FROM 'book_id'",
    ),
    (
        "every table has a primary key",
        "SELECT t.oid::regclass::text FROM pg_class t
          WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r'
            AND NOT EXISTS (SELECT 1 FROM pg_index WHERE indrelid = t.oid AND indisprimary)",
    ),
    (
        "book_id leads every foreign key",
        "SELECT c.conname::text FROM pg_constraint c
           LEFT JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
          WHERE c.connamespace = 'public'::regnamespace AND c.contype = 'f'
            AND a.attname IS DISTINCT FROM 'book_id'",
    ),
    (
        "no deferrable and no exclusion constraints",
        "SELECT conname::text FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace AND (condeferrable OR contype = 'x')",
    ),
    (
        "no triggers of ours",
        "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal",
    ),
    (
        "no functions",
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    ),
    (
        "no domains",
        "SELECT typname::text FROM pg_type
          WHERE typnamespace = 'public'::regnamespace AND typtype = 'd'",
    ),
    (
        "no sequences, views or partitions",
        "SELECT relname::text FROM pg_class
          WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'i')",
    ),
    (
        "no identity or generated columns",
        "SELECT attrelid::regclass || '.' || attname FROM pg_attribute
          WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
            AND (attidentity <> '' OR attgenerated <> '')",
    ),
    (
        "only types that every engine has",
        "SELECT c.oid::regclass || '.' || a.attname FROM pg_class c
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            AND c.relname <> '_sqlx_migrations'
            AND a.atttypid NOT IN ('int4'::regtype, 'int8'::regtype, 'bool'::regtype,
                'text'::regtype, 'bytea'::regtype, 'uuid'::regtype, 'timestamptz'::regtype, 'date'::regtype)",
    ),
    (
        "money is int8",
        "SELECT c.oid::regclass || '.' || a.attname FROM pg_class c
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            AND (a.attname IN ('amount', 'balance_after', 'floor') OR a.attname ~ '^(debits|credits)_')
            AND a.atttypid <> 'int8'::regtype",
    ),
    (
        "row-level security is on and forced wherever there is a policy",
        "SELECT DISTINCT c.oid::regclass::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
          WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    ),
    (
        "a person's policy compares with the setting and asks no other table",
        "SELECT tablename || '.' || policyname FROM pg_policies
          WHERE 'strongroom_app' = ANY (roles)
            AND (qual !~ 'current_setting\\(''app\\.(user_id|role)''' OR qual ~* '\\mselect\\M')",
    ),
    (
        "a person's policy only ever lets read",
        "SELECT tablename || '.' || policyname FROM pg_policies
          WHERE 'strongroom_app' = ANY (roles) AND cmd <> 'SELECT'",
    ),
];

#[tokio::test]
async fn the_schema_uses_only_what_distributed_engines_have() {
    let cluster = support::migrated_cluster().await;
    let mut owner = PgConnection::connect(cluster.cluster.urls().owner.expose()).await.unwrap();
    for (rule, violations) in RULES {
        let broken: Vec<String> =
            sqlx::query_scalar(*violations).fetch_all(&mut owner).await.unwrap();
        assert!(broken.is_empty(), "{rule}: {broken:?}");
    }
}

#[tokio::test]
async fn the_catalog_rules_see_a_violation() {
    let cluster = support::migrated_cluster().await;
    let mut owner = PgConnection::connect(cluster.cluster.urls().owner.expose()).await.unwrap();
    for harm in [
        "CREATE TABLE loose (id bigserial PRIMARY KEY, amount int4)",
        "ALTER TABLE accounts NO FORCE ROW LEVEL SECURITY",
        "CREATE POLICY wide ON accounts FOR UPDATE TO strongroom_app USING (true)",
    ] {
        sqlx::raw_sql(harm).execute(&mut owner).await.unwrap();
    }
    let mut seen = Vec::new();
    for (rule, violations) in RULES {
        let broken: Vec<String> =
            sqlx::query_scalar(*violations).fetch_all(&mut owner).await.unwrap();
        if !broken.is_empty() {
            seen.push(*rule);
        }
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
}
