//! The register of endpoints, and its rule. Pure.

use intent::{Body, EventKind, Kind};
use url::{Host, Url};

use crate::corridor::Refusal;
use crate::registers::{Column, Lookup, Question, Register, Row, Rule};

/// One row an endpoint that ever was.
pub(crate) static WEBHOOKS: Register = Register {
    table: "webhooks",
    key_len: 1,
    columns: &[
        ("webhook_id", Column::Uuid),
        ("url", Column::Text),
        ("kinds", Column::Text),
        ("active", Column::Flag),
        ("secret", Column::Uuid),
        ("intent_id", Column::Uuid),
        ("changed_by", Column::Uuid),
        ("changed_at", Column::Time),
    ],
};

/// Endpoints that are told at once.
const ACTIVE_MAX: usize = 16;

/// The rule of `webhook.set`.
pub(crate) fn rule() -> Rule {
    let all = Lookup { register: &WEBHOOKS, matching: None };
    Rule { lookups: vec![all], about: None, bumps_epoch: false, decide }
}

fn decide(question: &Question<'_>) -> Result<Vec<Row>, Refusal> {
    let Body::WebhookSet { webhook, url, kinds, active, new_secret } = question.intent.body()
    else {
        return Err(Refusal::PermissionDenied);
    };
    let id = webhook.to_string();
    let before = question.rows.get(&WEBHOOKS, &id);
    let others = question.rows.of(&WEBHOOKS);
    let others = others.filter(|row| row.is("active") && row.get("webhook_id") != Some(&id));
    let is_known = |name: &String| {
        Kind::ALL.into_iter().any(|kind| kind.name() == name)
            || EventKind::ALL.into_iter().any(|kind| kind.name() == name)
    };
    let fits = address(url).is_some()
        && kinds.iter().all(is_known)
        && (!active || others.count() < ACTIVE_MAX);
    if !fits {
        return Err(Refusal::WebhookInvalid);
    }
    let made = question.intent.id().to_string();
    let secret = before.and_then(|row| row.get("secret")).filter(|_| !new_secret).unwrap_or(&made);
    let row = Row::new(&WEBHOOKS)
        .with("webhook_id", webhook)
        .with("url", url)
        .with("kinds", kinds.join(" "))
        .with("active", active)
        .with("secret", secret)
        .with("intent_id", question.intent.id())
        .with("changed_by", question.asker.user)
        .with("changed_at", question.now);
    Ok(vec![row])
}

/// The address of an endpoint, as far as its text can be judged: where its name leads, is judged when it is resolved.
pub(super) fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "https" | "http")
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && text.chars().all(|c| c.is_ascii_graphic());
    let has_host = match url.host()? {
        Host::Domain(name) => !name.is_empty(),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    };
    (is_plain && has_host).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host_and_nothing_that_hides() {
        for text in
            ["https://erp.example/events?x=1", "http://10.0.0.1:8080/", "https://[2001:db8::1]/"]
        {
            assert!(address(text).is_some(), "{text}");
        }
        for text in [
            "ftp://erp.example",
            "file:///etc/passwd",
            "https://user@erp.example",
            "https://user:pw@erp.example",
            "https://erp.example/#there",
            "https://erp.example/\u{202e}x",
            "https:// erp.example",
            "https://erp.example/\n",
            "https://",
            "erp.example",
            "",
        ] {
            assert!(address(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_number_in_another_spelling_is_still_that_address() {
        for text in
            ["https://2130706433/", "https://0177.0.0.1/", "https://0x7f.1/", "https://127.1/"]
        {
            assert_eq!(address(text).unwrap().host_str(), Some("127.0.0.1"), "{text}");
        }
    }
}
