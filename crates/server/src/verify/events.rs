//! Events, held against what the log says before them: nobody signed them, so this is what shows one that was made up.

use std::collections::{BTreeMap, HashMap};

use crypto::Sha3;
use intent::{Actor, Effects, Event, EventKind, Outcome, SessionId, UserId, UtcMicros};
use uuid::Uuid;

use super::registry::{At, Standing, UserState};
use super::report::{Finding, Step};
use crate::sessions::{SESSION_US, SignIn};

/// People and keys as of a leaf.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) users: &'a BTreeMap<Uuid, UserState>,
    pub(super) certificates: &'a BTreeMap<Sha3, Standing>,
}

/// How long a session is remembered after it was opened, in microseconds: longer than any lives.
const REMEMBERED_US: i64 = 2 * SESSION_US;
/// Sessions that may be remembered before those are forgotten that must have ended.
const SESSIONS_MAX: usize = 100_000;

/// A session as its leaf tells of it.
struct Opened {
    user: UserId,
    at: UtcMicros,
    sign_in: SignIn,
    /// Whether no event has ended it. An intent that was under way then may stand in the log after the event.
    is_open: bool,
}

/// Sessions as far as the log knows them.
#[derive(Default)]
pub(super) struct Events {
    sessions: HashMap<SessionId, Opened>,
    /// Whether a leaf was passed over because its document was erased: a session may have been opened there.
    has_gaps: bool,
}

impl Events {
    /// A leaf opened a session.
    fn opened(&mut self, session: SessionId, user: UserId, at: UtcMicros, sign_in: SignIn) -> bool {
        if self.sessions.len() >= SESSIONS_MAX {
            let since = at.get().saturating_sub(REMEMBERED_US);
            self.sessions.retain(|_, opened| opened.at.get() >= since);
        }
        let opened = Opened { user, at, sign_in, is_open: true };
        self.sessions.insert(session, opened).is_none()
    }

    /// A sign-in with a certificate, as its effects tell of it.
    pub(super) fn signed_in(
        &mut self,
        at: At,
        user: UserId,
        stored: &Effects,
        findings: &mut Vec<Finding>,
    ) {
        if stored.outcome != Outcome::Accepted {
            return;
        }
        let session = stored.result.get("session").and_then(|session| session.parse().ok());
        let wrong = match session.zip(SignIn::of(&stored.result)) {
            Some((session, sign_in)) => (!self.opened(session, user, at.now, sign_in))
                .then_some("a session was opened twice"),
            None => Some("a sign-in does not say which session it opened, and how"),
        };
        findings.extend(wrong.map(|message| tampered(at, message, "effects")));
    }

    /// What was unusual about the session in which somebody signed.
    pub(super) fn sign_in(&self, actor: &Actor, at: At, findings: &mut Vec<Finding>) -> SignIn {
        let Some(session) = actor.session else { return SignIn::ORDINARY };
        let wrong = match self.sessions.get(&session) {
            Some(opened) if opened.user == actor.user => return opened.sign_in,
            Some(_) => Some("it was signed in another's session"),
            None if self.has_gaps => None,
            None => Some("it was signed in a session that nobody opened"),
        };
        findings.extend(wrong.map(|message| tampered(at, message, "actor")));
        SignIn::ORDINARY
    }

    /// A leaf cannot be read.
    pub(super) fn passed_over(&mut self) {
        self.has_gaps = true;
    }

    /// Examines one event.
    pub(super) fn check(
        &mut self,
        known: Known<'_>,
        at: At,
        event: &Event,
        findings: &mut Vec<Finding>,
    ) {
        let text = |name: &str| event.members().get(name).map_or("", String::as_str);
        let user: Option<UserId> = text("user").parse().ok();
        let wrong = match event.kind {
            EventKind::SessionOpened => self.check_opened(known, at, user, &text),
            EventKind::SessionEnded => self.check_ended(user, text("sessions")),
            EventKind::RotationDue => check_due(known, user, text("certificate")),
            _ => None,
        };
        findings.extend(wrong.map(|message| tampered(at, message, "intent")));
    }

    fn check_opened<'a>(
        &mut self,
        known: Known<'_>,
        at: At,
        user: Option<UserId>,
        text: &impl Fn(&str) -> &'a str,
    ) -> Option<&'static str> {
        let user = user.filter(|user| known.users.get(&user.get()).is_some_and(|it| it.is_active));
        let Some(user) = user else { return Some("a session was opened for nobody") };
        if !matches!(text("aal"), "1" | "2") {
            return Some("a session was opened at a level that needs a signature");
        }
        let Ok(session) = text("session").parse() else { return Some("a session has no id") };
        let is_new = self.opened(session, user, at.now, SignIn::ORDINARY);
        (!is_new).then_some("a session was opened twice")
    }

    fn check_ended(&mut self, user: Option<UserId>, sessions: &str) -> Option<&'static str> {
        for session in sessions.split(' ') {
            let known = session.parse().ok().and_then(|session| self.sessions.get_mut(&session));
            match known {
                Some(opened) if Some(opened.user) != user => {
                    return Some("a session ended as another's");
                }
                Some(opened) if opened.is_open => opened.is_open = false,
                None if self.has_gaps => {}
                Some(_) | None => return Some("a session ended that was not open"),
            }
        }
        None
    }
}

