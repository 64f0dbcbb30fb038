//! `found`: a new bank in the data folder.

use std::path::PathBuf;

use client::{Invitation, UserName};
use crypto::Suite;
use intent::{BankId, Role};
use pki::Chain;
use server::authority::{AuthorityError, InToken};
use server::bank::{Founded, FoundingPlan};
use server::config::Config;

use crate::args::Globals;
use crate::commands::authority::read_certificate;
use crate::commands::serve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Row};
use crate::policy_value;
use crate::prompt;

/// Found a bank: keys, root and issuing certificate, first log entry, staff invitations
///
/// Creates the bank in the data folder (STRONGROOM_DATA_DIR, else .strongroom) with a private
/// PostgreSQL, or in the one that DATABASE_URL names. The passphrase seals the bank's keys; without
/// it nobody can start the bank again.
///
/// Standard output lists the invitations: each is a secret that enrols one member of staff, once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom found --bank examplebank --name 'Example Bank'
  strongroom found --bank examplebank --name 'Example Bank' \\
      --staff 'manager:Max Mint:max@example.org' --staff 'auditor_clerk:Ada Audit:ada@example.org'
  strongroom found --bank testbank --name Test -o json > invitations.json
  STRONGROOM_TOKEN_MODULE=/usr/lib/softhsm/libsofthsm2.so STRONGROOM_TOKEN=bank \\
      strongroom found --bank examplebank --name 'Example Bank' --issuing-key issuing-1")]
pub(crate) struct Args {
    /// Identifier of the bank, signed into everything: 1 to 32 of a-z, 0-9 and -
    #[arg(long, value_name = "ID")]
    bank: BankId,

    /// Name of the bank for people
    #[arg(long)]
    name: String,

    /// Suite of every key: standard, compact, pure65 or cnsa2
    #[arg(long, default_value = "standard")]
    suite: Suite,

    /// Label of a new key in the PKCS#11 token of STRONGROOM_TOKEN_MODULE and STRONGROOM_TOKEN: half of the issuing key
    /// is made there and never leaves it. Root and issuing authority are then of suite hsm
    #[arg(long, value_name = "LABEL")]
    issuing_key: Option<String>,

    /// Staff to invite; once for each. Without any: one of each role
    #[arg(long, value_name = "ROLE:NAME:EMAIL", value_parser = staff)]
    staff: Vec<Staff>,

    /// Policy in force from the first day, `NAME/SCOPE=VALUE`; once for each. Later ones take two people
    ///
    /// Names: limits, approvals, risk. Scopes: bank, role:<name>, user:<id>, account:<id>. The value is a JSON object;
    /// what it leaves out keeps its default. See docs/policies.md.
    #[arg(long, value_name = "NAME/SCOPE=JSON", value_parser = policy)]
    policy: Vec<Policy>,

    /// Certificate of a root whose key is elsewhere, PEM: see `strongroom authority`
    #[arg(long, value_name = "FILE", requires = "issuing_certificate")]
    root_certificate: Option<PathBuf>,

    /// That root's certificate for the issuing key in the data folder, PEM
    #[arg(long, value_name = "FILE", requires = "root_certificate")]
    issuing_certificate: Option<PathBuf>,

    /// Where to write the trust file, which customers and auditors need
    #[arg(long, value_name = "FILE", default_value = "bank.json")]
    trust: PathBuf,
}

#[derive(Clone, Debug)]
struct Policy {
    name: String,
    scope: String,
    value: String,
}

#[derive(Clone, Debug)]
struct Staff {
    role: Role,
    name: String,
    email: String,
}

fn policy(text: &str) -> Result<Policy, String> {
    let (name, rest) = text.split_once('/').ok_or("write NAME/SCOPE=JSON")?;
    let (scope, value) = rest.split_once('=').ok_or("write NAME/SCOPE=JSON")?;
    let value = policy_value::canonical(value)?;
    Ok(Policy { name: name.to_owned(), scope: scope.to_owned(), value })
}

fn staff(text: &str) -> Result<Staff, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(role), Some(name), Some(email)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("write it as ROLE:NAME:EMAIL".to_owned());
    };
    let role: Role = role.parse().map_err(|_| {
        let names: Vec<_> = staff_roles().map(Role::name).collect();
        format!("the role must be one of {}", names.join(", "))
    })?;
    if role == Role::Customer {
        return Err("customers register themselves: `strongroom enrol`".to_owned());
    }
    Ok(Staff { role, name: name.to_owned(), email: email.to_owned() })
}

