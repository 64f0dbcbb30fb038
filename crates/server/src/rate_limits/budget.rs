//! What the operator sets: how many requests in how long, per class of routes, from one address and by one person.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::policy::routes::Class;

/// Requests in a time. All of them may come at once; then they come back one by one, evenly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    requests: NonZeroU32,
    window_s: NonZeroU32,
}

impl Budget {
    /// `requests` in `window_s` seconds.
    #[must_use]
    pub const fn new(requests: NonZeroU32, window_s: NonZeroU32) -> Self {
        Self { requests, window_s }
    }

    /// How many may come at once.
    #[must_use]
    pub const fn requests(self) -> NonZeroU32 {
        self.requests
    }

    /// After how many seconds without a request all of it is there again.
    #[must_use]
    pub const fn window_s(self) -> NonZeroU32 {
        self.window_s
    }

    /// After how long one request comes back: whole microseconds, which both counts use, and at least one.
    #[must_use]
    pub fn interval(self) -> Duration {
        let window_us = u64::from(self.window_s.get()).saturating_mul(MICROS_PER_SECOND);
        Duration::from_micros(window_us.div_euclid(self.requests.get().into()).max(1))
    }
}

const MICROS_PER_SECOND: u64 = 1_000_000;

impl FromStr for Budget {
    type Err = BudgetError;

    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let (requests, window_s) = text.split_once('/').ok_or(BudgetError::Budget)?;
        let number = |text: &str| text.parse().map_err(|_| BudgetError::Budget);
        Ok(Self::new(number(requests)?, number(window_s)?))
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.requests, self.window_s)
    }
}

/// Whose requests a budget is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// Whoever holds one address.
    Address,
    /// One person, from wherever they come.
    User,
}

impl Scope {
    /// Stable name, as settings, metrics and answers have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::User => "user",
        }
    }
}

/// One thing for each class and scope.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Budgets<T> {
    sign_in: [T; 2],
    write: [T; 2],
    read: [T; 2],
    public: T,
}

impl<T> Budgets<T> {
    /// The one of a class and scope. What is public asks nobody who they are: it has none for a person.
    #[must_use]
    pub const fn of(&self, class: Class, scope: Scope) -> Option<&T> {
        let [address, user] = match class {
            Class::SignIn => &self.sign_in,
            Class::Write => &self.write,
            Class::Read => &self.read,
            Class::Public => {
                return match scope {
                    Scope::Address => Some(&self.public),
                    Scope::User => None,
                };
            }
        };
        Some(match scope {
            Scope::Address => address,
            Scope::User => user,
        })
    }

    fn of_mut(&mut self, class: Class, scope: Scope) -> Option<&mut T> {
        let [address, user] = match class {
            Class::SignIn => &mut self.sign_in,
            Class::Write => &mut self.write,
            Class::Read => &mut self.read,
            Class::Public => {
                return match scope {
                    Scope::Address => Some(&mut self.public),
                    Scope::User => None,
                };
            }
        };
        Some(match scope {
            Scope::Address => address,
            Scope::User => user,
        })
    }

    /// The same table of what `make` makes of each.
    pub(super) fn map<U>(&self, make: impl Fn(Class, Scope, &T) -> U) -> Budgets<U> {
        let both = |class, [address, user]: &[T; 2]| {
            [make(class, Scope::Address, address), make(class, Scope::User, user)]
        };
        Budgets {
            sign_in: both(Class::SignIn, &self.sign_in),
            write: both(Class::Write, &self.write),
            read: both(Class::Read, &self.read),
            public: make(Class::Public, Scope::Address, &self.public),
        }
    }
}

/// The budgets in force; `None`: not limited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RateLimits(Budgets<Option<Budget>>);

impl RateLimits {
    /// Nobody is limited: for a server whose only client is a load generator of one's own.
    pub const OFF: Self = Self(Budgets {
        sign_in: [None, None],
        write: [None, None],
        read: [None, None],
        public: None,
    });

    /// The table.
    #[must_use]
    pub const fn budgets(&self) -> &Budgets<Option<Budget>> {
        &self.0
    }

    /// The same limits but for one.
    #[must_use]
    pub fn with(mut self, class: Class, scope: Scope, budget: Option<Budget>) -> Self {
        if let Some(held) = self.0.of_mut(class, scope) {
            *held = budget;
        }
        self
    }
}

