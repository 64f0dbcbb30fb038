//! The receipt on the wire: one writer in each form for the server's borrowed parts and for a whole receipt.

use tlog::{Hash, InclusionProof, LeafIndex, TreeSize};
use uuid::Uuid;

use crate::{
    Effects, Form, Group, IntentError, IntentId, Leaf, Outcome, Receipt, ReceiptGroup, Record,
    canonical::{self, Path, Texts, Value},
    cbor::{self, Writer},
    members::Members,
    text,
};

/// The server's hot path: a receipt written from borrowed parts, without the intent's and the
/// evidence's bytes, which their holder has.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptParts<'a> {
    /// The intent answered.
    pub intent_id: IntentId,
    /// Place in the log.
    pub index: LeafIndex,
    /// The leaf.
    pub leaf: &'a Leaf,
    /// What it opens to.
    pub record: &'a Record,
    /// The effects whose bytes the record holds.
    pub effects: &'a Effects,
    /// Proof that the leaf is under the checkpoint.
    pub inclusion: &'a InclusionProof,
    /// Signed note, made once per group commit.
    pub checkpoint: &'a CheckpointText,
    /// Signer's, issuing, root certificate, DER; may be empty.
    pub certificates: &'a [&'a [u8]],
}

impl ReceiptParts<'_> {
    /// Appends the receipt in either form.
    pub fn write(&self, form: Form, out: &mut Vec<u8>) {
        let wire = self.wire();
        match form {
            Form::Json => wire.write(out, self.certificates.iter().copied()),
            Form::Cbor => wire.write_cbor(&mut Writer::new(out), self.certificates),
        }
    }

    fn wire(&self) -> Wire<'_> {
        let groups = Group::ALL.map(|group| {
            let opening = self.record.group(group)?;
            let shown = !matches!(group, Group::Intent | Group::Evidence);
            Some((&opening.salt, shown.then_some(&*opening.bytes)))
        });
        Wire {
            outcome: self.effects.outcome,
            code: &self.effects.code,
            items: &self.effects.items,
            intent_id: self.intent_id,
            index: self.index,
            leaf: self.leaf,
            groups,
            inclusion: self.inclusion,
            checkpoint: self.checkpoint,
        }
    }
}

/// A signed note as receipts carry it, for [`ReceiptParts::checkpoint`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckpointText {
    note: String,
    /// The note as a JSON string literal.
    json: Vec<u8>,
}

impl CheckpointText {
    /// Prepares a note for either form.
    #[must_use]
    pub fn new(note: impl Into<String>) -> Self {
        let note = note.into();
        let mut json = Vec::with_capacity(note.len().saturating_add(64));
        text::put_string(&mut json, &note);
        Self { note, json }
    }
}

impl Receipt {
    /// Largest admitted receipt in bytes, in either form.
    pub const LEN_MAX: usize = 4 * 1024 * 1024;

    /// The receipt as the API gives it, and as it is kept.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        self.to_bytes(Form::Json)
    }

    /// The receipt in either form.
    #[must_use]
    pub fn to_bytes(&self, form: Form) -> Vec<u8> {
        let [intent, actor, origin, effects, evidence] = &self.groups;
        let groups = [intent, actor, origin, effects, evidence]
            .map(|group| group.as_ref().map(|group| (&group.salt, group.bytes.as_deref())));
        let wire = Wire {
            outcome: self.outcome,
            code: &self.code,
            items: &self.items,
            intent_id: self.intent_id,
            index: self.index,
            leaf: &self.leaf,
            groups,
            inclusion: &self.inclusion,
            checkpoint: &CheckpointText::new(&self.checkpoint),
        };
        let mut out = Vec::with_capacity(8 * 1024);
        match form {
            Form::Json => wire.write(&mut out, self.certificates.iter().map(Vec::as_slice)),
            Form::Cbor => wire.write_cbor(&mut Writer::new(&mut out), &self.certificates),
        }
        out
    }

    /// Reads a receipt; nothing in it is believed before [`Receipt::verify`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, IntentError> {
        Self::from_bytes(bytes, Form::Json)
    }

    /// Reads a receipt in either form.
    pub fn from_bytes(bytes: &[u8], form: Form) -> Result<Self, IntentError> {
        let value = match form {
            Form::Json => canonical::read(bytes, Self::LEN_MAX, Texts::Any)?,
            Form::Cbor => cbor::read(bytes, Self::LEN_MAX)?,
        };
        let mut members = Members::version_1_of(value, form)?;
        let index =
            members.take("leaf_index", text::DECIMAL_FORM, text::decimal).map(LeafIndex::new)?;
        let leaf = members.bytes("leaf")?;
        let receipt = Self {
            outcome: members.take("outcome", "an outcome", Outcome::from_name)?,
            code: members.text("code")?.into_owned(),
            items: members.list("items", "a string", |text| Some(text.into_owned()))?,
            intent_id: members.take("intent_id", "a version 7 UUID", |t| t.parse().ok())?,
            index,
            leaf: Leaf::from_bytes(&leaf)?,
            groups: read_groups(members.value("groups")?, form)?,
            inclusion: read_inclusion(index, members.value("inclusion")?, form)?,
            checkpoint: members.text("checkpoint")?.into_owned(),
            certificates: members.bytes_list("certificates", text::BINARY_FORM, Some)?,
        };
        members.finish()?;
        Ok(receipt)
    }
}

