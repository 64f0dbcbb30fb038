//! Tokens of `SoftHSM` for one test, in a folder of their own.
//!
//! `SoftHSM` finds its folder through the environment of its process, so a test that wants tokens runs in a process of its
//! own: itself, once more.

use std::path::{Path, PathBuf};
use std::process::Command;

use crypto::SecretBytes;
use server::authority::{InToken, Token, TokenPlace};

const CONFIGURATION: &str = "SOFTHSM2_CONF";
/// Set in the process that has the tokens.
const OURS: &str = "STRONGROOM_TEST_TOKENS";
/// PIN of every token.
pub const PIN: &str = "271828";
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// Where the tokens of this process are.
pub struct SoftTokens {
    module: PathBuf,
    folder: PathBuf,
}

impl SoftTokens {
    /// The tokens of this process, if it is the one that has them. Else runs `test`, which must be the caller's name, in
    /// one that has, and says `None`: there is nothing left to do. Without `SoftHSM` too, and aloud.
    pub fn of(test: &str) -> Option<Self> {
        let Some(module) = MODULES.into_iter().map(PathBuf::from).find(|path| path.exists()) else {
            eprintln!("SKIPPED: no SoftHSM on this machine; `make tools` installs it");
            return None;
        };
        if let Some(folder) = std::env::var_os(OURS) {
            let folder = PathBuf::from(folder);
            std::fs::write(folder.join(test), "began").unwrap();
            return Some(Self { module, folder });
        }
        let folder = tempfile::Builder::new().prefix("strongroom-tokens-").tempdir().unwrap();
        let tokens = folder.path().join("tokens");
        std::fs::create_dir(&tokens).unwrap();
        let configuration = folder.path().join("softhsm2.conf");
        let settings = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        std::fs::write(&configuration, settings).unwrap();
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(CONFIGURATION, &configuration)
            .env(OURS, folder.path())
            .status()
            .unwrap();
        assert!(ended.success(), "{test} in a process with tokens: {ended}");
        // A name that no test has would end well too.
        assert!(folder.path().join(test).exists(), "{test} is not the caller's name");
        None
    }

    /// Makes a token, as an operator does.
    pub fn make(&self, label: &str) -> TokenPlace {
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "314159"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        TokenPlace { module: self.module.clone(), label: label.to_owned() }
    }

    /// Makes a token, and names a key that is to be made in it.
    pub fn key(&self, token: &str, label: &str) -> InToken {
        InToken { token: open(&self.make(token)), label: label.to_owned() }
    }

    /// The module.
    pub fn module(&self) -> &Path {
        &self.module
    }

    /// Where `SoftHSM` keeps what is in its tokens.
    pub fn storage(&self) -> PathBuf {
        self.folder.join("tokens")
    }
}

/// Signs in to a token.
pub fn open(place: &TokenPlace) -> Token {
    Token::open(place, &SecretBytes::new(PIN.as_bytes().to_vec())).unwrap()
}
