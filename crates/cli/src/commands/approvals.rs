//! `approvals`: payments that wait for a person.

use client::{ApprovalView, Wish};
use intent::{ApprovalDecision, IntentId};

use crate::amount::show_minor;
use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

/// Payments that wait for a person: look at them, decide them
///
/// Large payments, and those that the risk engine holds back, wait for a manager. Their money is kept aside until then.
/// Whoever made a payment cannot decide it; where two must approve, they are two people.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom approvals list --profile manager
  strongroom approvals approve 019aa000-0000-7000-8000-000000000001 --reason 'called her' --profile manager
  strongroom approvals list --status rejected")]
pub(crate) enum Command {
    /// Payments that wait, longest first; customers see their own
    List {
        /// waiting, approved, rejected or expired
        #[arg(long, default_value = "waiting")]
        status: String,
    },
    /// Let a payment go; managers only
    Approve(Decision),
    /// Give a payment's money back; managers only
    Reject(Decision),
    /// Ask for a second person; managers only
    Escalate(Decision),
}

/// A payment and why it is decided so.
#[derive(Debug, clap::Args)]
pub(crate) struct Decision {
    /// The payment; `strongroom approvals list` shows it
    payment: IntentId,
    /// Why, for the record: 1 to 140 characters
    #[arg(long)]
    reason: String,
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List { status } => {
            let holder = Holder::open(globals).await?;
            let found = holder.session.approvals(&status).await?;
            let rows: Vec<_> = found.iter().map(row).collect();
            output::list(globals.output, &rows, &format!("no payments are {status}"))
        }
        Command::Approve(of) => decide(globals, ApprovalDecision::Approve, of).await,
        Command::Reject(of) => decide(globals, ApprovalDecision::Reject, of).await,
        Command::Escalate(of) => decide(globals, ApprovalDecision::Escalate, of).await,
    }
}

async fn decide(
    globals: &Globals,
    decision: ApprovalDecision,
    of: Decision,
) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let question = format!("{} payment {}: {}", decision.name(), of.payment, of.reason);
    prompt::confirm(globals, &question)?;
    let settled = holder.submit(Wish::decide(of.payment, decision, of.reason)).await?;
    let row = receipts::settled(&settled).text("payment", of.payment.to_string());
    output::one(globals.output, &row)
}

fn row(view: &ApprovalView) -> Row {
    Row::new()
        .text("payment", view.payment.clone())
        .number("amount", show_minor(&view.amount, &view.asset, None), view.amount.clone())
        .text("cause", view.cause.clone())
        .text("approvers", view.approvers.clone())
        .text("status", view.status.clone())
        .text("maker", view.maker.clone())
        .text("placed_at", view.placed_at.clone())
        .text("expires_at", view.expires_at.clone())
        .maybe("first_approver", view.first_approver.clone())
        .maybe("reason", view.reason.clone())
}