fn staff_roles() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(|role| *role != Role::Customer)
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    if args.trust.exists() {
        let what = format!("{} exists already", args.trust.display());
        return Err(Failure::new(Exit::Conflict, what).next("choose another file with --trust"));
    }
    let config = serve::config()?;
    let chain = chain(&args)?;
    let issuing_key = in_token(globals, &config, args.issuing_key.as_deref())?;
    let passphrase = prompt::new_passphrase(globals, &format!("the keys of {}", args.bank))?;
    let mut plan = plan(&args, &config);
    plan.chain = chain;
    plan.issuing_key = issuing_key;
    let opened = server::start::open_database(&config).await;
    let (db, cluster) = opened.map_err(serve::failed)?;
    let now = server::clock::now();
    let founded = server::bank::found(&db, plan, &passphrase, &config.data_dir, now).await;
    // The database goes down in order whether or not the bank came to be.
    db.close().await;
    if let Some(cluster) = cluster {
        cluster.stop().await.map_err(|error| {
            Failure::unexpected("the private database did not stop in order", &error)
        })?;
    }
    let founded = founded.map_err(|error| refused(&error))?;
    let trust = founded.trust.to_text();
    std::fs::write(&args.trust, trust)
        .map_err(|error| Failure::file(args.trust.display(), &error))?;
    eprintln!("founded {} in {}", args.bank, config.data_dir.display());
    eprintln!("trust file: {} (not secret; hand it out)", args.trust.display());
    eprintln!("next: `strongroom serve`, then hand each invitation below to its person only");
    output::list(globals.output, &invitations(&founded), "nobody was invited")
}

/// The key that is to be made in the token that the environment names.
pub(crate) fn in_token(
    globals: &Globals,
    config: &Config,
    label: Option<&str>,
) -> Result<Option<InToken>, Failure> {
    let Some(label) = label else { return Ok(None) };
    match serve::token(globals, config)? {
        Some(token) => Ok(Some(InToken { token, label: label.to_owned() })),
        None => Err(Failure::usage("--issuing-key names a key in a token, and no token is named")
            .next("set STRONGROOM_TOKEN_MODULE and STRONGROOM_TOKEN")),
    }
}

/// Root and issuing certificate, where the root key is elsewhere.
fn chain(args: &Args) -> Result<Option<Chain>, Failure> {
    let (Some(root), Some(issuing)) = (&args.root_certificate, &args.issuing_certificate) else {
        return Ok(None);
    };
    let chain = Chain::new(read_certificate(root)?, read_certificate(issuing)?);
    chain.map(Some).map_err(|error| {
        Failure::new(Exit::Invalid, "that root did not certify that issuing authority")
            .because(error.to_string())
    })
}

fn plan(args: &Args, config: &Config) -> FoundingPlan {
    let plan = FoundingPlan::new(args.bank.clone(), &args.name, args.suite, &config.origin);
    let plan = args
        .policy
        .iter()
        .fold(plan, |plan, policy| plan.with_policy(&policy.name, &policy.scope, &policy.value));
    if args.staff.is_empty() {
        let domain = format!("{}.example", args.bank);
        return staff_roles().fold(plan, |plan, role| {
            let email = format!("{}@{domain}", role.name());
            plan.with_staff(&role.name().replace('_', " "), &email, role)
        });
    }
    args.staff
        .iter()
        .fold(plan, |plan, staff| plan.with_staff(&staff.name, &staff.email, staff.role))
}

fn invitations(founded: &Founded) -> Vec<Row> {
    let row = |invited: &server::bank::Invitation| {
        let user = UserName { id: invited.user, role: invited.role, name: invited.name.clone() };
        let token = invited.registration_token.duplicate();
        Row::new()
            .text("role", invited.role.name())
            .text("name", invited.name.clone())
            .text("email", invited.email.clone())
            .text("expires_at", invited.expires_at.to_string())
            .text("invitation", Invitation { user, token }.expose())
    };
    founded.invitations.iter().map(row).collect()
}

fn refused(error: &server::bank::FoundingError) -> Failure {
    use server::bank::FoundingError;
    match error {
        FoundingError::AlreadyFounded => Failure::new(Exit::Conflict, error.to_string())
            .next("start it with `strongroom serve`, or name another STRONGROOM_DATA_DIR"),
        FoundingError::OtherSuite => Failure::new(Exit::Conflict, error.to_string()),
        FoundingError::SuiteOfToken => Failure::usage(error.to_string()).next("add --issuing-key"),
        FoundingError::Authority(AuthorityError::Token(error)) => serve::token_failed(error),
        FoundingError::Policy(..) => Failure::usage(error.to_string()),
        FoundingError::Id(_)
        | FoundingError::KeyFile(_)
        | FoundingError::Authority(_)
        | FoundingError::Log(_)
        | FoundingError::Database(_) => Failure::unexpected("the bank was not founded", error),
    }
}
