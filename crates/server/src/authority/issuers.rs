//! Who issues, and whose certificates are still good: the issuing authorities of one bank, by generation.
//!
//! # Invariants
//!
//! - One authority issues, and it is of the highest generation: an earlier one is never put back.
//! - A certificate is good under the authority that was in force when it began, and under no other.
//! - An authority that was replaced retires at a moment fixed when it was replaced; from then on nothing of it is good.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use crypto::Sha3;
use intent::UtcMicros;
use pki::{Certificate, Chain, PkiError};

use super::keys::AuthorityError;
use super::rules::{AUTHORITIES, Status};
use crate::registers::{Row, Rows};

const MICROS_PER_SECOND: i64 = 1_000_000;
/// Generation of the authority that the bank was founded with.
pub(crate) const FIRST_GENERATION: u64 = 1;

/// One issuing authority that is or was in force.
#[derive(Clone, Debug)]
pub struct Issuer {
    chain: Chain,
    fingerprint: Sha3,
    generation: u64,
    reign: Reign,
}

/// When an authority was in force, unix seconds; `None` has no bound.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::struct_field_names, reason = "units stand at the end of names")]
struct Reign {
    from_s: Option<i64>,
    until_s: Option<i64>,
    retires_at_s: Option<i64>,
}

impl Reign {
    /// Whether a certificate that began then was issued under it. Seconds in which the authority changed belong to both:
    /// a certificate's time knows no fractions.
    fn covers(self, not_before_s: i64) -> bool {
        self.from_s.is_none_or(|from_s| not_before_s >= from_s)
            && self.until_s.is_none_or(|until_s| not_before_s <= until_s)
    }

    fn is_living(self, now_s: i64) -> bool {
        self.retires_at_s.is_none_or(|retires_at_s| now_s < retires_at_s)
    }
}

impl Issuer {
    /// Root and issuing certificate.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The issuing certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        self.chain.issuing()
    }

    /// SHA3-256 of the issuing certificate.
    #[must_use]
    pub const fn fingerprint(&self) -> &Sha3 {
        &self.fingerprint
    }

    /// Counts from 1, the one of the founding.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Last second at which what it issued may be accepted; `None` until it is replaced.
    #[must_use]
    pub fn last_second(&self) -> Option<i64> {
        self.reign.retires_at_s.map(|at_s| at_s.saturating_sub(1))
    }
}

/// Every issuing authority that is or was in force.
#[derive(Debug)]
pub struct Issuers {
    active: Arc<Issuer>,
    replaced: BTreeMap<Sha3, Arc<Issuer>>,
}

impl Issuers {
    /// A bank whose authority was never rotated.
    #[must_use]
    pub fn founding(chain: Chain) -> Self {
        let fingerprint = chain.issuing().fingerprint();
        let generation = FIRST_GENERATION;
        let active = Issuer { chain, fingerprint, generation, reign: Reign::default() };
        Self { active: Arc::new(active), replaced: BTreeMap::new() }
    }

    /// Reads the register under the pointer to the one in force.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::RolledBack`] if the pointer is not at the newest generation of the register.
    pub(crate) fn read(
        root: &Certificate,
        pointer: Certificate,
        rows: &Rows,
    ) -> Result<Self, AuthorityError> {
        let chain = |issuing| Chain::new(root.clone(), issuing);
        let mut replaced = BTreeMap::new();
        let (in_force, mut active) = (pointer.fingerprint(), None);
        for row in rows.of(&AUTHORITIES) {
            let status = Status::of(row).ok_or(AuthorityError::Register)?;
            if status == Status::Proposed {
                continue;
            }
            let issuer = Arc::new(read_issuer(row, chain)?);
            if status == Status::Active {
                active = Some(issuer);
            } else {
                replaced.insert(issuer.fingerprint, issuer);
            }
        }
        match active {
            None if replaced.is_empty() => Ok(Self::founding(chain(pointer)?)),
            Some(active) if active.fingerprint == in_force => {
                let is_newest = replaced.values().all(|old| old.generation < active.generation);
                is_newest.then_some(Self { active, replaced }).ok_or(AuthorityError::RolledBack)
            }
            Some(_) | None => Err(AuthorityError::RolledBack),
        }
    }

    /// The one that issues.
    #[must_use]
    pub const fn active(&self) -> &Arc<Issuer> {
        &self.active
    }

    /// Those that no longer issue and whose certificates are still good.
    pub(crate) fn retiring(&self, now_s: i64) -> impl Iterator<Item = &Arc<Issuer>> {
        self.replaced.values().filter(move |issuer| issuer.reign.is_living(now_s))
    }

    /// The one whose certificate has this SHA3-256, in force or not.
    pub(crate) fn named(&self, fingerprint: &Sha3) -> Option<&Arc<Issuer>> {
        if self.active.fingerprint == *fingerprint {
            Some(&self.active)
        } else {
            self.replaced.get(fingerprint)
        }
    }

    /// The authority under which a certificate that names `parent` and began at `not_before_s` is judged at `now_s`;
    /// `None` if that one did not issue then, or has retired.
    #[must_use]
    pub fn judge(&self, parent: &Sha3, not_before_s: i64, now_s: i64) -> Option<&Arc<Issuer>> {
        let issuer = self.named(parent)?;
        let is_good = issuer.reign.covers(not_before_s) && issuer.reign.is_living(now_s);
        is_good.then_some(issuer)
    }
}

fn read_issuer(
    row: &Row,
    chain: impl Fn(Certificate) -> Result<Chain, PkiError>,
) -> Result<Issuer, AuthorityError> {
    let certificate = certificate_of(row).ok_or(AuthorityError::Register)?;
    let fingerprint = certificate.fingerprint();
    if row.get("authority") != Some(fingerprint.to_string().as_str()) {
        return Err(AuthorityError::Register);
    }
    let generation = row.get("generation").and_then(|number| number.parse().ok());
    let second = |column| Some(seconds(row.get(column)?.parse().ok()?));
    let reign = Reign {
        from_s: second("active_from"),
        until_s: second("active_until"),
        retires_at_s: second("retires_at"),
    };
    let generation = generation.ok_or(AuthorityError::Register)?;
    Ok(Issuer { chain: chain(certificate)?, fingerprint, generation, reign })
}

/// The certificate in a row of the register.
pub(crate) fn certificate_of(row: &Row) -> Option<Certificate> {
    let der = Base64UrlUnpadded::decode_vec(row.get("certificate")?).ok()?;
    Certificate::from_der(&der).ok()
}

const fn seconds(at: UtcMicros) -> i64 {
    at.get().div_euclid(MICROS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REIGN: Reign = Reign { from_s: Some(100), until_s: Some(200), retires_at_s: Some(300) };

    #[test]
    fn a_certificate_is_judged_under_the_authority_of_its_time_and_not_after_its_retirement() {
        for (not_before_s, good) in [(99, false), (100, true), (200, true), (201, false)] {
            assert_eq!(REIGN.covers(not_before_s), good, "{not_before_s}");
        }
        assert!(REIGN.is_living(299) && !REIGN.is_living(300));
        assert!(Reign::default().covers(i64::MIN) && Reign::default().is_living(i64::MAX));
    }
}
