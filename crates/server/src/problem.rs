//! Errors on the wire: `application/problem+json`.
//!
//! `type` is `urn:strongroom:problem:<code>`; clients branch on `code`, never on `detail`.
//!
//! # Precedence
//!
//! The first that applies answers: route (404, 405), size (413), load (503), too much from an address (429), syntax (400, 415), who
//! (401), may (403), then what the corridor or the ledger says (404, 409, 422). A code that was once
//! published keeps its meaning and its status.
//!
//! # Standard
//!
//! RFC 9457.

use std::borrow::Cow;

use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use intent::{Form, cbor};
use serde::Serialize;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::http::request_id;

/// Media type of every error body.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// One row a code: the name that never changes, its status, its title for people.
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $code:literal, $status:ident, $title:literal;)+) => {
        /// What went wrong before a receipt could be made.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Code { $($(#[$doc])+ $name,)+ }

        impl Code {
            /// Every code, in order of precedence.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The sentence for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// No such route, or nothing the caller may see has that name.
    NotFound = "not-found", NOT_FOUND, "There is nothing here that you may see";
    /// The route exists, for another method.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "This address does not take that method";
    /// The body is longer than the limit.
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The request is too long";
    /// Too many requests in work: nothing happened.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The server is busy; nothing happened, come back";
    /// The body has a media type that this route does not read.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// The request could not be parsed.
    Malformed = "malformed-request", BAD_REQUEST, "The request could not be understood";
    /// No valid credentials.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in first";
    /// The certificate is unknown, or may not be used now: the same answer for both.
    CertificateNotAccepted = "certificate-not-accepted", UNAUTHORIZED, "This certificate is not accepted";
    /// The session was revoked or has expired.
    SessionEnded = "session-ended", UNAUTHORIZED, "The session has ended; sign in again";
    /// The request does not prove that it comes from its session's device.
    ProofRefused = "proof-refused", UNAUTHORIZED, "The request's proof is not valid";
    /// E-mail and password do not belong together, or nobody may sign in with them: one answer for all.
    CredentialsRefused = "credentials-refused", UNAUTHORIZED, "E-mail and password were not accepted";
    /// The session's level does not suffice.
    AssuranceTooLow = "assurance-too-low", FORBIDDEN, "This needs a stronger sign-in";
    /// The holder has to prove again who they are.
    NotFresh = "authentication-not-fresh", FORBIDDEN, "Prove again who you are, then repeat the request";
    /// The second factor is wrong, was used before, or is not set up.
    FactorRefused = "second-factor-refused", FORBIDDEN, "The second factor was not accepted";
    /// The password may not be chosen.
    PasswordUnfit = "password-unfit", UNPROCESSABLE_ENTITY, "Choose another password";
    /// A payment file is refused whole.
    FileRefused = "file-refused", UNPROCESSABLE_ENTITY, "The file cannot be used; nothing of it was";
    /// What was signed is not what the file says.
    FileMismatch = "file-mismatch", UNPROCESSABLE_ENTITY, "What was signed is not what the file says; nothing was paid";
    /// The caller lacks a permission.
    Forbidden = "forbidden", FORBIDDEN, "You may not do this";
    /// The caller may not come from where they are.
    AddressNotAllowed = "address-not-allowed", FORBIDDEN, "You may not come from this address";
    /// The state that the request relies on has moved.
    Conflict = "conflict", CONFLICT, "This does not fit what is already there";
    /// Too many attempts, or a budget of requests is spent.
    RateLimited = "rate-limited", TOO_MANY_REQUESTS, "Too much at once; wait";
    /// A dependency failed before anything happened; the same request may succeed later.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available just now; nothing happened, retry the same request";
    /// The answer did not come in time. Whether it happened is told by the same intent id.
    TimedOut = "timed-out", GATEWAY_TIMEOUT, "No answer in time; ask again with the same id";
    /// Our fault, and lasting.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something is broken on our side";
}

/// A problem a client can act on. Never carries secrets, SQL or a stack trace.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    title: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    field: Option<Cow<'static, str>>,
    retry_after_s: Option<u32>,
    /// Boxed: every handler returns a `Problem` by value.
    receipt: Option<Box<Bytes>>,
}

