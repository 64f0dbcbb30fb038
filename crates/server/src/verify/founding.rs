//! Leaf 0: what the bank began with, held against what we were told to trust.

use std::collections::BTreeMap;

use crypto::sha256;
use intent::{Role, UtcMicros};
use ledger::AccountId;
use money::{Asset, AssetCode};
use uuid::Uuid;

use super::examine::Examined;
use super::report::{Finding, Severity, Step};
use crate::bank::TrustFile;
use crate::policies::rules::founded_with;
use crate::policies::{Policy, Scope};
use crate::registers::Row;

/// What the bank began with.
#[derive(Default)]
pub(super) struct Founding {
    pub(super) name: String,
    pub(super) at: Option<UtcMicros>,
    pub(super) issuing: String,
    /// Scale and equity account per asset.
    pub(super) assets: BTreeMap<AssetCode, (i32, AccountId)>,
    /// Role and registration hash of each invited member of staff.
    pub(super) staff: BTreeMap<Uuid, (Role, String)>,
    /// What the bank allowed from the first day.
    pub(super) policies: Vec<Row>,
    pub(super) facts: BTreeMap<String, String>,
}

/// Members that every event has.
pub(super) const EVENT_MEMBERS: [&str; 4] = ["at", "event", "id", "v"];

impl Founding {
    /// The equity account per asset.
    pub(super) fn equity(&self) -> BTreeMap<AssetCode, AccountId> {
        self.assets.iter().map(|(asset, (_, account))| (*asset, *account)).collect()
    }

    /// The assets with their decimals.
    pub(super) fn scales(&self) -> BTreeMap<AssetCode, Asset> {
        let asset = |(code, (scale, _)): (&AssetCode, &(i32, AccountId))| {
            Some((*code, Asset::new(*code, u8::try_from(*scale).ok()?).ok()?))
        };
        self.assets.iter().filter_map(asset).collect()
    }

    /// Reads leaf 0.
    pub(super) fn read(found: &Examined, trust: &TrustFile, findings: &mut Vec<Finding>) -> Self {
        let mut founding = Self::default();
        let bad = |message: String| {
            Finding::tampered(Step::Replay, message)
                .at_leaf(0)
                .in_row("records", 0)
                .in_column("intent")
        };
        let Some(event) =
            found.event.as_ref().filter(|event| event.kind == intent::EventKind::BankFounded)
        else {
            findings.push(bad("the log does not begin with the founding of a bank".to_owned()));
            return founding;
        };
        founding.at = Some(event.at);
        let event = event.members();
        founding.facts = event
            .iter()
            .filter(|(name, _)| !EVENT_MEMBERS.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in event {
            let read = match name.split_once('/') {
                Some(("asset", code)) => founding.read_asset(code, value),
                Some(("staff", user)) => founding.read_staff(user, value),
                Some(("policy", name)) => founding.read_policy(name, value),
                Some(_) | None => Some(()),
            };
            if read.is_none() {
                findings.push(bad(format!("the founding says something unreadable of {name}")));
            }
        }
        let text = |name: &str| event.get(name).cloned().unwrap_or_default();
        founding.name = text("name");
        founding.issuing = text("issuing");
        let pinned = [
            ("bank", trust.bank.to_string()),
            ("suite", trust.suite.name().to_owned()),
            ("root", trust.root.fingerprint().to_string()),
            ("log_keys_sha256", sha256(trust.log.to_text().as_bytes()).to_string()),
        ];
        for (name, expected) in pinned {
            if text(name) != expected {
                findings.push(
                    Finding::new(
                        Severity::Policy,
                        Step::Trust,
                        format!("leaf 0 names another {name} than the trust file: {}", text(name)),
                    )
                    .at_leaf(0),
                );
            }
        }
        founding
    }

    fn read_asset(&mut self, code: &str, value: &str) -> Option<()> {
        let (scale, account) = value.split_once(' ')?;
        let asset = (scale.parse().ok()?, account.parse().ok()?);
        self.assets.insert(code.parse().ok()?, asset);
        Some(())
    }

    fn read_policy(&mut self, name: &str, value: &str) -> Option<()> {
        let (policy, scope) = name.split_once(' ')?;
        let (policy, scope) = (Policy::from_name(policy)?, Scope::parse(scope)?);
        self.policies.push(founded_with(policy, scope, value, self.at?)?);
        Some(())
    }

    fn read_staff(&mut self, user: &str, value: &str) -> Option<()> {
        let (role, registration) = value.split_once(' ')?;
        let member = (role.parse().ok()?, registration.to_owned());
        self.staff.insert(user.parse().ok()?, member);
        Some(())
    }
}
