//! What has happened, told to those who may know: streams of server-sent events.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use client::{
    BankEvent, BatchLine, Channel, ClientError, Events, FileToPay, SecondFactor, Session, Settled,
    Wish,
};
use e2e::{Bank, Request, eur, eventually_within};
use intent::{ApprovalDecision, BusinessDay, OrderTerms, Rhythm, ShortOfFunds, UtcMicros};
use ledger::{AccountId, Freeze, TransferId};
use money::AssetCode;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row as _;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use uuid::Uuid;

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Within which a stream ends whose session has ended.
const SECONDS: Duration = Duration::from_secs(8);

async fn next(events: &mut Events) -> BankEvent {
    let next = timeout(PATIENCE, events.next()).await.expect("an event in time");
    next.unwrap().expect("the stream goes on")
}

/// Events until one of this kind has come, that one included.
async fn until(events: &mut Events, kind: &str) -> Vec<BankEvent> {
    let mut told = Vec::new();
    loop {
        told.push(next(events).await);
        if told.last().unwrap().kind == kind {
            return told;
        }
    }
}

fn amounts(told: &[BankEvent]) -> Vec<i64> {
    let movements = told.iter().flat_map(|event| event.document["movements"].as_array().unwrap());
    movements.map(|movement| movement["amount"].as_str().unwrap().parse().unwrap()).collect()
}

/// What the ledger says has moved on an account, in its order.
async fn entries(bank: &Bank, account: AccountId) -> Vec<i64> {
    let sql =
        format!("SELECT amount FROM entries WHERE account_id = '{account}' ORDER BY sequence");
    bank.rows(&sql).await.iter().map(|row| row.get(0)).collect()
}

