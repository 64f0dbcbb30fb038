//! One server process: start, readiness, end.
//!
//! `postgres` itself is our child, not `pg_ctl`: its end is seen at once. It is spawned by a thread that
//! lives until the child has ended, because Linux sends the parent-death signal when the *thread* that
//! spawned a child ends; the signal is set by `setpriv` after the change of account, which would clear it.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::folder::Folder;
use super::{ClusterError, Durability, Programs};

/// How often the server is asked whether it is ready or gone.
const POLL: Duration = Duration::from_millis(10);
/// Recovery after a crash replays up to `max_wal_size`; longer means that something is wrong.
const READY_TIMEOUT: Duration = Duration::from_mins(10);
/// How long another server in the same folder may take to go away.
const STALE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a fast shutdown, which ends in a checkpoint, may take.
const STOP_TIMEOUT: Duration = Duration::from_mins(1);
/// How long an immediate shutdown may take.
const ABORT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of log that an error shows.
const LOG_TAIL_BYTES: usize = 2_000;

/// A running server process.
#[derive(Debug)]
pub(super) struct Postmaster {
    pid: Pid,
    // None once it was joined.
    thread: Option<JoinHandle<()>>,
}

impl Postmaster {
    /// Starts the server and waits until it takes connections.
    pub(super) fn start(
        folder: &Folder,
        programs: &Programs,
        durability: Durability,
    ) -> Result<Self, ClusterError> {
        let began = Instant::now();
        let mut pause = POLL;
        loop {
            end_orphan(&folder.data());
            let log_offset = fs::metadata(folder.log_path()).map_or(0, |file| file.len());
            let mut postmaster = Self::spawn(folder, programs, durability)?;
            let Err(failure) = postmaster.wait_until_ready(folder) else {
                return Ok(postmaster);
            };
            let log = log_since(&folder.log_path(), log_offset)?;
            if began.elapsed() > STALE_TIMEOUT || !another_server_is_leaving(&log) {
                return Err(ClusterError::Server { what: failure, log: tail(&log) });
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2).min(Duration::from_secs(2));
        }
    }

    pub(super) const fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    pub(super) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Fast shutdown: sessions end, a checkpoint is written. Immediate if that takes too long.
    pub(super) fn stop(&mut self) -> Result<(), ClusterError> {
        for (signal, patience) in [(Signal::SIGINT, STOP_TIMEOUT), (Signal::SIGQUIT, ABORT_TIMEOUT)]
        {
            if !self.is_running() {
                break;
            }
            // The child is not reaped before its thread ends, so the id is still its own.
            kill(self.pid, signal).map_err(io::Error::from)?;
            if self.wait(patience) {
                break;
            }
        }
        if self.is_running() {
            let log = String::new();
            return Err(ClusterError::Server { what: "did not stop", log });
        }
        self.thread = None;
        Ok(())
    }

    fn spawn(
        folder: &Folder,
        programs: &Programs,
        durability: Durability,
    ) -> Result<Self, ClusterError> {
        let mut command = command_dying_with_us(
            |program| folder.command(program),
            &programs.path("postgres"),
            "INT",
        );
        command.arg("-D").arg(folder.data());
        for (name, value) in settings(folder, durability) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let log = folder.log()?;
        command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        // Ctrl-C in a terminal reaches the whole group; the server must outlive our last requests.
        command.process_group(0);
        let (sender, receiver) = mpsc::sync_channel(1);
        let thread = thread::Builder::new().name("postmaster".to_owned()).spawn(move || {
            match command.spawn() {
                Ok(mut child) => {
                    // Nobody waiting for the id means that start was given up.
                    if sender.send(Ok(child.id())).is_ok()
                        && let Err(error) = child.wait()
                    {
                        tracing::error!(%error, "cannot wait for the database server");
                    }
                }
                Err(error) => drop(sender.send(Err(error))),
            }
        })?;
        let pid = receiver.recv().map_err(io::Error::other)??;
        let pid = i32::try_from(pid).map_err(io::Error::other)?;
        Ok(Self { pid: Pid::from_raw(pid), thread: Some(thread) })
    }

    fn wait_until_ready(&mut self, folder: &Folder) -> Result<(), &'static str> {
        let pid_file = folder.data().join("postmaster.pid");
        let began = Instant::now();
        while began.elapsed() < READY_TIMEOUT {
            if PidFile::read(&pid_file).is_some_and(|file| file.pid == self.pid && file.ready) {
                return Ok(());
            }
            if !self.is_running() {
                return Err("ended while starting");
            }
            thread::sleep(POLL);
        }
        Err("did not become ready")
    }

    fn wait(&self, patience: Duration) -> bool {
        let began = Instant::now();
        while self.is_running() && began.elapsed() < patience {
            thread::sleep(POLL);
        }
        !self.is_running()
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if self.is_running()
            && let Err(error) = self.stop()
        {
            tracing::error!(%error, "the database server was left behind");
        }
    }
}

