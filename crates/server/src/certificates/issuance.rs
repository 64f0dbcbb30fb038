//! A certificate with its device: what an enrolment and a rotation have in common. Runs inside the poster's transaction.

use std::collections::BTreeMap;

use crypto::{KemPublicKey, SecretBytes, Sha3, constant_time_eq, open_sealed, sha3_256, sha256};
use intent::{DeviceId, Effects, Outcome, Role, UserId, UtcMicros};
use pki::{
    Certificate, ControlClaims, Csr, DEFENSE_VERSION, Linted, Profile, Request, Tbs, VerifiedCsr,
};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::store::{self, DeviceRow, NewCertificate, NewDevice};
use crate::Services;
use crate::authority::Issuer;
use crate::authority::service::fault;
use crate::bank::serial;
use crate::corridor::{Applying, Fault, Refusal};
use crate::vault::VaultPurpose;

/// Length of a device key, in bytes.
const DEVICE_KEY_LEN: usize = 32;
const DEVICE_KEY_PURPOSE: &str = "device-key";
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Members of an issue's result.
const CERTIFICATE: &str = "certificate";
const KEM_KEY: &str = "kem_key_sha3";

/// What is asked for.
pub(crate) struct Wanted<'a> {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) csr: &'a [u8],
    pub(crate) device: DeviceId,
    pub(crate) device_key_commitment: &'a Sha3,
    pub(crate) kem_public_key: &'a [u8],
    pub(crate) place: Place<'a>,
}

/// Where the certificate stands in its lineage.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// The first of a new lineage.
    First {
        /// Its name.
        lineage: Sha3,
    },
    /// The successor of another one.
    After {
        /// The lineage that goes on.
        lineage: Sha3,
        /// Fingerprint of the one before.
        previous: &'a Sha3,
        /// Generation of the one before.
        generation: u32,
        /// Device of the one before.
        device: DeviceId,
    },
}

impl Place<'_> {
    const fn lineage(self) -> Sha3 {
        match self {
            Self::First { lineage } | Self::After { lineage, .. } => lineage,
        }
    }

    const fn generation(self) -> u32 {
        match self {
            Self::First { .. } => pki::FIRST_GENERATION,
            Self::After { generation, .. } => generation.saturating_add(1),
        }
    }

    const fn previous(&self) -> Option<&Sha3> {
        match self {
            Self::First { .. } => None,
            Self::After { previous, .. } => Some(previous),
        }
    }
}

/// What was decided, before anything is written.
pub(crate) struct Decided {
    request: VerifiedCsr,
    components: Vec<Sha3>,
    device_key: SecretBytes,
    device_is_known: bool,
}

/// What was issued.
pub(crate) struct Issued {
    /// Values of the rows written, for the leaf.
    pub(crate) result: BTreeMap<String, String>,
    /// The certificate with its path, for its holder.
    pub(crate) extra: Value,
}

/// Every refusal, tested in order, on rows that are locked or that nobody else changes.
pub(crate) async fn decide(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
    wanted: &Wanted<'_>,
) -> Result<Result<Decided, Refusal>, Fault> {
    let (book, suite) = (cx.services.bank.book, cx.services.bank.suite);
    let request = Csr::from_der(wanted.csr).and_then(Csr::verify);
    let Ok(request) = request else { return Ok(Err(Refusal::CertificateRequestInvalid)) };
    if request.public_key().suite() != suite {
        return Ok(Err(Refusal::CertificateRequestInvalid));
    }
    let components = request.public_key().component_hashes();
    if store::component_in_use(tx, book, &components).await? {
        return Ok(Err(Refusal::ComponentReused));
    }
    let known = store::lock_device(tx, book, &wanted.device.get()).await?;
    let Some(device_key) = open_device_key(cx, wanted) else {
        return Ok(Err(Refusal::DeviceKeyInvalid));
    };
    if let Some(known) = &known
        && let Err(refusal) = judge_known_device(cx, wanted, known, &device_key)?
    {
        return Ok(Err(refusal));
    }
    if KemPublicKey::from_bytes(suite, wanted.kem_public_key).is_err() {
        return Ok(Err(Refusal::KemKeyInvalid));
    }
    Ok(Ok(Decided { request, components, device_key, device_is_known: known.is_some() }))
}

