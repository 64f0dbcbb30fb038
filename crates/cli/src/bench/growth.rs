//! What growth costs: the same payments in a bank of more accounts, of a longer history, of a longer log.
//!
//! | part | does |
//! |---|---|
//! | [`figures`] | table, JSON, picture |
//! | [`verification`] | how long `verify` takes |
//!
//! Two banks, one after the other, each on a cluster of its own. In the first, accounts are filled in by SQL: they stand in no
//! log, and `verify` would rightly call them forged. In the second everything came through the corridor, so that it can be
//! verified, and what a history costs is not mixed with what many accounts cost. Both begin as the same small bank: how far
//! their first points are apart says how far any two points may be apart for no reason.

mod figures;
mod verification;

use self::figures::{Grown, Growth, Point};
use super::Args;
use super::field::Field;
use super::fill;
use super::load::Scenario;
use super::report::{Medians, median, spread};
use super::size::{self, Needs, Size};
use crate::failure::Failure;

/// The points at which a growing bank is measured; what grows is filled up from one to the next.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "With --growth")]
pub(super) struct Sizes {
    /// Measure when the bank has so many accounts
    #[arg(
        id = "growth_accounts",
        long = "growth-accounts",
        value_name = "N,N",
        value_delimiter = ',',
        default_value = "1k,100k,10M",
        requires = "growth"
    )]
    accounts: Vec<Size>,

    /// Measure, and time `verify`, when so many transfers have been posted in batches of 1,000
    #[arg(
        id = "growth_history",
        long = "growth-history",
        value_name = "N,N",
        value_delimiter = ',',
        default_value = "0,1M,10M",
        requires = "growth"
    )]
    history: Vec<Size>,

    /// After the history, measure and time `verify` when single transfers have made the log so long: 1M leaves take about 10 GB
    #[arg(
        id = "growth_leaves",
        long = "growth-leaves",
        value_name = "N,N",
        value_delimiter = ',',
        requires = "growth"
    )]
    leaves: Vec<Size>,
}

/// Measures `single` at each point, and `verify` where everything stands in the log.
///
/// # Errors
///
/// [`Failure`] before anything is done where the sizes cannot be grown through or their disk is not free; else where something
/// that is filled in is refused, or `verify` finds something.
pub(super) async fn measure(args: &Args) -> Result<Growth, Failure> {
    let sizes = &args.growth_sizes;
    sizes.check(args)?;
    size::check_disk(&std::env::temp_dir(), sizes.bytes(args))?;
    let mut growth = Growth::new(args.seconds, args.rounds.max(1));
    accounts(args, &mut growth).await?;
    history(args, &mut growth).await?;
    Ok(growth)
}

/// The bank whose accounts grow.
async fn accounts(args: &Args, growth: &mut Growth) -> Result<(), Failure> {
    let mut field = prepare(args).await?;
    growth.durability = field.durability()?;
    let mut there = args.paying_accounts();
    for size in &args.growth_sizes.accounts {
        let more = size.get().saturating_sub(there);
        let filled = if more > 0 { Some(fill::accounts(&mut field, more).await?) } else { None };
        there = size.get();
        let point = point(&field, (Grown::Accounts, *size), filled, args).await?;
        growth.add(point);
    }
    growth.conserved &= field.verify_conservation()?;
    field.stop().await;
    Ok(())
}

/// The bank whose history grows, then its log.
async fn history(args: &Args, growth: &mut Growth) -> Result<(), Failure> {
    let field = prepare(args).await?;
    let mut there = 0;
    for size in &args.growth_sizes.history {
        let more = size.get().saturating_sub(there);
        let filled = if more > 0 { Some(fill::history(&field, more).await?) } else { None };
        there = size.get();
        let mut point = point(&field, (Grown::History, *size), filled, args).await?;
        point.verified = Some(verification::run(&field).await?);
        growth.add(point);
    }
    for size in &args.growth_sizes.leaves {
        let connections = usize::try_from(args.connections).unwrap_or(usize::MAX);
        let filled = fill::leaves(&field, size.count(), connections).await?;
        let mut point = point(&field, (Grown::Leaves, *size), Some(filled), args).await?;
        point.verified = Some(verification::run(&field).await?);
        growth.add(point);
    }
    growth.conserved &= field.verify_conservation()?;
    field.stop().await;
    Ok(())
}

async fn prepare(args: &Args) -> Result<Field, Failure> {
    eprintln!("bench: starting a server and a private cluster");
    let form = args.bodies.form();
    let field = Field::prepare(args.signers.max(2), args.accounts.max(1), form).await?;
    field.prepare_pgbench()?;
    Ok(field)
}

/// Rounds of pgbench, `single`, pgbench in the bank as it is now.
async fn point(
    field: &Field,
    (grown, size): (Grown, Size),
    filled_per_s: Option<f64>,
    args: &Args,
) -> Result<Point, Failure> {
    field.tidy_up()?;
    field.settle_wal()?;
    let (transfers, leaves) = (field.transfers()?, field.leaves()?);
    let (mut pgbench_tps, mut rounds) = (Vec::new(), Vec::new());
    for round in 1..=args.rounds.max(1) {
        eprintln!("bench: {size} {}, round {round}", grown.name());
        field.checkpoint()?;
        pgbench_tps.push(field.tpc_b(args.seconds)?);
        rounds.push(super::measure(field, Scenario::Single, args).await?);
        pgbench_tps.push(field.tpc_b(args.seconds)?);
    }
    Ok(Point {
        grown,
        size,
        transfers,
        leaves,
        filled_per_s,
        pgbench_tps: median(&pgbench_tps),
        pgbench_spread: spread(&pgbench_tps),
        single: Medians::of(&rounds.iter().collect::<Vec<_>>()),
        verified: None,
    })
}

impl Sizes {
    fn check(&self, args: &Args) -> Result<(), Failure> {
        for sizes in [&self.accounts, &self.history, &self.leaves] {
            if !size::are_growing(sizes) {
                return Err(Failure::usage("each size must be larger than the one before it"));
            }
        }
        let paying = Size::new(args.paying_accounts());
        if self.accounts.first().is_some_and(|least| *least < paying) {
            let what = format!("the bank has {paying} accounts to begin with, which pay");
            return Err(Failure::usage(what)
                .next("ask for as many, or for fewer by --signers and --accounts"));
        }
        Ok(())
    }

    /// What the larger of the two banks takes: the first one's disk is free before the second begins.
    fn bytes(&self, args: &Args) -> u64 {
        let largest = |sizes: &[Size]| sizes.last().copied().unwrap_or_default().count();
        let measured = |points: usize| {
            let points = u64::try_from(points).unwrap_or(u64::MAX);
            Needs::of_measurements(points.saturating_mul(args.rounds.max(1).into()), args.seconds)
        };
        let accounts = Needs { accounts: largest(&self.accounts), ..Needs::default() }
            .and(measured(self.accounts.len()));
        let history =
            Needs { accounts: 0, transfers: largest(&self.history), leaves: largest(&self.leaves) }
                .and(measured(self.history.len().saturating_add(self.leaves.len())));
        accounts.bytes().max(history.bytes())
    }
}
