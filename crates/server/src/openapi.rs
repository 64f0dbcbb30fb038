//! The API describes itself: `/api/openapi.json` for programs, `/api/docs` for people.
//!
//! The page is made from the document when the server starts, without scripts and without anything
//! from elsewhere, so that it works behind the strictest content policy and without a network.

use std::fmt::Write;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use bytes::Bytes;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::{OpenApi as Document, ResponseBuilder};

use crate::problem::Code;

/// What every feature adds its paths to.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strongroom",
        description = "A bank core whose every change is a signed intent and whose every answer is \
            a receipt that anyone can check. Errors are RFC 9457 problem documents with a stable \
            `code`; money is a decimal string of minor units beside its asset code; time is RFC \
            3339 UTC with microseconds.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")
    ),
    tags(
        (name = "operation", description = "Health and metrics"),
        (name = "security", description = "What really runs"),
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

/// The two routes that show the whole document.
pub fn router<S: Clone + Send + Sync + 'static>(mut document: Document) -> Router<S> {
    say_what_is_limited(&mut document);
    let value = serde_json::to_value(document).unwrap_or_default();
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

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    code{font-size:.95em}table{border-collapse:collapse;width:100%}\
    td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top}\
    summary{cursor:pointer}summary code:first-child{display:inline-block;min-width:4rem;font-weight:700}\
    details{border-bottom:1px solid #ddd;padding:.4rem 0}pre{overflow:auto;background:#f4f4f4;padding:.6rem}";

fn page(document: &Value) -> String {
    let text = |at: &str| escape(document.pointer(at).and_then(Value::as_str).unwrap_or_default());
    let mut html = String::from("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
    let title = text("/info/title");
    let _ = write!(html, "<title>{title} API</title><style>{STYLE}</style><h1>{title} API</h1>");
    let _ = write!(html, "<p>{}</p>", text("/info/description"));
    html.push_str("<p>The same for programs: <a href=\"/api/openapi.json\">openapi.json</a></p>");
    html.push_str("<h2>Routes</h2>");
    for (path, item) in members(document, "/paths") {
        for (method, operation) in members(item, "") {
            if operation.is_object() {
                operation_html(&mut html, path, method, operation);
            }
        }
    }
    html.push_str("<h2>Shapes</h2>");
    for (name, schema) in members(document, "/components/schemas") {
        let schema = serde_json::to_string_pretty(schema).unwrap_or_default();
        let (name, schema) = (escape(name), escape(&schema));
        let _ = write!(
            html,
            "<details id=\"{name}\"><summary>{name}</summary><pre>{schema}</pre></details>"
        );
    }
    html.push_str(
        "<h2>Errors before the ledger and the corridor speak, in order of precedence</h2>",
    );
    html.push_str("<table><tr><th>code<th>status<th>meaning");
    for code in Code::ALL {
        let (name, status, title) = (code.name(), code.status().as_u16(), escape(code.title()));
        let _ = write!(html, "<tr><td><code>{name}</code><td>{status}<td>{title}");
    }
    html.push_str("</table></html>");
    html
}

fn operation_html(html: &mut String, path: &str, method: &str, operation: &Value) {
    let text = |name: &str| escape(member(operation, name));
    let (method, path) = (escape(&method.to_uppercase()), escape(path));
    let _ = write!(
        html,
        "<details><summary><code>{method}</code> <code>{path}</code> {}</summary><p>{}</p><ul>",
        text("summary"),
        text("description")
    );
    if let Some(body) = operation.get("requestBody") {
        let _ = write!(html, "<li>takes {}</li>", shape(body));
    }
    for (status, response) in members(operation, "/responses") {
        let description = escape(member(response, "description"));
        let _ = write!(html, "<li>{} {description} {}</li>", escape(status), shape(response));
    }
    html.push_str("</ul></details>");
}

/// The name of the schema in a body or response, as a link to it.
fn shape(holder: &Value) -> String {
    let Some((media_type, media)) = members(holder, "/content").next() else {
        return String::new();
    };
    let reference = media.pointer("/schema/$ref").and_then(Value::as_str);
    let reference = reference.and_then(|it| it.rsplit('/').next());
    let name = escape(reference.unwrap_or_default());
    format!("<code>{}</code> <a href=\"#{name}\">{name}</a>", escape(media_type))
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
    fn the_page_escapes_what_the_document_says() {
        let mut document = serde_json::to_value(document()).unwrap();
        document["paths"]["/<script>"]["get"] = serde_json::json!({"summary": "\"><img src=x>"});
        let page = page(&document);
        assert!(!page.contains("<script>") && !page.contains("<img"));
        assert!(page.contains("insufficient") || page.contains("malformed-request"));
    }
}
