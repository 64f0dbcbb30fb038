//! `authority ceremony` and `authority sign`: the root, in shares, on a machine that is on no network.
//!
//! Step by step on standard error, because people sit around it; standard output and the transcript say what was done,
//! with fingerprints and without secrets. Nothing is signed before every share was read back from its file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use client::Trust;
use crypto::{SecretBytes, SigningKey, Suite};
use intent::BankId;
use pki::{Certificate, Csr, VerifiedCsr};
use server::authority::ceremony::{self, CeremonyError, Share};
use server::authority::{KeyFile, KeyPurpose, succession};
use server::clock;

use super::authority::{read_certificate, write_new};
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::read_text;
use crate::output::{self, Row};
use crate::prompt;

const ROOT: &str = "root.pem";
const ISSUING: &str = "issuing.pem";
const TRANSCRIPT: &str = "transcript.txt";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Identifier of the bank
    #[arg(long, value_name = "ID")]
    bank: BankId,
    /// Name of the bank for people
    #[arg(long)]
    name: String,
    /// Suite of the root and of all below it; hsm for a bank whose issuing key is in a token
    #[arg(long, default_value = "standard")]
    suite: Suite,
    /// How many custodians together have the root
    #[arg(long, value_name = "M")]
    threshold: u8,
    /// How many custodians there are
    #[arg(long, value_name = "N")]
    shares: u8,
    /// Request of an issuing key to certify at once, PEM
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// A new folder for the certificates, the shares and the transcript
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Passphrases of the custodians, one a line, instead of asking: for rehearsals
    #[arg(long, value_name = "FILE")]
    custodians: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SignArgs {
    /// Identifier of the bank
    #[arg(long, value_name = "ID")]
    bank: BankId,
    /// Certificate of the root, PEM, or the bank's trust file
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// A custodian's share; once for each
    #[arg(long = "share", value_name = "FILE", required_unless_present = "root_key")]
    shares: Vec<PathBuf>,
    /// The whole root, of a bank that was founded without a ceremony, instead of shares
    #[arg(long, value_name = "FILE", conflicts_with_all = ["shares", "custodians"])]
    root_key: Option<PathBuf>,
    /// Request of an issuing key, PEM
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Where to write its certificate, PEM; the transcript goes beside it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Passphrases of the custodians, one a line in the order of the shares, instead of asking: for rehearsals
    #[arg(long, value_name = "FILE")]
    custodians: Option<PathBuf>,
}

/// What was done, with fingerprints and without secrets.
struct Transcript(String);

impl Transcript {
    fn begin(what: &str, bank: &BankId) -> Self {
        let mut transcript = Self(String::new());
        transcript.note(&format!("{what} of {bank}, strongroom {}", env!("CARGO_PKG_VERSION")));
        transcript
    }

    fn note(&mut self, what: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{} {what}", clock::now());
        eprintln!("{what}");
    }
}

/// Passphrases from a file, or from the people.
struct Custodians(Option<std::vec::IntoIter<SecretBytes>>);

impl Custodians {
    fn of(file: Option<&Path>) -> Result<Self, Failure> {
        let lines = file.map(read_text).transpose()?;
        let secret = |line: &str| SecretBytes::new(line.as_bytes().to_vec());
        Ok(Self(lines.map(|text| text.lines().map(secret).collect::<Vec<_>>().into_iter())))
    }

    fn next(
        &mut self,
        ask: impl FnOnce() -> Result<SecretBytes, Failure>,
    ) -> Result<SecretBytes, Failure> {
        match &mut self.0 {
            None => ask(),
            Some(lines) => lines.next().ok_or_else(|| {
                Failure::usage("the file of the custodians has fewer lines than there are shares")
            }),
        }
    }
}

