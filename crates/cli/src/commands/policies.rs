//! `policies`: what the bank allows.

use client::{PolicyView, ProposalView, Wish};
use intent::IntentId;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::policy_value;
use crate::prompt;
use crate::receipts;

/// Limits, thresholds of approvals and of the risk engine: one person proposes, another approves
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom policies list
  strongroom policies propose limits role:customer '{\"per_day\": 20000}' --profile admin
  strongroom policies propose rates pair:EUR/USD '{\"buy\": \"1.0812\", \"sell\": \"1.0934\"}' --profile admin
  strongroom policies proposals --profile manager
  strongroom policies approve 019aa000-0000-7000-8000-000000000001 --profile manager")]
pub(crate) enum Command {
    /// What is in force; what is not listed has its default
    List,
    /// What was proposed
    Proposals,
    /// Propose a policy; managers and the administrator
    Propose {
        /// limits, approvals, risk, interest, fees, rates or calendar
        policy: String,
        /// bank, role:<name>, user:<id>, account:<id>, asset:<code> or pair:<base>/<quote>
        scope: String,
        /// A JSON object; what it leaves out keeps its default
        value: String,
    },
    /// Put in force what somebody else proposed
    Approve {
        /// The proposal; `strongroom policies proposals` shows it
        proposal: IntentId,
    },
    /// Refuse what somebody else proposed
    Refuse {
        /// The proposal
        proposal: IntentId,
    },
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List => {
            let holder = Holder::open(globals).await?;
            let page = holder.session.policies().await?;
            let rows: Vec<_> = page.in_force.iter().map(in_force).collect();
            output::list(globals.output, &rows, "every policy has its default")
        }
        Command::Proposals => {
            let holder = Holder::open(globals).await?;
            let page = holder.session.policies().await?;
            let rows: Vec<_> = page.proposals.iter().map(proposal).collect();
            output::list(globals.output, &rows, "nothing was proposed")
        }
        Command::Propose { policy, scope, value } => {
            let value = policy_value::canonical(&value).map_err(Failure::usage)?;
            let holder = Holder::open(globals).await?;
            prompt::confirm(globals, &format!("propose {policy} for {scope}: {value}"))?;
            let settled = holder.submit(Wish::propose_policy(policy, scope, value)).await?;
            let id = settled.receipt.intent_id.to_string();
            output::one(globals.output, &receipts::settled(&settled).text("proposal", id))
        }
        Command::Approve { proposal } => decide(globals, proposal, true).await,
        Command::Refuse { proposal } => decide(globals, proposal, false).await,
    }
}

async fn decide(globals: &Globals, proposal: IntentId, approved: bool) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let page = holder.session.policies().await?;
    let found = page.proposals.iter().find(|view| view.proposal == proposal.to_string());
    let found = found.ok_or_else(|| Failure::usage("there is no such proposal"))?;
    let verb = if approved { "put in force" } else { "refuse" };
    let what = output::plain(&found.value);
    prompt::confirm(globals, &format!("{verb} {} for {}: {what}", found.policy, found.scope))?;
    let settled = holder.submit(Wish::approve_policy(proposal, approved)).await?;
    output::one(globals.output, &receipts::settled(&settled))
}

fn in_force(view: &PolicyView) -> Row {
    Row::new()
        .text("policy", view.policy.clone())
        .text("scope", view.scope.clone())
        .text("value", view.value.clone())
        .text("since", view.since.clone())
}

fn proposal(view: &ProposalView) -> Row {
    Row::new()
        .text("proposal", view.proposal.clone())
        .text("policy", view.policy.clone())
        .text("scope", view.scope.clone())
        .text("value", view.value.clone())
        .text("status", view.status.clone())
        .text("proposed_by", view.proposed_by.clone())
}
