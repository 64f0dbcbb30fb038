//! After the day: an ordinary customer signs in by certificate, password, code and recovery code, pairs a second device, and
//! loses it again. A passkey takes an authenticator, which a command line has not: the console signs in with one.

use std::sync::Arc;
use std::time::Instant;

use client::{Bank, ClientError, Device, Identity, SecondFactor, Session};
use intent::RevocationReason;
use serde::Serialize;
use totp_rs::Totp;

use super::phases::millis;

const PASSWORD: &str = "seven green umbrellas";
/// A code is good once: the next one comes with the next half minute, which nobody wants to wait for here.
const CODES_LEFT: usize = 9;

/// One thing that was tried, and how long it took.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Tried {
    pub(super) what: &'static str,
    pub(super) ms: u64,
}

/// Tries all of them with `session`'s person. The first that is not as it must be is the error.
pub(super) async fn walk(session: &Session, email: &str) -> Result<Vec<Tried>, ClientError> {
    let mut walk = Walk { tried: Vec::new() };
    let bank = session.bank();
    walk.note("certificate", again(bank, session.identity())).await?;
    walk.note("set a password", session.set_password(PASSWORD, None)).await?;
    let visit = walk.note("password", bank.visit(email, PASSWORD, SecondFactor::None)).await?;
    require(visit.aal == 1, "level of a password")?;
    let refused = visit.get::<serde_json::Value>("/api/accounts").await;
    require(is_refused(&refused, "assurance-too-low"), "what a password alone may see")?;

    let setup = walk.note("set up an authenticator", visit.set_up_authenticator()).await?;
    let code = code(&setup.uri)?;
    let confirmed =
        walk.note("password, then code", visit.verify_factor(SecondFactor::Code(&code)));
    let confirmed = confirmed.await?;
    require(confirmed.aal == 2, "level of a password and a code")?;
    let again = bank.visit(email, PASSWORD, SecondFactor::Code(&code)).await;
    require(is_refused(&again, "second-factor-refused"), "a code used twice")?;
    let recovery = confirmed.recovery_codes.first().map(String::as_str).unwrap_or_default();
    require(confirmed.recovery_codes.len() > CODES_LEFT, "number of recovery codes")?;
    let by_code = bank.visit(email, PASSWORD, SecondFactor::RecoveryCode(recovery));
    let by_code = walk.note("password and recovery code", by_code).await?;
    require(by_code.aal == 2, "level of a recovery code")?;

    let second =
        Identity::generate(bank.suite(), session.identity().user().clone(), Device::generate()?)?;
    let asked = bank.pair(&second, "tablet").await?;
    let shown = session.pairing(asked.pairing.id).await?;
    require(shown.number() == asked.pairing.number(), "number of the pairing")?;
    walk.note("pair a second device", session.approve_device(&shown)).await?;
    bank.enrol_paired(&second, &asked).await?;
    let second = bank.login(Arc::new(second)).await?;
    second.verify().await?;
    let device = second.identity().device().id();
    let ended = session.revoke_device(device, RevocationReason::KeyCompromise);
    walk.note("revoke the second device", ended).await?;
    require(second.verify().await.is_err(), "the next request of a revoked device")?;
    Ok(walk.tried)
}

struct Walk {
    tried: Vec<Tried>,
}

impl Walk {
    async fn note<T>(
        &mut self,
        what: &'static str,
        act: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let began = Instant::now();
        let done = act.await?;
        self.tried.push(Tried { what, ms: millis(began.elapsed()) });
        Ok(done)
    }
}

async fn again(bank: &Bank, identity: &Arc<Identity>) -> Result<(), ClientError> {
    bank.login(Arc::clone(identity)).await?.logout().await
}

/// What the customer's authenticator shows now.
fn code(uri: &str) -> Result<String, ClientError> {
    let totp = Totp::from_url(uri).map_err(|_| ClientError::Answer { what: "uri" })?;
    let now_s = server::clock::now().get().div_euclid(1_000_000);
    Ok(totp.generate(u64::try_from(now_s).unwrap_or_default()).to_string())
}

fn is_refused<T>(answer: &Result<T, ClientError>, code: &str) -> bool {
    matches!(answer, Err(ClientError::Problem(problem)) if problem.code == code)
}

const fn require(is_so: bool, what: &'static str) -> Result<(), ClientError> {
    if is_so { Ok(()) } else { Err(ClientError::Answer { what }) }
}
