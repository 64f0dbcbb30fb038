//! The line to the database breaks at COMMIT: before it, nothing happened; after it, everything did, and nobody was told.
//! Either way each intent has one truth, which the same bytes find again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use e2e::{At, Bank, Customer, Forger, How, Strike, Wire, eur, eventually};
use intent::{Body, Receipt, SignedIntent, TransferBody};
use sqlx::{AssertSqlSafe, Connection};
use tokio::task::JoinSet;

const PAYERS: usize = 6;
const MONEY_MINOR: i64 = 10_000;
const MINOR: i64 = 10;
/// So long a request takes to the poster's queue, at most: nothing outside tells that it stands there.
const QUEUED_WITHIN: Duration = Duration::from_secs(1);
/// COMMIT never reaches the database; it has committed, and its answer never comes back.
const CUTS: [How; 2] = [How::Unasked, How::Lost];

const fn at_commit(how: How) -> Strike {
    Strike { at: At::Commit, how }
}

async fn start() -> (Bank, Wire, Vec<Arc<Customer>>) {
    let mut wire = None;
    let bank = Bank::start_with(|config| wire = Some(Wire::into(config))).await;
    let mut people = Vec::new();
    for place in 0..PAYERS {
        let person = bank.customer(&format!("Customer {place}"), MONEY_MINOR).await;
        people.push(Arc::new(person));
    }
    (bank, wire.unwrap(), people)
}

fn payment(from: &Customer, to: &Customer) -> SignedIntent {
    let (debit, credit, amount) = (from.account, to.account, eur(MINOR));
    Forger::of(from).next(Body::Transfer(TransferBody { debit, credit, amount, details: None }))
}

/// A payment of everybody's to the first, whose own goes to the second.
fn payments(people: &[Arc<Customer>]) -> Vec<SignedIntent> {
    let sign = |(place, person): (usize, &Arc<Customer>)| {
        payment(person, &people[usize::from(place == 0)])
    };
    people.iter().enumerate().map(sign).collect()
}

