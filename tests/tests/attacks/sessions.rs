//! Sessions that are planted, stolen or made up.

use base64ct::{Base64UrlUnpadded, Encoding};
use client::{Instance, RequestSigner};
use crypto::random_secret;
use e2e::{Bank, Forger, Request};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{challenge, login_body, nonce};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_somebody_plants_does_not_become_its_victims() {
    let bank = Bank::start().await;
    let (alice, mallory) = (bank.enrol("Alice").await, bank.customer("Mallory", 0).await);
    let who = async |session: &client::Channel| {
        let said = bank.get_as(session, "/api/auth/verify-session").await.ok().json();
        said["user_id"].as_str().unwrap().to_owned()
    };
    let planted = mallory.standing().await;
    let nonce = nonce(&challenge(&bank, &alice).await.ok());
    let signed = Forger::new(&alice).next(login_body(&alice, nonce));
    let body = json!({
        "signed": serde_json::from_slice::<Value>(&signed.to_json()).unwrap(),
        "device_proof": Base64UrlUnpadded::encode_string(&alice.device().proof(&signed.intent)),
    });
    // Alice's browser sends along what Mallory has put there.
    let request = Request::post_json("/api/auth/certificate-login", &body)
        .proved_by(&mallory)
        .await
        .with("cookie", &format!("session={}; token={}", planted.session, planted.token));
    let answer = bank.send(request).await.ok();
    assert!(answer.headers.get("set-cookie").is_none());
    let opened = answer.json();
    let token = opened["session"]["token"].as_str().unwrap();
    let of_mallory = mallory.identity().user().id.to_string();
    assert_eq!(who(&mallory).await, of_mallory);
    // Another session under another key: what Mallory has opens nothing of it.
    assert!(!answer.text().contains(&planted.session.to_string()));
    let (now, n) = (server::clock::now().get(), mallory.next_counter());
    let request = Request::get("/api/accounts").proved_with(mallory.signer(), token, now, n);
    assert_eq!(bank.send(request).await.status, 401);
    assert_eq!(who(&mallory).await, of_mallory);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_is_worth_nothing_and_a_stolen_refresh_token_gives_itself_away() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let standing = alice.standing().await;
    let now = server::clock::now().get();
    let read = || Request::get("/api/accounts");
    let bearer = format!("Bearer {}", standing.token);
    assert_eq!(
        bank.send(read().with("authorization", &bearer)).await.refusal(),
        (401, "proof-refused".to_owned())
    );
    let instance = Instance::default();
    instance.observe(bank.app().sessions.instance());
    let thiefs_key = RequestSigner::new(random_secret(32).unwrap(), instance);
    let guessed = read().proved_with(&thiefs_key, &standing.token, now, alice.next_counter());
    assert_eq!(bank.send(guessed).await.refusal(), (401, "proof-refused".to_owned()));

    // The token of one session with the key of another, both of the same person.
    let second = bank.login(&alice.holder).await;
    let mixed = read().proved_with(second.signer(), &standing.token, now, second.next_counter());
    assert_eq!(bank.send(mixed).await.status, 401);
    let bob = bank.customer("Bob", 0).await;
    let of_bob = bob.standing().await;
    let mixed = read().proved_with(bob.signer(), &standing.token, now, bob.next_counter());
    assert_eq!(bank.send(mixed).await.status, 401);

    for token in forged_tokens(&standing.token, &of_bob.token) {
        let forged = read().proved_with(alice.signer(), &token, now, alice.next_counter());
        assert_eq!(bank.send(forged).await.status, 401, "{token}");
    }
    assert_eq!(bank.send_as(&alice, read()).await.status, 200, "its owner is not disturbed");

    // The newest refresh token alone, then an older one.
    let refresh =
        |token: &str| Request::post_json("/api/auth/refresh", &json!({"refresh_token": token}));
    assert_eq!(bank.send(refresh(&standing.refresh_token)).await.status, 401);
    let renewed = bank.send_as(&alice, refresh(&standing.refresh_token)).await.ok().json();
    assert_eq!(bank.send_as(&alice, read()).await.status, 200);
    let made_up = Base64UrlUnpadded::encode_string(&[7; 88]);
    assert_eq!(bank.send(refresh(&made_up)).await.status, 401);
    assert_eq!(bank.send_as(&alice, read()).await.status, 200, "made-up tokens end nothing");
    assert_eq!(
        bank.send(refresh(&standing.refresh_token)).await.refusal(),
        (401, "session-ended".to_owned())
    );
    assert_eq!(bank.send_as(&alice, read()).await.status, 401, "used twice: over for both");
    let newest = renewed["refresh_token"].as_str().unwrap();
    assert_eq!(bank.send_as(&alice, refresh(newest)).await.status, 401);
    assert_eq!(bank.get_as(&second, "/api/accounts").await.status, 200, "other sessions go on");
}

/// Another algorithm, another signature, another person, another session.
fn forged_tokens(token: &str, other: &str) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let others: Vec<&str> = other.split('.').collect();
    let encode = |text: String| Base64UrlUnpadded::encode_string(text.as_bytes());
    let payload = Base64UrlUnpadded::decode_vec(parts[1]).unwrap();
    let mut claims: Value = serde_json::from_slice(&payload).unwrap();
    let mut forged = Vec::new();
    for alg in ["none", "None", "HS384", "HS512", "RS256", "ES256", "EdDSA"] {
        let header = encode(format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#));
        forged.push(format!("{header}.{}.", parts[1]));
        forged.push(format!("{header}.{}.{}", parts[1], parts[2]));
    }
    for (name, value) in [
        ("role", json!("manager")),
        ("exp", json!(9_999_999_999_i64)),
        ("sub", json!(Uuid::now_v7().to_string())),
        ("sid", json!(Uuid::now_v7().to_string())),
    ] {
        let was = claims[name].clone();
        claims[name] = value;
        forged.push(format!("{}.{}.{}", parts[0], encode(claims.to_string()), parts[2]));
        claims[name] = was;
    }
    forged.push(format!("{}.{}.{}", parts[0], others[1], parts[2]));
    forged.push(other.to_owned());
    forged.push(String::new());
    forged.push("..".to_owned());
    forged
}
