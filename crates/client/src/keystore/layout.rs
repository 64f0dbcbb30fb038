//! The plaintext of a profile: a fixed, versioned sequence of fields.
//!
//! ```text
//! u8   version, 1            lp  server             u32 BE length, then bytes
//! u8   suite                 lp  TLS roots, PEM; empty = the system's
//! 32   device secret         lp  trust, JSON
//! lp   signing seed          u8  enrolled: 0 | 1, then lp holder, lp issuing, lp root, DER
//! lp   KEM seed              u8  session:  0 | 1, then 16 id, 32 key, i64 BE end of the token,
//! 16   user                                      lp token, lp refresh token
//! lp   role                  u64 BE seq of the key's chain
//! lp   name                  32  prev of the key's chain
//! ```

use std::sync::Arc;

use crypto::{KemSecretKey, SecretBytes, Sha3, SigningKey, Suite};
use intent::UserId;
use pki::Certificate;
use uuid::Uuid;

use crate::{Certificates, ChainJournal, Device, Identity, KeyChain, Standing, Trust, UserName};

use super::Profile;

const VERSION: u8 = 1;
/// More than any profile has, so that the buffer never moves and leaves copies of secrets behind.
const CAPACITY: usize = 256 * 1024;

pub(super) fn write(profile: &Profile) -> SecretBytes {
    let identity = &profile.identity;
    let mut out = Writer(Vec::with_capacity(CAPACITY));
    out.bytes(&[VERSION, identity.key().suite().code()]);
    out.bytes(identity.device().secret().expose());
    out.prefixed(identity.key().seed().expose());
    out.prefixed(identity.kem().seed().expose());
    out.bytes(identity.user().id.get().as_bytes());
    out.prefixed(identity.user().role.name().as_bytes());
    out.prefixed(identity.user().name.as_bytes());
    out.prefixed(profile.server.as_bytes());
    out.prefixed(profile.tls_roots.as_deref().unwrap_or_default().as_bytes());
    out.prefixed(profile.trust.to_json().as_bytes());
    match identity.certificates() {
        None => out.bytes(&[0]),
        Some(Certificates { holder, issuing, root }) => {
            out.bytes(&[1]);
            out.prefixed(holder.der());
            out.prefixed(issuing.der());
            out.prefixed(root.der());
        }
    }
    match &profile.session {
        None => out.bytes(&[0]),
        Some(session) => {
            out.bytes(&[1]);
            out.bytes(session.session.as_bytes());
            out.bytes(session.key.expose());
            out.bytes(&session.expires_at_s.to_be_bytes());
            out.prefixed(session.token.as_bytes());
            out.prefixed(session.refresh_token.as_bytes());
        }
    }
    let KeyChain { seq, prev } = identity.chain();
    out.bytes(&seq.to_be_bytes());
    out.bytes(prev.as_bytes());
    SecretBytes::new(out.0)
}

/// Reads a profile whose key's chain goes on at the later of the position inside and
/// the journal's.
pub(super) fn read(bytes: &[u8], journal: ChainJournal) -> Result<Profile, &'static str> {
    let mut reader = Reader::new(bytes);
    let [version, suite] = reader.array()?;
    if version != VERSION {
        return Err("unknown version of the profile");
    }
    let suite = Suite::from_code(suite).ok_or("unknown suite")?;
    let device = Device::from_secret(SecretBytes::new(reader.array::<32>()?.to_vec()))
        .map_err(|_| "device secret")?;
    let key = SigningKey::from_seed(suite, reader.prefixed()?).map_err(|_| "signing seed")?;
    let kem = KemSecretKey::from_seed(suite, reader.prefixed()?).map_err(|_| "KEM seed")?;
    let user = UserName {
        id: UserId::new(Uuid::from_bytes(reader.array()?)),
        role: reader.text()?.parse().map_err(|_| "role")?,
        name: reader.text()?.to_owned(),
    };
    let server = reader.text()?.to_owned();
    let tls_roots = Some(reader.text()?.to_owned()).filter(|roots| !roots.is_empty());
    let trust = Trust::from_json(reader.prefixed()?).map_err(|_| "trust")?;
    let certificates = if reader.flag()? { Some(certificates(&mut reader)?) } else { None };
    let session = if reader.flag()? { Some(session(&mut reader)?) } else { None };
    let seq = u64::from_be_bytes(reader.array()?);
    let chain = KeyChain { seq, prev: Sha3::from_bytes(reader.array()?) };
    reader.end()?;
    let journaled =
        journal.read(&key.public_key().fingerprint()).map_err(|_| "journal of the chain")?;
    let chain = journaled.filter(|journaled| journaled.seq > chain.seq).unwrap_or(chain);
    let identity = Identity::from_parts(user, key, kem, device, certificates, chain);
    let identity = identity.with_journal(journal);
    Ok(Profile { server, tls_roots, trust, identity: Arc::new(identity), session })
}

fn certificates(reader: &mut Reader<'_>) -> Result<Certificates, &'static str> {
    let mut next = || Certificate::from_der(reader.prefixed()?).map_err(|_| "certificate");
    Ok(Certificates { holder: next()?, issuing: next()?, root: next()? })
}

fn session(reader: &mut Reader<'_>) -> Result<Standing, &'static str> {
    Ok(Standing {
        session: Uuid::from_bytes(reader.array()?),
        key: SecretBytes::new(reader.array::<32>()?.to_vec()),
        expires_at_s: i64::from_be_bytes(reader.array()?),
        token: reader.text()?.to_owned(),
        refresh_token: reader.text()?.to_owned(),
    })
}

struct Writer(Vec<u8>);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Every field is far below 4 GiB; one that is not would be cut and refused when read.
    fn prefixed(&mut self, bytes: &[u8]) {
        self.bytes(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.bytes(bytes);
    }
}

/// Takes fields off the front of a slice.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (head, rest) = self.0.split_first_chunk().ok_or("cut short")?;
        self.0 = rest;
        Ok(*head)
    }

    fn prefixed(&mut self) -> Result<&'a [u8], &'static str> {
        let len = u32::from_be_bytes(self.array()?);
        let len = usize::try_from(len).map_err(|_| "cut short")?;
        let (head, rest) = self.0.split_at_checked(len).ok_or("cut short")?;
        self.0 = rest;
        Ok(head)
    }

    fn text(&mut self) -> Result<&'a str, &'static str> {
        std::str::from_utf8(self.prefixed()?).map_err(|_| "text")
    }

    fn flag(&mut self) -> Result<bool, &'static str> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err("flag"),
        }
    }

    const fn end(&self) -> Result<(), &'static str> {
        if self.0.is_empty() { Ok(()) } else { Err("bytes left over") }
    }
}