/// All of them at once, each from its own session: status and, where there is one, the place of the receipt.
async fn send(people: &[Arc<Customer>], signed: &[SignedIntent]) -> Vec<(u16, Option<u64>)> {
    let mut sending = JoinSet::new();
    for (place, (person, signed)) in people.iter().zip(signed).enumerate() {
        let (person, signed) = (Arc::clone(person), signed.clone());
        sending.spawn(async move {
            let path = "/api/transactions/transfer";
            let answer = person.request(reqwest::Method::POST, path, signed.to_json()).await;
            let answer = match answer {
                Ok(receipt) => (200, Some(Receipt::from_json(&receipt).unwrap().index.get())),
                Err(error) => (error.problem().unwrap_or_else(|| panic!("{error:?}")).status, None),
            };
            (place, answer)
        });
    }
    let mut answers = sending.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Everybody has paid once for each of `rounds`, under a leaf of its own.
async fn assert_paid_once(bank: &Bank, people: &[Arc<Customer>], rounds: i64) {
    let posted = bank.count("SELECT count(*) FROM transfers WHERE code = 'ok'").await;
    let payers = i64::try_from(PAYERS).unwrap();
    assert_eq!(posted, payers + rounds * payers, "each once, and no other");
    for person in &people[2..] {
        assert_eq!(bank.balance(person.account).await, MONEY_MINOR - rounds * MINOR);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_at_commit_and_comes_back_is_not_even_noticed() {
    let (bank, wire, people) = start().await;
    for (round, cut) in (1..).zip(CUTS) {
        let signed = payments(&people);
        let before = wire.strikes();
        wire.strike(&[at_commit(cut)]);
        let answers = send(&people, &signed).await;
        assert_eq!(wire.strikes(), before + 1, "{cut:?}");
        assert!(answers.iter().all(|(status, _)| *status == 200), "{cut:?}: {answers:?}");
        assert_eq!(send(&people, &signed).await, answers, "the same bytes, the same receipts");
        assert_paid_once(&bank, &people, round).await;
    }
    // What is no payment takes another way through the poster.
    for cut in CUTS {
        let before = wire.strikes();
        wire.strike(&[at_commit(cut)]);
        let account = bank.open(&people[0], money::AssetCode::EUR).await;
        assert_eq!(wire.strikes(), before + 1, "{cut:?}");
        let found = format!("SELECT count(*) FROM accounts WHERE account_id = '{account}'");
        assert_eq!(bank.count(&found).await, 1);
    }
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_stays_broken_at_commit_leaves_a_doubt_that_the_same_intent_settles() {
    let (bank, wire, people) = start().await;
    for (round, cut) in (1..).zip(CUTS) {
        let signed = payments(&people);
        wire.strike_for_good(at_commit(cut));
        let answers = send(&people, &signed).await;
        // Those of the group whose COMMIT was sent are in doubt (504); of those behind it nothing happened (503).
        let statuses: BTreeSet<u16> = answers.iter().map(|(status, _)| *status).collect();
        assert!(statuses.contains(&504), "{cut:?}: {answers:?}");
        assert!(statuses.iter().all(|status| [503, 504].contains(status)), "{answers:?}");
        let ids = signed.iter().map(|signed| signed.parse_intent().unwrap().id().to_string());
        let ids = ids.collect::<Vec<_>>().join("','");
        let sql = format!("SELECT count(*) FROM records WHERE intent_id IN ('{ids}')");
        let doubtful = answers.iter().filter(|(status, _)| *status == 504).count();
        let happened = match cut {
            How::Unasked => 0,
            _ => i64::try_from(doubtful).unwrap(),
        };
        assert_eq!(bank.count(&sql).await, happened, "{cut:?}");
        wire.mend();
        let settled = send(&people, &signed).await;
        assert!(settled.iter().all(|(status, _)| *status == 200), "{cut:?}: {settled:?}");
        assert_eq!(send(&people, &signed).await, settled, "one truth");
        assert_paid_once(&bank, &people, round).await;
    }
    bank.assert_verifies().await;
}

/// Of two payments in one group commit another instance has decided one meanwhile: it is read back when the other has
/// committed, and the line breaks for good right then.
#[tokio::test(flavor = "multi_thread")]
async fn the_neighbour_of_one_that_cannot_be_read_back_is_left_in_doubt_and_never_denied() {
    let (bank, wire, people) = start().await;
    let another = bank.start_another().await;
    let elsewhere = bank.client_of(&another).login(people[0].identity().clone()).await.unwrap();
    let [known, fresh] = [payment(&people[0], &people[1]), payment(&people[2], &people[1])];
    let stuck = payment(&people[3], &people[4]);

    // A group commit that waits for a row lock keeps the poster from taking the next one.
    let mut connection = bank.superuser().await;
    let mut lock = connection.begin().await.unwrap();
    let row = people[3].account;
    let row = format!("SELECT FROM accounts WHERE account_id = '{row}' FOR UPDATE");
    sqlx::query(AssertSqlSafe(row)).execute(&mut *lock).await.unwrap();
    let sending = |people: &[Arc<Customer>], signed: Vec<SignedIntent>| {
        let people = people.to_vec();
        tokio::spawn(async move { send(&people, &signed).await })
    };
    let before = sending(&people[3..4], vec![stuck]);
    let waits = "SELECT count(*) FROM pg_stat_activity
                  WHERE application_name = 'strongroom-poster' AND wait_event_type = 'Lock'";
    eventually("the poster to wait", async || (bank.count(waits).await == 1).then_some(())).await;
    let pair = [Arc::clone(&people[0]), Arc::clone(&people[2])];
    let together = sending(&pair, vec![known.clone(), fresh.clone()]);
    tokio::time::sleep(QUEUED_WITHIN).await;
    let path = "/api/transactions/transfer";
    elsewhere.request(reqwest::Method::POST, path, known.to_json()).await.unwrap();

    wire.strike_for_good(Strike { at: At::Behind(2), how: How::Unasked });
    lock.rollback().await.unwrap();
    assert_eq!(before.await.unwrap()[0].0, 200);
    assert_eq!(together.await.unwrap(), [(504, None); 2]);
    let id = fresh.parse_intent().unwrap().id();
    let sql = format!("SELECT count(*) FROM records WHERE intent_id = '{id}'");
    assert_eq!(bank.count(&sql).await, 1, "it has happened");
    wire.mend();
    let settled = send(&pair, &[known, fresh]).await;
    assert!(settled.iter().all(|(status, _)| *status == 200), "{settled:?}");
    assert_eq!(bank.balance(people[1].account).await, MONEY_MINOR + 2 * MINOR, "each once");
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_let_into_no_database_is_told_to_come_again() {
    let bank = Bank::start().await;
    let mut url = url::Url::parse(bank.urls().server.expose()).unwrap();
    url.set_path("/nowhere");
    let error = sqlx::PgConnection::connect(url.as_str()).await.unwrap_err();
    let code = error.as_database_error().unwrap().code().unwrap().into_owned();
    assert_eq!(code, "3D000", "of a class that heals nowhere else");
    assert!(server::problem::is_transient(&error), "but nothing was asked");
}
