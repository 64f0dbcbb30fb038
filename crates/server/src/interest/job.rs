//! Posts interest and fees of the months that are over, at the end of a day. Any instance may; the log records each once.

use ledger::AccountId;
use time::Date;
use tokio_util::sync::CancellationToken;

use super::rule::first_of_month;
use super::store::{self, Candidate};
use crate::corridor::fold::{Fact, MonthOver};
use crate::policies::Policies;
use crate::policies::rules::POLICIES;
use crate::{App, registers};

/// After how many looks of the end-of-day job those are tried again who could not pay: an hour.
const AGAIN_AFTER: u32 = 120;
/// Accounts in one look.
const PAGE: i64 = 500;
const INTEREST_ID: &[u8] = b"interest-posted\0";
const FEE_ID: &[u8] = b"fee-charged\0";

/// What the end-of-day job posts of the months that are over.
#[derive(Default)]
pub(crate) struct Posting {
    /// The month before which nothing is due any more.
    done: Option<Date>,
    /// Looks that are left out.
    waits: u32,
}

impl Posting {
    /// One look, when every day up to `closed` is closed. Of a month that is done nothing is looked at again; what was refused
    /// is tried again every hour.
    pub(crate) async fn look(&mut self, app: &App, closed: Option<Date>, stop: &CancellationToken) {
        let month = closed.and_then(Date::next_day).and_then(first_of_month);
        if let Some(month) = month.filter(|month| self.done != Some(*month) && self.waits == 0) {
            match post_month(app, month, stop).await {
                Ok(true) => self.done = Some(month),
                Ok(false) => self.waits = AGAIN_AFTER,
                Err(error) => tracing::error!(%error, "interest and fees were not looked at"),
            }
        }
        self.waits = self.waits.saturating_sub(1);
    }
}

/// Posts what is due before `month`. Whether nothing was refused.
async fn post_month(app: &App, month: Date, stop: &CancellationToken) -> sqlx::Result<bool> {
    let book = app.bank.book;
    let mut tx = app.db.as_writer().await?;
    let rows = registers::load_all(&mut tx, book, &POLICIES).await?.into_iter().collect();
    tx.rollback().await?;
    let policies = Policies::in_force(&rows);
    let (mut after, mut is_done): (Option<AccountId>, bool) = (None, true);
    while policies.has_interest_or_fees() && !stop.is_cancelled() {
        let mut tx = app.db.as_writer().await?;
        let page = store::candidates(&mut tx, book, after, PAGE).await?;
        tx.rollback().await?;
        let Some(last) = page.last() else { break };
        after = Some(last.account);
        for candidate in &page {
            for fact in due(candidate, month, &policies) {
                is_done &= record(app, fact).await;
            }
        }
    }
    Ok(is_done && !stop.is_cancelled())
}

/// What the fold will find due, as far as can be said without its locks.
fn due(of: &Candidate, month: Date, policies: &Policies) -> Vec<Fact> {
    let over = MonthOver { account: of.account, asset: of.asset, month };
    let mut facts = Vec::new();
    let terms = policies.interest(of.account, of.asset);
    let mut accrual = of.accrual;
    accrual.advance(terms, of.balance, month);
    if accrual.take_due() != 0 {
        facts.push(Fact::InterestPosted(over));
    }
    if policies.fee_due(of.account, of.asset, of.opened_at, &of.accrual, month).is_some() {
        facts.push(Fact::FeeCharged(over));
    }
    facts
}

async fn record(app: &App, fact: Fact) -> bool {
    let (domain, over) = match &fact {
        Fact::InterestPosted(over) => (INTEREST_ID, over),
        Fact::FeeCharged(over) => (FEE_ID, over),
        _ => return true,
    };
    let at = over.ended_at();
    let parts =
        [domain, over.account.get().as_bytes().as_slice(), over.month.to_string().as_bytes()]
            .concat();
    let Ok(id) = app.authority.event_id(at, &[&parts]) else { return false };
    match app.corridor.append_fact(id, fact, at).await {
        Ok(_) => true,
        Err(problem) => {
            tracing::info!(account = %over.account, ?problem, "interest or fee of a month was not posted here");
            false
        }
    }
}
