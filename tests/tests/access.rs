//! Who may do what: the table of routes walked as everybody, custom roles, and the explanation of both.

use std::collections::{BTreeMap, BTreeSet};

use client::{ClientError, Session, Wish};
use crypto::{Sha2, Sha3};
use e2e::{Answer, Bank, Customer, Forger, Request, eur, fresh_account};
use intent::{
    ApprovalDecision, BeneficiaryStatus, Body, BusinessDay, IntentId, IpRuleAction, Kind,
    NameMatch, OrderTerms, ReportSubject, RevocationReason, Rhythm, Role, ShortOfFunds, UserId,
};
use ledger::{AccountKind, Freeze, TransferId};
use reqwest::Method;
use serde_json::{Value, json};
use server::policy::routes::{Access, ROUTES, listed};
use server::policy::{BASICS, Permission, Permissions, effective, permissions};
use uuid::Uuid;

/// Routes that the document does not describe: the document itself, its page, and binary or text for machines.
const UNDESCRIBED: [&str; 4] =
    ["/metrics", "/api/docs", "/api/openapi.json", "/api/log/tile/{level}/{*path}"];
/// What ends the session that walks.
const ENDS_THE_SESSION: [(&str, &str); 2] =
    [("POST", "/api/auth/logout"), ("DELETE", "/api/auth/sessions")];

async fn define(bank: &Bank, name: &str, base: Role, permissions: &[&str], active: bool) {
    let mut names: Vec<_> = permissions.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    let wish = Wish::define_role(name.to_owned(), base, names, active);
    bank.admin().await.submit(wish).await.unwrap();
}

async fn grant(bank: &Bank, user: UserId, name: &str, granted: bool) {
    let wish = Wish::grant_role(user, name.to_owned(), granted);
    bank.admin().await.submit(wish).await.unwrap();
}

fn user(session: &Session) -> UserId {
    session.identity().user().id
}

async fn signs(bank: &Bank, session: &Session, body: Body) -> Answer {
    let signed = Forger::of(session).next(body);
    bank.send_as(session, Request::post("/api/intents", signed.to_json())).await
}

