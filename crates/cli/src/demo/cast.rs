//! The people: staff by invitation, customers by registering themselves, each with keys made here and nowhere else.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use client::{Bank, ClientError, Device, Identity, KeyStore, Profile, Session, UserName, Wish};
use crypto::SecretBytes;
use indicatif::ProgressBar;
use intent::Role;
use ledger::AccountId;
use money::AssetCode;
use server::bank::Invitation;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::house::House;
use super::names;
use super::plan::{EMPLOYER, FROZEN, Plan, ROTATES};
use crate::failure::Failure;

/// Enrolments in work at once: enough for every core and the poster to be busy.
const AT_ONCE: usize = 8;
/// Index of a customer to whom nothing special happens.
pub(super) const ORDINARY: usize = 4;

/// Everybody, enrolled and logged in.
pub(super) struct Cast {
    pub(super) manager: Session,
    pub(super) auditor: Session,
    pub(super) admin: Session,
    pub(super) customers: Vec<Session>,
    /// Accounts of each customer.
    pub(super) accounts: Vec<BTreeMap<AssetCode, AccountId>>,
}

impl Cast {
    /// Enrols staff and customers, opens the customers' accounts, and funds them as the plan says.
    pub(super) async fn assemble(
        bank: &Bank,
        invitations: Vec<Invitation>,
        plan: &Plan,
        bar: &ProgressBar,
    ) -> Result<Self, Failure> {
        let staff = invitations.into_iter().map(|invitation| {
            let bank = bank.clone();
            async move { invited(&bank, invitation).await }
        });
        let mut staff = side_by_side(staff, bar).await?;
        let customers = plan.customers.iter().map(|customer| {
            let (bank, name, email) = (bank.clone(), customer.name.clone(), customer.email.clone());
            let assets: Vec<_> = customer.opening.keys().copied().collect();
            async move { newcomer(&bank, name, &email, &assets).await }
        });
        let (customers, accounts): (Vec<_>, Vec<_>) =
            side_by_side(customers, bar).await?.into_iter().unzip();
        let mut take = |role: Role| {
            let place = staff.iter().position(|session| session.identity().user().role == role);
            place.map(|place| staff.swap_remove(place)).ok_or(ClientError::Answer { what: "staff" })
        };
        let (manager, auditor, admin) =
            (take(Role::Manager)?, take(Role::AuditorClerk)?, take(Role::SystemAdmin)?);
        let cast = Self { manager, auditor, admin, customers, accounts };
        cast.fund(plan).await?;
        Ok(cast)
    }

    /// The manager signs for every opening balance, one after the other.
    async fn fund(&self, plan: &Plan) -> Result<(), ClientError> {
        for (customer, accounts) in plan.customers.iter().zip(&self.accounts) {
            for (asset, amount) in &customer.opening {
                let account = accounts.get(asset).copied();
                let account = account.ok_or(ClientError::Answer { what: "account of the plan" })?;
                self.manager.submit(Wish::fund(account, *amount)).await?;
            }
        }
        Ok(())
    }
}

async fn invited(bank: &Bank, invitation: Invitation) -> Result<Session, ClientError> {
    let Invitation { user, name, role, registration_token, .. } = invitation;
    enrol(bank, UserName { id: user, role, name }, &registration_token).await
}

pub(super) async fn newcomer(
    bank: &Bank,
    name: String,
    email: &str,
    assets: &[AssetCode],
) -> Result<(Session, BTreeMap<AssetCode, AccountId>), ClientError> {
    let registered = bank.register(&name, email).await?;
    let user = UserName { id: registered.user, role: Role::Customer, name };
    let session = enrol(bank, user, &registered.token).await?;
    let mut accounts = BTreeMap::new();
    for asset in assets {
        let (account, _) = session.open_account(registered.user, *asset).await?;
        accounts.insert(*asset, account);
    }
    Ok((session, accounts))
}

async fn enrol(bank: &Bank, user: UserName, token: &SecretBytes) -> Result<Session, ClientError> {
    let identity = Arc::new(Identity::generate(bank.suite(), user, Device::generate()?)?);
    bank.enrol(&identity, token).await?;
    bank.login(identity).await
}

/// Runs jobs beside each other, a few at once; the results are in the order of the jobs.
async fn side_by_side<T: Send + 'static>(
    jobs: impl Iterator<Item = impl Future<Output = Result<T, ClientError>> + Send + 'static>,
    bar: &ProgressBar,
) -> Result<Vec<T>, Failure> {
    let (mut at_work, turns) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for (index, job) in jobs.enumerate() {
        let turns = Arc::clone(&turns);
        at_work.spawn(async move {
            // Never closed, so a turn always comes.
            let _turn = turns.acquire().await;
            (index, job.await)
        });
    }
    let mut done = BTreeMap::new();
    while let Some(joined) = at_work.join_next().await {
        let (index, result) =
            joined.map_err(|error| Failure::unexpected("an enrolment broke off", &error))?;
        done.insert(index, result?);
        bar.inc(1);
    }
    Ok(done.into_values().collect())
}

/// A profile that was kept: its name, and what to know of it.
#[derive(Clone, Debug)]
pub(super) struct KeptProfile {
    pub(super) name: String,
    pub(super) about: &'static str,
}

/// Writes the key stores of the staff and of some customers, so that the command line can act as them.
pub(super) fn keep(
    house: &House,
    folder: &Path,
    people: Vec<(KeptProfile, Arc<Identity>)>,
) -> Result<Vec<KeptProfile>, Failure> {
    let (keys, trust) = (KeyStore::new(folder.join("keys")), house.trust()?);
    let mut kept = Vec::new();
    for (profile, identity) in people {
        let (trust, server) = (trust.clone(), house.address());
        let content = Profile { server, tls_roots: None, trust, identity, session: None };
        drop(keys.create(&profile.name, house.passphrase(), &content)?);
        kept.push(profile);
    }
    Ok(kept)
}

/// Those whose keys are worth keeping after the day: the revoked one's open nothing any more.
pub(super) fn memorable<'a>(
    staff: [&Session; 3],
    customers: impl Iterator<Item = &'a Session>,
) -> Vec<(KeptProfile, Arc<Identity>)> {
    let role = |session: &Session| match session.identity().user().role {
        Role::Manager => "funds and freezes accounts, revokes certificates",
        Role::AuditorClerk => "sees every account and the log, changes nothing",
        Role::SystemAdmin => "runs the system, moves no money",
        Role::Customer => "a customer",
    };
    let staff = staff.into_iter().map(|session| {
        let name = session.identity().user().role.name().to_owned();
        (KeptProfile { name, about: role(session) }, Arc::clone(session.identity()))
    });
    let customers = customers.enumerate().filter_map(|(index, session)| {
        let about = match index {
            EMPLOYER => "pays the salaries",
            ROTATES => "has a new key since noon",
            FROZEN => "an account that the manager froze",
            ORDINARY => "an ordinary customer",
            _ => return None,
        };
        let name = names::profile(index);
        Some((KeptProfile { name, about }, Arc::clone(session.identity())))
    });
    staff.chain(customers).collect()
}
