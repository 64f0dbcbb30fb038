//! Intents that wait together: what they weigh, by what they are known, and how they are answered.

use std::collections::HashSet;

use uuid::Uuid;

use super::Fault;
use super::submission::{Job, Queued, Settled};
use crate::telemetry as names;

/// What each of these is known by: its id and its very bytes.
pub(super) fn documents(jobs: &[Job]) -> impl Iterator<Item = (Uuid, &[u8])> {
    jobs.iter().map(|job| (job.intent.get().id().get(), job.intent.get().canonical()))
}

/// The same id twice in one batch: the later one is answered from the earlier one's record, after its commit.
pub(super) fn set_repeated_ids_aside(jobs: &mut Vec<Job>) -> Vec<Job> {
    let mut seen = HashSet::with_capacity(jobs.len());
    let (first, later) = jobs.drain(..).partition(|job| seen.insert(job.intent.get().id()));
    *jobs = first;
    later
}

pub(super) fn answer_all(jobs: Vec<Job>, outcome: Result<Vec<Result<Settled, Fault>>, Fault>) {
    match outcome {
        Ok(answers) => {
            for (job, answer) in jobs.into_iter().zip(answers) {
                count(&job, &answer);
                // Whoever asked may have gone; the outcome stands and is told when they ask again.
                let _ = job.reply.send(answer);
            }
        }
        Err(fault) => {
            for job in jobs {
                let _ = job.reply.send(Err(fault.duplicate()));
            }
        }
    }
}

fn count(job: &Job, answer: &Result<Settled, Fault>) {
    if let Ok(settled) = answer
        && !settled.replayed
    {
        let labels = [
            ("kind", job.intent.get().kind().name().to_owned()),
            ("code", settled.effects.code.clone()),
        ];
        metrics::counter!(names::INTENTS, &labels).increment(1);
        if let Some(risk) = &settled.effects.risk {
            metrics::counter!(names::RISK_VERDICTS, "action" => risk.action.clone()).increment(1);
        }
    }
}

pub(super) fn weight(job: &Queued) -> usize {
    match job {
        Queued::Intent(job) => match job.intent.get().body() {
            intent::Body::TransferBatch { items, .. }
            | intent::Body::PaymentsFile { items, .. } => items.len(),
            _ => 1,
        },
        Queued::Event(_) | Queued::Rehearsal(_) => 1,
    }
}

pub(super) fn float(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}
