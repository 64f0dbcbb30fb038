//! The verification from first leaf to last row: one snapshot, one pass over the log, one over the book.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crypto::sha3_256;
use ledger::BookId;
use pki::{Certificate, Chain};
use sqlx::PgConnection;
use tlog::Checkpoint;

use super::compare::{self, Met};
use super::examine::{Corner, Examined, ExaminedCheckpoint, Holder, Holders, on_all_cores};
use super::founding::Founding;
use super::registry::Registry;
use super::replay::{Replay, Written};
use super::report::{Counts, Finding, Findings, Report, Severity, Step};
use super::rows::{CertificateRow, Row};
use super::store::book::AuthorityRow;
use super::store::{self, book};
use super::tree::{self, Tree};
use super::{Progress, Trust, VerifyError};
use crate::authority::issuers::certificate_of;
use crate::authority::rules::AUTHORITIES;
use crate::bank::TrustFile;

/// Leaves read, examined and replayed at once. With evidence about 8 kB each.
const CHUNK: u64 = 512;
/// Bytes of intents and effects in them at most, but for one leaf that has more: a transfer in a batch takes some 200, and while
/// it is examined ten times that.
const CHUNK_BYTES: i64 = 4 * 1024 * 1024;
/// Checkpoints beyond the last record that are named one by one.
const SURPLUS_MAX: usize = 100;

/// A chunk of the log as stored.
struct Chunk {
    first: u64,
    end: u64,
    records: Vec<store::RecordRow>,
    checkpoints: Vec<store::CheckpointRow>,
}

/// A chunk whose records and checkpoints were looked at one by one.
struct ExaminedChunk {
    first: u64,
    end: u64,
    records: Vec<Examined>,
    checkpoints: Vec<ExaminedCheckpoint>,
}

/// Everything that is carried from chunk to chunk.
struct Pass<'a> {
    book: BookId,
    tree: Tree,
    replay: Replay<'a>,
    met: Met,
    counts: Counts,
    pins: BTreeMap<u64, Checkpoint>,
    is_any_checkpoint_valid: bool,
    findings: Findings,
}

/// Verifies everything that one snapshot shows.
pub(super) async fn verify(
    tx: &mut PgConnection,
    trust: &Trust,
    progress: &Progress<'_>,
) -> Result<Report, VerifyError> {
    let began = Instant::now();
    let mut findings = Findings::default();
    let Some((book, bank)) = find_bank(tx, &trust.file, &mut findings).await? else {
        return Ok(findings.into_report(
            Counts::default(),
            tlog::Hash::EMPTY_ROOT,
            elapsed_ms(began),
        ));
    };
    let (pins, foreign) = pins(trust);
    findings.extend(foreign);
    let authority = book::authority(tx, book).await?;
    let issuers = issuers(tx, book, authority.as_ref()).await?;
    let holders = Arc::new(load_holders(tx, book, &trust.file, &issuers, &mut findings).await?);
    let corner = Corner { trust: Arc::clone(&trust.file), holders: Arc::clone(&holders) };

    let (stored, last) = store::records_extent(tx, book).await?;
    let end =
        last.and_then(|last| u64::try_from(last).ok()).map_or(0, |last| last.saturating_add(1));
    if end == 0 {
        findings.push(
            Finding::tampered(Step::Tree, "no record belongs to this book")
                .in_row("books", trust.file.bank.as_str())
                .in_column("book_id"),
        );
    }
    let first = store::records(tx, book, 0, 1).await?;
    let mut noted = Vec::new();
    let founding = match first.into_iter().next() {
        Some(row) => Founding::read(&corner.record(row), &trust.file, &mut noted),
        None => Founding::default(),
    };
    findings.extend(noted);
    let equity = founding.equity();
    let first = crypto::Sha3::from_hex(&founding.issuing).ok();
    let registry = Registry::new(Arc::clone(&trust.file), Arc::clone(&holders), issuers, first);
    let replay = Replay::new(&founding, &equity, registry);
    let mut pass = Pass {
        book,
        tree: Tree::new(),
        replay,
        met: Met::default(),
        counts: Counts { leaves: u64::try_from(stored).unwrap_or_default(), ..Counts::default() },
        pins,
        is_any_checkpoint_valid: false,
        findings,
    };
    pass.log(tx, &corner, end, progress).await?;
    pass.heads(tx, &corner, end).await?;
    pass.replay.finish();
    let Pass { tree, replay, met, mut counts, mut findings, .. } = pass;
    compare::founding(tx, book, &bank, &founding, &mut findings).await?;
    compare::surplus(tx, book, &replay, &met, &mut findings).await?;
    counts.accounts = compare::accounts(tx, book, &replay, &mut findings).await?;
    compare::payees(tx, book, &replay, &mut findings).await?;
    compare::people(tx, book, &replay.registry, &holders, &mut findings).await?;
    compare::registers(tx, book, &replay, &mut findings).await?;
    compare::kept_texts(tx, book, &replay, &mut findings).await?;
    match authority {
        Some(row) => {
            let retiring = book::retiring_lists(tx, book).await?;
            compare::retiring_lists(&row, &retiring, &replay.registry, &mut findings);
            compare::authority(&row, &trust.file, &replay.registry, &holders, &mut findings);
        }
        None => findings.push(
            Finding::tampered(Step::Rows, "the row is missing")
                .in_row("authority_state", &trust.file.bank),
        ),
    }
    if let Err(broken) = ledger::check_accounts(&replay.fold.ledger) {
        findings.push(Finding::tampered(
            Step::Replay,
            format!("the replayed book is broken: {broken}"),
        ));
    }
    for (key, holes, broken) in replay.registry.chains.finish() {
        let message =
            format!("this key's chain lacks {holes} positions and has {broken} broken links");
        findings.push(
            Finding::new(Severity::Info, Step::Signatures, message).in_row("certificates", key),
        );
    }
    counts.size = tree.size();
    Ok(findings.into_report(counts, tree.root(), elapsed_ms(began)))
}

