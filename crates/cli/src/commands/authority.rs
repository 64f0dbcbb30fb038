//! `authority`: the issuing authority, its rotation, and the root that stays offline.

use std::path::{Path, PathBuf};

use client::Wish;
use crypto::Suite;
use intent::BankId;
use pki::{Certificate, Chain, Csr};
use server::authority::{AuthorityError, KeyFile, succession};
use server::bank::Charter;

use crate::args::Globals;
use crate::commands::{ceremony, found, serve};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::{Holder, read_text};
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

/// The issuing authority: who signs certificates, its rotation, the ceremony of its root
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  A root that no server ever holds, and a bank under it:
    strongroom authority request --found --bank examplebank --name 'Example Bank' --out first
    strongroom authority ceremony --bank examplebank --name 'Example Bank' \\
        --threshold 3 --shares 5 --request first.csr.pem --out safe
    strongroom found --bank examplebank --name 'Example Bank' \\
        --root-certificate safe/root.pem --issuing-certificate safe/issuing.pem
  The next issuing authority, years later:
    strongroom authority request --out next
    strongroom authority sign --bank examplebank --root safe/root.pem --request next.csr.pem \\
        --share root-share-1.key --share root-share-4.key --share root-share-5.key --out next.pem
    strongroom authority rotate --certificate next.pem --cross-certificate next.cross.pem")]
pub(crate) enum Command {
    /// Who issues, who did, and who is proposed; administrators only
    Show,
    /// Propose the next issuing authority or, as another administrator, put it into force
    Rotate(RotateArgs),
    /// Make an issuing key in the data folder and ask the root to certify it
    Request(RequestArgs),
    /// Make a root in shares of its custodians, on a machine that is on no network
    Ceremony(ceremony::Args),
    /// Certify a request with the shares of the root's custodians, on a machine that is on no network
    Sign(ceremony::SignArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct RotateArgs {
    /// Its certificate by the root, PEM
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// Its certificate by the authority in force, PEM
    #[arg(long, value_name = "FILE")]
    cross_certificate: PathBuf,
    /// Days for which certificates of the authority in force stay good, 1 to 90
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=90))]
    overlap_days: u16,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RequestArgs {
    /// For a bank that is yet to be founded
    #[arg(long, requires = "bank", requires = "name")]
    found: bool,
    /// Identifier of that bank
    #[arg(long, value_name = "ID", requires = "found")]
    bank: Option<BankId>,
    /// Name of that bank for people
    #[arg(long, requires = "found")]
    name: Option<String>,
    /// Suite of that bank
    #[arg(long, default_value = "standard", requires = "found")]
    suite: Suite,
    /// Label of the new key in the PKCS#11 token of STRONGROOM_TOKEN_MODULE and STRONGROOM_TOKEN; nothing there has it yet
    #[arg(long, value_name = "LABEL")]
    issuing_key: Option<String>,
    /// Beginning of the names of the files to write: NAME.csr.pem, and NAME.cross.pem for a successor
    #[arg(long, value_name = "NAME")]
    out: PathBuf,
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Show => show(globals).await,
        Command::Rotate(args) => rotate(globals, args).await,
        Command::Request(args) => request(globals, args).await,
        Command::Ceremony(args) => ceremony::run(globals, &args),
        Command::Sign(args) => ceremony::sign(globals, &args),
    }
}

async fn show(globals: &Globals) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let root = &holder.session.bank().trust().root;
    let mut rows = Vec::new();
    for item in holder.session.authorities().await? {
        // What the bank shows is believed as far as the root of the trust file says so.
        let certificate = Certificate::from_pem(&item.certificate);
        let path = certificate.and_then(|issuing| Chain::new(root.clone(), issuing));
        rows.push(
            Row::new()
                .number("generation", item.generation.clone(), item.generation)
                .text("status", item.status)
                .text("under_root", path.map_or_else(|error| error.to_string(), |_| "yes".into()))
                .flag("key_is_held", item.key_is_held)
                .text("not_after", item.not_after)
                .maybe("active_from", item.active_from)
                .maybe("retires_at", item.retires_at)
                .maybe("proposed_by", item.proposed_by)
                .text("authority", item.authority),
        );
    }
    output::list(globals.output, &rows, "no authority")
}

