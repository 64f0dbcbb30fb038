//! Issuing keys as key files have them: whole, or with the classical half in a token.
//!
//! ```text
//! secret of `issuing`        seed
//! secret of `issuing-token`  version (1) || SHA3-256 of the public key (32) || SHA3-256 of the point (32)
//!                         || length of the label (1) || label || nonce (12) || ciphertext || tag (16)
//! ```
//!
//! The ciphertext is the seed of the ML-DSA half, by AES-256-GCM under a key of the token, bound to bank, label and the
//! point of the classical half. So a key takes three things: the file, its passphrase, and the token with its PIN.

use crypto::{
    ClassicalSigner, Context, CryptoError, SecretBytes, Sha3, SigningKey, Suite, random_secret,
    sha3_256, sha256,
};
use intent::BankId;
use pki::Certificate;

use super::keyfile::{KeyFile, KeyPurpose};
use super::keys::AuthorityError;
use super::token::{Token, TokenError};

const VERSION: u8 = 1;
const HASH_LEN: usize = 32;
const ML_DSA_SEED_LEN: usize = 32;
const LABEL_LEN_MAX: usize = 64;
/// What a key signs when it is opened, to see that the token's private half belongs to its public one.
const TRIAL: &[u8] = b"strongroom/token-trial/v1";

/// A key that is to be made in a token.
#[derive(Clone, Debug)]
pub struct InToken {
    /// Which token.
    pub token: Token,
    /// Label of the key in it; nothing there has it yet.
    pub label: String,
}

/// Every issuing key within reach, and why the others are not.
pub(super) struct IssuingKeys {
    keys: Vec<SigningKey>,
    refused: Vec<(Sha3, TokenError)>,
}

impl IssuingKeys {
    /// Opens what the files hold. A key that its token refuses is no error until somebody needs it: those of authorities
    /// that have retired are destroyed.
    pub(super) fn open<'a>(
        files: impl Iterator<Item = &'a KeyFile>,
        token: Option<&Token>,
    ) -> Result<Self, AuthorityError> {
        let (mut keys, mut refused) = (Vec::new(), Vec::new());
        for file in files {
            if let Ok(entry) = file.secret(KeyPurpose::IssuingToken) {
                let entry = Entry::read(entry.expose()).ok_or(TokenError::Malformed)?;
                match entry.open(file.bank(), token) {
                    Ok(key) => keys.push(key),
                    Err(error) => refused.push((entry.public_key, error)),
                }
            } else if let Ok(seed) = file.secret(KeyPurpose::Issuing) {
                keys.push(SigningKey::from_seed(file.suite(), seed.expose())?);
            }
        }
        Ok(Self { keys, refused })
    }

    /// The key of that certificate.
    pub(super) fn of(&self, certificate: &Certificate) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.public_key() == certificate.public_key())
    }

    /// The key of that certificate, or why it is not here.
    pub(super) fn demand(&self, certificate: &Certificate) -> Result<&SigningKey, AuthorityError> {
        let fingerprint = certificate.public_key().fingerprint();
        let why = || match self.refused.iter().find(|(key, _)| *key == fingerprint) {
            Some((_, error)) => AuthorityError::Token(error.clone()),
            None => AuthorityError::ForeignCertificate,
        };
        self.of(certificate).ok_or_else(why)
    }
}

/// Makes a key file for `purposes` and an issuing key, whose classical half is made in a token if one is named.
pub(crate) fn make(
    bank: &BankId,
    suite: Suite,
    purposes: &[KeyPurpose],
    in_token: Option<&InToken>,
) -> Result<KeyFile, AuthorityError> {
    let Some(InToken { token, label }) = in_token else {
        return Ok(KeyFile::generate(bank, suite, purposes)?);
    };
    let rest: Vec<_> =
        purposes.iter().copied().filter(|purpose| *purpose != KeyPurpose::Issuing).collect();
    let file = KeyFile::generate(bank, suite, &rest)?;
    Ok(file.with(KeyPurpose::IssuingToken, make_in(token, label, bank)?)?)
}

/// The issuing key of a file, which must be in the token that is named, or whole if none is.
pub(crate) fn open(
    file: &KeyFile,
    in_token: Option<&InToken>,
) -> Result<SigningKey, AuthorityError> {
    match (file.secret(KeyPurpose::IssuingToken), in_token) {
        (Ok(entry), Some(InToken { token, label })) => {
            let entry = Entry::read(entry.expose()).ok_or(TokenError::Malformed)?;
            if entry.label != *label {
                return Err(TokenError::OtherLabel(entry.label.to_owned()).into());
            }
            Ok(entry.open(file.bank(), Some(token))?)
        }
        (Ok(_), None) => Err(TokenError::NotNamed.into()),
        (Err(_), Some(_)) => Err(AuthorityError::NotInToken),
        (Err(_), None) => {
            let seed = file.secret(KeyPurpose::Issuing)?;
            Ok(SigningKey::from_seed(file.suite(), seed.expose())?)
        }
    }
}

