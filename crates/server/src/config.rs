//! What an operator may set. Every value has a default that is safe for one machine.
//!
//! | variable | default |
//! |---|---|
//! | `DATABASE_URL` | none: a private PostgreSQL cluster in the data folder |
//! | `STRONGROOM_OWNER_DATABASE_URL` | none: `strongroom migrate` needs it when `DATABASE_URL` is set |
//! | `STRONGROOM_DATA_DIR` | `.strongroom` |
//! | `STRONGROOM_PROFILE` | `production` when `DATABASE_URL` is set, else `development` |
//! | `STRONGROOM_LISTEN` | `127.0.0.1:8080`, plain HTTP |
//! | `STRONGROOM_TLS_LISTEN` | `127.0.0.1:8443` |
//! | `STRONGROOM_TLS_CERTIFICATE`, `STRONGROOM_TLS_KEY` | a certificate made at the first start |
//! | `STRONGROOM_TLS_NAMES` | `localhost,127.0.0.1,::1` |
//! | `STRONGROOM_ORIGIN` | `https://localhost:<TLS port>` |
//! | `STRONGROOM_TRUSTED_PROXIES` | none; networks, separated by commas, whose `X-Forwarded-For` is believed |
//! | `STRONGROOM_RATE_LIMITS` | [`RateLimits::default`]; `off`, or what differs: `sign_in.address=60/60,read.user=off` |
//! | `STRONGROOM_REDIS_URL` | none: each process counts requests for itself |
//! | `STRONGROOM_TOKEN_MODULE`, `STRONGROOM_TOKEN` | none: a PKCS#11 module and the label of a token, for a bank whose issuing key is in one |
//! | `STRONGROOM_WEBHOOK_NETWORKS` | none; networks of the bank's own, separated by commas, in which endpoints of webhooks may be, also on other ports than 443 and without TLS |
//! | `STRONGROOM_DB_CONNECTIONS` | 16 |
//! | `STRONGROOM_BODY_BYTES_MAX` | 4194304 |
//! | `STRONGROOM_TIMEOUT_S` | 30 |
//! | `STRONGROOM_KEY_DAYS_MAX` | 83: older keys of customers must be rotated first |
//! | `STRONGROOM_STAFF_KEY_DAYS_MAX` | 27: the same for staff |
//! | `STRONGROOM_REQUESTS_MAX` | 1024 at once |
//! | `STRONGROOM_CONNECTIONS_MAX` | 4096 at once |

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use thiserror::Error;

use crate::authority::TokenPlace;
use crate::certificates::rotation::KeyAges;
use crate::rate_limits::RateLimits;

/// Everything the server is told from outside. Holds no key material.
#[derive(Clone, Debug)]
pub struct Config {
    /// How much is tolerated at start.
    pub profile: Profile,
    /// Folder of the key files, the TLS certificate and the private cluster.
    pub data_dir: PathBuf,
    /// Where the rows live.
    pub database: DatabaseConfig,
    /// Plain HTTP, for a proxy or a browser on the same machine.
    pub listen: SocketAddr,
    /// TLS 1.3.
    pub tls: TlsConfig,
    /// Scheme, host and port that people type; signed into every login challenge.
    pub origin: String,
    /// Proxies of the operator, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What one client may take.
    pub limits: Limits,
    /// How much somebody may ask for.
    pub rate_limits: RateLimits,
    /// Where all processes count requests together.
    pub redis: Option<DatabaseUrl>,
    /// How old keys may become.
    pub key_ages: KeyAges,
    /// The PKCS#11 token with the issuing key.
    pub token: Option<TokenPlace>,
    /// How endpoints of webhooks are reached.
    pub webhooks: WebhookConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            profile: Profile::Development,
            data_dir: PathBuf::from(".strongroom"),
            database: DatabaseConfig::default(),
            listen: SocketAddr::new(LOOPBACK, 8080),
            tls: TlsConfig::default(),
            origin: "https://localhost:8443".to_owned(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
            rate_limits: RateLimits::default(),
            redis: None,
            key_ages: KeyAges::default(),
            token: None,
            webhooks: WebhookConfig::default(),
        }
    }
}

