//! HTTP byte by byte: what the typed client would never send, and what it would not show.

use std::net::SocketAddr;

use client::{Channel, RequestSigner};
use intent::{Intent, Kind, SignedIntent};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use server::clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Bank;

/// A request, exactly as it goes out.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Path with query.
    pub path: String,
    /// All headers but those of the transport.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer, exactly as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without a session.
    pub fn new(method: Method, path: &str, body: impl Into<Vec<u8>>) -> Self {
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self {
            method,
            path: path.to_owned(),
            headers: HeaderMap::from_iter([json]),
            body: body.into(),
        }
    }

    /// A GET without a session.
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path, Vec::new())
    }

    /// A POST without a session.
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(Method::POST, path, body)
    }

    /// A POST of JSON without a session.
    pub fn post_json(path: &str, body: &Value) -> Self {
        Self::post(path, body.to_string())
    }

    /// The POST that submits an envelope to the route of its kind.
    pub fn submission(signed: &SignedIntent) -> Self {
        let kind = Intent::parse(&signed.intent).map(|intent| intent.kind());
        Self::post(kind.map_or("/api/intents", route), signed.to_json())
    }

    /// The same request with another header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    /// The same request without a header.
    #[must_use]
    pub fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// The same request proved as one of `session`.
    pub async fn proved_by(self, session: &Channel) -> Self {
        let token = session.token().await.unwrap();
        self.proved_with(session.signer(), &token, clock::now().get(), session.next_counter())
    }

    /// The same request with a proof at a time and counter of the caller's choice.
    #[must_use]
    pub fn proved_with(mut self, signer: &RequestSigner, token: &str, at_us: i64, n: u64) -> Self {
        let proof = signer.sign(self.method.as_str(), &self.path, &self.body, at_us, n);
        let value = |text: &str| HeaderValue::from_str(text).unwrap();
        self.headers.insert(AUTHORIZATION, value(&format!("Bearer {token}")));
        self.headers.insert("content-digest", value(&proof.content_digest));
        self.headers.insert(RequestSigner::HEADER, value(&proof.proof));
        self
    }
}

/// The route that takes a kind.
pub(crate) fn route(kind: Kind) -> &'static str {
    match kind {
        Kind::UserEnrol => "/api/users/enrol",
        Kind::SessionLogin => "/api/auth/certificate-login",
        Kind::AccountOpen => "/api/accounts",
        Kind::AccountFund => "/api/accounts/fund",
        Kind::AccountFreeze => "/api/accounts/freeze",
        Kind::Transfer => "/api/transactions/transfer",
        Kind::TransferBatch => "/api/transactions/batch",
        Kind::PaymentsFile => "/api/payments/files",
        Kind::KeyRotate => "/api/quantum/keys/rotate",
        Kind::CertificateRevoke => "/api/certificates/revoke",
        Kind::DeviceApprove => "/api/devices/approve",
        Kind::DeviceRevoke => "/api/devices/revoke",
        Kind::UserInvite => "/api/admin/users/invite",
        Kind::UserApprove => "/api/admin/users/approve",
        Kind::UserRecover => "/api/manager/users/recover",
        Kind::UserLock => "/api/admin/users/lock",
        Kind::RoleDefine => "/api/admin/roles",
        Kind::RoleGrant => "/api/admin/roles/grant",
        Kind::IpRuleSet => "/api/admin/ip-rules",
        Kind::AuditReport => "/api/audit/accountability-report",
        Kind::HoldPlace => "/api/holds",
        Kind::HoldCapture => "/api/holds/capture",
        Kind::HoldVoid => "/api/holds/void",
        Kind::TransferReverse => "/api/transactions/reverse",
        Kind::ApprovalDecide => "/api/approvals/decide",
        Kind::AccountClose => "/api/accounts/close",
        Kind::AccountOverdraft => "/api/accounts/overdraft",
        Kind::PolicyPropose => "/api/admin/policies",
        Kind::PolicyApprove => "/api/admin/policies/approve",
        Kind::WebhookSet => "/api/admin/webhooks",
        Kind::AuthorityRotate => "/api/admin/authority/rotate",
        Kind::BeneficiaryAdd => "/api/beneficiaries",
        Kind::BeneficiaryChange => "/api/beneficiaries/change",
        Kind::StandingOrderPlace => "/api/standing-orders",
        Kind::StandingOrderEnd => "/api/standing-orders/end",
        Kind::TransferExchange => "/api/transactions/exchange",
    }
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The code of a problem document, after checking that it is a whole one that gives nothing away.
    ///
    /// # Panics
    ///
    /// When the answer is no problem document.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        let code = problem["code"].as_str().expect("a code").to_owned();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert_eq!(problem["type"], format!("urn:strongroom:problem:{code}"));
        assert!(!problem["title"].as_str().expect("a title").is_empty());
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{problem}");
        // The receipt's proofs are base64, in which any word may stand.
        let mut shown = problem.clone();
        shown.as_object_mut().expect("an object").remove("receipt");
        let text = shown.to_string();
        for leak in ["panicked", "sqlx", "SELECT ", "INSERT ", "RUST_BACKTRACE", ".rs:"] {
            assert!(!text.contains(leak), "{leak:?} in {text}");
        }
        code
    }

    /// Status and code of a problem.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.problem())
    }

    /// Nothing, if it is a success.
    ///
    /// # Panics
    ///
    /// When it is not.
    pub fn assert_ok(&self) {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
    }

    /// The answer, if it is a success.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[must_use]
    pub fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
        self
    }
}

