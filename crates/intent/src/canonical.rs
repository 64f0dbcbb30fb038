//! The canonical JSON profile: one value has one spelling, and that spelling is what is signed.
//!
//! A value is a string, a boolean, an array or an object. There are no numbers (parsers round them)
//! and no null (an absent member is left out). Strings are NFC without control and bidirectional
//! control characters. Members are sorted by their names' bytes and unique; there is no white
//! space; escapes are the minimal ones of RFC 8785 3.2.2.2. Bytes are admitted only if writing the
//! value that was read gives the same bytes again.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::{
    IntentError,
    text::{self, TextFault},
};

/// Deepest admitted nesting; the document itself is level 1.
pub const MAX_DEPTH: usize = 8;

/// Largest document that [`parse`] admits, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Refusals of the profile are [`IntentError`]s, with the path of the offending value.
pub type CanonicalError = IntentError;

/// A value of the profile. Texts borrow from the input where they contain no escape.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value<'a> {
    /// Text in NFC.
    String(Cow<'a, str>),
    /// Bytes, which only CBOR has: in canonical JSON they are text in base64url.
    Bytes(&'a [u8]),
    /// Truth value.
    Bool(bool),
    /// Values in order.
    Array(Vec<Self>),
    /// Members, sorted by their names' bytes.
    Object(BTreeMap<Cow<'a, str>, Self>),
}

/// Reads at most [`MAX_BYTES`] canonical bytes.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, CanonicalError> {
    parse_within(bytes, MAX_BYTES)
}

/// Reads at most `limit` canonical bytes.
pub fn parse_within(bytes: &[u8], limit: usize) -> Result<Value<'_>, CanonicalError> {
    let value = read(bytes, limit, Texts::Canonical)?;
    // Also where features of serde_json that another crate switched on (such as
    // `arbitrary_precision`) would make a number look like an object: it is not written back.
    if write(&value) == bytes { Ok(value) } else { Err(IntentError::NotCanonical) }
}

/// The one canonical spelling.
#[must_use]
pub fn write(value: &Value<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    put(&mut out, value);
    out
}

fn put(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::String(text) => text::put_string(out, text),
        Value::Bytes(bytes) => text::put_binary(out, bytes),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Array(values) => {
            out.push(b'[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                put(out, value);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (place, (name, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                text::put_string(out, name);
                out.push(b':');
                put(out, value);
            }
            out.push(b'}');
        }
    }
}

/// Which strings a reader admits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Texts {
    /// Those of the profile.
    Canonical,
    /// Any: for envelopes and receipts, whose bytes nobody signs.
    Any,
}

/// Reads the profile's values in any spelling: for what is carried, not signed.
pub(crate) fn read(bytes: &[u8], limit: usize, texts: Texts) -> Result<Value<'_>, IntentError> {
    if bytes.len() > limit {
        return Err(IntentError::TooLarge { limit, actual: bytes.len() });
    }
    let fault = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let reader = Reader { path: Path::Root, level: 0, texts, fault: &fault };
    let read = reader.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    read.map_err(|error| {
        fault.take().unwrap_or_else(|| IntentError::malformed("", error.to_string()))
    })
}

/// Where in a document a value is. Rendered only to name a refusal, and then with names that are
/// safe to log: cut, and without control characters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'p> {
    Root,
    Member(&'p Self, &'p str),
    Item(&'p Self, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(&text::label(name)),
            Self::Member(parent, name) => write!(f, "{parent}.{}", text::label(name)),
            Self::Item(parent, place) => write!(f, "{parent}[{place}]"),
        }
    }
}

/// Reads one value. serde's errors carry only a message, so the typed refusal goes through `fault`:
/// the first one set, which is the innermost, wins.
#[derive(Clone, Copy)]
struct Reader<'r> {
    path: Path<'r>,
    level: usize,
    texts: Texts,
    fault: &'r RefCell<Option<IntentError>>,
}

impl Reader<'_> {
    fn refuse<E: Error>(&self, refusal: impl FnOnce(String) -> IntentError) -> E {
        self.fault.borrow_mut().get_or_insert_with(|| refusal(self.path.to_string()));
        E::custom("refused")
    }

    /// Gives an error of the JSON parser itself the path of the value it happened in.
    fn located<E: Error>(&self, error: E) -> E {
        self.fault.borrow_mut().get_or_insert_with(|| {
            IntentError::malformed(self.path.to_string(), error.to_string())
        });
        error
    }

    fn admit<E: Error>(&self, text: &str) -> Result<(), E> {
        if self.texts == Texts::Any {
            return Ok(());
        }
        text::check(text).map_err(|fault| {
            self.refuse(|field| match fault {
                TextFault::NotNormal => IntentError::TextNotNormal { field },
                TextFault::Forbidden(character) => {
                    IntentError::TextForbidden { field, character: character.into() }
                }
            })
        })
    }

    fn descend<E: Error>(&self) -> Result<usize, E> {
        if self.level >= MAX_DEPTH {
            return Err(self.refuse(|field| IntentError::TooDeep { field }));
        }
        Ok(self.level.saturating_add(1))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value<'de>, D::Error> {
        json.deserialize_any(self).map_err(|error| self.located(error))
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a boolean, an array or an object")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        self.admit(text)?;
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        self.admit(text)?;
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Value<'de>, E> {
        Err(self.refuse(|field| IntentError::NumberInJson { field }))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value<'de>, E> {
        Err(self.refuse(|field| IntentError::NumberInJson { field }))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value<'de>, E> {
        Err(self.refuse(|field| IntentError::NumberInJson { field }))
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Err(self.refuse(|field| IntentError::NullInJson { field }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let level = self.descend()?;
        let mut values = Vec::new();
        loop {
            let path = Path::Item(&self.path, values.len());
            match items.next_element_seed(Reader { path, level, ..self })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'de>, A::Error> {
        let level = self.descend()?;
        let mut object: BTreeMap<Cow<'de, str>, Value<'de>> = BTreeMap::new();
        while let Some(name) = members.next_key_seed(NameReader(self))? {
            let inner = Reader { path: Path::Member(&self.path, &name), level, ..self };
            // Sorted documents never need the search.
            let ascends = object.last_key_value().is_none_or(|(last, _)| *last < name);
            if !ascends && object.contains_key(&name) {
                return Err(inner.refuse(|field| IntentError::DuplicateMember { field }));
            }
            let value = members.next_value_seed(inner)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Reads a member's name, under the path of its object.
struct NameReader<'r>(Reader<'r>);

impl<'de> DeserializeSeed<'de> for NameReader<'_> {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Cow<'de, str>, D::Error> {
        let reader = self.0;
        json.deserialize_str(self).map_err(|error| reader.located(error))
    }
}

impl<'de> Visitor<'de> for NameReader<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        self.0.admit(name)?;
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Cow<'de, str>, E> {
        self.0.admit(name)?;
        Ok(Cow::Owned(name.to_owned()))
    }
}
