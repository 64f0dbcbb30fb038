//! How much somebody may ask for, tried by those who want more.

use std::time::Duration;

use e2e::{Answer, Bank, Holder, Redis, Request, eventually};
use serde_json::json;
use server::config::DatabaseUrl;
use server::policy::routes::Class;
use server::rate_limits::{RateLimits, Scope};
use server::start::Running;

/// No limits but one.
fn only(class: Class, scope: Scope, budget: &str) -> RateLimits {
    RateLimits::OFF.with(class, scope, Some(budget.parse().unwrap()))
}

/// A bank behind a proxy on this machine, under these limits from the moment on at which its people have signed in.
async fn proxied(limits: RateLimits) -> Bank {
    Bank::start_with(|config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.rate_limits = limits;
    })
    .await
}

/// A guess at a certificate.
fn guess() -> Request {
    let nobody = "00".repeat(32);
    let body = json!({ "certificate": nobody, "device_id": nobody });
    Request::post_json("/api/auth/certificate-challenge", &body)
}

async fn guess_from(bank: &Bank, address: &str) -> Answer {
    bank.send(guess().with("x-forwarded-for", address)).await
}

async fn challenge_from(bank: &Bank, holder: &Holder, address: &str) -> Answer {
    let body = json!({
        "certificate": holder.certificate_hash().unwrap().to_string(),
        "device_id": holder.device().id().to_string(),
    });
    let request = Request::post_json("/api/auth/certificate-challenge", &body);
    bank.send(request.with("x-forwarded-for", address)).await
}

fn limited() -> (u16, String) {
    (429, "rate-limited".to_owned())
}

fn header(answer: &Answer, name: &str) -> String {
    let lines = answer.headers.get_all(name).iter().map(|line| line.to_str().unwrap());
    lines.collect::<Vec<_>>().join(", ")
}

