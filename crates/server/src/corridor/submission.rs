//! What goes into the corridor and what comes out.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use crypto::SecretBytes;
use intent::{
    Actor, CheckpointText, Details, Effects, EventKind, Form, Intent, IntentId, Leaf, Origin,
    Outcome, ReceiptParts, Record, Verified, cbor,
};
use serde_json::{Map, Value};
use tlog::{InclusionProof, LeafIndex, TreeSize};
use tokio::sync::oneshot;

use super::Fault;
use super::fold::{Fact, LIMIT_LEFT, RATE};
use super::refusal::Refusal;
use super::rehearsal::Rehearsal;
use crate::certificates::directory::Signer;
use crate::http::enveloped::in_form;
use crate::payment_files;
use crate::problem::Problem;
use crate::sessions::SignIn;

/// Where a request came from, as the server saw it.
#[derive(Clone, Debug, Default)]
pub struct OriginInfo {
    /// Address of the peer.
    pub ip: String,
    /// The `User-Agent` header.
    pub user_agent: String,
}

/// What accompanies an intent without being signed by it: secrets sealed to the bank, and proofs.
#[derive(Debug, Default)]
pub struct Attachments {
    /// The device key, sealed to the bank's KEM key.
    pub sealed_device_key: Option<Vec<u8>>,
    /// The one-time registration token.
    pub registration_token: Option<SecretBytes>,
    /// HMAC of the device key over the canonical intent; recorded with the evidence. May be empty.
    pub device_proof: Vec<u8>,
}

/// One intent that passed verification, waiting for its group commit.
pub(crate) struct Job {
    pub(crate) intent: Verified<Intent>,
    /// The exact bytes of the evidence group.
    pub(crate) evidence: Vec<u8>,
    pub(crate) details: Option<Details>,
    /// The payment file that it pays, found to be what it says.
    pub(crate) file: Option<payment_files::Kept>,
    pub(crate) actor: Actor,
    pub(crate) origin: Origin,
    /// `None` only for an enrolment: the certificate does not exist yet.
    pub(crate) signer: Option<Arc<Signer>>,
    /// What was unusual when the session was opened in which it was sent.
    pub(crate) sign_in: SignIn,
    pub(crate) attachments: Attachments,
    /// The epoch of authority under which `signer` was found to be in order.
    pub(crate) epoch: u64,
    pub(crate) reply: oneshot::Sender<Result<Settled, Fault>>,
}

/// A fact nobody signs, waiting for its group commit.
pub(crate) struct EventJob {
    pub(crate) id: IntentId,
    pub(crate) kind: EventKind,
    /// What it changes in the ledger, if anything.
    pub(crate) fact: Option<Fact>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) origin: Origin,
    pub(crate) reply: oneshot::Sender<Result<Settled, Fault>>,
}

/// What stands in the queue.
pub(crate) enum Queued {
    Intent(Box<Job>),
    Event(Box<EventJob>),
    Rehearsal(Box<Rehearsal>),
}

/// An outcome that is committed, with everything its receipt is made of.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) intent_id: IntentId,
    pub(crate) index: LeafIndex,
    pub(crate) leaf: Leaf,
    pub(crate) record: Record,
    pub(crate) effects: Effects,
    pub(crate) inclusion: InclusionProof,
    /// The checkpoint, made ready once for the whole group commit.
    pub(crate) checkpoint: Arc<CheckpointText>,
    pub(crate) replayed: bool,
    /// What the feature answers beside the receipt; of a replay only a certificate.
    pub(crate) extra: Option<Value>,
}

/// The corridor's answer over HTTP: a receipt, or a problem document that carries one.
#[derive(Debug)]
pub struct Answer {
    settled: Settled,
    /// How an accepted one is written.
    form: Form,
}

/// Marks an answer that repeats an earlier one.
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Room for a receipt with its checkpoint, so that writing one does not grow the buffer.
const RECEIPT_LEN_TYPICAL: usize = 16 * 1024;

impl Answer {
    pub(crate) const fn new(settled: Settled) -> Self {
        Self { settled, form: Form::Json }
    }

