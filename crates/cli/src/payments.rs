//! Payment files: CSV with the columns `to,amount,asset,memo`, one payment a line.

use std::collections::BTreeSet;
use std::io::Read;

use intent::Body;
use money::Amount;

use crate::amount::TypedAmount;
use crate::payee::Payee;

const COLUMNS: [&str; 4] = ["to", "amount", "asset", "memo"];
/// More errors than this are summed up.
const ERRORS_SHOWN_MAX: usize = 10;

/// One payment as the file has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Line {
    pub(crate) to: Payee,
    pub(crate) amount: Amount,
    pub(crate) memo: Option<String>,
}

/// A payment file that can be sent.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Payments {
    pub(crate) lines: Vec<Line>,
    /// The sum; all lines are in one asset, because they leave one account.
    pub(crate) total: Amount,
}

/// Reads a payment file whole, or names what is wrong, each error with its line.
///
/// `scale` knows the decimals of assets that ISO 4217 does not list.
pub(crate) fn read(
    source: impl Read,
    scale: impl Fn(&TypedAmount) -> Option<u8>,
) -> Result<Payments, Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source);
    require_columns(&mut reader)?;
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                errors.push(describe(&error));
                continue;
            }
        };
        let number = record.position().map_or(0, csv::Position::line);
        match line(&record, &scale) {
            Ok(line) => lines.push(line),
            Err(error) => errors.push(format!("line {number}: {error}")),
        }
    }
    if errors.is_empty() {
        total(&lines).map(|total| Payments { lines, total }).map_err(|error| vec![error])
    } else {
        Err(shorten(errors))
    }
}

fn require_columns(reader: &mut csv::Reader<impl Read>) -> Result<(), Vec<String>> {
    let headers = reader.headers().map_err(|error| vec![describe(&error)])?;
    // A file saved by a spreadsheet may start with a byte order mark.
    let names: Vec<_> = headers.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
    if names == COLUMNS {
        Ok(())
    } else {
        Err(vec![format!("line 1: the columns must be `{}`", COLUMNS.join(","))])
    }
}

fn line(
    record: &csv::StringRecord,
    scale: &impl Fn(&TypedAmount) -> Option<u8>,
) -> Result<Line, String> {
    let column = |index: usize| record.get(index).unwrap_or_default();
    let to = column(0).parse().map_err(|error| format!("to: {error}"))?;
    let typed =
        TypedAmount::new(column(1), column(2)).map_err(|error| format!("asset: {error}"))?;
    let amount = typed.resolve(scale(&typed)).map_err(|error| format!("amount: {error}"))?;
    let memo = Some(column(3)).filter(|memo| !memo.is_empty()).map(str::to_owned);
    Ok(Line { to, amount, memo })
}

fn total(lines: &[Line]) -> Result<Amount, String> {
    let Some(first) = lines.first() else { return Err("there is no payment in it".to_owned()) };
    if lines.len() > Body::BATCH_ITEMS_MAX {
        let (count, most) = (lines.len(), Body::BATCH_ITEMS_MAX);
        return Err(format!("{count} payments are too many for one signature; split it at {most}"));
    }
    let assets: BTreeSet<_> = lines.iter().map(|line| line.amount.asset()).collect();
    if assets.len() > 1 {
        let names: Vec<_> = assets.iter().map(ToString::to_string).collect();
        return Err(format!(
            "it mixes assets ({}); one file pays from one account",
            names.join(", ")
        ));
    }
    let zero = Amount::zero(first.amount.asset());
    lines
        .iter()
        .try_fold(zero, |sum, line| sum.checked_add(line.amount))
        .map_err(|_| "the sum is too large".to_owned())
}

fn describe(error: &csv::Error) -> String {
    let number = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("line {number}: {len} columns instead of {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => format!("line {number}: not UTF-8"),
        _ => format!("line {number}: {error}"),
    }
}

fn shorten(mut errors: Vec<String>) -> Vec<String> {
    let more = errors.len().saturating_sub(ERRORS_SHOWN_MAX);
    if more > 0 {
        errors.truncate(ERRORS_SHOWN_MAX);
        errors.push(format!("and {more} more"));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0192f000-0000-7000-8000-000000000001";

    fn parse(text: &str) -> Result<Payments, Vec<String>> {
        read(text.as_bytes(), |_| None)
    }

    #[test]
    fn every_wrong_line_is_named_by_its_number() {
        let text = format!(
            "to,amount,asset,memo\n{A},1.00,EUR,ok\nnobody,1.00,EUR,\n{A},\"1,00\",EUR,\n{A},1.00,eur,\n{A},0,EUR,\n{A},1.00,EUR\n"
        );
        let errors = parse(&text).unwrap_err();
        let expected = [
            "line 3: to: ",
            "line 4: amount: ",
            "line 5: asset: ",
            "line 6: amount: ",
            "line 7: 3 columns instead of 4",
        ];
        assert_eq!(errors.len(), expected.len(), "{errors:#?}");
        for (error, start) in errors.iter().zip(expected) {
            assert!(error.starts_with(start), "{error} should start with {start}");
        }
    }

    #[test]
    fn a_line_that_spans_lines_does_not_shift_the_count() {
        let text = format!("to,amount,asset,memo\n{A},1.00,EUR,\"two\nlines\"\nnobody,1,EUR,\n");
        assert!(parse(&text).unwrap_err()[0].starts_with("line 4: "));
    }

    #[test]
    fn files_of_another_shape_are_refused() {
        let mixed = format!("to,amount,asset,memo\n{A},1,EUR,\n{A},1,USD,\n");
        let huge = "92233720368547758.07";
        let overflow = format!("to,amount,asset,memo\n{A},{huge},EUR,\n{A},{huge},EUR,\n");
        let many = format!("to,amount,asset,memo\n{}", format!("{A},1,EUR,\n").repeat(1001));
        let cases = [
            ("", "columns"),
            ("a,b\n", "columns"),
            ("amount,to,asset,memo\n", "columns"),
            ("to,amount,asset,memo\n", "no payment"),
            (&mixed, "mixes assets"),
            (&overflow, "too large"),
            (&many, "too many"),
        ];
        for (text, reason) in cases {
            let errors = parse(text).unwrap_err();
            assert!(errors[0].contains(reason), "{errors:?}");
        }
    }

    #[test]
    fn many_errors_are_summed_up() {
        let text = format!("to,amount,asset,memo\n{}", "x,1,EUR,\n".repeat(25));
        let errors = parse(&text).unwrap_err();
        assert_eq!((errors.len(), errors.last().unwrap().as_str()), (11, "and 15 more"));
    }

    #[test]
    fn a_good_file_is_read_with_its_total() {
        let text = format!("\u{feff}to,amount,asset,memo\n{A}, 1.50 ,EUR,rent \n{A},2,EUR,\n");
        let payments = parse(&text).unwrap();
        assert_eq!(payments.total.minor(), 350);
        assert_eq!(payments.lines[0].memo.as_deref(), Some("rent"));
        assert_eq!(payments.lines[1].memo, None);
    }
}
