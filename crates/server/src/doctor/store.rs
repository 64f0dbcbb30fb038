//! The checks on a database: what the production profile demands of it.

use sqlx::PgConnection;
use sqlx::postgres::PgSslMode;

use super::Check;
use crate::db::Db;
use crate::migrate;

/// The newest major version this program was tested with.
const MAJOR_TESTED: i32 = 18;
/// Tables with rows of people: row-level security must be on, and forced for the owner too.
const GUARDED: [&str; 9] = [
    "accounts",
    "certificates",
    "devices",
    "entries",
    "records",
    "sessions",
    "transfer_details",
    "transfers",
    "users",
];
/// Append-only: nobody whom the server can become may change or remove a row.
const EVIDENCE: [&str; 7] = [
    "records",
    "transfers",
    "entries",
    "transfer_details",
    "log_tiles",
    "log_checkpoints",
    "certificate_components",
];
const LINK: &str = "database link";

/// Examines the database that `db` reaches, as the account it logs in with.
pub async fn examine(db: &Db) -> sqlx::Result<Vec<Check>> {
    let mut connection = db.bare_connection().await?;
    let tx = &mut *connection;
    let mut checks = vec![
        version(tx).await?,
        link(db, tx).await?,
        login(tx).await?,
        roles(tx).await?,
        row_level_security(tx).await?,
        evidence(tx).await?,
        durability(tx).await?,
        checksums(tx).await?,
        migrations(tx).await?,
    ];
    // A pool of one connection has no second one.
    drop(connection);
    checks.extend(webhooks(db).await);
    Ok(checks)
}

/// Nothing to say of a database without the table: that it must be migrated is said elsewhere.
async fn webhooks(db: &Db) -> Option<Check> {
    let mut tx = db.as_writer().await.ok()?;
    Some(match crate::webhooks::paused(&mut tx).await.ok()? {
        0 => Check::ok("webhooks", "no endpoint is paused"),
        paused => Check::warn(
            "webhooks",
            format!("{paused} paused: nothing could be delivered for too long"),
            "see `strongroom webhooks list`; when the endpoint answers, `strongroom webhooks replay`",
        ),
    })
}

async fn version(tx: &mut PgConnection) -> sqlx::Result<Check> {
    let major: i32 =
        sqlx::query_scalar("SELECT current_setting('server_version_num')::int4 / 10000")
            .fetch_one(tx)
            .await?;
    let found = format!("PostgreSQL {major}");
    Ok(if major < 15 {
        Check::fail("database version", found, "upgrade to PostgreSQL 15 or newer")
    } else if major > MAJOR_TESTED {
        Check::warn("database version", found, "tested up to 18 only")
    } else {
        Check::ok("database version", found)
    })
}

/// Only the server side can be asked which groups it offers, and only PostgreSQL 18 tells
/// (`ssl_groups`); older ones negotiate a single classical curve.
async fn link(db: &Db, tx: &mut PgConnection) -> sqlx::Result<Check> {
    let options = db.options();
    if options.get_socket().is_some() || options.get_host().starts_with('/') {
        return Ok(Check::ok(LINK, "a local socket: it does not leave this machine"));
    }
    if !matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
        return Ok(Check::fail(
            LINK,
            "over TCP without a verified server certificate",
            "add sslmode=verify-full and sslrootcert=... to DATABASE_URL",
        ));
    }
    let groups: Option<String> =
        sqlx::query_scalar("SELECT current_setting('ssl_groups', true)").fetch_one(tx).await?;
    Ok(match groups {
        Some(groups) if groups.contains("X25519MLKEM768") => {
            Check::ok(LINK, "TLS, verified; the server offers X25519MLKEM768")
        }
        _ => Check::warn(
            LINK,
            "TLS, verified, but not quantum-safe: recorded today, it can be read later",
            "PostgreSQL 18 with OpenSSL 3.5: ssl_groups = 'X25519MLKEM768:X25519'; or a tunnel",
        ),
    })
}

async fn login(tx: &mut PgConnection) -> sqlx::Result<Check> {
    let (name, all_powerful, owned): (String, bool, i64) = sqlx::query_as(
        "SELECT r.rolname::text, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb,
                (SELECT count(*) FROM pg_class c
                  WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace)
           FROM pg_roles r WHERE r.rolname = current_user",
    )
    .fetch_one(tx)
    .await?;
    Ok(if all_powerful {
        Check::fail(
            "login role",
            format!("{name} is a superuser, or may pass row-level security or make roles"),
            "log in as strongroom_server",
        )
    } else if owned > 0 {
        Check::fail(
            "login role",
            format!("{name} owns {owned} tables and may change them"),
            "run migrations as another role and log in as strongroom_server",
        )
    } else {
        Check::ok("login role", name)
    })
}

