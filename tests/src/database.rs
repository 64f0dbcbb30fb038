//! The database behind the server's back: the superuser's view, for what no request can see or bring about.

use intent::IntentId;
use ledger::AccountId;
use server::bank::TrustFile;
use server::verify::{Report, Source, Trust, verify};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row as _};

use crate::Bank;
use crate::template::TRUST_FILE;

/// A row, to be read by column name.
pub type Row = PgRow;

impl Bank {
    /// A connection as the superuser, whom no policy binds.
    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect(self.owner_url()).await.unwrap()
    }

    /// Asks nobody for a password from now on: proving one takes a debug build longer than most of what is asked afterwards.
    pub async fn trust_everybody(&self) {
        let file = self.rows("SELECT current_setting('hba_file')").await;
        let file: String = file[0].get(0);
        self.execute(&format!("COPY (SELECT 'local all all trust') TO '{file}'")).await;
        self.execute("SELECT pg_reload_conf()").await;
    }

    /// Runs statements as the superuser; says how many rows they touched.
    pub async fn execute(&self, sql: &str) -> u64 {
        let mut connection = self.superuser().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}")).rows_affected()
    }

    /// One number.
    pub async fn count(&self, sql: &str) -> i64 {
        let mut connection = self.superuser().await;
        let found = sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection);
        found.await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The rows of a query.
    pub async fn rows(&self, sql: &str) -> Vec<Row> {
        let mut connection = self.superuser().await;
        let found = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await;
        found.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Verifies log and book as an auditor would, from the trust file and the database alone.
    pub async fn verify(&self) -> Report {
        let trust = std::fs::read_to_string(self.folder().join(TRUST_FILE)).unwrap();
        let trust = Trust::from(TrustFile::from_text(&trust).unwrap());
        let source = Source::new(self.urls().auditor.clone());
        verify(&source, &trust, &|_, _| ()).await.unwrap()
    }

    /// Both judgements of a quiet bank: the rules between its tables, and the auditor's.
    ///
    /// # Panics
    ///
    /// Shows the report when it is not clean.
    pub async fn assert_verifies(&self) {
        self.assert_books_balance().await;
        let report = self.verify().await;
        assert!(report.ok, "{report:#?}");
    }

    /// Everything that must hold between the tables of a quiet bank, whatever happened before.
    ///
    /// # Panics
    ///
    /// Names the first rule that is broken.
    pub async fn assert_books_balance(&self) {
        Rules::of_all().assert_hold(&mut self.superuser().await).await;
    }
}

/// What must hold between the tables of a bank whenever nothing is half done.
pub struct Rules {
    sql: String,
}

impl Rules {
    /// Asked of every row.
    pub fn of_all() -> Self {
        Self::of("TRUE", "TRUE", 0)
    }

    /// Asked of these accounts, of what these intents did, and of the log from this leaf on: what else there is was asked before.
    pub fn of_some(accounts: &[AccountId], intents: &[IntentId], first_leaf: u64) -> Self {
        let list = |ids: &mut dyn Iterator<Item = String>| ids.collect::<Vec<_>>().join(",");
        let accounts = list(&mut accounts.iter().map(ToString::to_string));
        let intents = list(&mut intents.iter().map(ToString::to_string));
        let (accounts, intents) = (
            format!("$.account_id = ANY('{{{accounts}}}')"),
            format!("$.intent_id = ANY('{{{intents}}}')"),
        );
        Self::of(&accounts, &intents, first_leaf)
    }

    fn of(account: &str, intent: &str, first_leaf: u64) -> Self {
        let rules = RULES.map(|(rule, violations)| {
            let violations =
                ["a", "e", "t"].into_iter().fold(violations.to_owned(), |sql, table| {
                    sql.replace(&format!("[{table}.account]"), &account.replace('$', table))
                        .replace(&format!("[{table}.intent]"), &intent.replace('$', table))
                });
            let violations = violations.replace("[first]", &first_leaf.to_string());
            // Counted, not asked whether there is one: for the first row of none the planner would read a table once per row.
            let rule = rule.replace('\'', "''");
            format!("SELECT '{rule}' WHERE (SELECT count(*) FROM ({violations}) AS it) > 0")
        });
        Self { sql: rules.join(" UNION ALL ") }
    }

