//! SQL for second factors. Every function runs inside the caller's transaction and decides nothing.

use crypto::Sha3;
use intent::{UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::service::Factors;
use crate::sql::{book_id, corrupt, int8, micros, timestamp};

/// What a person has beside the password.
pub(super) async fn factors(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Factors> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM totp_factors WHERE book_id = $1 AND user_id = $2 AND confirmed_at IS NOT NULL) AS "totp!",
                  (SELECT count(*) FROM second_factor_codes WHERE book_id = $1 AND user_id = $2 AND used_at IS NULL) AS "codes!",
                  (SELECT count(*) FROM passkeys WHERE book_id = $1 AND user_id = $2) AS "passkeys!",
                  EXISTS (SELECT FROM passwords WHERE book_id = $1 AND user_id = $2) AS "password!""#,
        book_id(book),
        user.get(),
    )
    .fetch_one(tx)
    .await?;
    Ok(Factors {
        totp: row.totp,
        recovery_codes: u64::try_from(row.codes).map_err(corrupt)?,
        passkeys: u64::try_from(row.passkeys).map_err(corrupt)?,
        password: row.password,
    })
}

/// A person's e-mail, which names the account in their app.
pub(super) async fn email(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        "SELECT email FROM users WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .fetch_one(tx)
    .await
}

/// An authenticator as stored.
pub(super) struct FactorRow {
    pub(super) sealed_secret: Vec<u8>,
    pub(super) last_step: u64,
    pub(super) confirmed: bool,
}

/// A person's authenticator.
pub(super) async fn totp(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<FactorRow>> {
    sqlx::query!(
        "SELECT sealed_secret, last_step, confirmed_at FROM totp_factors WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|row| {
        Ok(FactorRow {
            sealed_secret: row.sealed_secret,
            last_step: u64::try_from(row.last_step).map_err(corrupt)?,
            confirmed: row.confirmed_at.is_some(),
        })
    })
    .transpose()
}

/// Keeps a secret that is not confirmed yet. `false`: a confirmed one is there, and stays.
pub(super) async fn set_pending(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    sealed_secret: &[u8],
    at: UtcMicros,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO totp_factors (book_id, user_id, sealed_secret, last_step, created_at)
         VALUES ($1, $2, $3, 0, $4)
         ON CONFLICT (book_id, user_id) DO UPDATE
            SET sealed_secret = excluded.sealed_secret, last_step = 0, created_at = excluded.created_at
          WHERE totp_factors.confirmed_at IS NULL",
        book_id(book),
        user.get(),
        sealed_secret,
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Confirms a secret by the step that was shown of it. `false`: it was replaced or confirmed meanwhile.
pub(super) async fn confirm(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    sealed_secret: &[u8],
    step: u64,
    at: UtcMicros,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE totp_factors SET confirmed_at = $5, last_step = $4
          WHERE book_id = $1 AND user_id = $2 AND sealed_secret = $3 AND confirmed_at IS NULL AND last_step < $4",
        book_id(book),
        user.get(),
        sealed_secret,
        int8(step)?,
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses a step up. `false`: it, or a later one, was used before.
pub(super) async fn use_step(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    step: u64,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE totp_factors SET last_step = $3
          WHERE book_id = $1 AND user_id = $2 AND confirmed_at IS NOT NULL AND last_step < $3",
        book_id(book),
        user.get(),
        int8(step)?,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a person's authenticator away.
pub(super) async fn delete_totp(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM totp_factors WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps the hash of a recovery code.
pub(super) async fn insert_code(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    hash: &Sha3,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO second_factor_codes (book_id, user_id, code_hash) VALUES ($1, $2, $3)",
        book_id(book),
        user.get(),
        hash.as_bytes().as_slice(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes all recovery codes of a person away.
pub(super) async fn delete_codes(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM second_factor_codes WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Uses a recovery code up. `false`: there is none that was not used.
pub(super) async fn use_code(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    hash: &Sha3,
    at: UtcMicros,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE second_factor_codes SET used_at = $4
          WHERE book_id = $1 AND user_id = $2 AND code_hash = $3 AND used_at IS NULL",
        book_id(book),
        user.get(),
        hash.as_bytes().as_slice(),
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there are codes of this person, used ones included.
pub(super) async fn has_codes(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM second_factor_codes WHERE book_id = $1 AND user_id = $2) AS "has!""#,
        book_id(book),
        user.get(),
    )
    .fetch_one(tx)
    .await
}

/// A trusted browser, without its token.
pub(super) struct TrustRow {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) created_at: UtcMicros,
    pub(super) expires_at: UtcMicros,
}

/// Keeps the hash of a trusted browser's token.
pub(super) async fn insert_trust(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    row: &TrustRow,
    hash: &Sha3,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO trusted_browsers (book_id, trust_id, user_id, token_hash, name, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        book_id(book),
        row.id,
        user.get(),
        hash.as_bytes().as_slice(),
        row.name,
        timestamp(row.created_at),
        timestamp(row.expires_at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether a person trusts the browser of this token now.
pub(super) async fn is_trusted(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    hash: &Sha3,
    now: UtcMicros,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM trusted_browsers
            WHERE book_id = $1 AND user_id = $2 AND token_hash = $3 AND revoked_at IS NULL AND expires_at > $4) AS "is!""#,
        book_id(book),
        user.get(),
        hash.as_bytes().as_slice(),
        timestamp(now),
    )
    .fetch_one(tx)
    .await
}

/// The browsers that a person trusts now, newest first.
pub(super) async fn trusts(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    now: UtcMicros,
) -> sqlx::Result<Vec<TrustRow>> {
    let rows = sqlx::query!(
        "SELECT trust_id, name, created_at, expires_at FROM trusted_browsers
          WHERE book_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3
          ORDER BY created_at DESC LIMIT 200",
        book_id(book),
        user.get(),
        timestamp(now),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| TrustRow {
            id: row.trust_id,
            name: row.name,
            created_at: micros(row.created_at),
            expires_at: micros(row.expires_at),
        })
        .collect())
}

/// Ends the trust in one browser. `false`: the person has none of that id.
pub(super) async fn revoke_trust(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    id: Uuid,
    at: UtcMicros,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE trusted_browsers SET revoked_at = $4
          WHERE book_id = $1 AND user_id = $2 AND trust_id = $3 AND revoked_at IS NULL",
        book_id(book),
        user.get(),
        id,
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the trust in every browser of a person.
pub(super) async fn revoke_all_trust(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
    at: UtcMicros,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE trusted_browsers SET revoked_at = $3
          WHERE book_id = $1 AND user_id = $2 AND revoked_at IS NULL",
        book_id(book),
        user.get(),
        timestamp(at),
    )
    .execute(tx)
    .await?;
    Ok(())
}