async fn roles(tx: &mut PgConnection) -> sqlx::Result<Check> {
    let missing: Vec<String> = sqlx::query_scalar(
        "SELECT wanted FROM unnest(ARRAY['strongroom_writer', 'strongroom_app', 'strongroom_auditor',
                                           'strongroom_gate'])
             AS wanted
          WHERE NOT EXISTS (SELECT 1 FROM pg_roles
                             WHERE rolname = wanted AND pg_has_role(current_user, oid, 'MEMBER'))",
    )
    .fetch_all(tx)
    .await?;
    Ok(if missing.is_empty() {
        Check::ok("roles", "writer, app, auditor and gate")
    } else {
        let fix = "run `strongroom migrate` and log in as strongroom_server";
        Check::fail("roles", format!("cannot become {}", missing.join(", ")), fix)
    })
}

async fn row_level_security(tx: &mut PgConnection) -> sqlx::Result<Check> {
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT wanted FROM unnest($1::text[]) AS wanted
          WHERE NOT EXISTS (SELECT 1 FROM pg_class
                             WHERE oid = to_regclass('public.' || wanted)
                               AND relrowsecurity AND relforcerowsecurity)",
    )
    .bind(GUARDED.as_slice())
    .fetch_all(tx)
    .await?;
    Ok(if open.is_empty() {
        Check::ok("row-level security", format!("on and forced for {} tables", GUARDED.len()))
    } else {
        let fix = "run `strongroom migrate`; never disable row-level security by hand";
        Check::fail("row-level security", format!("missing on {}", open.join(", ")), fix)
    })
}

async fn evidence(tx: &mut PgConnection) -> sqlx::Result<Check> {
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT role || ' on ' || wanted
           FROM unnest($1::text[]) AS wanted,
                unnest(ARRAY['strongroom_server', 'strongroom_writer', 'strongroom_app',
                             'strongroom_auditor', 'strongroom_gate']) AS role
          WHERE to_regclass('public.' || wanted) IS NOT NULL AND to_regrole(role) IS NOT NULL
            AND has_table_privilege(to_regrole(role), to_regclass('public.' || wanted),
                                    'UPDATE, DELETE, TRUNCATE')",
    )
    .bind(EVIDENCE.as_slice())
    .fetch_all(tx)
    .await?;
    Ok(if open.is_empty() {
        Check::ok("evidence", "append-only for every role of the server")
    } else {
        let fix = "revoke UPDATE, DELETE and TRUNCATE";
        Check::fail("evidence", format!("can be changed: {}", open.join(", ")), fix)
    })
}

async fn durability(tx: &mut PgConnection) -> sqlx::Result<Check> {
    let off: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit']) AS name
          WHERE current_setting(name) = 'off'",
    )
    .fetch_all(tx)
    .await?;
    Ok(if off.is_empty() {
        Check::ok("durability", "what is committed survives a power cut")
    } else {
        let fix = "set them to on in postgresql.conf";
        Check::fail("durability", format!("off: {}", off.join(", ")), fix)
    })
}

async fn checksums(tx: &mut PgConnection) -> sqlx::Result<Check> {
    let on: String =
        sqlx::query_scalar("SELECT current_setting('data_checksums')").fetch_one(tx).await?;
    Ok(if on == "on" {
        Check::ok("data checksums", "on")
    } else {
        let fix = "pg_checksums --enable, while the database is stopped";
        Check::warn("data checksums", "off: a decaying disk goes unnoticed", fix)
    })
}

async fn migrations(tx: &mut PgConnection) -> sqlx::Result<Check> {
    let pending = match migrate::pending(tx).await {
        Ok(pending) => pending,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => {
            let fix = "run `strongroom migrate`";
            return Ok(Check::fail("migrations", "this login may not read their list", fix));
        }
        Err(error) => return Err(error),
    };
    Ok(if pending.is_empty() {
        Check::ok("migrations", "all applied")
    } else {
        let fix = "run `strongroom migrate`";
        Check::fail("migrations", format!("{} pending", pending.len()), fix)
    })
}
