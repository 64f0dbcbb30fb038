//! People, certificates and devices as the log has them at each leaf: who may sign what, as of then and not as of today.

mod issuing;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crypto::{Sha3, sha3_256};
use intent::{Actor, Body, Effects, Intent, Outcome, RevocationReason, Role, UserId, UtcMicros};
use pki::Certificate;
use uuid::Uuid;

use super::chains::Chains;
use super::examine::Holders;
use super::report::{Finding, Step};
use crate::authority::issuers::certificate_of;
use crate::authority::rules::{AUTHORITIES, Status as AuthorityStatus};
use crate::bank::TrustFile;
use crate::corridor::Refusal;
use crate::corridor::fold::Asker;
use crate::registers::{Issuing, Row, Rows};
use crate::users::registrations::Purpose;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// Where in the log we are.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) index: u64,
    /// When it was decided.
    pub(super) now: UtcMicros,
}

/// What the log demands of an intent that changes state.
pub(super) enum Demand {
    /// It took effect, and these are its values.
    Accepted(BTreeMap<String, String>),
    /// A rule that can be tried again said no.
    Refused(Refusal),
    /// It was refused for a reason that only the bank could see then: a token, a challenge, a proof by a secret.
    BankRefused,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Status {
    Active,
    Superseded,
    Revoked(RevocationReason),
}

/// A certificate as of a leaf.
#[derive(Clone)]
pub(super) struct Standing {
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) device: Sha3,
    pub(super) lineage: Sha3,
    pub(super) generation: u32,
    pub(super) previous: Option<Sha3>,
    pub(super) status: Status,
    /// When its key was certified.
    pub(super) since: Option<UtcMicros>,
    pub(super) ended_at: Option<UtcMicros>,
    pub(super) leaf: u64,
}

pub(super) struct DeviceState {
    pub(super) user: Uuid,
    pub(super) kem_public_key: Vec<u8>,
    pub(super) is_active: bool,
    pub(super) enrolled_at: UtcMicros,
    pub(super) leaf: u64,
}

pub(super) struct UserState {
    pub(super) role: Role,
    pub(super) is_active: bool,
    /// The hash of the token that staff enrol with.
    pub(super) registration: Option<String>,
    pub(super) leaf: u64,
}

/// The newest revocation list that the log names.
#[derive(Clone, Default)]
pub(super) struct LoggedCrl {
    pub(super) number: u64,
    pub(super) sha256: String,
}

/// Authority as of a leaf.
pub(super) struct Registry {
    trust: Arc<TrustFile>,
    holders: Arc<Holders>,
    /// Certificates of authorities that rows hold, by fingerprint. Which of them is in force, the leaves say.
    issuers: BTreeMap<Sha3, Certificate>,
    pub(super) issuing: Option<Sha3>,
    /// From when on nothing of a replaced authority is accepted.
    pub(super) retiring: BTreeMap<Sha3, UtcMicros>,
    pub(super) users: BTreeMap<Uuid, UserState>,
    pub(super) certificates: BTreeMap<Sha3, Standing>,
    pub(super) components: HashMap<Sha3, Sha3>,
    pub(super) devices: BTreeMap<Sha3, DeviceState>,
    pub(super) epoch: u64,
    pub(super) crl: LoggedCrl,
    pub(super) chains: Chains,
}

/// What is asked for in an enrolment or a rotation.
struct Wanted<'a> {
    user: UserId,
    role: Role,
    csr: &'a [u8],
    device: Sha3,
    kem_public_key: &'a [u8],
    lineage: Sha3,
    generation: u32,
    previous: Option<Sha3>,
}

