//! Statements that the bank makes when a day is closed: their register, and when one is due. Pure.

use std::collections::BTreeMap;

use crypto::Sha2;
use intent::{UserId, UtcMicros};
use ledger::AccountId;
use time::Date;
use tlog::TreeSize;
use uuid::Uuid;

use super::period::Period;
use crate::interest::{date, day_of, first_of_month};
use crate::registers::{Column, Register, Row};

/// One row a statement.
pub(crate) static STATEMENTS: Register = Register {
    table: "statements",
    key_len: 2,
    columns: &[
        ("account_id", Column::Uuid),
        ("last_day", Column::Text),
        ("first_day", Column::Text),
        ("owner", Column::Uuid),
        ("statement_id", Column::Uuid),
        ("made_at", Column::Time),
        ("log_size", Column::Number),
        ("log_root", Column::Digest),
        ("file_hash", Column::Digest),
    ],
};

/// How often an account gets a statement.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Every {
    /// Never by itself.
    Never,
    /// For every day on which something moved.
    Day,
    /// For every month in which something moved.
    #[default]
    Month,
}

impl Every {
    const ALL: [Self; 3] = [Self::Never, Self::Day, Self::Month];

    const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// Reads the policy's one member.
    pub(crate) fn read(members: &BTreeMap<String, String>) -> Option<Self> {
        let Some(name) = members.get("every") else {
            return members.is_empty().then_some(Self::default());
        };
        (members.len() == 1).then_some(())?;
        Self::ALL.into_iter().find(|every| every.name() == name)
    }

    /// The first day of the statement that is due when `last` is closed.
    pub(crate) fn first_day(self, last: Date) -> Option<Date> {
        match self {
            Self::Never => None,
            Self::Day => Some(last),
            Self::Month => {
                let ends = last.next_day().is_none_or(|next| next.month() != last.month());
                first_of_month(last).filter(|_| ends)
            }
        }
    }
}

/// A statement was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Made {
    /// Of this account.
    pub(crate) account: AccountId,
    /// First day.
    pub(crate) first: Date,
    /// Last day.
    pub(crate) last: Date,
    /// Its id.
    pub(crate) id: Uuid,
    /// When.
    pub(crate) at: UtcMicros,
    /// As of which checkpoint of the log.
    pub(crate) size: TreeSize,
    /// Root of that.
    pub(crate) root: Sha2,
    /// SHA-256 of its JSON form, signature included.
    pub(crate) file: Sha2,
}

impl Made {
    const ACCOUNT: &'static str = "account";
    const FIRST: &'static str = "first_day";
    const LAST: &'static str = "last_day";
    const ID: &'static str = "statement";
    const AT: &'static str = "made_at";
    const SIZE: &'static str = "log_size";
    const ROOT: &'static str = "log_root";
    const FILE: &'static str = "file_hash";

