//! Statements in every form: they add up, they read back, and no text in them becomes something else.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may panic"
)]

use std::process::Command;

use ledger::{AccountId, AccountNumber};
use messages::statement::{
    Format, Head, Line, LogReceipt, StatementError, StatementWriter, seal, write,
};
use money::{Asset, AssetCode};
use proptest::prelude::*;
use time::macros::{date, datetime};
use uuid::Uuid;

const FORMATS: [Format; 4] = [Format::Json, Format::Csv, Format::Camt053, Format::Pdf];

fn head(opening: i64, closing: i64) -> Head {
    Head {
        id: "S-2026-003".into(),
        number: Some(3),
        bank_name: "Example Bank <&> Söhne".into(),
        account: AccountNumber::of(AccountId::new(Uuid::from_u128(1))),
        holder: "Łukasz Žižek".into(),
        asset: Asset::iso(AssetCode::EUR).unwrap(),
        from: date!(2026 - 03 - 01),
        to: date!(2026 - 03 - 31),
        created_at: datetime!(2026-04-01 00:00:01 UTC),
        opening,
        closing,
        receipt: LogReceipt {
            log: "examplebank/log/2026".into(),
            checkpoint_size: 57,
            root_hash: [7; 32],
        },
    }
}

fn line(index: usize, amount: i64, text: &str) -> Line {
    Line {
        reference: index.to_string(),
        transfer_id: Uuid::from_u128(index.try_into().unwrap()).to_string(),
        end_to_end_id: Some(format!("E{index}")),
        intent_id: Some(Uuid::from_u128(77).to_string()),
        leaf_index: Some(30),
        booking_date: date!(2026 - 03 - 15),
        value_date: date!(2026 - 03 - 16),
        amount,
        counterparty: Some("Ђорђе & Ωμέγα <GmbH>".into()),
        counterparty_account: Some("SR38708483039359921434".into()),
        text: Some(text.into()),
        reversal: false,
    }
}

fn lines(amounts: &[i64], text: &str) -> Vec<Line> {
    amounts.iter().enumerate().map(|(index, amount)| line(index + 1, *amount, text)).collect()
}

fn text_of(format: Format, head: Head, lines: Vec<Line>) -> String {
    String::from_utf8(write(format, head, lines, Vec::new()).unwrap()).unwrap()
}

