//! Verifier keys: a public key under a name, as text (C2SP signed-note, "vkeys"), and what it
//! verifies.
//!
//! | type | signs | standard |
//! |---|---|---|
//! | `0x01` Ed25519 | the note body | C2SP signed-note |
//! | `0x06` ML-DSA-44 | a time and the checkpoint as a binary structure | C2SP tlog-cosignature |
//! | `0xff` composite | the note body, with the bank's checkpoint context | private to this house |

use base64ct::{Base64, Encoding as _};
use crypto::{Context, Ed25519PublicKey, MlDsa44PublicKey, PublicKey, Suite, sha256};

use crate::{Checkpoint, KeyName, SignatureLine, SignedNote, TlogError};

/// Signature type of plain Ed25519 over the note body.
pub const KIND_ED25519: u8 = 0x01;
/// Signature type of a timestamped ML-DSA-44 cosignature.
pub const KIND_ML_DSA_44: u8 = 0x06;
/// Signature type of everything the standard has not assigned; an identifier follows it.
pub const KIND_PRIVATE: u8 = 0xff;
/// The identifier that tells our composite signatures from other private types.
const COMPOSITE_ID: &[u8] = b"strongroom-composite";

/// Start of the message an ML-DSA-44 cosigner signs, with its newline and zero byte.
const COSIGNED_LABEL: &[u8; 12] = b"subtree/v1\n\0";
/// Bytes of the time in front of an ML-DSA-44 signature.
const TIMESTAMP_BYTES: usize = 8;
/// The latest time a cosignature may bear, in seconds since 1970.
const TIMESTAMP_S_MAX: u64 = 0x7fff_ffff_ffff_ffff;

/// A public key, the name it signs under, and the kind of signature it makes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifierKey {
    name: KeyName,
    id: [u8; 4],
    key: NoteKey,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum NoteKey {
    Ed25519(Ed25519PublicKey),
    MlDsa44(MlDsa44PublicKey),
    Composite(PublicKey),
}

impl VerifierKey {
    /// A key for plain Ed25519 note signatures (type `0x01`).
    #[must_use]
    pub fn ed25519(name: KeyName, key: Ed25519PublicKey) -> Self {
        Self::new(name, NoteKey::Ed25519(key))
    }

    /// A key for ML-DSA-44 cosignatures (type `0x06`).
    #[must_use]
    pub fn mldsa44(name: KeyName, key: MlDsa44PublicKey) -> Self {
        Self::new(name, NoteKey::MlDsa44(key))
    }

    /// A key for composite signatures (type `0xff`, private).
    #[must_use]
    pub fn composite(name: KeyName, key: PublicKey) -> Self {
        Self::new(name, NoteKey::Composite(key))
    }

    fn new(name: KeyName, key: NoteKey) -> Self {
        let id = key_id(&name, &key.material());
        Self { name, id, key }
    }

    /// The name it signs under.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The C2SP signature type: `0x01`, `0x06` or `0xff`.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self.key {
            NoteKey::Ed25519(_) => KIND_ED25519,
            NoteKey::MlDsa44(_) => KIND_ML_DSA_44,
            NoteKey::Composite(_) => KIND_PRIVATE,
        }
    }

    /// The first four bytes of SHA-256(name || 0x0A || type || key): tells keys apart, proves nothing.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The vkey: `<name>+<key id, 8 hex digits>+<Base 64 of type and key>`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let id = u32::from_be_bytes(self.id);
        format!("{}+{id:08x}+{}", self.name, Base64::encode_string(&self.key.material()))
    }

    /// Reads what [`VerifierKey::to_text`] writes, and nothing else.
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed("it is `<name>+<key id>+<base64>`"));
        };
        let material = Base64::decode_vec(encoded)
            .map_err(|_| malformed("the key is standard Base 64 with padding"))?;
        let key = Self::new(KeyName::new(name)?, NoteKey::from_material(&material)?);
        if key.to_text() != text {
            return Err(malformed("the key id is not that of name and key"));
        }
        Ok(key)
    }

    /// Whether both wrap one public key, under whatever names.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether the line claims to be by this key.
    #[must_use]
    pub fn claims(&self, line: &SignatureLine) -> bool {
        line.key_id == self.id && line.name == self.name
    }

    /// Verifies this key's cosignature of a checkpoint, if the note bears one, and returns its
    /// time in seconds since 1970; zero if the cosigner states none. `checkpoint` is the note's.
    ///
    /// # Errors
    ///
    /// [`TlogError::InvalidSignature`] when a line that claims to be by this key is not, also if
    /// another one is.
    pub fn cosignature(
        &self,
        note: &SignedNote,
        checkpoint: &Checkpoint,
    ) -> Result<Option<u64>, TlogError> {
        let NoteKey::MlDsa44(key) = &self.key else { return Ok(None) };
        let mut latest_s = None;
        for line in note.lines().iter().filter(|line| self.claims(line)) {
            let time_s = verify_cosignature(key, &self.name, checkpoint, &line.signature)?;
            latest_s = latest_s.max(Some(time_s));
        }
        Ok(latest_s)
    }

    /// Verifies a composite signature over bytes that are no checkpoint.
    pub(crate) fn verify_bytes(
        &self,
        context: &Context,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TlogError> {
        match &self.key {
            NoteKey::Composite(key) => Ok(key.verify(context, message, signature)?),
            NoteKey::Ed25519(_) | NoteKey::MlDsa44(_) => {
                Err(TlogError::InvalidSignature { kind: self.kind() })
            }
        }
    }

    /// Verifies one line that [claims](VerifierKey::claims) to be by this key, over this note body
    /// and the checkpoint it holds. Only composite keys use the context.
    pub(crate) fn verify(
        &self,
        body: &str,
        checkpoint: &Checkpoint,
        context: &Context,
        line: &SignatureLine,
    ) -> Result<(), TlogError> {
        let verified = match &self.key {
            NoteKey::Ed25519(key) => key.verify(body.as_bytes(), &line.signature),
            NoteKey::Composite(key) => key.verify(context, body.as_bytes(), &line.signature),
            NoteKey::MlDsa44(key) => {
                verify_cosignature(key, &self.name, checkpoint, &line.signature)?;
                Ok(())
            }
        };
        verified.map_err(|_| TlogError::InvalidSignature { kind: self.kind() })
    }
}

