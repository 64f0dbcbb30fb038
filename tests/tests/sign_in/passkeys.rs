//! Passkeys, alone and as a second factor.

use base64ct::{Base64UrlUnpadded, Encoding};
use client::SecondFactor;
use e2e::{Bank, ORIGIN, Request};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;
use webauthn_authenticator_rs::AuthenticatorBackend;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;

use crate::{Person, code_of, needs};

/// What a browser does with the options of a ceremony: it asks the authenticator.
fn make(authenticator: &mut SoftPasskey, options: &Value) -> Value {
    let options: webauthn_rs_proto::CreationChallengeResponse =
        serde_json::from_value(options.clone()).unwrap();
    let origin = Url::parse(ORIGIN).unwrap();
    let made = authenticator.perform_register(origin, options.public_key, 60_000).unwrap();
    serde_json::to_value(made).unwrap()
}

/// As [`make`], to show one. `known`: what the authenticator finds by itself, and whose it is.
fn show(
    authenticator: &mut SoftPasskey,
    options: &Value,
    known: Option<(&str, uuid::Uuid)>,
    origin: &str,
) -> Value {
    let mut options = options.clone();
    if let Some((id, _)) = known {
        options["publicKey"]["allowCredentials"] = json!([{"type": "public-key", "id": id}]);
    }
    let options: webauthn_rs_proto::RequestChallengeResponse =
        serde_json::from_value(options).unwrap();
    let origin = Url::parse(origin).unwrap();
    let shown = authenticator.perform_auth(origin, options.public_key, 60_000).unwrap();
    let mut shown = serde_json::to_value(shown).unwrap();
    if let Some((_, user)) = known {
        shown["response"]["userHandle"] = json!(Base64UrlUnpadded::encode_string(user.as_bytes()));
    }
    shown
}

async fn begin(bank: &Bank, session: Option<&client::Channel>, path: &str) -> (uuid::Uuid, Value) {
    let request = Request::post(path, "{}");
    let answer = match session {
        Some(session) => bank.send_as(session, request).await,
        None => bank.send(request).await,
    };
    let begun = answer.ok().json();
    (begun["ceremony"].as_str().unwrap().parse().unwrap(), begun["options"].clone())
}

