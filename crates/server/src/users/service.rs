//! Registering, enrolling, and the profile.

use crypto::{SecretBytes, Sha3, constant_time_eq, random_secret, sha3_256};
use intent::{Body, Role, UserId, UtcMicros, canonical};
use sqlx::PgConnection;

use super::registrations::{self, Purpose, REGISTRATIONS, by_token};
use super::store::{self, NewUser, Profile, RegistrationRow};
use crate::certificates::issuance::{self, Place, Wanted};
use crate::clock::fresh_id;
use crate::corridor::{Applied, Applying, Fault, Refusal};
use crate::problem::Problem;
use crate::registers::{self, Row};
use crate::sessions::{Aal, Caller};
use crate::{Services, certificates, devices};

/// Length of a registration token, in bytes.
const TOKEN_LEN: usize = 32;
/// How long a registration may wait for its enrolment, in microseconds: one day.
const REGISTRATION_US: i64 = 24 * 60 * 60 * 1_000_000;
/// As the database's CHECK.
const NAME_CHARS_MAX: usize = 120;
/// RFC 5321 4.5.3.1.3, less the angle brackets.
const EMAIL_CHARS_MAX: usize = 254;

/// A person who may now enrol, once.
pub(crate) struct Registered {
    pub(crate) user: UserId,
    pub(crate) token: SecretBytes,
    pub(crate) expires_at: UtcMicros,
}

/// Name and address of a person, in the one form in which they are stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Person {
    pub(super) name: String,
    pub(super) email: String,
}

impl Person {
    /// Refuses what two people could read as two different texts: other forms of Unicode than NFC, control and
    /// bidirectional control characters. An address is kept in lower case, so that it has one spelling.
    pub(crate) fn parse(name: &str, email: &str) -> Result<Self, Problem> {
        let (name, email) = (name.trim(), email.trim().to_ascii_lowercase());
        if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || !is_plain(name) {
            return Err(Problem::malformed("name", "must be 1 to 120 printable characters in NFC"));
        }
        let is_address = email.chars().count() <= EMAIL_CHARS_MAX
            && is_plain(&email)
            && !email.contains(char::is_whitespace)
            && email.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            });
        if !is_address {
            return Err(Problem::malformed("email", "must be an address such as name@example.org"));
        }
        Ok(Self { name: name.to_owned(), email })
    }
}

/// Whether a text would be admitted into a signed document.
pub(crate) fn is_plain(text: &str) -> bool {
    let written = canonical::write(&canonical::Value::String(text.into()));
    canonical::parse(&written).is_ok()
}

/// Registers a customer.
///
/// # Security
///
/// Where the address is taken, nothing is stored and the answer looks the same: its token enrols nobody, and the
/// registration that exists is not disturbed before it runs out. Who goes on to enrol learns whether the address was
/// taken: only a mailer that proves addresses could keep that from them.
pub(crate) async fn register(
    services: &Services,
    person: &Person,
    now: UtcMicros,
) -> Result<Registered, Problem> {
    let token = random_secret(TOKEN_LEN).map_err(|error| {
        tracing::error!(%error, "no entropy");
        Problem::internal()
    })?;
    let user = UserId::new(fresh_id(now));
    let expires_at = UtcMicros::from_micros(now.get().saturating_add(REGISTRATION_US));
    let new = NewUser {
        user,
        name: &person.name,
        email: &person.email,
        role: Role::Customer,
        registration: &sha3_256(token.expose()),
        expires_at,
        at: now,
    };
    let mut tx = services.db.as_writer().await?;
    store::release_address(&mut tx, services.bank.book, &person.email, now).await?;
    store::insert(&mut tx, services.bank.book, &new).await?;
    tx.commit().await?;
    Ok(Registered { user, token, expires_at })
}

