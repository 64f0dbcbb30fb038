//! Registrations that a signed intent made: who may enrol a device, by which token, how long, and under which conditions.
//!
//! A customer who registers by themselves has none: until they enrol, nothing about them stands in the log.

use crypto::Sha3;
use intent::{Body, Intent, Role, UserId, UtcMicros};

use crate::corridor::Refusal;
use crate::credentials::changes::Credential;
use crate::policy::RECOVERY_LIMIT_US;
use crate::registers::{Column, Lookup, Question, Register, Row, Rule};

/// One row a token, for ever: a token serves once.
pub(crate) static REGISTRATIONS: Register = Register {
    table: "registrations",
    key_len: 1,
    columns: &[
        ("registration", Column::Digest),
        ("user_id", Column::Uuid),
        ("role", Column::Text),
        ("purpose", Column::Text),
        ("person", Column::Digest),
        ("device_id", Column::Digest),
        ("csr_sha3", Column::Digest),
        ("made_by", Column::Uuid),
        ("made_under", Column::Digest),
        ("made_at", Column::Time),
        ("expires_at", Column::Time),
        ("approved_by", Column::Uuid),
        ("approved_at", Column::Time),
        ("redeemed_at", Column::Time),
    ],
};

/// One row a person who ever came back without any of their devices.
pub(crate) static RECOVERY_LIMITS: Register = Register {
    table: "recovery_limits",
    key_len: 1,
    columns: &[
        ("user_id", Column::Uuid),
        ("registration", Column::Digest),
        ("limited_until", Column::Time),
    ],
};

/// What a person has paid under the limit of a recovery: one row an asset. The person's row of [`RECOVERY_LIMITS`] is its
/// lock.
pub(crate) static RECOVERY_PAYMENTS: Register = Register {
    table: "recovery_payments",
    key_len: 2,
    columns: &[
        ("user_id", Column::Uuid),
        ("asset", Column::Text),
        ("registration", Column::Digest),
        ("paid", Column::Number),
    ],
};

const US_PER_MINUTE: i64 = 60 * 1_000_000;
const US_PER_DAY: i64 = 24 * 60 * US_PER_MINUTE;

/// What a registration is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// A person's first device.
    Invitation,
    /// A further device, approved by an earlier one.
    Pairing,
    /// The first device after all were lost.
    Recovery,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Invitation, Self::Pairing, Self::Recovery];

    const fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Pairing => "pairing",
            Self::Recovery => "recovery",
        }
    }

    /// How long its token may wait, in microseconds.
    const fn lifetime_us(self) -> i64 {
        match self {
            Self::Invitation => 7 * US_PER_DAY,
            Self::Pairing => 5 * US_PER_MINUTE,
            Self::Recovery => US_PER_DAY,
        }
    }

    /// What a row is for; `None` for a row that somebody else wrote.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| row.get("purpose") == Some(purpose.name()))
    }
}

/// The rows of one token.
pub(crate) fn by_token(registration: &Sha3) -> Lookup {
    let matching = Some(("registration", registration.to_string()));
    Lookup { register: &REGISTRATIONS, matching }
}

fn by_user(user: UserId) -> Lookup {
    Lookup { register: &REGISTRATIONS, matching: Some(("user_id", user.to_string())) }
}

/// The rule of `user.invite`.
pub(crate) fn invite_rule(user: UserId, registration: &Sha3) -> Rule {
    let lookups = vec![by_token(registration), by_user(user)];
    Rule { lookups, about: Some(user), bumps_epoch: false, decide: decide_invite }
}

/// The rule of `user.approve`.
pub(crate) fn approve_rule(user: UserId) -> Rule {
    Rule { lookups: vec![by_user(user)], about: None, bumps_epoch: false, decide: decide_approve }
}

/// The rule of `device.approve`.
pub(crate) fn pairing_rule(registration: &Sha3) -> Rule {
    let lookups = vec![by_token(registration)];
    Rule { lookups, about: None, bumps_epoch: false, decide: decide_pairing }
}

/// The rule of `user.recover`.
pub(crate) fn recovery_rule(user: UserId, registration: &Sha3) -> Rule {
    let lookups = vec![by_token(registration), by_user(user)];
    Rule { lookups, about: Some(user), bumps_epoch: true, decide: decide_recovery }
}

