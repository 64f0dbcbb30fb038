//! The transparency-dev/merkle vectors: every valid proof verifies, every other one is refused.

#![expect(clippy::unwrap_used, reason = "a broken vector file fails its test")]

use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use tlog::{ConsistencyProof, Hash, InclusionProof, LeafIndex, TreeSize, leaf_hash};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/merkle");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    desc: String,
    want_err: bool,
}

impl Inclusion {
    /// Whether the proof verifies. A hash of another length than ours never gets that far.
    fn verifies(&self) -> bool {
        let (Some(root), Some(leaf), Some(path)) =
            (hash(&self.root), hash(&self.leaf_hash), hashes(self.proof.as_ref()))
        else {
            return false;
        };
        let (index, size) = (LeafIndex::new(self.leaf_idx), TreeSize::new(self.tree_size));
        InclusionProof { index, size, path }.verify(&leaf, &root).is_ok()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    desc: String,
    want_err: bool,
}

impl Consistency {
    fn verifies(&self) -> bool {
        let Some(path) = hashes(self.proof.as_ref()) else { return false };
        let (old_root, new_root) = (root(&self.root1), root(&self.root2));
        let (old, new) = (TreeSize::new(self.size1), TreeSize::new(self.size2));
        ConsistencyProof { old, new, path }.verify(&old_root, &new_root).is_ok()
    }
}

#[test]
fn inclusion_vectors_are_judged_as_they_should() {
    let Some(files) = files("inclusion") else { return };
    let mut valid = 0;
    for file in &files {
        let case: Inclusion = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(case.verifies(), !case.want_err, "{}: {}", file.display(), case.desc);
        valid += usize::from(!case.want_err);
    }
    assert_eq!((files.len(), valid), (98, 6));
}

#[test]
fn consistency_vectors_are_judged_as_they_should() {
    let Some(files) = files("consistency") else { return };
    let mut valid = 0;
    for file in &files {
        let case: Consistency = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(case.verifies(), !case.want_err, "{}: {}", file.display(), case.desc);
        valid += usize::from(!case.want_err);
    }
    assert_eq!((files.len(), valid), (98, 6));
}

/// All vectors of a kind, sorted; none, loudly, where the data is not at hand.
fn files(kind: &str) -> Option<Vec<PathBuf>> {
    let folder = Path::new(FOLDER).join(kind);
    if !folder.exists() {
        eprintln!("SKIPPED: no vectors at {}", folder.display());
        return None;
    }
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Some(files)
}

fn hash(base64: &str) -> Option<Hash> {
    Base64::decode_vec(base64).unwrap().try_into().ok().map(Hash::from_bytes)
}

/// The root, or where a case says only "don't care" in fewer bytes, a hash that stands for it.
fn root(base64: &str) -> Hash {
    hash(base64).unwrap_or_else(|| leaf_hash(base64.as_bytes()))
}

fn hashes(proof: Option<&Vec<String>>) -> Option<Vec<Hash>> {
    proof.map_or(Some(Vec::new()), |proof| proof.iter().map(|base64| hash(base64)).collect())
}
