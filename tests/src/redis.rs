//! A Redis of one test, which can be killed.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::eventually;

/// A running Redis at a socket in a folder of its own, which keeps nothing on the disk.
pub struct Redis {
    server: Option<Child>,
    folder: TempDir,
}

impl Redis {
    /// Starts one. `None`, said aloud: this machine has none.
    pub async fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("strongroom-").tempdir().unwrap();
        let mut redis = Self { server: None, folder };
        redis.restart().await.then_some(redis)
    }

    /// What `STRONGROOM_REDIS_URL` would say.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// Starts it again, empty, at the same place. `false`: this machine has none.
    pub async fn restart(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(self.socket());
        match command.stdout(Stdio::null()).spawn() {
            Ok(server) => self.server = Some(server),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                eprintln!("SKIPPED: no redis-server on this machine; `make tools` installs it");
                return false;
            }
            Err(error) => panic!("redis-server: {error}"),
        }
        eventually("Redis", async || UnixStream::connect(self.socket()).ok().map(drop)).await;
        true
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
