//! Whether an intent says what its file says. Pure but for the file's bytes.

use intent::{BatchItem, Body, Details, Intent, SentFile, is_account_of};
use messages::payment::{Order, PaymentFile, UncheckedFile, read};
use messages::{FileError, Limits};
use time::Date;

use crate::problem::{Code, Problem};
use crate::sql::timestamp;

/// A file that was found to be what its intent binds, to be kept beside it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// As it was sent.
    pub(crate) file: SentFile,
    /// The details of each transfer, in the body's order.
    pub(crate) details: Vec<Details>,
}

/// Holds a payment file against its intent. `None`: the intent pays no file.
///
/// The file has to come with the intent each time it is submitted: without it nobody can say whether the body is what the
/// file says.
pub(crate) async fn check(
    intent: &Intent,
    sent: Option<SentFile>,
) -> Result<Option<Kept>, Problem> {
    if !matches!(intent.body(), Body::PaymentsFile { .. }) {
        return Ok(None);
    }
    let Some(sent) = sent else { return Err(mismatch("file", "the file must come with it")) };
    let intent = intent.clone();
    off_thread(move || compare(&intent, sent)).await
}

/// Reads a file beside the threads that answer requests: a large one takes a while.
pub(crate) async fn off_thread<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(read).await.map_err(|_| Problem::internal())?
}

fn compare(intent: &Intent, sent: SentFile) -> Result<Option<Kept>, Problem> {
    let Body::PaymentsFile { message_id, items, .. } = intent.body() else { return Ok(None) };
    let file = parse(&sent.bytes)?;
    if file.message_id != *message_id {
        return Err(mismatch("body.message_id", "is not the file's"));
    }
    let orders = payable(&file, day_of(intent));
    if orders.len() != items.len() {
        let why = format!("{} payments are signed, the file has {}", items.len(), orders.len());
        return Err(mismatch("body.items", why));
    }
    let written: Vec<_> = file.items().map(|(_, item)| item).collect();
    let mut details = Vec::with_capacity(items.len());
    for (place, (item, (position, order))) in items.iter().zip(&orders).enumerate() {
        let Some(of_file) = written.get(*position) else { continue };
        let of_item = sent.details(*position, &of_file.end_to_end_id, of_file.text.as_deref());
        if !says(item, order) || item.details != Some(of_item.commitment()) {
            let why = "is not what the file says at its place";
            return Err(mismatch(format!("body.items[{place}]"), why));
        }
        details.push(of_item);
    }
    Ok(Some(Kept { file: sent, details }))
}

/// Reads a file whole or refuses it whole.
pub(super) fn parse(bytes: &[u8]) -> Result<PaymentFile, Problem> {
    read(bytes, &Limits::PRODUCT).and_then(UncheckedFile::check).map_err(|error| refused(&error))
}

/// The day on which an intent was signed, UTC: what the file wants paid later is not payable yet.
pub(super) fn day_of(intent: &Intent) -> Date {
    timestamp(intent.at()).date()
}

/// What can be paid on a day, each with its position in the file.
pub(super) fn payable(file: &PaymentFile, day: Date) -> Vec<(usize, Order)> {
    let orders = file.orders_on(day).enumerate();
    orders.filter_map(|(position, (_, order))| Some((position, order.ok()?))).collect()
}

fn says(item: &BatchItem, order: &Order) -> bool {
    is_account_of(item.debit, order.debtor)
        && is_account_of(item.credit, order.creditor)
        && item.amount == order.amount
}

/// The line, the element and the reason.
pub(crate) fn refused(error: &FileError) -> Problem {
    let reason = error.problem.reason();
    let problem = Problem::new(Code::FileRefused).with_detail(format!("{error} ({reason})"));
    if error.place.path.is_empty() { problem } else { problem.with_field(error.place.path.clone()) }
}

fn mismatch(
    field: impl Into<std::borrow::Cow<'static, str>>,
    why: impl Into<std::borrow::Cow<'static, str>>,
) -> Problem {
    Problem::new(Code::FileMismatch).with_field(field).with_detail(why)
}
