//! C2SP signed notes: text, a blank line, and one line per signature.

use std::fmt;

use base64ct::{Base64, Encoding as _};

use crate::TlogError;

/// Signature lines a note may have; the standard asks to accept at least 16.
const LINES_MAX: usize = 64;
/// Size of a note, in bytes: room for [`LINES_MAX`] signatures of nearly 5 kB (C2SP signed-note).
const NOTE_BYTES_MAX: usize = 512 * 1024;
/// What a signature line starts with: an em dash and a space.
const LINE_START: &str = "\u{2014} ";
/// Length of a key or log name, in bytes: it has a one-byte length in an ML-DSA-44 cosignature.
const NAME_BYTES_MAX: usize = 255;

/// The name a key signs under: 1 to 255 bytes without spaces, `+` or control characters.
///
/// It tells keys apart and proves nothing.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyName(String);

impl KeyName {
    /// A name, if it can be one.
    pub fn new(name: &str) -> Result<Self, TlogError> {
        let allowed = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(allowed) {
            return Err(TlogError::MalformedName);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One signature line: whose it claims to be, and its bytes. Nothing about it is verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignatureLine {
    /// The name of the key.
    pub name: KeyName,
    /// The first four bytes of a hash over name and key: a hint which key it is, not a proof.
    pub key_id: [u8; 4],
    /// The signature, in the format of the key's signature type.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    /// Reads one line, with or without the newline at its end, as a witness returns it.
    pub fn from_text(line: &str) -> Result<Self, TlogError> {
        Self::read(line.strip_suffix('\n').unwrap_or(line))
    }

    fn read(line: &str) -> Result<Self, TlogError> {
        let (name, encoded) =
            line.strip_prefix(LINE_START)
                .and_then(|rest| rest.split_once(' '))
                .ok_or_else(|| malformed("a signature line is `\u{2014} <name> <base64>`"))?;
        let bytes = Base64::decode_vec(encoded)
            .map_err(|_| malformed("a signature is standard Base 64 with padding"))?;
        match bytes.split_first_chunk::<4>() {
            Some((key_id, signature)) if !signature.is_empty() => Ok(Self {
                name: KeyName::new(name)?,
                key_id: *key_id,
                signature: signature.to_vec(),
            }),
            Some(_) | None => Err(malformed("a signature is a key id of 4 bytes and more")),
        }
    }
}

/// The line, with its newline.
impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_slice(), &self.signature].concat();
        writeln!(f, "{LINE_START}{} {}", self.name, Base64::encode_string(&bytes))
    }
}

/// A well-formed signed note. Its text means nothing until a signature of a known key is verified.
///
/// # Invariants
///
/// - `text` is the body, a newline and the lines, exactly as they are written out again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedNote {
    text: String,
    body: String,
    lines: Vec<SignatureLine>,
}

impl SignedNote {
    /// A note of this body, which ends in a newline, under these signatures.
    pub(crate) fn new(body: &str, lines: &[SignatureLine]) -> Result<Self, TlogError> {
        let lines: String = lines.iter().map(ToString::to_string).collect();
        Self::from_text(&format!("{body}\n{lines}"))
    }

    /// Reads a note.
    ///
    /// # Standard
    ///
    /// C2SP signed-note, "Format".
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(malformed("it has at most 512 KiB"));
        }
        if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(malformed("control characters are not allowed"));
        }
        let (head, tail) = text
            .rsplit_once("\n\n")
            .ok_or_else(|| malformed("a blank line divides text and signatures"))?;
        let tail =
            tail.strip_suffix('\n').ok_or_else(|| malformed("it ends in a signature line"))?;
        if tail.split('\n').count() > LINES_MAX {
            return Err(malformed("it has at most 64 signatures"));
        }
        let lines = tail.split('\n').map(SignatureLine::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { text: text.to_owned(), body: format!("{head}\n"), lines })
    }

    /// The whole note.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole note.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }

    /// The text that is signed, with its final newline.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The signature lines, in order.
    #[must_use]
    pub fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }

    /// The note with one more signature line at its end, such as a witness's.
    pub fn with_line(&self, line: &SignatureLine) -> Result<Self, TlogError> {
        Self::from_text(&format!("{}{line}", self.text))
    }
}

/// The whole note.
impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const fn malformed(what: &'static str) -> TlogError {
    TlogError::MalformedNote { what }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn malformed_notes_are_refused() {
        for text in [
            "",
            "\n",
            "\n\n",
            "body\n",
            "body\n\n",
            "body\n\n\n",
            "body\n\u{2014} name AAAAAAA=\n",
            "body\n\n\u{2014} name AAAAAAA=",
            "body\n\n\u{2014} name AAAAAA==\n",
            "body\n\n\u{2014} name AAAAAAB=\n",
            "body\n\n\u{2014} name AAAAAAA\n",
            "body\n\n\u{2014} name  AAAAAAA=\n",
            "body\n\n\u{2014} na+me AAAAAAA=\n",
            "body\n\n\u{2014} n\u{a0}me AAAAAAA=\n",
            "body\n\n\u{2014}  AAAAAAA=\n",
            "body\n\n- name AAAAAAA=\n",
            "body\n\n\u{2014} name AAAAAAA= \n",
            "body\n\n\u{2014} name AAAAAAA=\r\n",
            "bo\tdy\n\n\u{2014} name AAAAAAA=\n",
            "bo\0dy\n\n\u{2014} name AAAAAAA=\n",
        ] {
            assert!(SignedNote::from_text(text).is_err(), "{text:?}");
        }
        let line = "\u{2014} name AAAAAAA=\n";
        assert!(SignedNote::from_text(&format!("body\n\n{}", line.repeat(64))).is_ok());
        assert!(SignedNote::from_text(&format!("body\n\n{}", line.repeat(65))).is_err());
        let long = "x".repeat(NOTE_BYTES_MAX);
        assert!(SignedNote::from_text(&format!("{long}\n\n{line}")).is_err());
    }

    #[test]
    fn names_that_would_break_a_line_are_refused() {
        for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{7f}", &"n".repeat(256)] {
            assert_eq!(KeyName::new(name), Err(TlogError::MalformedName), "{name:?}");
        }
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        let note = SignedNote::from_text(EXAMPLE).unwrap();
        assert!(note.body().ends_with("2I=\n"));
        assert_eq!(note.lines()[0].key_id, [0x03, 0x3d, 0xe0, 0xae]);
        assert_eq!(note.lines()[0].signature.len(), 64);
        assert_eq!(SignedNote::new(note.body(), note.lines()), Ok(note));
    }

    #[test]
    fn the_last_blank_line_divides_text_and_signatures() {
        let note = SignedNote::from_text("a\n\nb\n\n\u{2014} name AAAAAAA=\n").unwrap();
        assert_eq!(note.body(), "a\n\nb\n");
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_written_out_as_it_was_read(text in "[a\n ]{0,9}\n\n(\u{2014} [a-c+]{1,3} [AEIM]{6,7}=\n){0,3}") {
            if let Ok(note) = SignedNote::from_text(&text) {
                let again = SignedNote::new(note.body(), note.lines()).unwrap();
                prop_assert_eq!(again.as_str(), text);
            }
        }
    }
}
