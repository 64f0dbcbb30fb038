//! What each policy says, and for whom.

use std::collections::BTreeMap;
use std::fmt;

use intent::canonical::{self, Value};
use intent::{Role, UserId, UtcMicros};
use ledger::AccountId;
use money::AssetCode;
use time::Date;

use super::calendar::BankDays;
use super::rates::{Listed, Rates as ExchangeRates, Spread};
use super::rules::POLICIES;
use crate::interest::{Accrual, DayCount, Rates, Terms, day_of};
use crate::limits::Limits;
use crate::registers::{Row, Rows};
use crate::statements::Every;

/// A policy by its name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Policy {
    /// How much may leave an account: see [`Limits`].
    Limits,
    /// From which amounts on a payment waits for a person: see [`Approvals`].
    Approvals,
    /// What the risk engine may do, and from which scores on.
    Risk,
    /// What balances earn and cost: see [`Terms`].
    Interest,
    /// What an account costs a month.
    Fees,
    /// What the bank pays and asks for one asset in another: see [`Spread`].
    Rates,
    /// On which days the bank works: see [`BankDays`].
    Calendar,
    /// How often an account gets a statement: see [`Every`].
    Statements,
}

impl Policy {
    /// Every policy.
    pub(crate) const ALL: [Self; 8] = [
        Self::Limits,
        Self::Approvals,
        Self::Risk,
        Self::Interest,
        Self::Fees,
        Self::Rates,
        Self::Calendar,
        Self::Statements,
    ];

    /// Its name in documents.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Approvals => "approvals",
            Self::Risk => "risk",
            Self::Interest => "interest",
            Self::Fees => "fees",
            Self::Rates => "rates",
            Self::Calendar => "calendar",
            Self::Statements => "statements",
        }
    }

    /// The policy of a name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// Whether it may be set for less than the whole bank.
    const fn admits(self, scope: Scope) -> bool {
        match self {
            Self::Limits => !matches!(scope, Scope::Asset(_) | Scope::Pair(..)),
            Self::Approvals | Self::Risk | Self::Calendar => matches!(scope, Scope::Bank),
            Self::Rates => matches!(scope, Scope::Pair(..)),
            Self::Statements => matches!(scope, Scope::Bank | Scope::Account(_)),
            // Of a sum in which asset: that of a bank with one asset alone goes without saying.
            Self::Interest | Self::Fees => matches!(scope, Scope::Asset(_) | Scope::Account(_)),
        }
    }

    /// Whether `value` says something for `scope` that can be put in force.
    pub(crate) fn reads(self, scope: Scope, value: &str) -> bool {
        let Some(members) = members(value) else { return false };
        self.admits(scope)
            && match self {
                Self::Limits => limits(&members).is_some(),
                Self::Approvals => Approvals::read(&members).is_some(),
                Self::Risk => risk_policy(&members).is_some(),
                Self::Interest => terms(&members).is_some(),
                Self::Fees => monthly_fee(&members).is_some(),
                Self::Rates => members.is_empty() || Spread::read(&members).is_some(),
                Self::Calendar => BankDays::read(&members).is_some(),
                Self::Statements => Every::read(&members).is_some(),
            }
    }
}

/// For whom a policy is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Scope {
    /// Everybody whom nothing narrower names.
    Bank,
    /// A role.
    Role(Role),
    /// A person.
    User(UserId),
    /// An account.
    Account(AccountId),
    /// All accounts of an asset.
    Asset(AssetCode),
    /// Two assets: a base and its quote.
    Pair(AssetCode, AssetCode),
}

