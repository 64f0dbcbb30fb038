//! HTTP to one bank: no redirects, TLS 1.3, bounded answers, problems as errors.

use std::io::Write;
use std::time::Duration;

use intent::Form;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use url::{Host, Url};

use crate::{ClientError, Instance, Problem};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than the 30 s that the bank allows itself.
/// A stream is never longer: whoever reads it comes again.
const STREAM_TIMEOUT: Duration = Duration::from_hours(24);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(35);
/// What is written while it is read has no length that we know.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_hours(1);
/// A receipt of a thousand payments has about 0.3 MiB.
const ANSWER_LEN_MAX: usize = 16 * 1024 * 1024;

/// A bank's address that secrets may be sent to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerUrl(Url);

impl ServerUrl {
    /// Takes `https://host[:port]`, and `http://` for the loopback interface only.
    ///
    /// # Security
    ///
    /// Over plain HTTP whoever sits between reads balances and bearer tokens.
    pub fn parse(text: &str) -> Result<Self, ClientError> {
        let url = Self::parse_any(text)?;
        if url.0.scheme() == "http" && !is_loopback(&url.0) {
            let why = "plain http is for this machine only; use https";
            return Err(ClientError::Address { url: text.to_owned(), why });
        }
        Ok(url)
    }

    /// As [`ServerUrl::parse`], but plain HTTP to anywhere: for a private network that is trusted.
    pub fn danger_parse_plain_http(text: &str) -> Result<Self, ClientError> {
        Self::parse_any(text)
    }

    /// Scheme, host and port, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    fn parse_any(text: &str) -> Result<Self, ClientError> {
        let refuse = |why| ClientError::Address { url: text.to_owned(), why };
        let url = Url::parse(text).map_err(|_| refuse("write it as https://host:port"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("the scheme must be https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it must not hold a password"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it must end after the port"));
        }
        Ok(Self(url))
    }
}

impl std::fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.origin())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A pool of connections to one bank. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Transport {
    http: reqwest::Client,
    server: ServerUrl,
    origin: String,
    instance: Instance,
    form: Form,
}

impl Transport {
    /// Connects when first used. `tls_roots` is PEM: where given, only servers whose certificate
    /// leads to one of them are believed; else the system's own list counts.
    pub fn new(server: ServerUrl, tls_roots: Option<&str>) -> Result<Self, ClientError> {
        let origin = server.origin();
        let fault = |source| ClientError::Unreachable { server: origin.clone(), source };
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .tls_version_min(reqwest::tls::Version::TLS_1_3)
            .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = tls_roots {
            let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(fault)?;
            builder = builder.tls_certs_only(roots);
        }
        let http = builder.build().map_err(fault)?;
        Ok(Self { http, server, origin, instance: Instance::default(), form: Form::Json })
    }

    /// The same connections, with what is signed, and the answers to it, in this form.
    #[must_use]
    pub fn with_form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// How what is signed is written.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Where it connects to.
    #[must_use]
    pub const fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// The server process that answered last.
    #[must_use]
    pub const fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Sends one request and reads the whole answer; a status of 400 and above is an error.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, ClientError> {
        let url = format!("{}{path}", self.origin);
        let request = self.http.request(method, url).headers(headers).body(body);
        let response = request.send().await.map_err(|source| self.fault(source))?;
        self.whole(response).await
    }

    /// Sends a request for an answer that goes on; a status of 400 and above is an error.
    pub(crate) async fn open(
        &self,
        path: &str,
        headers: HeaderMap,
    ) -> Result<reqwest::Response, ClientError> {
        let url = format!("{}{path}", self.origin);
        let request = self.http.get(url).headers(headers).timeout(STREAM_TIMEOUT);
        let response = request.send().await.map_err(|source| self.fault(source))?;
        if response.status().is_success() {
            self.observe(&response);
            return Ok(response);
        }
        Err(match self.whole(response).await {
            Err(error) => error,
            Ok(_) => ClientError::Answer { what: "a stream of events" },
        })
    }

