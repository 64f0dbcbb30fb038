//! Why a file is refused whole, and where in it.

use std::fmt;

use thiserror::Error;

use crate::reason::Reason;

/// Where in a file something stands.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Place {
    /// Line, counted from 1.
    pub line: usize,
    /// The path of the element (`Document/CstmrCdtTrfInitn/GrpHdr/MsgId`) or the name of the column; empty for the file.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, ", {}", self.path) }
    }
}

/// A file that is refused whole.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{place}: {problem}")]
pub struct FileError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

impl FileError {
    pub(crate) fn new(line: usize, path: impl Into<String>, problem: Problem) -> Self {
        Self { place: Place { line, path: path.into() }, problem }
    }
}

/// What is wrong with a file. The texts of a stranger that stand in here are cut to [`SHOWN_CHARS`].
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Problem {
    /// More bytes than the limit.
    #[error("the file is longer than {0} bytes")]
    TooLong(usize),
    /// Bytes that are no text, or a declaration that says the text is something else.
    #[error("the file is not UTF-8")]
    NotUtf8,
    /// A document type declaration: entities, external files and bombs come with it.
    #[error("a document type declaration is not accepted")]
    DocumentType,
    /// An entity other than the five of XML itself.
    #[error("the entity `{0}` is not accepted")]
    Entity(String),
    /// Nested deeper than the limit.
    #[error("elements are nested deeper than {0}")]
    TooDeep(usize),
    /// More elements, attributes or namespaces than any message has.
    #[error("more {0} than a message has")]
    TooMuch(&'static str),
    /// Not XML at all.
    #[error("not well-formed: {0}")]
    NotWellFormed(String),
    /// Another message or another version.
    #[error("this is not {0}")]
    OtherMessage(&'static str),
    /// An element that the schema does not have here, or not in this namespace.
    #[error("the schema has no element `{0}` here")]
    UnknownElement(String),
    /// A mandatory element or column is absent.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// An element, column or choice that stands once stands again.
    #[error("`{0}` stands twice")]
    Twice(String),
    /// An element that stands behind one that the schema has after it.
    #[error("`{0}` stands out of order")]
    OutOfOrder(String),
    /// Text between elements.
    #[error("text where only elements may stand")]
    StrayText,
    /// Nothing where something must stand.
    #[error("is empty")]
    Empty,
    /// Longer than the field may be.
    #[error("is longer than {0} characters")]
    TextTooLong(usize),
    /// Not one of the values or not of the pattern.
    #[error("`{value}` is not {expected}")]
    NotA {
        /// What it should have been.
        expected: &'static str,
        /// What it is.
        value: String,
    },
    /// An amount that can be read in two ways.
    #[error("`{0}` can be read in two ways; write two decimals, or no separator")]
    Ambiguous(String),
    /// Amounts with a point and amounts with a comma in one file.
    #[error("the file writes decimals with a point and with a comma")]
    MixedNotation,
    /// More items than the limit.
    #[error("more than {0} items")]
    TooManyItems(usize),
    /// No items.
    #[error("there are no items")]
    NoItems,
    /// The declared number of transactions is not the number of transactions.
    #[error("declares {declared} transactions and holds {found}")]
    WrongCount {
        /// What the file says.
        declared: u64,
        /// What we count.
        found: usize,
    },
    /// The declared control sum is not the sum of the amounts.
    #[error("declares a control sum of {declared}; the amounts are {found}")]
    WrongSum {
        /// What the file says.
        declared: String,
        /// What we add up.
        found: String,
    },
    /// An id that must be unique in the file stands twice.
    #[error("`{0}` is used twice")]
    DuplicateId(String),
    /// One debit account and several currencies.
    #[error("the items of one payment are in {0} and in {1}")]
    MixedCurrencies(String, String),
    /// The header has none or several of `;`, `,` and tab.
    #[error("the header row must be separated by `;`, by `,` or by tabs")]
    NoDelimiter,
    /// A column that we do not know: it might matter.
    #[error("unknown column `{0}`")]
    UnknownColumn(String),
    /// A row with more or fewer cells than the header, or with broken quotes.
    #[error("the row does not fit the header")]
    Row,
}

impl Problem {
    /// The code under which a status report gives it.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::WrongCount { .. } => Reason::AM18,
            Self::WrongSum { .. } => Reason::AM10,
            Self::DuplicateId(_) => Reason::AM05,
            Self::MixedCurrencies(..) => Reason::AM03,
            Self::Ambiguous(_) | Self::MixedNotation => Reason::AM12,
            Self::TooLong(_)
            | Self::NotUtf8
            | Self::DocumentType
            | Self::Entity(_)
            | Self::TooDeep(_)
            | Self::TooMuch(_)
            | Self::NotWellFormed(_)
            | Self::OtherMessage(_)
            | Self::UnknownElement(_)
            | Self::Missing(_)
            | Self::Twice(_)
            | Self::OutOfOrder(_)
            | Self::StrayText
            | Self::Empty
            | Self::TextTooLong(_)
            | Self::NotA { .. }
            | Self::TooManyItems(_)
            | Self::NoItems
            | Self::NoDelimiter
            | Self::UnknownColumn(_)
            | Self::Row => Reason::FF01,
        }
    }
}

/// How much of a stranger's text an error shows.
pub const SHOWN_CHARS: usize = 40;

/// The beginning of a text, on one line.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