/// The book of the bank that the trust file names.
async fn find_bank(
    tx: &mut PgConnection,
    trust: &TrustFile,
    findings: &mut Findings,
) -> sqlx::Result<Option<(BookId, store::BookRow)>> {
    let books = store::books(tx).await?;
    let held: Vec<String> = books.iter().map(|(_, row)| row.bank.clone()).collect();
    let ours = books.into_iter().find(|(_, row)| row.bank == trust.bank.as_str());
    let Some((book, row)) = ours else {
        let message = match held.as_slice() {
            [] => "the database holds no bank".to_owned(),
            held => format!(
                "the database holds {}, and the trust file is of {}",
                held.join(", "),
                trust.bank
            ),
        };
        findings.push(
            Finding::new(Severity::Policy, Step::Trust, message)
                .in_row("books", trust.bank.as_str())
                .in_column("bank"),
        );
        return Ok(None);
    };
    if row.suite != trust.suite.name() {
        findings.push(
            Finding::tampered(Step::Trust, "is not the suite of the trust file")
                .in_row("books", trust.bank.as_str())
                .in_column("suite"),
        );
    }
    Ok(Some((book, row)))
}

/// Checkpoints that were seen earlier and elsewhere, by size.
fn pins(trust: &Trust) -> (BTreeMap<u64, Checkpoint>, Vec<Finding>) {
    let (mut pins, mut findings) = (BTreeMap::new(), Vec::new());
    for note in &trust.pinned {
        match trust.file.log.verify(note) {
            Ok(checkpoint) => {
                let size = checkpoint.size.get();
                let same_root = |other: &Checkpoint| other.root == checkpoint.root;
                if pins.get(&size).is_some_and(|other| !same_root(other)) {
                    findings.push(Finding::tampered(
                        Step::Checkpoints,
                        format!("the bank signed two different roots of size {size}"),
                    ));
                }
                pins.insert(size, checkpoint);
            }
            Err(error) => findings.push(Finding::new(
                Severity::Policy,
                Step::Trust,
                format!("a pinned checkpoint is not signed by the trusted keys: {error}"),
            )),
        }
    }
    (pins, findings)
}

/// The certificates of authorities that the database holds, by their real hash. Which of them counted when, only the log
/// says.
async fn issuers(
    tx: &mut PgConnection,
    book: BookId,
    authority: Option<&AuthorityRow>,
) -> sqlx::Result<BTreeMap<crypto::Sha3, Certificate>> {
    let pointer = authority.and_then(|row| Certificate::from_der(&row.issuing_der).ok());
    let rows = crate::registers::load_all(tx, book, &AUTHORITIES).await?;
    let all = rows.iter().filter_map(certificate_of).chain(pointer);
    Ok(all.map(|certificate| (certificate.fingerprint(), certificate)).collect())
}

type Chains = BTreeMap<crypto::Sha3, Chain>;

