//! A bank as someone without a session sees it: register, enrol, log in.

use std::sync::Arc;

use crypto::{KemSecretKey, SecretBytes, Suite, open_sealed, seal_to, sha3_256, sha256};
use intent::{Body, DeviceId, Form, Intent, Kind, Receipt, SignedIntent};
use pki::{Certificate, build_csr, validate_path};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::receipt::{other_bank, verify_receipt};
use crate::session::{Session, Tokens};
use crate::wire::{
    ChallengeAnswer, ChallengeRequest, EnrolAnswer, LoginAnswer, RegisterAnswer, RegisterRequest,
    SecurityInfo,
};
use crate::{
    Certificates, ClientError, Identity, RequestSigner, Transport, Trust, base64url, clock, form,
    proof, routes,
};

const DEVICE_KEY_PURPOSE: &str = "device-key";
pub(crate) const BOOTSTRAP_PURPOSE: &str = "session-bootstrap";

/// A connection to a bank whose keys are known. Cheap to clone.
#[derive(Clone)]
pub struct Bank {
    transport: Transport,
    trust: Arc<Trust>,
}

/// A registration: what turns into an enrolment, once.
pub struct Registration {
    /// The user.
    pub user: intent::UserId,
    /// One-time token.
    pub token: SecretBytes,
    /// When it ends, RFC 3339; empty for an invitation that was handed over.
    pub expires_at: String,
}

impl Bank {
    /// The bank at an address, by keys known beforehand.
    #[must_use]
    pub fn new(transport: Transport, trust: Trust) -> Self {
        Self { transport, trust: Arc::new(trust) }
    }

    /// The bank at an address, by the keys that the server shows.
    ///
    /// # Security
    ///
    /// Trust on first use. Keep [`Bank::trust`] and compare: [`Trust::is_same_bank`].
    pub async fn connect(transport: Transport) -> Result<Self, ClientError> {
        let info = security_info(&transport).await?;
        let trust = info.trust()?;
        Ok(Self::new(transport, trust))
    }

    /// What the bank is judged by.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The connections.
    #[must_use]
    pub const fn transport(&self) -> &Transport {
        &self.transport
    }

    /// What runs there: suites, provider, TLS group of this connection.
    pub async fn security_info(&self) -> Result<SecurityInfo, ClientError> {
        let info = security_info(&self.transport).await?;
        let shown = info.trust()?;
        if shown.is_same_bank(&self.trust) {
            Ok(info)
        } else {
            Err(other_bank(&self.trust.bank, &shown.bank))
        }
    }

    /// Whether the server answers at all.
    pub async fn is_alive(&self) -> Result<(), ClientError> {
        let path = routes::ALIVE;
        self.transport.send(Method::GET, path, HeaderMap::new(), Vec::new()).await.map(drop)
    }

    /// Registers a customer. Staff are invited when the bank is founded.
    pub async fn register(&self, name: &str, email: &str) -> Result<Registration, ClientError> {
        let answer: RegisterAnswer =
            self.post(routes::REGISTER, &RegisterRequest { name, email }).await?;
        let token = base64url::decode(&answer.registration_token, "registration_token")?;
        Ok(Registration {
            user: answer.user_id.parse()?,
            token: SecretBytes::new(token),
            expires_at: answer.expires_at,
        })
    }

    /// Has the key of an identity certified, by a registration's one-time token.
    ///
    /// The signed intent carries the certificate request, the device's identity and a commitment
    /// to the device key; the key itself travels beside it, sealed to the bank.
    pub async fn enrol(
        &self,
        identity: &Identity,
        token: &SecretBytes,
    ) -> Result<Receipt, ClientError> {
        // The bank names the holder by id, and a name may be longer than a certificate admits.
        let csr = build_csr(identity.key(), &identity.user().id.to_string())?;
        self.enrol_with(identity, token, csr).await
    }

    /// As [`Bank::enrol`], by a request that was made before.
    pub(crate) async fn enrol_with(
        &self,
        identity: &Identity,
        token: &SecretBytes,
        csr: Vec<u8>,
    ) -> Result<Receipt, ClientError> {
        let stand_in = sha3_256(&csr);
        let body = Body::UserEnrol {
            user: identity.user().id,
            csr,
            device: identity.device().id(),
            device_key_commitment: identity.device().key_commitment(),
            kem_public_key: identity.kem().public_key().as_bytes().to_vec(),
            registration: sha3_256(token.expose()),
        };
        let signed = identity.sign_under(stand_in, &self.trust.bank, body, None)?;
        let sealed = self.seal_device_key(identity, &signed)?;
        let beside: [(&str, &[u8]); 2] =
            [("registration_token", token.expose()), ("sealed_device_key", &sealed)];
        let (receipt, rest) = self.submit(routes::of(Kind::UserEnrol), &signed, &beside).await?;
        let mut receipt = self.settle(receipt, &signed, &[])?;
        let certificates = self.accept_certificates(identity, &from_rest(rest)?)?;
        certificates.complete(&mut receipt);
        identity.accept(certificates);
        Ok(receipt)
    }

