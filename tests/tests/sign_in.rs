//! Every way in without a certificate, and every way that it is kept from being more than that.

#[path = "sign_in/guessing.rs"]
mod guessing;
#[path = "sign_in/passkeys.rs"]
mod passkeys;
#[path = "sign_in/sessions.rs"]
mod sessions;

use std::net::{IpAddr, Ipv4Addr};

use base64ct::{Base64UrlUnpadded, Encoding};
use client::{ClientError, SecondFactor, Visit};
use crypto::{KemSecretKey, Suite};
use e2e::{Answer, Bank, Customer, Forger, Request, eur, fresh_account};
use intent::{Body, TransferBody};
use reqwest::Method;
use serde_json::{Value, json};
use server::policy::routes::{ROUTES, Route, listed};
use totp_rs::Totp;

const PASSWORD: &str = "seven green umbrellas";

/// A customer with a password, by their certificate and device.
struct Person {
    customer: Customer,
    email: String,
}

impl Person {
    async fn new(bank: &Bank, name: &str) -> Self {
        let customer = bank.customer(name, 1_000).await;
        customer.set_password(PASSWORD, None).await.unwrap();
        let email = email(&customer).await;
        Self { customer, email }
    }

    async fn visit(&self, bank: &Bank, factor: SecondFactor<'_>) -> Result<Visit, ClientError> {
        bank.client().visit(&self.email, PASSWORD, factor).await
    }

