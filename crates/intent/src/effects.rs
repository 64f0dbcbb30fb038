//! What came of an intent.

use std::collections::BTreeMap;

use crypto::{Sha2, sha256};
use ledger::{Posting, Side, TransferKind};

use crate::{
    IntentError,
    canonical::{self, Path, Value},
    members::Members,
    text,
};

/// Whether an intent took effect. Both are final.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// It took effect.
    Accepted,
    /// A rule said no; nothing changed.
    Refused,
}

impl Outcome {
    /// The name in receipts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }

    /// The outcome of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Accepted, Self::Refused].into_iter().find(|outcome| outcome.name() == name)
    }
}

/// The risk engine's verdict.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RiskRecord {
    /// 0 to 1000.
    pub score_permille: u16,
    /// `low`, `medium`, `high`, `critical`.
    pub level: String,
    /// `proceed`, `monitor`, `review`, `block`.
    pub action: String,
    /// Version of the policy that judged.
    pub policy: u32,
    /// The reasons, weightiest first: a code, a colon and a sentence with its values.
    pub reasons: Vec<String>,
    /// What each reason adds to the score by itself, in thousandths, in the order of the reasons.
    pub weights: Vec<u16>,
}

/// What came of an intent: outcome, reasons, verdict, digest of every row written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Effects {
    /// Whether it took effect.
    pub outcome: Outcome,
    /// `ok`, or the code of the reason.
    pub code: String,
    /// Per item of a batch: `ok` or the code of the reason.
    pub items: Vec<String>,
    /// The verdict, where one was made.
    pub risk: Option<RiskRecord>,
    /// [`rows_digest`].
    pub rows: Sha2,
    /// What the signer needs to know of the result.
    pub result: BTreeMap<String, String>,
}

