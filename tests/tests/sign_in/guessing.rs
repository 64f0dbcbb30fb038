//! Who guesses, and who listens how long a refusal takes.

use client::SecondFactor;
use e2e::{Bank, Request};

use crate::{
    BehindTheBack, PASSWORD, Person, code_of, email, futures, login, login_body, login_from,
};

#[tokio::test(flavor = "multi_thread")]
async fn guessing_from_many_addresses_locks_the_account_and_never_the_certificate() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let events = "SELECT count(*) FROM records WHERE user_id IS NULL AND encode(intent, 'escape') LIKE '%login.locked%'";
    let before = bank.count(events).await;
    for email in [alice.email.as_str(), "nobody-at-all@people.example"] {
        for attempt in 0..6 {
            let (status, _) =
                login_from(&bank, [127, 0, 1, 1 + attempt], email, "a wrong one here").await;
            assert_eq!(status, 401, "{attempt}");
        }
        let (status, retry) = login_from(&bank, [127, 0, 1, 99], email, "a wrong one here").await;
        assert_eq!(status, 429, "{email}");
        assert!((1..=2).contains(&retry.unwrap()), "{retry:?}");
    }
    assert_eq!(bank.count(events).await, before + 2, "both locks are in the log");
    let locked = login(&bank, &alice.email, PASSWORD).await;
    assert_eq!(locked.refusal(), (429, "rate-limited".to_owned()), "the right one waits too");
    bank.login(&alice.customer.holder).await;
    alice.customer.accounts().await.unwrap();

    let wait = "UPDATE sign_in_attempts SET locked_until = now() - interval '1 second'";
    bank.execute(wait).await;
    assert_eq!(login(&bank, &alice.email, "a wrong one here").await.status, 401);
    let longer = login(&bank, &alice.email, PASSWORD).await;
    assert!((3..=4).contains(&longer.header("retry-after").parse::<u64>().unwrap()));
    bank.execute(wait).await;
    login(&bank, &alice.email, PASSWORD).await.assert_ok();
    assert_eq!(login(&bank, &alice.email, "a wrong one here").await.status, 401, "forgiven");
    let metrics = bank.get("/metrics").await.text();
    assert!(metrics.contains("strongroom_sign_in_locks_total{subject=\"account\"}"), "{metrics}");
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_guesses_at_once_are_counted_one_by_one() {
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let guesses = (0..40).map(|_| login(&bank, &alice.email, "a wrong one here"));
    let answers = futures(guesses).await;
    let judged = answers.iter().filter(|answer| answer.status == 401).count();
    assert!(judged <= 6, "{judged} guesses were judged");
    assert!(answers.iter().all(|answer| matches!(answer.status, 401 | 429)));
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_is_slowed_down_even_by_whoever_knows_the_password() {
    let bank = Bank::start().await;
    let (alice, authenticator, _) = Person::with_authenticator(&bank, "Alice").await;
    for _ in 0..6 {
        // Each sign-in with the right password forgives the password's failures, and not the code's.
        alice.visit(&bank, SecondFactor::None).await.unwrap();
        let refused = alice.visit(&bank, SecondFactor::Code("000000")).await;
        assert_eq!(code_of(refused), "second-factor-refused");
    }
    let locked = alice.visit(&bank, SecondFactor::Code(&authenticator.code(0))).await;
    assert_eq!(code_of(locked), "rate-limited");
    assert_eq!(alice.visit(&bank, SecondFactor::None).await.unwrap().aal, 1);
}

/// Milliseconds of one refused sign-in.
async fn time_of(bank: &Bank, email: &str) -> f64 {
    let request = Request::post_json("/api/users/login", &login_body(email, "a wrong one here"));
    let began = std::time::Instant::now();
    let answer = bank.send(request).await;
    let took = began.elapsed();
    assert_eq!(answer.status, 401);
    took.as_secs_f64() * 1_000.0
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Who is not there takes as long to refuse as who is.
///
/// Pairs of sign-ins, one of each kind, in an order that alternates, so that what the machine does meanwhile meets both.
/// Of the differences the sign is counted (a sign test, which no outlier moves) and the median taken. Only a difference
/// that is both lasting (4 standard deviations: once in 15,000 runs by chance) and large enough to be seen over a
/// network (a tenth of the answer's time) is one.
///
/// Validated by breaking it: with `Passwords::is_right` returning early where no password is kept, all 40 differences had
/// one sign (6.3 deviations) and their median was the whole time of a hash (17 ms, of an answer in 1.4 ms).
#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_a_refusal_does_not_tell_who_has_an_account() {
    const PAIRS: usize = 40;
    let bank = Bank::start().await;
    let alice = Person::new(&bank, "Alice").await;
    let bob = bank.customer("Bob", 0).await;
    let bob = email(&bob).await;
    for (what, known) in [("a wrong password", &alice.email), ("no password", &bob)] {
        let (mut differences, mut times) = (Vec::new(), Vec::new());
        for pair in 0..PAIRS {
            let unknown = format!("nobody-{pair}@people.example");
            bank.forget_attempts().await;
            let (there, not_there) = if pair % 2 == 0 {
                let there = time_of(&bank, known).await;
                (there, time_of(&bank, &unknown).await)
            } else {
                let not_there = time_of(&bank, &unknown).await;
                (time_of(&bank, known).await, not_there)
            };
            differences.push(there - not_there);
            times.push(not_there);
        }
        let positive = differences.iter().filter(|difference| **difference > 0.0).count();
        // The sign of a fair coin: mean n/2, deviation sqrt(n)/2.
        let half = 20.0;
        let deviations =
            (f64::from(u32::try_from(positive).unwrap()) - half) / (40_f64.sqrt() / 2.0);
        let (difference, time) = (median(&differences), median(&times));
        let is_seen = deviations.abs() > 4.0 && difference.abs() > time / 10.0;
        assert!(!is_seen, "{what}: {difference:.1} ms of {time:.1} ms, {deviations:.1} deviations");
        eprintln!("{what}: {difference:.2} ms of {time:.1} ms, {deviations:.1} deviations");
    }
}
