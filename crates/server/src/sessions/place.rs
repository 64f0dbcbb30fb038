//! From where somebody signs in, as far as it is news.
//!
//! A place is the network of an address: 24 bits in IPv4, 48 in IPv6. It is kept as a keyed hash of person and network, so
//! that nobody can tell from two rows that two people were in one place, nor, without the bank's key, where anybody was.
//!
//! # Invariants
//!
//! - At a sign-in by certificate the fact stands in the effects of its leaf: whoever judges the person's intents later finds
//!   it in the log, and never has to ask a table that forgets.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use intent::{EventKind, UserId, UtcMicros};
use sqlx::PgConnection;
use thiserror::Error;

use super::opening::Opening;
use super::service::{MICROS_PER_SECOND, later};
use super::store::places::{self, Visited};
use crate::ip_rules::place_of;
use crate::{Services, telemetry as names};

/// Where somebody has not signed in for so long is forgotten, in microseconds: 400 days, so that a yearly journey is none.
const FORGOTTEN_US: i64 = 400 * 24 * 60 * 60 * MICROS_PER_SECOND;
/// That somebody was at a place again is written down no more often than this, in microseconds: a day.
const SEEN_EVERY_US: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;
const DOMAIN: &[u8] = b"known-place\0";

/// Whether a person was known at the place from which they sign in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// They have signed in nowhere before.
    First,
    /// They have signed in there before.
    Known,
    /// They have signed in elsewhere only.
    New,
}

impl Place {
    const ALL: [Self; 3] = [Self::First, Self::Known, Self::New];

    /// The name in answers, leaves and the database.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Known => "known",
            Self::New => "new",
        }
    }

    const fn of(visited: &Visited) -> Self {
        match (visited.here, visited.elsewhere) {
            (true, _) => Self::Known,
            (false, true) => Self::New,
            (false, false) => Self::First,
        }
    }
}

impl FromStr for Place {
    type Err = UnknownPlace;

    fn from_str(name: &str) -> Result<Self, UnknownPlace> {
        Self::ALL.into_iter().find(|place| place.name() == name).ok_or(UnknownPlace)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A stored session says that it was opened at no kind of place.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("unknown kind of place")]
pub(crate) struct UnknownPlace;

/// Writes down where somebody signs in, in the transaction of the sign-in.
pub(super) async fn note(
    tx: &mut PgConnection,
    services: &Services,
    user: UserId,
    ip: &str,
    now: UtcMicros,
) -> sqlx::Result<Place> {
    let network =
        ip.parse().map_or_else(|_| ip.to_owned(), |address| place_of(address).to_string());
    let user_id = user.get();
    let parts = [DOMAIN, user_id.as_bytes().as_slice(), network.as_bytes()];
    let hidden = services.authority.attempts_key().tag(&parts);
    let book = services.bank.book;
    places::forget_places(tx, book, user, later(now, -FORGOTTEN_US)).await?;
    let visited = places::visited(tx, book, user, &hidden, later(now, -SEEN_EVERY_US)).await?;
    if !visited.here {
        places::insert_place(tx, book, user, &hidden, now).await?;
    } else if visited.here_long_ago {
        places::touch_place(tx, book, user, &hidden, now).await?;
    }
    let place = Place::of(&visited);
    metrics::counter!(names::SIGN_INS, "place" => place.name()).increment(1);
    Ok(place)
}

/// Records that somebody signed in without a certificate where they had not been seen; a sign-in by certificate has a leaf
/// that says so. That it cannot be written stops nobody.
pub(crate) async fn tell(services: &Services, opening: &Opening, place: Place) {
    if place != Place::New {
        return;
    }
    let body = BTreeMap::from([
        ("user".to_owned(), opening.user.to_string()),
        ("session".to_owned(), opening.session.to_string()),
        ("assurance".to_owned(), opening.assurance.name().to_owned()),
    ]);
    if let Err(problem) = services.corridor.append_event(EventKind::LoginPlaceNew, body).await {
        tracing::warn!(code = problem.code(), "a sign-in from a new place was not recorded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_something_known_is_new() {
        let place = |here, elsewhere| Place::of(&Visited { here, elsewhere, here_long_ago: false });
        assert_eq!(place(false, false), Place::First);
        assert_eq!(place(false, true), Place::New);
        assert_eq!(place(true, false), Place::Known);
        assert_eq!(place(true, true), Place::Known);
        for known in Place::ALL {
            assert_eq!(known.name().parse(), Ok(known));
        }
        assert_eq!("somewhere".parse::<Place>(), Err(UnknownPlace));
    }
}
