//! Checkpoints: the head of a log as note text (C2SP tlog-checkpoint).

use std::fmt;

use crate::{Hash, KeyName, TlogError, TreeSize};

/// The identity of a log, such as `acme/log/2026`: 1 to 255 bytes without spaces, `+` or control
/// characters, which the standard recommends and we demand, since the log's keys bear it as a name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin(KeyName);

impl Origin {
    /// An origin, if it can be one.
    pub fn new(text: &str) -> Result<Self, TlogError> {
        KeyName::new(text).map(Self)
    }

    /// The text of the origin line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name under which the log's own keys sign.
    #[must_use]
    pub const fn key_name(&self) -> &KeyName {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The head of a log: which log, how many leaves, and the root over them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many leaves.
    pub size: TreeSize,
    /// The root over all of them.
    pub root: Hash,
}

impl Checkpoint {
    /// The note text: three lines, each with its newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// Reads what [`Checkpoint::to_text`] writes, and nothing else.
    ///
    /// Extension lines, which the standard allows, are refused: ML-DSA-44 cosignatures do not cover
    /// them, and we write none.
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        let lines: Vec<&str> = text.split('\n').collect();
        let [origin, size, root, ""] = lines.as_slice() else {
            return Err(malformed("it has three lines"));
        };
        let leaves: u64 = size.parse().map_err(|_| malformed("the size is a decimal number"))?;
        if leaves.to_string() != *size {
            return Err(malformed("the size has no sign and no leading zeroes"));
        }
        Ok(Self {
            origin: Origin::new(origin)?,
            size: TreeSize::new(leaves),
            root: Hash::from_base64(root)?,
        })
    }
}

const fn malformed(what: &'static str) -> TlogError {
    TlogError::MalformedCheckpoint { what }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    #[test]
    fn malformed_checkpoints_are_refused() {
        for text in [
            String::new(),
            "\n\n\n".into(),
            format!("log\n7\n{ROOT}"),
            format!("log\n7\n{ROOT}\n\n"),
            format!("log\n7\n{ROOT}\nextension\n"),
            format!("\n7\n{ROOT}\n"),
            format!("l og\n7\n{ROOT}\n"),
            format!("log\n07\n{ROOT}\n"),
            format!("log\n+7\n{ROOT}\n"),
            format!("log\n-7\n{ROOT}\n"),
            format!("log\n 7\n{ROOT}\n"),
            format!("log\n\n{ROOT}\n"),
            format!("log\n18446744073709551616\n{ROOT}\n"),
            format!("log\n7\n{ROOT}=\n"),
            format!("log\n7\n{}\n", ROOT.trim_end_matches('=')),
            format!("log\n7\n{}\n", ROOT.replace("2I=", "2J=")),
            format!("log\n7\n{ROOT}\r\n"),
        ] {
            assert!(Checkpoint::from_text(&text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        let text = format!("example.com/behind-the-sofa\n20852163\n{ROOT}\n");
        let checkpoint = Checkpoint::from_text(&text).unwrap();
        assert_eq!(checkpoint.size, TreeSize::new(20_852_163));
        assert_eq!(checkpoint.to_text(), text);
    }

    proptest! {
        #[test]
        fn checkpoints_read_back(origin in "[a-z./0-9]{1,255}", size: u64, root: [u8; 32]) {
            let checkpoint = Checkpoint {
                origin: Origin::new(&origin).unwrap(),
                size: TreeSize::new(size),
                root: Hash::from_bytes(root),
            };
            prop_assert_eq!(Checkpoint::from_text(&checkpoint.to_text()), Ok(checkpoint));
        }
    }
}