impl Scope {
    /// Reads `bank`, `role:<name>`, `user:<id>`, `account:<id>`, `asset:<code>` or `pair:<base>/<quote>`, in this one
    /// spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let scope = match text.split_once(':') {
            None if text == "bank" => Self::Bank,
            Some(("role", role)) => Self::Role(role.parse().ok()?),
            Some(("user", user)) => Self::User(user.parse().ok()?),
            Some(("account", account)) => Self::Account(account.parse().ok()?),
            Some(("asset", asset)) => Self::Asset(asset.parse().ok()?),
            Some(("pair", pair)) => {
                let (base, quote) = pair.split_once('/')?;
                let (base, quote) = (base.parse().ok()?, quote.parse().ok()?);
                (base != quote).then_some(Self::Pair(base, quote))?
            }
            None | Some(_) => return None,
        };
        (scope.to_string() == text).then_some(scope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bank => f.write_str("bank"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::User(user) => write!(f, "user:{user}"),
            Self::Account(account) => write!(f, "account:{account}"),
            Self::Asset(asset) => write!(f, "asset:{asset}"),
            Self::Pair(base, quote) => write!(f, "pair:{base}/{quote}"),
        }
    }
}

/// From which sums on a payment waits for a person. Whole units of its asset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Approvals {
    /// Above this it waits for one person.
    pub(crate) above: i64,
    /// Above this it waits for two.
    pub(crate) two_above: i64,
    /// How long it waits, in hours.
    pub(crate) hours: u32,
}

impl Approvals {
    /// Where no policy says otherwise.
    pub(crate) const DEFAULT: Self = Self { above: 5_000, two_above: 50_000, hours: 72 };
    /// The longest wait in hours: 30 days.
    const HOURS_MAX: u32 = 720;

    fn read(members: &Members) -> Option<Self> {
        let mut numbers = Numbers::of(members);
        let default = Self::DEFAULT;
        let read = Self {
            above: numbers.take("above", default.above)?,
            two_above: numbers.take("two_above", default.two_above)?,
            hours: numbers.take("hours", default.hours)?,
        };
        let is_sound = read.above <= read.two_above && (1..=Self::HOURS_MAX).contains(&read.hours);
        (numbers.is_empty() && is_sound).then_some(read)
    }

    /// How long a payment waits, in microseconds.
    pub(crate) fn wait_us(&self) -> i64 {
        i64::from(self.hours).saturating_mul(3_600_000_000)
    }
}

/// Between which hours, of UTC, the bank's customers usually pay large sums.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Hours {
    opens: u8,
    closes: u8,
}

impl Hours {
    /// Where no policy says otherwise: always.
    const DEFAULT: Self = Self { opens: 0, closes: 24 };

    /// Whether a time lies outside of them.
    pub(crate) fn are_over(self, at: UtcMicros) -> bool {
        let hour = at.get().div_euclid(3_600_000_000).rem_euclid(24);
        !(i64::from(self.opens)..i64::from(self.closes)).contains(&hour)
    }

    fn take(numbers: &mut Numbers<'_>) -> Option<Self> {
        let opens = numbers.take("opens", Self::DEFAULT.opens)?;
        let closes = numbers.take("closes", Self::DEFAULT.closes)?;
        (opens < closes && closes <= 24).then_some(Self { opens, closes })
    }
}

/// Everything that is in force.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    limits: BTreeMap<Scope, Limits>,
    /// From which sums on a payment waits for a person.
    pub(crate) approvals: Approvals,
    /// Of the risk engine.
    pub(crate) risk: risk::Policy,
    /// When large sums are usual.
    pub(crate) hours: Hours,
    interest: BTreeMap<Scope, Terms>,
    /// What an account costs a month, and since when.
    fees: BTreeMap<Scope, (i64, UtcMicros)>,
    /// What one asset is exchanged for another at.
    pub(crate) exchange: ExchangeRates,
    /// By which value dates are given.
    pub(crate) days: BankDays,
    statements: BTreeMap<Scope, Every>,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            limits: BTreeMap::new(),
            approvals: Approvals::DEFAULT,
            risk: risk::Policy::default_v2(),
            hours: Hours::DEFAULT,
            interest: BTreeMap::new(),
            fees: BTreeMap::new(),
            exchange: ExchangeRates::default(),
            days: BankDays::DEFAULT,
            statements: BTreeMap::new(),
        }
    }
}

impl Policies {
    /// What the rows of [`POLICIES`] say. One that does not read says nothing; `verify` names it.
    pub(crate) fn in_force(rows: &Rows) -> Self {
        let mut policies = Self::default();
        for row in rows.of(&POLICIES) {
            policies.put(row);
        }
        policies
    }

