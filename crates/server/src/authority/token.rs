//! A PKCS#11 token: keys are made in it, never leave it, and sign or decrypt there.
//!
//! # Invariants
//!
//! - A key is used only if the token says of it: made here, sensitive, never extractable.
//! - A session that is lost is opened again, once for each operation. A PIN that was refused is never tried again: tokens
//!   lock after a few.
//! - What the token answers is believed by nobody: see [`crypto::ClassicalSigner`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crypto::{CryptoError, SecretBytes, random};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::RawAuthPin;
use der::asn1::{ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode as _, Encode as _, Sequence};
use thiserror::Error;

/// secp256r1 (RFC 5480 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const HALF_LEN: usize = 32;
/// AES-256.
const WRAPPING_KEY_LEN: u64 = 32;
/// NIST SP 800-38D 5.2.1.1.
const NONCE_LEN: usize = 12;
const TAG_BITS: u64 = 128;

/// Modules that this process has loaded; each is loaded once.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// Where a token is. Its PIN is not here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenPlace {
    /// The PKCS#11 module, a shared library.
    pub module: PathBuf,
    /// Label of the token.
    pub label: String,
}

/// An opened token. Clones share its session.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    place: TokenPlace,
    module: Pkcs11,
    pin: RawAuthPin,
    state: Mutex<State>,
}

enum State {
    Closed,
    Open(Session),
    /// The token refused the PIN.
    Refused,
}

/// What a session is asked to do.
type Asked<T> = Result<T, TokenError>;

impl TokenPlace {
    /// Looks whether module and token are there, without a PIN.
    pub fn look(&self) -> Result<(), TokenError> {
        self.slot(&load(&self.module)?).map(drop)
    }

    fn slot(&self, module: &Pkcs11) -> Result<Slot, TokenError> {
        let mut found = Vec::new();
        for slot in module.get_slots_with_token().map_err(|error| self.away(&error))? {
            let info = module.get_token_info(slot).map_err(|error| self.away(&error))?;
            if info.label().trim_end() == self.label {
                found.push(slot);
            }
        }
        match found.as_slice() {
            [slot] => Ok(*slot),
            [] => Err(TokenError::NoSuchToken(self.label.clone())),
            [..] => Err(TokenError::Ambiguous(self.label.clone())),
        }
    }

    fn away(&self, error: &Error) -> TokenError {
        TokenError::Away { token: self.label.clone(), why: error.to_string() }
    }
}

