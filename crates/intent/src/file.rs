//! A payment file beside the intent that pays it.
//!
//! The intent binds the file by the digest of its bytes, and each of its transfers by a commitment to what the file says of
//! it. Every transfer has details and a salt of its own, made of the file's salt: the details of one can be shown, or
//! erased, without those of the others.

use std::collections::BTreeMap;

use crypto::{Sha3, Sha256Hasher, sha3_256};
use ledger::{AccountId, AccountNumber};
use uuid::Builder;

use crate::{
    BatchItem, Body, Details, Form, IntentError,
    canonical::{Path, Value},
    cbor::Writer,
    members::Members,
    text,
};

/// A file as it comes with its intent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SentFile {
    /// Random, so that the commitments hide what they commit to.
    pub salt: [u8; 32],
    /// The file, byte by byte.
    pub bytes: Vec<u8>,
}

impl SentFile {
    /// Longest message id in characters.
    pub const MESSAGE_ID_CHARS_MAX: usize = 35;

    /// What the intent binds it by.
    #[must_use]
    pub fn digest(&self) -> Sha3 {
        sha3_256(&self.bytes)
    }

    /// The details of the item at a position of the file, payable or not: what the payee is told. Characters that no signed
    /// text may have are replaced.
    #[must_use]
    pub fn details(&self, position: usize, end_to_end_id: &str, memo: Option<&str>) -> Details {
        let mut salt = Sha256Hasher::new();
        salt.update(b"strongroom/payment-file-item/v1");
        salt.update(&self.salt);
        salt.update(&u64::try_from(position).unwrap_or(u64::MAX).to_be_bytes());
        let texts = [("end_to_end_id", Some(end_to_end_id)), ("memo", memo)];
        let value: BTreeMap<String, String> = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), text::sanitize(text?))))
            .collect();
        Details { salt: *salt.finish().as_bytes(), value }
    }

    /// Reads the member `file` of the object at `path`.
    pub(crate) fn read(value: Value<'_>, path: &Path<'_>, form: Form) -> Result<Self, IntentError> {
        let mut members = Members::of(value, Path::Member(path, "file"), form)?;
        let file = Self { salt: members.bytes32("salt")?, bytes: members.bytes("bytes")? };
        members.finish()?;
        Ok(file)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"bytes":"#);
        text::put_binary(out, &self.bytes);
        out.extend_from_slice(br#","salt":"#);
        text::put_binary(out, &self.salt);
        out.push(b'}');
    }

    pub(crate) fn write_cbor(&self, out: &mut Writer<'_>) {
        out.map(2);
        out.bytes_member("bytes", &self.bytes);
        out.bytes_member("salt", &self.salt);
    }

    /// The file is the one that the body binds.
    pub(crate) fn check(&self, body: &Body) -> Result<(), IntentError> {
        match body {
            Body::PaymentsFile { file, .. } if *file == self.digest() => Ok(()),
            _ => Err(IntentError::DetailsMismatch { field: "file".to_owned() }),
        }
    }
}

/// The account under a number that no account of the bank has: so that an item which names one is signed, decided and
/// refused like any other. A UUID of version 8, which nobody can open.
#[must_use]
pub fn account_nowhere(number: AccountNumber) -> AccountId {
    let text = number.to_string();
    let digest = crypto::sha256(&[b"strongroom/account-nowhere/v1", text.as_bytes()].concat());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    AccountId::new(Builder::from_custom_bytes(bytes).into_uuid())
}

/// Whether a signed account is the one that a file names, or the one that stands for none.
#[must_use]
pub fn is_account_of(account: AccountId, number: AccountNumber) -> bool {
    AccountNumber::of(account) == number || account == account_nowhere(number)
}

pub(crate) fn read_body(
    members: &mut Members<'_, '_>,
    items: Vec<BatchItem>,
) -> Result<Body, IntentError> {
    let file = members.digest("file").map(Sha3::from_bytes)?;
    let message_id = members.text("message_id")?.into_owned();
    if !(1..=SentFile::MESSAGE_ID_CHARS_MAX).contains(&message_id.chars().count()) {
        let why = format!("must have 1 to {} characters", SentFile::MESSAGE_ID_CHARS_MAX);
        return Err(members.malformed("message_id", why));
    }
    if items.iter().any(|item| item.details.is_none()) {
        return Err(members.malformed("items", "must each commit to their details"));
    }
    Ok(Body::PaymentsFile { file, message_id, items })
}

pub(crate) fn write_body(
    out: &mut Vec<u8>,
    file: &Sha3,
    message_id: &str,
    write_items: impl FnOnce(&mut Vec<u8>),
) {
    out.extend_from_slice(br#"{"file":"#);
    text::put_digest(out, file.as_bytes());
    out.extend_from_slice(br#","items":"#);
    write_items(out);
    out.extend_from_slice(br#","message_id":"#);
    text::put_string(out, message_id);
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_item_has_a_salt_of_its_own_and_the_text_that_may_be_signed() {
        let file = SentFile { salt: [7; 32], bytes: b"file".to_vec() };
        let first = file.details(0, "E1", Some("e\u{301}\u{202e}\n"));
        assert_eq!(first.value["memo"], "\u{e9}\u{fffd}\u{fffd}");
        assert_ne!(first.salt, file.details(1, "E1", None).salt);
        assert!(!file.details(1, "E1", None).value.contains_key("memo"));
        let other = SentFile { salt: [8; 32], ..file.clone() };
        assert_ne!(first.salt, other.details(0, "E1", None).salt);
    }

    #[test]
    fn nobody_can_open_the_account_that_stands_for_none() {
        let number = AccountNumber::of(AccountId::new(Uuid::from_u128(1)));
        let nowhere = account_nowhere(number);
        assert_eq!(nowhere.get().get_version_num(), 8);
        assert!(is_account_of(nowhere, number));
        assert!(is_account_of(AccountId::new(Uuid::from_u128(1)), number));
        assert!(!is_account_of(AccountId::new(Uuid::from_u128(2)), number));
    }
}
