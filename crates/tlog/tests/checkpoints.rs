//! Signed checkpoints: what a thief of the wire, of a key or of the policy file can change.

#![expect(clippy::unwrap_used, reason = "a failing step fails its test")]

use std::sync::LazyLock;

use crypto::{Ed25519Key, MlDsa44Key, SigningKey, Suite};
use proptest::prelude::*;
use tlog::{
    Checkpoint, CheckpointSigner, CheckpointVerifier, Cosigner, Hash, KIND_ED25519, KIND_ML_DSA_44,
    KIND_PRIVATE, KeyName, Origin, Policy, SignatureLine, SignedNote, TlogError, TreeSize,
    VerifierKey, leaf_hash,
};

const TIME_S: u64 = 1_763_771_000;

static SIGNER: LazyLock<CheckpointSigner> = LazyLock::new(|| signer("acme/log/2026", "acme", 1));
static NOTE: LazyLock<SignedNote> = LazyLock::new(|| SIGNER.sign(&checkpoint(), TIME_S).unwrap());

fn signer(origin: &str, bank: &str, seed: u8) -> CheckpointSigner {
    let suite = Suite::Standard;
    CheckpointSigner::new(
        Origin::new(origin).unwrap(),
        bank,
        Ed25519Key::from_seed(&[seed; 32]).unwrap(),
        MlDsa44Key::from_seed(&[seed; 32]).unwrap(),
        SigningKey::from_seed(suite, &vec![seed; suite.seed_len()]).unwrap(),
    )
    .unwrap()
}

fn cosigner(name: &str, seed: u8) -> Cosigner {
    Cosigner::new(KeyName::new(name).unwrap(), MlDsa44Key::from_seed(&[seed; 32]).unwrap())
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: Origin::new("acme/log/2026").unwrap(),
        size: TreeSize::new(20_852_163),
        root: leaf_hash(b"root"),
    }
}

/// A note of the same text with these lines only.
fn with_lines(lines: &[SignatureLine]) -> String {
    let lines: String = lines.iter().map(ToString::to_string).collect();
    format!("{}\n{lines}", NOTE.body())
}

#[test]
fn a_note_with_any_byte_changed_is_refused_or_says_the_same() {
    let text = NOTE.as_str().as_bytes();
    let mut accepted = 0;
    for place in 0..text.len() {
        for flip in [0x01, 0x04, 0x20, 0x80] {
            let mut forged = text.to_vec();
            forged[place] ^= flip;
            let Ok(forged) = String::from_utf8(forged) else { continue };
            if let Ok(verified) = SIGNER.verifier().verify(&forged) {
                assert_eq!(verified, checkpoint(), "byte {place} with {flip:#x}");
                accepted += 1;
            }
        }
    }
    // Only the name or key id of an optional line can change: it is an unknown key's line then.
    let names_and_ids = 2 * ("acme/log/2026".len() + 6) * 4;
    assert!((1..=names_and_ids).contains(&accepted), "{accepted}");
}

proptest! {
    #[test]
    fn arbitrary_notes_keys_and_policies_never_panic(
        head in "(strongroom/log-policy/v1|acme/log/2026)\n[ -~\n]{0,80}",
        tail in "\n(\u{2014} [a-z/0-9]{1,13} [A-Za-z0-9+/]{4,12}={0,2}\n){0,3}",
        vkey in "[a-z]{1,3}\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{4}{0,20}",
    ) {
        let note = [head.as_str(), &tail].concat();
        prop_assert!(SIGNER.verifier().verify(&note).is_err());
        prop_assert!(Policy::from_text(&head).is_err());
        prop_assert!(VerifierKey::from_text(&vkey).is_err());
    }
}

#[test]
fn a_note_cut_anywhere_is_refused() {
    for end in 0..NOTE.as_str().len() {
        if let Some(cut) = NOTE.as_str().get(..end) {
            assert!(SIGNER.verifier().verify(cut).is_err(), "{end}");
        }
    }
}

#[test]
fn the_composite_signature_is_demanded_whatever_else_there_is() {
    let missing = Err(TlogError::MissingSignature { kind: KIND_PRIVATE });
    assert_eq!(SIGNER.verifier().verify(&with_lines(&NOTE.lines()[..2])), missing);
    let stranger = signer("acme/log/2026", "acme", 9).sign(&checkpoint(), TIME_S).unwrap();
    assert_eq!(SIGNER.verifier().verify(stranger.as_str()), missing);
}

