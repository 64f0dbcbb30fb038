//! The API describes itself: `/api/openapi.json` for programs, `/api/docs` for people.
//!
//! The page is made from the document when the server starts, without scripts and without anything
//! from elsewhere, so that it works behind the strictest content policy and without a network.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use bytes::Bytes;
use intent::{Form, Role};
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa::openapi::{OpenApi as Document, ResponseBuilder};

use crate::policy::routes::{Access, Route, listed};
use crate::problem::Code;

/// What every feature adds its paths to.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strongroom",
        description = "A bank core whose every change is a signed intent and whose every answer is \
            a receipt that anyone can check. Errors are RFC 9457 problem documents with a stable \
            `code`; money is a decimal string of minor units beside its asset code; time is RFC \
            3339 UTC with microseconds. A body that carries a signed intent may come as \
            `application/cbor`, and its answer does where `Accept` names that: the same members, with \
            byte strings where JSON has base64url or hex of an envelope or receipt. Problems are \
            `application/problem+json` in either case.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")
    ),
    tags(
        (name = "operation", description = "Health and metrics"),
        (name = "security", description = "What really runs"),
        (name = "events", description = "What happens, as it happens"),
        (name = "webhooks", description = "What happens, told to endpoints outside"),
    )
)]
struct Base;

/// The document before the features' paths.
#[must_use]
pub fn document() -> Document {
    Base::openapi()
}

/// Adds to every route what may meet every request: it comes over its budget.
fn say_what_is_limited(document: &mut Document) {
    let response = ResponseBuilder::new()
        .description("rate-limited: come back after `Retry-After` seconds")
        .build();
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.entry("429".to_owned()).or_insert_with(|| response.clone().into());
        }
    }
}

/// Adds to every route that takes a signed intent, which is the only JSON that we describe as a text, that it takes CBOR too.
fn say_what_comes_as_cbor(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for item in paths.into_iter().flat_map(|paths| paths.values_mut()) {
        let content = item.pointer_mut("/post/requestBody/content").and_then(Value::as_object_mut);
        let Some(content) = content else { continue };
        let json = content.get(Form::Json.media_type());
        if json.and_then(|media| media.pointer("/schema/type")) == Some(&Value::from("string")) {
            content.insert(Form::Cbor.media_type().to_owned(), json!({}));
        }
    }
}

/// The two routes that show the whole document.
pub fn router<S: Clone + Send + Sync + 'static>(mut document: Document) -> Router<S> {
    say_what_is_limited(&mut document);
    let mut value = serde_json::to_value(document).unwrap_or_default();
    say_what_comes_as_cbor(&mut value);
    let json = Bytes::from(value.to_string());
    let page = Bytes::from(page(&value));
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    );
    Router::new()
        .route(
            "/api/openapi.json",
            get(async move || ([(header::CONTENT_TYPE, "application/json")], json)),
        )
        .route(
            "/api/docs",
            get(async move || {
                let html = HeaderValue::from_static("text/html; charset=utf-8");
                ([(header::CONTENT_TYPE, html), (header::CONTENT_SECURITY_POLICY, policy)], page)
            }),
        )
}

const STYLE: &str = ":root{color-scheme:light dark;--line:#8886;--soft:#8882}\
    *{box-sizing:border-box}\
    body{font:1rem/1.5 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}\
    code,pre{font-family:ui-monospace,monospace;font-size:.9em}\
    nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem;padding:.6rem 0;border-block:1px solid var(--line)}\
    h2{margin:2.5rem 0 .5rem}details{border-bottom:1px solid var(--line);padding:.5rem 0}\
    summary{cursor:pointer}summary>code:first-child{display:inline-block;min-width:4.5rem;font-weight:700}\
    summary span{display:block;padding-left:1rem;opacity:.75}\
    pre{overflow:auto;background:var(--soft);padding:.6rem}\
    table{border-collapse:collapse;width:100%}\
    td,th{border-bottom:1px solid var(--line);padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top}";

fn page(document: &Value) -> String {
    let text = |at: &str| document.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let areas = areas(document);
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">",
    );
    let title = escape(text("/info/title"));
    let _ = write!(html, "<title>{title} API</title><style>{STYLE}</style><h1>{title} API</h1>");
    let _ = write!(html, "<p>{}</p>", prose(text("/info/description")));
    html.push_str(
        "<p>The same for programs: <a href=\"/api/openapi.json\">openapi.json</a></p><nav>",
    );
    for area in areas.keys().map(|area| escape(area)).chain(["shapes".into(), "errors".into()]) {
        let _ = write!(html, "<a href=\"#{area}\">{area}</a>");
    }
    html.push_str("</nav>");
    for (area, operations) in areas {
        let area = escape(area);
        let _ = write!(html, "<h2 id=\"{area}\">{area}</h2>");
        for (path, method, operation) in operations {
            operation_html(&mut html, path, method, operation);
        }
    }
    html.push_str("<h2 id=\"shapes\">shapes</h2>");
    for (name, schema) in members(document, "/components/schemas") {
        let schema = serde_json::to_string_pretty(schema).unwrap_or_default();
        let (name, schema) = (escape(name), escape(&schema));
        // The target is inside, so that following a link to it opens it.
        let _ = write!(
            html,
            "<details><summary><code>{name}</code></summary><pre id=\"{name}\">{schema}</pre></details>"
        );
    }
    html.push_str(
        "<h2 id=\"errors\">errors</h2>\
         <p>Before the ledger and the corridor speak, in order of precedence.</p>",
    );
    html.push_str("<table><tr><th>code<th>status<th>meaning");
    for code in Code::ALL {
        let (name, status, title) = (code.name(), code.status().as_u16(), escape(code.title()));
        let _ = write!(html, "<tr><td><code>{name}</code><td>{status}<td>{title}");
    }
    html.push_str("</table></html>");
    html
}

