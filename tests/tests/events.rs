//! Facts that no holder signs, and that stand in the log all the same.

use std::time::Duration;

use client::{ClientError, SecondFactor, Session, Visit};
use e2e::{Bank, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection;
use tokio::time::timeout;

const PASSWORD: &str = "seven green umbrellas";

/// A customer with a password.
async fn customer(bank: &Bank) -> (Session, String) {
    let session = bank.customer("Alice", 0).await.session;
    session.set_password(PASSWORD, None).await.unwrap();
    let path = format!("/api/users/{}/profile", session.identity().user().id);
    let profile: Value = session.get(&path).await.unwrap();
    let email = profile["email"].as_str().unwrap().to_owned();
    (session, email)
}

async fn visit(bank: &Bank, email: &str) -> Visit {
    bank.client().visit(email, PASSWORD, SecondFactor::None).await.unwrap()
}

/// The events of a kind, in order.
async fn events(bank: &Bank, kind: &str) -> Vec<Value> {
    let sql = "SELECT convert_from(intent, 'UTF8') FROM records WHERE user_id IS NULL ORDER BY leaf_index";
    let rows = bank.rows(sql).await;
    let documents = rows.iter().map(|row| sqlx::Row::get::<String, _>(row, 0));
    let events = documents.map(|text| serde_json::from_str::<Value>(&text).unwrap());
    events.filter(|event| event["event"] == kind).collect()
}

async fn ends(bank: &Bank) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ended = events(bank, "session.ended").await;
    ended.iter().map(|event| (text(&event["reason"]), text(&event["sessions"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_without_a_certificate_and_every_end_that_somebody_made_is_in_the_log() {
    let bank = Bank::start().await;
    let (alice, email) = customer(&bank).await;
    let user = alice.identity().user().id.to_string();
    let session = async |visit: &Visit| visit.standing().await.session.to_string();

    let first = visit(&bank, &email).await;
    let opened = &events(&bank, "session.opened").await[0];
    assert_eq!(
        (&opened["user"], &opened["aal"], &opened["by"], &opened["session"]),
        (&json!(user), &json!("1"), &json!("password"), &json!(session(&first).await))
    );
    assert!(bank.client().visit(&email, "wrong", SecondFactor::None).await.is_err());
    assert_eq!(events(&bank, "session.opened").await.len(), 1, "a refusal opens nothing");

    first.logout().await.unwrap();
    let second = visit(&bank, &email).await;
    let path = format!("/api/auth/sessions/{}", session(&second).await);
    alice.request(Method::DELETE, &path, Vec::new()).await.unwrap();
    assert!(alice.request(Method::DELETE, &path, Vec::new()).await.is_err(), "it has ended");
    let third = visit(&bank, &email).await;
    let stolen = third.standing().await;
    bank.execute("UPDATE sessions SET refresh_generation = refresh_generation + 1").await;
    let refresh = json!({"refresh_token": stolen.refresh_token});
    let refused: Result<Value, ClientError> = third.post("/api/auth/refresh", &refresh).await;
    assert!(refused.unwrap_err().is_unauthenticated());
    bank.execute("UPDATE sessions SET refresh_generation = refresh_generation - 1").await;
    let fourth = visit(&bank, &email).await;
    alice.reverify().await.unwrap();
    alice.set_password("nine blue umbrellas", None).await.unwrap();
    let own = alice.standing().await.session.to_string();
    alice.request(Method::DELETE, "/api/auth/sessions", Vec::new()).await.unwrap();

    let expected = [
        ("logout", session(&first).await),
        ("revoked-by-user", session(&second).await),
        ("refresh-token-reused", stolen.session.to_string()),
        ("password-changed", session(&fourth).await),
        ("revoked-by-user", own),
    ];
    let expected = expected.map(|(reason, session)| (reason.to_owned(), session));
    assert_eq!(ends(&bank).await, expected);
    bank.assert_verifies().await;

    // From where it was can be erased, and everything else still proves itself.
    let came_from = "SELECT count(*) FROM records WHERE user_id IS NULL AND position('\"ip\":\"127.0.0.1\"' IN convert_from(origin, 'UTF8')) > 0";
    assert_eq!(bank.count(came_from).await, 9);
    bank.execute("UPDATE records SET origin = NULL, salts = overlay(salts PLACING decode(repeat('00', 32), 'hex') FROM 65 FOR 32) WHERE user_id IS NULL").await;
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_end_together_share_commits() {
    let bank = Bank::start().await;
    let (_, email) = customer(&bank).await;
    let mut open = Vec::new();
    for _ in 0..12 {
        open.push(visit(&bank, &email).await);
    }
    let before = bank.count("SELECT count(*) FROM log_checkpoints").await;
    // Whoever comes first waits for the head of the log, and the others behind it.
    let mut connection = bank.superuser().await;
    let mut head = connection.begin().await.unwrap();
    sqlx::query("SELECT FROM log_head FOR UPDATE").execute(&mut *head).await.unwrap();
    let mut closing = tokio::task::JoinSet::new();
    for visit in open {
        closing.spawn(async move { visit.logout().await.unwrap() });
    }
    let ended = "SELECT count(*) FROM sessions WHERE revocation_reason = 'logout'";
    eventually("the sessions to end", async || (bank.count(ended).await == 12).then_some(())).await;
    head.rollback().await.unwrap();
    closing.join_all().await;
    assert_eq!(events(&bank, "session.opened").await.len(), 12);
    assert_eq!(ends(&bank).await.len(), 12);
    let commits = bank.count("SELECT count(*) FROM log_checkpoints").await - before;
    assert!(commits < 12, "{commits} commits for 12 events");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_session_is_recorded_though_whoever_ended_it_hung_up() {
    let bank = Bank::start().await;
    let (_, email) = customer(&bank).await;
    let mut unanswered = 0;
    for listens in 0..24 {
        let visit = visit(&bank, &email).await;
        let answer = timeout(Duration::from_micros(listens * 400), visit.logout()).await;
        unanswered += u64::from(answer.is_err());
    }
    assert!(unanswered > 0, "nobody hung up");
    let ended = "SELECT count(*) FROM sessions WHERE revocation_reason = 'logout'";
    eventually("all ends to be recorded", async || {
        let recorded = i64::try_from(ends(&bank).await.len()).unwrap();
        (recorded > 0 && recorded == bank.count(ended).await).then_some(())
    })
    .await;
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_due_is_told_to_its_holder_and_recorded_once_by_however_many_instances() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    bank.enrol("Bob").await;
    let own = alice.identity().certificate_hash().unwrap().to_string();
    let path = format!("/api/users/{}/profile", alice.identity().user().id);
    let alerts = async || bank.get_as(&alice, &path).await.ok().json()["alerts"].clone();
    assert_eq!(alerts().await, json!([]));
    let age = async |days: i32| {
        let sql = format!(
            "UPDATE certificates SET not_before = not_before - interval '{days} days' WHERE fingerprint = decode('{own}', 'hex')"
        );
        bank.execute(&sql).await;
    };
    let remind = async || {
        let (one, other) = tokio::join!(bank.start_another(), bank.start_another());
        // The work of the start is done before an instance has ended.
        one.shutdown().await.unwrap();
        other.shutdown().await.unwrap();
    };
    for (days, expected) in
        [(52, vec![]), (2, vec!["30"]), (23, vec!["30", "7"]), (0, vec!["30", "7"])]
    {
        age(days).await;
        Box::pin(remind()).await;
        let recorded = events(&bank, "rotation.due").await;
        let steps: Vec<_> =
            recorded.iter().map(|event| event["days_ahead"].as_str().unwrap()).collect();
        assert_eq!(steps, expected);
        assert!(recorded.iter().all(|event| event["certificate"] == own));
        let told = alerts().await;
        let told: Vec<_> =
            told.as_array().unwrap().iter().map(|it| it["days_ahead"].to_string()).collect();
        assert_eq!(
            told,
            expected.last().into_iter().map(|days| (*days).to_owned()).collect::<Vec<_>>()
        );
    }
    let due = async || {
        let metrics = bank.get("/metrics").await.text();
        metrics.lines().any(|line| line == "strongroom_rotations_due 1").then_some(())
    };
    eventually("the metric", due).await;
    let successor = alice.holder.successor().unwrap();
    age(-77).await;
    alice.rotate(&successor).await.unwrap();
    bank.assert_verifies().await;
}