fn decide_invite(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::UserInvite { user, role, person, registration } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    if question.rows.get(&REGISTRATIONS, &registration.to_string()).is_some() {
        return Err(Refusal::RegistrationExists);
    }
    let is_known = question.rows.matching(&REGISTRATIONS, "user_id", &user.to_string()).count() > 0;
    if is_known || question.person.is_some() {
        return Err(Refusal::PersonExists);
    }
    let row = made(question, Purpose::Invitation, *user, *role).with("registration", registration);
    Ok(vec![row.with("person", person)])
}

/// A second person, never the one who invited.
fn decide_approve(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::UserApprove { user } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    let user = user.to_string();
    let mut waiting = question.rows.matching(&REGISTRATIONS, "user_id", &user).filter(|row| {
        Purpose::of(row) == Some(Purpose::Invitation) && row.get("approved_by").is_none()
    });
    let row =
        waiting.next().filter(|row| needs_approval(row)).ok_or(Refusal::InvitationNotFound)?;
    if row.get("made_by") == Some(question.asker.user.to_string().as_str()) {
        return Err(Refusal::ApprovalByMaker);
    }
    if has_expired(row, question.now) {
        return Err(Refusal::RegistrationExpired);
    }
    let approved = row.clone().with("approved_by", question.asker.user);
    Ok(vec![approved.with("approved_at", question.now)])
}

/// The signer's own further device, in the signer's own role.
fn decide_pairing(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::DeviceApprove { device, csr_sha3, registration } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    if question.rows.get(&REGISTRATIONS, &registration.to_string()).is_some() {
        return Err(Refusal::PairingUsed);
    }
    let asker = question.asker;
    let row = made(question, Purpose::Pairing, asker.user, asker.role)
        .with("registration", registration)
        .with("device_id", device)
        .with("csr_sha3", csr_sha3);
    Ok(vec![row])
}

/// A later recovery ends the earlier ones that nobody has used: one of them may have been granted to a liar.
///
/// Customers only: staff who lost everything are invited anew, by two people.
fn decide_recovery(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::UserRecover { user, registration, .. } = question.intent.body() else {
        return Err(Refusal::PermissionDenied);
    };
    if question.person.is_none_or(|person| person.role != Role::Customer) {
        return Err(Refusal::UserNotFound);
    }
    if question.rows.get(&REGISTRATIONS, &registration.to_string()).is_some() {
        return Err(Refusal::RegistrationExists);
    }
    let id = user.to_string();
    let earlier = question.rows.matching(&REGISTRATIONS, "user_id", &id).filter(|row| {
        Purpose::of(row) == Some(Purpose::Recovery)
            && row.get("redeemed_at").is_none()
            && !has_expired(row, question.now)
    });
    let ended = earlier.map(|row| row.clone().with("expires_at", question.now));
    let row = made(question, Purpose::Recovery, *user, Role::Customer);
    Ok(ended.chain([row.with("registration", registration)]).collect())
}

fn made(question: &Question<'_>, purpose: Purpose, user: UserId, role: Role) -> Row {
    Row::new(&REGISTRATIONS)
        .with("user_id", user)
        .with("role", role.name())
        .with("purpose", purpose.name())
        .with("made_by", question.asker.user)
        .with("made_under", question.intent.certificate())
        .with("made_at", question.now)
        .with("expires_at", later(question.now, purpose.lifetime_us()))
}

/// What an enrolment writes when it uses a registration up, or why it may not. A function of row, intent and time, so
/// that the verification asks the same.
pub(crate) fn redeem(row: &Row, intent: &Intent, now: UtcMicros) -> Result<Vec<Row>, Refusal> {
    let Body::UserEnrol { user, csr, device, .. } = intent.body() else {
        return Err(Refusal::RegistrationUnknown);
    };
    let is = |column: &str, value: &str| row.get(column) == Some(value);
    let purpose = Purpose::of(row).ok_or(Refusal::RegistrationUnknown)?;
    if row.get("redeemed_at").is_some()
        || !is("user_id", &user.to_string())
        || !is("role", intent.authority().name())
    {
        return Err(Refusal::RegistrationUnknown);
    }
    if has_expired(row, now) {
        return Err(Refusal::RegistrationExpired);
    }
    let mut written = vec![row.clone().with("redeemed_at", now)];
    match purpose {
        Purpose::Invitation if needs_approval(row) && row.get("approved_by").is_none() => {
            return Err(Refusal::InvitationNotApproved);
        }
        Purpose::Invitation => {}
        Purpose::Pairing => {
            let request = crypto::sha3_256(csr).to_string();
            if !is("device_id", &device.to_string()) || !is("csr_sha3", &request) {
                return Err(Refusal::RegistrationForAnother);
            }
        }
        Purpose::Recovery => written.extend([
            Row::new(&RECOVERY_LIMITS)
                .with("user_id", user)
                .with("registration", row.key())
                .with("limited_until", later(now, RECOVERY_LIMIT_US)),
            Credential::Recovery.changed(*user, now),
        ]),
    }
    Ok(written)
}

