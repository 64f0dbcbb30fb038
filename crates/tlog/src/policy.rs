//! Whom to believe about a log: its keys, its witnesses, and how many of these must have cosigned.
//!
//! As text, after the manner of C2SP tlog-policy but stricter, since there one log key suffices:
//!
//! ```text
//! strongroom/log-policy/v1
//! bank acme
//! log acme/log/2026+5ad1d2b8+AQ...      Ed25519, optional
//! log acme/log/2026+0d6f21c3+Bg...      ML-DSA-44, optional
//! log acme/log/2026+e9b0a4d7+/3N0cm...  composite: its line is demanded
//! witness north.example/w1+7c31...      any number
//! quorum 1                              how many of them must have cosigned
//! ```

use std::fmt::Write as _;

use crypto::{Context, Ed25519PublicKey, MlDsa44PublicKey, PublicKey, Purpose};

use crate::{
    Checkpoint, KIND_ML_DSA_44, KIND_PRIVATE, KeyName, Origin, SignedNote, TlogError, VerifierKey,
};

const FIRST_LINE: &str = "strongroom/log-policy/v1";

/// Verifies the log's own signatures on its checkpoints.
#[derive(Clone, Debug)]
pub struct CheckpointVerifier {
    origin: Origin,
    bank: String,
    context: Context,
    statements: Context,
    /// By signature type, ascending; the last is the composite key.
    keys: Vec<VerifierKey>,
}

impl CheckpointVerifier {
    /// A verifier for the log `origin` of `bank`. The composite key's line is demanded; those of
    /// the other keys are verified where they are present.
    pub fn new(
        origin: Origin,
        bank: &str,
        ed25519: Option<Ed25519PublicKey>,
        mldsa44: Option<MlDsa44PublicKey>,
        composite: PublicKey,
    ) -> Result<Self, TlogError> {
        let name = || origin.key_name().clone();
        let mut keys = Vec::with_capacity(3);
        keys.extend(ed25519.map(|key| VerifierKey::ed25519(name(), key)));
        keys.extend(mldsa44.map(|key| VerifierKey::mldsa44(name(), key)));
        keys.push(VerifierKey::composite(name(), composite));
        Self::from_keys(origin, bank, keys)
    }

    fn from_keys(origin: Origin, bank: &str, keys: Vec<VerifierKey>) -> Result<Self, TlogError> {
        let bank = KeyName::new(bank)?.as_str().to_owned();
        let context = Context::new(&bank, Purpose::Checkpoint)?;
        let statements = Context::new(&bank, Purpose::Statement)?;
        Ok(Self { origin, bank, context, statements, keys })
    }

    /// Which log.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The bank whose name the composite signature binds.
    #[must_use]
    pub fn bank(&self) -> &str {
        &self.bank
    }

    /// The log's keys: Ed25519 and ML-DSA-44 if known, then the composite one.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// Verifies a signed checkpoint of this log.
    ///
    /// Lines of unknown keys are ignored, as the standard demands. A line that claims to be by a
    /// known key and is not makes the whole note worthless.
    ///
    /// # Errors
    ///
    /// [`TlogError::OtherOrigin`], [`TlogError::MissingSignature`] without the composite line,
    /// [`TlogError::InvalidSignature`], and malformed notes and checkpoints.
    pub fn verify(&self, note: &str) -> Result<Checkpoint, TlogError> {
        self.verify_note(&SignedNote::from_text(note)?)
    }

    /// As [`CheckpointVerifier::verify`], for a note that is already read.
    pub fn verify_note(&self, note: &SignedNote) -> Result<Checkpoint, TlogError> {
        let checkpoint = Checkpoint::from_text(note.body())?;
        if checkpoint.origin != self.origin {
            return Err(TlogError::OtherOrigin {
                expected: self.origin.to_string(),
                actual: checkpoint.origin.to_string(),
            });
        }
        let mut is_composite_verified = false;
        for line in note.lines() {
            let Some(key) = self.keys.iter().find(|key| key.claims(line)) else { continue };
            key.verify(note.body(), &checkpoint, &self.context, line)?;
            is_composite_verified |= key.kind() == KIND_PRIVATE;
        }
        if !is_composite_verified {
            return Err(TlogError::MissingSignature { kind: KIND_PRIVATE });
        }
        Ok(checkpoint)
    }

    /// Verifies the composite key's signature over the seal of an account's statement.
    ///
    /// # Errors
    ///
    /// [`TlogError::InvalidSignature`].
    pub fn verify_statement(&self, seal: &[u8], signature: &[u8]) -> Result<(), TlogError> {
        let invalid = TlogError::InvalidSignature { kind: KIND_PRIVATE };
        let composite = self.keys.iter().find(|key| key.kind() == KIND_PRIVATE);
        let key = composite.ok_or(TlogError::MissingSignature { kind: KIND_PRIVATE })?;
        key.verify_bytes(&self.statements, seal, signature).map_err(|_| invalid)
    }

    /// A policy text with these keys and no witnesses.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\nbank {}\n", self.bank);
        for key in &self.keys {
            push_line(&mut text, "log", &key.to_text());
        }
        push_line(&mut text, "quorum", "0");
        text
    }

    /// Reads a policy text without witnesses.
    ///
    /// # Errors
    ///
    /// [`TlogError::MalformedPolicy`], also for a text with witnesses: to drop them would weaken it.
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        let policy = Policy::from_text(text)?;
        if !policy.witnesses.is_empty() {
            return Err(malformed(text.lines().count(), "it has witnesses, so read it as a whole"));
        }
        Ok(policy.log)
    }
}

