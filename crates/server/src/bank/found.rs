//! The founding of a bank: keys, certificates, book, staff and leaf 0, once.
//!
//! # Atomicity
//!
//! Key files are written and synced first, then everything in the database commits in one transaction. A crash in
//! between leaves key files without a bank: the same call, with the same passphrase, takes them up again. A crash after
//! the commit leaves a whole bank whose invitations nobody saw; found anew in an empty database in that case.

use std::collections::BTreeMap;
use std::path::Path;

use crypto::{SecretBytes, SigningKey, Suite, random, random_secret, sha3_256, sha256};
use intent::{
    BankId, Effects, Event, EventKind, Flags, IntentId, Origin, Outcome, Record, Role, UserId,
    UtcMicros, rows_digest,
};
use ledger::{AccountId, BookId};
use money::{Asset, AssetCode};
use pki::{Chain, Crl, Csr, build_csr};
use sqlx::PgConnection;
use thiserror::Error;
use tlog::{Checkpoint, Edge};

use super::store;
use super::trust::TrustFile;
use crate::authority::crl::CRL_LIFETIME_S;
use crate::authority::succession;
use crate::authority::{
    Authority, AuthorityError, InToken, Issuers, KeyFile, KeyFileError, KeyPurpose, issuing_keys,
};
use crate::clock::fresh_id;
use crate::db::Db;
use crate::policies::rules::founded_with;
use crate::policies::{Policy, Scope};
use crate::registers::{self, Rows};

/// The one book of a bank that has not been sharded.
const FIRST_BOOK: BookId = BookId::new(1);
/// How long an invitation of staff may wait, in microseconds: 7 days.
const INVITATION_US: i64 = 7 * 24 * 60 * 60 * MICROS_PER_SECOND;
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Length of a registration token, in bytes.
const TOKEN_LEN: usize = 32;
/// The first revocation list.
const FIRST_CRL_NUMBER: u64 = 1;

/// What a bank begins with.
#[derive(Clone, Debug)]
pub struct FoundingPlan {
    /// Its identifier, signed into everything it ever does.
    pub bank: BankId,
    /// Its name for people.
    pub name: String,
    /// The suite of every key; of authorities only where theirs are not in a token.
    pub suite: Suite,
    /// Scheme, host and port that people type to reach it: what its customers sign into every login.
    pub login_origin: String,
    /// What it keeps accounts in.
    pub assets: Vec<Asset>,
    /// Who may enrol as staff.
    pub staff: Vec<Invite>,
    /// Policies in force from the first day: name, scope, value.
    pub policies: Vec<[String; 3]>,
    /// Root and issuing certificate, where the root key is elsewhere; else both are made here.
    pub chain: Option<Chain>,
    /// Where half of the issuing key is to be made, so that authorities are of suite `hsm`.
    pub issuing_key: Option<InToken>,
}

impl FoundingPlan {
    /// A bank that keeps euro, dollars, yen and Bahraini dinars: two, two, no and three decimals.
    #[must_use]
    pub fn new(bank: BankId, name: &str, suite: Suite, login_origin: &str) -> Self {
        let assets = ["EUR", "USD", "JPY", "BHD"]
            .iter()
            .filter_map(|code| Asset::iso(code.parse::<AssetCode>().ok()?))
            .collect();
        let (name, login_origin) = (name.to_owned(), login_origin.to_owned());
        Self {
            bank,
            name,
            suite,
            login_origin,
            assets,
            staff: Vec::new(),
            policies: Vec::new(),
            chain: None,
            issuing_key: None,
        }
    }

    /// The suite of root and issuing authority.
    const fn authority_suite(&self) -> Suite {
        if self.issuing_key.is_some() { Suite::Hsm } else { self.suite }
    }

    /// The same plan with a policy that is in force from the first day: its name, for whom, and its value, as
    /// `policy.propose` has them.
    #[must_use]
    pub fn with_policy(mut self, policy: &str, scope: &str, value: &str) -> Self {
        self.policies.push([policy, scope, value].map(str::to_owned));
        self
    }

    /// The same plan with one more member of staff.
    #[must_use]
    pub fn with_staff(mut self, name: &str, email: &str, role: Role) -> Self {
        self.staff.push(Invite { name: name.to_owned(), email: email.to_owned(), role });
        self
    }
}

