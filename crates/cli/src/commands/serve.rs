//! `serve`: the bank's server.

use server::authority::{AuthorityError, Token, TokenError};
use server::config::Config;
use server::start::StartError;

use crate::args::Globals;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::prompt;

/// Run the bank until it is told to stop (Ctrl-C or SIGTERM)
///
/// Settings come from the environment: STRONGROOM_DATA_DIR, STRONGROOM_LISTEN (plain HTTP, for this
/// machine), STRONGROOM_TLS_LISTEN, STRONGROOM_ORIGIN, DATABASE_URL and others, each with a safe
/// default. A bank whose issuing key is in a PKCS#11 token names that with STRONGROOM_TOKEN_MODULE
/// and STRONGROOM_TOKEN, and its PIN with STRONGROOM_TOKEN_PIN_FILE. Logs go to standard error as JSON lines; RUST_LOG sets how much.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom serve
  STRONGROOM_PASSPHRASE_FILE=/run/secrets/bank strongroom serve --no-input
  DATABASE_URL='postgres://…?sslmode=verify-full' strongroom serve")]
pub(crate) struct Args {}

pub(crate) async fn run(globals: &Globals, Args {}: Args) -> Result<Exit, Failure> {
    let config = config()?;
    let passphrase = prompt::passphrase(globals, "the bank's keys")?;
    let token = token(globals, &config)?;
    server::telemetry::init_logs();
    let started = server::start::start_with_token(config, &passphrase, token.as_ref()).await;
    let running = started.map_err(failed)?;
    drop(passphrase);
    eprintln!("open at http://{} and https://{}", running.addr, running.tls_addr);
    told_to_stop().await.map_err(|error| Failure::unexpected("cannot wait for signals", &error))?;
    eprintln!("stopping: requests in work may finish");
    running.shutdown().await.map_err(failed)?;
    Ok(Exit::Ok)
}

/// The token that the environment names, signed in to.
pub(crate) fn token(globals: &Globals, config: &Config) -> Result<Option<Token>, Failure> {
    let Some(place) = &config.token else { return Ok(None) };
    // What is not there is said before anybody types a PIN.
    place.look().map_err(|error| token_failed(&error))?;
    let pin = prompt::token_pin(globals, &place.label)?;
    Token::open(place, &pin).map(Some).map_err(|error| token_failed(&error))
}

pub(crate) fn token_failed(error: &TokenError) -> Failure {
    let exit = match error {
        TokenError::Pin(_) => Exit::Unauthenticated,
        TokenError::NotNamed
        | TokenError::Module { .. }
        | TokenError::NoSuchToken(_)
        | TokenError::Ambiguous(_)
        | TokenError::NoSuchKey { .. }
        | TokenError::KeyKnown(_)
        | TokenError::Leaves(_)
        | TokenError::OtherKey(_)
        | TokenError::OtherLabel(_)
        | TokenError::Malformed
        | TokenError::Label
        | TokenError::Away { .. }
        | TokenError::Crypto(_) => Exit::Unexpected,
    };
    Failure::new(exit, error.to_string())
        .next("see STRONGROOM_TOKEN_MODULE, STRONGROOM_TOKEN and STRONGROOM_TOKEN_PIN_FILE")
}

pub(crate) fn config() -> Result<Config, Failure> {
    Config::from_env().map_err(|error| Failure::usage(error.to_string()))
}

pub(crate) fn failed(error: StartError) -> Failure {
    let failure = Failure::unexpected("the bank did not start", &error);
    match error {
        StartError::NotFounded => Failure::new(Exit::Conflict, error.to_string()),
        StartError::Refused(_) | StartError::Database(_) | StartError::Cluster(_) => {
            failure.next("`strongroom doctor` says what to do")
        }
        StartError::Migration(_) => failure.next("run `strongroom migrate`"),
        StartError::Authority(AuthorityError::Token(error)) => token_failed(&error),
        StartError::Authority(_) => failure.next("check the passphrase and STRONGROOM_DATA_DIR"),
        StartError::Algorithms(_) | StartError::Tls(_) | StartError::Io(_) => failure,
    }
}

pub(crate) async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
