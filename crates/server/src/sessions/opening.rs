//! Opening a session: its secrets and tokens, and what its holder is told of them.

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::{KemPublicKey, SecretBytes, Sha3, random, random_secret, seal_to, sha3_256};
use intent::{Role, SessionId, UserId, UtcMicros};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::assurance::Assurance;
use super::place;
use super::proof::session_key;
use super::service::{MICROS_PER_SECOND, later, seconds};
use super::sign_in::SignIn;
use super::store::{self, NewSession};
use super::token::{Bearer, key_id};
use crate::Services;
use crate::attempts::failures_before;
use crate::clock::fresh_id;
use crate::corridor::{Fault, OriginInfo};
use crate::vault::VaultPurpose;

/// Life of a session, however often it is refreshed, in microseconds: one working day.
pub(crate) const SESSION_US: i64 = 12 * 60 * 60 * MICROS_PER_SECOND;
/// Length of a bootstrap secret and of a refresh token's secret, in bytes.
pub(super) const SECRET_LEN: usize = 32;
const FIRST_GENERATION: u64 = 1;
pub(super) const BOOTSTRAP_PURPOSE: &str = "session-bootstrap";

/// Who opens a session, by what.
pub(crate) struct Opener<'a> {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) assurance: Assurance,
    /// Of the certificate's device; a session without a certificate has none.
    pub(crate) device_key: Option<&'a SecretBytes>,
    /// The session ends no later than this.
    pub(crate) not_after: Option<UtcMicros>,
}

/// A session about to open.
pub(crate) struct Opening {
    pub(crate) session: SessionId,
    pub(super) user: UserId,
    pub(super) assurance: Assurance,
    bootstrap: SecretBytes,
    sealed_secret: Vec<u8>,
    refresh_hash: Sha3,
    refresh_token: String,
    bearer: (String, i64),
    pub(super) at: UtcMicros,
    pub(super) expires_at: UtcMicros,
}

impl Opening {
    /// Draws the secrets and makes the tokens. Nothing is open before [`Opening::store`] has committed.
    pub(crate) fn new(
        services: &Services,
        opener: &Opener<'_>,
        now: UtcMicros,
    ) -> Result<Self, Fault> {
        let session = SessionId::new(fresh_id(now));
        let bootstrap = random_secret(SECRET_LEN)?;
        let key = session_key(session, &bootstrap, opener.device_key)?;
        let tokens = services.sessions.tokens();
        let bearer = Bearer {
            session,
            user: opener.user,
            role: opener.role,
            certificate: opener.assurance.certificate().map(|(certificate, _)| certificate),
            key_id: &key_id(&key),
        };
        let bearer = tokens
            .bearer(&bearer, now.get().div_euclid(MICROS_PER_SECOND))
            .map_err(|_| Fault::Broken("a token could not be made"))?;
        let sealed_secret = services.vault.seal(
            VaultPurpose::SessionSecret,
            session.get().as_bytes(),
            &bootstrap,
        )?;
        let refresh_secret = random::<SECRET_LEN>()?;
        let expires_at = later(now, SESSION_US);
        Ok(Self {
            session,
            user: opener.user,
            assurance: opener.assurance,
            bootstrap,
            sealed_secret,
            refresh_hash: sha3_256(&refresh_secret),
            refresh_token: tokens.refresh(session, FIRST_GENERATION, &refresh_secret),
            bearer,
            at: now,
            expires_at: opener.not_after.map_or(expires_at, |end| expires_at.min(end)),
        })
    }

    /// Opens it, and says what was unusual about it.
    pub(crate) async fn store(
        &self,
        tx: &mut PgConnection,
        services: &Services,
        origin: &OriginInfo,
    ) -> sqlx::Result<SignIn> {
        let place = place::note(tx, services, self.user, &origin.ip, self.at).await?;
        let failures = failures_before(tx, services, self.user, self.at).await?;
        let sign_in = SignIn { place, failures };
        let new = NewSession {
            session: self.session,
            user: self.user,
            assurance: self.assurance,
            sign_in,
            sealed_secret: &self.sealed_secret,
            refresh_hash: &self.refresh_hash,
            ip: &origin.ip,
            user_agent: &origin.user_agent,
            at: self.at,
            expires_at: self.expires_at,
        };
        store::insert_session(tx, services.bank.book, &new).await?;
        Ok(sign_in)
    }

    /// What its holder is told: tokens, and the bootstrap secret sealed to `kem` under `transcript`.
    pub(crate) fn answer(&self, kem: &KemPublicKey, transcript: &[u8]) -> Result<Value, Fault> {
        let sealed = seal_to(kem, BOOTSTRAP_PURPOSE, transcript, self.bootstrap.expose())?;
        Ok(json!({
            "token": self.bearer.0,
            "refresh_token": self.refresh_token,
            "expires_at": seconds(self.bearer.1).to_string(),
            "session_expires_at": self.expires_at.to_string(),
            "sealed_secret": Base64UrlUnpadded::encode_string(&sealed),
        }))
    }
}