/// A member of staff to invite.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Name for people.
    pub name: String,
    /// Where to reach them; one account each.
    pub email: String,
    /// What they will be.
    pub role: Role,
}

/// A member of staff with the token that enrols them, once.
#[derive(Debug)]
pub struct Invitation {
    /// Who.
    pub user: UserId,
    /// Name for people.
    pub name: String,
    /// Where to reach them.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// The one-time token, 32 bytes. The bank keeps its hash only.
    pub registration_token: SecretBytes,
    /// Until when it can be redeemed.
    pub expires_at: UtcMicros,
}

/// A bank that now exists.
#[derive(Debug)]
pub struct Founded {
    /// What customers and auditors need to check it.
    pub trust: TrustFile,
    /// Who may now enrol.
    pub invitations: Vec<Invitation>,
}

/// Founds the bank in an empty, migrated database, with key files in `data_dir`.
pub async fn found(
    db: &Db,
    plan: FoundingPlan,
    passphrase: &SecretBytes,
    data_dir: &Path,
    now: UtcMicros,
) -> Result<Founded, FoundingError> {
    if plan.suite == Suite::Hsm || !plan.authority_suite().certifies(plan.suite) {
        return Err(FoundingError::SuiteOfToken);
    }
    let (mut tx, book) = (db.as_writer().await?, FIRST_BOOK);
    let founded_at = to_second(now);
    let new =
        store::NewBook { bank: &plan.bank, name: &plan.name, suite: plan.suite.name(), founded_at };
    // The row claims the book: a second founding waits here for the first one's commit and is then refused.
    if !store::insert_book(&mut tx, book, new).await? {
        return Err(FoundingError::AlreadyFounded);
    }
    let in_token = plan.issuing_key.as_ref();
    let keys = open_or_create(
        &data_dir.join(KeyFile::BANK_KEYS),
        (&plan.bank, plan.suite),
        passphrase,
        || issuing_keys::make(&plan.bank, plan.suite, &KeyPurpose::BANK, in_token),
    )?;
    let chain = match &plan.chain {
        Some(chain) if chain.suite() != plan.authority_suite() => {
            return Err(FoundingError::OtherSuite);
        }
        Some(chain) => chain.clone(),
        None => {
            let suite = plan.authority_suite();
            let root = open_or_create(
                &data_dir.join(KeyFile::ROOT_KEY),
                (&plan.bank, suite),
                passphrase,
                || Ok(KeyFile::generate(&plan.bank, suite, &KeyPurpose::ROOT)?),
            )?;
            certify(&plan, &keys, &root, founded_at)?
        }
    };
    let origin = super::origin(&plan.bank, founded_at)?;
    let (token, issuers) = (in_token.map(|key| &key.token), Issuers::founding(chain));
    let authority = Authority::from_key_files(&keys, &[], token, origin, issuers, now)?;
    let mut facts = facts_of(&plan, &authority);
    write_authority(&mut tx, book, &authority, founded_at, &mut facts).await?;
    write_assets(&mut tx, book, &plan.assets, founded_at, &mut facts).await?;
    write_policies(&mut tx, book, &plan.policies, founded_at, &mut facts).await?;
    let invitations = invite(&mut tx, book, plan.staff, founded_at, &mut facts).await?;
    write_first_leaf(&mut tx, book, &authority, facts, founded_at).await?;
    tx.commit().await?;
    let trust = TrustFile::of(&plan.bank, &authority, &plan.login_origin);
    Ok(Founded { trust, invitations })
}

/// Takes up the key file of a founding that did not reach its commit, or makes one.
fn open_or_create(
    path: &Path,
    (bank, suite): (&BankId, Suite),
    passphrase: &SecretBytes,
    make: impl FnOnce() -> Result<KeyFile, AuthorityError>,
) -> Result<KeyFile, FoundingError> {
    if path.exists() {
        let file = KeyFile::open(path, bank, passphrase)?;
        return if file.suite() == suite { Ok(file) } else { Err(FoundingError::OtherSuite) };
    }
    let file = make()?;
    file.create(path, passphrase)?;
    Ok(file)
}