impl Config {
    /// Reads the process environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads variables through `lookup`. An empty value counts as absent.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables(lookup);
        let mut config = Self::default();
        if let Some(url) = variables.text("DATABASE_URL") {
            config.database.source = DatabaseSource::Url(DatabaseUrl::new(url));
            config.profile = Profile::Production;
        }
        config.database.owner = variables.text("STRONGROOM_OWNER_DATABASE_URL").map(DatabaseUrl);
        variables.set("STRONGROOM_PROFILE", &mut config.profile)?;
        variables.set("STRONGROOM_DATA_DIR", &mut config.data_dir)?;
        variables.set("STRONGROOM_LISTEN", &mut config.listen)?;
        variables.set("STRONGROOM_TLS_LISTEN", &mut config.tls.listen)?;
        variables.set("STRONGROOM_DB_CONNECTIONS", &mut config.database.connections_max)?;
        variables.set("STRONGROOM_BODY_BYTES_MAX", &mut config.limits.body_bytes_max)?;
        variables.set("STRONGROOM_REQUESTS_MAX", &mut config.limits.requests_max)?;
        variables.set("STRONGROOM_RATE_LIMITS", &mut config.rate_limits)?;
        config.token = variables
            .both("STRONGROOM_TOKEN_MODULE", "STRONGROOM_TOKEN")?
            .map(|(module, label)| TokenPlace { module: module.into(), label });
        config.redis = variables.text("STRONGROOM_REDIS_URL").map(DatabaseUrl);
        variables.set("STRONGROOM_CONNECTIONS_MAX", &mut config.limits.connections_max)?;
        let mut timeout_s = config.limits.timeout.as_secs();
        variables.set("STRONGROOM_TIMEOUT_S", &mut timeout_s)?;
        config.limits.timeout = Duration::from_secs(timeout_s);
        variables.days("STRONGROOM_KEY_DAYS_MAX", &mut config.key_ages.holder)?;
        variables.days("STRONGROOM_STAFF_KEY_DAYS_MAX", &mut config.key_ages.staff)?;
        config.tls.files = variables.pair("STRONGROOM_TLS_CERTIFICATE", "STRONGROOM_TLS_KEY")?;
        if let Some(names) = variables.text("STRONGROOM_TLS_NAMES") {
            config.tls.names = names.split(',').map(|name| name.trim().to_owned()).collect();
        }
        if let Some(networks) = variables.text(PROXIES) {
            config.trusted_proxies = networks_of(PROXIES, &networks)?;
        }
        if let Some(networks) = variables.text(WEBHOOK_NETWORKS) {
            config.webhooks.networks = networks_of(WEBHOOK_NETWORKS, &networks)?;
        }
        config.origin = variables
            .text("STRONGROOM_ORIGIN")
            .unwrap_or_else(|| format!("https://localhost:{}", config.tls.listen.port()));
        Ok(config)
    }
}

const PROXIES: &str = "STRONGROOM_TRUSTED_PROXIES";
const WEBHOOK_NETWORKS: &str = "STRONGROOM_WEBHOOK_NETWORKS";
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
/// Networks or single addresses, separated by commas.
fn networks_of(name: &'static str, text: &str) -> Result<Vec<IpNet>, ConfigError> {
    let network = |part: &str| {
        let address = || part.parse::<IpAddr>().ok().map(IpNet::from);
        part.parse::<IpNet>()
            .ok()
            .or_else(address)
            .ok_or_else(|| ConfigError::Invalid { name, why: format!("`{part}` is no network") })
    };
    text.split(',').map(|part| network(part.trim())).collect()
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// How much is tolerated at start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    /// One person's machine: doubts are warnings, migrations run by themselves.
    Development,
    /// Other people's money: every doubt of `doctor` about the database refuses the start.
    Production,
}

impl FromStr for Profile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err("is neither `development` nor `production`"),
        }
    }
}

/// Where the rows live and how many connections may reach them.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// A private cluster, or somebody's PostgreSQL.
    pub source: DatabaseSource,
    /// The role that owns the schema; only `strongroom migrate` uses it.
    pub owner: Option<DatabaseUrl>,
    /// Size of the pool; the posters' own connections come on top.
    pub connections_max: u32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { source: DatabaseSource::Private, owner: None, connections_max: 16 }
    }
}

/// A private cluster, or somebody's PostgreSQL.
#[derive(Clone, Debug)]
pub enum DatabaseSource {
    /// Supervised by this process, in the data folder.
    Private,
    /// Named by `DATABASE_URL`.
    Url(DatabaseUrl),
}

/// A connection URL. It may hold a password, so it never shows itself.
#[derive(Clone, Eq, PartialEq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes the URL as it is; the driver judges it when it connects.
    #[must_use]
    pub const fn new(url: String) -> Self {
        Self(url)
    }

    /// The URL with its password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

/// The TLS port.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// Address of the TLS port.
    pub listen: SocketAddr,
    /// Certificate chain and key as PEM files; none: a self-made pair in the data folder.
    pub files: Option<(PathBuf, PathBuf)>,
    /// DNS names and addresses that a self-made certificate speaks for.
    pub names: Vec<String>,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(LOOPBACK, 8443),
            files: None,
            names: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
        }
    }
}

/// How endpoints of webhooks are reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebhookConfig {
    /// Networks of the bank's own: an endpoint there need not be public, nor have TLS, nor be on port 443.
    pub networks: Vec<IpNet>,
    /// Pause after the first failure; it doubles from there.
    pub first_pause: Duration,
    /// An endpoint to which nothing could be delivered for so long is left alone.
    pub give_up_after: Duration,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            networks: Vec::new(),
            first_pause: Duration::from_secs(5),
            give_up_after: Duration::from_hours(72),
        }
    }
}

