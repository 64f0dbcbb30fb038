//! What was unusual about the sign-in that opened a session.
//!
//! It stands in the leaf of the sign-in and never changes: whoever judges an intent has only to know in which session it was
//! sent, and a replay of the log knows the same.

use std::collections::BTreeMap;

use super::place::Place;

/// What was unusual about a sign-in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SignIn {
    /// Whether its holder was known where they signed in.
    pub(crate) place: Place,
    /// Failed sign-ins of the same person in the day before.
    pub(crate) failures: u32,
}

impl SignIn {
    const PLACE: &'static str = "place";
    const FAILURES: &'static str = "failures";

    /// Nothing was unusual, or nothing is known.
    pub(crate) const ORDINARY: Self = Self { place: Place::Known, failures: 0 };

    /// What the leaf of the sign-in says of it.
    pub(crate) fn members(self) -> [(String, String); 2] {
        [
            (Self::PLACE.to_owned(), self.place.name().to_owned()),
            (Self::FAILURES.to_owned(), self.failures.to_string()),
        ]
    }

    /// Reads [`SignIn::members`].
    pub(crate) fn of(result: &BTreeMap<String, String>) -> Option<Self> {
        Some(Self {
            place: result.get(Self::PLACE)?.parse().ok()?,
            failures: result.get(Self::FAILURES)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_leaf_says_is_read_back() {
        for sign_in in [SignIn::ORDINARY, SignIn { place: Place::New, failures: 17 }] {
            assert_eq!(SignIn::of(&BTreeMap::from(sign_in.members())), Some(sign_in));
        }
        assert_eq!(SignIn::of(&BTreeMap::new()), None);
    }
}
