//! What has happened, told to endpoints outside: in order, signed, again after failures, and nowhere where it must not go.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use client::{Settled, WebhookView, Wish};
use e2e::{Bank, Forger, Request, eur, eventually_within};
use hmac::{Hmac, KeyInit, Mac};
use ledger::AccountId;
use serde_json::Value;
use sha2::Sha256;
use sqlx::Row as _;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_mins(1);
const FUNDS: &str = "account.fund";

/// A message as it came.
#[derive(Clone, Debug)]
struct Message {
    id: String,
    timestamp: String,
    signatures: Vec<String>,
    body: Vec<u8>,
}

impl Message {
    fn document(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// By another library than the bank's.
    fn signature_by(&self, secret: &str) -> String {
        let key = Base64::decode_vec(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.", self.id, self.timestamp).as_bytes());
        mac.update(&self.body);
        format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes()))
    }
}

/// An endpoint of the test's own.
#[derive(Clone)]
struct Receiver {
    addr: SocketAddr,
    taken: Arc<Mutex<Vec<Message>>>,
    asked: Arc<Mutex<Vec<Message>>>,
    status: Arc<AtomicU16>,
    elsewhere: Arc<Mutex<Option<String>>>,
    /// Whether it leaves everybody waiting.
    waits: Arc<AtomicBool>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            addr: listener.local_addr().unwrap(),
            taken: Arc::default(),
            asked: Arc::default(),
            status: Arc::new(AtomicU16::new(204)),
            elsewhere: Arc::default(),
            waits: Arc::default(),
        };
        let router = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    fn url(&self) -> String {
        format!("http://{}/bank", self.addr)
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn taken(&self) -> Vec<Message> {
        self.taken.lock().unwrap().clone()
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Waits for so many different messages.
    async fn until(&self, count: usize) -> Vec<Message> {
        eventually_within(PATIENCE, "messages", async || {
            let taken = self.taken();
            let ids: HashSet<_> = taken.iter().map(|message| message.id.clone()).collect();
            (ids.len() >= count).then_some(taken)
        })
        .await
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let message = Message {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signatures: text("webhook-signature").split(' ').map(str::to_owned).collect(),
        body: body.to_vec(),
    };
    receiver.asked.lock().unwrap().push(message.clone());
    while receiver.waits.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let status = StatusCode::from_u16(receiver.status.load(Ordering::SeqCst)).unwrap();
    if status.is_success() {
        receiver.taken.lock().unwrap().push(message);
    }
    match receiver.elsewhere.lock().unwrap().clone() {
        Some(url) => (status, [(header::LOCATION, url)]).into_response(),
        None => status.into_response(),
    }
}

/// A bank that may tell endpoints on this machine, and tries again soon.
async fn bank() -> Bank {
    Bank::start_with(|config| {
        config.webhooks.networks = vec!["127.0.0.0/8".parse().unwrap()];
        config.webhooks.first_pause = Duration::from_millis(50);
    })
    .await
}

async fn set(bank: &Bank, webhook: Uuid, url: &str, kinds: &[&str], renew: bool) -> Settled {
    let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let wish = Wish::set_webhook(webhook, url.to_owned(), kinds, true, renew);
    bank.admin().await.submit(wish).await.unwrap()
}

fn secret(settled: &Settled) -> Option<String> {
    settled.extra.get("secret").map(|secret| secret.as_str().unwrap().to_owned())
}

async fn standing(bank: &Bank, webhook: Uuid) -> WebhookView {
    let all = bank.admin().await.webhooks().await.unwrap();
    all.into_iter().find(|view| view.webhook == webhook.to_string()).unwrap()
}

/// The intents that put money on an account, in the order of the account.
async fn funds(bank: &Bank, account: AccountId) -> Vec<String> {
    let sql = format!(
        "SELECT t.intent_id FROM entries e JOIN transfers t USING (transfer_id) WHERE e.account_id = '{account}' ORDER BY e.sequence"
    );
    bank.rows(&sql).await.iter().map(|row| row.get::<Uuid, _>(0).to_string()).collect()
}

fn ids(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| message.id.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_in_order_by_one_of_two_instances_with_a_signature_and_without_amounts()
{
    let bank = bank().await;
    let another = bank.start_another().await;
    let bob = bank.customer("Bob", 0).await;
    let (receiver, webhook) = (Receiver::start().await, Uuid::now_v7());
    let made = set(&bank, webhook, &receiver.url(), &[FUNDS], false).await;
    let secret = secret(&made).expect("a new endpoint has a secret");
    let max = bank.client_of(&another).login(bank.second_manager().identity).await.unwrap();
    let mary = bank.manager().await;
    let here = async || {
        for minor in 1..=25 {
            mary.fund(bob.account, eur(minor)).await.unwrap();
        }
    };
    let there = async || {
        for minor in 101..=125 {
            max.fund(bob.account, eur(minor)).await.unwrap();
        }
    };
    tokio::join!(here(), there());
    let taken = receiver.until(50).await;
    assert_eq!(ids(&taken), funds(&bank, bob.account).await, "each once, in the account's order");
    for message in &taken {
        assert_eq!(message.signatures, [message.signature_by(&secret)]);
        let document = message.document();
        assert_eq!(
            (&document["id"], &document["kind"]),
            (&message.id.as_str().into(), &FUNDS.into())
        );
        assert_eq!(document["movements"], Value::Array(vec![]));
        let accounts = document["accounts"].as_array().unwrap();
        assert!(accounts.contains(&bob.account.to_string().into()), "{document}");
    }

    // The secret was in that one answer and is nowhere else.
    let again = bank.submit(bank.admin().await, &made.signed).await.ok();
    assert_eq!(again.header("idempotency-replayed"), "true");
    let list = bank.get_as(bank.admin().await, "/api/admin/webhooks").await.ok();
    let key = secret.strip_prefix("whsec_").unwrap();
    assert!(!again.text().contains(key) && !list.text().contains(key));
    let hex = hex::encode(Base64::decode_vec(key).unwrap());
    for table in ["webhooks", "webhook_secrets", "webhook_deliveries", "records"] {
        let found = format!(
            "SELECT count(*) FROM {table} t WHERE t::text LIKE '%{hex}%' OR t::text LIKE '%{key}%'"
        );
        assert_eq!(bank.count(&found).await, 0, "{table}");
    }
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_goes_on_in_order_when_the_one_that_tells_is_killed() {
    const EACH: usize = 5;
    const NETWORKS: &str = "127.0.0.0/8";
    let mut bank = Bank::start_process_with(
        env!("CARGO_BIN_EXE_e2e-server"),
        vec![("STRONGROOM_WEBHOOK_NETWORKS", NETWORKS.to_owned())],
        |config| config.webhooks.networks = vec![NETWORKS.parse().unwrap()],
    )
    .await;
    let bob = bank.customer("Bob", 0).await;
    let (receiver, webhook) = (Receiver::start().await, Uuid::now_v7());
    set(&bank, webhook, &receiver.url(), &[FUNDS], false).await;
    for minor in 1..=EACH {
        bank.fund(bob.account, eur(i64::try_from(minor).unwrap())).await;
    }
    receiver.until(EACH).await;
    // It is killed while it waits for an answer, and holds the lease.
    receiver.waits.store(true, Ordering::SeqCst);
    for minor in 1..=EACH {
        bank.fund(bob.account, eur(i64::try_from(minor).unwrap())).await;
    }
    eventually_within(PATIENCE, "a message under way", async || {
        (receiver.asked() > EACH).then_some(())
    })
    .await;
    bank.kill_server();
    let held = "SELECT count(*) FROM webhook_deliveries WHERE lease_until > now()";
    assert_eq!(bank.count(held).await, 1, "nobody gave it back");
    let another = bank.start_another().await;
    receiver.waits.store(false, Ordering::SeqCst);
    let max = bank.client_of(&another).login(bank.second_manager().identity).await.unwrap();
    for minor in 1..=EACH {
        max.fund(bob.account, eur(i64::try_from(minor).unwrap())).await.unwrap();
    }
    eventually_within(PATIENCE * 2, "everything to be told", async || {
        (receiver.taken().len() >= 3 * EACH).then_some(())
    })
    .await;
    let taken = receiver.taken();
    assert_eq!(ids(&taken), funds(&bank, bob.account).await, "each once, in the account's order");
    another.shutdown().await.unwrap();
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_sent_again_and_nothing_is_lost_or_out_of_order_across_a_restart() {
    let mut bank = bank().await;
    let bob = bank.customer("Bob", 0).await;
    let (receiver, webhook) = (Receiver::start().await, Uuid::now_v7());
    set(&bank, webhook, &receiver.url(), &[FUNDS], false).await;
    bank.fund(bob.account, eur(1)).await;
    receiver.until(1).await;
    receiver.answers(503);
    for minor in 2..=6 {
        bank.fund(bob.account, eur(minor)).await;
    }
    eventually_within(PATIENCE, "three attempts", async || (receiver.asked() >= 4).then_some(()))
        .await;
    let failing = standing(&bank, webhook).await;
    assert_eq!((failing.status.as_str(), failing.last_result.as_deref()), ("failing", Some("503")));
    let mary = bank.manager().await.identity().clone();
    bank.stop_server().await;
    receiver.answers(200);
    bank.start_server().await;
    let mary = bank.client().login(mary).await.unwrap();
    for minor in 7..=9 {
        mary.fund(bob.account, eur(minor)).await.unwrap();
    }
    let mut told = ids(&receiver.until(9).await);
    told.dedup();
    assert_eq!(told, funds(&bank, bob.account).await);
    let asked: Vec<_> =
        receiver.asked.lock().unwrap().iter().map(|message| message.id.clone()).collect();
    let (refused, first) = (&asked[1], &told[1]);
    assert_eq!(refused, first, "a message that is sent again has its id");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_has_gone_is_paused_with_an_alarm_and_told_again_from_any_leaf() {
    let bank = bank().await;
    let bob = bank.customer("Bob", 0).await;
    let (receiver, webhook) = (Receiver::start().await, Uuid::now_v7());
    let made = set(&bank, webhook, &receiver.url(), &[FUNDS], false).await;
    for minor in 1..=3 {
        bank.fund(bob.account, eur(minor)).await;
    }
    let before = ids(&receiver.until(3).await);
    receiver.answers(410);
    bank.fund(bob.account, eur(4)).await;
    eventually_within(PATIENCE, "a pause", async || {
        (standing(&bank, webhook).await.status == "paused").then_some(())
    })
    .await;
    let checks = server::doctor::examine_database(&bank.app().db).await.unwrap();
    let check = checks.iter().find(|check| check.name == "webhooks").unwrap();
    assert_eq!(check.status, server::doctor::Status::Warn);
    eventually_within(PATIENCE, "the metric", async || {
        let text = bank.get("/metrics").await.text();
        text.contains("strongroom_webhooks_paused 1").then_some(())
    })
    .await;

    receiver.answers(200);
    let admin = bank.admin().await;
    admin.replay_webhook(webhook, None).await.unwrap();
    receiver.until(4).await;
    let from = made.receipt.index.get();
    admin.replay_webhook(webhook, Some(from)).await.unwrap();
    let after = eventually_within(PATIENCE, "all of it again", async || {
        let taken = receiver.taken();
        (taken.len() >= 8).then_some(taken)
    })
    .await;
    assert_eq!(ids(&after)[4..7], before, "the same messages, under the same ids");
    let path = format!("/api/admin/webhooks/{}/replay", Uuid::now_v7());
    let unknown = bank.send_as(admin, Request::post(&path, "{}")).await;
    assert_eq!(unknown.refusal(), (404, "not-found".to_owned()));
    let manager = bank.send_as(bank.manager().await, Request::post(&path, "{}")).await;
    assert_eq!(manager.refusal(), (403, "forbidden".to_owned()));

    // An endpoint that was ended is told nothing more.
    let off = Wish::set_webhook(webhook, receiver.url(), vec![], false, false);
    admin.submit(off).await.unwrap();
    bank.fund(bob.account, eur(5)).await;
    assert_eq!(standing(&bank, webhook).await.status, "off");
    let other = Uuid::now_v7();
    set(&bank, other, &format!("http://{}/other", receiver.addr), &["account.freeze"], false).await;
    bank.manager().await.freeze(bob.account, ledger::Freeze::default(), "why").await.unwrap();
    let told = receiver.until(5).await;
    let last = told.last().unwrap().document();
    assert_eq!(last["kind"], "account.freeze", "and not the fund before it");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let bank = bank().await;
    let bob = bank.customer("Bob", 0).await;
    let (receiver, webhook) = (Receiver::start().await, Uuid::now_v7());
    let old = secret(&set(&bank, webhook, &receiver.url(), &[FUNDS], false).await).unwrap();
    assert_eq!(secret(&set(&bank, webhook, &receiver.url(), &[FUNDS], false).await), None);
    let new = secret(&set(&bank, webhook, &receiver.url(), &[FUNDS], true).await).unwrap();
    assert_ne!(old, new);
    bank.fund(bob.account, eur(1)).await;
    let first = receiver.until(1).await[0].clone();
    assert_eq!(first.signatures, [first.signature_by(&new), first.signature_by(&old)]);
    bank.execute("UPDATE webhook_secrets SET ends_at = ends_at - interval '24 hours' WHERE ends_at IS NOT NULL").await;
    bank.fund(bob.account, eur(2)).await;
    let second = receiver.until(2).await[1].clone();
    assert_eq!(second.signatures, [second.signature_by(&new)]);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_is_led_to_no_address_that_is_not_public() {
    let bank = Bank::start_with(|config| {
        config.webhooks.first_pause = Duration::from_millis(50);
    })
    .await;
    let bob = bank.customer("Bob", 0).await;
    let admin = bank.admin().await;
    let receiver = Receiver::start().await;
    let port = receiver.addr.port();
    // What the text shows is refused before anything is recorded.
    for (url, code) in [
        ("https://169.254.169.254/latest/meta-data", 400),
        ("https://127.0.0.1/", 400),
        ("https://[::1]/", 400),
        ("https://[::ffff:127.0.0.1]/", 400),
        ("https://[fd00:ec2::254]/", 400),
        ("https://2130706433/", 400),
        ("https://0177.0.0.1/", 400),
        ("https://0x7f000001/", 400),
        ("https://erp.example:22/", 400),
        ("http://erp.example/", 400),
        ("https://user:pw@erp.example/", 422),
        ("https://user@erp.example/", 422),
        ("ftp://erp.example/", 422),
    ] {
        let wish = Wish::set_webhook(Uuid::now_v7(), url.to_owned(), vec![], true, false);
        let answer = bank.submit(admin, &Forger::of(admin).next(wish.body)).await;
        let expected = if code == 400 { "malformed-request" } else { "webhook-invalid" };
        assert_eq!(answer.refusal(), (code, expected.to_owned()), "{url}");
    }
    // What only its name hides, or comes by the route for any intent, is refused when it is to be told.
    for (url, expected) in [
        (format!("https://localhost:443/{port}"), "address-not-allowed"),
        (format!("http://localhost:{port}/"), "address-not-allowed"),
        (format!("http://127.0.0.1:{port}/"), "address-not-allowed"),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), "address-not-allowed"),
        ("https://no-such-name.invalid/".to_owned(), "name-not-found"),
    ] {
        let webhook = Uuid::now_v7();
        let wish = Wish::set_webhook(webhook, url.clone(), vec![FUNDS.to_owned()], true, false);
        let signed = Forger::of(admin).next(wish.body);
        bank.send_as(admin, Request::post("/api/intents", signed.to_json())).await.assert_ok();
        bank.fund(bob.account, eur(1)).await;
        let view = eventually_within(PATIENCE, "an attempt", async || {
            let view = standing(&bank, webhook).await;
            (view.failures > 0).then_some(view)
        })
        .await;
        assert_eq!(view.last_result.as_deref(), Some(expected), "{url}");
    }
    assert_eq!(receiver.asked(), 0);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let bank = bank().await;
    let bob = bank.customer("Bob", 0).await;
    let (receiver, inner, webhook) =
        (Receiver::start().await, Receiver::start().await, Uuid::now_v7());
    *receiver.elsewhere.lock().unwrap() = Some(inner.url());
    receiver.answers(307);
    set(&bank, webhook, &receiver.url(), &[FUNDS], false).await;
    bank.fund(bob.account, eur(1)).await;
    let view = eventually_within(PATIENCE, "two attempts", async || {
        let view = standing(&bank, webhook).await;
        (view.failures > 1).then_some(view)
    })
    .await;
    assert_eq!(view.last_result.as_deref(), Some("307"));
    assert!(receiver.asked() > 1);
    assert_eq!(inner.asked(), 0);
}
