//! The server as a process of its own, which can be killed like one.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::template::{ORIGIN, PASSPHRASE};

/// A running server process. It ends when this is dropped.
pub struct ServerProcess {
    child: Child,
    /// Address of the plain port.
    pub addr: SocketAddr,
    // The server ends when this closes, so that none outlives its test.
    _stdin: ChildStdin,
}

/// How to start one.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) log: PathBuf,
    /// Settings of the test's own.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl ServerProcess {
    /// Starts the server and waits until its ports are open. `listen` keeps the address over a restart.
    pub(crate) fn start(
        program: &Program,
        data_dir: &Path,
        database_url: &str,
        listen: SocketAddr,
    ) -> Self {
        let log = File::options().create(true).append(true).open(&program.log).unwrap();
        let mut child = Command::new(&program.path)
            .env("DATABASE_URL", database_url)
            .env("STRONGROOM_PROFILE", "development")
            .env("STRONGROOM_DATA_DIR", data_dir)
            .env("STRONGROOM_LISTEN", listen.to_string())
            .env("STRONGROOM_TLS_LISTEN", "127.0.0.1:0")
            .env("STRONGROOM_ORIGIN", ORIGIN)
            .env("STRONGROOM_RATE_LIMITS", "off")
            .env("STRONGROOM_TEST_PASSPHRASE", PASSPHRASE)
            .env("RUST_LOG", "info,server=debug")
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim().parse().unwrap_or_else(|_| {
            let _ = child.kill();
            let log = std::fs::read_to_string(&program.log).unwrap_or_default();
            panic!("the server did not come up: {log}")
        });
        Self { child, addr, _stdin: stdin }
    }

    /// SIGKILL: no code of the server runs any more.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
