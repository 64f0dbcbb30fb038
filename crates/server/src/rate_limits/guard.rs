//! The middleware before anything is known of a request but its address, and what [`crate::entrance`] needs of it for a person.
//!
//! # Standard
//!
//! `Retry-After`: RFC 9110 10.2.3. `RateLimit` and `RateLimit-Policy`: draft-ietf-httpapi-ratelimit-headers-10; each
//! middleware adds its own line, and lines of one name are one list.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;

use super::budget::Scope;
use super::local::Decision;
use super::turnstile::Counted;
use crate::corridor::peer_address;
use crate::policy::routes::{self, Class};
use crate::problem::{Code, Problem};
use crate::{App, telemetry as names};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Lets a request through if whoever holds its address has some of the route's budget left. It stands before everything
/// that costs.
pub(crate) async fn admit_address(
    State(app): State<App>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let class = class(request.method(), matched.as_ref());
    let address =
        peer_address(request.extensions(), request.headers(), &app.config.trusted_proxies);
    let counted = app.turnstile.count_address(class, address).await;
    let Some(counted) = counted else { return next.run(request).await };
    let mut response = match refusal(class, Scope::Address, &counted) {
        None => next.run(request).await,
        Some(refused) => refused.into_response(),
    };
    tell(response.headers_mut(), class, Scope::Address, &counted);
    response
}

/// What leads nowhere costs nothing either, and is counted with what is public.
fn class(method: &Method, matched: Option<&MatchedPath>) -> Class {
    matched
        .and_then(|path| routes::listed(method.as_str(), path.as_str()))
        .map_or(Class::Public, |route| route.class)
}

/// What a request is told that has spent its budget.
pub(crate) fn refusal(class: Class, scope: Scope, counted: &Counted) -> Option<Problem> {
    let Decision::Refused { wait } = counted.decision else { return None };
    let labels = [("class", class.name()), ("scope", scope.name())];
    metrics::counter!(names::RATE_LIMITED, &labels).increment(1);
    let whose = match scope {
        Scope::Address => "this address",
        Scope::User => "this person",
    };
    let detail = format!("the budget of {whose} for {} requests is spent", class.name());
    let problem = Problem::new(Code::RateLimited).with_detail(detail);
    Some(problem.with_retry_after_s(whole_seconds(wait)))
}

/// Says in the answer what is left.
pub(crate) fn tell(headers: &mut HeaderMap, class: Class, scope: Scope, counted: &Counted) {
    let (class, scope, budget) = (class.name(), scope.name(), counted.budget);
    let policy = format!("\"{class}-{scope}\";q={};w={}", budget.requests(), budget.window_s());
    let left = match counted.decision {
        Decision::Admitted { remaining } => format!("\"{class}-{scope}\";r={remaining}"),
        Decision::Refused { wait } => {
            format!("\"{class}-{scope}\";r=0;t={}", whole_seconds(wait))
        }
    };
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(name, value);
        }
    }
}

/// Rounded up: whoever comes back after so many whole seconds does not come too early.
fn whole_seconds(wait: Duration) -> u32 {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_whole_seconds_rounded_up() {
        for (wait_us, told) in [(1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (0, 0)] {
            assert_eq!(whole_seconds(Duration::from_micros(wait_us)), told, "{wait_us}");
        }
    }

    #[test]
    fn an_answer_says_what_is_left_and_when_there_is_more() {
        let counted = |decision| Counted { budget: "5/10".parse().unwrap(), decision };
        let mut headers = HeaderMap::new();
        let admitted = counted(Decision::Admitted { remaining: 3 });
        tell(&mut headers, Class::SignIn, Scope::Address, &admitted);
        let refused = counted(Decision::Refused { wait: Duration::from_millis(1_200) });
        tell(&mut headers, Class::SignIn, Scope::User, &refused);
        let lines = |name| headers.get_all(name).iter().map(|line| line.to_str().unwrap());
        let left: Vec<_> = lines(RATE_LIMIT).collect();
        assert_eq!(left, ["\"sign_in-address\";r=3", "\"sign_in-user\";r=0;t=2"]);
        let policy: Vec<_> = lines(RATE_LIMIT_POLICY).collect();
        assert_eq!(policy, ["\"sign_in-address\";q=5;w=10", "\"sign_in-user\";q=5;w=10"]);
    }
}
