//! The field of a bench: a bank of its own in processes of its own, and customers with money.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use client::{Bank, Device, Identity, Invitation, ServerUrl, Session, Transport, UserName};
use intent::{Form, Role};
use ledger::AccountId;
use money::{Amount, AssetCode};
use serde_json::Value;
use server::postgres::{PrivateCluster, Programs, Urls, locate};
use tempfile::TempDir;
use tokio::task::JoinSet;
use url::Url;

use super::processor::{self, Meter};
use crate::exit::Exit;
use crate::failure::Failure;

/// How long the server may take to come up on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// Every account starts with this much: 100,000,000.00.
const FUNDS_MINOR: i64 = 10_000_000_000;
/// Payments above this wait for a manager, in whole units, as policies count.
const APPROVAL_ABOVE: i64 = 10_000;
/// The same in minor units: 10,000.00.
pub(super) const APPROVAL_ABOVE_MINOR: i64 = APPROVAL_ABOVE * 100;
/// Size of the pgbench database: 20 branches are 2,000,000 accounts, about 300 MB.
const PGBENCH_SCALE: &str = "20";
/// The database of pgbench's own scripts.
const TPC_B: &str = "pgbench";
const PGBENCH_CLIENTS: &str = "32";
/// Of idle accounts, so many are paid, spread evenly over all of them.
const IDLE_PAYEES: u32 = 200_000;
/// Segments of WAL (16 MB) that a bank in operation has and uses again: the cluster's `min_wal_size`.
const WAL_SEGMENTS: u32 = 128;
/// Everybody comes from one address, as fast as they can: requests are counted, as they would be, and never refused.
const RATE_LIMITS: &str = "sign_in.address=1000000/1,sign_in.user=1000000/1,write.address=1000000/1,\
    write.user=1000000/1,read.address=1000000/1,read.user=1000000/1,public.address=1000000/1";

/// A customer with accounts.
pub(super) struct Payer {
    pub(super) session: Arc<Session>,
    pub(super) accounts: Vec<AccountId>,
}

/// A running bank to measure.
pub(super) struct Field {
    pub(super) addr: SocketAddr,
    payers: Vec<Payer>,
    managers: Vec<Arc<Session>>,
    accounts: Vec<AccountId>,
    /// How many accounts were filled in by SQL.
    idle: u32,
    loads: AtomicUsize,
    server: Child,
    environment: Environment,
    urls: Urls,
    programs: Programs,
    postmaster_pid: u32,
    // Last, so that it is removed after the processes that use it have ended.
    folder: TempDir,
}