impl Effects {
    /// Canonical JSON. Free text is made admissible, so that what is written can be read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(br#"{"code":"#);
        text::put_sanitized(&mut out, &self.code);
        out.extend_from_slice(br#","items":"#);
        text::put_texts(&mut out, &self.items);
        out.extend_from_slice(br#","outcome":"#);
        text::put_plain(&mut out, self.outcome.name().as_bytes());
        out.extend_from_slice(br#","result":"#);
        text::put_sanitized_map(&mut out, &self.result);
        if let Some(risk) = &self.risk {
            out.extend_from_slice(br#","risk":"#);
            risk.write(&mut out);
        }
        out.extend_from_slice(br#","rows":"#);
        text::put_digest(&mut out, self.rows.as_bytes());
        out.extend_from_slice(br#","v":"1"}"#);
        out
    }

    /// Reads what [`Effects::to_bytes`] wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, IntentError> {
        let mut members = Members::version_1(canonical::parse(bytes)?)?;
        let effects = Self {
            outcome: members.take("outcome", "an outcome", Outcome::from_name)?,
            code: members.text("code")?.into_owned(),
            items: members.list("items", "a string", |text| Some(text.into_owned()))?,
            risk: members.optional_value("risk").map(RiskRecord::read).transpose()?,
            rows: members.digest("rows").map(Sha2::from_bytes)?,
            result: members.map("result")?,
        };
        members.finish()?;
        Ok(effects)
    }
}

impl RiskRecord {
    const SCORE_PERMILLE_MAX: u16 = 1000;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"action":"#);
        text::put_sanitized(out, &self.action);
        out.extend_from_slice(br#","level":"#);
        text::put_sanitized(out, &self.level);
        out.extend_from_slice(br#","policy":"#);
        text::put_decimal(out, self.policy);
        out.extend_from_slice(br#","reasons":"#);
        text::put_texts(out, &self.reasons);
        out.extend_from_slice(br#","score_permille":"#);
        text::put_decimal(out, self.score_permille.min(Self::SCORE_PERMILLE_MAX));
        out.extend_from_slice(br#","weights":"#);
        text::put_decimals(out, &self.weights);
        out.push(b'}');
    }

    fn read(value: Value<'_>) -> Result<Self, IntentError> {
        let mut members = Members::new(value, Path::Member(&Path::Root, "risk"))?;
        let permille = |t: &str| text::decimal(t).filter(|n| *n <= Self::SCORE_PERMILLE_MAX);
        let risk = Self {
            score_permille: members.take("score_permille", "0 to 1000", permille)?,
            level: members.text("level")?.into_owned(),
            action: members.text("action")?.into_owned(),
            policy: members.take("policy", text::DECIMAL_FORM, text::decimal)?,
            reasons: members.list("reasons", "a string", |text| Some(text.into_owned()))?,
            weights: members.list("weights", "0 to 1000", |text| permille(&text))?,
        };
        members.finish()?;
        if risk.weights.len() != risk.reasons.len() {
            return Err(IntentError::malformed("risk.weights", "must be one for each reason"));
        }
        Ok(risk)
    }
}

const ROWS_MAGIC: &[u8] = b"srrows01";
/// Bytes of one posting with two entries.
const ROWS_POSTING_LEN: usize = 176;

/// SHA-256 over every row that the postings write, in order:
///
/// ```text
/// "srrows01" | number of postings u64
/// per posting: transfer id 16 | kind u8 | earlier transfer id 16, zeros if none
///              | debit account 16 | credit account 16 | amount i64 | asset 12, zero-padded
///              | hold expiry i64 in microseconds, 0 if none | number of entries u8
/// per entry:   account 16 | side u8 | amount i64 | balance after i64 | sequence i64
/// ```
///
/// Integers are big-endian. Kinds: 1 post, 2 hold, 3 capture, 4 void, 5 reverse. Sides: 1 debit,
/// 2 credit.
#[must_use]
pub fn rows_digest(postings: &[&Posting]) -> Sha2 {
    let len = postings.len().saturating_mul(ROWS_POSTING_LEN).saturating_add(16);
    let mut rows = Vec::with_capacity(len);
    rows.extend_from_slice(ROWS_MAGIC);
    rows.extend_from_slice(&u64::try_from(postings.len()).unwrap_or(u64::MAX).to_be_bytes());
    for posting in postings {
        put_posting(&mut rows, posting);
    }
    sha256(&rows)
}

fn put_posting(rows: &mut Vec<u8>, posting: &Posting) {
    let transfer = posting.transfer();
    let (kind, expires_at_us) = match *transfer.kind() {
        TransferKind::Post { .. } => (1, 0),
        TransferKind::Hold { expires_at_us, .. } => (2, expires_at_us),
        TransferKind::Capture { .. } => (3, 0),
        TransferKind::Void { .. } => (4, 0),
        TransferKind::Reverse { .. } => (5, 0_i64),
    };
    let earlier = transfer.refers_to().map_or([0; 16], |id| id.get().into_bytes());
    let asset = posting.amount().asset();
    let mut asset_padded = [0; 12];
    asset_padded.iter_mut().zip(asset.as_str().bytes()).for_each(|(place, byte)| *place = byte);
    rows.extend_from_slice(posting.id().get().as_bytes());
    rows.push(kind);
    rows.extend_from_slice(&earlier);
    rows.extend_from_slice(posting.debit().get().as_bytes());
    rows.extend_from_slice(posting.credit().get().as_bytes());
    rows.extend_from_slice(&posting.amount().minor().to_be_bytes());
    rows.extend_from_slice(&asset_padded);
    rows.extend_from_slice(&expires_at_us.to_be_bytes());
    rows.push(u8::try_from(posting.entries().len()).unwrap_or(u8::MAX));
    for entry in posting.entries() {
        let side = match entry.side() {
            Side::Debit => 1,
            Side::Credit => 2,
        };
        rows.extend_from_slice(entry.account().get().as_bytes());
        rows.push(side);
        rows.extend_from_slice(&entry.amount().minor().to_be_bytes());
        rows.extend_from_slice(&entry.balance_after().to_be_bytes());
        rows.extend_from_slice(&entry.sequence().to_be_bytes());
    }
}
