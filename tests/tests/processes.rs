//! Two server processes over one database: what one of them was told counts at the other from the next request on, or nearly.

use std::time::{Duration, Instant};

use client::{Channel, ClientError, Wish};
use e2e::{Bank, Request};
use intent::{RevocationReason, Role};
use serde_json::Value;

/// Of a machine with other work; docs/benchmarks.md has what it takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long after the answer of the first process the second one says otherwise, asked again and again.
async fn until<F: Future<Output = bool>>(what: &str, mut is_known: impl FnMut() -> F) {
    let began = Instant::now();
    let mut asked = 0;
    loop {
        asked += 1;
        if is_known().await {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{what} is not known at the other process");
    }
    let took = began.elapsed();
    println!("{what}: known at the other process after {took:?}, question {asked}");
}

fn code(outcome: Result<Value, ClientError>) -> String {
    match outcome {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.problem().map_or_else(|| error.to_string(), |it| it.code.clone()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_and_a_role_count_at_another_process() {
    let bank = Bank::start_process(env!("CARGO_BIN_EXE_e2e-server")).await;
    let other = bank.start_another_process().await;
    let elsewhere = bank.client_at(other.addr);
    let alice = bank.customer("Alice", 0).await;
    let (admin, manager) = (bank.admin().await, bank.manager().await);
    let of_alice = Channel::resume(elsewhere.clone(), alice.standing().await);
    let of_manager = Channel::resume(elsewhere.clone(), manager.standing().await);
    let accounts = async |of: &Channel| code(of.get::<Value>("/api/accounts").await);
    assert_eq!(
        (accounts(&of_alice).await, accounts(&of_manager).await),
        ("ok".into(), "ok".into())
    );
    let list = async || {
        let mut request = Request::get("/api/certificates/crl");
        request.headers.clear();
        bank.send_to(other.addr, request).await.body
    };
    let before = list().await;

    let permissions = vec!["accounts:fund".to_owned()];
    let define = Wish::define_role("cashier".into(), Role::Manager, permissions, true);
    admin.submit(define).await.unwrap();
    let user = manager.identity().user().id;
    admin.submit(Wish::grant_role(user, "cashier".into(), true)).await.unwrap();
    until("a role taken away", async || accounts(&of_manager).await == "forbidden").await;
    admin.submit(Wish::grant_role(user, "cashier".into(), false)).await.unwrap();
    until("a role given back", async || accounts(&of_manager).await == "ok").await;

    let certificate = alice.identity().certificate_hash().unwrap();
    manager.revoke(certificate, RevocationReason::KeyCompromise).await.unwrap();
    until("a revocation", async || accounts(&of_alice).await != "ok").await;
    until("a revocation list", async || list().await != before).await;
    drop(other);
    bank.assert_verifies().await;
}
