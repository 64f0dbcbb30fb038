//! Other banks' statements: the published one, tables, our own read back, and what is wrong.

#![expect(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests may panic")]

use ledger::{AccountId, AccountNumber};
use messages::external::{camt053, csv};
use messages::matching::{Candidate, RULES, reconcile};
use messages::statement::{Format, Head, Line, LogReceipt, write};
use messages::{Account, Limits, Problem};
use money::{Asset, AssetCode};
use proptest::prelude::*;
use time::macros::{date, datetime};
use uuid::Uuid;

const SWISS: &str = include_str!("../testdata/camt053-swiss.xml");

fn read(text: &str) -> Result<Vec<messages::external::ExternalStatement>, messages::FileError> {
    camt053::read(text.as_bytes(), &Limits::PRODUCT)
}

#[test]
fn the_published_statement_is_read_entry_by_entry() {
    let statements = read(SWISS).unwrap();
    let [statement] = statements.as_slice() else { panic!("one statement") };
    assert_eq!(statement.id, "20201124375204229003973");
    assert_eq!(statement.account, Account::Iban("CH2909000000250094239".into()));
    assert_eq!((statement.opening, statement.closing), (Some(21_199_319), Some(21_511_221)));
    let amounts: Vec<i64> = statement.entries.iter().map(|entry| entry.amount).collect();
    assert_eq!(amounts, [450, -7770, 150_000, 153_700, 169_222]);
    // The fourth has a later value date and is not in the closing balance yet.
    assert_eq!(statement.adds_up(), Some(false));
    let fourth = &statement.entries[3];
    assert_eq!(fourth.booking_date, date!(2020 - 11 - 24));
    assert_eq!(fourth.value_date, Some(date!(2020 - 11 - 25)));
    assert_eq!(fourth.references, ["014295803", "07582000303KBMSU"]);
    assert_eq!(fourth.currency, AssetCode::CHF);
    assert!(fourth.text.as_ref().unwrap().starts_with("SAMMELGUTSCHRIFT ESR"));
    assert_eq!(fourth.place.path, "Document/BkToCstmrStmt/Stmt[1]/Ntry[4]");
}

#[test]
fn what_is_wrong_in_one_place_is_refused_with_line_and_element() {
    let not_a = |expected, value: &str| Problem::NotA { expected, value: value.into() };
    let cases = [
        ("camt.053.001.04", "camt.054.001.04", Problem::OtherMessage("a camt.053.001.02 to .12")),
        ("<CdtDbtInd>CRDT", "<CdtDbtInd>UP", not_a("CRDT or DBIT", "UP")),
        ("\"CHF\">4.50", "\"CHF\">4.505", not_a("an amount of its currency", "4.505")),
        ("\"CHF\">4.50", "\"XTS\">4.50", not_a("a currency that this bank knows", "XTS")),
        ("<RvslInd>", "<Sts>BOOK</Sts><RvslInd>", Problem::OutOfOrder("RvslInd".into())),
        ("<Dt>2020-11-24</Dt>\n\t\t\t\t</BookgDt>", "</BookgDt>", Problem::Missing("Dt")),
    ];
    for (from, to, problem) in cases {
        let text = SWISS.replacen(from, to, 1);
        assert_ne!(text, SWISS, "{from}");
        assert_eq!(read(&text).unwrap_err().problem, problem, "{from} -> {to}");
    }
    let pending = SWISS.replacen("<Sts>BOOK</Sts>", "<Sts>PDNG</Sts>", 1);
    let statements = read(&pending).unwrap();
    assert_eq!((statements[0].entries.len(), statements[0].not_booked), (4, 1));
    let few = Limits { items: 4, ..Limits::PRODUCT };
    let error = camt053::read(SWISS.as_bytes(), &few).unwrap_err();
    assert_eq!(error.problem, Problem::TooManyItems(4));
}

