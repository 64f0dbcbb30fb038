//! Other ledgers on the same cluster in the same rounds. None of them signs, logs or proves anything.
//!
//! | name | one transfer is |
//! |---|---|
//! | `naive` | a transaction of six statements, as a first version of any bank has it |
//! | `one_statement` | one statement that locks, moves and writes both entries |
//! | `one_statement_hot` | the same, all to one account |
//! | `cala` | one `post_transactions` of the crate `cala-ledger` |
//! | `cala_batch` | a hundredth of one `post_transactions` of 100 |

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::field::Field;
use crate::exit::Exit;
use crate::failure::Failure;

/// The peers in the order of the report.
pub(super) const NAMES: [&str; 5] =
    ["naive", "one_statement", "one_statement_hot", "cala", "cala_batch"];
/// As many as pgbench has.
const CLIENTS: &str = "32";
/// Of one commit in `cala_batch`.
const BATCH: &str = "100";

const SCHEMA: &str = include_str!("peers/schema.sql");
const SCRIPTS: [(&str, &str); 3] = [
    ("naive", include_str!("peers/naive.sql")),
    ("one_statement", include_str!("peers/one-statement.sql")),
    ("one_statement_hot", include_str!("peers/one-statement-hot.sql")),
];

/// The peers' databases and programs.
pub(super) struct Peers {
    accounts: String,
    program: PathBuf,
}

impl Peers {
    /// Makes a database for each schema, with as many accounts as the corridor has.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the program that links cala-ledger has not been built, or a database cannot be filled.
    pub(super) fn prepare(field: &Field, accounts: usize) -> Result<Self, Failure> {
        let here =
            std::env::current_exe().map_err(|error| Failure::file("this program", &error))?;
        let program = here.with_file_name("strongroom-peers");
        if !program.exists() {
            return Err(Failure::usage(format!("{} is missing", program.display()))
                .next("`make bench-peers` builds it: cala-ledger is no part of this program"));
        }
        let peers = Self { accounts: accounts.to_string(), program };
        let variable = format!("accounts={accounts}");
        for (name, text) in SCRIPTS {
            let path = field.path(&format!("{name}.sql"));
            fs::write(&path, text).map_err(|error| Failure::file(path.display(), &error))?;
            field.create_database(name)?;
            let schema = field.path("schema.sql");
            fs::write(&schema, SCHEMA).map_err(|error| Failure::file(schema.display(), &error))?;
            let schema = schema.display().to_string();
            let arguments = ["-qX", "-v", "ON_ERROR_STOP=1", "-v", &variable, "-f", &schema];
            field.program("psql", &arguments, Some(name))?;
        }
        field.create_database("cala")?;
        peers.cala(field, &["prepare"])?;
        Ok(peers)
    }

    /// Transfers per second of each peer, in the order of [`NAMES`].
    ///
    /// # Errors
    ///
    /// [`Failure`] where one of them does not run.
    pub(super) fn measure(&self, field: &Field, seconds: u32) -> Result<Vec<f64>, Failure> {
        let mut rates = Vec::new();
        for (name, _) in SCRIPTS {
            let script = field.path(&format!("{name}.sql")).display().to_string();
            let variable = format!("accounts={}", self.accounts);
            rates.push(field.pgbench(name, &["-f", &script, "-D", &variable], seconds)?);
        }
        let seconds = seconds.to_string();
        for batch in ["1", BATCH] {
            let arguments = ["post", "--seconds", &seconds, "--clients", CLIENTS, "--batch", batch];
            let said = self.cala(field, &arguments)?;
            let number = |name: &str| said.get(name).and_then(Value::as_f64).unwrap_or_default();
            rates.push(number("posted") / number("seconds").max(f64::EPSILON));
        }
        Ok(rates)
    }

    fn cala(&self, field: &Field, arguments: &[&str]) -> Result<Value, Failure> {
        let output = Command::new(&self.program)
            .args(["--accounts", &self.accounts])
            .args(arguments)
            .env("DATABASE_URL", field.url_of("cala")?.as_str())
            .output()
            .map_err(|error| Failure::file(self.program.display(), &error))?;
        let failed = || {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            Failure::new(Exit::Unexpected, "strongroom-peers failed").because(why)
        };
        if !output.status.success() {
            return Err(failed());
        }
        serde_json::from_slice(&output.stdout).map_err(|_| failed())
    }
}
