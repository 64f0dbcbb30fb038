//! The attacks of the security page, each one performed.

use std::collections::BTreeSet;

use base64ct::{Base64UrlUnpadded, Encoding};
use client::{Certificates, Instance, RequestSigner, Wish};
use crypto::{Purpose, SecretBytes, Sha3, SigningKey, Suite, random, random_secret};
use e2e::{
    Answer, Bank, Customer, Forger, Holder, ORIGIN, PASSPHRASE, Request, eur, fresh_account,
};
use intent::{Body, Kind, RevocationReason, Role, SignedIntent, TransferBody, UserId};
use ledger::{AccountId, AccountKind};
use pki::{Certificate, ControlClaims, Csr, Profile, build_csr, issue, prepare};
use reqwest::Method;
use serde_json::{Value, json};
use server::authority::{KeyFile, KeyPurpose};
use server::policy::routes::{Access, listed};
use server::policy::{Permission, allows};
use uuid::Uuid;

const DAY_S: i64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_certificate_opens_nothing_on_another_device() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let thief = alice.holder.copied_to_another_device();
    assert_eq!(challenge(&bank, &thief).await.refusal(), (401, not_accepted()));
    // The device's name is no secret: it stands in the certificate. Its key is.
    let nonce = nonce(&challenge(&bank, &alice.holder).await.ok());
    let signed = Forger::new(&alice.holder).next(login_body(&alice.holder, nonce));
    for proof in [thief.device().proof(&signed.intent).to_vec(), vec![0; 32], Vec::new()] {
        let answer = login(&bank, &signed, &proof).await;
        assert!(answer.status == 401, "{}", answer.text());
        assert!(answer.json().get("session").is_none());
    }
    // The refusal burnt that intent: even the right proof comes too late for it.
    let late = login(&bank, &signed, &alice.holder.device().proof(&signed.intent)).await;
    assert_eq!(late.refusal(), (401, "device-proof-invalid".to_owned()));
    let of_thief = Forger::new(&thief).next(login_body(&thief, nonce));
    let answer = login(&bank, &of_thief, &thief.device().proof(&of_thief.intent)).await;
    assert_eq!(answer.refusal(), (403, "device-mismatch".to_owned()));
    alice.verify().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_edited_forged_or_ill_timed_certificate_is_accepted_even_from_the_banks_own_database() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let genuine = alice.identity().certificates().unwrap().holder.clone();
    let row = DatabaseRow { bank: &bank, fingerprint: genuine.fingerprint() };

    // Bytes exchanged under the logged hash: control 2 for every byte, whatever it means.
    for at in (0..genuine.der().len()).step_by(211) {
        let mut der = genuine.der().to_vec();
        der[at] ^= 1;
        row.replace(&genuine.fingerprint(), &der).await;
        assert_eq!(
            bank.get_as(&alice, "/api/accounts").await.refusal(),
            (401, not_accepted()),
            "byte {at}"
        );
    }
    // Hash exchanged too: then the authority's signature fails, each of its halves alone.
    let (len, halves) = (genuine.der().len(), [64 - 1, 3_309 + 64 - 1]);
    for from_end in halves {
        let mut der = genuine.der().to_vec();
        der[len - 1 - from_end + 10] ^= 1;
        let hash = crypto::sha3_256(&der);
        row.replace(&hash, &der).await;
        let refused = examined(&bank, &hash).await;
        assert!(refused.contains("path is not valid"), "{refused}");
        row.restore_name(&hash).await;
    }

    // With the issuing key stolen: every claim is recomputed all the same.
    let ca = StolenAuthority::of(&bank, &alice);
    let now_s = server::clock::now().get() / 1_000_000;
    let claims = genuine.claims().unwrap();
    let with = |change: fn(&mut ControlClaims)| {
        let mut claims = claims.clone();
        change(&mut claims);
        claims
    };
    let forgeries = [
        ("control 3", with(|claims| claims.device_id = Sha3::from_bytes([7; 32])), now_s),
        ("control 4", with(|claims| claims.allowed_actions.push("account.fund".to_owned())), now_s),
        (
            "control 4",
            with(|claims| "bank-operations".clone_into(&mut claims.purpose_scope)),
            now_s,
        ),
        ("control", with(|claims| "manager".clone_into(&mut claims.role)), now_s),
        ("control 5", with(|claims| claims.crl_number = 9_999), now_s),
        ("control 6", with(|claims| claims.lineage = Sha3::from_bytes([7; 32])), now_s),
        ("not valid yet", claims.clone(), now_s + DAY_S),
    ];
    for (why, claims, from_s) in forgeries {
        let Some(forged) = ca.issue(&alice.holder, &claims, from_s) else {
            panic!("{why}: the issuing library itself would not make it")
        };
        let hash = forged.fingerprint();
        row.replace(&hash, forged.der()).await;
        let refused = examined(&bank, &hash).await;
        assert!(refused.contains(why), "{why}: {refused}");
        let mut certificates = alice.identity().certificates().unwrap().clone();
        certificates.holder = forged;
        let thief = alice.holder.with_certificates(Certificates { ..certificates });
        assert_eq!(challenge(&bank, &thief).await.refusal(), (401, not_accepted()), "{why}");
        row.restore_name(&hash).await;
    }

    row.replace(&genuine.fingerprint(), genuine.der()).await;
    assert_eq!(bank.get_as(&alice, "/api/accounts").await.status, 200, "the genuine one still is");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_superseded_unknown_and_foreign_certificates_look_alike_at_the_challenge() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let revoked = bank.customer("Rob", 0).await;
    let own = revoked.identity().certificate_hash().unwrap();
    revoked.revoke(own, RevocationReason::KeyCompromise).await.unwrap();
    let superseded = bank.customer("Sue", 0).await;
    let next = Holder::generate(Suite::Standard, superseded.identity().user().clone());
    superseded.rotate(&next).await.unwrap();
    let ask = async |certificate: String, device: String| {
        let body = json!({"certificate": certificate, "device_id": device});
        bank.send(Request::post_json("/api/auth/certificate-challenge", &body)).await
    };
    let device = |customer: &Customer| customer.identity().device().id().to_string();
    let hash = |customer: &Customer| customer.identity().certificate_hash().unwrap().to_string();
    let answers = [
        ask("ab".repeat(32), device(&alice)).await,
        ask("ab".repeat(32), "cd".repeat(32)).await,
        ask(hash(&alice), "cd".repeat(32)).await,
        ask(hash(&revoked), device(&revoked)).await,
        ask(hash(&superseded), device(&superseded)).await,
        ask(hash(&superseded), next.device().id().to_string()).await,
    ];
    let shape = |answer: &Answer| {
        let mut problem = answer.json();
        problem.as_object_mut().unwrap().remove("request_id");
        let headers: BTreeSet<_> = answer.headers.keys().map(ToString::to_string).collect();
        (answer.status, problem, headers, answer.body.len())
    };
    for answer in &answers {
        assert_eq!(shape(answer).0, 401);
        assert_eq!(shape(answer).1, shape(&answers[0]).1);
        assert_eq!(shape(answer).2, shape(&answers[0]).2);
    }
    assert_eq!(ask(hash(&alice), device(&alice)).await.status, 200);

    // Registration tells nothing either: an address that is taken gets a token that enrols nobody.
    let register = async |email: &str| {
        let body = json!({"name": "Mallory", "email": email});
        bank.send(Request::post_json("/api/users/register", &body)).await.ok()
    };
    let users = async || bank.count("SELECT count(*) FROM users").await;
    let before = users().await;
    let free = register("mallory@people.example").await;
    let taken = register("mary@bank.example").await;
    assert_eq!(users().await, before + 1);
    assert_eq!((taken.status, taken.body.len()), (free.status, free.body.len()));
    let worthless = taken.json()["registration_token"].as_str().unwrap().to_owned();
    let user = client::UserName {
        id: taken.json()["user_id"].as_str().unwrap().parse().unwrap(),
        role: Role::Manager,
        name: "Mallory".to_owned(),
    };
    let mallory = Holder::generate(Suite::Standard, user);
    let worthless = SecretBytes::new(Base64UrlUnpadded::decode_vec(&worthless).unwrap());
    let refused = bank.client().enrol(&mallory, &worthless).await.err().unwrap();
    assert_eq!(refused.problem().unwrap().code, "registration-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_altered_in_any_byte_or_stripped_to_half_a_signature_moves_nothing() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let good = Forger::of(&alice).next(pay(&alice, bob.account, 10));
    let other = Forger::of(&alice).next(pay(&alice, bob.account, 11));
    let records = bank.count("SELECT count(*) FROM records").await;
    let mut altered: Vec<(String, SignedIntent)> = Vec::new();
    for at in 0..good.intent.len() {
        let mut signed = good.clone();
        signed.intent[at] ^= 1;
        altered.push((format!("byte {at}"), signed));
    }
    for at in (0..good.signature.len()).step_by(101) {
        let mut signed = good.clone();
        signed.signature[at] ^= 0x80;
        altered.push((format!("signature byte {at}"), signed));
    }
    let (mldsa, ed25519) = good.signature.split_at(3_309);
    let (other_mldsa, other_ed25519) = other.signature.split_at(3_309);
    for (what, signature) in [
        ("without Ed25519", mldsa.to_vec()),
        ("without ML-DSA", ed25519.to_vec()),
        ("Ed25519 zeroed", [mldsa, &[0; 64]].concat()),
        ("ML-DSA zeroed", [&[0; 3_309], ed25519].concat()),
        ("Ed25519 of another", [mldsa, other_ed25519].concat()),
        ("ML-DSA of another", [other_mldsa, ed25519].concat()),
        ("halves exchanged", [ed25519, mldsa].concat()),
        ("longer", [mldsa, ed25519, &[0]].concat()),
    ] {
        altered.push((what.to_owned(), SignedIntent { signature, ..good.clone() }));
    }
    for suite in [Suite::Pure65, Suite::Compact, Suite::Cnsa2] {
        let signature = mldsa.to_vec();
        altered.push((format!("as {suite}"), SignedIntent { suite, signature, ..good.clone() }));
    }
    for (what, signed) in &altered {
        let answer = bank
            .send_as(&alice, Request::post("/api/transactions/transfer", signed.to_json()))
            .await;
        assert!((400..=422).contains(&answer.status), "{what}: {}", answer.text());
        assert!(answer.json().get("receipt").is_none(), "{what}: nothing is recorded");
    }
    assert_eq!(bank.count("SELECT count(*) FROM records").await, records);
    assert_eq!(bank.balance(bob.account).await, 0);
    assert_eq!(bank.submit(&alice, &good).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_for_one_purpose_is_worth_nothing_for_another() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let forger = Forger::of(&alice);
    let transfer = forger.draft(pay(&alice, bob.account, 10)).build().unwrap().into_canonical();
    for purpose in [Purpose::Challenge, Purpose::Device, Purpose::Checkpoint] {
        let signed = forger.sign_bytes_for(purpose, transfer.clone());
        let answer = bank.submit(&alice, &signed).await;
        assert_eq!(answer.problem(), "signature-invalid", "{purpose:?}");
    }
    let nonce = nonce(&challenge(&bank, &alice.holder).await.ok());
    let document = forger.draft(login_body(&alice.holder, nonce)).build().unwrap().into_canonical();
    for purpose in [Purpose::Intent, Purpose::Device, Purpose::Checkpoint] {
        let signed = forger.sign_bytes_for(purpose, document.clone());
        let proof = alice.holder.device().proof(&signed.intent);
        assert_eq!(
            login(&bank, &signed, &proof).await.problem(),
            "signature-invalid",
            "{purpose:?}"
        );
    }
    // A whole, valid login is no transfer, and a transfer no login, at each other's routes.
    let signed = forger.sign_bytes_for(Purpose::Challenge, document);
    let answer =
        bank.send_as(&alice, Request::post("/api/transactions/transfer", signed.to_json())).await;
    assert_eq!(answer.problem(), "malformed-request");
    let answer = login(&bank, &forger.sign_bytes(transfer), &[0; 32]).await;
    assert_eq!(answer.problem(), "malformed-request");
    assert_eq!(bank.balance(bob.account).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_once_is_used_up() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    // A request, whole.
    let read = Request::get("/api/accounts").proved_by(&alice).await;
    assert_eq!(bank.send(read.clone()).await.status, 200);
    assert_eq!(bank.send(read.clone()).await.refusal(), (401, "proof-refused".to_owned()));
    // Its proof for another path, method or body.
    let fresh = Request::get("/api/accounts").proved_by(&alice).await;
    for (method, path, body) in [
        (Method::GET, "/api/accounts?limit=1", ""),
        (Method::DELETE, "/api/auth/sessions", ""),
        (Method::GET, "/api/accounts", "x"),
    ] {
        let moved = Request { method, path: path.to_owned(), body: body.into(), ..fresh.clone() };
        assert_eq!(bank.send(moved).await.refusal(), (401, "proof-refused".to_owned()), "{path}");
    }
    assert_eq!(bank.send(fresh).await.status, 200, "misuse has not used it up");
    // Old and early proofs, old counters.
    let (token, now) = (alice.token().await.unwrap(), server::clock::now().get());
    for (at_us, n) in [
        (now - 61_000_000, alice.next_counter()),
        (now + 62_000_000, alice.next_counter()),
        (now, 1),
        (now, alice.next_counter() - 2_000),
    ] {
        let request = Request::get("/api/accounts").proved_with(alice.signer(), &token, at_us, n);
        assert_eq!(bank.send(request).await.refusal(), (401, "proof-refused".to_owned()));
    }
    // A login, whole: the receipt comes again, the session does not.
    let nonce = nonce(&challenge(&bank, &alice.holder).await.ok());
    let signed = Forger::new(&alice.holder).next(login_body(&alice.holder, nonce));
    let proof = alice.holder.device().proof(&signed.intent);
    let sessions = async || bank.count("SELECT count(*) FROM sessions").await;
    assert!(login(&bank, &signed, &proof).await.ok().json()["session"]["token"].is_string());
    let before = sessions().await;
    let again = login(&bank, &signed, &proof).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert!(again.json().get("session").is_none(), "{}", again.text());
    assert_eq!(sessions().await, before);
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

#[tokio::test(flavor = "multi_thread")]
async fn no_route_shows_a_customer_anything_of_another() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice Secret", 1_000).await;
    let carol = bank.customer("Carol", 0).await;
    let paid = alice.transfer(alice.account, carol.account, eur(1), Some("private")).await.unwrap();
    let mallory = bank.customer("Mallory", 0).await;
    let session = alice.standing().await.session;
    let victim = [
        (
            "{id}",
            vec![
                alice.account.to_string(),
                alice.identity().user().id.to_string(),
                paid.receipt.intent_id.to_string(),
                session.to_string(),
            ],
        ),
        ("{user_id}", vec![alice.identity().user().id.to_string()]),
        ("{intent}", vec![paid.receipt.intent_id.to_string()]),
    ];
    let certificate = alice.identity().certificate_hash().unwrap();
    let secrets = [
        "Alice Secret".to_owned(),
        "private".to_owned(),
        session.to_string(),
        alice.identity().user().id.to_string(),
        certificate.to_string(),
        alice.identity().device().id().to_string(),
    ];
    let mut walked = 0;
    for (method, path, open) in routes(&bank).await {
        if path == "/api/events" {
            continue; // It never ends: see `events_out`, which tells what each reader is told.
        }
        let mut targets = vec![path.clone()];
        for (parameter, values) in &victim {
            if path.contains(parameter) {
                targets = values.iter().map(|value| path.replace(parameter, value)).collect();
            }
        }
        if path.contains("/certificates/") {
            targets.push(format!("{path}?certificate={certificate}"));
        }
        if path.ends_with("/history") {
            targets.push(format!("{path}?account={}", alice.account));
        }
        if path.contains("/statements/") {
            let days = "from=2026-01-01&to=2999-01-01";
            targets.push(format!("{path}?account={}&{days}", alice.account));
        }
        for target in targets {
            let ends_own_sessions = method == Method::DELETE && target == path;
            if method == Method::POST || ends_own_sessions || target.contains('{') {
                continue;
            }
            walked += 1;
            let request = Request::new(method.clone(), &target, "");
            let answer = bank.send_as(&mallory, request.clone()).await;
            assert!(answer.status < 500, "{method} {target}: {}", answer.text());
            if target != path && !open {
                let empty = path.ends_with("/history") && answer.json()["items"] == json!([]);
                assert!(empty || answer.status == 404, "{method} {target}: {}", answer.text());
            }
            for secret in &secrets {
                assert!(
                    !answer.text().contains(secret),
                    "{method} {target} shows {secret}: {}",
                    answer.text()
                );
            }
            let stranger = bank.send(request).await;
            assert!(open || stranger.status == 401, "{method} {target}: {}", stranger.status);
        }
    }
    assert!(walked > 20, "the walk has lost its way: {walked}");
    let theirs = bank.get_as(&mallory, &format!("/api/accounts/{}", alice.account)).await;
    let nobodys = bank.get_as(&mallory, &format!("/api/accounts/{}", fresh_account())).await;
    assert_eq!(theirs.refusal(), nobodys.refusal(), "another's and nobody's look alike");
    alice.verify().await.unwrap();
    assert!(mallory.transfer(alice.account, mallory.account, eur(1), None).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_signs_what_it_may_and_nothing_else() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let owner = bob.identity().user().id;
    let open = |owner: UserId| {
        let (account, asset) = (fresh_account(), "EUR".parse().unwrap());
        Body::AccountOpen { account, asset, owner, kind: AccountKind::Liability }
    };
    let roles = [
        (&alice.session, Role::Customer),
        (bank.manager().await, Role::Manager),
        (bank.auditor().await, Role::AuditorClerk),
        (bank.admin().await, Role::SystemAdmin),
    ];
    for (session, role) in roles {
        let whose = if role == Role::Customer { alice.identity().user().id } else { owner };
        for kind in [
            Kind::AccountOpen,
            Kind::AccountFund,
            Kind::AccountFreeze,
            Kind::Transfer,
            Kind::TransferBatch,
        ] {
            let body = match kind {
                Kind::AccountOpen => open(whose),
                Kind::AccountFund => Wish::fund(bob.account, eur(1)).body,
                Kind::AccountFreeze => {
                    Wish::freeze(bob.account, ledger::Freeze::default(), "why".to_owned()).body
                }
                Kind::TransferBatch => {
                    let line = client::BatchLine { to: bob.account, amount: eur(1), memo: None };
                    Wish::batch(alice.account, &[line], true).unwrap().body
                }
                _ => pay(&alice, bob.account, 1),
            };
            let answer = bank.submit(session, &Forger::of(session).next(body)).await;
            if allows(role, Permission::for_kind(kind)) {
                assert_eq!(
                    answer.status,
                    200,
                    "{} {}: {}",
                    role.name(),
                    kind.name(),
                    answer.text()
                );
            } else {
                assert_eq!(answer.refusal(), (403, "permission-denied".to_owned()));
            }
        }
    }
    // The role in the document is the certificate's, or nothing.
    let mut inflated = Forger::of(&alice).draft(Wish::fund(alice.account, eur(1)).body);
    inflated.authority = Role::Manager;
    let answer = bank.submit(&alice, &Forger::of(&alice).sign(inflated)).await;
    assert_eq!(answer.refusal(), (403, "authority-mismatch".to_owned()));
    bank.assert_books_balance().await;
}

/// What these do they do whatever stands in the body; the last one asks for nothing in a session of aal3.
const TAKE_NO_BODY: [&str; 7] = [
    "/api/auth/logout",
    "/api/auth/session-rechallenge",
    "/api/mfa/setup",
    "/api/passkeys/login/begin",
    "/api/passkeys/register/begin",
    "/api/passkeys/verify/begin",
    "/api/mfa/disable",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_zoo_of_malformed_bodies_is_turned_away_at_every_route_and_leaves_no_trace() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let deep = |n| [vec![b'['; n], vec![b']'; n]].concat();
    let zoo: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("space", b" \n\t".to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("a text", b"\"x\"".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("half an object", b"{\"intent\":\"".to_vec()),
        ("trailing bytes", b"{}{}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("no UTF-8", b"{\"intent\":\"\xff\xfe\"}".to_vec()),
        ("a lone surrogate", br#"{"intent":"\ud800"}"#.to_vec()),
        ("a control character", b"{\"intent\":\"\x00\"}".to_vec()),
        ("not a number", b"{\"intent\":NaN}".to_vec()),
        ("single quotes", b"{'intent':'x'}".to_vec()),
        ("a comment", b"{/*x*/}".to_vec()),
        ("duplicates", br#"{"intent":"e30","intent":"e30"}"#.to_vec()),
        ("numbers", br#"{"intent":1,"suite":2,"certificate":3,"signature":4}"#.to_vec()),
        ("an unknown member", br#"{"__proto__":{"admin":"true"}}"#.to_vec()),
        ("another form of Unicode", "{\"name\":\"Ame\u{301}lie\",\"email\":\"a@b\"}".into()),
        ("a turned direction", "{\"name\":\"Eve\u{202e}ecilA\",\"email\":\"a@b\"}".into()),
        ("depth", deep(200)),
        ("great depth", deep(100_000)),
        ("many members", format!("{{{}}}", (0..50_000).map(|n| format!("\"{n}\":\"\"")).collect::<Vec<_>>().join(",")).into()),
        ("a long text", format!("{{\"intent\":\"{}\"}}", "A".repeat(3 << 20)).into()),
        ("XML", b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>".to_vec()),
    ];
    let traces = "SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM users) + (SELECT count(*) FROM challenges)";
    let before = bank.count(traces).await;
    for (method, path, open) in routes(&bank).await {
        if method != Method::POST || TAKE_NO_BODY.contains(&path.as_str()) {
            continue;
        }
        for (what, body) in &zoo {
            let request = Request::post(&path, body.clone());
            let answer =
                if open { bank.send(request).await } else { bank.send_as(&alice, request).await };
            let is_empty_array = answer.status == 200 && answer.json().is_array();
            assert!(
                is_empty_array || (400..=422).contains(&answer.status),
                "{path} {what}: {} {}",
                answer.status,
                answer.text()
            );
            if !is_empty_array {
                answer.problem();
            }
        }
        // Too long is said before a byte of the body has come.
        let answer = bank.begin(&path, 4 * 1024 * 1024 + 1).await.answer().await;
        assert_eq!(answer.refusal(), (413, "body-too-large".to_owned()), "{path}");
    }
    assert_eq!(bank.count(traces).await, before);
    assert_eq!(bank.get("/health").await.ok().json()["status"], "ok");
    alice.verify().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_would_be_code_elsewhere_is_text_here() {
    let bank = Bank::start().await;
    let name = "Röbert'); DROP TABLE users;-- <script>alert(1)</script> ${jndi:ldap://x} %n%s and more than a certificate admits";
    let bobby = bank.customer(name, 1_000).await;
    let alice = bank.customer("Alice", 0).await;
    let memo = "'; UPDATE accounts SET closed = true; -- \\\" </pre><img src=x onerror=alert(1)> =cmd|' /C calc'!A0";
    bobby.transfer(bobby.account, alice.account, eur(1), Some(memo)).await.unwrap();
    let page = alice.history(&client::HistoryQuery::default()).await.unwrap();
    assert_eq!(page.items[0].details.as_ref().unwrap()["memo"], memo);
    let user = bobby.identity().user().id;
    let profile = bank.get_as(&bobby, &format!("/api/users/{user}/profile")).await.ok();
    assert_eq!(
        (profile.json()["name"].as_str(), profile.header("content-type")),
        (Some(name), "application/json")
    );
    for path in [
        "/api/accounts/1'%20OR%20'1'='1",
        "/api/accounts?cursor=%27%3B%20DROP%20TABLE%20users%3B--",
        "/api/transactions/history?account=%27%20OR%201=1--",
        "/api/users/%00/profile",
        "/api/users/..%2f..%2fetc%2fpasswd/profile",
        "/api/log/tile/0/..%2f..%2f..%2fetc%2fpasswd",
        "/api/certificates/status?certificate=%27%20UNION%20SELECT%20der",
    ] {
        let answer = bank.get_as(&bobby, path).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.text());
        answer.problem();
    }
    assert_eq!(
        bank.count("SELECT count(*) FROM users WHERE name LIKE 'Röbert%DROP TABLE%'").await,
        1
    );
    assert_eq!(bank.count("SELECT count(*) FROM accounts WHERE closed").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_lines_into_the_servers_log_and_no_secret_stands_there() {
    let bank = Bank::start_process(env!("CARGO_BIN_EXE_e2e-server")).await;
    let alice = bank.customer("Alice Quietname", 1_000).await;
    let forged = "{\"level\":\"ERROR\",\"message\":\"forged\"}";
    for request in [
        Request::get(&format!("/api/%0a%0d{}", "%7B%22level%22:%22ERROR%22%7D")),
        Request::get("/health").with("user-agent", &format!("x\t{forged}")),
        Request::get("/nowhere").with("x-request-id", forged),
        Request::get("/nowhere")
            .with("x-forwarded-for", "1.2.3.4 \u{1b}[31m".trim_end_matches("\u{1b}[31m")),
        Request::post("/api/users/register", format!("\n{forged}\n")),
        Request::post_json(
            "/api/users/register",
            &json!({"name": format!("x\n{forged}"), "email": "a@b"}),
        ),
    ] {
        bank.send(request).await;
    }
    let memo = "memo-that-is-private";
    let bob = bank.customer("Bob", 0).await;
    alice.transfer(alice.account, bob.account, eur(1), Some(memo)).await.unwrap();
    bank.send(Request::get("/api/accounts").with("authorization", "Bearer stolen.token.value"))
        .await;
    let standing = alice.standing().await;
    let log = bank.process_log();
    assert!(log.lines().count() > 10, "{log}");
    for line in log.lines() {
        let line: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("a line of its own: {line}"));
        assert_ne!(line["message"], "forged");
    }
    for secret in [
        "Quietname",
        memo,
        PASSPHRASE,
        "stolen.token.value",
        &standing.token,
        &standing.refresh_token,
        &hex::encode(standing.key.expose()),
        &hex::encode(alice.holder.device_secret()),
    ] {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolled_back_revocation_list_brings_nobody_back() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let certificate = alice.identity().certificate_hash().unwrap();
    bank.execute("CREATE TABLE old AS SELECT * FROM authority_state").await;
    alice.revoke(certificate, RevocationReason::KeyCompromise).await.unwrap();
    bank.manager().await.verify().await.unwrap(); // by which the server has seen the new list
    // An operator of the database puts everything back as it was.
    bank.execute(
        "UPDATE authority_state a SET crl_number = o.crl_number, crl_der = o.crl_der, epoch = a.epoch + 1 FROM old o;
         UPDATE certificates SET status = 'active', ended_at = NULL, revocation_reason = NULL;
         UPDATE sessions SET revoked_at = NULL, revocation_reason = NULL",
    )
    .await;
    assert_eq!(challenge(&bank, &alice.holder).await.refusal(), (401, not_accepted()));
    assert_eq!(bank.get_as(&alice, "/api/accounts").await.status, 401);
}

/// Every route that the server describes: method, path, whether it is open to strangers.
async fn routes(bank: &Bank) -> Vec<(Method, String, bool)> {
    let document = bank.get("/api/openapi.json").await.ok().json();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let listed = listed(method.as_str(), path).map(|route| route.access);
            routes.push((method, path.clone(), listed == Some(Access::Open)));
        }
    }
    assert!(routes.len() > 25, "{routes:?}");
    routes
}

/// A certificate's row under the hands of whoever operates the database.
struct DatabaseRow<'a> {
    bank: &'a Bank,
    fingerprint: Sha3,
}

impl DatabaseRow<'_> {
    async fn replace(&self, name: &Sha3, der: &[u8]) {
        let (old, der) = (self.fingerprint, hex::encode(der));
        self.bank
            .execute(&format!(
                "UPDATE certificates SET der = '\\x{der}', fingerprint = '\\x{name}' WHERE fingerprint = '\\x{old}';
                 UPDATE authority_state SET epoch = epoch + 1"
            ))
            .await;
        self.bank.app().directory.refresh_epoch().await.unwrap();
    }

    async fn restore_name(&self, name: &Sha3) {
        let old = self.fingerprint;
        self.bank
            .execute(&format!(
                "UPDATE certificates SET fingerprint = '\\x{old}' WHERE fingerprint = '\\x{name}'"
            ))
            .await;
    }
}

/// What the directory says of a certificate, in its own words.
async fn examined(bank: &Bank, certificate: &Sha3) -> String {
    let now = server::clock::now();
    bank.app().directory.signer(certificate, now).await.expect_err("a refusal").to_string()
}

/// The bank's issuing key in the wrong hands.
struct StolenAuthority {
    key: SigningKey,
    issuing: Certificate,
}

impl StolenAuthority {
    fn of(bank: &Bank, customer: &Customer) -> Self {
        let passphrase = SecretBytes::new(PASSPHRASE.as_bytes().to_vec());
        let path = bank.folder().join(KeyFile::BANK_KEYS);
        let keys = KeyFile::open(&path, &bank.trust().bank, &passphrase).unwrap();
        let seed = keys.secret(KeyPurpose::Issuing).unwrap();
        let key = SigningKey::from_seed(Suite::Standard, seed.expose()).unwrap();
        Self { key, issuing: customer.identity().certificates().unwrap().issuing.clone() }
    }

    fn issue(&self, holder: &Holder, claims: &ControlClaims, now_s: i64) -> Option<Certificate> {
        let csr = build_csr(holder.key(), "Alice").unwrap();
        let csr = Csr::from_der(&csr).unwrap().verify().unwrap();
        let mut serial = random::<16>().unwrap();
        serial[0] = (serial[0] & 0x3f) | 0x40;
        let request = pki::Request { csr: &csr, subject_cn: "Alice", claims, serial, now_s };
        let linted = prepare(Profile::Holder, &request, &self.issuing).ok()?;
        Some(issue(linted, &self.key).unwrap())
    }
}

async fn challenge(bank: &Bank, holder: &Holder) -> Answer {
    let body = json!({
        "certificate": holder.certificate_hash().unwrap().to_string(),
        "device_id": holder.device().id().to_string(),
    });
    bank.send(Request::post_json("/api/auth/certificate-challenge", &body)).await
}

fn nonce(answer: &Answer) -> [u8; 32] {
    hex::decode(answer.json()["nonce"].as_str().unwrap()).unwrap().try_into().unwrap()
}

fn login_body(holder: &Holder, challenge: [u8; 32]) -> Body {
    let kem_public_key = holder.kem().public_key().as_bytes().to_vec();
    Body::SessionLogin { challenge, origin: ORIGIN.to_owned(), kem_public_key }
}

async fn login(bank: &Bank, signed: &SignedIntent, proof: &[u8]) -> Answer {
    let envelope: Value = serde_json::from_slice(&signed.to_json()).unwrap();
    let body = json!({"signed": envelope, "device_proof": Base64UrlUnpadded::encode_string(proof)});
    bank.send(Request::post_json("/api/auth/certificate-login", &body)).await
}

fn pay(from: &Customer, credit: AccountId, minor: i64) -> Body {
    Body::Transfer(TransferBody { debit: from.account, credit, amount: eur(minor), details: None })
}

fn not_accepted() -> String {
    "certificate-not-accepted".to_owned()
}
