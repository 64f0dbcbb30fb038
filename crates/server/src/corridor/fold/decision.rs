//! What became of an intent, for the rows and for the record.

use intent::{Effects, OrderTerms, Outcome, RiskRecord, UtcMicros, rows_digest};
use ledger::{AccountId, Posting, TransferId, TransferKind};
use money::Amount;
use time::Date;

use crate::corridor::refusal::Refusal;
use crate::registers::{self, Row};
use crate::standing_orders::day_of;

/// Name of the decision's time among the effects: the erasable origin is not needed to replay a decision.
pub(crate) const DECIDED_AT: &str = "at";

/// Code of an outcome that is not a refusal.
pub(crate) const OK: &str = "ok";
/// Code of a payment that waits for a person.
pub(crate) const HELD: &str = "held";
/// Name, among the effects of a refusal by a limit, of what is left of it in minor units; of a number of signatures nothing.
pub(crate) const LIMIT_LEFT: &str = "limit_left";
/// Name, among the effects of an exchange, of the rate that was in force.
pub(crate) const RATE: &str = "rate";
/// Name, among the effects, of the value date where it is another day than that of the posting.
const VALUE_ON: &str = "value_on";

/// What became of one intent.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) refusal: Option<Refusal>,
    pub(crate) items: Vec<Item>,
    /// Rows of registers that it wrote; they stand in the record.
    pub(crate) rows: Vec<Row>,
    /// Whether the payment waits for a person.
    pub(super) is_held: bool,
    /// What was left of the limit that refused it.
    pub(super) limit_left: Option<i64>,
    pub(super) risk: Option<RiskRecord>,
    pub(super) is_batch: bool,
    /// The rate that was in force for an exchange.
    pub(super) rate: Option<String>,
    /// The value date of what it posts.
    pub(super) value_on: Option<Date>,
    /// An account or an earlier transfer that it names was not there.
    pub(super) lacks: bool,
}

/// What became of one transfer of an intent.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) id: TransferId,
    pub(crate) kind: TransferKind,
    pub(crate) debit: AccountId,
    pub(crate) credit: AccountId,
    pub(crate) amount: Amount,
    pub(crate) outcome: Result<Posting, Refusal>,
    /// Whether the id was free: only then is there a row under it.
    pub(crate) id_was_free: bool,
}

impl Decision {
    /// A decision that moves nothing.
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }

    /// Whether something that it names was not there: what another instance commits meanwhile may be just that. It may have
    /// changed the verdict, the limits and the refusal, whatever their codes.
    pub(crate) fn rests_on_absence(&self) -> bool {
        self.lacks
            || matches!(
                self.refusal,
                Some(Refusal::PaymentNotFound | Refusal::StandingOrderNotFound)
            )
    }

    /// The value date of one of its transfers; `None` where nothing was posted.
    pub(crate) fn value_on(&self, item: &Item) -> Option<Date> {
        self.value_on.filter(|_| item.is_posted())
    }

    /// At which rate one of its transfers was made, if it was an exchange.
    pub(crate) fn rate(&self, item: &Item) -> Option<&str> {
        self.rate.as_deref().filter(|_| item.is_posted())
    }

    /// The effects group of the record.
    pub(crate) fn effects(&self, now: UtcMicros) -> Effects {
        let postings: Vec<&Posting> =
            self.items.iter().filter_map(|item| item.outcome.as_ref().ok()).collect();
        let accepted = if self.is_held { HELD } else { OK };
        let mut result = registers::service::result_of(&self.rows);
        result.insert(DECIDED_AT.to_owned(), now.to_string());
        result.extend(self.limit_left.map(|left| (LIMIT_LEFT.to_owned(), left.to_string())));
        result.extend(self.rate.clone().map(|rate| (RATE.to_owned(), rate)));
        let is_posted = self.items.iter().any(Item::is_posted);
        let value_on = self.value_on.filter(|day| is_posted && *day != day_of(now));
        result.extend(value_on.map(|day| (VALUE_ON.to_owned(), OrderTerms::day_text(day))));
        Effects {
            outcome: if self.refusal.is_some() { Outcome::Refused } else { Outcome::Accepted },
            code: self.refusal.map_or(accepted, Refusal::code).to_owned(),
            items: if self.is_batch {
                self.items.iter().map(|item| item.code().to_owned()).collect()
            } else {
                Vec::new()
            },
            risk: self.risk.clone(),
            rows: rows_digest(&postings),
            result,
        }
    }
}

impl Item {
    /// Whether it changed balances: what is held or given up does not.
    fn is_posted(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|posting| !posting.entries().is_empty())
    }

    /// `ok`, or the code of the refusal.
    pub(crate) const fn code(&self) -> &'static str {
        match &self.outcome {
            Ok(_) => OK,
            Err(refusal) => refusal.code(),
        }
    }
}

pub(super) fn risk_record(verdict: &risk::Verdict) -> RiskRecord {
    RiskRecord {
        score_permille: verdict.score_per_mille,
        level: verdict.level.name().to_owned(),
        action: verdict.action.name().to_owned(),
        policy: verdict.policy_version,
        reasons: verdict
            .reasons
            .iter()
            .map(|reason| format!("{}: {}", reason.code, reason.sentence))
            .collect(),
        weights: verdict.reasons.iter().map(|reason| reason.weight_per_mille).collect(),
    }
}
