//! The command in a folder of its own, as a script would run it.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of its own, and no settings from outside.
pub(crate) struct Shell {
    home: TempDir,
}

impl Shell {
    pub(crate) fn new() -> Self {
        Self { home: TempDir::new().unwrap() }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
        for (name, _) in std::env::vars() {
            if name.starts_with("STRONGROOM_") || name == "COLUMNS" || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        command.current_dir(self.home.path()).env("STRONGROOM_HOME", self.home.path()).args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs and expects this exit code, nothing on standard output, and words on standard error.
    pub(crate) fn refuses(&self, exit: i32, words: &str, args: &[&str]) {
        let output = self.run(args);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {errors}");
        assert!(errors.contains(words), "{args:?} should say {words:?}: {errors}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{args:?}");
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }
}
