//! What is not as it should be, and what to do about it.
//!
//! One list of checks for two readers: `strongroom doctor` shows it, and a server under the production
//! profile does not start while a check about its database fails.

mod store;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::authority::{KeyFile, TokenError};
use crate::config::{Config, DatabaseSource, DatabaseUrl};
use crate::db::Db;
use crate::http::tls;
use crate::postgres::{PrivateCluster, locate};
use crate::rate_limits::{self, RateLimits};

pub use self::store::examine as examine_database;

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Works, with a weakness that is said plainly.
    Warn,
    /// The production profile refuses it.
    Fail,
}

/// One check.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it ended.
    pub status: Status,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<&'static str>,
}

impl Check {
    pub(crate) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: Status::Ok, detail: detail.into(), fix: None }
    }

    pub(crate) fn warn(name: &'static str, detail: impl Into<String>, fix: &'static str) -> Self {
        Self { name, status: Status::Warn, detail: detail.into(), fix: Some(fix) }
    }

    pub(crate) fn fail(name: &'static str, detail: impl Into<String>, fix: &'static str) -> Self {
        Self { name, status: Status::Fail, detail: detail.into(), fix: Some(fix) }
    }
}

/// Looks at everything that can be looked at without the passphrase. Never changes anything but this: a
/// private cluster that does not run is started for the time of the examination.
pub async fn examine(config: &Config) -> Vec<Check> {
    let mut checks = vec![algorithms(), key_exchange(), data_folder(&config.data_dir)];
    checks.push(key_file(&config.data_dir));
    checks.push(issuing_key(config));
    checks.push(rate_limits(config).await);
    match &config.database.source {
        DatabaseSource::Url(url) => checks.extend(reach(url).await),
        DatabaseSource::Private => checks.extend(private(&config.data_dir).await),
    }
    checks
}

fn algorithms() -> Check {
    match crypto::self_test() {
        Ok(()) => Check::ok("algorithms", crypto::provider()),
        Err(error) => Check::fail(
            "algorithms",
            error.to_string(),
            "use a build of strongroom for this processor; there is no fallback",
        ),
    }
}

fn key_exchange() -> Check {
    match tls::provider() {
        Ok(_) => Check::ok("tls", "TLS 1.3 with X25519MLKEM768 first"),
        Err(error) => Check::fail("tls", error.to_string(), "use an unchanged build of strongroom"),
    }
}

/// Mode bits that let others change the folder.
const WRITE_BITS: u32 = 0o022;
/// Mode bits that let others list it. Entering it (0711) is needed where the database server runs as
/// another account; each file in it is closed by its own mode.
const LIST_BITS: u32 = 0o044;

fn data_folder(folder: &Path) -> Check {
    const NAME: &str = "data folder";
    const FIX: &str = "chmod go-rw the folder: it holds key files";
    let mode = match std::fs::metadata(folder) {
        Ok(found) => found.permissions().mode() & 0o777,
        Err(error) => {
            let found = format!("{}: {error}", folder.display());
            return Check::warn(NAME, found, "run `strongroom found`");
        }
    };
    let found = format!("{} has mode {mode:o}", folder.display());
    if mode & WRITE_BITS != 0 {
        Check::fail(NAME, found, FIX)
    } else if mode & LIST_BITS != 0 {
        Check::warn(NAME, found, FIX)
    } else {
        Check::ok(NAME, found)
    }
}

/// Mode bits that let anybody but the owner do anything.
const ANYBODY_BITS: u32 = 0o077;

fn key_file(folder: &Path) -> Check {
    let path = folder.join(KeyFile::BANK_KEYS);
    match std::fs::metadata(&path) {
        Ok(found) if found.permissions().mode() & ANYBODY_BITS == 0 => {
            Check::ok("key file", "sealed under the passphrase, for its owner only")
        }
        Ok(_) => Check::fail("key file", "others may read it", "chmod 600 the key file"),
        Err(_) => Check::warn("key file", "there is none: no bank yet", "run `strongroom found`"),
    }
}

