//! Documents that the typed client would not write.

use client::{Identity, Session};
use crypto::{Context, Purpose, Sha3};
use intent::{BankId, Body, Details, Intent, IntentDraft, IntentId, SignedIntent};
use server::clock;
use uuid::Uuid;

use crate::template::BANK;

/// Signs whatever it is told with somebody's key.
#[derive(Clone, Copy)]
pub struct Forger<'a> {
    identity: &'a Identity,
}

impl<'a> Forger<'a> {
    /// With the key of an identity.
    pub const fn new(identity: &'a Identity) -> Self {
        Self { identity }
    }

    /// With the key of a session's holder.
    pub fn of(session: &'a Session) -> Self {
        Self { identity: session.identity() }
    }

    /// An intent as its holder would write it, outside the key's chain, to be altered.
    pub fn draft(&self, body: Body) -> IntentDraft {
        IntentDraft {
            bank: bank(),
            certificate: self.identity.certificate_hash().unwrap(),
            device: self.identity.device().id(),
            authority: self.identity.user().role,
            at: clock::now(),
            seq: 1,
            prev: Sha3::from_bytes([0; 32]),
            id: IntentId::new(Uuid::now_v7()).unwrap(),
            body,
        }
    }

    /// Signs a draft that is a valid document.
    pub fn sign(&self, draft: IntentDraft) -> SignedIntent {
        self.sign_with(draft, None)
    }

    /// Signs a draft and its details.
    pub fn sign_with(&self, draft: IntentDraft, details: Option<Details>) -> SignedIntent {
        SignedIntent::sign(draft.build().unwrap(), self.identity.key(), details).unwrap()
    }

    /// The next intent of the key's own chain.
    pub fn next(&self, body: Body) -> SignedIntent {
        self.identity.sign(&bank(), body, None).unwrap()
    }

    /// Signs bytes that may be no document at all, for the purpose of intents.
    pub fn sign_bytes(&self, bytes: Vec<u8>) -> SignedIntent {
        self.sign_bytes_for(Purpose::Intent, bytes)
    }

    /// Signs bytes for any purpose.
    pub fn sign_bytes_for(&self, purpose: Purpose, bytes: Vec<u8>) -> SignedIntent {
        let context = Context::new(BANK, purpose).unwrap();
        let key = self.identity.key();
        SignedIntent {
            signature: key.sign(&context, &bytes).unwrap().into_bytes(),
            suite: key.suite(),
            certificate: self.identity.certificate_hash().unwrap(),
            intent: bytes,
            details: None,
            file: None,
        }
    }

    /// Signs the text of a document after an edit of it.
    pub fn sign_edited(&self, body: Body, edit: impl FnOnce(&str) -> String) -> SignedIntent {
        let intent: Intent = self.draft(body).build().unwrap();
        let text = String::from_utf8(intent.into_canonical()).unwrap();
        let edited = edit(&text);
        assert_ne!(text, edited, "the edit changed nothing");
        self.sign_bytes(edited.into_bytes())
    }
}

fn bank() -> BankId {
    BANK.parse().unwrap()
}
