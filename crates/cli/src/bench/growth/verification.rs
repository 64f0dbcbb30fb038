//! How long it takes to verify a bank from its first leaf, by the command that anybody would use.

use std::fs::{self, File};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::field::Field;
use super::super::generator::exact;
use super::super::processor;
use super::super::report::{ratio, rounded};
use crate::exit::Exit;
use crate::failure::Failure;

/// How often the process is looked at while it works.
const LOOK: Duration = Duration::from_millis(200);

/// A verification that found nothing.
pub(super) struct Verified {
    pub(super) leaves: u64,
    pub(super) transfers: u64,
    pub(super) seconds: f64,
    /// The most memory that the process had at a time.
    pub(super) peak_bytes: u64,
}

/// Runs `strongroom verify` beside the idle server.
///
/// # Errors
///
/// [`Failure`] where it cannot be run, or finds anything.
pub(super) async fn run(field: &Field) -> Result<Verified, Failure> {
    eprintln!("bench: verify");
    let unread = |error: std::io::Error| Failure::file("strongroom verify", &error);
    // Into a file: a pipe that nobody reads would fill up.
    let path = field.path("verify.json");
    let report = File::create(&path).map_err(unread)?;
    let mut child = field
        .verification()
        .args(["-o", "json"])
        .stdin(Stdio::null())
        .stdout(report)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(unread)?;
    let mut peak_bytes = 0;
    while child.try_wait().map_err(unread)?.is_none() {
        peak_bytes = peak_bytes.max(processor::peak_bytes(child.id()).unwrap_or_default());
        field.keep_awake().await?;
        tokio::time::sleep(LOOK).await;
    }
    let said = child.wait_with_output().map_err(unread)?;
    let report = fs::read_to_string(&path).map_err(unread)?;
    if !said.status.success() {
        let why = worst(&report).unwrap_or_else(|| String::from_utf8_lossy(&said.stderr).into());
        return Err(
            Failure::new(Exit::Unexpected, "verify did not find the bank clean").because(why)
        );
    }
    Verified::read(&report, peak_bytes)
        .ok_or_else(|| Failure::new(Exit::Unexpected, "verify wrote no report").because(report))
}

/// The first finding of a report, which is the worst.
fn worst(report: &str) -> Option<String> {
    let report: Value = serde_json::from_str(report).ok()?;
    report.get("findings")?.get(0).map(Value::to_string)
}

impl Verified {
    fn read(report: &str, peak_bytes: u64) -> Option<Self> {
        let report: Value = serde_json::from_str(report).ok()?;
        let number = |name: &str| report.get(name).and_then(Value::as_u64);
        Some(Self {
            leaves: number("leaves")?,
            transfers: number("transfers")?,
            seconds: exact(number("elapsed_ms")?) / 1_000.0,
            peak_bytes,
        })
    }

    /// Of leaves, or of transfers.
    pub(super) fn per_s(&self, count: u64) -> f64 {
        exact(count) / self.seconds.max(f64::EPSILON)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "leaves": self.leaves,
            "transfers": self.transfers,
            "seconds": ratio(self.seconds),
            "leaves_per_s": rounded(self.per_s(self.leaves)),
            "transfers_per_s": rounded(self.per_s(self.transfers)),
            "peak_bytes": self.peak_bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_and_what_is_none_is_not() {
        let report = r#"{"ok":true,"leaves":3000,"transfers":10000,"elapsed_ms":2000}"#;
        let verified = Verified::read(report, 7).unwrap();
        assert_eq!(
            verified.json(),
            json!({
                "leaves": 3000, "transfers": 10000, "seconds": 2.0,
                "leaves_per_s": 1500, "transfers_per_s": 5000, "peak_bytes": 7,
            })
        );
        assert!(worst(report).is_none());
        let worse = r#"{"ok":false,"findings":[{"message":"is not what the log says"},{}]}"#;
        assert_eq!(worst(worse).unwrap(), r#"{"message":"is not what the log says"}"#);
        assert!(Verified::read("", 0).is_none());
        assert!(Verified::read(r#"{"leaves":1}"#, 0).is_none());
    }
}