fn certify(
    plan: &FoundingPlan,
    keys: &KeyFile,
    root: &KeyFile,
    at: UtcMicros,
) -> Result<Chain, AuthorityError> {
    let root_key = SigningKey::from_seed(root.suite(), root.secret(KeyPurpose::Root)?.expose())?;
    let issuing_key = issuing_keys::open(keys, plan.issuing_key.as_ref())?;
    let root = succession::create_root(&root_key, &plan.name, at)?;
    let request = build_csr(&issuing_key, &format!("{} Issuing", plan.name))?;
    let request = Csr::from_der(&request)?.verify()?;
    let issuing = succession::certify(&root, &root_key, &request, at)?;
    Ok(Chain::new(root, issuing)?)
}

/// A random serial number of 16 bytes, positive as RFC 5280 4.1.2.2 demands.
pub(crate) fn serial() -> Result<[u8; 16], crypto::CryptoError> {
    let mut serial = random::<16>()?;
    if let Some(first) = serial.first_mut() {
        // Below 0x80 it is positive; at least 0x40, so that its length never varies.
        *first = (*first & 0x3f) | 0x40;
    }
    Ok(serial)
}

fn facts_of(plan: &FoundingPlan, authority: &Authority) -> BTreeMap<String, String> {
    let keys = authority.checkpoint_verifier().to_text();
    BTreeMap::from([
        ("bank".to_owned(), plan.bank.to_string()),
        ("name".to_owned(), plan.name.clone()),
        ("suite".to_owned(), plan.suite.name().to_owned()),
        ("root".to_owned(), authority.root().fingerprint().to_string()),
        ("issuing".to_owned(), authority.issuing().fingerprint().to_string()),
        ("log_keys_sha256".to_owned(), sha256(keys.as_bytes()).to_string()),
        ("kem_key_sha3".to_owned(), sha3_256(authority.kem_public_key().as_bytes()).to_string()),
    ])
}

async fn write_authority(
    tx: &mut PgConnection,
    book: BookId,
    authority: &Authority,
    at: UtcMicros,
    facts: &mut BTreeMap<String, String>,
) -> Result<(), FoundingError> {
    let this_update_s = at.get().div_euclid(MICROS_PER_SECOND);
    let next_update_s = this_update_s.saturating_add(CRL_LIFETIME_S);
    let issuers = authority.issuers();
    let issuer = issuers.active();
    let crl = Crl::build(
        issuer.certificate(),
        authority.key_of(issuer)?,
        FIRST_CRL_NUMBER,
        this_update_s,
        next_update_s,
        &[],
    )
    .map_err(AuthorityError::from)?;
    facts.insert("crl_number".to_owned(), FIRST_CRL_NUMBER.to_string());
    facts.insert("crl_sha256".to_owned(), sha256(&crl).to_string());
    let new = store::NewAuthority {
        root_der: authority.root().der(),
        issuing_der: issuer.certificate().der(),
        crl_number: FIRST_CRL_NUMBER,
        crl_der: &crl,
        this_update: at,
        next_update: UtcMicros::from_micros(next_update_s.saturating_mul(MICROS_PER_SECOND)),
    };
    Ok(store::insert_authority(tx, book, &new).await?)
}

async fn write_assets(
    tx: &mut PgConnection,
    book: BookId,
    assets: &[Asset],
    at: UtcMicros,
    facts: &mut BTreeMap<String, String>,
) -> Result<(), FoundingError> {
    for asset in assets {
        let equity = AccountId::new(fresh_id(at));
        store::insert_asset(tx, book, *asset, equity, at).await?;
        facts.insert(format!("asset/{}", asset.code()), format!("{} {equity}", asset.scale()));
    }
    Ok(())
}

async fn write_policies(
    tx: &mut PgConnection,
    book: BookId,
    policies: &[[String; 3]],
    at: UtcMicros,
    facts: &mut BTreeMap<String, String>,
) -> Result<(), FoundingError> {
    let mut rows = Rows::default();
    for [policy, scope, value] in policies {
        let known = Policy::from_name(policy).zip(Scope::parse(scope));
        let row = known.and_then(|(policy, scope)| founded_with(policy, scope, value, at));
        rows.put(row.ok_or_else(|| FoundingError::Policy(policy.clone(), scope.clone()))?);
        facts.insert(format!("policy/{policy} {scope}"), value.clone());
    }
    let rows: Vec<_> = rows.iter().cloned().collect();
    Ok(registers::service::write(tx, book, &rows).await?)
}