impl Default for RateLimits {
    /// An address may be an office: four times what its people may, but for sign-ins, which are dear and rare.
    fn default() -> Self {
        const fn per_minute(requests: u32) -> Option<Budget> {
            match (NonZeroU32::new(requests), NonZeroU32::new(60)) {
                (Some(requests), Some(minute)) => Some(Budget::new(requests, minute)),
                _ => None,
            }
        }
        Self(Budgets {
            sign_in: [per_minute(120), per_minute(60)],
            write: [per_minute(2_400), per_minute(600)],
            read: [per_minute(9_600), per_minute(2_400)],
            public: per_minute(9_600),
        })
    }
}

impl FromStr for RateLimits {
    type Err = BudgetError;

    /// `off`, or what differs from the defaults: `sign_in.address=60/60,read.user=off`.
    fn from_str(text: &str) -> Result<Self, BudgetError> {
        if text == OFF {
            return Ok(Self::OFF);
        }
        text.split(',').map(str::trim).try_fold(Self::default(), |mut limits, part| {
            let (name, budget) = part.split_once('=').ok_or(BudgetError::Entry)?;
            let (class, scope) = name.split_once('.').ok_or(BudgetError::Entry)?;
            let class = Class::ALL.into_iter().find(|known| known.name() == class);
            let scope =
                [Scope::Address, Scope::User].into_iter().find(|known| known.name() == scope);
            let (Some(class), Some(scope)) = (class, scope) else {
                return Err(BudgetError::Unknown(name.to_owned()));
            };
            let held = limits.0.of_mut(class, scope);
            let held = held.ok_or_else(|| BudgetError::Unknown(name.to_owned()))?;
            *held = if budget == OFF { None } else { Some(budget.parse()?) };
            Ok(limits)
        })
    }
}

const OFF: &str = "off";

/// Why limits cannot be what they say.
#[derive(Debug, Eq, Error, PartialEq)]
pub enum BudgetError {
    /// No `<class>.<scope>=<budget>`.
    #[error("write `off`, or entries like `sign_in.address=60/60` with commas between them")]
    Entry,
    /// No such class or scope.
    #[error(
        "`{0}` is no budget: classes are sign_in, write, read and public; scopes address and user, but for public"
    )]
    Unknown(String),
    /// No `<requests>/<seconds>`.
    #[error("a budget is `off` or two whole numbers above zero, `<requests>/<seconds>`")]
    Budget,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(text: &str) -> Budget {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_not_said_keeps_its_default() {
        let limits: RateLimits =
            "sign_in.address=5/10, read.user=off,public.address=1/1".parse().unwrap();
        let of = |class, scope| limits.budgets().of(class, scope).copied().unwrap();
        assert_eq!(of(Class::SignIn, Scope::Address), Some(budget("5/10")));
        assert_eq!(of(Class::Read, Scope::User), None);
        assert_eq!(of(Class::Public, Scope::Address), Some(budget("1/1")));
        let expected = RateLimits::default()
            .with(Class::SignIn, Scope::Address, Some(budget("5/10")))
            .with(Class::Read, Scope::User, None)
            .with(Class::Public, Scope::Address, Some(budget("1/1")));
        assert_eq!(limits, expected);
        assert_eq!("off".parse(), Ok(RateLimits::OFF));
    }

    #[test]
    fn every_default_is_a_limit_and_an_address_has_no_less_than_a_person() {
        for class in Class::ALL {
            let held = |scope| RateLimits::default().budgets().of(class, scope).copied();
            let address = held(Scope::Address).unwrap().unwrap();
            if let Some(user) = held(Scope::User) {
                assert!(address.interval() <= user.unwrap().interval(), "{}", class.name());
            }
        }
    }

    #[test]
    fn nonsense_says_what_is_wrong_with_it() {
        for text in ["", "on", "sign_in.address", "sign_in=5/10"] {
            assert_eq!(text.parse::<RateLimits>(), Err(BudgetError::Entry), "{text}");
        }
        for name in ["login.address", "sign_in.device", "public.user"] {
            let error = format!("{name}=1/1").parse::<RateLimits>().unwrap_err();
            assert_eq!(error, BudgetError::Unknown(name.to_owned()));
        }
        for budget in ["5", "0/1", "1/0", "-1/1", "5/10s", "1.5/1", ""] {
            let error = format!("write.user={budget}").parse::<RateLimits>().unwrap_err();
            assert_eq!(error, BudgetError::Budget, "{budget}");
        }
    }

    #[test]
    fn a_request_comes_back_after_its_share_of_the_window() {
        assert_eq!(budget("60/60").interval(), Duration::from_secs(1));
        assert_eq!(budget("3/1").interval(), Duration::from_micros(333_333));
        assert_eq!(budget("4000000000/1").interval(), Duration::from_micros(1));
    }
}
