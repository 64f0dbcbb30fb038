//! The next issuing authority of a test's bank, and the second administrator that it takes.

use client::{Session, UserName, Wish};
use crypto::SigningKey;
use intent::Role;
use pki::{Certificate, Csr};
use server::authority::{InToken, KeyFile, KeyPurpose, succession};
use server::bank::Charter;
use server::clock;
use server::db::Db;

use crate::people::Holder;
use crate::{BANK, Bank, template};

/// What two administrators sign.
#[derive(Clone, Debug)]
pub struct Successor {
    /// By the root.
    pub certificate: Certificate,
    /// By the predecessor.
    pub cross: Certificate,
    /// What the root was asked, DER.
    pub request: Vec<u8>,
}

impl Successor {
    /// The wish of each of both.
    pub fn wish(&self, overlap_days: u16) -> Wish {
        let (certificate, cross) = (self.certificate.der().to_vec(), self.cross.der().to_vec());
        Wish::rotate_authority(certificate, cross, overlap_days)
    }
}

/// The key in one of a bank's files: the root's, or an issuing authority's.
pub fn authority_key(bank: &Bank, file: &str, purpose: KeyPurpose) -> SigningKey {
    let path = bank.folder().join(file);
    let opened = KeyFile::open(&path, &BANK.parse().unwrap(), &template::passphrase()).unwrap();
    SigningKey::from_seed(opened.suite(), opened.secret(purpose).unwrap().expose()).unwrap()
}

impl Bank {
    /// Makes the next issuing key and has root and predecessor certify it. The server learns of the key at its next start.
    pub async fn successor(&self) -> Successor {
        self.successor_in(None).await
    }

    /// As [`Bank::successor`], with half of the new key made in a token.
    pub async fn successor_in(&self, in_token: Option<&InToken>) -> Successor {
        let db = Db::connect(&self.urls().server, 2).await.unwrap();
        let charter = Charter::load(&db).await.unwrap().unwrap();
        db.close().await;
        let (passphrase, now) = (template::passphrase(), clock::now());
        let made =
            succession::prepare(&charter, self.folder(), &passphrase, in_token, now).unwrap();
        let root_key = authority_key(self, KeyFile::ROOT_KEY, KeyPurpose::Root);
        let request = Csr::from_der(&made.request).unwrap().verify().unwrap();
        let root = charter.issuers().active().chain().root().clone();
        let certificate = succession::certify(&root, &root_key, &request, now).unwrap();
        Successor { certificate, cross: made.cross_certificate, request: made.request }
    }

    /// A second administrator, signed in.
    pub async fn second_admin(&self) -> Session {
        let (role, name) = (Role::SystemAdmin, "Sam");
        let email = format!("{}@bank.example", uuid::Uuid::now_v7());
        let invited = self.admin().await.invite(role, name, &email).await.unwrap();
        self.manager().await.approve_invitation(invited.user).await.unwrap();
        let user = UserName { id: invited.user, role, name: name.to_owned() };
        let holder = Holder::generate(self.client().suite(), user);
        self.client().enrol(&holder, &invited.token).await.unwrap();
        self.login(&holder).await
    }

    /// A bank whose server holds the key of the next issuing authority, and what is to be signed.
    pub async fn start_with_successor() -> (Self, Successor) {
        let mut bank = Self::start().await;
        let successor = bank.successor().await;
        bank.stop_server().await;
        bank.start_server().await;
        (bank, successor)
    }
}
