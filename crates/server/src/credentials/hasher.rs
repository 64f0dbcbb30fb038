//! Argon2id for passwords: two at once at most, and the same work for people who are not there.

use std::sync::Arc;
use std::time::Duration;

use crypto::{
    Argon2Params, CryptoError, SecretBytes, argon2id, constant_time_eq, random, random_secret,
};
use tokio::sync::Semaphore;

use super::password::Password;
use crate::problem::{Code, Problem};

/// Length of a salt, in bytes (RFC 9106, section 3.1).
pub(super) const SALT_LEN: usize = 16;
const HASH_LEN: usize = 32;
/// Each takes 19 MiB and a core.
const AT_ONCE_MAX: usize = 2;
/// How long an attempt waits for its turn.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// A password as it is kept.
pub(super) struct Kept {
    pub(super) salt: [u8; SALT_LEN],
    pub(super) params: Argon2Params,
    pub(super) hash: SecretBytes,
}

/// Hashes passwords. Clones share the places.
#[derive(Clone)]
pub(crate) struct Passwords(Arc<Inner>);

struct Inner {
    places: Semaphore,
    wait_max: Duration,
    /// Compared with where there is no password. Nobody knows one that it is the hash of.
    stand_in: Kept,
}

impl Passwords {
    /// With a stand-in of its own.
    pub(crate) fn new() -> Result<Self, CryptoError> {
        Self::waiting(WAIT_MAX)
    }

    fn waiting(wait_max: Duration) -> Result<Self, CryptoError> {
        let stand_in =
            Kept { salt: random()?, params: Argon2Params::USER, hash: random_secret(HASH_LEN)? };
        Ok(Self(Arc::new(Inner { places: Semaphore::new(AT_ONCE_MAX), wait_max, stand_in })))
    }

    /// Hashes a newly chosen password, with a salt of its own.
    pub(super) async fn keep(&self, password: &Password) -> Result<Kept, Problem> {
        let salt = random().map_err(|error| failed(&error))?;
        let params = Argon2Params::USER;
        let hash = self.hash(password, salt, params).await?;
        Ok(Kept { salt, params, hash })
    }

    /// Whether `password` is the one that is kept. `None`: there is none, which takes as long to find out.
    pub(super) async fn is_right(
        &self,
        password: &Password,
        kept: Option<&Kept>,
    ) -> Result<bool, Problem> {
        let compared = kept.unwrap_or(&self.0.stand_in);
        let hash = self.hash(password, compared.salt, compared.params).await?;
        Ok(constant_time_eq(hash.expose(), compared.hash.expose()) && kept.is_some())
    }

    async fn hash(
        &self,
        password: &Password,
        salt: [u8; SALT_LEN],
        params: Argon2Params,
    ) -> Result<SecretBytes, Problem> {
        let turn = tokio::time::timeout(self.0.wait_max, self.0.places.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(Problem::new(Code::Overloaded)) };
        let secret = password.secret().duplicate();
        let hashed =
            tokio::task::spawn_blocking(move || argon2id(&secret, &salt, params, HASH_LEN));
        hashed.await.map_err(|_| Problem::internal())?.map_err(|error| failed(&error))
    }
}

fn failed(error: &CryptoError) -> Problem {
    tracing::error!(%error, "a password could not be hashed");
    Problem::internal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_that_was_kept_is_right() {
        let passwords = Passwords::new().unwrap();
        let right = Password::presented("seven green umbrellas");
        let kept = passwords.keep(&right).await.unwrap();
        assert!(passwords.is_right(&right, Some(&kept)).await.unwrap());
        let wrong = Password::presented("seven green umbrella");
        assert!(!passwords.is_right(&wrong, Some(&kept)).await.unwrap());
        assert!(!passwords.is_right(&right, None).await.unwrap());
        let again = passwords.keep(&right).await.unwrap();
        assert_ne!(again.salt, kept.salt);
        assert_ne!(again.hash.expose(), kept.hash.expose());
    }

    #[tokio::test]
    async fn no_more_than_two_are_hashed_at_once_and_whoever_waits_too_long_is_told() {
        let passwords = Passwords::waiting(Duration::from_millis(10)).unwrap();
        let both = passwords.0.places.acquire_many(2).await.unwrap();
        let waited = passwords.is_right(&Password::presented("x"), None).await;
        assert_eq!(waited.unwrap_err().code(), "overloaded");
        drop(both);
        assert!(!passwords.is_right(&Password::presented("x"), None).await.unwrap());
    }
}
