//! CBOR (RFC 8949): the other form of what is carried. What is signed, recorded and hashed is canonical JSON in either.
//!
//! ```text
//! envelope = {"certificate": bytes, "intent": bytes, "signature": bytes, "suite": text, ? "details", ? "file"}
//! ```
//!
//! A document has the members of its JSON form under the same names, in any order. Bytes, which JSON spells in base64url
//! or in hex, are byte strings; everything else is what it is in JSON. What is read has definite lengths, unique members whose
//! names are texts, and neither numbers nor null nor tags: the profile of [`crate::canonical`].

use std::{borrow::Cow, collections::BTreeMap, convert::Infallible};

use cbor4ii::core::{
    dec::{self, Decode, IgnoredAny, Read, Reference},
    enc::{self, Encode},
    major, marker, types,
    utils::SliceReader,
};

use crate::{
    IntentError,
    canonical::{MAX_DEPTH, Path, Value},
};

/// Most values in one document, at all levels together: a value costs one byte to send and some thirty to keep. A receipt
/// of the largest batch has about a thousand.
const VALUES_MAX: usize = 64 * 1024;

/// How what is carried is written: the same members in both, under the same names.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Form {
    /// JSON, with bytes in base64url.
    #[default]
    Json,
    /// CBOR, with bytes as they are.
    Cbor,
}

impl Form {
    /// The name of the form in `Content-Type` and `Accept`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Cbor => "application/cbor",
        }
    }
}

/// Whether these bytes begin an array.
#[must_use]
pub fn is_array(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| dec::if_major(*first) == major::ARRAY)
}

/// The items of an array, each with its own bytes; at most `most` of them. What is in them is not looked at.
pub fn items(bytes: &[u8], most: usize) -> Result<Vec<&[u8]>, IntentError> {
    let mut reader = Reader::new(bytes);
    let path = Path::Root;
    if !matches!(reader.head(&path)?, Head::Array) {
        return Err(IntentError::malformed("", "must be an array"));
    }
    let length = reader.length(types::Array::len, &path)?;
    if length > most {
        return Err(IntentError::malformed("", format!("more than {most} items")));
    }
    let mut items = Vec::with_capacity(length);
    for place in 0..length {
        items.push(reader.skip(&Path::Item(&path, place))?);
    }
    reader.finish()?;
    Ok(items)
}

/// The members of a map, each with its own bytes. What is in them is not looked at, and nothing is said of the order or the
/// uniqueness of the names.
pub fn members(bytes: &[u8]) -> Result<Vec<(&str, &[u8])>, IntentError> {
    let mut reader = Reader::new(bytes);
    let path = Path::Root;
    if !matches!(reader.head(&path)?, Head::Map) {
        return Err(IntentError::malformed("", "must be a map"));
    }
    let length = reader.length(types::Map::len, &path)?;
    let mut members = Vec::new();
    for _ in 0..length {
        let name = reader.name(&path)?;
        members.push((name, reader.skip(&Path::Member(&path, name))?));
    }
    reader.finish()?;
    Ok(members)
}

/// Reads one document of at most `limit` bytes. Texts and bytes are borrowed from it.
pub(crate) fn read(bytes: &[u8], limit: usize) -> Result<Value<'_>, IntentError> {
    if bytes.len() > limit {
        return Err(IntentError::TooLarge { limit, actual: bytes.len() });
    }
    let mut reader = Reader::new(bytes);
    let value = reader.value(&Path::Root, 0)?;
    reader.finish()?;
    Ok(value)
}

/// What a value begins with.
enum Head {
    Bytes,
    Text,
    Array,
    Map,
    Bool(bool),
    /// Numbers, null, tags and whatever RFC 8949 leaves open.
    Other,
}