/// The log's keys, its witnesses, and how many of these must have cosigned a checkpoint.
#[derive(Clone, Debug)]
pub struct Policy {
    log: CheckpointVerifier,
    witnesses: Vec<VerifierKey>,
    quorum: usize,
}

impl Policy {
    /// A policy by which `quorum` of the witnesses must have cosigned.
    ///
    /// # Errors
    ///
    /// [`TlogError::MalformedKey`] for a witness that does not make cosignatures, that is listed
    /// twice, under whatever name, or that is the log itself; [`TlogError::QuorumNotMet`] for a
    /// quorum that can never be met.
    pub fn new(
        log: CheckpointVerifier,
        witnesses: Vec<VerifierKey>,
        quorum: usize,
    ) -> Result<Self, TlogError> {
        let mut seen: Vec<&VerifierKey> = log.keys.iter().collect();
        for witness in &witnesses {
            if witness.kind() != KIND_ML_DSA_44 {
                return Err(TlogError::MalformedKey { what: "a witness has an ML-DSA-44 key" });
            }
            if seen.iter().any(|other| other.is_same_key(witness) || other.name() == witness.name())
            {
                return Err(TlogError::MalformedKey { what: "a witness counts once" });
            }
            seen.push(witness);
        }
        if quorum > witnesses.len() {
            return Err(TlogError::QuorumNotMet { actual: witnesses.len(), quorum });
        }
        Ok(Self { log, witnesses, quorum })
    }

    /// What verifies the log's own signatures.
    #[must_use]
    pub const fn log(&self) -> &CheckpointVerifier {
        &self.log
    }

    /// The witnesses' keys.
    #[must_use]
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// How many witnesses must have cosigned.
    #[must_use]
    pub const fn quorum(&self) -> usize {
        self.quorum
    }

    /// Verifies a checkpoint: the log's signatures, then the quorum of cosignatures.
    ///
    /// # Errors
    ///
    /// As [`CheckpointVerifier::verify`], and [`TlogError::QuorumNotMet`]. A bad line of a known
    /// witness makes the whole note worthless.
    pub fn verify(&self, note: &str) -> Result<Checkpoint, TlogError> {
        let note = SignedNote::from_text(note)?;
        let checkpoint = self.log.verify_note(&note)?;
        let mut actual = 0_usize;
        for witness in &self.witnesses {
            if witness.cosignature(&note, &checkpoint)?.is_some() {
                actual = actual.saturating_add(1);
            }
        }
        if actual < self.quorum {
            return Err(TlogError::QuorumNotMet { actual, quorum: self.quorum });
        }
        Ok(checkpoint)
    }

    /// The policy as text: the file that an auditor pins.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\nbank {}\n", self.log.bank);
        for key in &self.log.keys {
            push_line(&mut text, "log", &key.to_text());
        }
        for witness in &self.witnesses {
            push_line(&mut text, "witness", &witness.to_text());
        }
        push_line(&mut text, "quorum", &self.quorum.to_string());
        text
    }

    /// Reads a policy text. Blank lines and lines that start with `#` are skipped.
    pub fn from_text(text: &str) -> Result<Self, TlogError> {
        let mut read = Reading::default();
        let mut lines = (1_usize..).zip(text.lines());
        if lines.next().is_none_or(|(_, first)| first != FIRST_LINE) {
            return Err(malformed(1, "it starts with strongroom/log-policy/v1"));
        }
        for (number, line) in lines {
            if !line.is_empty() && !line.starts_with('#') {
                read.line(line).map_err(|what| malformed(number, what))?;
            }
        }
        read.finish().map_err(|what| malformed(text.lines().count(), what))?
    }
}

/// A policy text as far as it is read.
#[derive(Default)]
struct Reading {
    bank: Option<String>,
    keys: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    quorum: Option<usize>,
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        let vkey = |text| VerifierKey::from_text(text).map_err(|_| "the verifier key is malformed");
        if self.quorum.is_some() {
            return Err("quorum is the last line");
        }
        match line.split_once(' ') {
            Some(("bank", bank)) if self.bank.is_none() => self.bank = Some(bank.to_owned()),
            Some(("log", text)) => self.keys.push(vkey(text)?),
            Some(("witness", text)) => self.witnesses.push(vkey(text)?),
            Some(("quorum", text)) => {
                let quorum = text.parse::<usize>().ok().filter(|n| n.to_string() == text);
                self.quorum = Some(quorum.ok_or("the quorum is a decimal number")?);
            }
            Some(_) | None => return Err("lines are bank (once), log, witness and quorum"),
        }
        Ok(())
    }

    fn finish(self) -> Result<Result<Policy, TlogError>, &'static str> {
        let bank = self.bank.ok_or("it names no bank")?;
        let quorum = self.quorum.ok_or("it names no quorum")?;
        let kinds: Vec<u8> = self.keys.iter().map(VerifierKey::kind).collect();
        let (Some(last), [.., KIND_PRIVATE]) = (self.keys.last(), kinds.as_slice()) else {
            return Err("the last log key is the composite one");
        };
        if !kinds.is_sorted_by(|a, b| a < b) {
            return Err("log keys are at most one of each kind, 0x01, 0x06, 0xff in this order");
        }
        if self.keys.iter().any(|key| key.name() != last.name()) {
            return Err("the log keys have one name");
        }
        let origin = Origin::new(last.name().as_str());
        Ok(origin
            .and_then(|origin| CheckpointVerifier::from_keys(origin, &bank, self.keys))
            .and_then(|log| Policy::new(log, self.witnesses, quorum)))
    }
}

fn push_line(text: &mut String, word: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{word} {value}");
}

const fn malformed(line: usize, what: &'static str) -> TlogError {
    TlogError::MalformedPolicy { line, what }
}
