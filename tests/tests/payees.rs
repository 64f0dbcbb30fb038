//! Payees that people keep, templates and dry runs, end to end: whose name an account is in, from when on a payee is no longer
//! new, and what is left of what was only tried.

use client::{ClientError, Session, Settled, Template, Wish};
use crypto::random;
use e2e::{Answer, Bank, Customer, Request, code_of, eur, fresh_account};
use intent::{BeneficiaryStatus, Body, Details, NameMatch, UnsignedIntent};
use ledger::{AccountId, AccountNumber};
use money::AssetCode;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row;

const LIMITS: &str =
    r#"{"count_per_day":"9999","new_payee":"10","per_hour":"9999","per_minute":"9999"}"#;

async fn check(bank: &Bank, by: &Session, account: AccountId, name: &str) -> Value {
    let number = AccountNumber::of(account).to_string();
    let question = json!({"number": number, "name": name});
    bank.send_as(by, Request::post_json("/api/beneficiaries/check", &question)).await.ok().json()
}

async fn add(
    by: &Session,
    account: AccountId,
    name: &str,
    said: NameMatch,
) -> Result<Settled, ClientError> {
    by.submit(Wish::add_payee(account, (name, None), said).unwrap()).await
}

async fn list(bank: &Bank, by: &Session) -> Vec<Value> {
    let page = bank.get_as(by, "/api/beneficiaries").await.ok().json();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_says_whose_name_an_account_is_in_and_gives_no_other_name_away() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let juergen = bank.customer("Jürgen Groß", 0).await;
    let same = check(&bank, &alice, juergen.account, "jürgen GROSS").await;
    assert_eq!((&same["name_match"], &same["name"]), (&json!("match"), &json!("Jürgen Groß")));
    let close = check(&bank, &alice, juergen.account, "Juergen Gross").await;
    assert_eq!((&close["name_match"], &close["name"]), (&json!("close"), &json!("Jürgen Groß")));
    let none = check(&bank, &alice, juergen.account, "Tax Office").await;
    assert_eq!((&none["name_match"], none.get("name")), (&json!("none"), None));
    assert!(!none.to_string().contains("rgen"), "{none}");

    let nobody = json!({"number": AccountNumber::of(fresh_account()).to_string(), "name": "Bob"});
    let answer =
        bank.send_as(&alice, Request::post_json("/api/beneficiaries/check", &nobody)).await;
    assert_eq!(answer.status, 404);
    let mut slip = AccountNumber::of(juergen.account).to_string();
    let last = slip.pop().unwrap().to_digit(10).unwrap();
    slip.push(char::from_digit((last + 1) % 10, 10).unwrap());
    let slip = json!({"number": slip, "name": "Jürgen Groß"});
    let answer = bank.send_as(&alice, Request::post_json("/api/beneficiaries/check", &slip)).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payee_is_kept_with_what_was_paid_to_them_renamed_disabled_and_deleted_with_their_name() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 10_000).await;
    let second = bank.open(&alice, AssetCode::EUR).await;
    bank.fund(second, eur(1_000)).await;
    let bob = bank.customer("Bob Miller", 0).await;
    let cleo = bank.customer("Cleo", 0).await;
    let wish = Wish::add_payee(bob.account, ("Bob Miller", Some("the flat")), NameMatch::Match);
    alice.submit(wish.unwrap()).await.unwrap();
    add(&alice, cleo.account, "Cleo", NameMatch::Match).await.unwrap();
    assert_eq!(
        code_of(&add(&alice, bob.account, "Bob Miller", NameMatch::Match).await),
        "beneficiary-exists"
    );
    alice.transfer(alice.account, bob.account, eur(300), None).await.unwrap();
    alice.transfer(alice.account, bob.account, eur(200), None).await.unwrap();
    alice.transfer(second, bob.account, eur(50), None).await.unwrap();

    let listed = list(&bank, &alice).await;
    let of_bob = listed.iter().find(|view| view["name"] == "Bob Miller").unwrap();
    assert_eq!(of_bob["number"], AccountNumber::of(bob.account).to_string());
    assert_eq!((&of_bob["payments"], &of_bob["total"]), (&json!("3"), &json!("550")));
    assert_eq!((&of_bob["memo"], &of_bob["status"]), (&json!("the flat"), &json!("active")));
    assert!(of_bob["last_paid_at"].is_string() && of_bob["counts_since"].is_string());
    // Page by page.
    let first = bank.get_as(&alice, "/api/beneficiaries?limit=1").await.ok().json();
    let next = format!("/api/beneficiaries?limit=1&cursor={}", first["next"].as_str().unwrap());
    let rest = bank.get_as(&alice, &next).await.ok().json();
    assert_ne!(first["items"][0]["account"], rest["items"][0]["account"]);

    let wish = Wish::rename_payee(bob.account, ("B. Miller", None), NameMatch::Close);
    alice.submit(wish.unwrap()).await.unwrap();
    alice.submit(Wish::change_payee(bob.account, BeneficiaryStatus::Disabled)).await.unwrap();
    let listed = list(&bank, &alice).await;
    let of_bob = listed.iter().find(|view| view["name"] == "B. Miller").unwrap();
    assert_eq!((of_bob.get("counts_since"), of_bob.get("memo")), (None, None));
    assert_eq!(bank.count("SELECT count(*) FROM kept_texts").await, 2, "the old name is erased");
    bank.assert_verifies().await;

    alice.submit(Wish::change_payee(bob.account, BeneficiaryStatus::Deleted)).await.unwrap();
    assert_eq!(list(&bank, &alice).await.len(), 1);
    assert_eq!(bank.count("SELECT count(*) FROM kept_texts").await, 1);
    let again = alice.submit(Wish::change_payee(bob.account, BeneficiaryStatus::Active)).await;
    assert_eq!(code_of(&again), "beneficiary-not-found");
    add(&alice, bob.account, "Bob Miller", NameMatch::Match).await.unwrap();
    // A name that was erased takes nothing with it.
    bank.execute("DELETE FROM kept_texts").await;
    assert_eq!(list(&bank, &alice).await.len(), 2);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_keeps_a_payee_under_a_name_that_is_not_theirs_without_having_signed_that_they_know()
{
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let mallory = bank.customer("Mallory", 0).await;
    for said in [NameMatch::Match, NameMatch::Close] {
        let answer = add(&alice, mallory.account, "Tax Office", said).await;
        assert_eq!(code_of(&answer), "payee-name-differs");
    }
    add(&alice, mallory.account, "Tax Office", NameMatch::None).await.unwrap();
    let listed = list(&bank, &alice).await;
    assert_eq!((&listed[0]["name_match"], listed[0].get("counts_since")), (&json!("none"), None));
    // The leaf says that it was signed, and neither name.
    let leaf = "SELECT count(*) FROM records WHERE position('\"name_match\":\"none\"' IN convert_from(intent, 'UTF8')) > 0";
    assert_eq!(bank.count(leaf).await, 1);
    let named = "SELECT count(*) FROM records WHERE position('Tax Office' IN encode(intent || effects, 'escape')) > 0";
    assert_eq!(bank.count(named).await, 0);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payee_is_new_for_a_day_from_their_entry_on_and_again_when_it_is_in_use_again() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 100_000).await;
    let [bob, eve] = [bank.customer("Bob", 0).await, bank.customer("Eve", 0).await];
    let owner = alice.identity().user().id;
    bank.put_in_force("limits", &format!("user:{owner}"), LIMITS).await;
    add(&alice, bob.account, "Bob", NameMatch::Match).await.unwrap();
    add(&alice, eve.account, "Somebody", NameMatch::None).await.unwrap();
    let pay =
        async |to: AccountId, minor| alice.transfer(alice.account, to, eur(minor), None).await;
    assert_eq!(code_of(&pay(bob.account, 1_001).await), "limit-new-payee");
    pay(bob.account, 600).await.unwrap();
    assert_eq!(code_of(&pay(bob.account, 401).await), "limit-new-payee", "600 of 1,000 are gone");
    bank.assert_verifies().await;

    // A day passes: the rows are moved to where the clock would be, and so the log cannot be replayed any more.
    bank.execute("UPDATE beneficiaries SET since = since - interval '24 hours'").await;
    pay(bob.account, 5_000).await.unwrap();
    assert_eq!(
        code_of(&pay(eve.account, 1_001).await),
        "limit-new-payee",
        "her entry counts nothing"
    );
    for status in [BeneficiaryStatus::Disabled, BeneficiaryStatus::Active] {
        alice.submit(Wish::change_payee(bob.account, status)).await.unwrap();
        assert_eq!(code_of(&pay(bob.account, 1).await), "limit-new-payee", "{status:?}");
    }
    let report = bank.verify().await;
    let named = report.findings.iter().any(|finding| finding.table == Some("beneficiaries"));
    assert!(!report.ok && named, "{report:#?}");
}

