//! HTTP for reconciliation: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use messages::matching::{Field, Rule};
use messages::spreadsheet_safe;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service::{self, Compared};
use crate::App;
use crate::http::Query;
use crate::problem::Problem;
use crate::sessions::Caller;
use crate::statements::find;

/// Routes of reconciliation; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(compare))
}

/// Of which account, over which days, in which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareQuery {
    /// Id of the account.
    account: String,
    /// First day, UTC, such as `2026-03-01`.
    from: String,
    /// Last day.
    to: String,
    /// `json` or `csv`; else what `Accept` asks for, else `json`.
    format: Option<String>,
}

/// One entry of either side. Amounts are minor units in decimal strings; below zero is a debit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EntryView {
    /// Of ours its number on the account, of theirs its line.
    place: String,
    booking_date: String,
    amount: String,
    currency: String,
    references: Vec<String>,
}

/// Entries that are the same.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MatchView {
    /// `reference`, `reference_sum` or `amount`.
    rule: &'static str,
    same_day: bool,
    ours: Vec<EntryView>,
    theirs: Vec<EntryView>,
}

/// Two entries under one reference that are not the same.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DifferentView {
    /// `amount`, `currency`, `booking_date`.
    fields: Vec<&'static str>,
    ours: EntryView,
    theirs: EntryView,
}

/// What a reconciliation finds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReconciliationView {
    matched: Vec<MatchView>,
    different: Vec<DifferentView>,
    /// Theirs and not ours.
    missing_here: Vec<EntryView>,
    /// Ours and not theirs.
    missing_there: Vec<EntryView>,
    /// Whether their opening balance and entries come to their closing balance; absent where they do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    adds_up: Option<bool>,
    /// How many of theirs were left out because they are not booked.
    not_booked: usize,
}

impl From<&Compared> for ReconciliationView {
    fn from(compared: &Compared) -> Self {
        let own = |number: &usize| {
            let line = compared.ours.get(*number)?;
            let references = line.end_to_end_id.iter().chain([&line.transfer_id]).cloned();
            Some(EntryView {
                place: line.reference.clone(),
                booking_date: line.booking_date.to_string(),
                amount: line.amount.to_string(),
                currency: compared.asset.to_string(),
                references: references.collect(),
            })
        };
        let their = |number: &usize| {
            let entry = compared.theirs.get(*number)?;
            Some(EntryView {
                place: entry.place.line.to_string(),
                booking_date: entry.booking_date.to_string(),
                amount: entry.amount.to_string(),
                currency: entry.currency.to_string(),
                references: entry.references.clone(),
            })
        };
        let found = &compared.found;
        let matched = found.matched.iter().map(|of| MatchView {
            rule: match of.rule {
                Rule::ReferenceAndAmount => "reference",
                Rule::ReferenceSum => "reference_sum",
                Rule::AmountWithinDays(_) => "amount",
            },
            same_day: of.same_day,
            ours: of.ours.iter().filter_map(own).collect(),
            theirs: of.theirs.iter().filter_map(their).collect(),
        });
        let different = found.different.iter().filter_map(|of| {
            let name = |field: &Field| match field {
                Field::Amount => "amount",
                Field::Currency => "currency",
                Field::BookingDate => "booking_date",
            };
            Some(DifferentView {
                fields: of.fields.iter().map(name).collect(),
                ours: own(&of.ours)?,
                theirs: their(&of.theirs)?,
            })
        });
        Self {
            matched: matched.collect(),
            different: different.collect(),
            missing_here: found.missing_here.iter().filter_map(their).collect(),
            missing_there: found.missing_there.iter().filter_map(own).collect(),
            adds_up: compared.adds_up,
            not_booked: compared.not_booked,
        }
    }
}

/// Holds a statement of somebody else (camt.053, or a table) against the entries of an account. Writes nothing.
#[utoipa::path(
    post, path = "/api/customer/statements/reconcile", tag = "statements", params(CompareQuery),
    request_body(content = String, content_type = "application/octet-stream", description = "camt.053 or a table"),
    responses(
        (status = 200, description = "Matched, different, missing", content((ReconciliationView = "application/json"), (String = "text/csv"))),
        (status = 400), (status = 404),
        (status = 422, description = "The statement is refused whole, with line, element and reason"),
    )
)]
pub(super) async fn compare(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<CompareQuery>,
    body: Bytes,
) -> Result<Response, Problem> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let as_csv = match query.format.as_deref() {
        Some("csv") => true,
        Some("json") => false,
        Some(_) => return Err(Problem::malformed("format", "must be json or csv")),
        None => accept.is_some_and(|kinds| kinds.starts_with("text/csv")),
    };
    let period = find(&app, &caller, &query.account, (&query.from, &query.to)).await?;
    let compared = service::compare(&app, &caller, &period, body).await?;
    let view = ReconciliationView::from(&compared);
    if !as_csv {
        return Ok(Json(view).into_response());
    }
    let table = table(&view).map_err(|error| {
        tracing::error!(%error, "a table could not be written");
        Problem::internal()
    })?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    Ok(([(header::CONTENT_TYPE, kind)], table).into_response())
}

/// One row an entry; entries of one match share a group.
fn table(view: &ReconciliationView) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let columns = ["list", "group", "how", "side", "place", "booking_date", "amount", "currency"];
    out.write_record(columns.into_iter().chain(["references"]))?;
    let mut group = 0_usize;
    let mut put = |list: &str, how: &str, entries: [(&str, &[EntryView]); 2]| {
        group = group.saturating_add(1);
        for (side, entries) in entries {
            for entry in entries {
                out.write_record([
                    list,
                    &group.to_string(),
                    how,
                    side,
                    &entry.place,
                    &entry.booking_date,
                    &entry.amount,
                    &entry.currency,
                    &spreadsheet_safe(&entry.references.join(" ")),
                ])?;
            }
        }
        Ok::<(), csv::Error>(())
    };
    for of in &view.matched {
        put("matched", of.rule, [("ours", &of.ours), ("theirs", &of.theirs)])?;
    }
    for of in &view.different {
        let (ours, theirs) = (std::slice::from_ref(&of.ours), std::slice::from_ref(&of.theirs));
        put("different", &of.fields.join(" "), [("ours", ours), ("theirs", theirs)])?;
    }
    for entry in &view.missing_here {
        put("missing_here", "", [("ours", &[]), ("theirs", std::slice::from_ref(entry))])?;
    }
    for entry in &view.missing_there {
        put("missing_there", "", [("ours", std::slice::from_ref(entry)), ("theirs", &[])])?;
    }
    out.into_inner().map_err(|error| error.into_error().into())
}
