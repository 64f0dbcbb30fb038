//! The bank's server as the tests run it: settings and passphrase from the environment, its address on standard output,
//! and an end when standard input closes.

use std::io::{Write, stdin, stdout};

use crypto::SecretBytes;
use server::config::Config;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = runtime.block_on(async {
        server::telemetry::init_logs();
        let passphrase = std::env::var("STRONGROOM_TEST_PASSPHRASE").unwrap();
        let passphrase = SecretBytes::new(passphrase.into_bytes());
        server::start::start(Config::from_env().unwrap(), &passphrase).await.unwrap()
    });
    let mut out = stdout();
    writeln!(out, "{}", running.addr).unwrap();
    out.flush().unwrap();
    let mut nothing = String::new();
    while stdin().read_line(&mut nothing).is_ok_and(|length| length > 0) {}
    runtime.block_on(running.shutdown()).unwrap();
}