    fn fault(&self, source: reqwest::Error) -> ClientError {
        ClientError::Unreachable { server: self.origin.clone(), source }
    }

    fn observe(&self, response: &reqwest::Response) {
        if let Some(name) = response.headers().get(Instance::HEADER).and_then(|v| v.to_str().ok()) {
            self.instance.observe(name);
        }
    }

    async fn whole(&self, mut response: reqwest::Response) -> Result<Vec<u8>, ClientError> {
        self.observe(&response);
        let status = response.status();
        let retry_after_s = retry_after_s(response.headers());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|source| self.fault(source))? {
            if bytes.len().saturating_add(chunk.len()) > ANSWER_LEN_MAX {
                return Err(ClientError::Answer { what: "larger than 16 MiB" });
            }
            bytes.extend_from_slice(&chunk);
        }
        if status.is_success() { Ok(bytes) } else { Err(problem(status, retry_after_s, &bytes)) }
    }

    /// Sends a GET and writes the answer as it comes.
    pub(crate) async fn download(
        &self,
        path: &str,
        headers: HeaderMap,
        out: &mut (dyn Write + Send),
    ) -> Result<(), ClientError> {
        let fault = |source| ClientError::Unreachable { server: self.origin.clone(), source };
        let request = self.http.get(format!("{}{path}", self.origin)).timeout(DOWNLOAD_TIMEOUT);
        let request = request.headers(headers);
        let mut response = request.send().await.map_err(fault)?;
        let status = response.status();
        let retry_after_s = retry_after_s(response.headers());
        let mut refusal = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fault)? {
            if status.is_success() {
                out.write_all(&chunk).map_err(|source| ClientError::File { source })?;
            } else if refusal.len().saturating_add(chunk.len()) <= ANSWER_LEN_MAX {
                refusal.extend_from_slice(&chunk);
            }
        }
        if status.is_success() { Ok(()) } else { Err(problem(status, retry_after_s, &refusal)) }
    }
}

fn retry_after_s(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// What is no problem document (a proxy's page, say) becomes one of its status.
fn problem(status: StatusCode, retry_after_s: Option<u64>, bytes: &[u8]) -> ClientError {
    let problem = serde_json::from_slice::<Problem>(bytes).unwrap_or_else(|_| Problem {
        status: status.as_u16(),
        title: status.canonical_reason().unwrap_or("unknown status").to_owned(),
        detail: String::new(),
        code: format!("http-{}", status.as_u16()),
        field: None,
        request_id: None,
        retry_after_s: None,
        receipt: None,
    });
    ClientError::Problem(Box::new(Problem { retry_after_s, ..problem }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_would_leak_are_refused() {
        let cases = [
            "http://bank.example",
            "http://10.0.0.1:8080",
            "ftp://bank.example",
            "https://user:pw@bank.example",
            "https://bank.example/path",
            "https://bank.example/?q",
            "bank.example",
            "",
        ];
        for text in cases {
            assert!(ServerUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_are_shown_as_their_origin() {
        let cases = [
            ("https://bank.example", "https://bank.example"),
            ("https://bank.example:8443/", "https://bank.example:8443"),
            ("http://localhost:1", "http://localhost:1"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ];
        for (text, origin) in cases {
            assert_eq!(ServerUrl::parse(text).unwrap().origin(), origin);
        }
        assert!(ServerUrl::danger_parse_plain_http("http://10.0.0.1:80").is_ok());
    }

    #[test]
    fn a_page_that_is_no_problem_document_becomes_one() {
        let error = problem(StatusCode::BAD_GATEWAY, Some(3), b"<html>");
        let problem = error.problem().unwrap();
        assert_eq!((problem.status, problem.code.as_str()), (502, "http-502"));
        assert_eq!(problem.retry_after_s, Some(3));
    }
}
