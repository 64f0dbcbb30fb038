//! The console: the pages that a browser gets from the same port as the API.
//!
//! `web/dist` is compiled into the binary, so that a server needs no files beside it. Its names are the same in every
//! build; a browser asks each time whether what it has is still right (`no-cache` with an `ETag`), so that nobody ever
//! runs the script of one version on the page of another for longer than one visit.
//!
//! The console is a client like any other: nothing here knows who asks, and nothing here reads or writes the bank.
//!
//! # Invariants
//!
//! - What begins with `/api`, `/health` or `/metrics` is never answered with a page, also where nothing is there.
//! - Whatever leaves here carries [`POLICY`].
//!
//! # Security
//!
//! The policy allows scripts and styles of this origin alone, no `eval`, and requires Trusted Types with one named
//! policy, for the worker. It is sent with every file, also those that are no documents: an SVG is one.

use axum::extract::Request;
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::TlsInfo;
use crate::problem::Problem;

/// First segments of the paths that have a page; what lies below them is the console's own affair. The console reads the
/// same list from `web/src/app/pages.json`, and a test compares them.
pub const PAGES: &[&str] = &[
    "",
    "accounts",
    "admin",
    "audit",
    "beneficiaries",
    "demo",
    "enrol",
    "login",
    "manage",
    "pair",
    "payments",
    "recover",
    "security",
    "statements",
    "transfer",
];

/// What belongs to programs.
const NOT_PAGES: &[&str] = &["api", "health", "metrics"];

/// What the pages may do.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types bank-worker";

/// The console uses the camera to read the code of another device, and passkeys; nothing else of what browsers offer.
const PERMISSIONS: &str = "camera=(self), publickey-credentials-create=(self), publickey-credentials-get=(self), \
    clipboard-write=(self), geolocation=(), microphone=(), payment=(), usb=(), serial=(), hid=(), midi=(), \
    display-capture=(), browsing-topics=()";
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

const PAGE: &str = "index.html";
const LOCALHOST: &str = "localhost";

#[derive(RustEmbed)]
#[folder = "../../web/dist/"]
struct Dist;

/// Answers what no route of the API does: a file of the console, one of its pages, or the problem `not-found`.
pub(crate) async fn answer(request: Request) -> Response {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    if method != Method::GET && method != Method::HEAD {
        return Problem::not_found().into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if path != PAGE
        && let Some(file) = Dist::get(path)
    {
        return with_file(path, &file, StatusCode::OK, headers);
    }
    let Some(status) = page_status(path, headers) else {
        return Problem::not_found().into_response();
    };
    let over_tls = request.extensions().get::<TlsInfo>().is_some();
    if let Some(there) = by_name(headers, uri, over_tls) {
        return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, there)]).into_response();
    }
    match Dist::get(PAGE) {
        Some(page) => with_file(PAGE, &page, status, headers),
        None => Problem::not_found().into_response(),
    }
}

/// With which status the page answers a path, if it does. A person who mistyped an address gets the page too, which says so.
fn page_status(path: &str, headers: &HeaderMap) -> Option<StatusCode> {
    let first = path.split('/').next().unwrap_or_default();
    // What has an extension is a file that is not there: a script must not get a page.
    let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if NOT_PAGES.contains(&first) || is_file {
        None
    } else if PAGES.contains(&first) {
        Some(StatusCode::OK)
    } else {
        wants_html(headers).then_some(StatusCode::NOT_FOUND)
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// Where the page is, for a browser that came by the address of this machine: passkeys belong to a name, and an address
/// is none (Web Authentication 3, 5.1.2: the RP ID is a domain).
fn by_name(headers: &HeaderMap, uri: &Uri, over_tls: bool) -> Option<HeaderValue> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority: Authority = match host {
        Some(host) => host.parse().ok()?,
        None => uri.authority()?.clone(),
    };
    if !matches!(authority.host(), "127.0.0.1" | "[::1]") {
        return None;
    }
    let scheme = if over_tls { "https" } else { "http" };
    let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    HeaderValue::try_from(format!("{scheme}://{LOCALHOST}{port}{path}")).ok()
}

fn with_file(path: &str, file: &EmbeddedFile, status: StatusCode, headers: &HeaderMap) -> Response {
    // Weak: the same file leaves compressed and not.
    let etag = format!("W/\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag));
    let policies = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    let etag = [(header::ETAG, etag)];
    if is_known && status == StatusCode::OK {
        return (StatusCode::NOT_MODIFIED, policies, etag).into_response();
    }
    let content_type = [(header::CONTENT_TYPE, media_type(path))];
    let body = Bytes::copy_from_slice(&file.data);
    (status, policies, etag, content_type, body).into_response()
}

/// Of the kinds of file that a build makes.
fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "sha256" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asked(path: &str, pairs: &[(HeaderName, &str)]) -> Request {
        let mut request = Request::builder().uri(path);
        for (name, value) in pairs {
            request = request.header(name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    fn browser() -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"))])
    }

    #[test]
    fn programs_never_get_a_page() {
        for path in
            ["api", "api/", "api/nowhere", "health/x", "metrics/x", "assets/gone.js", "x.php"]
        {
            assert_eq!(page_status(path, &browser()), None, "{path}");
        }
        assert_eq!(page_status("nowhere", &HeaderMap::new()), None);
        assert_eq!(page_status("nowhere", &browser()), Some(StatusCode::NOT_FOUND));
        for page in ["", "login", "accounts/01a2", "admin/users"] {
            assert_eq!(page_status(page, &HeaderMap::new()), Some(StatusCode::OK), "{page}");
        }
    }

    #[tokio::test]
    async fn an_address_of_this_machine_becomes_its_name() {
        for (host, there) in [
            ("127.0.0.1:8080", "http://localhost:8080/login?next=%2F"),
            ("[::1]:8080", "http://localhost:8080/login?next=%2F"),
            ("127.0.0.1", "http://localhost/login?next=%2F"),
        ] {
            let told = answer(asked("/login?next=%2F", &[(header::HOST, host)])).await;
            assert_eq!(told.status(), StatusCode::TEMPORARY_REDIRECT, "{host}");
            assert_eq!(told.headers()[header::LOCATION], there);
        }
        for host in ["localhost:8080", "bank.example", "10.0.0.1"] {
            let told = answer(asked("/login", &[(header::HOST, host)])).await;
            assert_eq!(told.status(), StatusCode::OK, "{host}");
        }
    }

    #[tokio::test]
    async fn a_file_that_the_browser_has_is_not_sent_again() {
        let first = answer(asked("/", &[(header::HOST, "localhost")])).await;
        let etag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        let known = [(header::HOST, "localhost"), (header::IF_NONE_MATCH, etag.as_str())];
        let again = answer(asked("/security", &known)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
    }
}