/// Path, method and operation.
type Operation<'a> = (&'a str, &'a str, &'a Value);

/// Every operation by its first tag.
fn areas(document: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut areas: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in members(document, "/paths") {
        for (method, operation) in members(item, "").filter(|(_, it)| it.is_object()) {
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or("other");
            areas.entry(tag).or_default().push((path, method, operation));
        }
    }
    areas
}

fn operation_html(html: &mut String, path: &str, method: &str, operation: &Value) {
    let text = |name: &str| prose(member(operation, name));
    let route = listed(&method.to_uppercase(), path);
    let (method, path) = (escape(&method.to_uppercase()), escape(path));
    let _ = write!(
        html,
        "<details><summary><code>{method}</code> <code>{path}</code><span>{}</span></summary><p>{}</p><ul>",
        text("summary"),
        text("description")
    );
    if let Some(route) = route {
        let _ = write!(html, "<li>{}</li>", asked_by(route));
    }
    let parameters = operation.get("parameters").and_then(Value::as_array);
    for parameter in parameters.into_iter().flatten() {
        let (name, place) = (escape(member(parameter, "name")), escape(member(parameter, "in")));
        let words = prose(member(parameter, "description"));
        let _ = write!(html, "<li><code>{name}</code> ({place}) {words}</li>");
    }
    if let Some(body) = operation.get("requestBody") {
        let _ = write!(html, "<li>takes {}</li>", shape(body));
    }
    for (status, response) in members(operation, "/responses") {
        let description = prose(member(response, "description"));
        let _ = write!(html, "<li>{} {description} {}</li>", escape(status), shape(response));
    }
    html.push_str("</ul></details>");
}

/// What a route asks of its caller, from the table of routes.
fn asked_by(route: &Route) -> String {
    if route.access == Access::Open {
        return "open to everybody".to_owned();
    }
    let (customer, staff) = (route.level(Role::Customer), route.level(Role::Manager));
    let levels = if customer == staff {
        format!("level {customer}")
    } else {
        format!("level {customer}, staff {staff}")
    };
    match (route.access, route.access.permission()) {
        (Access::Own(_), Some(permission)) => {
            format!("{levels}; of others <code>{}</code>", permission.name())
        }
        (_, Some(permission)) => format!("{levels}; <code>{}</code>", permission.name()),
        (_, None) => levels,
    }
}

/// Text with its names between backticks set as code.
fn prose(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once('`').and_then(|(before, it)| Some((before, it.split_once('`')?)))
    {
        let _ = write!(html, "{}<code>{}</code>", escape(before), escape(name));
        rest = after;
    }
    html.push_str(&escape(rest));
    html
}

/// The media types of a body or response, and the name of its schema as a link to it.
fn shape(holder: &Value) -> String {
    let mut html = String::new();
    for (media_type, media) in members(holder, "/content") {
        let reference = media.pointer("/schema/$ref").and_then(Value::as_str);
        let reference = reference.and_then(|it| it.rsplit('/').next());
        let name = escape(reference.unwrap_or_default());
        let or = if html.is_empty() { "" } else { " or " };
        let media_type = escape(media_type);
        let _ = write!(html, "{or}<code>{media_type}</code> <a href=\"#{name}\">{name}</a>");
    }
    html
}

/// The members of the object at a JSON pointer (RFC 6901); none where there is no object.
fn members<'a>(value: &'a Value, at: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.pointer(at).and_then(Value::as_object).into_iter().flatten()
}

fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_openapi_3_1() {
        let document = serde_json::to_value(document()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    }

    #[test]
    fn names_in_prose_are_set_as_code_and_a_lonely_backtick_stays() {
        assert_eq!(prose("a `b<` c ` d"), "a <code>b&lt;</code> c ` d");
        assert_eq!(prose(""), "");
    }

    #[test]
    fn the_page_says_what_each_route_asks_of_its_caller() {
        let asked = |method, path| asked_by(listed(method, path).unwrap());
        assert_eq!(asked("GET", "/health"), "open to everybody");
        let accounts = "level aal2, staff aal3; <code>accounts:read</code>";
        assert_eq!(asked("GET", "/api/accounts"), accounts);
        assert!(asked("GET", "/api/users/{id}/profile").contains("of others"));
    }

    #[test]
    fn the_page_escapes_what_the_document_says() {
        let mut document = serde_json::to_value(document()).unwrap();
        document["paths"]["/<script>"]["get"] = serde_json::json!({"summary": "\"><img src=x>"});
        let page = page(&document);
        assert!(!page.contains("<script>") && !page.contains("<img"));
        assert!(page.contains("insufficient") || page.contains("malformed-request"));
    }
}
