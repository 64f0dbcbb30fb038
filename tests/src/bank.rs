//! One bank of one test: its folder, its PostgreSQL, its server, and the people who deal with it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use client::{ServerUrl, Session, Transport, Trust, UserName};
use intent::Role;
use ledger::AccountId;
use money::{Amount, AssetCode};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use server::authority::{InToken, Token};
use server::clock::Time;
use server::config::{Config, DatabaseSource};
use server::corridor::Instance;
use server::postgres::{Durability, PrivateCluster, Supervised, Urls};
use server::start::{Running, StartError};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::disk::Disk;
use crate::gate::Gate;
use crate::people::{Customer, Holder};
use crate::server_process::{Program, ServerProcess};
use crate::wire::Wire;
use crate::{eventually, template};

/// A bank that runs, with everything torn down when it is dropped.
pub struct Bank {
    // The order of these is the order in which they end.
    server: Server,
    cluster: Option<PrivateCluster>,
    supervised: Option<Supervised>,
    disk: Option<Disk>,
    durability: Durability,
    urls: Urls,
    config: Config,
    program: Option<Program>,
    token: Option<Token>,
    http: reqwest::Client,
    trust: Trust,
    manager: OnceCell<Session>,
    auditor: OnceCell<Session>,
    admin: OnceCell<Session>,
    folder: TempDir,
}

enum Server {
    Within(Box<Running>),
    Process(ServerProcess),
    Down(SocketAddr),
}

impl Bank {
    /// A bank with its staff, and nobody else.
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// As [`Bank::start`], under settings of the test's own.
    pub async fn start_with(shape: impl FnOnce(&mut Config)) -> Self {
        Self::build(template::copy(), Durability::ForTestsOnly, None, None, shape).await
    }

    /// A bank whose issuing key is made in a token; founded for this test alone.
    pub async fn start_in_token(key: InToken) -> Self {
        let token = Some(key.token.clone());
        let folder = template::found_and_staff(Some(key)).await;
        Self::build(folder, Durability::ForTestsOnly, None, token, |_| ()).await
    }

    /// A bank whose server is a process, over a database that keeps what it acknowledged.
    pub async fn start_process(program: &str) -> Self {
        Self::start_process_with(program, Vec::new(), |_| ()).await
    }

