//! Members of a body, written in the order of their bytes.

use money::Amount;

use crate::{BatchItem, TransferBody, UtcMicros, text};

/// Writes members one after the other; the caller names them in the order of their bytes.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
}

impl<'a> Object<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, separator: b'{' }
    }

    pub(super) fn member(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(self.separator);
        self.separator = b',';
        text::put_plain(self.out, name.as_bytes());
        self.out.push(b':');
        self.out
    }

    pub(super) fn digest(mut self, name: &str, digest: &[u8; 32]) -> Self {
        text::put_digest(self.member(name), digest);
        self
    }

    pub(super) fn uuid(mut self, name: &str, id: uuid::Uuid) -> Self {
        text::put_uuid(self.member(name), id);
        self
    }

    pub(super) fn binary(mut self, name: &str, bytes: &[u8]) -> Self {
        text::put_binary(self.member(name), bytes);
        self
    }

    pub(super) fn plain(mut self, name: &str, word: &str) -> Self {
        text::put_plain(self.member(name), word.as_bytes());
        self
    }

    pub(super) fn string(mut self, name: &str, value: &str) -> Self {
        text::put_string(self.member(name), value);
        self
    }

    pub(super) fn flag(mut self, name: &str, value: bool) -> Self {
        write_bool(self.member(name), value);
        self
    }

    pub(super) fn texts(mut self, name: &str, values: &[String]) -> Self {
        text::put_texts(self.member(name), values);
        self
    }

    pub(super) fn optional_digest(self, name: &str, digest: Option<&[u8; 32]>) -> Self {
        match digest {
            Some(digest) => self.digest(name, digest),
            None => self,
        }
    }

    /// `amount` and `asset`; nothing where there is none.
    pub(super) fn amount(mut self, amount: Option<Amount>) -> Self {
        if let Some(amount) = amount {
            text::put_decimal(self.member("amount"), amount.minor().unsigned_abs());
            text::put_plain(self.member("asset"), amount.asset().as_str().as_bytes());
        }
        self
    }

    pub(super) fn time(self, name: &str, at: Option<UtcMicros>) -> Self {
        match at {
            Some(at) => self.plain(name, &at.to_string()),
            None => self,
        }
    }
}

pub(super) fn write_amount(out: &mut Vec<u8>, amount: Amount) {
    out.extend_from_slice(br#""amount":"#);
    text::put_decimal(out, amount.minor().unsigned_abs());
    out.extend_from_slice(br#","asset":"#);
    text::put_plain(out, amount.asset().as_str().as_bytes());
}

pub(super) fn write_bool(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

pub(super) fn write_transfer(out: &mut Vec<u8>, transfer: &TransferBody) {
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

pub(super) fn write_items(out: &mut Vec<u8>, items: &[BatchItem]) {
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
