//! Facts that nobody signs: what stands in the place of an intent in their leaf.

use std::collections::BTreeMap;

use crate::canonical::{self, Value};
use crate::{EventKind, IntentError, IntentId, UtcMicros};

/// A fact of the bank's own: a canonical JSON object of strings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// Its identity in the log.
    pub id: IntentId,
    /// When, by the bank's clock.
    pub at: UtcMicros,
    members: BTreeMap<String, String>,
}

const VERSION: &str = "1";

impl Event {
    /// An event with members of its own. `at`, `event`, `id` and `v` belong to every event and are set here.
    #[must_use]
    pub fn new(
        kind: EventKind,
        id: IntentId,
        at: UtcMicros,
        mut members: BTreeMap<String, String>,
    ) -> Self {
        let common = [
            ("at", at.to_string()),
            ("event", kind.name().to_owned()),
            ("id", id.to_string()),
            ("v", VERSION.to_owned()),
        ];
        members.extend(common.map(|(name, value)| (name.to_owned(), value)));
        Self { kind, id, at, members }
    }

    /// Every member, those that all events have too.
    #[must_use]
    pub const fn members(&self) -> &BTreeMap<String, String> {
        &self.members
    }

    /// Its canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let members = self.members.iter();
        let object = members
            .map(|(name, text)| (name.as_str().into(), Value::String(text.as_str().into())))
            .collect();
        canonical::write(&Value::Object(object))
    }

    /// Reads what [`Event::to_bytes`] wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, IntentError> {
        let malformed = |why| IntentError::malformed("event", why);
        let Value::Object(members) = canonical::parse(bytes)? else {
            return Err(malformed("must be an object"));
        };
        let members: Option<BTreeMap<String, String>> = members
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => Some((name.into_owned(), text.into_owned())),
                Value::Bytes(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            })
            .collect();
        let members = members.ok_or_else(|| malformed("must have strings only"))?;
        let text = |name: &str| {
            let missing = || IntentError::MissingMember { field: name.to_owned() };
            members.get(name).map(String::as_str).ok_or_else(missing)
        };
        if text("v")? != VERSION {
            return Err(IntentError::UnsupportedVersion);
        }
        let kind = EventKind::ALL.into_iter().find(|kind| Ok(kind.name()) == text("event"));
        let kind = kind.ok_or_else(|| malformed("must be a known kind"))?;
        Ok(Self { kind, id: text("id")?.parse()?, at: text("at")?.parse()?, members })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn event() -> Event {
        let id = IntentId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)).unwrap();
        let members = BTreeMap::from([("crl_number".to_owned(), "7".to_owned())]);
        Event::new(EventKind::CrlIssued, id, UtcMicros::from_micros(5), members)
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Event::parse(&event().to_bytes()), Ok(event()));
        assert_eq!(event().members().get("crl_number").map(String::as_str), Some("7"));
    }

    #[test]
    fn members_that_every_event_has_cannot_be_overwritten() {
        let forged = BTreeMap::from([("event".to_owned(), "bank.founded".to_owned())]);
        let event = Event::new(EventKind::CrlIssued, event().id, event().at, forged);
        assert_eq!(Event::parse(&event.to_bytes()).unwrap().kind, EventKind::CrlIssued);
    }

    #[test]
    fn whatever_is_no_event_is_refused() {
        let text = String::from_utf8(event().to_bytes()).unwrap();
        for broken in [
            text.replace("crl.issued", "crl.eaten"),
            text.replace(r#""v":"1""#, r#""v":"2""#),
            text.replace(r#""7""#, "true"),
            text.replace(r#""at""#, r#""au""#),
            "[]".to_owned(),
            String::new(),
        ] {
            assert!(Event::parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
