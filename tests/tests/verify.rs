//! The offline verification against a superuser of the database: whatever they change, delete, invent or reorder in what
//! is covered is found, and named by table and column.

use std::collections::BTreeSet;

use client::{BatchLine, Wish};
use crypto::Suite;
use e2e::{Bank, Holder, eur, eventually, fresh_account};
use intent::{
    ApprovalDecision, BusinessDay, IpRuleAction, NameMatch, OrderTerms, RevocationReason, Rhythm,
    Role, ShortOfFunds, UtcMicros,
};
use ledger::{Freeze, TransferId};
use server::bank::TrustFile;
use server::verify::manifest::{Class, Table, tables};
use server::verify::{Report, Severity, Source, Trust, verify};
use sqlx::{AssertSqlSafe, PgConnection, Row};
use uuid::Uuid;

/// A bank with everything that a leaf can write: staff and customers, payments and refusals, a batch, free text, a freeze, a
/// rotation, a revocation. Its server is down, so that nothing but the tamperer writes.
async fn worked_bank() -> (Bank, Trust) {
    let (mut bank, next_authority) = Bank::start_with_successor().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 500).await;
    alice.transfer(alice.account, bob.account, eur(1_234), Some("thank you")).await.unwrap();
    // Two refusals; what counts here is that they stand in the log.
    let _ = bob.transfer(bob.account, alice.account, eur(99_999), None).await;
    let _ = bob.transfer(bob.account, fresh_account(), eur(1), None).await;
    bank.manager()
        .await
        .freeze(bob.account, Freeze { debit: true, credit: false }, "inquiry")
        .await
        .unwrap();

    everything_of_payments(&bank).await;
    everything_of_payees(&bank).await;
    an_exchange(&bank).await;

    let carol = bank.enrol("Carol").await;
    let session = bank.login(&carol).await;
    let successor = carol.successor().unwrap();
    session.rotate(&successor).await.unwrap();
    let locked = carol.user().id;
    bank.manager().await.lock(locked, true, "inquiry").await.unwrap();
    let (admin, manager) = (bank.admin().await, bank.manager().await);
    let user = |id, role, name: &str| client::UserName { id, role, name: name.to_owned() };

    // An invitation that two people signed, a device paired by another and revoked, and a person who lost all of theirs.
    let invited = admin.invite(Role::Manager, "Nora", "nora@bank.example").await.unwrap();
    manager.approve_invitation(invited.user).await.unwrap();
    let nora = Holder::generate(Suite::Standard, user(invited.user, Role::Manager, "Nora"));
    bank.client().enrol(&nora, &invited.token).await.unwrap();
    let waiting = admin.invite(Role::Customer, "Walt", "walt@example.org").await.unwrap();
    assert!(!waiting.token.is_empty());
    let tablet = Holder::generate(Suite::Standard, bob.holder.user().clone());
    let asked = bank.client().pair(&tablet, "tablet").await.unwrap();
    bob.approve_device(&asked.pairing).await.unwrap();
    bank.client().enrol_paired(&tablet, &asked).await.unwrap();
    bob.revoke_device(tablet.device().id(), RevocationReason::KeyCompromise).await.unwrap();
    let dora = bank.customer("Dora", 5_000).await;
    let profile = format!("/api/users/{}/profile", dora.identity().user().id);
    let email =
        bank.get_as(&dora, &profile).await.ok().json()["email"].as_str().unwrap().to_owned();
    let asked = bank.client().request_recovery(&email, None).await.unwrap();
    let registration = crypto::sha3_256(asked.token.expose());
    manager.recover(dora.identity().user().id, registration, "lost").await.unwrap();
    let again = Holder::generate(Suite::Standard, dora.holder.user().clone());
    bank.client().enrol(&again, &asked.token).await.unwrap();
    let limited = bank.login(&again).await;
    assert!(limited.transfer(dora.account, bob.account, eur(20_001), None).await.is_err());
    limited.transfer(dora.account, bob.account, eur(100), None).await.unwrap();
    // Of somebody else's account: the poster need not know that she is limited, and the verifier does.
    assert!(limited.transfer(alice.account, bob.account, eur(20_001), None).await.is_err());

    let reads = vec!["accounts:read".to_owned()];
    let reader = Wish::define_role("reader".to_owned(), Role::Customer, reads, true);
    admin.submit(reader).await.unwrap();
    let to_bob = Wish::grant_role(bob.identity().user().id, "reader".to_owned(), true);
    admin.submit(to_bob).await.unwrap();
    let network = "203.0.113.0/24".to_owned();
    let rule =
        Wish::set_ip_rule(Uuid::now_v7(), "role:customer".to_owned(), network, IpRuleAction::Deny);
    admin.submit(rule).await.unwrap();
    // What is refused for want of a permission is refused in the replay too.
    let _ = bob.transfer(bob.account, alice.account, eur(1), None).await;
    // Two administrators rotate the authority; then both lists name whoever is revoked.
    admin.submit(next_authority.wish(30)).await.unwrap();
    bank.second_admin().await.submit(next_authority.wish(30)).await.unwrap();
    bank.enrol("Erin").await;
    let lost = alice.holder.certificate_hash().unwrap();
    admin.revoke(lost, RevocationReason::KeyCompromise).await.unwrap();
    let trust = trust_of(&bank);
    bank.stop_server().await;
    (bank, trust)
}