impl Bank {
    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request) -> Answer {
        let Request { method, path, .. } = &request;
        let what = format!("{method} {path}");
        self.try_send(request).await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// As [`Bank::send`], where the server may be gone.
    pub async fn try_send(&self, request: Request) -> Result<Answer, reqwest::Error> {
        self.try_send_to(self.addr(), request).await
    }

    /// Sends a request to another server of this bank.
    pub async fn send_to(&self, addr: SocketAddr, request: Request) -> Answer {
        self.try_send_to(addr, request).await.unwrap()
    }

    async fn try_send_to(
        &self,
        addr: SocketAddr,
        request: Request,
    ) -> Result<Answer, reqwest::Error> {
        let url = format!("http://{addr}{}", request.path);
        let Request { method, headers, body, .. } = request;
        let response = self.http().request(method, url).headers(headers).body(body).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
    }

    /// Sends a request proved by a session.
    pub async fn send_as(&self, session: &Channel, request: Request) -> Answer {
        // The server may have been brought up anew since this session heard of it.
        if let Some(name) = self.instance() {
            session.bank().transport().instance().observe(&name);
        }
        self.send(request.proved_by(session).await).await
    }

    /// Reads a path without a session.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path)).await
    }

    /// Reads a path in a session.
    pub async fn get_as(&self, session: &Channel, path: &str) -> Answer {
        self.send_as(session, Request::get(path)).await
    }

    /// Submits an envelope in a session, to the route of its kind.
    pub async fn submit(&self, session: &Channel, signed: &SignedIntent) -> Answer {
        self.send_as(session, Request::submission(signed)).await
    }

    /// Promises a body of so many bytes to a path, and sends the first of them.
    pub async fn begin(&self, path: &str, length: usize) -> Unfinished {
        let mut stream = TcpStream::connect(self.addr()).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: bank\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Unfinished(stream)
    }
}

/// A request whose body has been promised and does not come.
pub struct Unfinished(TcpStream);

impl Unfinished {
    /// Sends all of the body, before it listens to what the server says.
    ///
    /// # Panics
    ///
    /// When the line breaks.
    pub async fn finish(mut self, rest: &[u8]) -> Answer {
        self.0.write_all(rest).await.unwrap();
        self.answer().await
    }

    /// What the server says to that.
    ///
    /// # Panics
    ///
    /// When the connection ends without an answer.
    pub async fn answer(mut self) -> Answer {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            let length = self.0.read(&mut buffer).await.unwrap();
            bytes.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&bytes);
            let whole = text.split_once("\r\n\r\n").filter(|(_, body)| body.ends_with('}'));
            let Some((head, body)) = whole else {
                assert!(length > 0, "no answer but {text:?}");
                continue;
            };
            let header = |line: &str| {
                let (name, value) = line.split_once(": ")?;
                Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
            };
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            let headers = head.lines().skip(1).filter_map(header).collect();
            return Answer { status, headers, body: body.as_bytes().to_vec() };
        }
    }
}
