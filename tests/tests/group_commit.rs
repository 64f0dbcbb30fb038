//! What shares a commit: many sign-ins at once, and one among them that cannot be answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use e2e::{Answer, Bank, Forger, Holder, ORIGIN, Request};
use intent::{Body, SignedIntent};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const SIGN_INS: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn many_sign_in_at_once_and_each_gets_a_session_of_their_own() {
    let bank = Bank::start().await;
    let alice = bank.enrol("Alice").await;
    let mut sign_ins = JoinSet::new();
    for _ in 0..SIGN_INS {
        let (client, identity) = (bank.client(), Arc::clone(&alice.identity));
        sign_ins.spawn(async move {
            let session = client.login(identity).await.unwrap();
            session.verify().await.unwrap()["session_id"].as_str().unwrap().to_owned()
        });
    }
    let sessions: BTreeSet<String> = sign_ins.join_all().await.into_iter().collect();
    assert_eq!(sessions.len(), SIGN_INS);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_cannot_be_answered_does_not_take_its_neighbours_with_it() {
    let bank = Bank::start().await;
    let (alice, mallory) = (bank.enrol("Alice").await, bank.enrol("Mallory").await);
    for _ in 0..4 {
        let honest = sign_in(&bank, &alice, |_| ()).await;
        // X25519 of all zeros: nothing can be sealed to it (RFC 7748 6.1).
        let broken = sign_in(&bank, &mallory, |key| {
            let classic = key.len() - 32;
            key[classic..].fill(0);
        })
        .await;
        let (broken, honest) = tokio::join!(send(&bank, &broken), send(&bank, &honest));
        assert!(broken.json().get("session").is_none(), "{}", broken.text());
        assert!(honest.ok().json().get("session").is_some());
    }
    bank.assert_verifies().await;
}

/// The signed answer to a fresh challenge, with the holder's own proof.
async fn sign_in(bank: &Bank, holder: &Holder, spoil: impl FnOnce(&mut Vec<u8>)) -> Value {
    let asked = json!({
        "certificate": holder.certificate_hash().unwrap().to_string(),
        "device_id": holder.device().id().to_string(),
    });
    let challenge = bank.send(Request::post_json("/api/auth/certificate-challenge", &asked)).await;
    let challenge = hex::decode(challenge.ok().json()["nonce"].as_str().unwrap()).unwrap();
    let mut kem_public_key = holder.kem().public_key().as_bytes().to_vec();
    spoil(&mut kem_public_key);
    let challenge = challenge.try_into().unwrap();
    let body = Body::SessionLogin { challenge, origin: ORIGIN.to_owned(), kem_public_key };
    let signed: SignedIntent = Forger::new(holder).next(body);
    let proof = holder.device().proof(&signed.intent);
    let envelope: Value = serde_json::from_slice(&signed.to_json()).unwrap();
    json!({"signed": envelope, "device_proof": Base64UrlUnpadded::encode_string(&proof)})
}

async fn send(bank: &Bank, sign_in: &Value) -> Answer {
    bank.send(Request::post_json("/api/auth/certificate-login", sign_in)).await
}
