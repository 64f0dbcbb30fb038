//! SQL of the audit trail. Every function runs inside the caller's transaction and decides nothing.
//!
//! Of a leaf, byte 8 is the kind and byte 9 the flags, of which bit 1 says that it was refused.

use crypto::Sha3;
use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::service::Subject;
use crate::sql::{book_id, corrupt, digest, micros, timestamp};

/// Which leaves: after one, up to another, of a time.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) after: i64,
    pub(super) until: i64,
    pub(super) from: Option<UtcMicros>,
    /// Exclusive.
    pub(super) to: Option<UtcMicros>,
    pub(super) limit: i64,
}

/// Leaves about a subject, in order.
pub(super) async fn leaves_of(
    tx: &mut PgConnection,
    book: BookId,
    subject: &Subject,
    range: Range,
) -> sqlx::Result<Vec<i64>> {
    let (certificate, user, account, transfer) = match subject {
        Subject::Certificate(certificate) => (Some(certificate.to_string()), None, None, None),
        Subject::User(user) => (None, Some(*user), None, None),
        Subject::Account(account) => (None, None, Some(*account), None),
        Subject::Transfer(transfer) => (None, None, None, Some(*transfer)),
        Subject::Window => (None, None, None, None),
    };
    let window = matches!(subject, Subject::Window);
    // A person's leaves are found by the index of people, an account's by its entries, its owner's and the managers' own
    // leaves. A certificate is named by the actor of what it signed, and by the effects of what issued or ended it.
    sqlx::query_scalar!(
        r#"SELECT r.leaf_index FROM records r
            WHERE r.book_id = $1 AND r.leaf_index > $2 AND r.leaf_index <= $3
              AND ($4::timestamptz IS NULL OR r.recorded_at >= $4)
              AND ($5::timestamptz IS NULL OR r.recorded_at < $5)
              AND ($6::bool
                   OR r.user_id = $7::uuid
                   OR ($8::text IS NOT NULL
                       AND r.user_id IN (SELECT c.user_id FROM certificates c
                                          WHERE c.book_id = $1 AND encode(c.fingerprint, 'hex') = $8
                                          UNION SELECT u.user_id FROM users u
                                          WHERE u.book_id = $1 AND u.role IN ('manager', 'system_admin'))
                       AND (position('"certificate":"' || $8 IN convert_from(r.actor, 'UTF8')) > 0
                            OR (get_byte(r.leaf, 8) IN (1, 8, 9)
                                AND position($8 IN convert_from(r.effects, 'UTF8')) > 0)))
                   OR ($9::uuid IS NOT NULL
                       AND (r.intent_id IN (SELECT t.intent_id FROM entries e
                                              JOIN transfers t ON t.book_id = e.book_id AND t.transfer_id = e.transfer_id
                                             WHERE e.book_id = $1 AND e.account_id = $9)
                            OR (get_byte(r.leaf, 8) IN (3, 4, 5, 6, 7, 20, 25, 26, 30)
                                AND r.user_id IN (SELECT a.owner FROM accounts a
                                                   WHERE a.book_id = $1 AND a.account_id = $9
                                                   UNION SELECT u.user_id FROM users u
                                                   WHERE u.book_id = $1 AND u.role = 'manager')
                                AND position($9::uuid::text IN convert_from(r.intent, 'UTF8')) > 0)))
                   OR r.intent_id = (SELECT t.intent_id FROM transfers t
                                      WHERE t.book_id = $1 AND t.transfer_id = $10::uuid))
            ORDER BY r.leaf_index LIMIT $11"#,
        book_id(book),
        range.after,
        range.until,
        range.from.map(timestamp),
        range.to.map(timestamp),
        window,
        user,
        certificate,
        account,
        transfer,
        range.limit,
    )
    .fetch_all(tx)
    .await
}

/// What stands beside leaves in their keys' chains.
pub(super) struct Neighbours {
    pub(super) leaf: i64,
    pub(super) before: Option<i64>,
    pub(super) after: Option<i64>,
}

