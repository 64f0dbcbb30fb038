//! Words of documents: of payees, of standing orders, of rules about addresses.

use time::Date;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Declares an enum of words: each has one name in documents.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$of])* $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            /// The name in the document.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The one of a name, if there is one.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|word| word.name() == name)
            }
        }
    };
}

words! {
    /// What a rule about addresses does.
    IpRuleAction {
        /// Who comes from there may come.
        Allow = "allow",
        /// Who comes from there is turned away.
        Deny = "deny",
        /// The rule ends.
        None = "none",
    }
}

words! {
    /// What the bank says of a payee's name.
    NameMatch {
        /// It is the name of the account's owner.
        Match = "match",
        /// It is nearly the name of the account's owner.
        Close = "close",
        /// It is not.
        None = "none",
    }
}

words! {
    /// What an entry among a person's payees is.
    BeneficiaryStatus {
        /// In use.
        Active = "active",
        /// Kept, and vouches for nothing.
        Disabled = "disabled",
        /// Gone, with its name.
        Deleted = "deleted",
    }
}

words! {
    /// How often a standing order pays.
    Rhythm {
        /// On its first day only.
        Once = "once",
        /// Every seven days from the first.
        Weekly = "weekly",
        /// On the first one's day of each month, or on the last where a month is shorter.
        Monthly = "monthly",
        /// On the last day of each month.
        EndOfMonth = "end_of_month",
    }
}

words! {
    /// What becomes of a day on which the bank does not work.
    BusinessDay {
        /// The day itself.
        Unadjusted = "unadjusted",
        /// The next business day.
        Following = "following",
        /// The business day before.
        Preceding = "preceding",
        /// The next business day, or the one before where the next is in another month.
        ModifiedFollowing = "modified_following",
    }
}

words! {
    /// What a standing order does when money is short.
    ShortOfFunds {
        /// It leaves that day out.
        Skip = "skip",
        /// It tries again a few times, and then leaves that day out.
        Retry = "retry",
    }
}

/// When a standing order pays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OrderTerms {
    /// Nothing is paid before this day.
    pub first: Date,
    /// How often.
    pub rhythm: Rhythm,
    /// What becomes of days off.
    pub business_day: BusinessDay,
    /// No day of the rhythm after this one counts.
    pub last: Option<Date>,
    /// How many days count at most, from 1.
    pub count: Option<u32>,
    /// What if money is short.
    pub short_of_funds: ShortOfFunds,
}

impl OrderTerms {
    /// Most days that an order may count: weekly for a hundred years.
    pub const COUNT_MAX: u32 = 5_200;

    /// A day in its one spelling: `2026-11-30`.
    #[must_use]
    pub fn day_text(day: Date) -> String {
        // Formatting fails for years only that `day` does not read.
        day.format(DAY).unwrap_or_default()
    }

    /// Reads [`OrderTerms::day_text`].
    #[must_use]
    pub fn day(text: &str) -> Option<Date> {
        Date::parse(text, DAY).ok().filter(|day| Self::day_text(*day) == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling_and_words_read_back() {
        let day = OrderTerms::day("2026-02-28").unwrap();
        assert_eq!(OrderTerms::day_text(day), "2026-02-28");
        for text in ["", "2026-02-29", "2026-2-28", "02026-02-28", "+2026-02-28", "2026-02-28Z"] {
            assert_eq!(OrderTerms::day(text), None, "{text}");
        }
        assert_eq!(Rhythm::from_name("end_of_month"), Some(Rhythm::EndOfMonth));
        assert_eq!(NameMatch::from_name("Match"), None);
        for word in ShortOfFunds::ALL {
            assert_eq!(ShortOfFunds::from_name(word.name()), Some(word));
        }
    }
}