/// Whether the limit of a recovery, a row of [`RECOVERY_LIMITS`], holds still. One that does not read does.
pub(crate) fn recovery_limits(row: &Row, now: UtcMicros) -> bool {
    let until = row.get("limited_until").and_then(|until| until.parse().ok());
    until.is_none_or(|until: UtcMicros| now < until)
}

fn needs_approval(row: &Row) -> bool {
    row.get("role") != Some(Role::Customer.name())
}

/// A row whose time does not read has none left.
fn has_expired(row: &Row, now: UtcMicros) -> bool {
    let expires_at = row.get("expires_at").and_then(|at| at.parse::<UtcMicros>().ok());
    expires_at.is_none_or(|expires_at| now >= expires_at)
}

const fn later(now: UtcMicros, by_us: i64) -> UtcMicros {
    UtcMicros::from_micros(now.get().saturating_add(by_us))
}

#[cfg(test)]
mod tests {
    use crypto::{Sha2, sha3_256};
    use intent::{DeviceId, IntentDraft, IntentId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::corridor::fold::Asker;
    use crate::registers::Rows;

    const NOW: UtcMicros = UtcMicros::from_micros(1_790_000_000_000_000);

    fn digest(byte: u8) -> Sha3 {
        Sha3::from_bytes([byte; 32])
    }

    fn user(byte: u8) -> UserId {
        UserId::new(Uuid::from_bytes([byte; 16]))
    }

    fn intent(authority: Role, body: Body) -> Intent {
        intent_on(authority, digest(3), body)
    }

    fn enrolment(of: u8, role: Role, csr: u8, device: u8) -> Intent {
        let body = Body::UserEnrol {
            user: user(of),
            csr: vec![csr],
            device: DeviceId::new(digest(device)),
            device_key_commitment: digest(4),
            kem_public_key: vec![1],
            registration: digest(1),
        };
        intent_on(role, digest(device), body)
    }

    fn intent_on(authority: Role, device: Sha3, body: Body) -> Intent {
        // An enrolment is signed under its own request and on its own device.
        let certificate = match &body {
            Body::UserEnrol { csr, .. } => sha3_256(csr),
            _ => digest(9),
        };
        let draft = IntentDraft {
            bank: "examplebank".parse().unwrap(),
            certificate,
            device: DeviceId::new(device),
            authority,
            at: NOW,
            seq: 1,
            prev: digest(0),
            id: IntentId::new(Uuid::now_v7()).unwrap(),
            body,
        };
        draft.build().unwrap()
    }

    fn decided(intent: &Intent, by: u8, role: Role, rows: &Rows) -> Result<Vec<Row>, Refusal> {
        let asked = crate::registers::rule(intent).unwrap();
        let question = Question {
            intent,
            asker: Asker {
                permissions: crate::policy::permissions(role),
                ..Asker::unknown(user(by), role)
            },
            address: None,
            now: NOW,
            rows,
            person: None,
            issuing: None,
        };
        (asked.decide)(&question)
    }

    fn invited(role: Role, by: u8) -> Row {
        let body = Body::UserInvite {
            user: user(5),
            role,
            person: Sha2::from_bytes([6; 32]),
            registration: digest(1),
        };
        let intent = intent(Role::SystemAdmin, body);
        decided(&intent, by, Role::SystemAdmin, &Rows::default()).unwrap().remove(0)
    }

    fn paired() -> Row {
        let body = Body::DeviceApprove {
            device: DeviceId::new(digest(3)),
            csr_sha3: sha3_256(&[2]),
            registration: digest(1),
        };
        let intent = intent(Role::Customer, body);
        decided(&intent, 5, Role::Customer, &Rows::default()).unwrap().remove(0)
    }

    proptest! {
        #[test]
        fn no_invitation_is_approved_by_who_made_it(maker: u8, approver: u8) {
            let rows: Rows = [invited(Role::Manager, maker)].into_iter().collect();
            let approval = intent(Role::Manager, Body::UserApprove { user: user(5) });
            let outcome = decided(&approval, approver, Role::Manager, &rows);
            prop_assert_eq!(outcome.err(), (maker == approver).then_some(Refusal::ApprovalByMaker));
        }

        #[test]
        fn a_pairing_serves_the_request_and_the_device_that_were_approved(csr: u8, device: u8, of: u8, manager: bool) {
            let role = if manager { Role::Manager } else { Role::Customer };
            let outcome = redeem(&paired(), &enrolment(of, role, csr, device), NOW);
            let is_theirs = of == 5 && !manager;
            let expected = match (is_theirs, csr == 2 && device == 3) {
                (false, _) => Some(Refusal::RegistrationUnknown),
                (true, false) => Some(Refusal::RegistrationForAnother),
                (true, true) => None,
            };
            prop_assert_eq!(outcome.err(), expected);
        }
    }

    #[test]
    fn the_very_request_and_device_are_accepted_once_and_in_time() {
        let good = enrolment(5, Role::Customer, 2, 3);
        let used = redeem(&paired(), &good, NOW).unwrap();
        assert_eq!(used.len(), 1);
        assert_eq!(redeem(&used[0], &good, NOW), Err(Refusal::RegistrationUnknown));
        let end = later(NOW, Purpose::Pairing.lifetime_us());
        assert!(redeem(&paired(), &good, later(end, -1)).is_ok());
        assert_eq!(redeem(&paired(), &good, end), Err(Refusal::RegistrationExpired));
    }

    #[test]
    fn staff_wait_for_the_second_person_and_customers_do_not() {
        let enrol = |role| enrolment(5, role, 2, 3);
        for role in Role::ALL {
            let outcome = redeem(&invited(role, 7), &enrol(role), NOW);
            let waits = (role != Role::Customer).then_some(Refusal::InvitationNotApproved);
            assert_eq!(outcome.err(), waits, "{role}");
        }
    }

    #[test]
    fn a_recovery_is_for_enrolled_customers_and_leaves_a_limit() {
        let body = |reason: &str| Body::UserRecover {
            user: user(5),
            registration: digest(1),
            reason: reason.to_owned(),
        };
        let intent = intent(Role::Manager, body("lost"));
        let asker = Asker {
            permissions: crate::policy::permissions(Role::Manager),
            ..Asker::unknown(user(7), Role::Manager)
        };
        let rows = Rows::default();
        let ask = |role: Option<Role>| {
            let person = role.map(|role| crate::registers::Person { user: user(5), role });
            decide_recovery(&Question {
                intent: &intent,
                asker,
                address: None,
                now: NOW,
                rows: &rows,
                person,
                issuing: None,
            })
        };
        for role in [None, Some(Role::Manager), Some(Role::SystemAdmin)] {
            assert_eq!(ask(role), Err(Refusal::UserNotFound));
        }
        let row = ask(Some(Role::Customer)).unwrap().remove(0);
        // A second one ends the first, unless that was used.
        let earlier = row.clone().with("registration", digest(2));
        for (used, ends) in [(earlier.clone(), true), (earlier.with("redeemed_at", NOW), false)] {
            let rows: Rows = [used].into_iter().collect();
            let person = Some(crate::registers::Person { user: user(5), role: Role::Customer });
            let question = Question {
                intent: &intent,
                asker,
                address: None,
                now: NOW,
                rows: &rows,
                person,
                issuing: None,
            };
            let written = decide_recovery(&question).unwrap();
            assert_eq!(written.len() == 2 && has_expired(&written[0], NOW), ends);
        }
        let written = redeem(&row, &enrolment(5, Role::Customer, 2, 3), NOW).unwrap();
        let end = later(NOW, RECOVERY_LIMIT_US);
        let [_, limit, changed] = written.as_slice() else { panic!("{written:?}") };
        assert_eq!(limit.key(), user(5).to_string());
        assert!(recovery_limits(limit, later(end, -1)) && !recovery_limits(limit, end));
        assert_eq!(changed, &Credential::Recovery.changed(user(5), NOW));
    }
}
