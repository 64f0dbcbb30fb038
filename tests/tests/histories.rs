//! Random histories, judged by the reference model step by step: as they are, and while the line to the database fails at any
//! question of a group commit, in any way.
//!
//! A history under faults is of one seed, which `make histories SEED=…` plays again.

#[path = "histories/judge.rs"]
mod judge;
#[path = "histories/step.rs"]
mod step;

use client::Wish;
use e2e::{At, Bank, Forger, How, Strike, Wire, eur, fresh_account};
use intent::{Body, SignedIntent, TransferBody};
use judge::World;
use money::AssetCode;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use step::{Step, step};

/// Histories tried, and the longest of them: each step is a signed intent over HTTP.
const HISTORIES: u32 = 16;
const STEPS_MAX: usize = 24;
/// Seeds of histories under faults; `STRONGROOM_SEEDS` sets another number, `STRONGROOM_SEED` the only one.
const SEEDS: u64 = 12;
/// Questions from the beginning of a step to the latest strike: two group commits on connections that know no statement yet.
const QUESTIONS_MAX: u32 = 60;
/// Strikes within one step. The poster tries eight times.
const STRIKES_MAX: usize = 3;
/// Questions behind a COMMIT whose answer was lost: to connect, to find what was decided, to read it back.
const QUESTIONS_AFTER: u32 = 32;
/// The ways in which a question can fail.
const WAYS: [How; 5] =
    [How::Unasked, How::Unheard, How::Lost, How::Fails("40001"), How::Fails("40P01")];

#[test]
fn random_histories_end_as_the_model_says_step_by_step() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let config = Config { cases: HISTORIES, ..config() };
    let history = prop::collection::vec(step(), 1..STEPS_MAX);
    let judge = |steps: Vec<Step>| {
        runtime.block_on(world.judge(steps.iter().map(|step| (step, [].as_slice()))))
    };
    TestRunner::new(config).run(&history, judge).unwrap();
    runtime.block_on(async move { world.bank.assert_verifies().await });
}

#[test]
fn random_histories_end_the_same_while_the_database_fails_at_any_question() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
    let seeds = match number("STRONGROOM_SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("STRONGROOM_SEEDS").unwrap_or(SEEDS),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::over_a_wire());
    let strike = (0..QUESTIONS_MAX, prop::sample::select(WAYS.as_slice()))
        .prop_map(|(question, how)| Strike { at: At::Question(question), how });
    let struck = (step(), prop::collection::vec(strike, 0..=STRIKES_MAX));
    let history = prop::collection::vec(struck, 1..STEPS_MAX);
    for seed in seeds {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = Config { cases: 1, ..config() };
        let judge = |steps: Vec<(Step, Vec<Strike>)>| {
            let steps = steps.iter().map(|(step, strikes)| (step, strikes.as_slice()));
            runtime.block_on(world.judge(steps))
        };
        let judged = TestRunner::new_with_rng(config, random).run(&history, judge);
        assert!(
            judged.is_ok(),
            "seed {seed} (`make histories SEED={seed}`): {}",
            judged.unwrap_err()
        );
    }
    assert!(world.strikes() > 0, "nothing was struck");
    runtime.block_on(async move { world.bank.assert_verifies().await });
}

fn config() -> Config {
    Config { max_shrink_iters: 200, failure_persistence: None, ..Config::default() }
}

/// Every question of a group commit, each way of failing, for an intent that moves money and one that changes what else there is.
#[tokio::test(flavor = "multi_thread")]
async fn an_intent_has_one_outcome_whichever_question_of_its_commit_fails() {
    let mut wire = None;
    let bank = Bank::start_with(|config| wire = Some(Wire::into(config))).await;
    let wire = wire.unwrap();
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let owner = alice.identity().user().id;
    let pay = || {
        let (debit, credit, amount) = (alice.account, bob.account, eur(1));
        Forger::of(&alice).next(Body::Transfer(TransferBody {
            debit,
            credit,
            amount,
            details: None,
        }))
    };
    let open = || {
        let wish = Wish::open_account(fresh_account(), owner, AssetCode::EUR);
        Forger::of(&alice).next(wish.body)
    };
    let works: [&dyn Fn() -> SignedIntent; 2] = [&pay, &open];
    let accounts = "SELECT count(*) FROM accounts WHERE kind = 'liability'";
    let accounts_before = bank.count(accounts).await;
    let mut strikes = 0;
    let mut sent = [0, 0];
    for (work, sign) in works.into_iter().enumerate() {
        for how in WAYS {
            // Twice, so that the connection knows every statement: the first after a strike knows none.
            let mut questions = 0;
            for _ in 0..2 {
                let before = wire.questions();
                bank.submit(&alice, &sign()).await.assert_ok();
                questions = u32::try_from(wire.questions() - before).unwrap();
                sent[work] += 1;
            }
            assert!(questions >= 5, "BEGIN, reads, writes, COMMIT: {questions}");
            let once =
                (0..questions).map(|question| vec![Strike { at: At::Question(question), how }]);
            let lost = Strike { at: At::Commit, how: How::Lost };
            let behind = match how {
                How::Lost | How::Fails("40001") => questions..questions + QUESTIONS_AFTER,
                _ => 0..0,
            };
            let twice =
                behind.map(|question| vec![lost, Strike { at: At::Question(question), how }]);
            for plan in once.chain(twice) {
                let signed = sign();
                let before = wire.strikes();
                wire.strike(&plan);
                let first = bank.submit(&alice, &signed).await;
                assert_eq!(first.status, 200, "{plan:?}: {}", first.text());
                let again = bank.submit(&alice, &signed).await.ok();
                assert_eq!(again.header("idempotency-replayed"), "true");
                assert_eq!(first.json(), again.json(), "{plan:?}");
                strikes += wire.strikes() - before;
                sent[work] += 1;
            }
        }
    }
    assert!(strikes > 200, "{strikes}");
    assert_eq!(bank.balance(bob.account).await, sent[0], "each once");
    assert_eq!(bank.count(accounts).await - accounts_before, sent[1], "each once");
    bank.assert_verifies().await;
}
