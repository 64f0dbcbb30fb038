//! The receipt on the wire: one writer for the server's borrowed parts and for a whole receipt.

use tlog::{Hash, InclusionProof, LeafIndex, TreeSize};

use crate::{
    Effects, Group, IntentError, IntentId, Leaf, Outcome, Receipt, ReceiptGroup, Record,
    canonical::{self, Path, Texts, Value},
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
    /// Signed note, already a JSON string literal: [`checkpoint_json`], once per group commit.
    pub checkpoint_json: &'a str,
    /// Signer's, issuing, root certificate, DER; may be empty.
    pub certificates: &'a [&'a [u8]],
}

impl ReceiptParts<'_> {
    /// Appends the receipt.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let groups = Group::ALL.map(|group| {
            let opening = self.record.group(group)?;
            let shown = !matches!(group, Group::Intent | Group::Evidence);
            Some((&opening.salt, shown.then_some(&*opening.bytes)))
        });
        let wire = Wire {
            outcome: self.effects.outcome,
            code: &self.effects.code,
            items: &self.effects.items,
            intent_id: self.intent_id,
            index: self.index,
            leaf: self.leaf,
            groups,
            inclusion: self.inclusion,
            checkpoint_json: self.checkpoint_json,
        };
        wire.write(out, self.certificates.iter().copied());
    }
}

/// A signed note as a JSON string literal, for [`ReceiptParts::checkpoint_json`].
#[must_use]
pub fn checkpoint_json(note: &str) -> String {
    let mut out = Vec::with_capacity(note.len().saturating_add(64));
    text::put_string(&mut out, note);
    // Escapes are ASCII put between whole characters.
    String::from_utf8(out).unwrap_or_default()
}

impl Receipt {
    /// Largest admitted receipt in bytes.
    pub const JSON_LEN_MAX: usize = 4 * 1024 * 1024;

    /// The receipt as the API gives it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
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
            checkpoint_json: &checkpoint_json(&self.checkpoint),
        };
        let mut out = Vec::with_capacity(8 * 1024);
        wire.write(&mut out, self.certificates.iter().map(Vec::as_slice));
        out
    }

    /// Reads a receipt; nothing in it is believed before [`Receipt::verify`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, IntentError> {
        let value = canonical::read(bytes, Self::JSON_LEN_MAX, Texts::Any)?;
        let mut members = Members::version_1(value)?;
        let index =
            members.take("leaf_index", text::DECIMAL_FORM, text::decimal).map(LeafIndex::new)?;
        let leaf = members.take("leaf", text::BINARY_FORM, text::binary)?;
        let receipt = Self {
            outcome: members.take("outcome", "an outcome", Outcome::from_name)?,
            code: members.text("code")?.into_owned(),
            items: members.list("items", "a string", |text| Some(text.into_owned()))?,
            intent_id: members.take("intent_id", "a version 7 UUID", |t| t.parse().ok())?,
            index,
            leaf: Leaf::from_bytes(&leaf)?,
            groups: read_groups(members.value("groups")?)?,
            inclusion: read_inclusion(index, members.value("inclusion")?)?,
            checkpoint: members.text("checkpoint")?.into_owned(),
            certificates: members
                .list("certificates", text::BINARY_FORM, |text| text::binary(&text))?,
        };
        members.finish()?;
        Ok(receipt)
    }
}

fn read_groups(value: Value<'_>) -> Result<[Option<ReceiptGroup>; 5], IntentError> {
    let path = Path::Member(&Path::Root, "groups");
    let mut members = Members::new(value, path)?;
    let mut groups = [const { None }; 5];
    for (group, place) in Group::ALL.into_iter().zip(&mut groups) {
        if let Some(value) = members.optional_value(group.name()) {
            let mut members = Members::new(value, Path::Member(&path, group.name()))?;
            *place = Some(ReceiptGroup {
                salt: members.take("salt", "32 bytes in base64url", text::binary32)?,
                bytes: members.take_optional("bytes", text::BINARY_FORM, text::binary)?,
            });
            members.finish()?;
        }
    }
    members.finish()?;
    Ok(groups)
}

fn read_inclusion(index: LeafIndex, value: Value<'_>) -> Result<InclusionProof, IntentError> {
    let mut members = Members::new(value, Path::Member(&Path::Root, "inclusion"))?;
    let hash = |text: &str| text::binary32(text).map(Hash::from_bytes);
    let inclusion = InclusionProof {
        index,
        size: members.take("size", text::DECIMAL_FORM, text::decimal).map(TreeSize::new)?,
        path: members.list("path", "32 bytes in base64url", |text| hash(&text))?,
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
    checkpoint_json: &'a str,
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
        out.extend_from_slice(self.checkpoint_json.as_bytes());
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