/// Issues what [`decide`] allowed, and writes certificate, components and device.
pub(crate) async fn issue(
    tx: &mut PgConnection,
    cx: &Applying<'_>,
    wanted: &Wanted<'_>,
    decided: Decided,
) -> Result<Issued, Fault> {
    let (services, book) = (cx.services, cx.services.bank.book);
    let crl_number = store::crl_number(tx, book).await?;
    // The pointer stays locked until the leaf is written: nobody issues in the name of an authority just replaced.
    let issuers = services.authority.locked(tx, book).await.map_err(fault)?;
    let issuer = issuers.active();
    let linted = prepare(cx, wanted, &decided.request, crl_number, issuer)?;
    let key = services.authority.key_of(issuer).map_err(fault)?;
    let certificate = pki::issue(linted, key).map_err(|e| fault(e.into()))?;
    let fingerprint = certificate.fingerprint();
    let new = NewCertificate {
        fingerprint: &fingerprint,
        user: wanted.user,
        role: wanted.role,
        der: certificate.der(),
        serial: certificate.serial(),
        lineage: &wanted.place.lineage(),
        generation: wanted.place.generation(),
        previous: wanted.place.previous(),
        device: &wanted.device.get(),
        not_before: seconds(certificate.not_before_s()),
        not_after: seconds(certificate.not_after_s()),
        components: &decided.components,
    };
    store::insert(tx, book, &new).await?;
    let mut result = result_of(&new, wanted.kem_public_key);
    if decided.device_is_known {
        store::set_device_kem_key(tx, book, &wanted.device.get(), wanted.kem_public_key).await?;
    } else {
        let device = wanted.device.get();
        let sealed_device_key =
            services.vault.seal(VaultPurpose::DeviceKey, device.as_bytes(), &decided.device_key)?;
        let new = NewDevice {
            device: &device,
            user: wanted.user,
            sealed_device_key: &sealed_device_key,
            kem_public_key: wanted.kem_public_key,
            at: cx.now,
        };
        store::insert_device(tx, book, &new).await?;
        result.insert("device_enrolled_at".to_owned(), cx.now.to_string());
    }
    Ok(Issued { result, extra: extra(&certificate, issuer) })
}

/// The certificate that an intent with these effects brought, with its path as [`issue`] gave it; `None` where it brought none.
pub(crate) async fn issued_by(
    tx: &mut PgConnection,
    services: &Services,
    effects: &Effects,
) -> Result<Option<Value>, Fault> {
    // Others speak of a certificate too, but only who issued one says under which key it is delivered.
    let is_issue = effects.outcome == Outcome::Accepted && effects.result.contains_key(KEM_KEY);
    let Some(named) = effects.result.get(CERTIFICATE).filter(|_| is_issue) else { return Ok(None) };
    let fingerprint = Sha3::from_hex(named).map_err(|_| Fault::Broken("a leaf names no digest"))?;
    let stored = store::find(tx, services.bank.book, &fingerprint).await?;
    let der = stored.ok_or(Fault::Broken("a certificate vanished"))?.der;
    let certificate = Certificate::from_der(&der).map_err(|error| fault(error.into()))?;
    let parent = certificate.claims().map(|claims| claims.parent_ca_fp);
    let issuers = services.authority.issuers();
    let issuer = parent.and_then(|parent| issuers.named(&parent));
    Ok(issuer.map(|issuer| extra(&certificate, issuer)))
}

/// Opens what the device sealed to the bank for this very intent, and holds it against what was signed.
fn open_device_key(cx: &Applying<'_>, wanted: &Wanted<'_>) -> Option<SecretBytes> {
    let sealed = cx.attachments.sealed_device_key.as_deref()?;
    if wanted.device != cx.intent.device() && matches!(wanted.place, Place::First { .. }) {
        return None;
    }
    let transcript = sha256(cx.intent.canonical());
    let kem = cx.services.authority.kem();
    let key = open_sealed(kem, DEVICE_KEY_PURPOSE, transcript.as_bytes(), sealed).ok()?;
    let commitment = sha3_256(key.expose());
    let is_ours = key.len() == DEVICE_KEY_LEN
        && constant_time_eq(commitment.as_bytes(), wanted.device_key_commitment.as_bytes());
    is_ours.then_some(key)
}

