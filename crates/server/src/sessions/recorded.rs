//! What of a session stands in the log though nobody signed it: that it was opened without a certificate, and that it was
//! ended by its holder or because its refresh token was used twice. From where is in the erasable origin.
//!
//! A sign-in with a certificate is its own leaf, and so is what ends sessions with a certificate, a device or a person.
//! That a session ran out is a matter of the clock, and no event.

use std::collections::BTreeMap;

use intent::{EventKind, SessionId, UserId};

use super::opening::Opening;
use super::store::Ending;
use crate::Services;
use crate::corridor::OriginInfo;
use crate::problem::Problem;

/// Records that a session is about to open.
///
/// # Atomicity
///
/// Before the session, so that none is open without its leaf. A crash in between leaves a leaf of a session that nobody
/// holds.
pub(crate) async fn opened(
    services: &Services,
    opening: &Opening,
    origin: &OriginInfo,
) -> Result<(), Problem> {
    let body = BTreeMap::from([
        ("session".to_owned(), opening.session.to_string()),
        ("user".to_owned(), opening.user.to_string()),
        ("aal".to_owned(), opening.assurance.aal().number().to_string()),
        ("by".to_owned(), opening.assurance.name().to_owned()),
    ]);
    services.corridor.append_event_from(EventKind::SessionOpened, body, origin).await.map(drop)
}

/// Records that sessions of a person have ended.
///
/// # Atomicity
///
/// After they ended: that it cannot be written keeps nobody's session open.
pub(crate) async fn ended(
    services: &Services,
    user: UserId,
    sessions: &[SessionId],
    ending: Ending,
    origin: &OriginInfo,
) {
    if sessions.is_empty() {
        return;
    }
    let names: Vec<_> = sessions.iter().map(ToString::to_string).collect();
    let body = BTreeMap::from([
        ("sessions".to_owned(), names.join(" ")),
        ("user".to_owned(), user.to_string()),
        ("reason".to_owned(), ending.reason.to_owned()),
    ]);
    let kind = EventKind::SessionEnded;
    if let Err(problem) = services.corridor.append_event_from(kind, body, origin).await {
        tracing::warn!(code = problem.code(), "the end of a session was not recorded");
    }
}