/// Every stored certificate by its real hash, with its path to the pinned root.
async fn load_holders(
    tx: &mut PgConnection,
    book: BookId,
    trust: &TrustFile,
    issuers: &BTreeMap<crypto::Sha3, Certificate>,
    findings: &mut Findings,
) -> Result<Holders, VerifyError> {
    let mut chains = Chains::new();
    for (fingerprint, issuer) in issuers {
        match Chain::new(trust.root.clone(), issuer.clone()) {
            Ok(chain) => drop(chains.insert(*fingerprint, chain)),
            Err(error) => findings.push(
                Finding::tampered(
                    Step::Signatures,
                    format!("the issuing authority {fingerprint} has no path: {error}"),
                )
                .in_row("authority_state", trust.bank.as_str())
                .in_column("issuing_der"),
            ),
        }
    }
    let chains = Arc::new(chains);
    let mut holders = Holders::new();
    let mut after = Vec::new();
    loop {
        let rows = book::certificates(tx, book, &after).await?;
        let Some(last) = rows.last() else { return Ok(holders) };
        after.clone_from(&last.fingerprint);
        let chains = Arc::clone(&chains);
        let examined = tokio::task::spawn_blocking(move || {
            on_all_cores(rows, |row| examine_holder(&row, &chains))
        })
        .await?;
        for (fingerprint, holder, finding) in examined {
            findings.extend(finding);
            holders.extend(holder.map(|holder| (fingerprint, holder)));
        }
    }
}

fn examine_holder(
    row: &CertificateRow,
    chains: &Chains,
) -> (crypto::Sha3, Option<Holder>, Option<Finding>) {
    let fingerprint = sha3_256(&row.der);
    let finding = (fingerprint.as_bytes().as_slice() != row.fingerprint).then(|| {
        Finding::tampered(Step::Rows, "the certificate is not the one that its fingerprint names")
            .in_row(CertificateRow::TABLE, row.key())
            .in_column("der, fingerprint")
    });
    let Ok(certificate) = Certificate::from_der(&row.der) else {
        return (fingerprint, None, finding);
    };
    let parent = certificate.claims().map(|claims| claims.parent_ca_fp);
    let no_path = match parent.and_then(|parent| chains.get(&parent)) {
        Some(chain) => chain
            .validate_path(&certificate, None, certificate.not_before_s())
            .err()
            .map(|error| error.to_string()),
        None => Some("no issuing authority of this bank is its parent".to_owned()),
    };
    (fingerprint, Some(Holder { certificate, no_path }), finding)
}

