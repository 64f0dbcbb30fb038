//! Known answers for every algorithm in use, run at start-up.
//!
//! The signatures beside this file are deterministic (FIPS 204, section 3.4, `rnd = 0`) and were
//! made by another implementation; `tests/oracles.rs` makes them again.

use core::num::NonZeroU32;
use std::sync::LazyLock;

use zeroize::Zeroizing;

use crate::kem::Coins;
use crate::{
    AeadAlgorithm, AeadKey, Argon2Params, Context, CryptoError, KemSecretKey, PublicKey,
    SecretBytes, Sha2, Sha3, Sha3Hasher, SigningKey, Suite, argon2id, hkdf_sha256, hmac_sha3_256,
    pbkdf2_hmac_sha256, random, sha3_256, sha256, sha512,
};

const MESSAGE: &[u8] = b"strongroom";
const CONTEXT: &[u8] = b"known answer";

static PROVIDER: LazyLock<String> =
    LazyLock::new(|| format!("aws-lc-rs 1.19 (AWS-LC {})", aws_lc_rs::awslc_version()));

/// What is known of a suite whose seeds consist of its code.
struct KnownAnswer {
    /// SHA3-256 of the public signature key, hex.
    public_key: &'static str,
    /// A signature over [`MESSAGE`] under [`CONTEXT`].
    signature: &'static [u8],
    /// SHA3-256 over public KEM key, ciphertext for fixed coins, and shared secret, hex.
    kem: &'static str,
}

const fn known(suite: Suite) -> KnownAnswer {
    match suite {
        Suite::Standard => KnownAnswer {
            public_key: "2051dca09ea0b57ae2d637905161dcf104994ddae78ede8bffebdb3c63f371a7",
            signature: include_bytes!("known_answers/standard.sig"),
            kem: "663f9d77ed85a1f46a31190fe1c3b2d2a3f2fe4c8e2d8fb0f45d2e43625f80c9",
        },
        Suite::Compact => KnownAnswer {
            public_key: "6b31309b30eb804682903d7d1b92c35d17643e2dff9110d45e98bae874d0648a",
            signature: include_bytes!("known_answers/compact.sig"),
            kem: "e7e04ead3536265362a3499016b954f68d9fd6831641505ee5ad97ae6b0d758a",
        },
        Suite::Pure65 => KnownAnswer {
            public_key: "fb84aee356ddf644f55e70dd38ed85401dfd6bf54ac4657114f5b5a44e5e5f29",
            signature: include_bytes!("known_answers/pure65.sig"),
            kem: "c1440d71071501251400698a8aa1fd9461912761d18cd9c8e0138e0f84b61a88",
        },
        Suite::Cnsa2 => KnownAnswer {
            public_key: "5972473847decaa567cc3d648ea138f43dcff544d3773c2bea81a9a752e8cd9a",
            signature: include_bytes!("known_answers/cnsa2.sig"),
            kem: "75f245f3d321b42f722646a3f926486791453b10461c6be9d14d3a043895a0b3",
        },
        Suite::Hsm => KnownAnswer {
            public_key: "bcb238cb62aa68b5840828149a6b5e1e48529fcf52f92b3735423ef751ea24cc",
            signature: include_bytes!("known_answers/hsm.sig"),
            kem: "2d1a053b8cdaaf5dde4dbc00720825f9f935f945390ca5234399a223f2739628",
        },
    }
}

/// The provider and its version, for the security report.
#[must_use]
pub fn provider() -> &'static str {
    &PROVIDER
}

/// Runs every algorithm of every suite against its known answer, and the generator against itself.
/// Tens of milliseconds. There is no fallback: whoever gets an error does not start.
///
/// # Errors
///
/// [`CryptoError::Provider`] names the first algorithm that is missing or wrong;
/// [`CryptoError::Entropy`].
pub fn self_test() -> Result<(), CryptoError> {
    if random::<32>()? == random::<32>()? {
        return Err(CryptoError::Entropy);
    }
    hashes()?;
    derivations()?;
    aeads()?;
    Suite::ALL.into_iter().try_for_each(|suite| {
        signatures(suite)?;
        kem(suite)
    })
}

fn hashes() -> Result<(), CryptoError> {
    let sha3 = "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532";
    expect(sha3_256(b"abc") == Sha3::from_hex(sha3)?, "SHA3-256")?;
    let sha2 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(sha256(b"abc") == Sha2::from_hex(sha2)?, "SHA-256")?;
    let sha512_hash = "2b8e2baefea41ddf88d7ccd66550cb9493970ea7854d2e74eb33e57cd3c73d9c";
    expect(sha256(&sha512(b"abc")) == Sha2::from_hex(sha512_hash)?, "SHA-512")
}

