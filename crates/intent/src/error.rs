//! Why bytes are not an acceptable intent.

use thiserror::Error;

use crate::Group;

/// A refusal of a document, an envelope, a record or a leaf.
///
/// Each variant has one stable code ([`IntentError::code`]) that goes on the wire and into the
/// documentation, and names the offending member where there is one ([`IntentError::field`]).
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum IntentError {
    /// More bytes than the profile admits.
    #[error("document is {actual} bytes, at most {limit} are admitted")]
    TooLarge {
        /// Admitted size in bytes.
        limit: usize,
        /// Size that came, in bytes.
        actual: usize,
    },
    /// Neither JSON nor CBOR of the profile, or a member is not of its form.
    #[error("{field}: {why}")]
    Malformed {
        /// Path of the member, such as `body.items[3].amount`; empty for the document itself.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nested deeper than the profile admits.
    #[error("{field}: nested deeper than {limit} levels", limit = crate::canonical::MAX_DEPTH)]
    TooDeep {
        /// Path of the first value that is too deep.
        field: String,
    },
    /// A JSON number: parsers disagree about them, so there are none.
    #[error("{field}: JSON numbers are not admitted, write a string")]
    NumberInJson {
        /// Path of the number.
        field: String,
    },
    /// A JSON null: an absent member is left out.
    #[error("{field}: null is not admitted, leave the member out")]
    NullInJson {
        /// Path of the null.
        field: String,
    },
    /// The same member twice in one object.
    #[error("{field}: member appears twice")]
    DuplicateMember {
        /// Path of the second occurrence.
        field: String,
    },
    /// Text not in Unicode Normalization Form C: it has a twin that looks the same.
    #[error("{field}: text is not in Unicode form NFC")]
    TextNotNormal {
        /// Path of the text, or of the object whose member name it is.
        field: String,
    },
    /// Text with a control or a bidirectional control character.
    #[error("{field}: text contains the forbidden character U+{character:04X}")]
    TextForbidden {
        /// Path of the text, or of the object whose member name it is.
        field: String,
        /// Unicode scalar value.
        character: u32,
    },
    /// Valid JSON, but not the one canonical spelling of its value.
    #[error("document is not in canonical form")]
    NotCanonical,
    /// A version of the document that this code does not know.
    #[error("v: version is not supported")]
    UnsupportedVersion,
    /// No intent of this kind exists.
    #[error("kind: unknown kind {name:?}")]
    UnknownKind {
        /// What the document said, cut to 64 characters.
        name: String,
    },
    /// No suite of this name exists.
    #[error("suite: unknown suite {name:?}")]
    UnknownSuite {
        /// What the envelope said, cut to 64 characters.
        name: String,
    },
    /// A member the profile requires is absent.
    #[error("{field}: member is missing")]
    MissingMember {
        /// Path of the absent member.
        field: String,
    },
    /// A member the profile does not know.
    #[error("{field}: member is unknown")]
    UnknownMember {
        /// Path of the surplus member.
        field: String,
    },
    /// The intent names another bank than the one it was handed to.
    #[error("bank: intent is for another bank")]
    WrongBank,
    /// Envelope, intent and request do not name one certificate.
    #[error("certificate: envelope and intent do not name the same certificate")]
    CertificateMismatch,
    /// The envelope's suite is not the one of the certified key.
    #[error("suite: envelope names another suite than the key's")]
    SuiteMismatch,
    /// The signature does not verify over these bytes for this bank and purpose.
    #[error("signature: does not verify")]
    SignatureInvalid,
    /// The details do not open the commitment that was signed.
    #[error("{field}: details do not open the signed commitment")]
    DetailsMismatch {
        /// Path of the commitment, or `details` when nothing was committed to.
        field: String,
    },
    /// The stored bytes of a record's group are not those of the leaf.
    #[error("{}: bytes do not open the leaf's commitment", group.name())]
    CommitmentMismatch {
        /// The group that differs.
        group: Group,
    },
    /// The key could not sign.
    #[error("signing failed: {why}")]
    SigningFailed {
        /// The provider's reason.
        why: String,
    },
}

impl IntentError {
    /// Every code with its sentence, in order of precedence: the table in the documentation.
    pub const CODES: [(&'static str, &'static str); 21] = [
        ("too-large", "The document has more bytes than are admitted."),
        ("malformed", "The document is neither JSON nor CBOR, or a member is not of its form."),
        ("too-deep", "The document is nested deeper than 8 levels."),
        ("number-in-json", "The document contains a JSON number; all values are strings."),
        ("null-in-json", "The document contains null; an absent member is left out."),
        ("duplicate-member", "A member appears twice in one object."),
        ("text-not-normal", "A text is not in Unicode form NFC."),
        ("text-forbidden", "A text contains a control or bidirectional control character."),
        ("not-canonical", "The bytes are not the canonical spelling of their value."),
        ("unsupported-version", "The document is of a version this bank does not know."),
        ("unknown-kind", "No intent of this kind exists."),
        ("unknown-suite", "No signature suite of this name exists."),
        ("missing-member", "A required member is absent."),
        ("unknown-member", "The document has a member that its kind does not know."),
        ("wrong-bank", "The intent was signed for another bank."),
        ("certificate-mismatch", "The envelope and the intent name different certificates."),
        ("suite-mismatch", "The envelope names another suite than the certified key's."),
        ("signature-invalid", "The signature does not verify for this bank and purpose."),
        ("details-mismatch", "The details do not open the commitment that was signed."),
        ("commitment-mismatch", "A stored group does not open its leaf's commitment."),
        ("signing-failed", "The key could not make the signature."),
    ];

    /// The stable code: kebab-case, one per variant, never reused for another meaning.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::Malformed { .. } => "malformed",
            Self::TooDeep { .. } => "too-deep",
            Self::NumberInJson { .. } => "number-in-json",
            Self::NullInJson { .. } => "null-in-json",
            Self::DuplicateMember { .. } => "duplicate-member",
            Self::TextNotNormal { .. } => "text-not-normal",
            Self::TextForbidden { .. } => "text-forbidden",
            Self::NotCanonical => "not-canonical",
            Self::UnsupportedVersion => "unsupported-version",
            Self::UnknownKind { .. } => "unknown-kind",
            Self::UnknownSuite { .. } => "unknown-suite",
            Self::MissingMember { .. } => "missing-member",
            Self::UnknownMember { .. } => "unknown-member",
            Self::WrongBank => "wrong-bank",
            Self::CertificateMismatch => "certificate-mismatch",
            Self::SuiteMismatch => "suite-mismatch",
            Self::SignatureInvalid => "signature-invalid",
            Self::DetailsMismatch { .. } => "details-mismatch",
            Self::CommitmentMismatch { .. } => "commitment-mismatch",
            Self::SigningFailed { .. } => "signing-failed",
        }
    }

    /// Path of the offending member, such as `body.amount`, where there is one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Malformed { field, .. }
            | Self::TooDeep { field }
            | Self::NumberInJson { field }
            | Self::NullInJson { field }
            | Self::DuplicateMember { field }
            | Self::TextNotNormal { field }
            | Self::TextForbidden { field, .. }
            | Self::MissingMember { field }
            | Self::UnknownMember { field }
            | Self::DetailsMismatch { field } => {
                Some(field).filter(|f| !f.is_empty()).map(|f| &**f)
            }
            Self::UnsupportedVersion => Some("v"),
            Self::UnknownKind { .. } => Some("kind"),
            Self::UnknownSuite { .. } | Self::SuiteMismatch => Some("suite"),
            Self::WrongBank => Some("bank"),
            Self::CertificateMismatch => Some("certificate"),
            Self::SignatureInvalid => Some("signature"),
            Self::CommitmentMismatch { group } => Some(group.name()),
            Self::TooLarge { .. } | Self::NotCanonical | Self::SigningFailed { .. } => None,
        }
    }

    pub(crate) fn malformed(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Malformed { field: field.into(), why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_kebab_case_and_each_has_a_sentence() {
        let codes: BTreeSet<_> = IntentError::CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes.len(), IntentError::CODES.len());
        for (code, sentence) in IntentError::CODES {
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
            assert!(sentence.starts_with(char::is_uppercase), "{code}");
            assert!(sentence.ends_with('.'), "{code}");
        }
    }

    #[test]
    fn every_variant_has_its_code_in_the_table_in_order() {
        let field = || "body.amount".to_owned();
        let every = [
            IntentError::TooLarge { limit: 1, actual: 2 },
            IntentError::malformed(field(), "bad"),
            IntentError::TooDeep { field: field() },
            IntentError::NumberInJson { field: field() },
            IntentError::NullInJson { field: field() },
            IntentError::DuplicateMember { field: field() },
            IntentError::TextNotNormal { field: field() },
            IntentError::TextForbidden { field: field(), character: 0x202e },
            IntentError::NotCanonical,
            IntentError::UnsupportedVersion,
            IntentError::UnknownKind { name: "x".into() },
            IntentError::UnknownSuite { name: "x".into() },
            IntentError::MissingMember { field: field() },
            IntentError::UnknownMember { field: field() },
            IntentError::WrongBank,
            IntentError::CertificateMismatch,
            IntentError::SuiteMismatch,
            IntentError::SignatureInvalid,
            IntentError::DetailsMismatch { field: field() },
            IntentError::CommitmentMismatch { group: Group::Origin },
            IntentError::SigningFailed { why: "x".into() },
        ];
        let codes: Vec<_> = every.iter().map(IntentError::code).collect();
        let table: Vec<_> = IntentError::CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, table);
        assert_eq!(IntentError::malformed("", "bad").field(), None);
        assert_eq!(IntentError::malformed("a", "bad").field(), Some("a"));
    }
}
