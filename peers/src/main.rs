//! Posts two-entry transfers through `cala-ledger`, as fast as it takes them, and says how many were committed.
//!
//! `strongroom bench --peers` runs it on the private cluster that the corridor is measured on: `prepare` once, then
//! `post` in every round. One line of JSON on standard output each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use cala_ledger::account::NewAccount;
use cala_ledger::journal::NewJournal;
use cala_ledger::posting::PostingInput;
use cala_ledger::tx_template::{
    NewParamDefinition, NewTxTemplate, NewTxTemplateEntry, NewTxTemplateTransaction, ParamDataType,
    Params,
};
use cala_ledger::{AccountId, CalaLedger, CalaLedgerConfig, JournalId, TransactionId};
use clap::{Parser, Subcommand};
use rand::Rng;
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;
use uuid::Uuid;

const TEMPLATE: &str = "TRANSFER";
const JOURNAL: u128 = 1;
/// Accounts have the identifiers from here on.
const ACCOUNTS: u128 = 1_000_000;

/// Post two-entry transfers through cala-ledger.
#[derive(Parser)]
struct Args {
    /// The database: postgres://user:password@host/database?host=/folder/of/socket
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database: String,

    /// Accounts that transfers are between, each pair as likely as any other
    #[arg(long, default_value_t = 1000)]
    accounts: u32,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the tables, the accounts and the template of a transfer
    Prepare,
    /// Post for some seconds
    Post {
        /// How long
        #[arg(long, default_value_t = 5)]
        seconds: u32,

        /// How many post at once, each on a connection of its own
        #[arg(long, default_value_t = 32)]
        clients: u32,

        /// Transfers of one commit
        #[arg(long, default_value_t = 1)]
        batch: u32,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    anyhow::ensure!(args.accounts > 1, "a transfer is between two accounts");
    match args.command {
        Command::Prepare => {
            let pool = connect(&args.database, 4).await?;
            prepare(&pool, args.accounts).await?;
            println!("{}", json!({"accounts": args.accounts}));
        }
        Command::Post { seconds, clients, batch } => {
            let pool = connect(&args.database, clients).await?;
            let (ledger, _jobs) = open(&pool).await?;
            let load = Load { accounts: args.accounts, batch: batch.max(1) };
            let posted = post(ledger, load, clients, Duration::from_secs(seconds.into())).await?;
            println!("{posted}");
        }
    }
    Ok(())
}

async fn connect(database: &str, connections: u32) -> anyhow::Result<PgPool> {
    PgPoolOptions::new()
        .max_connections(connections.saturating_add(4))
        .connect(database)
        .await
        .context("the database cannot be reached")
}

/// The ledger. Its jobs are not started: they roll balances up to sets of accounts, of which there are none here.
async fn open(pool: &PgPool) -> anyhow::Result<(CalaLedger, job::Jobs)> {
    let mut jobs =
        job::Jobs::init(job::JobSvcConfig::builder().pool(pool.clone()).build()?).await?;
    let config = CalaLedgerConfig::builder().pool(pool.clone()).exec_migrations(true).build()?;
    let ledger = CalaLedger::init(config, &mut jobs).await?;
    Ok((ledger, jobs))
}

async fn prepare(pool: &PgPool, accounts: u32) -> anyhow::Result<()> {
    let (ledger, _jobs) = open(pool).await?;
    let journal = JournalId::from(Uuid::from_u128(JOURNAL));
    ledger.journals().create(NewJournal::builder().id(journal).name("Peer").build()).await?;
    for number in 0..accounts {
        let name = format!("account-{number}");
        let account =
            NewAccount::builder().id(account(number)).name(name.clone()).code(name).build();
        ledger.accounts().create(account).await?;
    }
    let parameter =
        |name: &str, kind| NewParamDefinition::builder().name(name).r#type(kind).build();
    let parameters = vec![
        parameter("payer", ParamDataType::Uuid)?,
        parameter("payee", ParamDataType::Uuid)?,
        parameter("units", ParamDataType::Decimal)?,
    ];
    let entry = |name: &str, of: &str, direction: &str| {
        NewTxTemplateEntry::builder()
            .entry_type(format!("'{name}'"))
            .account_id(format!("params.{of}"))
            .layer("SETTLED")
            .direction(direction)
            .units("params.units")
            .currency("'EUR'")
            .build()
    };
    let transaction = NewTxTemplateTransaction::builder()
        .effective("date()")
        .journal_id(format!("uuid('{}')", Uuid::from_u128(JOURNAL)))
        .build()?;
    let template = NewTxTemplate::builder()
        .id(Uuid::now_v7())
        .code(TEMPLATE)
        .params(parameters)
        .transaction(transaction)
        .entries(vec![
            entry("TRANSFER_DR", "payer", "DEBIT")?,
            entry("TRANSFER_CR", "payee", "CREDIT")?,
        ])
        .build();
    ledger.tx_templates().create(template).await?;
    Ok(())
}

#[derive(Clone, Copy)]
struct Load {
    accounts: u32,
    batch: u32,
}

impl Load {
    fn next(self) -> Vec<PostingInput> {
        let mut random = rand::rng();
        let mut transfer = || {
            let payer = random.random_range(0..self.accounts);
            let other = random.random_range(1..self.accounts);
            let payee = payer.wrapping_add(other).checked_rem(self.accounts).unwrap_or_default();
            let mut params = Params::new();
            params.insert("payer", account(payer));
            params.insert("payee", account(payee));
            params.insert("units", Decimal::ONE);
            PostingInput::new(TransactionId::new(), TEMPLATE, params)
        };
        (0..self.batch).map(|_| transfer()).collect()
    }
}

/// What was committed, as JSON. A posting that the ledger gave up, as for a deadlock, counts as failed and is not tried again.
async fn post(
    ledger: CalaLedger,
    load: Load,
    clients: u32,
    span: Duration,
) -> anyhow::Result<serde_json::Value> {
    let (posted, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients.max(1) {
        let (ledger, posted, failed) = (ledger.clone(), posted.clone(), failed.clone());
        tasks.spawn(async move {
            while began.elapsed() < span {
                let counted = match ledger.post_transactions(load.next()).await {
                    Ok(_) => &posted,
                    Err(_) => &failed,
                };
                counted.fetch_add(u64::from(load.batch), Ordering::Relaxed);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let (posted, failed) = (posted.load(Ordering::Relaxed), failed.load(Ordering::Relaxed));
    anyhow::ensure!(posted > 0, "nothing was posted");
    Ok(json!({"posted": posted, "failed": failed, "seconds": seconds}))
}

fn account(number: u32) -> AccountId {
    AccountId::from(Uuid::from_u128(ACCOUNTS.wrapping_add(number.into())))
}
