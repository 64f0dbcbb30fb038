//! Record, leaf, groups.

use std::collections::BTreeMap;

use crypto::{Sha2, Sha3, Suite, sha256};
use intent::{
    Actor, DeviceId, Effects, EventKind, Evidence, Flags, Group, IntentError, Kind, Leaf, Origin,
    Outcome, Record, RiskRecord, Role, SessionId, UserId, UtcMicros, commit, rows_digest,
};
use ledger::{Account, AccountKind, Ledger, Transfer, TransferId};
use money::AssetCode;
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixture::{account, euros};

fn salts() -> [u8; 160] {
    std::array::from_fn(|place| u8::try_from(place).unwrap())
}

fn sample() -> (Record, Leaf) {
    let bytes = Group::ALL.map(|group| format!("bytes of {}", group.name()).into_bytes());
    Record::new(Kind::Transfer.code(), Flags::default(), bytes, &salts())
}

#[test]
fn every_flipped_byte_of_a_record_is_refused_and_its_group_named() {
    let (record, leaf) = sample();
    record.check(&leaf).unwrap();
    for group in Group::ALL {
        let len = record.group(group).unwrap().bytes.len();
        for place in 0..len + 32 {
            let mut forged = record.clone();
            let opening = forged.groups[group.index()].as_mut().unwrap();
            match place.checked_sub(len) {
                None => opening.bytes[place] ^= 1,
                Some(salt) => opening.salt[salt] ^= 1,
            }
            let refused = forged.check(&leaf).unwrap_err();
            assert_eq!(refused, IntentError::CommitmentMismatch { group });
            assert_eq!(refused.field(), Some(group.name()));
        }
        let mut longer = record.clone();
        longer.groups[group.index()].as_mut().unwrap().bytes.push(0);
        assert_eq!(longer.check(&leaf), Err(IntentError::CommitmentMismatch { group }));
    }
}

#[test]
fn groups_cannot_be_exchanged() {
    let same = [const { Vec::new() }; 5];
    let (mut record, leaf) = Record::new(Kind::Transfer.code(), Flags::default(), same, &[0; 160]);
    record.check(&leaf).unwrap();
    let mut commitments = leaf.commitments.to_vec();
    commitments.sort();
    commitments.dedup();
    assert_eq!(commitments.len(), 5);
    record.kind_code = Kind::TransferBatch.code();
    assert_eq!(record.check(&leaf).unwrap_err().field(), Some("leaf"));
}

#[test]
fn an_erased_group_leaves_the_rest_provable() {
    let (record, leaf) = sample();
    for group in Group::ALL {
        let mut erased = record.clone();
        erased.groups[group.index()] = None;
        erased.check(&leaf).unwrap();
        let other = Group::ALL[(group.index() + 1) % 5];
        erased.groups[other.index()].as_mut().unwrap().bytes[0] ^= 1;
        assert_eq!(erased.check(&leaf), Err(IntentError::CommitmentMismatch { group: other }));
    }
}

#[test]
fn the_layout_of_commitments_and_leaves_is_pinned() {
    let input = [&b"strongroom/commit/v1\x03"[..], &[7; 32], &[0, 0, 0, 0, 0, 0, 0, 2], b"hi"];
    assert_eq!(commit(Group::Origin, &[7; 32], b"hi"), sha256(&input.concat()));

    let flags = Flags { event: false, refused: true };
    let commitments = [1, 2, 3, 4, 5].map(|byte| Sha2::from_bytes([byte; 32]));
    let bytes = Leaf { kind_code: 6, flags, commitments }.to_bytes();
    assert_eq!(bytes.len(), 170);
    assert_eq!(&bytes[..10], b"srleaf01\x06\x02");
    for (place, digest) in bytes[10..].chunks(32).enumerate() {
        assert!(digest.iter().all(|byte| usize::from(*byte) == place + 1));
    }
}

#[test]
fn other_leaves_are_refused() {
    let (_, leaf) = sample();
    let good = leaf.to_bytes();
    assert_eq!(Leaf::from_bytes(&good), Ok(leaf));
    let with = |place: usize, byte: u8| {
        let mut bytes = good;
        bytes[place] = byte;
        bytes.to_vec()
    };
    let longer = [&good[..], &[0]].concat();
    for bytes in [
        with(0, b'x'),
        with(7, b'2'),
        with(8, 0),
        with(8, 127),
        with(8, EventKind::CrlIssued.code()),
        with(9, 1),
        with(9, 4),
        with(9, 0x80),
        good[..169].to_vec(),
        longer,
        Vec::new(),
    ] {
        assert_eq!(Leaf::from_bytes(&bytes).unwrap_err().field(), Some("leaf"));
    }
    let event = Flags { event: true, refused: false };
    let leaf = Leaf { kind_code: EventKind::CrlIssued.code(), flags: event, ..leaf };
    assert_eq!(Leaf::from_bytes(&leaf.to_bytes()), Ok(leaf));
}

