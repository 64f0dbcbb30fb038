//! A server's clock that a test can set, by libfaketime (Debian's package `libfaketime`): the server knows nothing of it.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

/// Where distributions put it.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
];

/// The clock of those processes that have its environment.
pub struct WallClock {
    library: &'static str,
    offset: PathBuf,
    _folder: TempDir,
}

impl WallClock {
    /// A clock that is right. `None`, said aloud: the library is not installed.
    pub fn new() -> Option<Self> {
        let Some(library) = LIBRARIES.into_iter().find(|path| PathBuf::from(path).exists()) else {
            eprintln!("SKIPPED: libfaketime is not installed, and no clock is set back");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let clock = Self { library, offset: folder.path().join("offset"), _folder: folder };
        clock.put_right();
        Some(clock)
    }

    /// What a process is started with that goes by this clock. Timers stay right, as they do where an operator sets a clock.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LD_PRELOAD", self.library.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.offset.display().to_string()),
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }

    /// Steps back. Processes notice within two seconds: the library counts whole ones.
    pub fn set_back(&self, by: Duration) {
        self.set(&format!("-{}", by.as_secs()));
    }

    /// Puts it right.
    pub fn put_right(&self) {
        self.set("+0");
    }

    /// At once: who reads a file that is being written finds it empty.
    fn set(&self, offset: &str) {
        let next = self.offset.with_extension("next");
        std::fs::write(&next, offset).unwrap();
        std::fs::rename(next, &self.offset).unwrap();
    }
}
