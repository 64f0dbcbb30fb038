//! What the largest files cost: those that are good, and those that were made to cost much.

use std::time::{Duration, Instant};

use ledger::{AccountId, AccountNumber};
use messages::payment::{UncheckedFile, pain001};
use messages::{FileError, Limits};
use uuid::Uuid;

/// Far above what a file takes here (a fifth of a second, built as tests are), far below what a quadratic reader takes.
const BOUND: Duration = Duration::from_secs(20);

fn timed(what: &str, text: &str) -> Result<UncheckedFile, FileError> {
    let start = Instant::now();
    let read = pain001::read(text.as_bytes(), &Limits::PRODUCT);
    let took = start.elapsed();
    eprintln!("{what}: {} bytes in {took:?}", text.len());
    assert!(took < BOUND, "{what} took {took:?}");
    read
}

fn file(payments: &str, items: usize) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>M</MsgId>\
         <CreDtTm>2026-03-01T10:00:00</CreDtTm><NbOfTxs>{items}</NbOfTxs><InitgPty/></GrpHdr>{payments}\
         </CstmrCdtTrfInitn></Document>"
    )
}

fn payment(number: usize, items: &str) -> String {
    let own = AccountNumber::of(AccountId::new(Uuid::from_u128(1)));
    format!(
        "\n<PmtInf><PmtInfId>P{number}</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-03-31</Dt></ReqdExctnDt>\
         <Dbtr/><DbtrAcct><Id><IBAN>{own}</IBAN></Id></DbtrAcct><DbtrAgt/>{items}</PmtInf>"
    )
}

fn item(number: usize) -> String {
    let own = AccountNumber::of(AccountId::new(Uuid::from_u128(2)));
    format!(
        "\n<CdtTrfTxInf><PmtId><EndToEndId>E{number}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">1</InstdAmt></Amt>\
         <Cdtr><Nm>Bob</Nm></Cdtr><CdtrAcct><Id><IBAN>{own}</IBAN></Id></CdtrAcct></CdtTrfTxInf>"
    )
}

#[test]
fn ten_thousand_items_in_one_payment_or_in_as_many_are_read_at_once() {
    let items: String = (0..10_000).map(item).collect();
    let read = timed("one payment", &file(&payment(0, &items), 10_000)).unwrap().check().unwrap();
    assert_eq!(read.items().filter(|(_, item)| item.order.is_ok()).count(), 10_000);
    let payments: String = (0..10_000).map(|number| payment(number, &item(number))).collect();
    let read = timed("many payments", &file(&payments, 10_000)).unwrap().check().unwrap();
    assert_eq!(read.payments.len(), 10_000);
}

#[test]
fn files_that_are_made_to_cost_much_cost_little() {
    const MANY: usize = 1_000_000;
    let inside = |text: String| file(&payment(0, &text), 1);
    let cases = [
        ("elements", inside("<a/>".repeat(MANY))),
        ("names", inside(format!("<{}/>", "a".repeat(10 * MANY)))),
        ("attributes", inside(format!("<a {}/>", "b='' ".repeat(MANY)))),
        ("attributes of many", inside("<a b='' c='' d='' e='' f=''/>".repeat(MANY / 3))),
        ("declarations", inside("<a xmlns:b='c'/>".repeat(MANY / 2))),
        ("depth", inside("<a>".repeat(MANY))),
        ("comments", inside("<!-- -->".repeat(MANY))),
        ("references", inside(format!("<a>{}</a>", "&amp;".repeat(MANY)))),
        ("sections", inside(format!("<a>{}</a>", "<![CDATA[]]>".repeat(MANY)))),
        ("text", inside(format!("<a>{}</a>", "x".repeat(10 * MANY)))),
        ("lines", "\n".repeat(16 * MANY)),
        ("angles", "<".repeat(16 * MANY)),
        ("quotes", format!("<a b='{}", "\"".repeat(15 * MANY))),
    ];
    for (what, text) in cases {
        let read = timed(what, &text);
        assert!(read.is_err(), "{what}");
    }
}