    /// The same, written in this form. A refusal by itself is `application/problem+json` in either: whoever reads problems
    /// needs one reader, and its receipt is in the form of the document around it.
    pub(crate) const fn in_form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// Whether the intent took effect.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.settled.effects.outcome
    }

    /// Its place in the log, and the size of the tree that its proof is for.
    pub(crate) fn place(&self) -> (LeafIndex, TreeSize) {
        (self.settled.index, self.settled.inclusion.size)
    }

    /// Whether it repeats an earlier one.
    pub(crate) const fn is_replayed(&self) -> bool {
        self.settled.replayed
    }

    /// Answers this beside the receipt, an object.
    pub(crate) fn with_extra(mut self, extra: Value) -> Self {
        self.settled.extra = Some(extra);
        self
    }

    /// The receipt in this form.
    #[must_use]
    pub fn receipt(&self, form: Form) -> Vec<u8> {
        let mut out = Vec::with_capacity(RECEIPT_LEN_TYPICAL);
        self.write_receipt(form, &mut out);
        out
    }

    fn write_receipt(&self, form: Form, out: &mut Vec<u8>) {
        ReceiptParts {
            intent_id: self.settled.intent_id,
            index: self.settled.index,
            leaf: &self.settled.leaf,
            record: &self.settled.record,
            effects: &self.settled.effects,
            inclusion: &self.settled.inclusion,
            checkpoint: &self.settled.checkpoint,
            certificates: &[],
        }
        .write(form, out);
    }

    fn accepted_body(&self) -> Vec<u8> {
        let Some(Value::Object(extra)) = &self.settled.extra else {
            return self.receipt(self.form);
        };
        match self.form {
            Form::Json => self.json_with(extra),
            Form::Cbor => self.cbor_with(extra),
        }
    }

    fn json_with(&self, extra: &Map<String, Value>) -> Vec<u8> {
        let mut out = Vec::with_capacity(RECEIPT_LEN_TYPICAL);
        out.extend_from_slice(b"{\"receipt\":");
        self.write_receipt(Form::Json, &mut out);
        let mut rest = serde_json::to_vec(extra).unwrap_or_default();
        if extra.is_empty() {
            out.push(b'}');
        } else {
            // `{"a":1}` becomes `,"a":1}`: the receipt's bytes stay as they were written.
            if let Some(first) = rest.first_mut() {
                *first = b',';
            }
            out.append(&mut rest);
        }
        out
    }

    /// What stands beside the receipt keeps the types that it has in JSON.
    fn cbor_with(&self, extra: &Map<String, Value>) -> Vec<u8> {
        let mut out = Vec::with_capacity(RECEIPT_LEN_TYPICAL);
        let mut writer = cbor::Writer::new(&mut out);
        writer.map(extra.len().saturating_add(1));
        writer.text("receipt");
        self.write_receipt(Form::Cbor, &mut out);
        for (name, value) in extra {
            cbor::Writer::new(&mut out).text(name);
            // Writing to memory what was read from memory.
            out = cbor4ii::serde::to_vec(out, value).unwrap_or_default();
        }
        out
    }

    /// The body alone, for an answer among others.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self.settled.effects.outcome {
            Outcome::Accepted => self.accepted_body(),
            Outcome::Refused => self.refused(self.form).into_bytes(self.form),
        }
    }

    /// A problem that will be written in this form, with the receipt in it.
    fn refused(&self, form: Form) -> Problem {
        let receipt = Bytes::from(self.receipt(form));
        // A record whose code this version does not know was written by another one: still a refusal.
        let problem = match Refusal::from_code(&self.settled.effects.code) {
            Some(refusal) => Problem::refused(refusal.status(), refusal.code(), refusal.sentence()),
            None => Problem::refused(
                http::StatusCode::UNPROCESSABLE_ENTITY,
                self.settled.effects.code.clone(),
                "The intent was refused",
            ),
        };
        let problem = match self.settled.effects.result.get(LIMIT_LEFT) {
            Some(left) => problem.with_detail(format!("{left} minor units are left of this limit")),
            None => problem,
        };
        let problem = match self.settled.effects.result.get(RATE) {
            Some(rate) => problem.with_detail(format!("the present rate is {rate}")),
            None => problem,
        };
        problem.with_receipt(receipt)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.settled.effects.outcome {
            Outcome::Accepted => in_form(self.form, self.accepted_body()),
            Outcome::Refused => self.refused(Form::Json).into_response(),
        };
        if self.settled.replayed {
            response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