struct Reader<'a> {
    input: SliceReader<'a>,
    values_left: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { input: SliceReader::new(bytes), values_left: VALUES_MAX }
    }

    fn value(&mut self, path: &Path<'_>, level: usize) -> Result<Value<'a>, IntentError> {
        self.values_left = self.values_left.checked_sub(1).ok_or_else(|| {
            let why = format!("more than {VALUES_MAX} values");
            IntentError::malformed(path.to_string(), why)
        })?;
        match self.head(path)? {
            Head::Bytes => <types::Bytes<&'a [u8]>>::decode(&mut self.input)
                .map(|bytes| Value::Bytes(bytes.0))
                .map_err(|error| fault(path, &error)),
            Head::Text => self.text(path).map(|text| Value::String(Cow::Borrowed(text))),
            Head::Array => self.array(path, descend(path, level)?),
            Head::Map => self.map(path, descend(path, level)?),
            Head::Bool(value) => {
                self.input.advance(1);
                Ok(Value::Bool(value))
            }
            Head::Other => {
                let why = "must be a text, bytes, a boolean, an array or a map";
                Err(IntentError::malformed(path.to_string(), why))
            }
        }
    }

    fn array(&mut self, path: &Path<'_>, level: usize) -> Result<Value<'a>, IntentError> {
        let length = self.length(types::Array::len, path)?;
        // A length is only a claim: room is made for what comes.
        let mut values = Vec::new();
        for place in 0..length {
            values.push(self.value(&Path::Item(path, place), level)?);
        }
        Ok(Value::Array(values))
    }

    fn map(&mut self, path: &Path<'_>, level: usize) -> Result<Value<'a>, IntentError> {
        let length = self.length(types::Map::len, path)?;
        let mut members: BTreeMap<Cow<'a, str>, Value<'a>> = BTreeMap::new();
        for _ in 0..length {
            let name = self.name(path)?;
            let inner = Path::Member(path, name);
            if members.contains_key(name) {
                return Err(IntentError::DuplicateMember { field: inner.to_string() });
            }
            let value = self.value(&inner, level)?;
            members.insert(Cow::Borrowed(name), value);
        }
        Ok(Value::Object(members))
    }

    /// The name of a member of the map at `path`.
    fn name(&mut self, path: &Path<'_>) -> Result<&'a str, IntentError> {
        match self.head(path)? {
            Head::Text => self.text(path),
            Head::Bytes | Head::Array | Head::Map | Head::Bool(_) | Head::Other => {
                Err(IntentError::malformed(path.to_string(), "names of members must be texts"))
            }
        }
    }

    fn text(&mut self, path: &Path<'_>) -> Result<&'a str, IntentError> {
        <&'a str>::decode(&mut self.input).map_err(|error| fault(path, &error))
    }

    /// Looks at the first byte of a value, which stays where it is.
    fn head(&mut self, path: &Path<'_>) -> Result<Head, IntentError> {
        let first = self.rest().first().copied();
        let first = first.ok_or_else(|| IntentError::malformed(path.to_string(), BROKEN_OFF))?;
        let head = match dec::if_major(first) {
            major::BYTES => Head::Bytes,
            major::STRING => Head::Text,
            major::ARRAY => Head::Array,
            major::MAP => Head::Map,
            _ => match first {
                marker::FALSE => return Ok(Head::Bool(false)),
                marker::TRUE => return Ok(Head::Bool(true)),
                _ => return Ok(Head::Other),
            },
        };
        if dec::low(first) == marker::START {
            let why = "indefinite lengths are not admitted";
            return Err(IntentError::malformed(path.to_string(), why));
        }
        Ok(head)
    }

    /// Takes the head of an array or a map, whose length is told.
    fn length(
        &mut self,
        take: impl FnOnce(&mut SliceReader<'a>) -> Result<Option<usize>, dec::Error<Infallible>>,
        path: &Path<'_>,
    ) -> Result<usize, IntentError> {
        let length = take(&mut self.input).map_err(|error| fault(path, &error))?;
        length.ok_or_else(|| IntentError::malformed(path.to_string(), NOT_WELL_FORMED))
    }

    /// The bytes of one value, whatever it is.
    fn skip(&mut self, path: &Path<'_>) -> Result<&'a [u8], IntentError> {
        let from_here = self.rest();
        IgnoredAny::decode(&mut self.input).map_err(|error| fault(path, &error))?;
        let length = from_here.len().saturating_sub(self.rest().len());
        Ok(from_here.get(..length).unwrap_or_default())
    }

    fn rest(&mut self) -> &'a [u8] {
        match self.input.fill(usize::MAX) {
            Ok(Reference::Long(rest)) => rest,
            // A slice is never read through a buffer.
            Ok(Reference::Short(_)) => &[],
            Err(never) => match never {},
        }
    }

    fn finish(&mut self) -> Result<(), IntentError> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(IntentError::malformed("", "something follows the document"))
        }
    }
}

fn descend(path: &Path<'_>, level: usize) -> Result<usize, IntentError> {
    if level >= MAX_DEPTH {
        return Err(IntentError::TooDeep { field: path.to_string() });
    }
    Ok(level.saturating_add(1))
}

const BROKEN_OFF: &str = "the document ends before its end";
const NOT_WELL_FORMED: &str = "is not well-formed CBOR";

fn fault(path: &Path<'_>, error: &dec::Error<Infallible>) -> IntentError {
    let why = match error {
        dec::Error::Eof { .. } | dec::Error::RequireLength { .. } => BROKEN_OFF,
        dec::Error::RequireUtf8 { .. } => "a text must be UTF-8",
        _ => NOT_WELL_FORMED,
    };
    IntentError::malformed(path.to_string(), why)
}

/// Appends CBOR to a buffer, each length in its shortest form. Writing to memory cannot fail.
#[derive(Debug)]
pub struct Writer<'o>(&'o mut Vec<u8>);

impl enc::Write for Writer<'_> {
    type Error = Infallible;

    fn push(&mut self, input: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(input);
        Ok(())
    }
}

impl<'o> Writer<'o> {
    /// Goes on at the end of a buffer.
    pub const fn new(out: &'o mut Vec<u8>) -> Self {
        Self(out)
    }

    /// Begins a map: so many names with a value each follow.
    pub fn map(&mut self, members: usize) {
        let _ = types::Map::bounded(members, self);
    }

    /// Begins an array: so many values follow.
    pub fn array(&mut self, items: usize) {
        let _ = types::Array::bounded(items, self);
    }

    /// Appends a text.
    pub fn text(&mut self, text: &str) {
        let _ = text.encode(self);
    }

    /// Appends a byte string.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let _ = types::Bytes(bytes).encode(self);
    }

    pub(crate) fn text_member(&mut self, name: &str, text: &str) {
        self.text(name);
        self.text(text);
    }

    pub(crate) fn bytes_member(&mut self, name: &str, bytes: &[u8]) {
        self.text(name);
        self.bytes(bytes);
    }
}
