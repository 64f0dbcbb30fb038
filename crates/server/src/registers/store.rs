//! SQL of the registers. Names come from declarations in this program, values are always parameters.

use intent::UserId;
use ledger::BookId;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::row::{Column, Register, Row};
use super::rule::{Lookup, Person};
use crate::sql::{book_id, corrupt};

/// Of all advisory locks of a book, the one that rules take in turn.
const RULES_LOCK: i32 = 1;

/// Makes rules of all instances wait for one another until the transaction ends.
pub(super) async fn lock(tx: &mut PgConnection, book: BookId) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1, $2)", book_id(book), RULES_LOCK)
        .execute(tx)
        .await?;
    Ok(())
}

/// A person who has enrolled, as of now.
pub(super) async fn person(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<Person>> {
    sqlx::query!(
        "SELECT role FROM users WHERE book_id = $1 AND user_id = $2 AND status = 'active' FOR UPDATE",
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(Person { user, role: row.role.parse().map_err(corrupt)? })
    })
    .transpose()
}

/// The rows that a lookup names, by key.
pub(crate) async fn load(
    tx: &mut PgConnection,
    book: BookId,
    lookup: &Lookup,
) -> sqlx::Result<Vec<Row>> {
    let (select, value) = select_matching(lookup)?;
    let rows = sqlx::query(AssertSqlSafe(select)).bind(book_id(book)).bind(value);
    rows.fetch_all(tx).await?.iter().map(|row| read(lookup.register, row)).collect()
}

/// As [`load`], and nobody else changes them until the transaction ends.
pub(crate) async fn lock_rows(
    tx: &mut PgConnection,
    book: BookId,
    lookup: &Lookup,
) -> sqlx::Result<Vec<Row>> {
    let (select, value) = select_matching(lookup)?;
    let sql = format!("{select} FOR NO KEY UPDATE");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(book_id(book)).bind(value);
    rows.fetch_all(tx).await?.iter().map(|row| read(lookup.register, row)).collect()
}

/// The statement for a lookup, whose parameters are the book and a value.
fn select_matching(lookup: &Lookup) -> sqlx::Result<(String, Option<&str>)> {
    let register = lookup.register;
    let Some((column, value)) = &lookup.matching else {
        return Ok((format!("{} AND $2::text IS NULL", select(register)), None));
    };
    let kind = self::column(register, column)?;
    let sql = format!("{} AND {column} = {}", select(register), typed(kind, "$2::text"));
    Ok((sql, Some(value)))
}

