//! `events`: what happens, as it happens.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use client::{BankEvent, ClientError};
use serde_json::Value;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Format};

/// Before a stream that broke off is opened again.
const PAUSE: Duration = Duration::from_secs(2);

/// Follow what happens on your accounts and to you; staff follow what their role may read
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The bank tells each event once and in the order of its log. An event has the index of its leaf; --after takes one, and goes
on behind it without loss. Without --after you are told what happens from now on. Ctrl-C ends it.

With -o jsonl each line is one event, in the form that docs/events.md describes.

Examples:
  strongroom events
  strongroom events --after 0 -o jsonl | jq -r 'select(.kind == \"transfer\") | .movements[].amount'")]
pub(crate) struct Args {
    /// Tell what came after this leaf
    #[arg(long, value_name = "LEAF")]
    after: Option<u64>,

    /// End after so many events
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
}

pub(crate) async fn run(globals: &Globals, args: Args) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    let (mut after, mut left) = (args.after, args.count);
    loop {
        match holder.session.events(after).await {
            Ok(mut events) => {
                // What broke off goes on behind the last event that came.
                while left != Some(0)
                    && let Ok(Some(event)) = events.next().await
                {
                    (after, left) = (Some(event.leaf), left.map(|count| count.saturating_sub(1)));
                    if !show(globals.output, &event)? {
                        return Ok(Exit::Ok);
                    }
                }
            }
            Err(ClientError::Unreachable { .. }) if after.is_some() => {
                eprintln!("the bank does not answer; trying again");
            }
            Err(error) => return Err(error.into()),
        }
        if left == Some(0) {
            return Ok(Exit::Ok);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Shows one event; `false`: nobody reads any more.
fn show(format: Format, event: &BankEvent) -> Result<bool, Failure> {
    let text = match format {
        Format::Json | Format::Jsonl => format!("{}\n", event.document),
        Format::Table | Format::Csv => for_people(event),
    };
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::unexpected("could not write to standard output", &error)),
    }
}

fn for_people(event: &BankEvent) -> String {
    let text = |of: &Value, name: &str| {
        output::plain(of.get(name).and_then(Value::as_str).unwrap_or_default())
    };
    let document = &event.document;
    let (at, kind) = (text(document, "at"), output::plain(&event.kind));
    let mut lines = format!("{at}  {:>8}  {kind:<18} {}\n", event.leaf, text(document, "code"));
    let movements = document.get("movements").and_then(Value::as_array);
    for movement in movements.into_iter().flatten() {
        let [kind, amount, asset, debit, credit] =
            ["kind", "amount", "asset", "debit", "credit"].map(|name| text(movement, name));
        // Writing to a string does not fail.
        let _ = writeln!(lines, "    {kind:<8} {amount} {asset}  {debit} -> {credit}");
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_a_line_and_one_more_for_each_movement() {
        let movement =
            json!({"kind": "post", "amount": "1234", "asset": "EUR", "debit": "a", "credit": "b"});
        let document =
            json!({"at": "2026-01-01T00:00:00.000000Z", "code": "ok", "movements": [movement]});
        let event = BankEvent { leaf: 7, kind: "transfer".to_owned(), document };
        let expected = "2026-01-01T00:00:00.000000Z         7  transfer           ok\n    post     1234 EUR  a -> b\n";
        assert_eq!(for_people(&event), expected);
    }
}