    fn put(&mut self, row: &Row) -> Option<()> {
        let scope = Scope::parse(row.get("scope")?)?;
        let members = members(row.get("value")?)?;
        match Policy::from_name(row.get("policy")?)? {
            Policy::Limits => {
                self.limits.insert(scope, limits(&members)?);
            }
            Policy::Approvals => self.approvals = Approvals::read(&members)?,
            Policy::Risk => (self.risk, self.hours) = risk_policy(&members)?,
            Policy::Interest => {
                self.interest.insert(scope, terms(&members)?);
            }
            Policy::Fees => {
                let since = row.get("since")?.parse().ok()?;
                self.fees.insert(scope, (monthly_fee(&members)?, since));
            }
            Policy::Rates => {
                let Scope::Pair(base, quote) = scope else { return None };
                let since = row.get("since")?.parse().ok()?;
                let spread = if members.is_empty() { None } else { Some(Spread::read(&members)?) };
                self.exchange.put(Listed { base, quote, spread, since });
            }
            Policy::Calendar => self.days = BankDays::read(&members)?,
            Policy::Statements => {
                self.statements.insert(scope, Every::read(&members)?);
            }
        }
        Some(())
    }

    /// The limits of a payment: the narrowest scope that a policy names.
    pub(crate) fn limits(&self, role: Role, user: UserId, account: AccountId) -> Limits {
        [Scope::Account(account), Scope::User(user), Scope::Role(role), Scope::Bank]
            .iter()
            .find_map(|scope| self.limits.get(scope))
            .copied()
            .unwrap_or(Limits::DEFAULT)
    }

    /// What the balance of an account earns and costs; `None` is nothing.
    pub(crate) fn interest(&self, account: AccountId, asset: AssetCode) -> Option<&Terms> {
        let scopes = [Scope::Account(account), Scope::Asset(asset)];
        scopes.iter().find_map(|scope| self.interest.get(scope))
    }

    /// What an account costs, in minor units, for the month before `month`; `None` where nothing is due: it was paid, or the
    /// account or the fee is younger than that month's end.
    pub(crate) fn fee_due(
        &self,
        account: AccountId,
        asset: AssetCode,
        opened_at: UtcMicros,
        accrual: &Accrual,
        month: Date,
    ) -> Option<i64> {
        let scopes = [Scope::Account(account), Scope::Asset(asset)];
        let (fee, since) = *scopes.iter().find_map(|scope| self.fees.get(scope))?;
        let is_older = |at| day_of(at).is_some_and(|day| day < month);
        let is_due = is_older(opened_at)
            && is_older(since)
            && accrual.charged_until.is_none_or(|until| until < month);
        (fee > 0 && is_due).then_some(fee)
    }

    /// How often an account gets a statement.
    pub(crate) fn statements(&self, account: AccountId) -> Every {
        let scopes = [Scope::Account(account), Scope::Bank];
        scopes.iter().find_map(|scope| self.statements.get(scope)).copied().unwrap_or_default()
    }

    /// Whether any account may get a statement when this day is closed.
    pub(crate) fn states(&self, day: Date) -> bool {
        let of_bank = self.statements.get(&Scope::Bank).copied().unwrap_or_default();
        let mut every = self.statements.values().copied().chain([of_bank]);
        every.any(|every| every.first_day(day).is_some())
    }

    /// Whether anything is counted at all.
    pub(crate) fn has_interest_or_fees(&self) -> bool {
        !self.interest.is_empty() || !self.fees.is_empty()
    }
}

type Members = BTreeMap<String, String>;

/// The members of a canonical object of strings.
fn members(value: &str) -> Option<Members> {
    let parsed = canonical::parse(value.as_bytes()).ok()?;
    if canonical::write(&parsed) != value.as_bytes() {
        return None;
    }
    let Value::Object(members) = parsed else { return None };
    members
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Some((name.into_owned(), text.into_owned())),
            Value::Bytes(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })
        .collect()
}

