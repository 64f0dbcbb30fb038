//! From the first enrolment to the last proof.

use std::sync::Arc;

use client::{ClientError, Identity, Session};
use server::bank::Invitation;
use server::verify::Report;
use tlog::Checkpoint;
use tokio::sync::Mutex;

use super::Args;
use super::cast::{self, Cast, KeptProfile, ORDINARY};
use super::day::{self, Actor, Evening, Stage};
use super::guide;
use super::house::House;
use super::phases::{Phases, millis};
use super::plan::Plan;
use super::proof;
use super::report::{Latency, Shown, Summary};
use super::stories::{self, Told};
use super::tally::Tally;
use super::ways_in::{self, Tried};
use crate::failure::Failure;

/// What there is when it is over.
pub(super) struct After {
    pub(super) summary: Summary,
    pub(super) profiles: Vec<KeptProfile>,
    /// Those of the profiles, with their keys.
    pub(super) people: Vec<(KeptProfile, Arc<Identity>)>,
}

/// Runs the whole business of `house`.
pub(super) async fn run(
    house: &House,
    invitations: Vec<Invitation>,
    args: &Args,
    mut clock: Phases,
) -> Result<After, Failure> {
    let [customers, intents, clients] = [args.customers, args.intents, args.clients]
        .map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    let plan = Plan::new(customers, intents, args.seed)
        .map_err(|error| Failure::unexpected("the day cannot be planned", &error))?;
    let bank = house.connect()?;

    let people = invitations.len().saturating_add(customers);
    let bar = clock.begin("enrolment", Some(people));
    let Cast { manager, auditor, admin, customers, accounts } =
        Cast::assemble(&bank, invitations, &plan, &bar).await?;
    clock.end(&bar);

    let bar = clock.begin("business day", Some(intents));
    let scripts = plan.customers.iter().map(|customer| customer.steps.clone());
    let actors = customers.into_iter().zip(scripts).enumerate();
    let actors = actors.map(|(index, (session, steps))| Actor { index, session, steps }).collect();
    let stage = Arc::new(Stage { accounts, manager: Mutex::new(manager), bar: bar.clone() });
    let mut evening = day::run(actors, Arc::clone(&stage), clients).await?;
    clock.end(&bar);
    let tally = &mut evening.tally;
    if tally.submitted != plan.intents() {
        let (sent, planned) = (tally.submitted, plan.intents());
        tally.surprise(format!("{sent} intents were handed in, {planned} planned"));
    }
    for difference in proof::balances(&auditor, &plan, &stage.accounts).await? {
        tally.surprise(difference);
    }
    let bar = clock.begin("ways in", None);
    let ways_in = ways_in(&evening.actors, &plan).await;
    clock.end(&bar);
    let tally = &mut evening.tally;
    if let Err(error) = &ways_in {
        tally.surprise(format!("a way to sign in: {error}"));
    }
    let bar = clock.begin("stories", None);
    let stories = stories::tell(&bank, &*stage.manager.lock().await, &admin).await;
    clock.end(&bar);
    if let Err(error) = &stories {
        tally.surprise(format!("a story: {error}"));
    }
    let samples = proof::samples(&tally.receipts);
    let proven = prove(house, &auditor, tally, &mut clock).await?;

    let (profiles, people) = if args.once && !house.is_kept() {
        (Vec::new(), Vec::new())
    } else {
        let manager = stage.manager.lock().await;
        let sessions = evening.actors.iter().map(|actor| &actor.session);
        let people = cast::memorable([&manager, &auditor, &admin], sessions);
        let folder = guide::people_folder(house);
        guide::keep_samples(&folder, &samples)?;
        (cast::keep(house, &folder, people.clone())?, people)
    };
    Ok(After {
        summary: summarise(
            args,
            &evening,
            proven,
            (ways_in.unwrap_or_default(), stories.unwrap_or_default()),
            clock,
        ),
        profiles,
        people,
    })
}

/// An ordinary customer tries every way to sign in without a browser.
async fn ways_in(actors: &[Actor], plan: &Plan) -> Result<Vec<Tried>, ClientError> {
    let person = ORDINARY;
    let session = actors.iter().find(|actor| actor.index == person).map(|actor| &actor.session);
    let customer = plan.customers.get(person);
    let (Some(session), Some(customer)) = (session, customer) else {
        return Err(ClientError::Answer { what: "customer of the plan" });
    };
    ways_in::walk(session, &customer.email).await
}

/// What was proved after the day.
struct Proven {
    receipts: u64,
    checkpoint: Checkpoint,
    report: Report,
}

async fn prove(
    house: &House,
    auditor: &Session,
    tally: &mut Tally,
    clock: &mut Phases,
) -> Result<Proven, Failure> {
    let kept = std::mem::take(&mut tally.receipts);
    let seen = kept.first().map(|first| first.receipt.checkpoint.clone());
    let count = kept.len();
    let bar = clock.begin("receipts", Some(count));
    let failures = proof::receipts(kept, house.trust()?, bar.clone()).await?;
    clock.end(&bar);
    let receipts = u64::try_from(count.saturating_sub(failures.len())).unwrap_or(u64::MAX);
    for failure in failures {
        tally.surprise(failure);
    }
    let checkpoint = proof::checkpoint(auditor).await?;
    let bar = clock.begin("verify", Some(count));
    let report = proof::whole(house, seen, &bar).await?;
    clock.end(&bar);
    if report.size != checkpoint.size.get() || report.root != checkpoint.root.to_base64() {
        tally.surprise(format!(
            "the verified log of {} leaves is not the one whose checkpoint the bank shows",
            report.size
        ));
    }
    Ok(Proven { receipts, checkpoint, report })
}

fn summarise(
    args: &Args,
    evening: &Evening,
    proven: Proven,
    (ways_in, stories): (Vec<Tried>, Vec<Told>),
    clock: Phases,
) -> Summary {
    let Evening { tally, took, .. } = evening;
    let Proven { receipts, checkpoint, report } = proven;
    let (surprises_count, surprises) = tally.surprises();
    let transfers = u32::try_from(tally.transfers).unwrap_or(u32::MAX);
    Summary {
        ok: report.ok && surprises_count == 0,
        seed: args.seed,
        customers: args.customers.into(),
        clients: args.clients.into(),
        submitted: tally.submitted,
        accepted: tally.accepted,
        refused: tally.refused.clone(),
        replayed: tally.replayed,
        transfers: tally.transfers,
        day_ms: millis(*took),
        transfers_per_s: f64::from(transfers) / took.as_secs_f64().max(f64::EPSILON),
        latency_us: Latency {
            p50: tally.latency_us_at(50.0),
            p99: tally.latency_us_at(99.0),
            max: tally.latency_us_at(100.0),
        },
        log_size: checkpoint.size.get(),
        checkpoint: Shown {
            origin: checkpoint.origin.to_string(),
            size: checkpoint.size.get(),
            root: checkpoint.root.to_base64(),
        },
        ways_in,
        stories,
        receipts_verified: receipts,
        verify: report,
        phases_ms: clock.done,
        surprises_count,
        surprises: surprises.to_vec(),
    }
}