/// Whichever comes first in the log is what the payment was decided by, at whichever instance.
#[tokio::test(flavor = "multi_thread")]
async fn a_payee_who_is_disabled_at_another_instance_counts_or_does_not_as_the_log_says() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let elsewhere = bank.client_of(&another).login(alice.identity().clone()).await.unwrap();
    add(&alice, bob.account, "Bob", NameMatch::Match).await.unwrap();
    // Every verdict stands in the log, and whether the payee is kept is a part of it.
    let value = r#"{"ceiling":"monitor","high":"2","medium":"1"}"#;
    bank.put_in_force("risk", "bank", value).await;
    for turn in 0..30 {
        let status =
            if turn % 2 == 0 { BeneficiaryStatus::Disabled } else { BeneficiaryStatus::Active };
        let (changed, paid) = tokio::join!(
            elsewhere.submit(Wish::change_payee(bob.account, status)),
            alice.transfer(alice.account, bob.account, eur(10), None),
        );
        changed.unwrap();
        paid.unwrap();
    }
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_changes_whom_another_person_pays() {
    let bank = Bank::start().await;
    let [alice, eve] = [bank.customer("Alice", 0).await, bank.customer("Eve", 0).await];
    let bob = bank.customer("Bob", 0).await;
    add(&alice, bob.account, "Bob", NameMatch::Match).await.unwrap();
    for other in [&eve.session, &bob.session, bank.manager().await, bank.auditor().await] {
        assert_eq!(list(&bank, other).await.len(), 0);
    }
    let taken = eve.submit(Wish::change_payee(bob.account, BeneficiaryStatus::Deleted)).await;
    assert_eq!(code_of(&taken), "beneficiary-not-found");

    let template = Template {
        name: "rent".to_owned(),
        credit: bob.account.to_string(),
        asset: "EUR".to_owned(),
        amount: Some("85000".to_owned()),
        memo: Some("rent".to_owned()),
    };
    let id = alice.save_template(&template).await.unwrap();
    let path = format!("/api/templates/{id}");
    let to_eve = json!({"name": "rent", "credit": eve.account.to_string(), "asset": "EUR"});
    let changed = bank.send_as(&eve, Request::post_json(&path, &to_eve)).await;
    let deleted = bank.send_as(&eve, Request::new(Method::DELETE, &path, "")).await;
    assert_eq!((changed.status, deleted.status), (404, 404));
    assert!(eve.templates().await.unwrap().is_empty());
    bank.send_as(
        &alice,
        Request::post_json(
            &path,
            &json!({"name": "rent 2", "credit": bob.account.to_string(), "asset": "EUR"}),
        ),
    )
    .await
    .assert_ok();
    let mine = alice.templates().await.unwrap();
    assert_eq!((mine.len(), mine[0].name.as_str(), mine[0].amount.as_deref()), (1, "rent 2", None));
    for bad in [
        json!({"name": "", "credit": bob.account.to_string(), "asset": "EUR"}),
        json!({"name": "x", "credit": "nobody", "asset": "EUR"}),
        json!({"name": "x\u{202e}", "credit": bob.account.to_string(), "asset": "EUR"}),
        json!({"name": "x", "credit": bob.account.to_string(), "asset": "EUR", "amount": "0"}),
    ] {
        let refused = bank.send_as(&alice, Request::post_json("/api/templates", &bad)).await;
        assert_eq!(refused.status, 400, "{bad}");
    }
    alice.delete_template(&id).await.unwrap();
    assert!(alice.templates().await.unwrap().is_empty());
    bank.assert_verifies().await;
}