/// The row of these columns and values, of which there is one.
pub(crate) async fn load_by_key(
    tx: &mut PgConnection,
    book: BookId,
    register: &'static Register,
    key: &[(&'static str, String)],
) -> sqlx::Result<Option<Row>> {
    let mut sql = select(register);
    for (at, (name, _)) in (2_usize..).zip(key) {
        sql = format!(
            "{sql} AND {name} = {}",
            typed(column(register, name)?, &format!("${at}::text"))
        );
    }
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(book_id(book));
    for (_, value) in key {
        query = query.bind(value);
    }
    query.fetch_optional(tx).await?.map(|row| read(register, &row)).transpose()
}

/// The rows with one of these values in a column.
pub(crate) async fn load_among(
    tx: &mut PgConnection,
    book: BookId,
    register: &'static Register,
    name: &'static str,
    values: &[String],
) -> sqlx::Result<Vec<Row>> {
    let value = typed(column(register, name)?, "v");
    let sql =
        format!("{} AND {name} IN (SELECT {value} FROM unnest($2::text[]) v)", select(register));
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(book_id(book)).bind(values).fetch_all(tx);
    rows.await?.iter().map(|row| read(register, row)).collect()
}

/// Which rows of a register, by their key's last column.
pub(crate) struct Page<'a> {
    pub(crate) register: &'static Register,
    /// Only those with this value in a column.
    pub(crate) matching: (&'static str, String),
    /// Only those behind this value of the key's last column.
    pub(crate) after: Option<&'a str>,
    pub(crate) order: Order,
    pub(crate) limit: i64,
}

/// Which of a page's rows comes first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    /// That of the lowest key: ids of version 7 are in the order of their making.
    LowestFirst,
    /// That of the highest key.
    HighestFirst,
}

/// A page of rows.
pub(crate) async fn load_page(
    tx: &mut PgConnection,
    book: BookId,
    page: &Page<'_>,
) -> sqlx::Result<Vec<Row>> {
    let (register, (name, value)) = (page.register, &page.matching);
    let last = register.columns.get(register.key_len.saturating_sub(1));
    let (key, kind) = *last.ok_or_else(|| sqlx::Error::ColumnNotFound("key".to_owned()))?;
    let (beyond, order) = match page.order {
        Order::LowestFirst => (">", "ASC"),
        Order::HighestFirst => ("<", "DESC"),
    };
    let sql = format!(
        "{} AND {name} = {} AND ($3::text IS NULL OR {key} {beyond} {}) ORDER BY {key} {order} LIMIT $4",
        select(register),
        typed(column(register, name)?, "$2::text"),
        typed(kind, "$3::text"),
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(book_id(book)).bind(value);
    let rows = query.bind(page.after).bind(page.limit).fetch_all(tx).await?;
    rows.iter().map(|row| read(register, row)).collect()
}

/// Every row of a register.
pub(crate) async fn load_all(
    tx: &mut PgConnection,
    book: BookId,
    register: &'static Register,
) -> sqlx::Result<Vec<Row>> {
    let rows = sqlx::query(AssertSqlSafe(select(register))).bind(book_id(book)).fetch_all(tx);
    rows.await?.iter().map(|row| read(register, row)).collect()
}

/// Puts rows of one register, with different keys, in the places of those with their keys: one statement.
pub(super) async fn write(
    tx: &mut PgConnection,
    book: BookId,
    register: &'static Register,
    rows: &[&Row],
) -> sqlx::Result<()> {
    let names: Vec<&str> = register.columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> =
        register.columns.iter().map(|(name, kind)| typed(*kind, &format!("u.{name}"))).collect();
    let arrays: Vec<String> =
        (2_usize..).zip(&names).map(|(at, _)| format!("${at}::text[]")).collect();
    let (key, rest) = names.split_at(register.key_len.min(names.len()));
    let updates: Vec<String> =
        rest.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    let sql = format!(
        "INSERT INTO {table} (book_id, {names}) SELECT $1, {values} FROM unnest({arrays}) AS u ({names})
         ON CONFLICT (book_id, {key}) DO UPDATE SET {updates}",
        table = register.table,
        values = values.join(", "),
        arrays = arrays.join(", "),
        key = key.join(", "),
        updates = updates.join(", "),
        names = names.join(", "),
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(book_id(book));
    for name in names {
        let column: Vec<Option<String>> =
            rows.iter().map(|row| row.get(name).map(str::to_owned)).collect();
        query = query.bind(column);
    }
    query.execute(tx).await?;
    Ok(())
}

fn column(register: &Register, name: &str) -> sqlx::Result<Column> {
    let found = register.columns.iter().find(|(column, _)| *column == name);
    found.map(|(_, kind)| *kind).ok_or_else(|| sqlx::Error::ColumnNotFound(name.to_owned()))
}

fn select(register: &Register) -> String {
    let columns: Vec<String> =
        register.columns.iter().map(|(name, kind)| text(*kind, name)).collect();
    format!("SELECT {} FROM {} WHERE book_id = $1", columns.join(", "), register.table)
}

/// A column as its one text.
fn text(kind: Column, name: &str) -> String {
    match kind {
        Column::Text => name.to_owned(),
        Column::Uuid | Column::Flag | Column::Number => format!("{name}::text"),
        Column::Digest => format!("encode({name}, 'hex')"),
        Column::Time => {
            format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        }
    }
}

/// An expression of text as its column's type.
fn typed(kind: Column, text: &str) -> String {
    match kind {
        Column::Text => text.to_owned(),
        Column::Uuid => format!("{text}::uuid"),
        Column::Flag => format!("{text}::bool"),
        Column::Digest => format!("decode({text}, 'hex')"),
        Column::Time => format!("{text}::timestamptz"),
        Column::Number => format!("{text}::int8"),
    }
}

fn read(register: &'static Register, stored: &PgRow) -> sqlx::Result<Row> {
    let mut row = Row::new(register);
    for (at, (name, _)) in register.columns.iter().enumerate() {
        if let Some(value) = stored.try_get::<Option<String>, _>(at)? {
            row = row.with(name, value);
        }
    }
    Ok(row)
}
