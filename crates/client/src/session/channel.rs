//! What every session has: tokens, a key for its requests' proofs, a counter.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crypto::{KemSecretKey, SecretBytes, open_sealed};
use intent::Form;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::RwLock;

use super::events::Events;
use super::tokens::{Standing, Tokens};
use super::visit::transcript;
use crate::bank::{BOOTSTRAP_PURPOSE, from_body, to_body};
use crate::wire::{Page, RefreshAnswer, RefreshRequest, SessionKeyAnswer};
use crate::{AccountView, Bank, ClientError, RequestSigner, base64url, clock, form, proof, routes};

/// As many accounts as the bank gives at once.
const ACCOUNTS_PAGE_LEN: u32 = 200;
/// What a server says to the proof that was meant for another one, among others.
const PROOF_REFUSED: &str = "proof-refused";
const KEY_TRANSCRIPT: &[u8] = b"strongroom/session-key/v1";

/// Proven requests of one session, from as many tasks as you like.
pub struct Channel {
    bank: Bank,
    signer: RequestSigner,
    /// Last counter handed out. It starts at the clock's microseconds, so a later process that
    /// resumes the session is ahead of the earlier one without either writing it down.
    counter: AtomicU64,
    tokens: RwLock<Tokens>,
}

impl Channel {
    pub(crate) fn new(bank: Bank, signer: RequestSigner, tokens: Tokens) -> Self {
        let start = u64::try_from(clock::now().get()).unwrap_or_default();
        Self { bank, signer, counter: AtomicU64::new(start), tokens: RwLock::new(tokens) }
    }

    /// Takes up a session that an earlier process laid down.
    #[must_use]
    pub fn resume(bank: Bank, standing: Standing) -> Self {
        let tokens = Tokens {
            session: standing.session,
            token: standing.token,
            refresh_token: standing.refresh_token,
            expires_at_s: standing.expires_at_s,
        };
        let signer = RequestSigner::new(standing.key, bank.transport().instance().clone());
        Self::new(bank, signer, tokens)
    }

    /// What [`Channel::resume`] needs.
    pub async fn standing(&self) -> Standing {
        let tokens = self.tokens.read().await;
        Standing {
            session: tokens.session,
            key: self.signer.secret().duplicate(),
            token: tokens.token.clone(),
            refresh_token: tokens.refresh_token.clone(),
            expires_at_s: tokens.expires_at_s,
        }
    }

    /// The bank.
    #[must_use]
    pub const fn bank(&self) -> &Bank {
        &self.bank
    }

    /// Makes the proofs of this session's requests, for load that is signed beforehand.
    #[must_use]
    pub const fn signer(&self) -> &RequestSigner {
        &self.signer
    }

    /// Has the bank give this session a new key; `device_key`: of the device, in a session with a certificate.
    pub(super) async fn replace_key(
        &mut self,
        device_key: Option<&SecretBytes>,
    ) -> Result<(), ClientError> {
        let kem = KemSecretKey::generate(self.bank.suite())?;
        let request = json!({ "kem_public_key": base64url::encode(kem.public_key().as_bytes()) });
        let answer: SessionKeyAnswer = self.post(routes::SESSION_KEY, &request).await?;
        let tokens = self.tokens.get_mut();
        let trust = self.bank.trust();
        let parts = [
            trust.bank.as_str().as_bytes(),
            trust.origin.as_bytes(),
            tokens.session.as_bytes().as_slice(),
            kem.public_key().as_bytes(),
        ];
        let sealed = base64url::decode(&answer.sealed_secret, "sealed_secret")?;
        let transcript = transcript(KEY_TRANSCRIPT, &parts);
        let bootstrap = open_sealed(&kem, BOOTSTRAP_PURPOSE, &transcript, &sealed)?;
        let key = proof::session_key(tokens.session, &bootstrap, device_key)?;
        let refresh_token = tokens.refresh_token.clone();
        *tokens = Tokens::from_answer(answer.token, refresh_token, &answer.expires_at)?;
        self.signer = RequestSigner::new(key, self.bank.transport().instance().clone());
        Ok(())
    }