#[test]
fn signatures_of_another_head_are_refused_kind_by_kind() {
    let other = Checkpoint { root: Hash::EMPTY_ROOT, ..checkpoint() };
    let other = SIGNER.sign(&other, TIME_S).unwrap();
    for (place, kind) in [KIND_ED25519, KIND_ML_DSA_44, KIND_PRIVATE].into_iter().enumerate() {
        let mut lines = NOTE.lines().to_vec();
        lines[place] = other.lines()[place].clone();
        assert_eq!(
            SIGNER.verifier().verify(&with_lines(&lines)),
            Err(TlogError::InvalidSignature { kind })
        );
        // A true line beside the false one does not heal the note.
        let mut lines = NOTE.lines().to_vec();
        lines.push(other.lines()[place].clone());
        assert_eq!(
            SIGNER.verifier().verify(&with_lines(&lines)),
            Err(TlogError::InvalidSignature { kind })
        );
    }
}

#[test]
fn a_signature_never_passes_for_one_of_another_kind() {
    for (from, to) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
        let mut lines = NOTE.lines().to_vec();
        lines[to].signature = lines[from].signature.clone();
        assert!(SIGNER.verifier().verify(&with_lines(&lines)).is_err(), "{from} as {to}");
    }
}

#[test]
fn the_time_of_the_cosignature_is_signed() {
    let mut lines = NOTE.lines().to_vec();
    lines[1].signature[7] ^= 1;
    let invalid = Err(TlogError::InvalidSignature { kind: KIND_ML_DSA_44 });
    assert_eq!(SIGNER.verifier().verify(&with_lines(&lines)), invalid);
    let key = &SIGNER.verifier().keys()[1];
    assert_eq!(key.cosignature(&NOTE, &checkpoint()), Ok(Some(TIME_S)));
    assert!(SIGNER.sign(&checkpoint(), 1 << 63).is_err());
}

#[test]
fn another_log_and_another_bank_are_refused() {
    let next = Checkpoint { origin: Origin::new("acme/log/2027").unwrap(), ..checkpoint() };
    assert!(matches!(SIGNER.sign(&next, TIME_S), Err(TlogError::OtherOrigin { .. })));
    let note = signer("acme/log/2027", "acme", 1).sign(&next, TIME_S).unwrap();
    let refusal = SIGNER.verifier().verify(note.as_str());
    assert!(matches!(refusal, Err(TlogError::OtherOrigin { .. })));
    // Same keys, same origin, another bank: only the composite signature binds the bank.
    let note = signer("acme/log/2026", "umbrella", 1).sign(&checkpoint(), TIME_S).unwrap();
    let refusal = SIGNER.verifier().verify(note.as_str());
    assert_eq!(refusal, Err(TlogError::InvalidSignature { kind: KIND_PRIVATE }));
}

#[test]
fn optional_lines_and_unknown_lines_may_come_and_go() {
    let verifier = SIGNER.verifier();
    assert_eq!(verifier.verify(NOTE.as_str()), Ok(checkpoint()));
    assert_eq!(verifier.verify(&with_lines(&NOTE.lines()[2..])), Ok(checkpoint()));
    let witnessed =
        NOTE.with_line(&cosigner("w1", 7).cosign(&checkpoint(), TIME_S).unwrap()).unwrap();
    assert_eq!(verifier.verify(witnessed.as_str()), Ok(checkpoint()));
    let composite_only = CheckpointVerifier::new(
        checkpoint().origin,
        "acme",
        None,
        None,
        SigningKey::from_seed(Suite::Standard, &vec![1; Suite::Standard.seed_len()])
            .unwrap()
            .public_key()
            .clone(),
    );
    assert_eq!(composite_only.unwrap().verify(NOTE.as_str()), Ok(checkpoint()));
}

#[test]
fn every_suite_signs_checkpoints() {
    for suite in Suite::ALL {
        let origin = checkpoint().origin;
        let signer = CheckpointSigner::new(
            origin,
            "acme",
            Ed25519Key::generate().unwrap(),
            MlDsa44Key::generate().unwrap(),
            SigningKey::generate(suite).unwrap(),
        )
        .unwrap();
        let note = signer.sign(&checkpoint(), 0).unwrap();
        let verifier = CheckpointVerifier::from_text(&signer.verifier().to_text()).unwrap();
        assert_eq!(verifier.verify(note.as_str()), Ok(checkpoint()), "{suite}");
    }
}

