//! SQL of templates. It decides nothing.

use intent::{UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::sql::{book_id, timestamp};

/// What a person has saved.
pub(super) struct Saved<'a> {
    pub(super) id: Uuid,
    pub(super) owner: UserId,
    pub(super) name: &'a str,
    pub(super) debit: Option<Uuid>,
    pub(super) credit: Uuid,
    pub(super) asset: &'a str,
    pub(super) amount: Option<i64>,
    pub(super) memo: Option<&'a str>,
}

/// A template as it is stored.
pub(super) struct TemplateRow {
    pub(super) template_id: Uuid,
    pub(super) name: String,
    pub(super) debit: Option<Uuid>,
    pub(super) credit: Uuid,
    pub(super) asset: String,
    pub(super) amount: Option<i64>,
    pub(super) memo: Option<String>,
    pub(super) created_at: OffsetDateTime,
    pub(super) changed_at: OffsetDateTime,
}

/// Saves a new template, unless its owner has so many already.
pub(super) async fn insert(
    tx: &mut PgConnection,
    book: BookId,
    saved: &Saved<'_>,
    most: i64,
    now: UtcMicros,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO payment_templates (book_id, template_id, owner, name, debit, credit, asset, amount, memo,
                                        created_at, changed_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10
          WHERE (SELECT count(*) FROM payment_templates WHERE book_id = $1 AND owner = $3) < $11",
        book_id(book),
        saved.id,
        saved.owner.get(),
        saved.name,
        saved.debit,
        saved.credit,
        saved.asset,
        saved.amount,
        saved.memo,
        timestamp(now),
        most,
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Changes a template; `false` where its owner has none of that id.
pub(super) async fn update(
    tx: &mut PgConnection,
    book: BookId,
    saved: &Saved<'_>,
    now: UtcMicros,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE payment_templates
            SET name = $4, debit = $5, credit = $6, asset = $7, amount = $8, memo = $9, changed_at = $10
          WHERE book_id = $1 AND template_id = $2 AND owner = $3",
        book_id(book),
        saved.id,
        saved.owner.get(),
        saved.name,
        saved.debit,
        saved.credit,
        saved.asset,
        saved.amount,
        saved.memo,
        timestamp(now),
    )
    .execute(tx)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Deletes a template; `false` where its owner has none of that id.
pub(super) async fn delete(
    tx: &mut PgConnection,
    book: BookId,
    owner: UserId,
    template: Uuid,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "DELETE FROM payment_templates WHERE book_id = $1 AND template_id = $2 AND owner = $3",
        book_id(book),
        template,
        owner.get(),
    )
    .execute(tx)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Templates whom row-level security shows, by name.
pub(super) async fn list(tx: &mut PgConnection, book: BookId) -> sqlx::Result<Vec<TemplateRow>> {
    sqlx::query_as!(
        TemplateRow,
        "SELECT template_id, name, debit, credit, asset, amount, memo, created_at, changed_at
           FROM payment_templates WHERE book_id = $1 ORDER BY name, template_id",
        book_id(book),
    )
    .fetch_all(tx)
    .await
}
