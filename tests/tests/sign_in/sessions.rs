//! When sessions end, and what their challenges and proofs are good for.

use base64ct::{Base64UrlUnpadded, Encoding};
use client::SecondFactor;
use e2e::{Bank, Forger, Holder, ORIGIN, Request, eur};
use intent::Body;
use serde_json::{Value, json};

use crate::{BehindTheBack, PASSWORD, Person, code_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_a_certificate_ends_when_it_is_idle_and_with_its_person() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let (idle, locked) = (
        alice.visit(&bank, SecondFactor::None).await.unwrap(),
        alice.visit(&bank, SecondFactor::None).await.unwrap(),
    );
    bank.age("used_at", 29).await;
    idle.get::<Value>("/api/auth/sessions").await.unwrap();
    bank.age("used_at", 29).await;
    idle.get::<Value>("/api/auth/sessions").await.unwrap();
    bank.age("used_at", 31).await;
    assert_eq!(code_of(idle.get::<Value>("/api/auth/sessions").await), "session-ended");
    let refresh = json!({"refresh_token": idle.standing().await.refresh_token});
    let refused = bank.send_as(&idle, Request::post_json("/api/auth/refresh", &refresh)).await;
    assert_eq!(refused.refusal(), (401, "session-ended".to_owned()));

    bank.age("used_at", 0).await;
    bank.execute("UPDATE sessions SET used_at = now()").await;
    locked.get::<Value>("/api/auth/sessions").await.unwrap();
    let user = locked.user;
    bank.execute(&format!("UPDATE users SET status = 'locked' WHERE user_id = '{user}'")).await;
    assert_eq!(code_of(locked.get::<Value>("/api/auth/sessions").await), "session-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_a_certificate_ends_when_it_is_idle_and_after_twelve_hours() {
    let bank = Bank::start().await;
    let alice = bank.enrol("Alice").await;
    let refresh = async |session: &client::Session| {
        let body = json!({"refresh_token": session.standing().await.refresh_token});
        bank.send_as(session, Request::post_json("/api/auth/refresh", &body)).await
    };
    // A token may be used to its end, and the half hour begins then.
    let session = bank.login(&alice).await;
    bank.age("used_at", 39).await;
    refresh(&session).await.assert_ok();
    let idle = bank.login(&alice).await;
    bank.age("used_at", 41).await;
    assert_eq!(refresh(&idle).await.refusal(), (401, "session-ended".to_owned()));
    // Nor does anything else go on that began before: a stream asks the same every two seconds.
    assert_eq!(code_of(idle.get::<Value>("/api/accounts").await), "session-ended");

    // Whatever is done in it.
    let session = bank.login(&alice).await;
    let seconds = bank
        .count("SELECT max(extract(epoch FROM expires_at - created_at))::bigint FROM sessions")
        .await;
    assert_eq!(seconds, 12 * 60 * 60);
    bank.age("expires_at", 12 * 60).await;
    let another = bank.start_another().await;
    assert_eq!(refresh(&session).await.refusal(), (401, "session-ended".to_owned()));
    // The other instance has not met it, as after a restart.
    let elsewhere = client::Channel::resume(bank.client_of(&another), session.standing().await);
    assert_eq!(code_of(elsewhere.get::<Value>("/api/accounts").await), "session-ended");
    another.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_of_a_session_opens_no_session_and_one_of_a_sign_in_proves_none() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let again = bank.send_as(&alice.customer, Request::post("/api/auth/session-rechallenge", "{}"));
    let inside = again.await.ok().json()["challenge"]["nonce"].as_str().unwrap().to_owned();
    let outside = json!({
        "certificate": alice.customer.identity().certificate_hash().unwrap().to_string(),
        "device_id": alice.customer.identity().device().id().to_string(),
    });
    let outside = bank.send(Request::post_json("/api/auth/certificate-challenge", &outside)).await;
    let outside = outside.ok().json()["nonce"].as_str().unwrap().to_owned();
    let answer = |nonce: &str| answer_to(&alice.customer.holder, nonce);
    let opened =
        bank.send(Request::post_json("/api/auth/certificate-login", &answer(&inside))).await;
    assert_eq!(opened.refusal(), (401, "challenge-unknown".to_owned()));
    let reverify = |body: &Value| Request::post_json("/api/auth/session-reverify", body);
    let proved = bank.send_as(&alice.customer, reverify(&answer(&outside))).await;
    assert_eq!(proved.refusal(), (401, "challenge-unknown".to_owned()));
    let second = bank.login(&alice.customer.holder).await;
    let elsewhere = bank.send_as(&second, reverify(&answer(&inside))).await;
    assert_eq!(elsewhere.refusal(), (401, "challenge-unknown".to_owned()), "another session");
    let good = answer(&inside);
    bank.send_as(&alice.customer, reverify(&good)).await.assert_ok();
    let twice = bank.send_as(&alice.customer, reverify(&good)).await;
    assert_eq!(twice.refusal(), (401, "challenge-redeemed".to_owned()));
    let with_less = bank.send_as(&alice.customer, reverify(&json!({"password": PASSWORD}))).await;
    assert_eq!(with_less.status, 400, "a certificate's session is proved by its certificate");

    let visit = alice.visit(&bank, SecondFactor::None).await.unwrap();
    let methods = bank.send_as(&visit, Request::post("/api/auth/session-rechallenge", "{}")).await;
    assert_eq!(methods.ok().json()["methods"], json!(["password"]));
    let proved = bank.send_as(&visit, reverify(&json!({"password": PASSWORD}))).await.ok().json();
    assert_eq!(proved["aal"], 1, "a password again is no second factor");
    let wrong = bank.send_as(&visit, reverify(&json!({"password": "not this one at all"}))).await;
    assert_eq!(wrong.refusal(), (401, "credentials-refused".to_owned()));
    assert_eq!(bank.send_as(&visit, reverify(&answer(&inside))).await.status, 403);
}

fn answer_to(holder: &Holder, nonce: &str) -> Value {
    let challenge = hex::decode(nonce).unwrap().try_into().unwrap();
    let kem_public_key = holder.kem().public_key().as_bytes().to_vec();
    let body = Body::SessionLogin { challenge, origin: ORIGIN.to_owned(), kem_public_key };
    let signed = Forger::new(holder).next(body);
    let proof = holder.device().proof(&signed.intent);
    let envelope: Value = serde_json::from_slice(&signed.to_json()).unwrap();
    json!({"signed": envelope, "device_proof": Base64UrlUnpadded::encode_string(&proof)})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_for_one_server_and_the_client_finds_the_other_one_by_itself() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let another = bank.start_another().await;
    let request = Request::get("/api/accounts").proved_by(&alice).await;
    let url = format!("http://{}/api/accounts", another.addr);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let replayed = http.get(&url).headers(request.headers.clone()).send().await.unwrap();
    let name = replayed.headers()["strongroom-instance"].to_str().unwrap().to_owned();
    assert_eq!((replayed.status().as_u16(), name.as_str()), (401, another.app.sessions.instance()));
    assert_ne!(name, bank.app().sessions.instance());
    let problem: Value = serde_json::from_slice(&replayed.bytes().await.unwrap()).unwrap();
    assert_eq!(problem["code"], "proof-refused");
    bank.send(request.clone()).await.assert_ok();
    assert_eq!(bank.send(request).await.refusal(), (401, "proof-refused".to_owned()));

    // The same session laid down and taken up by a client that has heard of no server yet.
    let identity = std::sync::Arc::clone(alice.identity());
    let there = client::Session::resume(bank.client_of(&another), identity, alice.standing().await);
    assert_eq!(there.accounts().await.unwrap().len(), 1);
    let (to, amount) = (bank.customer("Bob", 0).await.account, eur(5));
    there.transfer(alice.account, to, amount, None).await.unwrap();
    another.shutdown().await.unwrap();
}
