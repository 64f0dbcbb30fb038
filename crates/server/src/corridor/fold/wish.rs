//! What an intent asks of the ledger, before anything is decided.

use std::collections::{BTreeMap, BTreeSet};

use intent::{Body, Intent, IntentId, TransferBody};
use ledger::{AccountId, TransferId, TransferKind};
use money::AssetCode;

use super::{Fact, exchange};
use crate::bank::house::{House, derived};
use crate::payment_files::sent_as;
use crate::standing_orders::run_id;

/// One transfer as it is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) id: TransferId,
    pub(super) kind: TransferKind,
}

impl Wish {
    const fn post(id: TransferId, body: &TransferBody) -> Self {
        let TransferBody { debit, credit, amount, .. } = *body;
        Self { id, kind: TransferKind::Post { debit, credit, amount } }
    }

    /// The same payment kept aside until it is approved.
    pub(super) const fn held_until(self, expires_at_us: i64) -> Self {
        match self.kind {
            TransferKind::Post { debit, credit, amount } => Self {
                id: self.id,
                kind: TransferKind::Hold { debit, credit, amount, expires_at_us },
            },
            _ => self,
        }
    }
}

/// Whether an intent has a result for each of its transfers.
pub(super) fn is_batch(intent: &Intent) -> bool {
    matches!(intent.body(), Body::TransferBatch { .. } | Body::PaymentsFile { .. })
}

/// The transfers that an intent asks for by itself; none if it funds in an asset that the bank does not keep, and none of
/// a decision about a payment that waits.
pub(super) fn wishes(intent: &Intent, equity: &BTreeMap<AssetCode, AccountId>) -> Vec<Wish> {
    let id = TransferId::new(intent.id().get());
    let one = |kind| vec![Wish { id, kind }];
    match intent.body() {
        Body::Transfer(transfer) => vec![Wish::post(id, transfer)],
        Body::TransferBatch { items, .. } | Body::PaymentsFile { items, .. } => items
            .iter()
            .map(|item| {
                let (debit, credit, amount) = (item.debit, item.credit, item.amount);
                Wish { id: item.id, kind: TransferKind::Post { debit, credit, amount } }
            })
            .collect(),
        Body::AccountFund { account, amount } => equity
            .get(&amount.asset())
            .map(|bank| {
                let (debit, credit, amount) = (*bank, *account, *amount);
                Wish { id, kind: TransferKind::Post { debit, credit, amount } }
            })
            .into_iter()
            .collect(),
        Body::HoldPlace { transfer, expires_at } => {
            vec![Wish::post(id, transfer).held_until(expires_at.get())]
        }
        Body::HoldCapture { hold, amount } => {
            one(TransferKind::Capture { hold: *hold, amount: *amount })
        }
        Body::HoldVoid { hold } => one(TransferKind::Void { hold: *hold }),
        Body::TransferReverse { transfer, amount, .. } => {
            one(TransferKind::Reverse { transfer: *transfer, amount: *amount })
        }
        Body::TransferExchange { debit, credit, sell, buy, .. } => {
            exchange::wishes(intent, (*debit, *credit), (*sell, *buy), equity)
        }
        _ => Vec::new(),
    }
}

/// What has to be locked and read before an intent or a fact is decided.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Accounts that it names.
    pub(crate) accounts: BTreeSet<AccountId>,
    /// Payer and payee of each payment that counts against limits.
    pub(crate) payees: BTreeSet<(AccountId, AccountId)>,
    /// Ids of the transfers that it would make.
    pub(crate) transfers: Vec<TransferId>,
    /// Earlier transfers that it refers to.
    pub(crate) refers_to: BTreeSet<TransferId>,
    /// Intents whose payments wait for a person.
    pub(crate) payments: BTreeSet<IntentId>,
    /// Standing orders.
    pub(crate) orders: BTreeSet<IntentId>,
    /// Payment files, by what each account would remember them.
    pub(crate) files: BTreeSet<String>,
}

impl Needs {
    /// Adds what an intent needs.
    pub(crate) fn of(&mut self, intent: &Intent, equity: &BTreeMap<AssetCode, AccountId>) {
        if let Body::ApprovalDecide { payment, .. } = intent.body() {
            self.payments.insert(*payment);
        }
        if let Body::PaymentsFile { message_id, items, .. } = intent.body() {
            self.files.extend(items.iter().map(|item| sent_as(item.debit, message_id)));
        }
        match intent.body() {
            // Its payer and payee, though nothing is paid yet.
            Body::StandingOrderPlace { transfer, .. } => {
                self.accounts.extend([transfer.debit, transfer.credit]);
                self.payees.insert((transfer.debit, transfer.credit));
            }
            Body::StandingOrderEnd { order } => {
                self.orders.insert(*order);
            }
            _ => {}
        }
        let counts =
            !matches!(intent.body(), Body::AccountFund { .. } | Body::TransferExchange { .. });
        for wish in wishes(intent, equity) {
            self.transfers.push(wish.id);
            self.refers_to.extend(wish.kind.refers_to());
            if let Some([debit, credit]) = wish.kind.accounts() {
                self.accounts.extend([debit, credit]);
                self.payees.extend(counts.then_some((debit, credit)));
            }
        }
    }

    /// Adds what a fact needs.
    pub(crate) fn of_fact(&mut self, fact: &Fact, equity: &BTreeMap<AssetCode, AccountId>) {
        match fact {
            Fact::HoldExpired { hold } => {
                self.refers_to.insert(*hold);
            }
            Fact::CredentialChanged { .. } => {}
            Fact::StatementMade(made) => {
                self.accounts.insert(made.account);
            }
            Fact::InterestPosted(over) => {
                let houses = [House::InterestPaid, House::InterestEarned];
                self.accounts.insert(over.account);
                self.accounts.extend(
                    equity.get(&over.asset).iter().flat_map(|of| houses.map(|it| it.account(**of))),
                );
                self.transfers.push(over.interest_id());
            }
            Fact::FeeCharged(over) => {
                self.accounts.insert(over.account);
                self.accounts.extend(equity.get(&over.asset).map(|of| House::Fees.account(*of)));
                self.transfers.push(over.fee_id());
            }
            Fact::OrderDue { order, number, attempt } => {
                self.orders.insert(*order);
                self.transfers.push(run_id(*order, *number, *attempt));
            }
        }
    }
}

/// The id of the transfer that ends a hold when its payment is decided: a function of the hold, so that the log says it.
pub(crate) fn ending_id(hold: TransferId) -> TransferId {
    TransferId::new(derived(b"strongroom/hold-ended/v1", hold.get()))
}