#[test]
fn a_table_is_read_with_signs_and_references() {
    let text = "booking_date;value_date;amount;currency;reference;end_to_end_id;counterparty;text\n\
        2026-03-01;;-1.234,50;EUR;R1;R1;Bob;x\n\
        2026-03-02;2026-03-03;+7,00;EUR;;;;\n";
    let statement = csv::read(text.as_bytes(), &Limits::PRODUCT).unwrap();
    let [first, second] = statement.entries.as_slice() else { panic!("two entries") };
    assert_eq!((first.amount, first.references.len(), first.value_date), (-123_450, 1, None));
    assert_eq!((second.amount, second.value_date), (700, Some(date!(2026 - 03 - 03))));
    let refused = |from: &str, to: &str| {
        csv::read(text.replacen(from, to, 1).as_bytes(), &Limits::PRODUCT).unwrap_err()
    };
    assert_eq!(refused("7,00", "7.00").problem, Problem::MixedNotation);
    assert_eq!(refused("2026-03-02", "02.03.2026").place.line, 3);
    assert_eq!(refused("-1.234,50", "1.234").problem, Problem::Ambiguous("1.234".into()));
}

fn head(closing: i64) -> Head {
    Head {
        id: "S1".into(),
        number: None,
        bank_name: "Bank".into(),
        account: AccountNumber::of(AccountId::new(Uuid::from_u128(1))),
        holder: "Ada".into(),
        asset: Asset::iso(AssetCode::EUR).unwrap(),
        from: date!(2026 - 03 - 01),
        to: date!(2026 - 03 - 31),
        created_at: datetime!(2026-04-01 00:00 UTC),
        opening: 0,
        closing,
        receipt: LogReceipt { log: "bank/log/2026".into(), checkpoint_size: 1, root_hash: [0; 32] },
    }
}

proptest! {
    #[test]
    fn our_own_statement_reads_back_and_reconciles_with_itself(
        amounts in proptest::collection::vec((-100_000_i64..100_000, "[a-z&<>]([a-z &<>]{0,28}[a-z&<>])?"), 1..20),
    ) {
        let closing = amounts.iter().map(|(amount, _)| amount).sum();
        let lines: Vec<Line> = amounts.iter().enumerate().map(|(index, (amount, text))| Line {
            reference: format!("N{index}"),
            transfer_id: Uuid::from_u128(index.try_into().unwrap()).to_string(),
            end_to_end_id: Some(format!("E{index}")),
            intent_id: None,
            leaf_index: None,
            booking_date: date!(2026 - 03 - 15),
            value_date: date!(2026 - 03 - 16),
            amount: *amount,
            counterparty: Some(text.clone()),
            counterparty_account: Some("DE44500105175407324931".into()),
            text: Some(text.clone()),
            reversal: false,
        }).collect();
        let written = write(Format::Camt053, head(closing), lines.clone(), Vec::new()).unwrap();
        let statement = camt053::read(&written, &Limits::PRODUCT).unwrap().remove(0);
        prop_assert_eq!(statement.adds_up(), Some(true));
        prop_assert_eq!(&statement.account, &Account::Own(head(0).account));
        for (entry, line) in statement.entries.iter().zip(&lines) {
            prop_assert_eq!(entry.amount, line.amount);
            prop_assert_eq!(&entry.counterparty, &line.counterparty);
            prop_assert_eq!(&entry.text, &line.text);
            prop_assert_eq!(entry.value_date, Some(line.value_date));
            prop_assert!(entry.references.contains(&line.reference));
        }
        let candidates: Vec<Candidate> = statement.entries.iter().map(Candidate::from).collect();
        let found = reconcile(&candidates, &candidates, &RULES);
        prop_assert_eq!(found.matched.len(), lines.len());
    }

    #[test]
    fn no_bytes_make_the_readers_panic(bytes: Vec<u8>, at in 0_usize..6000, more in proptest::collection::vec(any::<u8>(), 0..8)) {
        let _ = camt053::read(&bytes, &Limits::PRODUCT);
        let _ = csv::read(&bytes, &Limits::PRODUCT);
        let mut text = SWISS.as_bytes().to_vec();
        let at = at.min(text.len());
        text.splice(at..(at + more.len()).min(SWISS.len()), more);
        let _ = camt053::read(&text, &Limits::PRODUCT);
    }
}

#[test]
fn the_transactions_of_an_entry_count_as_items() {
    let details = format!("<NtryDtls>{}", "<TxDtls/>".repeat(50));
    let text = SWISS.replacen("<NtryDtls>", &details, 1);
    assert_ne!(text, SWISS);
    assert!(read(&text).is_ok());
    let few = Limits { items: 50, ..Limits::PRODUCT };
    let error = camt053::read(text.as_bytes(), &few).unwrap_err();
    assert_eq!(error.problem, Problem::TooManyItems(50));
}
