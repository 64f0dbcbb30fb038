//! How old a key may become: a reminder in time, and then nothing but its replacement.

use std::time::Duration;

use intent::{Kind, Role, UtcMicros};

use crate::reminders::rule::first_lead;

const DAY: Duration = Duration::from_hours(24);

/// The age at which a key must be replaced. The validity of its certificate (90 days, staff 30) leaves some days more,
/// in which signing in and rotating is all that it can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyAges {
    /// Of customers.
    pub holder: Duration,
    /// Of staff.
    pub staff: Duration,
}

impl Default for KeyAges {
    fn default() -> Self {
        Self { holder: DAY.saturating_mul(83), staff: DAY.saturating_mul(27) }
    }
}

impl KeyAges {
    /// When a key that began at `not_before` must be replaced.
    pub(crate) fn required_at(self, role: Role, not_before: UtcMicros) -> UtcMicros {
        after(not_before, self.of(role))
    }

    /// When its holder is reminded for the first time.
    pub(crate) fn due_at(self, role: Role, not_before: UtcMicros) -> UtcMicros {
        let age = self.of(role);
        after(not_before, age.saturating_sub(first_lead(age)))
    }

    /// Whether an intent must wait for the replacement of the key that signed it.
    pub(crate) fn holds_up(
        self,
        kind: Kind,
        role: Role,
        not_before: UtcMicros,
        now: UtcMicros,
    ) -> bool {
        let is_way_out = matches!(kind, Kind::KeyRotate | Kind::SessionLogin);
        !is_way_out && now >= self.required_at(role, not_before)
    }

    /// How long a key of this role may be used.
    pub(crate) const fn of(self, role: Role) -> Duration {
        match role {
            Role::Customer => self.holder,
            Role::Manager | Role::AuditorClerk | Role::SystemAdmin => self.staff,
        }
    }
}

fn after(from: UtcMicros, age: Duration) -> UtcMicros {
    let age_us = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
    UtcMicros::from_micros(from.get().saturating_add(age_us))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEGIN: UtcMicros = UtcMicros::from_micros(1_000_000_000_000_000);

    proptest! {
        #[test]
        fn whoever_is_held_up_was_reminded_before_and_can_always_get_out(days in 0_u32..120, staff: bool) {
            let ages = KeyAges::default();
            let role = if staff { Role::Manager } else { Role::Customer };
            let now = after(BEGIN, DAY.saturating_mul(days));
            let kinds = Kind::ALL.into_iter().filter(|kind| ages.holds_up(*kind, role, BEGIN, now));
            let held: Vec<_> = kinds.collect();
            prop_assert!(held.is_empty() || ages.due_at(role, BEGIN) < now);
            prop_assert!(!held.contains(&Kind::KeyRotate) && !held.contains(&Kind::SessionLogin));
        }
    }

    #[test]
    fn the_last_days_of_a_certificate_are_for_its_replacement() {
        let ages = KeyAges::default();
        let day = |n| after(BEGIN, DAY.saturating_mul(n));
        for (role, allowed, required) in [(Role::Customer, 82, 83), (Role::SystemAdmin, 26, 27)] {
            assert!(!ages.holds_up(Kind::Transfer, role, BEGIN, day(allowed)));
            assert!(ages.holds_up(Kind::Transfer, role, BEGIN, day(required)));
        }
        assert!(ages.holder.as_secs() < pki::Profile::Holder.validity_s().unsigned_abs());
        assert!(ages.staff.as_secs() < pki::Profile::Staff.validity_s().unsigned_abs());
    }
}
