//! What a bank does for those who deal with it properly.

use e2e::{Bank, eur};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_registers_enrols_logs_in_opens_an_account_pays_and_can_prove_it() {
    let t = std::time::Instant::now();
    let bank = Bank::start().await;
    eprintln!("start {:?}", t.elapsed());
    let alice = bank.customer("Alice", 10_000).await;
    eprintln!("alice {:?}", t.elapsed());
    let bob = bank.customer("Bob", 0).await;
    eprintln!("bob {:?}", t.elapsed());
    let paid = alice.transfer(alice.account, bob.account, eur(2_500), Some("rent")).await.unwrap();
    assert_eq!(bank.balance(bob.account).await, 2_500);
    let _ = paid;
    bank.assert_books_balance().await;
    eprintln!("end {:?}", t.elapsed());
}