fn retry_after_s(answer: &Answer) -> u64 {
    header(answer, "retry-after").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_sign_ins_from_one_address_ends_and_waiting_as_long_as_told_admits() {
    let bank = proxied(only(Class::SignIn, Scope::Address, "4/6")).await;
    for left in (0..4).rev() {
        let answer = guess_from(&bank, "203.0.113.7").await;
        assert_eq!(answer.status, 401);
        assert_eq!(header(&answer, "ratelimit"), format!("\"sign_in-address\";r={left}"));
        assert_eq!(header(&answer, "ratelimit-policy"), "\"sign_in-address\";q=4;w=6");
    }
    let mut told_s = 0;
    for _ in 0..50 {
        let refused = guess_from(&bank, "203.0.113.7").await;
        assert_eq!(refused.refusal(), limited());
        told_s = retry_after_s(&refused);
        assert!((1..=2).contains(&told_s), "{told_s}");
        assert_eq!(header(&refused, "ratelimit"), format!("\"sign_in-address\";r=0;t={told_s}"));
    }
    assert_eq!(guess_from(&bank, "203.0.113.8").await.status, 401, "another address");
    let public = Request::get("/api/log/checkpoint").with("x-forwarded-for", "203.0.113.7");
    assert_eq!(bank.send(public).await.status, 200, "another class");
    let metrics = bank.send(Request::get("/metrics")).await.text();
    let counted = "strongroom_rate_limited_total{class=\"sign_in\",scope=\"address\"} 50";
    assert!(metrics.contains(counted), "{metrics}");
    tokio::time::sleep(Duration::from_secs(told_s)).await;
    assert_eq!(guess_from(&bank, "203.0.113.7").await.status, 401, "no longer than told");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_subject_is_who_holds_an_address_and_nobody_chooses_theirs() {
    let limits = only(Class::SignIn, Scope::Address, "2/1000");
    let bank = proxied(limits).await;
    for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2"] {
        assert_eq!(guess_from(&bank, address).await.status, 401, "{address}");
    }
    assert_eq!(guess_from(&bank, "2001:db8:1:2:3:4:5:6").await.refusal(), limited());
    assert_eq!(guess_from(&bank, "2001:db8:1:3::1").await.status, 401);
    // Without a proxy that is trusted, what a header says is nothing.
    let bank = Bank::start_with(|config| config.rate_limits = limits).await;
    let answers = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    let mut last = 0;
    for forged in answers {
        last = guess_from(&bank, forged).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_addresses_spend_one_persons_budget_and_nobody_spends_it_for_them() {
    let bank = proxied(only(Class::Read, Scope::User, "3/1000")).await;
    let (alice, bob) = (bank.enrol("Alice").await, bank.enrol("Bob").await);
    let (alice, bob) = (bank.login(&alice).await, bank.login(&bob).await);
    let read =
        |address: &str| Request::get("/api/auth/verify-session").with("x-forwarded-for", address);
    // Whoever has a token without the key of its session gets no further than the proof.
    let token = alice.token().await.unwrap();
    for _ in 0..10 {
        let forged = read("198.51.100.1").proved_with(bob.signer(), &token, 0, 1);
        assert_eq!(bank.send(forged).await.status, 401);
    }
    for number in 1..=3 {
        let answer = bank.send_as(&alice, read(&format!("203.0.113.{number}"))).await.ok();
        assert_eq!(header(&answer, "ratelimit"), format!("\"read-user\";r={}", 3 - number));
    }
    for number in 4..=9 {
        let refused = bank.send_as(&alice, read(&format!("203.0.113.{number}"))).await;
        assert_eq!(refused.refusal(), limited());
        assert!(retry_after_s(&refused) > 300);
    }
    assert_eq!(bank.send_as(&bob, read("203.0.113.1")).await.status, 200, "another person");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_floods_in_a_victims_name_leaves_the_victim_their_sign_in() {
    let bank = proxied(RateLimits::default()).await;
    let alice = bank.enrol("Alice").await;
    let mut refused = 0;
    for _ in 0..200 {
        let answer = challenge_from(&bank, &alice, "203.0.113.7").await;
        refused += u32::from(answer.status == 429);
    }
    assert!(refused > 50, "the defaults are limits: {refused}");
    assert_eq!(challenge_from(&bank, &alice, "198.51.100.1").await.status, 200);
}

/// A bank of two server processes that count together.
async fn two_counting_together(redis: &Redis) -> (Bank, Running) {
    let url = DatabaseUrl::new(redis.url());
    let bank = Bank::start_with(|config| {
        config.rate_limits = only(Class::SignIn, Scope::Address, "6/1000");
        config.redis = Some(url);
    })
    .await;
    let another = bank.start_another().await;
    (bank, another)
}

async fn counting(bank: &Bank) -> String {
    let health = bank.get("/health/ready").await.ok().json();
    health["rate_limits"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_spent_a_budget_at_one_server_is_refused_at_the_other() {
    let Some(redis) = Redis::start().await else { return };
    let (bank, another) = two_counting_together(&redis).await;
    assert_eq!(counting(&bank).await, "shared");
    for left in (0..6).rev() {
        let answer = if left % 2 == 0 {
            bank.send(guess()).await
        } else {
            bank.send_to(another.addr, guess()).await
        };
        assert_eq!(answer.status, 401);
        assert_eq!(header(&answer, "ratelimit"), format!("\"sign_in-address\";r={left}"));
    }
    for refused in [bank.send(guess()).await, bank.send_to(another.addr, guess()).await] {
        assert_eq!(refused.refusal(), limited());
        assert!((160..=167).contains(&retry_after_s(&refused)));
    }
    another.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_answers_when_redis_is_killed_and_counts_together_again_when_it_is_back() {
    let Some(mut redis) = Redis::start().await else { return };
    let (bank, another) = two_counting_together(&redis).await;
    for _ in 0..6 {
        assert_eq!(bank.send(guess()).await.status, 401);
    }
    assert_eq!(bank.send_to(another.addr, guess()).await.refusal(), limited());
    redis.kill();
    // Each counts for itself now, and still counts.
    for addr in [bank.addr(), another.addr] {
        for _ in 0..6 {
            assert_eq!(bank.send_to(addr, guess()).await.status, 401);
        }
        assert_eq!(bank.send_to(addr, guess()).await.refusal(), limited());
    }
    assert_eq!(counting(&bank).await, "fallback");
    let metrics = bank.send(Request::get("/metrics")).await.text();
    assert!(metrics.contains("strongroom_rate_limits_fallback_total"), "{metrics}");
    let config = server::config::Config {
        redis: Some(DatabaseUrl::new(redis.url())),
        ..server::config::Config::default()
    };
    let checks = server::doctor::examine(&config).await;
    let check = checks.iter().find(|check| check.name == "rate limits").unwrap();
    assert_eq!(check.status, server::doctor::Status::Warn, "{check:?}");

    redis.restart().await;
    eventually("a shared count", async || (counting(&bank).await == "shared").then_some(())).await;
    eventually("an admitted sign-in", async || {
        (bank.send(guess()).await.status == 401).then_some(())
    })
    .await;
    another.shutdown().await.unwrap();
}
