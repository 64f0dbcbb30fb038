//! Reads both sides and compares them.

use bytes::Bytes;
use ledger::AccountNumber;
use messages::external::{ExternalEntry, ExternalStatement, read};
use messages::matching::{Candidate, RULES, Reconciliation, reconcile};
use messages::statement::Line;
use messages::{Account, Limits};
use money::AssetCode;

use crate::App;
use crate::payment_files;
use crate::problem::{Code, Problem};
use crate::sessions::Caller;
use crate::statements::{Found, lines_up_to};

/// Both sides and what became of them.
pub(super) struct Compared {
    pub(super) asset: AssetCode,
    pub(super) ours: Vec<Line>,
    pub(super) theirs: Vec<ExternalEntry>,
    pub(super) found: Reconciliation,
    /// Whether their own numbers add up; `None` where they do not say.
    pub(super) adds_up: Option<bool>,
    /// How many of theirs were left out because they are not booked.
    pub(super) not_booked: usize,
}

/// Compares a statement of somebody else with the entries of a period.
pub(super) async fn compare(
    app: &App,
    caller: &Caller,
    period: &Found,
    file: Bytes,
) -> Result<Compared, Problem> {
    let statements = payment_files::off_thread(move || {
        read(&file, &Limits::PRODUCT).map_err(|error| payment_files::file_refused(&error))
    })
    .await?;
    let number = period.number();
    for statement in &statements {
        refuse_other_account(statement, number)?;
    }
    let lines = lines_up_to(app, caller, period, Limits::PRODUCT.items).await.map_err(|error| {
        tracing::error!(%error, "the entries of a period could not be read");
        Problem::internal()
    })?;
    let Some(ours) = lines else {
        let most = Limits::PRODUCT.items;
        let why = format!("the period has more than {most} entries: choose a shorter one");
        return Err(Problem::malformed("to", why));
    };
    let asset = period.asset();
    let known = |statement: &ExternalStatement| statement.adds_up();
    let adds_up = statements.iter().map(known).reduce(|one, other| Some(one? && other?)).flatten();
    let not_booked = statements.iter().map(|statement| statement.not_booked).sum();
    let theirs: Vec<ExternalEntry> =
        statements.into_iter().flat_map(|statement| statement.entries).collect();
    let own: Vec<Candidate> = ours.iter().map(|line| candidate(line, asset)).collect();
    let their: Vec<Candidate> = theirs.iter().map(Candidate::from).collect();
    // Many entries of one reference and one amount are compared with one another.
    let found = payment_files::off_thread(move || Ok(reconcile(&own, &their, &RULES))).await?;
    Ok(Compared { asset, ours, theirs, found, adds_up, not_booked })
}

/// A statement of another account of this bank is a mistake; of an account elsewhere it may be what is compared.
fn refuse_other_account(
    statement: &ExternalStatement,
    number: AccountNumber,
) -> Result<(), Problem> {
    match statement.account {
        Account::Own(other) if other != number => Err(Problem::new(Code::FileRefused)
            .with_detail(format!("the statement is of account {other}, not of {number}"))),
        _ => Ok(()),
    }
}

/// What other people may know an entry of ours by. Its number on the account is not among it: theirs are numbered too.
fn candidate(line: &Line, currency: AssetCode) -> Candidate {
    let compact: String = line.transfer_id.chars().filter(|c| *c != '-').collect();
    let references =
        line.end_to_end_id.iter().cloned().chain([line.transfer_id.clone(), compact]).collect();
    Candidate { booking_date: line.booking_date, amount: line.amount, currency, references }
}