async fn rotate(globals: &Globals, args: RotateArgs) -> Result<Exit, Failure> {
    let certificate = read_certificate(&args.certificate)?;
    let cross = read_certificate(&args.cross_certificate)?;
    let holder = Holder::open(globals).await?;
    let root = &holder.session.bank().trust().root;
    Chain::new(root.clone(), certificate.clone()).map_err(|error| {
        Failure::new(Exit::Invalid, "the root of this bank did not certify that key")
            .because(error.to_string())
    })?;
    let authority = certificate.fingerprint();
    let summary = format!(
        "sign for {authority} as the next issuing authority; certificates of the present one \
         stay good for {} days",
        args.overlap_days
    );
    prompt::confirm(globals, &summary)?;
    let (der, cross) = (certificate.der().to_vec(), cross.der().to_vec());
    let settled = holder.submit(Wish::rotate_authority(der, cross, args.overlap_days)).await?;
    let now = holder.session.authorities().await?;
    let status = now.into_iter().find(|it| it.authority == authority.to_string());
    let row = receipts::settled(&settled)
        .text("authority", authority.to_string())
        .maybe("status", status.map(|it| it.status));
    output::one(globals.output, &row)
}

async fn request(globals: &Globals, args: RequestArgs) -> Result<Exit, Failure> {
    let config = serve::config()?;
    let failed = |error| match error {
        AuthorityError::Token(error) => serve::token_failed(&error),
        error => Failure::unexpected("no request was made", &error),
    };
    // What a mistyped passphrase seals nobody opens again.
    let is_first = args.found && !config.data_dir.join(KeyFile::BANK_KEYS).exists();
    let passphrase = if is_first {
        prompt::new_passphrase(globals, "the bank's keys")?
    } else {
        prompt::passphrase(globals, "the bank's keys")?
    };
    let in_token = found::in_token(globals, &config, args.issuing_key.as_deref())?;
    let in_token = in_token.as_ref();
    if let (true, Some(bank), Some(name)) = (args.found, &args.bank, &args.name) {
        std::fs::create_dir_all(&config.data_dir)
            .map_err(|error| Failure::file(config.data_dir.display(), &error))?;
        let (suite, folder) = (args.suite, &config.data_dir);
        if suite == Suite::Hsm || (in_token.is_some() && !Suite::Hsm.certifies(suite)) {
            return Err(Failure::usage(
                "a bank with its issuing key in a token has suite standard",
            )
            .next("give --issuing-key and leave --suite away"));
        }
        let der = succession::prepare_founding(bank, name, suite, folder, &passphrase, in_token);
        let written = write_request(&args.out, &der.map_err(failed)?)?;
        return output::one(globals.output, &Row::new().text("request", written));
    }
    let (db, cluster) = server::start::open_database(&config).await.map_err(serve::failed)?;
    let charter = Charter::load(&db).await;
    db.close().await;
    if let Some(cluster) = cluster {
        cluster.stop().await.map_err(|error| {
            Failure::unexpected("the private database did not stop in order", &error)
        })?;
    }
    let charter = charter.map_err(failed)?.ok_or_else(|| {
        Failure::new(Exit::Conflict, "there is no bank here yet").next("add --found")
    })?;
    let now = server::clock::now();
    let is_in_token = charter.issuers().active().chain().suite() == Suite::Hsm;
    if is_in_token && in_token.is_none() {
        return Err(Failure::usage("the issuing key of this bank is in a token")
            .next("add --issuing-key with a new label"));
    }
    let made = succession::prepare(&charter, &config.data_dir, &passphrase, in_token, now);
    let made = made.map_err(failed)?;
    let written = write_request(&args.out, &made.request)?;
    let cross = with_ending(&args.out, "cross.pem");
    write_new(&cross, made.cross_certificate.to_pem().as_bytes())?;
    eprintln!("next: copy {} to every server and restart it;", made.key_file.display());
    eprintln!("have the root certify the request: `strongroom authority sign`;");
    eprintln!("then two administrators run `strongroom authority rotate`");
    let row = Row::new()
        .text("request", written)
        .text("cross_certificate", cross.display().to_string())
        .text("key_file", made.key_file.display().to_string());
    output::one(globals.output, &row)
}

fn write_request(out: &Path, der: &[u8]) -> Result<String, Failure> {
    let request = Csr::from_der(der).and_then(Csr::verify);
    let request = request.map_err(|error| Failure::unexpected("no request was made", &error))?;
    let path = with_ending(out, "csr.pem");
    write_new(&path, request.to_pem().as_bytes())?;
    Ok(path.display().to_string())
}

fn with_ending(out: &Path, ending: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Writes a file that must not be there yet.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(|error| Failure::file(path.display(), &error))
}

pub(crate) fn read_certificate(path: &Path) -> Result<Certificate, Failure> {
    Certificate::from_pem(&read_text(path)?).map_err(|error| {
        Failure::usage(format!("{} is not a certificate", path.display()))
            .because(error.to_string())
    })
}
