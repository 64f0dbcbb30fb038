//! A bank with a long history: what it asks of its database is carried out as on its first day, and costs as little.
//!
//! Ignored by default: ten million transfers take a while, and 20 GB. `docs/benchmarks.md` says how to run it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use client::{BatchLine, Wish};
use e2e::{Bank, Customer, Plans, Request, eur};
use intent::UtcMicros;
use ledger::{AccountId, TransferId};
use sqlx::Row as _;
use tokio::task::JoinSet;

const HISTORY: u64 = 10_000_000;
/// What is there when the bank is looked at first: enough that the planner has something to choose from.
const BEGINNING: u64 = 20_000;
const BATCH: u64 = 1_000;
const SIGNERS: usize = 8;
const ACCOUNTS_EACH: usize = 25;
const MONEY_MINOR: i64 = 1_000_000_000;
/// Payments one after the other, for their latency.
const SINGLES: usize = 200;
/// What a page of history or a list has.
const PAGE: &str = "limit=50";

/// Holds that are open from the beginning.
const HOLDS: usize = 300;
/// A table of fewer pages may be read as a whole: an index would cost more.
const PAGES_SMALL: i64 = 256;
/// A table of fewer rows too, however many pages their versions take.
const ROWS_FEW: i64 = 1000;
/// A statement may read a little more: indexes grow by a level, pages fill, and a proof reads the leaves of a tile that is not full
/// yet, of which there are up to 256.
const PAGES_MORE: u64 = 3;
const PAGES_SLACK: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "builds a bank of ten million transfers"]
async fn plans_and_costs_stay_what_they_were_over_ten_million_transfers() {
    let history = std::env::var("STRONGROOM_HISTORY")
        .map_or(HISTORY, |history| history.parse().expect("a number of transfers"));
    let mut bank = Bank::start_process(env!("CARGO_BIN_EXE_e2e-server")).await;
    bank.prepare_plans().await;
    bank.kill_server();
    bank.start_server().await;
    let world = World::new(bank).await;

    let empty = world.singles().await;
    world.grow(BEGINNING).await;
    let first = world.look().await;
    let before = world.sizes().await;
    let rates = world.grow(history.saturating_sub(BEGINNING)).await;
    let last = world.look().await;
    let full = world.singles().await;
    let after = world.sizes().await;

    let grown = i64::try_from(history.saturating_sub(BEGINNING)).unwrap();
    println!("transfers      {history}, {BATCH} a signature, {SIGNERS} signers");
    println!("transfers/s    {:.0} in the first tenth, {:.0} in the last", rates.0, rates.1);
    println!("single, empty  p50 {:.1} ms, p99 {:.1} ms", empty.0, empty.1);
    println!("single, full   p50 {:.1} ms, p99 {:.1} ms", full.0, full.1);
    println!("{:24} {:>14} {:>16}", "table with indexes", "bytes", "a transfer");
    for (table, bytes) in &after {
        let more = bytes - before.get(table).copied().unwrap_or(0);
        println!("{table:24} {bytes:>14} {:>16}", more / grown);
    }
    let statements: usize = last.values().map(Plans::len).sum();
    println!("statements     {statements} looked at twice");

    let grown = world.grown().await;
    let mut wrong = Vec::new();
    for (act, plans) in &last {
        let earlier = &first[act];
        assert!(!plans.is_empty(), "{act} asks something");
        for (text, plan) in plans {
            let scanned = plan.scanned.iter().filter(|table| grown.contains(*table));
            wrong.extend(scanned.map(|table| format!("{act} reads all of {table}: {text}")));
            // What a job happened to ask in one of the two looks has nothing to be compared with.
            let Some(earlier) = earlier.get(text) else { continue };
            let of_grown = |ways: &BTreeSet<String>| -> BTreeSet<String> {
                let is_grown =
                    |way: &&String| way.split(' ').next().is_some_and(|it| grown.contains(it));
                ways.iter().filter(is_grown).cloned().collect()
            };
            let (was, is) = (of_grown(&earlier.ways), of_grown(&plan.ways));
            if was != is {
                wrong.push(format!("{act}: {text}\n  was read {was:?}\n  is read {is:?}"));
            }
            let (was, is) = (earlier.pages, plan.pages);
            if is > was * PAGES_MORE + PAGES_SLACK {
                wrong.push(format!("{act} read {was} pages and reads {is}: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.bank.assert_books_balance().await;
}

struct World {
    bank: Arc<Bank>,
    signers: Vec<Arc<Customer>>,
    accounts: Arc<Vec<AccountId>>,
    /// Who moves little, and has an account on which little moves.
    quiet: Customer,
}

impl World {
    async fn new(bank: Bank) -> Self {
        let mut signers = Vec::new();
        let mut accounts = Vec::new();
        for place in 0..SIGNERS {
            let signer = bank.customer(&format!("Signer {place}"), MONEY_MINOR).await;
            for _ in 0..ACCOUNTS_EACH {
                accounts.push(bank.open(&signer, money::AssetCode::EUR).await);
            }
            signers.push(Arc::new(signer));
        }
        let quiet = bank.customer("Quiet", MONEY_MINOR).await;
        let end = UtcMicros::from_micros(server::clock::now().get() + 3_600_000_000);
        let hold = |_| {
            let hold = Wish::hold(signers[0].account, quiet.account, eur(1), end, None).unwrap();
            let identity = signers[0].identity();
            let signed = identity.sign(&bank.trust().bank, hold.body, hold.details).unwrap();
            String::from_utf8(signed.to_json()).unwrap()
        };
        let holds: Vec<_> = (0..HOLDS).map(hold).collect();
        let holds = Request::post("/api/intents", format!("[{}]", holds.join(",")));
        bank.send_as(&signers[0], holds).await.assert_ok();
        Self { bank: Arc::new(bank), signers, accounts: Arc::new(accounts), quiet }
    }

    /// So many more transfers, in batches that everybody signs at once. Transfers per second in the first tenth, and in
    /// the last.
    async fn grow(&self, transfers: u64) -> (f64, f64) {
        let batches = transfers.div_ceil(BATCH);
        let done = Arc::new(AtomicU64::new(0));
        let began = Instant::now();
        let mut signing = JoinSet::new();
        for (place, signer) in self.signers.iter().enumerate() {
            let (signer, accounts) = (Arc::clone(signer), Arc::clone(&self.accounts));
            let done = Arc::clone(&done);
            signing.spawn(async move {
                let mut finished = Vec::new();
                loop {
                    let turn = done.fetch_add(1, Ordering::AcqRel);
                    if turn >= batches {
                        return finished;
                    }
                    let stride = usize::try_from(turn).unwrap() * 7 + place;
                    let line = |item: usize| BatchLine {
                        to: accounts[(stride + item) % accounts.len()],
                        amount: eur(1),
                        memo: item.is_multiple_of(10).then(|| "invoice".to_owned()),
                    };
                    let lines: Vec<_> = (0..usize::try_from(BATCH).unwrap()).map(line).collect();
                    let wish = Wish::batch(signer.account, &lines, true).unwrap();
                    let settled = signer.submit(wish).await.unwrap();
                    assert_eq!(settled.receipt.code, "ok");
                    finished.push(began.elapsed());
                }
            });
        }
        let mut finished: Vec<Duration> = signing.join_all().await.concat();
        finished.sort_unstable();
        let tenth = (finished.len() / 10).max(1);
        let rate = |span: Duration| {
            f64::from(u32::try_from(tenth).unwrap() * u32::try_from(BATCH).unwrap())
                / span.as_secs_f64()
        };
        let before_last = finished.get(finished.len().wrapping_sub(tenth + 1)).copied();
        let last = finished[finished.len() - 1].saturating_sub(before_last.unwrap_or_default());
        (rate(finished[tenth - 1]), rate(last))
    }

    /// Median and 99th percentile of a payment, in milliseconds, one after the other.
    async fn singles(&self) -> (f64, f64) {
        let mut took = Vec::new();
        for place in 0..SINGLES {
            let signer = &self.signers[place % SIGNERS];
            let to = self.accounts[place % self.accounts.len()];
            let began = Instant::now();
            signer.transfer(signer.account, to, eur(1), None).await.unwrap();
            took.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        took.sort_by(f64::total_cmp);
        (took[SINGLES / 2], took[SINGLES - 1 - SINGLES / 100])
    }

    /// What the bank asks of its database for each of these acts.
    async fn look(&self) -> BTreeMap<String, Plans> {
        // As the database's own upkeep does when enough has changed.
        self.bank.execute("ANALYZE").await;
        let (signer, quiet) = (&self.signers[0], &self.quiet);
        let mut acts = BTreeMap::new();
        let plans = self.bank.plans_of(async || {
            signer.transfer(signer.account, quiet.account, eur(1), Some("memo")).await.unwrap();
        });
        acts.insert("a payment".to_owned(), plans.await);
        let plans = self.bank.plans_of(async || {
            self.grow(BATCH).await;
        });
        acts.insert("a batch".to_owned(), plans.await);
        let mut paid = None;
        let plans = self.bank.plans_of(async || {
            let held = self.hold().await;
            let captured = quiet.submit(Wish::capture(held, None)).await.unwrap();
            paid = Some(TransferId::new(captured.receipt.intent_id.get()));
        });
        acts.insert("a hold and its capture".to_owned(), plans.await);
        let paid = paid.unwrap();
        let plans = self.bank.plans_of(async || {
            quiet.submit(Wish::void(self.hold().await)).await.unwrap();
            let wish = Wish::reverse(paid, Some(eur(1)), "a part".to_owned());
            quiet.submit(wish).await.unwrap();
        });
        acts.insert("a void and a reversal".to_owned(), plans.await);
        let now = server::clock::now();
        let today = &now.to_string()[..10];
        let (busy, small) = (signer.account, quiet.account);
        let reads = [
            (signer, format!("/api/accounts/{busy}/balance")),
            (signer, format!("/api/accounts/{busy}/balance?at={now}")),
            (signer, format!("/api/transactions/history?account={busy}&{PAGE}")),
            (signer, format!("/api/transactions/history?{PAGE}")),
            (signer, format!("/api/transactions/history?account={busy}&by=value&{PAGE}")),
            (signer, format!("/api/transactions/{paid}")),
            (signer, "/api/holds".to_owned()),
            (signer, "/api/approvals".to_owned()),
            (signer, "/api/standing-orders".to_owned()),
            (signer, "/api/accounts".to_owned()),
        ];
        for (who, path) in reads {
            let plans = self.read(who, &path).await;
            let name = path.split('?').map(|part| part.replace(&busy.to_string(), "busy"));
            let name = name.collect::<Vec<_>>().join("?").replace(&paid.to_string(), "paid");
            acts.insert(name.replace(&now.to_string(), "now").replace(today, "today"), plans);
        }
        // Clocks may be minutes apart, and days off weeks long: what is that young is read entry by entry.
        for path in [
            format!("/api/accounts/{small}/balance?value_on={today}"),
            format!("/api/customer/statements/preview?account={small}&from={today}&to={today}"),
            format!(
                "/api/customer/statements/download?format=json&account={small}&from={today}&to={today}"
            ),
        ] {
            let plans = self.read(quiet, &path).await;
            let name = path.replace(&small.to_string(), "quiet").replace(today, "today");
            acts.insert(name, plans);
        }
        // Behind half of an account's history.
        let half = format!("/api/transactions/history?account={busy}&{PAGE}");
        let deep = self.cursor_of_the_middle(busy).await;
        let plans = self.read(signer, &format!("{half}&cursor={deep}")).await;
        acts.insert("a page deep in the history".to_owned(), plans);
        let plans = self.bank.plans_of(async || {
            let trail = "/api/audit/logs?limit=50";
            self.bank.get_as(self.bank.auditor().await, trail).await.assert_ok();
            let of_one = format!("{trail}&user={}", self.quiet.identity().user().id);
            self.bank.get_as(self.bank.auditor().await, &of_one).await.assert_ok();
            let days = "/api/audit/days";
            self.bank.get_as(self.bank.auditor().await, days).await.assert_ok();
            let proof = "/api/log/inclusion?index=5";
            self.bank.send(Request::get(proof)).await.assert_ok();
        });
        acts.insert("the auditor's trail".to_owned(), plans.await);
        acts
    }

    async fn hold(&self) -> TransferId {
        let end = UtcMicros::from_micros(server::clock::now().get() + 3_600_000_000);
        let from = &self.signers[0];
        let hold = Wish::hold(from.account, self.quiet.account, eur(5), end, None).unwrap();
        TransferId::new(from.submit(hold).await.unwrap().receipt.intent_id.get())
    }

    async fn read(&self, who: &Customer, path: &str) -> Plans {
        self.bank.plans_of(async || self.bank.get_as(who, path).await.assert_ok()).await
    }

    async fn cursor_of_the_middle(&self, account: AccountId) -> String {
        let sql = format!(
            "SELECT (extract(epoch FROM t.posted_at) * 1000000)::int8, t.transfer_id, e.sequence
               FROM entries e JOIN transfers t USING (book_id, transfer_id)
              WHERE e.account_id = '{account}' AND e.sequence = (SELECT entry_count / 2 FROM accounts WHERE account_id = '{account}')"
        );
        let rows = self.bank.rows(&sql).await;
        let at = UtcMicros::from_micros(rows[0].get(0));
        format!("{}.{}.{}", at.get(), rows[0].get::<uuid::Uuid, _>(1), rows[0].get::<i64, _>(2))
    }

    /// The tables of more than a few pages and rows. A few rows that are updated all the time fill pages too: by which index those
    /// rows are come to is no matter.
    async fn grown(&self) -> BTreeSet<String> {
        let sql = format!(
            "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relpages > {PAGES_SMALL} AND reltuples > {ROWS_FEW}"
        );
        self.bank.rows(&sql).await.iter().map(|row| row.get(0)).collect()
    }

    /// Bytes of the tables that have any, with their indexes.
    async fn sizes(&self) -> BTreeMap<String, i64> {
        let sql = "SELECT relname::text, pg_total_relation_size(relid) FROM pg_stat_user_tables
                    WHERE n_live_tup > 1000 OR pg_total_relation_size(relid) > 1000000";
        let rows = self.bank.rows(sql).await;
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}