async fn invite(
    tx: &mut PgConnection,
    book: BookId,
    staff: Vec<Invite>,
    at: UtcMicros,
    facts: &mut BTreeMap<String, String>,
) -> Result<Vec<Invitation>, FoundingError> {
    let expires_at = UtcMicros::from_micros(at.get().saturating_add(INVITATION_US));
    let mut invitations = Vec::with_capacity(staff.len());
    for Invite { name, email, role } in staff {
        let registration_token = random_secret(TOKEN_LEN).map_err(AuthorityError::from)?;
        let user = UserId::new(fresh_id(at));
        let registration = sha3_256(registration_token.expose());
        let new = store::NewMember {
            user,
            name: &name,
            email: &email,
            role,
            registration: &registration,
            expires_at,
            at,
        };
        store::insert_member(tx, book, &new).await?;
        facts.insert(format!("staff/{user}"), format!("{role} {registration}"));
        invitations.push(Invitation { user, name, email, role, registration_token, expires_at });
    }
    Ok(invitations)
}

/// Leaf 0, with the head and the checkpoint over it.
async fn write_first_leaf(
    tx: &mut PgConnection,
    book: BookId,
    authority: &Authority,
    facts: BTreeMap<String, String>,
    at: UtcMicros,
) -> Result<(), FoundingError> {
    let id = IntentId::new(fresh_id(at))?;
    let effects = Effects {
        outcome: Outcome::Accepted,
        code: "ok".to_owned(),
        items: Vec::new(),
        risk: None,
        rows: rows_digest(&[]),
        result: BTreeMap::new(),
    };
    let salts = random::<160>().map_err(AuthorityError::from)?;
    let groups = [
        Event::new(EventKind::BankFounded, id, at, facts).to_bytes(),
        Vec::new(),
        Origin::new("", "", at).to_bytes(),
        effects.to_bytes(),
        Vec::new(),
    ];
    let flags = Flags { event: true, refused: false };
    let kind_code = EventKind::BankFounded.code();
    let (_, leaf) = Record::new(kind_code, flags, groups.clone(), &salts);
    let mut edge = Edge::empty();
    let appended = edge.append(&[leaf.hash()]);
    let signer = authority.checkpoint_signer();
    let checkpoint = Checkpoint {
        origin: signer.origin().clone(),
        size: appended.new_size,
        root: appended.root,
    };
    let signed_at_s = u64::try_from(at.get().div_euclid(MICROS_PER_SECOND)).unwrap_or_default();
    let note = signer.sign(&checkpoint, signed_at_s).map_err(AuthorityError::from)?.into_string();
    let [intent, actor, origin, effects, evidence] = &groups;
    let first = store::FirstLeaf {
        event_id: id.get(),
        at,
        leaf: &leaf.to_bytes(),
        salts: &salts,
        groups: [intent, actor, origin, effects, evidence],
        root: appended.root.as_bytes(),
        note: &note,
    };
    Ok(store::insert_first_leaf(tx, book, &first).await?)
}

fn to_second(at: UtcMicros) -> UtcMicros {
    let seconds = at.get().div_euclid(MICROS_PER_SECOND);
    UtcMicros::from_micros(seconds.saturating_mul(MICROS_PER_SECOND))
}

/// Why a bank was not founded.
#[derive(Debug, Error)]
pub enum FoundingError {
    /// This database holds a bank.
    #[error("this database already holds a bank")]
    AlreadyFounded,
    /// The founding could not be given an id.
    #[error("no id could be made: {0}")]
    Id(#[from] intent::IntentError),
    /// Key files from an earlier attempt are of another suite.
    #[error("the data folder holds key files of another suite; move them away first")]
    OtherSuite,
    /// Keys in a token are of suite `hsm`, which is for authorities, above holders of suite `standard`.
    #[error(
        "suite hsm is for authorities with their key in a token: found the bank with suite standard and name a key"
    )]
    SuiteOfToken,
    /// A policy is not of its form.
    #[error("the policy {0} for {1} does not read: name, scope or value are not of their form")]
    Policy(String, String),
    /// A key file cannot be read or written.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// Keys or certificates could not be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The log's name or first checkpoint could not be made.
    #[error("log: {0}")]
    Log(#[from] tlog::TlogError),
    /// The database failed; nothing was written.
    #[error("database failed")]
    Database(#[from] sqlx::Error),
}
