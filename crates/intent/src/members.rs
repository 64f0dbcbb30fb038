//! Taking a value apart into typed members: nothing missing, nothing left over.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    Form, IntentError,
    canonical::{Path, Value},
    text,
};

/// The members of one object; a taken one leaves its place empty, which costs less than removing it
/// from the map.
pub(crate) struct Members<'p, 'a> {
    left: Vec<Option<(Cow<'a, str>, Value<'a>)>>,
    path: Path<'p>,
    /// How bytes are spelled.
    form: Form,
}

impl<'p, 'a> Members<'p, 'a> {
    /// The members of the object at `path`, of a JSON document.
    pub(crate) fn new(value: Value<'a>, path: Path<'p>) -> Result<Self, IntentError> {
        Self::of(value, path, Form::Json)
    }

    /// The members of the object at `path`, of a document in this form.
    pub(crate) fn of(value: Value<'a>, path: Path<'p>, form: Form) -> Result<Self, IntentError> {
        match value {
            Value::Object(members) => {
                Ok(Self { left: members.into_iter().map(Some).collect(), path, form })
            }
            Value::String(_) | Value::Bytes(_) | Value::Bool(_) | Value::Array(_) => {
                Err(IntentError::malformed(path.to_string(), "must be an object"))
            }
        }
    }

    /// The members of a stored document, whose `v` is 1.
    pub(crate) fn version_1(value: Value<'a>) -> Result<Self, IntentError> {
        Self::version_1_of(value, Form::Json)
    }

    /// As [`Members::version_1`], of a document in this form.
    pub(crate) fn version_1_of(value: Value<'a>, form: Form) -> Result<Self, IntentError> {
        let mut members = Self::of(value, Path::Root, form)?;
        // First: another version may mean anything by the other members.
        if members.text("v")? == "1" { Ok(members) } else { Err(IntentError::UnsupportedVersion) }
    }

    /// Path of a member, to name it in a refusal.
    pub(crate) fn field(&self, name: &str) -> String {
        Path::Member(&self.path, name).to_string()
    }

    pub(crate) fn malformed(&self, name: &str, why: impl Into<String>) -> IntentError {
        IntentError::malformed(self.field(name), why)
    }

