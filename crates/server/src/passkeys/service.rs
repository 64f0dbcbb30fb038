//! The three ceremonies, and what is there after them.

use std::sync::Arc;
use std::time::Duration;

use intent::{UserId, UtcMicros};
use ledger::BookId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::store::{self, Ceremony, PasskeyRow, Purpose};
use crate::Services;
use crate::attempts::{Subject, admit};
use crate::clock::fresh_id;
use crate::corridor::OriginInfo;
use crate::credentials::changes::{self, Credential};
use crate::credentials::service::{SignedIn, kem, transcript};
use crate::mfa;
use crate::problem::{Code, Problem};
use crate::sessions::opening::{Opener, Opening};
use crate::sessions::place;
use crate::sessions::recorded;
use crate::sessions::{Assurance, Caller, Factor, reverify};

/// Life of a ceremony, in microseconds.
const CEREMONY_US: i64 = 60 * 1_000_000;
const CEREMONY: Duration = Duration::from_mins(1);
const NAME_CHARS_MAX: usize = 120;
/// Nobody has more.
const PASSKEYS_MAX: usize = 50;
const TRANSCRIPT: &[u8] = b"strongroom/passkey-sign-in/v1";

/// The rules of the standard for this bank's address. Clones share them.
#[derive(Clone)]
pub(crate) struct Passkeys(Option<Arc<Webauthn>>);

impl Passkeys {
    /// For the address that sign-ins are bound to. Passkeys are of a domain: an address without one has none.
    pub(crate) fn new(origin: &str, bank: &str) -> Self {
        let webauthn = Url::parse(origin).ok().and_then(|url| {
            let domain = url.domain()?.to_owned();
            let builder = WebauthnBuilder::new(&domain, &url).ok()?;
            builder.rp_name(bank).timeout(CEREMONY).build().ok()
        });
        if webauthn.is_none() {
            tracing::warn!(origin, "this address is not of a domain: there are no passkeys");
        }
        Self(webauthn.map(Arc::new))
    }

    fn rules(&self) -> Result<&Webauthn, Problem> {
        self.0.as_deref().ok_or_else(|| {
            Problem::not_found().with_detail("this bank's address admits no passkeys")
        })
    }
}

/// A ceremony that has begun.
pub(crate) struct Begun {
    pub(crate) ceremony: Uuid,
    /// What the browser's `navigator.credentials` takes.
    pub(crate) options: Value,
}

/// Begins to register a passkey.
pub(super) async fn begin_registration(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Begun, Problem> {
    caller.require_fresh(now)?;
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let person = store::person(&mut tx, book, caller.user).await?.ok_or_else(Problem::not_found)?;
    let held = store::of_user(&mut tx, book, caller.user).await?;
    tx.commit().await?;
    if held.len() >= PASSKEYS_MAX {
        return Err(Problem::new(Code::Conflict).with_detail("you have 50 passkeys; delete one"));
    }
    let known: Result<Vec<_>, Problem> =
        held.iter().map(|row| Ok(read::<Passkey>(&row.credential)?.cred_id().clone())).collect();
    let (options, state) = services
        .passkeys
        .rules()?
        .start_passkey_registration(caller.user.get(), &person.email, &person.name, Some(known?))
        .map_err(|error| broken(&error))?;
    let mut begun = keep(services, Purpose::Register, Some(caller), &options, &state, now).await?;
    // Found by the authenticator itself where it can, so that its holder need not say who they are.
    if let Some(wish) = begun.options.pointer_mut("/publicKey/authenticatorSelection/residentKey") {
        *wish = Value::from("preferred");
    }
    Ok(begun)
}

/// Keeps the passkey that the authenticator has made.
pub(super) async fn finish_registration(
    services: &Services,
    caller: &Caller,
    ceremony: Uuid,
    name: &str,
    made: &RegisterPublicKeyCredential,
    now: UtcMicros,
) -> Result<(), Problem> {
    let name = name.trim();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Problem::malformed("name", "must be 1 to 120 printable characters"));
    }
    let state = take(services, ceremony, Purpose::Register, Some(caller), now).await?;
    let state = read::<PasskeyRegistration>(&state)?;
    let passkey = services
        .passkeys
        .rules()?
        .finish_passkey_registration(made, &state)
        .map_err(|error| refused(&error))?;
    let row = PasskeyRow {
        id: passkey.cred_id().clone(),
        user: caller.user,
        name: name.to_owned(),
        credential: write(&passkey)?,
        created_at: now,
        used_at: None,
    };
    changes::record(services, caller.user, Credential::Passkey, now).await?;
    let mut tx = services.db.as_writer().await?;
    let is_new = store::insert(&mut tx, services.bank.book, &row).await?;
    tx.commit().await?;
    if is_new { Ok(()) } else { Err(Problem::new(Code::Conflict).with_detail("it is registered")) }
}

