//! A session without a certificate: it sees, and cannot sign.

use std::ops::Deref;

use crypto::{KemSecretKey, SecretBytes, open_sealed, sha256};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Channel, Tokens};
use crate::bank::BOOTSTRAP_PURPOSE;
use crate::wire::SessionAnswer;
use crate::{Bank, ClientError, RequestSigner, base64url, proof, routes};

const PASSWORD_TRANSCRIPT: &[u8] = b"strongroom/password-sign-in/v1";
const PASSKEY_TRANSCRIPT: &[u8] = b"strongroom/passkey-sign-in/v1";

/// What stands beside a password.
#[derive(Clone, Copy, Debug, Default)]
pub enum SecondFactor<'a> {
    /// Nothing: the session may be stepped up later.
    #[default]
    None,
    /// Six digits of an authenticator.
    Code(&'a str),
    /// A one-time recovery code.
    RecoveryCode(&'a str),
    /// The token of a trusted browser.
    TrustedDevice(&'a str),
}

/// An open session without a certificate.
pub struct Visit {
    channel: Channel,
    /// 1 or 2, when it was opened.
    pub aal: u8,
    /// What it can be stepped up with.
    pub second_factor: Vec<String>,
    /// Whose it is.
    pub user: intent::UserId,
}

impl Deref for Visit {
    type Target = Channel;

    fn deref(&self) -> &Channel {
        &self.channel
    }
}

impl Visit {
    /// Has the bank give this session a new key, after a fresh proof of identity; the old one is worth nothing then.
    pub async fn replace_key(&mut self) -> Result<(), ClientError> {
        self.channel.replace_key(None).await
    }
}

/// What an authenticator app must be told.
#[derive(Clone, Deserialize)]
pub struct AuthenticatorSetup {
    /// Base32, to be typed.
    pub secret: String,
    /// `otpauth://totp/…`
    pub uri: String,
    /// The URI as a QR code, SVG.
    pub qr_svg: String,
}

/// What a second factor brought about.
#[derive(Clone, Deserialize)]
pub struct VerifiedFactor {
    /// The level of the session from now on.
    pub aal: u8,
    /// Ten one-time codes, when an authenticator was confirmed.
    #[serde(default)]
    pub recovery_codes: Vec<String>,
}

/// Trust in a browser.
#[derive(Clone, Deserialize)]
pub struct TrustedDevice {
    /// To revoke it by.
    pub id: String,
    /// For [`SecondFactor::TrustedDevice`].
    pub trusted_device: String,
    /// End of the trust, RFC 3339.
    pub expires_at: String,
}

/// What both kinds of session can do about factors.
impl Channel {
    /// Begins to set an authenticator up; its first code, verified, completes it.
    pub async fn set_up_authenticator(&self) -> Result<AuthenticatorSetup, ClientError> {
        self.post(routes::MFA_SETUP, &json!({})).await
    }

    /// Shows a second factor: it completes a set-up, or steps the session up.
    pub async fn verify_factor(
        &self,
        factor: SecondFactor<'_>,
    ) -> Result<VerifiedFactor, ClientError> {
        let request = match factor {
            SecondFactor::RecoveryCode(code) => json!({ "recovery_code": code }),
            SecondFactor::Code(code) => json!({ "code": code }),
            SecondFactor::None | SecondFactor::TrustedDevice(_) => json!({}),
        };
        self.post(routes::MFA_VERIFY, &request).await
    }

    /// Ten new recovery codes in place of the old ones.
    pub async fn renew_recovery_codes(&self, code: &str) -> Result<Vec<String>, ClientError> {
        #[derive(Deserialize)]
        struct Answer {
            recovery_codes: Vec<String>,
        }
        let answer: Answer = self.post(routes::MFA_CODES, &json!({ "code": code })).await?;
        Ok(answer.recovery_codes)
    }

    /// Has this browser skip the second factor for a while.
    pub async fn trust_this_device(&self, name: &str) -> Result<TrustedDevice, ClientError> {
        self.post(routes::MFA_TRUSTED, &json!({ "name": name })).await
    }

    /// Sets the password, or changes it: `current` is needed in a session without a certificate.
    pub async fn set_password(
        &self,
        password: &str,
        current: Option<&str>,
    ) -> Result<(), ClientError> {
        #[derive(Serialize)]
        struct Request<'a> {
            password: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            current: Option<&'a str>,
        }
        let body = crate::bank::to_body(&Request { password, current })?;
        self.request(Method::POST, routes::PASSWORD, body).await.map(|_| ())
    }
}

#[derive(Deserialize)]
struct VisitAnswer {
    session_id: String,
    user_id: String,
    aal: u8,
    second_factor: Vec<String>,
    session: SessionAnswer,
}

impl Bank {
    /// Signs in with a password: to see, not to sign.
    pub async fn visit(
        &self,
        email: &str,
        password: &str,
        factor: SecondFactor<'_>,
    ) -> Result<Visit, ClientError> {
        let kem = KemSecretKey::generate(self.suite())?;
        let mut request = json!({
            "email": email,
            "password": password,
            "kem_public_key": base64url::encode(kem.public_key().as_bytes()),
        });
        let (name, value) = match factor {
            SecondFactor::None => ("", ""),
            SecondFactor::Code(code) => ("code", code),
            SecondFactor::RecoveryCode(code) => ("recovery_code", code),
            SecondFactor::TrustedDevice(token) => ("trusted_device", token),
        };
        if let Some(request) = request.as_object_mut().filter(|_| !name.is_empty()) {
            request.insert(name.to_owned(), value.into());
        }
        let answer: VisitAnswer = self.post(routes::LOGIN, &request).await?;
        let email = email.trim().to_ascii_lowercase();
        self.open_visit(answer, &kem, PASSWORD_TRANSCRIPT, email.as_bytes())
    }

    /// Completes a sign-in with a passkey: `credential` is what the authenticator answered to the options of
    /// `ceremony`, for a session whose secret `kem` opens.
    pub async fn visit_by_passkey(
        &self,
        ceremony: uuid::Uuid,
        credential: &serde_json::Value,
    ) -> Result<Visit, ClientError> {
        let kem = KemSecretKey::generate(self.suite())?;
        let request = json!({
            "ceremony": ceremony.to_string(),
            "credential": credential,
            "kem_public_key": base64url::encode(kem.public_key().as_bytes()),
        });
        let answer: VisitAnswer = self.post(routes::PASSKEY_LOGIN, &request).await?;
        self.open_visit(answer, &kem, PASSKEY_TRANSCRIPT, ceremony.as_bytes())
    }

    fn open_visit(
        &self,
        answer: VisitAnswer,
        kem: &KemSecretKey,
        domain: &[u8],
        subject: &[u8],
    ) -> Result<Visit, ClientError> {
        let tokens = Tokens::from_answer(
            answer.session.token,
            answer.session.refresh_token,
            &answer.session.expires_at,
        )?;
        if answer.session_id != tokens.session.to_string() {
            return Err(ClientError::Answer { what: "session_id" });
        }
        let transcript = transcript(
            domain,
            &[
                self.trust().bank.as_str().as_bytes(),
                self.trust().origin.as_bytes(),
                subject,
                kem.public_key().as_bytes(),
                tokens.session.as_bytes(),
            ],
        );
        let sealed = base64url::decode(&answer.session.sealed_secret, "sealed_secret")?;
        let bootstrap: SecretBytes = open_sealed(kem, BOOTSTRAP_PURPOSE, &transcript, &sealed)?;
        let key = proof::session_key(tokens.session, &bootstrap, None)?;
        let signer = RequestSigner::new(key, self.transport().instance().clone());
        Ok(Visit {
            channel: Channel::new(self.clone(), signer, tokens),
            aal: answer.aal,
            second_factor: answer.second_factor,
            user: answer.user_id.parse()?,
        })
    }
}

/// SHA-256 of a domain and of parts, each behind its length in four bytes, big endian.
pub(super) fn transcript(domain: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut text = domain.to_vec();
    for part in parts {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        text.extend_from_slice(&length.to_be_bytes());
        text.extend_from_slice(part);
    }
    *sha256(&text).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Computed with Python's hashlib, independently of this crate, as is the bank's.
    #[test]
    fn a_known_sign_in_has_the_known_transcript() {
        let parts: [&[u8]; 5] =
            [b"testbank", b"https://bank.example", b"alice@example.org", &[7; 32], &[3; 16]];
        assert_eq!(
            hex::encode(transcript(PASSWORD_TRANSCRIPT, &parts)),
            "ac017806d9e540e114b268ac3a11f235dabc0cb22541caccfd4a0990f7bb7b4b"
        );
    }
}