impl Registry {
    pub(super) fn new(
        trust: Arc<TrustFile>,
        holders: Arc<Holders>,
        issuers: BTreeMap<Sha3, Certificate>,
        issuing: Option<Sha3>,
    ) -> Self {
        Self {
            trust,
            holders,
            issuers,
            issuing,
            retiring: BTreeMap::new(),
            users: BTreeMap::new(),
            certificates: BTreeMap::new(),
            components: HashMap::new(),
            devices: BTreeMap::new(),
            epoch: 0,
            crl: LoggedCrl::default(),
            chains: Chains::default(),
        }
    }

    /// Whether the signer may sign at this leaf, and is who the actor group says; `None` if the log knows no such signer.
    pub(super) fn signer(
        &self,
        at: At,
        intent: &Intent,
        actor: &Actor,
        findings: &mut Vec<Finding>,
    ) -> Option<Standing> {
        let mut bad = |column: &str, message: String| {
            findings.push(
                Finding::tampered(Step::Signatures, message)
                    .at_leaf(at.index)
                    .in_row("records", at.index)
                    .in_column(column),
            );
        };
        let fingerprint = intent.certificate();
        let Some(standing) = self.certificates.get(&fingerprint) else {
            bad(
                "intent",
                format!("no earlier leaf issued the certificate {fingerprint} that signed"),
            );
            return None;
        };
        match standing.status {
            Status::Active => {}
            Status::Superseded => {
                bad("intent", "the certificate that signed was superseded earlier".into());
            }
            Status::Revoked(_) => {
                bad("intent", "the certificate that signed was revoked earlier".into());
            }
        }
        if let Some(holder) = self.holders.get(&fingerprint) {
            let now_s = at.now.get().div_euclid(MICROS_PER_SECOND);
            let is_valid = |certificate: &Certificate| {
                (certificate.not_before_s()..=certificate.not_after_s()).contains(&now_s)
            };
            if !is_valid(&holder.certificate) || !is_valid(&self.trust.root) {
                bad("intent", "the certificate that signed was not valid at that time".into());
            }
            let parent = holder.certificate.claims().map(|claims| claims.parent_ca_fp);
            let retired_at = parent.and_then(|parent| self.retiring.get(&parent));
            if retired_at.is_some_and(|retired_at| at.now >= *retired_at) {
                bad("intent", "the authority of the certificate that signed had retired".into());
            }
        }
        if intent.device().get() != standing.device || intent.authority() != standing.role {
            bad(
                "intent",
                "device or authority are not those of the certificate that signed".into(),
            );
        }
        let expected = Actor {
            certificate: fingerprint,
            device: intent.device(),
            lineage: standing.lineage,
            generation: standing.generation,
            role: standing.role,
            seq: intent.seq(),
            prev: intent.prev(),
            session: actor.session,
            user: standing.user,
        };
        if *actor != expected {
            bad("actor", "the actor is not who the log knows under this certificate".into());
        }
        Some(standing.clone())
    }

