//! From where people may come, and who says where they come from.

use client::{ClientError, Session, Wish};
use e2e::{Answer, Bank, Holder, Request};
use intent::IpRuleAction::{self, Allow, Deny};
use serde_json::json;
use uuid::Uuid;

async fn set(bank: &Bank, rule: Uuid, subject: &str, network: &str, action: IpRuleAction) {
    let wish = Wish::set_ip_rule(rule, subject.to_owned(), network.to_owned(), action);
    bank.admin().await.submit(wish).await.unwrap();
}

/// A bank behind a proxy on this machine.
async fn proxied() -> Bank {
    Bank::start_with(|config| config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await
}

async fn reads_from(bank: &Bank, session: &Session, address: &str) -> Answer {
    let request = Request::get("/api/auth/verify-session").with("x-forwarded-for", address);
    bank.send_as(session, request).await
}

async fn challenge_from(bank: &Bank, holder: &Holder, address: &str) -> Answer {
    let body = json!({
        "certificate": holder.certificate_hash().unwrap().to_string(),
        "device_id": holder.device().id().to_string(),
    });
    let request = Request::post_json("/api/auth/certificate-challenge", &body);
    bank.send(request.with("x-forwarded-for", address)).await
}

fn kept_out() -> (u16, String) {
    (403, "address-not-allowed".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_network_is_out_at_every_request_and_at_sign_in_until_the_rule_ends() {
    let bank = proxied().await;
    let alice = bank.customer("Alice", 0).await;
    assert_eq!(reads_from(&bank, &alice, "203.0.113.7").await.status, 200);
    let rule = Uuid::now_v7();
    set(&bank, rule, "role:customer", "203.0.113.7/24", Deny).await;
    for address in ["203.0.113.7", "::ffff:203.0.113.9", "198.51.100.1, 203.0.113.7"] {
        assert_eq!(reads_from(&bank, &alice, address).await.refusal(), kept_out(), "{address}");
        let refused = challenge_from(&bank, &alice.holder, address).await.refusal();
        assert_eq!(refused, (401, "certificate-not-accepted".to_owned()), "{address}");
    }
    for address in ["203.0.114.7", "2001:db8::1", "203.0.113.7, 198.51.100.1"] {
        assert_eq!(reads_from(&bank, &alice, address).await.status, 200, "{address}");
        assert_eq!(challenge_from(&bank, &alice.holder, address).await.status, 200, "{address}");
    }
    assert_eq!(reads_from(&bank, bank.manager().await, "203.0.113.7").await.status, 200);
    set(&bank, rule, "role:customer", "203.0.113.0/24", IpRuleAction::None).await;
    assert_eq!(reads_from(&bank, &alice, "203.0.113.7").await.status, 200);

    let rules = bank.get_as(bank.admin().await, "/api/admin/ip-rules").await.ok().json();
    let shown = &rules["items"][0];
    assert_eq!((&shown["network"], &shown["action"]), (&json!("203.0.113.0/24"), &json!("none")));
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allow_list_keeps_everybody_else_out_and_a_persons_own_rules_come_first() {
    let bank = proxied().await;
    let (manager, admin) = (bank.manager().await, bank.admin().await);
    set(&bank, Uuid::now_v7(), "role:manager", "10.0.0.0/8", Allow).await;
    assert_eq!(reads_from(&bank, manager, "10.1.2.3").await.status, 200);
    assert_eq!(reads_from(&bank, manager, "192.0.2.1").await.refusal(), kept_out());
    assert_eq!(reads_from(&bank, admin, "192.0.2.1").await.status, 200, "another role");
    let own = format!("user:{}", manager.identity().user().id);
    set(&bank, Uuid::now_v7(), &own, "192.0.2.0/24", Allow).await;
    assert_eq!(reads_from(&bank, manager, "192.0.2.1").await.status, 200);
    assert_eq!(reads_from(&bank, manager, "10.1.2.3").await.refusal(), kept_out());
    set(&bank, Uuid::now_v7(), &own, "192.0.2.1/32", Deny).await;
    assert_eq!(reads_from(&bank, manager, "192.0.2.1").await.refusal(), kept_out());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_does_not_choose_where_they_come_from_and_every_instance_knows_the_rule() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let another = bank.start_another().await;
    let elsewhere = bank.client_of(&another).login(alice.identity().clone()).await.unwrap();
    elsewhere.accounts().await.unwrap();
    let subject = format!("user:{}", alice.identity().user().id);
    let rule = Uuid::now_v7();
    set(&bank, rule, &subject, "127.0.0.1/32", Deny).await;
    for forged in ["203.0.113.7", "10.0.0.1", "::1"] {
        assert_eq!(reads_from(&bank, &alice, forged).await.refusal(), kept_out(), "{forged}");
    }
    let Err(ClientError::Problem(problem)) = elsewhere.accounts().await else {
        panic!("not kept out at the other instance");
    };
    assert_eq!(problem.code, "address-not-allowed");
    set(&bank, rule, &subject, "127.0.0.1/32", IpRuleAction::None).await;
    elsewhere.accounts().await.unwrap();
    another.shutdown().await.unwrap();
}