    /// With an authenticator too.
    async fn with_authenticator(bank: &Bank, name: &str) -> (Self, Authenticator, Vec<String>) {
        let person = Self::new(bank, name).await;
        let setup = person.customer.set_up_authenticator().await.unwrap();
        let authenticator = Authenticator(Totp::from_url(&setup.uri).unwrap());
        let code = authenticator.code(0);
        let codes = person.customer.verify_factor(SecondFactor::Code(&code)).await.unwrap();
        bank.forget_steps().await;
        (person, authenticator, codes.recovery_codes)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_recovery_codes_asks_for_a_recovery_with_one_of_them_and_each_is_good_once() {
    let bank = Bank::start().await;
    let (alice, _, codes) = Person::with_authenticator(&bank, "Alice").await;
    let waiting = async || bank.manager().await.recoveries().await.unwrap();
    for wrong in [None, Some("aaaa-bbbb-cccc-dddd"), Some("")] {
        // The answer is the same: who asks learns nothing of who is a customer.
        bank.client().request_recovery(&alice.email, wrong).await.unwrap();
        assert!(waiting().await.is_empty(), "{wrong:?}");
    }
    for _ in 0..2 {
        bank.client().request_recovery(&alice.email, Some(&codes[0])).await.unwrap();
        let requests = waiting().await;
        assert_eq!(requests.len(), 1);
        assert!(requests[0].proved_by_code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_takes_every_other_way_in_away_from_whoever_has_the_old_devices() {
    let bank = Bank::start().await;
    let (alice, _, codes) = Person::with_authenticator(&bank, "Alice").await;
    let open = alice.visit(&bank, SecondFactor::RecoveryCode(&codes[0])).await.unwrap();
    bank.get_as(&open, "/api/accounts").await.assert_ok();
    let asked = bank.client().request_recovery(&alice.email, Some(&codes[1])).await.unwrap();
    let registration = crypto::sha3_256(asked.token.expose());
    let user = alice.customer.identity().user().id;
    bank.manager().await.recover(user, registration, "stolen").await.unwrap();

    assert_eq!(bank.get_as(&open, "/api/accounts").await.status, 401);
    for factor in [SecondFactor::None, SecondFactor::RecoveryCode(&codes[2])] {
        assert_eq!(code_of(alice.visit(&bank, factor).await), "credentials-refused");
    }
    bank.assert_verifies().await;
}

async fn email(session: &client::Session) -> String {
    let path = format!("/api/users/{}/profile", session.identity().user().id);
    let profile: Value = session.get(&path).await.unwrap();
    profile["email"].as_str().unwrap().to_owned()
}

/// An app on a phone.
struct Authenticator(Totp);

impl Authenticator {
    /// The code of the step that is so many steps from now.
    fn code(&self, steps: i64) -> String {
        let now_s = server::clock::now().get() / 1_000_000;
        self.0.generate(u64::try_from(now_s + 30 * steps).unwrap()).to_string()
    }
}

trait BehindTheBack {
    async fn forget_steps(&self);
    async fn forget_attempts(&self);
    async fn age(&self, column: &str, minutes: u32);
}

impl BehindTheBack for Bank {
    /// As if the next codes were shown a minute later.
    async fn forget_steps(&self) {
        self.execute("UPDATE totp_factors SET last_step = 0").await;
    }

    async fn forget_attempts(&self) {
        self.execute("DELETE FROM sign_in_attempts").await;
    }

    /// As if this much time had gone by since what a column of every session says.
    async fn age(&self, column: &str, minutes: u32) {
        let sql = format!("UPDATE sessions SET {column} = {column} - interval '{minutes} minutes'");
        self.execute(&sql).await;
    }
}

fn login_body(email: &str, password: &str) -> Value {
    let kem = KemSecretKey::generate(Suite::Standard).unwrap();
    let kem_public_key = Base64UrlUnpadded::encode_string(kem.public_key().as_bytes());
    json!({"email": email, "password": password, "kem_public_key": kem_public_key})
}

async fn login(bank: &Bank, email: &str, password: &str) -> Answer {
    bank.send(Request::post_json("/api/users/login", &login_body(email, password))).await
}

/// A sign-in from an address of the loopback network.
async fn login_from(bank: &Bank, ip: [u8; 4], email: &str, password: &str) -> (u16, Option<u64>) {
    let http = reqwest::Client::builder()
        .local_address(IpAddr::V4(Ipv4Addr::from(ip)))
        .no_proxy()
        .build()
        .unwrap();
    let url = format!("http://{}/api/users/login", bank.addr());
    let answer = http.post(url).json(&login_body(email, password)).send().await.unwrap();
    let retry = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().parse());
    (answer.status().as_u16(), retry.map(Result::unwrap))
}

fn code_of<T>(outcome: Result<T, ClientError>) -> String {
    let error = outcome.err().expect("a refusal");
    error.problem().unwrap_or_else(|| panic!("{error}")).code.clone()
}

/// The level that a refusal says is needed.
fn needs(answer: &Answer) -> String {
    assert_eq!(answer.refusal(), (403, "assurance-too-low".to_owned()), "{}", answer.text());
    answer.json()["detail"].as_str().unwrap().to_owned()
}

fn transfer(customer: &Customer) -> intent::SignedIntent {
    let (debit, credit) = (customer.account, fresh_account());
    Forger::of(customer).next(Body::Transfer(TransferBody {
        debit,
        credit,
        amount: eur(1),
        details: None,
    }))
}

// ---- levels

#[tokio::test(flavor = "multi_thread")]
async fn a_password_sees_its_holder_a_second_factor_what_they_own_and_neither_signs() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let visit = alice.visit(&bank, SecondFactor::None).await.unwrap();
    assert_eq!((visit.aal, visit.second_factor.len()), (1, 0));
    let who = bank.get_as(&visit, "/api/auth/verify-session").await.ok().json();
    assert_eq!((&who["aal"], &who["assurance"]), (&json!(1), &json!("password")));
    assert!(who.get("certificate").is_none() && who.get("device_id").is_none());
    let own = format!("/api/users/{}/profile", visit.user);
    bank.get_as(&visit, &own).await.assert_ok();
    bank.get_as(&visit, "/api/auth/sessions").await.assert_ok();
    for path in ["/api/accounts", "/api/transactions/history", "/api/certificates/status"] {
        assert_eq!(needs(&bank.get_as(&visit, path).await), "needs aal2", "{path}");
    }
    let other = format!("/api/users/{}/profile", uuid::Uuid::now_v7());
    assert_eq!(needs(&bank.get_as(&visit, &other).await), "needs aal3");

    let setup = visit.set_up_authenticator().await.unwrap();
    let authenticator = Authenticator(Totp::from_url(&setup.uri).unwrap());
    assert!(setup.qr_svg.contains("<svg"));
    let verified = visit.verify_factor(SecondFactor::Code(&authenticator.code(0))).await.unwrap();
    assert_eq!((verified.aal, verified.recovery_codes.len()), (2, 10));
    let accounts = bank.get_as(&visit, "/api/accounts").await.ok().json();
    assert_eq!(accounts["items"].as_array().unwrap().len(), 1);

    let signed = transfer(&alice.customer);
    for path in ["/api/transactions/transfer", "/api/intents"] {
        let answer = bank.send_as(&visit, Request::post(path, signed.to_json())).await;
        assert_eq!(needs(&answer), "needs aal3", "{path}");
    }
    assert_eq!(bank.balance(alice.customer.account).await, 1_000);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_without_a_certificate_see_nobody_but_themselves() {
    let bank = Bank::start().await;
    bank.customer("Alice", 100).await;
    let manager = bank.manager().await;
    manager.set_password(PASSWORD, None).await.unwrap();
    let setup = manager.set_up_authenticator().await.unwrap();
    let authenticator = Authenticator(Totp::from_url(&setup.uri).unwrap());
    manager.verify_factor(SecondFactor::Code(&authenticator.code(0))).await.unwrap();
    let (email, code) = (email(manager).await, authenticator.code(1));
    let visit = bank.client().visit(&email, PASSWORD, SecondFactor::Code(&code)).await.unwrap();
    assert_eq!(visit.aal, 2);
    bank.get_as(&visit, &format!("/api/users/{}/profile", visit.user)).await.assert_ok();
    let others = format!("/api/users/{}/profile", uuid::Uuid::now_v7());
    for path in ["/api/accounts", "/api/transactions/history", others.as_str()] {
        assert_eq!(needs(&bank.get_as(&visit, path).await), "needs aal3", "{path}");
    }
    let request = Request::post_json("/api/mfa/trusted-devices", &json!({"name": "desk"}));
    assert_eq!(bank.send_as(&visit, request).await.refusal(), (403, "forbidden".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_levels_names_routes_that_exist_and_all_others_need_a_certificate() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let document = bank.get("/api/openapi.json").await.ok().json();
    let routes: Vec<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .collect();
    for route in ROUTES.iter().filter(|route| route.is_below_aal3()) {
        let named = (route.method.to_owned(), route.path.to_owned());
        assert!(routes.contains(&named), "{} {}", route.method, route.path);
    }
    let visit = alice.visit(&bank, SecondFactor::None).await.unwrap();
    let mut refused = 0;
    for (method, path) in &routes {
        let is_below = listed(method, path).is_some_and(Route::is_below_aal3);
        // A route without a session does not look at one.
        let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let filled = parts.collect::<Vec<_>>().join("/");
        let bare = Request::new(Method::from_bytes(method.as_bytes()).unwrap(), &filled, "{}");
        if is_below || bank.send(bare.clone()).await.status != 401 || path.contains("/login") {
            continue;
        }
        let answer = bank.send_as(&visit, bare).await;
        if path == "/api/auth/refresh" || path.starts_with("/api/auth/certificate") {
            continue;
        }
        assert_eq!(needs(&answer), "needs aal3", "{method} {path}");
        refused += 1;
    }
    assert!(refused >= 7, "{refused}");
    let menu = bank.get_as(&visit, "/api/rbac/navigation").await.ok().text();
    assert!(menu.contains("\"/api/mfa\"") && !menu.contains("\"/api/accounts\""), "{menu}");
}

// ---- passwords

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_a_sign_in_the_answer_is_the_same() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let bob = bank.customer("Bob", 0).await;
    let carol = Person::new(&bank, "Carol").await;
    let user = carol.customer.identity().user().id;
    bank.execute(&format!("UPDATE users SET status = 'locked' WHERE user_id = '{user}'")).await;
    let answers = [
        login(&bank, "nobody@people.example", PASSWORD).await,
        login(&bank, "", "").await,
        login(&bank, &email(&bob).await, PASSWORD).await,
        login(&bank, &alice.email, "seven green umbrella").await,
        login(&bank, &alice.email, "").await,
        login(&bank, &carol.email, PASSWORD).await,
    ];
    let body = |answer: &Answer| {
        let mut body = answer.json();
        body["request_id"].take();
        body
    };
    for answer in &answers {
        assert_eq!(answer.refusal(), (401, "credentials-refused".to_owned()));
        assert_eq!(body(answer), body(&answers[0]));
    }
    let spelled_otherwise = format!(" {} ", alice.email.to_uppercase());
    login(&bank, &spelled_otherwise, PASSWORD).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_by_an_enrolled_device_and_changed_by_whoever_knows_it() {
    let bank = Bank::start().await;
    let (alice, authenticator, _) = Person::with_authenticator(&bank, "Alice Wonder").await;
    for (unfit, why) in [
        ("too short", "12"),
        ("my name is alice", "name"),
        ("password1234", "everybody"),
        (&"x".repeat(300), "256"),
    ] {
        let refused = alice.customer.set_password(unfit, None).await.unwrap_err();
        let problem = refused.problem().unwrap();
        assert_eq!((problem.status, problem.code.as_str()), (422, "password-unfit"), "{unfit}");
        assert!(problem.detail.contains(why), "{}", problem.detail);
    }
    let low = alice.visit(&bank, SecondFactor::None).await.unwrap();
    assert_eq!(code_of(low.set_password("eight red bicycles", None).await), "assurance-too-low");
    let code = authenticator.code(0);
    let visit = alice.visit(&bank, SecondFactor::Code(&code)).await.unwrap();
    let without = visit.set_password("eight red bicycles", None).await;
    assert_eq!(code_of(without), "malformed-request");
    let wrong = visit.set_password("eight red bicycles", Some("seven green umbrella")).await;
    assert_eq!(code_of(wrong), "credentials-refused");
    visit.set_password("eight red bicycles", Some(PASSWORD)).await.unwrap();
    assert_eq!(login(&bank, &alice.email, PASSWORD).await.status, 401, "the old one is over");
    login(&bank, &alice.email, "eight red bicycles").await.assert_ok();
    assert_eq!(code_of(low.get::<Value>("/api/auth/sessions").await), "session-ended");
    visit.get::<Value>("/api/auth/sessions").await.unwrap();

    // Forgotten: the enrolled device sets another one, and has to be held by its holder now.
    let stale = bank.login(&alice.customer.holder).await;
    bank.age("authenticated_at", 6).await;
    assert_eq!(code_of(stale.set_password(PASSWORD, None).await), "authentication-not-fresh");
    stale.reverify().await.unwrap();
    stale.set_password(PASSWORD, None).await.unwrap();
    login(&bank, &alice.email, PASSWORD).await.assert_ok();
    let stored: Vec<u8> = {
        let rows = bank.rows("SELECT sealed_hash FROM passwords").await;
        sqlx::Row::get(&rows[0], 0)
    };
    assert!(stored.len() > 32 + 12, "sealed, not bare");
}

// ---- second factors

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_refuses_everything_but_the_right_code_once() {
    let bank = Bank::start().await;
    let (alice, authenticator, _) = Person::with_authenticator(&bank, "Alice").await;
    let visit = alice.visit(&bank, SecondFactor::None).await.unwrap();
    assert_eq!(visit.second_factor, ["totp", "recovery_code"]);
    let (old, late) = (authenticator.code(-3), authenticator.code(3));
    for wrong in ["", "000000x", "12345", "1234567", "٠١٢٣٤٥", &old, &late] {
        bank.forget_attempts().await;
        let refused = visit.verify_factor(SecondFactor::Code(wrong)).await;
        assert_eq!(code_of(refused), "second-factor-refused", "{wrong:?}");
        assert_eq!(needs(&bank.get_as(&visit, "/api/accounts").await), "needs aal2");
    }
    bank.forget_attempts().await;
    let code = authenticator.code(0);
    assert_eq!(visit.verify_factor(SecondFactor::Code(&code)).await.unwrap().aal, 2);
    bank.get_as(&visit, "/api/accounts").await.assert_ok();
    let again = alice.visit(&bank, SecondFactor::Code(&code)).await;
    assert_eq!(code_of(again), "second-factor-refused", "a code that was used");
    let earlier = alice.visit(&bank, SecondFactor::Code(&authenticator.code(-1))).await;
    assert_eq!(code_of(earlier), "second-factor-refused", "one of before it");
    let next = authenticator.code(1);
    assert_eq!(alice.visit(&bank, SecondFactor::Code(&next)).await.unwrap().aal, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_with_one_code_one_wins() {
    let bank = Bank::start().await;
    let (alice, authenticator, codes) = Person::with_authenticator(&bank, "Alice").await;
    let mut visits = Vec::new();
    for _ in 0..5 {
        visits.push(alice.visit(&bank, SecondFactor::None).await.unwrap());
    }
    let code = authenticator.code(0);
    for factor in [SecondFactor::Code(&code), SecondFactor::RecoveryCode(&codes[0])] {
        bank.forget_attempts().await;
        let mut wins = 0;
        let attempts = visits.iter().map(|visit| visit.verify_factor(factor));
        for outcome in futures(attempts).await {
            wins += usize::from(outcome.is_ok());
        }
        assert_eq!(wins, 1, "{factor:?}");
    }
}

/// All at once.
async fn futures<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut open = false;
        for (future, output) in &mut pending {
            if output.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => open = true,
                }
            }
        }
        if open { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    pending.into_iter().map(|(_, output)| output.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_good_once_each_and_new_ones_end_the_old() {
    let bank = Bank::start().await;
    let (alice, authenticator, codes) = Person::with_authenticator(&bank, "Alice").await;
    assert_eq!(codes.len(), 10);
    for code in &codes[..2] {
        let typed = code.to_lowercase().replace('-', " ");
        let visit = alice.visit(&bank, SecondFactor::RecoveryCode(&typed)).await.unwrap();
        assert_eq!(visit.aal, 2);
        let again = alice.visit(&bank, SecondFactor::RecoveryCode(code)).await;
        assert_eq!(code_of(again), "second-factor-refused");
        let trust = visit.trust_this_device("a shared computer").await;
        assert_eq!(code_of(trust), "authentication-not-fresh", "no trust comes of a recovery code");
    }
    let bob = Person::with_authenticator(&bank, "Bob").await.0;
    let foreign = bob.visit(&bank, SecondFactor::RecoveryCode(&codes[2])).await;
    assert_eq!(code_of(foreign), "second-factor-refused", "of somebody else");
    let renewed = alice.customer.renew_recovery_codes(&authenticator.code(0)).await.unwrap();
    assert!(renewed.iter().all(|code| !codes.contains(code)));
    let old = alice.visit(&bank, SecondFactor::RecoveryCode(&codes[3])).await;
    assert_eq!(code_of(old), "second-factor-refused");
    alice.visit(&bank, SecondFactor::RecoveryCode(&renewed[0])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_password_makes_no_second_factor_and_takes_none_away() {
    let bank = Bank::start().await;
    let (alice, authenticator, _) = Person::with_authenticator(&bank, "Alice").await;
    let thief = alice.visit(&bank, SecondFactor::None).await.unwrap();
    assert_eq!(code_of(thief.set_up_authenticator().await), "assurance-too-low");
    let disable = |body: Value| Request::post_json("/api/mfa/disable", &body);
    assert_eq!(needs(&bank.send_as(&thief, disable(json!({}))).await), "needs aal2");
    for (method, path) in [
        ("POST", "/api/mfa/recovery-codes"),
        ("POST", "/api/passkeys/register/begin"),
        ("POST", "/api/mfa/trusted-devices"),
        ("DELETE", "/api/auth/sessions"),
    ] {
        let request = Request::new(Method::from_bytes(method.as_bytes()).unwrap(), path, "{}");
        assert_eq!(needs(&bank.send_as(&thief, request).await), "needs aal2", "{path}");
    }
    let code = authenticator.code(0);
    let visit = alice.visit(&bank, SecondFactor::Code(&code)).await.unwrap();
    assert_eq!(needs(&bank.send_as(&visit, disable(json!({}))).await), "needs aal3");
    let replayed = bank.send_as(&visit, disable(json!({"code": code}))).await;
    assert_eq!(replayed.refusal(), (403, "second-factor-refused".to_owned()));
    let both = disable(json!({"code": code, "recovery_code": code}));
    assert_eq!(bank.send_as(&visit, both).await.status, 400);
    let fresh = disable(json!({"code": authenticator.code(1)}));
    assert_eq!(bank.send_as(&visit, fresh).await.status, 204);
    let after = alice.visit(&bank, SecondFactor::None).await.unwrap();
    assert!(after.second_factor.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_browser_skips_the_second_factor_until_it_is_trusted_no_more() {
    let bank = Bank::start().await;
    let (alice, authenticator, _) = Person::with_authenticator(&bank, "Alice").await;
    let code = authenticator.code(0);
    let visit = alice.visit(&bank, SecondFactor::Code(&code)).await.unwrap();
    let trust = visit.trust_this_device("my browser").await.unwrap();
    let token = SecondFactor::TrustedDevice(&trust.trusted_device);
    let trusted = alice.visit(&bank, token).await.unwrap();
    assert_eq!(trusted.aal, 2);
    assert_eq!(code_of(trusted.trust_this_device("again").await), "authentication-not-fresh");
    let bob = Person::new(&bank, "Bob").await;
    assert_eq!(bob.visit(&bank, token).await.unwrap().aal, 1, "somebody else's browser");
    let made_up = "A".repeat(43);
    for other in ["", "!", made_up.as_str()] {
        let visit = alice.visit(&bank, SecondFactor::TrustedDevice(other)).await.unwrap();
        assert_eq!(visit.aal, 1, "{other:?}");
    }
    let list: Value = trusted.get("/api/mfa/trusted-devices").await.unwrap();
    assert_eq!(list["items"][0]["name"], "my browser");
    assert!(!list.to_string().contains(&trust.trusted_device));
    let path = format!("/api/mfa/trusted-devices/{}", trust.id);
    let foreign = bank.send_as(&bob.customer, Request::new(Method::DELETE, &path, "")).await;
    assert_eq!(foreign.status, 404);
    assert_eq!(bank.send_as(&trusted, Request::new(Method::DELETE, &path, "")).await.status, 204);
    assert_eq!(alice.visit(&bank, token).await.unwrap().aal, 1, "revoked");

    let visit = alice.visit(&bank, SecondFactor::Code(&authenticator.code(1))).await.unwrap();
    let trust = visit.trust_this_device("once more").await.unwrap();
    let token = SecondFactor::TrustedDevice(&trust.trusted_device);
    bank.execute("UPDATE trusted_browsers SET expires_at = now()").await;
    assert_eq!(alice.visit(&bank, token).await.unwrap().aal, 1, "after 30 days");
}