    /// A required member of any shape.
    pub(crate) fn value(&mut self, name: &str) -> Result<Value<'a>, IntentError> {
        self.optional_value(name)
            .ok_or_else(|| IntentError::MissingMember { field: self.field(name) })
    }

    /// A member of any shape that may be absent.
    pub(crate) fn optional_value(&mut self, name: &str) -> Option<Value<'a>> {
        let is_it = |member: &&mut Option<(Cow<'a, str>, Value<'a>)>| {
            member.as_ref().is_some_and(|(other, _)| *other == name)
        };
        self.left.iter_mut().find(is_it)?.take().map(|(_, value)| value)
    }

    /// Whether there is such a member that was not taken yet.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.left.iter().flatten().any(|(other, _)| *other == name)
    }

    /// A required string.
    pub(crate) fn text(&mut self, name: &str) -> Result<Cow<'a, str>, IntentError> {
        match self.value(name)? {
            Value::String(text) => Ok(text),
            Value::Bytes(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(self.malformed(name, "must be a string"))
            }
        }
    }

    /// A required string of a form that `read` knows; `form` says which.
    pub(crate) fn take<T>(
        &mut self,
        name: &str,
        form: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, IntentError> {
        let text = self.text(name)?;
        read(&text).ok_or_else(|| self.malformed(name, format!("must be {form}")))
    }

    /// A required digest: 32 bytes, in JSON in hex.
    pub(crate) fn digest(&mut self, name: &str) -> Result<[u8; 32], IntentError> {
        match self.form {
            Form::Json => self.take(name, text::DIGEST_FORM, text::digest),
            Form::Cbor => self.exactly_32(name),
        }
    }

    /// Required bytes, in JSON in base64url.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, IntentError> {
        match self.form {
            Form::Json => self.take(name, text::BINARY_FORM, text::binary),
            Form::Cbor => self.byte_string(name).map(<[u8]>::to_vec),
        }
    }

    /// As [`Members::bytes`], of a member that may be absent.
    pub(crate) fn optional_bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, IntentError> {
        if self.has(name) { self.bytes(name).map(Some) } else { Ok(None) }
    }

    /// Required bytes, 32 of them, in JSON in base64url.
    pub(crate) fn bytes32(&mut self, name: &str) -> Result<[u8; 32], IntentError> {
        match self.form {
            Form::Json => self.take(name, text::BINARY32_FORM, text::binary32),
            Form::Cbor => self.exactly_32(name),
        }
    }

    /// A required array of bytes, in JSON in base64url, of a form that `read` knows.
    pub(crate) fn bytes_list<T>(
        &mut self,
        name: &str,
        form: &str,
        mut read: impl FnMut(Vec<u8>) -> Option<T>,
    ) -> Result<Vec<T>, IntentError> {
        match self.form {
            Form::Json => self.list(name, form, |text| read(text::binary(&text)?)),
            Form::Cbor => self.items(name, "bytes of its length", |item| {
                if let Value::Bytes(bytes) = item { read(bytes.to_vec()) } else { None }
            }),
        }
    }

    fn exactly_32(&mut self, name: &str) -> Result<[u8; 32], IntentError> {
        let bytes = self.byte_string(name)?.try_into();
        bytes.map_err(|_| self.malformed(name, "must be 32 bytes"))
    }

    fn byte_string(&mut self, name: &str) -> Result<&'a [u8], IntentError> {
        match self.value(name)? {
            Value::Bytes(bytes) => Ok(bytes),
            Value::String(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(self.malformed(name, "must be bytes"))
            }
        }
    }

    /// As [`Members::take`], of a member that may be absent.
    pub(crate) fn take_optional<T>(
        &mut self,
        name: &str,
        form: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, IntentError> {
        let present = self.left.iter().flatten().any(|(other, _)| *other == name);
        if present { self.take(name, form, read).map(Some) } else { Ok(None) }
    }

    /// A required boolean.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<bool, IntentError> {
        match self.value(name)? {
            Value::Bool(value) => Ok(value),
            Value::String(_) | Value::Bytes(_) | Value::Array(_) | Value::Object(_) => {
                Err(self.malformed(name, "must be true or false"))
            }
        }
    }

    /// A required array.
    pub(crate) fn array(&mut self, name: &str) -> Result<Vec<Value<'a>>, IntentError> {
        match self.value(name)? {
            Value::Array(values) => Ok(values),
            Value::String(_) | Value::Bytes(_) | Value::Bool(_) | Value::Object(_) => {
                Err(self.malformed(name, "must be an array"))
            }
        }
    }

    /// A required array of strings of a form that `read` knows.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        form: &str,
        mut read: impl FnMut(Cow<'a, str>) -> Option<T>,
    ) -> Result<Vec<T>, IntentError> {
        self.items(
            name,
            form,
            |item| {
                if let Value::String(text) = item { read(text) } else { None }
            },
        )
    }

    fn items<T>(
        &mut self,
        name: &str,
        form: &str,
        mut read: impl FnMut(Value<'a>) -> Option<T>,
    ) -> Result<Vec<T>, IntentError> {
        let values = self.array(name)?;
        let list = Path::Member(&self.path, name);
        let read_item = |(place, value)| {
            read(value).ok_or_else(|| {
                let field = Path::Item(&list, place).to_string();
                IntentError::malformed(field, format!("must be {form}"))
            })
        };
        values.into_iter().enumerate().map(read_item).collect()
    }

    /// A required object of strings.
    pub(crate) fn map(&mut self, name: &str) -> Result<BTreeMap<String, String>, IntentError> {
        let object = self.value(name)?;
        let path = Path::Member(&self.path, name);
        let members = Members::new(object, path)?;
        let mut map = BTreeMap::new();
        for (key, value) in members.left.into_iter().flatten() {
            let Value::String(text) = value else {
                let field = Path::Member(&path, &key).to_string();
                return Err(IntentError::malformed(field, "must be a string"));
            };
            map.insert(key.into_owned(), text.into_owned());
        }
        Ok(map)
    }

    /// Every member was taken.
    pub(crate) fn finish(self) -> Result<(), IntentError> {
        match self.left.iter().flatten().next() {
            None => Ok(()),
            Some((name, _)) => Err(IntentError::UnknownMember { field: self.field(name) }),
        }
    }
}