    /// As [`Bank::start_process`], under settings of the test's own: of the process, and of every other server.
    pub async fn start_process_with(
        program: &str,
        environment: Vec<(&'static str, String)>,
        shape: impl FnOnce(&mut Config),
    ) -> Self {
        let program = Some((program.into(), environment));
        Self::build(template::copy(), Durability::Full, program, None, shape).await
    }

    /// As [`Bank::start_process_with`], over a database with a disk of its own, if this account can make one.
    pub async fn start_process_on_disk(
        program: &str,
        environment: Vec<(&'static str, String)>,
        megabytes: u32,
        shape: impl FnOnce(&mut Config),
    ) -> Self {
        let program = Some((program.into(), environment));
        let folder = template::copy();
        let disk = Disk::over(&folder.path().join("postgres/data"), megabytes);
        let mut bank = Self::build(folder, Durability::Full, program, None, shape).await;
        bank.disk = disk;
        bank
    }

    /// A bank whose database keeps what it acknowledged, is started again when it dies, and has a small disk of its own.
    /// `None`, said aloud: this account cannot make one.
    pub async fn start_on_disk(megabytes: u32) -> Option<Self> {
        let folder = template::copy();
        let disk = Disk::over(&folder.path().join("postgres/data"), megabytes)?;
        let mut bank = Self::build(folder, Durability::Full, None, None, |_| ()).await;
        bank.supervised = bank.cluster.take().map(Supervised::new);
        bank.disk = Some(disk);
        Some(bank)
    }

    async fn build(
        folder: TempDir,
        durability: Durability,
        program: Option<(PathBuf, Vec<(&'static str, String)>)>,
        token: Option<Token>,
        shape: impl FnOnce(&mut Config),
    ) -> Self {
        let cluster = PrivateCluster::start_with(folder.path(), durability).await.unwrap();
        let urls = cluster.urls().clone();
        let mut config = template::config(folder.path());
        config.database.source = DatabaseSource::Url(urls.server.clone());
        shape(&mut config);
        let log = folder.path().join("process.log");
        let program = program.map(|(path, environment)| Program { path, log, environment });
        let server = Server::start(&config, program.as_ref(), token.as_ref()).await;
        let bank = Self {
            server,
            cluster: Some(cluster),
            supervised: None,
            disk: None,
            durability,
            urls,
            config,
            program,
            token,
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
            trust: template::trust_of(folder.path()),
            manager: OnceCell::new(),
            auditor: OnceCell::new(),
            admin: OnceCell::new(),
            folder,
        };
        bank.wait_for_a_fresh_revocation_list().await;
        bank
    }

    /// The template's list may have ended; the server makes a new one when it starts.
    async fn wait_for_a_fresh_revocation_list(&self) {
        const IS_FRESH: &str = "SELECT count(*) FROM authority_state WHERE crl_next_update > now()";
        eventually("a fresh revocation list", async || {
            (self.count(IS_FRESH).await == 1).then_some(())
        })
        .await;
    }

    /// Address of the plain port.
    pub fn addr(&self) -> SocketAddr {
        match &self.server {
            Server::Within(running) => running.addr,
            Server::Process(process) => process.addr,
            Server::Down(addr) => *addr,
        }
    }

    /// Address of the TLS port, where the server runs in this process.
    pub fn tls_addr(&self) -> SocketAddr {
        match &self.server {
            Server::Within(running) => running.tls_addr,
            Server::Process(_) | Server::Down(_) => panic!("not known"),
        }
    }

    /// The server's inside, where it runs in this process.
    pub fn app(&self) -> &server::App {
        match &self.server {
            Server::Within(running) => &running.app,
            Server::Process(_) | Server::Down(_) => panic!("not within reach"),
        }
    }

    /// The name of the server process that request proofs are made for, where it runs in this process.
    pub fn instance(&self) -> Option<String> {
        match &self.server {
            Server::Within(running) => Some(running.app.sessions.instance().to_owned()),
            Server::Process(_) | Server::Down(_) => None,
        }
    }

    /// The bank's folder: key files, TLS certificate, cluster.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a server process has written to its log so far.
    pub fn process_log(&self) -> String {
        let program = self.program.as_ref().expect("a process");
        std::fs::read_to_string(&program.log).unwrap()
    }

    /// The database's own log.
    pub fn database_log(&self) -> String {
        let bytes = std::fs::read(self.folder().join("postgres/server.log")).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The disk of the database, where it has one of its own.
    pub const fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }

    /// What receipts and certificates of this bank are judged by.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The bank as the typed client sees it, over connections of its own.
    pub fn client(&self) -> client::Bank {
        self.client_at(self.addr())
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn owner_url(&self) -> &str {
        self.urls.owner.expose()
    }

    /// The way into the database for the tools of the product.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }
}

/// People.
impl Bank {
    /// The manager, signed in.
    pub async fn manager(&self) -> &Session {
        self.manager.get_or_init(|| self.staff(Role::Manager)).await
    }

    /// The manager, who is not signed in.
    pub fn first_manager(&self) -> Holder {
        template::staff_of(self.folder(), Role::Manager)
    }

    /// The other manager: a second person.
    pub fn second_manager(&self) -> Holder {
        template::second_manager_of(self.folder())
    }

    /// The auditor clerk, signed in.
    pub async fn auditor(&self) -> &Session {
        self.auditor.get_or_init(|| self.staff(Role::AuditorClerk)).await
    }

    /// The system administrator, signed in.
    pub async fn admin(&self) -> &Session {
        self.admin.get_or_init(|| self.staff(Role::SystemAdmin)).await
    }

    async fn staff(&self, role: Role) -> Session {
        self.login(&template::staff_of(self.folder(), role)).await
    }

    /// Signs in.
    pub async fn login(&self, holder: &Holder) -> Session {
        self.client().login(Arc::clone(&holder.identity)).await.unwrap()
    }

    /// Registers and enrols a customer.
    pub async fn enrol(&self, name: &str) -> Holder {
        let client = self.client();
        let email = format!("{}@people.example", Uuid::now_v7());
        let registration = client.register(name, &email).await.unwrap();
        let user = UserName { id: registration.user, role: Role::Customer, name: name.to_owned() };
        let holder = Holder::generate(client.suite(), user);
        client.enrol(&holder, &registration.token).await.unwrap();
        holder
    }

    /// A customer, signed in, with an account in euro that holds `minor` cents.
    pub async fn customer(&self, name: &str, minor: i64) -> Customer {
        let holder = self.enrol(name).await;
        let session = self.login(&holder).await;
        let account = self.open(&session, AssetCode::EUR).await;
        if minor > 0 {
            self.fund(account, crate::eur(minor)).await;
        }
        Customer { session, account, holder }
    }

    /// Opens one more account for a customer.
    pub async fn open(&self, session: &Session, asset: AssetCode) -> AccountId {
        let owner = session.identity().user().id;
        session.open_account(owner, asset).await.unwrap().0
    }

    /// Puts the bank's money on an account.
    pub async fn fund(&self, account: AccountId, amount: Amount) {
        self.manager().await.fund(account, amount).await.unwrap();
    }

    /// What an account holds, in minor units.
    pub async fn balance(&self, account: AccountId) -> i64 {
        let sql = format!(
            "SELECT credits_posted - debits_posted FROM accounts WHERE account_id = '{account}'"
        );
        self.count(&sql).await
    }
}

/// Life and death.
impl Bank {
    /// Brings the server down in order.
    pub async fn stop_server(&mut self) {
        match self.take_server() {
            Server::Within(running) => running.shutdown().await.unwrap(),
            Server::Process(process) => process.kill(),
            Server::Down(_) => {}
        }
    }

    /// SIGKILL to the server's process.
    pub fn kill_server(&mut self) {
        match self.take_server() {
            Server::Process(process) => process.kill(),
            Server::Within(_) | Server::Down(_) => panic!("no process to kill"),
        }
    }

    /// Brings the server up again at the same address.
    pub async fn start_server(&mut self) {
        self.config.listen = self.addr();
        let (program, token) = (self.program.as_ref(), self.token.as_ref());
        self.server = Server::start(&self.config, program, token).await;
    }

    /// One more server over the same database, as a second machine would run it. The caller ends it.
    pub async fn start_another(&self) -> Running {
        self.try_start_another().await.unwrap()
    }

    /// As [`Bank::start_another`], where it may not come up.
    pub async fn try_start_another(&self) -> Result<Running, StartError> {
        self.try_start_with(self.token.as_ref()).await
    }

    /// As [`Bank::try_start_another`], with another token or none.
    pub async fn try_start_with(&self, token: Option<&Token>) -> Result<Running, StartError> {
        let mut config = self.config.clone();
        config.listen.set_port(0);
        server::start::start_with_token(config, &template::passphrase(), token).await
    }

    /// One more instance over the same database, in the hands of a simulation: its time, and each question of its poster.
    pub async fn simulate(&self, time: Arc<dyn Time>, gate: &Arc<Gate>) -> Instance {
        let mut config = self.config.clone();
        Wire::through(&mut config, gate);
        Instance::open(config, &template::passphrase(), time).await.unwrap()
    }

    /// As [`Bank::start_another`], as a process of its own beside the bank's.
    pub async fn start_another_process(&self) -> ServerProcess {
        let mut config = self.config.clone();
        config.listen.set_port(0);
        match Server::start(&config, self.program.as_ref(), None).await {
            Server::Process(process) => process,
            Server::Within(_) | Server::Down(_) => panic!("this bank's server is no process"),
        }
    }

    /// The bank as the typed client sees it through another server.
    pub fn client_of(&self, server: &Running) -> client::Bank {
        self.client_at(server.addr)
    }

    /// The bank as the typed client sees it at an address.
    pub fn client_at(&self, addr: SocketAddr) -> client::Bank {
        let url = ServerUrl::parse(&format!("http://{addr}")).unwrap();
        client::Bank::new(Transport::new(url, None).unwrap(), self.trust.clone())
    }

    /// Brings PostgreSQL down in order.
    pub async fn stop_postgres(&mut self) {
        if let Some(cluster) = self.cluster.take() {
            cluster.stop().await.unwrap();
        }
        if let Some(supervised) = self.supervised.take() {
            supervised.stop().await.unwrap();
        }
    }

    /// SIGKILL to PostgreSQL's postmaster, whose children follow it.
    pub fn kill_postgres(&mut self) {
        if let Some(cluster) = self.cluster.take() {
            kill(Pid::from_raw(cluster.pid()), Signal::SIGKILL).unwrap();
        }
    }

    /// Brings PostgreSQL up again if it has gone down by itself.
    pub async fn revive_postgres(&mut self) {
        if self.cluster.as_ref().is_some_and(PrivateCluster::is_running) {
            return;
        }
        // Its lock on the folder goes with it.
        drop(self.cluster.take());
        let started = PrivateCluster::start_with(self.folder.path(), self.durability).await;
        self.cluster = started.inspect_err(|error| eprintln!("{error}")).ok();
    }

    /// SIGSTOP to every process of PostgreSQL: its connections stay open, and nothing answers.
    pub fn stop_postgres_still(&self) {
        self.signal_postgres(Signal::SIGSTOP);
    }

    /// SIGCONT to every process of PostgreSQL.
    pub fn let_postgres_go_on(&self) {
        self.signal_postgres(Signal::SIGCONT);
    }

    fn signal_postgres(&self, signal: Signal) {
        let postmaster = self.cluster.as_ref().unwrap().pid();
        // The postmaster first: stopped, it starts nobody.
        kill(Pid::from_raw(postmaster), signal).unwrap();
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        for child in std::fs::read_to_string(children).unwrap().split_whitespace() {
            // One that has just ended is not there to be told.
            let _ = kill(Pid::from_raw(child.parse().unwrap()), signal);
        }
    }

    /// Brings PostgreSQL up again; after a kill it recovers first.
    pub async fn start_postgres(&mut self) {
        let cluster = PrivateCluster::start_with(self.folder.path(), self.durability).await;
        self.cluster = Some(cluster.unwrap());
    }

    fn take_server(&mut self) -> Server {
        let addr = self.addr();
        std::mem::replace(&mut self.server, Server::Down(addr))
    }
}

impl Server {
    async fn start(config: &Config, program: Option<&Program>, token: Option<&Token>) -> Self {
        let Some(program) = program else {
            let (config, passphrase) = (config.clone(), template::passphrase());
            let started = server::start::start_with_token(config, &passphrase, token).await;
            return Self::Within(Box::new(started.unwrap()));
        };
        let (program, data_dir) = (program.clone(), config.data_dir.clone());
        let DatabaseSource::Url(url) = &config.database.source else { panic!("no address") };
        let (url, listen) = (url.expose().to_owned(), config.listen);
        let started = tokio::task::spawn_blocking(move || {
            ServerProcess::start(&program, &data_dir, &url, listen)
        });
        Self::Process(started.await.unwrap())
    }
}