impl Token {
    /// Loads the module, finds the token and signs in to it.
    pub fn open(place: &TokenPlace, pin: &SecretBytes) -> Result<Self, TokenError> {
        let token = Self(Arc::new(Inner {
            place: place.clone(),
            module: load(&place.module)?,
            pin: RawAuthPin::new(Box::new(pin.expose().to_vec())),
            state: Mutex::new(State::Closed),
        }));
        token.ask(|_| Ok(()))?;
        Ok(token)
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &TokenPlace {
        &self.0.place
    }

    /// Makes a pair of P-256 that signs, and beside it a key that seals; the point of the pair, uncompressed.
    ///
    /// # Errors
    ///
    /// [`TokenError::KeyKnown`] if anything in the token has that label.
    pub(super) fn make_keys(&self, label: &str) -> Result<Vec<u8>, TokenError> {
        self.ask(|session| {
            let known = session.find_objects(&[named(label)]).map_err(|e| self.away(&e))?;
            if known.is_empty() { Ok(()) } else { Err(TokenError::KeyKnown(label.to_owned())) }
        })?;
        let curve = P256.to_der().map_err(|_| TokenError::Malformed)?;
        let private = |class| {
            let own = [Attribute::Token(true), Attribute::Private(true), named(label)];
            let kept = [Attribute::Class(class), Attribute::Sensitive(true)];
            let never = [Attribute::Extractable(false), Attribute::Modifiable(false)];
            own.into_iter().chain(kept).chain(never).collect::<Vec<_>>()
        };
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            named(label),
            Attribute::EcParams(curve),
            Attribute::Verify(true),
        ];
        let mut signing = private(ObjectClass::PRIVATE_KEY);
        signing.extend([Attribute::KeyType(KeyType::EC), Attribute::Sign(true)]);
        let mut sealing = private(ObjectClass::SECRET_KEY);
        sealing.extend([
            Attribute::KeyType(KeyType::AES),
            Attribute::ValueLen(WRAPPING_KEY_LEN.into()),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ]);
        let session = self.connect(true)?;
        session
            .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &signing)
            .and_then(|_| session.generate_key(&Mechanism::AesKeyGen, &sealing))
            .map_err(|error| self.away(&error))?;
        self.point(label)
    }

    /// The public half of a pair, after the token has said that the private one never left it.
    pub(super) fn point(&self, label: &str) -> Result<Vec<u8>, TokenError> {
        self.ask(|session| {
            self.kept(session, ObjectClass::PRIVATE_KEY, label)?;
            let public = self.find(session, ObjectClass::PUBLIC_KEY, label)?;
            let found = session
                .get_attributes(public, &[AttributeType::EcPoint])
                .map_err(|error| self.away(&error))?;
            let Some(Attribute::EcPoint(der)) = found.into_iter().next() else {
                return Err(TokenError::Malformed);
            };
            let point = <&OctetStringRef>::from_der(&der).map_err(|_| TokenError::Malformed)?;
            Ok(point.as_bytes().to_vec())
        })
    }

    /// Signs a hash: DER `Ecdsa-Sig-Value`.
    pub(super) fn sign(&self, label: &str, hash: &[u8]) -> Result<Vec<u8>, TokenError> {
        let halves = self.ask(|session| {
            let key = self.find(session, ObjectClass::PRIVATE_KEY, label)?;
            session.sign(&Mechanism::Ecdsa, key, hash).map_err(|error| self.away(&error))
        })?;
        signature_der(&halves).ok_or(TokenError::Malformed)
    }

    /// Seals `secret` under the key beside the pair: `nonce || ciphertext || tag`.
    pub(super) fn seal(
        &self,
        label: &str,
        aad: &[u8],
        secret: &SecretBytes,
    ) -> Result<Vec<u8>, TokenError> {
        let nonce = random::<NONCE_LEN>()?;
        let body = self.ask(|session| {
            let key = self.kept(session, ObjectClass::SECRET_KEY, label)?;
            let mut iv = nonce;
            let sealing = GcmParams::new(&mut iv, aad, TAG_BITS.into());
            let sealing = Mechanism::AesGcm(sealing.map_err(|error| self.away(&error))?);
            session.encrypt(&sealing, key, secret.expose()).map_err(|error| self.away(&error))
        })?;
        Ok([nonce.as_slice(), &body].concat())
    }

    /// Opens what [`Token::seal`] made.
    pub(super) fn unseal(
        &self,
        label: &str,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<SecretBytes, TokenError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(TokenError::Malformed)?;
        self.ask(|session| {
            let key = self.kept(session, ObjectClass::SECRET_KEY, label)?;
            let mut iv = *nonce;
            let opening = GcmParams::new(&mut iv, aad, TAG_BITS.into());
            let opening = Mechanism::AesGcm(opening.map_err(|error| self.away(&error))?);
            let opened = session.decrypt(&opening, key, body);
            opened.map(SecretBytes::new).map_err(|error| self.away(&error))
        })
    }

    /// Asks over the open session, or over a new one where that was lost.
    fn ask<T>(&self, question: impl Fn(&Session) -> Asked<T>) -> Asked<T> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let had_one = match &*state {
            State::Refused => return Err(TokenError::Pin(self.0.place.label.clone())),
            State::Closed => false,
            State::Open(session) => match question(session) {
                // Whatever else went wrong may be the session's.
                Err(TokenError::Away { .. } | TokenError::NoSuchKey { .. }) => true,
                answered => return answered,
            },
        };
        // The old one is closed first: the login ends with an application's last session.
        *state = State::Closed;
        let session = match self.connect(false) {
            Ok(session) => session,
            Err(error) => {
                if matches!(error, TokenError::Pin(_)) {
                    *state = State::Refused;
                }
                return Err(error);
            }
        };
        if had_one {
            tracing::warn!(token = self.0.place.label, "the session of the token was opened again");
        }
        let answered = question(&session);
        *state = State::Open(session);
        answered
    }

    fn connect(&self, writes: bool) -> Result<Session, TokenError> {
        let Inner { place, module, pin, .. } = &*self.0;
        initialize(place, module)?;
        let slot = place.slot(module).or_else(|_| {
            // Modules look for their tokens when they are started: one that came back is found by starting anew.
            let _ = module.clone().finalize();
            initialize(place, module)?;
            place.slot(module)
        })?;
        let opened =
            if writes { module.open_rw_session(slot) } else { module.open_ro_session(slot) };
        let session = opened.map_err(|error| place.away(&error))?;
        match session.login_with_raw(UserType::User, pin) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(Error::Pkcs11(
                RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinLocked
                | RvError::PinExpired
                | RvError::UserPinNotInitialized,
                _,
            )) => Err(TokenError::Pin(place.label.clone())),
            Err(error) => Err(place.away(&error)),
        }
    }

    fn find(&self, session: &Session, class: ObjectClass, label: &str) -> Asked<ObjectHandle> {
        let found = session
            .find_objects(&[Attribute::Token(true), Attribute::Class(class), named(label)])
            .map_err(|error| self.away(&error))?;
        let token = || self.0.place.label.clone();
        match found.as_slice() {
            [key] => Ok(*key),
            [] => Err(TokenError::NoSuchKey { key: label.to_owned(), token: token() }),
            [..] => Err(TokenError::Ambiguous(label.to_owned())),
        }
    }

    /// A key that was made in the token and never left it.
    fn kept(&self, session: &Session, class: ObjectClass, label: &str) -> Asked<ObjectHandle> {
        let key = self.find(session, class, label)?;
        let wanted = [
            Attribute::Local(true),
            Attribute::Sensitive(true),
            Attribute::AlwaysSensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true),
        ];
        let types = [
            AttributeType::Local,
            AttributeType::Sensitive,
            AttributeType::AlwaysSensitive,
            AttributeType::Extractable,
            AttributeType::NeverExtractable,
        ];
        let found = session.get_attributes(key, &types).map_err(|error| self.away(&error))?;
        if wanted.iter().all(|attribute| found.contains(attribute)) {
            Ok(key)
        } else {
            Err(TokenError::Leaves(label.to_owned()))
        }
    }

    fn away(&self, error: &Error) -> TokenError {
        self.0.place.away(error)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({})", self.0.place.label)
    }
}

