//! SQL about who may do what. Every function runs inside the caller's transaction and decides nothing.

use intent::{Role, UserId, UtcMicros};
use ledger::BookId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::sql::{book_id, corrupt, micros};

/// A person in a list.
pub(super) struct PersonRow {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) status: String,
    pub(super) is_locked: bool,
    /// Names of custom roles.
    pub(super) granted: Vec<String>,
    pub(super) registered_at: UtcMicros,
}

/// Which people to list.
pub(super) struct PeoplePage<'a> {
    /// In name or address, without regard to case.
    pub(super) search: Option<&'a str>,
    pub(super) role: Option<Role>,
    pub(super) after: Option<UserId>,
    pub(super) limit: i64,
}

/// People whom row-level security shows, by id.
pub(super) async fn people(
    tx: &mut PgConnection,
    book: BookId,
    page: &PeoplePage<'_>,
) -> sqlx::Result<Vec<PersonRow>> {
    let rows = sqlx::query!(
        r#"SELECT u.user_id, u.name, u.email, u.role, u.status, u.registered_at,
                  EXISTS (SELECT FROM user_locks l
                           WHERE l.book_id = u.book_id AND l.user_id = u.user_id AND l.locked) AS "is_locked!",
                  ARRAY(SELECT g.name FROM role_grants g
                         WHERE g.book_id = u.book_id AND g.user_id = u.user_id AND g.granted
                         ORDER BY g.name) AS "granted!"
             FROM users u
            WHERE u.book_id = $1 AND ($2::uuid IS NULL OR u.user_id > $2)
              AND ($3::text IS NULL OR u.role = $3)
              AND ($4::text IS NULL OR position(lower($4) IN lower(u.name)) > 0
                                    OR position(lower($4) IN lower(u.email)) > 0)
            ORDER BY u.user_id LIMIT $5"#,
        book_id(book),
        page.after.map(UserId::get),
        page.role.map(Role::name),
        page.search,
        page.limit,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PersonRow {
                user: UserId::new(row.user_id),
                name: row.name,
                email: row.email,
                role: row.role.parse().map_err(corrupt)?,
                status: row.status,
                is_locked: row.is_locked,
                granted: row.granted,
                registered_at: micros(row.registered_at),
            })
        })
        .collect()
}

/// The role of a person, if row-level security shows them.
pub(super) async fn role_of(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Option<Role>> {
    sqlx::query_scalar!(
        "SELECT role FROM users WHERE book_id = $1 AND user_id = $2",
        book_id(book),
        user.get(),
    )
    .fetch_optional(tx)
    .await?
    .map(|role| role.parse().map_err(corrupt))
    .transpose()
}

/// A custom role that a person holds, with the leaf of the grant.
pub(super) struct GrantRow {
    pub(super) name: String,
    pub(super) permissions: String,
    pub(super) is_active: bool,
    pub(super) granted_at: UtcMicros,
    pub(super) leaf: i64,
}

/// The custom roles that a person holds, by name.
pub(super) async fn grants_of(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<Vec<GrantRow>> {
    let rows = sqlx::query!(
        "SELECT g.name, r.permissions, r.active, g.changed_at, e.leaf_index
           FROM role_grants g
           JOIN roles r ON r.book_id = g.book_id AND r.name = g.name
           JOIN records e ON e.book_id = g.book_id AND e.intent_id = g.intent_id
          WHERE g.book_id = $1 AND g.user_id = $2 AND g.granted
          ORDER BY g.name",
        book_id(book),
        user.get(),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| GrantRow {
            name: row.name,
            permissions: row.permissions,
            is_active: row.active,
            granted_at: micros(row.changed_at),
            leaf: row.leaf_index,
        })
        .collect())
}

/// The first accepted leaf of a person of one kind of intent.
pub(super) async fn first_leaf(
    tx: &mut PgConnection,
    book: BookId,
    user: Uuid,
    kind_code: u8,
) -> sqlx::Result<Option<i64>> {
    // Of a leaf, byte 8 is the kind and byte 9 the flags: 0 for an accepted intent.
    sqlx::query_scalar!(
        "SELECT leaf_index FROM records
          WHERE book_id = $1 AND user_id = $2 AND get_byte(leaf, 8) = $3 AND get_byte(leaf, 9) = 0
          ORDER BY leaf_index LIMIT 1",
        book_id(book),
        user,
        i32::from(kind_code),
    )
    .fetch_optional(tx)
    .await
}