impl Pass<'_> {
    /// Reads, examines and replays the log, chunk by chunk; the next one is read while this one is examined.
    async fn log(
        &mut self,
        tx: &mut PgConnection,
        corner: &Corner,
        end: u64,
        progress: &Progress<'_>,
    ) -> Result<(), VerifyError> {
        let mut next = load(tx, self.book, 0, end).await?;
        while let Some(chunk) = next {
            let (chunk_end, corner) = (chunk.end, corner.clone());
            let work = tokio::task::spawn_blocking(move || examine(&corner, chunk));
            next = load(tx, self.book, chunk_end, end).await?;
            let examined = work.await?;
            let written = self.replay_chunk(tx, examined).await?;
            self.counts.transfers = self
                .counts
                .transfers
                .saturating_add(u64::try_from(written.transfers.len()).unwrap_or_default());
            compare::written(tx, self.book, written, &mut self.met, &mut self.findings).await?;
            let completed = self.tree.take_completed();
            tree::compare_tiles(tx, self.book, &completed, &mut self.findings).await?;
            self.replay.settle();
            progress(chunk_end, end);
        }
        Ok(())
    }

    async fn replay_chunk(
        &mut self,
        tx: &mut PgConnection,
        chunk: ExaminedChunk,
    ) -> Result<Written, VerifyError> {
        let mut written = Written::default();
        let earlier = self.replay.refers_to(&chunk.records);
        for row in book::transfers(tx, self.book, &earlier).await? {
            self.replay.recall(&row);
        }
        let mut records = chunk.records.into_iter().peekable();
        let mut checkpoints = chunk.checkpoints.into_iter().peekable();
        for index in chunk.first..chunk.end {
            if let Some(found) = records.next_if(|found| found.index == index) {
                self.replay_leaf(found, &mut written);
            } else {
                self.findings.push(tree::missing_record(index));
                let kept = tree::kept_hash(tx, self.book, index).await?;
                self.tree.push_missing(index, kept);
            }
            let size = index.saturating_add(1);
            self.check_pin(size);
            let is_here = |found: &ExaminedCheckpoint| u64::try_from(found.row.size) == Ok(size);
            while let Some(mut found) = checkpoints.next_if(is_here) {
                self.counts.checkpoints = self.counts.checkpoints.saturating_add(1);
                self.is_any_checkpoint_valid |= found.checkpoint.is_some();
                self.findings.extend(std::mem::take(&mut found.findings));
                self.tree.settle(&found, &mut self.findings);
            }
        }
        Ok(written)
    }

    fn replay_leaf(&mut self, mut found: Examined, written: &mut Written) {
        self.findings.extend(std::mem::take(&mut found.findings));
        self.counts.erased = self.counts.erased.saturating_add(found.erased);
        if found.leaf.is_some_and(|leaf| leaf.flags.event) {
            self.counts.events = self.counts.events.saturating_add(1);
        } else {
            self.counts.intents = self.counts.intents.saturating_add(1);
        }
        self.tree.push(&found);
        self.replay.apply(&found, written, &mut self.findings);
    }

    fn check_pin(&mut self, size: u64) {
        let Some(pin) = self.pins.remove(&size) else { return };
        if !self.tree.is_blind() && self.tree.root() != pin.root {
            self.findings.push(
                Finding::tampered(
                    Step::Checkpoints,
                    format!("the first {size} leaves are not those of a checkpoint that was seen earlier"),
                )
                .at_leaf(size.saturating_sub(1))
                .in_row("log_checkpoints", size),
            );
        }
    }

    /// What ends the log: its head, the last checkpoint, the tiles, and what reaches beyond.
    async fn heads(
        &mut self,
        tx: &mut PgConnection,
        corner: &Corner,
        end: u64,
    ) -> Result<(), VerifyError> {
        self.tree.finish(&mut self.findings);
        let bank = &corner.trust.bank;
        match store::head(tx, self.book).await? {
            None => self.findings.push(
                Finding::tampered(Step::Tree, "the head of the log is missing")
                    .in_row("log_head", bank),
            ),
            Some((size, root)) => {
                if u64::try_from(size) != Ok(end) {
                    let message =
                        format!("the head is of size {size}, and there are records up to {end}");
                    self.findings.push(
                        Finding::tampered(Step::Tree, message)
                            .at_leaf(u64::try_from(size).unwrap_or(end).min(end))
                            .in_row("log_head", bank)
                            .in_column("size"),
                    );
                } else if !self.tree.is_blind() && root != self.tree.root().as_bytes() {
                    self.findings.push(
                        Finding::tampered(Step::Tree, "the head is not the root of the leaves")
                            .in_row("log_head", bank)
                            .in_column("root"),
                    );
                }
            }
        }
        self.beyond(tx, corner, end).await?;
        for size in self.pins.keys() {
            self.findings.push(
                Finding::tampered(
                    Step::Checkpoints,
                    format!(
                        "a checkpoint of size {size} was seen earlier, and the log ends at {end}"
                    ),
                )
                .at_leaf(end),
            );
        }
        if !self.is_any_checkpoint_valid {
            self.findings.push(Finding::new(
                Severity::Policy,
                Step::Checkpoints,
                "no checkpoint is valid under the trusted keys",
            ));
        }
        tree::compare_tile_set(tx, self.book, end, &mut self.findings).await?;
        Ok(())
    }

    /// Checkpoints over more leaves than there are records.
    async fn beyond(
        &mut self,
        tx: &mut PgConnection,
        corner: &Corner,
        end: u64,
    ) -> Result<(), VerifyError> {
        let beyond = store::checkpoints_beyond(tx, self.book, end, SURPLUS_MAX).await?;
        let beyond = on_all_cores(beyond, |row| corner.checkpoint(row));
        let is_promised = |found: &ExaminedCheckpoint| {
            let size = found.checkpoint.as_ref().map(|checkpoint| checkpoint.size.get());
            size.is_some() && size == u64::try_from(found.row.size).ok()
        };
        if beyond.iter().any(is_promised) {
            self.findings.push(tree::missing_record(end));
        }
        for found in beyond {
            self.is_any_checkpoint_valid |= found.checkpoint.is_some();
            let (message, column) = if is_promised(&found) {
                ("the bank signed a longer log than there is: its tail is missing", "size")
            } else {
                ("no record reaches up to this checkpoint", "size, note")
            };
            self.findings.push(
                Finding::tampered(Step::Checkpoints, message)
                    .at_leaf(end)
                    .in_row("log_checkpoints", found.row.size)
                    .in_column(column),
            );
        }
        Ok(())
    }
}

async fn load(
    tx: &mut PgConnection,
    book: BookId,
    first: u64,
    end: u64,
) -> sqlx::Result<Option<Chunk>> {
    if first >= end {
        return Ok(None);
    }
    let end = first.saturating_add(CHUNK).min(end);
    let outgrown_at = store::outgrown_at(tx, book, first, end, CHUNK_BYTES).await?;
    let end = outgrown_at.map_or(end, |leaf| leaf.max(first.saturating_add(1)));
    let records = store::records(tx, book, first, end).await?;
    let checkpoints = store::checkpoints(tx, book, first, end).await?;
    Ok(Some(Chunk { first, end, records, checkpoints }))
}

fn examine(corner: &Corner, chunk: Chunk) -> ExaminedChunk {
    ExaminedChunk {
        first: chunk.first,
        end: chunk.end,
        records: on_all_cores(chunk.records, |row| corner.record(row)),
        checkpoints: on_all_cores(chunk.checkpoints, |row| corner.checkpoint(row)),
    }
}

fn elapsed_ms(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