fn make_in(token: &Token, label: &str, bank: &BankId) -> Result<SecretBytes, AuthorityError> {
    let is_plain = label.bytes().all(|byte| byte.is_ascii_graphic());
    let label_len = u8::try_from(label.len()).map_err(|_| TokenError::Label)?;
    if !is_plain || !(1..=LABEL_LEN_MAX).contains(&label.len()) {
        return Err(TokenError::Label.into());
    }
    let point = token.make_keys(label)?;
    let seed = random_secret(ML_DSA_SEED_LEN)?;
    let sealed = token.seal(label, &aad(bank, label, &point), &seed)?;
    let point_hash = sha3_256(&point);
    let key = assemble(token, label, point, seed)?;
    let mut entry = vec![VERSION];
    entry.extend_from_slice(key.public_key().fingerprint().as_bytes());
    entry.extend_from_slice(point_hash.as_bytes());
    entry.push(label_len);
    entry.extend_from_slice(label.as_bytes());
    entry.extend_from_slice(&sealed);
    Ok(SecretBytes::new(entry))
}

/// An entry of a key file for a key in a token.
struct Entry<'a> {
    public_key: Sha3,
    point: Sha3,
    label: &'a str,
    sealed: &'a [u8],
}

impl<'a> Entry<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[version], rest) = bytes.split_first_chunk()?;
        let (hash, rest) = rest.split_first_chunk::<HASH_LEN>()?;
        let (point, rest) = rest.split_first_chunk::<HASH_LEN>()?;
        let (&[label_len], rest) = rest.split_first_chunk()?;
        let (label, sealed) = rest.split_at_checked(usize::from(label_len))?;
        let label = str::from_utf8(label).ok()?;
        let (public_key, point) = (Sha3::from_bytes(*hash), Sha3::from_bytes(*point));
        (version == VERSION).then_some(Self { public_key, point, label, sealed })
    }

    fn open(&self, bank: &BankId, token: Option<&Token>) -> Result<SigningKey, TokenError> {
        let token = token.ok_or(TokenError::NotNamed)?;
        let label = self.label;
        let point = token.point(label)?;
        if sha3_256(&point) != self.point {
            return Err(TokenError::OtherKey(label.to_owned()));
        }
        let seed = token.unseal(label, &aad(bank, label, &point), self.sealed)?;
        let key = assemble(token, label, point, seed)?;
        if key.public_key().fingerprint() == self.public_key {
            Ok(key)
        } else {
            Err(TokenError::OtherKey(label.to_owned()))
        }
    }
}

/// Puts both halves together, and sees them sign.
fn assemble(
    token: &Token,
    label: &str,
    point: Vec<u8>,
    seed: SecretBytes,
) -> Result<SigningKey, TokenError> {
    let signer = TokenSigner { token: token.clone(), label: label.to_owned(), point };
    let key = SigningKey::with_classical(Suite::Hsm, seed, Box::new(signer))?;
    match key.sign(&Context::raw(TRIAL)?, TRIAL) {
        Ok(_) => Ok(key),
        Err(CryptoError::VerifyAfterSign) => Err(TokenError::OtherKey(label.to_owned())),
        Err(error) => Err(error.into()),
    }
}

fn aad(bank: &BankId, label: &str, point: &[u8]) -> Vec<u8> {
    let mut aad = format!("strongroom/issuing-token/v1\0{bank}\0{label}\0").into_bytes();
    aad.extend_from_slice(point);
    aad
}

/// The classical half of an issuing key.
struct TokenSigner {
    token: Token,
    label: String,
    point: Vec<u8>,
}

impl ClassicalSigner for TokenSigner {
    fn public_key(&self) -> &[u8] {
        &self.point
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let hash = sha256(message);
        let signed = self.token.sign(&self.label, hash.as_bytes());
        signed.map_err(|error| CryptoError::OutOfReach(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_is_cut_or_of_another_version_does_not_read() {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&[7; 2 * HASH_LEN]);
        bytes.extend_from_slice(b"\x03key");
        bytes.extend_from_slice(&[9; 60]);
        let entry = Entry::read(&bytes).unwrap();
        assert_eq!((entry.label, entry.sealed.len()), ("key", 60));
        for cut in 0..2 * HASH_LEN + 5 {
            assert!(Entry::read(&bytes[..cut]).is_none(), "{cut}");
        }
        bytes[0] = 2;
        assert!(Entry::read(&bytes).is_none());
    }
}