/// Opening balance, amounts and closing balance as the written form has them, in cents.
fn figures(format: Format, text: &str) -> (i64, Vec<i64>, i64) {
    let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    match format {
        Format::Json => {
            let json: serde_json::Value = serde_json::from_str(text).unwrap();
            let amount = |value: &serde_json::Value| cents(value.as_str().unwrap());
            let entries = json["entries"].as_array().unwrap();
            let amounts = entries.iter().map(|entry| amount(&entry["amount"])).collect();
            if let Some(last) = entries.last() {
                assert_eq!(last["balance"], json["closing_balance"]);
            }
            (amount(&json["opening_balance"]), amounts, amount(&json["closing_balance"]))
        }
        Format::Csv => {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            let of =
                |kind: &str| rows.iter().filter(|row| row[0] == *kind).cloned().collect::<Vec<_>>();
            let amounts = of("entry").iter().map(|row| cents(&row[3])).collect();
            (cents(&of("opening")[0][4]), amounts, cents(&of("closing")[0][4]))
        }
        Format::Camt053 => {
            let document = roxmltree::Document::parse(text).unwrap();
            let all = |name: &'static str| {
                document.descendants().filter(move |node| {
                    node.has_tag_name(("urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", name))
                })
            };
            let amount = |node: roxmltree::Node<'_, '_>| {
                let child = |name: &str| {
                    let found = node.children().find(|child| child.tag_name().name() == name);
                    found.unwrap().text().unwrap().to_owned()
                };
                let minor = cents(&child("Amt"));
                if child("CdtDbtInd") == "DBIT" { -minor } else { minor }
            };
            let balances: Vec<i64> = all("Bal").map(amount).collect();
            (balances[0], all("Ntry").map(amount).collect(), balances[1])
        }
        Format::Pdf => unreachable!(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn opening_and_movements_are_the_closing_in_every_form(
        opening in -1_000_000_000_i64..1_000_000_000,
        amounts in proptest::collection::vec(-1_000_000_i64..1_000_000, 0..20),
        text in "\\PC{0,80}",
        wrong in 1_i64..100,
    ) {
        let closing = opening + amounts.iter().sum::<i64>();
        for format in FORMATS {
            let written = write(format, head(opening, closing), lines(&amounts, &text), Vec::new());
            let written = written.unwrap();
            if format != Format::Pdf {
                let written = String::from_utf8(written).unwrap();
                prop_assert_eq!(figures(format, &written), (opening, amounts.clone(), closing));
            }
            let refused = write(format, head(opening, closing + wrong), lines(&amounts, ""), Vec::new());
            let does_not_add_up = matches!(refused, Err(StatementError::DoesNotAddUp { .. }));
            prop_assert!(does_not_add_up);
        }
    }

    #[test]
    fn no_text_becomes_markup_or_another_cell(text in any::<String>()) {
        let written = text_of(Format::Json, head(0, 5), lines(&[5], &text));
        let json: serde_json::Value = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(json["entries"][0]["text"].as_str().unwrap(), &text);
        let written = text_of(Format::Camt053, head(0, 5), lines(&[5], &text));
        prop_assert_eq!(figures(Format::Camt053, &written).1, vec![5]);
        let written = text_of(Format::Csv, head(0, 5), lines(&[5], &text));
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        let row = reader.records().nth(1).unwrap().unwrap();
        prop_assert_eq!(row[11].strip_prefix('\'').unwrap_or(&row[11]), text.strip_prefix('\'').unwrap_or(&text));
        prop_assert!(!row[11].starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        write(Format::Pdf, head(0, 5), lines(&[5], &text), Vec::new()).unwrap();
    }
}

#[test]
fn a_camt053_has_the_elements_of_the_published_one_in_their_order() {
    let published = include_str!("../testdata/camt053-swiss.xml");
    let ours = text_of(Format::Camt053, head(0, 5), lines(&[5], "thanks"));
    let order = |text: &str, parent: &str| -> Vec<String> {
        let document = roxmltree::Document::parse(text).unwrap();
        let node = document.descendants().find(|node| node.tag_name().name() == parent).unwrap();
        let children = node.children().filter(roxmltree::Node::is_element);
        let mut names: Vec<String> = children.map(|c| c.tag_name().name().to_owned()).collect();
        names.dedup();
        names
    };
    for parent in ["GrpHdr", "Stmt", "Bal", "Ntry", "TxDtls", "BkTxCd", "Domn", "Fmly"] {
        let (theirs, ours) = (order(published, parent), order(&ours, parent));
        let common: Vec<&String> = theirs.iter().filter(|name| ours.contains(name)).collect();
        let in_ours: Vec<&String> = ours.iter().filter(|name| theirs.contains(name)).collect();
        assert_eq!(common, in_ours, "{parent}");
        assert!(!common.is_empty());
    }
    assert!(ours.contains("As of log examplebank/log/2026, checkpoint of 57 leaves"));
}

#[test]
fn an_asset_of_the_bank_itself_has_no_camt053() {
    let mut head = head(0, 0);
    head.asset = Asset::new("GOLD.1KG".parse().unwrap(), 3).unwrap();
    let refused = write(Format::Camt053, head.clone(), [], Vec::new());
    assert!(matches!(refused, Err(StatementError::NotACurrency(_))));
    assert!(write(Format::Pdf, head, [], Vec::new()).is_ok());
}

#[test]
fn a_balance_beyond_a_ledgers_range_is_refused() {
    let mut writer = StatementWriter::start(Format::Json, head(i64::MAX, 0), Vec::new()).unwrap();
    assert!(matches!(writer.push(&line(1, 1, "")), Err(StatementError::Overflow)));
}

/// Takes what has been written after every entry, as a server does, and holds on to nothing.
#[test]
fn twenty_thousand_entries_never_fill_a_buffer() {
    for format in FORMATS {
        let mut writer = StatementWriter::start(format, head(0, 20_000), Vec::new()).unwrap();
        let (mut largest, mut total) = (0, 0);
        for index in 0..20_000 {
            writer.push(&line(index, 1, "rent")).unwrap();
            let chunk = std::mem::take(writer.buffer());
            largest = largest.max(chunk.len());
            total += chunk.len();
        }
        total += writer.finish(|_| None).unwrap().len();
        assert!(largest < 16_384, "{format:?} held {largest} bytes back");
        assert!(total > 20 * largest, "{format:?} wrote {total} bytes");
    }
}

/// Another program reads the pages: `pdftotext` of poppler, which `make tools` installs.
#[test]
fn a_pdf_reads_back_letter_by_letter_on_numbered_pages() {
    let amounts: Vec<i64> = (1..=60).map(|n| if n % 3 == 0 { -n * 100 } else { n * 100 }).collect();
    let closing = 123_456 + amounts.iter().sum::<i64>();
    let mut all = lines(&amounts, "Rechnung 1122 für Ženy a dětí, dziękuję");
    all[0].amount = amounts[0];
    all[1].text = Some("שלום".into());
    all[2].text = Some("long ".repeat(100));
    all[3].text = Some("x".repeat(400));
    all[4].reversal = true;
    let pdf = write(Format::Pdf, head(123_456, closing), all, Vec::new()).unwrap();
    assert!(pdf.len() < 100_000, "{} bytes: the font is not cut to its letters", pdf.len());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statement.pdf");
    std::fs::write(&path, &pdf).unwrap();
    if let Ok(keep) = std::env::var("STRONGROOM_KEEP_PDF") {
        std::fs::write(keep, &pdf).unwrap();
    }
    let output = match Command::new("pdftotext").args(["-layout"]).arg(&path).arg("-").output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!(
                "SKIPPED: pdftotext is not installed ({error}); apt-get install poppler-utils"
            );
            return;
        }
    };
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "a reader complains");
    let text = String::from_utf8(output.stdout).unwrap();
    let pages = text.matches('\u{c}').count();
    assert!(pages > 1);
    for number in 1..=pages {
        assert!(text.contains(&format!("page {number} of {pages}")), "{text}");
    }
    assert_eq!(text.matches("Brought forward").count(), pages - 1);
    for words in [
        "Łukasz Žižek",
        "Ђорђе & Ωμέγα <GmbH>",
        "für Ženy a dětí, dziękuję",
        "1,234.56",
        "as of log examplebank/log/2026",
        "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        "\u{fffd} stands for a letter",
        "Reversal",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    // The balances on the pages add up: opening, then every amount.
    let number = |word: &str| {
        let plain = word.replace(',', "").replace('\u{2212}', "-").replace('.', "");
        plain.parse::<i64>().unwrap()
    };
    let mut balance = 123_456;
    for row in text.lines().filter(|row| row.starts_with("2026-03-15")) {
        let words: Vec<&str> = row.split_whitespace().collect();
        let [.., amount, after] = words.as_slice() else { panic!("{row}") };
        balance += number(amount);
        assert_eq!(balance, number(after), "{row}");
    }
    assert_eq!(balance, closing);
}