/// Redeems a registration for a device and a first certificate. Runs inside the poster's transaction.
///
/// # Atomicity
///
/// Person, device, certificate and leaf commit together: after a crash before COMMIT the token can be redeemed again.
pub(crate) async fn apply_enrol(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
) -> Result<Applied, Fault> {
    let Body::UserEnrol { user, csr, device, device_key_commitment, kem_public_key, registration } =
        cx.intent.body()
    else {
        return Err(Fault::Broken("not an enrolment"));
    };
    let book = cx.services.bank.book;
    let rows = registers::service::read_locked(tx, book, &by_token(registration)).await?;
    let stored = store::lock_registration(tx, book, *user).await?;
    let admitted = match rows.get(&REGISTRATIONS, &registration.to_string()) {
        Some(row) => redeem_registered(tx, cx, stored.as_ref(), row).await?,
        None => decide_registration(stored.as_ref(), cx, registration).map(|role| (role, vec![])),
    };
    let (role, written) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => return Ok(Applied::Refused(refusal)),
    };
    let wanted = Wanted {
        user: *user,
        role,
        csr,
        device: *device,
        device_key_commitment,
        kem_public_key,
        // A lineage begins with the request that it was signed under.
        place: Place::First { lineage: sha3_256(cx.intent.certificate().as_bytes()) },
    };
    let decided = match issuance::decide(tx, cx, &wanted).await? {
        Ok(decided) => decided,
        Err(refusal) => return Ok(Applied::Refused(refusal)),
    };
    store::activate(tx, book, *user).await?;
    let mut issued = issuance::issue(tx, cx, &wanted, decided).await?;
    devices::service::name_as_paired(tx, book, registration).await?;
    issued.result.insert("registration".to_owned(), registration.to_string());
    issued.result.insert("user_status".to_owned(), "active".to_owned());
    registers::service::write(tx, book, &written).await?;
    issued.result.extend(registers::service::result_of(&written));
    // Nothing is cached about a certificate before it exists: no answer becomes old.
    Ok(Applied::Accepted { result: issued.result, extra: Some(issued.extra), bumps_epoch: false })
}

/// A registration that an intent made: its own conditions, and those that only the other rows can tell.
async fn redeem_registered(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
    stored: Option<&RegistrationRow>,
    row: &Row,
) -> Result<Result<(Role, Vec<Row>), Refusal>, Fault> {
    let unknown = Ok(Err(Refusal::RegistrationUnknown));
    let Some(token) = cx.attachments.registration_token.as_ref() else { return unknown };
    let sent = sha3_256(token.expose()).to_string();
    if !constant_time_eq(sent.as_bytes(), row.key().as_bytes()) {
        return unknown;
    }
    let written = match registrations::redeem(row, cx.intent, cx.now) {
        Ok(written) => written,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (status, needs_approver) = match Purpose::of(row) {
        Some(Purpose::Invitation) => ("registered", false),
        Some(Purpose::Pairing) => ("active", true),
        Some(Purpose::Recovery) | None => ("active", false),
    };
    let is_theirs =
        |stored: &&RegistrationRow| stored.status == status && stored.role == cx.intent.authority();
    let Some(stored) = stored.filter(is_theirs) else { return unknown };
    // Who approved a device and was turned out since has approved nothing.
    if needs_approver {
        let approver = row.get("made_under").and_then(|hex| Sha3::from_hex(hex).ok());
        let Some(approver) = approver else { return unknown };
        if !certificates::service::is_active(tx, cx.services.bank.book, &approver).await? {
            return unknown;
        }
    }
    Ok(Ok((stored.role, written)))
}

/// Three things must agree: the token sent beside the intent, its hash in the signed intent, and the one that is kept.
fn decide_registration(
    stored: Option<&RegistrationRow>,
    cx: &Applying<'_>,
    signed: &Sha3,
) -> Result<Role, Refusal> {
    let unknown = Refusal::RegistrationUnknown;
    let stored = stored.filter(|stored| stored.status == "registered").ok_or(unknown)?;
    let (Some(kept), Some(expires_at)) = (stored.hash, stored.expires_at) else {
        return Err(unknown);
    };
    let token = cx.attachments.registration_token.as_ref().ok_or(unknown)?;
    let sent = sha3_256(token.expose());
    if !constant_time_eq(sent.as_bytes(), kept.as_bytes())
        || !constant_time_eq(signed.as_bytes(), kept.as_bytes())
        || cx.intent.authority() != stored.role
    {
        return Err(unknown);
    }
    if cx.now >= expires_at { Err(Refusal::RegistrationExpired) } else { Ok(stored.role) }
}

/// A person, if the caller may see them.
pub(super) async fn profile(
    services: &Services,
    caller: &Caller,
    user: UserId,
) -> Result<Profile, Problem> {
    if user != caller.user {
        caller.require(Aal::Three)?;
    }
    let mut tx = services.db.as_user(caller).await?;
    let profile = store::profile(&mut tx, services.bank.book, user).await?;
    tx.commit().await?;
    profile.ok_or_else(Problem::not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_read_in_two_ways_are_refused() {
        let decomposed = "Ame\u{301}lie";
        for name in ["", "  ", "a\u{202e}b", "a\nb", "a\0b", decomposed, &"a".repeat(121)] {
            assert!(Person::parse(name, "a@example.org").is_err(), "{name:?}");
        }
    }

    #[test]
    fn addresses_that_are_none_are_refused() {
        for email in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a\n@b", "a@b\u{200e}"] {
            assert!(Person::parse("Alice", email).is_err(), "{email:?}");
        }
    }

    #[test]
    fn an_address_has_one_spelling() {
        let upper = Person::parse(" Alice ", "Alice@Example.ORG ").unwrap();
        assert_eq!(upper, Person::parse("Alice", "alice@example.org").unwrap());
    }
}
