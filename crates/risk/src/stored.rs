//! Stored bytes: a version, then little-endian numbers of fixed width, in order.

use thiserror::Error;

/// Why stored bytes are not a state.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum MalformedState {
    /// Written by a version that this one does not know.
    #[error("risk state has version {0}")]
    Version(u8),
    /// Not the length of the stored form.
    #[error("risk state has {0} bytes")]
    Length(usize),
    /// A number that no update could have made.
    #[error("risk state contains a number out of range")]
    OutOfRange,
}

pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(version: u8, len: usize) -> Self {
        let mut bytes = Vec::with_capacity(len);
        bytes.push(version);
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn floats(&mut self, values: &[f64]) {
        for value in values {
            self.bytes(&value.to_le_bytes());
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what a [`Writer`] wrote; refuses negative numbers, which no state holds, and floats that are not finite.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// No bytes at all are the state before anything happened: `None`.
    pub(crate) fn new(
        bytes: &'a [u8],
        version: u8,
        len: usize,
    ) -> Result<Option<Self>, MalformedState> {
        let Some((found, body)) = bytes.split_first() else { return Ok(None) };
        if *found != version {
            return Err(MalformedState::Version(*found));
        }
        if bytes.len() != len {
            return Err(MalformedState::Length(bytes.len()));
        }
        Ok(Some(Self(body)))
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], MalformedState> {
        let (first, rest) = self.0.split_first_chunk().ok_or(MalformedState::OutOfRange)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, MalformedState> {
        self.bytes().map(u8::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, MalformedState> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, MalformedState> {
        let value = i64::from_le_bytes(self.bytes()?);
        if value < 0 { Err(MalformedState::OutOfRange) } else { Ok(value) }
    }

    pub(crate) fn float(&mut self) -> Result<f64, MalformedState> {
        let value = f64::from_le_bytes(self.bytes()?);
        // Minus zero is no state either: it would not be equal to the bit.
        let is_state = value.is_finite() && value.is_sign_positive();
        if is_state { Ok(value) } else { Err(MalformedState::OutOfRange) }
    }

    pub(crate) fn floats<const N: usize>(&mut self) -> Result<[f64; N], MalformedState> {
        let mut values = [0.0; N];
        for value in &mut values {
            *value = self.float()?;
        }
        Ok(values)
    }
}
