//! The document: members, forms, and the rules between them.

use crypto::{Sha2, Sha3};
use intent::{
    BatchItem, BeneficiaryStatus, Body, DeviceId, Intent, IntentDraft, Kind, OrderTerms,
    RevocationReason, Role, TransferBody, UserId, UtcMicros,
};
use ledger::{AccountKind, Rejection, TransferId};
use money::{Amount, AssetCode};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixture::{account, body, draft, euros, intent, item, transfer_body, transfer_text};

fn refusal(text: &str) -> (String, Option<String>) {
    let refused = Intent::parse(text.as_bytes()).unwrap_err();
    (refused.code().to_owned(), refused.field().map(str::to_owned))
}

fn expect(text: &str, code: &str, field: &str) {
    assert_eq!(refusal(text), (code.to_owned(), Some(field.to_owned())), "{text}");
}

#[test]
fn a_missing_member_is_refused_by_name() {
    let text = transfer_text();
    let document: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(document.len(), 11);
    for name in document.keys() {
        let mut less = document.clone();
        less.remove(name);
        expect(&serde_json::to_string(&less).unwrap(), "missing-member", name);
    }
    for kind in Kind::ALL {
        let bytes = intent(kind).into_canonical();
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        for name in document["body"].as_object().unwrap().keys() {
            let mut less = document.clone();
            less["body"].as_object_mut().unwrap().remove(name);
            expect(&less.to_string(), "missing-member", &format!("body.{name}"));
        }
    }
}

