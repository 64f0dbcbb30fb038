//! What strangers, customers and staff ask of routes that are not theirs, and bodies that are none.

use client::{Session, Wish};
use e2e::{Bank, Customer, Forger, Holder, Request, eur, eventually, fresh_account};
use intent::{Body, BusinessDay, Kind, OrderTerms, Rhythm, Role, ShortOfFunds, UserId};
use ledger::AccountKind;
use reqwest::Method;
use serde_json::json;
use server::policy::routes::{Access, ROUTES, Route, listed};
use server::policy::{Permission, allows, permissions};
use sqlx::Row as _;
use uuid::Uuid;

use super::pay;

/// Alice, and one of everything that a route names by a parameter.
struct Victim {
    alice: Customer,
    /// Path with its parameters, and with what of hers is there.
    targets: Vec<(&'static str, String)>,
    /// What nobody else reads who may not.
    secrets: Vec<String>,
}

impl Victim {
    async fn new(bank: &Bank) -> Self {
        bank.put_in_force("statements", "bank", r#"{"every":"day"}"#).await;
        bank.put_in_force("approvals", "bank", r#"{"above":"100","two_above":"1000"}"#).await;
        let alice = bank.customer("Alice Secret", 1_000_000).await;
        let carol = bank.customer("Carol", 0).await;
        let session = bank.login(&alice.holder).await.standing().await.session.to_string();
        let (user, account) = (alice.identity().user().id.to_string(), alice.account.to_string());
        let paid =
            alice.transfer(alice.account, carol.account, eur(1), Some("private")).await.unwrap();
        let text = e2e::table(&[(alice.account, carol.account, "1.00", "private-1")]);
        let file = client::FileToPay::read(text.as_bytes()).unwrap();
        let file = alice.pay_file(&file).await.unwrap().receipt.intent_id.to_string();
        let held = alice.transfer(alice.account, carol.account, eur(10_001), None).await.unwrap();
        assert_eq!(held.receipt.code, "held");
        let terms = OrderTerms {
            first: OrderTerms::day("2999-01-01").unwrap(),
            rhythm: Rhythm::Once,
            business_day: BusinessDay::Unadjusted,
            last: None,
            count: None,
            short_of_funds: ShortOfFunds::Skip,
        };
        let wish =
            Wish::standing_order(alice.account, carol.account, eur(2), Some("private"), terms);
        let order = alice.submit(wish.unwrap()).await.unwrap().receipt.intent_id.to_string();
        let template =
            json!({"name": "private", "credit": carol.account.to_string(), "asset": "EUR"});
        let template = Request::post_json("/api/templates", &template);
        let template = bank.send_as(&alice, template).await.ok().json()["template"].clone();
        let template = template.as_str().unwrap().to_owned();
        let tablet = Holder::generate(crypto::Suite::Standard, alice.identity().user().clone());
        let pairing = bank.client().pair(&tablet, "private").await.unwrap().pairing.id.to_string();
        // Ways in that take a browser or an authenticator to make.
        let (trust, passkey) = (Uuid::now_v7(), "AAAA");
        bank.execute(&format!(
            "INSERT INTO trusted_browsers VALUES (1, '{trust}', '{user}', sha256('x'), 'private', now(), now() + interval '1 day')"
        ))
        .await;
        bank.execute(&format!(
            "INSERT INTO passkeys VALUES (1, decode('{passkey}', 'base64'), '{user}', 'private', 'x', now())"
        ))
        .await;
        let webhook = Uuid::now_v7();
        let url = "https://hooks.example/strongroom".to_owned();
        let wish = Wish::set_webhook(webhook, url, vec![], true, false);
        bank.admin().await.submit(wish).await.unwrap();
        let issuing = &alice.identity().certificates().unwrap().issuing;
        let targets = vec![
            ("/api/log/tile/{level}/{*path}", "/api/log/tile/0/000.p/1".to_owned()),
            (
                "/api/certificates/crl/{issuer}",
                format!("/api/certificates/crl/{}", crypto::sha3_256(issuing.der())),
            ),
            ("/api/auth/sessions/{id}", format!("/api/auth/sessions/{session}")),
            ("/api/mfa/trusted-devices/{id}", format!("/api/mfa/trusted-devices/{trust}")),
            ("/api/passkeys/{id}", format!("/api/passkeys/{passkey}")),
            ("/api/devices/pairings/{id}", format!("/api/devices/pairings/{pairing}")),
            (
                "/api/auth/download-certificate/{user_id}",
                format!("/api/auth/download-certificate/{user}"),
            ),
            ("/api/users/{id}/profile", format!("/api/users/{user}/profile")),
            ("/api/quantum/keys/{user_id}/info", format!("/api/quantum/keys/{user}/info")),
            ("/api/quantum/keys/{user_id}/history", format!("/api/quantum/keys/{user}/history")),
            ("/api/accounts/{id}", format!("/api/accounts/{account}")),
            ("/api/accounts/{id}/balance", format!("/api/accounts/{account}/balance")),
            (
                "/api/accounts/resolve/{number}",
                format!("/api/accounts/resolve/{}", ledger::AccountNumber::of(alice.account)),
            ),
            (
                "/api/customer/statements/{id}",
                format!("/api/customer/statements/{}", statement_of(bank, &account).await),
            ),
            ("/api/approvals/{payment}", format!("/api/approvals/{}", held.receipt.intent_id)),
            ("/api/standing-orders/{order}", format!("/api/standing-orders/{order}")),
            ("/api/templates/{id}", format!("/api/templates/{template}")),
            ("/api/payments/files/{intent}", format!("/api/payments/files/{file}")),
            ("/api/transactions/{id}", format!("/api/transactions/{}", paid.receipt.intent_id)),
            ("/api/admin/webhooks/{id}/replay", format!("/api/admin/webhooks/{webhook}/replay")),
        ];
        let certificate = alice.identity().certificate_hash().unwrap().to_string();
        let device = alice.identity().device().id().to_string();
        let secrets =
            ["Alice Secret".to_owned(), "private".to_owned(), session, user, certificate, device];
        Self { alice, targets, secrets: secrets.to_vec() }
    }

    /// What of hers a route leads to; the route itself where it names nothing.
    fn targets_of(&self, path: &str) -> Vec<String> {
        let account = self.alice.account;
        let certificate = self.alice.identity().certificate_hash().unwrap();
        if path.contains('{') {
            let known = self.targets.iter().find(|(known, _)| *known == path);
            return vec![
                known.unwrap_or_else(|| panic!("{path}: nothing of Alice's is known")).1.clone(),
            ];
        }
        let mut targets = vec![path.to_owned()];
        if path.contains("/certificates/") {
            targets.push(format!("{path}?certificate={certificate}"));
        }
        if path.ends_with("/history") {
            targets.push(format!("{path}?account={account}"));
        }
        if path.contains("/statements/") {
            targets.push(format!("{path}?account={account}&from=2026-01-01&to=2999-01-01"));
        }
        targets
    }
}

/// The bank makes statements of days that are over: everything was the day before yesterday.
async fn statement_of(bank: &Bank, account: &str) -> String {
    for change in [
        "UPDATE transfers SET posted_at = posted_at - interval '2 days'",
        "UPDATE books SET founded_at = founded_at - interval '2 days'",
    ] {
        bank.execute(change).await;
    }
    let closing = bank.start_another().await;
    server::days::close_days(&closing.app, server::clock::now()).await.unwrap();
    closing.shutdown().await.unwrap();
    let making = bank.start_another().await;
    let sql = format!("SELECT statement_id::text FROM statements WHERE account_id = '{account}'");
    let made = eventually("a statement", async || {
        let rows = bank.rows(&sql).await;
        rows.first().map(|row| row.get::<String, _>(0))
    })
    .await;
    making.shutdown().await.unwrap();
    made
}

/// Whether a role may see what is somebody else's. What is a person's alone nobody may, whatever their permissions say of it.
fn sees_others(role: Role, route: &Route) -> bool {
    const A_PERSONS_ALONE: [&str; 3] =
        ["/api/beneficiaries", "/api/standing-orders", "/api/standing-orders/{order}"];
    match route.access {
        Access::Open => true,
        // Whoever pays asks for the account behind a number; the bank gives no name away.
        Access::SignedIn => route.path == "/api/accounts/resolve/{number}",
        Access::Own(permission) | Access::Needs(permission) => {
            role != Role::Customer
                && allows(role, permission)
                && !A_PERSONS_ALONE.contains(&route.path)
        }
        Access::Signs(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_shows_or_gives_anybody_what_is_anothers() {
    let bank = Bank::start().await;
    let victim = Victim::new(&bank).await;
    let mallory = bank.customer("Mallory", 0).await;
    let attackers: [&Session; 4] =
        [&mallory, bank.manager().await, bank.auditor().await, bank.admin().await];
    let template = json!({"name": "x", "credit": mallory.account.to_string(), "asset": "EUR"});
    let mut walked = 0;
    for route in ROUTES {
        let takes_no_parameter = !route.path.contains('{');
        // What is posted without a parameter names its objects in a signed document: see the tests of each kind. One's own
        // sessions are one's own.
        if takes_no_parameter && route.method != "GET" {
            continue;
        }
        let is_open = route.access == Access::Open;
        for target in victim.targets_of(route.path) {
            let request = Request::new(
                route.method.parse().unwrap(),
                &target,
                if route.method == "POST" { template.to_string() } else { String::new() },
            );
            let names_hers = target != route.path;
            for session in attackers {
                let role = session.identity().user().role;
                let may_see = sees_others(role, route);
                // They never end: see `events_out`, which tells what each reader is told.
                let is_stream = ["/api/events", "/api/security/live"].contains(&route.path);
                if is_stream && route.access.admits(permissions(role)) {
                    continue;
                }
                walked += 1;
                let answer = bank.send_as(session, request.clone()).await;
                let said = format!(
                    "{} {target} as {role}: {} {}",
                    route.method,
                    answer.status,
                    answer.text()
                );
                assert!(answer.status < 500, "{said}");
                if may_see {
                    continue;
                }
                if names_hers {
                    let empty = route.path.ends_with("/history")
                        && answer.status == 200
                        && answer.json()["items"] == json!([]);
                    let forbidden =
                        role != Role::Customer || matches!(route.access, Access::Needs(_));
                    let refused = answer.status == 404 || (forbidden && answer.status == 403);
                    assert!(empty || refused, "{said}");
                }
                for secret in &victim.secrets {
                    assert!(!answer.text().contains(secret), "{secret}: {said}");
                }
            }
            let stranger = bank.send(request).await;
            assert!(is_open || stranger.status == 401, "{target}: {}", stranger.status);
        }
    }
    assert!(walked > 200, "the walk has lost its way: {walked}");
    let theirs = bank.get_as(&mallory, &format!("/api/accounts/{}", victim.alice.account)).await;
    let nobodys = bank.get_as(&mallory, &format!("/api/accounts/{}", fresh_account())).await;
    assert_eq!(theirs.refusal(), nobodys.refusal(), "another's and nobody's look alike");
    let (from, to) = (victim.alice.account, mallory.account);
    assert!(mallory.transfer(from, to, eur(1), None).await.is_err());

    // All of it was there, and is still hers.
    let own = ROUTES
        .iter()
        .filter(|route| route.path.contains('{') && !route.path.starts_with("/api/admin/"));
    for route in own {
        let target = victim.targets_of(route.path).remove(0);
        let body = if route.method == "POST" { template.to_string() } else { String::new() };
        let request = Request::new(route.method.parse().unwrap(), &target, body);
        let answer = bank.send_as(&victim.alice, request).await;
        assert!(answer.status < 300, "{} {target}: {}", route.method, answer.text());
    }
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
                    let theirs = if role == Role::Customer { alice.account } else { bob.account };
                    Wish::freeze(theirs, ledger::Freeze::default(), "why".to_owned()).body
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
async fn what_is_refused_unread_does_not_cost_its_sender_the_answer() {
    let bank = Bank::start().await;
    for (path, length, refused) in [
        ("/api/intents", 8 * 1024 * 1024, (413, "body-too-large")),
        ("/api/nowhere", 4 * 1024 * 1024, (404, "not-found")),
        ("/api/transactions/transfer", 4 * 1024 * 1024, (401, "unauthenticated")),
    ] {
        let answer = bank.begin(path, length).await.finish(&vec![b' '; length - 1]).await;
        assert_eq!(answer.refusal(), (refused.0, refused.1.to_owned()), "{path}");
    }
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