pub(crate) fn actor() -> Actor {
    Actor {
        certificate: Sha3::from_bytes([0xc0; 32]),
        device: DeviceId::new(Sha3::from_bytes([0x11; 32])),
        lineage: Sha3::from_bytes([3; 32]),
        generation: 4,
        role: Role::Customer,
        seq: 2,
        prev: Sha3::from_bytes([0xee; 32]),
        session: Some(SessionId::new(Uuid::from_u128(78))),
        user: UserId::new(Uuid::from_u128(77)),
    }
}

pub(crate) fn effects() -> Effects {
    Effects {
        outcome: Outcome::Accepted,
        code: "ok".to_owned(),
        items: vec!["ok".to_owned(), "insufficient-funds".to_owned()],
        risk: Some(RiskRecord {
            score_permille: 120,
            level: "low".to_owned(),
            action: "proceed".to_owned(),
            policy: 1,
            reasons: vec!["first-payment".to_owned()],
            weights: vec![120],
        }),
        rows: Sha2::from_bytes([9; 32]),
        result: BTreeMap::from([("transfer".to_owned(), "1".to_owned())]),
    }
}

#[test]
fn groups_of_another_version_or_shape_are_refused() {
    let other = |bytes: Vec<u8>, from: &str, to: &str| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    };
    let origin = Origin::new("192.0.2.1", "curl/8", UtcMicros::from_micros(0)).to_bytes();
    let version = (r#""v":"1""#, r#""v":"2""#);
    let actor = actor().to_bytes();
    let effects = effects().to_bytes();
    for refused in [
        Actor::parse(&other(actor.clone(), version.0, version.1)).unwrap_err(),
        Origin::parse(&other(origin.clone(), version.0, version.1)).unwrap_err(),
        Effects::parse(&other(effects.clone(), version.0, version.1)).unwrap_err(),
    ] {
        assert_eq!(refused.code(), "unsupported-version");
    }
    for (refused, code, field) in [
        (
            Actor::parse(&other(actor.clone(), r#","seq":"2""#, "")).unwrap_err(),
            "missing-member",
            "seq",
        ),
        (
            Actor::parse(&other(actor, r#""generation":"4""#, r#""generation":"4294967296""#))
                .unwrap_err(),
            "malformed",
            "generation",
        ),
        (
            Origin::parse(&other(origin, r#""v""#, r#""ua":"x","v""#)).unwrap_err(),
            "not-canonical",
            "",
        ),
        (
            Effects::parse(&other(effects.clone(), "\"120\"", "\"1001\"")).unwrap_err(),
            "malformed",
            "risk.score_permille",
        ),
        (
            Effects::parse(&other(effects.clone(), "\"accepted\"", "\"maybe\"")).unwrap_err(),
            "malformed",
            "outcome",
        ),
        (
            Effects::parse(&other(effects, r#"["ok","#, "[true,")).unwrap_err(),
            "malformed",
            "items[0]",
        ),
    ] {
        assert_eq!((refused.code(), refused.field().unwrap_or_default()), (code, field));
    }
}

#[test]
fn other_evidence_is_refused() {
    let evidence =
        Evidence { suite: Suite::Standard, signature: vec![1; 3373], device_proof: vec![2; 32] };
    let good = evidence.to_bytes();
    assert_eq!(Evidence::parse(&good), Ok(evidence));
    assert_eq!(&good[..13], b"srevid01\x01\x00\x00\x0d\x2d");
    for cut in 0..good.len() {
        assert_eq!(Evidence::parse(&good[..cut]).unwrap_err().field(), Some("evidence"));
    }
    assert!(Evidence::parse(&[&good[..], &[0]].concat()).is_err());
    for (place, byte) in [(0, b'x'), (7, b'2'), (8, 0), (8, 200), (9, 0xff), (12, 0x2e)] {
        let mut bytes = good.clone();
        bytes[place] = byte;
        assert!(Evidence::parse(&bytes).is_err(), "{place}");
    }
}

#[test]
fn what_a_peer_sends_is_cut_and_cleaned() {
    let at = UtcMicros::from_micros(0);
    let origin = Origin::new("192.0.2.1\n", &"x\u{202e}\r\nA\u{30a}".repeat(100), at);
    assert_eq!(origin.ip, "192.0.2.1\u{fffd}");
    assert!(origin.user_agent.chars().count() <= Origin::USER_AGENT_CHARS_MAX);
    assert!(origin.user_agent.starts_with("x\u{fffd}\u{fffd}\u{fffd}\u{c5}"));
    assert_eq!(Origin::parse(&origin.to_bytes()), Ok(origin));
}

#[test]
fn actor_and_effects_are_read_as_they_were_written() {
    for actor in [actor(), Actor { session: None, ..actor() }] {
        assert_eq!(Actor::parse(&actor.to_bytes()), Ok(actor));
    }
    assert_eq!(Effects::parse(&effects().to_bytes()), Ok(effects()));
    let bare = Effects { risk: None, items: Vec::new(), result: BTreeMap::new(), ..effects() };
    assert_eq!(Effects::parse(&bare.to_bytes()), Ok(bare));
}

#[test]
fn each_row_changes_the_digest() {
    let mut ledger = Ledger::default();
    for (number, floor) in [(1, None), (2, Some(0)), (3, Some(0))] {
        let kind = AccountKind::Liability;
        let opened = Account::open(account(number), AssetCode::EUR, kind, floor).unwrap();
        ledger.load_account(opened);
    }
    let id = |number| TransferId::new(Uuid::from_u128(number));
    let mut post = |transfer: Transfer| ledger::post(&mut ledger, &transfer, 0).unwrap();
    let plain = post(Transfer::post(id(1), account(1), account(2), euros(500)).unwrap());
    let again = post(Transfer::post(id(2), account(1), account(2), euros(500)).unwrap());
    let hold = post(Transfer::hold(id(3), account(2), account(3), euros(100), 10).unwrap());
    let capture = post(Transfer::capture(id(4), id(3), None).unwrap());
    let reverse = post(Transfer::reverse(id(5), id(1), Some(euros(1))).unwrap());
    let digests = [
        rows_digest(&[]),
        rows_digest(&[&plain]),
        rows_digest(&[&again]),
        rows_digest(&[&plain, &again]),
        rows_digest(&[&again, &plain]),
        rows_digest(&[&hold]),
        rows_digest(&[&capture]),
        rows_digest(&[&reverse]),
    ];
    let unique: std::collections::BTreeSet<_> = digests.iter().collect();
    assert_eq!(unique.len(), digests.len());
    assert_eq!(rows_digest(&[]), sha256(b"srrows01\0\0\0\0\0\0\0\0"));
    assert_eq!(rows_digest(&[&plain]), rows_digest(&[&plain.clone()]));
}

#[test]
fn the_layout_of_a_row_is_pinned() {
    let mut ledger = Ledger::default();
    for number in [1, 2] {
        let kind = AccountKind::Liability;
        let opened = Account::open(account(number), AssetCode::EUR, kind, None).unwrap();
        ledger.load_account(opened);
    }
    let transfer =
        Transfer::post(TransferId::new(Uuid::from_u128(9)), account(1), account(2), euros(500));
    let posting = ledger::post(&mut ledger, &transfer.unwrap(), 0).unwrap();
    let id = |number: u128| number.to_be_bytes();
    let number = |number: i64| number.to_be_bytes();
    let entry = |owner, side: u8, balance_after: i64| {
        [&id(owner)[..], &[side], &number(500), &number(balance_after), &number(1)].concat()
    };
    let rows = [
        b"srrows01",
        &number(1)[..],
        &id(9),
        &[1],
        &[0; 16],
        &id(1),
        &id(2),
        &number(500),
        b"EUR\0\0\0\0\0\0\0\0\0",
        &number(0),
        &[2],
        &entry(1, 1, -500),
        &entry(2, 2, 500),
    ];
    assert_eq!(rows_digest(&[&posting]), sha256(&rows.concat()));
}

proptest! {
    #[test]
    fn any_effects_can_be_read_back(
        code in any::<String>(), items in prop::collection::vec(any::<String>(), 0..4),
        result in prop::collection::btree_map(any::<String>(), any::<String>(), 0..4),
        score_permille in any::<u16>(),
    ) {
        let mut written = effects();
        written.code = code;
        written.items = items;
        written.result = result;
        written.risk.as_mut().unwrap().score_permille = score_permille;
        let read = Effects::parse(&written.to_bytes()).unwrap();
        prop_assert_eq!(read.items.len(), written.items.len());
        // A second pass changes nothing: what was read is clean.
        prop_assert_eq!(Effects::parse(&read.to_bytes()).unwrap(), read);
    }

    #[test]
    fn any_leaf_is_read_as_it_was_written(
        kind in prop::sample::select(Kind::ALL.to_vec()), refused in any::<bool>(),
        digests in any::<[[u8; 32]; 5]>(),
    ) {
        let flags = Flags { event: false, refused };
        let leaf = Leaf { kind_code: kind.code(), flags, commitments: digests.map(Sha2::from_bytes) };
        prop_assert_eq!(Leaf::from_bytes(&leaf.to_bytes()), Ok(leaf));
    }
}
