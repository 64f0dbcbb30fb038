//! The tree, rebuilt from the leaves on the second code path and held against what the bank signed.
//!
//! Leaves are judged span by span: a span is what one checkpoint added to the one before. Where the stored leaves do not
//! lead to the signed root, the leaves that the groups commit to are tried, and so the altered column is known.

use intent::Group;
use ledger::BookId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tlog::{Checkpoint, Edge, Hash, RootBuilder, Tile, TileId};

use super::examine::{Examined, ExaminedCheckpoint};
use super::report::{Finding, Findings, Severity, Step};
use super::store;
use crate::sql::timestamp;

const RECORDS: &str = "records";
const TILES: &str = "log_tiles";
/// Hashes per tile (C2SP tlog-tiles).
const TILE_WIDTH: u64 = crate::log::service::TILE_WIDTH;

/// A leaf since the last checkpoint.
struct SpanLeaf {
    index: u64,
    stored: Hash,
    rebuilt: Option<Hash>,
    unopened: Vec<Group>,
    /// The size of the checkpoint that its record refers to.
    tree_size: i64,
    /// Whether that was compared already.
    is_referred: bool,
    /// When it was decided, by its own word.
    decided_at: Option<OffsetDateTime>,
}

/// The tree so far.
pub(super) struct Tree {
    /// Up to the last checkpoint that was settled.
    settled: RootBuilder,
    edge: Edge,
    span: Vec<SpanLeaf>,
    /// Why roots are not compared any more; the reason was reported.
    blind: bool,
    completed: Vec<Tile>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self {
            settled: RootBuilder::new(),
            edge: Edge::empty(),
            span: Vec::new(),
            blind: false,
            completed: Vec::new(),
        }
    }

    /// Leaves so far.
    pub(super) fn size(&self) -> u64 {
        let span = u64::try_from(self.span.len()).unwrap_or(u64::MAX);
        self.settled.size().get().saturating_add(span)
    }

    /// Root over the leaves so far, as stored.
    pub(super) fn root(&self) -> Hash {
        extend(&self.settled, self.span.iter().map(|leaf| leaf.stored)).root()
    }

    /// Whether roots are not compared any more, for a reason that was reported.
    pub(super) const fn is_blind(&self) -> bool {
        self.blind
    }

    /// Adds the next leaf.
    pub(super) fn push(&mut self, found: &Examined) {
        self.span.push(SpanLeaf {
            index: found.index,
            stored: found.stored,
            rebuilt: found.rebuilt,
            unopened: found.unopened.clone(),
            tree_size: found.row.tree_size,
            is_referred: false,
            decided_at: found.decided_at().map(timestamp),
        });
    }

    /// Adds a leaf whose record is missing, by the hash that its tile kept, if there is one.
    pub(super) fn push_missing(&mut self, index: u64, kept: Option<Hash>) {
        self.blind |= kept.is_none();
        self.span.push(SpanLeaf {
            index,
            stored: kept.unwrap_or(Hash::EMPTY_ROOT),
            rebuilt: None,
            unopened: Vec::new(),
            tree_size: 0,
            is_referred: true,
            decided_at: None,
        });
    }

    /// Holds the leaves so far against a checkpoint of exactly this size.
    pub(super) fn settle(&mut self, found: &ExaminedCheckpoint, findings: &mut Findings) {
        self.check_references(found.row.size, findings);
        self.check_time(found, findings);
        let Some(checkpoint) = &found.checkpoint else { return };
        let stored = extend(&self.settled, self.span.iter().map(|leaf| leaf.stored));
        let likely = |leaf: &SpanLeaf| leaf.rebuilt.unwrap_or(leaf.stored);
        let rebuilt = extend(&self.settled, self.span.iter().map(likely));
        if self.blind || stored.root() == checkpoint.root {
            self.report_unopened(findings);
            self.accept(stored, |leaf| leaf.stored);
        } else if rebuilt.root() == checkpoint.root {
            let altered = self.span.iter().filter(|leaf| leaf.rebuilt.is_some());
            findings.extend(altered.map(|leaf| {
                Finding::tampered(Step::Tree, "the leaf is not the one that was signed")
                    .at_leaf(leaf.index)
                    .in_row(RECORDS, leaf.index)
                    .in_column("leaf")
            }));
            self.accept(rebuilt, likely);
        } else {
            self.report_unopened(findings);
            self.report_wrong_root(checkpoint, findings);
            self.accept(stored, |leaf| leaf.stored);
            self.blind = true;
        }
    }

    /// What is left when the log ends without a checkpoint over its last leaves.
    pub(super) fn finish(&mut self, findings: &mut Findings) {
        self.report_unopened(findings);
        if let Some(leaf) = self.span.first() {
            findings.push(
                Finding::tampered(
                    Step::Checkpoints,
                    "no valid checkpoint covers the log from this leaf on",
                )
                .at_leaf(leaf.index)
                .in_row("log_checkpoints", self.size()),
            );
        }
    }

    /// Tiles that the leaves so far have completed, once.
    pub(super) fn take_completed(&mut self) -> Vec<Tile> {
        std::mem::take(&mut self.completed)
    }

    fn accept(&mut self, settled: RootBuilder, hash: impl Fn(&SpanLeaf) -> Hash) {
        let hashes: Vec<Hash> = self.span.iter().map(hash).collect();
        self.completed.extend(self.edge.append(&hashes).completed);
        self.settled = settled;
        self.span.clear();
    }

    /// Every record of the span refers to the checkpoint that ends it: the one its receipt carries.
    fn check_references(&mut self, size: i64, findings: &mut Findings) {
        for leaf in &mut self.span {
            // Asked once: a checkpoint whose note is bad ends its span all the same.
            let refers_to = std::mem::replace(&mut leaf.tree_size, size);
            if refers_to == size || leaf.is_referred {
                continue;
            }
            findings.push(
                Finding::tampered(
                    Step::Checkpoints,
                    format!("refers to a checkpoint of size {refers_to}, but {size} covers it"),
                )
                .at_leaf(leaf.index)
                .in_row(RECORDS, leaf.index)
                .in_column("tree_size"),
            );
            if u64::try_from(refers_to).is_ok_and(|end| end == leaf.index.saturating_add(1)) {
                findings.push(
                    Finding::tampered(
                        Step::Checkpoints,
                        "the checkpoint that this leaf ended is missing",
                    )
                    .at_leaf(leaf.index)
                    .in_row("log_checkpoints", refers_to),
                );
            }
        }
        self.span.iter_mut().for_each(|leaf| leaf.is_referred = true);
    }

    /// A group commit has one moment: its checkpoint was signed when its leaves were decided. The signed time has seconds only.
    fn check_time(&self, found: &ExaminedCheckpoint, findings: &mut Findings) {
        let decided_at = self.span.last().and_then(|leaf| leaf.decided_at);
        if decided_at.is_some_and(|decided_at| decided_at != found.row.signed_at) {
            findings.push(
                Finding::tampered(Step::Checkpoints, "was not signed when its leaves were decided")
                    .in_row("log_checkpoints", found.row.size)
                    .in_column("signed_at"),
            );
        }
    }

    fn report_unopened(&self, findings: &mut Findings) {
        for leaf in &self.span {
            findings.extend(leaf.unopened.iter().map(|group| {
                Finding::tampered(
                    Step::Commitments,
                    format!(
                        "the {} group or its salt does not open the leaf's commitment",
                        group.name()
                    ),
                )
                .at_leaf(leaf.index)
                .in_row(RECORDS, leaf.index)
                .in_column(&format!("{}, salts", group.name()))
            }));
        }
    }

    fn report_wrong_root(&self, checkpoint: &Checkpoint, findings: &mut Findings) {
        let Some(first) = self.span.first() else {
            findings.push(Finding::tampered(
                Step::Tree,
                format!("two checkpoints of size {} disagree", checkpoint.size.get()),
            ));
            return;
        };
        let last = checkpoint.size.get().saturating_sub(1);
        findings.push(
            Finding::tampered(
                Step::Tree,
                format!(
                    "leaves {} to {last} do not hash to the root that was signed over them",
                    first.index
                ),
            )
            .at_leaf(first.index)
            .in_row(RECORDS, first.index)
            .in_column("leaf"),
        );
    }
}