fn derivations() -> Result<(), CryptoError> {
    let key = SecretBytes::new(vec![1; 32]);
    expect_hex(
        &hmac_sha3_256(&key, MESSAGE),
        "acb2019ed17af2d4a77d1898d80f3b757bbc64802e9d10d194f53784e1c8eb94",
        "HMAC-SHA3-256",
    )?;
    let derived = hkdf_sha256(&key, b"salt", &[b"info"], 32)?;
    expect_hex(
        derived.expose(),
        "48e88d494fa828f2f9206b58e6682e11941fe4961803f8c41ccd8a0d822aa098",
        "HKDF-SHA-256",
    )?;
    let once = NonZeroU32::MIN;
    let derived = pbkdf2_hmac_sha256(&key, b"saltsalt", once, 32)?;
    expect_hex(
        derived.expose(),
        "10e1940ec112874b204e874bbaaac6fc2b8d64608c94d5397457047863337f23",
        "PBKDF2-HMAC-SHA-256",
    )?;
    let cheap = Argon2Params { m_kib: 64, t: 1, p: 1 };
    let derived = argon2id(&key, b"saltsalt", cheap, 32)?;
    expect_hex(
        derived.expose(),
        "6228265b0dd7d77da4ee3e18eb4e9fb5a09102c1d62d0d0cc53aab892fd2098c",
        "Argon2id",
    )
}

fn aeads() -> Result<(), CryptoError> {
    for (algorithm, answer) in [
        (AeadAlgorithm::ChaCha20Poly1305, "95688041e3c49ab51e406c7b47fbdf73c9ad2c3c2fc5b08000da"),
        (AeadAlgorithm::Aes256Gcm, "74a2bb262430b392bca1dff4220b9b4a442533dad04ca16f38a3"),
    ] {
        let key = AeadKey::new(algorithm, &SecretBytes::new(vec![1; 32]))?;
        let nonce = [2; 12];
        let body = key.seal_with_nonce(nonce, b"aad", MESSAGE)?;
        expect_hex(&body, answer, algorithm.name())?;
        let sealed = [nonce.as_slice(), &body].concat();
        let opened = key.open(b"aad", &sealed).is_ok_and(|plain| plain.expose() == MESSAGE);
        expect(opened && key.open(b"dad", &sealed).is_err(), algorithm.name())?;
    }
    Ok(())
}

fn signatures(suite: Suite) -> Result<(), CryptoError> {
    let known = known(suite);
    let context = Context::raw(CONTEXT)?;
    let key = SigningKey::from_seed(suite, &vec![suite.code(); suite.seed_len()])?;
    let what = suite.signature_algorithm();
    expect(key.public_key().fingerprint() == Sha3::from_hex(known.public_key)?, what)?;
    let public = PublicKey::from_bytes(suite, key.public_key().as_bytes())?;
    expect(public.verify(&context, MESSAGE, known.signature).is_ok(), what)?;
    expect(public.verify(&Context::X509, MESSAGE, known.signature).is_err(), what)?;
    // Signing is hedged, so its known answer is that it verifies, which it does itself.
    key.sign(&context, MESSAGE).map(drop)
}

fn kem(suite: Suite) -> Result<(), CryptoError> {
    let key = KemSecretKey::from_seed(suite, &vec![suite.code(); suite.kem_seed_len()])?;
    let coins = Coins { ml_kem: Zeroizing::new([3; 32]), x25519: Zeroizing::new([4; 32]) };
    let (shared, ciphertext) = key.public_key().encapsulate_with(&coins)?;
    let mut hasher = Sha3Hasher::new();
    for part in [key.public_key().as_bytes(), &ciphertext, shared.expose()] {
        hasher.update(part);
    }
    expect(hasher.finish() == Sha3::from_hex(known(suite).kem)?, suite.kem_name())?;
    let same = key.decapsulate(&ciphertext)?.expose() == shared.expose();
    expect(same, suite.kem_name())
}

fn expect_hex(answer: &[u8], known: &str, what: &'static str) -> Result<(), CryptoError> {
    expect(hex::encode(answer) == known, what)
}

fn expect(right: bool, what: &'static str) -> Result<(), CryptoError> {
    if right { Ok(()) } else { Err(CryptoError::Provider { what }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_answer_names_the_algorithm() {
        let refusal = CryptoError::Provider { what: "SHA3-256" };
        assert_eq!(expect_hex(&[1], "02", "SHA3-256"), Err(refusal));
    }

    #[test]
    fn every_algorithm_gives_its_known_answer() {
        assert_eq!(self_test(), Ok(()));
    }

    #[test]
    fn the_provider_is_named_with_its_version() {
        assert!(provider().starts_with("aws-lc-rs 1.19 (AWS-LC "), "{}", provider());
    }
}
