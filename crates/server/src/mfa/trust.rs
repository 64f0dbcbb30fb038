//! Browsers that skip the second factor for 30 days after one was shown in them.

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::{random_secret, sha3_256};
use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::service::{broken, encode};
use super::store::{self, TrustRow};
use crate::clock::fresh_id;
use crate::problem::{Code, Problem};
use crate::sessions::{Assurance, Caller};
use crate::{Services, policy};

/// Life of trust, in microseconds.
const TRUST_US: i64 = 30 * 24 * 60 * 60 * 1_000_000;
const TOKEN_LEN: usize = 32;
const NAME_CHARS_MAX: usize = 120;

/// Trust as it is handed out.
pub(super) struct Trusted {
    pub(super) id: Uuid,
    /// Base64url; the bank keeps its hash.
    pub(super) token: String,
    pub(super) expires_at: UtcMicros,
}

/// Trusts the browser of this session.
///
/// # Security
///
/// Only where the policy admits it for the role, and only freshly after a factor that was shown in this very session:
/// trust must not renew itself.
pub(super) async fn trust(
    services: &Services,
    caller: &Caller,
    name: &str,
    now: UtcMicros,
) -> Result<Trusted, Problem> {
    if !policy::may_trust_browsers(caller.role) {
        return Err(Problem::forbidden("a role that may trust browsers"));
    }
    let shown = matches!(caller.assurance, Assurance::Factor(factor) if factor.may_be_trusted());
    if !shown {
        return Err(Problem::new(Code::NotFresh).with_detail("show a second factor first"));
    }
    caller.require_fresh(now)?;
    let name = name.trim();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Problem::malformed("name", "must be 1 to 120 printable characters"));
    }
    let token = random_secret(TOKEN_LEN).map_err(|error| broken(&error))?;
    let row = TrustRow {
        id: fresh_id(now),
        name: name.to_owned(),
        created_at: now,
        expires_at: UtcMicros::from_micros(now.get().saturating_add(TRUST_US)),
    };
    let mut tx = services.db.as_writer().await?;
    let hash = sha3_256(token.expose());
    store::insert_trust(&mut tx, services.bank.book, caller.user, &row, &hash).await?;
    tx.commit().await?;
    Ok(Trusted { id: row.id, token: encode(token.expose()), expires_at: row.expires_at })
}

/// Whether `token` is of a browser that this person trusts now.
pub(crate) async fn is_trusted(
    services: &Services,
    user: UserId,
    role: Role,
    token: &str,
    now: UtcMicros,
) -> Result<bool, Problem> {
    let Ok(token) = Base64UrlUnpadded::decode_vec(token) else { return Ok(false) };
    if !policy::may_trust_browsers(role) || token.len() != TOKEN_LEN {
        return Ok(false);
    }
    let mut tx = services.db.as_writer().await?;
    let found =
        store::is_trusted(&mut tx, services.bank.book, user, &sha3_256(&token), now).await?;
    tx.commit().await?;
    Ok(found)
}

/// The browsers that the caller trusts now.
pub(super) async fn list(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Vec<TrustRow>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let rows = store::trusts(&mut tx, services.bank.book, caller.user, now).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Trusts one browser no more.
pub(super) async fn revoke(
    services: &Services,
    caller: &Caller,
    id: Uuid,
    now: UtcMicros,
) -> Result<(), Problem> {
    let mut tx = services.db.as_writer().await?;
    let done = store::revoke_trust(&mut tx, services.bank.book, caller.user, id, now).await?;
    tx.commit().await?;
    if done { Ok(()) } else { Err(Problem::not_found()) }
}

/// Trusts no browser of this person any more. Part of a larger change.
pub(crate) async fn forget(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    now: UtcMicros,
) -> sqlx::Result<()> {
    store::revoke_all_trust(tx, book, user, now).await
}