/// A device that is enrolled may carry the next generation of its own lineage, with the key that it has.
fn judge_known_device(
    cx: &Applying<'_>,
    wanted: &Wanted<'_>,
    known: &DeviceRow,
    device_key: &SecretBytes,
) -> Result<Result<(), Refusal>, Fault> {
    let is_own = match wanted.place {
        Place::First { .. } => false,
        Place::After { device, .. } => {
            device == wanted.device && known.user == wanted.user && known.active
        }
    };
    if !is_own {
        return Ok(Err(Refusal::DeviceAlreadyEnrolled));
    }
    let device = wanted.device.get();
    let stored = cx
        .services
        .vault
        .open(VaultPurpose::DeviceKey, device.as_bytes(), &known.sealed_device_key)
        .map_err(|_| Fault::Broken("a stored device key does not open"))?;
    let is_same = constant_time_eq(stored.expose(), device_key.expose());
    Ok(if is_same { Ok(()) } else { Err(Refusal::DeviceKeyInvalid) })
}

fn prepare(
    cx: &Applying<'_>,
    wanted: &Wanted<'_>,
    request: &VerifiedCsr,
    crl_number: u64,
    issuer: &Issuer,
) -> Result<Linted<Tbs>, Fault> {
    let bank = &cx.services.bank;
    let actions = wanted.role.allowed_kinds().iter().map(|kind| kind.name().to_owned());
    let claims = ControlClaims {
        defense_version: DEFENSE_VERSION,
        bank: bank.id.to_string(),
        user_id: wanted.user.get().into_bytes(),
        role: wanted.role.name().to_owned(),
        suite: bank.suite,
        device_id: wanted.device.get(),
        purpose_scope: wanted.role.purpose_scope().to_owned(),
        allowed_actions: actions.collect(),
        crl_url: format!(
            "{}/api/certificates/crl/{}",
            cx.services.config.origin,
            issuer.fingerprint()
        ),
        crl_number,
        parent_ca_fp: *issuer.fingerprint(),
        lineage: wanted.place.lineage(),
        generation: wanted.place.generation(),
        previous: wanted.place.previous().copied(),
        challenge: pki::CHALLENGE.to_owned(),
    };
    let profile = match wanted.role {
        Role::Customer => Profile::Holder,
        Role::Manager | Role::AuditorClerk | Role::SystemAdmin => Profile::Staff,
    };
    // The subject is the user's id: a name would stand in every receipt for ever.
    let request = Request {
        csr: request,
        subject_cn: &wanted.user.to_string(),
        claims: &claims,
        serial: serial()?,
        now_s: cx.now.get().div_euclid(MICROS_PER_SECOND),
    };
    pki::prepare(profile, &request, issuer.certificate()).map_err(|e| fault(e.into()))
}

fn result_of(new: &NewCertificate<'_>, kem_public_key: &[u8]) -> BTreeMap<String, String> {
    let components: Vec<String> = new.components.iter().map(ToString::to_string).collect();
    let mut result = BTreeMap::from([
        (CERTIFICATE.to_owned(), new.fingerprint.to_string()),
        ("serial".to_owned(), hex::encode(new.serial)),
        ("user".to_owned(), new.user.to_string()),
        ("role".to_owned(), new.role.name().to_owned()),
        ("lineage".to_owned(), new.lineage.to_string()),
        ("generation".to_owned(), new.generation.to_string()),
        ("device".to_owned(), new.device.to_string()),
        ("not_before".to_owned(), new.not_before.to_string()),
        ("not_after".to_owned(), new.not_after.to_string()),
        ("components".to_owned(), components.join(" ")),
        (KEM_KEY.to_owned(), sha3_256(kem_public_key).to_string()),
    ]);
    if let Some(previous) = new.previous {
        result.insert("previous".to_owned(), previous.to_string());
    }
    result
}

fn extra(certificate: &Certificate, issuer: &Issuer) -> Value {
    json!({
        "certificate": certificate.to_pem(),
        "issuing": issuer.certificate().to_pem(),
        "root": issuer.chain().root().to_pem(),
    })
}

fn seconds(unix_s: i64) -> UtcMicros {
    UtcMicros::from_micros(unix_s.saturating_mul(MICROS_PER_SECOND))
}
