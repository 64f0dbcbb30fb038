//! The tree against three others: the RFC's recursion, the streaming builder, and `ct-merkle`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a failing step fails its test"
)]

use ct_merkle::digest::Output;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof as OracleConsistency, InclusionProof as OracleInclusion};
use proptest::prelude::*;
use sha2::Sha256;
use tlog::{
    ConsistencyProof, Edge, Hash, InclusionProof, LeafIndex, RootBuilder, Tile, TileId, TileReader,
    TileSet, TlogError, TreeSize, leaf_hash, merkle_tree_hash, prove_consistency, prove_inclusion,
    tiles_for_consistency, tiles_for_inclusion, verify_append,
};

/// A log with everything it ever stored, and the oracle's tree over the same leaves.
#[derive(Default)]
struct Log {
    edge: Edge,
    leaves: Vec<Hash>,
    tiles: TileSet,
    oracle: MemoryBackedTree<Sha256, [u8; 8]>,
}

impl Log {
    /// Appends a batch and checks all that can be said about it.
    fn append(&mut self, batch: usize) {
        let (old_size, old_root, peaks) = (self.edge.size(), self.edge.root(), self.edge.peaks());
        let data: Vec<[u8; 8]> = (self.leaves.len()..).take(batch).map(datum).collect();
        let leaves: Vec<Hash> = data.iter().map(|data| leaf_hash(data)).collect();
        let appended = self.edge.append(&leaves);
        for data in data {
            self.oracle.push(data);
        }
        self.leaves.extend_from_slice(&leaves);
        self.tiles.extend(appended.completed.iter().cloned());

        let root = appended.root;
        assert_eq!(root, merkle_tree_hash(&self.leaves));
        assert_eq!(root.as_bytes(), &self.oracle.root().as_bytes()[..]);
        assert_eq!((self.edge.root(), self.edge.size()), (root, appended.new_size));
        assert_eq!(
            verify_append(old_size, &peaks, &old_root, &leaves, &root),
            Ok(self.edge.size())
        );
        assert!(appended.completed.iter().all(|tile| tile.width() == 256));

        let restored =
            Edge::from_partial_tiles(self.edge.size(), self.edge.partial_tiles().to_vec());
        assert_eq!(restored.as_ref(), Ok(&self.edge));

        for (index, leaf) in (old_size.get()..).zip(&leaves) {
            let proof = appended.inclusion_proof(LeafIndex::new(index)).unwrap();
            assert_eq!(proof.verify(leaf, &root), Ok(()));
        }
        if old_size.get() > 0 {
            let proof = appended.consistency_proof().unwrap();
            assert_eq!(proof.verify(&old_root, &root), Ok(()));
        }
    }

    /// The proof for any leaf, from stored tiles.
    fn inclusion(&self, index: u64) -> InclusionProof {
        let (index, size) = (LeafIndex::new(index), self.edge.size());
        prove_inclusion(&self.stored(tiles_for_inclusion(index, size)), index, size).unwrap()
    }

    fn consistency(&self, old: u64) -> ConsistencyProof {
        let (old, new) = (TreeSize::new(old), self.edge.size());
        prove_consistency(&self.stored(tiles_for_consistency(old, new)), old, new).unwrap()
    }

    /// What a store with full tiles and the head's partial tiles would return.
    fn stored(&self, wanted: Vec<(TileId, u16)>) -> TileSet {
        wanted
            .into_iter()
            .map(|(id, width)| {
                if width == 256 {
                    return self.tiles.read(id, width).unwrap();
                }
                let hashes = self.edge.partial_tiles()[usize::from(id.level)].clone();
                assert_eq!(hashes.len(), usize::from(width));
                Tile { id, hashes }
            })
            .collect()
    }
}

fn datum(n: usize) -> [u8; 8] {
    u64::try_from(n).unwrap().to_be_bytes()
}

fn index(n: u64) -> usize {
    usize::try_from(n).unwrap()
}

