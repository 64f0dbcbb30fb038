//! Bodies as members of the document.

mod exchange;
mod object;
mod payees;

use crypto::{Sha2, Sha3};
use ledger::{AccountId, TransferId};
use money::{Amount, AssetCode};

use self::object::{Object, write_amount, write_bool, write_items, write_transfer};
use crate::{
    ApprovalDecision, BatchItem, Body, DeviceId, IntentError, IntentId, IpRuleAction, Kind,
    ReportSubject, RevocationReason, Role, TransferBody, UserId,
    canonical::{Path, Value},
    file,
    members::Members,
    text,
};

const BODY: Path<'static> = Path::Member(&Path::Root, "body");
/// Longest subject of a rule about addresses in characters.
const OVERLAP_FORM: &str = "a number of days from 1 to 90";
const SUBJECT_CHARS_MAX: usize = 64;
/// Longest network in characters: IPv6 with its prefix has 43.
const NETWORK_CHARS_MAX: usize = 43;
/// Longest name of a report's subject in bytes: a fingerprint has 64.
const VALUE_LEN_MAX: usize = 64;
const VALUE_FORM: &str = "at most 64 bytes";
const AMOUNT_FORM: &str = "a whole number of minor units";
const UTC_FORM: &str = "a UTC time with microseconds";