fn tampered(at: At, message: &'static str, column: &'static str) -> Finding {
    Finding::tampered(Step::Replay, message)
        .at_leaf(at.index)
        .in_row("records", at.index)
        .in_column(column)
}

fn check_due(known: Known<'_>, user: Option<UserId>, certificate: &str) -> Option<&'static str> {
    let found = Sha3::from_hex(certificate).ok().and_then(|name| known.certificates.get(&name));
    match found {
        Some(found) if Some(found.user) == user => None,
        _ => Some("a key is said to be due that nobody had"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: At = At { index: 9, now: UtcMicros::from_micros(0) };

    fn user(byte: u8) -> UserId {
        UserId::new(Uuid::from_bytes([byte; 16]))
    }

    fn judge(events: &mut Events, kind: EventKind, members: &[(&str, &str)]) -> usize {
        let members = members.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let id = intent::IntentId::new(Uuid::now_v7()).unwrap();
        let event = Event::new(kind, id, AT.now, members.collect());
        let mut findings = Vec::new();
        let (users, certificates) = (BTreeMap::new(), BTreeMap::new());
        let known = Known { users: &users, certificates: &certificates };
        events.check(known, AT, &event, &mut findings);
        findings.len()
    }

    fn session(byte: u8) -> SessionId {
        SessionId::new(Uuid::from_bytes([byte; 16]))
    }

    fn open(events: &mut Events, number: u8, at_us: i64) -> bool {
        let at = UtcMicros::from_micros(at_us);
        events.opened(session(number), user(1), at, SignIn::ORDINARY)
    }

    #[test]
    fn a_session_ends_once_and_as_its_holders() {
        let (alice, eve) = (user(1).to_string(), user(2).to_string());
        let both = format!("{} {}", session(1), session(2));
        let ended = |whose| [("user", whose), ("sessions", both.as_str())];
        let mut events = Events::default();
        assert!(open(&mut events, 1, 0) && open(&mut events, 2, 0));
        assert!(!open(&mut events, 1, 0));
        assert_eq!(judge(&mut events, EventKind::SessionEnded, &ended(&eve)), 1, "another's");
        assert_eq!(judge(&mut events, EventKind::SessionEnded, &ended(&alice)), 0);
        assert_eq!(judge(&mut events, EventKind::SessionEnded, &ended(&alice)), 1, "twice");
        events.passed_over();
        let name = session(3).to_string();
        let unknown = [("user", alice.as_str()), ("sessions", name.as_str())];
        assert_eq!(
            judge(&mut events, EventKind::SessionEnded, &unknown),
            0,
            "it may have been opened where nobody can read"
        );
    }

    #[test]
    fn an_intent_is_signed_in_a_session_of_its_signer() {
        let digest = crypto::sha3_256(b"x");
        let actor = |user, session| Actor {
            certificate: digest,
            device: intent::DeviceId::new(digest),
            lineage: digest,
            generation: 1,
            role: intent::Role::Customer,
            seq: 1,
            prev: digest,
            session,
            user,
        };
        let mut events = Events::default();
        let unusual = SignIn { place: crate::sessions::Place::New, failures: 3 };
        assert!(events.opened(session(1), user(1), AT.now, unusual));
        let ask = |events: &Events, actor: &Actor| {
            let mut findings = Vec::new();
            (events.sign_in(actor, AT, &mut findings), findings.len())
        };
        assert_eq!(ask(&events, &actor(user(1), Some(session(1)))), (unusual, 0));
        assert_eq!(ask(&events, &actor(user(2), Some(session(1)))), (SignIn::ORDINARY, 1));
        assert_eq!(ask(&events, &actor(user(1), Some(session(2)))), (SignIn::ORDINARY, 1));
        assert_eq!(ask(&events, &actor(user(1), None)), (SignIn::ORDINARY, 0));
        events.passed_over();
        assert_eq!(ask(&events, &actor(user(1), Some(session(2)))), (SignIn::ORDINARY, 0));
    }

    #[test]
    fn sessions_that_must_have_ended_are_forgotten() {
        let mut events = Events::default();
        for number in 0..u128::try_from(SESSIONS_MAX).unwrap() {
            let session = SessionId::new(Uuid::from_u128(number));
            events.opened(session, user(1), UtcMicros::from_micros(0), SignIn::ORDINARY);
        }
        assert!(open(&mut events, 1, REMEMBERED_US + 1));
        assert_eq!(events.sessions.len(), 1);
    }

    #[test]
    fn sessions_and_reminders_of_nobody_are_named() {
        let (alice, name) = (user(1).to_string(), session(1).to_string());
        let opened = [("user", alice.as_str()), ("session", name.as_str()), ("aal", "1")];
        let key = "0".repeat(64);
        let due = [("user", alice.as_str()), ("certificate", key.as_str())];
        let made_up = [(EventKind::SessionOpened, &opened[..]), (EventKind::RotationDue, &due[..])];
        for (kind, members) in made_up {
            assert_eq!(judge(&mut Events::default(), kind, members), 1);
        }
        assert_eq!(judge(&mut Events::default(), EventKind::LoginLocked, &[]), 0);
    }
}