async fn register_passkey(bank: &Bank, session: &client::Channel) -> (SoftPasskey, String) {
    let mut authenticator = SoftPasskey::new(true);
    let (ceremony, options) = begin(bank, Some(session), "/api/passkeys/register/begin").await;
    assert_eq!(options["publicKey"]["authenticatorSelection"]["userVerification"], "required");
    let credential = make(&mut authenticator, &options);
    let body = json!({"ceremony": ceremony, "name": "key", "credential": credential});
    let finish = || Request::post_json("/api/passkeys/register/finish", &body);
    assert_eq!(bank.send_as(session, finish()).await.status, 204);
    let twice = bank.send_as(session, finish()).await;
    assert_eq!(twice.refusal(), (403, "second-factor-refused".to_owned()), "a ceremony twice");
    (authenticator, credential["id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_alone_and_its_ceremony_is_good_once() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let user = alice.customer.identity().user().id.get();
    let (mut authenticator, id) = register_passkey(&bank, &alice.customer).await;
    let (ceremony, options) = begin(&bank, None, "/api/passkeys/login/begin").await;
    assert_eq!(options["publicKey"]["allowCredentials"], json!([]), "it names nobody");
    let shown = show(&mut authenticator, &options, Some((&id, user)), ORIGIN);
    let visit = bank.client().visit_by_passkey(ceremony, &shown).await.unwrap();
    assert_eq!((visit.aal, visit.user.get()), (2, user));
    bank.get_as(&visit, "/api/accounts").await.assert_ok();
    let twice = bank.client().visit_by_passkey(ceremony, &shown).await;
    assert_eq!(code_of(twice), "credentials-refused", "replayed");

    let bob = Person::new(&bank, "Bob").await.customer.identity().user().id.get();
    let phish = "https://bank.example.evil.example";
    for (what, whose, origin, spoil) in [
        ("another person's", bob, ORIGIN, None),
        ("of another site", user, phish, None),
        ("an altered signature", user, ORIGIN, Some("signature")),
        ("altered data", user, ORIGIN, Some("authenticatorData")),
    ] {
        let (ceremony, options) = begin(&bank, None, "/api/passkeys/login/begin").await;
        let mut shown = show(&mut authenticator, &options, Some((&id, whose)), origin);
        if let Some(member) = spoil {
            let text = shown["response"][member].as_str().unwrap();
            let mut bytes = Base64UrlUnpadded::decode_vec(text).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            shown["response"][member] = json!(Base64UrlUnpadded::encode_string(&bytes));
        }
        let refused = bank.client().visit_by_passkey(ceremony, &shown).await;
        assert_eq!(code_of(refused), "credentials-refused", "{what}");
    }
    let (first, _) = begin(&bank, None, "/api/passkeys/login/begin").await;
    let (_, options) = begin(&bank, None, "/api/passkeys/login/begin").await;
    let shown = show(&mut authenticator, &options, Some((&id, user)), ORIGIN);
    let swapped = bank.client().visit_by_passkey(first, &shown).await;
    assert_eq!(code_of(swapped), "credentials-refused", "the challenge of another ceremony");
    let (late, options) = begin(&bank, None, "/api/passkeys/login/begin").await;
    let shown = show(&mut authenticator, &options, Some((&id, user)), ORIGIN);
    bank.execute("UPDATE passkey_ceremonies SET expires_at = now()").await;
    let refused = bank.client().visit_by_passkey(late, &shown).await;
    assert_eq!(code_of(refused), "credentials-refused", "after a minute");

    let path = format!("/api/passkeys/{id}");
    let list = bank.get_as(&visit, "/api/passkeys").await.ok().json();
    assert_eq!(list["items"][0]["id"], json!(id));
    assert_eq!(bank.send_as(&visit, Request::new(Method::DELETE, &path, "")).await.status, 204);
    let (ceremony, options) = begin(&bank, None, "/api/passkeys/login/begin").await;
    let shown = show(&mut authenticator, &options, Some((&id, user)), ORIGIN);
    let deleted = bank.client().visit_by_passkey(ceremony, &shown).await;
    assert_eq!(code_of(deleted), "credentials-refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_the_second_factor_of_the_session_that_asked_for_it() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let (mut authenticator, _) = register_passkey(&bank, &alice.customer).await;
    let visit = alice.visit(&bank, SecondFactor::None).await.unwrap();
    assert_eq!((visit.aal, visit.second_factor.as_slice()), (1, &["passkey".to_owned()][..]));
    let (ceremony, options) = begin(&bank, Some(&visit), "/api/passkeys/verify/begin").await;
    let shown = show(&mut authenticator, &options, None, ORIGIN);
    let body = json!({"ceremony": ceremony, "credential": shown});
    let finish = || Request::post_json("/api/passkeys/verify/finish", &body);
    let other = alice.visit(&bank, SecondFactor::None).await.unwrap();
    let foreign = bank.send_as(&other, finish()).await;
    assert_eq!(foreign.refusal(), (403, "second-factor-refused".to_owned()), "another session");
    assert_eq!(needs(&bank.get_as(&visit, "/api/accounts").await), "needs aal2");

    let (ceremony, options) = begin(&bank, Some(&visit), "/api/passkeys/verify/begin").await;
    let shown = show(&mut authenticator, &options, None, ORIGIN);
    let body = json!({"ceremony": ceremony, "credential": shown});
    let finish = Request::post_json("/api/passkeys/verify/finish", &body);
    assert_eq!(bank.send_as(&visit, finish).await.ok().json()["aal"], 2);
    bank.get_as(&visit, "/api/accounts").await.assert_ok();
}
