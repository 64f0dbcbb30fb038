//! crypto
#![allow(missing_docs, unused_variables, dead_code, clippy::all, clippy::pedantic, clippy::todo)]
use core::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    #[error("signature is not valid")]
    InvalidSignature,
    #[error("{what} is not a valid key")]
    InvalidKey { what: &'static str },
    #[error("{what} must be {expected} bytes, is {actual}")]
    InvalidLength { what: &'static str, expected: usize, actual: usize },
    #[error("unknown suite {0:?}")]
    UnknownSuite(String),
    #[error("context too long")]
    ContextTooLong,
    #[error("decryption failed")]
    Decrypt,
    #[error("provider refused: {what}")]
    Provider { what: &'static str },
    #[error("verify after sign failed")]
    VerifyAfterSign,
    #[error("kdf")]
    Kdf,
    #[error("entropy")]
    Entropy,
}
type R<T> = Result<T, CryptoError>;
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suite { Standard, Compact, Pure65, Cnsa2 }
impl Suite {
    pub const ALL: [Self; 4] = [Self::Standard, Self::Compact, Self::Pure65, Self::Cnsa2];
    pub const fn name(self) -> &'static str { todo!() }
    pub const fn code(self) -> u8 { todo!() }
    pub const fn from_code(code: u8) -> Option<Self> { todo!() }
    pub const fn signature_algorithm(self) -> &'static str { todo!() }
    pub const fn oid(self) -> &'static str { todo!() }
    pub const fn algorithm_identifier_der(self) -> &'static [u8] { todo!() }
    pub fn from_oid(oid: &str) -> Option<Self> { todo!() }
    pub const fn public_key_len(self) -> usize { todo!() }
    pub const fn signature_len(self) -> usize { todo!() }
    pub const fn seed_len(self) -> usize { todo!() }
    pub const fn kem_name(self) -> &'static str { todo!() }
    pub const fn kem_public_key_len(self) -> usize { todo!() }
    pub const fn kem_ciphertext_len(self) -> usize { todo!() }
    pub const fn kem_seed_len(self) -> usize { todo!() }
    pub const fn aead(self) -> AeadAlgorithm { todo!() }
}
impl FromStr for Suite { type Err = CryptoError; fn from_str(s: &str) -> R<Self> { todo!() } }
impl fmt::Display for Suite { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context(Vec<u8>);
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose { Intent, Challenge, Device, Checkpoint }
impl Context {
    pub const X509: Self = Self(Vec::new());
    pub fn new(bank: &str, purpose: Purpose) -> R<Self> { todo!() }
    pub fn raw(bytes: &[u8]) -> R<Self> { todo!() }
    pub fn as_bytes(&self) -> &[u8] { &self.0 }
}
pub struct SigningKey;
impl SigningKey {
    pub fn generate(suite: Suite) -> R<Self> { todo!() }
    pub fn from_seed(suite: Suite, seed: &[u8]) -> R<Self> { todo!() }
    pub fn seed(&self) -> &SecretBytes { todo!() }
    pub fn suite(&self) -> Suite { todo!() }
    pub fn public_key(&self) -> &PublicKey { todo!() }
    pub fn sign(&self, context: &Context, message: &[u8]) -> R<Signature> { todo!() }
}
impl fmt::Debug for SigningKey { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey;
impl PublicKey {
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> R<Self> { todo!() }
    pub fn as_bytes(&self) -> &[u8] { todo!() }
    pub fn suite(&self) -> Suite { todo!() }
    pub fn verify(&self, context: &Context, message: &[u8], signature: &[u8]) -> R<()> { todo!() }
    pub fn fingerprint(&self) -> Sha3 { todo!() }
    pub fn component_hashes(&self) -> Vec<Sha3> { todo!() }
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Vec<u8>);
impl Signature {
    pub fn as_bytes(&self) -> &[u8] { &self.0 }
    pub fn into_bytes(self) -> Vec<u8> { self.0 }
    pub fn from_bytes(bytes: Vec<u8>) -> Self { Self(bytes) }
}
macro_rules! single { ($k:ident, $p:ident) => {
    pub struct $k;
    impl $k {
        pub fn generate() -> R<Self> { todo!() }
        pub fn from_seed(seed: &[u8]) -> R<Self> { todo!() }
        pub fn seed(&self) -> &SecretBytes { todo!() }
        pub fn public_key(&self) -> &$p { todo!() }
        pub fn sign(&self, message: &[u8]) -> R<Vec<u8>> { todo!() }
    }
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct $p;
    impl $p {
        pub fn from_bytes(bytes: &[u8]) -> R<Self> { todo!() }
        pub fn as_bytes(&self) -> &[u8] { todo!() }
        pub fn verify(&self, message: &[u8], signature: &[u8]) -> R<()> { todo!() }
    }
} }
single!(Ed25519Key, Ed25519PublicKey);
single!(MlDsa44Key, MlDsa44PublicKey);
macro_rules! hash { ($n:ident) => {
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct $n([u8; 32]);
    impl $n {
        pub const fn from_bytes(bytes: [u8; 32]) -> Self { Self(bytes) }
        pub const fn as_bytes(&self) -> &[u8; 32] { &self.0 }
        pub fn from_hex(text: &str) -> R<Self> { todo!() }
    }
    impl fmt::Debug for $n { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
    impl fmt::Display for $n { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
} }
hash!(Sha3);
hash!(Sha2);
pub fn sha3_256(data: &[u8]) -> Sha3 { todo!() }
pub fn sha256(data: &[u8]) -> Sha2 { todo!() }
pub fn sha512(data: &[u8]) -> [u8; 64] { todo!() }
macro_rules! hasher { ($n:ident, $o:ident) => {
    pub struct $n;
    impl $n {
        pub fn new() -> Self { todo!() }
        pub fn update(&mut self, data: &[u8]) { todo!() }
        pub fn finish(self) -> $o { todo!() }
    }
} }
hasher!(Sha256Hasher, Sha2);
hasher!(Sha3Hasher, Sha3);
pub fn hmac_sha3_256(key: &SecretBytes, data: &[u8]) -> [u8; 32] { todo!() }
pub fn hmac_sha3_256_verify(key: &SecretBytes, data: &[u8], tag: &[u8]) -> R<()> { todo!() }
pub struct MacKey;
impl MacKey {
    pub fn new(key: &SecretBytes) -> Self { todo!() }
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] { todo!() }
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> R<()> { todo!() }
}
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool { todo!() }
pub struct SecretBytes(Vec<u8>);
impl SecretBytes {
    pub fn new(bytes: Vec<u8>) -> Self { Self(bytes) }
    pub fn expose(&self) -> &[u8] { &self.0 }
    pub fn len(&self) -> usize { self.0.len() }
    pub fn is_empty(&self) -> bool { self.0.is_empty() }
    pub fn duplicate(&self) -> Self { todo!() }
}
impl fmt::Debug for SecretBytes { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
pub fn random<const N: usize>() -> R<[u8; N]> { todo!() }
pub fn random_secret(len: usize) -> R<SecretBytes> { todo!() }
pub fn fill_random(out: &mut [u8]) -> R<()> { todo!() }
pub fn hkdf_sha256(ikm: &SecretBytes, salt: &[u8], info: &[&[u8]], len: usize) -> R<SecretBytes> { todo!() }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params { pub m_kib: u32, pub t: u32, pub p: u32 }
impl Argon2Params {
    pub const USER: Self = Self { m_kib: 19 * 1024, t: 2, p: 1 };
    pub const KEK: Self = Self { m_kib: 64 * 1024, t: 3, p: 1 };
}
pub fn argon2id(pass: &SecretBytes, salt: &[u8], params: Argon2Params, len: usize) -> R<SecretBytes> { todo!() }
pub const PBKDF2_ITERATIONS: u32 = 600_000;
pub fn pbkdf2_hmac_sha256(pass: &SecretBytes, salt: &[u8], iterations: NonZeroU32, len: usize) -> R<SecretBytes> { todo!() }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AeadAlgorithm { ChaCha20Poly1305, Aes256Gcm }
pub struct AeadKey;
impl AeadKey {
    pub fn new(algorithm: AeadAlgorithm, key: &SecretBytes) -> R<Self> { todo!() }
    pub fn seal(&self, aad: &[u8], plaintext: &[u8]) -> R<Vec<u8>> { todo!() }
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> R<SecretBytes> { todo!() }
}
pub struct KemSecretKey;
impl KemSecretKey {
    pub fn generate(suite: Suite) -> R<Self> { todo!() }
    pub fn from_seed(suite: Suite, seed: &[u8]) -> R<Self> { todo!() }
    pub fn seed(&self) -> &SecretBytes { todo!() }
    pub fn suite(&self) -> Suite { todo!() }
    pub fn public_key(&self) -> &KemPublicKey { todo!() }
    pub fn decapsulate(&self, ciphertext: &[u8]) -> R<SecretBytes> { todo!() }
}
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KemPublicKey;
impl KemPublicKey {
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> R<Self> { todo!() }
    pub fn as_bytes(&self) -> &[u8] { todo!() }
    pub fn suite(&self) -> Suite { todo!() }
    pub fn encapsulate(&self) -> R<(SecretBytes, Vec<u8>)> { todo!() }
}
pub fn seal_to(pk: &KemPublicKey, purpose: &str, transcript: &[u8], plaintext: &[u8]) -> R<Vec<u8>> { todo!() }
pub fn open_sealed(sk: &KemSecretKey, purpose: &str, transcript: &[u8], sealed: &[u8]) -> R<SecretBytes> { todo!() }
pub fn self_test() -> R<()> { todo!() }
pub fn provider() -> &'static str { todo!() }
