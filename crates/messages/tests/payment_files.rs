//! Payment files: those that banks publish, those that attack, and those that are wrong in one place.

#![expect(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests may panic")]

use ledger::{AccountId, AccountNumber};
use messages::pain002::{self, ItemStatus, Report};
use messages::payment::{csv, pain001};
use messages::{Account, Limits, Problem, Reason};
use proptest::prelude::*;
use time::macros::{date, datetime};
use uuid::Uuid;

const SWISS: &str = include_str!("../testdata/pain001-swiss.xml");
const SEPA: &str = include_str!("../testdata/pain001-sepa-bom.xml");
const ISO: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.";

fn own(n: u128) -> AccountNumber {
    AccountNumber::of(AccountId::new(Uuid::from_u128(n)))
}

/// A file of one item that our bank can pay.
fn good() -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{ISO}09">
 <CstmrCdtTrfInitn>
  <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-01T10:00:00+01:00</CreDtTm><NbOfTxs>1</NbOfTxs><CtrlSum>12.5</CtrlSum><InitgPty><Nm>A</Nm></InitgPty></GrpHdr>
  <PmtInf><PmtInfId>P1</PmtInfId><PmtMtd>TRF</PmtMtd><NbOfTxs>1</NbOfTxs><CtrlSum>12.50</CtrlSum>
   <ReqdExctnDt><Dt>2026-03-31</Dt></ReqdExctnDt>
   <Dbtr><Nm>A</Nm></Dbtr><DbtrAcct><Id><IBAN>{}</IBAN></Id></DbtrAcct><DbtrAgt><FinInstnId/></DbtrAgt>
   <CdtTrfTxInf><PmtId><InstrId>I1</InstrId><EndToEndId>E1</EndToEndId></PmtId>
    <Amt><InstdAmt Ccy="EUR">12.50</InstdAmt></Amt><Cdtr><Nm>B &amp; <![CDATA[Sons]]> &#169;</Nm></Cdtr>
    <CdtrAcct><Id><Othr><Id>{}</Id></Othr></Id></CdtrAcct><RmtInf><Ustrd>one</Ustrd><Ustrd>two</Ustrd></RmtInf>
   </CdtTrfTxInf></PmtInf>
 </CstmrCdtTrfInitn>
</Document>"#,
        own(1),
        own(2)
    )
}

fn read(text: &str) -> Result<messages::payment::UncheckedFile, messages::FileError> {
    pain001::read(text.as_bytes(), &Limits::PRODUCT)
}

fn refusal(text: &str) -> messages::FileError {
    read(text).and_then(messages::payment::UncheckedFile::check).unwrap_err()
}

#[test]
fn the_swiss_sample_is_read_item_by_item_and_refused_for_its_count() {
    let unchecked = read(SWISS).unwrap();
    let file = unchecked.as_written();
    assert_eq!(file.message_name, "pain.001.001.03.ch.02");
    assert_eq!((file.message_id.as_str(), file.version), ("MsgId-001", Some(3)));
    assert_eq!(file.payments.len(), 5);
    assert_eq!(file.control_sum().unwrap(), "38");
    assert_eq!(file.payments[0].execution_date, date!(2020 - 07 - 28));
    assert_eq!(file.payments[0].batch_booking, Some(true));
    let items: Vec<_> = file.items().map(|(_, item)| item).collect();
    assert_eq!(items.len(), 8);
    assert_eq!(items[0].creditor_name.as_deref(), Some("Maria Bernasconi"));
    assert_eq!(items[0].text.as_deref(), Some("Rechnung 1122"));
    assert_eq!(items[1].creditor, Account::Other("014295803".into()));
    assert_eq!(items[1].structured_reference.as_deref(), Some("120000000000234478943216899"));
    assert_eq!(items[4].creditor, Account::Malformed("CH010023512312312365L".into()));
    assert_eq!(items[5].order.as_ref().unwrap_err().reason, Reason::AM03);
    assert_eq!(items[7].structured_reference.as_deref(), Some("RF18539007547034"));
    assert_eq!(items[7].place.path, "Document/CstmrCdtTrfInitn/PmtInf[5]/CdtTrfTxInf[2]");
    assert_eq!(SWISS.lines().nth(items[7].place.line - 1).unwrap().trim(), "<CdtTrfTxInf>");
    assert!(items.iter().all(|item| item.order.is_err()));

    let error = unchecked.check().unwrap_err();
    assert_eq!(error.problem, Problem::WrongCount { declared: 7, found: 8 });
    assert_eq!(error.place.path, "Document/CstmrCdtTrfInitn/GrpHdr/NbOfTxs");
    assert_eq!(error.problem.reason(), Reason::AM18);
    let corrected = SWISS.replace("<NbOfTxs>7<", "<NbOfTxs>8<");
    assert!(read(&corrected).unwrap().check().is_ok());
}

