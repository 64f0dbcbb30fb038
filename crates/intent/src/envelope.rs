//! The envelope: an intent on its way, with its signature and its details.

use std::collections::BTreeMap;

use crypto::{Context, PublicKey, Sha2, Sha3, Sha256Hasher, SigningKey, Suite};

use crate::{
    BankId, Form, Intent, IntentError, SentFile,
    canonical::{self, Path, Texts, Value},
    cbor::{self, Writer},
    members::Members,
    text::{self, TextFault},
};

/// Room for one transfer with its signature, so that writing it does not grow the buffer.
const ENVELOPE_LEN_TYPICAL: usize = 8 * 1024;

/// An intent's exact bytes with their signature, not yet verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedIntent {
    /// Canonical bytes, as signed.
    pub intent: Vec<u8>,
    /// Suite of the signature.
    pub suite: Suite,
    /// SHA3-256 of the signer's certificate.
    pub certificate: Sha3,
    /// Signature bytes; composite suites concatenate both halves.
    pub signature: Vec<u8>,
    /// Names and free text that the intent commits to, where the signer hands them over.
    pub details: Option<Details>,
    /// The payment file that the intent pays, where the signer hands it over.
    pub file: Option<SentFile>,
}

impl SignedIntent {
    /// Largest admitted envelope in bytes, in either form.
    pub const LEN_MAX: usize = 4 * 1024 * 1024;

    /// Reads `{"certificate","details"?,"file"?,"intent","signature","suite"}`.
    ///
    /// The envelope itself need not be canonical: nothing is derived from its bytes.
    pub fn from_json(bytes: &[u8]) -> Result<Self, IntentError> {
        Self::from_bytes(bytes, Form::Json)
    }

    /// Reads an envelope in either form: the same members, and the same signed bytes inside.
    pub fn from_bytes(bytes: &[u8], form: Form) -> Result<Self, IntentError> {
        Self::read(carried(bytes, form)?, Path::Root, form)
    }

    /// Reads an envelope in CBOR that is the member `signed` among others, which are bytes: `{"signed", …}`.
    pub fn from_cbor_beside<const N: usize>(
        bytes: &[u8],
        names: [&str; N],
    ) -> Result<(Self, [Vec<u8>; N]), IntentError> {
        let mut members = Members::of(carried(bytes, Form::Cbor)?, Path::Root, Form::Cbor)?;
        let path = Path::Member(&Path::Root, "signed");
        let signed = Self::read(members.value("signed")?, path, Form::Cbor)?;
        let mut beside = [const { Vec::new() }; N];
        for (place, name) in beside.iter_mut().zip(names) {
            *place = members.bytes(name)?;
        }
        members.finish()?;
        Ok((signed, beside))
    }

    fn read(value: Value<'_>, path: Path<'_>, form: Form) -> Result<Self, IntentError> {
        let mut members = Members::of(value, path, form)?;
        let suite = members.text("suite")?;
        let signed = Self {
            suite: suite
                .parse()
                .map_err(|_| IntentError::UnknownSuite { name: text::label(&suite) })?,
            certificate: members.digest("certificate").map(Sha3::from_bytes)?,
            intent: members.bytes("intent")?,
            signature: members.bytes("signature")?,
            details: members
                .optional_value("details")
                .map(|details| Details::read(details, &path, form))
                .transpose()?,
            file: members
                .optional_value("file")
                .map(|file| SentFile::read(file, &path, form))
                .transpose()?,
        };
        members.finish()?;
        Ok(signed)
    }

    /// The envelope in either form.
    #[must_use]
    pub fn to_bytes(&self, form: Form) -> Vec<u8> {
        match form {
            Form::Json => self.to_json(),
            Form::Cbor => {
                let mut out = Vec::with_capacity(ENVELOPE_LEN_TYPICAL);
                self.write_cbor(&mut Writer::new(&mut out));
                out
            }
        }
    }

    /// The envelope in CBOR as the member `signed` among others, which are bytes.
    #[must_use]
    pub fn to_cbor_beside(&self, beside: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::with_capacity(ENVELOPE_LEN_TYPICAL);
        let mut writer = Writer::new(&mut out);
        writer.map(beside.len().saturating_add(1));
        writer.text("signed");
        self.write_cbor(&mut writer);
        for (name, bytes) in beside {
            writer.bytes_member(name, bytes);
        }
        out
    }

    /// Members in the order of their names' bytes, as in JSON.
    fn write_cbor(&self, out: &mut Writer<'_>) {
        let optional = [self.details.is_some(), self.file.is_some()];
        out.map(optional.into_iter().filter(|is_there| *is_there).count().saturating_add(4));
        out.bytes_member("certificate", self.certificate.as_bytes());
        if let Some(details) = &self.details {
            details.put_cbor(out);
        }
        if let Some(file) = &self.file {
            out.text("file");
            file.write_cbor(out);
        }
        out.bytes_member("intent", &self.intent);
        out.bytes_member("signature", &self.signature);
        out.text_member("suite", self.suite.name());
    }