/// What one client may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Longest request body, in bytes. A batch of 1,000 transfers stays below 1 MiB.
    pub body_bytes_max: usize,
    /// From the last header byte to the first byte of the answer.
    pub timeout: Duration,
    /// Requests in work at once; the next one waits a moment, and is then told to come back.
    pub requests_max: usize,
    /// Connections open at once; the next one waits in the kernel's queue.
    pub connections_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 4 * 1024 * 1024,
            timeout: Duration::from_secs(30),
            requests_max: 1024,
            connections_max: 4096,
        }
    }
}

/// A variable that cannot be what it says.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The value does not parse.
    #[error("{name}: {why}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What the parser said.
        why: String,
    },
    /// Two variables only make sense together.
    #[error("{present} is set but {absent} is not")]
    Unpaired {
        /// The one that is set.
        present: &'static str,
        /// The one that is missing.
        absent: &'static str,
    },
}

struct Variables<L>(L);

impl<L: Fn(&str) -> Option<String>> Variables<L> {
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn set<T: FromStr<Err: fmt::Display>>(
        &self,
        name: &'static str,
        target: &mut T,
    ) -> Result<(), ConfigError> {
        let Some(text) = self.text(name) else {
            return Ok(());
        };
        *target = text
            .parse()
            .map_err(|error: T::Err| ConfigError::Invalid { name, why: error.to_string() })?;
        Ok(())
    }

    fn days(&self, name: &'static str, target: &mut Duration) -> Result<(), ConfigError> {
        let mut days = u32::try_from(target.as_secs() / SECONDS_PER_DAY).unwrap_or(u32::MAX);
        self.set(name, &mut days)?;
        *target = Duration::from_secs(SECONDS_PER_DAY).saturating_mul(days);
        Ok(())
    }

    fn pair(
        &self,
        first: &'static str,
        second: &'static str,
    ) -> Result<Option<(PathBuf, PathBuf)>, ConfigError> {
        Ok(self.both(first, second)?.map(|(one, two)| (one.into(), two.into())))
    }

    fn both(
        &self,
        first: &'static str,
        second: &'static str,
    ) -> Result<Option<(String, String)>, ConfigError> {
        match (self.text(first), self.text(second)) {
            (Some(one), Some(two)) => Ok(Some((one, two))),
            (Some(_), None) => Err(ConfigError::Unpaired { present: first, absent: second }),
            (None, Some(_)) => Err(ConfigError::Unpaired { present: second, absent: first }),
            (None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &'static [(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nonsense_is_refused_with_the_name_of_the_variable() {
        for (pairs, name) in [
            (&[("STRONGROOM_LISTEN", "everywhere")][..], "STRONGROOM_LISTEN"),
            (&[("STRONGROOM_PROFILE", "prod")], "STRONGROOM_PROFILE"),
            (&[("STRONGROOM_TRUSTED_PROXIES", "10.0.0.1,proxy")], "STRONGROOM_TRUSTED_PROXIES"),
            (&[("STRONGROOM_WEBHOOK_NETWORKS", "the cellar")], "STRONGROOM_WEBHOOK_NETWORKS"),
            (&[("STRONGROOM_TIMEOUT_S", "-1")], "STRONGROOM_TIMEOUT_S"),
            (&[("STRONGROOM_RATE_LIMITS", "sign_in.address=0/1")], "STRONGROOM_RATE_LIMITS"),
            (&[("STRONGROOM_KEY_DAYS_MAX", "soon")], "STRONGROOM_KEY_DAYS_MAX"),
            (&[("STRONGROOM_TLS_KEY", "k.pem")], "STRONGROOM_TLS_CERTIFICATE"),
            (&[("STRONGROOM_TOKEN", "bank")], "STRONGROOM_TOKEN_MODULE"),
        ] {
            let error = from(pairs).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_database_url_means_production_unless_told_otherwise() {
        const URL: (&str, &str) = ("DATABASE_URL", "postgres://x:secret@db/strongroom");
        assert_eq!(from(&[]).unwrap().profile, Profile::Development);
        let config = from(&[URL]).unwrap();
        assert_eq!(config.profile, Profile::Production);
        assert!(!format!("{config:?}").contains("secret"));
        let told = from(&[URL, ("STRONGROOM_PROFILE", "development")]).unwrap();
        assert_eq!(told.profile, Profile::Development);
    }

    #[test]
    fn the_origin_follows_the_tls_port() {
        let config = from(&[("STRONGROOM_TLS_LISTEN", "127.0.0.1:9443")]).unwrap();
        assert_eq!(config.origin, "https://localhost:9443");
    }
}
