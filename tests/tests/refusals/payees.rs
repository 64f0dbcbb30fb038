//! How the bank says no to payees and standing orders.

use client::Wish;
use e2e::{Answer, Bank, Customer, eur, fresh_account};
use intent::{
    BeneficiaryStatus, BusinessDay, IntentId, NameMatch, OrderTerms, Rhythm, ShortOfFunds,
};
use server::corridor::Refusal;
use uuid::Uuid;

use super::{Provoked, submit};

/// With its details, which a forger leaves at home.
async fn send(bank: &Bank, by: &Customer, wish: Wish) -> Answer {
    let signed = by.identity().sign(&bank.trust().bank, wish.body, wish.details).unwrap();
    bank.submit(by, &signed).await
}

/// In a bank of its own, whose every refusal is made again from the log.
pub(crate) async fn refusals(provoked: &mut Provoked) {
    let bank = &Bank::start().await;
    let alice = bank.customer("Alice", 1_000_000).await;
    let bob = bank.customer("Bob", 0).await;
    let named = |name, said| Wish::add_payee(bob.account, (name, None), said).unwrap();
    let change = |status| Wish::change_payee(bob.account, status);

    let answer = submit(bank, &alice, named("Bob", NameMatch::Match).body).await;
    provoked.recorded(bank, &answer, Refusal::BeneficiaryInvalid);
    let answer = send(bank, &alice, named("Bob", NameMatch::None)).await;
    provoked.recorded(bank, &answer, Refusal::PayeeNameDiffers);
    let answer = send(bank, &alice, change(BeneficiaryStatus::Disabled)).await;
    provoked.recorded(bank, &answer, Refusal::BeneficiaryNotFound);
    let nobody = Wish::add_payee(fresh_account(), ("Bob", None), NameMatch::None).unwrap();
    provoked.recorded(bank, &send(bank, &alice, nobody).await, Refusal::AccountNotFound);
    send(bank, &alice, named("Bob", NameMatch::Match)).await.assert_ok();
    let answer = send(bank, &alice, named("Bob", NameMatch::Match)).await;
    provoked.recorded(bank, &answer, Refusal::BeneficiaryExists);

    let terms = OrderTerms {
        first: OrderTerms::day("2099-01-01").unwrap(),
        rhythm: Rhythm::Monthly,
        business_day: BusinessDay::Following,
        last: None,
        count: None,
        short_of_funds: ShortOfFunds::Skip,
    };
    let order = |minor, terms| {
        Wish::standing_order(alice.account, bob.account, eur(minor), None, terms).unwrap()
    };
    let past = OrderTerms { first: OrderTerms::day("2020-01-01").unwrap(), ..terms };
    let answer = send(bank, &alice, order(1, past)).await;
    provoked.recorded(bank, &answer, Refusal::StandingOrderInvalid);
    let unknown = IntentId::new(Uuid::now_v7()).unwrap();
    let answer = send(bank, &alice, Wish::end_standing_order(unknown)).await;
    provoked.recorded(bank, &answer, Refusal::StandingOrderNotFound);
    let placed = alice.submit(order(1, terms)).await.unwrap().receipt.intent_id;
    alice.submit(Wish::end_standing_order(placed)).await.unwrap();
    let answer = send(bank, &alice, Wish::end_standing_order(placed)).await;
    provoked.recorded(bank, &answer, Refusal::StandingOrderEnded);
    bank.put_in_force("approvals", "bank", r#"{"above":"100","two_above":"1000"}"#).await;
    let answer = send(bank, &alice, order(10_001, terms)).await;
    provoked.recorded(bank, &answer, Refusal::StandingOrderNeedsApproval);
    bank.assert_verifies().await;
}