#[test]
fn a_quorum_counts_each_witness_once_and_only_with_a_true_cosignature() {
    let witnesses: Vec<Cosigner> =
        [("w1", 7), ("w2", 8), ("w3", 9)].map(|(name, seed)| cosigner(name, seed)).into();
    let keys = || witnesses.iter().map(|witness| witness.verifier_key().clone()).collect();
    let policy = Policy::new(SIGNER.verifier().clone(), keys(), 2).unwrap();
    let lines: Vec<_> =
        witnesses.iter().map(|w| w.cosign(&checkpoint(), TIME_S).unwrap()).collect();
    let not_met = |actual| Err(TlogError::QuorumNotMet { actual, quorum: 2 });

    assert_eq!(policy.verify(NOTE.as_str()), not_met(0));
    let one = NOTE.with_line(&lines[0]).unwrap();
    assert_eq!(policy.verify(one.as_str()), not_met(1));
    let again = one.with_line(&lines[0]).unwrap();
    let later = again.with_line(&witnesses[0].cosign(&checkpoint(), TIME_S + 1).unwrap()).unwrap();
    assert_eq!(policy.verify(later.as_str()), not_met(1));
    let stranger =
        one.with_line(&cosigner("w2", 99).cosign(&checkpoint(), TIME_S).unwrap()).unwrap();
    assert_eq!(policy.verify(stranger.as_str()), not_met(1));
    let stale = Checkpoint { size: TreeSize::new(1), ..checkpoint() };
    let stale = one.with_line(&witnesses[1].cosign(&stale, TIME_S).unwrap()).unwrap();
    let invalid = Err(TlogError::InvalidSignature { kind: KIND_ML_DSA_44 });
    assert_eq!(policy.verify(stale.as_str()), invalid);

    let two = one.with_line(&lines[2]).unwrap();
    assert_eq!(policy.verify(two.as_str()), Ok(checkpoint()));
    let read = Policy::from_text(&policy.to_text()).unwrap();
    assert_eq!(read.verify(two.as_str()), Ok(checkpoint()));
    assert_eq!(read.to_text(), policy.to_text());
    assert!(CheckpointVerifier::from_text(&policy.to_text()).is_err());
}

#[test]
fn policies_that_count_a_witness_twice_or_can_never_be_met_are_refused() {
    let log = || SIGNER.verifier().clone();
    let key = |name, seed| cosigner(name, seed).verifier_key().clone();
    for witnesses in [
        vec![key("w1", 7), key("w1", 7)],
        vec![key("w1", 7), key("w2", 7)],
        vec![key("w1", 7), key("w1", 8)],
        vec![key("w1", 1)], // the log's own key under another name
        vec![key("acme/log/2026", 7)],
        vec![log().keys()[0].clone()],
    ] {
        let refusal = Policy::new(log(), witnesses, 1).err();
        assert!(matches!(refusal, Some(TlogError::MalformedKey { .. })), "{refusal:?}");
    }
    let refusal = Policy::new(log(), vec![key("w1", 7)], 2).err();
    assert_eq!(refusal, Some(TlogError::QuorumNotMet { actual: 1, quorum: 2 }));
}

#[test]
fn malformed_policies_are_refused() {
    let text = SIGNER.verifier().to_text();
    let lines: Vec<&str> = text.lines().collect();
    let &[first, bank, ed25519, mldsa44, composite, quorum] = lines.as_slice() else {
        panic!("{text}");
    };
    let other = signer("acme/log/2027", "acme", 1).verifier().to_text();
    let other = other.lines().nth(4).unwrap();
    for lines in [
        vec![],
        vec![bank, composite, quorum],
        vec!["strongroom/log-policy/v2", bank, composite, quorum],
        vec![first, composite, quorum],
        vec![first, bank, quorum],
        vec![first, bank, composite],
        vec![first, bank, bank, composite, quorum],
        vec![first, "bank a b", composite, quorum],
        vec![first, bank, ed25519, mldsa44, quorum],
        vec![first, bank, composite, ed25519, quorum],
        vec![first, bank, mldsa44, ed25519, composite, quorum],
        vec![first, bank, composite, composite, quorum],
        vec![first, bank, ed25519, other, quorum],
        vec![first, bank, composite, quorum, quorum],
        vec![first, bank, composite, "quorum 1"],
        vec![first, bank, composite, "quorum +0"],
        vec![first, bank, composite, "quorum 00"],
        vec![first, bank, "log acme", composite, quorum],
        vec![first, bank, "key acme", composite, quorum],
        vec![first, bank, composite, "quorum"],
    ] {
        let text = lines.join("\n");
        assert!(Policy::from_text(&text).is_err(), "{text}");
    }
    let commented = [first, "# ours", "", bank, composite, quorum].join("\n");
    assert!(Policy::from_text(&commented).is_ok());
}