/// Before and after each leaf, what its certificate signed.
pub(super) async fn neighbours(
    tx: &mut PgConnection,
    book: BookId,
    signed: &[(i64, UserId, Sha3)],
) -> sqlx::Result<Vec<Neighbours>> {
    let leaves: Vec<i64> = signed.iter().map(|(leaf, ..)| *leaf).collect();
    let users: Vec<Uuid> = signed.iter().map(|(_, user, _)| user.get()).collect();
    let certificates: Vec<String> =
        signed.iter().map(|(.., certificate)| format!("\"certificate\":\"{certificate}")).collect();
    sqlx::query_as!(
        Neighbours,
        r#"SELECT i.leaf_index AS "leaf!",
                  (SELECT max(r.leaf_index) FROM records r
                    WHERE r.book_id = $1 AND r.user_id = i.user_id AND r.leaf_index < i.leaf_index
                      AND position(i.certificate IN convert_from(r.actor, 'UTF8')) > 0) AS before,
                  (SELECT min(r.leaf_index) FROM records r
                    WHERE r.book_id = $1 AND r.user_id = i.user_id AND r.leaf_index > i.leaf_index
                      AND position(i.certificate IN convert_from(r.actor, 'UTF8')) > 0) AS after
             FROM unnest($2::int8[], $3::uuid[], $4::text[]) AS i (leaf_index, user_id, certificate)"#,
        book_id(book),
        &leaves,
        &users,
        &certificates,
    )
    .fetch_all(tx)
    .await
}

/// Every accepted definition and grant up to a leaf, in order.
pub(super) async fn leaves_of_roles(
    tx: &mut PgConnection,
    book: BookId,
    until: i64,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "SELECT leaf_index FROM records
          WHERE book_id = $1 AND leaf_index <= $2 AND get_byte(leaf, 8) IN (16, 17) AND get_byte(leaf, 9) = 0
            AND user_id IN (SELECT user_id FROM users WHERE book_id = $1 AND role = 'system_admin')
          ORDER BY leaf_index",
        book_id(book),
        until,
    )
    .fetch_all(tx)
    .await
}

/// A certificate, and the leaves in which it was issued, was ended, and signed first.
pub(super) struct CertificateRow {
    pub(super) fingerprint: Sha3,
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) der: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) lineage: Sha3,
    pub(super) generation: i32,
    pub(super) previous: Option<Sha3>,
    pub(super) device: Sha3,
    pub(super) not_before: UtcMicros,
    pub(super) not_after: UtcMicros,
    pub(super) status: String,
    pub(super) ended_at: Option<UtcMicros>,
    pub(super) revocation_reason: Option<String>,
    pub(super) issued: Option<i64>,
    pub(super) ended: Option<i64>,
    pub(super) first: Option<i64>,
}

/// These certificates and all of this person's, by lineage and generation.
pub(super) async fn certificates(
    tx: &mut PgConnection,
    book: BookId,
    fingerprints: &[Vec<u8>],
    user: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<CertificateRow>> {
    let rows = sqlx::query!(
        r#"SELECT c.fingerprint, c.user_id, c.role, c.der, c.serial, c.lineage, c.generation, c.previous, c.device_id,
                  c.not_before, c.not_after, c.status, c.ended_at, c.revocation_reason,
                  (SELECT min(r.leaf_index) FROM records r
                    WHERE r.book_id = c.book_id AND r.user_id = c.user_id AND get_byte(r.leaf, 8) IN (1, 8)
                      AND position('"certificate":"' || encode(c.fingerprint, 'hex')
                                   IN convert_from(r.effects, 'UTF8')) > 0) AS issued,
                  (SELECT min(r.leaf_index) FROM records r
                    WHERE r.book_id = c.book_id AND c.status <> 'active' AND get_byte(r.leaf, 9) = 0
                      AND r.user_id IN (SELECT u.user_id FROM users u
                                         WHERE u.book_id = c.book_id
                                           AND (u.user_id = c.user_id OR u.role IN ('manager', 'system_admin')))
                      AND ((get_byte(r.leaf, 8) = 8
                            AND position('"superseded":"' || encode(c.fingerprint, 'hex')
                                         IN convert_from(r.effects, 'UTF8')) > 0)
                        OR (get_byte(r.leaf, 8) IN (11, 14)
                            AND position(encode(c.fingerprint, 'hex')
                                         IN substring(convert_from(r.effects, 'UTF8')
                                                      FROM '"certificates":"([0-9a-f ]*)"')) > 0)
                        OR (get_byte(r.leaf, 8) = 9
                            AND position('"certificate":"' || encode(c.fingerprint, 'hex')
                                         IN convert_from(r.effects, 'UTF8')) > 0))) AS ended,
                  (SELECT min(r.leaf_index) FROM records r
                    WHERE r.book_id = c.book_id AND r.user_id = c.user_id
                      AND position('"certificate":"' || encode(c.fingerprint, 'hex')
                                   IN convert_from(r.actor, 'UTF8')) > 0) AS first
             FROM certificates c
            WHERE c.book_id = $1 AND (c.fingerprint = ANY($2) OR c.user_id = $3)
            ORDER BY c.user_id, c.lineage, c.generation LIMIT $4"#,
        book_id(book),
        fingerprints,
        user,
        limit,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(CertificateRow {
                fingerprint: digest(&row.fingerprint)?,
                user: UserId::new(row.user_id),
                role: row.role.parse().map_err(corrupt)?,
                der: row.der,
                serial: row.serial,
                lineage: digest(&row.lineage)?,
                generation: row.generation,
                previous: row.previous.as_deref().map(digest).transpose()?,
                device: digest(&row.device_id)?,
                not_before: micros(row.not_before),
                not_after: micros(row.not_after),
                status: row.status,
                ended_at: row.ended_at.map(micros),
                revocation_reason: row.revocation_reason,
                issued: row.issued,
                ended: row.ended,
                first: row.first,
            })
        })
        .collect()
}

