//! The schema: its statements are compiled in, and only the owner's URL runs them.
//!
//! Each migration is one transaction with its own row in `_sqlx_migrations`, so two runs at once cannot
//! both apply it: the second fails and finds nothing to do when it is repeated. No advisory lock: not
//! every engine that speaks PostgreSQL's protocol has them.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use thiserror::Error;

use crate::config::DatabaseUrl;
use crate::postgres::{AUDITOR_LOGIN, SERVER_LOGIN, Urls};

/// A migration waits this long for a lock, then gives way to the traffic it would have blocked.
const LOCK_TIMEOUT_MS: u32 = 5_000;

/// Applies what is pending and returns how many migrations that were.
pub async fn run(owner: &DatabaseUrl) -> Result<usize, MigrationError> {
    let mut connection = PgConnection::connect(owner.expose()).await?;
    let before = pending(&mut connection).await?.len();
    sqlx::raw_sql(AssertSqlSafe(format!("SET lock_timeout = {LOCK_TIMEOUT_MS}")))
        .execute(&mut connection)
        .await?;
    migrator().run(&mut connection).await?;
    // The server tells whether migrations are pending, and the auditor which schema they look at.
    sqlx::raw_sql("GRANT SELECT ON _sqlx_migrations TO strongroom_server, strongroom_auditor")
        .execute(&mut connection)
        .await?;
    ensure_auditor_login(&mut connection).await?;
    connection.close().await?;
    Ok(before)
}

/// Versions that this program knows and the database has not applied.
pub async fn pending(connection: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    let applied =
        match sqlx::query_scalar::<_, i64>("SELECT version FROM _sqlx_migrations WHERE success")
            .fetch_all(connection)
            .await
        {
            Ok(applied) => applied,
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some(UNDEFINED_TABLE) =>
            {
                Vec::new()
            }
            Err(error) => return Err(error),
        };
    let known = migrator();
    Ok(known.iter().map(|it| it.version).filter(|it| !applied.contains(it)).collect())
}

/// Migrates a private cluster's database and gives its two logins the passwords that `urls` holds.
pub async fn prepare(urls: &Urls) -> Result<usize, MigrationError> {
    let applied = run(&urls.owner).await?;
    let mut owner = PgConnection::connect(urls.owner.expose()).await?;
    for (login, url) in [(SERVER_LOGIN, &urls.server), (AUDITOR_LOGIN, &urls.auditor)] {
        let password = password(url).ok_or(MigrationError::NoPassword(login))?;
        // Hexadecimal, as `password` has checked: nothing to escape.
        sqlx::raw_sql(AssertSqlSafe(format!("ALTER ROLE {login} PASSWORD '{password}'")))
            .execute(&mut owner)
            .await?;
    }
    owner.close().await?;
    Ok(applied)
}

/// Creates `database`, a plain name, unless it is there. `owner` leads to another database.
pub(crate) async fn ensure_database(owner: &DatabaseUrl, database: &str) -> sqlx::Result<()> {
    let mut owner = PgConnection::connect(owner.expose()).await?;
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
            .bind(database)
            .fetch_one(&mut owner)
            .await?;
    if !exists {
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {database}")))
            .execute(&mut owner)
            .await?;
    }
    owner.close().await
}

/// SQLSTATE `undefined_table`.
const UNDEFINED_TABLE: &str = "42P01";

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../../migrations");
    migrator.set_locking(false);
    migrator
}

/// An account for an auditor's own tools: becomes `strongroom_auditor` at login and starts every
/// transaction read only. Without a password it cannot log in over SCRAM.
async fn ensure_auditor_login(owner: &mut PgConnection) -> sqlx::Result<()> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
            .bind(AUDITOR_LOGIN)
            .fetch_one(&mut *owner)
            .await?;
    let create = if exists { "" } else { "CREATE ROLE strongroom_auditor_login LOGIN NOINHERIT;" };
    let statements = format!(
        "{create} GRANT strongroom_auditor TO {AUDITOR_LOGIN}; \
         ALTER ROLE {AUDITOR_LOGIN} SET role = 'strongroom_auditor'; \
         ALTER ROLE {AUDITOR_LOGIN} SET default_transaction_read_only = on"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(owner).await?;
    Ok(())
}

fn password(url: &DatabaseUrl) -> Option<&str> {
    let (account, _) = url.expose().strip_prefix("postgres://")?.split_once('@')?;
    let (_, password) = account.split_once(':')?;
    let hexadecimal = password.bytes().all(|byte| byte.is_ascii_hexdigit());
    (hexadecimal && password.len() == 64).then_some(password)
}

/// Why the schema is not what this program needs.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// A migration failed; it was rolled back as a whole.
    #[error("migration failed")]
    Failed(#[from] MigrateError),
    /// The database could not be asked.
    #[error("cannot migrate")]
    Database(#[from] sqlx::Error),
    /// The URL of a private cluster's login holds no secret of ours.
    #[error("no password for {0}")]
    NoPassword(&'static str),
}
