//! Live sessions: their keys, and where they were opened.

use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use client::{Channel, SecondFactor, Session};
use crypto::{KemSecretKey, Suite};
use e2e::{Answer, Bank, Holder, ORIGIN, Request};
use intent::Body;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const ANYWHERE: &str = "/api/auth/verify-session";

/// Whoever had a look at everything that a session's device keeps, but not at its keys of another kind.
async fn thief_of(bank: &Bank, session: &Session) -> Channel {
    Channel::resume(bank.client(), session.standing().await)
}

fn is_out(answer: &Answer) {
    assert_eq!(answer.status, 401, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_of_a_session_is_worth_nothing_once_it_is_replaced_at_every_instance() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let alice = bank.enrol("Alice").await;
    let mut session = bank.login(&alice).await;
    // Both instances know the session under its first key.
    let elsewhere = Channel::resume(bank.client_of(&another), session.standing().await);
    elsewhere.get::<Value>(ANYWHERE).await.unwrap();
    let unsent = Request::get(ANYWHERE).proved_by(&session).await;
    let thief = thief_of(&bank, &session).await;

    session.replace_key().await.unwrap();
    session.verify().await.unwrap();
    is_out(&bank.send(unsent.clone()).await);
    is_out(&bank.send(Request::get(ANYWHERE).proved_by(&thief).await).await);
    assert!(elsewhere.get::<Value>(ANYWHERE).await.is_err());
    let renewed = Channel::resume(bank.client_of(&another), session.standing().await);
    renewed.get::<Value>(ANYWHERE).await.unwrap();

    // Neither half of the old is good with the other half of the new.
    let (old_token, new_token) = (thief.token().await.unwrap(), session.token().await.unwrap());
    let now_us = server::clock::now().get();
    for (signer, token, n) in [
        (thief.signer(), &new_token, session.next_counter()),
        (session.signer(), &old_token, session.next_counter()),
    ] {
        is_out(&bank.send(Request::get(ANYWHERE).proved_with(signer, token, now_us, n)).await);
    }
    let refresh = json!({ "refresh_token": session.standing().await.refresh_token });
    let refresh = Request::post_json("/api/auth/refresh", &refresh);
    is_out(&bank.send(refresh.clone().proved_by(&thief).await).await);
    bank.send(refresh.proved_by(&session).await).await.assert_ok();
    another.shutdown().await.unwrap();
}

fn ask_for_a_key() -> Request {
    let kem = KemSecretKey::generate(Suite::Standard).unwrap();
    let key = Base64UrlUnpadded::encode_string(kem.public_key().as_bytes());
    Request::post_json("/api/auth/session-key", &json!({ "kem_public_key": key }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_a_new_key_is_good_once_for_one_key_and_after_a_fresh_proof_only() {
    let bank = Bank::start().await;
    let alice = bank.enrol("Alice").await;
    let session = bank.login(&alice).await;
    for malformed in ["", "AAAA", "no base64url!"] {
        let request =
            Request::post_json("/api/auth/session-key", &json!({ "kem_public_key": malformed }));
        let refused = bank.send_as(&session, request).await;
        assert_eq!(refused.refusal(), (400, "malformed-request".to_owned()));
        assert_eq!(refused.json()["field"], "kem_public_key");
    }
    // Somebody in between puts their own key in.
    let mut altered = ask_for_a_key().proved_by(&session).await;
    altered.body = ask_for_a_key().body;
    is_out(&bank.send(altered).await);

    let request = ask_for_a_key().proved_by(&session).await;
    bank.send(request.clone()).await.assert_ok();
    is_out(&bank.send(request).await);
    is_out(&bank.send_as(&session, ask_for_a_key()).await);
    assert_eq!(bank.count("SELECT max(key_generation) FROM sessions").await, 2);

    let session = bank.login(&alice).await;
    bank.execute("UPDATE sessions SET authenticated_at = authenticated_at - interval '6 minutes'")
        .await;
    let another = bank.start_another().await;
    let stale = Channel::resume(bank.client_of(&another), session.standing().await);
    stale.get::<Value>(ANYWHERE).await.unwrap();
    let body = ask_for_a_key().body;
    let refused = stale.request(Method::POST, "/api/auth/session-key", body).await.err().unwrap();
    assert_eq!(refused.problem().unwrap().code, "authentication-not-fresh");
    another.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_for_a_new_key_at_once_one_wins() {
    let bank = Bank::start().await;
    let alice = bank.enrol("Alice").await;
    let session = bank.login(&alice).await;
    let mut requests = Vec::new();
    for _ in 0..16 {
        requests.push(ask_for_a_key().proved_by(&session).await);
    }
    let mut won = 0;
    let bank = Arc::new(bank);
    let mut asking = JoinSet::new();
    for request in requests {
        let bank = Arc::clone(&bank);
        asking.spawn(async move { bank.send(request).await });
    }
    while let Some(answer) = asking.join_next().await {
        match answer.unwrap() {
            answer if answer.status == 200 => won += 1,
            answer => assert!([401, 409].contains(&answer.status), "{}", answer.text()),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(bank.count("SELECT max(key_generation) FROM sessions").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_a_certificate_gets_a_new_key_too() {
    let bank = Bank::start().await;
    let alice = bank.enrol("Alice").await;
    let email = set_password(&bank, &alice).await;
    let mut visit = bank.client().visit(&email, PASSWORD, SecondFactor::None).await.unwrap();
    let thief = Channel::resume(bank.client(), visit.standing().await);
    visit.replace_key().await.unwrap();
    visit.get::<Value>(ANYWHERE).await.unwrap();
    assert!(thief.get::<Value>(ANYWHERE).await.is_err());
}

const PASSWORD: &str = "seven mossy lanterns";

/// Gives a customer a password; their e-mail.
async fn set_password(bank: &Bank, holder: &Holder) -> String {
    let session = bank.login(holder).await;
    session.set_password(PASSWORD, None).await.unwrap();
    let user = holder.identity.user().id;
    let profile = bank.get_as(&session, &format!("/api/users/{user}/profile")).await.ok().json();
    profile["email"].as_str().unwrap().to_owned()
}

async fn proxied() -> Bank {
    Bank::start_with(|config| config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await
}

/// Signs in by certificate from an address; what the leaf says of the place.
async fn place_of_login(bank: &Bank, holder: &Holder, address: &str) -> String {
    let from = |request: Request| request.with("x-forwarded-for", address);
    let device = holder.device();
    let body = json!({
        "certificate": holder.certificate_hash().unwrap().to_string(),
        "device_id": device.id().to_string(),
    });
    let request = Request::post_json("/api/auth/certificate-challenge", &body);
    let challenge = bank.send(from(request)).await.ok().json();
    let nonce = hex::decode(challenge["nonce"].as_str().unwrap()).unwrap();
    let kem = KemSecretKey::generate(Suite::Standard).unwrap();
    let body = Body::SessionLogin {
        challenge: nonce.try_into().unwrap(),
        origin: ORIGIN.to_owned(),
        kem_public_key: kem.public_key().as_bytes().to_vec(),
    };
    let signed = holder.identity.sign(&bank.trust().bank, body, None).unwrap();
    let login = json!({
        "signed": serde_json::from_slice::<Value>(&signed.to_json()).unwrap(),
        "device_proof": Base64UrlUnpadded::encode_string(&device.proof(&signed.intent)),
    });
    let request = Request::post_json("/api/auth/certificate-login", &login);
    let answer = bank.send(from(request)).await.ok().json();
    let receipt = intent::Receipt::from_json(answer["receipt"].to_string().as_bytes()).unwrap();
    let facts = receipt.verify(&bank.trust().verifier).unwrap();
    facts.get().effects.result["place"].clone()
}

async fn password_from(bank: &Bank, email: &str, address: &str) {
    let kem = KemSecretKey::generate(Suite::Standard).unwrap();
    let key = Base64UrlUnpadded::encode_string(kem.public_key().as_bytes());
    let body = json!({ "email": email, "password": PASSWORD, "kem_public_key": key });
    let request = Request::post_json("/api/users/login", &body);
    bank.send(request.with("x-forwarded-for", address)).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_from_where_somebody_never_was_stands_in_the_log_and_the_address_nowhere() {
    let bank = proxied().await;
    let (alice, bob) = (bank.enrol("Alice").await, bank.enrol("Bob").await);
    for (holder, address, place) in [
        (&alice, "203.0.113.7", "first"),
        (&alice, "203.0.113.200", "known"),
        (&alice, "203.0.114.7", "new"),
        (&alice, "203.0.114.8", "known"),
        (&alice, "2001:db8:1::1", "new"),
        (&alice, "2001:db8:1:ffff::1", "known"),
        (&bob, "203.0.113.7", "first"),
    ] {
        assert_eq!(place_of_login(&bank, holder, address).await, place, "{address}");
    }
    // What is kept of two people at one address has nothing in common.
    let places = "SELECT count(DISTINCT place) FROM known_places";
    assert_eq!(bank.count(places).await, 4);

    let session = bank.login(&alice).await;
    let shown = bank.get_as(&session, "/api/auth/sessions").await.ok().json();
    let shown: Vec<_> = shown["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["ip"].as_str().unwrap(), item["place"].as_str().unwrap()))
        .collect();
    assert!(shown.contains(&("203.0.114.7", "new")), "{shown:?}");
    assert!(shown.contains(&("203.0.114.8", "known")), "{shown:?}");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_used_where_its_holder_never_was_is_an_event_of_the_log() {
    let bank = proxied().await;
    let alice = bank.enrol("Alice").await;
    let email = set_password(&bank, &alice).await;
    let trail = "/api/audit/logs?kind=login.place_new";
    password_from(&bank, &email, "127.0.0.1").await;
    let known = bank.get_as(bank.auditor().await, trail).await.ok().json();
    assert_eq!(known["items"].as_array().unwrap().len(), 0);
    password_from(&bank, &email, "203.0.113.7").await;
    password_from(&bank, &email, "203.0.113.9").await;
    let told = bank.get_as(bank.auditor().await, trail).await.ok().json();
    assert_eq!(told["items"].as_array().unwrap().len(), 1, "{told}");
    assert!(!told.to_string().contains("203.0.113"), "{told}");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_guessed_at_last_does_not_hide_the_guesses_from_the_risk_engine() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 100_000).await;
    let bob = bank.customer("Bob", 0).await;
    let email = set_password(&bank, &alice.holder).await;
    for _ in 0..3 {
        guess(&bank, &email).await;
    }
    // As often as it is right afterwards: each of them forgives.
    for _ in 0..2 {
        bank.client().visit(&email, PASSWORD, SecondFactor::None).await.unwrap();
    }
    let locks = "SELECT count(*) FROM sign_in_attempts WHERE locked_until > now()";
    assert_eq!(bank.count(locks).await, 0);
    let failed = "failed-sign-ins".to_owned();
    let first = bank.login(&alice.holder).await;
    assert!(reasons(&first, alice.account, bob.account).await.contains(&failed));
    // It was told once, in a session that is marked for as long as it lives.
    let second = bank.login(&alice.holder).await;
    assert!(!reasons(&second, alice.account, bob.account).await.contains(&failed));
    assert!(reasons(&first, alice.account, bob.account).await.contains(&failed));

    for _ in 0..3 {
        guess(&bank, &email).await;
    }
    bank.client().visit(&email, PASSWORD, SecondFactor::None).await.unwrap();
    bank.execute("UPDATE sign_in_attempts SET last_at = last_at - interval '25 hours'").await;
    let a_day_later = bank.login(&alice.holder).await;
    assert!(!reasons(&a_day_later, alice.account, bob.account).await.contains(&failed));
    bank.assert_verifies().await;
}

async fn guess(bank: &Bank, email: &str) {
    let wrong = bank.client().visit(email, "a guess that is wrong", SecondFactor::None).await;
    assert_eq!(wrong.err().unwrap().problem().unwrap().code, "credentials-refused");
}

/// What the risk engine was told of a payment, by the codes of its reasons.
async fn reasons(session: &Session, from: ledger::AccountId, to: ledger::AccountId) -> Vec<String> {
    let paid = session.transfer(from, to, e2e::eur(100), None).await.unwrap();
    let facts = paid.receipt.verify(&session.bank().trust().verifier).unwrap().into_inner();
    let risk = facts.effects.risk.unwrap();
    risk.reasons.iter().filter_map(|reason| Some(reason.split_once(':')?.0.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_unusual_about_a_sign_in_is_told_to_the_risk_engine_and_found_again_in_the_log() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 100_000).await;
    let bob = bank.customer("Bob", 0).await;
    let told = ["credentials-changed", "failed-sign-ins", "new-address"].map(str::to_owned);
    let is_told = |reasons: &[String]| told.clone().map(|code| reasons.contains(&code));
    let before = reasons(&alice, alice.account, bob.account).await;
    assert_eq!(is_told(&before), [false; 3]);

    alice.set_password(PASSWORD, None).await.unwrap();
    let user = alice.identity().user().id;
    let profile = bank.get_as(&alice, &format!("/api/users/{user}/profile")).await.ok().json();
    let kem = KemSecretKey::generate(Suite::Standard).unwrap();
    let guess = json!({
        "email": profile["email"],
        "password": "a guess that is wrong",
        "kem_public_key": Base64UrlUnpadded::encode_string(kem.public_key().as_bytes()),
    });
    for _ in 0..3 {
        assert_eq!(bank.send(Request::post_json("/api/users/login", &guess)).await.status, 401);
    }
    // As if the first session had been opened elsewhere.
    bank.execute("UPDATE known_places SET place = sha256(place)").await;
    // The session from before is not new, and its holder's password is, at every instance.
    assert_eq!(is_told(&reasons(&alice, alice.account, bob.account).await), [true, false, false]);
    let elsewhere = bank.client_of(&another).login(alice.identity().clone()).await.unwrap();
    assert_eq!(is_told(&reasons(&elsewhere, alice.account, bob.account).await), [true; 3]);
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}
