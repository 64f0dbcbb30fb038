//! The bank that every test begins with: founded and staffed once per state of the sources, then copied.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use client::{ServerUrl, Transport, Trust, UserName};
use crypto::{SecretBytes, Suite};
use intent::Role;
use server::authority::InToken;
use server::bank::{FoundingPlan, Invitation};
use server::clock;
use server::config::Config;
use server::db::Db;
use server::migrate;
use server::postgres::{Durability, PrivateCluster};
use server::rate_limits::RateLimits;
use tempfile::TempDir;

use crate::people::{Holder, KeptHolder};

/// Identifier of the bank of every test.
pub const BANK: &str = "testbank";
/// What logins are bound to.
pub const ORIGIN: &str = "https://bank.example";
/// Opens the bank's key file.
pub const PASSPHRASE: &str = "only ever used in tests";
/// Staff certificates live for 30 days; a template is thrown away long before.
const AGE_MAX: Duration = Duration::from_hours(7 * 24);
pub(crate) const TRUST_FILE: &str = "trust.json";

/// A copy of the template for one test, in a folder of its own.
pub(crate) fn copy() -> TempDir {
    let template = Template::find();
    let lock = template.lock();
    lock.lock_shared().unwrap();
    if !template.is_usable() {
        // Shared to exclusive is not atomic, so what is there is looked at again.
        lock.unlock().unwrap();
        lock.lock().unwrap();
        if !template.is_usable() {
            template.make();
        }
    }
    let folder = private_folder();
    copy_folder(&template.folder, folder.path());
    folder
}

/// The trust that the template's founding handed out.
pub(crate) fn trust_of(folder: &Path) -> Trust {
    Trust::from_json(&fs::read(folder.join(TRUST_FILE)).unwrap()).unwrap()
}

/// The member of staff with this role.
pub(crate) fn staff_of(folder: &Path, role: Role) -> Holder {
    kept_in(&staff_file(folder, role))
}

/// The other manager.
pub(crate) fn second_manager_of(folder: &Path) -> Holder {
    kept_in(&folder.join(SECOND_MANAGER_FILE))
}

fn kept_in(path: &Path) -> Holder {
    let bytes = fs::read(path).unwrap();
    Holder::from_kept(&serde_json::from_slice::<KeptHolder>(&bytes).unwrap())
}

/// What every server of the tests runs with.
pub(crate) fn config(folder: &Path) -> Config {
    // Everybody in a test comes from one address, as fast as they can.
    let rate_limits = RateLimits::OFF;
    let mut config = Config { data_dir: folder.to_owned(), rate_limits, ..Config::default() };
    config.listen.set_port(0);
    config.tls.listen.set_port(0);
    ORIGIN.clone_into(&mut config.origin);
    config
}

pub(crate) fn passphrase() -> SecretBytes {
    SecretBytes::new(PASSPHRASE.as_bytes().to_vec())
}

struct Template {
    folder: PathBuf,
}

impl Template {
    fn find() -> Self {
        let program = std::env::current_exe().unwrap();
        let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
        let place = target.map_or_else(std::env::temp_dir, |target| target.join("tmp"));
        fs::create_dir_all(&place).unwrap();
        Self { folder: place.join(concat!("e2e-", env!("E2E_FINGERPRINT"))) }
    }

    fn lock(&self) -> File {
        let path = self.folder.with_extension("lock");
        OpenOptions::new().create(true).truncate(false).write(true).open(path).unwrap()
    }

    fn is_usable(&self) -> bool {
        let made = fs::metadata(self.folder.join(TRUST_FILE)).and_then(|file| file.modified());
        made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age < AGE_MAX))
    }

    fn make(&self) {
        self.remove_others();
        // A thread of its own: the caller is inside a runtime already.
        let made = std::thread::spawn(|| {
            tokio::runtime::Runtime::new().unwrap().block_on(found_and_staff(None))
        });
        let made = made.join().unwrap();
        let unfinished = self.folder.with_extension("new");
        for old in [&unfinished, &self.folder] {
            if old.exists() {
                fs::remove_dir_all(old).unwrap();
            }
        }
        fs::create_dir(&unfinished).unwrap();
        copy_folder(made.path(), &unfinished);
        fs::rename(&unfinished, &self.folder).unwrap();
    }

    /// Templates of other sources that nobody is copying.
    fn remove_others(&self) {
        let place = self.folder.parent().unwrap();
        for entry in fs::read_dir(place).unwrap().flatten() {
            let path = entry.path();
            let is_lock = path.extension().is_some_and(|extension| extension == "lock");
            let is_ours = path.file_stem() == self.folder.file_stem();
            let is_template =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("e2e-"));
            if is_lock && is_template && !is_ours {
                let lock = File::open(&path).unwrap();
                if lock.try_lock().is_ok() {
                    let _ = fs::remove_dir_all(path.with_extension(""));
                    let _ = fs::remove_file(&path);
                }
            }
        }
    }
}

