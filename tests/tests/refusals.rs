//! Every way in which the bank says no, each provoked over HTTP; what no request can provoke is named with the reason.

#[path = "refusals/payees.rs"]
mod payees;
#[path = "refusals/payments.rs"]
mod payments;
#[path = "refusals/people.rs"]
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use client::{SecondFactor, UserName, Wish};
use crypto::{KemPublicKey, Suite, seal_to, sha256};
use e2e::{Answer, Bank, Customer, Forger, Holder, Request, eur, fresh_account, money};
use intent::{
    BatchItem, Body, Details, IntentError, IpRuleAction, Role, SignedIntent, TransferBody, UserId,
};
use ledger::{AccountId, AccountKind, Freeze, Rejection, TransferId};
use people::{
    authority_refusals, certificate_refusals, device_refusals, enrolment_refusals, login_refusals,
    people_refusals, recovery_refusals, role_refusals,
};
use reqwest::Method;
use serde_json::{Value, json};
use server::corridor::Refusal;
use server::problem::Code;
use uuid::Uuid;

/// Refusals that this version has no way to bring about, and why.
const REFUSALS_OUT_OF_REACH: [(Refusal, &str); 4] = [
    (Refusal::Ledger(Rejection::EmptyBatch), "the document's own profile refuses it first"),
    (Refusal::Ledger(Rejection::BatchTooLarge), "the document's own profile refuses it first"),
    (Refusal::Ledger(Rejection::HoldNotExpired), "of the bank's own facts, which come when it is"),
    (Refusal::NothingDue, "of the bank's own facts, which come when something is"),
];

/// Codes of problems that this version has no way to bring about, and why.
const CODES_OUT_OF_REACH: [(Code, &str); 0] = [];

/// Codes of documents that cannot arrive from outside, and why.
const DOCUMENT_CODES_OUT_OF_REACH: [(&str, &str); 2] = [
    ("commitment-mismatch", "of stored records only"),
    ("signing-failed", "of the signer's own key only"),
];

/// Collects what was provoked, and checks each answer against the tables of the server.
#[derive(Default)]
struct Provoked(BTreeSet<String>);

impl Provoked {
    /// A recorded refusal: the table's status, the table's sentence, and a receipt that proves it.
    fn recorded(&mut self, bank: &Bank, answer: &Answer, expected: Refusal) {
        let code = answer.problem();
        assert_eq!(code, expected.code(), "{}", answer.text());
        assert_eq!(answer.status, expected.status().as_u16(), "{code}");
        let problem = answer.json();
        assert_eq!(problem["title"], expected.sentence(), "{code}");
        let receipt =
            intent::Receipt::from_json(problem["receipt"].to_string().as_bytes()).unwrap();
        let facts = receipt.verify(&bank.trust().verifier).unwrap();
        assert_eq!(facts.get().effects.code, code);
        self.0.insert(code);
    }