    /// The members of its event.
    pub(crate) fn members(&self) -> BTreeMap<String, String> {
        [
            (Self::ACCOUNT, self.account.to_string()),
            (Self::FIRST, self.first.to_string()),
            (Self::LAST, self.last.to_string()),
            (Self::ID, self.id.to_string()),
            (Self::AT, self.at.to_string()),
            (Self::SIZE, self.size.get().to_string()),
            (Self::ROOT, self.root.to_string()),
            (Self::FILE, self.file.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Reads them.
    pub(crate) fn read(members: &BTreeMap<String, String>) -> Option<Self> {
        let text = |name: &str| members.get(name).map(String::as_str);
        Some(Self {
            account: text(Self::ACCOUNT)?.parse().ok()?,
            first: date(text(Self::FIRST)?)?,
            last: date(text(Self::LAST)?)?,
            id: text(Self::ID)?.parse().ok()?,
            at: text(Self::AT)?.parse().ok()?,
            size: TreeSize::new(text(Self::SIZE)?.parse().ok()?),
            root: Sha2::from_hex(text(Self::ROOT)?).ok()?,
            file: Sha2::from_hex(text(Self::FILE)?).ok()?,
        })
    }

    /// Reads a row.
    pub(crate) fn from_row(row: &Row) -> Option<Self> {
        let text = |column| row.get(column);
        Some(Self {
            account: text("account_id")?.parse().ok()?,
            first: date(text("first_day")?)?,
            last: date(text("last_day")?)?,
            id: text("statement_id")?.parse().ok()?,
            at: text("made_at")?.parse().ok()?,
            size: TreeSize::new(text("log_size")?.parse().ok()?),
            root: Sha2::from_hex(text("log_root")?).ok()?,
            file: Sha2::from_hex(text("file_hash")?).ok()?,
        })
    }

    /// Its days.
    pub(super) fn period(&self) -> Option<Period> {
        Period::new(self.first, self.last)
    }

    /// The key of its row.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.account, self.last)
    }

    /// Its row; `None` where none was due: the days are not over, or others than the policy says.
    pub(crate) fn row(&self, owner: UserId, every: Every, now: UtcMicros) -> Option<Row> {
        let is_over = day_of(now).is_some_and(|today| self.last < today);
        let is_due = every.first_day(self.last) == Some(self.first);
        (is_over && is_due).then(|| {
            Row::new(&STATEMENTS)
                .with("account_id", self.account)
                .with("last_day", self.last)
                .with("first_day", self.first)
                .with("owner", owner)
                .with("statement_id", self.id)
                .with("made_at", self.at)
                .with("log_size", self.size.get())
                .with("log_root", self.root)
                .with("file_hash", self.file)
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date as day;

    use super::*;

    fn made() -> Made {
        Made {
            account: AccountId::new(Uuid::from_u128(7)),
            first: day!(2026 - 02 - 01),
            last: day!(2026 - 02 - 28),
            id: Uuid::from_u128(9),
            at: "2026-03-01T00:06:00.000001Z".parse().unwrap(),
            size: TreeSize::new(17),
            root: crypto::sha256(b"root"),
            file: crypto::sha256(b"file"),
        }
    }

    #[test]
    fn a_month_is_stated_when_its_last_day_is_closed_and_a_day_always() {
        for (every, last, first) in [
            (Every::Month, day!(2028 - 02 - 29), Some(day!(2028 - 02 - 01))),
            (Every::Month, day!(2028 - 02 - 28), None),
            (Every::Month, day!(2026 - 12 - 31), Some(day!(2026 - 12 - 01))),
            (Every::Day, day!(2026 - 02 - 27), Some(day!(2026 - 02 - 27))),
            (Every::Never, day!(2026 - 12 - 31), None),
        ] {
            assert_eq!(every.first_day(last), first, "{every:?} {last}");
        }
    }

    #[test]
    fn a_statement_is_read_as_it_was_written_and_is_of_days_that_are_over() {
        let made = made();
        assert_eq!(Made::read(&made.members()), Some(made));
        let owner = UserId::new(Uuid::from_u128(1));
        let row = made.row(owner, Every::Month, made.at).unwrap();
        assert_eq!((Made::from_row(&row), row.key()), (Some(made), made.key()));
        assert_eq!(
            row.to_text().parse::<String>().map(|text| Row::from_text(&STATEMENTS, &text)),
            Ok(Some(row))
        );
        assert_eq!(made.row(owner, Every::Day, made.at), None);
        let before = "2026-02-28T23:59:59.999999Z".parse().unwrap();
        assert_eq!(made.row(owner, Every::Month, before), None);
    }

    #[test]
    fn the_policy_reads_in_one_spelling() {
        let read = |of: &[(&str, &str)]| {
            let members = of.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            Every::read(&members.collect())
        };
        assert_eq!(read(&[]), Some(Every::Month));
        assert_eq!(read(&[("every", "day")]), Some(Every::Day));
        for wrong in [&[("every", "week")][..], &[("often", "day")], &[("every", "day"), ("x", "")]]
        {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
