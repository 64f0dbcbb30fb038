//! What goes to standard output: a table for people, JSON, JSON lines or CSV for programs.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use crate::exit::Exit;
use crate::failure::Failure;

/// The form of the data on standard output.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// One document.
    Json,
    /// One object a line.
    Jsonl,
    /// Comma-separated, with a header (RFC 4180).
    Csv,
}

/// One thing to show: named fields in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    name: &'static str,
    shown: String,
    value: Value,
    is_number: bool,
}

impl Row {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A field that reads the same for people and programs.
    pub(crate) fn text(self, name: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        let value = Value::String(text.clone());
        self.field(Field { name, shown: text, value, is_number: false })
    }

    /// A field that is absent here; programs see `null`.
    pub(crate) fn maybe(self, name: &'static str, text: Option<impl Into<String>>) -> Self {
        if let Some(text) = text {
            return self.text(name, text);
        }
        self.field(Field { name, shown: String::new(), value: Value::Null, is_number: false })
    }

    /// Yes or no.
    pub(crate) fn flag(self, name: &'static str, flag: bool) -> Self {
        let shown = if flag { "yes" } else { "no" }.to_owned();
        self.field(Field { name, shown, value: Value::Bool(flag), is_number: false })
    }

    /// A number: `shown` for people (grouped, with its unit), `value` for programs.
    pub(crate) fn number(
        self,
        name: &'static str,
        shown: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        let value = Value::String(value.into());
        self.field(Field { name, shown: shown.into(), value, is_number: true })
    }

    /// A list of words.
    pub(crate) fn words(self, name: &'static str, words: &[String]) -> Self {
        let value = words.iter().cloned().map(Value::String).collect();
        self.field(Field { name, shown: words.join(" "), value, is_number: false })
    }

    fn field(mut self, field: Field) -> Self {
        self.0.push(field);
        self
    }

    fn object(&self) -> Value {
        let pair = |field: &Field| (field.name.to_owned(), field.value.clone());
        Value::Object(self.0.iter().map(pair).collect::<Map<_, _>>())
    }
}

/// Shows many things of the same shape. `empty` is said to people where there are none.
pub(crate) fn list(format: Format, rows: &[Row], empty: &str) -> Result<Exit, Failure> {
    if rows.is_empty() && format == Format::Table {
        eprintln!("{empty}");
        return Ok(Exit::Ok);
    }
    let text = match format {
        Format::Table => table(rows),
        Format::Json => pretty(&Value::Array(rows.iter().map(Row::object).collect())),
        Format::Jsonl => lines(rows.iter().map(|row| row.object().to_string())),
        Format::Csv => csv(rows)?,
    };
    write(&text)
}

/// Shows one thing.
pub(crate) fn one(format: Format, row: &Row) -> Result<Exit, Failure> {
    let text = match format {
        Format::Table => card(row),
        Format::Json => pretty(&row.object()),
        Format::Jsonl => format!("{}\n", row.object()),
        Format::Csv => csv(std::slice::from_ref(row))?,
    };
    write(&text)
}

/// Writes text as it is. A reader that went away (`| head`) is no failure.
pub(crate) fn write(text: &str) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::unexpected("could not write to standard output", &error))
        }
        _ => Ok(Exit::Ok),
    }
}

/// Text from elsewhere, for a terminal: what is not visible or steers is replaced, so that a memo
/// cannot clear the screen or turn an amount around.
pub(crate) fn plain(text: &str) -> String {
    let is_steering = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if is_steering(c) { '\u{fffd}' } else { c }).collect()
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // Cut to the terminal only where one is looking: a file gets whole ids.
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    let cell = |field: &Field, text: String| {
        let alignment = if field.is_number { CellAlignment::Right } else { CellAlignment::Left };
        Cell::new(text).set_alignment(alignment)
    };
    if let Some(first) = rows.first() {
        let heading = |field: &Field| cell(field, field.name.replace('_', " ").to_uppercase());
        table.set_header(first.0.iter().map(heading));
    }
    for row in rows {
        table.add_row(row.0.iter().map(|field| cell(field, plain(&field.shown))));
    }
    format!("{}\n", table.trim_fmt())
}

fn card(row: &Row) -> String {
    let width = row.0.iter().map(|field| field.name.len()).max().unwrap_or_default();
    let visible = row.0.iter().filter(|field| !field.shown.is_empty());
    let line =
        |field: &Field| format!("{:width$}  {}", field.name.replace('_', " "), plain(&field.shown));
    lines(visible.map(line))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{text}\n")
}

fn csv(rows: &[Row]) -> Result<String, Failure> {
    let failed = |error: csv::Error| Failure::unexpected("could not write CSV", &error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    if let Some(first) = rows.first() {
        writer.write_record(first.0.iter().map(|field| field.name)).map_err(failed)?;
    }
    for row in rows {
        let cell = |field: &Field| match &field.value {
            Value::String(text) => text.clone(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                field.shown.clone()
            }
        };
        writer.write_record(row.0.iter().map(cell)).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::unexpected("could not write CSV", error.error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let row = |name: &str, shown: &str, minor: &str| {
            Row::new().text("name", name).number("amount", shown, minor).flag("frozen", false)
        };
        vec![row("A, \"B\"", "1,234.56", "123456"), row("C", "0.05", "5")]
    }

    #[test]
    fn text_that_steers_a_terminal_is_made_visible() {
        assert_eq!(
            plain("a\u{1b}[2Jb\nc\u{202e}d\u{200b}"),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}"
        );
        assert_eq!(plain("Zo\u{eb} \u{4e2d}"), "Zo\u{eb} \u{4e2d}");
    }

    #[test]
    fn csv_quotes_what_needs_it_and_gives_programs_their_values() {
        let expected = "name,amount,frozen\n\"A, \"\"B\"\"\",123456,false\nC,5,false\n";
        assert_eq!(csv(&rows()).unwrap(), expected);
    }

    #[test]
    fn json_has_strings_for_money_and_booleans_for_flags() {
        let object = rows()[1].object();
        assert_eq!(object.to_string(), r#"{"amount":"5","frozen":false,"name":"C"}"#);
        let absent = Row::new().maybe("next", None::<String>).object();
        assert_eq!(absent.to_string(), r#"{"next":null}"#);
    }

    #[test]
    fn tables_align_numbers_to_the_right() {
        let table = table(&rows());
        let lines: Vec<_> = table.lines().map(str::trim_end).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].trim_start().starts_with("NAME"));
        assert_eq!(lines[1].find("56"), lines[2].find("05"), "{table}");
    }

    #[test]
    fn a_card_leaves_out_what_is_absent() {
        let row = Row::new().text("bank_name", "x").maybe("next", None::<String>);
        assert_eq!(card(&row), "bank name  x\n");
    }
}