    /// An enrolment: generation 1 of a new lineage, on a new device. `under` is the registration that an intent made, if
    /// one did.
    pub(super) fn enrol(
        &mut self,
        at: At,
        intent: &Intent,
        under: Option<&Row>,
        stored: &Effects,
        findings: &mut Vec<Finding>,
    ) -> Demand {
        let Body::UserEnrol { user, csr, device, kem_public_key, registration, .. } = intent.body()
        else {
            return Demand::BankRefused;
        };
        if stored.outcome == Outcome::Refused {
            return Demand::BankRefused;
        }
        let wanted = Wanted {
            user: *user,
            role: intent.authority(),
            csr,
            device: device.get(),
            kem_public_key,
            lineage: sha3_256(intent.certificate().as_bytes()),
            generation: pki::FIRST_GENERATION,
            previous: None,
        };
        let mut bad = |message: &str| {
            findings.push(
                Finding::tampered(Step::Replay, message)
                    .at_leaf(at.index)
                    .in_row("records", at.index)
                    .in_column("effects"),
            );
        };
        let known = self.users.get(&user.get());
        let is_first = under.is_none_or(|row| Purpose::of(row) == Some(Purpose::Invitation));
        if known.is_some_and(|known| known.is_active) == is_first {
            bad(if is_first { "a person enrolled twice" } else { "nobody is there to come back" });
        }
        let approver = under.filter(|row| Purpose::of(row) == Some(Purpose::Pairing));
        if approver.is_some_and(|row| !self.is_active(row.get("made_under"))) {
            bad("the device was approved by a certificate that had ended");
        }
        match known.filter(|_| under.is_none()).and_then(|known| known.registration.as_ref()) {
            Some(token) if *token != registration.to_string() => {
                bad("staff enrolled with another token than they were invited with");
            }
            None if under.is_none() && wanted.role != Role::Customer => {
                bad("nobody invited this member of staff");
            }
            Some(_) | None => {}
        }
        if known.is_some_and(|known| known.role != wanted.role) {
            bad("staff enrolled in another role than they were invited to");
        }
        if self.devices.contains_key(&wanted.device) {
            bad("the device was enrolled before");
        }
        let mut result = self.issue(at, &wanted, stored, findings);
        result.insert("registration".to_owned(), registration.to_string());
        result.insert("user_status".to_owned(), "active".to_owned());
        let role = wanted.role;
        let user = self.users.entry(user.get()).or_insert(UserState {
            role,
            is_active: true,
            registration: None,
            leaf: at.index,
        });
        user.is_active = true;
        Demand::Accepted(result)
    }

    /// A rotation: the next generation of the signer's lineage.
    pub(super) fn rotate(
        &mut self,
        at: At,
        intent: &Intent,
        signer: &Standing,
        stored: &Effects,
        findings: &mut Vec<Finding>,
    ) -> Demand {
        let Body::KeyRotate { csr, device, kem_public_key, .. } = intent.body() else {
            return Demand::BankRefused;
        };
        if stored.outcome == Outcome::Refused {
            return Demand::BankRefused;
        }
        let old = intent.certificate();
        let wanted = Wanted {
            user: signer.user,
            role: signer.role,
            csr,
            device: device.get(),
            kem_public_key,
            lineage: signer.lineage,
            generation: signer.generation.saturating_add(1),
            previous: Some(old),
        };
        self.end(&old, Status::Superseded, at.now);
        let mut result = self.issue(at, &wanted, stored, findings);
        result.insert("superseded".to_owned(), old.to_string());
        result.insert("ended_at".to_owned(), at.now.to_string());
        if wanted.device != signer.device {
            if let Some(device) = self.devices.get_mut(&signer.device) {
                device.is_active = false;
            }
            result.insert("device_revoked".to_owned(), signer.device.to_string());
        }
        self.epoch = self.epoch.saturating_add(1);
        Demand::Accepted(result)
    }

