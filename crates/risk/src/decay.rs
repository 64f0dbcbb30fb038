//! Exponential forgetting, equal to the bit on every machine.
//!
//! A platform's `exp` may differ in its last bit from another's, and a replayed verdict with it.
//! Here are only additions, multiplications and divisions, which IEEE 754 defines exactly.

/// `exp(-elapsed_us / tau_us)`, accurate to about 1e-15; 1 where no time has passed, and 0 from 64
/// time constants on.
///
/// Time that runs backwards (two instances' clocks) counts as none.
pub(crate) fn factor(elapsed_us: i64, tau_us: i64) -> f64 {
    let elapsed_us = elapsed_us.max(0);
    let whole = elapsed_us.checked_div(tau_us).unwrap_or_default();
    let rest_us = elapsed_us.checked_rem(tau_us).unwrap_or_default();
    if whole >= 64 {
        return 0.0;
    }
    exp_of_minus_whole(whole) * exp_of_minus_fraction(to_f64(rest_us) / to_f64(tau_us))
}

/// A non-negative integer as the nearest float; exact below 2^53.
pub(crate) fn to_f64(value: i64) -> f64 {
    const HALF: f64 = 4_294_967_296.0;
    let high = u32::try_from(value.max(0) >> 32).unwrap_or_default();
    let low = u32::try_from(value.max(0) & 0xFFFF_FFFF).unwrap_or_default();
    f64::from(high) * HALF + f64::from(low)
}

/// `exp(-n)` for `0 <= n < 64` by squaring.
fn exp_of_minus_whole(whole: i64) -> f64 {
    const ONE_OVER_E: f64 = 0.367_879_441_171_442_33;
    let (mut power, mut result, mut bits) = (ONE_OVER_E, 1.0, whole);
    while bits > 0 {
        if bits & 1 == 1 {
            result *= power;
        }
        power *= power;
        bits >>= 1;
    }
    result
}

/// `exp(-x)` for `0 <= x < 1`: the series for `x / 16` to the eighth power, whose next term is below
/// 1e-16, then squared four times.
fn exp_of_minus_fraction(x: f64) -> f64 {
    let y = x / 16.0;
    let mut sum = 1.0;
    for divisor in [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0] {
        sum = 1.0 - y / divisor * sum;
    }
    let squared = sum * sum;
    let fourth = squared * squared;
    let eighth = fourth * fourth;
    eighth * eighth
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR_US: i64 = 3_600_000_000;

    /// Bits, not values: these are what a replay in ten years has to find again.
    #[test]
    fn decay_is_pinned_to_the_bit() {
        let cases = [
            (0, 1.0_f64.to_bits()),
            (-5, 1.0_f64.to_bits()),
            (64 * HOUR_US, 0),
            (HOUR_US, PINNED_ONE_HOUR),
            (HOUR_US / 2, PINNED_HALF_HOUR),
            (1, PINNED_ONE_MICROSECOND),
        ];
        for (elapsed_us, bits) in cases {
            assert_eq!(factor(elapsed_us, HOUR_US).to_bits(), bits, "{elapsed_us}");
        }
    }

    const PINNED_ONE_HOUR: u64 = 0x3fd7_8b56_362c_ef38;
    const PINNED_HALF_HOUR: u64 = 0x3fe3_68b2_fc6f_9610;
    const PINNED_ONE_MICROSECOND: u64 = 0x3fef_ffff_ffd9_d290;

    #[test]
    fn integers_become_floats_without_a_cast() {
        for (value, expected) in [(0, 0.0), (-1, 0.0), (1 << 53, 9_007_199_254_740_992.0)] {
            assert_eq!(to_f64(value).to_bits(), f64::to_bits(expected));
        }
    }

    proptest! {
        #[test]
        fn decay_follows_the_exponential(elapsed_us in 0..40 * HOUR_US) {
            let exact = (-to_f64(elapsed_us) / to_f64(HOUR_US)).exp();
            prop_assert!((factor(elapsed_us, HOUR_US) / exact - 1.0).abs() < 1e-13);
        }

        #[test]
        fn more_time_never_remembers_more(a in 0..100 * HOUR_US, b in 0..100 * HOUR_US) {
            // Neighbouring microseconds may differ by a rounding, never by more.
            let (sooner, later) = (a.min(b), a.max(b));
            prop_assert!(factor(later, HOUR_US) <= factor(sooner, HOUR_US) * (1.0 + 1e-14));
        }
    }
}