/// Reads the body of a kind.
#[expect(clippy::too_many_lines, reason = "a table: one arm per kind")]
pub(crate) fn read(kind: Kind, value: Value<'_>) -> Result<Body, IntentError> {
    let mut members = Members::new(value, BODY)?;
    let body = match kind {
        Kind::UserEnrol => Body::UserEnrol {
            user: members.uuid("user").map(UserId::new)?,
            csr: members.binary("csr", Body::CSR_LEN_MAX)?,
            device: members.digest("device").map(Sha3::from_bytes).map(DeviceId::new)?,
            device_key_commitment: members.digest("device_key_commitment").map(Sha3::from_bytes)?,
            kem_public_key: members.binary("kem_public_key", Body::KEM_PUBLIC_KEY_LEN_MAX)?,
            registration: members.digest("registration").map(Sha3::from_bytes)?,
        },
        Kind::SessionLogin => Body::SessionLogin {
            challenge: members.digest("challenge")?,
            origin: members.phrase("origin", Body::ORIGIN_CHARS_MAX)?,
            kem_public_key: members.binary("kem_public_key", Body::KEM_PUBLIC_KEY_LEN_MAX)?,
        },
        Kind::AccountOpen => Body::AccountOpen {
            account: members.uuid("account").map(AccountId::new)?,
            asset: members.asset()?,
            owner: members.uuid("owner").map(UserId::new)?,
            kind: members.take("kind", "a kind of account", |t| t.parse().ok())?,
        },
        Kind::AccountFund => Body::AccountFund {
            account: members.uuid("account").map(AccountId::new)?,
            amount: members.amount()?,
        },
        Kind::AccountFreeze => Body::AccountFreeze {
            account: members.uuid("account").map(AccountId::new)?,
            debit: members.boolean("debit")?,
            credit: members.boolean("credit")?,
            reason: members.phrase("reason", Body::REASON_CHARS_MAX)?,
        },
        Kind::Transfer => Body::Transfer(read_transfer(&mut members)?),
        Kind::TransferBatch => Body::TransferBatch {
            atomic: members.boolean("atomic")?,
            items: read_items(members.array("items")?)?,
        },
        Kind::PaymentsFile => {
            let items = read_items(members.array("items")?)?;
            file::read_body(&mut members, items)?
        }
        Kind::KeyRotate => Body::KeyRotate {
            csr: members.binary("csr", Body::CSR_LEN_MAX)?,
            device: members.digest("device").map(Sha3::from_bytes).map(DeviceId::new)?,
            device_key_commitment: members.digest("device_key_commitment").map(Sha3::from_bytes)?,
            kem_public_key: members.binary("kem_public_key", Body::KEM_PUBLIC_KEY_LEN_MAX)?,
        },
        Kind::CertificateRevoke => Body::CertificateRevoke {
            certificate: members.digest("certificate").map(Sha3::from_bytes)?,
            reason: members.revocation_reason()?,
        },
        Kind::DeviceApprove => Body::DeviceApprove {
            device: members.digest("device").map(Sha3::from_bytes).map(DeviceId::new)?,
            csr_sha3: members.digest("csr_sha3").map(Sha3::from_bytes)?,
            registration: members.digest("registration").map(Sha3::from_bytes)?,
        },
        Kind::DeviceRevoke => Body::DeviceRevoke {
            device: members.digest("device").map(Sha3::from_bytes).map(DeviceId::new)?,
            reason: members.revocation_reason()?,
        },
        Kind::UserInvite => Body::UserInvite {
            user: members.uuid("user").map(UserId::new)?,
            role: members.role("role")?,
            person: members.digest("person").map(Sha2::from_bytes)?,
            registration: members.digest("registration").map(Sha3::from_bytes)?,
        },
        Kind::UserApprove => Body::UserApprove { user: members.uuid("user").map(UserId::new)? },
        Kind::UserRecover => Body::UserRecover {
            user: members.uuid("user").map(UserId::new)?,
            registration: members.digest("registration").map(Sha3::from_bytes)?,
            reason: members.phrase("reason", Body::REASON_CHARS_MAX)?,
        },
        Kind::UserLock => Body::UserLock {
            user: members.uuid("user").map(UserId::new)?,
            locked: members.boolean("locked")?,
            reason: members.phrase("reason", Body::REASON_CHARS_MAX)?,
        },
        Kind::RoleDefine => Body::RoleDefine {
            name: members.plain_name("name")?,
            base: members.role("base")?,
            permissions: members.names("permissions", "a permission")?,
            active: members.boolean("active")?,
        },
        Kind::RoleGrant => Body::RoleGrant {
            user: members.uuid("user").map(UserId::new)?,
            name: members.plain_name("name")?,
            granted: members.boolean("granted")?,
        },
        Kind::IpRuleSet => Body::IpRuleSet {
            rule: members.uuid("rule")?,
            subject: members.phrase("subject", SUBJECT_CHARS_MAX)?,
            network: members.phrase("network", NETWORK_CHARS_MAX)?,
            action: members.take("action", "an action", IpRuleAction::from_name)?,
        },
        Kind::AuditReport => read_report(&mut members)?,
        Kind::AuthorityRotate => read_rotation(&mut members)?,
        Kind::BeneficiaryAdd => payees::read_add(&mut members)?,
        Kind::BeneficiaryChange => payees::read_change(&mut members)?,
        Kind::StandingOrderPlace => payees::read_order(&mut members)?,
        Kind::StandingOrderEnd => Body::StandingOrderEnd { order: members.intent("order")? },
        Kind::TransferExchange => exchange::read(&mut members)?,
        Kind::WebhookSet => Body::WebhookSet {
            webhook: members.uuid("webhook")?,
            url: members.phrase("url", Body::URL_CHARS_MAX)?,
            kinds: members.names("kinds", "a kind")?,
            active: members.boolean("active")?,
            new_secret: members.boolean("new_secret")?,
        },
        Kind::HoldPlace => Body::HoldPlace {
            transfer: read_transfer(&mut members)?,
            expires_at: members.take("expires_at", UTC_FORM, |text| text.parse().ok())?,
        },
        Kind::HoldCapture => Body::HoldCapture {
            hold: members.uuid("hold").map(TransferId::new)?,
            amount: members.optional_amount()?,
        },
        Kind::HoldVoid => Body::HoldVoid { hold: members.uuid("hold").map(TransferId::new)? },
        Kind::TransferReverse => Body::TransferReverse {
            transfer: members.uuid("transfer").map(TransferId::new)?,
            amount: members.optional_amount()?,
            reason: members.phrase("reason", Body::REASON_CHARS_MAX)?,
        },
        Kind::ApprovalDecide => Body::ApprovalDecide {
            payment: members.intent("payment")?,
            decision: members.take("decision", "a decision", ApprovalDecision::from_name)?,
            reason: members.phrase("reason", Body::REASON_CHARS_MAX)?,
        },
        Kind::AccountClose => {
            Body::AccountClose { account: members.uuid("account").map(AccountId::new)? }
        }
        Kind::AccountOverdraft => Body::AccountOverdraft {
            account: members.uuid("account").map(AccountId::new)?,
            amount: members.amount()?,
        },
        Kind::PolicyPropose => Body::PolicyPropose {
            policy: members.plain_name("policy")?,
            scope: members.phrase("scope", Body::SCOPE_CHARS_MAX)?,
            value: members.phrase("value", Body::POLICY_CHARS_MAX)?,
        },
        Kind::PolicyApprove => Body::PolicyApprove {
            proposal: members.intent("proposal")?,
            approved: members.boolean("approved")?,
        },
    };
    members.finish()?;
    Ok(body)
}

