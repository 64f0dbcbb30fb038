//! The policy of rates: what the bank pays and asks for one asset in another. Pure.

use std::collections::BTreeMap;
use std::fmt;

use intent::UtcMicros;
use money::{Amount, Asset, AssetCode, Rate};

/// What a policy says of a pair: whole units of the quote for a whole unit of the base.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Spread {
    /// What the bank pays for the base.
    pub(crate) buy: Rate,
    /// What it asks for the base: never less.
    pub(crate) sell: Rate,
}

impl Spread {
    /// Reads both members.
    pub(super) fn read(members: &BTreeMap<String, String>) -> Option<Self> {
        let rate = |name: &str| members.get(name)?.parse().ok();
        let (buy, sell) = (rate("buy")?, rate("sell")?);
        // Whoever bought and sold again would gain by the bank's mistake.
        (members.len() == 2 && buy <= sell).then_some(Self { buy, sell })
    }
}

/// A pair as it is listed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Listed {
    pub(crate) base: AssetCode,
    pub(crate) quote: AssetCode,
    /// `None`: the pair is not exchanged.
    pub(crate) spread: Option<Spread>,
    pub(crate) since: UtcMicros,
}

/// What the bank offers to whoever sells one asset for another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Offer {
    base: AssetCode,
    quote: AssetCode,
    pub(crate) rate: Rate,
}

impl Offer {
    /// What `sold` comes to, exactly, rounded down; `None` where the bank does not keep an asset of the pair, or where it is
    /// more than a ledger holds.
    pub(crate) fn buys(self, sold: Amount, assets: &BTreeMap<AssetCode, Asset>) -> Option<Amount> {
        let (base, quote) = (*assets.get(&self.base)?, *assets.get(&self.quote)?);
        if sold.asset() == self.base {
            self.rate.of_base(sold, base, quote).ok()
        } else {
            self.rate.of_quote(sold, base, quote).ok()
        }
    }

    /// `EUR/USD`.
    pub(crate) fn pair(self) -> String {
        format!("{}/{}", self.base, self.quote)
    }
}

/// `EUR/USD 1.0812`.
impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {}", self.base, self.quote, self.rate)
    }
}

/// Every pair that is listed. Two assets are one pair, whichever is named first: what was put in force last counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates(BTreeMap<[AssetCode; 2], Listed>);

impl Rates {
    pub(super) fn put(&mut self, listed: Listed) {
        let pair = pair(listed.base, listed.quote);
        let is_newer = self.0.get(&pair).is_none_or(|known| known.since < listed.since);
        if is_newer {
            self.0.insert(pair, listed);
        }
    }

    /// What is offered to whoever sells `sold` for `bought`.
    pub(crate) fn offer(&self, sold: AssetCode, bought: AssetCode) -> Option<Offer> {
        let Listed { base, quote, spread, .. } = *self.0.get(&pair(sold, bought))?;
        let Spread { buy, sell } = spread?;
        Some(Offer { base, quote, rate: if sold == base { buy } else { sell } })
    }

    /// Pairs that are exchanged, in the order of their assets.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Listed, Spread)> + '_ {
        self.0.values().filter_map(|listed| Some((*listed, listed.spread?)))
    }
}

fn pair(one: AssetCode, other: AssetCode) -> [AssetCode; 2] {
    if one < other { [one, other] } else { [other, one] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn listed(base: &str, quote: &str, of: &[(&str, &str)], since: i64) -> Listed {
        let spread = Spread::read(&members(of));
        let (base, quote) = (base.parse().unwrap(), quote.parse().unwrap());
        Listed { base, quote, spread, since: UtcMicros::from_micros(since) }
    }

    #[test]
    fn the_bank_never_pays_more_than_it_asks() {
        assert!(Spread::read(&members(&[("buy", "1.08"), ("sell", "1.08")])).is_some());
        let refused: [&[(&str, &str)]; 6] = [
            &[],
            &[("buy", "1.09"), ("sell", "1.08")],
            &[("buy", "1.08")],
            &[("buy", "1.08"), ("sell", "1.09"), ("rate", "1")],
            &[("buy", "1.080"), ("sell", "1.09")],
            &[("buy", "0"), ("sell", "1.09")],
        ];
        for of in refused {
            assert_eq!(Spread::read(&members(of)), None, "{of:?}");
        }
    }

    #[test]
    fn each_side_of_a_pair_has_its_rate_and_the_last_spelling_counts() {
        let (eur, usd) = (AssetCode::EUR, AssetCode::USD);
        let mut rates = Rates::default();
        assert_eq!(rates.offer(eur, usd), None);
        rates.put(listed("EUR", "USD", &[("buy", "1.08"), ("sell", "1.1")], 5));
        assert_eq!(rates.offer(eur, usd).unwrap().to_string(), "EUR/USD 1.08");
        assert_eq!(rates.offer(usd, eur).unwrap().to_string(), "EUR/USD 1.1");
        rates.put(listed("USD", "EUR", &[("buy", "0.9"), ("sell", "0.92")], 4));
        assert_eq!(rates.offer(eur, usd).unwrap().pair(), "EUR/USD");
        rates.put(listed("USD", "EUR", &[("buy", "0.9"), ("sell", "0.92")], 6));
        assert_eq!(rates.offer(eur, usd).unwrap().to_string(), "USD/EUR 0.92");
        assert_eq!(rates.iter().count(), 1);
        rates.put(listed("USD", "EUR", &[], 7));
        assert_eq!((rates.offer(eur, usd), rates.iter().count()), (None, 0));
    }
}