fn bytes(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[test]
fn older_leaves_are_not_proven_by_an_append() {
    let mut edge = Edge::empty();
    edge.append(&[leaf_hash(b"0"), leaf_hash(b"1")]);
    let appended = edge.append(&[leaf_hash(b"2")]);
    for index in [0, 1, 3, u64::MAX] {
        assert_eq!(
            appended.inclusion_proof(LeafIndex::new(index)),
            Err(TlogError::LeafNotAppended { index, first: 2, end: 3 })
        );
    }
}

#[test]
fn an_edge_with_too_few_or_too_many_hashes_is_refused() {
    let hash = leaf_hash(b"");
    for (size, levels) in [
        (1, vec![]),
        (0, vec![vec![hash]]),
        (2, vec![vec![hash]]),
        (2, vec![vec![hash; 3]]),
        (256, vec![vec![hash; 256]]),
        (256, vec![vec![], vec![]]),
        (257, vec![vec![hash], vec![hash], vec![hash]]),
        (1, vec![vec![hash], vec![], vec![], vec![], vec![], vec![], vec![], vec![], vec![hash]]),
    ] {
        let refusal = Edge::from_partial_tiles(TreeSize::new(size), levels);
        assert!(matches!(refusal, Err(TlogError::EdgeWidth { .. })), "{size}: {refusal:?}");
    }
}

#[test]
fn every_pair_of_small_sizes_agrees_with_the_oracle() {
    let mut log = Log::default();
    assert_eq!(log.edge.root(), merkle_tree_hash(&[]));
    let mut roots = vec![log.edge.root()];
    for size in 1..=70 {
        log.append(1);
        roots.push(log.edge.root());
        for leaf in 0..size {
            let proof = log.inclusion(leaf);
            let oracle = log.oracle.prove_inclusion(index(leaf));
            assert_eq!(bytes(&proof.path), oracle.as_bytes(), "leaf {leaf} of {size}");
            assert_eq!(proof.verify(&log.leaves[index(leaf)], &log.edge.root()), Ok(()));
        }
        for old in 1..=size {
            let proof = log.consistency(old);
            let oracle = log.oracle.prove_consistency(index(size - old));
            assert_eq!(bytes(&proof.path), oracle.as_bytes(), "{old} to {size}");
            assert_eq!(proof.verify(&roots[index(old)], &log.edge.root()), Ok(()));
        }
    }
}

#[test]
fn batches_across_three_levels_of_tiles_agree_with_the_oracle() {
    let mut log = Log::default();
    for batch in [0, 1, 254, 1, 1, 255, 512, 3, 0, 65_000, 500, 500, 1, 300] {
        log.append(batch);
    }
    let size = log.edge.size().get();
    for leaf in (0..size).step_by(1999).chain([255, 256, 65_535, 65_536, size - 1]) {
        let proof = log.inclusion(leaf);
        assert_eq!(bytes(&proof.path), log.oracle.prove_inclusion(index(leaf)).as_bytes());
    }
    for old in (1..size).step_by(1999).chain([255, 256, 257, 32_768, 65_535, 65_536, 65_537]) {
        let proof = log.consistency(old);
        let oracle = log.oracle.prove_consistency(index(size - old));
        assert_eq!(bytes(&proof.path), oracle.as_bytes(), "{old}");
        let old_root = merkle_tree_hash(&log.leaves[..index(old)]);
        assert_eq!(proof.verify(&old_root, &log.edge.root()), Ok(()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_split_into_batches_gives_the_tree_of_the_definition(
        batches in proptest::collection::vec(0..400_usize, 1..6),
    ) {
        let mut log = Log::default();
        for batch in batches {
            log.append(batch);
        }
        let mut builder = RootBuilder::new();
        log.leaves.iter().for_each(|leaf| builder.push(*leaf));
        prop_assert_eq!(builder.root(), log.edge.root());
        prop_assert_eq!(builder.peaks(), log.edge.peaks());
    }

    #[test]
    fn proofs_are_the_oracles_and_the_oracle_accepts_them(
        size in 1..1500_usize, leaf: prop::sample::Index, old: prop::sample::Index,
    ) {
        let mut log = Log::default();
        log.append(size);
        let leaf = leaf.index(size);
        let proof = log.inclusion(u64::try_from(leaf).unwrap());
        let digests: Vec<_> = proof.path.iter().map(|hash| Output::<Sha256>::from(*hash.as_bytes())).collect();
        let oracle = OracleInclusion::<Sha256>::from_digests(digests.iter());
        prop_assert!(
            log.oracle.root().verify_inclusion(&datum(leaf), u64::try_from(leaf).unwrap(), &oracle).is_ok()
        );

        let old = old.index(size) + 1;
        let proof = log.consistency(u64::try_from(old).unwrap());
        let mut older = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        (0..old).for_each(|n| older.push(datum(n)));
        let oracle = OracleConsistency::<Sha256>::try_from_bytes(bytes(&proof.path)).unwrap();
        prop_assert!(log.oracle.root().verify_consistency(&older.root(), &oracle).is_ok());
    }

    #[test]
    fn an_inclusion_proof_with_any_change_is_refused(
        size in 2..600_u64, leaf: prop::sample::Index, place: prop::sample::Index, bit in 0..256_usize,
    ) {
        let mut log = Log::default();
        log.append(index(size));
        let root = log.edge.root();
        let leaf = u64::try_from(leaf.index(index(size))).unwrap();
        let hash = log.leaves[index(leaf)];
        let proof = log.inclusion(leaf);
        let place = place.index(proof.path.len());

        prop_assert!(proof.verify(&flipped(hash, bit), &root).is_err());
        prop_assert!(proof.verify(&hash, &flipped(root, bit)).is_err());
        let mut other = proof.clone();
        other.path[place] = flipped(other.path[place], bit);
        prop_assert_eq!(other.verify(&hash, &root), Err(TlogError::RootMismatch));
        for path in shortened_and_lengthened(&proof.path, place, root) {
            let other = InclusionProof { path, ..proof.clone() };
            prop_assert!(other.verify(&hash, &root).is_err());
        }
        let moved = InclusionProof { index: LeafIndex::new((leaf + 1) % size), ..proof.clone() };
        prop_assert!(moved.verify(&hash, &root).is_err());
        let cut = InclusionProof { size: TreeSize::new(leaf), ..proof };
        prop_assert_eq!(
            cut.verify(&hash, &root),
            Err(TlogError::IndexOutsideTree { index: leaf, size: leaf })
        );
    }

    #[test]
    fn a_consistency_proof_with_any_change_is_refused(
        size in 2..600_u64, old: prop::sample::Index, place: prop::sample::Index, bit in 0..256_usize,
    ) {
        let mut log = Log::default();
        log.append(index(size));
        let new_root = log.edge.root();
        let old = u64::try_from(old.index(index(size - 1))).unwrap() + 1;
        let old_root = merkle_tree_hash(&log.leaves[..index(old)]);
        let proof = log.consistency(old);
        let place = place.index(proof.path.len());

        prop_assert_eq!(proof.verify(&old_root, &new_root), Ok(()));
        prop_assert!(proof.verify(&flipped(old_root, bit), &new_root).is_err());
        prop_assert!(proof.verify(&old_root, &flipped(new_root, bit)).is_err());
        prop_assert!(proof.verify(&new_root, &old_root).is_err());
        let mut other = proof.clone();
        other.path[place] = flipped(other.path[place], bit);
        prop_assert_eq!(other.verify(&old_root, &new_root), Err(TlogError::RootMismatch));
        for path in shortened_and_lengthened(&proof.path, place, new_root) {
            let other = ConsistencyProof { path, ..proof.clone() };
            prop_assert!(other.verify(&old_root, &new_root).is_err());
        }
        let swapped = ConsistencyProof { old: proof.new, new: proof.old, ..proof };
        prop_assert!(swapped.verify(&new_root, &old_root).is_err());
    }

    #[test]
    fn a_verifier_of_arbitrary_proofs_never_panics(
        a: u64, b: u64, path in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<Hash> = path.into_iter().map(Hash::from_bytes).collect();
        let root = Hash::EMPTY_ROOT;
        let (index, size) = (LeafIndex::new(a), TreeSize::new(b));
        let proof = InclusionProof { index, size, path: path.clone() };
        prop_assert!(proof.verify(&root, &root).is_err());
        let (old, new) = (TreeSize::new(a), TreeSize::new(b));
        let proof = ConsistencyProof { old, new, path };
        prop_assert!(proof.verify(&root, &leaf_hash(b"")).is_err());
    }
}

fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}

/// The path without the hash at `place`, with it twice, and with one more at either end.
fn shortened_and_lengthened(path: &[Hash], place: usize, more: Hash) -> [Vec<Hash>; 4] {
    let (mut without, mut twice) = (path.to_vec(), path.to_vec());
    without.remove(place);
    twice.insert(place, path[place]);
    [without, twice, [&[more], path].concat(), [path, &[more]].concat()]
}
