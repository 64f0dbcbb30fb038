//! Whether a name is that of an account's owner.

use intent::NameMatch;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// From so many letters on, one slip of the finger is nearly right.
const ONE_SLIP_FROM: usize = 6;
/// From so many letters on, two are.
const TWO_SLIPS_FROM: usize = 12;

/// Compares the name that a payer typed with the one that is registered.
///
/// The same: word by word without regard to case, punctuation and the form of Unicode. Nearly the same: other marks on
/// letters or their spelling out (`ü`, `u`, `ue`), words in another order, initials, a name left out between two others, a
/// slip of the finger.
pub(super) fn compare(typed: &str, registered: &str) -> NameMatch {
    let (typed, registered) = (words(typed), words(registered));
    if typed.is_empty() || registered.is_empty() {
        NameMatch::None
    } else if typed == registered {
        NameMatch::Match
    } else if is_close(&typed, &registered) {
        NameMatch::Close
    } else {
        NameMatch::None
    }
}

fn is_close(typed: &[String], registered: &[String]) -> bool {
    let forms = |words: &[String]| {
        [
            words.iter().map(|word| bare(word)).collect(),
            words.iter().map(|word| bare(&spelled_out(word))).collect(),
        ]
    };
    let (typed, registered): ([Vec<String>; 2], [Vec<String>; 2]) =
        (forms(typed), forms(registered));
    typed.iter().any(|typed| registered.iter().any(|registered| is_alike(typed, registered)))
}

fn is_alike(typed: &[String], registered: &[String]) -> bool {
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort_unstable();
        words
    };
    sorted(typed) == sorted(registered)
        || has_initials(typed, registered)
        || leaves_out(typed, registered)
        || leaves_out(registered, typed)
        || is_slip(&typed.join(" "), &registered.join(" "))
}

/// `A. Miller` and `Alice Miller`: the last word is whole on both sides.
fn has_initials(one: &[String], other: &[String]) -> bool {
    let is_initial =
        |short: &str, long: &str| short.chars().count() == 1 && long.starts_with(short);
    let fits = |(one, other): (&String, &String)| {
        one == other || is_initial(one, other) || is_initial(other, one)
    };
    one.len() == other.len()
        && one.len() > 1
        && one.last() == other.last()
        && one.last().is_some_and(|last| last.chars().count() > 1)
        && one.iter().zip(other).all(fits)
}

/// `Alice Miller` and `Alice Maria Miller`: first and last word are there.
fn leaves_out(short: &[String], long: &[String]) -> bool {
    short.len() > 1
        && short.len() < long.len()
        && short.first() == long.first()
        && short.last() == long.last()
        && short.iter().all(|word| long.contains(word))
}

fn is_slip(one: &str, other: &str) -> bool {
    let length = one.chars().count().min(other.chars().count());
    let slips =
        usize::from(length >= ONE_SLIP_FROM).saturating_add(usize::from(length >= TWO_SLIPS_FROM));
    strsim::osa_distance(one, other) <= slips
}

/// The words of a name without case. Folding by way of the upper case makes `ß` and `SS` one.
fn words(name: &str) -> Vec<String> {
    let folded = name.nfc().collect::<String>().to_uppercase().to_lowercase();
    let folded: String = folded.nfc().filter(|c| !matches!(c, '\'' | '’' | '.')).collect();
    folded
        .split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A word without the marks on its letters.
fn bare(word: &str) -> String {
    word.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| match c {
            'ø' => 'o',
            'ł' => 'l',
            'đ' => 'd',
            'ı' => 'i',
            other => other,
        })
        .collect()
}

/// A word as it is written where its letters are not to be had.
fn spelled_out(word: &str) -> String {
    word.nfc().fold(String::with_capacity(word.len()), |mut out, c| {
        match c {
            'ä' | 'æ' => out.push_str("ae"),
            'ö' | 'ø' | 'œ' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'å' => out.push_str("aa"),
            'þ' => out.push_str("th"),
            other => out.push(other),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_name_is_the_same_however_it_is_typed() {
        for (typed, registered) in [
            ("alice miller", "Alice Miller"),
            ("  ALICE   MILLER ", "Alice Miller"),
            ("Alice-Miller", "Alice Miller"),
            ("Ju\u{308}rgen Groß", "J\u{fc}rgen GROSS"),
            ("OBrien", "O’Brien"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ] {
            assert_eq!(compare(typed, registered), NameMatch::Match, "{typed} {registered}");
        }
    }

    #[test]
    fn nearly_the_same_is_told_apart_from_another_name() {
        for (typed, registered) in [
            ("Jurgen Muller", "Jürgen Müller"),
            ("Juergen Mueller", "Jürgen Müller"),
            ("Miller Alice", "Alice Miller"),
            ("A Miller", "Alice Miller"),
            ("Alice Miller", "Alice Maria Miller"),
            ("Alice Miler", "Alice Miller"),
            ("Lukasz Nowak", "Łukasz Nowak"),
            ("Soren Sorensen", "Søren Sørensen"),
        ] {
            assert_eq!(compare(typed, registered), NameMatch::Close, "{typed} {registered}");
            assert_eq!(compare(registered, typed), NameMatch::Close, "{registered} {typed}");
        }
        for (typed, registered) in [
            ("Bob Miller", "Alice Miller"),
            ("Alice", "Alice Miller"),
            ("Miller", "Alice Miller"),
            ("A M", "Alice Miller"),
            ("Bo Li", "Bo Lu"),
            ("", "Alice Miller"),
            ("...", "Alice Miller"),
            ("Alice Miller", ""),
        ] {
            assert_eq!(compare(typed, registered), NameMatch::None, "{typed} {registered}");
        }
    }

    proptest! {
        #[test]
        fn every_name_with_a_letter_is_itself_and_order_does_not_decide(one in "\\PC{0,40}", other in "\\PC{0,40}") {
            let same = compare(&one, &one);
            prop_assert!(same == NameMatch::Match || !one.chars().any(char::is_alphanumeric), "{}", one);
            prop_assert_eq!(compare(&one, &other), compare(&other, &one));
        }
    }
}