impl Problem {
    /// A problem that says no more than its code.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            status: code.status(),
            code: Cow::Borrowed(code.name()),
            title: Cow::Borrowed(code.title()),
            detail: None,
            field: None,
            retry_after_s: match code {
                Code::Overloaded | Code::Unavailable => Some(1),
                Code::RateLimited => Some(30),
                Code::NotFound
                | Code::MethodNotAllowed
                | Code::BodyTooLarge
                | Code::UnsupportedMediaType
                | Code::Malformed
                | Code::Unauthenticated
                | Code::CertificateNotAccepted
                | Code::SessionEnded
                | Code::ProofRefused
                | Code::CredentialsRefused
                | Code::AssuranceTooLow
                | Code::NotFresh
                | Code::FactorRefused
                | Code::PasswordUnfit
                | Code::FileRefused
                | Code::FileMismatch
                | Code::Forbidden
                | Code::AddressNotAllowed
                | Code::Conflict
                | Code::TimedOut
                | Code::Internal => None,
            },
            receipt: None,
        }
    }

    /// A rule said no: `code`, `status` and `title` come from that rule's own table.
    #[must_use]
    pub fn refused(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut problem = Self::new(Code::Internal);
        problem.status = status;
        problem.code = code.into();
        problem.title = title.into();
        problem
    }

    /// 400 that names the member at fault, as a path like `body.amount`.
    #[must_use]
    pub fn malformed(
        field: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Code::Malformed).with_field(field).with_detail(detail)
    }

    /// A path as problems name it: `items[3].amount`. `None`: the whole document.
    fn member_at(path: &serde_path_to_error::Path) -> Option<String> {
        let text = path.to_string();
        (text != ".").then_some(text)
    }

    /// 401.
    #[must_use]
    pub const fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated)
    }

    /// 403 that names the permission or level that is missing.
    #[must_use]
    pub fn forbidden(permission: &str) -> Self {
        Self::new(Code::Forbidden).with_detail(format!("needs {permission}"))
    }

    /// 404. The same for what does not exist and for what the caller may not see.
    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// 500. The cause belongs into the log where it is handled, not here.
    #[must_use]
    pub const fn internal() -> Self {
        Self::new(Code::Internal)
    }

    /// Adds what is particular about this occurrence.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the path of the member at fault.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds the receipt of a recorded refusal: in the form in which the problem will be written, and as it is.
    #[must_use]
    pub fn with_receipt(mut self, receipt: Bytes) -> Self {
        self.receipt = Some(Box::new(receipt));
        self
    }

    /// Says when to come back.
    #[must_use]
    pub const fn with_retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The document alone, for a problem among other answers.
    pub(crate) fn into_bytes(self, form: Form) -> Vec<u8> {
        match form {
            Form::Json => self.json(),
            Form::Cbor => self.cbor(),
        }
    }

    fn document<'a>(&'a self, request_id: Option<&'a str>) -> Document<'a> {
        Document {
            r#type: format!("urn:strongroom:problem:{}", self.code),
            title: &self.title,
            status: self.status.as_u16(),
            detail: self.detail.as_deref(),
            code: &self.code,
            field: self.field.as_deref(),
            request_id,
        }
    }

    fn cbor(&self) -> Vec<u8> {
        let id = request_id();
        let document = self.document(id.as_deref());
        let mut body = cbor4ii::serde::to_vec(Vec::new(), &document).unwrap_or_default();
        if let (Some(receipt), Some(first)) = (&self.receipt, body.first_mut()) {
            // A map of fewer than 24 members counts them in its first byte (RFC 8949 3).
            *first = first.saturating_add(1);
            cbor::Writer::new(&mut body).text("receipt");
            body.extend_from_slice(receipt);
        }
        body
    }

    fn json(&self) -> Vec<u8> {
        let id = request_id();
        let mut body = serde_json::to_vec(&self.document(id.as_deref())).unwrap_or_default();
        if let Some(receipt) = &self.receipt
            && body.pop().is_some()
        {
            // The receipt's bytes are evidence: they go out as they were made, not parsed and rewritten.
            body.extend_from_slice(b",\"receipt\":");
            body.extend_from_slice(receipt);
            body.push(b'}');
        }
        body
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.json().into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 11.6.1 demands one with every 401.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if is_transient(&error) {
            tracing::warn!(%error, "database failed, retry is safe");
            Self::new(Code::Unavailable)
        } else {
            tracing::error!(%error, "database failed");
            Self::new(Code::Internal)
        }
    }
}

