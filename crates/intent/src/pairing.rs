//! What two people, or two devices of one, compare before one of them signs.
//!
//! A new device shows what it wants to enrol as a text (for a QR code) and as a number of six digits; the device that
//! approves shows the number of what the bank told it. The text binds everything exactly, the number is for eyes.
//!
//! # Security
//!
//! The bank chooses `id` at random after it was told the rest, so that nobody can search for keys whose number is that
//! of somebody else's: a swapped request is noticed but for one chance in a million, and a person has few open at once.

use std::{fmt, str::FromStr};

use crypto::{Sha3, sha3_256};
use uuid::Uuid;

use crate::{BankId, DeviceId, IntentError, UserId};

const PREFIX: &str = "strongroom-pairing-1";
const LABEL: &str = "strongroom/match-number/v1";
const NUMBERS: u64 = 1_000_000;

/// A device that asks to be approved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pairing {
    /// Chosen by the bank.
    pub id: Uuid,
    /// At which bank.
    pub bank: BankId,
    /// Whose device it is to be.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// SHA3-256 of its certificate request.
    pub csr_sha3: Sha3,
    /// SHA3-256 of its one-time token.
    pub registration: Sha3,
}

impl Pairing {
    /// Six digits over all of it.
    #[must_use]
    pub fn number(&self) -> String {
        number(&self.to_string())
    }
}

/// Six digits over whatever two people compare.
#[must_use]
pub fn number(text: &str) -> String {
    let digest = sha3_256([LABEL, text].join("\n").as_bytes());
    let folded = digest.as_bytes().iter().fold(0_u64, |rest, byte| {
        // Below 256 million: no product or sum here comes near the end of the type.
        rest.wrapping_mul(256).wrapping_add(u64::from(*byte)) % NUMBERS
    });
    format!("{folded:06}")
}

impl fmt::Display for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, bank, user, device, csr_sha3, registration } = self;
        write!(f, "{PREFIX}.{bank}.{id}.{user}.{device}.{csr_sha3}.{registration}")
    }
}

impl FromStr for Pairing {
    type Err = IntentError;

    fn from_str(text: &str) -> Result<Self, IntentError> {
        let malformed = || IntentError::malformed("pairing", "is not the text of a pairing");
        let parts: Vec<&str> = text.trim().split('.').collect();
        let [PREFIX, bank, id, user, device, csr_sha3, registration] = parts.as_slice() else {
            return Err(malformed());
        };
        Ok(Self {
            id: id.parse().map_err(|_| malformed())?,
            bank: bank.parse()?,
            user: user.parse().map_err(|_| malformed())?,
            device: device.parse()?,
            csr_sha3: Sha3::from_hex(csr_sha3).map_err(|_| malformed())?,
            registration: Sha3::from_hex(registration).map_err(|_| malformed())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairing(seed: [u8; 5]) -> Pairing {
        let [id, user, device, csr, token] = seed;
        Pairing {
            id: Uuid::from_bytes([id; 16]),
            bank: "examplebank".parse().unwrap(),
            user: UserId::new(Uuid::from_bytes([user; 16])),
            device: DeviceId::new(Sha3::from_bytes([device; 32])),
            csr_sha3: Sha3::from_bytes([csr; 32]),
            registration: Sha3::from_bytes([token; 32]),
        }
    }

    proptest! {
        #[test]
        fn a_pairing_reads_back_from_its_text_and_its_number_has_six_digits(seed: [u8; 5]) {
            let pairing = pairing(seed);
            prop_assert_eq!(pairing.to_string().parse::<Pairing>().unwrap(), pairing.clone());
            prop_assert!(pairing.number().len() == 6 && pairing.number().parse::<u32>().is_ok());
        }

        #[test]
        fn another_value_of_any_member_is_another_text(seed: [u8; 5], place in 0_usize..5) {
            let mut other = seed;
            other[place] ^= 1;
            prop_assert_ne!(pairing(seed).to_string(), pairing(other).to_string());
        }
    }

    #[test]
    fn numbers_spread_evenly() {
        let numbers: std::collections::BTreeSet<_> =
            (0..1_000).map(|n| number(&n.to_string())).collect();
        assert!(numbers.len() > 990, "{}", numbers.len());
    }

    #[test]
    fn what_is_no_pairing_does_not_read() {
        let good = pairing([1; 5]).to_string();
        for text in [
            "",
            "strongroom-pairing-1",
            &good[1..],
            &format!("{good}.x"),
            &good.replace("01", "zz"),
        ] {
            assert!(text.parse::<Pairing>().is_err(), "{text}");
        }
    }
}
