//! Between domain types and columns: numbers that PostgreSQL stores signed, and what to say of a row our own rules refuse.

use crypto::Sha3;
use intent::UtcMicros;
use ledger::BookId;
use time::OffsetDateTime;

/// A book's number as `int4`.
///
/// # Panics
///
/// Never for a book that exists: its number was read from an `int4` column.
#[must_use]
#[expect(clippy::expect_used, reason = "book numbers are read from int4 columns")]
pub(crate) fn book_id(book: BookId) -> i32 {
    i32::try_from(book.get()).expect("a book number fits int4")
}

/// A size or index as `int8`.
pub(crate) fn int8(n: u64) -> sqlx::Result<i64> {
    i64::try_from(n).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// A stored row that our own rules refuse.
pub(crate) fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

/// An instant as `timestamptz`, which has the same microseconds.
pub(crate) fn timestamp(at: UtcMicros) -> OffsetDateTime {
    let nanos = i128::from(at.get()).saturating_mul(1_000);
    // Years -9999 to 9999 hold 300,000 times more microseconds than we will ever see.
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A `timestamptz` as an instant.
pub(crate) fn micros(at: OffsetDateTime) -> UtcMicros {
    UtcMicros::from_micros(i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX))
}

/// A stored SHA3-256.
pub(crate) fn digest(bytes: &[u8]) -> sqlx::Result<Sha3> {
    bytes.try_into().map(Sha3::from_bytes).map_err(corrupt)
}
