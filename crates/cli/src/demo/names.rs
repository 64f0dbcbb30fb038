//! Names for the people of a made-up town, and what they write on their payments.

use super::plan::EMPLOYER;

const GIVEN: [&str; 25] = [
    "Alice", "Bob", "Carol", "David", "Erin", "Farid", "Grace", "Hiro", "Ines", "Jonas", "Kemi",
    "Lena", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tala", "Umar", "Vera",
    "Wren", "Yara", "Zoë",
];
const FAMILY: [&str; 16] = [
    "Abel", "Brandt", "Castro", "Diaz", "Ekström", "Fischer", "Greco", "Haddad", "Ito", "Jansen",
    "Kaya", "Lindgren", "Moreau", "Novak", "Okafor", "Petrov",
];
const COMPANY: &str = "Harbour Works";

/// What stands on a payment; nothing on about a third of them.
pub(super) const MEMOS: [Option<&str>; 9] = [
    None,
    None,
    None,
    Some("thank you"),
    Some("rent"),
    Some("lunch"),
    Some("invoice 2041"),
    Some("your half"),
    Some("happy birthday"),
];

/// The name of a customer.
pub(super) fn name(index: usize) -> String {
    if index == EMPLOYER {
        return COMPANY.to_owned();
    }
    // A step that shares no factor with the length visits every name.
    let family = FAMILY.iter().cycle().nth(index.saturating_mul(7));
    format!("{} {}", given(index), family.copied().unwrap_or_default())
}

/// The address of a customer; no two are alike.
pub(super) fn email(index: usize) -> String {
    format!("customer{index}@customers.example")
}

/// The name under which a customer's keys are kept.
pub(super) fn profile(index: usize) -> String {
    if index == EMPLOYER { "employer".to_owned() } else { given(index).to_lowercase() }
}

fn given(index: usize) -> &'static str {
    GIVEN.iter().cycle().nth(index.saturating_sub(1)).copied().unwrap_or_default()
}
