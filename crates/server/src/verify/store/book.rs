//! SQL of the verification: the book's rows, in chunks by their keys. It decides nothing.

use std::collections::BTreeMap;

use ledger::BookId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::rows::{
    AccountRow, AssetRow, CertificateRow, ComponentRow, DetailsRow, DeviceRow, EntryRow, PayeeRow,
    TransferRow, UserRow,
};
use crate::sql::book_id;

/// Rows read at once.
pub(in crate::verify) const CHUNK: i64 = 2_000;

/// The transfers of these ids.
pub(in crate::verify) async fn transfers(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<TransferRow>> {
    sqlx::query_as!(
        TransferRow,
        "SELECT transfer_id, intent_id, item, kind, debit_account, credit_account, debit_owner, credit_owner, amount,
                asset, code, refers_to, value_on, rate, posted_at
           FROM transfers WHERE book_id = $1 AND transfer_id = ANY($2)",
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await
}

/// The entries at these places.
pub(in crate::verify) async fn entries(
    tx: &mut PgConnection,
    book: BookId,
    accounts: &[Uuid],
    sequences: &[i64],
) -> sqlx::Result<Vec<EntryRow>> {
    sqlx::query_as!(
        EntryRow,
        "SELECT e.account_id, e.sequence, e.transfer_id, e.owner, e.side, e.amount, e.balance_after
           FROM unnest($2::uuid[], $3::int8[]) AS u (account_id, sequence)
           JOIN entries e ON e.book_id = $1 AND e.account_id = u.account_id AND e.sequence = u.sequence",
        book_id(book),
        accounts,
        sequences,
    )
    .fetch_all(tx)
    .await
}

/// The free text kept for these transfers.
pub(in crate::verify) async fn details(
    tx: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<DetailsRow>> {
    sqlx::query_as!(
        DetailsRow,
        "SELECT transfer_id, debit_owner, credit_owner, salt, details
           FROM transfer_details WHERE book_id = $1 AND transfer_id = ANY($2)",
        book_id(book),
        ids,
    )
    .fetch_all(tx)
    .await
}

/// Ids of transfers after `after`, in order.
pub(in crate::verify) async fn transfer_ids(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<Uuid>,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT transfer_id FROM transfers
          WHERE book_id = $1 AND ($2::uuid IS NULL OR transfer_id > $2) ORDER BY transfer_id LIMIT $3",
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// Ids of transfers with free text after `after`, in order.
pub(in crate::verify) async fn details_ids(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<Uuid>,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT transfer_id FROM transfer_details
          WHERE book_id = $1 AND ($2::uuid IS NULL OR transfer_id > $2) ORDER BY transfer_id LIMIT $3",
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// A text that is kept under the intent that commits to it.
pub(in crate::verify) struct KeptText {
    pub(in crate::verify) intent_id: Uuid,
    pub(in crate::verify) owner: Uuid,
    pub(in crate::verify) salt: Vec<u8>,
    pub(in crate::verify) details: Vec<u8>,
}

/// A page of kept texts.
pub(in crate::verify) async fn kept_texts(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<Uuid>,
) -> sqlx::Result<Vec<KeptText>> {
    sqlx::query_as!(
        KeptText,
        "SELECT intent_id, owner, salt, details FROM kept_texts
          WHERE book_id = $1 AND ($2::uuid IS NULL OR intent_id > $2) ORDER BY intent_id LIMIT $3",
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// How many transfers, entries and details there are.
pub(in crate::verify) async fn counts(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<[i64; 3]> {
    let row = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM transfers WHERE book_id = $1) AS "transfers!",
                  (SELECT count(*) FROM entries WHERE book_id = $1) AS "entries!",
                  (SELECT count(*) FROM transfer_details WHERE book_id = $1) AS "details!""#,
        book_id(book),
    )
    .fetch_one(tx)
    .await?;
    Ok([row.transfers, row.entries, row.details])
}

/// Per account, the entries that there are: first and last sequence.
pub(in crate::verify) async fn entry_extents(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<Uuid>,
) -> sqlx::Result<Vec<(Uuid, i64, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT account_id, min(sequence) AS "first!", max(sequence) AS "last!" FROM entries
            WHERE book_id = $1 AND ($2::uuid IS NULL OR account_id > $2)
            GROUP BY account_id ORDER BY account_id LIMIT $3"#,
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.first, row.last)).collect())
}

/// Accounts after `after`, in order.
pub(in crate::verify) async fn accounts(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<Uuid>,
) -> sqlx::Result<Vec<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        "SELECT account_id, number, owner, asset, kind, floor, freeze_debit, freeze_credit, closed, debits_posted,
                credits_posted, debits_pending, credits_pending, entry_count, risk, usage, opened_at
           FROM accounts
          WHERE book_id = $1 AND ($2::uuid IS NULL OR account_id > $2) ORDER BY account_id LIMIT $3",
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// Payees after `after`, in order of payer and payee.
pub(in crate::verify) async fn payees(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<(Uuid, Uuid)>,
) -> sqlx::Result<Vec<PayeeRow>> {
    let (account, payee) = after.unzip();
    sqlx::query_as!(
        PayeeRow,
        "SELECT account_id, payee_id, owner, known_since, last_paid_at, payments, total, day_sum, risk
           FROM payees
          WHERE book_id = $1 AND ($2::uuid IS NULL OR (account_id, payee_id) > ($2, $3::uuid))
          ORDER BY account_id, payee_id LIMIT $4",
        book_id(book),
        account,
        payee,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// Certificates after `after`, in order of their fingerprints.
pub(in crate::verify) async fn certificates(
    tx: &mut PgConnection,
    book: BookId,
    after: &[u8],
) -> sqlx::Result<Vec<CertificateRow>> {
    sqlx::query_as!(
        CertificateRow,
        "SELECT fingerprint, user_id, role, der, serial, lineage, generation, previous, device_id, not_before,
                not_after, status, ended_at, revocation_reason
           FROM certificates WHERE book_id = $1 AND fingerprint > $2 ORDER BY fingerprint LIMIT $3",
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// Halves of public keys after `after`, in order.
pub(in crate::verify) async fn components(
    tx: &mut PgConnection,
    book: BookId,
    after: &[u8],
) -> sqlx::Result<Vec<ComponentRow>> {
    sqlx::query_as!(
        ComponentRow,
        "SELECT component, fingerprint FROM certificate_components
          WHERE book_id = $1 AND component > $2 ORDER BY component LIMIT $3",
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// Devices after `after`, in order.
pub(in crate::verify) async fn devices(
    tx: &mut PgConnection,
    book: BookId,
    after: &[u8],
) -> sqlx::Result<Vec<DeviceRow>> {
    sqlx::query_as!(
        DeviceRow,
        "SELECT device_id, user_id, kem_public_key, status, enrolled_at FROM devices
          WHERE book_id = $1 AND device_id > $2 ORDER BY device_id LIMIT $3",
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// Users after `after`, in order.
pub(in crate::verify) async fn users(
    tx: &mut PgConnection,
    book: BookId,
    after: Option<Uuid>,
) -> sqlx::Result<Vec<UserRow>> {
    sqlx::query_as!(
        UserRow,
        "SELECT user_id, role, status FROM users
          WHERE book_id = $1 AND ($2::uuid IS NULL OR user_id > $2) ORDER BY user_id LIMIT $3",
        book_id(book),
        after,
        CHUNK,
    )
    .fetch_all(tx)
    .await
}

/// Every asset.
pub(in crate::verify) async fn assets(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<Vec<AssetRow>> {
    sqlx::query_as!(
        AssetRow,
        "SELECT asset, scale FROM assets WHERE book_id = $1 ORDER BY asset",
        book_id(book),
    )
    .fetch_all(tx)
    .await
}

/// The state of authority exactly as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::verify) struct AuthorityRow {
    pub(in crate::verify) epoch: i64,
    pub(in crate::verify) root_der: Vec<u8>,
    pub(in crate::verify) issuing_der: Vec<u8>,
    pub(in crate::verify) crl_number: i64,
    pub(in crate::verify) crl_der: Vec<u8>,
    pub(in crate::verify) crl_this_update: OffsetDateTime,
    pub(in crate::verify) crl_next_update: OffsetDateTime,
}

/// The lists of retiring authorities, by fingerprint.
pub(in crate::verify) async fn retiring_lists(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let rows = sqlx::query!(
        "SELECT authority, crl_der FROM retiring_lists WHERE book_id = $1",
        book_id(book)
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.authority, row.crl_der)).collect())
}

/// The state of authority.
pub(in crate::verify) async fn authority(
    tx: &mut PgConnection,
    book: BookId,
) -> sqlx::Result<Option<AuthorityRow>> {
    sqlx::query_as!(
        AuthorityRow,
        "SELECT epoch, root_der, issuing_der, crl_number, crl_der, crl_this_update, crl_next_update
           FROM authority_state WHERE book_id = $1",
        book_id(book),
    )
    .fetch_optional(tx)
    .await
}