/// A hold taken in part, a payment given back in part, a policy that two people set, and a payment that two approved.
async fn everything_of_payments(bank: &Bank) {
    let paul = bank.customer("Paul", 30_000_000).await;
    let quinn = bank.customer("Quinn", 0).await;
    let until = UtcMicros::from_micros(server::clock::now().get() + 3_600_000_000);
    let held = Wish::hold(paul.account, quinn.account, eur(900), until, Some("room 7")).unwrap();
    let held = TransferId::new(paul.submit(held).await.unwrap().receipt.intent_id.get());
    quinn.submit(Wish::capture(held, Some(eur(500)))).await.unwrap();
    let paid = paul.transfer(paul.account, quinn.account, eur(700), None).await.unwrap();
    let paid = TransferId::new(paid.receipt.intent_id.get());
    quinn.submit(Wish::reverse(paid, Some(eur(300)), "too much".to_owned())).await.unwrap();

    let file = e2e::table(&[
        (paul.account, quinn.account, "1.00", "E1"),
        (paul.account, fresh_account(), "2.00", "E2"),
        (paul.account, quinn.account, "3.00", "E3"),
    ]);
    paul.pay_file(&client::FileToPay::read(file.as_bytes()).unwrap()).await.unwrap();

    let url = "https://erp.example.org/bank".to_owned();
    let told = Wish::set_webhook(Uuid::now_v7(), url, vec!["transfer".to_owned()], false, true);
    bank.admin().await.submit(told).await.unwrap();

    let value = r#"{"above":"100000","two_above":"100001"}"#.to_owned();
    let wish = Wish::propose_policy("approvals".to_owned(), "bank".to_owned(), value);
    let proposal = bank.admin().await.submit(wish).await.unwrap().receipt.intent_id;
    let (mary, max) = (bank.manager().await, bank.login(&bank.second_manager()).await);
    mary.submit(Wish::approve_policy(proposal, true)).await.unwrap();
    let large = paul.transfer(paul.account, quinn.account, eur(10_000_200), None).await.unwrap();
    for manager in [mary, &max] {
        let payment = large.receipt.intent_id;
        let wish = Wish::decide(payment, ApprovalDecision::Approve, "called them".to_owned());
        manager.submit(wish).await.unwrap();
    }
}

