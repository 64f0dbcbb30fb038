//! Founding, enrolment, login, sessions, rotation and revocation, over HTTP and by the real client.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

#[path = "support/house.rs"]
mod house;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use axum::body::Body;
use base64ct::{Base64UrlUnpadded, Encoding};
use client::{ClientError, Device, Identity, Session, UserName};
use crypto::{KemSecretKey, SecretBytes, Suite, seal_to, sha3_256, sha256};
use http::{Request, StatusCode};
use intent::{BankId, Body as Wish, IntentDraft, IntentId, RevocationReason, Role, SignedIntent};
use serde_json::{Value, json};
use server::bank::{Charter, FoundingError, found};
use server::certificates::SignerError;
use server::clock;

use self::house::{House, connect, new_identity, passphrase, plan};
use self::support::migrated_cluster;

/// Status, code and title: what may not differ where nothing may be learnt.
fn shape(answer: &(StatusCode, Value)) -> (StatusCode, Vec<(String, Value)>) {
    let members = answer.1.as_object().unwrap().iter();
    let told = members.filter(|(name, _)| *name != "request_id");
    (answer.0, told.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn code<T>(result: Result<T, ClientError>) -> String {
    let Err(error) = result else { panic!("was accepted") };
    error.problem().map_or_else(|| error.to_string(), |problem| problem.code.clone())
}

fn challenge_request(identity: &Identity) -> Value {
    json!({
        "certificate": identity.certificate_hash().unwrap().to_string(),
        "device_id": identity.device().id().to_string(),
    })
}

// ---- founding

#[tokio::test(flavor = "multi_thread")]
async fn a_second_founding_is_refused_and_an_interrupted_one_taken_up_again() {
    let cluster = migrated_cluster().await;
    let (db, folder) = (connect(&cluster).await, cluster.folder.path());
    assert!(Charter::load(&db).await.unwrap().is_none());

    // An asset listed twice breaks the transaction after the key files were written.
    let mut broken = plan();
    broken.assets = [broken.assets.clone(), broken.assets].concat();
    let failed = found(&db, broken, &passphrase(), folder, clock::now()).await;
    assert!(matches!(failed, Err(FoundingError::Database(_))));
    assert!(Charter::load(&db).await.unwrap().is_none(), "half a bank was left behind");
    let keys = std::fs::read(folder.join("bank.keys")).unwrap();

    let founded = found(&db, plan(), &passphrase(), folder, clock::now()).await.unwrap();
    assert_eq!(std::fs::read(folder.join("bank.keys")).unwrap(), keys);
    assert_eq!(founded.invitations.len(), 3);
    for name in ["bank.keys", "root.key"] {
        let mode = std::fs::metadata(folder.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let again = found(&db, plan(), &passphrase(), folder, clock::now()).await;
    assert!(matches!(again, Err(FoundingError::AlreadyFounded)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_founded_bank_has_leaf_zero_and_one_account_per_asset() {
    let house = House::open().await;
    assert_eq!(house.app().bank.equity.len(), 4);
    let mut tx = house.db.as_auditor().await.unwrap();
    let leaf: Vec<u8> = sqlx::query_scalar("SELECT leaf FROM records WHERE leaf_index = 0")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    let note: String = sqlx::query_scalar("SELECT note FROM log_checkpoints WHERE size = 1")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let checkpoint = house.founded.trust.log().verify(&note).unwrap();
    assert_eq!(checkpoint.root, tlog::leaf_hash(&leaf));
    house.close().await;
}

// ---- enrolment

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_redeemed_once_and_by_its_token_only() {
    let house = House::open().await;
    let registration = house.bank.register("Alice", "alice@example.org").await.unwrap();
    let fresh = || new_identity(registration.user, Role::Customer, "Alice");
    let wrong = SecretBytes::new(vec![7; 32]);
    let refused = house.bank.enrol(&fresh(), &wrong).await;
    assert_eq!(code(refused), "registration-unknown");

    let manager = new_identity(registration.user, Role::Manager, "Alice");
    let inflated = house.bank.enrol(&manager, &registration.token).await;
    assert_eq!(code(inflated), "registration-unknown", "a customer enrolled as a manager");

    house.bank.enrol(&fresh(), &registration.token).await.unwrap();
    let second = house.bank.enrol(&fresh(), &registration.token).await;
    assert_eq!(code(second), "registration-unknown");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_a_taken_address_looks_the_same_and_changes_nothing() {
    let house = House::open().await;
    let body = json!({"name": "Alice", "email": "alice@example.org"});
    let first = house.post("/api/users/register", &body).await;
    let second = house.post("/api/users/register", &body).await;
    assert_eq!((first.0, second.0), (StatusCode::CREATED, StatusCode::CREATED));
    let members = |answer: &Value| -> Vec<(String, usize)> {
        let object = answer.as_object().unwrap().iter();
        object.map(|(name, value)| (name.clone(), value.as_str().unwrap().len())).collect()
    };
    assert_eq!(members(&first.1), members(&second.1));
    let count = "SELECT count(*) FROM users WHERE email = 'alice@example.org'";
    let mut tx = house.db.as_writer().await.unwrap();
    let users: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(users, 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_or_a_device_in_use_is_not_enrolled_again() {
    let house = House::open().await;
    let alice = house.customer("Alice").await;
    let mallory = house.bank.register("Mallory", "mallory@example.org").await.unwrap();
    let name = || UserName { id: mallory.user, role: Role::Customer, name: "Mallory".to_owned() };

    let key = crypto::SigningKey::from_seed(Suite::Standard, alice.key().seed().expose()).unwrap();
    let (kem, device) = (KemSecretKey::generate(Suite::Standard).unwrap(), Device::generate());
    let same_key =
        Identity::from_parts(name(), key, kem, device.unwrap(), None, client::KeyChain::START);
    let refused = house.bank.enrol(&same_key, &mallory.token).await;
    assert_eq!(code(refused), "component-reused");

    let on_her_device = alice.successor().unwrap();
    let key = crypto::SigningKey::generate(Suite::Standard).unwrap();
    let kem = KemSecretKey::generate(Suite::Standard).unwrap();
    let refused = enrol_on(&house, name(), (key, kem), &on_her_device, &mallory.token).await;
    assert_eq!(refused.1["code"], "device-already-enrolled", "{refused:?}");
    house.close().await;
}

/// Enrols fresh keys on somebody's device, by hand: the client would not.
async fn enrol_on(
    house: &House,
    user: UserName,
    (key, kem): (crypto::SigningKey, KemSecretKey),
    device_of: &Identity,
    token: &SecretBytes,
) -> (StatusCode, Value) {
    let csr = pki::build_csr(&key, "Mallory").unwrap();
    let device = device_of.device();
    let draft = IntentDraft {
        bank: "one".parse::<BankId>().unwrap(),
        certificate: sha3_256(&csr),
        device: device.id(),
        authority: user.role,
        at: clock::now(),
        seq: 1,
        prev: crypto::Sha3::from_bytes([0; 32]),
        id: IntentId::new(clock::fresh_id(clock::now())).unwrap(),
        body: Wish::UserEnrol {
            user: user.id,
            csr,
            device: device.id(),
            device_key_commitment: device.key_commitment(),
            kem_public_key: kem.public_key().as_bytes().to_vec(),
            registration: sha3_256(token.expose()),
        },
    };
    let signed = SignedIntent::sign(draft.build().unwrap(), &key, None).unwrap();
    let transcript = sha256(&signed.intent);
    let bank_kem = &house.bank.trust().kem;
    let sealed = seal_to(bank_kem, "device-key", transcript.as_bytes(), device.key().expose());
    let body = json!({
        "signed": serde_json::from_slice::<Value>(&signed.to_json()).unwrap(),
        "registration_token": base64url(token.expose()),
        "sealed_device_key": base64url(&sealed.unwrap()),
    });
    house.post("/api/users/enrol", &body).await
}

fn base64url(bytes: &[u8]) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::encode_string(bytes)
}

// ---- challenge and login

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_for_an_unknown_a_revoked_and_a_foreign_certificate_is_refused_alike() {
    let house = House::open().await;
    let (alice, bob) = (house.customer("Alice").await, house.customer("Bob").await);
    let session = house.login(&bob).await;
    let certificate = bob.certificate_hash().unwrap();
    session.revoke(certificate, RevocationReason::KeyCompromise).await.unwrap();

    let path = "/api/auth/certificate-challenge";
    let mut unknown = challenge_request(&alice);
    unknown["certificate"] = json!(sha3_256(b"nobody's").to_string());
    let mut foreign = challenge_request(&alice);
    foreign["device_id"] = json!(bob.device().id().to_string());
    let unknown = house.post(path, &unknown).await;
    let revoked = house.post(path, &challenge_request(&bob)).await;
    let foreign = house.post(path, &foreign).await;
    assert_eq!(unknown.0, StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.1["code"], "certificate-not-accepted");
    assert_eq!(shape(&unknown), shape(&revoked));
    assert_eq!(shape(&unknown), shape(&foreign));
    assert_eq!(house.post(path, &challenge_request(&alice)).await.0, StatusCode::OK);
    house.close().await;
}

/// A login by hand, with every part in the test's power.
async fn login_with(
    house: &House,
    identity: &Identity,
    nonce: &str,
    origin: &str,
    device: &Device,
) -> (StatusCode, Value) {
    let kem = KemSecretKey::generate(Suite::Standard).unwrap();
    let mut challenge = [0; 32];
    hex::decode_to_slice(nonce, &mut challenge).unwrap();
    let body = Wish::SessionLogin {
        challenge,
        origin: origin.to_owned(),
        kem_public_key: kem.public_key().as_bytes().to_vec(),
    };
    let signed = identity.sign(&house.bank.trust().bank, body, None).unwrap();
    let request = json!({
        "signed": serde_json::from_slice::<Value>(&signed.to_json()).unwrap(),
        "device_proof": base64url(&device.proof(&signed.intent)),
    });
    house.post("/api/auth/certificate-login", &request).await
}

async fn nonce_for(house: &House, identity: &Identity) -> String {
    let (status, answer) =
        house.post("/api/auth/certificate-challenge", &challenge_request(identity)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["nonce"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_needs_its_own_challenge_its_origin_and_its_device_and_works_once() {
    let house = House::open().await;
    let (alice, bob) = (house.customer("Alice").await, house.customer("Bob").await);
    let (ours, nonce) = ("https://localhost:8443", nonce_for(&house, &alice).await);

    let relayed = login_with(&house, &alice, &nonce, "https://evil.example", alice.device()).await;
    assert_eq!(relayed.1["code"], "challenge-unknown", "a challenge relayed by another server");
    let stolen = login_with(&house, &bob, &nonce, ours, bob.device()).await;
    assert_eq!(stolen.1["code"], "challenge-unknown", "a challenge of another certificate");
    let made_up = login_with(&house, &alice, &"00".repeat(32), ours, alice.device()).await;
    assert_eq!(made_up.1["code"], "challenge-unknown");
    let copied = login_with(&house, &alice, &nonce, ours, &Device::generate().unwrap()).await;
    assert_eq!(copied.1["code"], "device-proof-invalid", "a certificate copied to another device");
    assert_eq!(copied.0, StatusCode::UNAUTHORIZED);
    assert!(copied.1["receipt"].is_object(), "a refusal is an outcome and has a receipt");

    let opened = login_with(&house, &alice, &nonce, ours, alice.device()).await;
    assert_eq!(opened.0, StatusCode::OK, "{opened:?}");
    let again = login_with(&house, &alice, &nonce, ours, alice.device()).await;
    assert_eq!(again.1["code"], "challenge-redeemed");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_older_than_a_minute_is_refused() {
    let house = House::open().await;
    let alice = house.customer("Alice").await;
    let nonce = nonce_for(&house, &alice).await;
    let mut tx = house.db.as_writer().await.unwrap();
    sqlx::query("UPDATE challenges SET expires_at = expires_at - interval '60 seconds'")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let late = login_with(&house, &alice, &nonce, "https://localhost:8443", alice.device()).await;
    assert_eq!(late.1["code"], "challenge-expired");
    house.close().await;
}

// ---- sessions

/// A request of a session, by hand.
async fn proved(
    house: &House,
    session: &Session,
    (method, path): (&str, &str),
    at_us: i64,
    counter: u64,
) -> (StatusCode, Value) {
    let proof = session.signer().sign(method, path, b"", at_us, counter);
    house.call(request(session, (method, path), &proof).await).await
}

async fn request(
    session: &Session,
    (method, path): (&str, &str),
    proof: &client::ProofHeaders,
) -> Request<Body> {
    let token = session.token().await.unwrap();
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-digest", &proof.content_digest)
        .header("strongroom-proof", &proof.proof)
        .body(Body::empty())
        .unwrap()
}

const WHO: (&str, &str) = ("GET", "/api/auth/verify-session");

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_taken_once_and_only_as_it_was_proved() {
    let house = House::open().await;
    let alice = house.customer("Alice").await;
    let session = house.login(&alice).await;
    let (now, n) = (clock::now().get(), session.next_counter());
    let first = proved(&house, &session, WHO, now, n).await;
    assert_eq!(first.0, StatusCode::OK, "{first:?}");
    assert_eq!(first.1["role"], "customer");
    let replayed = proved(&house, &session, WHO, now, n).await;
    assert_eq!(
        (replayed.0, &replayed.1["code"]),
        (StatusCode::UNAUTHORIZED, &json!("proof-refused"))
    );
    let stale = proved(&house, &session, WHO, now - 61_000_000, n + 1).await;
    assert_eq!(stale.1["code"], "proof-refused");

    let proof = session.signer().sign("GET", "/api/auth/sessions", b"", now, n + 2);
    let moved = house.call(request(&session, WHO, &proof).await).await;
    assert_eq!(moved.1["code"], "proof-refused", "a proof of another path");

    let bare = Request::get(WHO.1)
        .header("authorization", format!("Bearer {}", session.token().await.unwrap()))
        .body(Body::empty())
        .unwrap();
    assert_eq!(house.call(bare).await.1["code"], "proof-refused", "a stolen token alone");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_session_does_not_go_with_the_proof_of_another() {
    let house = House::open().await;
    let (alice, bob) = (house.customer("Alice").await, house.customer("Bob").await);
    let (hers, his) = (house.login(&alice).await, house.login(&bob).await);
    let proof = his.signer().sign(WHO.0, WHO.1, b"", clock::now().get(), his.next_counter());
    let mixed = house.call(request(&hers, WHO, &proof).await).await;
    assert_eq!(mixed.1["code"], "proof-refused");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_at_logout_and_by_revocation_from_another_one() {
    let house = House::open().await;
    let alice = house.customer("Alice").await;
    let (first, second) = (house.login(&alice).await, house.login(&alice).await);
    let list: Value = first.get("/api/auth/sessions").await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);

    let id = second.standing().await.session;
    let path = format!("/api/auth/sessions/{id}");
    let proof = |session: &Session, path: &str| {
        session.signer().sign("DELETE", path, b"", clock::now().get(), session.next_counter())
    };
    let bob = house.login(&house.customer("Bob").await).await;
    let foreign = house.call(request(&bob, ("DELETE", &path), &proof(&bob, &path)).await).await;
    assert_eq!(foreign.0, StatusCode::NOT_FOUND, "somebody else's session");
    let ended = house.call(request(&first, ("DELETE", &path), &proof(&first, &path)).await).await;
    assert_eq!(ended.0, StatusCode::NO_CONTENT);
    assert_eq!(code(second.verify().await), "session-ended");

    first.logout().await.unwrap();
    assert_eq!(code(first.verify().await), "session-ended");
    house.close().await;
}

async fn refresh(house: &House, session: &Session, token: &str) -> (StatusCode, Value) {
    let body = json!({ "refresh_token": token }).to_string();
    let path = "/api/auth/refresh";
    let proof = session.signer().sign(
        "POST",
        path,
        body.as_bytes(),
        clock::now().get(),
        session.next_counter(),
    );
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("content-digest", &proof.content_digest)
        .header("strongroom-proof", &proof.proof)
        .body(Body::from(body))
        .unwrap();
    house.call(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_used_twice_ends_its_session() {
    let house = House::open().await;
    let alice = house.customer("Alice").await;
    let session = house.login(&alice).await;
    let first = session.standing().await.refresh_token;

    let alone = house.post("/api/auth/refresh", &json!({"refresh_token": first})).await;
    assert_eq!(alone.1["code"], "proof-refused", "a stolen refresh token alone");
    let made_up = refresh(&house, &session, "AAAA").await;
    assert_eq!(made_up.1["code"], "unauthenticated");

    let next = refresh(&house, &session, &first).await;
    assert_eq!(next.0, StatusCode::OK, "{next:?}");
    assert!(session.verify().await.is_ok());
    let second = next.1["refresh_token"].as_str().unwrap();

    // The thief has no device, and need not have one for this.
    let reused = house.post("/api/auth/refresh", &json!({"refresh_token": first})).await;
    assert_eq!(reused.1["code"], "session-ended");
    assert_eq!(refresh(&house, &session, second).await.1["code"], "session-ended");
    assert_eq!(code(session.verify().await), "session-ended");
    house.close().await;
}

// ---- rotation, revocation, and rows that somebody edited

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_only_the_newest_generation_is_accepted() {
    let house = House::open().await;
    let alice = house.customer("Alice").await;
    let session = house.login(&alice).await;
    let successor = alice.successor().unwrap();
    session.rotate(&successor).await.unwrap();
    let successor = Arc::new(successor);

    assert_eq!(code(session.verify().await), "session-ended");
    let old = house.bank.login(Arc::clone(&alice)).await;
    assert_eq!(code(old), "certificate-not-accepted");

    let session = house.login(&successor).await;
    let keys = session.keys(alice.user().id).await.unwrap();
    let history: Vec<_> = keys.iter().map(|key| (key.generation, key.status.as_str())).collect();
    assert_eq!(history, [(2, "active"), (1, "superseded")]);
    let again = alice.successor().unwrap();
    let late = house.bank.login(alice).await;
    assert_eq!(code(late), "certificate-not-accepted");
    session.rotate(&again).await.unwrap();
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_counts_from_the_next_request_and_stands_in_the_list() {
    let house = House::open().await;
    let (alice, bob) = (house.customer("Alice").await, house.customer("Bob").await);
    let (hers, his) = (house.login(&alice).await, house.login(&bob).await);
    let certificate = bob.certificate_hash().unwrap();

    let reason = RevocationReason::KeyCompromise;
    assert_eq!(code(hers.revoke(certificate, reason).await), "certificate-not-found");
    assert!(his.verify().await.is_ok());

    let manager = house.login(&house.staff(Role::Manager).await).await;
    manager.revoke(certificate, reason).await.unwrap();
    assert!(his.verify().await.is_err());
    assert_eq!(code(manager.revoke(certificate, reason).await), "certificate-already-ended");
    let admin = house.staff(Role::SystemAdmin).await.certificate_hash().unwrap();
    assert_eq!(code(manager.revoke(admin, reason).await), "certificate-not-found");

    let response = tower::ServiceExt::oneshot(
        server::router(house.app().clone()),
        Request::get("/api/certificates/crl").body(Body::empty()).unwrap(),
    );
    let der = http_body_util::BodyExt::collect(response.await.unwrap().into_body()).await.unwrap();
    let crl = pki::Crl::from_der(&der.to_bytes()).unwrap();
    let now_s = clock::now().get() / 1_000_000;
    let crl = crl.verify(&house.app().authority.issuing(), now_s).unwrap();
    let serial = bob.certificates().unwrap().holder.serial().to_vec();
    assert!(crl.number() > 1 && crl.is_revoked(&serial));
    house.close().await;
}

/// What an attacker who owns the database can write, and what the directory says to it.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_row_brings_no_certificate_back() {
    let house = House::open().await;
    let (alice, bob) = (house.customer("Alice").await, house.customer("Bob").await);
    let carol = house.customer("Carol").await;
    let (hers, session) = (house.login(&alice).await, house.login(&bob).await);
    let his = bob.certificate_hash().unwrap();
    session.revoke(his, RevocationReason::Cessation).await.unwrap();
    // After the list was made, so that only the lineage speaks against the old generation.
    hers.rotate(&alice.successor().unwrap()).await.unwrap();

    let edit = async |sql: &'static str, certificate: crypto::Sha3| {
        let mut tx = house.db.as_writer().await.unwrap();
        let done = sqlx::query(sql)
            .bind(certificate.as_bytes().as_slice())
            .execute(&mut *tx)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}");
        sqlx::query("UPDATE authority_state SET epoch = epoch + 1")
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        house.app().directory.refresh_epoch().await.unwrap();
        house.app().directory.signer(&certificate, clock::now()).await
    };
    let revive =
        "UPDATE certificates SET status = 'active', ended_at = NULL WHERE fingerprint = $1";
    let revoked = edit(revive, his).await;
    assert!(matches!(revoked, Err(SignerError::Revoked)), "{revoked:?}");
    let superseded = edit(revive, alice.certificate_hash().unwrap()).await;
    assert!(
        matches!(superseded, Err(SignerError::ControlFailed { number: 6, .. })),
        "{superseded:?}"
    );

    let hers = carol.certificate_hash().unwrap();
    assert!(house.app().directory.signer(&hers, clock::now()).await.is_ok());
    let promoted = edit(
        "UPDATE users SET role = 'manager'
          WHERE user_id = (SELECT user_id FROM certificates WHERE fingerprint = $1)",
        hers,
    )
    .await;
    assert!(matches!(promoted, Err(SignerError::ControlFailed { number: 4, .. })), "{promoted:?}");
    let swapped = edit(
        "UPDATE certificates SET der = (SELECT der FROM certificates WHERE fingerprint <> $1 LIMIT 1)
          WHERE fingerprint = $1",
        hers,
    )
    .await;
    assert!(matches!(swapped, Err(SignerError::ControlFailed { number: 2, .. })), "{swapped:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_sees_neither_profile_nor_keys() {
    let house = House::open().await;
    let (alice, bob) = (house.customer("Alice").await, house.customer("Bob").await);
    let session = house.login(&alice).await;
    let own: Value = session.get(&format!("/api/users/{}/profile", alice.user().id)).await.unwrap();
    assert_eq!(own["status"], "active");
    let bob_id = bob.user().id;
    for path in [
        format!("/api/users/{bob_id}/profile"),
        format!("/api/quantum/keys/{bob_id}/info"),
        format!("/api/quantum/keys/{bob_id}/history"),
        format!("/api/certificates/details?certificate={}", bob.certificate_hash().unwrap()),
    ] {
        assert_eq!(code(session.get::<Value>(&path).await), "not-found", "{path}");
    }
    let manager = house.login(&house.staff(Role::Manager).await).await;
    let seen: Value = manager.get(&format!("/api/quantum/keys/{bob_id}/info")).await.unwrap();
    assert_eq!(seen["generation"], 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_delivered_by_the_kem_of_the_banks_suite() {
    for (suite, kem) in [(Suite::Compact, "ML-KEM-512"), (Suite::Pure65, "ML-KEM-768")] {
        let mut plan = plan();
        plan.suite = suite;
        let house = House::open_by(plan).await;
        let alice = house.customer("Alice").await;
        let session = house.login(&alice).await;
        let bundle = session.download_certificate().await.unwrap();
        assert_eq!(bundle["certificate"], alice.certificates().unwrap().holder.to_pem());
        let path = format!("/api/auth/download-certificate/{}", alice.user().id);
        let raw: Value = session.get(&path).await.unwrap();
        assert!(raw["kem"].as_str().unwrap().contains(kem), "{}", raw["kem"]);
        let stranger = house.customer("Mallory").await;
        let sealed = Base64UrlUnpadded::decode_vec(raw["sealed"].as_str().unwrap());
        let transcript = sha256(alice.certificate_hash().unwrap().as_bytes());
        let opened = crypto::open_sealed(
            stranger.kem(),
            "certificate-bundle",
            transcript.as_bytes(),
            &sealed.unwrap(),
        );
        assert!(opened.is_err(), "nobody else opens it");
        house.close().await;
    }
}
