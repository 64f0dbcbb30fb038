//! Payment files: what is signed of one, made of the file itself and not of what the server says of it.

use std::collections::BTreeMap;

use crypto::random;
use intent::{BatchItem, Body, SentFile, account_nowhere};
use ledger::{AccountId, AccountNumber, TransferId};
use messages::payment::{PaymentFile, UncheckedFile, read};
use messages::{FileError, Limits};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{ClientError, clock};

/// A file that was read and can be signed.
#[derive(Clone, Debug)]
pub struct FileToPay {
    /// What it says.
    pub file: PaymentFile,
    sent: SentFile,
}

impl FileToPay {
    /// Reads a file whole, or says in which line what is wrong.
    pub fn read(bytes: &[u8]) -> Result<Self, ClientError> {
        let file = read(bytes, &Limits::PRODUCT).and_then(UncheckedFile::check);
        let file = file.map_err(|error: FileError| ClientError::PaymentFile(Box::new(error)))?;
        let sent = SentFile { salt: random::<32>()?, bytes: bytes.to_vec() };
        Ok(Self { file, sent })
    }

    /// The numbers of accounts that its payable items name.
    pub fn numbers(&self) -> impl Iterator<Item = AccountNumber> {
        self.orders().flat_map(|(_, order)| [order.debtor, order.creditor])
    }

    /// What is to be signed today. A number that leads to no account stands for itself: the item is signed, and refused.
    ///
    /// # Errors
    ///
    /// [`ClientError::Answer`] for an account that has another number than the one it was found under.
    pub fn body(&self, accounts: &BTreeMap<AccountNumber, AccountId>) -> Result<Body, ClientError> {
        let account = |number: AccountNumber| match accounts.get(&number) {
            Some(account) if AccountNumber::of(*account) == number => Ok(*account),
            Some(_) => Err(ClientError::Answer { what: "account of a number" }),
            None => Ok(account_nowhere(number)),
        };
        let written: Vec<_> = self.file.items().map(|(_, item)| item).collect();
        let mut items = Vec::new();
        for (position, order) in self.orders() {
            let Some(item) = written.get(position) else { continue };
            let details = self.sent.details(position, &item.end_to_end_id, item.text.as_deref());
            items.push(BatchItem {
                id: TransferId::new(Uuid::now_v7()),
                debit: account(order.debtor)?,
                credit: account(order.creditor)?,
                amount: order.amount,
                details: Some(details.commitment()),
            });
        }
        let message_id = self.file.message_id.clone();
        Ok(Body::PaymentsFile { file: self.sent.digest(), message_id, items })
    }

    /// The file as it accompanies the signed intent.
    #[must_use]
    pub fn sent(&self) -> SentFile {
        self.sent.clone()
    }

    fn orders(&self) -> impl Iterator<Item = (usize, messages::payment::Order)> {
        let orders = self.file.orders_on(today()).enumerate();
        orders.filter_map(|(position, (_, order))| Some((position, order.ok()?)))
    }
}

/// The day of now, UTC: that of the signature which is about to be made.
fn today() -> time::Date {
    let seconds = clock::now().get().div_euclid(1_000_000);
    OffsetDateTime::from_unix_timestamp(seconds).map_or(time::Date::MIN, OffsetDateTime::date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(debtor: AccountId, creditor: AccountId) -> String {
        let [debtor, creditor] = [debtor, creditor].map(AccountNumber::of);
        format!(
            "debtor_account;execution_date;creditor_account;creditor_name;amount;currency;end_to_end_id\n\
             {debtor};2026-01-31;{creditor};Bob;1.00;EUR;E1\n"
        )
    }

    #[test]
    fn an_account_with_another_number_is_not_signed() {
        let [alice, bob, eve] = [1, 2, 3].map(|n| AccountId::new(Uuid::from_u128(n)));
        let file = FileToPay::read(table(alice, bob).as_bytes()).unwrap();
        let honest = [alice, bob].map(|id| (AccountNumber::of(id), id));
        let Body::PaymentsFile { items, .. } = file.body(&honest.into_iter().collect()).unwrap()
        else {
            panic!("a file")
        };
        assert_eq!((items[0].debit, items[0].credit), (alice, bob));
        let lie =
            BTreeMap::from([(AccountNumber::of(alice), alice), (AccountNumber::of(bob), eve)]);
        assert!(matches!(file.body(&lie), Err(ClientError::Answer { .. })));
        // Nobody's number is signed as nobody's account.
        let Ok(Body::PaymentsFile { items, .. }) = file.body(&BTreeMap::new()) else {
            panic!("a file")
        };
        assert_eq!(items[0].credit, account_nowhere(AccountNumber::of(bob)));
    }
}
