//! After the day: what a person must see, what comes due by itself, files in and out, and three frauds with what the risk
//! engine made of them. Everybody in it is a newcomer, so that the day's figures stay the day's.

use std::sync::Arc;
use std::time::Duration;

use client::{
    Bank, ClientError, Device, FileToPay, Identity, Session, Settled, Wish, verify_statement,
};
use intent::{
    ApprovalDecision, BusinessDay, IntentId, OrderTerms, Rhythm, ShortOfFunds, UtcMicros,
};
use ledger::{AccountId, AccountNumber};
use money::{Amount, AssetCode};
use serde::Serialize;

use super::cast::newcomer;

/// What comes due by itself is waited for so long.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);
/// How long the hold of the story lasts, in microseconds.
const HOLD_US: i64 = 1_000_000;
const FOREIGN: &str = "DE44500105175407324931";

/// One story, and how it ended.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Told {
    pub(super) what: &'static str,
    pub(super) outcome: String,
}

/// Somebody with an account in euros.
struct Person {
    session: Session,
    account: AccountId,
}

struct Teller<'a> {
    bank: &'a Bank,
    manager: &'a Session,
    admin: &'a Session,
    people: u32,
}

/// Tells all of them. The first that does not end as it must is the error.
pub(super) async fn tell(
    bank: &Bank,
    manager: &Session,
    admin: &Session,
) -> Result<Vec<Told>, ClientError> {
    let mut teller = Teller { bank, manager, admin, people: 0 };
    // From here on the bank asks people and heeds its engine; for the day it did neither.
    teller.allow("approvals", r#"{"above":"20000","two_above":"50000"}"#).await?;
    teller.allow("risk", r#"{"ceiling":"block"}"#).await?;
    let told = vec![
        Told { what: "approval", outcome: teller.approval().await? },
        Told { what: "hold", outcome: teller.hold().await? },
        Told { what: "standing order", outcome: teller.standing_order().await? },
        Told { what: "payment file", outcome: teller.payment_file().await? },
        Told { what: "takeover", outcome: teller.takeover().await? },
        Told { what: "mule", outcome: teller.mule().await? },
        Told { what: "structuring", outcome: teller.structuring().await? },
    ];
    // Who comes by the door is new to customers who paid sixty times within the hour: a manager decides, by the other door.
    teller.allow("risk", r#"{"ceiling":"review"}"#).await?;
    Ok(told)
}

impl Teller<'_> {
    /// One proposes, another approves.
    async fn allow(&self, policy: &str, value: &str) -> Result<(), ClientError> {
        let wish = Wish::propose_policy(policy.to_owned(), "bank".to_owned(), value.to_owned());
        let proposal = self.admin.submit(wish).await?.receipt.intent_id;
        self.manager.submit(Wish::approve_policy(proposal, true)).await?;
        Ok(())
    }

    async fn person(&mut self, name: &str, euros: i64) -> Result<Person, ClientError> {
        self.people = self.people.saturating_add(1);
        let email = format!("story{}@customers.example", self.people);
        let (session, accounts) =
            newcomer(self.bank, name.to_owned(), &email, &[AssetCode::EUR]).await?;
        let account = accounts.get(&AssetCode::EUR).copied();
        let account = account.ok_or(ClientError::Answer { what: "account" })?;
        if euros > 0 {
            self.manager.submit(Wish::fund(account, eur(euros)?)).await?;
        }
        Ok(Person { session, account })
    }

    async fn decide(&self, payment: &Settled, how: ApprovalDecision) -> Result<(), ClientError> {
        let payment = payment.receipt.intent_id;
        self.manager.submit(Wish::decide(payment, how, "called the customer".to_owned())).await?;
        Ok(())
    }

    async fn approval(&mut self) -> Result<String, ClientError> {
        let (buyer, seller) = (self.person("Ida", 40_000).await?, self.person("Jon", 0).await?);
        let paid = pay(&buyer, &seller, 25_000).await?;
        require(paid.receipt.code == "held" && balance(&seller).await? == 0, "held payment")?;
        self.decide(&paid, ApprovalDecision::Approve).await?;
        require(balance(&seller).await? == 2_500_000, "approved payment")?;
        Ok("25,000.00 held, approved by the manager, paid".to_owned())
    }

    async fn hold(&mut self) -> Result<String, ClientError> {
        let (guest, hotel) = (self.person("Kim", 500).await?, self.person("Lea", 0).await?);
        let until = server::clock::now().get().saturating_add(HOLD_US);
        let until = UtcMicros::from_micros(until);
        let wish = Wish::hold(guest.account, hotel.account, eur(300)?, until, Some("room 7"))?;
        guest.session.submit(wish).await?;
        require(guest.session.holds().await?.len() == 1, "hold")?;
        soon("hold to expire", async || Ok(guest.session.holds().await?.is_empty())).await?;
        require(balance(&guest).await? == 50_000, "money of an expired hold")?;
        Ok("300.00 held for a second, given back by the bank".to_owned())
    }

    async fn standing_order(&mut self) -> Result<String, ClientError> {
        let (tenant, landlord) = (self.person("Max", 2_000).await?, self.person("Nia", 0).await?);
        let terms = OrderTerms {
            first: OrderTerms::day(&today()).ok_or(ClientError::Answer { what: "day" })?,
            rhythm: Rhythm::Monthly,
            business_day: BusinessDay::Unadjusted,
            last: None,
            count: None,
            short_of_funds: ShortOfFunds::Skip,
        };
        let order =
            Wish::standing_order(tenant.account, landlord.account, eur(850)?, Some("rent"), terms)?;
        let order: IntentId = tenant.session.submit(order).await?.receipt.intent_id;
        soon("standing order to be paid", async || {
            Ok(!tenant.session.standing_order(order).await?.runs.is_empty())
        })
        .await?;
        require(balance(&landlord).await? == 85_000, "paid order")?;
        let next = tenant.session.standing_order(order).await?.next_day.unwrap_or_default();
        Ok(format!("850.00 paid on its first day, next on {next}"))
    }

    async fn payment_file(&mut self) -> Result<String, ClientError> {
        let shop = self.person("Ole", 5_000).await?;
        let (one, other) = (self.person("Pia", 0).await?, self.person("Quy", 0).await?);
        let number = |person: &Person| AccountNumber::of(person.account);
        let mut table = "debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id\n".to_owned();
        let lines = [
            (number(&one).to_string(), "Pia", "1.200,00", "wage-1"),
            (number(&other).to_string(), "Quy", "1.300,00", "wage-2"),
            (FOREIGN.to_owned(), "Rae", "1.400,00", "wage-3"),
        ];
        for (creditor, name, amount, id) in lines {
            let line = [&number(&shop).to_string(), &today(), &creditor, name, amount, "EUR", id];
            table.push_str(&line.join(";"));
            table.push('\n');
        }
        let file = FileToPay::read(table.as_bytes())?;
        let refused: Vec<_> =
            file.file.items().filter_map(|(_, item)| item.order.as_ref().err()).collect();
        let reason = refused.first().map(|why| why.reason.code()).unwrap_or_default();
        let settled = shop.session.pay_file(&file).await?;
        let paid = settled.receipt.items.iter().filter(|code| *code == "ok").count();
        require((paid, refused.len()) == (2, 1), "items of the file")?;
        let statement = self.statement(&shop).await?;
        Ok(format!("2 of 3 items paid, 1 refused ({reason}: another bank); {statement}"))
    }

    /// The payer's statement, checked with the trust file alone.
    async fn statement(&self, person: &Person) -> Result<String, ClientError> {
        let mut file = Vec::new();
        let (account, day) = (person.account, today());
        let path = format!(
            "/api/customer/statements/download?account={account}&from={day}&to={day}&format=json"
        );
        person.session.download(&path, &mut file).await?;
        let sealed = verify_statement(&file, self.bank.trust())?;
        Ok(format!("statement closes with {}, verified offline", sealed.closing))
    }

    /// A new device, and with it most of the balance to somebody new.
    async fn takeover(&mut self) -> Result<String, ClientError> {
        let (victim, friend) = (self.person("Sue", 6_000).await?, self.person("Tom", 0).await?);
        let thief = self.person("Uwe", 0).await?;
        pay(&victim, &friend, 20).await?;
        let user = victim.session.identity().user().clone();
        let device = Identity::generate(self.bank.suite(), user, Device::generate()?)?;
        let asked = self.bank.pair(&device, "telephone").await?;
        victim.session.approve_device(&asked.pairing).await?;
        self.bank.enrol_paired(&device, &asked).await?;
        let session = self.bank.login(Arc::new(device)).await?;
        let hand = Person { session, account: victim.account };
        self.stopped(&pay(&hand, &thief, 5_500).await?, &hand).await
    }

    /// Money of three strangers leaves again at once.
    async fn mule(&mut self) -> Result<String, ClientError> {
        let (mule, boss) = (self.person("Val", 0).await?, self.person("Wim", 0).await?);
        // The engine estimates how many strangers there were: of six it never sees fewer than three.
        for name in ["Xia", "Yan", "Zoe", "Ann", "Cal", "Eve"] {
            let stranger = self.person(name, 1_000).await?;
            pay(&stranger, &mule, 450).await?;
        }
        self.stopped(&pay(&mule, &boss, 2_600).await?, &mule).await
    }

    /// Again and again a little less than what must be reported.
    async fn structuring(&mut self) -> Result<String, ClientError> {
        let (smurf, shop) = (self.person("Abe", 60_000).await?, self.person("Bea", 0).await?);
        for _ in 0..5 {
            let paid = pay(&smurf, &shop, 9_900).await?;
            if paid.receipt.code == "held" {
                return self.stopped(&paid, &smurf).await;
            }
        }
        Err(ClientError::Answer { what: "structured payments" })
    }

    /// What the engine gave as its gravest reason for holding a payment, which the manager then rejects.
    async fn stopped(&self, paid: &Settled, payer: &Person) -> Result<String, ClientError> {
        require(paid.receipt.code == "held", "fraud that the engine holds")?;
        let facts = paid.receipt.verify(&self.bank.trust().verifier)?.into_inner();
        let risk = facts.effects.risk.ok_or(ClientError::Answer { what: "risk" })?;
        let reason = risk.reasons.first().cloned().unwrap_or_default();
        let before = balance(payer).await?;
        self.decide(paid, ApprovalDecision::Reject).await?;
        require(balance(payer).await? == before, "balance after a rejected payment")?;
        Ok(format!("held and rejected, {reason}"))
    }
}

async fn pay(from: &Person, to: &Person, euros: i64) -> Result<Settled, ClientError> {
    from.session.transfer(from.account, to.account, eur(euros)?, None).await
}

async fn balance(person: &Person) -> Result<i64, ClientError> {
    let id = person.account.to_string();
    let found = person.session.accounts().await?.into_iter().find(|account| account.id == id);
    let balance = found.and_then(|account| account.balance.parse().ok());
    balance.ok_or(ClientError::Answer { what: "balance" })
}

/// Looks again until it is so.
async fn soon(
    what: &'static str,
    is_so: impl AsyncFn() -> Result<bool, ClientError>,
) -> Result<(), ClientError> {
    let looks = async {
        while !is_so().await? {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, looks).await.unwrap_or(Err(ClientError::Answer { what }))
}

fn eur(euros: i64) -> Result<Amount, ClientError> {
    let amount = Amount::new(euros.saturating_mul(100), AssetCode::EUR);
    amount.map_err(|_| ClientError::Answer { what: "amount" })
}

fn today() -> String {
    server::clock::now().to_string().chars().take(10).collect()
}

const fn require(is_so: bool, what: &'static str) -> Result<(), ClientError> {
    if is_so { Ok(()) } else { Err(ClientError::Answer { what }) }
}
