//! Three groups of a record: actor, origin, evidence.

use crypto::{Sha3, Suite};

use crate::{
    DeviceId, IntentError, Role, SessionId, UserId, UtcMicros, canonical, members::Members, text,
};

/// Who signed, as the bank's registers said at that leaf.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Actor {
    /// SHA3-256 of the signer's certificate.
    pub certificate: Sha3,
    /// The device.
    pub device: DeviceId,
    /// Lineage of the certificate (control 6).
    pub lineage: Sha3,
    /// Generation within the lineage.
    pub generation: u32,
    /// Authority in force.
    pub role: Role,
    /// The key's own counter.
    pub seq: u64,
    /// The key's own chain.
    pub prev: Sha3,
    /// The session in which it was sent; `None` where there was none yet: signing in and enrolling.
    pub session: Option<SessionId>,
    /// Whose key it is.
    pub user: UserId,
}

impl Actor {
    /// Canonical JSON.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(br#"{"certificate":"#);
        text::put_digest(&mut out, self.certificate.as_bytes());
        out.extend_from_slice(br#","device":"#);
        text::put_digest(&mut out, self.device.get().as_bytes());
        out.extend_from_slice(br#","generation":"#);
        text::put_decimal(&mut out, self.generation);
        out.extend_from_slice(br#","lineage":"#);
        text::put_digest(&mut out, self.lineage.as_bytes());
        out.extend_from_slice(br#","prev":"#);
        text::put_digest(&mut out, self.prev.as_bytes());
        out.extend_from_slice(br#","role":"#);
        text::put_plain(&mut out, self.role.name().as_bytes());
        out.extend_from_slice(br#","seq":"#);
        text::put_decimal(&mut out, self.seq);
        if let Some(session) = self.session {
            out.extend_from_slice(br#","session":"#);
            text::put_uuid(&mut out, session.get());
        }
        out.extend_from_slice(br#","user":"#);
        text::put_uuid(&mut out, self.user.get());
        out.extend_from_slice(br#","v":"1"}"#);
        out
    }

    /// Reads what [`Actor::to_bytes`] wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, IntentError> {
        let mut members = Members::version_1(canonical::parse(bytes)?)?;
        let actor = Self {
            certificate: members.digest("certificate").map(Sha3::from_bytes)?,
            device: members.digest("device").map(Sha3::from_bytes).map(DeviceId::new)?,
            lineage: members.digest("lineage").map(Sha3::from_bytes)?,
            generation: members.take("generation", text::DECIMAL_FORM, text::decimal)?,
            role: members.take("role", "a role", |t| t.parse().ok())?,
            seq: members.take("seq", text::DECIMAL_FORM, text::decimal)?,
            prev: members.digest("prev").map(Sha3::from_bytes)?,
            session: members
                .take_optional("session", text::UUID_FORM, text::uuid)?
                .map(SessionId::new),
            user: members.take("user", text::UUID_FORM, text::uuid).map(UserId::new)?,
        };
        members.finish()?;
        Ok(actor)
    }
}

/// Where from and when, as the server saw it. Erasable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// Address of the peer.
    pub ip: String,
    /// What the peer calls itself, cut to 200 characters.
    pub user_agent: String,
    /// Server time.
    pub at: UtcMicros,
}

impl Origin {
    /// Longest kept user agent in characters.
    pub const USER_AGENT_CHARS_MAX: usize = 200;

    /// Takes what a peer sent: cut, forbidden characters replaced.
    #[must_use]
    pub fn new(ip: &str, user_agent: &str, at: UtcMicros) -> Self {
        let cut: String = user_agent.chars().take(Self::USER_AGENT_CHARS_MAX).collect();
        // Normalising may lengthen a text, so that the cut comes last as well.
        let user_agent = text::sanitize(&cut).chars().take(Self::USER_AGENT_CHARS_MAX).collect();
        Self { ip: text::sanitize(ip), user_agent, at }
    }

    /// Canonical JSON.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(384);
        out.extend_from_slice(br#"{"at":"#);
        text::put_plain(&mut out, &self.at.to_text());
        out.extend_from_slice(br#","ip":"#);
        text::put_sanitized(&mut out, &self.ip);
        out.extend_from_slice(br#","user_agent":"#);
        text::put_sanitized(&mut out, &self.user_agent);
        out.extend_from_slice(br#","v":"1"}"#);
        out
    }

    /// Reads what [`Origin::to_bytes`] wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, IntentError> {
        let mut members = Members::version_1(canonical::parse(bytes)?)?;
        let origin = Self {
            ip: members.text("ip")?.into_owned(),
            user_agent: members.text("user_agent")?.into_owned(),
            at: members.text("at")?.parse()?,
        };
        members.finish()?;
        Ok(origin)
    }
}

/// Signature and device proof: `"srevid01" | suite u8 | u32 BE len | signature | u32 BE len | proof`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    /// Suite of the signature.
    pub suite: Suite,
    /// Exact signature bytes.
    pub signature: Vec<u8>,
    /// MAC of the device over the request.
    pub device_proof: Vec<u8>,
}

impl Evidence {
    /// The stored bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Self::write(self.suite, &self.signature, &self.device_proof)
    }

    /// The stored bytes of borrowed parts: the hot path.
    #[must_use]
    pub fn write(suite: Suite, signature: &[u8], device_proof: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(signature.len().saturating_add(128));
        out.extend_from_slice(EVIDENCE_MAGIC);
        out.push(suite.code());
        put_sized(&mut out, signature);
        put_sized(&mut out, device_proof);
        out
    }

    /// Reads what [`Evidence::to_bytes`] wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, IntentError> {
        let read = || {
            let (suite, rest) = bytes.strip_prefix(EVIDENCE_MAGIC)?.split_first()?;
            let suite = Suite::from_code(*suite)?;
            let (signature, rest) = split_sized(rest)?;
            let (device_proof, rest) = split_sized(rest)?;
            rest.is_empty().then(|| Self {
                suite,
                signature: signature.to_owned(),
                device_proof: device_proof.to_owned(),
            })
        };
        read().ok_or_else(|| IntentError::malformed("evidence", "must be version 1 evidence"))
    }
}

const EVIDENCE_MAGIC: &[u8] = b"srevid01";

/// Length as u32, big-endian, then the bytes. A part above 4 GiB is beyond every limit before this.
fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn split_sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}
