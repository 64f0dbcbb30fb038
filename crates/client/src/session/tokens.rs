//! The tokens of a session, and the session laid down between two processes.

use crypto::SecretBytes;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::bank::from_body;
use crate::{ClientError, base64url, clock};

/// The token is renewed this long before it ends, so that a slow request still arrives in time.
const RENEW_BEFORE_S: i64 = 60;

/// The tokens of a session; they change when it is refreshed.
pub(crate) struct Tokens {
    pub(crate) session: Uuid,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    pub(crate) expires_at_s: i64,
}

/// A session laid down between two processes. Secret.
pub struct Standing {
    /// Identity of the session.
    pub session: Uuid,
    /// The key of its request proofs.
    pub key: SecretBytes,
    /// Bearer token.
    pub token: String,
    /// One-time refresh token.
    pub refresh_token: String,
    /// End of the bearer token, unix seconds.
    pub expires_at_s: i64,
}

impl Tokens {
    /// The session's identity is the claim `sid` of the token; who believes the token is the bank,
    /// so it is only read here, not checked.
    pub(crate) fn from_answer(
        token: String,
        refresh_token: String,
        expires_at: &str,
    ) -> Result<Self, ClientError> {
        const BAD_TOKEN: ClientError = ClientError::Answer { what: "token" };
        let payload = token.split('.').nth(1).ok_or(BAD_TOKEN)?;
        let claims: Value = from_body(&base64url::decode(payload, "token")?)?;
        let session = claims.get("sid").and_then(Value::as_str).and_then(|sid| sid.parse().ok());
        let expires_at = OffsetDateTime::parse(expires_at, &Rfc3339)
            .map_err(|_| ClientError::Answer { what: "expires_at" })?;
        Ok(Self {
            session: session.ok_or(BAD_TOKEN)?,
            token,
            refresh_token,
            expires_at_s: expires_at.unix_timestamp(),
        })
    }

    pub(super) fn is_fresh(&self) -> bool {
        clock::now_s().saturating_add(RENEW_BEFORE_S) < self.expires_at_s
    }
}