impl NoteKey {
    /// Type, identifier if the type is private, and key: what vkey and key id are made of.
    fn material(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => [&[KIND_ED25519], key.as_bytes()].concat(),
            Self::MlDsa44(key) => [&[KIND_ML_DSA_44], key.as_bytes()].concat(),
            Self::Composite(key) => [&[KIND_PRIVATE], COMPOSITE_ID, key.as_bytes()].concat(),
        }
    }

    fn from_material(material: &[u8]) -> Result<Self, TlogError> {
        match material.split_first() {
            Some((&KIND_ED25519, key)) => Ok(Self::Ed25519(Ed25519PublicKey::from_bytes(key)?)),
            Some((&KIND_ML_DSA_44, key)) => Ok(Self::MlDsa44(MlDsa44PublicKey::from_bytes(key)?)),
            Some((&KIND_PRIVATE, rest)) => {
                let key = rest
                    .strip_prefix(COMPOSITE_ID)
                    .ok_or_else(|| malformed("the private signature type is unknown"))?;
                // The suites' keys differ in length, so the length tells the suite.
                let suite = Suite::ALL
                    .into_iter()
                    .find(|suite| suite.public_key_len() == key.len())
                    .ok_or_else(|| malformed("no suite has keys of this length"))?;
                Ok(Self::Composite(PublicKey::from_bytes(suite, key)?))
            }
            Some(_) | None => Err(malformed("the signature type is unknown")),
        }
    }
}

/// The message an ML-DSA-44 cosigner signs for a checkpoint: `cosigned_message` of C2SP
/// tlog-cosignature, with names of one length byte each and numbers in big-endian order.
///
/// # Errors
///
/// [`TlogError::MalformedCheckpoint`] for a time beyond 2^63 - 1.
pub(crate) fn cosigned_message(
    cosigner: &KeyName,
    checkpoint: &Checkpoint,
    time_s: u64,
) -> Result<Vec<u8>, TlogError> {
    if time_s > TIMESTAMP_S_MAX {
        return Err(TlogError::MalformedCheckpoint { what: "the time is beyond 2^63 - 1 seconds" });
    }
    let mut message = COSIGNED_LABEL.to_vec();
    push_short(&mut message, cosigner)?;
    message.extend_from_slice(&time_s.to_be_bytes());
    push_short(&mut message, checkpoint.origin.key_name())?;
    // A checkpoint is the subtree that starts at leaf 0.
    message.extend_from_slice(&0_u64.to_be_bytes());
    message.extend_from_slice(&checkpoint.size.get().to_be_bytes());
    message.extend_from_slice(checkpoint.root.as_bytes());
    Ok(message)
}

/// A cosignature as a note line holds it: the time in front of the ML-DSA-44 signature.
pub(crate) fn timestamped(time_s: u64, signature: &[u8]) -> Vec<u8> {
    [time_s.to_be_bytes().as_slice(), signature].concat()
}

fn verify_cosignature(
    key: &MlDsa44PublicKey,
    name: &KeyName,
    checkpoint: &Checkpoint,
    timestamped: &[u8],
) -> Result<u64, TlogError> {
    let invalid = TlogError::InvalidSignature { kind: KIND_ML_DSA_44 };
    let Some((time_s, signature)) = timestamped.split_first_chunk::<TIMESTAMP_BYTES>() else {
        return Err(invalid);
    };
    let time_s = u64::from_be_bytes(*time_s);
    let Ok(message) = cosigned_message(name, checkpoint, time_s) else { return Err(invalid) };
    key.verify(&message, signature).map_err(|_| invalid)?;
    Ok(time_s)
}

