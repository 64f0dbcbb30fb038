//! Invitations: a person made by the administrator's signature, and for staff a second person's.
//!
//! Name and address travel beside the intent, bound by the salted commitment in it. They are kept where they can be
//! erased, and never reach the log.

use intent::{Body, Role, UserId, UtcMicros};
use sqlx::PgConnection;

use super::service::Person;
use super::store::{self, InvitationRow, InvitedUser};
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::{Services, registers};

const NAME: &str = "name";
const EMAIL: &str = "email";

/// Invites a person. Runs inside the poster's transaction.
///
/// # Atomicity
///
/// Person, registration and leaf commit together.
pub(crate) async fn apply_invite(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let (Body::UserInvite { user, role, .. }, Some(rule)) =
        (cx.intent.body(), registers::rule(cx.intent))
    else {
        return Err(Fault::Broken("not an invitation"));
    };
    let book = cx.services.bank.book;
    let Some((person, salt)) = person_of(cx) else {
        return Ok(Applied::Refused(Refusal::PersonInvalid));
    };
    store::release_address(tx, book, &person.email, cx.now).await?;
    // Who registered by themselves, or was invited at the founding, stands in no register.
    if store::is_known(tx, book, *user, &person.email).await? {
        return Ok(Applied::Refused(Refusal::PersonExists));
    }
    let applied = registers::service::apply(tx, cx, &rule).await?;
    let Applied::Accepted { .. } = &applied else { return Ok(applied) };
    let new = InvitedUser {
        user: *user,
        name: &person.name,
        email: &person.email,
        role: *role,
        salt: &salt,
        at: cx.now,
    };
    store::insert_invited(tx, book, &new).await?;
    Ok(applied)
}

/// Name and address as they are stored, and the salt that opens their commitment: the envelope was checked against it.
fn person_of(cx: &Applying<'_>) -> Option<(Person, [u8; 32])> {
    let details = cx.details?;
    let (name, email) = (details.value.get(NAME)?, details.value.get(EMAIL)?);
    let person = Person::parse(name, email).ok()?;
    // What was committed to must be what is kept, or the commitment could not be opened.
    let is_plain = details.value.len() == 2 && person.name == *name && person.email == *email;
    is_plain.then_some((person, details.salt))
}

/// An invitation as staff see it.
pub(super) struct Invitation {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) made_by: UserId,
    pub(super) made_at: UtcMicros,
    pub(super) expires_at: UtcMicros,
    pub(super) approved_by: Option<UserId>,
    pub(super) status: &'static str,
}

/// Invitations that the caller may see, newest first.
pub(super) async fn list(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Vec<Invitation>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let rows = store::invitations(&mut tx, services.bank.book).await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| shown(row, now)).collect())
}

fn shown(row: InvitationRow, now: UtcMicros) -> Invitation {
    let status = match (row.redeemed, row.approved_by) {
        (true, _) => "redeemed",
        (false, _) if now >= row.expires_at => "expired",
        (false, None) if row.role != Role::Customer => "waiting-for-approval",
        (false, _) => "open",
    };
    Invitation {
        user: row.user,
        name: row.name,
        email: row.email,
        role: row.role,
        made_by: row.made_by,
        made_at: row.made_at,
        expires_at: row.expires_at,
        approved_by: row.approved_by,
        status,
    }
}