fn read_groups(value: Value<'_>, form: Form) -> Result<[Option<ReceiptGroup>; 5], IntentError> {
    let path = Path::Member(&Path::Root, "groups");
    let mut members = Members::of(value, path, form)?;
    let mut groups = [const { None }; 5];
    for (group, place) in Group::ALL.into_iter().zip(&mut groups) {
        if let Some(value) = members.optional_value(group.name()) {
            let mut members = Members::of(value, Path::Member(&path, group.name()), form)?;
            *place = Some(ReceiptGroup {
                salt: members.bytes32("salt")?,
                bytes: members.optional_bytes("bytes")?,
            });
            members.finish()?;
        }
    }
    members.finish()?;
    Ok(groups)
}

fn read_inclusion(
    index: LeafIndex,
    value: Value<'_>,
    form: Form,
) -> Result<InclusionProof, IntentError> {
    let mut members = Members::of(value, Path::Member(&Path::Root, "inclusion"), form)?;
    let hash = |bytes: Vec<u8>| bytes.try_into().ok().map(Hash::from_bytes);
    let inclusion = InclusionProof {
        index,
        size: members.take("size", text::DECIMAL_FORM, text::decimal).map(TreeSize::new)?,
        path: members.bytes_list("path", text::BINARY32_FORM, hash)?,
    };
    members.finish()?;
    Ok(inclusion)
}

/// Salt and, where shown, bytes of one group.
type Shown<'a> = (&'a [u8; 32], Option<&'a [u8]>);

/// Everything of a receipt but its certificates, borrowed.
struct Wire<'a> {
    outcome: Outcome,
    code: &'a str,
    items: &'a [String],
    intent_id: IntentId,
    index: LeafIndex,
    leaf: &'a Leaf,
    groups: [Option<Shown<'a>>; 5],
    inclusion: &'a InclusionProof,
    checkpoint: &'a CheckpointText,
}

impl Wire<'_> {
    /// Members in the order of their names' bytes.
    fn write<'c>(&self, out: &mut Vec<u8>, certificates: impl Iterator<Item = &'c [u8]>) {
        out.extend_from_slice(br#"{"certificates":["#);
        for (place, certificate) in certificates.enumerate() {
            separate(out, place);
            text::put_binary(out, certificate);
        }
        out.extend_from_slice(br#"],"checkpoint":"#);
        out.extend_from_slice(&self.checkpoint.json);
        out.extend_from_slice(br#","code":"#);
        text::put_sanitized(out, self.code);
        out.extend_from_slice(br#","groups":{"#);
        self.write_groups(out);
        out.extend_from_slice(br#"},"inclusion":{"path":["#);
        for (place, hash) in self.inclusion.path.iter().enumerate() {
            separate(out, place);
            text::put_binary(out, hash.as_bytes());
        }
        out.extend_from_slice(br#"],"size":"#);
        text::put_decimal(out, self.inclusion.size.get());
        out.extend_from_slice(br#"},"intent_id":"#);
        text::put_uuid(out, self.intent_id.get());
        out.extend_from_slice(br#","items":"#);
        text::put_texts(out, self.items);
        out.extend_from_slice(br#","leaf":"#);
        text::put_binary(out, &self.leaf.to_bytes());
        out.extend_from_slice(br#","leaf_index":"#);
        text::put_decimal(out, self.index.get());
        out.extend_from_slice(br#","outcome":"#);
        text::put_plain(out, self.outcome.name().as_bytes());
        out.extend_from_slice(br#","v":"1"}"#);
    }

    /// The same members in the same order.
    fn write_cbor(&self, out: &mut Writer<'_>, certificates: &[impl AsRef<[u8]>]) {
        out.map(11);
        out.text("certificates");
        out.array(certificates.len());
        for certificate in certificates {
            out.bytes(certificate.as_ref());
        }
        out.text_member("checkpoint", &self.checkpoint.note);
        out.text_member("code", &text::admissible(self.code));
        out.text("groups");
        self.write_groups_cbor(out);
        out.text("inclusion");
        out.map(2);
        out.text("path");
        out.array(self.inclusion.path.len());
        for hash in &self.inclusion.path {
            out.bytes(hash.as_bytes());
        }
        out.text_member("size", &self.inclusion.size.get().to_string());
        let id = self.intent_id.get().hyphenated();
        out.text_member("intent_id", id.encode_lower(&mut Uuid::encode_buffer()));
        out.text("items");
        out.array(self.items.len());
        for item in self.items {
            out.text(&text::admissible(item));
        }
        out.bytes_member("leaf", &self.leaf.to_bytes());
        out.text_member("leaf_index", &self.index.get().to_string());
        out.text_member("outcome", self.outcome.name());
        out.text_member("v", "1");
    }

    fn write_groups_cbor(&self, out: &mut Writer<'_>) {
        out.map(self.groups.iter().flatten().count());
        let openings = Group::ALL.into_iter().zip(&self.groups);
        for (group, (salt, bytes)) in openings.filter_map(|(group, it)| Some((group, (*it)?))) {
            out.text(group.name());
            out.map(if bytes.is_some() { 2 } else { 1 });
            if let Some(bytes) = bytes {
                out.bytes_member("bytes", bytes);
            }
            out.bytes_member("salt", salt);
        }
    }

    fn write_groups(&self, out: &mut Vec<u8>) {
        let shown = Group::ALL.into_iter().zip(&self.groups);
        let shown = shown.filter_map(|(group, opening)| opening.map(|opening| (group, opening)));
        for (place, (group, (salt, bytes))) in shown.enumerate() {
            separate(out, place);
            text::put_plain(out, group.name().as_bytes());
            out.extend_from_slice(b":{");
            if let Some(bytes) = bytes {
                out.extend_from_slice(br#""bytes":"#);
                text::put_binary(out, bytes);
                out.push(b',');
            }
            out.extend_from_slice(br#""salt":"#);
            text::put_binary(out, salt);
            out.push(b'}');
        }
    }
}

fn separate(out: &mut Vec<u8>, place: usize) {
    if place > 0 {
        out.push(b',');
    }
}
