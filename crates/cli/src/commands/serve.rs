//! `serve`: the bank's server.

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
/// default. Logs go to standard error as JSON lines; RUST_LOG sets how much.
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
    server::telemetry::init_logs();
    let running = server::start::start(config, &passphrase).await.map_err(failed)?;
    drop(passphrase);
    eprintln!("open at http://{} and https://{}", running.addr, running.tls_addr);
    told_to_stop().await.map_err(|error| Failure::unexpected("cannot wait for signals", &error))?;
    eprintln!("stopping: requests in work may finish");
    running.shutdown().await.map_err(failed)?;
    Ok(Exit::Ok)
}

pub(crate) fn config() -> Result<Config, Failure> {
    Config::from_env().map_err(|error| Failure::usage(error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
pub(crate) fn failed(error: StartError) -> Failure {
    let failure = Failure::unexpected("the bank did not start", &error);
    match error {
        StartError::NotFounded => Failure::new(Exit::Conflict, error.to_string()),
        StartError::Refused(_) | StartError::Database(_) | StartError::Cluster(_) => {
            failure.next("`strongroom doctor` says what to do")
        }
        StartError::Migration(_) => failure.next("run `strongroom migrate`"),
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
