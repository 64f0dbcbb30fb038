//! Time in the log does not run back, whatever a clock does.
//!
//! What waits when a clock is set back was verified under the right time; decided under the wrong one it would stand in the log
//! before its signer's certificate, and `verify` would rightly not believe it.

use intent::UtcMicros;

/// The latest time at which this process decided anything, or the log's newest record before that.
#[derive(Debug, Default)]
pub(super) struct LogTime {
    latest: Option<UtcMicros>,
    is_clock_behind: bool,
}

impl LogTime {
    /// Whether it is known where the log stands.
    pub(super) const fn is_known(&self) -> bool {
        self.latest.is_some()
    }

    /// Begins where the log stands.
    pub(super) fn goes_on_from(&mut self, newest: Option<UtcMicros>) {
        self.latest = Some(newest.unwrap_or(UtcMicros::from_micros(0)));
    }

    /// The time at which something is decided now: the clock's, but never before what was decided last.
    pub(super) fn at(&mut self, clock: UtcMicros) -> UtcMicros {
        let at = self.latest.map_or(clock, |latest| latest.max(clock));
        let is_behind = clock < at;
        if is_behind && !self.is_clock_behind {
            tracing::warn!(%clock, log = %at, "the clock is behind the log, whose time stands still until it is not");
        }
        (self.latest, self.is_clock_behind) = (Some(at), is_behind);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> UtcMicros {
        UtcMicros::from_micros(micros)
    }

    #[test]
    fn a_clock_that_is_set_back_stops_the_time_of_the_log_until_it_has_caught_up() {
        let mut time = LogTime::default();
        assert!(!time.is_known());
        time.goes_on_from(Some(at(50)));
        let told = [40, 60, 59, 0, 60, 61].map(|clock| time.at(at(clock)));
        assert_eq!(told, [50, 60, 60, 60, 60, 61].map(at));
    }

    #[test]
    fn an_empty_log_begins_with_the_clock() {
        let mut time = LogTime::default();
        time.goes_on_from(None);
        assert!(time.is_known());
        assert_eq!(time.at(at(7)), at(7));
    }
}