    /// A revocation, with the list that names it.
    pub(super) fn revoke(
        &mut self,
        at: At,
        intent: &Intent,
        asker: Asker,
        locked: &BTreeSet<Uuid>,
        stored: &Effects,
    ) -> Demand {
        let Body::CertificateRevoke { certificate, reason } = intent.body() else {
            return Demand::BankRefused;
        };
        let Some(found) = self
            .certificates
            .get(certificate)
            .filter(|found| asker.may_end(found.user, found.role))
        else {
            return Demand::Refused(Refusal::CertificateNotFound);
        };
        if found.status != Status::Active {
            return Demand::Refused(Refusal::CertificateAlreadyEnded);
        }
        let other = |fingerprint: &Sha3, _: &Standing| fingerprint != certificate;
        if found.role == Role::SystemAdmin && !self.is_administered_by(other, locked, at.now) {
            return Demand::Refused(Refusal::LastAdministrator);
        }
        let serial =
            self.holders.get(certificate).map(|holder| hex::encode(holder.certificate.serial()));
        self.end(certificate, Status::Revoked(*reason), at.now);
        self.epoch = self.epoch.saturating_add(1);
        let mut result = BTreeMap::from([
            ("certificate".to_owned(), certificate.to_string()),
            ("status".to_owned(), "revoked".to_owned()),
            ("reason".to_owned(), reason.name().to_owned()),
            ("ended_at".to_owned(), at.now.to_string()),
        ]);
        result.extend(serial.map(|serial| ("serial".to_owned(), serial)));
        // The list is made by the bank; that it names what it must is checked on the list in use.
        for name in CRL_FACTS {
            result.extend(stored.result.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        self.observe_crl(&stored.result);
        Demand::Accepted(result)
    }

    /// The root and the authority in force as of this leaf.
    pub(super) fn issuing(&self) -> Option<Issuing<'_>> {
        let active = self.issuers.get(&self.issuing?)?;
        Some(Issuing { root: &self.trust.root, active })
    }

    /// The certificate of an authority.
    pub(super) fn issuer(&self, authority: &Sha3) -> Option<&Certificate> {
        self.issuers.get(authority)
    }

    /// What a leaf wrote of authorities: what it says beside the rows when one of them is now in force, with the lists
    /// that old and new signed.
    pub(super) fn rotate_authority(
        &mut self,
        written: &Rows,
        stored: &Effects,
    ) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::new();
        for row in written.of(&AUTHORITIES) {
            let Ok(authority) = Sha3::from_hex(&row.key()) else { continue };
            if let Some(certificate) = certificate_of(row) {
                self.issuers.insert(authority, certificate);
            }
            match AuthorityStatus::of(row) {
                Some(AuthorityStatus::Retiring) => {
                    let retires_at = row.get("retires_at").and_then(|at| at.parse().ok());
                    self.retiring.extend(retires_at.map(|at| (authority, at)));
                }
                Some(AuthorityStatus::Active) if self.issuing != Some(authority) => {
                    self.issuing = Some(authority);
                    for name in CRL_FACTS {
                        let fact = stored.result.get(name).cloned();
                        facts.extend(fact.map(|value| (name.to_owned(), value)));
                    }
                    self.observe_crl(&stored.result);
                }
                Some(AuthorityStatus::Active | AuthorityStatus::Proposed) | None => {}
            }
        }
        facts
    }

    /// Takes note of a revocation list that a leaf names.
    pub(super) fn observe_crl(&mut self, facts: &BTreeMap<String, String>) {
        let number = facts.get("crl_number").and_then(|number| number.parse::<u64>().ok());
        let (Some(number), Some(sha256)) = (number, facts.get("crl_sha256")) else { return };
        if number > self.crl.number {
            self.crl = LoggedCrl { number, sha256: sha256.clone() };
        }
    }

    fn is_active(&self, certificate: Option<&str>) -> bool {
        let certificate = certificate.and_then(|hex| Sha3::from_hex(hex).ok());
        let standing = certificate.and_then(|certificate| self.certificates.get(&certificate));
        standing.is_some_and(|standing| standing.status == Status::Active)
    }

    /// A person whom staff invited: known, and not enrolled.
    pub(super) fn invite(&mut self, at: At, user: UserId, role: Role, findings: &mut Vec<Finding>) {
        let state = UserState { role, is_active: false, registration: None, leaf: at.index };
        if self.users.insert(user.get(), state).is_some() {
            findings.push(
                Finding::tampered(Step::Replay, "somebody was invited whom the log knew already")
                    .at_leaf(at.index)
                    .in_row("records", at.index)
                    .in_column("effects"),
            );
        }
    }