fn extend(from: &RootBuilder, leaves: impl Iterator<Item = Hash>) -> RootBuilder {
    let mut builder = from.clone();
    leaves.for_each(|leaf| builder.push(leaf));
    builder
}

/// Holds stored tiles against those that the leaves completed.
pub(super) async fn compare_tiles(
    tx: &mut PgConnection,
    book: BookId,
    completed: &[Tile],
    findings: &mut Findings,
) -> sqlx::Result<()> {
    for tile in completed {
        let stored = store::tile(tx, book, tile.id.level, tile.id.index).await?;
        let finding = match stored {
            None => {
                Finding::tampered(Step::Tree, "the tile is missing").in_row(TILES, key(tile.id))
            }
            Some(bytes) if bytes == tile.to_bytes() => continue,
            Some(bytes) => {
                let found = Finding::tampered(
                    Step::Tree,
                    "the tile does not hold the hashes of its leaves",
                )
                .in_row(TILES, key(tile.id))
                .in_column("hashes");
                match first_difference(tile, &bytes) {
                    Some(leaf) if tile.id.level == 0 => found.at_leaf(leaf),
                    Some(_) | None => found,
                }
            }
        };
        findings.push(finding);
    }
    Ok(())
}

/// Tiles that nothing completed yet.
pub(super) async fn compare_tile_set(
    tx: &mut PgConnection,
    book: BookId,
    size: u64,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    for (level, index) in store::tile_ids(tx, book).await? {
        let exponent = u32::try_from(level).unwrap_or(u32::MAX).saturating_add(1);
        let full = TILE_WIDTH
            .checked_pow(exponent)
            .and_then(|leaves| size.checked_div(leaves))
            .unwrap_or_default();
        if u64::try_from(index).map_or(true, |index| index >= full) {
            findings.push(
                Finding::tampered(Step::Tree, "the log is too short for this tile")
                    .in_row(TILES, format!("{level}/{index}")),
            );
        }
    }
    Ok(())
}

/// The hash that a full tile of the lowest level kept of a leaf whose record is missing.
pub(super) async fn kept_hash(
    tx: &mut PgConnection,
    book: BookId,
    index: u64,
) -> sqlx::Result<Option<Hash>> {
    let stored = store::tile(tx, book, 0, index / TILE_WIDTH).await?;
    let place = usize::try_from(index % TILE_WIDTH).unwrap_or_default();
    Ok(stored.and_then(|bytes| bytes.as_chunks::<32>().0.get(place).copied()).map(Hash::from_bytes))
}

/// A finding for a record that is not there.
pub(super) fn missing_record(index: u64) -> Finding {
    Finding::new(Severity::Gap, Step::Tree, "the record of this leaf is missing")
        .at_leaf(index)
        .in_row(RECORDS, index)
}

fn key(id: TileId) -> String {
    format!("{}/{}", id.level, id.index)
}

fn first_difference(tile: &Tile, stored: &[u8]) -> Option<u64> {
    let stored = stored.as_chunks::<32>().0;
    let place = tile.hashes.iter().zip(stored).position(|(hash, kept)| hash.as_bytes() != kept)?;
    tile.id.index.checked_mul(TILE_WIDTH)?.checked_add(u64::try_from(place).ok()?)
}
