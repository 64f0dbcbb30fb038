//! Events, held against what the log says before them: nobody signed them, so this is what shows one that was made up.

use std::collections::{BTreeMap, HashMap};

use crypto::Sha3;
use intent::{EventKind, UserId};
use uuid::Uuid;

use super::registry::{At, Standing, UserState};
use super::report::{Finding, Step};

/// People and keys as of a leaf.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) users: &'a BTreeMap<Uuid, UserState>,
    pub(super) certificates: &'a BTreeMap<Sha3, Standing>,
}

/// Sessions as far as the log knows them.
#[derive(Default)]
pub(super) struct Events {
    /// Whose each session is that was opened and not ended by an event.
    open: HashMap<String, UserId>,
    /// Whether a leaf was passed over because its document was erased: a session may have been opened there.
    has_gaps: bool,
}

impl Events {
    /// A leaf opened a session.
    pub(super) fn opened(&mut self, session: &str, user: UserId) -> bool {
        let is_new = !self.open.contains_key(session);
        self.open.entry(session.to_owned()).or_insert(user);
        is_new
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
        event: &BTreeMap<String, String>,
        findings: &mut Vec<Finding>,
    ) {
        let text = |name: &str| event.get(name).map_or("", String::as_str);
        let user: Option<UserId> = text("user").parse().ok();
        let wrong = if text("event") == EventKind::SessionOpened.name() {
            self.check_opened(known, user, &text)
        } else if text("event") == EventKind::SessionEnded.name() {
            self.check_ended(user, text("sessions"))
        } else if text("event") == EventKind::RotationDue.name() {
            check_due(known, user, text("certificate"))
        } else {
            None
        };
        findings.extend(wrong.map(|message| {
            Finding::tampered(Step::Replay, message)
                .at_leaf(at.index)
                .in_row("records", at.index)
                .in_column("intent")
        }));
    }

    fn check_opened<'a>(
        &mut self,
        known: Known<'_>,
        user: Option<UserId>,
        text: &impl Fn(&str) -> &'a str,
    ) -> Option<&'static str> {
        let user = user.filter(|user| known.users.get(&user.get()).is_some_and(|it| it.is_active));
        let Some(user) = user else { return Some("a session was opened for nobody") };
        if !matches!(text("aal"), "1" | "2") {
            return Some("a session was opened at a level that needs a signature");
        }
        (!self.opened(text("session"), user)).then_some("a session was opened twice")
    }

    fn check_ended(&mut self, user: Option<UserId>, sessions: &str) -> Option<&'static str> {
        for session in sessions.split(' ') {
            match self.open.remove(session) {
                Some(owner) if Some(owner) != user => return Some("a session ended as another's"),
                Some(_) => {}
                None if self.has_gaps => {}
                None => return Some("a session ended that was not open"),
            }
        }
        None
    }
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
    use intent::UtcMicros;

    use super::*;

    const AT: At = At { index: 9, now: UtcMicros::from_micros(0) };

    fn user(byte: u8) -> UserId {
        UserId::new(Uuid::from_bytes([byte; 16]))
    }

    fn judge(events: &mut Events, members: &[(&str, &str)]) -> usize {
        let event = members.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let mut findings = Vec::new();
        let (users, certificates) = (BTreeMap::new(), BTreeMap::new());
        let known = Known { users: &users, certificates: &certificates };
        events.check(known, AT, &event.collect(), &mut findings);
        findings.len()
    }

    #[test]
    fn a_session_ends_once_and_as_its_holders() {
        let (alice, eve) = (user(1).to_string(), user(2).to_string());
        let ended = |whose| [("event", "session.ended"), ("user", whose), ("sessions", "a b")];
        let mut events = Events::default();
        assert!(events.opened("a", user(1)) && events.opened("b", user(1)));
        assert!(!events.opened("a", user(1)));
        assert_eq!(judge(&mut events, &ended(&alice)), 0);
        assert_eq!(judge(&mut events, &ended(&alice)), 1, "twice");
        assert!(events.opened("a", user(1)) && events.opened("b", user(1)));
        assert_eq!(judge(&mut events, &ended(&eve)), 1, "another's");
        events.passed_over();
        let unknown = [("event", "session.ended"), ("user", &alice), ("sessions", "c")];
        assert_eq!(
            judge(&mut events, &unknown),
            0,
            "it may have been opened where nobody can read"
        );
    }

    #[test]
    fn sessions_and_reminders_of_nobody_are_named() {
        let alice = user(1).to_string();
        let opened =
            [("event", "session.opened"), ("user", &alice), ("session", "a"), ("aal", "1")];
        let key = "0".repeat(64);
        let due = [("event", "rotation.due"), ("user", &alice), ("certificate", &key)];
        for made_up in [&opened[..], &due[..]] {
            assert_eq!(judge(&mut Events::default(), made_up), 1);
        }
        assert_eq!(judge(&mut Events::default(), &[("event", "login.locked")]), 0);
    }
}
