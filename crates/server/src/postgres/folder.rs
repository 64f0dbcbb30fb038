//! The folder of a private cluster, its secrets, and the account that runs the server.
//!
//! ```text
//! <data folder>/postgres/        ours, 0700 (0711 when we are root)
//!   lock                         held by the running process
//!   secrets/{owner,server,auditor}   ours, 0600, 32 random bytes as hex each
//!   server.log                   ours, written by the server through an inherited descriptor
//!   data/                        PGDATA, 0700, of the account that runs the server
//!   socket/                      0700, of that account
//! ```
//!
//! # Security
//!
//! Everything that we open by name lies in folders that only we can change: the server's account owns
//! `data` and `socket` and nothing above them.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

use super::{AUDITOR_LOGIN, ClusterError, OWNER, Programs, SERVER_LOGIN, Urls};
use crate::config::DatabaseUrl;

/// The port only names the socket file: nothing listens on TCP.
const SOCKET_FILE: &str = ".s.PGSQL.5432";
/// `sun_path` holds 104 bytes on macOS and 108 on Linux, with the final zero.
const SOCKET_PATH_BYTES_MAX: usize = 103;
/// A log longer than this is set aside at the next start.
const LOG_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// Mode bits that let anybody but the owner do anything.
const ANYBODY_BITS: u32 = 0o077;

/// An account of the operating system, when it is not the one we run as.
#[derive(Clone, Debug)]
struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

/// The folder of one private cluster.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
    socket: PathBuf,
    account: Option<Account>,
}

impl Folder {
    /// Makes the folder and its secrets if they are not there, and checks who may reach it.
    pub(super) fn open(data_dir: &Path) -> Result<Self, ClusterError> {
        let account = server_account()?;
        private_folder(data_dir)?;
        let data_dir = data_dir.canonicalize()?;
        let root = data_dir.join("postgres");
        private_folder(&root)?;
        if let Some(account) = &account {
            for ours in [&data_dir, &root] {
                let mode = fs::metadata(ours)?.permissions().mode();
                fs::set_permissions(ours, fs::Permissions::from_mode(mode | 0o011))?;
            }
            reachable(&root, account)?;
        }
        let mut folder = Self { socket: root.join("socket"), root, account };
        if folder.socket.join(SOCKET_FILE).as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            folder.socket = short_socket_folder(&folder.root);
        }
        folder.servers_folder(&folder.socket)?;
        folder.ensure_secrets()?;
        Ok(folder)
    }

    /// `PGDATA`.
    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Takes the folder for this process; the kernel gives it back when the process ends.
    pub(super) fn lock(&self) -> Result<File, ClusterError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.root.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(ClusterError::Locked(self.root.clone())),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Major version of the cluster; none where there is no finished one.
    pub(super) fn cluster_major(&self) -> Result<Option<u32>, ClusterError> {
        match fs::read_to_string(self.data().join("PG_VERSION")) {
            Ok(text) => text.trim().parse().map(Some).map_err(|_| ClusterError::Program {
                program: "PG_VERSION",
                output: text.trim().to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Runs `initdb` beside the final place and moves the result there.
    pub(super) fn make_cluster(&self, programs: &Programs) -> Result<(), ClusterError> {
        let unfinished = self.root.join("data.new");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        self.servers_folder(&unfinished)?;
        // The server's account must read the password once; it is the superuser's account anyway.
        let password = self.root.join("initial-password");
        write_secret(&password, &self.secret("owner")?)?;
        self.give(&password)?;
        let mut initdb = self.command(&programs.path("initdb"));
        initdb
            .arg(format!("--pgdata={}", unfinished.display()))
            .arg(format!("--username={OWNER}"))
            .arg(format!("--pwfile={}", password.display()))
            .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"])
            // Our first start ends in a checkpoint with fsync; a crash before it repeats initdb.
            .arg("--no-sync");
        let output = initdb.output();
        fs::remove_file(&password)?;
        let output = output?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(ClusterError::Program { program: "initdb", output: said });
        }
        sync_tree(&unfinished)?;
        fs::rename(&unfinished, self.data())?;
        File::open(&self.root)?.sync_all()?;
        Ok(())
    }

    /// The ways into `database`.
    pub(super) fn urls(&self, database: &str) -> Result<Urls, ClusterError> {
        let url = |login: &str, secret: &str| -> Result<DatabaseUrl, ClusterError> {
            Ok(DatabaseUrl::new(format!(
                "postgres://{login}:{}@localhost:5432/{database}?host={}&sslmode=disable",
                self.secret(secret)?,
                percent_encode(&self.socket)
            )))
        };
        Ok(Urls {
            owner: url(OWNER, "owner")?,
            server: url(SERVER_LOGIN, "server")?,
            auditor: url(AUDITOR_LOGIN, "auditor")?,
        })
    }

    /// The server's log, opened for appending, a long one set aside first.
    pub(super) fn log(&self) -> Result<File, ClusterError> {
        let path = self.log_path();
        if fs::metadata(&path).is_ok_and(|file| file.len() > LOG_BYTES_MAX) {
            fs::rename(&path, self.root.join("server.log.1"))?;
        }
        Ok(OpenOptions::new().create(true).append(true).mode(0o600).open(path)?)
    }

    pub(super) fn log_path(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// A command that runs as the server's account, with nothing of our environment.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command.current_dir(&self.root);
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    fn secret(&self, name: &str) -> Result<String, ClusterError> {
        Ok(fs::read_to_string(self.root.join("secrets").join(name))?)
    }

    fn ensure_secrets(&self) -> Result<(), ClusterError> {
        let folder = self.root.join("secrets");
        private_folder(&folder)?;
        for name in ["owner", "server", "auditor"] {
            let path = folder.join(name);
            if !path.exists() {
                write_secret(&path, &hex::encode(crypto::random::<32>()?))?;
            }
        }
        Ok(())
    }

    /// Makes `folder`, 0700, for the server's account; one that is there must be exactly that.
    fn servers_folder(&self, folder: &Path) -> Result<(), ClusterError> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => self.give(folder)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        let found = fs::symlink_metadata(folder)?;
        let uid = self.account.as_ref().map_or_else(|| Uid::effective().as_raw(), |it| it.uid);
        if found.is_dir() && found.uid() == uid && found.mode() & ANYBODY_BITS == 0 {
            Ok(())
        } else {
            Err(ClusterError::NotPrivate(folder.to_owned()))
        }
    }

    fn give(&self, path: &Path) -> io::Result<()> {
        match &self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid)),
            None => Ok(()),
        }
    }
}