fn push_short(message: &mut Vec<u8>, name: &KeyName) -> Result<(), TlogError> {
    let bytes = name.as_str().as_bytes();
    message.push(u8::try_from(bytes.len()).map_err(|_| TlogError::MalformedName)?);
    message.extend_from_slice(bytes);
    Ok(())
}

fn key_id(name: &KeyName, material: &[u8]) -> [u8; 4] {
    let hash = sha256(&[name.as_str().as_bytes(), b"\n", material].concat());
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

const fn malformed(what: &'static str) -> TlogError {
    TlogError::MalformedKey { what }
}

#[cfg(test)]
mod tests {
    use crypto::{Ed25519Key, MlDsa44Key, SigningKey};

    use super::*;
    use crate::{Hash, Origin, TreeSize};

    fn name() -> KeyName {
        KeyName::new("acme/log/2026").unwrap()
    }

    fn keys() -> Vec<VerifierKey> {
        let ed25519 = Ed25519Key::from_seed(&[1; 32]).unwrap();
        let mldsa44 = MlDsa44Key::from_seed(&[2; 32]).unwrap();
        let mut keys = vec![
            VerifierKey::ed25519(name(), ed25519.public_key().clone()),
            VerifierKey::mldsa44(name(), mldsa44.public_key().clone()),
        ];
        for suite in Suite::ALL {
            let key = SigningKey::generate(suite).unwrap();
            keys.push(VerifierKey::composite(name(), key.public_key().clone()));
        }
        keys
    }

    #[test]
    fn malformed_verifier_keys_are_refused() {
        let text = keys()[0].to_text();
        let (head, key) = text.rsplit_once('+').unwrap();
        let (name, id) = head.rsplit_once('+').unwrap();
        let mut unknown = Base64::decode_vec(key).unwrap();
        unknown[0] = 0x04;
        let unknown = Base64::encode_string(&unknown);
        for text in [
            String::new(),
            name.to_owned(),
            head.to_owned(),
            format!("{name}+{id}+"),
            format!("{name}+00000000+{key}"),
            format!("{name}+0{id}+{key}"),
            format!("other+{id}+{key}"),
            format!("+{id}+{key}"),
            format!("{name}+{id}+{key}="),
            format!("{name}+{id}+{key} "),
            format!("{name}+{id}+{unknown}"),
            format!("{name}+{id}+{}", Base64::encode_string(&[KIND_ED25519; 32])),
            format!("{name}+{id}+{}", Base64::encode_string(&[KIND_PRIVATE; 1985])),
            format!("{name}+{id}+{}", Base64::encode_string(b"\xffstrongroom-composite123")),
        ] {
            assert!(VerifierKey::from_text(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn verifier_keys_of_every_kind_and_suite_read_back() {
        for key in keys() {
            assert_eq!(VerifierKey::from_text(&key.to_text()), Ok(key));
        }
    }

    #[test]
    fn the_suites_keys_differ_in_length() {
        for suite in Suite::ALL {
            let same = |other: &Suite| other.public_key_len() == suite.public_key_len();
            assert_eq!(Suite::ALL.iter().filter(|other| same(other)).count(), 1, "{suite}");
        }
    }

    #[test]
    fn the_same_key_under_another_name_or_kind_has_another_id() {
        let keys = keys();
        let mut ids: Vec<_> = keys.iter().map(VerifierKey::id).collect();
        let other = KeyName::new("acme/log/2027").unwrap();
        ids.push(VerifierKey::new(other, keys[0].key.clone()).id());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), keys.len() + 1);
    }

    #[test]
    fn the_cosigned_message_is_laid_out_as_in_the_standard() {
        let checkpoint = Checkpoint {
            origin: Origin::new("ab").unwrap(),
            size: TreeSize::new(258),
            root: Hash::EMPTY_ROOT,
        };
        let cosigner = KeyName::new("wit").unwrap();
        let message = cosigned_message(&cosigner, &checkpoint, 0x0102_0304).unwrap();
        let expected = [
            b"subtree/v1\n\0".as_slice(),
            b"\x03wit",
            b"\0\0\0\0\x01\x02\x03\x04",
            b"\x02ab",
            b"\0\0\0\0\0\0\0\0",
            b"\0\0\0\0\0\0\x01\x02",
            Hash::EMPTY_ROOT.as_bytes(),
        ]
        .concat();
        assert_eq!(message, expected);
        assert!(cosigned_message(&cosigner, &checkpoint, TIMESTAMP_S_MAX).is_ok());
        assert!(cosigned_message(&cosigner, &checkpoint, TIMESTAMP_S_MAX + 1).is_err());
    }
}
