//! The parts of the demo, and how long they took.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// The parts of the demo, each with a bar on a terminal, and how long they took.
pub(super) struct Phases {
    began: Instant,
    name: &'static str,
    pub(super) done: BTreeMap<&'static str, u64>,
}

impl Phases {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), name: "", done: BTreeMap::new() }
    }

    /// Begins a part; `len` where it is known how much there is to do.
    pub(super) fn begin(&mut self, name: &'static str, len: Option<usize>) -> ProgressBar {
        (self.began, self.name) = (Instant::now(), name);
        let bar = match len {
            Some(len) => ProgressBar::new(u64::try_from(len).unwrap_or_default()),
            None => ProgressBar::new_spinner(),
        };
        let template = match len {
            Some(_) => "{msg:12} {bar:30} {human_pos:>6}/{human_len} {elapsed}",
            None => "{msg:12} {spinner} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name);
        bar.enable_steady_tick(TICK);
        bar
    }

    pub(super) fn end(&mut self, bar: &ProgressBar) {
        self.done.insert(self.name, millis(self.began.elapsed()));
        bar.finish();
    }
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
