//! Counts requests: shared where Redis is configured and answers, by this process alone where not.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crypto::MacKey;
use governor::clock::MonotonicClock;
use intent::{BankId, UserId};
use redis::RedisError;

use super::budget::{Budget, Budgets, RateLimits};
use super::local::{Decision, Limiter};
use super::shared::Shared;
use super::subject::Subject;
use crate::clock;
use crate::config::DatabaseUrl;
use crate::policy::routes::Class;

/// Counts requests. Clones share the count.
#[derive(Clone)]
pub struct Turnstile(Arc<Inner>);

struct Inner {
    limiters: Budgets<Option<(Budget, Limiter)>>,
    shared: Option<Shared>,
}

/// Who counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counting {
    /// Each process for itself: no Redis is configured.
    Local,
    /// All processes together.
    Shared,
    /// Each process for itself, because Redis does not answer.
    Fallback,
}

impl Counting {
    /// Stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Shared => "shared",
            Self::Fallback => "fallback",
        }
    }
}

/// A request that was counted, or refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(super) budget: Budget,
    pub(super) decision: Decision,
}

impl Turnstile {
    /// Nobody has sent anything yet. `key` hides from Redis whose requests it counts.
    pub fn new(
        limits: &RateLimits,
        redis: Option<&DatabaseUrl>,
        bank: &BankId,
        key: &MacKey,
    ) -> Result<Self, RedisError> {
        let limiters = limits.budgets().map(|_, _, budget| {
            budget.map(|budget| (budget, Limiter::new(budget, MonotonicClock)))
        });
        let shared = redis.map(|url| Shared::new(url, bank, key.clone())).transpose()?;
        Ok(Self(Arc::new(Inner { limiters, shared })))
    }

    /// Counts a request from an address. `None`: not limited.
    pub(super) async fn count_address(
        &self,
        class: Class,
        address: Option<IpAddr>,
    ) -> Option<Counted> {
        self.count(class, Subject::of_address(address)).await
    }

    /// Counts a request that was proved to be a person's. `None`: not limited.
    pub(crate) async fn count_person(&self, class: Class, user: UserId) -> Option<Counted> {
        self.count(class, Subject::Person(user)).await
    }

    /// Who counts at this moment.
    pub async fn counting(&self) -> Counting {
        match &self.0.shared {
            None => Counting::Local,
            Some(shared) if shared.answers().await => Counting::Shared,
            Some(_) => Counting::Fallback,
        }
    }

    async fn count(&self, class: Class, subject: Subject) -> Option<Counted> {
        let (budget, limiter) = self.0.limiters.of(class, subject.scope())?.as_ref()?;
        let shared = match &self.0.shared {
            // Boxed: the future of one who asks Redis is large, and most banks ask none.
            Some(shared) => Box::pin(shared.decide(class, &subject, *budget, clock::now())).await,
            None => None,
        };
        let decision = shared.unwrap_or_else(|| limiter.decide(&subject));
        Some(Counted { budget: *budget, decision })
    }
}

impl fmt::Debug for Turnstile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turnstile")
    }
}
