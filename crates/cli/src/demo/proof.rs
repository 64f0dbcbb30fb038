//! After the day: every receipt judged offline, every balance compared with the plan, the log as the bank shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::thread;

use client::{ClientError, Session, Trust, verify_receipt};
use indicatif::ProgressBar;
use intent::Receipt;
use ledger::AccountId;
use money::AssetCode;
use server::bank::TrustFile;
use server::verify::{self, Report};
use tlog::Checkpoint;

use super::house::House;
use super::plan::Plan;
use super::tally::Kept;
use crate::failure::Failure;

/// Where the bank shows its newest checkpoint.
const CHECKPOINT: &str = "/api/log/checkpoint";

/// Verifies receipts by the trust file and the signers' certificates alone, on all cores: the checkpoint's signatures,
/// the place in the log, every group, the certificate path and the intent's own signature. The failures, in words.
pub(super) async fn receipts(
    kept: Vec<Kept>,
    trust: Trust,
    bar: ProgressBar,
) -> Result<Vec<String>, Failure> {
    let judged = tokio::task::spawn_blocking(move || {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let share = kept.len().div_ceil(cores).max(1);
        thread::scope(|scope| {
            let workers: Vec<_> = kept
                .chunks(share)
                .map(|chunk| scope.spawn(|| judge(chunk, &trust, &bar)))
                .collect();
            workers.into_iter().map(thread::ScopedJoinHandle::join).collect::<Result<Vec<_>, _>>()
        })
    });
    let judged = judged.await.map_err(|error| Failure::unexpected("receipts broke off", &error))?;
    match judged {
        Ok(failures) => Ok(failures.concat()),
        Err(_) => Ok(vec!["the verification of the receipts broke off".to_owned()]),
    }
}

fn judge(kept: &[Kept], trust: &Trust, bar: &ProgressBar) -> Vec<String> {
    let mut failures = Vec::new();
    for one in kept {
        if let Err(error) = judge_one(one, trust) {
            failures.push(format!("receipt of intent {}: {error}", one.receipt.intent_id));
        }
        bar.inc(1);
    }
    failures
}

fn judge_one(kept: &Kept, trust: &Trust) -> Result<(), ClientError> {
    if verify_receipt(&with_certificates(kept)?, trust)?.signature_checked {
        Ok(())
    } else {
        Err(ClientError::Answer { what: "receipt without the intent's signature" })
    }
}

/// The receipt as its holder hands it on: with the certificates that lead from the signature to the root.
fn with_certificates(kept: &Kept) -> Result<Receipt, ClientError> {
    let certificates = kept.holder.certificates().ok_or(ClientError::NotEnrolled)?;
    let path = [&certificates.holder, &certificates.issuing, &certificates.root];
    let mut receipt = kept.receipt.clone();
    receipt.certificates = path.map(|certificate| certificate.der().to_vec()).to_vec();
    Ok(receipt)
}

/// Compares every customer's balances, as the auditor sees them, with what the plan says they must be.
pub(super) async fn balances(
    auditor: &Session,
    plan: &Plan,
    accounts: &[BTreeMap<AssetCode, AccountId>],
) -> Result<Vec<String>, ClientError> {
    let seen = auditor.accounts().await?;
    let mut differences = Vec::new();
    for (customer, accounts) in plan.customers.iter().zip(accounts) {
        for (asset, account) in accounts {
            let id = account.to_string();
            let shown = seen.iter().find(|view| view.id == id).map(|view| view.balance.as_str());
            let planned = customer.closing.get(asset).map(|amount| amount.minor().to_string());
            if shown != planned.as_deref() {
                let (shown, planned) = (shown.unwrap_or("nothing"), planned.unwrap_or_default());
                differences.push(format!(
                    "account {id} of {}: {shown} minor units of {asset}, {planned} planned",
                    customer.name
                ));
            }
        }
    }
    Ok(differences)
}

/// The newest checkpoint, verified by the trust.
pub(super) async fn checkpoint(session: &Session) -> Result<Checkpoint, ClientError> {
    let note = session.request(http::Method::GET, CHECKPOINT, Vec::new()).await?;
    let note = String::from_utf8(note).map_err(|_| ClientError::Answer { what: "checkpoint" })?;
    Ok(session.bank().trust().verifier.verify(&note)?)
}

/// One receipt of each outcome, by the name of its file.
pub(super) fn samples(kept: &[Kept]) -> Vec<(String, Vec<u8>)> {
    let mut seen = BTreeSet::new();
    kept.iter()
        .filter(|one| seen.insert(one.receipt.code.clone()))
        .filter_map(|one| {
            let receipt = with_certificates(one).ok()?;
            Some((format!("{}.json", receipt.code), receipt.to_json()))
        })
        .collect()
}

/// Replays the whole log and holds the ledger against it, from the trust file and the database alone; the log must also
/// continue `seen`, a checkpoint that a customer was given during the day.
pub(super) async fn whole(
    house: &House,
    seen: Option<String>,
    bar: &ProgressBar,
) -> Result<Report, Failure> {
    let file = TrustFile::from_text(&house.trust_text()?)
        .map_err(|error| Failure::unexpected("the trust file does not read", &error))?;
    let trust: verify::Trust = file.into();
    let trust = seen.into_iter().fold(trust, verify::Trust::pin);
    let source = verify::Source::new(house.auditor_url().clone());
    let progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    verify::verify(&source, &trust, &progress)
        .await
        .map_err(|error| Failure::unexpected("log and ledger cannot be read", &error))
}