/// The account that runs the server: ours, unless we are root, which PostgreSQL refuses.
fn server_account() -> Result<Option<Account>, ClusterError> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let configured = env::var("STRONGROOM_PG_USER").ok().filter(|name| !name.is_empty());
    let names = configured.map_or_else(
        || vec!["postgres".to_owned(), "nobody".to_owned()],
        |configured| vec![configured],
    );
    for name in &names {
        if let Some(user) = User::from_name(name).map_err(io::Error::from)? {
            return Ok(Some(Account {
                name: user.name,
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            }));
        }
    }
    Err(ClusterError::NoAccount(names.join("` or `")))
}

/// Whether `account` can enter every folder on the way to `target`.
fn reachable(target: &Path, account: &Account) -> Result<(), ClusterError> {
    for folder in target.ancestors() {
        let found = fs::metadata(folder)?;
        let enter = if found.uid() == account.uid {
            0o100
        } else if found.gid() == account.gid {
            0o010
        } else {
            0o001
        };
        if found.mode() & enter == 0 {
            let user = account.name.clone();
            return Err(ClusterError::Unreachable { user, folder: folder.to_owned() });
        }
    }
    Ok(())
}

/// A place for the socket when the data folder's path is too long for one.
fn short_socket_folder(root: &Path) -> PathBuf {
    let name = crypto::sha256(root.as_os_str().as_encoded_bytes()).to_string();
    env::temp_dir().join(format!("strongroom-{}", name.get(..16).unwrap_or(&name)))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn write_secret(path: &Path, secret: &str) -> io::Result<()> {
    // A crash right here must not leave a short secret behind: it appears by rename.
    let unfinished = path.with_extension("new");
    let mut options = OpenOptions::new();
    let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, path)
}

fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else if entry.file_type()?.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

fn percent_encode(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.push_str(&hex::encode_upper([*byte]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prepared_socket_folder_is_refused() {
        let data_dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(data_dir.path()).unwrap();
        fs::set_permissions(folder.socket(), fs::Permissions::from_mode(0o777)).unwrap();
        let refused = Folder::open(data_dir.path()).unwrap_err();
        assert!(matches!(refused, ClusterError::NotPrivate(_)), "{refused}");
    }

    #[test]
    fn secrets_are_random_private_and_stay() {
        let data_dir = tempfile::tempdir().unwrap();
        let first = Folder::open(data_dir.path()).unwrap();
        let second = Folder::open(data_dir.path()).unwrap();
        assert_eq!(first.secret("server").unwrap(), second.secret("server").unwrap());
        assert_ne!(first.secret("server").unwrap(), first.secret("owner").unwrap());
        assert_eq!(first.secret("owner").unwrap().len(), 64);
        let mode = fs::metadata(first.root.join("secrets/owner")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_long_path_gets_a_short_socket() {
        let data_dir = tempfile::tempdir().unwrap();
        let long = data_dir.path().join("x".repeat(100));
        let folder = Folder::open(&long).unwrap();
        assert!(folder.socket().join(SOCKET_FILE).as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
        fs::remove_dir(folder.socket()).unwrap();
    }

    #[test]
    fn a_path_is_written_so_that_a_url_gives_it_back() {
        assert_eq!(percent_encode(Path::new("/a b/c")), "%2Fa%20b%2Fc");
    }
}