fn freeze() -> Freeze {
    Freeze { debit: true, credit: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_an_account_is_kept_under_load_at_two_instances_and_nothing_is_told_twice() {
    const EACH: i64 = 40;
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let bob = bank.customer("Bob", 0).await;
    let elsewhere = bank.client_of(&another).login(bob.identity().clone()).await.unwrap();
    let mut streams = [bob.events(None).await.unwrap(), elsewhere.events(None).await.unwrap()];
    let mary = bank.manager().await;
    let max = bank.client_of(&another).login(bank.second_manager().identity).await.unwrap();
    let pay = async |session: &Session, first: i64| {
        for minor in first..first + EACH {
            session.fund(bob.account, eur(minor)).await.unwrap();
        }
    };
    tokio::join!(pay(mary, 1), pay(&max, 1_001));
    mary.freeze(bob.account, freeze(), "the last").await.unwrap();
    let entered = entries(&bank, bob.account).await;
    assert_eq!(entered.len(), 80);
    for events in &mut streams {
        let told = until(events, "account.freeze").await;
        assert!(told.is_sorted_by_key(|event| event.leaf), "in the order of the log");
        let mut leaves: Vec<_> = told.iter().map(|event| event.leaf).collect();
        leaves.dedup();
        assert_eq!(leaves.len(), told.len(), "each once");
        let funded: Vec<_> =
            told.iter().filter(|event| event.kind == "account.fund").cloned().collect();
        assert_eq!(amounts(&funded), entered, "in the order of the account");
    }
    another.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_behind_its_id_without_loss_across_a_restart() {
    let mut bank = Bank::start().await;
    let bob = bank.customer("Bob", 0).await;
    let mary = bank.manager().await.identity().clone();
    let mut events = bob.events(None).await.unwrap();
    let mut told = Vec::new();
    for minor in 1..=3 {
        bank.fund(bob.account, eur(minor)).await;
    }
    told.push(next(&mut events).await);
    told.push(next(&mut events).await);
    drop(events);
    bank.fund(bob.account, eur(4)).await;
    // An open stream does not keep the server from closing.
    let mut open = bob.events(None).await.unwrap();
    let began = Instant::now();
    bank.stop_server().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(!matches!(timeout(PATIENCE, open.next()).await.unwrap(), Ok(Some(_))));
    bank.start_server().await;
    let mary = bank.client().login(mary).await.unwrap();
    mary.fund(bob.account, eur(5)).await.unwrap();
    let bob_again = bank.login(&bob.holder).await;
    let mut events = bob_again.events(Some(told.last().unwrap().leaf)).await.unwrap();
    while told.iter().filter(|event| event.kind == "account.fund").count() < 5 {
        told.push(next(&mut events).await);
    }
    told.retain(|event| event.kind == "account.fund");
    assert_eq!(amounts(&told), [1, 2, 3, 4, 5]);

    // The header that browsers send wins over the query.
    let last = told[3].leaf.to_string();
    let request = Request::get("/api/events?after=0").with("last-event-id", &last);
    let mut response = open_raw(&bank, &bob_again, request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let mut text = String::new();
    while !text.contains("event: account.fund") {
        let chunk = timeout(PATIENCE, response.chunk()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(text.starts_with(&format!(": listening\nid: {last}\n\n")), "{text}");
    assert!(text.contains(&format!("id: {}\n", told[4].leaf)), "{text}");
    let refused = bank.get_as(&bob_again, "/api/events?after=99999999").await.refusal();
    assert_eq!(refused, (400, "malformed-request".to_owned()));
}

async fn open_raw(bank: &Bank, session: &Channel, request: Request) -> reqwest::Response {
    let request = request.proved_by(session).await;
    let url = format!("http://{}{}", bank.addr(), request.path);
    reqwest::Client::new().get(url).headers(request.headers).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_what_is_no_business_of_theirs() {
    let bank = Bank::start().await;
    let [alice, carol, dave] = [
        bank.customer("Alice", 0).await,
        bank.customer("Carol", 9_000).await,
        bank.customer("Dave", 0).await,
    ];
    let [mut hers, mut carols] =
        [alice.events(None).await.unwrap(), carol.events(None).await.unwrap()];
    let [auditor, admin] = [bank.auditor().await, bank.admin().await];
    let manager = bank.manager().await;
    let [mut audited, mut administered, mut at_the_desk] = [
        auditor.events(None).await.unwrap(),
        admin.events(None).await.unwrap(),
        manager.events(None).await.unwrap(),
    ];
    let memo = Some("between us");
    carol.transfer(carol.account, dave.account, eur(5), memo).await.unwrap();
    let refused = carol.transfer(carol.account, alice.account, eur(9_999), memo).await;
    assert!(matches!(refused, Err(ClientError::Refused { .. })));
    let paid = carol.transfer(carol.account, alice.account, eur(7), memo).await.unwrap();
    manager.freeze(alice.account, freeze(), "looked into").await.unwrap();
    admin.lock(dave.identity().user().id, true, "gone").await.unwrap();

    // Who is paid learns who paid how much and nothing of the attempt before; who is frozen learns that.
    let told = until(&mut hers, "account.freeze").await;
    let kinds: Vec<_> = told.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["transfer", "account.freeze"]);
    let (leaf, id) = (told[0].leaf.to_string(), paid.receipt.intent_id.to_string());
    assert_eq!(
        told[0].document,
        json!({
            "v": "1", "id": id, "leaf": leaf, "kind": "transfer", "event": false, "outcome": "accepted", "code": "ok",
            "at": told[0].document["at"], "accounts": [alice.account.to_string()],
            "movements": [{
                "transfer": id, "kind": "post", "debit": carol.account.to_string(),
                "credit": alice.account.to_string(), "amount": "7", "asset": "EUR", "code": "ok",
            }],
        })
    );
    let whole: String = told.iter().map(|event| event.document.to_string()).collect();
    for secret in ["between us", "Carol", "looked into", &dave.account.to_string(), "9999"] {
        assert!(!whole.contains(secret), "{secret} in {whole}");
    }

    // Who signed is told of what was refused, and why.
    let told = [next(&mut carols).await, next(&mut carols).await, next(&mut carols).await];
    let codes: Vec<_> = told.iter().map(|event| event.document["code"].as_str().unwrap()).collect();
    assert_eq!((codes[0], codes[2]), ("ok", "ok"));
    assert_ne!(codes[1], "ok");

    // Staff are told what their role may read: the auditor everything, the manager what moved, the administrator their own.
    let told = until(&mut audited, "user.lock").await;
    let kinds: Vec<_> = told.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["transfer", "transfer", "transfer", "account.freeze", "user.lock"]);
    let told = until(&mut at_the_desk, "account.freeze").await;
    assert_eq!(amounts(&told), [5, 7]);
    let told = until(&mut administered, "user.lock").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].document["movements"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_transfer_of_the_ledger_is_told_with_its_record() {
    let bank = Bank::start().await;
    let (alice, bob) = (bank.customer("Alice", 1_000_000).await, bank.customer("Bob", 0).await);
    let mary = bank.manager().await;
    let id = |settled: &Settled| TransferId::new(settled.receipt.intent_id.get());
    let until =
        |seconds: i64| UtcMicros::from_micros(server::clock::now().get() + seconds * 1_000_000);
    let value = r#"{"count_per_day":"9999","per_hour":"9999","per_minute":"9999"}"#;
    bank.put_in_force("limits", "bank", value).await;
    let paid = alice.transfer(alice.account, bob.account, eur(5), None).await.unwrap();
    bob.submit(Wish::reverse(id(&paid), None, "too much".into())).await.unwrap();
    let line = |to, minor| BatchLine { to, amount: eur(minor), memo: None };
    let lines = [line(bob.account, 1), line(alice.account, 2), line(bob.account, 3)];
    alice.batch(alice.account, &lines, false).await.unwrap();
    let hold = async |seconds| {
        let wish = Wish::hold(alice.account, bob.account, eur(7), until(seconds), None).unwrap();
        id(&alice.submit(wish).await.unwrap())
    };
    let (taken, voided, _expires) = (hold(3_600).await, hold(3_600).await, hold(1).await);
    bob.submit(Wish::capture(taken, Some(eur(4)))).await.unwrap();
    bob.submit(Wish::void(voided)).await.unwrap();
    bank.put_in_force("rates", "pair:EUR/USD", r#"{"buy":"1.1","sell":"1.2"}"#).await;
    let dollars = bank.open(&alice, AssetCode::USD).await;
    let preview = alice.exchange_preview(eur(1_000), AssetCode::USD).await.unwrap();
    alice.submit(Wish::exchange(alice.account, dollars, preview.terms().unwrap())).await.unwrap();
    let file = e2e::table(&[
        (alice.account, bob.account, "1,00", "one"),
        (alice.account, bob.account, "2,00", "two"),
    ]);
    alice.pay_file(&FileToPay::read(file.as_bytes()).unwrap()).await.unwrap();
    let terms = OrderTerms {
        first: OrderTerms::day(&server::clock::now().to_string()[..10]).unwrap(),
        rhythm: Rhythm::Monthly,
        business_day: BusinessDay::Unadjusted,
        last: None,
        count: None,
        short_of_funds: ShortOfFunds::Skip,
    };
    let order = Wish::standing_order(alice.account, bob.account, eur(9), None, terms).unwrap();
    let order = alice.submit(order).await.unwrap().receipt.intent_id;
    eventually_within(PATIENCE, "the order's first payment", async || {
        (!alice.standing_order(order).await.unwrap().runs.is_empty()).then_some(())
    })
    .await;
    bank.put_in_force("approvals", "bank", r#"{"above":"0","two_above":"1000"}"#).await;
    for decision in [ApprovalDecision::Approve, ApprovalDecision::Reject] {
        let lines = [line(bob.account, 11), line(bob.account, 12)];
        let waits = alice.batch(alice.account, &lines, false).await.unwrap();
        assert_eq!(waits.receipt.code, "held");
        let wish = Wish::decide(waits.receipt.intent_id, decision, "looked at it".into());
        mary.submit(wish).await.unwrap();
    }
    eventually_within(PATIENCE, "the expiry", async || {
        let expired = "SELECT count(*) FROM holds WHERE state = 'expired'";
        (bank.count(expired).await == 1).then_some(())
    })
    .await;
    mary.freeze(bob.account, freeze(), "the last").await.unwrap();

    let rows = bank.rows("SELECT intent_id, transfer_id FROM transfers").await;
    let columns = |row: &sqlx::postgres::PgRow| (row.get::<Uuid, _>(0), row.get::<Uuid, _>(1));
    let ledger: BTreeSet<_> =
        rows.iter().map(columns).map(|(of, id)| (of.to_string(), id.to_string())).collect();
    let mut events = bank.auditor().await.events(Some(0)).await.unwrap();
    let (mut told, mut expiries) = (BTreeSet::new(), 0);
    let everything = self::until(&mut events, "account.freeze").await;
    for event in &everything {
        let (of, text) =
            (&event.document["id"], |value: &Value| value.as_str().unwrap().to_owned());
        for movement in event.document["movements"].as_array().unwrap() {
            if event.kind == "hold.expired" {
                expiries += 1;
                continue;
            }
            assert!(told.insert((text(of), text(&movement["transfer"]))), "{movement} twice");
        }
    }
    assert_eq!((told, expiries), (ledger, 1));
    assert!(
        everything.iter().zip(1..).all(|(event, leaf)| event.leaf == leaf),
        "no leaf is left out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_cut_off_and_others_go_on() {
    let bank = Bank::start().await;
    let (alice, bob) = (bank.customer("Alice", 1_000_000).await, bank.customer("Bob", 0).await);
    let value = r#"{"count_per_day":"9999","per_hour":"9999","per_minute":"9999"}"#;
    bank.put_in_force("limits", "bank", value).await;
    // A socket that nobody reads, with room for little.
    let request = Request::get("/api/events").proved_by(&bob).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(bank.addr()).await.unwrap();
    let mut head = "GET /api/events HTTP/1.1\r\nhost: bank\r\n".to_owned();
    for (name, value) in &request.headers {
        write!(head, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    let streams = async || {
        let text = bank.get("/metrics").await.text();
        let line = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
            line.trim().parse::<f64>().unwrap()
        };
        (line("strongroom_event_streams "), line("strongroom_event_streams_cut_total "))
    };
    eventually_within(PATIENCE, "the stream", async || (streams().await.0 >= 1.0).then_some(()))
        .await;
    let mut reader = bob.events(None).await.unwrap();
    // Each batch is an event of a quarter of a megabyte; what the sockets take is less than all of them.
    let lines: Vec<_> =
        (0..1_000).map(|_| BatchLine { to: bob.account, amount: eur(1), memo: None }).collect();
    for _ in 0..40 {
        alice.batch(alice.account, &lines, false).await.unwrap();
        assert_eq!(next(&mut reader).await.kind, "transfer.batch");
    }
    eventually_within(PATIENCE, "the cut", async || (streams().await.1 >= 1.0).then_some(())).await;
    alice.transfer(alice.account, bob.account, eur(1), None).await.unwrap();
    assert_eq!(next(&mut reader).await.kind, "transfer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_session_within_seconds_and_a_locked_person_is_told_nothing_more() {
    let bank = Bank::start().await;
    let another = bank.start_another().await;
    let alice = bank.customer("Alice", 0).await;
    let doomed = bank.client_of(&another).login(alice.identity().clone()).await.unwrap();
    let mut events = doomed.events(None).await.unwrap();
    let session = doomed.standing().await.session;
    alice
        .request(Method::DELETE, &format!("/api/auth/sessions/{session}"), Vec::new())
        .await
        .unwrap();
    assert_ends(&mut events).await;

    let mut events = alice.events(None).await.unwrap();
    bank.manager().await.lock(alice.identity().user().id, true, "lost phone").await.unwrap();
    assert_ends(&mut events).await;
    assert!(alice.events(None).await.is_err());
    another.shutdown().await.unwrap();
}

async fn assert_ends(events: &mut Events) {
    let began = Instant::now();
    while let Some(event) = timeout(SECONDS, events.next()).await.expect("the end in time").unwrap()
    {
        assert!(began.elapsed() < SECONDS, "still told of {}", event.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_few_and_need_a_second_factor() {
    const PASSWORD: &str = "seven green umbrellas";
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(alice.events(None).await.unwrap());
    }
    let refused = bank.get_as(&alice, "/api/events").await;
    assert_eq!(refused.refusal(), (429, "rate-limited".to_owned()));
    drop(open);
    eventually_within(PATIENCE, "a place", async || alice.events(None).await.ok()).await;

    alice.set_password(PASSWORD, None).await.unwrap();
    let path = format!("/api/users/{}/profile", alice.identity().user().id);
    let profile: Value = alice.get(&path).await.unwrap();
    let email = profile["email"].as_str().unwrap();
    let visit = bank.client().visit(email, PASSWORD, SecondFactor::None).await.unwrap();
    let refused = bank.get_as(&visit, "/api/events").await;
    assert_eq!(refused.refusal(), (403, "assurance-too-low".to_owned()));
}

/// Reads a stream of live figures to its end: the history, and every sample after it.
async fn watch(bank: &Bank, session: &Channel, samples: u32) -> (Vec<Value>, Vec<Value>) {
    let path = format!("/api/security/live?samples={samples}");
    let response = open_raw(bank, session, Request::get(&path)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let text = timeout(PATIENCE, response.text()).await.expect("an end in time").unwrap();
    let told = |kind: &str| -> Vec<Value> {
        let head = format!("event: {kind}\ndata: ");
        let lines = text.split("\n\n").filter_map(|event| event.strip_prefix(head.as_str()));
        lines.map(|data| serde_json::from_str(data).unwrap()).collect()
    };
    let history = told("history").pop().expect("a history at once");
    (history.as_array().unwrap().clone(), told("sample"))
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_watch_are_told_every_second_what_was_counted_and_of_whom_nothing() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 0).await;
    let (manager, auditor, admin) =
        (bank.manager().await, bank.auditor().await, bank.admin().await);
    let watching = watch(&bank, admin, 4);
    let working = async {
        for minor in 1..=6 {
            manager.fund(alice.account, eur(minor)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    };
    let ((_, samples), ()) = tokio::join!(watching, working);
    assert_eq!(samples.len(), 4);
    let sum = |of: fn(&Value) -> Option<u64>| samples.iter().filter_map(of).sum::<u64>();
    assert!(sum(|sample| sample["kinds"]["account.fund"].as_u64()) >= 3, "{samples:?}");
    assert!(sum(|sample| sample["decided"]["ok"].as_u64()) >= 3, "{samples:?}");
    assert!(sum(|sample| sample["commit_latency"]["count"].as_u64()) >= 3, "{samples:?}");
    assert!(samples.iter().all(|sample| sample["span_ms"].as_u64().unwrap() > 0));
    let last = samples.last().unwrap();
    let size: u64 = last["log"]["size"].as_str().unwrap().parse().unwrap();
    assert!(size > 6 && last["log"]["checkpoint_signed_at"].is_string(), "{last}");
    let text = serde_json::to_string(&samples).unwrap();
    for secret in [alice.identity().user().id.to_string(), alice.account.to_string()] {
        assert!(!text.contains(&secret), "{text}");
    }

    // Whoever comes later begins with what went before.
    let (history, none) = watch(&bank, auditor, 0).await;
    assert!(history.len() >= 4 && none.is_empty(), "{history:?}");
    watch(&bank, manager, 0).await;
    let refused = bank.get_as(&alice, "/api/security/live").await.refusal();
    assert_eq!(refused, (403, "forbidden".to_owned()));
    let refused = bank.get_as(admin, "/api/security/live?samples=many").await.refusal();
    assert_eq!(refused, (400, "malformed-request".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_its_session() {
    let bank = Bank::start().await;
    let admin = bank.client().login(bank.admin().await.identity().clone()).await.unwrap();
    let mut open = open_raw(&bank, &admin, Request::get("/api/security/live")).await;
    assert!(timeout(PATIENCE, open.chunk()).await.unwrap().unwrap().is_some());
    drop(bank.send(Request::post("/api/auth/logout", "").proved_by(&admin).await).await.ok());
    let ended = timeout(SECONDS, async { while let Ok(Some(_)) = open.chunk().await {} });
    ended.await.expect("an end within seconds");
}