    /// The envelope as the API takes it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(ENVELOPE_LEN_TYPICAL);
        out.extend_from_slice(br#"{"certificate":"#);
        text::put_digest(&mut out, self.certificate.as_bytes());
        if let Some(details) = &self.details {
            out.extend_from_slice(br#","details":"#);
            details.put(&mut out);
        }
        if let Some(file) = &self.file {
            out.extend_from_slice(br#","file":"#);
            file.write(&mut out);
        }
        out.extend_from_slice(br#","intent":"#);
        text::put_binary(&mut out, &self.intent);
        out.extend_from_slice(br#","signature":"#);
        text::put_binary(&mut out, &self.signature);
        out.extend_from_slice(br#","suite":"#);
        text::put_plain(&mut out, self.suite.name().as_bytes());
        out.push(b'}');
        out
    }

    /// Signs; the details must be those that the intent commits to.
    pub fn sign(
        intent: Intent,
        key: &SigningKey,
        details: Option<Details>,
    ) -> Result<Self, IntentError> {
        check_details(&intent, details.as_ref())?;
        let context = context(intent.bank(), &intent)?;
        let signature = key
            .sign(&context, intent.canonical())
            .map_err(|error| IntentError::SigningFailed { why: error.to_string() })?;
        Ok(Self {
            suite: key.suite(),
            certificate: intent.certificate(),
            intent: intent.into_canonical(),
            signature: signature.into_bytes(),
            details,
            file: None,
        })
    }

    /// The same envelope with the payment file that its intent pays.
    #[must_use]
    pub fn with_file(self, file: SentFile) -> Self {
        Self { file: Some(file), ..self }
    }

    /// Reads the document inside, unverified: to find the key to verify it with.
    pub fn parse_intent(&self) -> Result<Intent, IntentError> {
        Intent::parse(&self.intent)
    }

    /// Reads and verifies: see [`SignedIntent::verify_parsed`].
    pub fn verify(&self, bank: &BankId, key: &PublicKey) -> Result<Verified<Intent>, IntentError> {
        self.verify_parsed(self.parse_intent()?, bank, key)
    }

    /// Verifies this envelope, whose document the caller has already read.
    ///
    /// Cheap checks first: bank, certificate, suite, details, then the signature over the
    /// canonical bytes under the purpose of the intent's kind.
    pub fn verify_parsed(
        &self,
        intent: Intent,
        bank: &BankId,
        key: &PublicKey,
    ) -> Result<Verified<Intent>, IntentError> {
        if intent.bank() != bank {
            return Err(IntentError::WrongBank);
        }
        if intent.certificate() != self.certificate {
            return Err(IntentError::CertificateMismatch);
        }
        if key.suite() != self.suite {
            return Err(IntentError::SuiteMismatch);
        }
        check_details(&intent, self.details.as_ref())?;
        if let Some(file) = &self.file {
            file.check(intent.body())?;
        }
        // Over the intent's own bytes, so that no other envelope's document can be slipped in.
        key.verify(&context(bank, &intent)?, intent.canonical(), &self.signature)
            .map_err(|_| IntentError::SignatureInvalid)?;
        Ok(Verified(intent))
    }
}

/// An intent's exact bytes without a signature, to ask what would become of it: nothing that it says can be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnsignedIntent {
    /// Canonical bytes.
    pub intent: Vec<u8>,
    /// Names and free text that the intent commits to.
    pub details: Option<Details>,
}

impl UnsignedIntent {
    /// Reads `{"details"?,"intent"}`.
    pub fn from_json(bytes: &[u8]) -> Result<Self, IntentError> {
        Self::from_bytes(bytes, Form::Json)
    }

    /// Reads the same in either form.
    pub fn from_bytes(bytes: &[u8], form: Form) -> Result<Self, IntentError> {
        let mut members = Members::of(carried(bytes, form)?, Path::Root, form)?;
        let unsigned = Self {
            intent: members.bytes("intent")?,
            details: members
                .optional_value("details")
                .map(|details| Details::read(details, &Path::Root, form))
                .transpose()?,
        };
        members.finish()?;
        Ok(unsigned)
    }

    /// As the API takes it, in either form.
    #[must_use]
    pub fn to_bytes(&self, form: Form) -> Vec<u8> {
        match form {
            Form::Json => self.to_json(),
            Form::Cbor => {
                let mut out = Vec::with_capacity(2 * 1024);
                let mut writer = Writer::new(&mut out);
                writer.map(if self.details.is_some() { 2 } else { 1 });
                if let Some(details) = &self.details {
                    details.put_cbor(&mut writer);
                }
                writer.bytes_member("intent", &self.intent);
                out
            }
        }
    }

    /// As the API takes it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2 * 1024);
        out.push(b'{');
        if let Some(details) = &self.details {
            out.extend_from_slice(b"\"details\":");
            details.put(&mut out);
            out.push(b',');
        }
        out.extend_from_slice(b"\"intent\":");
        text::put_binary(&mut out, &self.intent);
        out.push(b'}');
        out
    }

    /// Reads the document; the details must be those that it commits to.
    pub fn parse(&self) -> Result<Intent, IntentError> {
        let intent = Intent::parse(&self.intent)?;
        check_details(&intent, self.details.as_ref())?;
        Ok(intent)
    }
}

/// A document that nobody signs, of the size of an envelope.
fn carried(bytes: &[u8], form: Form) -> Result<Value<'_>, IntentError> {
    match form {
        Form::Json => canonical::read(bytes, SignedIntent::LEN_MAX, Texts::Any),
        Form::Cbor => cbor::read(bytes, SignedIntent::LEN_MAX),
    }
}

pub(crate) fn context(bank: &BankId, intent: &Intent) -> Result<Context, IntentError> {
    Context::new(bank.as_str(), intent.kind().purpose())
        .map_err(|error| IntentError::SigningFailed { why: error.to_string() })
}

/// Details that are handed over open every commitment, and there is one. They may stay at home:
/// the commitment alone is what was signed.
fn check_details(intent: &Intent, details: Option<&Details>) -> Result<(), IntentError> {
    let Some(details) = details else { return Ok(()) };
    details.check()?;
    match intent.body().commits_only_to(details.commitment()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(IntentError::DetailsMismatch { field: "details".to_owned() }),
        Err(field) => Err(IntentError::DetailsMismatch { field }),
    }
}

/// Names and free text beside an intent, under a salted commitment so that they can be erased.
///
/// One envelope carries one `Details`. Every commitment in the intent must open to it: the items
/// of a batch either share its details or commit to none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Details {
    /// Random, so that the commitment hides what it commits to.
    pub salt: [u8; 32],
    /// Canonical text by name.
    pub value: BTreeMap<String, String>,
}

impl Details {
    /// Most bytes of all names and values together.
    pub const TEXT_LEN_MAX: usize = 16 * 1024;