#[test]
fn the_sepa_sample_with_a_byte_order_mark_is_read() {
    assert!(SEPA.starts_with('\u{feff}'));
    let file = read(SEPA).unwrap().check().unwrap();
    let (payment, item) = file.items().next().unwrap();
    assert_eq!(payment.debtor, Account::Malformed("LT007180000000000000".into()));
    assert_eq!(item.written.0, "99.99");
    assert_eq!(item.order.as_ref().unwrap_err().reason, Reason::AC02);
    assert_eq!(item.text.as_deref(), Some("Apmokama saskaita-faktura Nr. 1"));
}

#[test]
fn every_version_and_any_prefix_is_read() {
    for version in 3..=12 {
        let text = good().replace(&format!("{ISO}09"), &format!("{ISO}{version:02}"));
        let file = read(&text).unwrap().check().unwrap();
        assert_eq!(file.version, Some(version));
        let item = &file.payments[0].items[0];
        let order = item.order.as_ref().unwrap();
        assert_eq!((order.debtor, order.creditor, order.amount.minor()), (own(1), own(2), 1250));
        assert_eq!(item.creditor_name.as_deref(), Some("B & Sons ©"));
        assert_eq!(item.text.as_deref(), Some("one two"));
    }
    let prefixed = good().replace("</", "</p:").replace("xmlns=", "xmlns:p=").replace('<', "<p:");
    let prefixed = prefixed.replace("<p:/p:", "</p:").replace("<p:?", "<?").replace("<p:!", "<!");
    assert_eq!(read(&prefixed).unwrap(), read(&good()).unwrap());
}

#[test]
fn a_file_that_is_wrong_in_one_place_is_refused_whole_with_line_and_element() {
    let cases: &[(&str, &str, Problem, usize)] = &[
        ("pain.001.001.09", "pain.001.001.02", other(), 2),
        ("pain.001.001.09", "pain.008.001.02", other(), 2),
        ("<MsgId>M1</MsgId>", "", Problem::Missing("MsgId"), 4),
        ("<MsgId>M1</MsgId>", "<MsgId> </MsgId>", Problem::Empty, 4),
        (
            "<MsgId>M1</MsgId>",
            "<MsgId>M1</MsgId><MsgId>M2</MsgId>",
            Problem::Twice("MsgId".into()),
            4,
        ),
        ("<InstrId>I1</InstrId>", "<Surprise/>", Problem::UnknownElement("Surprise".into()), 8),
        ("<PmtMtd>TRF</PmtMtd>", "", Problem::Missing("PmtMtd"), 5),
        ("<PmtMtd>TRF", "<PmtMtd>DD", not_a("TRF, TRA or CHK", "DD"), 5),
        (
            "<PmtMtd>TRF</PmtMtd><NbOfTxs>1</NbOfTxs>",
            "<NbOfTxs>1</NbOfTxs><PmtMtd>TRF</PmtMtd>",
            Problem::OutOfOrder("PmtMtd".into()),
            5,
        ),
        ("2026-03-31", "2026-02-30", not_a("a date", "2026-02-30"), 6),
        (">12.50</InstdAmt>", ">12,50</InstdAmt>", not_a("an amount", "12,50"), 9),
        (">12.50</InstdAmt>", ">-12.50</InstdAmt>", not_a("an amount", "-12.50"), 9),
        (
            ">12.50</InstdAmt>",
            ">12.505</InstdAmt>",
            not_a("an amount of its currency", "12.505"),
            9,
        ),
        ("Ccy=\"EUR\"", "Ccy=\"eur\"", not_a("a currency", "eur"), 9),
        ("Ccy=\"EUR\"", "", Problem::Missing("Ccy"), 9),
        ("<IBAN>SR", "<IBAN>", not_a("an IBAN", &own(1).to_string()[2..]), 7),
        ("<CtrlSum>12.5<", "<CtrlSum>12.4<", wrong_sum("12.4"), 4),
        ("<CtrlSum>12.50<", "<CtrlSum>99<", wrong_sum("99"), 5),
        ("<PmtInfId>P1", "text<PmtInfId>P1", Problem::StrayText, 5),
        ("</Document>", "", not_well_formed("ends inside an element"), 13),
    ];
    for (from, to, problem, line) in cases {
        let text = good().replacen(from, to, 1);
        assert_ne!(text, good(), "{from} does not occur");
        let error = refusal(&text);
        assert_eq!(&error.problem, problem, "{from} -> {to}");
        assert_eq!(error.place.line, *line, "{from} -> {to}: {error}");
    }
}

