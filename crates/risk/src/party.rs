//! Who is at the other end, as a number; how many different ones there were; and where money came from.

use crate::stored::{MalformedState, Reader, Writer};
use crate::time::DAY_US;

/// An account as the engine counts it: a number mixed from its id and the time it was opened.
///
/// Not a secret and not a cryptographic hash. Who opens an account chooses its id, but not the microsecond of the group commit
/// that opens it, so that nobody can choose accounts that are counted as one or taken for another.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Party(u64);

impl Party {
    /// The account of this id, opened at this time (microseconds since the Unix epoch).
    #[must_use]
    pub const fn of(id: [u8; 16], opened_at_us: i64) -> Self {
        let id = u128::from_le_bytes(id);
        let (low, high) = (id & LOW, id >> 64);
        Self(mix(narrow(low) ^ mix(narrow(high) ^ mix(opened_at_us.cast_unsigned()))))
    }

    /// What a token keeps of it.
    fn short(self) -> u32 {
        u32::try_from(self.0 >> 32).unwrap_or_default()
    }
}

const LOW: u128 = 0xFFFF_FFFF_FFFF_FFFF;

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "it is below 2^64")]
const fn narrow(value: u128) -> u64 {
    value as u64
}

/// The output function of `SplitMix64` (Steele, Lea, Flood 2014, with the constants of Stafford's variant 13).
const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const REGISTERS: usize = 64;
const PERIOD_US: i64 = 2 * DAY_US;

/// About how many different parties there were in this period of two days and the one before: `HyperLogLog` (Flajolet and
/// others 2007) of 64 registers of 4 bits, once for each period. Within about an eighth.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Distinct {
    period: u32,
    now: [u8; REGISTERS / 2],
    before: [u8; REGISTERS / 2],
}

impl Distinct {
    pub(crate) const LEN: usize = 4 + REGISTERS;

    pub(crate) fn insert(&mut self, party: Party, at_us: i64) {
        *self = self.at(at_us);
        let register = usize::try_from(party.0 & 0x3F).unwrap_or_default();
        // A register keeps the longest run of zeros seen, plus one; four bits hold up to a million parties.
        let rank = (party.0 >> 6).trailing_zeros().saturating_add(1).min(15);
        let rank = u8::try_from(rank).unwrap_or(15);
        let Some(pair) = self.now.get_mut(register / 2) else { return };
        let (low, high) = (*pair & 0x0F, *pair >> 4);
        *pair = if register.is_multiple_of(2) {
            low.max(rank) | high << 4
        } else {
            low | high.max(rank) << 4
        };
    }

    pub(crate) fn estimate(&self, at_us: i64) -> f64 {
        /// `0.709 * 64 * 64`: the bias correction for 64 registers.
        const SCALE: f64 = 2_904.064;
        /// Below this, 2.5 times the registers, empty registers say more.
        const SMALL: f64 = 160.0;
        let seen = self.at(at_us);
        let (mut sum, mut empty) = (0.0, 0_usize);
        for (now, before) in seen.now.into_iter().zip(seen.before) {
            for (a, b) in [(now & 0x0F, before & 0x0F), (now >> 4, before >> 4)] {
                let rank = a.max(b);
                empty = empty.saturating_add(usize::from(rank == 0));
                sum += 1.0 / f64::from(1_u32 << rank);
            }
        }
        let estimate = SCALE / sum;
        if estimate > SMALL || empty == 0 {
            return estimate;
        }
        BY_EMPTY_REGISTERS.get(empty).copied().unwrap_or_default()
    }

    fn at(&self, at_us: i64) -> Self {
        let period = u32::try_from(at_us.div_euclid(PERIOD_US)).unwrap_or_default();
        if period <= self.period {
            return *self;
        }
        let is_next = period == self.period.saturating_add(1);
        let before = if is_next { self.now } else { [0; REGISTERS / 2] };
        Self { period, now: [0; REGISTERS / 2], before }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.u32(self.period);
        out.bytes(&self.now);
        out.bytes(&self.before);
    }