    /// Logs in: answers the bank's challenge by the key and by the device, and opens the session.
    pub async fn login(&self, identity: Arc<Identity>) -> Result<Session, ClientError> {
        let challenge: ChallengeAnswer = self
            .post(
                routes::CHALLENGE,
                &ChallengeRequest {
                    certificate: identity.certificate_hash()?.to_string(),
                    device_id: identity.device().id().to_string(),
                },
            )
            .await?;
        let kem = KemSecretKey::generate(self.trust.suite)?;
        let body = Body::SessionLogin {
            challenge: nonce(&challenge.nonce)?,
            origin: self.trust.origin.clone(),
            kem_public_key: kem.public_key().as_bytes().to_vec(),
        };
        let signed = identity.sign(&self.trust.bank, body, None)?;
        let device_proof = identity.device().proof(&signed.intent);
        let beside: [(&str, &[u8]); 1] = [("device_proof", &device_proof)];
        let (receipt, rest) = self.submit(routes::of(Kind::SessionLogin), &signed, &beside).await?;
        self.settle(receipt, &signed, &device_proof)?;

        let answer: LoginAnswer = from_rest(rest)?;
        let sealed = base64url::decode(&answer.session.sealed_secret, "sealed_secret")?;
        let transcript = sha256(&signed.intent);
        let bootstrap = open_sealed(&kem, BOOTSTRAP_PURPOSE, transcript.as_bytes(), &sealed)?;
        let tokens = Tokens::from_answer(
            answer.session.token,
            answer.session.refresh_token,
            &answer.session.expires_at,
        )?;
        let key = proof::session_key(tokens.session, &bootstrap, Some(identity.device().key()))?;
        let prover = RequestSigner::new(key, self.transport.instance().clone());
        Ok(Session::new(self.clone(), identity, prover, tokens))
    }

    /// The device key of an identity, sealed to the bank for one intent.
    pub(crate) fn seal_device_key(
        &self,
        identity: &Identity,
        signed: &SignedIntent,
    ) -> Result<Vec<u8>, ClientError> {
        let transcript = sha256(&signed.intent);
        let key = identity.device().key().expose();
        Ok(seal_to(&self.trust.kem, DEVICE_KEY_PURPOSE, transcript.as_bytes(), key)?)
    }

    /// Completes a receipt with what the sender has and verifies all of it.
    pub(crate) fn settle(
        &self,
        mut receipt: Receipt,
        signed: &SignedIntent,
        device_proof: &[u8],
    ) -> Result<Receipt, ClientError> {
        receipt.complete(signed, device_proof);
        let proof = verify_receipt(&receipt, &self.trust)?;
        let ours = Intent::parse(&signed.intent)?;
        // The commitments bind the bytes, so equal bytes under a valid proof are the whole match.
        let same = proof.facts.intent.is_some_and(|intent| intent.canonical() == ours.canonical());
        if same && receipt.intent_id == ours.id() {
            Ok(receipt)
        } else {
            Err(ClientError::ForeignReceipt)
        }
    }

    /// Believes a new certificate only if it is for this key, this device and this role, under
    /// the root that is trusted.
    pub(crate) fn accept_certificates(
        &self,
        identity: &Identity,
        answer: &EnrolAnswer,
    ) -> Result<Certificates, ClientError> {
        let holder = Certificate::from_pem(&answer.certificate)?;
        let issuing = Certificate::from_pem(&answer.issuing)?;
        let root = Certificate::from_pem(&answer.root)?;
        let foreign = |what| Err(ClientError::ForeignCertificate { what });
        if root.fingerprint() != self.trust.root.fingerprint() {
            return foreign("root");
        }
        if holder.public_key() != identity.key().public_key() {
            return foreign("key");
        }
        let Some(claims) = holder.claims() else { return foreign("claims") };
        if DeviceId::new(claims.device_id) != identity.device().id() {
            return foreign("device");
        }
        if claims.role != identity.user().role.name() {
            return foreign("role");
        }
        validate_path(&holder, &issuing, &root, None, clock::now_s())?;
        Ok(Certificates { holder, issuing, root })
    }

    /// Sends an envelope, with what is beside it, where there is no session.
    async fn submit(
        &self,
        path: &str,
        signed: &SignedIntent,
        beside: &[(&str, &[u8])],
    ) -> Result<(Receipt, Map<String, Value>), ClientError> {
        let form = self.transport.form();
        let body = form::body_beside(form, signed, beside)?;
        let bytes = self.transport.send(Method::POST, path, form::headers(form), body).await?;
        form::read_answer(form, &bytes)
    }

    pub(crate) async fn post<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        path: &str,
        request: &Q,
    ) -> Result<A, ClientError> {
        let body = to_body(request)?;
        let headers = form::headers(Form::Json);
        let bytes = self.transport.send(Method::POST, path, headers, body).await?;
        from_body(&bytes)
    }

    /// The suite that new keys are made for.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.trust.suite
    }
}

async fn security_info(transport: &Transport) -> Result<SecurityInfo, ClientError> {
    let path = routes::SECURITY_INFO;
    from_body(&transport.send(Method::GET, path, HeaderMap::new(), Vec::new()).await?)
}

pub(crate) fn to_body<Q: Serialize>(request: &Q) -> Result<Vec<u8>, ClientError> {
    serde_json::to_vec(request).map_err(|_| ClientError::Answer { what: "request" })
}

pub(crate) fn from_body<A: DeserializeOwned>(bytes: &[u8]) -> Result<A, ClientError> {
    serde_json::from_slice(bytes).map_err(|_| ClientError::Answer { what: "body" })
}

/// What stands beside a receipt.
pub(crate) fn from_rest<A: DeserializeOwned>(rest: Map<String, Value>) -> Result<A, ClientError> {
    serde_json::from_value(Value::Object(rest)).map_err(|_| ClientError::Answer { what: "body" })
}

pub(crate) fn nonce(text: &str) -> Result<[u8; 32], ClientError> {
    let mut nonce = [0; 32];
    hex::decode_to_slice(text, &mut nonce).map_err(|_| ClientError::Answer { what: "nonce" })?;
    Ok(nonce)
}