/// Founds a bank and enrols its staff; the issuing key may be made in a token.
pub(crate) async fn found_and_staff(issuing_key: Option<InToken>) -> TempDir {
    let folder = private_folder();
    let cluster =
        PrivateCluster::start_with(folder.path(), Durability::ForTestsOnly).await.unwrap();
    migrate::prepare(cluster.urls()).await.unwrap();
    let db = Db::connect(&cluster.urls().server, 2).await.unwrap();
    let token = issuing_key.as_ref().map(|key| key.token.clone());
    let mut plan = FoundingPlan::new(BANK.parse().unwrap(), "Test Bank", Suite::Standard, ORIGIN)
        // Nothing keeps a test from paying fast and much; those of limits and approvals set their own.
        .with_policy(
            "limits",
            "bank",
            r#"{"count_per_day":"1000000","new_payee":"9223372036854775807","per_day":"9223372036854775807","per_hour":"1000000","per_minute":"1000000","per_payee":"9223372036854775807","per_transfer":"9223372036854775807"}"#,
        )
        .with_policy(
            "approvals",
            "bank",
            r#"{"above":"9223372036854775807","two_above":"9223372036854775807"}"#,
        )
        .with_policy("risk", "bank", r#"{"ceiling":"monitor"}"#)
        .with_staff("Mary Manager", "mary@bank.example", Role::Manager)
        .with_staff("Max Manager", "max@bank.example", Role::Manager)
        .with_staff("Ada Auditor", "ada@bank.example", Role::AuditorClerk)
        .with_staff("Sam Admin", "sam@bank.example", Role::SystemAdmin);
    plan.issuing_key = issuing_key;
    let founded =
        server::bank::found(&db, plan, &passphrase(), folder.path(), clock::now()).await.unwrap();
    db.close().await;
    fs::write(folder.path().join(TRUST_FILE), founded.trust.to_text()).unwrap();

    let mut config = config(folder.path());
    config.database.source = server::config::DatabaseSource::Url(cluster.urls().server.clone());
    let started = server::start::start_with_token(config, &passphrase(), token.as_ref()).await;
    let running = started.unwrap();
    let url = ServerUrl::parse(&format!("http://{}", running.addr)).unwrap();
    let bank = client::Bank::new(Transport::new(url, None).unwrap(), trust_of(folder.path()));
    for invitation in &founded.invitations {
        let holder = enrol_staff(&bank, invitation).await;
        let kept = serde_json::to_vec_pretty(&holder.to_kept()).unwrap();
        let first = staff_file(folder.path(), invitation.role);
        let path = if first.exists() { folder.path().join(SECOND_MANAGER_FILE) } else { first };
        fs::write(path, kept).unwrap();
    }
    running.shutdown().await.unwrap();
    cluster.stop().await.unwrap();
    folder
}

async fn enrol_staff(bank: &client::Bank, invitation: &Invitation) -> Holder {
    let user =
        UserName { id: invitation.user, role: invitation.role, name: invitation.name.clone() };
    let holder = Holder::generate(bank.suite(), user);
    bank.enrol(&Arc::clone(&holder), &invitation.registration_token).await.unwrap();
    holder
}

const SECOND_MANAGER_FILE: &str = "manager-2.json";

fn staff_file(folder: &Path, role: Role) -> PathBuf {
    folder.join(format!("{}.json", role.name()))
}

/// In the system's folder: its path is short enough for a socket, and the database's account can enter it.
fn private_folder() -> TempDir {
    tempfile::Builder::new().prefix("strongroom-").tempdir().unwrap()
}

fn copy_folder(from: &Path, to: &Path) {
    // `cp` keeps the owner of the database's files, and shares blocks where the file system can.
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success(), "cp -a {} {}", from.display(), to.display());
}
