//! Bodies as members of the document.

use crypto::{Sha2, Sha3};
use ledger::{AccountId, TransferId};
use money::{Amount, AssetCode};

use crate::{
    BatchItem, Body, DeviceId, IntentError, Kind, RevocationReason, TransferBody, UserId,
    canonical::{Path, Value},
    members::Members,
    text,
};

const BODY: Path<'static> = Path::Member(&Path::Root, "body");

/// Reads the body of a kind.
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
        Kind::KeyRotate => Body::KeyRotate {
            csr: members.binary("csr", Body::CSR_LEN_MAX)?,
            device: members.digest("device").map(Sha3::from_bytes).map(DeviceId::new)?,
            device_key_commitment: members.digest("device_key_commitment").map(Sha3::from_bytes)?,
            kem_public_key: members.binary("kem_public_key", Body::KEM_PUBLIC_KEY_LEN_MAX)?,
        },
        Kind::CertificateRevoke => Body::CertificateRevoke {
            certificate: members.digest("certificate").map(Sha3::from_bytes)?,
            reason: members.take("reason", "a reason", RevocationReason::from_name)?,
        },
    };
    members.finish()?;
    Ok(body)
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
        let id = members.uuid("id").map(TransferId::new)?;
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

    fn asset(&mut self) -> Result<AssetCode, IntentError> {
        self.take("asset", "an asset code", |t| t.parse().ok())
    }

    fn amount(&mut self) -> Result<Amount, IntentError> {
        let asset = self.asset()?;
        self.take("amount", "a whole number of minor units", |text| {
            Amount::parse_minor(text, asset).ok()
        })
    }
}

/// Appends a body, its members in the order of their names' bytes.
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
    }
    out.push(b'}');
}

fn write_amount(out: &mut Vec<u8>, amount: Amount) {
    out.extend_from_slice(br#""amount":"#);
    text::put_decimal(out, amount.minor().unsigned_abs());
    out.extend_from_slice(br#","asset":"#);
    text::put_plain(out, amount.asset().as_str().as_bytes());
}

fn write_bool(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn write_transfer(out: &mut Vec<u8>, transfer: &TransferBody) {
    write_amount(out, transfer.amount);
    out.extend_from_slice(br#","credit":"#);
    text::put_uuid(out, transfer.credit.get());
    out.extend_from_slice(br#","debit":"#);
    text::put_uuid(out, transfer.debit.get());
    if let Some(details) = transfer.details {
        out.extend_from_slice(br#","details":"#);
        text::put_digest(out, details.as_bytes());
    }
}

fn write_items(out: &mut Vec<u8>, items: &[BatchItem]) {
    out.push(b'[');
    for (place, item) in items.iter().enumerate() {
        out.extend_from_slice(if place == 0 { b"{" } else { b",{" });
        let BatchItem { id, debit, credit, amount, details } = *item;
        write_transfer(out, &TransferBody { debit, credit, amount, details });
        out.extend_from_slice(br#","id":"#);
        text::put_uuid(out, id.get());
        out.push(b'}');
    }
    out.push(b']');
}