    pub(crate) fn read(stored: &mut Reader<'_>) -> Result<Self, MalformedState> {
        Ok(Self { period: stored.u32()?, now: stored.bytes()?, before: stored.bytes()? })
    }
}

/// `64 * ln(64 / v)`, the linear counting of `v` empty registers, as a table: a platform's logarithm need not be another's.
const BY_EMPTY_REGISTERS: [f64; REGISTERS + 1] = [
    266.17, 266.17, 221.81, 195.86, 177.45, 163.16, 151.50, 141.63, 133.08, 125.55, 118.80, 112.70,
    107.13, 102.01, 97.27, 92.85, 88.72, 84.84, 81.18, 77.72, 74.44, 71.32, 68.34, 65.50, 62.77,
    60.16, 57.65, 55.23, 52.91, 50.66, 48.49, 46.39, 44.36, 42.39, 40.48, 38.63, 36.82, 35.07,
    33.36, 31.70, 30.08, 28.50, 26.96, 25.45, 23.98, 22.54, 21.14, 19.76, 18.41, 17.09, 15.80,
    14.53, 13.29, 12.07, 10.87, 9.70, 8.55, 7.41, 6.30, 5.21, 4.13, 3.07, 2.03, 1.01, 0.0,
];

const TOKENS: usize = 16;
/// Rings longer than this are not followed.
const HOPS_MAX: u8 = 4;
/// Money handed on counts as the same if it differs by no more than this, in thousandths: a mule's share is one of them.
const HANDED_ON_PER_MILLE: u64 = 50;
/// Money handed on later than this is new money.
const HANDED_ON_WITHIN_S: u32 = 7 * 24 * 3600;

/// Where the money came from that came in last: each inflow leaves a token, which follows the money where about as much of
/// it is handed on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tokens([Token; TOKENS]);

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Token {
    origin: u32,
    at_s: u32,
    amount: Rough,
    /// 0: no token.
    hops: u8,
}

impl Tokens {
    pub(crate) const LEN: usize = 13 * TOKENS;

    /// How often money that `payee` once sent would come back to it by this payment, through at least one other.
    ///
    /// What was lent and is given back has one hop and is no ring.
    pub(crate) fn returning(&self, payee: Party, amount_minor: i64, at_us: i64) -> u32 {
        let handed_on = self.handed_on(amount_minor, at_us);
        let home = handed_on.filter(|token| token.hops >= 2 && token.origin == payee.short());
        u32::try_from(home.count()).unwrap_or_default()
    }

    /// Takes in what `from`, whose tokens are `theirs`, pays to `own`.
    pub(crate) fn receive(
        &mut self,
        own: Party,
        from: Party,
        theirs: &Self,
        amount_minor: i64,
        at_us: i64,
    ) {
        let (now_s, amount) = (seconds(at_us), Rough::of(amount_minor));
        for token in theirs.handed_on(amount_minor, at_us) {
            if token.hops < HOPS_MAX && token.origin != own.short() {
                let hops = token.hops.saturating_add(1);
                self.push(Token { origin: token.origin, at_s: now_s, amount, hops });
            }
        }
        self.push(Token { origin: from.short(), at_s: now_s, amount, hops: 1 });
    }

    fn handed_on(&self, amount_minor: i64, at_us: i64) -> impl Iterator<Item = Token> {
        let since_s = seconds(at_us).saturating_sub(HANDED_ON_WITHIN_S);
        let amount = Rough::of(amount_minor);
        self.0.into_iter().filter(move |token| {
            token.hops > 0 && token.at_s >= since_s && token.amount.is_about(amount)
        })
    }

    fn push(&mut self, token: Token) {
        self.0.rotate_right(1);
        if let Some(newest) = self.0.first_mut() {
            *newest = token;
        }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        for token in &self.0 {
            out.u32(token.origin);
            out.u32(token.at_s);
            out.u32(token.amount.0);
            out.bytes(&[token.hops]);
        }
    }