    /// SHA-256("strongroom/details/v1" || salt || u64 BE length || canonical JSON of the value).
    #[must_use]
    pub fn commitment(&self) -> Sha2 {
        let json = self.canonical();
        let mut hasher = Sha256Hasher::new();
        hasher.update(b"strongroom/details/v1");
        hasher.update(&self.salt);
        hasher.update(&u64::try_from(json.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(&json);
        hasher.finish()
    }

    /// The canonical JSON of the value: the bytes that are committed to, and kept.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(256);
        text::put_map(&mut json, &self.value);
        json
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"salt":"#);
        text::put_binary(out, &self.salt);
        out.extend_from_slice(br#","value":"#);
        text::put_map(out, &self.value);
        out.push(b'}');
    }

    /// Appends the member `details`.
    fn put_cbor(&self, out: &mut Writer<'_>) {
        out.text("details");
        out.map(2);
        out.bytes_member("salt", &self.salt);
        out.text("value");
        out.map(self.value.len());
        for (name, text) in &self.value {
            out.text_member(name, text);
        }
    }

    /// Reads the member `details` of the object at `path`.
    fn read(value: Value<'_>, path: &Path<'_>, form: Form) -> Result<Self, IntentError> {
        let mut members = Members::of(value, Path::Member(path, "details"), form)?;
        let details = Self { salt: members.bytes32("salt")?, value: members.map("value")? };
        members.finish()?;
        details.check()?;
        Ok(details)
    }

    fn check(&self) -> Result<(), IntentError> {
        let lengths = self.value.iter().map(|(name, text)| name.len().saturating_add(text.len()));
        let actual = lengths.fold(0, usize::saturating_add);
        if actual > Self::TEXT_LEN_MAX {
            return Err(IntentError::TooLarge { limit: Self::TEXT_LEN_MAX, actual });
        }
        for (name, value) in &self.value {
            for text in [name, value] {
                text::check(text).map_err(|fault| {
                    let field = format!("details.value.{}", text::label(name));
                    match fault {
                        TextFault::NotNormal => IntentError::TextNotNormal { field },
                        TextFault::Forbidden(character) => {
                            IntentError::TextForbidden { field, character: character.into() }
                        }
                    }
                })?;
            }
        }
        Ok(())
    }
}

/// Proof that the value inside was verified. Only this crate's `verify` functions make one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }

    /// What was verified.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.0
    }

    /// What was verified, without its proof.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}