/// Where the issuing keys are, as the key files say, and whether the token is there. Signs in to nothing: that takes the PIN.
fn issuing_key(config: &Config) -> Check {
    const NAME: &str = "issuing key";
    const FIX: &str =
        "set STRONGROOM_TOKEN_MODULE and STRONGROOM_TOKEN, and see that the token is there";
    let mut files = KeyFile::issuing_files(&config.data_dir).unwrap_or_default();
    files.push(config.data_dir.join(KeyFile::BANK_KEYS));
    let is_in_token = |path: &PathBuf| {
        std::fs::read_to_string(path).is_ok_and(|text| KeyFile::is_in_token(&text))
    };
    let needs_one = files.iter().any(is_in_token);
    match (&config.token, needs_one) {
        (None, false) => Check::ok(NAME, "in a key file, sealed under the passphrase"),
        (None, true) => Check::fail(NAME, TokenError::NotNamed.to_string(), FIX),
        (Some(place), _) => match place.look() {
            Ok(()) if needs_one => Check::ok(
                NAME,
                format!("in the PKCS#11 token {:?} of {}", place.label, place.module.display()),
            ),
            Ok(()) => Check::ok(NAME, "a token is named, and no key file needs it"),
            Err(error) => Check::fail(NAME, error.to_string(), FIX),
        },
    }
}

async fn rate_limits(config: &Config) -> Check {
    const NAME: &str = "rate limits";
    if config.rate_limits == RateLimits::OFF {
        return Check::warn(NAME, "off: nobody is limited", "unset STRONGROOM_RATE_LIMITS");
    }
    let Some(url) = &config.redis else {
        return Check::ok(NAME, "counted by each process for itself");
    };
    if let Err(why) = rate_limits::reach_redis(url).await {
        let found = format!("each process counts for itself: {why}");
        return Check::warn(NAME, found, "check STRONGROOM_REDIS_URL, and that Redis runs");
    }
    Check::ok(NAME, "counted by all processes together, in Redis")
}

async fn private(data_dir: &Path) -> Vec<Check> {
    let programs = match locate::locate() {
        Ok(programs) => Check::ok("database programs", format!("PostgreSQL {}", programs.major())),
        Err(error) => {
            let fix = "install PostgreSQL 15 or newer, or set STRONGROOM_PG_BIN";
            return vec![Check::fail("database programs", error.to_string(), fix)];
        }
    };
    let mut checks = vec![programs];
    match PrivateCluster::existing_urls(data_dir) {
        Ok(None) => checks.push(Check::warn(
            "database",
            "the private cluster does not exist yet",
            "run `strongroom found`",
        )),
        // The lock tells whether a server runs on this folder; if not, ours does for a moment.
        Ok(Some(urls)) => match PrivateCluster::start(data_dir).await {
            Ok(cluster) => {
                checks.extend(reach(&urls.server).await);
                if let Err(error) = cluster.stop().await {
                    checks.push(Check::warn("database", error.to_string(), "read server.log"));
                }
            }
            Err(crate::postgres::ClusterError::Locked(_)) => {
                checks.extend(reach(&urls.server).await);
            }
            Err(error) => checks.push(unreachable(&error.to_string())),
        },
        Err(error) => checks.push(unreachable(&error.to_string())),
    }
    checks
}

async fn reach(url: &DatabaseUrl) -> Vec<Check> {
    let examined = async {
        let db = Db::connect(url, 1).await?;
        let checks = examine_database(&db).await;
        db.close().await;
        checks
    };
    examined.await.unwrap_or_else(|error: sqlx::Error| vec![unreachable(&error.to_string())])
}

fn unreachable(why: &str) -> Check {
    Check::fail("database", why, "check DATABASE_URL, and that the database runs")
}
