//! `roles`: who may do what.

use client::{RoleView, Wish};
use intent::{Role, UserId};

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::output::{self, Row};
use crate::prompt;
use crate::receipts;

/// List roles, define custom ones and grant them
///
/// A custom role is a named part of one built-in role: it only ever takes away. Whoever holds custom roles may do what
/// these hold together, and what everybody may; whoever holds none may do what the built-in role says.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  strongroom roles list
  strongroom roles define teller --base manager --permissions accounts:read,accounts:open
  strongroom roles grant 01a2012d-154f-76ef-aaf8-3e396effab1e teller
  strongroom roles grant 01a2012d-154f-76ef-aaf8-3e396effab1e teller --lift
  strongroom roles define teller --base manager --end")]
pub(crate) enum Command {
    /// The built-in roles and the custom ones, with what they may do
    List {
        /// The custom roles with those who hold them; administrators only
        #[arg(long)]
        holders: bool,
    },
    /// Define a custom role, change what it holds, or end it; administrators only
    ///
    /// It counts at once, for everybody who holds it, on every server. The base of a role is for good.
    Define {
        /// Name of the role
        name: String,
        /// Built-in role that it is a part of
        #[arg(long)]
        base: Role,
        /// What its holders may do; `strongroom roles list` shows what the base holds
        #[arg(long, value_delimiter = ',', required_unless_present = "end")]
        permissions: Vec<String>,
        /// End the role: it gives nothing any more
        #[arg(long, conflicts_with = "permissions")]
        end: bool,
    },
    /// Narrow a person to a custom role, or lift that; administrators only, and never for themselves
    Grant {
        /// Whom
        user: UserId,
        /// Name of the role
        name: String,
        /// Take the role away again
        #[arg(long)]
        lift: bool,
    },
}

pub(crate) async fn run(globals: &Globals, command: Command) -> Result<Exit, Failure> {
    let holder = Holder::open(globals).await?;
    match command {
        Command::List { holders: false } => {
            let rows: Vec<_> = holder.session.roles().await?.into_iter().map(row).collect();
            output::list(globals.output, &rows, "no roles")
        }
        Command::List { holders: true } => {
            let roles = holder.session.roles_with_holders().await?;
            let with_holders = |role: RoleView| {
                let holders = role.holders.clone();
                row(role).words("holders", &holders)
            };
            let rows: Vec<_> = roles.into_iter().map(with_holders).collect();
            output::list(globals.output, &rows, "no custom roles")
        }
        Command::Define { name, base, permissions, end } => {
            let what = if end {
                format!("end the role {name}: it gives its holders nothing any more")
            } else {
                format!("define the role {name} of {base}: {}", permissions.join(", "))
            };
            prompt::confirm(globals, &what)?;
            let settled =
                holder.submit(Wish::define_role(name.clone(), base, permissions, !end)).await?;
            output::one(globals.output, &receipts::settled(&settled).text("role", name))
        }
        Command::Grant { user, name, lift } => {
            let what = if lift { "take from" } else { "narrow" };
            prompt::confirm(globals, &format!("{what} {user}: the role {name}"))?;
            let settled = holder.submit(Wish::grant_role(user, name.clone(), !lift)).await?;
            let row = receipts::settled(&settled).text("user", user.to_string()).text("role", name);
            output::one(globals.output, &row)
        }
    }
}

fn row(role: RoleView) -> Row {
    Row::new()
        .text("name", role.name)
        .flag("built_in", role.built_in)
        .text("base", role.base)
        .flag("active", role.active)
        .words("permissions", &role.permissions)
}