    /// The next counter for [`RequestSigner::sign`].
    pub fn next_counter(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// The bearer token now in force.
    pub async fn token(&self) -> Result<String, ClientError> {
        {
            let tokens = self.tokens.read().await;
            if tokens.is_fresh() {
                return Ok(tokens.token.clone());
            }
        }
        // One task renews, the others find it done: a refresh token used twice ends the session.
        let mut tokens = self.tokens.write().await;
        if !tokens.is_fresh() {
            let request = RefreshRequest { refresh_token: &tokens.refresh_token };
            let body = to_body(&request)?;
            let (path, token) = (routes::REFRESH, &tokens.token);
            let bytes = self.send_proved(Form::Json, &Method::POST, path, body, token).await?;
            let answer: RefreshAnswer = from_body(&bytes)?;
            *tokens = Tokens::from_answer(answer.token, answer.refresh_token, &answer.expires_at)?;
        }
        Ok(tokens.token.clone())
    }

    /// All of the caller's accounts; staff see everyone's.
    pub async fn accounts(&self) -> Result<Vec<AccountView>, ClientError> {
        let mut accounts = Vec::new();
        let mut path = format!("{}?limit={ACCOUNTS_PAGE_LEN}", routes::ACCOUNTS);
        loop {
            let page: Page<AccountView> = self.get(&path).await?;
            accounts.extend(page.items);
            let Some(next) = page.next else { return Ok(accounts) };
            let cursor: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            path = format!("{}?limit={ACCOUNTS_PAGE_LEN}&cursor={cursor}", routes::ACCOUNTS);
        }
    }

    /// What the caller may use now, by area: the names of the areas.
    pub async fn areas(&self) -> Result<Vec<String>, ClientError> {
        #[derive(Deserialize)]
        struct Answer {
            areas: BTreeMap<String, Vec<IgnoredAny>>,
        }
        let answer: Answer = self.get(routes::NAVIGATION).await?;
        Ok(answer.areas.into_keys().collect())
    }

    /// Ends the session at the bank.
    pub async fn logout(&self) -> Result<(), ClientError> {
        self.request(Method::POST, routes::LOGOUT, Vec::new()).await.map(|_| ())
    }

    /// A proven GET of `path`, which includes the query.
    pub async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, ClientError> {
        from_body(&self.request(Method::GET, path, Vec::new()).await?)
    }

    /// A proven POST of JSON, whose answer is JSON.
    pub async fn post<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        path: &str,
        request: &Q,
    ) -> Result<A, ClientError> {
        from_body(&self.request(Method::POST, path, to_body(request)?).await?)
    }

    /// A proven request; the answer's bytes.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, ClientError> {
        self.request_in(Form::Json, method, path, body).await
    }

    /// A proven request whose body is in this form, and its answer if it is no problem.
    pub async fn request_in(
        &self,
        form: Form,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, ClientError> {
        let token = self.token().await?;
        self.send_proved(form, &method, path, body, &token).await
    }

    /// A proven GET whose answer may be of any length: it goes into `out` as it comes.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unreachable`] also where the answer breaks off: what is in `out` is not whole then.
    pub async fn download(
        &self,
        path: &str,
        out: &mut (dyn Write + Send),
    ) -> Result<(), ClientError> {
        let token = self.token().await?;
        let headers = self.headers(Form::Json, Method::GET.as_str(), path, &[], &token)?;
        self.bank.transport().download(path, headers, out).await
    }

    /// What happens, behind the leaf `after`, or from now on.
    pub async fn events(&self, after: Option<u64>) -> Result<Events, ClientError> {
        let path = match after {
            Some(leaf) => format!("{}?after={leaf}", routes::EVENTS),
            None => routes::EVENTS.to_owned(),
        };
        let (transport, token) = (self.bank.transport(), self.token().await?);
        let meant_for = transport.instance().name();
        let headers = self.headers(Form::Json, "GET", &path, &[], &token)?;
        let opened = match transport.open(&path, headers).await {
            Err(error) if is_refused_proof(&error) && transport.instance().name() != meant_for => {
                let headers = self.headers(Form::Json, "GET", &path, &[], &token)?;
                transport.open(&path, headers).await
            }
            outcome => outcome,
        };
        Ok(Events::new(transport.server().origin(), opened?))
    }

    /// Sends a request with its proof; once more where another server process than the last one
    /// answered, which takes no proof but its own and has told its name.
    async fn send_proved(
        &self,
        form: Form,
        method: &Method,
        path: &str,
        body: Vec<u8>,
        token: &str,
    ) -> Result<Vec<u8>, ClientError> {
        let transport = self.bank.transport();
        let meant_for = transport.instance().name();
        let headers = self.headers(form, method.as_str(), path, &body, token)?;
        let error = match transport.send(method.clone(), path, headers, body.clone()).await {
            Err(error) if is_refused_proof(&error) => error,
            outcome => return outcome,
        };
        if transport.instance().name() == meant_for {
            return Err(error);
        }
        let headers = self.headers(form, method.as_str(), path, &body, token)?;
        transport.send(method.clone(), path, headers, body).await
    }

    fn headers(
        &self,
        form: Form,
        method: &str,
        path: &str,
        body: &[u8],
        token: &str,
    ) -> Result<HeaderMap, ClientError> {
        let proof = self.signer.sign(method, path, body, clock::now().get(), self.next_counter());
        let value = |text: &str| {
            HeaderValue::from_str(text).map_err(|_| ClientError::Answer { what: "token" })
        };
        let mut headers = form::headers(form);
        headers.insert(AUTHORIZATION, value(&format!("Bearer {token}"))?);
        headers.insert(HeaderName::from_static("content-digest"), value(&proof.content_digest)?);
        headers.insert(HeaderName::from_static(RequestSigner::HEADER), value(&proof.proof)?);
        Ok(headers)
    }
}

fn is_refused_proof(error: &ClientError) -> bool {
    error.problem().is_some_and(|problem| problem.code == PROOF_REFUSED)
}
