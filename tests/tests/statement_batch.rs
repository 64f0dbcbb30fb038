//! Statements that the bank makes by itself when a day is closed: each once, whoever is killed, and byte for byte again.

use client::verify_statement;
use e2e::{Bank, eur, eventually};
use serde_json::Value;
use server::verify::Finding;

const ACCOUNTS: usize = 30;
/// What is moved back is settled at any hour: the last minutes before a midnight are not, for a while.
const DAYS: &str = "interval '2 days'";

/// What could be changed in a row.
const LIES: [(&str, &str); 7] = [
    ("first_day", "'2020-01-01'"),
    ("owner", "gen_random_uuid()"),
    ("statement_id", "gen_random_uuid()"),
    ("made_at", "made_at + interval '1 second'"),
    ("log_size", "log_size + 1"),
    ("log_root", "sha256(log_root)"),
    ("file_hash", "sha256(file_hash)"),
];

async fn statements(bank: &Bank) -> i64 {
    bank.count("SELECT count(*) FROM statements").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_day_makes_each_statement_once_though_servers_are_killed_and_race() {
    let mut bank = Bank::start_process(env!("CARGO_BIN_EXE_e2e-server")).await;
    bank.put_in_force("statements", "bank", r#"{"every":"day"}"#).await;
    let alice = bank.customer("Alice", 100_000).await;
    let bob = bank.customer("Bob", 0).await;
    let quiet = bank.customer("Quiet", 0).await;
    let mut accounts = vec![alice.account, bob.account];
    for _ in 0..ACCOUNTS {
        let account = bank.open(&alice, money::AssetCode::EUR).await;
        alice.transfer(alice.account, account, eur(100), Some("rent")).await.unwrap();
        alice.transfer(account, bob.account, eur(30), None).await.unwrap();
        accounts.push(account);
    }
    bank.kill_server();

    // Everything was the day before yesterday: no clock of the test's can be turned.
    let moved = |by: &str| {
        [
            format!("UPDATE transfers SET posted_at = posted_at {by} {DAYS}"),
            format!("UPDATE books SET founded_at = founded_at {by} {DAYS}"),
        ]
    };
    for sql in moved("-") {
        bank.execute(&sql).await;
    }
    bank.start_server().await;
    let before = eventually("some statements", async || {
        Some(statements(&bank).await).filter(|made| *made >= 3)
    })
    .await;
    bank.kill_server();
    let other = bank.start_another().await;
    bank.start_server().await;
    let expected = i64::try_from(accounts.len()).unwrap();
    eventually("every statement", async || (statements(&bank).await >= expected).then_some(()))
        .await;
    let done = "SELECT count(*) FROM statement_progress WHERE done_day >= (now() AT TIME ZONE 'UTC')::date - 2";
    eventually("the day to be done", async || (bank.count(done).await == 1).then_some(())).await;
    eprintln!("killed after {before} of {expected} statements");
    assert_eq!(statements(&bank).await, expected);
    let leaves = "SELECT count(*) FROM records WHERE get_byte(leaf, 8) = 144";
    assert_eq!(bank.count(leaves).await, expected, "each once in the log");
    let unsigned = "SELECT count(*) FROM statements s LEFT JOIN statement_signatures USING (book_id, statement_id) WHERE signature IS NULL";
    assert_eq!(bank.count(unsigned).await, 0);

    // Its owner finds it, and gets the same bytes as often as they ask, of any server.
    let (alice, bob) = (bank.login(&alice.holder).await, bank.login(&bob.holder).await);
    let quiet_again = bank.login(&quiet.holder).await;
    let list = |account| format!("/api/customer/statements?account={account}");
    for account in &accounts[2..5] {
        let listed = bank.get_as(&alice, &list(*account)).await.ok().json();
        let [item] = listed["items"].as_array().unwrap().as_slice() else { panic!("{listed}") };
        assert_eq!(item["from"], item["to"]);
        let path = format!("/api/customer/statements/{}", item["statement"].as_str().unwrap());
        let file = bank.get_as(&alice, &path).await.ok().body;
        assert_eq!(file, bank.get_as(&alice, &path).await.ok().body, "byte for byte");
        assert_eq!(crypto::sha256(&file).to_string(), item["sha256"].as_str().unwrap());
        let sealed = verify_statement(&file, bank.trust()).unwrap();
        assert_eq!(sealed.id, item["statement"].as_str().unwrap().replace('-', ""));
        let said: Value = serde_json::from_slice(&file).unwrap();
        assert!(said.to_string().contains("rent"), "{said}");
        // Nobody else does.
        assert_eq!(bank.get_as(&bob, &path).await.status, 404);
        let others = bank.get_as(&bob, &list(*account)).await.ok().json();
        assert_eq!(others["items"], Value::Array(Vec::new()));
    }
    let nothing = bank.get_as(&quiet_again, &list(quiet.account)).await.ok().json();
    assert_eq!(nothing["items"], Value::Array(Vec::new()), "nothing moved, nothing is stated");

    // What was erased since cannot be said again: the answer breaks off, and is no statement.
    let listed = bank.get_as(&alice, &list(accounts[2])).await.ok().json();
    let path =
        format!("/api/customer/statements/{}", listed["items"][0]["statement"].as_str().unwrap());
    bank.execute("DELETE FROM transfer_details").await;
    let request = e2e::Request::get(&path).proved_by(&alice).await;
    assert!(bank.try_send(request).await.is_err(), "it breaks off");

    // The days are moved back, and the auditor finds every statement where its leaf says.
    other.shutdown().await.unwrap();
    bank.kill_server();
    for sql in moved("+") {
        bank.execute(&sql).await;
    }
    let report = bank.verify().await;
    let is_a_day = |message: &str| message.contains("a day was closed");
    assert!(report.findings.iter().all(|it| is_a_day(&it.message)), "{report:#?}");

    // A changed value in any column, or a row that is missing.
    let of = |place: usize| {
        format!(
            "account_id = (SELECT account_id FROM statements ORDER BY account_id OFFSET {place} LIMIT 1)"
        )
    };
    for (place, (column, value)) in LIES.iter().enumerate() {
        let row = of(place);
        bank.execute(&format!("UPDATE statements SET {column} = {value} WHERE {row}")).await;
    }
    bank.execute(&format!("DELETE FROM statements WHERE {}", of(LIES.len()))).await;
    let report = bank.verify().await;
    let told: Vec<_> = report.findings.iter().filter(|it| it.table == Some("statements")).collect();
    for (column, _) in LIES {
        let names = |told: &&Finding| told.column.as_deref().is_some_and(|it| it.contains(column));
        assert!(told.iter().any(names), "{column}: {told:#?}");
    }
    assert_eq!(told.len(), LIES.len() + 1, "{told:#?}");
}
