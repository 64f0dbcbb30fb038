//! Who acts in a test, and how a holder is kept in the template.

use std::ops::Deref;
use std::sync::Arc;

use client::{Certificates, Device, Identity, KeyChain, Session, UserName};
use crypto::{KemSecretKey, SecretBytes, Sha3, SigningKey, Suite};
use ledger::AccountId;
use pki::Certificate;
use serde::{Deserialize, Serialize};

/// A holder with the secret of its device at hand, which the typed client rightly never gives away.
#[derive(Clone)]
pub struct Holder {
    /// Keys, certificates and chain.
    pub identity: Arc<Identity>,
    device_secret: [u8; 32],
}

/// Someone with an account in euro and an open session.
pub struct Customer {
    /// Signed in.
    pub session: Session,
    /// Their account.
    pub account: AccountId,
    /// Keys and device.
    pub holder: Holder,
}

impl Deref for Customer {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Deref for Holder {
    type Target = Arc<Identity>;

    fn deref(&self) -> &Arc<Identity> {
        &self.identity
    }
}

impl Holder {
    /// New keys on a new device.
    pub fn generate(suite: Suite, user: UserName) -> Self {
        let secret = crypto::random::<32>().unwrap();
        Self::generate_on(secret, suite, user)
    }

    /// New keys on the device of a secret.
    pub fn generate_on(secret: [u8; 32], suite: Suite, user: UserName) -> Self {
        let identity = Identity::generate(suite, user, device(secret)).unwrap();
        Self { identity: Arc::new(identity), device_secret: secret }
    }

    /// The secret of the device: what a thief of the device would have.
    pub fn device_secret(&self) -> [u8; 32] {
        self.device_secret
    }

    /// The same keys and certificate on another device: what a thief of the key file would have.
    #[must_use]
    pub fn copied_to_another_device(&self) -> Self {
        self.rebuilt(crypto::random::<32>().unwrap(), self.certificates().cloned())
    }

    /// The same keys and device with other certificates.
    #[must_use]
    pub fn with_certificates(&self, certificates: Certificates) -> Self {
        self.rebuilt(self.device_secret, Some(certificates))
    }

    /// The same person and device with the keys of somebody else, not certified.
    #[must_use]
    pub fn with_keys_of(&self, other: &Self) -> Self {
        let suite = other.key().suite();
        let identity = Identity::from_parts(
            self.user().clone(),
            SigningKey::from_seed(suite, other.key().seed().expose()).unwrap(),
            KemSecretKey::from_seed(suite, other.kem().seed().expose()).unwrap(),
            device(self.device_secret),
            None,
            KeyChain::START,
        );
        Self { identity: Arc::new(identity), device_secret: self.device_secret }
    }

    fn rebuilt(&self, device_secret: [u8; 32], certificates: Option<Certificates>) -> Self {
        let suite = self.key().suite();
        let identity = Identity::from_parts(
            self.user().clone(),
            SigningKey::from_seed(suite, self.key().seed().expose()).unwrap(),
            KemSecretKey::from_seed(suite, self.kem().seed().expose()).unwrap(),
            device(device_secret),
            certificates,
            self.chain(),
        );
        Self { identity: Arc::new(identity), device_secret }
    }

    pub(crate) fn to_kept(&self) -> KeptHolder {
        let certificates = self.certificates().unwrap();
        let chain = self.chain();
        KeptHolder {
            suite: self.key().suite().to_string(),
            user: self.user().id.to_string(),
            role: self.user().role.name().to_owned(),
            name: self.user().name.clone(),
            key_seed: hex::encode(self.key().seed().expose()),
            kem_seed: hex::encode(self.kem().seed().expose()),
            device_secret: hex::encode(self.device_secret),
            holder: certificates.holder.to_pem(),
            issuing: certificates.issuing.to_pem(),
            root: certificates.root.to_pem(),
            seq: chain.seq,
            prev: chain.prev.to_string(),
        }
    }

    pub(crate) fn from_kept(kept: &KeptHolder) -> Self {
        let suite: Suite = kept.suite.parse().unwrap();
        let device_secret = hex::decode(&kept.device_secret).unwrap().try_into().unwrap();
        let seed = |text: &str| hex::decode(text).unwrap();
        let identity = Identity::from_parts(
            UserName {
                id: kept.user.parse().unwrap(),
                role: kept.role.parse().unwrap(),
                name: kept.name.clone(),
            },
            SigningKey::from_seed(suite, &seed(&kept.key_seed)).unwrap(),
            KemSecretKey::from_seed(suite, &seed(&kept.kem_seed)).unwrap(),
            device(device_secret),
            Some(Certificates {
                holder: Certificate::from_pem(&kept.holder).unwrap(),
                issuing: Certificate::from_pem(&kept.issuing).unwrap(),
                root: Certificate::from_pem(&kept.root).unwrap(),
            }),
            KeyChain { seq: kept.seq, prev: Sha3::from_hex(&kept.prev).unwrap() },
        );
        Self { identity: Arc::new(identity), device_secret }
    }
}

fn device(secret: [u8; 32]) -> Device {
    Device::from_secret(SecretBytes::new(secret.to_vec())).unwrap()
}

/// A holder as the template keeps it: in the clear, because it guards nothing.
#[derive(Deserialize, Serialize)]
pub(crate) struct KeptHolder {
    suite: String,
    user: String,
    role: String,
    name: String,
    key_seed: String,
    kem_seed: String,
    device_secret: String,
    holder: String,
    issuing: String,
    root: String,
    seq: u64,
    prev: String,
}