    pub(crate) fn read(stored: &mut Reader<'_>) -> Result<Self, MalformedState> {
        let mut tokens = Self::default();
        for token in &mut tokens.0 {
            let (origin, at_s) = (stored.u32()?, stored.u32()?);
            *token = Token { origin, at_s, amount: Rough(stored.u32()?), hops: stored.u8()? };
            if token.hops > HOPS_MAX || token.amount.0 >> 24 > 40 {
                return Err(MalformedState::OutOfRange);
            }
        }
        Ok(tokens)
    }
}

/// An amount to 24 bits, as a shift (8 bits) and what is left after it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Rough(u32);

impl Rough {
    fn of(minor: i64) -> Self {
        let minor = minor.max(0).cast_unsigned();
        let shift = 40_u32.saturating_sub(minor.leading_zeros());
        Self(shift << 24 | u32::try_from(minor >> shift).unwrap_or_default())
    }

    const fn minor(self) -> u64 {
        #[expect(clippy::as_conversions, reason = "`u64::from` is not const")]
        let mantissa = (self.0 & 0x00FF_FFFF) as u64;
        mantissa << (self.0 >> 24)
    }

    fn is_about(self, other: Self) -> bool {
        let (a, b) = (self.minor(), other.minor());
        let tolerance = a.max(b).div_euclid(1_000).saturating_mul(HANDED_ON_PER_MILLE);
        a.abs_diff(b) <= tolerance.max(1)
    }
}

/// Whole seconds since the Unix epoch, in four bytes until the year 2106.
pub(crate) fn seconds(at_us: i64) -> u32 {
    u32::try_from(at_us.max(0).div_euclid(1_000_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn party(n: u32) -> Party {
        Party::of(u128::from(n).to_le_bytes(), 0)
    }

    #[test]
    fn parties_are_pinned_to_the_bit() {
        assert_eq!(Party::of([0; 16], 0), Party(PINNED_ZERO));
        assert_eq!(Party::of([7; 16], 7), Party(PINNED_SEVENS));
    }

    const PINNED_ZERO: u64 = 0x2382_75bc_38fc_be91;
    const PINNED_SEVENS: u64 = 0x97a6_c3d5_bb1e_4509;

    #[test]
    fn distinct_parties_are_counted_about_right() {
        for many in [1, 5, 8, 25, 100, 1_000, 50_000] {
            let mut seen = Distinct::default();
            for n in (0..many).chain(0..many) {
                seen.insert(party(n), 0);
            }
            let ratio = seen.estimate(0) / f64::from(many);
            assert!((0.7..1.3).contains(&ratio), "{many}: {}", seen.estimate(0));
        }
    }

    #[test]
    fn parties_are_forgotten_after_the_next_period() {
        let mut seen = Distinct::default();
        for n in 0..20 {
            seen.insert(party(n), 0);
        }
        assert!(seen.estimate(PERIOD_US) > 15.0);
        assert!(seen.estimate(2 * PERIOD_US).abs() < 0.01);
        seen.insert(party(1), PERIOD_US);
        assert!(seen.estimate(2 * PERIOD_US) < 1.1);
    }

    #[test]
    fn money_that_goes_round_is_seen_where_it_would_come_home() {
        let [a, b, c] = [1, 2, 3].map(party);
        let (mut bs, mut cs) = (Tokens::default(), Tokens::default());
        bs.receive(b, a, &Tokens::default(), 100_000, 0);
        assert_eq!(bs.returning(a, 100_000, 0), 0, "what was lent is given back");
        cs.receive(c, b, &bs, 97_000, 1_000_000);
        assert_eq!(cs.returning(a, 95_000, 2_000_000), 1);
        assert_eq!(cs.returning(a, 80_000, 2_000_000), 0, "another amount");
        assert_eq!(cs.returning(b, 97_000, 2_000_000), 0, "one hop");
        assert_eq!(cs.returning(a, 95_000, 9 * DAY_US), 0, "long ago");
    }

    proptest! {
        #[test]
        fn rough_amounts_are_within_a_millionth(minor in 0..=i64::MAX) {
            let rough = Rough::of(minor).minor();
            let exact = minor.unsigned_abs();
            prop_assert!(rough <= exact && exact.abs_diff(rough) <= exact / 1_000_000);
        }
    }
}