/// What no configuration file may change, and what this workload needs.
fn settings(folder: &Folder, durability: Durability) -> Vec<(&'static str, String)> {
    let durable = match durability {
        Durability::Full => "on",
        Durability::ForTestsOnly => "off",
    };
    let mut settings: Vec<(&'static str, String)> = [
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("fsync", durable),
        ("full_page_writes", durable),
        ("synchronous_commit", durable),
        ("password_encryption", "scram-sha-256"),
        ("logging_collector", "off"),
        ("log_destination", "stderr"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("jit", "off"),
        // What a table grows by lies twice in memory: here, and as empty pages that the system keeps to write. It writes all of
        // them at once when the oldest is half a minute old, and COMMIT waits behind them: less of it is a shorter wait.
        ("shared_buffers", "128MB"),
        ("wal_buffers", "16MB"),
        ("max_wal_size", "4GB"),
        // A new segment is filled with zeros by whoever commits next, who waits for it: old ones are used again.
        ("min_wal_size", "2GB"),
        // Balances are updated in place thousands of times a second: what that leaves is cleared before it is read.
        ("autovacuum_naptime", "10s"),
        ("checkpoint_completion_target", "0.9"),
        // Else the system writes hundreds of megabytes at once, every half minute, while COMMIT waits behind them.
        ("backend_flush_after", "256kB"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec();
    settings.push(("unix_socket_directories", folder.socket().display().to_string()));
    settings
}

/// A program of ours that is told to end when the thread that starts it has ended, however that comes about, where the
/// system can do so.
#[must_use]
pub fn dying_with_us(program: &Path) -> Command {
    command_dying_with_us(|program| Command::new(program), program, "TERM")
}

/// The program under `setpriv --pdeathsig`, where that exists (Linux with util-linux).
fn command_dying_with_us(
    command_of: impl FnOnce(&Path) -> Command,
    program: &Path,
    signal: &str,
) -> Command {
    let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].iter().map(Path::new).find(|path| {
        let mut probe = Command::new(path);
        probe.args(["--pdeathsig", "INT", "true"]).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    });
    let Some(setpriv) = setpriv else {
        return command_of(program);
    };
    let mut command = command_of(setpriv);
    command.args(["--pdeathsig", signal, "--"]).arg(program);
    command
}

/// Ends a server that outlived the process that started it. We hold the folder's lock, so whoever runs
/// here has lost its supervisor.
fn end_orphan(data: &Path) {
    let Some(file) = PidFile::read(&data.join("postmaster.pid")) else {
        return;
    };
    if file.data == data && is_postgres_in(file.pid, data) {
        tracing::warn!(pid = file.pid.as_raw(), "ending a database server without a supervisor");
        if let Err(error) = kill(file.pid, Signal::SIGINT) {
            tracing::warn!(%error, "cannot signal the old database server");
        }
    }
}

/// Whether `pid` is a server of this folder, and not a process that got the number of a dead one. A
/// server works in its data folder; without `/proc` its name has to do.
fn is_postgres_in(pid: Pid, data: &Path) -> bool {
    if Path::new("/proc/self").exists() {
        return fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data);
    }
    Command::new("ps")
        .args(["-o", "comm=", "-p", &pid.to_string()])
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with("postgres"))
}

/// What PostgreSQL says when the folder is not free yet: an old server, or its last children.
fn another_server_is_leaving(log: &str) -> bool {
    log.contains("\"postmaster.pid\" already exists")
        || log.contains("shared memory block")
        || log.contains("is another postmaster")
        || log.contains("bogus data in lock file")
}

fn log_since(path: &Path, offset: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(if offset <= length { offset } else { 0 }))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn tail(log: &str) -> String {
    let mut start = log.len().saturating_sub(LOG_TAIL_BYTES);
    while !log.is_char_boundary(start) {
        start = start.saturating_add(1);
    }
    log.get(start..).unwrap_or_default().trim().to_owned()
}

/// `postmaster.pid`: line 1 process id, line 2 data folder, line 8 status (PostgreSQL `pidfile.h`).
struct PidFile {
    pid: Pid,
    data: std::path::PathBuf,
    ready: bool,
}

impl PidFile {
    fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 1)?;
        let data = lines.next()?.into();
        let ready = lines.nth(5).is_some_and(|status| status.trim() == "ready");
        Some(Self { pid: Pid::from_raw(pid), data, ready })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_line_eight() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postmaster.pid");
        for (text, ready) in [
            ("", None),
            ("garbage\n/data", None),
            ("-7\n/data", None),
            ("7\n/data\n1\n5432\n/socket\n\n123 4\nstarting\n", Some(false)),
            ("7\n/data\n1\n5432\n/socket\n\n123 4\nready   \n", Some(true)),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(PidFile::read(&path).map(|file| file.ready), ready, "{text}");
        }
    }

    #[test]
    fn the_tail_of_a_log_begins_at_a_character() {
        let log = format!("{}{}", "ä".repeat(LOG_TAIL_BYTES), "end");
        assert!(tail(&log).ends_with("end"));
        assert!(tail(&log).len() <= LOG_TAIL_BYTES);
    }

    #[test]
    fn only_a_busy_folder_is_worth_a_second_try() {
        assert!(another_server_is_leaving("FATAL:  lock file \"postmaster.pid\" already exists"));
        assert!(!another_server_is_leaving("FATAL:  could not open file: No space left"));
    }
}