fn read_report(members: &mut Members<'_, '_>) -> Result<Body, IntentError> {
    Ok(Body::AuditReport {
        subject: members.take("subject", "a subject", ReportSubject::from_name)?,
        value: members.take("value", VALUE_FORM, |value| {
            (value.len() <= VALUE_LEN_MAX).then(|| value.to_owned())
        })?,
        from: members.take_optional("from", UTC_FORM, |text| text.parse().ok())?,
        to: members.take_optional("to", UTC_FORM, |text| text.parse().ok())?,
    })
}

fn read_rotation(members: &mut Members<'_, '_>) -> Result<Body, IntentError> {
    Ok(Body::AuthorityRotate {
        certificate: members.binary("certificate", Body::AUTHORITY_LEN_MAX)?,
        cross_certificate: members.binary("cross_certificate", Body::AUTHORITY_LEN_MAX)?,
        overlap_days: members.take("overlap_days", OVERLAP_FORM, |text| {
            text::decimal(text).filter(|days| (1..=Body::OVERLAP_DAYS_MAX).contains(days))
        })?,
    })
}

fn read_transfer(members: &mut Members<'_, '_>) -> Result<TransferBody, IntentError> {
    Ok(TransferBody {
        debit: members.uuid("debit").map(AccountId::new)?,
        credit: members.uuid("credit").map(AccountId::new)?,
        amount: members.amount()?,
        details: members
            .take_optional("details", text::DIGEST_FORM, text::digest)?
            .map(Sha2::from_bytes),
    })
}

fn read_items(values: Vec<Value<'_>>) -> Result<Vec<BatchItem>, IntentError> {
    let list = Path::Member(&BODY, "items");
    if !(1..=Body::BATCH_ITEMS_MAX).contains(&values.len()) {
        let why = format!("must have 1 to {} items", Body::BATCH_ITEMS_MAX);
        return Err(IntentError::malformed(list.to_string(), why));
    }
    let read_item = |(place, value)| {
        let mut members = Members::new(value, Path::Item(&list, place))?;
        let id = members.own_id("id").map(TransferId::new)?;
        let TransferBody { debit, credit, amount, details } = read_transfer(&mut members)?;
        members.finish()?;
        Ok(BatchItem { id, debit, credit, amount, details })
    };
    values.into_iter().enumerate().map(read_item).collect()
}

/// The forms that only bodies use.
impl Members<'_, '_> {
    fn uuid(&mut self, name: &str) -> Result<uuid::Uuid, IntentError> {
        self.take(name, text::UUID_FORM, text::uuid)
    }

    /// An id that a holder chooses. Those of version 8 the bank makes (RFC 9562 5.8), and nobody else may use one up.
    fn own_id(&mut self, name: &str) -> Result<uuid::Uuid, IntentError> {
        let id = self.uuid(name)?;
        if id.get_version_num() == 8 {
            return Err(self.malformed(name, "must not be a UUID of version 8"));
        }
        Ok(id)
    }

    fn intent(&mut self, name: &str) -> Result<IntentId, IntentError> {
        self.take(name, "a UUID of version 7", |text| text.parse().ok())
    }

    fn binary(&mut self, name: &str, len_max: usize) -> Result<Vec<u8>, IntentError> {
        let admitted = |bytes: &Vec<u8>| (1..=len_max).contains(&bytes.len());
        let bytes = self.take(name, text::BINARY_FORM, text::binary)?;
        if admitted(&bytes) {
            return Ok(bytes);
        }
        Err(self.malformed(name, format!("must have 1 to {len_max} bytes")))
    }

    fn phrase(&mut self, name: &str, chars_max: usize) -> Result<String, IntentError> {
        let text = self.text(name)?;
        // A character has at most four bytes: the cheap test settles nearly every text.
        if text.is_empty() || (text.len() > chars_max && text.chars().count() > chars_max) {
            return Err(self.malformed(name, format!("must have 1 to {chars_max} characters")));
        }
        Ok(text.into_owned())
    }

    fn revocation_reason(&mut self) -> Result<RevocationReason, IntentError> {
        self.take("reason", "a reason", RevocationReason::from_name)
    }

    fn role(&mut self, name: &str) -> Result<Role, IntentError> {
        self.take(name, "a role", |text| text.parse().ok())
    }

    fn plain_name(&mut self, name: &str) -> Result<String, IntentError> {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        self.take(name, "1 to 40 lower-case letters, digits and _", |text| {
            let fits = (1..=Body::ROLE_NAME_CHARS_MAX).contains(&text.len());
            (fits && text.bytes().all(is_plain)).then(|| text.to_owned())
        })
    }

