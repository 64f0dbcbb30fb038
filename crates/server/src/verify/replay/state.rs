//! Intents that change something other than balances, decided again.

use std::collections::{BTreeMap, BTreeSet};

use intent::{Body, Effects, Intent, Kind, Outcome, Role};
use ledger::{AccountKind, AccountNumber};
use uuid::Uuid;

use super::super::effects::effects_of;
use super::super::examine::Examined;
use super::super::registry::{At, Demand, Standing};
use super::super::report::Finding;
use super::{AccountFacts, CUSTOMER_FLOOR, Replay};
use crate::accounts::change::{account_of, change};
use crate::beneficiaries::{self, BENEFICIARIES, PayeeAccount};
use crate::corridor::Refusal;
use crate::corridor::fold::Asker;
use crate::registers::{self, Person, Question, Rule};
use crate::users::locks::LOCKS;
use crate::{interest, roles};

impl Replay<'_> {
    pub(super) fn state(
        &mut self,
        at: At,
        found: &Examined,
        intent: &Intent,
        (signer, asker): (&Standing, Asker),
        stored: &Effects,
        findings: &mut Vec<Finding>,
    ) -> Effects {
        let demand = if !asker.may_sign(intent.kind()) {
            Demand::Refused(Refusal::PermissionDenied)
        } else if stored.outcome == Outcome::Refused && decided_by_the_bank(&stored.code) {
            Demand::BankRefused
        } else if let Some(rule) = registers::rule(intent) {
            let demand = self.ruled(at, found, intent, asker, &rule);
            self.beside_the_rule(at, intent, demand, stored, findings)
        } else {
            match intent.kind() {
                Kind::AccountOpen => self.open(at, intent, signer),
                Kind::AccountFreeze | Kind::AccountClose | Kind::AccountOverdraft => {
                    self.change(at, intent, asker)
                }
                Kind::BeneficiaryAdd | Kind::BeneficiaryChange => {
                    self.beneficiary(at, intent, asker)
                }
                Kind::KeyRotate => self.registry.rotate(at, intent, signer, stored, findings),
                Kind::CertificateRevoke => {
                    let locked = self.locked();
                    self.registry.revoke(at, intent, asker, &locked, stored)
                }
                Kind::DeviceRevoke => {
                    let locked = self.locked();
                    self.registry.revoke_device(at, intent, asker, &locked, stored)
                }
                Kind::SessionLogin => {
                    self.events.signed_in(at, signer.user, stored, findings);
                    login(at, intent, signer, stored)
                }
                _ => Demand::BankRefused,
            }
        };
        effects_of(demand, at, stored)
    }

    /// What some intents change beside the rows of their rule.
    fn beside_the_rule(
        &mut self,
        at: At,
        intent: &Intent,
        demand: Demand,
        stored: &Effects,
        findings: &mut Vec<Finding>,
    ) -> Demand {
        let Demand::Accepted(mut result) = demand else { return demand };
        match intent.body() {
            Body::UserInvite { user, role, .. } => {
                self.registry.invite(at, *user, *role, findings);
            }
            Body::UserRecover { user, .. } => {
                result.extend(self.registry.recover(at, *user, stored));
            }
            Body::AuthorityRotate { .. } => {
                result.extend(self.registry.rotate_authority(&self.fold.rows, stored));
            }
            Body::RoleDefine { .. } | Body::RoleGrant { .. } => {
                self.narrowed = roles::Narrowed::by(&self.fold.rows);
            }
            _ => {}
        }
        Demand::Accepted(result)
    }

    fn locked(&self) -> BTreeSet<Uuid> {
        let locks = self.fold.rows.of(&LOCKS).filter(|row| row.is("locked"));
        locks.filter_map(|row| row.get("user_id")?.parse().ok()).collect()
    }

    /// The rule of a register, asked again.
    fn ruled(
        &mut self,
        at: At,
        found: &Examined,
        intent: &Intent,
        asker: Asker,
        rule: &Rule,
    ) -> Demand {
        let address = found.origin.as_ref().and_then(|origin| origin.ip.parse().ok());
        let code = found.effects.as_ref().map(|effects| effects.code.as_str());
        if address.is_none() && code == Some(Refusal::IpRuleLocksOut.code()) {
            // From where they came was erased: that it was kept out is the bank's word.
            return Demand::BankRefused;
        }
        let person = rule.about.and_then(|user| {
            let known = self.registry.users.get(&user.get()).filter(|known| known.is_active)?;
            Some(Person { user, role: known.role })
        });
        let question = Question {
            intent,
            asker,
            address,
            now: at.now,
            rows: &self.fold.rows,
            person,
            issuing: self.registry.issuing(),
        };
        let written = match (rule.decide)(&question) {
            Ok(written) => written,
            Err(refusal) => return Demand::Refused(refusal),
        };
        let result = self.put(at, written);
        if rule.bumps_epoch {
            self.registry.epoch = self.registry.epoch.saturating_add(1);
        }
        Demand::Accepted(result)
    }

    fn open(&mut self, at: At, intent: &Intent, signer: &Standing) -> Demand {
        let Body::AccountOpen { account, asset, owner, kind } = intent.body() else {
            return Demand::BankRefused;
        };
        let is_customer = signer.role == Role::Customer;
        if is_customer && (*owner != signer.user || *kind != AccountKind::Liability) {
            return Demand::Refused(Refusal::NotAccountOwner);
        }
        if !self.assets.contains(asset) {
            return Demand::Refused(Refusal::AssetUnknown);
        }
        let known = self.registry.users.get(&owner.get());
        if !known.is_some_and(|user| user.is_active && user.role == Role::Customer) {
            return Demand::Refused(Refusal::UserNotFound);
        }
        let number = AccountNumber::of(*account).to_string();
        let taken = self.accounts.contains_key(account) || self.numbers.contains(&number);
        let floor = Some(CUSTOMER_FLOOR);
        if taken || self.fold.ledger.open_account(*account, *asset, *kind, floor).is_err() {
            return Demand::Refused(Refusal::AccountExists);
        }
        self.fold.owners.insert(*account, Some(*owner));
        self.fold.opened_at.insert(*account, at.now);
        self.numbers.insert(number.clone());
        let facts = AccountFacts { number: number.clone(), opened_at: at.now, leaf: at.index };
        self.accounts.insert(*account, facts);
        Demand::Accepted(BTreeMap::from([
            ("account".to_owned(), account.to_string()),
            ("asset".to_owned(), asset.to_string()),
            ("kind".to_owned(), kind.name().to_owned()),
            ("number".to_owned(), number),
            ("owner".to_owned(), owner.to_string()),
            ("floor".to_owned(), CUSTOMER_FLOOR.to_string()),
        ]))
    }

    fn beneficiary(&mut self, at: At, intent: &Intent, asker: Asker) -> Demand {
        let (Body::BeneficiaryAdd { account, .. } | Body::BeneficiaryChange { account, .. }) =
            intent.body()
        else {
            return Demand::BankRefused;
        };
        let known = self.fold.ledger.account(*account).map(|known| PayeeAccount {
            asset: known.asset,
            owner: self.fold.owners.get(account).copied().flatten(),
            is_closed: known.closed,
        });
        let row = self.fold.rows.get(&BENEFICIARIES, &beneficiaries::key(asker.user, *account));
        match beneficiaries::decide(intent, asker, known, row, at.now) {
            Ok(row) => Demand::Accepted(self.put(at, vec![row])),
            Err(refusal) => Demand::Refused(refusal),
        }
    }

    fn change(&mut self, at: At, intent: &Intent, asker: Asker) -> Demand {
        let account = account_of(intent);
        let owner = account.and_then(|id| self.fold.owners.get(&id).copied().flatten());
        let keeps_open = account.and_then(|id| self.fold.ledger.account(id)).is_some_and(|of| {
            let accrual = self.fold.accruals.get(&of.id).copied();
            interest::keeps_open(of, accrual, &self.fold.policies, at.now)
        });
        match change(&mut self.fold.ledger, owner, intent, asker, keeps_open) {
            Ok(result) => Demand::Accepted(result),
            Err(refusal) => Demand::Refused(refusal),
        }
    }
}

