//! What a payment may not exceed.

use intent::UtcMicros;
use money::{Asset, AssetCode};

use super::usage::{PayeeUsage, Usage};
use crate::corridor::Refusal;

/// How long a payee is new, in microseconds: 24 hours.
const NEW_PAYEE_US: i64 = 24 * 60 * 60 * 1_000_000;

/// Limits of whoever pays. Amounts are whole units of the account's asset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    /// One transfer.
    pub(crate) per_transfer: i64,
    /// All transfers of a day.
    pub(crate) per_day: i64,
    /// All transfers of a day to one payee.
    pub(crate) per_payee: i64,
    /// All transfers to a payee in its first 24 hours.
    pub(crate) new_payee: i64,
    /// Signatures in a minute.
    pub(crate) per_minute: u32,
    /// Signatures in an hour.
    pub(crate) per_hour: u32,
    /// Signatures in a day.
    pub(crate) count_per_day: u32,
}

impl Limits {
    /// Where no policy says otherwise.
    pub(crate) const DEFAULT: Self = Self {
        per_transfer: 10_000,
        per_day: 100_000,
        per_payee: 50_000,
        new_payee: 1_000,
        per_minute: 5,
        per_hour: 50,
        count_per_day: 200,
    };
}

/// A limit that a payment would exceed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Exceeded {
    /// Which.
    pub(crate) refusal: Refusal,
    /// What is left of it: minor units, or signatures.
    pub(crate) left: i64,
}

/// Whether a transfer of `minor` units is within the limits. `is_counted`: an earlier transfer of this signature was
/// counted. `payee` is as of now, and `None` before the first payment.
pub(crate) fn allow(
    limits: &Limits,
    usage: &Usage,
    payee: Option<&PayeeUsage>,
    (asset, minor): (AssetCode, i64),
    is_counted: bool,
    now: UtcMicros,
) -> Result<(), Exceeded> {
    if !is_counted {
        allow_signature(limits, usage)?;
    }
    let paid_today = payee.map_or(0, |payee| payee.day_sum_at(now));
    let is_new =
        payee.is_none_or(|payee| now.get().saturating_sub(payee.known_since.get()) < NEW_PAYEE_US);
    let paid_while_new = if is_new { payee.map_or(0, |payee| payee.total) } else { i64::MIN };
    let sums = [
        (limits.per_transfer, 0, Refusal::LimitPerTransfer),
        (limits.new_payee, paid_while_new, Refusal::LimitNewPayee),
        (limits.per_payee, paid_today, Refusal::LimitPerPayee),
        (limits.per_day, usage.day_sum(), Refusal::LimitPerDay),
    ];
    for (units, used, refusal) in sums {
        let left = minor_units(units, asset).saturating_sub(used);
        if minor > left {
            return Err(Exceeded { refusal, left: left.max(0) });
        }
    }
    Ok(())
}

/// Whether one more signature is within the limits.
pub(crate) fn allow_signature(limits: &Limits, usage: &Usage) -> Result<(), Exceeded> {
    let frequencies = [
        (limits.per_minute, Refusal::LimitPerMinute),
        (limits.per_hour, Refusal::LimitPerHour),
        (limits.count_per_day, Refusal::LimitCountPerDay),
    ];
    for ((limit, refusal), count) in frequencies.into_iter().zip(usage.counts()) {
        if count >= limit {
            return Err(Exceeded { refusal, left: 0 });
        }
    }
    Ok(())
}

/// Whole units in the minor units of an asset; one that we know nothing of has no decimals.
pub(crate) fn minor_units(units: i64, asset: AssetCode) -> i64 {
    let scale = Asset::iso(asset).map_or(0, Asset::scale);
    units.saturating_mul(10_i64.saturating_pow(u32::from(scale)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_US: i64 = 86_400_000_000;

    fn at(us: i64) -> UtcMicros {
        UtcMicros::from_micros(us)
    }

    fn eur(minor: i64) -> (AssetCode, i64) {
        (AssetCode::EUR, minor)
    }

    fn known() -> PayeeUsage {
        PayeeUsage::known(at(0))
    }

    fn exceeded(refusal: Refusal, left: i64) -> Result<(), Exceeded> {
        Err(Exceeded { refusal, left })
    }

    #[test]
    fn each_limit_is_refused_by_its_name_with_what_is_left() {
        let limits = Limits::DEFAULT;
        let now = at(10 * DAY_US);
        let usage = Usage::default().at(now);
        let allow = |usage: &Usage, payee: Option<&PayeeUsage>, minor| {
            allow(&limits, usage, payee, eur(minor), false, now)
        };
        assert_eq!(allow(&usage, Some(&known()), 1_000_000), Ok(()));
        assert_eq!(
            allow(&usage, Some(&known()), 1_000_001),
            exceeded(Refusal::LimitPerTransfer, 1_000_000)
        );
        assert_eq!(allow(&usage, None, 100_001), exceeded(Refusal::LimitNewPayee, 100_000));
        let mut young = PayeeUsage::known(at(now.get() - DAY_US + 1));
        young.add(99_999, now);
        assert_eq!(allow(&usage, Some(&young), 2), exceeded(Refusal::LimitNewPayee, 1));
        let mut paid = known();
        paid.add(4_500_000, now);
        assert_eq!(allow(&usage, Some(&paid), 500_001), exceeded(Refusal::LimitPerPayee, 500_000));
        let mut spent = usage;
        spent.add(9_999_999);
        assert_eq!(allow(&spent, Some(&known()), 2), exceeded(Refusal::LimitPerDay, 1));
        let mut busy = usage;
        (0..5).for_each(|_| busy.count());
        assert_eq!(allow(&busy, Some(&known()), 1), exceeded(Refusal::LimitPerMinute, 0));
        (5..50).for_each(|_| busy.count());
        let later = busy.at(at(now.get() + 60_000_000));
        assert_eq!(allow(&later, Some(&known()), 1), exceeded(Refusal::LimitPerHour, 0));
    }

    #[test]
    fn an_assets_own_decimals_count() {
        assert_eq!(minor_units(10, AssetCode::EUR), 1_000);
        assert_eq!(minor_units(10, "JPY".parse().unwrap()), 10);
        assert_eq!(minor_units(10, "BHD".parse().unwrap()), 10_000);
    }

    proptest! {
        /// However payments are cut, no day's sum passes the limit.
        #[test]
        fn no_series_of_payments_passes_a_days_limit(amounts in proptest::collection::vec(1_i64..1_000_000, 1..200)) {
            let limits = Limits { per_minute: u32::MAX, per_hour: u32::MAX, count_per_day: u32::MAX, per_payee: i64::MAX, ..Limits::DEFAULT };
            let now = at(10 * DAY_US);
            let (mut usage, payee) = (Usage::default().at(now), known());
            let mut paid = 0_i64;
            for minor in amounts {
                if allow(&limits, &usage, Some(&payee), eur(minor), false, now).is_ok() {
                    usage.add(minor);
                    paid = paid.saturating_add(minor);
                }
            }
            prop_assert!(paid <= 10_000_000);
        }
    }
}