    /// In ascending order without repetition, so that one set has one spelling.
    fn names(&mut self, name: &str, form: &'static str) -> Result<Vec<String>, IntentError> {
        let names = self.list(name, form, |text| Some(text.into_owned()))?;
        if names.len() > Body::PERMISSIONS_MAX || !names.is_sorted_by(|one, next| one < next) {
            let why = format!("must be at most {} names in order", Body::PERMISSIONS_MAX);
            return Err(self.malformed(name, why));
        }
        Ok(names)
    }

    fn asset(&mut self) -> Result<AssetCode, IntentError> {
        self.take("asset", "an asset code", |t| t.parse().ok())
    }

    fn amount(&mut self) -> Result<Amount, IntentError> {
        let asset = self.asset()?;
        self.take("amount", AMOUNT_FORM, |text| Amount::parse_minor(text, asset).ok())
    }

    /// Amount and asset, both or neither.
    fn optional_amount(&mut self) -> Result<Option<Amount>, IntentError> {
        if self.has("amount") || self.has("asset") { self.amount().map(Some) } else { Ok(None) }
    }
}

/// Appends a body, its members in the order of their names' bytes.
#[expect(clippy::too_many_lines, reason = "a table: one arm per kind")]
pub(crate) fn write(out: &mut Vec<u8>, body: &Body) {
    match body {
        Body::UserEnrol {
            user,
            csr,
            device,
            device_key_commitment,
            kem_public_key,
            registration,
        } => {
            out.extend_from_slice(br#"{"csr":"#);
            text::put_binary(out, csr);
            out.extend_from_slice(br#","device":"#);
            text::put_digest(out, device.get().as_bytes());
            out.extend_from_slice(br#","device_key_commitment":"#);
            text::put_digest(out, device_key_commitment.as_bytes());
            out.extend_from_slice(br#","kem_public_key":"#);
            text::put_binary(out, kem_public_key);
            out.extend_from_slice(br#","registration":"#);
            text::put_digest(out, registration.as_bytes());
            out.extend_from_slice(br#","user":"#);
            text::put_uuid(out, user.get());
        }
        Body::SessionLogin { challenge, origin, kem_public_key } => {
            out.extend_from_slice(br#"{"challenge":"#);
            text::put_digest(out, challenge);
            out.extend_from_slice(br#","kem_public_key":"#);
            text::put_binary(out, kem_public_key);
            out.extend_from_slice(br#","origin":"#);
            text::put_string(out, origin);
        }
        Body::AccountOpen { account, asset, owner, kind } => {
            out.extend_from_slice(br#"{"account":"#);
            text::put_uuid(out, account.get());
            out.extend_from_slice(br#","asset":"#);
            text::put_plain(out, asset.as_str().as_bytes());
            out.extend_from_slice(br#","kind":"#);
            text::put_plain(out, kind.name().as_bytes());
            out.extend_from_slice(br#","owner":"#);
            text::put_uuid(out, owner.get());
        }
        Body::AccountFund { account, amount } => {
            out.extend_from_slice(br#"{"account":"#);
            text::put_uuid(out, account.get());
            out.push(b',');
            write_amount(out, *amount);
        }
        Body::AccountFreeze { account, debit, credit, reason } => {
            out.extend_from_slice(br#"{"account":"#);
            text::put_uuid(out, account.get());
            out.extend_from_slice(br#","credit":"#);
            write_bool(out, *credit);
            out.extend_from_slice(br#","debit":"#);
            write_bool(out, *debit);
            out.extend_from_slice(br#","reason":"#);
            text::put_string(out, reason);
        }
        Body::Transfer(transfer) => {
            out.push(b'{');
            write_transfer(out, transfer);
        }
        Body::TransferBatch { atomic, items } => {
            out.extend_from_slice(br#"{"atomic":"#);
            write_bool(out, *atomic);
            out.extend_from_slice(br#","items":"#);
            write_items(out, items);
        }
        Body::PaymentsFile { file, message_id, items } => {
            file::write_body(out, file, message_id, |out| write_items(out, items));
        }
        Body::KeyRotate { csr, device, device_key_commitment, kem_public_key } => {
            out.extend_from_slice(br#"{"csr":"#);
            text::put_binary(out, csr);
            out.extend_from_slice(br#","device":"#);
            text::put_digest(out, device.get().as_bytes());
            out.extend_from_slice(br#","device_key_commitment":"#);
            text::put_digest(out, device_key_commitment.as_bytes());
            out.extend_from_slice(br#","kem_public_key":"#);
            text::put_binary(out, kem_public_key);
        }
        Body::CertificateRevoke { certificate, reason } => {
            out.extend_from_slice(br#"{"certificate":"#);
            text::put_digest(out, certificate.as_bytes());
            out.extend_from_slice(br#","reason":"#);
            text::put_plain(out, reason.name().as_bytes());
        }
        Body::DeviceApprove { device, csr_sha3, registration } => {
            Object::new(out)
                .digest("csr_sha3", csr_sha3.as_bytes())
                .digest("device", device.get().as_bytes())
                .digest("registration", registration.as_bytes());
        }
        Body::DeviceRevoke { device, reason } => {
            Object::new(out)
                .digest("device", device.get().as_bytes())
                .plain("reason", reason.name());
        }
        Body::UserInvite { user, role, person, registration } => {
            Object::new(out)
                .digest("person", person.as_bytes())
                .digest("registration", registration.as_bytes())
                .plain("role", role.name())
                .uuid("user", user.get());
        }
        Body::UserApprove { user } => {
            Object::new(out).uuid("user", user.get());
        }
        Body::UserRecover { user, registration, reason } => {
            Object::new(out)
                .string("reason", reason)
                .digest("registration", registration.as_bytes())
                .uuid("user", user.get());
        }
        Body::UserLock { user, locked, reason } => {
            Object::new(out)
                .flag("locked", *locked)
                .string("reason", reason)
                .uuid("user", user.get());
        }
        Body::RoleDefine { name, base, permissions, active } => {
            Object::new(out)
                .flag("active", *active)
                .plain("base", base.name())
                .plain("name", name)
                .texts("permissions", permissions);
        }
        Body::RoleGrant { user, name, granted } => {
            Object::new(out).flag("granted", *granted).plain("name", name).uuid("user", user.get());
        }
        Body::IpRuleSet { rule, subject, network, action } => {
            Object::new(out)
                .plain("action", action.name())
                .string("network", network)
                .uuid("rule", *rule)
                .string("subject", subject);
        }
        Body::WebhookSet { webhook, url, kinds, active, new_secret } => {
            Object::new(out)
                .flag("active", *active)
                .texts("kinds", kinds)
                .flag("new_secret", *new_secret)
                .string("url", url)
                .uuid("webhook", *webhook);
        }
        Body::AuditReport { subject, value, from, to } => {
            Object::new(out)
                .time("from", *from)
                .plain("subject", subject.name())
                .time("to", *to)
                .string("value", value);
        }
        Body::HoldPlace { transfer, expires_at } => {
            let TransferBody { debit, credit, amount, details } = transfer;
            Object::new(out)
                .amount(Some(*amount))
                .uuid("credit", credit.get())
                .uuid("debit", debit.get())
                .optional_digest("details", details.as_ref().map(Sha2::as_bytes))
                .time("expires_at", Some(*expires_at));
        }
        Body::HoldCapture { hold, amount } => {
            Object::new(out).amount(*amount).uuid("hold", hold.get());
        }
        Body::HoldVoid { hold } => {
            Object::new(out).uuid("hold", hold.get());
        }
        Body::TransferReverse { transfer, amount, reason } => {
            Object::new(out)
                .amount(*amount)
                .string("reason", reason)
                .uuid("transfer", transfer.get());
        }
        Body::ApprovalDecide { payment, decision, reason } => {
            Object::new(out)
                .plain("decision", decision.name())
                .uuid("payment", payment.get())
                .string("reason", reason);
        }
        Body::AccountClose { account } => {
            Object::new(out).uuid("account", account.get());
        }
        Body::AccountOverdraft { account, amount } => {
            Object::new(out).uuid("account", account.get()).amount(Some(*amount));
        }
        Body::PolicyPropose { policy, scope, value } => {
            Object::new(out).plain("policy", policy).string("scope", scope).string("value", value);
        }
        Body::PolicyApprove { proposal, approved } => {
            Object::new(out).flag("approved", *approved).uuid("proposal", proposal.get());
        }
        Body::AuthorityRotate { certificate, cross_certificate, overlap_days } => {
            Object::new(out)
                .binary("certificate", certificate)
                .binary("cross_certificate", cross_certificate)
                .plain("overlap_days", &overlap_days.to_string());
        }
        Body::BeneficiaryAdd { .. }
        | Body::BeneficiaryChange { .. }
        | Body::StandingOrderPlace { .. }
        | Body::StandingOrderEnd { .. } => payees::write(out, body),
        Body::TransferExchange { .. } => exchange::write(out, body),
    }
    out.push(b'}');
}
