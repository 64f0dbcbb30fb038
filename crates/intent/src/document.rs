//! The signed document.

use crypto::{Sha3, sha3_256};
use ledger::AccountKind;

use crate::{
    BankId, Body, DeviceId, IntentError, IntentId, Kind, Role, UtcMicros, body_json, canonical,
    members::Members, text,
};

const NO_PREV: Sha3 = Sha3::from_bytes([0; 32]);

/// A well-formed intent together with the exact bytes it was read from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Intent {
    draft: IntentDraft,
    canonical: Vec<u8>,
}

impl Intent {
    /// Largest admitted document in bytes.
    pub const LEN_MAX: usize = canonical::MAX_BYTES;

    /// Reads canonical bytes; anything else about them is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, IntentError> {
        let draft = read(bytes)?;
        draft.check()?;
        Ok(Self { draft, canonical: bytes.to_owned() })
    }

    /// The bank it is for.
    #[must_use]
    pub const fn bank(&self) -> &BankId {
        &self.draft.bank
    }

    /// SHA3-256 of the signer's certificate; of a [`Body::UserEnrol`], of its request.
    #[must_use]
    pub const fn certificate(&self) -> Sha3 {
        self.draft.certificate
    }

    /// The device it was signed on.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        self.draft.device
    }

    /// The authority it claims.
    #[must_use]
    pub const fn authority(&self) -> Role {
        self.draft.authority
    }

    /// The signer's time.
    #[must_use]
    pub const fn at(&self) -> UtcMicros {
        self.draft.at
    }

    /// Place in the key's own chain, from 1.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.draft.seq
    }

    /// [`Intent::digest`] of what this key signed before; 32 zero bytes for the first.
    #[must_use]
    pub const fn prev(&self) -> Sha3 {
        self.draft.prev
    }

    /// Identity, and idempotency key.
    #[must_use]
    pub const fn id(&self) -> IntentId {
        self.draft.id
    }

    /// What kind of wish it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.draft.body.kind()
    }

    /// The wish.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.draft.body
    }

    /// The exact bytes that are signed.
    #[must_use]
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// The exact bytes that are signed, given away.
    #[must_use]
    pub fn into_canonical(self) -> Vec<u8> {
        self.canonical
    }

    /// SHA3-256 of the canonical bytes: the `prev` of the key's next intent.
    #[must_use]
    pub fn digest(&self) -> Sha3 {
        sha3_256(&self.canonical)
    }
}

/// Everything an intent says, before it has its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IntentDraft {
    /// See [`Intent::bank`].
    pub bank: BankId,
    /// See [`Intent::certificate`].
    pub certificate: Sha3,
    /// See [`Intent::device`].
    pub device: DeviceId,
    /// See [`Intent::authority`].
    pub authority: Role,
    /// See [`Intent::at`].
    pub at: UtcMicros,
    /// See [`Intent::seq`].
    pub seq: u64,
    /// See [`Intent::prev`].
    pub prev: Sha3,
    /// See [`Intent::id`].
    pub id: IntentId,
    /// See [`Intent::body`].
    pub body: Body,
}

impl IntentDraft {
    /// Writes the canonical bytes and reads them back by the rules that the bank will apply.
    pub fn build(self) -> Result<Intent, IntentError> {
        let intent = Intent::parse(&self.write())?;
        if intent.draft == self { Ok(intent) } else { Err(IntentError::NotCanonical) }
    }

    /// The rules between members; each member's own form was checked when it was read.
    fn check(&self) -> Result<(), IntentError> {
        if (self.seq == 1) != (self.prev == NO_PREV) {
            let why = "must be 64 zeros for seq 1, and the digest of what came before otherwise";
            return Err(IntentError::malformed("prev", why));
        }
        match &self.body {
            Body::UserEnrol { device, .. } if *device != self.device => {
                Err(IntentError::malformed("body.device", "must be the device that signs"))
            }
            Body::UserEnrol { csr, .. } if sha3_256(csr) != self.certificate => {
                Err(IntentError::CertificateMismatch)
            }
            Body::AccountOpen { kind, .. }
                if self.authority == Role::Customer && *kind != AccountKind::Liability =>
            {
                Err(IntentError::malformed("body.kind", "must be liability for a customer"))
            }
            _ => Ok(()),
        }
    }

    /// Members in the order of their names' bytes.
    fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(br#"{"at":"#);
        text::put_plain(&mut out, &self.at.to_text());
        out.extend_from_slice(br#","authority":"#);
        text::put_plain(&mut out, self.authority.name().as_bytes());
        out.extend_from_slice(br#","bank":"#);
        text::put_plain(&mut out, self.bank.as_str().as_bytes());
        out.extend_from_slice(br#","body":"#);
        body_json::write(&mut out, &self.body);
        out.extend_from_slice(br#","certificate":"#);
        text::put_digest(&mut out, self.certificate.as_bytes());
        out.extend_from_slice(br#","device":"#);
        text::put_digest(&mut out, self.device.get().as_bytes());
        out.extend_from_slice(br#","id":"#);
        text::put_uuid(&mut out, self.id.get());
        out.extend_from_slice(br#","kind":"#);
        text::put_plain(&mut out, self.body.kind().name().as_bytes());
        out.extend_from_slice(br#","prev":"#);
        text::put_digest(&mut out, self.prev.as_bytes());
        out.extend_from_slice(br#","seq":"#);
        text::put_decimal(&mut out, self.seq);
        out.extend_from_slice(br#","v":"1"}"#);
        out
    }
}

fn read(bytes: &[u8]) -> Result<IntentDraft, IntentError> {
    let mut members = Members::version_1(canonical::parse(bytes)?)?;
    let kind: Kind = members.text("kind")?.parse()?;
    let draft = IntentDraft {
        bank: members.text("bank")?.parse()?,
        certificate: members.digest("certificate").map(Sha3::from_bytes)?,
        device: members.digest("device").map(Sha3::from_bytes).map(DeviceId::new)?,
        authority: members.text("authority")?.parse()?,
        at: members.text("at")?.parse()?,
        seq: members
            .take("seq", "a decimal number from 1", |t| text::decimal(t).filter(|n| *n > 0))?,
        prev: members.digest("prev").map(Sha3::from_bytes)?,
        id: members.text("id")?.parse()?,
        body: body_json::read(kind, members.value("body")?)?,
    };
    members.finish()?;
    Ok(draft)
}