/// Makes the root, hands its shares out, reads each back, and only then lets it sign.
pub(crate) fn run(globals: &Globals, args: &Args) -> Result<Exit, Failure> {
    let plan = ceremony::Plan {
        bank: args.bank.clone(),
        name: args.name.clone(),
        suite: args.suite,
        threshold: args.threshold,
        shares: args.shares,
    };
    // Before anything is made that could come to nothing.
    let request = args.request.as_deref().map(read_request).transpose()?;
    prompt::confirm(
        globals,
        &format!(
            "make a root of suite {} for {} in {} shares, of which {} together are the root\n\
             this machine should be on no network, and the custodians in this room",
            args.suite, args.bank, args.shares, args.threshold
        ),
    )?;
    std::fs::create_dir(&args.out).map_err(|error| Failure::file(args.out.display(), &error))?;
    let mut transcript = Transcript::begin("ceremony", &args.bank);
    let dealt = ceremony::deal(&plan, clock::now()).map_err(refused)?;
    let root = &dealt.root;
    transcript.note(&format!(
        "made a root of suite {}; {} of {} shares are the root",
        args.suite, args.threshold, args.shares
    ));
    transcript.note(&format!("root certificate SHA3-256 {}", root.fingerprint()));
    eprintln!("everybody: write this fingerprint down");
    let read = hand_out(globals, args, &dealt.shares, &mut transcript)?;
    let key = rebuild(root, &read, usize::from(args.threshold))?;
    transcript.note("the root was put together from shares as read back, and is the root");
    write_new(&args.out.join(ROOT), root.to_pem().as_bytes())?;
    let issuing = match &request {
        Some(request) => {
            Some(answer(root, &key, request, &args.out.join(ISSUING), &mut transcript)?)
        }
        None => None,
    };
    drop((key, read, dealt.shares));
    write_new(&args.out.join(TRANSCRIPT), transcript.0.as_bytes())?;
    eprintln!("each custodian takes their share away; leave no copy of a share on this machine");
    let row = Row::new()
        .text("root", root.fingerprint().to_string())
        .maybe("issuing", issuing.map(|issuing| issuing.fingerprint().to_string()))
        .text("folder", args.out.display().to_string());
    output::one(globals.output, &row)
}

/// Each share into its file under its custodian's passphrase, and out of it again.
fn hand_out(
    globals: &Globals,
    args: &Args,
    shares: &[Share],
    transcript: &mut Transcript,
) -> Result<Vec<Share>, Failure> {
    let mut custodians = Custodians::of(args.custodians.as_deref())?;
    let mut read = Vec::with_capacity(shares.len());
    for share in shares {
        let (index, hash) = (share.index().map_err(refused)?, share.hash().map_err(refused)?);
        eprintln!("custodian {index} of {}: nobody else looks at the keys", args.shares);
        let path = args.out.join(Share::file_name(index));
        let mut typed = false;
        let passphrase = custodians.next(|| {
            typed = true;
            prompt::custodian_new(globals, index)
        })?;
        prompt::check_length(&passphrase)?;
        share.create(&path, &passphrase).map_err(refused)?;
        let again = if typed { prompt::custodian(globals, index)? } else { passphrase };
        let back = Share::open(&path, &args.bank, &again).map_err(refused)?;
        if back.hash().map_err(refused)? != hash {
            return Err(refused(CeremonyError::Damaged(index)));
        }
        transcript.note(&format!("share {index} written, read back, SHA3-256 {hash}"));
        read.push(back);
    }
    Ok(read)
}

/// Every window of as many shares as it takes, so that each one has served before it is needed.
fn rebuild(root: &Certificate, shares: &[Share], threshold: usize) -> Result<SigningKey, Failure> {
    let mut key = Err(refused(CeremonyError::Plan));
    for some in shares.windows(threshold) {
        key = Ok(ceremony::recover(root, some).map_err(refused)?);
    }
    key
}