/// Limits are checked like anybody's, and never reached; the risk engine assesses and lets pass.
fn policies() -> [String; 3] {
    [
        r#"limits/bank={"count_per_day":4000000000,"new_payee":9223372036854775807,"per_day":9223372036854775807,"per_hour":4000000000,"per_minute":4000000000,"per_payee":9223372036854775807,"per_transfer":9223372036854775807}"#.to_owned(),
        format!(r#"approvals/bank={{"above":{APPROVAL_ABOVE},"two_above":9223372036854775807}}"#),
        r#"risk/bank={"ceiling":"monitor"}"#.to_owned(),
    ]
}

impl Field {
    /// Founds the bank, starts its server and opens the accounts. What is signed is written in `form`.
    pub(super) async fn prepare(signers: u32, accounts: u32, form: Form) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("strongroom-bench-")
            .tempdir()
            .map_err(|error| Failure::file("a temporary folder", &error))?;
        let addr = free_address()?;
        let environment = Environment::new(&folder, addr)?;
        let invitations = environment.found()?;
        let server = environment.serve()?;
        let mut field = Self {
            addr,
            payers: Vec::new(),
            managers: Vec::new(),
            accounts: Vec::new(),
            idle: 0,
            loads: AtomicUsize::new(0),
            server,
            urls: existing_urls(&environment.data_dir)?,
            environment,
            programs: locate::locate()
                .map_err(|error| Failure::unexpected("no PostgreSQL programs", &error))?,
            postmaster_pid: 0,
            folder,
        };
        let bank = field.connect(form).await?;
        field.postmaster_pid = postmaster_pid(&field.environment.data_dir)?;
        field.populate(&bank, &invitations, signers, accounts).await?;
        Ok(field)
    }

    /// Who decides payments that wait.
    pub(super) fn manager(&self) -> &Arc<Session> {
        pick(&self.managers, 0)
    }

    pub(super) fn payer(&self, random: usize) -> &Payer {
        pick(&self.payers, random)
    }

    pub(super) fn account(&self, random: usize) -> AccountId {
        *pick(&self.accounts, random)
    }

    pub(super) fn hot_account(&self) -> AccountId {
        *pick(&self.accounts, 0)
    }

    /// CPU and WAL so far.
    pub(super) fn meter(&self) -> Result<Meter, Failure> {
        let wal = self.query("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")?;
        let wal = wal.parse().unwrap_or_default();
        Ok(Meter::read(self.server.id(), self.postmaster_pid, wal))
    }

    /// The settings that make COMMIT mean something, as the cluster itself reports them.
    pub(super) fn durability(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut settings = Vec::new();
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value = self.query(&format!("SHOW {name}"))?;
            if value != "on" {
                let what =
                    format!("{name} is {value}: a bench without durability measures nothing");
                return Err(Failure::new(Exit::Unexpected, what));
            }
            settings.push((name.to_owned(), value));
        }
        Ok(settings)
    }

    /// Fills in accounts by SQL, more than could be opened one signature each. They stand in no log.
    pub(super) fn add_idle_accounts(&mut self, count: u32) -> Result<(), Failure> {
        let like = self.hot_account();
        let (before, after) = (self.idle, self.idle.saturating_add(count));
        self.query(&format!(
            "INSERT INTO accounts (book_id, account_id, number, owner, asset, kind, floor, opened_at)
             SELECT book_id, gen_random_uuid(), 'idle ' || n, owner, asset, kind, floor, opened_at
             FROM accounts, generate_series({before} + 1::int8, {after}) n WHERE account_id = '{like}'"
        ))?;
        self.idle = after;
        Ok(())
    }

    /// Has payments go to the accounts that were filled in, from now on.
    pub(super) fn pay_idle_accounts(&mut self) -> Result<(), Failure> {
        self.query("VACUUM ANALYZE accounts")?;
        let percent = 100.0 * f64::from(IDLE_PAYEES.min(self.idle)) / f64::from(self.idle.max(1));
        let sample = self.query(&format!(
            "SELECT account_id FROM accounts TABLESAMPLE BERNOULLI ({percent}) WHERE number LIKE 'idle %'"
        ))?;
        let ids = sample.lines().map(|line| line.parse().map(AccountId::new));
        self.accounts = ids
            .collect::<Result<_, uuid::Error>>()
            .map_err(|error| Failure::unexpected("an account", &error))?;
        if self.accounts.is_empty() {
            return Err(Failure::usage("too few idle accounts to pay any"));
        }
        Ok(())
    }

    /// Renews what everybody signed in with, where it is due.
    pub(super) async fn keep_awake(&self) -> Result<(), Failure> {
        let payers = self.payers.iter().map(|payer| &payer.session);
        for session in payers.chain(&self.managers) {
            session.token().await?;
        }
        Ok(())
    }

    /// What autovacuum does in its own time, done at once: nothing that was filled in is left for it to do while we measure.
    pub(super) fn tidy_up(&self) -> Result<(), Failure> {
        self.query("VACUUM ANALYZE").map(drop)
    }

    /// Makes the WAL that of a cluster in operation, whose segments are used again. In a new one each is made and filled with
    /// zeros while somebody's COMMIT waits.
    pub(super) fn settle_wal(&self) -> Result<(), Failure> {
        self.query(&format!(
            "SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal() FROM generate_series(1, {WAL_SEGMENTS})"
        ))?;
        self.checkpoint()
    }

    /// What was written is on the disk, and its WAL can be used again.
    pub(super) fn checkpoint(&self) -> Result<(), Failure> {
        self.query("CHECKPOINT").map(drop)
    }

    /// Fills pgbench's own database on the same cluster.
    pub(super) fn prepare_pgbench(&self) -> Result<(), Failure> {
        self.create_database(TPC_B)?;
        self.program("pgbench", &["-i", "-q", "-s", PGBENCH_SCALE], Some(TPC_B)).map(drop)
    }

    /// Transactions per second of TPC-B with prepared statements.
    pub(super) fn tpc_b(&self, seconds: u32) -> Result<f64, Failure> {
        self.pgbench(TPC_B, &["-b", "tpcb-like"], seconds)
    }

    /// Transactions per second of a script of pgbench with prepared statements.
    pub(super) fn pgbench(
        &self,
        database: &str,
        script: &[&str],
        seconds: u32,
    ) -> Result<f64, Failure> {
        let seconds = seconds.to_string();
        let how = ["-n", "-c", PGBENCH_CLIENTS, "-j", "2", "-M", "prepared", "-T", &seconds];
        let said = self.program("pgbench", &[&how, script].concat(), Some(database))?;
        said.lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| {
                Failure::new(Exit::Unexpected, "pgbench did not say its tps").because(said)
            })
    }

    /// An empty database on the same cluster.
    pub(super) fn create_database(&self, name: &str) -> Result<(), Failure> {
        self.query(&format!("CREATE DATABASE {name}")).map(drop)
    }

    /// The address of another database on the same cluster, with the owner's password.
    pub(super) fn url_of(&self, database: &str) -> Result<Url, Failure> {
        let mut url = self.owner_url()?;
        url.set_path(database);
        Ok(url)
    }

    /// A file in the folder that goes with the field.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How many transfers are posted.
    pub(super) fn transfers(&self) -> Result<u64, Failure> {
        let count = self.query("SELECT count(*) FROM transfers WHERE code = 'ok'")?;
        count.parse().map_err(|_| Failure::new(Exit::Unexpected, "transfers cannot be counted"))
    }

    /// How many leaves the log has.
    pub(super) fn leaves(&self) -> Result<u64, Failure> {
        let size = self.query("SELECT size FROM log_head")?;
        size.parse().map_err(|_| Failure::new(Exit::Unexpected, "leaves cannot be counted"))
    }

    /// A number for each load, so that no two draw the same accounts.
    pub(super) fn next_load(&self) -> usize {
        self.loads.fetch_add(1, Ordering::Relaxed)
    }

    /// `strongroom verify` of this bank, with its trust file; to be given its form of output and started.
    pub(super) fn verification(&self) -> Command {
        let mut command = self.environment.command();
        command.arg("verify").arg("--trust").arg(self.environment.trust());
        command
    }

    /// Memory of the server process, in bytes.
    pub(super) fn server_bytes(&self) -> u64 {
        processor::resident_bytes(self.server.id()).unwrap_or_default()
    }

    /// How many accounts transfers are between.
    pub(super) fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Whether, after all the load, money is conserved and every posted transfer has its two entries.
    pub(super) fn verify_conservation(&self) -> Result<bool, Failure> {
        let broken = self.query(
            "SELECT (SELECT count(*) FROM (SELECT asset FROM accounts GROUP BY asset
                      HAVING sum(debits_posted) <> sum(credits_posted)) a)
                  + (SELECT count(*) FROM accounts WHERE floor IS NOT NULL AND credits_posted - debits_posted < floor)
                  + abs((SELECT count(*) FROM entries) - 2 * (SELECT count(*) FROM transfers WHERE code = 'ok' AND kind IN ('post', 'capture')))
                  + abs((SELECT size FROM log_head) - (SELECT count(*) FROM records))",
        )?;
        Ok(broken == "0")
    }

    pub(super) async fn stop(mut self) {
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(i32::try_from(self.server.id()).unwrap_or_default()),
            nix::sys::signal::Signal::SIGTERM,
        );
        // Reaped here; the folder goes with `self`.
        let _ = tokio::task::spawn_blocking(move || {
            let _ = self.server.wait();
            drop(self);
        })
        .await;
    }

    async fn connect(&mut self, form: Form) -> Result<Bank, Failure> {
        let began = Instant::now();
        let url = ServerUrl::parse(&format!("http://{}", self.addr))?;
        let transport = Transport::new(url, None)?.with_form(form);
        loop {
            match Bank::connect(transport.clone()).await {
                Ok(bank) => return Ok(bank),
                Err(error) if began.elapsed() > START_TIMEOUT => return Err(error.into()),
                Err(_) => {
                    if let Ok(Some(status)) = self.server.try_wait() {
                        let log = std::fs::read_to_string(self.folder.path().join("server.log"));
                        return Err(Failure::new(
                            Exit::Unexpected,
                            format!("the server ended: {status}"),
                        )
                        .because(log.unwrap_or_default()));
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn populate(
        &mut self,
        bank: &Bank,
        invitations: &[(Role, Invitation)],
        signers: u32,
        accounts: u32,
    ) -> Result<(), Failure> {
        let manager = invitations
            .iter()
            .find_map(|(role, invitation)| (*role == Role::Manager).then_some(invitation))
            .ok_or_else(|| Failure::new(Exit::Unexpected, "no manager was invited"))?;
        let manager = Arc::new(enrolled(bank, manager.user.clone(), &manager.token).await?);
        let mut tasks = JoinSet::new();
        for number in 0..signers {
            let (bank, manager) = (bank.clone(), Arc::clone(&manager));
            tasks.spawn(async move { customer(&bank, &manager, number, accounts).await });
        }
        self.managers.push(manager);
        while let Some(done) = tasks.join_next().await {
            let payer =
                done.map_err(|error| Failure::unexpected("a customer panicked", &error))??;
            self.accounts.extend(&payer.accounts);
            self.payers.push(payer);
        }
        Ok(())
    }

    fn query(&self, sql: &str) -> Result<String, Failure> {
        let said = self.program("psql", &["-AtX", "-v", "ON_ERROR_STOP=1", "-c", sql], None)?;
        Ok(said.trim().to_owned())
    }

    fn owner_url(&self) -> Result<Url, Failure> {
        Url::parse(self.urls.owner.expose())
            .map_err(|error| Failure::unexpected("the cluster's address", &error))
    }

    /// What a client program of PostgreSQL says, on the bank's database or another one.
    pub(super) fn program(
        &self,
        program: &str,
        arguments: &[&str],
        database: Option<&str>,
    ) -> Result<String, Failure> {
        let url = self.owner_url()?;
        let host =
            url.query_pairs().find(|(name, _)| name == "host").map(|(_, host)| host.into_owned());
        let installed = self.programs.path(program);
        let path = if installed.exists() { installed } else { PathBuf::from(program) };
        let output = Command::new(&path)
            .args(arguments)
            .env("PGHOST", host.or_else(|| url.host_str().map(ToOwned::to_owned)).unwrap_or_default())
            .env("PGPORT", url.port().unwrap_or(5432).to_string())
            .env("PGUSER", url.username())
            .env("PGPASSWORD", url.password().unwrap_or_default())
            .env("PGDATABASE", database.unwrap_or_else(|| url.path().trim_start_matches('/')))
            .output()
            .map_err(|error| {
                Failure::file(path.display(), &error)
                    .next("install PostgreSQL's client programs: apt-get install postgresql-client postgresql-contrib")
            })?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(Failure::new(Exit::Unexpected, format!("{program} failed")).because(why))
        }
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        if let Ok(None) = self.server.try_wait() {
            let _ = self.server.kill();
            let _ = self.server.wait();
        }
    }
}

struct Environment {
    data_dir: PathBuf,
    folder: PathBuf,
    program: PathBuf,
    passphrase: String,
    addr: SocketAddr,
}

impl Environment {
    fn new(folder: &TempDir, addr: SocketAddr) -> Result<Self, Failure> {
        let program =
            std::env::current_exe().map_err(|error| Failure::file("this program", &error))?;
        let passphrase =
            crypto::random::<16>().map_err(|error| Failure::unexpected("no randomness", &error))?;
        Ok(Self {
            data_dir: folder.path().join("bank"),
            folder: folder.path().to_owned(),
            program,
            passphrase: hex::encode(passphrase),
            addr,
        })
    }

    fn command(&self) -> Command {
        let mut command = server::postgres::dying_with_us(&self.program);
        command
            .arg("--no-input")
            .env("STRONGROOM_DATA_DIR", &self.data_dir)
            .env("STRONGROOM_PASSPHRASE", &self.passphrase)
            .env("STRONGROOM_LISTEN", self.addr.to_string())
            .env("STRONGROOM_TLS_LISTEN", "127.0.0.1:0")
            .env("STRONGROOM_RATE_LIMITS", RATE_LIMITS)
            .env("STRONGROOM_ORIGIN", format!("http://{}", self.addr))
            .env_remove("DATABASE_URL");
        command
    }

    fn trust(&self) -> PathBuf {
        self.folder.join("trust")
    }

    fn found(&self) -> Result<Vec<(Role, Invitation)>, Failure> {
        let output = self
            .command()
            .args(["found", "--bank", "bench", "--name", "Bench", "-o", "json"])
            .args(policies().iter().flat_map(|policy| ["--policy", policy]))
            .arg("--trust")
            .arg(self.trust())
            .output()
            .map_err(|error| Failure::file("this program", &error))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let failed =
            || Failure::new(Exit::Unexpected, "the bank was not founded").because(said.clone());
        let invited: Value = serde_json::from_slice(&output.stdout).map_err(|_| failed())?;
        invited
            .as_array()
            .ok_or_else(failed)?
            .iter()
            .map(|row| {
                let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
                let role = text("role").parse().map_err(|_| failed())?;
                Ok((role, text("invitation").parse::<Invitation>()?))
            })
            .collect()
    }

    fn serve(&self) -> Result<Child, Failure> {
        let log = File::create(self.folder.join("server.log"))
            .map_err(|error| Failure::file("server.log", &error))?;
        self.command()
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| Failure::file("this program", &error))
    }
}

fn existing_urls(data_dir: &std::path::Path) -> Result<Urls, Failure> {
    PrivateCluster::existing_urls(data_dir)
        .map_err(|error| Failure::unexpected("the private cluster", &error))?
        .ok_or_else(|| Failure::new(Exit::Unexpected, "the private cluster left no addresses"))
}

/// First line of PostgreSQL's own lock file.
fn postmaster_pid(data_dir: &std::path::Path) -> Result<u32, Failure> {
    let mut folders = vec![data_dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.file_name().is_some_and(|name| name == "postmaster.pid") {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| Failure::file(path.display(), &error))?;
                let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
                return pid.ok_or_else(|| Failure::new(Exit::Unexpected, "no postmaster"));
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    Err(Failure::new(Exit::Unexpected, "the private cluster does not run"))
}

async fn customer(
    bank: &Bank,
    manager: &Session,
    number: u32,
    accounts: u32,
) -> Result<Payer, Failure> {
    let name = format!("Customer {number}");
    let registration = bank.register(&name, &format!("c{number}@bench.example")).await?;
    let user = UserName { id: registration.user, role: Role::Customer, name };
    let session = enrolled(bank, user, &registration.token).await?;
    let funds = Amount::new(FUNDS_MINOR, AssetCode::EUR)
        .map_err(|error| Failure::unexpected("the funds", &error))?;
    let owner = session.identity().user().id;
    let mut opened = Vec::new();
    for _ in 0..accounts {
        let (account, _) = session.open_account(owner, AssetCode::EUR).await?;
        manager.fund(account, funds).await?;
        opened.push(account);
    }
    Ok(Payer { session: Arc::new(session), accounts: opened })
}

async fn enrolled(
    bank: &Bank,
    user: UserName,
    token: &crypto::SecretBytes,
) -> Result<Session, Failure> {
    let failed = |error: crypto::CryptoError| Failure::unexpected("no keys", &error);
    let suite = bank.trust().suite;
    let identity =
        Identity::generate(suite, user, Device::generate().map_err(failed)?).map_err(failed)?;
    bank.enrol(&identity, token).await?;
    Ok(bank.login(Arc::new(identity)).await?)
}

fn free_address() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .map_err(|error| Failure::file("a port", &error))?;
    listener.local_addr().map_err(|error| Failure::file("a port", &error))
}

#[expect(
    clippy::indexing_slicing,
    reason = "the remainder is below the length, and no list here is empty"
)]
fn pick<T>(from: &[T], random: usize) -> &T {
    &from[random.checked_rem(from.len()).unwrap_or_default()]
}