fn other() -> Problem {
    Problem::OtherMessage("a pain.001.001.03 to .12")
}

fn not_a(expected: &'static str, value: &str) -> Problem {
    Problem::NotA { expected, value: value.into() }
}

fn wrong_sum(declared: &str) -> Problem {
    Problem::WrongSum { declared: declared.into(), found: "12.5".into() }
}

fn not_well_formed(text: &str) -> Problem {
    Problem::NotWellFormed(text.into())
}

/// The item of [`good`] and a second one.
fn two_items(from: &str, to: &str) -> String {
    let text = good().replace("<NbOfTxs>1<", "<NbOfTxs>2<").replace("<CtrlSum>12.5", "<CtrlSum>25");
    let text = text.replace("<CtrlSum>250<", "<CtrlSum>25<");
    let start = text.find("<CdtTrfTxInf>").unwrap();
    let end = text.find("</PmtInf>").unwrap();
    let second =
        text[start..end].replace(">I1<", ">I2<").replace(">E1<", ">E2<").replacen(from, to, 1);
    format!("{}{second}{}", &text[..end], &text[end..])
}

#[test]
fn ids_that_stand_twice_and_mixed_currencies_are_refused_whole() {
    assert!(read(&two_items("x", "x")).unwrap().check().is_ok());
    assert_eq!(refusal(&two_items(">I2<", ">I1<")).problem, Problem::DuplicateId("I1".into()));
    assert_eq!(refusal(&two_items(">E2<", ">E1<")).problem, Problem::DuplicateId("E1".into()));
    let mixed = Problem::MixedCurrencies("EUR".into(), "USD".into());
    assert_eq!(refusal(&two_items("\"EUR\"", "\"USD\"")).problem, mixed);
    let not_provided = two_items(">E2<", ">NOTPROVIDED<").replace(">E1<", ">NOTPROVIDED<");
    assert!(read(&not_provided).unwrap().check().is_ok());
    let limits = Limits { items: 1, ..Limits::PRODUCT };
    let error = pain001::read(two_items("x", "x").as_bytes(), &limits).unwrap_err();
    assert_eq!(error.problem, Problem::TooManyItems(1));
}