fn load(path: &Path) -> Result<Pkcs11, TokenError> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    let fault =
        |error: &Error| TokenError::Module { path: path.to_owned(), why: error.to_string() };
    if let Some(module) = modules.get(path) {
        return Ok(module.clone());
    }
    let module = Pkcs11::new(path).map_err(|error| fault(&error))?;
    let place = TokenPlace { module: path.to_owned(), label: String::new() };
    initialize(&place, &module)?;
    modules.insert(path.to_owned(), module.clone());
    Ok(module)
}

fn initialize(place: &TokenPlace, module: &Pkcs11) -> Result<(), TokenError> {
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(error) => {
            let (path, why) = (place.module.clone(), error.to_string());
            Err(TokenError::Module { path, why })
        }
    }
}

fn named(label: &str) -> Attribute {
    Attribute::Label(label.as_bytes().to_vec())
}

/// PKCS#11 answers with two numbers of one length; everybody else wants DER.
fn signature_der(halves: &[u8]) -> Option<Vec<u8>> {
    #[derive(Sequence)]
    struct SigValue<'a> {
        r: UintRef<'a>,
        s: UintRef<'a>,
    }
    let (r, s) = halves.split_at_checked(HALF_LEN).filter(|(_, s)| s.len() == HALF_LEN)?;
    SigValue { r: UintRef::new(r).ok()?, s: UintRef::new(s).ok()? }.to_der().ok()
}

/// Why a token does not serve. Every sentence is for the operator.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum TokenError {
    /// A key is in a token and nobody said where that is.
    #[error(
        "the issuing key is in a PKCS#11 token, and none is named: set STRONGROOM_TOKEN_MODULE and STRONGROOM_TOKEN"
    )]
    NotNamed,
    /// The module does not load or start.
    #[error("the PKCS#11 module {path} cannot be used: {why}")]
    Module {
        /// Which.
        path: PathBuf,
        /// What the loader said.
        why: String,
    },
    /// The module knows no such token.
    #[error("the PKCS#11 module knows no token labelled {0:?}")]
    NoSuchToken(String),
    /// A label that several things have names none of them.
    #[error("several tokens or keys are labelled {0:?}")]
    Ambiguous(String),
    /// Wrong, locked or not set.
    #[error("the token {0:?} refused the PIN; it is not tried again, for tokens lock")]
    Pin(String),
    /// The token has no such key.
    #[error("the token {token:?} holds no key labelled {key:?}")]
    NoSuchKey {
        /// The key's label.
        key: String,
        /// The token's.
        token: String,
    },
    /// A key is made under a label of its own.
    #[error("something in the token is labelled {0:?} already; choose another label")]
    KeyKnown(String),
    /// The key was brought in from elsewhere, or can be taken out.
    #[error("the key {0:?} was not made in the token, or can leave it")]
    Leaves(String),
    /// The label is right, the key is not.
    #[error("the key {0:?} in the token is not the one of the issuing certificate")]
    OtherKey(String),
    /// A key file and a plan name different keys.
    #[error("the key file is for the key {0:?} in a token")]
    OtherLabel(String),
    /// An entry of a key file, or an answer of the token, does not read.
    #[error("the entry for the token, or the token's answer, does not read")]
    Malformed,
    /// A label has 1 to 64 characters of visible ASCII.
    #[error("a label in a token has 1 to 64 characters of visible ASCII")]
    Label,
    /// The token does not do it just now.
    #[error("the token {token:?} does not answer as it should: {why}")]
    Away {
        /// The token's label.
        token: String,
        /// What it said.
        why: String,
    },
    /// The cryptographic provider failed.
    #[error("cryptography: {0}")]
    Crypto(#[from] CryptoError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_become_der_whatever_their_first_bits_are() {
        let mut halves = [0; 64];
        halves[31] = 0x7f;
        halves[32] = 0x80;
        let mut expected = hex::decode("30260201 7f022100 80".replace(' ', "")).unwrap();
        expected.extend_from_slice(&[0; 31]);
        assert_eq!(signature_der(&halves).unwrap(), expected);
        assert_eq!(signature_der(&halves[1..]), None);
        assert_eq!(signature_der(&[&halves[..], &[0]].concat()), None);
    }

    #[test]
    fn a_module_that_is_none_is_named() {
        let place = TokenPlace { module: "/nowhere/module.so".into(), label: "x".to_owned() };
        let refused = place.look().unwrap_err();
        assert!(matches!(&refused, TokenError::Module { .. }), "{refused}");
        assert!(refused.to_string().contains("/nowhere/module.so"), "{refused}");
    }
}