/// Method and path of every route that the server describes.
async fn described(bank: &Bank) -> BTreeSet<(String, String)> {
    let document = bank.get("/api/openapi.json").await.ok().json();
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if method.to_uppercase().parse::<Method>().is_ok() {
                routes.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    routes
}

/// A path with something in the place of each parameter that nobody has.
fn filled(path: &str) -> String {
    if path == "/api/events" {
        // Asked for what is not there yet, it answers at once; else it would not end.
        return format!("{path}?after={}", u64::MAX);
    }
    if path == "/api/security/live" {
        return format!("{path}?samples=0");
    }
    let parts = path.split('/').map(|part| match part {
        "{number}" => "SR00000000000000000000".to_owned(),
        part if part.starts_with('{') => Uuid::now_v7().to_string(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_those_whom_the_table_names_and_nobody_else() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let narrow = bank.customer("Bob", 0).await;
    define(&bank, "nothing", Role::Customer, &[], true).await;
    grant(&bank, user(&narrow), "nothing", true).await;
    let walkers = [
        (&alice.session, permissions(Role::Customer)),
        (&narrow.session, BASICS),
        (bank.manager().await, permissions(Role::Manager)),
        (bank.auditor().await, permissions(Role::AuditorClerk)),
        (bank.admin().await, permissions(Role::SystemAdmin)),
    ];
    let described = described(&bank).await;
    for (method, path) in &described {
        let route =
            listed(method, path).unwrap_or_else(|| panic!("{method} {path} is not in the table"));
        let request = Request::new(method.parse().unwrap(), &filled(path), "");
        let stranger = bank.send(request.clone()).await;
        if route.access == Access::Open {
            assert_ne!(stranger.status, 403, "{method} {path}");
            assert!(method == "POST" || stranger.status != 401, "{method} {path}");
        } else {
            assert_eq!(stranger.refusal(), (401, "unauthenticated".to_owned()), "{method} {path}");
        }
        if ENDS_THE_SESSION.contains(&(method, path)) {
            continue;
        }
        for (session, may) in &walkers {
            let answer = bank.send_as(session, request.clone()).await;
            let who = session.identity().user();
            let told = format!("{method} {path} as {} {}: {}", who.role, who.name, answer.text());
            match route.access {
                Access::Needs(permission) if !may.holds(permission) => {
                    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{told}");
                    let detail = format!("needs {}", permission.name());
                    assert_eq!(answer.json()["detail"], detail, "{told}");
                }
                // What it says of this request is its own business; that it may be asked is the table's.
                _ => {
                    let is_forbidden = answer.status == 403 && answer.problem() == "forbidden";
                    assert!(!is_forbidden && answer.status < 500, "{told}");
                }
            }
        }
    }
    for route in ROUTES {
        let is_described = described.contains(&(route.method.to_owned(), route.path.to_owned()));
        assert!(
            is_described != UNDESCRIBED.contains(&route.path),
            "{} {}",
            route.method,
            route.path
        );
    }
}

/// One intent of every kind that not everybody may sign.
fn one_of_each(alice: &Customer) -> Vec<Body> {
    let user = UserId::new(Uuid::now_v7());
    let text = "why".to_owned();
    let (account, asset) = (fresh_account(), "EUR".parse().unwrap());
    let transfer = Wish::transfer(alice.account, account, eur(1), None).unwrap();
    let (transfer_id, now) = (TransferId::new(Uuid::now_v7()), server::clock::now());
    let intent_id = IntentId::new(Uuid::now_v7()).unwrap();
    let terms = OrderTerms {
        first: OrderTerms::day("2099-01-01").unwrap(),
        rhythm: Rhythm::Weekly,
        business_day: BusinessDay::Following,
        last: None,
        count: None,
        short_of_funds: ShortOfFunds::Skip,
    };
    let line = client::BatchLine { to: account, amount: eur(1), memo: None };
    vec![
        Body::AccountOpen { account, asset, owner: user, kind: AccountKind::Liability },
        Wish::fund(account, eur(1)).body,
        Wish::freeze(account, Freeze::default(), text.clone()).body,
        transfer.body,
        Wish::batch(alice.account, &[line], true).unwrap().body,
        Body::UserInvite {
            user,
            role: Role::Manager,
            person: Sha2::from_bytes([1; 32]),
            registration: Sha3::from_bytes([2; 32]),
        },
        Body::UserApprove { user },
        Body::UserRecover { user, registration: Sha3::from_bytes([2; 32]), reason: text.clone() },
        Wish::lock(user, true, text).body,
        Wish::define_role("some".to_owned(), Role::Customer, vec![], true).body,
        Wish::grant_role(user, "some".to_owned(), true).body,
        Body::IpRuleSet {
            rule: Uuid::now_v7(),
            subject: "role:customer".to_owned(),
            network: "192.0.2.0/24".to_owned(),
            action: IpRuleAction::Deny,
        },
        Body::AuditReport {
            subject: ReportSubject::Window,
            value: String::new(),
            from: None,
            to: None,
        },
        Wish::rotate_authority(vec![1], vec![1], 30).body,
        Wish::hold(alice.account, account, eur(1), now, None).unwrap().body,
        Wish::capture(transfer_id, None).body,
        Wish::void(transfer_id).body,
        Wish::reverse(transfer_id, None, "why".to_owned()).body,
        Wish::decide(intent_id, ApprovalDecision::Approve, "why".to_owned()).body,
        Wish::close_account(account).body,
        Wish::overdraft(account, eur(1)).body,
        Wish::propose_policy("limits".to_owned(), "bank".to_owned(), "{}".to_owned()).body,
        Wish::approve_policy(intent_id, true).body,
        Wish::add_payee(account, ("Bob", None), NameMatch::None).unwrap().body,
        Wish::change_payee(account, BeneficiaryStatus::Deleted).body,
        Wish::standing_order(alice.account, account, eur(1), None, terms).unwrap().body,
        Wish::end_standing_order(intent_id).body,
        Wish::exchange(account, account, (eur(1), eur(1), "1".parse().unwrap())).body,
        Wish::set_webhook(Uuid::now_v7(), "https://erp.example".to_owned(), vec![], true, false)
            .body,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_refused_to_every_role_that_may_not_sign_it_and_the_refusal_is_recorded() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let narrow = bank.customer("Bob", 0).await;
    define(&bank, "nothing", Role::Customer, &[], true).await;
    grant(&bank, user(&narrow), "nothing", true).await;
    let signers = [
        (&alice.session, permissions(Role::Customer)),
        (&narrow.session, BASICS),
        (bank.manager().await, permissions(Role::Manager)),
        (bank.auditor().await, permissions(Role::AuditorClerk)),
        (bank.admin().await, permissions(Role::SystemAdmin)),
    ];
    let bodies = one_of_each(&alice);
    let file = e2e::table(&[(alice.account, fresh_account(), "1.00", "E1")]);
    let file = client::FileToPay::read(file.as_bytes()).unwrap();
    let common = Kind::ALL.into_iter().filter(|kind| BASICS.holds(Permission::for_kind(*kind)));
    // A payment file comes with its file; see below.
    assert_eq!(bodies.len() + common.count() + 1, Kind::ALL.len(), "a kind is missing here");
    for (session, may) in signers {
        for body in &bodies {
            let permission = Permission::for_kind(body.kind());
            if may.holds(permission) {
                continue;
            }
            let answer = signs(&bank, session, body.clone()).await;
            assert_eq!(answer.refusal(), (403, "permission-denied".to_owned()), "{}", body.kind());
            assert!(answer.json()["receipt"].is_object(), "{}", body.kind());
        }
        if !may.holds(Permission::for_kind(Kind::PaymentsFile)) {
            let signed = Forger::of(session).next(file.body(&BTreeMap::new()).unwrap());
            let answer = bank.submit(session, &signed.with_file(file.sent())).await;
            assert_eq!(answer.refusal(), (403, "permission-denied".to_owned()));
            assert!(answer.json()["receipt"].is_object());
        }
    }
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_role_takes_away_from_the_next_request_on_at_every_instance_and_gives_back_when_lifted()
 {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000).await;
    let manager = bank.manager().await;
    let (of_alice, of_manager) = (user(&alice), user(manager));
    let another = bank.start_another().await;
    let elsewhere = bank.client_of(&another).login(manager.identity().clone()).await.unwrap();
    elsewhere.accounts().await.unwrap();
    let profile = format!("/api/users/{of_alice}/profile");
    let keys = format!("/api/quantum/keys/{of_alice}/history");
    assert_eq!(bank.get_as(manager, &profile).await.status, 200);

    define(&bank, "cashier", Role::Manager, &["accounts:fund"], true).await;
    grant(&bank, of_manager, "cashier", true).await;
    let forbidden = |answer: Answer| assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
    forbidden(bank.get_as(manager, "/api/accounts").await);
    forbidden(bank.get_as(manager, "/api/admin/users").await);
    let Err(ClientError::Problem(told)) = elsewhere.accounts().await else { panic!("not refused") };
    assert_eq!(told.code, "forbidden");
    // Row-level security says the same of what the route would let through.
    assert_eq!(bank.get_as(manager, &profile).await.status, 404);
    assert_eq!(bank.get_as(manager, &keys).await.status, 404);
    let freeze = |frozen| {
        Wish::freeze(alice.account, Freeze { debit: frozen, credit: false }, "why".to_owned())
    };
    for session in [manager, &elsewhere] {
        session.fund(alice.account, eur(1)).await.unwrap();
        let Err(ClientError::Refused { problem, .. }) = session.submit(freeze(true)).await else {
            panic!("not refused");
        };
        assert_eq!(problem.code, "permission-denied");
    }
    let certificate = alice.identity().certificate_hash().unwrap();
    let revoke = Wish::revoke(certificate, RevocationReason::Unspecified).body;
    assert_eq!(signs(&bank, manager, revoke).await.problem(), "certificate-not-found");

    // What the role holds counts as it is defined now; an ended role gives nothing at all.
    define(&bank, "cashier", Role::Manager, &["accounts:read"], true).await;
    assert_eq!(bank.get_as(manager, "/api/accounts").await.status, 200);
    define(&bank, "cashier", Role::Manager, &["accounts:read"], false).await;
    forbidden(bank.get_as(manager, "/api/accounts").await);
    grant(&bank, of_manager, "cashier", false).await;
    manager.submit(freeze(true)).await.unwrap();
    elsewhere.submit(freeze(false)).await.unwrap();
    assert_eq!(bank.get_as(manager, &profile).await.status, 200);
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

async fn check(bank: &Bank, session: &Session, question: Value) -> Value {
    bank.send_as(session, Request::post_json("/api/rbac/check", &question)).await.ok().json()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_says_why_somebody_may_do_something_and_which_leaf_gave_it() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let (admin, manager) = (bank.admin().await, bank.manager().await);
    let told = check(&bank, &alice, json!({"permission": "transfers:submit"})).await;
    assert_eq!((&told["allowed"], &told["because"]["role_holds"]), (&json!(true), &json!(true)));
    assert_eq!(told["assurance"], "aal3", "what is signed needs a certificate");
    let told = check(&bank, &alice, json!({"permission": "accounts:read"})).await;
    assert_eq!(told["assurance"], "aal2", "a password with a code shows accounts");
    let told = check(&bank, &alice, json!({"permission": "transfers:submit"})).await;
    let enrolled = format!(
        "SELECT leaf_index FROM records WHERE user_id = '{}' ORDER BY 1 LIMIT 1",
        user(&alice)
    );
    assert_eq!(told["because"]["role_leaf"], bank.count(&enrolled).await.to_string());
    let told = check(&bank, &alice, json!({"method": "POST", "path": "/api/accounts/fund"})).await;
    assert_eq!((&told["allowed"], &told["access"]), (&json!(false), &json!("signs")));
    assert!(told["why"].as_str().unwrap().contains("no custom role can give it"), "{told}");

    define(&bank, "cashier", Role::Manager, &["accounts:fund", "accounts:read"], true).await;
    grant(&bank, user(manager), "cashier", true).await;
    let granted = "SELECT max(leaf_index) FROM records";
    let leaf = bank.count(granted).await.to_string();
    let of_manager = user(manager).to_string();
    for (permission, allowed) in
        [("accounts:fund", true), ("accounts:freeze", false), ("keys:rotate", true)]
    {
        let told =
            check(&bank, admin, json!({"permission": permission, "user_id": of_manager})).await;
        assert_eq!(told["allowed"], allowed, "{told}");
        assert_eq!(told["because"]["grants"][0]["role"], "cashier", "{told}");
        assert_eq!(told["because"]["grants"][0]["leaf"], leaf, "{told}");
    }
    let concrete = format!("/api/accounts/{}", alice.account);
    let told = check(&bank, manager, json!({"method": "GET", "path": concrete})).await;
    assert_eq!((&told["allowed"], &told["permission"]), (&json!(true), &json!("accounts:read")));

    // Of somebody else one is told only with the permission to read who they are.
    let other = json!({"permission": "accounts:read", "user_id": of_manager});
    let refused = bank.send_as(&alice, Request::post_json("/api/rbac/check", &other)).await;
    assert_eq!(refused.status, 404);
    for malformed in
        [json!({}), json!({"permission": "x"}), json!({"method": "GET", "path": "/nowhere"})]
    {
        let refused = bank.send_as(&alice, Request::post_json("/api/rbac/check", &malformed)).await;
        assert_eq!(refused.status, 400, "{malformed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn menus_and_lists_show_what_the_caller_may_use_and_see() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice Adams", 0).await;
    let bob = bank.customer("Bob Brown", 0).await;
    let (admin, manager) = (bank.admin().await, bank.manager().await);
    define(&bank, "reader", Role::Customer, &["accounts:read"], true).await;
    define(&bank, "teller", Role::Manager, &["accounts:read", "users:read"], true).await;
    grant(&bank, user(&alice), "reader", true).await;

    let held = |answer: &Value| -> Permissions {
        let items = answer["items"].as_array().unwrap();
        let held = items.iter().filter(|item| item["held"] == json!(true));
        held.map(|item| Permission::from_name(item["name"].as_str().unwrap()).unwrap()).collect()
    };
    let of_alice = bank.get_as(&alice, "/api/rbac/permissions").await.ok().json();
    let reads = Permissions::of(&[Permission::AccountsRead]);
    assert_eq!(held(&of_alice), effective(Role::Customer, Some(reads)));
    let of_bob = bank.get_as(&bob, "/api/rbac/permissions").await.ok().json();
    assert_eq!(held(&of_bob), permissions(Role::Customer));

    let menu = bank.get_as(&alice, "/api/rbac/navigation").await.ok().json();
    let paths = menu["areas"].to_string();
    assert!(
        paths.contains("/api/accounts/{id}") && !paths.contains("/api/transactions/transfer"),
        "{paths}"
    );
    assert!(!paths.contains("/api/admin"), "{paths}");

    let names = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let built_in: Vec<String> = Role::ALL.iter().map(|role| role.name().to_owned()).collect();
    let seen = |session| bank.get_as(session, "/api/rbac/roles");
    assert_eq!(names(&seen(&bob.session).await.ok().json()), built_in);
    assert_eq!(names(&seen(&alice.session).await.ok().json())[4..], ["reader"]);
    assert_eq!(names(&seen(manager).await.ok().json())[4..], ["reader", "teller"]);
    let roles = bank.get_as(admin, "/api/admin/roles").await.ok().json();
    assert_eq!(roles["items"][0]["holders"], json!([user(&alice).to_string()]));
    assert_eq!(roles["items"][0]["permissions"], json!(["accounts:read"]));

    let found = async |query: &str| bank.get_as(admin, &format!("/api/admin/users{query}")).await;
    assert_eq!(names(&found("?search=ADAMS").await.ok().json()), ["Alice Adams"]);
    assert_eq!(names(&found("?search=%25").await.ok().json()), Vec::<String>::new());
    let customers = found("?role=customer").await.ok().json();
    assert_eq!(names(&customers), ["Alice Adams", "Bob Brown"]);
    assert_eq!(customers["items"][0]["roles"], json!(["reader"]));
    let mut walked = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = found(&query).await.ok().json();
        walked.extend(names(&page));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(walked, names(&found("").await.ok().json()));
    assert!(walked.len() > 4, "{walked:?}");
    for malformed in ["?limit=0", "?role=root", "?cursor=x", "?search=%00"] {
        assert_eq!(found(malformed).await.status, 400, "{malformed}");
    }
}