/// Whether the same request may succeed later. Corrupt rows and broken constraints never heal.
///
/// # Standard
///
/// SQLSTATE classes 08 connection, 40 rollback (deadlock, serialization), 53 resources,
/// 57 operator intervention, 58 the system below; 55P03 lock not available. Of whatever class: what ends the session or lets
/// none begin, as a full disk does under the class of internal errors.
#[must_use]
pub fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => {
            let ends_session = error.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| {
                matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)
            });
            let code = error.code().unwrap_or_default();
            let classes = ["08", "40", "53", "57", "58"];
            ends_session || code == "55P03" || classes.iter().any(|class| code.starts_with(class))
        }
        _ => false,
    }
}

impl From<intent::IntentError> for Problem {
    fn from(error: intent::IntentError) -> Self {
        let mut problem = Self::refused(
            StatusCode::BAD_REQUEST,
            error.code(),
            "The signed document is not acceptable",
        )
        .with_detail(error.to_string());
        if let Some(field) = error.field() {
            problem = problem.with_field(field.to_owned());
        }
        problem
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        from_rejection(rejection.status(), rejection.body_text())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let problem = from_rejection(rejection.status(), rejection.body_text());
        match error_path(&rejection) {
            Some(path) => problem.with_field(path),
            None => problem,
        }
    }
}

/// Where in a body the member stands that does not fit. `None`: it is the whole body, or no JSON at all.
fn error_path(rejection: &JsonRejection) -> Option<String> {
    let mut source = std::error::Error::source(rejection);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<JsonPathError>() {
            return Problem::member_at(error.path());
        }
        source = error.source();
    }
    None
}

type JsonPathError = serde_path_to_error::Error<serde_json::Error>;

impl From<JsonPathError> for Problem {
    fn from(error: JsonPathError) -> Self {
        let path = Self::member_at(error.path());
        let problem = Self::new(Code::Malformed).with_detail(error.into_inner().to_string());
        match path {
            Some(path) => problem.with_field(path),
            None => problem,
        }
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        from_rejection(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        from_rejection(rejection.status(), rejection.body_text())
    }
}

/// axum answers 422 where a body parses but does not fit: for us that is still 400, because 422 means
/// "understood and refused".
fn from_rejection(status: StatusCode, text: String) -> Problem {
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_server_error() => Code::Internal,
        _ => Code::Malformed,
    };
    match code {
        Code::Internal => Problem::new(code),
        _ => Problem::new(code).with_detail(text),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use http_body_util::BodyExt;
    use serde_json::Value;

    use super::*;

    async fn document(problem: Problem) -> Value {
        let response = problem.into_response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn every_code_has_a_name_of_its_own_and_an_error_status() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(code.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
        }
    }

    #[test]
    fn only_what_heals_by_itself_is_transient() {
        assert!(is_transient(&sqlx::Error::PoolTimedOut));
        assert!(!is_transient(&sqlx::Error::RowNotFound));
    }

    #[tokio::test]
    async fn a_refusal_carries_its_receipt_byte_for_byte() {
        let problem =
            Problem::refused(StatusCode::UNPROCESSABLE_ENTITY, "insufficient-funds", "No")
                .with_receipt(Bytes::from_static(br#"{"v":"1","leaf_index":"7"}"#));
        let document = document(problem).await;
        assert_eq!(document["type"], "urn:strongroom:problem:insufficient-funds");
        assert_eq!(document["status"], 422);
        assert_eq!(document["receipt"]["leaf_index"], "7");
        assert!(document.get("field").is_none());
    }

    #[tokio::test]
    async fn a_malformed_member_is_named() {
        let document = document(Problem::malformed("body.amount", "is not a number")).await;
        assert_eq!(document["field"], "body.amount");
        assert_eq!(document["code"], "malformed-request");
    }

    #[tokio::test]
    async fn a_database_error_keeps_its_words_to_itself() {
        let error = sqlx::Error::Protocol("SELECT secret FROM vault".to_owned());
        let document = document(error.into()).await;
        assert_eq!(document["code"], "internal");
        assert!(!document.to_string().contains("secret"));
    }
}
