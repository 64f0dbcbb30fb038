//! Rates that are in force, and what a sum comes to at them.

use money::{Amount, AssetCode};

use crate::Services;
use crate::policies::rules::POLICIES;
use crate::policies::{Offer, Policies};
use crate::registers;
use crate::sessions::Caller;

/// What the bank allows now, as far as the caller may see it: rates everybody may.
pub(super) async fn in_force(services: &Services, caller: &Caller) -> sqlx::Result<Policies> {
    let mut tx = services.db.as_user(caller).await?;
    let rows = registers::load_all(&mut tx, services.bank.book, &POLICIES).await?;
    tx.commit().await?;
    Ok(Policies::in_force(&rows.into_iter().collect()))
}

/// What would be signed to sell an amount for another asset. `None`: the bank does not exchange these two; no amount: it is
/// more than a ledger holds.
pub(super) fn preview(
    services: &Services,
    policies: &Policies,
    sell: Amount,
    bought: AssetCode,
) -> Option<(Offer, Option<Amount>)> {
    let offer = policies.exchange.offer(sell.asset(), bought)?;
    Some((offer, offer.buys(sell, &services.bank.assets)))
}