    /// The end of a device, with its certificates. `locked` may not sign in, whatever they hold.
    pub(super) fn revoke_device(
        &mut self,
        at: At,
        intent: &Intent,
        asker: Asker,
        locked: &BTreeSet<Uuid>,
        stored: &Effects,
    ) -> Demand {
        let Body::DeviceRevoke { device, reason } = intent.body() else {
            return Demand::BankRefused;
        };
        let device = device.get();
        let found = self.devices.get(&device);
        let owner = found.and_then(|found| Some((found, self.users.get(&found.user)?.role)));
        let Some((found, role)) =
            owner.filter(|(found, role)| asker.may_end(UserId::new(found.user), *role))
        else {
            return Demand::Refused(Refusal::DeviceNotFound);
        };
        if !found.is_active {
            return Demand::Refused(Refusal::DeviceAlreadyEnded);
        }
        let other = |_: &Sha3, standing: &Standing| standing.device != device;
        if role == Role::SystemAdmin && !self.is_administered_by(other, locked, at.now) {
            return Demand::Refused(Refusal::LastAdministrator);
        }
        let facts = self.end_all(at, *reason, stored, |_, of| *of == device);
        self.epoch = self.epoch.saturating_add(1);
        Demand::Accepted(facts)
    }

    /// Whether an administrator can sign in by one of these certificates.
    fn is_administered_by(
        &self,
        counts: impl Fn(&Sha3, &Standing) -> bool,
        locked: &BTreeSet<Uuid>,
        now: UtcMicros,
    ) -> bool {
        self.certificates.iter().any(|(fingerprint, standing)| {
            let lasts = self
                .holders
                .get(fingerprint)
                .is_some_and(|holder| seconds(holder.certificate.not_after_s()).get() > now.get());
            let user = standing.user.get();
            lasts
                && counts(fingerprint, standing)
                && standing.status == Status::Active
                && self.devices.get(&standing.device).is_some_and(|device| device.is_active)
                && self
                    .users
                    .get(&user)
                    .is_some_and(|known| known.is_active && known.role == Role::SystemAdmin)
                && !locked.contains(&user)
        })
    }

    /// Everything that a person had ends: what a recovery does beside its registration.
    pub(super) fn recover(
        &mut self,
        at: At,
        user: UserId,
        stored: &Effects,
    ) -> BTreeMap<String, String> {
        let reason = RevocationReason::KeyCompromise;
        self.end_all(at, reason, stored, |of, _| of == user.get())
    }

    /// Ends devices by owner and id, with their certificates, and gives back what the leaf must say of it.
    fn end_all(
        &mut self,
        at: At,
        reason: RevocationReason,
        stored: &Effects,
        is_meant: impl Fn(Uuid, &Sha3) -> bool,
    ) -> BTreeMap<String, String> {
        let (mut certificates, mut devices) = (Vec::new(), Vec::new());
        for (fingerprint, standing) in &mut self.certificates {
            if standing.status == Status::Active && is_meant(standing.user.get(), &standing.device)
            {
                standing.status = Status::Revoked(reason);
                standing.ended_at = Some(at.now);
                certificates.push(fingerprint.to_string());
            }
        }
        for (id, device) in &mut self.devices {
            if device.is_active && is_meant(device.user, id) {
                device.is_active = false;
                devices.push(id.to_string());
            }
        }
        let mut facts = BTreeMap::from([
            ("certificates".to_owned(), certificates.join(" ")),
            ("devices".to_owned(), devices.join(" ")),
            ("reason".to_owned(), reason.name().to_owned()),
            ("ended_at".to_owned(), at.now.to_string()),
        ]);
        for name in CRL_FACTS {
            facts.extend(stored.result.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        self.observe_crl(&stored.result);
        facts
    }

    fn end(&mut self, certificate: &Sha3, status: Status, now: UtcMicros) {
        if let Some(standing) = self.certificates.get_mut(certificate) {
            standing.status = status;
            standing.ended_at = Some(now);
        }
    }
}

/// What a leaf says of a revocation list.
const CRL_FACTS: [&str; 5] =
    ["crl_number", "crl_sha256", "crl_this_update", "crl_next_update", "crl_entries"];

pub(super) const fn seconds(unix_s: i64) -> UtcMicros {
    UtcMicros::from_micros(unix_s.saturating_mul(MICROS_PER_SECOND))
}