/// Euros sold for dollars.
async fn an_exchange(bank: &Bank) {
    let (eva, value) = (bank.customer("Eva", 10_000).await, r#"{"buy":"1.08","sell":"1.09"}"#);
    let dollars = bank.open(&eva, "USD".parse().unwrap()).await;
    let wish = Wish::propose_policy("rates".into(), "pair:EUR/USD".into(), value.into());
    let proposal = bank.admin().await.submit(wish).await.unwrap().receipt.intent_id;
    bank.manager().await.submit(Wish::approve_policy(proposal, true)).await.unwrap();
    let terms = (eur(1_000), e2e::money(1_080, "USD"), "1.08".parse().unwrap());
    eva.submit(Wish::exchange(eva.account, dollars, terms)).await.unwrap();
}

/// A payee who is kept, an order that was paid and goes on, and one that was ended.
async fn everything_of_payees(bank: &Bank) {
    let rita = bank.customer("Rita", 10_000).await;
    let sven = bank.customer("Sven", 0).await;
    let kept = Wish::add_payee(sven.account, ("Sven", Some("the flat")), NameMatch::Match);
    rita.submit(kept.unwrap()).await.unwrap();
    let now = server::clock::now().to_string();
    let terms = OrderTerms {
        first: OrderTerms::day(&now[..10]).unwrap(),
        rhythm: Rhythm::Weekly,
        business_day: BusinessDay::Unadjusted,
        last: OrderTerms::day("2099-01-01"),
        count: Some(9),
        short_of_funds: ShortOfFunds::Retry,
    };
    let order = Wish::standing_order(rita.account, sven.account, eur(200), Some("rent"), terms);
    rita.submit(order.unwrap()).await.unwrap();
    let later = OrderTerms { first: OrderTerms::day("2098-01-01").unwrap(), ..terms };
    let order = Wish::standing_order(rita.account, sven.account, eur(1), None, later).unwrap();
    let ended = rita.submit(order).await.unwrap().receipt.intent_id;
    rita.submit(Wish::end_standing_order(ended)).await.unwrap();
    eventually("the order to be paid", async || {
        (bank.balance(sven.account).await == 200).then_some(())
    })
    .await;
}

fn trust_of(bank: &Bank) -> Trust {
    let text = std::fs::read_to_string(bank.folder().join("trust.json")).unwrap();
    TrustFile::from_text(&text).unwrap().into()
}

async fn report(bank: &Bank, trust: &Trust) -> Report {
    let source = Source::new(bank.urls().auditor.clone());
    verify(&source, trust, &|_, _| ()).await.unwrap()
}

fn names(report: &Report, table: &str, column: Option<&str>) -> bool {
    report.findings.iter().any(|finding| {
        let is_table = finding.table == Some(table);
        let columns = finding.column.as_deref().unwrap_or_default();
        is_table && column.is_none_or(|column| columns.split(", ").any(|named| named == column))
    })
}

/// Tables whose rows a leaf accounts for, one by one. No day of a new bank is over: the test of statements looks after theirs.
fn judged() -> impl Iterator<Item = Table> {
    tables().filter(|table| table.name != "statements").filter(|table| {
        table.columns.iter().any(|(_, class)| *class == Class::Covered || *class == Class::Derived)
    })
}

/// SQL for another value of the same type, as like the old one as can be.
fn altered(column: &str, kind: &str) -> String {
    match kind {
        "bytea" => format!(
            "CASE WHEN {column} = '' THEN '\\x01' ELSE set_byte({column}, octet_length({column}) / 2, get_byte({column}, octet_length({column}) / 2) # 1) END"
        ),
        "text" => format!(
            "overlay({column} placing (CASE WHEN substr({column}, 1, 1) = 'b' THEN 'c' ELSE 'b' END) from 1 for 1)"
        ),
        "uuid" => format!(
            "(overlay({column}::text placing (CASE WHEN right({column}::text, 1) = '0' THEN '1' ELSE '0' END) from 36 for 1))::uuid"
        ),
        "boolean" => format!("NOT {column}"),
        "bigint" | "integer" => format!("{column} # 1024"),
        "date" => format!("{column} + 1"),
        "timestamp with time zone" => format!("{column} + interval '1 microsecond'"),
        other => panic!("no alteration for {other}"),
    }
}

/// Runs `sql`, verifies, and puts everything back.
struct Tamperer {
    superuser: PgConnection,
    /// Everything as it was, in a schema that the verification does not read.
    tables: Vec<&'static str>,
}

impl Tamperer {
    async fn new(bank: &Bank) -> Self {
        let mut superuser = bank.superuser().await;
        let tables: Vec<_> = judged().map(|table| table.name).collect();
        run(&mut superuser, "CREATE SCHEMA kept; SET session_replication_role = replica").await;
        for table in &tables {
            run(&mut superuser, &format!("CREATE TABLE kept.{table} AS TABLE public.{table}"))
                .await;
            // A thief who owns the database drops what would stop them.
            let constraints = sqlx::query(
                "SELECT conname::text FROM pg_constraint
                  WHERE conrelid = ('public.' || $1)::regclass AND contype IN ('c', 'f', 'u')
                  ORDER BY contype = 'u', conname",
            )
            .bind(*table)
            .fetch_all(&mut superuser)
            .await
            .unwrap();
            for row in constraints {
                let name: String = row.get(0);
                run(
                    &mut superuser,
                    &format!("ALTER TABLE public.{table} DROP CONSTRAINT {name} CASCADE"),
                )
                .await;
            }
        }
        Self { superuser, tables }
    }

    async fn tamper(&mut self, sql: &str) {
        run(&mut self.superuser, sql).await;
    }

    async fn restore(&mut self) {
        for table in &self.tables {
            run(
                &mut self.superuser,
                &format!("DELETE FROM public.{table}; INSERT INTO public.{table} SELECT * FROM kept.{table}"),
            )
            .await;
        }
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_column_is_classified() {
    let bank = Bank::start().await;
    let rows = bank
        .rows(
            "SELECT table_name::text, column_name::text FROM information_schema.columns
              WHERE table_schema = 'public' ORDER BY table_name, ordinal_position",
        )
        .await;
    let real: BTreeSet<(String, String)> =
        rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let listed: BTreeSet<(String, String)> = tables()
        .flat_map(|table| {
            let of_table =
                |(column, _): &(&str, Class)| (table.name.to_owned(), (*column).to_owned());
            table.columns.iter().map(of_table).collect::<Vec<_>>()
        })
        .collect();
    let unclassified: Vec<_> = real.difference(&listed).collect();
    assert!(unclassified.is_empty(), "say in verify::manifest what binds {unclassified:?}");
    let gone: Vec<_> = listed.difference(&real).collect();
    assert!(gone.is_empty(), "verify::manifest lists what is not there: {gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_bank_is_clean_and_can_be_verified_while_it_works() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    let trust: Trust = trust_of(&bank);
    let (first, ()) = tokio::join!(report(&bank, &trust), async {
        for minor in 1..20 {
            alice.transfer(alice.account, bob.account, eur(minor), None).await.unwrap();
        }
    });
    assert!(first.ok, "{:#?}", first.findings);
    let second = report(&bank, &trust).await;
    assert!(second.ok, "{:#?}", second.findings);
    assert_eq!((second.exit_code(), second.leaves), (0, second.size));
    assert_eq!(second.transfers, 20);
    assert_eq!(second.intents + second.events, second.leaves);
}

/// Of batches the log is examined in pieces of 4 MB.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_large_batches_is_clean_and_what_is_changed_in_its_last_piece_is_named() {
    let bank = Bank::start().await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    for _ in 0..24 {
        let line = BatchLine { to: bob.account, amount: eur(1), memo: None };
        let wish = Wish::batch(alice.account, &vec![line; 1_000], false).unwrap();
        alice.submit(wish).await.unwrap();
    }
    let bytes = "SELECT sum(octet_length(intent) + octet_length(effects))::bigint FROM records";
    assert!(bank.count(bytes).await > 4 * 1024 * 1024, "one piece");
    let trust = trust_of(&bank);
    let clean = report(&bank, &trust).await;
    assert!(clean.ok, "{:#?}", clean.findings);
    assert_eq!((clean.transfers, clean.leaves), (24_001, clean.size));
    let last = "SELECT intent_id FROM records ORDER BY leaf_index DESC LIMIT 1";
    bank.execute(&format!(
        "UPDATE transfers SET amount = 2 WHERE intent_id = ({last}) AND item = 999"
    ))
    .await;
    let changed = report(&bank, &trust).await;
    assert!(names(&changed, "transfers", Some("amount")), "{:#?}", changed.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_value_in_any_covered_column_is_named() {
    let (bank, trust) = Box::pin(worked_bank()).await;
    let clean = report(&bank, &trust).await;
    assert!(clean.ok, "{:#?}", clean.findings);
    let mut tamperer = Tamperer::new(&bank).await;
    let mut missed = Vec::new();
    for table in judged() {
        for (column, class) in table.columns.iter() {
            if matches!(class, Class::Uncovered(_)) {
                continue;
            }
            let found = sqlx::query(
                "SELECT data_type::text FROM information_schema.columns
                  WHERE table_schema = 'public' AND table_name = $1 AND column_name = $2",
            )
            .bind(table.name)
            .bind(*column)
            .fetch_one(&mut tamperer.superuser)
            .await
            .unwrap();
            let value = altered(column, &found.get::<String, _>(0));
            let name = table.name;
            if name == "log_tiles" {
                continue; // A small log has none: see the test of a longer one.
            }
            // The row with the largest value: it has one, and is not the founding's where there is another. Of several the last by
            // its text, which does not change with where rows lie.
            let sql = format!(
                "UPDATE public.{name} SET {column} = {value}
                  WHERE ctid = (SELECT r.ctid FROM public.{name} r WHERE r.{column} IS NOT NULL
                                 ORDER BY r.{column} DESC, r::text DESC LIMIT 1)"
            );
            // No month has passed: that a fee was charged is itself the lie.
            let sql = match (name, *column) {
                ("accruals", "charged_until") => {
                    "UPDATE public.accruals SET charged_until = '2026-01-01'".to_owned()
                }
                _ => sql,
            };
            tamperer.tamper(&sql).await;
            let report = report(&bank, &trust).await;
            // A key that was changed is a row too few and a row too many: the table is named.
            let is_key =
                report.findings.iter().any(|f| f.table == Some(name) && f.column.is_none());
            if report.ok || !(names(&report, name, Some(column)) || is_key) {
                missed.push(format!("{name}.{column}: {:?}", report.findings.first()));
            }
            tamperer.restore().await;
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(report(&bank, &trust).await.ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_deleted_or_invented_in_any_table_is_named() {
    let (bank, trust) = Box::pin(worked_bank()).await;
    let mut tamperer = Tamperer::new(&bank).await;
    let mut missed = Vec::new();
    for table in judged() {
        let name = table.name;
        // Free text may be erased; a small log has no tiles.
        if ["transfer_details", "kept_texts", "log_tiles"].contains(&name) {
            continue;
        }
        tamperer
            .tamper(&format!(
                "DELETE FROM public.{name} WHERE ctid = (SELECT max(ctid) FROM public.{name})"
            ))
            .await;
        let report = report(&bank, &trust).await;
        if !names(&report, name, None) || report.exit_code() == 0 {
            missed.push(format!("deleted from {name}: {:?}", report.findings));
        }
        tamperer.restore().await;
    }
    for (name, key, value) in [
        ("transfers", "transfer_id", "gen_random_uuid()"),
        ("entries", "sequence", "sequence + 1000"),
        ("accounts", "account_id", "gen_random_uuid()"),
        ("users", "user_id", "gen_random_uuid()"),
        ("certificates", "fingerprint", "sha256(fingerprint)"),
        ("certificate_components", "component", "sha256(component)"),
        ("devices", "device_id", "sha256(device_id)"),
        ("registrations", "registration", "sha256(registration)"),
        ("recovery_limits", "user_id", "gen_random_uuid()"),
        ("recovery_payments", "asset", "'XAU'"),
        ("credential_changes", "user_id", "gen_random_uuid()"),
        ("assets", "asset", "'XAU'"),
        ("transfer_details", "transfer_id", "gen_random_uuid()"),
        ("kept_texts", "intent_id", "gen_random_uuid()"),
        ("log_checkpoints", "size", "size + 1000"),
    ] {
        tamperer
            .tamper(&format!(
                "CREATE TEMP TABLE one AS SELECT * FROM public.{name} LIMIT 1;
                 UPDATE one SET {key} = {value};
                 INSERT INTO public.{name} SELECT * FROM one; DROP TABLE one"
            ))
            .await;
        let report = report(&bank, &trust).await;
        if !names(&report, name, None) || report.exit_code() != 20 {
            missed.push(format!("invented in {name}: {:?}", report.findings));
        }
        tamperer.restore().await;
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_or_missing_tile_is_named_and_its_leaf_too() {
    let mut bank = Bank::start().await;
    let alice = bank.customer("Alice", 10_000).await;
    let bob = bank.customer("Bob", 0).await;
    while bank.count("SELECT size FROM log_head").await < 260 {
        alice.transfer(alice.account, bob.account, eur(1), None).await.unwrap();
    }
    bank.stop_server().await;
    let trust = trust_of(&bank);
    let mut tamperer = Tamperer::new(&bank).await;
    let clean = report(&bank, &trust).await;
    assert!(clean.ok, "{:#?}", clean.findings);
    tamperer
        .tamper("UPDATE log_tiles SET hashes = set_byte(hashes, 3200, get_byte(hashes, 3200) # 1)")
        .await;
    let changed = report(&bank, &trust).await;
    assert!(names(&changed, "log_tiles", Some("hashes")), "{:#?}", changed.findings);
    assert_eq!(changed.findings[0].leaf_index, Some(100));
    for sql in [
        "DELETE FROM log_tiles",
        "UPDATE log_tiles SET level = 1",
        "UPDATE log_tiles SET tile_index = 7",
        "UPDATE log_tiles SET book_id = 7",
    ] {
        tamperer.restore().await;
        tamperer.tamper(sql).await;
        let report = report(&bank, &trust).await;
        assert!(names(&report, "log_tiles", None), "{sql}: {:#?}", report.findings);
        assert_eq!(report.exit_code(), 20, "{sql}");
    }
    // A missing record whose hash its tile kept is a gap, and the rest of the tree still verifies.
    tamperer.restore().await;
    tamperer.tamper("DELETE FROM records WHERE leaf_index = 3").await;
    let gap = report(&bank, &trust).await;
    assert!(
        gap.findings
            .iter()
            .any(|finding| finding.leaf_index == Some(3) && finding.severity == Severity::Gap)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_classic_frauds_are_found() {
    let (bank, trust) = Box::pin(worked_bank()).await;
    let mut tamperer = Tamperer::new(&bank).await;
    let paid = "(SELECT transfer_id FROM transfers WHERE code = 'ok' ORDER BY amount DESC LIMIT 1)";
    let last = "(SELECT max(leaf_index) FROM records)";
    let frauds = [
        ("an amount edited with balances and entries fixed up", "transfers", format!(
            "UPDATE entries SET amount = amount + 1, balance_after = balance_after + 1 WHERE transfer_id = {paid};
             UPDATE accounts a SET debits_posted = debits_posted + 1 FROM transfers t
              WHERE t.transfer_id = {paid} AND a.account_id = t.debit_account;
             UPDATE accounts a SET credits_posted = credits_posted + 1 FROM transfers t
              WHERE t.transfer_id = {paid} AND a.account_id = t.credit_account;
             UPDATE transfers SET amount = amount + 1 WHERE transfer_id = {paid}"
        )),
        ("a payment redirected", "transfers", format!(
            "UPDATE transfers SET credit_account = (SELECT max(account_id::text)::uuid FROM accounts)
              WHERE transfer_id = {paid}"
        )),
        ("two records swapped", "records",
            "UPDATE records SET leaf_index = leaf_index + 1000000 WHERE leaf_index IN (5, 6);
             UPDATE records SET leaf_index = 11 - (leaf_index - 1000000) WHERE leaf_index >= 1000000".to_owned(),
        ),
        ("signatures swapped", "records",
            "UPDATE records r SET evidence = o.evidence FROM records o
              WHERE (r.leaf_index, o.leaf_index) IN ((5, 6), (6, 5))".to_owned(),
        ),
        ("the tail cut off, its checkpoint left", "log_checkpoints", format!("DELETE FROM records WHERE leaf_index = {last}")),
        ("an intent deleted with its entries", "records", format!(
            "DELETE FROM records WHERE intent_id = (SELECT intent_id FROM transfers WHERE transfer_id = {paid});
             DELETE FROM entries WHERE transfer_id = {paid}; DELETE FROM transfers WHERE transfer_id = {paid}"
        )),
        ("evidence removed without an erasure", "records", "UPDATE records SET intent = NULL WHERE leaf_index = 7".to_owned()),
        ("a revocation undone", "certificates",
            "UPDATE certificates SET status = 'active', ended_at = NULL, revocation_reason = NULL WHERE status = 'revoked'".to_owned(),
        ),
    ];
    for (fraud, table, sql) in frauds {
        tamperer.tamper(&sql).await;
        let report = report(&bank, &trust).await;
        assert!(!report.ok && names(&report, table, None), "{fraud}: {:#?}", report.findings);
        tamperer.restore().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_origin_is_no_gap() {
    let (bank, trust) = Box::pin(worked_bank()).await;
    bank.execute(
        "UPDATE records SET origin = NULL,
                salts = substr(salts, 1, 64) || decode(repeat('00', 32), 'hex') || substr(salts, 97)
          WHERE leaf_index = 6",
    )
    .await;
    let report = report(&bank, &trust).await;
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!(report.erased, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_cut_back_whole_is_found_by_a_checkpoint_that_was_seen() {
    let (bank, trust) = Box::pin(worked_bank()).await;
    let note = |size: &str| {
        format!(
            "SELECT note FROM log_checkpoints WHERE size = (SELECT {size}(size) FROM log_checkpoints)"
        )
    };
    let newest: String = bank.rows(&note("max")).await[0].get(0);
    let pinned = trust.clone().pin(newest);
    assert!(report(&bank, &pinned).await.ok);
    bank.execute(
        "DELETE FROM records WHERE leaf_index = (SELECT max(leaf_index) FROM records);
         DELETE FROM log_checkpoints WHERE size = (SELECT max(size) FROM log_checkpoints)",
    )
    .await;
    let report = report(&bank, &pinned).await;
    assert!(report.findings.iter().any(|finding| finding.message.contains("seen earlier")));
    assert_eq!(report.exit_code(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_bank_vouch_for_nothing() {
    let (bank, trust) = Box::pin(worked_bank()).await;
    bank.execute("UPDATE log_checkpoints SET note = replace(note, '— ', '— x')").await;
    assert_eq!(report(&bank, &trust).await.exit_code(), 30);
    bank.execute("UPDATE books SET bank = 'otherbank'").await;
    assert_eq!(report(&bank, &trust).await.exit_code(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_something_else_is_malformed() {
    let (bank, trust) = Box::pin(worked_bank()).await;
    bank.execute("ALTER TABLE records RENAME COLUMN evidence TO proof").await;
    let report = report(&bank, &trust).await;
    assert_eq!(report.exit_code(), 40, "{:#?}", report.findings);
}