const SIGNATURE: &[u8] = b"signature";

fn signed(format: Format, texts: &str) -> Vec<u8> {
    let mut writer = StatementWriter::start(format, head(100, 1_349), Vec::new()).unwrap();
    for line in lines(&[1_250, -1], texts) {
        writer.push(&line).unwrap();
    }
    writer.finish(|_| Some(SIGNATURE.to_vec())).unwrap()
}

#[test]
fn the_forms_of_a_statement_have_one_digest_and_its_json_reads_back_as_what_was_signed() {
    let sealed = seal::read(&signed(Format::Json, "rent \"é\" <&>")).unwrap();
    assert_eq!((sealed.opening.as_str(), sealed.closing.as_str()), ("1.00", "13.49"));
    assert_eq!((sealed.entries, sealed.signature.as_slice()), (2, SIGNATURE));
    for part in [&sealed.id, &sealed.created_at, &sealed.log, &sealed.digest] {
        assert!(sealed.seal.lines().any(|line| line == part), "{part}");
    }
    for format in [Format::Csv, Format::Camt053] {
        let text = String::from_utf8(signed(format, "rent \"é\" <&>")).unwrap();
        assert!(text.contains(&sealed.digest), "{format:?}");
    }
    // Whoever lays it out anew has changed nothing.
    let value: serde_json::Value =
        serde_json::from_slice(&signed(Format::Json, "rent \"é\" <&>")).unwrap();
    let pretty = serde_json::to_vec_pretty(&value).unwrap();
    assert_eq!(seal::read(&pretty).unwrap().seal, sealed.seal);
}

#[test]
fn a_statement_in_which_anything_was_changed_is_not_the_one_that_was_signed() {
    let good = String::from_utf8(signed(Format::Json, "rent")).unwrap();
    let seal_of_good = seal::read(good.as_bytes()).unwrap().seal;
    let cases = [
        ("\"amount\":\"12.50\"", "\"amount\":\"12.51\""),
        ("\"text\":\"rent\"", "\"text\":\"gift\""),
        ("\"holder\":\"Ł", "\"holder\":\"L"),
        ("\"leaf_index\":30", "\"leaf_index\":31"),
        ("\"closing_balance\":\"13.49\"", "\"closing_balance\":\"13.50\""),
        ("\"from\":\"2026-03-01\"", "\"from\":\"2026-02-01\""),
        ("\"entry_count\":2", "\"entry_count\":3"),
        ("\"opening_balance\":\"1.00\"", "\"opening_balance\":\"1.000\""),
    ];
    for (from, to) in cases {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        assert!(seal::read(changed.as_bytes()).is_err(), "{from} -> {to}");
    }
    // What the digest does not cover, the seal does.
    for (from, to) in
        [("S-2026-003", "S-2026-004"), ("\"checkpoint_size\":57", "\"checkpoint_size\":58")]
    {
        let changed = good.replacen(from, to, 1);
        assert_ne!(seal::read(changed.as_bytes()).unwrap().seal, seal_of_good, "{from} -> {to}");
    }
    let two = good.replacen("\"currency\":\"EUR\"", "\"currency\":\"EUR\",\"currency\":\"EUR\"", 1);
    assert!(matches!(seal::read(two.as_bytes()), Err(seal::SealError::NotOne(_))));
}