/// Which part of the trail.
pub(super) struct TrailPage {
    pub(super) before: Option<i64>,
    pub(super) kind_code: Option<u8>,
    pub(super) user: Option<UserId>,
    pub(super) certificate: Option<Sha3>,
    pub(super) from: Option<UtcMicros>,
    pub(super) to: Option<UtcMicros>,
    pub(super) refused: Option<bool>,
    pub(super) limit: i64,
}

/// A leaf of the trail.
pub(super) struct TrailRow {
    pub(super) leaf_index: i64,
    pub(super) intent_id: Uuid,
    pub(super) recorded_at: UtcMicros,
    pub(super) leaf: Vec<u8>,
    pub(super) actor: Option<Vec<u8>>,
    pub(super) effects: Option<Vec<u8>>,
}

/// Leaves that row-level security shows, newest first.
pub(super) async fn trail(
    tx: &mut PgConnection,
    book: BookId,
    page: &TrailPage,
) -> sqlx::Result<Vec<TrailRow>> {
    // The planner takes row-level security for a filter that leaves little, and would read the whole log to sort it. Read
    // backwards by an index that has the order, a page ends as soon as it is full. A window of time is an index's own.
    if page.from.is_none() && page.to.is_none() {
        sqlx::raw_sql(
            "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off",
        )
        .execute(&mut *tx)
        .await?;
    }
    let rows = sqlx::query!(
        r#"SELECT r.leaf_index, r.intent_id, r.recorded_at, r.leaf, r.actor, r.effects
             FROM records r
            WHERE r.book_id = $1 AND ($2::int8 IS NULL OR r.leaf_index < $2)
              AND ($3::int4 IS NULL OR get_byte(r.leaf, 8) = $3)
              AND ($4::uuid IS NULL OR r.user_id = $4)
              AND ($5::text IS NULL
                   OR (r.user_id = (SELECT c.user_id FROM certificates c
                                     WHERE c.book_id = $1 AND encode(c.fingerprint, 'hex') = $5)
                       AND position('"certificate":"' || $5 IN convert_from(r.actor, 'UTF8')) > 0))
              AND ($6::timestamptz IS NULL OR r.recorded_at >= $6)
              AND ($7::timestamptz IS NULL OR r.recorded_at < $7)
              AND ($8::bool IS NULL OR (get_byte(r.leaf, 9) & 2 = 2) = $8)
            ORDER BY r.leaf_index DESC LIMIT $9"#,
        book_id(book),
        page.before,
        page.kind_code.map(i32::from),
        page.user.map(UserId::get),
        page.certificate.map(|certificate| certificate.to_string()),
        page.from.map(timestamp),
        page.to.map(timestamp),
        page.refused,
        page.limit,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| TrailRow {
            leaf_index: row.leaf_index,
            intent_id: row.intent_id,
            recorded_at: micros(row.recorded_at),
            leaf: row.leaf,
            actor: row.actor,
            effects: row.effects,
        })
        .collect())
}