/// Begins a sign-in of whoever the authenticator finds.
pub(super) async fn begin_sign_in(services: &Services, now: UtcMicros) -> Result<Begun, Problem> {
    let (options, state) = services
        .passkeys
        .rules()?
        .start_discoverable_authentication()
        .map_err(|error| broken(&error))?;
    keep(services, Purpose::SignIn, None, &options, &state, now).await
}

/// Opens a session of aal2 for the holder of a passkey.
pub(super) async fn finish_sign_in(
    services: &Services,
    ceremony: Uuid,
    shown: &PublicKeyCredential,
    kem_public_key: &[u8],
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<SignedIn, Problem> {
    let kem = kem(services, kem_public_key)?;
    let rules = services.passkeys.rules()?;
    let admitted = admit(services, &[Subject::Address(&origin.ip)], now).await?;
    let state = take(services, ceremony, Purpose::SignIn, None, now).await?;
    let state = read::<DiscoverableAuthentication>(&state)?;
    let Ok((user, id)) = rules.identify_discoverable_authentication(shown) else {
        admitted.stands("passkey");
        return Err(Problem::new(Code::CredentialsRefused));
    };
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let row = store::lock(&mut tx, book, id).await?.filter(|row| row.user.get() == user);
    let person = match &row {
        Some(row) => store::person(&mut tx, book, row.user).await?.filter(|found| found.is_active),
        None => None,
    };
    let (Some(row), Some(person)) = (row, person) else {
        admitted.stands("passkey");
        return Err(Problem::new(Code::CredentialsRefused));
    };
    let mut passkey = read::<Passkey>(&row.credential)?;
    let Ok(outcome) = rules.finish_discoverable_authentication_v2(shown, state, &passkey) else {
        admitted.stands("passkey");
        return Err(Problem::new(Code::CredentialsRefused));
    };
    passkey.update_credential(&outcome);
    store::used(&mut tx, book, &row.id, &write(&passkey)?, now).await?;
    let assurance = Assurance::Factor(Factor::Passkey);
    let opener =
        Opener { user: row.user, role: person.role, assurance, device_key: None, not_after: None };
    let opening = Opening::new(services, &opener, now)?;
    recorded::opened(services, &opening, origin).await?;
    let sign_in = opening.store(&mut tx, services, origin).await?;
    tx.commit().await?;
    place::tell(services, &opening, sign_in.place).await;
    admitted.forgive(services, now).await?;
    let transcript = transcript(
        TRANSCRIPT,
        &[
            services.bank.id.as_str().as_bytes(),
            services.config.origin.as_bytes(),
            ceremony.as_bytes(),
            kem_public_key,
            opening.session.get().as_bytes(),
        ],
    );
    Ok(SignedIn {
        session: opening.session,
        user: row.user,
        assurance,
        factors: mfa::factors(services, row.user).await?,
        answer: opening.answer(&kem, &transcript)?,
    })
}

/// Begins to step the caller's session up, or to make it fresh again.
pub(super) async fn begin_step_up(
    services: &Services,
    caller: &Caller,
    now: UtcMicros,
) -> Result<Begun, Problem> {
    let mut tx = services.db.as_writer().await?;
    let held = store::of_user(&mut tx, services.bank.book, caller.user).await?;
    tx.commit().await?;
    if held.is_empty() {
        return Err(Problem::new(Code::FactorRefused));
    }
    let passkeys: Result<Vec<Passkey>, Problem> =
        held.iter().map(|row| read(&row.credential)).collect();
    let (options, state) = services
        .passkeys
        .rules()?
        .start_passkey_authentication(&passkeys?)
        .map_err(|error| broken(&error))?;
    keep(services, Purpose::StepUp, Some(caller), &options, &state, now).await
}

/// Steps the caller's session up to aal2.
pub(super) async fn finish_step_up(
    services: &Services,
    caller: &Caller,
    ceremony: Uuid,
    shown: &PublicKeyCredential,
    origin: &OriginInfo,
    now: UtcMicros,
) -> Result<Assurance, Problem> {
    let subjects = [Subject::SecondFactor(caller.user), Subject::Address(&origin.ip)];
    let admitted = admit(services, &subjects, now).await?;
    let state = take(services, ceremony, Purpose::StepUp, Some(caller), now).await?;
    let state = read::<PasskeyAuthentication>(&state)?;
    let Ok(outcome) = services.passkeys.rules()?.finish_passkey_authentication(shown, &state)
    else {
        admitted.stands("passkey");
        return Err(Problem::new(Code::FactorRefused));
    };
    let book = services.bank.book;
    let mut tx = services.db.as_writer().await?;
    let row = store::lock(&mut tx, book, outcome.cred_id()).await?;
    // Deleted between the two requests: it counts no more.
    let Some(row) = row.filter(|row| row.user == caller.user) else {
        admitted.stands("passkey");
        return Err(Problem::new(Code::FactorRefused));
    };
    let mut passkey = read::<Passkey>(&row.credential)?;
    passkey.update_credential(&outcome);
    store::used(&mut tx, book, &row.id, &write(&passkey)?, now).await?;
    tx.commit().await?;
    admitted.forgive(services, now).await?;
    reverify::step_up(services, caller, Some(Factor::Passkey), now).await
}

/// The caller's passkeys.
pub(super) async fn list(services: &Services, caller: &Caller) -> Result<Vec<PasskeyRow>, Problem> {
    let mut tx = services.db.as_writer().await?;
    let rows = store::of_user(&mut tx, services.bank.book, caller.user).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Deletes a passkey of the caller's.
pub(super) async fn delete(
    services: &Services,
    caller: &Caller,
    id: &[u8],
    now: UtcMicros,
) -> Result<(), Problem> {
    caller.require_fresh(now)?;
    changes::record(services, caller.user, Credential::Passkey, now).await?;
    let mut tx = services.db.as_writer().await?;
    let done = store::delete(&mut tx, services.bank.book, caller.user, id).await?;
    tx.commit().await?;
    if done { Ok(()) } else { Err(Problem::not_found()) }
}

async fn keep(
    services: &Services,
    purpose: Purpose,
    caller: Option<&Caller>,
    options: &(impl Serialize + Sync),
    state: &(impl Serialize + Sync),
    now: UtcMicros,
) -> Result<Begun, Problem> {
    let ceremony = Ceremony {
        id: fresh_id(now),
        purpose,
        session: caller.map(|caller| caller.session.get()),
        state: write(state)?,
        expires_at: UtcMicros::from_micros(now.get().saturating_add(CEREMONY_US)),
    };
    let options = serde_json::to_value(options).map_err(|error| broken(&error))?;
    let mut tx = services.db.as_writer().await?;
    store::forget_expired(&mut tx, services.bank.book, now).await?;
    store::insert_ceremony(&mut tx, services.bank.book, &ceremony).await?;
    tx.commit().await?;
    Ok(Begun { ceremony: ceremony.id, options })
}

/// What a ceremony remembers. It is gone after this, whatever comes of it.
async fn take(
    services: &Services,
    id: Uuid,
    purpose: Purpose,
    caller: Option<&Caller>,
    now: UtcMicros,
) -> Result<Vec<u8>, Problem> {
    let mut tx = services.db.as_writer().await?;
    let found = store::take_ceremony(&mut tx, services.bank.book, id).await?;
    tx.commit().await?;
    found
        .filter(|found| {
            found.purpose == purpose
                && found.session == caller.map(|caller| caller.session.get())
                && now < found.expires_at
        })
        .map(|found| found.state)
        .ok_or_else(|| {
            Problem::new(match purpose {
                Purpose::SignIn => Code::CredentialsRefused,
                Purpose::Register | Purpose::StepUp => Code::FactorRefused,
            })
        })
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| broken(&error))
}

fn write(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|error| broken(&error))
}

fn refused(error: &WebauthnError) -> Problem {
    tracing::debug!(%error, "a passkey was refused");
    Problem::new(Code::FactorRefused)
}

fn broken(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a passkey ceremony failed");
    Problem::internal()
}

/// Takes every passkey away from a person. Runs inside the caller's transaction.
pub(crate) async fn forget_all(
    tx: &mut PgConnection,
    book: BookId,
    user: UserId,
) -> sqlx::Result<()> {
    store::delete_all(tx, book, user).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_of_a_domain() {
        assert!(Passkeys::new("https://bank.example", "Bank").rules().is_ok());
        assert!(Passkeys::new("https://localhost:8443", "Bank").rules().is_ok());
        for origin in ["https://127.0.0.1:8443", "https://[::1]", "not an address"] {
            let refused = Passkeys::new(origin, "Bank").rules().err().unwrap();
            assert_eq!(refused.code(), "not-found", "{origin}");
        }
    }
}
