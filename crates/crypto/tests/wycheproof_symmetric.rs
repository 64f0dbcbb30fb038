//! Wycheproof: ChaCha20-Poly1305, HKDF, HMAC-SHA3-256, PBKDF2.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod vectors;

use crypto::{
    AeadAlgorithm, AeadKey, SecretBytes, constant_time_eq, hkdf_sha256, hmac_sha3_256,
    hmac_sha3_256_verify, pbkdf2_hmac_sha256,
};
use serde_json::Value;
use vectors::{bytes, is_valid};

fn secret(case: &Value, key: &str) -> SecretBytes {
    SecretBytes::new(bytes(case, key))
}

fn number(case: &Value, key: &str) -> usize {
    case[key].as_u64().unwrap().try_into().unwrap()
}

#[test]
fn chacha20_poly1305() {
    let Some(file) = vectors::json("wycheproof/chacha20_poly1305_test.json") else { return };
    let mut ran = 0;
    for (_, case) in vectors::wycheproof(&file) {
        let key = AeadKey::new(AeadAlgorithm::ChaCha20Poly1305, &secret(case, "key")).unwrap();
        let body = [bytes(case, "ct"), bytes(case, "tag")].concat();
        let opened = <[u8; 12]>::try_from(bytes(case, "iv")).ok().and_then(|nonce| {
            let sealed = [nonce.as_slice(), &body].concat();
            if is_valid(case) {
                let made = key.seal_with_nonce(nonce, &bytes(case, "aad"), &bytes(case, "msg"));
                assert_eq!(made.unwrap(), body, "case {}", case["tcId"]);
            }
            key.open(&bytes(case, "aad"), &sealed).ok()
        });
        let opened = opened.map(|plain| plain.expose().to_vec());
        let expected = is_valid(case).then(|| bytes(case, "msg"));
        assert_eq!(opened, expected, "case {}", case["tcId"]);
        ran += 1;
    }
    assert_eq!(ran, 325);
}

#[test]
fn hkdf() {
    let Some(file) = vectors::json("wycheproof/hkdf_sha256_test.json") else { return };
    let mut ran = 0;
    for (_, case) in vectors::wycheproof(&file) {
        let (salt, info) = (bytes(case, "salt"), bytes(case, "info"));
        let made = hkdf_sha256(&secret(case, "ikm"), &salt, &[&info], number(case, "size"));
        let made = made.ok().map(|made| made.expose().to_vec());
        let expected = is_valid(case).then(|| bytes(case, "okm"));
        assert_eq!(made, expected, "case {}", case["tcId"]);
        ran += 1;
    }
    assert_eq!(ran, 86);
}

#[test]
fn hmac_sha3() {
    let Some(file) = vectors::json("wycheproof/hmac_sha3_256_test.json") else { return };
    let mut ran = 0;
    for (group, case) in vectors::wycheproof(&file) {
        let (key, message, tag) = (secret(case, "key"), bytes(case, "msg"), bytes(case, "tag"));
        let made = hmac_sha3_256(&key, &message);
        // Truncated tags are not offered by our interface; their bytes are compared here.
        let kept = &made[..number(group, "tagSize") / 8];
        assert_eq!(constant_time_eq(kept, &tag), is_valid(case), "case {}", case["tcId"]);
        let whole = hmac_sha3_256_verify(&key, &message, &tag).is_ok();
        assert_eq!(whole, is_valid(case) && tag.len() == 32, "case {}", case["tcId"]);
        ran += 1;
    }
    assert_eq!(ran, 174);
}

#[test]
fn pbkdf2() {
    let Some(file) = vectors::json("wycheproof/pbkdf2_hmacsha256_test.json") else { return };
    let mut ran = 0;
    for (_, case) in vectors::wycheproof(&file) {
        let iterations = u32::try_from(number(case, "iterationCount")).unwrap();
        let made = pbkdf2_hmac_sha256(
            &secret(case, "password"),
            &bytes(case, "salt"),
            iterations.try_into().unwrap(),
            number(case, "dkLen"),
        );
        assert_eq!(made.unwrap().expose(), bytes(case, "dk"), "case {}", case["tcId"]);
        ran += 1;
    }
    assert_eq!(ran, 60);
}
