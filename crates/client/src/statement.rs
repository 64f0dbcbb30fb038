//! Statements of accounts, judged offline.

use messages::statement::seal::{self, Sealed};

use crate::{ClientError, Trust};

/// Checks a statement in JSON, as the bank's download gives it: that it adds up entry by entry, that its digest is that of
/// what it says, and that the bank of this trust signed it.
///
/// It proves that the bank said so as of the named checkpoint of its log. That the log says the same of every entry, the
/// entries' leaves and the whole log show.
pub fn verify_statement(file: &[u8], trust: &Trust) -> Result<Sealed, ClientError> {
    let sealed = seal::read(file)?;
    trust.verifier.verify_statement(sealed.seal.as_bytes(), &sealed.signature)?;
    if sealed.log != trust.verifier.origin().to_string() {
        return Err(ClientError::OtherBank {
            expected: trust.verifier.origin().to_string(),
            actual: sealed.log,
        });
    }
    Ok(sealed)
}