    /// # Panics
    ///
    /// Names the rules that are broken.
    pub async fn assert_hold(&self, database: &mut PgConnection) {
        let broken: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(self.sql.clone())).fetch_all(database).await.unwrap();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

/// Each rule with a query for what breaks it. In brackets: which rows are asked about.
const RULES: [(&str, &str); 10] = [
    (
        "what is pending on an account is what its open holds say",
        "SELECT a.account_id FROM accounts a
          WHERE [a.account]
            AND (a.debits_pending <> coalesce((SELECT sum(amount) FROM holds WHERE state = 'held' AND debit_account = a.account_id), 0)
              OR a.credits_pending <> coalesce((SELECT sum(amount) FROM holds WHERE state = 'held' AND credit_account = a.account_id), 0))",
    ),
    (
        "per asset, debits equal credits",
        "SELECT asset FROM accounts GROUP BY asset
          HAVING sum(debits_posted) <> sum(credits_posted) OR sum(debits_pending) <> sum(credits_pending)",
    ),
    (
        "an account's counters are the sums of its entries",
        "SELECT a.account_id FROM accounts a
           LEFT JOIN (SELECT account_id, count(*) AS n,
                             coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0) AS debits,
                             coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0) AS credits
                        FROM entries e WHERE [e.account] GROUP BY account_id) e USING (account_id)
          WHERE [a.account]
            AND (a.debits_posted <> coalesce(e.debits, 0) OR a.credits_posted <> coalesce(e.credits, 0)
              OR a.entry_count <> coalesce(e.n, 0))",
    ),
    (
        "an account's entries are numbered without a gap",
        "SELECT account_id FROM entries e WHERE [e.account] GROUP BY account_id
          HAVING max(sequence) <> count(*) OR min(sequence) <> 1",
    ),
    (
        "a transfer that moves money has two entries over its amount, another none",
        "SELECT t.transfer_id FROM transfers t LEFT JOIN entries e USING (transfer_id)
          WHERE [t.intent]
          GROUP BY t.transfer_id, t.code, t.amount, t.kind
          HAVING (t.code = 'ok' AND t.kind NOT IN ('hold', 'void')) <> (count(e.account_id) = 2)
              OR (t.code <> 'ok' OR t.kind IN ('hold', 'void')) <> (count(e.account_id) = 0)
              OR bool_or(e.amount <> t.amount)",
    ),
    (
        "an entry belongs to a transfer",
        "SELECT e.transfer_id FROM entries e LEFT JOIN transfers t USING (transfer_id)
          WHERE [e.account] AND t.transfer_id IS NULL",
    ),
    (
        "a floor holds",
        "SELECT account_id FROM accounts a WHERE [a.account] AND floor IS NOT NULL AND kind = 'liability'
            AND credits_posted - debits_posted - debits_pending < floor",
    ),
    (
        "a transfer was decided in a record",
        "SELECT t.transfer_id FROM transfers t LEFT JOIN records r USING (intent_id)
          WHERE [t.intent] AND r.intent_id IS NULL",
    ),
    (
        "records are numbered without a gap up to the head of the log",
        "SELECT h.size FROM log_head h
          WHERE h.size <> [first] + (SELECT count(*) FROM records WHERE leaf_index >= [first])
             OR h.size <> (SELECT max(leaf_index) + 1 FROM records)",
    ),
    (
        "the head of the log has a signed checkpoint",
        "SELECT h.size FROM log_head h LEFT JOIN log_checkpoints c USING (book_id, size)
          WHERE c.note IS NULL",
    ),
];