/// A digest of every table, the log among them; signing in and out goes on beside.
async fn everything(bank: &Bank) -> Vec<(String, i64)> {
    let tables = "SELECT tablename::text FROM pg_tables
                   WHERE schemaname = 'public' AND tablename NOT IN ('sessions', 'challenges') ORDER BY 1";
    let tables = bank.rows(tables).await;
    let digests = tables.iter().map(|row| {
        let table: String = row.get(0);
        format!("SELECT '{table}', coalesce(sum(hashtext(t::text)::int8), 0)::int8 + count(*) FROM {table} t")
    });
    let digests = bank.rows(&digests.collect::<Vec<_>>().join(" UNION ALL ")).await;
    digests.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Effects but for the times at which they were decided.
fn timeless(mut value: Value) -> Value {
    const TIMES: [&str; 5] = ["added_at", "at", "changed_at", "expires_at", "placed_at"];
    match &mut value {
        Value::Object(members) => {
            members.retain(|name, _| !TIMES.contains(&name.as_str()) && name != "since");
            let inner = std::mem::take(members).into_iter();
            Value::Object(inner.map(|(name, value)| (name, timeless(value))).collect())
        }
        // A row of a register stands in a leaf as text.
        Value::String(text) if text.starts_with('{') => {
            timeless(serde_json::from_str(text).unwrap())
        }
        _ => value,
    }
}

/// What the receipt of a real answer says, verified.
fn really(bank: &Bank, settled: &Result<Settled, ClientError>) -> Value {
    let receipt = match settled {
        Ok(settled) => &settled.receipt,
        Err(ClientError::Refused { receipt, .. }) => receipt,
        Err(other) => panic!("{other}"),
    };
    let facts = receipt.verify(&bank.trust().verifier).unwrap();
    serde_json::from_slice(&facts.get().effects.to_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_becomes_of_an_intent_and_leaves_nothing_behind() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 100_000).await;
    let bob = bank.customer("Bob", 0).await;
    bank.put_in_force("approvals", "bank", r#"{"above":"500","two_above":"5000"}"#).await;
    let pay = |minor| Wish::transfer(alice.account, bob.account, eur(minor), Some("tea")).unwrap();
    let lines = [client::BatchLine { to: bob.account, amount: eur(5), memo: None }];
    let wishes = [
        pay(100),
        pay(60_000),
        pay(200_000),
        Wish::transfer(bob.account, alice.account, eur(1), None).unwrap(),
        Wish::batch(alice.account, &lines, true).unwrap(),
        Wish::add_payee(bob.account, ("Bob", None), NameMatch::Match).unwrap(),
        Wish::add_payee(bob.account, ("Eve", None), NameMatch::Match).unwrap(),
        Wish::open_account(fresh_account(), alice.identity().user().id, AssetCode::EUR),
        Wish::fund(alice.account, eur(1)),
        Wish::close_account(alice.account),
    ];
    for wish in wishes {
        let kind = wish.body.kind();
        let before = everything(&bank).await;
        let signed = alice.identity().sign(&bank.trust().bank, wish.body, wish.details).unwrap();
        let (intent, details) = (signed.intent.clone(), signed.details.clone());
        let question = UnsignedIntent { intent, details }.to_json();
        let run = bank.send_as(&alice, Request::post("/api/intents/dry-run", question)).await;
        let run = run.ok().json();
        assert_eq!(everything(&bank).await, before, "{kind}: something was written");
        assert_eq!(
            (&run["dry_run"], &run["signed"], run.get("receipt")),
            (&json!(true), &json!(false), None)
        );
        assert_eq!(run.get("title").is_some(), run["outcome"] == "refused");
        let settled = alice.submit_signed(signed).await;
        let (mut expected, mut got) = (really(&bank, &settled), run["effects"].clone());
        let moves = ["transfer", "transfer.batch", "account.fund"].contains(&kind.name());
        if !moves || expected["code"] == "held" {
            // The digest of a change of state covers its time, and that of a hold its end.
            for effects in [&mut expected, &mut got] {
                effects.as_object_mut().unwrap().remove("rows");
            }
        }
        assert_eq!(timeless(got), timeless(expected), "{kind}");
    }
    // The typed client asks the same question, and its key's chain stays where it is.
    let chain = alice.identity().chain();
    assert_eq!(alice.dry_run(pay(100)).await.unwrap().code, "ok");
    assert_eq!(alice.identity().chain(), chain);
    bank.assert_verifies().await;
}

async fn try_it(bank: &Bank, by: &Customer, body: Body, of: &Customer) -> Answer {
    let signed = e2e::Forger::of(of).next(body);
    let unsigned = UnsignedIntent { intent: signed.intent, details: None };
    bank.send_as(by, Request::post("/api/intents/dry-run", unsigned.to_json())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_is_of_ones_own_intents_and_of_nothing_that_comes_with_secrets() {
    let bank = Bank::start().await;
    let [alice, eve] = [bank.customer("Alice", 1_000).await, bank.customer("Eve", 0).await];
    let body = || Wish::transfer(alice.account, eve.account, eur(1), None).unwrap().body;
    assert_eq!(try_it(&bank, &alice, body(), &alice).await.ok().json()["code"], "ok");
    let answer = try_it(&bank, &eve, body(), &alice).await;
    assert_eq!(answer.refusal(), (403, "session-of-another-certificate".to_owned()));
    let rotate = Body::KeyRotate {
        csr: vec![1],
        device: alice.identity().device().id(),
        device_key_commitment: alice.identity().device().key_commitment(),
        kem_public_key: vec![1],
    };
    assert_eq!(try_it(&bank, &alice, rotate, &alice).await.status, 400);
    // A receipt is for what was signed: an envelope is no question, and an id that was used asks nothing.
    let signed = e2e::Forger::of(&alice).next(body());
    let envelope = Request::post("/api/intents/dry-run", signed.to_json());
    assert_eq!(bank.send_as(&alice, envelope).await.status, 400);
    bank.submit(&alice, &signed).await.assert_ok();
    let unsigned = UnsignedIntent { intent: signed.intent.clone(), details: None };
    let answer =
        bank.send_as(&alice, Request::post("/api/intents/dry-run", unsigned.to_json())).await;
    assert_eq!(answer.refusal(), (409, "intent-id-reused".to_owned()));
    let other = Details { salt: random().unwrap(), value: [("memo".into(), "tea".into())].into() };
    let unsigned = UnsignedIntent { intent: signed.intent, details: Some(other) };
    let answer =
        bank.send_as(&alice, Request::post("/api/intents/dry-run", unsigned.to_json())).await;
    assert_eq!((answer.status, answer.problem()), (400, "details-mismatch".to_owned()));
    assert_eq!(bank.balance(eve.account).await, 1);
}
