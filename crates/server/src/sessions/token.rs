//! Bearer tokens and refresh tokens.
//!
//! A bearer token is a JWT (RFC 7519), HMAC-SHA-256 only, ten minutes long, and useless without the key that its `cnf`
//! claim names (RFC 7800): every request is proved with it besides.
//!
//! A refresh token is opaque to its holder:
//!
//! ```text
//! base64url( session (16) || generation (8, big endian) || secret (32) || HMAC-SHA3-256 of the 56 bytes before (32) )
//! ```
//!
//! The MAC tells a token that we made and that is used a second time, which ends its session, from bytes that somebody
//! made up, which must not.

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::{MacKey, SecretBytes, Sha3, sha3_256};
use intent::{Role, SessionId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// Life of a bearer token, in seconds.
pub const TOKEN_LIFETIME_S: i64 = 10 * 60;
const SESSION_LEN: usize = 16;
const SECRET_LEN: usize = 32;
const SIGNED_LEN: usize = 56;
const REFRESH_LEN: usize = 88;
/// A claim of a key needs no more than its first 16 bytes to be found.
const KEY_ID_LEN: usize = 16;

/// What a bearer token says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The user.
    pub sub: Uuid,
    /// The session.
    pub sid: Uuid,
    /// The role's name.
    pub role: String,
    /// SHA3-256 of the certificate, hex; absent in a session without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crt: Option<String>,
    /// End, unix seconds.
    pub exp: i64,
    /// Start, unix seconds.
    pub iat: i64,
    /// The key that requests with this token are proved with.
    pub cnf: Confirmation,
}

/// RFC 7800 3.4: the key by its identifier.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// First 16 bytes of SHA3-256 of the session key, hex.
    pub kid: String,
}

/// What a bearer token is made for.
#[derive(Clone, Copy, Debug)]
pub struct Bearer<'a> {
    /// The session.
    pub session: SessionId,
    /// Its user.
    pub user: UserId,
    /// Their role.
    pub role: Role,
    /// SHA3-256 of their certificate, in a session that has one.
    pub certificate: Option<Sha3>,
    /// See [`key_id`].
    pub key_id: &'a str,
}

/// Names a session key without telling anything of it.
#[must_use]
pub fn key_id(session_key: &SecretBytes) -> String {
    let digest = sha3_256(session_key.expose());
    hex::encode(digest.as_bytes().first_chunk::<KEY_ID_LEN>().map_or(&[][..], |id| id))
}

/// Makes and reads the tokens of one bank.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    refresh_key: MacKey,
}