#[test]
fn what_our_bank_cannot_pay_is_refused_item_by_item_with_its_reason() {
    let creditor = own(2).to_string();
    let cases: &[(&str, &str, Reason)] = &[
        ("<PmtMtd>TRF", "<PmtMtd>CHK", Reason::FF03),
        ("</Amt><Cdtr>", "</Amt><ChqInstr/><Cdtr>", Reason::FF03),
        (&creditor, "DE44500105175407324931", Reason::AC03),
        (&creditor, "DE45500105175407324931", Reason::AC01),
        (&creditor, "014295803", Reason::AC03),
        ("Ccy=\"EUR\"", "Ccy=\"XTS\"", Reason::AM03),
        ("</Id></DbtrAcct>", "</Id><Ccy>USD</Ccy></DbtrAcct>", Reason::CURR),
        (&creditor, &own(1).to_string(), Reason::AG01),
    ];
    for (from, to, reason) in cases {
        let text = good().replacen(from, to, 1);
        assert_ne!(text, good(), "{from}");
        let file = read(&text).unwrap().check().unwrap();
        assert_eq!(file.payments[0].items[0].order.as_ref().unwrap_err().reason, *reason, "{to}");
    }
    let zero = good().replace("12.50", "0.00").replace("12.5<", "0<");
    let file = read(&zero).unwrap().check().unwrap();
    assert_eq!(file.payments[0].items[0].order.as_ref().unwrap_err().reason, Reason::AM01);
    let start = good().find("<CdtrAcct>").unwrap();
    let end = good().find("<RmtInf>").unwrap();
    let without = format!("{}{}", &good()[..start], &good()[end..]);
    let file = read(&without).unwrap().check().unwrap();
    assert_eq!(file.payments[0].items[0].creditor, Account::Absent);
    assert_eq!(file.payments[0].items[0].order.as_ref().unwrap_err().reason, Reason::AC03);
}

#[test]
fn a_comment_inside_a_text_does_not_cut_it_short() {
    let text = good()
        .replace(&own(2).to_string(), &format!("{}<!-- x -->{}", "DE445001051754", "07324931"));
    let file = read(&text).unwrap().check().unwrap();
    let creditor = Account::Iban("DE44500105175407324931".into());
    assert_eq!(file.payments[0].items[0].creditor, creditor);
}

#[test]
fn a_table_is_read_in_both_notations_and_with_every_delimiter() {
    let (a, b) = (own(1), own(2));
    let head = "debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id;text";
    let row = |amount: &str, id: &str| {
        format!("{a};2026-03-31;{b};\"Bob; \"\"the\"\" Builder\";{amount};EUR;{id};=1+1\r\n")
    };
    let text = format!("\u{feff}{head}\r\n{}{}", row("1.234,56", "E1"), row("0,04", "E2"));
    let file = csv::read(text.as_bytes(), "M1", &Limits::PRODUCT).unwrap().check().unwrap();
    assert_eq!(file.payments.len(), 1);
    assert_eq!(file.control_sum().unwrap(), "1234.6");
    let item = &file.payments[0].items[0];
    assert_eq!(item.order.as_ref().unwrap().amount.minor(), 123_456);
    assert_eq!(item.creditor_name.as_deref(), Some("Bob; \"the\" Builder"));
    assert_eq!(item.place.line, 2);
    for delimiter in [",", "\t"] {
        let head = head.replace(';', delimiter);
        let row =
            [a.to_string().as_str(), "2026-03-31", &b.to_string(), "Bob", "5.5", "EUR", "E1", ""]
                .join(delimiter);
        let text = format!("{head}\n{row}");
        let file = csv::read(text.as_bytes(), "M1", &Limits::PRODUCT).unwrap().check().unwrap();
        assert_eq!(file.payments[0].items[0].order.as_ref().unwrap().amount.minor(), 550);
    }
    let refused = |text: String| csv::read(text.as_bytes(), "M1", &Limits::PRODUCT).unwrap_err();
    let error = refused(format!("{head}\n{}", row("1.234", "E1")));
    assert_eq!(error.problem, Problem::Ambiguous("1.234".into()));
    assert_eq!((error.place.line, error.place.path.as_str()), (2, "amount"));
    let error = refused(format!("{head}\n{}{}", row("1,5", "E1"), row("1.5", "E2")));
    assert_eq!((error.problem, error.place.line), (Problem::MixedNotation, 3));
    assert_eq!(refused(format!("{head};note\n")).problem, Problem::UnknownColumn("note".into()));
    assert_eq!(refused(head.replace("currency;", "")).problem, Problem::Missing("currency"));
    assert_eq!(refused(head.replace("text", "amount")).problem, Problem::Twice("amount".into()));
    assert_eq!(refused(head.replacen(';', ",", 1)).problem, Problem::NoDelimiter);
    assert_eq!(refused(format!("{head}\na;b\n")).problem, Problem::Row);
    assert_eq!(refused(head.to_owned()).problem, Problem::NoItems);
    let text = format!("{head}\n{}{}", row("1,5", "E1"), row("1,5", "E1"));
    let twice = csv::read(text.as_bytes(), "M1", &Limits::PRODUCT).unwrap().check().unwrap_err();
    assert_eq!(twice.problem, Problem::DuplicateId("E1".into()));
}

