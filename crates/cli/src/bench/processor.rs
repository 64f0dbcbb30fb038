//! Who used the processor: CPU time from /proc, WAL bytes from the cluster.

use std::fs;

/// Kernel ticks per second in /proc/PID/stat: fixed at 100 on every Linux that we run on.
const TICKS_PER_S: f64 = 100.0;

/// CPU time so far, in µs, and the WAL position, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    pub(crate) server_us: f64,
    pub(crate) postgres_us: f64,
    pub(crate) client_us: f64,
    pub(crate) wal_bytes: f64,
}

/// What a span cost.
pub(crate) type Cost = Meter;

impl Meter {
    /// Reads the meters of the server process, of the postmaster with its children, and of this process.
    pub(crate) fn read(server_pid: u32, postmaster_pid: u32, wal_bytes: f64) -> Self {
        Self {
            server_us: cpu_us(server_pid).unwrap_or_default(),
            postgres_us: family_us(postmaster_pid),
            client_us: cpu_us(std::process::id()).unwrap_or_default(),
            wal_bytes,
        }
    }

    pub(crate) fn since(&self, earlier: &Self) -> Cost {
        Self {
            server_us: self.server_us - earlier.server_us,
            postgres_us: self.postgres_us - earlier.postgres_us,
            client_us: self.client_us - earlier.client_us,
            wal_bytes: self.wal_bytes - earlier.wal_bytes,
        }
    }
}

impl Cost {
    /// What each of `count` took of it.
    pub(crate) fn of_each(&self, count: f64) -> Self {
        Self {
            server_us: self.server_us / count,
            postgres_us: self.postgres_us / count,
            client_us: self.client_us / count,
            wal_bytes: self.wal_bytes / count,
        }
    }

    /// CPU of all three, in µs.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.server_us + self.postgres_us + self.client_us
    }
}

/// `VmRSS` of /proc/PID/status, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> Option<u64> {
    memory_bytes(pid, "VmRSS:")
}

/// The most that a process ever had: `VmHWM` of /proc/PID/status, in bytes.
pub(crate) fn peak_bytes(pid: u32) -> Option<u64> {
    memory_bytes(pid, "VmHWM:")
}

fn memory_bytes(pid: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1_024)
}

struct Stat {
    parent: u32,
    own_ticks: f64,
    reaped_ticks: f64,
}

fn cpu_us(pid: u32) -> Option<f64> {
    stat(pid).map(|stat| us(stat.own_ticks))
}

fn family_us(parent: u32) -> f64 {
    let children = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(stat)
        .filter(|stat| stat.parent == parent)
        .map(|stat| stat.own_ticks)
        .sum::<f64>();
    let own = stat(parent).map_or(0.0, |stat| stat.own_ticks + stat.reaped_ticks);
    us(own + children)
}

/// Fields 4 (ppid) and 14 to 17 (utime, stime, cutime, cstime) of proc(5); the name before them may hold spaces.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| -> Option<f64> { fields.get(at)?.parse().ok() };
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own_ticks: ticks(11)? + ticks(12)?,
        reaped_ticks: ticks(13)? + ticks(14)?,
    })
}

fn us(ticks: f64) -> f64 {
    ticks / TICKS_PER_S * 1_000_000.0
}