#[test]
fn what_an_order_may_leave_out_is_read_back_where_it_is_there_and_has_one_spelling() {
    let Body::StandingOrderPlace { transfer, terms } = body(Kind::StandingOrderPlace) else {
        panic!("an order")
    };
    let terms = OrderTerms { last: OrderTerms::day("2027-11-30"), count: Some(12), ..terms };
    let order = draft(Body::StandingOrderPlace { transfer, terms }).build().unwrap();
    assert_eq!(Intent::parse(order.canonical()).unwrap(), order);
    let text = String::from_utf8(order.into_canonical()).unwrap();
    for (old, new, field) in [
        (r#""count":"12""#, r#""count":"0""#, "body.count"),
        (r#""count":"12""#, r#""count":"5201""#, "body.count"),
        ("2027-11-30", "2027-11-31", "body.last"),
    ] {
        assert!(text.contains(old));
        expect(&text.replace(old, new), "malformed", field);
    }
    let gone = BeneficiaryStatus::Deleted.name();
    let change = String::from_utf8(intent(Kind::BeneficiaryChange).into_canonical()).unwrap();
    let renamed = change.replace(r#""status":"active""#, &format!(r#""status":"{gone}""#));
    expect(&renamed, "malformed", "body.details");
}

#[test]
fn an_unknown_member_is_refused_by_name() {
    for kind in Kind::ALL {
        let bytes = intent(kind).into_canonical();
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let mut more = document.clone();
        more["note"] = "x".into();
        expect(&more.to_string(), "unknown-member", "note");
        let mut more = document;
        more["body"]["zebra"] = "x".into();
        expect(&more.to_string(), "unknown-member", "body.zebra");
    }
    let batch = String::from_utf8(intent(Kind::TransferBatch).into_canonical()).unwrap();
    let more = batch.replacen("\"}]", "\",\"zebra\":\"x\"}]", 1);
    expect(&more, "unknown-member", "body.items[2].zebra");
}

#[test]
fn a_member_of_the_wrong_shape_is_refused_by_name() {
    for kind in Kind::ALL {
        let bytes = intent(kind).into_canonical();
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let wrong = |value: &serde_json::Value| -> serde_json::Value {
            if value.is_string() { true.into() } else { "true".into() }
        };
        for (name, value) in document.as_object().unwrap() {
            let mut other = document.clone();
            other[name] = wrong(value);
            let code = if name == "v" { ("malformed", "v") } else { ("malformed", &**name) };
            expect(&other.to_string(), code.0, code.1);
        }
        for (name, value) in document["body"].as_object().unwrap() {
            let mut other = document.clone();
            other["body"][name] = wrong(value);
            expect(&other.to_string(), "malformed", &format!("body.{name}"));
        }
    }
}

#[test]
fn a_member_of_the_wrong_form_is_refused_by_name() {
    let text = transfer_text();
    let id = "019aa000-0000-7000-8000-000000000001";
    for (from, to, code, field) in [
        ("\"v\":\"1\"", "\"v\":\"2\"", "unsupported-version", "v"),
        ("\"transfer\"", "\"transfer.all\"", "unknown-kind", "kind"),
        ("\"customer\"", "\"owner\"", "malformed", "authority"),
        ("demo-bank", "Demo", "malformed", "bank"),
        ("01:02:03.000456Z", "01:02:03Z", "malformed", "at"),
        (id, "019aa000-0000-4000-8000-000000000001", "malformed", "id"),
        (id, "019AA000-0000-7000-8000-000000000001", "malformed", "id"),
        ("\"seq\":\"2\"", "\"seq\":\"0\"", "malformed", "seq"),
        ("\"seq\":\"2\"", "\"seq\":\"02\"", "malformed", "seq"),
        ("\"seq\":\"2\"", "\"seq\":\"18446744073709551616\"", "malformed", "seq"),
        ("\"seq\":\"2\"", "\"seq\":\"1\"", "malformed", "prev"),
        ("eeee", "EEEE", "malformed", "prev"),
        ("c0c0", "c0", "malformed", "certificate"),
        ("1111", "111g", "malformed", "device"),
        ("\"1250\"", "\"-1250\"", "malformed", "body.amount"),
        ("\"1250\"", "\"01250\"", "malformed", "body.amount"),
        ("\"1250\"", "\"12.50\"", "malformed", "body.amount"),
        ("\"1250\"", "\"9223372036854775808\"", "malformed", "body.amount"),
        ("\"EUR\"", "\"eur\"", "malformed", "body.asset"),
        ("\"1250\"", "1250", "number-in-json", "body.amount"),
        ("\"1250\"", "null", "null-in-json", "body.amount"),
        ("\"debit\":", "\"details\":\"x\",\"debit\":", "not-canonical", ""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let field = Some(field.to_owned()).filter(|field| !field.is_empty());
        assert_eq!(refusal(&changed), (code.to_owned(), field), "{to}");
    }
}

#[test]
fn a_body_outside_its_bounds_is_refused() {
    let refused = |body: Body| {
        let refused = draft(body).build().unwrap_err();
        (refused.code(), refused.field().map(str::to_owned))
    };
    let malformed = |field: &str| ("malformed", Some(field.to_owned()));
    let freeze = |reason: String| Body::AccountFreeze {
        account: account(1),
        debit: true,
        credit: true,
        reason,
    };
    assert_eq!(refused(freeze(String::new())), malformed("body.reason"));
    assert_eq!(refused(freeze("\u{e4}".repeat(141))), malformed("body.reason"));
    assert!(draft(freeze("\u{e4}".repeat(140))).build().is_ok());
    let (code, field) = refused(freeze("a\u{202e}b".to_owned()));
    assert_eq!((code, field.as_deref()), ("text-forbidden", Some("body.reason")));
    let (code, field) = refused(freeze("A\u{30a}".to_owned()));
    assert_eq!((code, field.as_deref()), ("text-not-normal", Some("body.reason")));

    let batch =
        |count: u128| Body::TransferBatch { atomic: false, items: (1..=count).map(item).collect() };
    assert_eq!(refused(batch(0)), malformed("body.items"));
    assert_eq!(refused(batch(1001)), malformed("body.items"));
    assert!(draft(batch(1000)).build().is_ok());

    let rotate = |csr: usize, kem: usize| Body::KeyRotate {
        csr: vec![0; csr],
        device: DeviceId::new(Sha3::from_bytes([0; 32])),
        device_key_commitment: Sha3::from_bytes([0; 32]),
        kem_public_key: vec![0; kem],
    };
    assert_eq!(refused(rotate(0, 1)), malformed("body.csr"));
    assert_eq!(refused(rotate(Body::CSR_LEN_MAX + 1, 1)), malformed("body.csr"));
    assert_eq!(refused(rotate(1, 0)), malformed("body.kem_public_key"));
    let too_long = Body::KEM_PUBLIC_KEY_LEN_MAX + 1;
    assert_eq!(refused(rotate(1, too_long)), malformed("body.kem_public_key"));

    let login = |origin: &str| Body::SessionLogin {
        challenge: [0; 32],
        origin: origin.to_owned(),
        kem_public_key: vec![1],
    };
    assert_eq!(refused(login("")), malformed("body.origin"));
    assert_eq!(refused(login(&"x".repeat(256))), malformed("body.origin"));
}

#[test]
fn rules_between_members_are_kept() {
    let enrol = draft(body(Kind::UserEnrol));
    let elsewhere = DeviceId::new(Sha3::from_bytes([0x22; 32]));
    let refused = IntentDraft { device: elsewhere, ..enrol.clone() }.build().unwrap_err();
    assert_eq!((refused.code(), refused.field()), ("malformed", Some("body.device")));
    let certificate = Sha3::from_bytes([1; 32]);
    let refused = IntentDraft { certificate, ..enrol }.build().unwrap_err();
    assert_eq!(refused.code(), "certificate-mismatch");

    let first = IntentDraft { seq: 1, ..draft(body(Kind::Transfer)) };
    assert_eq!(first.clone().build().unwrap_err().field(), Some("prev"));
    let none = Sha3::from_bytes([0; 32]);
    assert!(IntentDraft { prev: none, ..first.clone() }.build().is_ok());
    let second = IntentDraft { seq: 2, prev: none, ..first };
    assert_eq!(second.build().unwrap_err().field(), Some("prev"));

    let open = |kind| Body::AccountOpen {
        account: account(1),
        asset: AssetCode::EUR,
        owner: UserId::new(Uuid::from_u128(1)),
        kind,
    };
    for kind in AccountKind::ALL {
        let by_customer = draft(open(kind)).build();
        assert_eq!(by_customer.is_ok(), kind == AccountKind::Liability, "{kind}");
        let by_manager = IntentDraft { authority: Role::Manager, ..draft(open(kind)) }.build();
        assert!(by_manager.is_ok(), "{kind}");
    }
}

#[test]
fn each_kind_is_read_as_it_was_written() {
    for kind in Kind::ALL {
        let intent = intent(kind);
        assert_eq!(intent.kind(), kind);
        assert_eq!(intent.body(), &body(kind));
        let read = Intent::parse(intent.canonical()).unwrap();
        assert_eq!(read, intent);
        let value = intent::canonical::parse(intent.canonical()).unwrap();
        assert_eq!(intent::canonical::write(&value), intent.canonical());
    }
}

#[test]
fn the_canonical_bytes_of_a_transfer_are_pinned() {
    let zeros = "00000000-0000-0000-0000-00000000000";
    let expected = format!(
        concat!(
            r#"{{"at":"2026-11-22T01:02:03.000456Z","authority":"customer","bank":"demo-bank","#,
            r#""body":{{"amount":"1250","asset":"EUR","credit":"{z}2","debit":"{z}1"}},"#,
            r#""certificate":"{c}","device":"{d}","id":"019aa000-0000-7000-8000-000000000001","#,
            r#""kind":"transfer","prev":"{p}","seq":"2","v":"1"}}"#
        ),
        z = zeros,
        c = "c0".repeat(32),
        d = "11".repeat(32),
        p = "ee".repeat(32),
    );
    assert_eq!(transfer_text(), expected);
}

#[test]
fn a_transfer_becomes_the_ledgers_transfer() {
    let id = TransferId::new(Uuid::from_u128(5));
    let posted = transfer_body().to_ledger(id).unwrap();
    assert_eq!(posted.id(), id);
    assert_eq!(posted.accounts(), Some([account(1), account(2)]));
    assert_eq!(posted.kind().amount(), Some(euros(12_50)));
    let same = TransferBody { credit: account(1), ..transfer_body() };
    assert_eq!(same.to_ledger(id), Err(Rejection::AccountsMustDiffer));
    let nothing = BatchItem { amount: euros(0), ..item(5) };
    assert_eq!(nothing.to_ledger(), Err(Rejection::AmountMustNotBeZero));
}

prop_compose! {
    fn any_transfer()(
        debit in any::<u128>(), credit in any::<u128>(), minor in 0..=i64::MAX,
        asset in "[A-Z]{3}", details in any::<Option<[u8; 32]>>(),
    ) -> TransferBody {
        TransferBody {
            debit: account(debit),
            credit: account(credit),
            amount: Amount::new(minor, asset.parse().unwrap()).unwrap(),
            details: details.map(Sha2::from_bytes),
        }
    }
}

fn any_body() -> impl Strategy<Value = Body> {
    let id = any::<u128>().prop_map(Uuid::from_u128);
    // The bank's own version of ids is nobody else's.
    let id = id.prop_filter("version 8", |id| id.get_version_num() != 8);
    let items = (id, any_transfer()).prop_map(|(id, transfer)| {
        let TransferBody { debit, credit, amount, details } = transfer;
        BatchItem { id: TransferId::new(id), debit, credit, amount, details }
    });
    prop_oneof![
        any_transfer().prop_map(Body::Transfer),
        (any::<bool>(), prop::collection::vec(items, 1..20))
            .prop_map(|(atomic, items)| Body::TransferBatch { atomic, items }),
        ("[ -~]{1,140}", any::<[bool; 2]>()).prop_map(|(reason, [debit, credit])| {
            Body::AccountFreeze { account: account(1), debit, credit, reason }
        }),
        (any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 1..100), "[ -~]{1,50}").prop_map(
            |(challenge, kem_public_key, origin)| Body::SessionLogin {
                challenge,
                origin,
                kem_public_key
            }
        ),
        (any::<[u8; 32]>(), prop::sample::select(RevocationReason::ALL.to_vec())).prop_map(
            |(certificate, reason)| Body::CertificateRevoke {
                certificate: Sha3::from_bytes(certificate),
                reason
            }
        ),
    ]
}

proptest! {
    #[test]
    fn any_draft_is_built_and_read_back(
        body in any_body(), seq in 2..=u64::MAX, prev in any::<[u8; 32]>(),
        certificate in any::<[u8; 32]>(), micros in 0..253_402_300_799_999_999_i64,
        authority in prop::sample::select(Role::ALL.to_vec()),
    ) {
        prop_assume!(prev != [0; 32]);
        let draft = IntentDraft {
            seq,
            authority,
            prev: Sha3::from_bytes(prev),
            certificate: Sha3::from_bytes(certificate),
            at: UtcMicros::from_micros(micros),
            ..draft(body.clone())
        };
        let intent = draft.build().unwrap();
        prop_assert_eq!(intent.body(), &body);
        prop_assert_eq!(intent.seq(), seq);
        prop_assert_eq!(Intent::parse(intent.canonical()).unwrap(), intent);
    }
}

#[test]
fn a_report_may_have_a_beginning_an_end_or_both() {
    let at = |text: &str| Some(text.parse::<UtcMicros>().unwrap());
    let (early, late) = (at("2026-11-22T00:00:00.000000Z"), at("2026-11-23T00:00:00.000000Z"));
    for (from, to) in [(early, None), (None, late), (early, late)] {
        let Body::AuditReport { subject, value, .. } = body(Kind::AuditReport) else {
            panic!("the fixture of another kind")
        };
        let intent = draft(Body::AuditReport { subject, value, from, to }).build().unwrap();
        assert_eq!(Intent::parse(intent.canonical()), Ok(intent));
    }
}

#[test]
fn a_set_of_permissions_has_one_spelling() {
    let with = |permissions: &[&str]| {
        let permissions = permissions.iter().map(ToString::to_string).collect();
        let name = "teller".to_owned();
        draft(Body::RoleDefine { name, base: Role::Manager, permissions, active: true }).build()
    };
    with(&[]).unwrap();
    with(&["a:b", "a:c"]).unwrap();
    for permissions in [&["a:c", "a:b"][..], &["a:b", "a:b"], &["a:b"; 65]] {
        assert_eq!(with(permissions).unwrap_err().field(), Some("body.permissions"));
    }
}