/// Certifies a request with the custodians' shares.
pub(crate) fn sign(globals: &Globals, args: &SignArgs) -> Result<Exit, Failure> {
    let root = read_root(&args.root)?;
    let request = read_request(&args.request)?;
    let mut transcript = Transcript::begin("signature by the root", &args.bank);
    transcript.note(&format!("root certificate SHA3-256 {}", root.fingerprint()));
    eprintln!("everybody: compare this with what you wrote down at the ceremony");
    let summary = format!(
        "certify the key {} as {}",
        request.public_key().fingerprint(),
        request.common_name()
    );
    prompt::confirm(globals, &summary)?;
    let key = match &args.root_key {
        Some(path) => whole_root(globals, path, &args.bank)?,
        None => root_of_shares(globals, args, &root, &mut transcript)?,
    };
    let issuing = answer(&root, &key, &request, &args.out, &mut transcript)?;
    drop(key);
    write_new(&args.out.with_extension(TRANSCRIPT), transcript.0.as_bytes())?;
    let row = Row::new()
        .text("root", root.fingerprint().to_string())
        .text("issuing", issuing.fingerprint().to_string())
        .text("certificate", args.out.display().to_string());
    output::one(globals.output, &row)
}

fn whole_root(globals: &Globals, path: &Path, bank: &BankId) -> Result<SigningKey, Failure> {
    let passphrase = prompt::passphrase(globals, "the root")?;
    let failed = |error: &dyn std::error::Error| {
        Failure::new(Exit::Invalid, format!("{} is not the root", path.display()))
            .because(error.to_string())
    };
    let file = KeyFile::open(path, bank, &passphrase).map_err(|error| failed(&error))?;
    let seed = file.secret(KeyPurpose::Root).map_err(|error| failed(&error))?;
    SigningKey::from_seed(file.suite(), seed.expose()).map_err(|error| failed(&error))
}

fn root_of_shares(
    globals: &Globals,
    args: &SignArgs,
    root: &Certificate,
    transcript: &mut Transcript,
) -> Result<SigningKey, Failure> {
    let mut custodians = Custodians::of(args.custodians.as_deref())?;
    let mut shares = Vec::with_capacity(args.shares.len());
    for path in &args.shares {
        let what = path.display();
        let passphrase = custodians.next(|| prompt::share(globals, &what.to_string()))?;
        let share = Share::open(path, &args.bank, &passphrase)
            .map_err(|error| refused(error).because(format!("the share in {what}")))?;
        let (index, hash) = (share.index().map_err(refused)?, share.hash().map_err(refused)?);
        transcript.note(&format!("share {index}, SHA3-256 {hash}"));
        shares.push(share);
    }
    ceremony::recover(root, &shares).map_err(refused)
}

/// The root as a certificate or as a trust file holds it.
fn read_root(path: &Path) -> Result<Certificate, Failure> {
    match Trust::from_json(read_text(path)?.as_bytes()) {
        Ok(trust) => Ok(trust.root),
        Err(_) => read_certificate(path),
    }
}

fn answer(
    root: &Certificate,
    key: &SigningKey,
    request: &VerifiedCsr,
    out: &Path,
    transcript: &mut Transcript,
) -> Result<Certificate, Failure> {
    let issuing = succession::certify(root, key, request, clock::now())
        .map_err(|error| Failure::unexpected("the root did not certify the request", &error))?;
    write_new(out, issuing.to_pem().as_bytes())?;
    transcript.note(&format!(
        "certified {} until {}",
        issuing.subject(),
        intent::UtcMicros::from_micros(issuing.not_after_s().saturating_mul(1_000_000))
    ));
    transcript.note(&format!("issuing certificate SHA3-256 {}", issuing.fingerprint()));
    Ok(issuing)
}

fn read_request(path: &Path) -> Result<VerifiedCsr, Failure> {
    let request = Csr::from_pem(&read_text(path)?).and_then(Csr::verify);
    request.map_err(|error| {
        Failure::usage(format!("{} is not a request", path.display())).because(error.to_string())
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn refused(error: CeremonyError) -> Failure {
    match error {
        CeremonyError::Plan => Failure::usage(error.to_string()),
        CeremonyError::Damaged(_)
        | CeremonyError::OtherRoot(_)
        | CeremonyError::Twice(_)
        | CeremonyError::Disagree
        | CeremonyError::TooFew { .. }
        | CeremonyError::Malformed
        | CeremonyError::NotTheRoot
        | CeremonyError::KeyFile(_) => Failure::new(Exit::Invalid, error.to_string()),
        CeremonyError::Authority(_) | CeremonyError::Crypto(_) => {
            Failure::unexpected("the ceremony did not go on", &error)
        }
    }
}
