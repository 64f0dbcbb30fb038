//! Files in and out, end to end: statements that verify, payment files under one signature, and what other banks say held
//! against the ledger.

use client::{BatchLine, ClientError, FileToPay, Wish, verify_statement};
use e2e::{Bank, Customer, Forger, Request, eur};
use intent::{Body, SentFile};
use messages::external::camt053;
use messages::statement::seal::{self, SealError};
use messages::{Account, Limits};
use money::AssetCode;
use serde_json::Value;

/// The days around today: tests may run over midnight.
fn period() -> String {
    let now = server::clock::now();
    let day = |apart: i64| {
        let at = intent::UtcMicros::from_micros(now.get() + apart * 86_400_000_000);
        at.to_string()[..10].to_owned()
    };
    format!("from={}&to={}", day(-1), day(1))
}

fn download(account: ledger::AccountId, format: &str) -> String {
    let period = period();
    format!("/api/customer/statements/download?account={account}&{period}&format={format}")
}

/// Alice has paid Bob twice, was paid back once, and Bob has refunded one payment.
async fn two_who_paid(bank: &Bank) -> (Customer, Customer) {
    let alice = bank.customer("Alice", 100_000).await;
    let bob = bank.customer("Bob", 0).await;
    let first = alice.transfer(alice.account, bob.account, eur(1_234), Some("rent <&> é")).await;
    alice.transfer(alice.account, bob.account, eur(5_000), None).await.unwrap();
    bob.transfer(bob.account, alice.account, eur(100), Some("=1+1")).await.unwrap();
    let first = ledger::TransferId::new(first.unwrap().receipt.intent_id.get());
    bob.submit(Wish::reverse(first, Some(eur(34)), "too much".into())).await.unwrap();
    (alice, bob)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_adds_up_in_every_form_and_verifies_until_anything_in_it_is_changed() {
    let bank = Bank::start().await;
    let (alice, _) = two_who_paid(&bank).await;
    let path = format!("/api/customer/statements/preview?account={}&{}", alice.account, period());
    let preview = bank.get_as(&alice, &path).await.ok().json();
    assert_eq!(preview["opening_balance"], "0");
    assert_eq!(preview["closing_balance"], "93900");
    assert_eq!((&preview["credits"], &preview["debits"]), (&"100134".into(), &"6234".into()));
    assert_eq!(preview["entries"], "5");

    let json = bank.get_as(&alice, &download(alice.account, "json")).await.ok();
    assert!(json.header("content-disposition").starts_with("attachment; filename=\"statement-SR"));
    let sealed = verify_statement(&json.body, bank.trust()).unwrap();
    assert_eq!((sealed.opening.as_str(), sealed.closing.as_str()), ("0.00", "939.00"));
    let statement = json.json();
    let entries = statement["entries"].as_array().unwrap();
    assert_eq!(entries[1]["text"], "rent <&> é");
    assert_eq!(entries[4]["reversal"], true);
    // Every entry names the intent that made it, and its leaf in the log.
    for entry in entries {
        let (intent, leaf) = (entry["intent"].as_str().unwrap(), &entry["leaf_index"]);
        let sql = format!("SELECT leaf_index FROM records WHERE intent_id = '{intent}'");
        assert_eq!(leaf.as_i64().unwrap(), bank.count(&sql).await, "{entry}");
        assert!(leaf.as_u64().unwrap() < sealed.checkpoint_size);
    }

    for (format, start) in [("csv", "row,"), ("camt053", "<?xml"), ("pdf", "%PDF-1.7")] {
        let answer = bank.get_as(&alice, &download(alice.account, format)).await.ok();
        assert!(answer.body.starts_with(start.as_bytes()), "{format}");
        if format != "pdf" {
            assert!(answer.text().contains(&sealed.digest), "{format} shows the same digest");
        }
    }
    let camt = bank.get_as(&alice, &download(alice.account, "camt053")).await.ok();
    let read = camt053::read(&camt.body, &Limits::PRODUCT).unwrap().remove(0);
    assert_eq!(read.adds_up(), Some(true));
    let own = ledger::AccountNumber::of(alice.account);
    assert_eq!((read.account, read.closing), (Account::Own(own), Some(93_900)));

    // By the header as by the query.
    let path = download(alice.account, "json").replace("&format=json", "");
    let csv = bank.send_as(&alice, Request::get(&path).with("accept", "text/csv")).await.ok();
    assert!(csv.header("content-type").starts_with("text/csv"));

    let good = json.text();
    for (from, to) in [
        ("\"amount\":\"-12.34\"", "\"amount\":\"-12.35\""),
        ("\"closing_balance\":\"939.00\"", "\"closing_balance\":\"940.00\""),
        ("\"holder\":\"Alice\"", "\"holder\":\"Alicia\""),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        assert!(verify_statement(changed.as_bytes(), bank.trust()).is_err(), "{from}");
    }
    // A digest that fits what was changed is not what the bank signed.
    let changed = good.replacen("\"text\":\"rent", "\"text\":\"gift", 1);
    let Err(SealError::OtherDigest { found: digest }) = seal::read(changed.as_bytes()) else {
        panic!("the digest covers texts")
    };
    let forged = changed.replacen(&sealed.digest, &digest, 1);
    assert!(seal::read(forged.as_bytes()).is_ok());
    let error = verify_statement(forged.as_bytes(), bank.trust()).unwrap_err();
    assert!(error.to_string().contains("signature"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_share_no_entry_and_a_balance_is_known_at_every_time() {
    let bank = Bank::start().await;
    let (alice, bob) = two_who_paid(&bank).await;
    let times = "UPDATE transfers t SET posted_at = timestamptz '2026-03-31 23:59:59Z' + e.sequence * interval '1 second'
                   FROM entries e WHERE e.transfer_id = t.transfer_id AND e.account_id = ";
    bank.execute(&format!("{times}'{}'", alice.account)).await;
    // Posted from midnight on: the first at 00:00:00 of April.
    let ask = |from: &str, to: &str| {
        format!("/api/customer/statements/preview?account={}&from={from}&to={to}", alice.account)
    };
    let march = bank.get_as(&alice, &ask("2026-03-01", "2026-03-31")).await.ok().json();
    let april = bank.get_as(&alice, &ask("2026-04-01", "2026-04-30")).await.ok().json();
    assert_eq!((&march["entries"], &march["closing_balance"]), (&"0".into(), &"0".into()));
    assert_eq!((&april["entries"], &april["opening_balance"]), (&"5".into(), &"0".into()));
    let at = |second: &str| {
        format!("/api/accounts/{}/balance?at=2026-04-01T00:00:{second}Z", alice.account)
    };
    for (second, balance) in [
        ("00.000000", "100000"),
        ("00.999999", "100000"),
        ("01.000000", "98766"),
        ("02.000000", "93766"),
        ("59.000000", "93900"),
    ] {
        let found = bank.get_as(&alice, &at(second)).await.ok().json();
        assert_eq!(found["balance"], balance, "{second}");
    }
    assert_eq!(bank.get_as(&bob, &at("00.000000")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_statement_is_not_there_and_the_staffs_permission_opens_it() {
    let bank = Bank::start().await;
    let (alice, bob) = two_who_paid(&bank).await;
    for path in [
        download(alice.account, "json"),
        download(alice.account, "pdf"),
        format!("/api/customer/statements/preview?account={}&{}", alice.account, period()),
    ] {
        assert_eq!(bank.get_as(&bob, &path).await.refusal(), (404, "not-found".into()), "{path}");
        bank.get_as(bank.auditor().await, &path).await.assert_ok();
        bank.get_as(bank.manager().await, &path).await.assert_ok();
        assert_eq!(bank.get_as(bank.admin().await, &path).await.status, 403, "{path}");
        assert_eq!(bank.get(&path).await.status, 401, "{path}");
    }
    // What the payer wrote is between the two: staff do not read it.
    let staff = bank.get_as(bank.auditor().await, &download(alice.account, "json")).await.ok();
    assert!(!staff.text().contains("rent"));
    verify_statement(&staff.body, bank.trust()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_does_not_add_up_breaks_off_and_names_of_files_are_our_own() {
    let bank = Bank::start().await;
    let (alice, _) = two_who_paid(&bank).await;
    for query in [
        "from=../../etc/passwd&to=2026-03-31",
        "from=2026-03-01&to=2026-03-31%0d%0aX-Evil:1",
        "from=2026-03-31&to=2026-03-01",
        "from=2026-03-01&to=9999-12-31",
        "from=2026-03-01&to=2026-03-31&format=../x",
    ] {
        let path = format!("/api/customer/statements/download?account={}&{query}", alice.account);
        assert_eq!(bank.get_as(&alice, &path).await.status, 400, "{query}");
    }
    let path = format!("/api/customer/statements/download?account=..%2F..%2Fx&{}", period());
    assert_eq!(bank.get_as(&alice, &path).await.status, 400);

    let change = "UPDATE entries SET amount = amount + 1 WHERE sequence = 3 AND account_id = ";
    bank.execute(&format!("{change}'{}'", alice.account)).await;
    for format in ["json", "csv", "camt053", "pdf"] {
        let request = Request::get(&download(alice.account, format)).proved_by(&alice).await;
        assert!(bank.try_send(request).await.is_err(), "{format} has an end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_statement_comes_in_pages_that_miss_and_repeat_nothing() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let line = |n: i64| BatchLine { to: bob.account, amount: eur(n), memo: None };
    let lines: Vec<_> = (1..=1_000).map(line).collect();
    let wish = Wish::batch(alice.account, &lines, true).unwrap();
    alice.submit(wish).await.unwrap();
    alice.transfer(alice.account, bob.account, eur(7), None).await.unwrap();
    let json = bank.get_as(&bob, &download(bob.account, "json")).await.ok();
    let sealed = verify_statement(&json.body, bank.trust()).unwrap();
    assert_eq!((sealed.entries, sealed.closing.as_str()), (1_001, "5005.07"));
    let entries = json.json()["entries"].as_array().unwrap().clone();
    for (number, entry) in (1..).zip(&entries) {
        assert_eq!(entry["reference"], number.to_string());
    }
    let camt = bank.get_as(&bob, &download(bob.account, "camt053")).await.ok();
    let read = camt053::read(&camt.body, &Limits::PRODUCT).unwrap().remove(0);
    assert_eq!((read.entries.len(), read.adds_up()), (1_001, Some(true)));
    bank.get_as(&bob, &download(bob.account, "pdf")).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_currency_without_decimals_has_none_in_its_statement() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let yen = bank.open(&alice, AssetCode::JPY).await;
    bank.fund(yen, e2e::money(500, "JPY")).await;
    let json = bank.get_as(&alice, &download(yen, "json")).await.ok();
    let sealed = verify_statement(&json.body, bank.trust()).unwrap();
    assert_eq!((sealed.closing.as_str(), sealed.currency.as_str()), ("500", "JPY"));
    bank.get_as(&alice, &download(yen, "camt053")).await.assert_ok();
}

/// A pain.001.001.09 of one payer; the items as they stand.
fn pain001(message_id: &str, debtor: ledger::AccountId, items: &[String]) -> String {
    let debtor = ledger::AccountNumber::of(debtor);
    let (count, items) = (items.len(), items.concat());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">\n\
         <CstmrCdtTrfInitn><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>2026-03-01T10:00:00</CreDtTm>\
         <NbOfTxs>{count}</NbOfTxs><InitgPty><Nm>Alice</Nm></InitgPty></GrpHdr>\n\
         <PmtInf><PmtInfId>P1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-01-31</Dt></ReqdExctnDt>\
         <Dbtr><Nm>Alice</Nm></Dbtr><DbtrAcct><Id><IBAN>{debtor}</IBAN></Id></DbtrAcct><DbtrAgt><FinInstnId/></DbtrAgt>\n\
         {items}</PmtInf></CstmrCdtTrfInitn></Document>\n"
    )
}

fn item(id: &str, amount: &str, asset: &str, creditor: &str) -> String {
    format!(
        "<CdtTrfTxInf><PmtId><InstrId>I-{id}</InstrId><EndToEndId>{id}</EndToEndId></PmtId>\
         <Amt><InstdAmt Ccy=\"{asset}\">{amount}</InstdAmt></Amt><Cdtr><Nm>Bob</Nm></Cdtr>\
         <CdtrAcct><Id><IBAN>{creditor}</IBAN></Id></CdtrAcct><RmtInf><Ustrd>for {id}</Ustrd></RmtInf></CdtTrfTxInf>\n"
    )
}

fn number(account: ledger::AccountId) -> String {
    ledger::AccountNumber::of(account).to_string()
}

async fn status(bank: &Bank, session: &client::Session, paid: &client::Settled) -> Value {
    let path = format!("/api/payments/files/{}", paid.receipt.intent_id);
    bank.get_as(session, &path).await.ok().json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_paid_item_by_item_under_one_signature_and_its_status_says_which_and_why() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let yen = bank.open(&bob, AssetCode::JPY).await;
    let items = [
        item("E1", "12.50", "EUR", &number(bob.account)),
        item("E2", "5.00", "EUR", "DE44500105175407324931"),
        item("E3", "500.00", "EUR", &number(bob.account)),
        item("E4", "1.00", "EUR", &number(e2e::fresh_account())),
        item("E5", "1.00", "EUR", &number(yen)),
        item("E6", "0.01", "EUR", &number(bob.account)),
    ];
    let text = pain001("MSG/1", alice.account, &items);
    let preview = alice.preview_file(text.as_bytes()).await.unwrap();
    let reasons: Vec<_> = preview.items.iter().map(|item| item.reason.as_deref()).collect();
    assert_eq!(reasons, [None, Some("AC03"), None, Some("AC03"), None, None]);
    assert_eq!((preview.items[1].line, preview.totals[0].amount.as_str()), (6, "51351"));
    assert_eq!(bank.balance(alice.account).await, 10_000, "a preview pays nothing");

    let file = FileToPay::read(text.as_bytes()).unwrap();
    let paid = alice.pay_file(&file).await.unwrap();
    assert_eq!(
        paid.receipt.items,
        ["ok", "insufficient-funds", "credit-account-not-found", "asset-mismatch", "ok"]
    );
    assert_eq!(
        (bank.balance(alice.account).await, bank.balance(bob.account).await),
        (8_749, 1_251)
    );
    let found = status(&bank, &alice, &paid).await;
    let rows: Vec<_> = found["items"].as_array().unwrap().iter().collect();
    let said: Vec<_> =
        rows.iter().map(|row| (row["status"].as_str().unwrap(), row["reason"].as_str())).collect();
    assert_eq!(
        said,
        [
            ("settled", None),
            ("rejected", Some("AC03")),
            ("rejected", Some("AM04")),
            ("rejected", Some("AC03")),
            ("rejected", Some("CURR")),
            ("settled", None),
        ]
    );
    let path = format!("/api/payments/files/{}?format=pain002", paid.receipt.intent_id);
    let report = bank.get_as(&alice, &path).await.ok();
    assert!(report.text().contains("pain.002.001.10") && report.text().contains("<GrpSts>PART"));
    assert!(report.text().contains("<OrgnlMsgId>MSG/1"));
    assert_eq!(bank.get_as(&bob, &path).await.status, 404);
    assert_eq!(bank.get_as(bank.manager().await, &path).await.status, 404);

    // What travels with a payment arrives: in the payee's history and statement.
    let json = bank.get_as(&bob, &download(bob.account, "json")).await.ok().json();
    assert_eq!(json["entries"][0]["end_to_end_id"], "E1");
    assert_eq!(json["entries"][0]["text"], "for E1");
    assert_eq!(json["entries"][0]["counterparty_account"], number(alice.account));

    // Replayed: the same receipt, and nothing moves. Sent anew: known.
    let again = alice.submit_signed(paid.signed.clone()).await.unwrap();
    assert_eq!(again.receipt.to_json(), paid.receipt.to_json());
    let refused = alice.pay_file(&FileToPay::read(text.as_bytes()).unwrap()).await;
    assert_eq!(refused.err().unwrap().problem().unwrap().code, "payment-file-known");
    assert_eq!(bank.balance(bob.account).await, 1_251);
    // Of another payer it is another file.
    let of_bob =
        pain001("MSG/1", bob.account, &[item("E1", "1.00", "EUR", &number(alice.account))]);
    bob.pay_file(&FileToPay::read(of_bob.as_bytes()).unwrap()).await.unwrap();
    bank.assert_verifies().await;
    bank.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_as_banks_publish_them_and_tables_are_understood_and_what_is_not_ours_is_refused() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let table = e2e::table(&[
        (alice.account, bob.account, "1,50", "E1"),
        (alice.account, bob.account, "2,25", "E2"),
    ]);
    let with_mark = format!("\u{feff}{table}");
    let paid = alice.pay_file(&FileToPay::read(with_mark.as_bytes()).unwrap()).await.unwrap();
    assert_eq!(paid.receipt.items, ["ok", "ok"]);
    // Dialects: an older version, the German and the Swiss one.
    for (name, message) in [
        ("urn:iso:std:iso:20022:tech:xsd:pain.001.001.03", "A"),
        ("urn:iso:std:iso:20022:tech:xsd:pain.001.003.03", "B"),
        ("http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd", "C"),
    ] {
        let items = [item("E1", "1.00", "EUR", &number(bob.account))];
        let text = pain001(message, alice.account, &items)
            .replace("urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", name)
            .replace("<Dt>2026-01-31</Dt>", "2026-01-31")
            .replace("<Document", "<p:Document")
            .replace("</Document", "</p:Document")
            .replace("xmlns=", "xmlns:p=");
        let text = prefixed(&text);
        let file =
            FileToPay::read(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let paid = alice.pay_file(&file).await.unwrap();
        assert_eq!(paid.receipt.items, ["ok"], "{name}");
    }
    // What is wanted later is not paid earlier.
    let later = table.replace("2026-01-31", "2999-01-31");
    let preview = alice.preview_file(later.as_bytes()).await.unwrap();
    assert!(preview.items.iter().all(|item| item.reason.as_deref() == Some("DT01")));
    bank.assert_verifies().await;

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/iso20022");
    let Ok(published) = std::fs::read_dir(folder) else {
        eprintln!("SKIPPED: {folder} is missing: what banks publish was not read");
        return;
    };
    let before = bank.balance(alice.account).await;
    let mut read = 0;
    for path in published.map(|entry| entry.unwrap().path()) {
        let (name, bytes) = (path.display().to_string(), std::fs::read(&path).unwrap());
        let preview = alice.preview_file(&bytes).await;
        if name.contains("pain.001") {
            // The sample declares six transactions and has another number: refused whole, with the line.
            let problem = preview.unwrap_err();
            let problem = problem.problem().unwrap();
            assert_eq!((problem.status, problem.code.as_str()), (422, "file-refused"), "{name}");
            assert!(problem.detail.contains("line ") && problem.detail.contains("AM18"), "{name}");
        } else if name.contains("sepa_payment") {
            let items = preview.unwrap().items;
            assert!(!items.is_empty());
            assert!(items.iter().all(|item| item.reason.is_some()), "{name}");
        } else {
            assert_eq!(preview.unwrap_err().problem().unwrap().code, "file-refused", "{name}");
        }
        read += 1;
    }
    assert!(read >= 4, "{read} files");
    assert_eq!(bank.balance(alice.account).await, before);
}

/// The names of a document under a prefix, as some banks write them.
fn prefixed(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive('>') {
        let Some((before, tag)) = part.split_once('<') else {
            out += part;
            continue;
        };
        let named = match tag.strip_prefix('/') {
            _ if tag.starts_with(['?', 'p']) || tag.starts_with("/p:") => tag.to_owned(),
            Some(name) => format!("/p:{name}"),
            None => format!("p:{tag}"),
        };
        out.push_str(&[before, "<", &named].concat());
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_in_one_place_is_refused_whole_with_line_and_reason_and_nothing_is_posted()
 {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let items = ["E1", "E2"].map(|id| item(id, "1.00", "EUR", &number(bob.account)));
    let good = pain001("M1", alice.account, &items);
    let entities =
        "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\n";
    let external = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n";
    let head = "<Document xmlns";
    let cases = [
        ("truncated", good[..good.len() / 2].to_owned(), "line "),
        ("wrong schema", good.replace("pain.001.001.09", "pain.008.001.02"), "pain.001"),
        ("unknown element", good.replace("<PmtMtd>", "<Evil>1</Evil><PmtMtd>"), "Evil"),
        ("wrong count", good.replace("<NbOfTxs>2", "<NbOfTxs>3"), "AM18"),
        ("wrong sum", good.replace("</NbOfTxs>", "</NbOfTxs><CtrlSum>2.01</CtrlSum>"), "AM10"),
        ("mixed assets", good.replacen("Ccy=\"EUR\"", "Ccy=\"USD\"", 1), "AM03"),
        ("duplicate ids", good.replace("E2<", "E1<"), "AM05"),
        ("a bomb", good.replace(head, &format!("{entities}{head}")), "document type"),
        ("an entity", good.replace(head, &format!("{external}{head}")), "document type"),
        ("not UTF-8", good.replace("UTF-8", "UTF-16"), "UTF-8"),
        ("an ambiguous table", e2e::table(&[(alice.account, bob.account, "1,234", "E1")]), "AM12"),
        ("nothing", String::new(), "line 1"),
    ];
    let accounts = [alice.account, bob.account].map(|id| (ledger::AccountNumber::of(id), id));
    let accounts = accounts.into_iter().collect();
    let leaves = bank.count("SELECT size FROM log_head").await;
    for (what, text, expected) in cases {
        assert_ne!(text, good, "{what}");
        let Err(ClientError::Problem(problem)) = alice.preview_file(text.as_bytes()).await else {
            panic!("{what} was understood")
        };
        assert_eq!((problem.status, problem.code.as_str()), (422, "file-refused"), "{what}");
        assert!(problem.detail.starts_with("line "), "{what}: {}", problem.detail);
        assert!(problem.detail.contains(expected), "{what}: {}", problem.detail);
        // Signed all the same, it is refused at the door.
        let honest = FileToPay::read(good.as_bytes()).unwrap();
        let mut body = honest.body(&accounts).unwrap();
        let Body::PaymentsFile { file, .. } = &mut body else { panic!("a file") };
        *file = crypto::sha3_256(text.as_bytes());
        let sent = SentFile { bytes: text.into_bytes(), ..honest.sent() };
        let answer = bank.submit(&alice, &Forger::of(&alice).next(body).with_file(sent)).await;
        assert_eq!(answer.refusal(), (422, "file-refused".to_owned()), "{what}");
    }
    // Refused by its announced length.
    let huge = bank.begin("/api/payments/files/preview", 5 * 1024 * 1024).await;
    assert_eq!(huge.answer().await.status, 413);
    let deep = good.replace("<RmtInf>", &"<a>".repeat(500_000));
    let deep = bank.send_as(&alice, Request::post("/api/payments/files/preview", deep)).await;
    assert_eq!(deep.refusal(), (422, "file-refused".to_owned()));
    assert_eq!(bank.count("SELECT size FROM log_head").await, leaves, "nothing was recorded");
    assert_eq!(bank.balance(alice.account).await, 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_is_what_the_file_says_or_nothing_is_paid() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 10_000).await;
    let (bob, eve) = (bank.customer("Bob", 0).await, bank.customer("Eve", 0).await);
    let text = e2e::table(&[
        (alice.account, bob.account, "1.00", "E1"),
        (alice.account, bob.account, "2.00", "E2"),
    ]);
    let file = FileToPay::read(text.as_bytes()).unwrap();
    let accounts = [alice.account, bob.account].map(|id| (ledger::AccountNumber::of(id), id));
    let body = file.body(&accounts.into_iter().collect()).unwrap();
    let Body::PaymentsFile { file: digest, message_id, items } = body.clone() else { panic!() };
    let changed = |change: &dyn Fn(&mut Vec<intent::BatchItem>)| {
        let mut items = items.clone();
        change(&mut items);
        Body::PaymentsFile { file: digest, message_id: message_id.clone(), items }
    };
    let cases = [
        ("another payee", changed(&|items| items[0].credit = eve.account)),
        ("another amount", changed(&|items| items[1].amount = eur(201))),
        ("one left out", changed(&|items| items.truncate(1))),
        ("one twice", changed(&|items| items.push(items[0]))),
        ("another order", changed(&|items| items.swap(0, 1))),
        ("another text", changed(&|items| items[0].details = items[1].details)),
        (
            "another id",
            Body::PaymentsFile { file: digest, message_id: "x".into(), items: items.clone() },
        ),
    ];
    for (what, body) in cases {
        let signed = Forger::of(&alice).next(body).with_file(file.sent());
        let answer = bank.submit(&alice, &signed).await;
        assert_eq!(answer.refusal(), (422, "file-mismatch".to_owned()), "{what}");
    }
    // Another file, or none, beside an honest body.
    let other = SentFile { bytes: text.replace("1.00", "9.00").into_bytes(), ..file.sent() };
    let answer = bank.submit(&alice, &Forger::of(&alice).next(body.clone()).with_file(other)).await;
    assert_eq!(answer.problem(), "details-mismatch");
    let salted = SentFile { salt: [1; 32], ..file.sent() };
    let answer =
        bank.submit(&alice, &Forger::of(&alice).next(body.clone()).with_file(salted)).await;
    assert_eq!(answer.problem(), "file-mismatch");
    assert_eq!(bank.balance(alice.account).await, 10_000);
    // The account of somebody else is not debited by a file either.
    let theirs = e2e::table(&[(bob.account, eve.account, "1.00", "E1")]);
    let theirs = FileToPay::read(theirs.as_bytes()).unwrap();
    let accounts = [bob.account, eve.account].map(|id| (ledger::AccountNumber::of(id), id));
    let body = theirs.body(&accounts.into_iter().collect()).unwrap();
    let answer = bank.submit(&alice, &Forger::of(&alice).next(body).with_file(theirs.sent())).await;
    assert_eq!(answer.problem(), "not-account-owner");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_waits_for_a_person_and_is_paid_once_though_it_is_sent_by_many_at_once() {
    let bank = Bank::start().await;
    let value = r#"{"above":"5000","two_above":"50000"}"#.to_owned();
    let wish = Wish::propose_policy("approvals".into(), "bank".into(), value);
    let proposed = bank.admin().await.submit(wish).await.unwrap();
    let wish = Wish::approve_policy(proposed.receipt.intent_id, true);
    bank.manager().await.submit(wish).await.unwrap();
    let alice = bank.customer("Alice", 10_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let ids: Vec<String> = (1..=3).map(|n| format!("E{n}")).collect();
    let items: Vec<_> =
        ids.iter().map(|id| (alice.account, bob.account, "9000.00", id.as_str())).collect();
    let text = e2e::table(&items);
    let tries = (0..5).map(|_| FileToPay::read(text.as_bytes()).unwrap());
    let mut waiting = Vec::new();
    let mut running = tokio::task::JoinSet::new();
    let alice = std::sync::Arc::new(alice);
    for file in tries {
        let alice = std::sync::Arc::clone(&alice);
        running.spawn(async move { alice.pay_file(&file).await });
    }
    while let Some(done) = running.join_next().await {
        match done.unwrap() {
            Ok(settled) => waiting.push(settled),
            Err(error) => assert_eq!(error.problem().unwrap().code, "payment-file-known"),
        }
    }
    let [paid] = waiting.as_slice() else { panic!("{} of five were taken", waiting.len()) };
    assert_eq!(paid.receipt.code, "held");
    assert_eq!(status(&bank, &alice, paid).await["items"][0]["status"], "pending");
    let decision =
        Wish::decide(paid.receipt.intent_id, intent::ApprovalDecision::Approve, "ok".into());
    bank.manager().await.submit(decision).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 2_700_000);
    assert_eq!(status(&bank, &alice, paid).await["items"][2]["status"], "settled");
    // The entry of the capture shows what the file said.
    let json = bank.get_as(&bob, &download(bob.account, "json")).await.ok().json();
    assert_eq!(json["entries"][1]["end_to_end_id"], "E2");
    // What was kept of the file is not what was signed: it is not shown.
    bank.execute("UPDATE payment_file_contents SET bytes = bytes || '\\x20'").await;
    let path = format!("/api/payments/files/{}", paid.receipt.intent_id);
    assert_eq!(bank.get_as(&alice, &path).await.status, 500);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_party_states_is_held_against_the_entries_and_nothing_is_written() {
    let bank = Bank::start().await;
    let (alice, bob) = two_who_paid(&bank).await;
    let compare = |format: &str| {
        let period = period();
        let account = alice.account;
        format!("/api/customer/statements/reconcile?account={account}&{period}&format={format}")
    };
    let ours = bank.get_as(&alice, &download(alice.account, "camt053")).await.ok();
    let leaves = bank.count("SELECT size FROM log_head").await;
    let send = |path: String, body: Vec<u8>| bank.send_as(&alice, Request::post(&path, body));
    let same = send(compare("json"), ours.body.clone()).await.ok().json();
    assert_eq!(same["matched"].as_array().unwrap().len(), 5);
    assert_eq!(same["adds_up"], true);
    for list in ["different", "missing_here", "missing_there"] {
        assert!(same[list].as_array().unwrap().is_empty(), "{list}");
    }
    let changed = ours.text().replace("50.00", "50.01");
    let found = send(compare("json"), changed.into_bytes()).await.ok().json();
    assert_eq!(found["different"][0]["fields"], serde_json::json!(["amount"]));
    assert_eq!(found["different"][0]["ours"]["amount"], "-5000");
    assert_eq!(found["adds_up"], false);

    let day = &server::clock::now().to_string()[..10];
    let table = format!(
        "booking_date,amount,currency,reference\n{day},1000.00,EUR,=x\n{day},7.77,EUR,=y\n"
    );
    let found = send(compare("csv"), table.into_bytes()).await.ok();
    let text = found.text();
    assert!(found.header("content-type").starts_with("text/csv"));
    assert_eq!(text.lines().filter(|row| row.starts_with("matched,")).count(), 2);
    assert_eq!(text.lines().filter(|row| row.starts_with("missing_there,")).count(), 4);
    assert!(
        text.lines().any(|row| row.starts_with("missing_here,") && row.ends_with(",'=y")),
        "{text}"
    );

    let broken = send(compare("json"), b"<Document/>".to_vec()).await;
    assert_eq!(broken.refusal(), (422, "file-refused".to_owned()));
    let of_bob = bank.get_as(&bob, &download(bob.account, "camt053")).await.ok();
    let other = send(compare("json"), of_bob.body.clone()).await;
    assert_eq!(other.refusal(), (422, "file-refused".to_owned()));
    let strange = Request::post(&compare("json"), ours.body.clone());
    assert_eq!(bank.send_as(&bob, strange).await.status, 404);
    assert_eq!(bank.count("SELECT size FROM log_head").await, leaves, "nothing was recorded");
}
