//! `webhooks`: where the bank tells what happens.

use client::{WebhookView, Wish};
use uuid::Uuid;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

/// List, set and replay webhooks; administrators only
///
/// The bank tells each endpoint what happens in the order of its log, at least once, signed as in the Standard Webhooks
/// specification. An endpoint that fails is tried again with growing pauses; after three days it is paused until you replay it.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom webhooks set https://erp.example.org/bank --kinds transfer,transfer.batch
  strongroom webhooks list
  strongroom webhooks replay 01a2012d-154f-76ef-aaf8-3e396effab1e --after 4711")]
pub(crate) enum Command {
    /// Every endpoint, and how its deliveries stand
    List,
    /// Add an endpoint, change it, give it a new secret, or end it
    ///
    /// The answer to a new endpoint or --new-secret has the secret, this once: whoever receives the messages checks them with
    /// it. The secret before it is used beside the new one for a day. The address must be https on port 443 and public,
    /// unless the operator allowed its network with STRONGROOM_WEBHOOK_NETWORKS.
    #[command(after_help = "\
Examples:
  strongroom webhooks set https://erp.example.org/bank
  strongroom webhooks set https://erp.example.org/bank --id 01a2012d-154f-76ef-aaf8-3e396effab1e --new-secret
  strongroom webhooks set https://erp.example.org/bank --id 01a2012d-154f-76ef-aaf8-3e396effab1e --off")]
    Set {
        /// Where it is
        url: String,
        /// Which endpoint to change; a new one where it is left out
        #[arg(long, value_name = "WEBHOOK")]
        id: Option<Uuid>,
        /// Kinds of intents and events that it is told of; all where it is left out
        #[arg(long, value_delimiter = ',')]
        kinds: Vec<String>,
        /// Make a new secret
        #[arg(long, requires = "id")]
        new_secret: bool,
        /// Tell it nothing any more
        #[arg(long, requires = "id")]
        off: bool,
    },
    /// Tell an endpoint again, or have a paused one go on
    Replay {
        /// Which endpoint
        id: Uuid,
        /// Tell again what came after this leaf; where it is left out, go on where the deliveries stand
        #[arg(long, value_name = "LEAF")]
        after: Option<u64>,
    },
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    match command {
        Command::List => {
            let rows: Vec<_> = holder.session.webhooks().await?.into_iter().map(row).collect();
            output::list(globals.output, &rows, "no webhooks")
        }
        Command::Set { url, id, mut kinds, new_secret, off } => {
            let what = if off { "tell nothing any more" } else { "tell what happens" };
            prompt::confirm(globals, &format!("{what}: {url}"))?;
            kinds.sort();
            kinds.dedup();
            let id = id.unwrap_or_else(Uuid::now_v7);
            let settled =
                holder.submit(Wish::set_webhook(id, url, kinds, !off, new_secret)).await?;
            let secret = settled.extra.get("secret").and_then(serde_json::Value::as_str);
            let row = receipts::settled(&settled).text("webhook", id.to_string());
            output::one(globals.output, &row.maybe("secret", secret))
        }
        Command::Replay { id, after } => {
            holder.session.replay_webhook(id, after).await?;
            eprintln!("it is told at once");
            Ok(Exit::Ok)
        }
    }
}

fn row(webhook: WebhookView) -> Row {
    Row::new()
        .text("webhook", webhook.webhook)
        .text("url", webhook.url)
        .words("kinds", &webhook.kinds)
        .text("status", webhook.status)
        .text("next", webhook.next)
        .text("behind", webhook.behind)
        .text("failures", webhook.failures.to_string())
        .maybe("last_result", webhook.last_result)
        .maybe("retry_at", webhook.retry_at)
}
