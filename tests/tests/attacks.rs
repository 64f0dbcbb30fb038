//! The attacks of the security page, each one performed.

#[path = "attacks/routes.rs"]
mod routes;
#[path = "attacks/sessions.rs"]
mod sessions;

use std::collections::BTreeSet;

use base64ct::{Base64UrlUnpadded, Encoding};
use client::Certificates;
use crypto::{Purpose, SecretBytes, Sha3, SigningKey, Suite, random};
use e2e::{Answer, Bank, Customer, Forger, Holder, ORIGIN, PASSPHRASE, Request, eur};
use intent::{Body, RevocationReason, Role, SignedIntent, TransferBody};
use ledger::AccountId;
use pki::{Certificate, ControlClaims, Csr, Profile, build_csr, issue, prepare};
use reqwest::Method;
use serde_json::{Value, json};
use server::authority::{KeyFile, KeyPurpose};

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
async fn an_address_is_free_again_a_day_after_somebody_only_registered_with_it() {
    let bank = Bank::start().await;
    let person = |registration: &client::Registration| {
        let id = registration.user;
        let user = client::UserName { id, role: Role::Customer, name: "Alice".to_owned() };
        Holder::generate(Suite::Standard, user)
    };
    let register = async || bank.client().register("Alice", "alice@people.example").await.unwrap();
    let is_refused = async |registration: &client::Registration| {
        let refused = bank.client().enrol(&person(registration), &registration.token).await;
        assert_eq!(refused.err().unwrap().problem().unwrap().code, "registration-unknown");
    };
    let squatter = register().await;
    is_refused(&register().await).await;

    let run_out = "UPDATE users SET registration_expires_at = now() WHERE status = 'registered'";
    bank.execute(run_out).await;
    let alice = register().await;
    bank.client().enrol(&person(&alice), &alice.token).await.unwrap();
    is_refused(&squatter).await;
    // Who has enrolled keeps it, and an invitation gets past a squatter too.
    bank.execute("UPDATE users SET registration_expires_at = now() WHERE role = 'customer'").await;
    is_refused(&register().await).await;
    bank.client().register("Staff", "staff@bank.example").await.unwrap();
    bank.execute(run_out).await;
    bank.admin().await.invite(Role::Manager, "Staff", "staff@bank.example").await.unwrap();
    bank.assert_verifies().await;
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

/// `{"name":"Zip","email":"zip@people.example"}`, as gzip and as zlib.
const PACKED: [(&str, &str); 2] = [
    (
        "gzip",
        "1f8b0800000000000203ab56ca4bcc4d55b2528aca2c50d2514acd4dcccc01f2aa320b1c0a52f30b7252f5522b127381b4522d001a19ef632b000000",
    ),
    (
        "deflate",
        "789cab56ca4bcc4d55b2528aca2c50d2514acd4dcccc01f2aa320b1c0a52f30b7252f5522b127381b4522d00346a0eb7",
    ),
];
/// A zip of a table whose 60,000 bytes are one line again and again.
const ZIP: &str = "504b030414000000080000002100ca890fd0c100000060ea000005000000702e637376edc9b10d80300c00b09d9738a62a4d06965642a9c4f97cc164af8ebc6a3dad8fb1f6ac33df1cbbee355bf4ca23acb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6badb5d65a6b7fdf0f504b0102140314000000080000002100ca890fd0c100000060ea0000050000000000000000000000800100000000702e637376504b0506000000000100010033000000e40000000000";

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_packed_is_not_unpacked() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let users = async || bank.count("SELECT count(*) FROM users").await;
    let before = users().await;
    for (encoding, packed) in PACKED {
        let packed = Request::post("/api/users/register", hex::decode(packed).unwrap());
        let answer = bank.send(packed.with("content-encoding", encoding)).await;
        assert!((400..=415).contains(&answer.status), "{encoding}: {}", answer.text());
        answer.problem();
    }
    assert_eq!(users().await, before);
    for kind in ["text/csv", "application/xml", "application/zip"] {
        let zip = Request::post("/api/payments/files/preview", hex::decode(ZIP).unwrap());
        let answer = bank.send_as(&alice, zip.with("content-type", kind)).await;
        assert!((400..=422).contains(&answer.status), "{kind}: {}", answer.text());
        answer.problem();
    }
}

/// The bank's clock was an hour ahead: what it wrote down then is an hour later than it is now.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_makes_nothing_good_again_that_was_used() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let read = Request::get("/api/accounts").proved_by(&alice).await;
    assert_eq!(bank.send(read.clone()).await.status, 200);
    let nonce = nonce(&challenge(&bank, &alice.holder).await.ok());
    let forger = Forger::new(&alice.holder);
    let signed = forger.next(login_body(&alice.holder, nonce));
    let proof = alice.holder.device().proof(&signed.intent);
    login(&bank, &signed, &proof).await.assert_ok();
    let setup = alice.set_up_authenticator().await.unwrap();
    let totp = totp_rs::Totp::from_url(&setup.uri).unwrap();
    let code = || totp.generate(u64::try_from(server::clock::now().get() / 1_000_000).unwrap());
    alice.verify_factor(client::SecondFactor::Code(&code().to_string())).await.unwrap();
    let refresh = json!({"refresh_token": alice.standing().await.refresh_token});
    let refresh = Request::post_json("/api/auth/refresh", &refresh);
    bank.send(refresh.clone().proved_by(&alice).await).await.assert_ok();

    let hour = "interval '1 hour'";
    for written in [
        format!(
            "UPDATE challenges SET expires_at = expires_at + {hour}, redeemed_at = redeemed_at + {hour}"
        ),
        format!(
            "UPDATE sessions SET used_at = used_at + {hour}, refreshed_at = refreshed_at + {hour}"
        ),
        "UPDATE totp_factors SET last_step = last_step + 120".to_owned(),
    ] {
        bank.execute(&written).await;
    }
    assert_eq!(bank.send(read).await.refusal(), (401, "proof-refused".to_owned()));
    let again = forger.next(login_body(&alice.holder, nonce));
    let proof = alice.holder.device().proof(&again.intent);
    let refused = login(&bank, &again, &proof).await.refusal();
    assert_eq!(refused.1, "challenge-redeemed");
    let used = alice.verify_factor(client::SecondFactor::Code(&code().to_string())).await;
    assert!(used.is_err());
    let stolen = bank.send(refresh.proved_by(&alice).await).await;
    assert_eq!(stolen.refusal(), (401, "session-ended".to_owned()));
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