impl Tokens {
    /// With the bank's keys of both kinds of token.
    #[must_use]
    pub fn new(bearer_key: &SecretBytes, refresh_key: MacKey) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library reads a clock of its own; `exp` is checked below against the time that we are given.
        validation.validate_exp = false;
        validation.leeway = 0;
        Self {
            encoding: EncodingKey::from_secret(bearer_key.expose()),
            decoding: DecodingKey::from_secret(bearer_key.expose()),
            validation,
            refresh_key,
        }
    }

    /// A bearer token and its end in unix seconds.
    pub fn bearer(&self, bearer: &Bearer<'_>, now_s: i64) -> Result<(String, i64), TokenRefused> {
        let exp = now_s.saturating_add(TOKEN_LIFETIME_S);
        let claims = Claims {
            sub: bearer.user.get(),
            sid: bearer.session.get(),
            role: bearer.role.name().to_owned(),
            crt: bearer.certificate.map(|certificate| certificate.to_string()),
            exp,
            iat: now_s,
            cnf: Confirmation { kid: bearer.key_id.to_owned() },
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map(|token| (token, exp))
            .map_err(|_| TokenRefused::Invalid)
    }

    /// What a bearer token says, if we made it and it has not ended.
    pub fn read(&self, token: &str, now_s: i64) -> Result<Claims, TokenRefused> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| TokenRefused::Invalid)?
            .claims;
        if now_s >= claims.exp { Err(TokenRefused::Expired) } else { Ok(claims) }
    }

    /// The refresh token of a session's generation.
    #[must_use]
    pub fn refresh(&self, session: SessionId, generation: u64, secret: &[u8; 32]) -> String {
        let mut bytes = Vec::with_capacity(REFRESH_LEN);
        bytes.extend_from_slice(session.get().as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        bytes.extend_from_slice(secret);
        let tag = self.refresh_key.tag(&[&bytes]);
        bytes.extend_from_slice(&tag);
        Base64UrlUnpadded::encode_string(&bytes)
    }

    /// Reads a refresh token that we made.
    pub fn read_refresh(&self, token: &str) -> Result<Refresh, TokenRefused> {
        let bytes = Base64UrlUnpadded::decode_vec(token).map_err(|_| TokenRefused::Invalid)?;
        let (signed, tag) = bytes.split_at_checked(SIGNED_LEN).ok_or(TokenRefused::Invalid)?;
        self.refresh_key.verify(&[signed], tag).map_err(|_| TokenRefused::Invalid)?;
        Refresh::read(signed).ok_or(TokenRefused::Invalid)
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

/// A refresh token that we made; whether it is the present one of its session is for the database to say.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Refresh {
    /// The session.
    pub session: SessionId,
    /// Which one in the session's row of tokens, from 1.
    pub generation: u64,
    /// SHA3-256 of its secret, as stored.
    pub hash: Sha3,
}

impl Refresh {
    fn read(signed: &[u8]) -> Option<Self> {
        let (session, rest) = signed.split_first_chunk::<SESSION_LEN>()?;
        let (generation, secret) = rest.split_first_chunk::<8>()?;
        (secret.len() == SECRET_LEN).then(|| Self {
            session: SessionId::new(Uuid::from_bytes(*session)),
            generation: u64::from_be_bytes(*generation),
            hash: sha3_256(secret),
        })
    }
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum TokenRefused {
    /// Not made by this bank, for another algorithm, or not of its form.
    #[error("token is not valid")]
    Invalid,
    /// Its time has ended.
    #[error("token has expired")]
    Expired,
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    const NOW_S: i64 = 1_800_000_000;

    fn key() -> SecretBytes {
        crypto::random_secret(32).unwrap()
    }

    fn tokens() -> Tokens {
        Tokens::new(&key(), MacKey::new(&key()))
    }

    fn bearer(tokens: &Tokens) -> String {
        let bearer = Bearer {
            session: SessionId::new(Uuid::from_u128(1)),
            user: UserId::new(Uuid::from_u128(2)),
            role: Role::Customer,
            certificate: Some(sha3_256(b"certificate")),
            key_id: "00",
        };
        tokens.bearer(&bearer, NOW_S).unwrap().0
    }

    fn part(json: &str) -> String {
        Base64UrlUnpadded::encode_string(json.as_bytes())
    }

    #[test]
    fn a_token_without_a_signature_is_refused() {
        let tokens = tokens();
        let token = bearer(&tokens);
        let payload = token.split('.').nth(1).unwrap();
        for alg in ["none", "None", "NONE"] {
            let header = part(&format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#));
            let forged = format!("{header}.{payload}.");
            assert_eq!(tokens.read(&forged, NOW_S), Err(TokenRefused::Invalid), "{alg}");
        }
    }

    #[test]
    fn a_token_of_another_algorithm_under_the_very_same_key_is_refused() {
        let key = key();
        let tokens = Tokens::new(&key, MacKey::new(&key));
        let claims = tokens.read(&bearer(&tokens), NOW_S).unwrap();
        let key = EncodingKey::from_secret(key.expose());
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            let forged = jsonwebtoken::encode(&Header::new(algorithm), &claims, &key).unwrap();
            assert_eq!(tokens.read(&forged, NOW_S), Err(TokenRefused::Invalid));
        }
        let header = part(r#"{"alg":"RS256","typ":"JWT"}"#);
        let token = bearer(&tokens);
        let rest = token.split_once('.').unwrap().1;
        assert_eq!(tokens.read(&format!("{header}.{rest}"), NOW_S), Err(TokenRefused::Invalid));
    }

    #[test]
    fn a_token_of_another_bank_is_refused() {
        let (ours, theirs) = (tokens(), tokens());
        assert_eq!(ours.read(&bearer(&theirs), NOW_S), Err(TokenRefused::Invalid));
    }

    #[test]
    fn a_token_ends_after_ten_minutes_to_the_second() {
        let tokens = tokens();
        let token = bearer(&tokens);
        assert!(tokens.read(&token, NOW_S + TOKEN_LIFETIME_S - 1).is_ok());
        let ended = tokens.read(&token, NOW_S + TOKEN_LIFETIME_S);
        assert_eq!(ended, Err(TokenRefused::Expired));
    }

    #[test]
    fn every_altered_character_of_a_token_is_noticed() {
        let tokens = tokens();
        let token = bearer(&tokens);
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert_ne!(tokens.read(&altered, NOW_S).ok(), tokens.read(&token, NOW_S).ok());
        }
    }

    #[test]
    fn a_refresh_token_that_somebody_made_up_is_not_one_of_ours() {
        let tokens = tokens();
        let session = SessionId::new(Uuid::from_u128(9));
        let token = tokens.refresh(session, 3, &[5; 32]);
        let read = tokens.read_refresh(&token).unwrap_or_else(|_| panic!("ours"));
        assert_eq!((read.session, read.generation), (session, 3));
        assert!(read.hash == sha3_256(&[5; 32]));
        let mut bytes = Base64UrlUnpadded::decode_vec(&token).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            let altered = Base64UrlUnpadded::encode_string(&bytes);
            assert_eq!(tokens.read_refresh(&altered).err(), Some(TokenRefused::Invalid), "{at}");
            bytes[at] ^= 1;
        }
        for malformed in ["", "AAAA", "not base64!"] {
            assert_eq!(tokens.read_refresh(malformed).err(), Some(TokenRefused::Invalid));
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_stranger_calls_a_token_is_refused(text in "[A-Za-z0-9_=-]{0,80}([.][A-Za-z0-9_=-]{0,80}){0,3}|.{0,80}") {
            static TOKENS: LazyLock<Tokens> = LazyLock::new(tokens);
            let tokens = &*TOKENS;
            proptest::prop_assert!(tokens.read(&text, NOW_S).is_err());
            proptest::prop_assert!(tokens.read_refresh(&text).is_err());
        }
    }
}
