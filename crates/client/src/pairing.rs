//! A device that waits for somebody else's signature: of an earlier device of the same person, or of a manager.

use crypto::{SecretBytes, Sha3, random_secret, sha3_256};
use intent::{DeviceId, Pairing, Receipt, UserId};
use pki::build_csr;
use serde_json::json;
use uuid::Uuid;

use crate::wire::{
    PairingAnswer, PairingRequest, PairingView, RecoveryAnswer, RecoveryRequest, StatusAnswer,
};
use crate::{Bank, ClientError, Identity, Session, base64url, routes};

const TOKEN_LEN: usize = 32;

/// A new device on its way to be paired.
pub struct NewDevice {
    /// What it shows: as text in a QR code, and as a number.
    pub pairing: Pairing,
    /// The request that was approved: signatures are never alike, so no other one will do.
    pub csr: Vec<u8>,
    /// The token it enrols with, once approved.
    pub token: SecretBytes,
    /// Until when it can be approved, RFC 3339.
    pub expires_at: String,
}

/// A recovery that waits for a manager.
pub struct PendingRecovery {
    /// Which request.
    pub request: Uuid,
    /// The token to enrol with, once approved.
    pub token: SecretBytes,
    /// Six digits to tell the manager.
    pub match_number: String,
    /// Until when it can be approved, RFC 3339.
    pub expires_at: String,
}

impl Bank {
    /// Asks for the approval of `identity`'s device by an earlier device of the same person.
    ///
    /// # Security
    ///
    /// What is shown is computed here from what was asked for; only the random id is the bank's.
    pub async fn pair(&self, identity: &Identity, name: &str) -> Result<NewDevice, ClientError> {
        let token = random_secret(TOKEN_LEN)?;
        let user = identity.user().id;
        let csr = build_csr(identity.key(), &user.to_string())?;
        let (csr_sha3, registration) = (sha3_256(&csr), sha3_256(token.expose()));
        let device = identity.device().id();
        let request = PairingRequest {
            user_id: user.to_string(),
            device_id: device.to_string(),
            csr_sha3: csr_sha3.to_string(),
            registration: registration.to_string(),
            name,
        };
        let answer: PairingAnswer = self.post(routes::PAIR, &request).await?;
        let told: Pairing = answer.payload.parse()?;
        let bank = self.trust().bank.clone();
        let pairing = Pairing { id: told.id, bank, user, device, csr_sha3, registration };
        if told == pairing && answer.match_number == pairing.number() {
            Ok(NewDevice { pairing, csr, token, expires_at: answer.expires_at })
        } else {
            Err(ClientError::Answer { what: "pairing" })
        }
    }

    /// Where a pairing stands: `waiting`, `approved` or `expired`.
    pub async fn pairing_status(&self, new: &NewDevice) -> Result<String, ClientError> {
        let request = json!({
            "pairing_id": new.pairing.id.to_string(),
            "registration_token": base64url::encode(new.token.expose()),
        });
        let answer: StatusAnswer = self.post(routes::PAIR_STATUS, &request).await?;
        Ok(answer.status)
    }

    /// Has the key of a paired device certified, once it was approved.
    pub async fn enrol_paired(
        &self,
        identity: &Identity,
        new: &NewDevice,
    ) -> Result<Receipt, ClientError> {
        self.enrol_with(identity, &new.token, new.csr.clone()).await
    }

    /// Asks for a recovery: every device is lost. Who has an authenticator shows one of their recovery codes.
    pub async fn request_recovery(
        &self,
        email: &str,
        code: Option<&str>,
    ) -> Result<PendingRecovery, ClientError> {
        let token = random_secret(TOKEN_LEN)?;
        let registration = sha3_256(token.expose()).to_string();
        let request = RecoveryRequest { email, code, registration };
        let answer: RecoveryAnswer = self.post(routes::RECOVERY, &request).await?;
        let request =
            answer.request_id.parse().map_err(|_| ClientError::Answer { what: "request_id" })?;
        let (match_number, expires_at) = (answer.match_number, answer.expires_at);
        Ok(PendingRecovery { request, token, match_number, expires_at })
    }

    /// Who may enrol now, once a manager has signed.
    pub async fn recovered(&self, asked: &PendingRecovery) -> Result<Option<UserId>, ClientError> {
        let request = json!({
            "request_id": asked.request.to_string(),
            "registration_token": base64url::encode(asked.token.expose()),
        });
        let answer: StatusAnswer = self.post(routes::RECOVERY_STATUS, &request).await?;
        Ok(answer.user_id.map(|id| id.parse()).transpose()?)
    }
}

impl Session {
    /// A pairing that waits for this person, as the bank was told of it. Compare its number, or its text, with what the
    /// new device shows before it is approved.
    pub async fn pairing(&self, id: Uuid) -> Result<Pairing, ClientError> {
        let view: PairingView = self.get(&format!("{}/pairings/{id}", routes::DEVICES)).await?;
        let answer = |what| ClientError::Answer { what };
        let digest = |hex: &str| Sha3::from_hex(hex).map_err(|_| answer("digest"));
        Ok(Pairing {
            id: view.pairing_id.parse().map_err(|_| answer("pairing_id"))?,
            bank: self.bank().trust().bank.clone(),
            user: view.user_id.parse()?,
            device: DeviceId::new(digest(&view.device_id)?),
            csr_sha3: digest(&view.csr_sha3)?,
            registration: digest(&view.registration)?,
        })
    }
}
