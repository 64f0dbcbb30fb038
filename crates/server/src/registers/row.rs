//! Registers, rows, and the one text of a row.

use std::collections::BTreeMap;

use intent::canonical::{self, Value};

/// How a column is stored. In a row every value is text, and each type has one spelling of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Column {
    /// `text`, as it is.
    Text,
    /// `uuid`, lower case with hyphens.
    Uuid,
    /// `bytea` of 32 bytes, lower-case hex.
    Digest,
    /// `timestamptz`, UTC with microseconds and `Z`.
    Time,
    /// `bool`: `true` or `false`.
    Flag,
    /// `int8`, decimal.
    Number,
}

/// A table of authority. Its first columns are the key, behind `book_id`.
#[derive(Debug)]
pub(crate) struct Register {
    /// Its table.
    pub(crate) table: &'static str,
    /// How many of the columns are the key.
    pub(crate) key_len: usize,
    /// Every column but `book_id`.
    pub(crate) columns: &'static [(&'static str, Column)],
}

/// One row: a value, or none, for every column of its register.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    register: &'static Register,
    values: BTreeMap<&'static str, String>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.register.table == other.register.table && self.values == other.values
    }
}

impl Eq for Row {}

impl Row {
    /// A row without values yet.
    pub(crate) const fn new(register: &'static Register) -> Self {
        Self { register, values: BTreeMap::new() }
    }

    /// Sets a column. One that the register does not have is left out: a test of each register writes and reads it.
    #[expect(clippy::needless_pass_by_value, reason = "rows are written as chains of plain values")]
    pub(crate) fn with(mut self, column: &'static str, value: impl ToString) -> Self {
        if self.register.columns.iter().any(|(name, _)| *name == column) {
            self.values.insert(column, value.to_string());
        }
        self
    }

    /// Takes a column's value away.
    pub(crate) fn without(mut self, column: &str) -> Self {
        self.values.remove(column);
        self
    }

    /// The value of a column; `None` is NULL.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        self.values.get(column).map(String::as_str)
    }

    /// Whether a flag is set.
    pub(crate) fn is(&self, flag: &str) -> bool {
        self.get(flag) == Some("true")
    }

    /// Its register.
    pub(crate) const fn register(&self) -> &'static Register {
        self.register
    }

    /// The key's values, joined by `/`.
    pub(crate) fn key(&self) -> String {
        let columns = self.register.columns.iter().take(self.register.key_len);
        columns.map(|(name, _)| self.get(name).unwrap_or_default()).collect::<Vec<_>>().join("/")
    }

    /// The name under which the row stands in its leaf.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.register.table, self.key())
    }

    /// Reads [`Row::to_text`]; `None` if it is no row of this register.
    pub(crate) fn from_text(register: &'static Register, text: &str) -> Option<Self> {
        let Value::Object(members) = canonical::parse(text.as_bytes()).ok()? else { return None };
        members.into_iter().try_fold(Self::new(register), |row, (name, value)| {
            let (column, _) = register.columns.iter().find(|(column, _)| *column == name)?;
            match value {
                Value::String(value) => Some(row.with(column, value)),
                Value::Bytes(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            }
        })
    }

    /// The row as canonical JSON, an object of strings. NULL is left out.
    pub(crate) fn to_text(&self) -> String {
        let members = self.values.iter();
        let object = members
            .map(|(name, value)| ((*name).into(), Value::String(value.as_str().into())))
            .collect();
        String::from_utf8(canonical::write(&Value::Object(object))).unwrap_or_default()
    }
}

/// Rows of any registers, by table and key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows(BTreeMap<(&'static str, String), Row>);

impl Rows {
    /// Puts a row in the place of the one with its key.
    pub(crate) fn put(&mut self, row: Row) {
        self.0.insert((row.register.table, row.key()), row);
    }

    /// The row of a key.
    pub(crate) fn get(&self, register: &'static Register, key: &str) -> Option<&Row> {
        self.0.get(&(register.table, key.to_owned()))
    }

    /// Every row of a register, by key.
    pub(crate) fn of(&self, register: &'static Register) -> impl Iterator<Item = &Row> {
        self.0.values().filter(move |row| row.register.table == register.table)
    }

    /// Every row of a register with this value in a column.
    pub(crate) fn matching<'a>(
        &'a self,
        register: &'static Register,
        column: &'a str,
        value: &'a str,
    ) -> impl Iterator<Item = &'a Row> {
        self.of(register).filter(move |row| row.get(column) == Some(value))
    }

    /// Every row.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.0.values()
    }
}

impl FromIterator<Row> for Rows {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.put(row));
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static REGISTER: Register = Register {
        table: "samples",
        key_len: 2,
        columns: &[
            ("one", Column::Text),
            ("two", Column::Text),
            ("flag", Column::Flag),
            ("note", Column::Text),
        ],
    };

    proptest! {
        #[test]
        fn a_rows_text_is_canonical_and_no_two_rows_share_one(one in "[a-z\"\\\\ é]{0,20}", two: i64, other: i64) {
            let row = |two| Row::new(&REGISTER).with("one", &one).with("two", two);
            let text = row(two).to_text();
            let parsed = canonical::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(canonical::write(&parsed), text.as_bytes());
            prop_assert_eq!(Row::from_text(&REGISTER, &text), Some(row(two)));
            prop_assert_eq!(two == other, text == row(other).to_text());
        }
    }

    #[test]
    fn the_later_row_of_a_key_takes_the_place_of_the_earlier() {
        let row =
            |flag: bool| Row::new(&REGISTER).with("one", "a").with("two", 1).with("flag", flag);
        let mut rows = Rows::default();
        rows.put(row(false));
        rows.put(row(true));
        assert_eq!(rows.of(&REGISTER).count(), 1);
        assert!(rows.get(&REGISTER, "a/1").is_some_and(|row| row.is("flag")));
        assert_eq!(rows.matching(&REGISTER, "one", "b").count(), 0);
    }
}