    fn all_of(&self, all: impl Iterator<Item = String>, out_of_reach: &[String]) {
        for code in all {
            let (was, excused) = (self.0.contains(&code), out_of_reach.contains(&code));
            assert!(was || excused, "{code} was not provoked");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_the_corridor_has_its_status_its_sentence_and_a_receipt() {
    let (bank, successor) = Bank::start_with_successor().await;
    let mut provoked = Provoked::default();
    money_refusals(&bank, &mut provoked).await;
    account_refusals(&bank, &mut provoked).await;
    enrolment_refusals(&bank, &mut provoked).await;
    login_refusals(&bank, &mut provoked).await;
    certificate_refusals(&bank, &mut provoked).await;
    people_refusals(&bank, &mut provoked).await;
    device_refusals(&bank, &mut provoked).await;
    recovery_refusals(&bank, &mut provoked).await;
    role_refusals(&bank, &mut provoked).await;
    Box::pin(payments::refusals(&mut provoked)).await;
    Box::pin(payees::refusals(&mut provoked)).await;
    authority_refusals(&bank, &successor, &mut provoked).await;
    let out_of_reach: Vec<_> =
        REFUSALS_OUT_OF_REACH.iter().map(|(refusal, _)| refusal.code().to_owned()).collect();
    provoked.all_of(Refusal::all().map(|refusal| refusal.code().to_owned()), &out_of_reach);
    let excused_in_vain: Vec<_> =
        out_of_reach.iter().filter(|code| provoked.0.contains(*code)).collect();
    assert!(excused_in_vain.is_empty(), "{excused_in_vain:?} can be provoked after all");
    bank.assert_books_balance().await;
}

async fn money_refusals(bank: &Bank, provoked: &mut Provoked) {
    use Rejection as R;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 1_000).await;
    let dollars = bank.open(&alice, "USD".parse().unwrap()).await;
    let nobody = fresh_account();
    let (a, b) = (alice.account, bob.account);
    let cases = [
        (a, a, eur(1), Refusal::Ledger(R::AccountsMustDiffer)),
        (a, b, eur(0), Refusal::Ledger(R::AmountMustNotBeZero)),
        (nobody, b, eur(1), Refusal::Ledger(R::DebitAccountNotFound)),
        (a, nobody, eur(1), Refusal::Ledger(R::CreditAccountNotFound)),
        (a, dollars, eur(1), Refusal::Ledger(R::AssetMismatch)),
        (a, b, money(1, "USD"), Refusal::Ledger(R::AssetMismatch)),
        (a, b, eur(1_001), Refusal::Ledger(R::InsufficientFunds)),
        (a, b, eur(i64::MAX), Refusal::Ledger(R::TotalOverflow)),
        (b, a, eur(1), Refusal::NotAccountOwner),
    ];
    let entries = bank.count("SELECT count(*) FROM entries").await;
    for (debit, credit, amount, expected) in cases {
        let body = TransferBody { debit, credit, amount, details: None };
        let answer = submit(bank, &alice, Body::Transfer(body)).await;
        provoked.recorded(bank, &answer, expected);
    }
    assert_eq!(bank.count("SELECT count(*) FROM entries").await, entries, "nothing moved");
    let pay = |debit, credit| transfer(debit, credit, 1);

    let manager = bank.manager().await;
    for (freeze, expected) in [
        (Freeze { debit: true, credit: false }, R::DebitAccountFrozen),
        (Freeze { debit: false, credit: true }, R::CreditAccountFrozen),
    ] {
        let frozen = if freeze.debit { a } else { b };
        manager.freeze(frozen, freeze, "inquiry").await.unwrap();
        provoked.recorded(bank, &submit(bank, &alice, pay(a, b)).await, expected.into());
        manager.freeze(frozen, Freeze::default(), "over").await.unwrap();
    }
    let yen = bank.open(&alice, "JPY".parse().unwrap()).await;
    manager.fund(yen, money(i64::MAX, "JPY")).await.unwrap();
    let fund = Wish::fund(yen, money(1, "JPY")).body;
    let answer = bank.submit(manager, &Forger::of(manager).next(fund)).await;
    provoked.recorded(bank, &answer, R::TotalOverflow.into());

    let item = |id, minor| BatchItem { id, debit: a, credit: b, amount: eur(minor), details: None };
    let id = || TransferId::new(Uuid::now_v7());
    let items = vec![item(id(), 1), item(id(), 9_999)];
    let batch = submit(bank, &alice, Body::TransferBatch { atomic: true, items }).await;
    provoked.recorded(bank, &batch, R::InsufficientFunds.into());
    assert_eq!(batch.json()["receipt"]["items"], json!(["linked-failed", "insufficient-funds"]));
    provoked.0.insert(R::LinkedFailed.code().to_owned());
    // An id is burnt by whatever happened to it: within a batch, by an earlier batch, by a refusal.
    let burnt = id();
    for (atomic, minors) in [(true, [1, 1]), (false, [9_999, 1])] {
        let items = minors.map(|minor| item(burnt, minor)).to_vec();
        let batch = submit(bank, &alice, Body::TransferBatch { atomic, items }).await;
        provoked.recorded(bank, &batch, R::DuplicateItem.into());
    }
    let twice = id();
    let items = vec![item(twice, 9_999), item(twice, 1)];
    let batch = submit(bank, &alice, Body::TransferBatch { atomic: false, items }).await;
    provoked.recorded(bank, &batch, R::InsufficientFunds.into());
    assert_eq!(batch.json()["receipt"]["items"], json!(["insufficient-funds", "duplicate-item"]));
    bank.assert_books_balance().await;
}

async fn account_refusals(bank: &Bank, provoked: &mut Provoked) {
    let alice = bank.customer("Alice", 0).await;
    let own = alice.identity().user().id;
    let (manager, auditor) = (bank.manager().await, bank.auditor().await);
    let open = |account, asset: &str, owner| {
        let kind = AccountKind::Liability;
        Body::AccountOpen { account, asset: asset.parse().unwrap(), owner, kind }
    };
    let stranger = UserId::new(Uuid::now_v7());
    let bob = bank.customer("Bob", 0).await;
    let frozen = |account, credit| {
        Wish::freeze(account, Freeze { debit: false, credit }, "lost telephone".to_owned()).body
    };
    let all = Freeze { debit: true, credit: true };
    alice.freeze(alice.account, all, "lost telephone").await.unwrap();
    for (session, body, expected) in [
        (&alice.session, open(fresh_account(), "DOGE", own), Refusal::AssetUnknown),
        (&alice.session, open(fresh_account(), "EUR", stranger), Refusal::NotAccountOwner),
        (&alice.session, open(alice.account, "EUR", own), Refusal::AccountExists),
        (manager, open(fresh_account(), "EUR", stranger), Refusal::UserNotFound),
        (manager, Wish::fund(alice.account, money(1, "DOGE")).body, Refusal::AssetUnknown),
        (
            manager,
            Wish::freeze(fresh_account(), Freeze::default(), "why".to_owned()).body,
            Refusal::AccountNotFound,
        ),
        (&alice.session, frozen(alice.account, true), Refusal::UnfreezeByStaff),
        (&bob.session, frozen(alice.account, true), Refusal::AccountNotFound),
        (auditor, open(fresh_account(), "EUR", own), Refusal::PermissionDenied),
        (auditor, transfer(alice.account, fresh_account(), 1), Refusal::PermissionDenied),
        (&alice.session, Wish::fund(alice.account, eur(1)).body, Refusal::PermissionDenied),
    ] {
        let answer = bank.submit(session, &Forger::of(session).next(body)).await;
        provoked.recorded(bank, &answer, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_of_a_document_is_a_400_or_403_that_names_the_member_and_writes_nothing() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let forger = Forger::of(&alice);
    let body = || transfer(alice.account, fresh_account(), 1);
    let records = bank.count("SELECT count(*) FROM records").await;
    let mut seen = BTreeSet::new();
    let mut expect = async |signed: SignedIntent, code: &str, field: Option<&str>| {
        let request = Request::post("/api/transactions/transfer", signed.to_json());
        let answer = bank.send_as(&alice, request).await;
        assert_eq!(answer.problem(), code, "{}", answer.text());
        assert!((400..=422).contains(&answer.status), "{}", answer.status);
        assert_eq!(answer.json()["field"].as_str(), field, "{code}");
        seen.insert(code.to_owned());
    };
    let edited =
        |from: &str, to: &str| forger.sign_edited(body(), |text| text.replacen(from, to, 1));

    expect(edited("\"v\":\"1\"", "\"v\":\"2\""), "unsupported-version", Some("v")).await;
    expect(edited("\"kind\":\"transfer\"", "\"kind\":\"steal\""), "unknown-kind", Some("kind"))
        .await;
    expect(edited(",\"v\":\"1\"", ""), "missing-member", Some("v")).await;
    expect(edited("{\"at\"", "{\"aa\":\"x\",\"at\""), "unknown-member", Some("aa")).await;
    expect(edited("{\"amount\"", "{\"aa\":\"1\",\"amount\""), "unknown-member", Some("body.aa"))
        .await;
    expect(edited("\"amount\":\"1\"", "\"amount\":1"), "number-in-json", Some("body.amount")).await;
    expect(edited("\"amount\":\"1\"", "\"amount\":null"), "null-in-json", Some("body.amount"))
        .await;
    expect(
        edited("\"amount\":\"1\"", "\"amount\":\"1\",\"amount\":\"2\""),
        "duplicate-member",
        Some("body.amount"),
    )
    .await;
    for amount in ["-1", "+1", "01", "1.0", "1e3", " 1", "", "9223372036854775808", "0x1", "١"] {
        let to = format!("\"amount\":\"{amount}\"");
        expect(edited("\"amount\":\"1\"", &to), "malformed", Some("body.amount")).await;
    }
    expect(edited("\"at\"", " \"at\""), "not-canonical", None).await;
    expect(edited("\"kind\"", "\"\\u006bind\""), "not-canonical", None).await;
    expect(edited("\"EUR\"", "\"e\u{301}\""), "text-not-normal", Some("body.asset")).await;
    expect(edited("\"EUR\"", "\"EUR\u{202e}\""), "text-forbidden", Some("body.asset")).await;
    let deep = format!("\"body\":{}1{}", "[".repeat(40), "]".repeat(40));
    expect(
        edited("\"body\":{", &format!("{deep},\"body\":{{")),
        "too-deep",
        Some("body[0][0][0][0][0][0][0]"),
    )
    .await;
    expect(edited("\"testbank\"", "\"otherbank\""), "wrong-bank", Some("bank")).await;
    let huge = forger.sign_edited(body(), |text| {
        text.replacen("\"EUR\"", &format!("\"{}\"", "E".repeat(1 << 20)), 1)
    });
    expect(huge, "too-large", None).await;

    let good = forger.next(body());
    let with = |change: fn(&mut SignedIntent)| {
        let mut signed = good.clone();
        change(&mut signed);
        signed
    };
    expect(with(|signed| signed.signature[0] ^= 1), "signature-invalid", Some("signature")).await;
    expect(with(|signed| signed.signature.truncate(3_309)), "signature-invalid", Some("signature"))
        .await;
    expect(with(|signed| signed.suite = Suite::Compact), "suite-mismatch", Some("suite")).await;
    expect(
        with(|signed| signed.certificate = crypto::Sha3::from_bytes([1; 32])),
        "certificate-mismatch",
        Some("certificate"),
    )
    .await;
    let details = || Details { salt: [1; 32], value: [("memo".to_owned(), "x".to_owned())].into() };
    let mut unbidden = good.clone();
    unbidden.details = Some(details());
    expect(unbidden, "details-mismatch", Some("details")).await;
    let committed = TransferBody {
        debit: alice.account,
        credit: fresh_account(),
        amount: eur(1),
        details: Some(details().commitment()),
    };
    let mut other = forger.sign_with(forger.draft(Body::Transfer(committed)), Some(details()));
    other.details = Some(Details { salt: [2; 32], ..details() });
    expect(other, "details-mismatch", Some("body.details")).await;

    let unknown_suite =
        String::from_utf8(good.to_json()).unwrap().replace("\"standard\"", "\"rot13\"");
    let answer =
        bank.send_as(&alice, Request::post("/api/transactions/transfer", unknown_suite)).await;
    assert_eq!(answer.refusal(), (400, "unknown-suite".to_owned()));
    seen.insert("unknown-suite".to_owned());

    for (code, _) in IntentError::CODES {
        let excused = DOCUMENT_CODES_OUT_OF_REACH.iter().any(|(out, _)| *out == code);
        assert!(seen.contains(code) != excused, "{code}");
    }
    assert_eq!(bank.count("SELECT count(*) FROM records").await, records, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authentic_intent_in_the_wrong_place_or_time_is_refused_before_the_queue() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let bob = bank.customer("Bob", 0).await;
    let forger = Forger::of(&alice);
    let records = bank.count("SELECT count(*) FROM records").await;
    let draft = || forger.draft(transfer(alice.account, bob.account, 1));
    let at = |offset_s: i64| {
        let now_us = server::clock::now().get();
        intent::UtcMicros::from_micros(now_us + offset_s * 1_000_000)
    };
    let mut cases = Vec::new();
    for (offset_s, code) in [(-86_460, "intent-too-old"), (360, "intent-from-the-future")] {
        let mut draft = draft();
        draft.at = at(offset_s);
        cases.push((draft, 422, code));
    }
    let mut other_device = draft();
    other_device.device = bob.identity().device().id();
    cases.push((other_device, 403, "device-mismatch"));
    let mut other_role = draft();
    other_role.authority = Role::Manager;
    cases.push((other_role, 403, "authority-mismatch"));
    for (draft, status, code) in cases {
        let answer = bank.submit(&alice, &forger.sign(draft)).await;
        assert_eq!(answer.refusal(), (status, code.to_owned()));
    }
    let good = forger.next(transfer(alice.account, bob.account, 1));
    let in_bobs_session = bank.submit(&bob, &good).await;
    assert_eq!(in_bobs_session.refusal(), (403, "session-of-another-certificate".to_owned()));
    let wrong_route =
        bank.send_as(&alice, Request::post("/api/transactions/batch", good.to_json())).await;
    assert_eq!(wrong_route.refusal(), (400, "malformed-request".to_owned()));
    assert_eq!(bank.count("SELECT count(*) FROM records").await, records, "nothing was written");
    assert_eq!(bank.submit(&alice, &good).await.status, 200, "and nothing was burnt");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_of_a_problem_is_provoked_or_excused() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let mut seen = BTreeSet::new();
    let mut expect = |answer: &Answer, code: Code| {
        assert_eq!(answer.refusal(), (code.status().as_u16(), code.name().to_owned()));
        assert_eq!(answer.json()["title"], code.title());
        seen.insert(code.name());
    };
    expect(&bank.get("/api/nowhere").await, Code::NotFound);
    expect(
        &bank.send(Request::new(Method::PUT, "/api/users/register", "")).await,
        Code::MethodNotAllowed,
    );
    // Refused by its announced length: the server need not read what it will not keep.
    let long = bank.begin("/api/users/register", 5 * 1024 * 1024).await;
    expect(&long.answer().await, Code::BodyTooLarge);
    let text = Request::post("/api/users/register", "{}").with("content-type", "text/plain");
    expect(&bank.send(text).await, Code::UnsupportedMediaType);
    expect(&bank.send(Request::post("/api/users/register", "{\"name\":")).await, Code::Malformed);
    expect(&bank.get("/api/accounts").await, Code::Unauthenticated);
    expect(&bank.get_as(&alice, "/api/admin/users").await, Code::Forbidden);
    let kept_out = bank.customer("Kept Out", 0).await;
    let subject = format!("user:{}", kept_out.identity().user().id);
    let here = "127.0.0.1/32".to_owned();
    let rule = Wish::set_ip_rule(Uuid::now_v7(), subject, here, IpRuleAction::Deny);
    bank.admin().await.submit(rule).await.unwrap();
    expect(&bank.get_as(&kept_out, "/api/accounts").await, Code::AddressNotAllowed);
    let nobody = json!({"certificate": "00".repeat(32), "device_id": "00".repeat(32)});
    let challenge = Request::post_json("/api/auth/certificate-challenge", &nobody);
    expect(&bank.send(challenge).await, Code::CertificateNotAccepted);
    let stale = bank.login(&alice.holder).await;
    bank.execute("UPDATE sessions SET authenticated_at = now() - interval '6 minutes'").await;
    let set = |password: &str| {
        Request::post_json("/api/users/password", &json!({ "password": password }))
    };
    expect(&bank.send_as(&stale, set("seven green umbrellas")).await, Code::NotFresh);
    expect(&bank.send_as(&alice, set("too short")).await, Code::PasswordUnfit);
    let preview = Request::post("/api/payments/files/preview", "<nothing/>");
    expect(&bank.send_as(&alice, preview).await, Code::FileRefused);
    let file = e2e::table(&[(alice.account, fresh_account(), "1.00", "E1")]);
    let file = client::FileToPay::read(file.as_bytes()).unwrap();
    let alone = Forger::of(&alice).next(file.body(&BTreeMap::new()).unwrap());
    expect(&bank.submit(&alice, &alone).await, Code::FileMismatch);
    bank.send_as(&alice, set("seven green umbrellas")).await.assert_ok();
    let profile = format!("/api/users/{}/profile", alice.identity().user().id);
    let email = bank.get_as(&alice, &profile).await.ok().json()["email"].clone();
    let visit = bank.client();
    let visit = visit.visit(email.as_str().unwrap(), "seven green umbrellas", SecondFactor::None);
    expect(&bank.get_as(&visit.await.unwrap(), "/api/accounts").await, Code::AssuranceTooLow);
    let setup = || Request::post("/api/mfa/setup", "{}");
    let told = bank.send_as(&alice, setup()).await.ok().json();
    let app = totp_rs::Totp::from_url(told["uri"].as_str().unwrap()).unwrap();
    let now_s = u64::try_from(server::clock::now().get() / 1_000_000).unwrap();
    let code = json!({"code": app.generate(now_s).to_string()});
    let verify = || Request::post_json("/api/mfa/verify", &code);
    bank.send_as(&alice, verify()).await.assert_ok();
    expect(&bank.send_as(&alice, verify()).await, Code::FactorRefused);
    expect(&bank.send_as(&alice, setup()).await, Code::Conflict);
    let kem = b64(alice.holder.kem().public_key().as_bytes());
    let wrong = json!({"email": email, "password": "a wrong one here", "kem_public_key": kem});
    let wrong = || Request::post_json("/api/users/login", &wrong);
    expect(&bank.send(wrong()).await, Code::CredentialsRefused);
    let locked = e2e::eventually("the account to be locked", async || {
        let answer = bank.send(wrong()).await;
        (answer.status != 401).then_some(answer)
    });
    expect(&locked.await, Code::RateLimited);
    let unproved =
        Request::get("/api/accounts").proved_by(&alice).await.without("strongroom-proof");
    expect(&bank.send(unproved).await, Code::ProofRefused);
    let second = bank.login(&alice.holder).await;
    second.logout().await.unwrap();
    expect(&bank.get_as(&second, "/api/accounts").await, Code::SessionEnded);
    let digest = |byte: u8| hex::encode([byte; 32]);
    let pair = |token: u8| {
        let body = json!({
            "user_id": alice.identity().user().id.to_string(),
            "device_id": digest(1), "csr_sha3": digest(2), "registration": digest(token), "name": "tablet",
        });
        Request::post_json("/api/auth/qr-challenge", &body)
    };
    assert_eq!(bank.send(pair(1)).await.status, 201);
    expect(&bank.send(pair(1)).await, Code::Conflict);
    for token in 2..=5 {
        assert_eq!(bank.send(pair(token)).await.status, 201);
    }
    expect(&bank.send(pair(6)).await, Code::RateLimited);
    bank.execute("ALTER TABLE entries RENAME TO hidden").await;
    expect(&bank.get_as(&alice, "/api/transactions/history").await, Code::Internal);
    bank.execute("ALTER TABLE hidden RENAME TO entries").await;
    assert_eq!(bank.get_as(&alice, "/api/transactions/history").await.status, 200);

    let mut bank = Bank::start_with(|config| {
        config.limits.requests_max = 1;
        config.limits.timeout = Duration::from_secs(2);
    })
    .await;
    // A body that never ends holds the only place, until its time is up. One that comes while a question holds it is turned away, so each round
    // begins another.
    let mut begun = Vec::new();
    let busy = e2e::eventually("the only place to be taken", async || {
        begun.push(bank.begin("/api/users/register", 100).await);
        let answer = bank.get("/api/security/info").await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    expect(&busy, Code::Overloaded);
    assert_eq!(busy.header("retry-after"), "1");
    assert_eq!(bank.get("/health/live").await.status, 204, "probes are let through");
    let mut timed_out = 0;
    for unfinished in begun {
        let answer = unfinished.answer().await;
        if answer.status == Code::Overloaded.status().as_u16() {
            continue;
        }
        expect(&answer, Code::TimedOut);
        timed_out += 1;
    }
    assert_eq!(timed_out, 1, "there is one place");
    bank.stop_postgres().await;
    let down = bank.get("/api/log/checkpoint").await;
    expect(&down, Code::Unavailable);
    assert!(!down.header("retry-after").is_empty());

    for code in Code::ALL {
        let excused = CODES_OUT_OF_REACH.iter().any(|(out, _)| out == code);
        assert!(seen.contains(code.name()) != excused, "{}", code.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_are_told_which_member_is_at_fault() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let register = |name: &str, email: &str| {
        Request::post_json("/api/users/register", &json!({"name": name, "email": email}))
    };
    for (request, field) in [
        (register("", "a@example.org"), Some("name")),
        (register("Amel\u{0069}\u{0301}e", "a@example.org"), Some("name")),
        (register("Eve\u{202e}", "a@example.org"), Some("name")),
        (register(&"x".repeat(121), "a@example.org"), Some("name")),
        (register("Eve", "nobody"), Some("email")),
        (register("Eve", "a b@example.org"), Some("email")),
        (
            Request::post(
                "/api/users/register",
                r#"{"name":"Eve","email":"e@x.org","role":"manager"}"#,
            ),
            Some("role"),
        ),
        (
            Request::post(
                "/api/users/register",
                r#"{"name":"Eve","name":"Eve","email":"e@x.org"}"#,
            ),
            None,
        ),
        (
            Request::post(
                "/api/auth/certificate-challenge",
                r#"{"certificate":"zz","device_id":"zz"}"#,
            ),
            Some("certificate"),
        ),
        (Request::post("/api/users/register", r#"{"name":"Eve","email":1}"#), Some("email")),
        (Request::post("/api/users/register", r#"{"name":"Eve"}"#), None),
        (Request::post("/api/users/enrol", r#"{"device_proof":1}"#), Some("device_proof")),
        (Request::post("/api/users/enrol", "[]"), None),
        (Request::get("/api/log/entries?first=0&count=0"), Some("count")),
        (Request::get("/api/log/entries?first=-1&count=1"), None),
        (Request::get("/api/log/entries?first=0&count=1&x=1"), None),
        (Request::get("/api/log/tile/9/x"), Some("path")),
    ] {
        let what = format!("{} {}", request.path, String::from_utf8_lossy(&request.body));
        let answer = bank.send(request).await;
        assert_eq!(answer.refusal(), (400, "malformed-request".to_owned()), "{what}");
        assert_eq!(
            answer.json()["field"].as_str().filter(|field| !field.is_empty()),
            field,
            "{what}"
        );
    }
    for (path, field) in [
        ("/api/accounts?limit=0", Some("limit")),
        ("/api/accounts?limit=x", None),
        ("/api/accounts?cursor=x", Some("cursor")),
        ("/api/accounts/1", Some("id")),
        ("/api/accounts/resolve/SR00123456789012345678", Some("number")),
        ("/api/transactions/history?cursor=1", Some("cursor")),
        ("/api/transactions/history?account=1", Some("account")),
        ("/api/transactions/x", Some("id")),
        ("/api/users/x/profile", Some("id")),
        ("/api/quantum/keys/x/info", Some("user_id")),
        ("/api/certificates/status?certificate=zz", Some("certificate")),
    ] {
        let answer = bank.get_as(&alice, path).await;
        assert_eq!(answer.refusal(), (400, "malformed-request".to_owned()), "{path}");
        assert_eq!(answer.json()["field"].as_str(), field, "{path}");
    }
}

/// The keys of one holder under the name and on a device of another.
fn copy_of_keys(holder: &Holder, user: UserName) -> Holder {
    Holder::generate(Suite::Standard, user).with_keys_of(holder)
}

fn seal(kem: &KemPublicKey, holder: &Holder, signed: &SignedIntent) -> Vec<u8> {
    let transcript = sha256(&signed.intent);
    let key = holder.device().key().expose();
    seal_to(kem, "device-key", transcript.as_bytes(), key).unwrap()
}

fn envelope(signed: &SignedIntent) -> Value {
    serde_json::from_slice(&signed.to_json()).unwrap()
}

fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn transfer(debit: AccountId, credit: AccountId, minor: i64) -> Body {
    Body::Transfer(TransferBody { debit, credit, amount: eur(minor), details: None })
}

async fn submit(bank: &Bank, customer: &Customer, body: Body) -> Answer {
    bank.submit(customer, &Forger::of(customer).next(body)).await
}
