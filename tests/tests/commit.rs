//! The line to the database breaks at COMMIT: before it, nothing happened; after it, everything did, and nobody was told.
//! Either way each intent has one truth, which the same bytes find again.

use std::collections::BTreeSet;
use std::sync::Arc;

use e2e::{At, Bank, Customer, Forger, How, Strike, Wire, eur};
use intent::{Body, Receipt, SignedIntent, TransferBody};
use tokio::task::JoinSet;

const PAYERS: usize = 6;
const MONEY_MINOR: i64 = 10_000;
const MINOR: i64 = 10;
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

/// A payment of everybody's to the first, whose own goes to the second.
fn payments(people: &[Arc<Customer>]) -> Vec<SignedIntent> {
    let sign = |(place, person): (usize, &Arc<Customer>)| {
        let credit = people[usize::from(place == 0)].account;
        let body =
            TransferBody { debit: person.account, credit, amount: eur(MINOR), details: None };
        Forger::of(person).next(Body::Transfer(body))
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