/// Members that are whole numbers, taken one by one.
struct Numbers<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Numbers<'a> {
    fn of(members: &'a Members) -> Self {
        Self(members.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect())
    }

    /// The number under a name, or its default; `None` if it is no number in its one spelling, or below zero.
    fn take<T: std::str::FromStr + ToString + PartialOrd + Default>(
        &mut self,
        name: &str,
        default: T,
    ) -> Option<T> {
        let Some(text) = self.0.remove(name) else { return Some(default) };
        let number: T = text.parse().ok()?;
        (number >= T::default() && number.to_string() == text).then_some(number)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn limits(members: &Members) -> Option<Limits> {
    let mut numbers = Numbers::of(members);
    let default = Limits::DEFAULT;
    let read = Limits {
        per_transfer: numbers.take("per_transfer", default.per_transfer)?,
        per_day: numbers.take("per_day", default.per_day)?,
        per_payee: numbers.take("per_payee", default.per_payee)?,
        new_payee: numbers.take("new_payee", default.new_payee)?,
        per_minute: numbers.take("per_minute", default.per_minute)?,
        per_hour: numbers.take("per_hour", default.per_hour)?,
        count_per_day: numbers.take("count_per_day", default.count_per_day)?,
    };
    numbers.is_empty().then_some(read)
}

/// `credit` and `debit` are rates by their first day; either may be missing.
fn terms(members: &Members) -> Option<Terms> {
    let known = ["credit", "day_count", "debit"];
    let rates = |name| Rates::read(members.get(name).map_or("", String::as_str));
    members.keys().all(|name| known.contains(&name.as_str())).then_some(())?;
    Some(Terms {
        day_count: members
            .get("day_count")
            .map_or(Some(DayCount::Actual365), |name| DayCount::from_name(name))?,
        credit: rates("credit")?,
        debit: rates("debit")?,
    })
}

fn monthly_fee(members: &Members) -> Option<i64> {
    let mut numbers = Numbers::of(members);
    let monthly = numbers.take("monthly", 0)?;
    numbers.is_empty().then_some(monthly)
}

fn risk_policy(members: &Members) -> Option<(risk::Policy, Hours)> {
    let mut numbers = Numbers::of(members);
    let hours = Hours::take(&mut numbers)?;
    let mut policy = risk::Policy::default_v2();
    policy.version = numbers.take("version", policy.version)?;
    if let Some(ceiling) = numbers.0.remove("ceiling") {
        policy.ceiling = ceiling.parse().ok()?;
    }
    for code in numbers.0.remove("off").iter().flat_map(|codes| codes.split(' ')) {
        policy.rules.remove(&code.parse::<risk::Rule>().ok()?)?;
    }
    for weighing in policy.rules.values_mut() {
        let lowered = weighing.floor.map(|floor| floor.min(policy.ceiling));
        weighing.floor = lowered.filter(|floor| *floor > risk::Action::Proceed);
    }
    policy.thresholds = risk::Thresholds {
        medium: numbers.take("medium", policy.thresholds.medium)?,
        high: numbers.take("high", policy.thresholds.high)?,
        critical: numbers.take("critical", policy.thresholds.critical)?,
    };
    (numbers.is_empty() && policy.validate().is_ok()).then_some((policy, hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &str = r#"{"per_day":"20000","per_minute":"100"}"#;

    #[test]
    fn hours_begin_and_end_to_the_microsecond() {
        let hours = Hours { opens: 7, closes: 21 };
        let hour = 3_600_000_000;
        for (at, over) in
            [(7 * hour - 1, true), (7 * hour, false), (21 * hour - 1, false), (21 * hour, true)]
        {
            for day in [-3, 0, 20_000] {
                let at = UtcMicros::from_micros(at + day * 24 * hour);
                assert_eq!(hours.are_over(at), over, "{at}");
            }
        }
        assert!(!Hours::DEFAULT.are_over(UtcMicros::from_micros(-1)));
    }

    #[test]
    fn a_policy_reads_in_one_spelling_only_and_for_the_scopes_it_admits() {
        let bank = Scope::Bank;
        assert!(Policy::Limits.reads(bank, LIMITS));
        assert!(Policy::Limits.reads(Scope::Role(Role::Customer), LIMITS));
        assert!(Policy::Approvals.reads(bank, r#"{"above":"1","two_above":"1"}"#));
        assert!(Policy::Risk.reads(bank, r#"{"ceiling":"monitor"}"#));
        let euros = Scope::parse("asset:EUR").unwrap();
        let rates = r#"{"credit":"2026-01-01:150","day_count":"30/360","debit":"2026-01-01:900"}"#;
        assert!(Policy::Interest.reads(euros, rates));
        assert!(Policy::Fees.reads(euros, r#"{"monthly":"300"}"#));
        assert!(Policy::Risk.reads(bank, r#"{"off":"velocity-burst round-trip"}"#));
        let refused = [
            (Policy::Limits, bank, r#"{"per_day":"-1"}"#),
            (Policy::Limits, bank, r#"{"per_day":"020"}"#),
            (Policy::Limits, bank, r#"{"per_day": "20"}"#),
            (Policy::Limits, bank, r#"{"per_dya":"20"}"#),
            (Policy::Limits, bank, r#"["per_day"]"#),
            (Policy::Limits, bank, ""),
            (Policy::Approvals, Scope::Role(Role::Customer), r#"{"above":"1"}"#),
            (Policy::Approvals, bank, r#"{"above":"9","two_above":"8"}"#),
            (Policy::Approvals, bank, r#"{"hours":"0"}"#),
            (Policy::Risk, bank, r#"{"ceiling":"sometimes"}"#),
            (Policy::Risk, bank, r#"{"critical":"800","high":"900"}"#),
            (Policy::Risk, bank, r#"{"off":"luck"}"#),
            (Policy::Interest, bank, rates),
            (Policy::Interest, euros, r#"{"day_count":"act/act"}"#),
            (Policy::Interest, euros, r#"{"credits":"2026-01-01:150"}"#),
            (Policy::Fees, euros, r#"{"monthly":"-1"}"#),
            (Policy::Fees, bank, r#"{"monthly":"1"}"#),
            (Policy::Limits, euros, LIMITS),
            (Policy::Rates, bank, r#"{"buy":"1","sell":"2"}"#),
            (Policy::Calendar, euros, r#"{"cut_off":"16"}"#),
            (Policy::Limits, Scope::parse("pair:EUR/USD").unwrap(), LIMITS),
            (Policy::Risk, bank, r#"{"closes":"25"}"#),
            (Policy::Risk, bank, r#"{"closes":"7","opens":"7"}"#),
        ];
        for (policy, scope, value) in refused {
            assert!(!policy.reads(scope, value), "{} {value}", policy.name());
        }
    }

    #[test]
    fn the_narrowest_scope_has_the_word() {
        let user = UserId::new(uuid::Uuid::from_u128(1));
        let account = AccountId::new(uuid::Uuid::from_u128(2));
        let scopes =
            [Scope::Bank, Scope::Role(Role::Customer), Scope::User(user), Scope::Account(account)];
        let mut rows = Rows::default();
        let per_day =
            |rows: &Rows| Policies::in_force(rows).limits(Role::Customer, user, account).per_day;
        assert_eq!(per_day(&rows), Limits::DEFAULT.per_day);
        for (number, scope) in (1..).zip(scopes) {
            let value = format!("{{\"per_day\":\"{number}\"}}");
            rows.put(
                Row::new(&POLICIES)
                    .with("policy", "limits")
                    .with("scope", scope)
                    .with("value", value),
            );
            assert_eq!(per_day(&rows), number);
            assert_eq!(Scope::parse(&scope.to_string()), Some(scope));
        }
        assert_eq!(Scope::parse("everyone"), None);
        assert_eq!(Scope::parse("role:king"), None);
        let pair = Scope::parse("pair:EUR/USD").unwrap();
        assert_eq!(pair.to_string(), "pair:EUR/USD");
        for text in ["pair:EUR", "pair:EUR/EUR", "pair:EUR/USD/JPY", "pair:eur/usd"] {
            assert_eq!(Scope::parse(text), None, "{text}");
        }
    }
}
