//! Documents that must not get through, made from one that would.

use client::{ClientError, Identity};
use intent::{Body, Intent, IntentDraft, SignedIntent, TransferBody};
use money::Amount;

/// The same document with one bit of its signature flipped.
pub(super) fn with_altered_signature(signed: &SignedIntent) -> SignedIntent {
    let mut altered = signed.clone();
    if let Some(byte) = altered.signature.last_mut() {
        *byte ^= 1;
    }
    altered
}

/// The same signature under a document that pays one minor unit more.
pub(super) fn with_altered_amount(signed: &SignedIntent) -> Result<SignedIntent, ClientError> {
    let altered = dearer(&signed.parse_intent()?)?;
    Ok(SignedIntent { intent: altered.into_canonical(), ..signed.clone() })
}

/// Another document under the same id, with a good signature of its own.
pub(super) fn under_the_same_id(
    signed: &SignedIntent,
    holder: &Identity,
) -> Result<SignedIntent, ClientError> {
    let other = dearer(&signed.parse_intent()?)?;
    Ok(SignedIntent::sign(other, holder.key(), signed.details.clone())?)
}

/// A transfer that pays one minor unit more; any other kind as it is.
fn dearer(intent: &Intent) -> Result<Intent, ClientError> {
    let body = match intent.body().clone() {
        Body::Transfer(transfer) => {
            let minor = transfer.amount.minor().saturating_add(1);
            let amount = Amount::new(minor, transfer.amount.asset()).unwrap_or(transfer.amount);
            Body::Transfer(TransferBody { amount, ..transfer })
        }
        other => other,
    };
    let draft = IntentDraft {
        bank: intent.bank().clone(),
        certificate: intent.certificate(),
        device: intent.device(),
        authority: intent.authority(),
        at: intent.at(),
        seq: intent.seq(),
        prev: intent.prev(),
        id: intent.id(),
        body,
    };
    Ok(draft.build()?)
}