const REPORT: Report<'_> = Report {
    message_id: "S1",
    created_at: datetime!(2026-03-31 12:00 UTC),
    bank_name: "Bank <A> & \u{1} \"B\"",
};

/// Every element with a text of its own, as path and text.
fn leaves(xml: &str) -> Vec<(String, String)> {
    let document = roxmltree::Document::parse(xml).unwrap();
    let leaf = |node: &roxmltree::Node<'_, '_>| {
        node.is_element() && !node.children().any(|child| child.is_element())
    };
    let path = |node: roxmltree::Node<'_, '_>| {
        let mut names: Vec<_> = node
            .ancestors()
            .filter(roxmltree::Node::is_element)
            .map(|n| n.tag_name().name())
            .collect();
        names.reverse();
        names.join("/")
    };
    let nodes = document.descendants().filter(leaf);
    nodes.map(|node| (path(node), node.text().unwrap_or_default().to_owned())).collect()
}

#[test]
fn a_status_report_says_what_became_of_each_item() {
    let file = read(&two_items("x", "x")).unwrap().check().unwrap();
    let rejected = ItemStatus::Rejected { reason: Reason::AC04, text: "closed ".repeat(20) };
    let paid = ItemStatus::Settled { reference: "0758103031480900".into() };
    let mut xml = Vec::new();
    pain002::write(REPORT, &file, &[paid.clone(), rejected.clone()], &mut xml).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    assert!(xml.contains("urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"));
    let leaves = leaves(&xml);
    let get = |tail: &str| {
        let found = leaves.iter().filter(|(path, _)| path.ends_with(tail));
        found.map(|(_, text)| text.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(get("GrpHdr/InitgPty/Nm"), ["Bank <A> &   \"B\""]);
    assert_eq!(get("OrgnlMsgId"), ["M1"]);
    assert_eq!(get("OrgnlMsgNmId"), ["pain.001.001.09"]);
    assert_eq!(get("GrpSts"), ["PART"]);
    assert_eq!(get("TxSts"), ["ACSC", "RJCT"]);
    assert_eq!(get("OrgnlEndToEndId"), ["E1", "E2"]);
    assert_eq!(get("StsRsnInf/Rsn/Cd"), ["AC04"]);
    assert_eq!(get("AddtlInf").len(), 2, "cut at 105 characters");

    let status = |statuses: &[ItemStatus]| {
        let mut xml = Vec::new();
        pain002::write(REPORT, &file, statuses, &mut xml).unwrap();
        let xml = String::from_utf8(xml).unwrap();
        let start = xml.find("<GrpSts>").unwrap() + "<GrpSts>".len();
        xml[start..start + 4].to_owned()
    };
    assert_eq!(status(&[rejected.clone(), rejected.clone()]), "RJCT");
    assert_eq!(status(&[paid.clone(), paid.clone()]), "ACSC");
    assert_eq!(status(&[paid.clone(), ItemStatus::Accepted]), "ACCP");
    assert_eq!(status(&[ItemStatus::Pending, ItemStatus::Accepted]), "PDNG");
    assert!(pain002::write(REPORT, &file, &[paid], Vec::new()).is_err());
}

#[test]
fn a_status_report_has_the_elements_of_the_published_one_in_their_order() {
    let published = leaves(include_str!("../testdata/pain002-swiss.xml"));
    let mut unchecked =
        read(&SWISS.replace("<NbOfTxs>7<", "<NbOfTxs>8<")).unwrap().check().unwrap();
    unchecked.payments.truncate(1);
    let rejected =
        ItemStatus::Rejected { reason: Reason::AC01, text: "1301813;Konto ungültig".into() };
    let mut xml = Vec::new();
    pain002::write(REPORT, &unchecked, &[rejected], &mut xml).unwrap();
    let ours = leaves(&String::from_utf8(xml).unwrap());
    assert!(ours.iter().any(|(_, text)| text == "1301813;Konto ungültig"));
    // What the published one has and we do not: the bank's BIC as originator, and the original's settlement dates.
    let common: Vec<&String> = published
        .iter()
        .map(|(path, _)| path)
        .filter(|path| ours.iter().any(|(own, _)| own == *path))
        .collect();
    let in_ours: Vec<&String> =
        ours.iter().map(|(path, _)| path).filter(|path| common.contains(path)).collect();
    assert_eq!(common, in_ours);
    assert!(common.len() >= 9, "{common:?}");
}

#[test]
fn a_file_that_was_refused_whole_is_answered_with_line_and_reason() {
    let unchecked = read(SWISS).unwrap();
    let written = unchecked.as_written().clone();
    let error = unchecked.check().unwrap_err();
    let mut xml = Vec::new();
    pain002::write_refusal(REPORT, Some(&written), &error, &mut xml).unwrap();
    let leaves = leaves(&String::from_utf8(xml).unwrap());
    let has = |tail: &str, text: &str| leaves.iter().any(|(p, t)| p.ends_with(tail) && t == text);
    assert!(has("GrpSts", "RJCT") && has("Rsn/Cd", "AM18") && has("OrgnlMsgId", "MsgId-001"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes: Vec<u8>) {
        let _ = pain001::read(&bytes, &Limits::PRODUCT);
        let _ = csv::read(&bytes, "M", &Limits::PRODUCT);
    }

    #[test]
    fn no_change_of_a_good_file_makes_the_reader_panic(
        at in 0_usize..1500,
        length in 0_usize..40,
        bytes in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut text = good().into_bytes();
        let at = at.min(text.len());
        let end = (at + length).min(text.len());
        text.splice(at..end, bytes);
        if let Ok(file) = pain001::read(&text, &Limits::PRODUCT) {
            let _ = file.check();
        }
    }

    #[test]
    fn a_table_row_says_what_was_written(minor in 1..=i64::MAX, name in "[^\\p{C}\\s][^\\p{C}]{0,30}") {
        let amount = money::Amount::new(minor, money::AssetCode::EUR).unwrap();
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["debtor_account", "execution_date", "creditor_account", "creditor_name", "amount", "currency", "end_to_end_id"]).unwrap();
        writer.write_record([&own(1).to_string(), "2026-03-31", &own(2).to_string(), &name, &amount.format(2), "EUR", "E1"]).unwrap();
        let text = writer.into_inner().unwrap();
        let file = csv::read(&text, "M", &Limits::PRODUCT).unwrap().check().unwrap();
        let item = &file.payments[0].items[0];
        prop_assert_eq!(item.order.as_ref().unwrap().amount, amount);
        prop_assert_eq!(item.creditor_name.as_deref(), Some(name.trim()));
    }
}

/// An amount with more decimals than any currency has, in one that we do not know, makes the sum unknown and not right.
#[test]
fn a_sum_that_nobody_can_make_is_not_the_one_that_was_declared() {
    const FINE: &str = "0.123456789012345678";
    let text = good()
        .replace("<CtrlSum>12.5<", &format!("<CtrlSum>{FINE}<"))
        .replace("<CtrlSum>12.50<", &format!("<CtrlSum>{FINE}<"))
        .replace("Ccy=\"EUR\">12.50<", &format!("Ccy=\"XQX\">{FINE}<"));
    assert!(text.contains("XQX"), "{text}");
    let checked =
        pain001::read(text.as_bytes(), &Limits::PRODUCT).and_then(|file| file.check().map(|_| ()));
    assert!(checked.is_err());
}
