//! HTTP for the security report and the live figures: wire types and handlers, no decisions.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query out in full")]

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{self, HeaderName};
use axum::response::sse::Sse;
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::Suite;
use intent::UtcMicros;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::live::{WAITING_MAX, Watch};
use super::reading::Sample;
use super::store;
use crate::App;
use crate::bank::trust::TrustText;
use crate::corridor::OriginInfo;
use crate::http::{Json, Query, TlsInfo};
use crate::outbox::Full;
use crate::problem::{Code, Problem};
use crate::sessions::Caller;

/// Has nginx pass on what it gets, when it gets it.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Routes of a session; the caller wraps them with authentication.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(live))
}

/// The report's route.
pub(crate) fn open_router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(info))
}

/// The security report.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SecurityInfo {
    /// Identifier of the bank, signed into everything.
    bank: String,
    /// Its name for people.
    name: String,
    /// Suite of every key of this bank but those of its authorities.
    suite: &'static str,
    /// Suite of root and issuing authority.
    authority_suite: &'static str,
    /// Where private keys are.
    keys: KeyPlaces,
    /// All suites that this server verifies; there is no fallback between them.
    suites: Vec<SuiteInfo>,
    /// Cryptographic library and its version; its known answers were checked at start.
    provider: &'static str,
    /// The connection of this very request.
    connection: ConnectionInfo,
    /// What devices seal their device key to, base64url.
    bank_kem_public_key: String,
    /// The trust file: keys of the log and the root certificate.
    trust: TrustText,
    /// Age of keys and lists.
    rotation: Rotation,
    /// The newest signed checkpoint, as a C2SP signed note.
    checkpoint: Option<String>,
    /// When it was signed, RFC 3339 UTC.
    checkpoint_signed_at: Option<String>,
}

/// Where private keys are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyPlaces {
    /// The key that issues certificates and revocation lists: `token`, where half of it never leaves a PKCS#11 token, or
    /// `file`.
    issuing: &'static str,
    /// Keys of the log, of sessions and of stored secrets: `file`, sealed under the operator's passphrase.
    other: &'static str,
}

/// One suite.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SuiteInfo {
    /// Name of the suite.
    name: &'static str,
    /// Its composite signature.
    signature: &'static str,
    /// Object identifier of that signature.
    signature_oid: &'static str,
    /// Its key encapsulation.
    kem: &'static str,
}

/// The transport of one request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConnectionInfo {
    /// `TLS 1.3`, or `plain`.
    protocol: &'static str,
    /// Key exchange group, by its IANA name.
    group: Option<&'static str>,
    /// Cipher suite, by its IANA name.
    cipher: Option<&'static str>,
    /// Whether the key exchange resists a quantum computer.
    quantum_safe: bool,
}

/// Age of keys and lists.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rotation {
    /// Start of the issuing certificate, RFC 3339 UTC.
    issuing_not_before: String,
    /// End of the issuing certificate.
    issuing_not_after: String,
    /// End of the root certificate.
    root_not_after: String,
    /// Number of the revocation list in use.
    crl_number: String,
    /// When it was made.
    crl_this_update: String,
    /// When it stops being believed.
    crl_next_update: String,
}

/// What really runs.
#[utoipa::path(get, path = "/api/security/info", tag = "security",
    responses((status = OK, body = SecurityInfo)))]
async fn info(
    State(app): State<App>,
    tls: Option<Extension<TlsInfo>>,
) -> Result<Json<SecurityInfo>, Problem> {
    let mut tx = app.db.as_auditor().await?;
    let newest = store::newest(&mut tx, app.bank.book).await?;
    let issuers = app.authority.refresh(&mut tx, app.bank.book).await.map_err(|error| {
        tracing::error!(%error, "the issuing authority in force is not known");
        Problem::new(Code::Unavailable)
    })?;
    tx.commit().await?;
    let (issuing, root) = (issuers.active().certificate(), app.authority.root());
    Ok(Json(SecurityInfo {
        bank: app.bank.id.to_string(),
        name: app.bank.name.to_string(),
        suite: app.bank.suite.name(),
        authority_suite: app.authority.authority_suite().name(),
        keys: KeyPlaces {
            issuing: if app.authority.is_in_token() { "token" } else { "file" },
            other: "file",
        },
        suites: Suite::ALL.map(SuiteInfo::from).to_vec(),
        provider: crypto::provider(),
        connection: ConnectionInfo::from(tls.map(|Extension(tls)| tls)),
        bank_kem_public_key: Base64UrlUnpadded::encode_string(
            app.authority.kem_public_key().as_bytes(),
        ),
        trust: app.bank.trust(&app.authority, &app.config.origin).members(),
        rotation: Rotation {
            issuing_not_before: seconds(issuing.not_before_s()),
            issuing_not_after: seconds(issuing.not_after_s()),
            root_not_after: seconds(root.not_after_s()),
            crl_number: newest.crl_number.to_string(),
            crl_this_update: newest.crl_this_update.to_string(),
            crl_next_update: newest.crl_next_update.to_string(),
        },
        checkpoint: newest.checkpoint,
        checkpoint_signed_at: newest.checkpoint_signed_at.map(|at| at.to_string()),
    }))
}

/// How long to watch.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct LiveQuery {
    /// End after so many seconds' samples; without it, with the session.
    samples: Option<u64>,
}

/// How this process of the bank does, second by second: one event `history` with the last five minutes in an array, then one event
/// `sample` each second. Each sample holds what was counted since the one before; it names nobody. The stream ends with the session.
#[utoipa::path(get, path = "/api/security/live", tag = "security", params(LiveQuery),
    responses((status = 200, description = "Server-sent events", body = Sample, content_type = "text/event-stream"), (status = 400), (status = 403), (status = 429), (status = 503)))]
async fn live(
    State(app): State<App>,
    caller: Caller,
    origin: OriginInfo,
    Query(query): Query<LiveQuery>,
) -> Result<Response, Problem> {
    let seat = app.outbox.seat(caller.user).map_err(|full| match full {
        Full::Person => Problem::new(Code::RateLimited).with_detail("too many streams are open"),
        Full::Process => Problem::new(Code::Overloaded),
    })?;
    let (out, mut lines) = mpsc::channel(WAITING_MAX);
    let watch = Watch { app, caller, origin, samples: query.samples, out, seat };
    tokio::spawn(watch.run());
    let stream = futures_util::stream::poll_fn(move |context| lines.poll_recv(context));
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    Ok((headers, Sse::new(stream)).into_response())
}

fn seconds(at_s: i64) -> String {
    UtcMicros::from_micros(at_s.saturating_mul(1_000_000)).to_string()
}

impl From<Suite> for SuiteInfo {
    fn from(suite: Suite) -> Self {
        Self {
            name: suite.name(),
            signature: suite.signature_algorithm(),
            signature_oid: suite.oid(),
            kem: suite.kem_name(),
        }
    }
}

impl From<Option<TlsInfo>> for ConnectionInfo {
    fn from(tls: Option<TlsInfo>) -> Self {
        match tls {
            Some(tls) => Self {
                protocol: "TLS 1.3",
                group: Some(tls.group),
                cipher: Some(tls.cipher),
                quantum_safe: tls.quantum_safe,
            },
            None => Self { protocol: "plain", group: None, cipher: None, quantum_safe: false },
        }
    }
}
