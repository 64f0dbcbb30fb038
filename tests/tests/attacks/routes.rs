//! What strangers, customers and staff ask of routes that are not theirs, and bodies that are none.

use client::Wish;
use e2e::{Bank, Forger, Request, eur, fresh_account};
use intent::{Body, Kind, Role, UserId};
use ledger::AccountKind;
use reqwest::Method;
use serde_json::json;
use server::policy::routes::{Access, listed};
use server::policy::{Permission, allows};

use super::pay;

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
