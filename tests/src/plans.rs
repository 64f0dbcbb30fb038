//! How the database carries out what a request asks of it, told by PostgreSQL's `auto_explain`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::Bank;

const SETTINGS: [&str; 6] = [
    "session_preload_libraries = 'auto_explain'",
    "auto_explain.log_format = 'json'",
    "auto_explain.log_analyze = on",
    "auto_explain.log_timing = off",
    "auto_explain.log_buffers = on",
    "log_line_prefix = '%a|'",
];
/// Who asks for the bank; everybody else is a test that looks.
const OURS: [&str; 3] = ["strongroom|", "strongroom-gate|", "strongroom-poster|"];

/// What was seen of one statement.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The ways on which it came to its rows: tables, and the indexes by which they were read.
    pub ways: BTreeSet<String>,
    /// Tables that were read from their beginning.
    pub scanned: BTreeSet<String>,
    /// Pages read by the dearest of its executions.
    pub pages: u64,
}

/// Statements by their texts.
pub type Plans = BTreeMap<String, Plan>;

impl Bank {
    /// Has sessions from now on ready to tell plans; the server must be started anew.
    ///
    /// # Panics
    ///
    /// Where PostgreSQL came without its contributed modules.
    pub async fn prepare_plans(&self) {
        let mut connection = self.superuser().await;
        run(&mut connection, "LOAD 'auto_explain'").await;
        for setting in SETTINGS {
            run(&mut connection, &format!("ALTER SYSTEM SET {setting}")).await;
        }
        self.tell_plans(&mut connection, false).await;
    }

    /// The plans of everything that the bank asks of its database while `act` goes on.
    pub async fn plans_of(&self, act: impl AsyncFnOnce()) -> Plans {
        let mut connection = self.superuser().await;
        run(&mut connection, "LOAD 'auto_explain'").await;
        self.tell_plans(&mut connection, true).await;
        let before = self.database_log().len();
        act().await;
        let log = self.database_log();
        self.tell_plans(&mut connection, false).await;
        connection.close().await.unwrap();
        read(&log[before..])
    }

    async fn tell_plans(&self, connection: &mut PgConnection, tell: bool) {
        let least = if tell { 0 } else { -1 };
        run(connection, &format!("ALTER SYSTEM SET auto_explain.log_min_duration = {least}")).await;
        run(connection, "SELECT pg_reload_conf()").await;
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn read(log: &str) -> Plans {
    let mut plans = Plans::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let is_ours = OURS.iter().any(|name| line.starts_with(name)) && line.ends_with(" plan:");
        let mut document = String::new();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            document.push_str(more);
        }
        let Ok(told) = serde_json::from_str::<Value>(&document) else { continue };
        if !is_ours {
            continue;
        }
        let text = told["Query Text"].as_str().unwrap().split_whitespace();
        let plan = plans.entry(text.collect::<Vec<_>>().join(" ")).or_default();
        follow(&told["Plan"], "", plan);
        let pages = ["Shared Hit Blocks", "Shared Read Blocks"];
        let pages = pages.into_iter().filter_map(|name| told["Plan"][name].as_u64()).sum();
        plan.pages = plan.pages.max(pages);
    }
    plans
}

fn follow(node: &Value, above: &str, plan: &mut Plan) {
    let text = |name: &str| node[name].as_str().unwrap_or_default();
    // The index of a bitmap stands below the table that is read by it.
    let table = if text("Relation Name").is_empty() { above } else { text("Relation Name") };
    if text("Node Type") == "Seq Scan" {
        plan.scanned.insert(table.to_owned());
    }
    if !text("Index Name").is_empty() {
        plan.ways.insert(format!("{table} by {}", text("Index Name")));
    }
    for inner in node["Plans"].as_array().map(Vec::as_slice).unwrap_or_default() {
        follow(inner, table, plan);
    }
}