/// Refusals for which the bank looked at what no log holds: addresses of people, and requests that were never granted.
fn decided_by_the_bank(code: &str) -> bool {
    let refusals = [
        Refusal::PersonExists,
        Refusal::PersonInvalid,
        Refusal::PairingUnknown,
        Refusal::PairingUsed,
        Refusal::PairingExpired,
        Refusal::RecoveryNotRequested,
        Refusal::AuthorityKeyMissing,
        Refusal::BeneficiaryInvalid,
        Refusal::PayeeNameDiffers,
    ];
    refusals.into_iter().any(|refusal| refusal.code() == code)
}

/// A sign-in changes nothing that lasts; what it says of its signer must be true.
fn login(at: At, intent: &Intent, signer: &Standing, stored: &Effects) -> Demand {
    let Body::SessionLogin { challenge, .. } = intent.body() else { return Demand::BankRefused };
    if stored.outcome == Outcome::Refused {
        return Demand::BankRefused;
    }
    let chosen_by_the_bank = ["session", "expires_at", "place", "failures"]
        .into_iter()
        .filter_map(|name| stored.result.get(name).map(|value| (name.to_owned(), value.clone())));
    let mut result: BTreeMap<String, String> = chosen_by_the_bank.collect();
    result.extend([
        ("user".to_owned(), signer.user.to_string()),
        ("certificate".to_owned(), intent.certificate().to_string()),
        ("device".to_owned(), signer.device.to_string()),
        ("challenge".to_owned(), hex::encode(challenge)),
        ("created_at".to_owned(), at.now.to_string()),
    ]);
    Demand::Accepted(result)
}
