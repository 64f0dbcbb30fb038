//! How much of a file we read.

/// What a file from a stranger may cost us. Whoever calls chooses; the numbers here are those of the product.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Longest file, in bytes.
    pub bytes: usize,
    /// Most payments, or most entries of a statement.
    pub items: usize,
    /// Longest text of one element or cell, in characters; fields of a standard are shorter still.
    pub text_chars: usize,
    /// Deepest nesting of elements. A pain.001 with every optional part is 14 deep.
    pub depth: usize,
}

impl Limits {
    /// Ten thousand items in sixteen mebibytes.
    pub const PRODUCT: Self = Self { bytes: 16 << 20, items: 10_000, text_chars: 2_000, depth: 32 };
}
