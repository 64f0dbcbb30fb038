//! Certificates as the log says they were issued, held against what they must be.

use std::collections::BTreeMap;

use crypto::{Sha3, sha3_256};
use intent::Effects;
use pki::{Certificate, ControlClaims, Csr, DEFENSE_VERSION};

use super::super::report::{Finding, Severity, Step};
use super::{At, DeviceState, MICROS_PER_SECOND, Registry, Standing, Status, Wanted, seconds};

impl Registry {
    /// Checks the certificate that a leaf issued, and gives back every value that the leaf must hold of it.
    pub(super) fn issue(
        &mut self,
        at: At,
        wanted: &Wanted<'_>,
        stored: &Effects,
        findings: &mut Vec<Finding>,
    ) -> BTreeMap<String, String> {
        let named = stored.result.get("certificate").and_then(|hex| Sha3::from_hex(hex).ok());
        let Some((fingerprint, holder)) =
            named.and_then(|named| self.holders.get(&named).map(|holder| (named, holder)))
        else {
            findings.push(
                Finding::new(
                    Severity::Gap,
                    Step::Replay,
                    "no row holds the certificate that this leaf issued",
                )
                .at_leaf(at.index)
                .in_row(
                    "certificates",
                    stored.result.get("certificate").cloned().unwrap_or_default(),
                ),
            );
            return stored.result.clone();
        };
        let certificate = &holder.certificate;
        if let Some(doubt) = self.doubt(at, wanted, certificate, holder.no_path.as_deref()) {
            findings.push(
                Finding::tampered(Step::Replay, doubt)
                    .at_leaf(at.index)
                    .in_row("certificates", fingerprint)
                    .in_column("der"),
            );
        }
        let components = certificate.public_key().component_hashes();
        let mut result = BTreeMap::from([
            ("certificate".to_owned(), fingerprint.to_string()),
            ("serial".to_owned(), hex::encode(certificate.serial())),
            ("user".to_owned(), wanted.user.to_string()),
            ("role".to_owned(), wanted.role.name().to_owned()),
            ("lineage".to_owned(), wanted.lineage.to_string()),
            ("generation".to_owned(), wanted.generation.to_string()),
            ("device".to_owned(), wanted.device.to_string()),
            ("not_before".to_owned(), seconds(certificate.not_before_s()).to_string()),
            ("not_after".to_owned(), seconds(certificate.not_after_s()).to_string()),
            (
                "components".to_owned(),
                components.iter().map(Sha3::to_string).collect::<Vec<_>>().join(" "),
            ),
            ("kem_key_sha3".to_owned(), sha3_256(wanted.kem_public_key).to_string()),
        ]);
        result
            .extend(wanted.previous.map(|previous| ("previous".to_owned(), previous.to_string())));
        self.components.extend(components.into_iter().map(|component| (component, fingerprint)));
        let standing = Standing {
            user: wanted.user,
            role: wanted.role,
            device: wanted.device,
            lineage: wanted.lineage,
            generation: wanted.generation,
            previous: wanted.previous,
            status: Status::Active,
            since: self
                .holders
                .get(&fingerprint)
                .map(|holder| seconds(holder.certificate.not_before_s())),
            ended_at: None,
            leaf: at.index,
        };
        self.certificates.insert(fingerprint, standing);
        if let Some(device) = self.devices.get_mut(&wanted.device) {
            device.kem_public_key = wanted.kem_public_key.to_vec();
        } else {
            result.insert("device_enrolled_at".to_owned(), at.now.to_string());
            let device = DeviceState {
                user: wanted.user.get(),
                kem_public_key: wanted.kem_public_key.to_vec(),
                is_active: true,
                enrolled_at: at.now,
                leaf: at.index,
            };
            self.devices.insert(wanted.device, device);
        }
        result
    }

    /// Why this is not the certificate that was asked for, if so.
    pub(super) fn doubt(
        &self,
        at: At,
        wanted: &Wanted<'_>,
        certificate: &Certificate,
        no_path: Option<&str>,
    ) -> Option<String> {
        if let Some(why) = no_path {
            return Some(format!("the certificate has no path to the pinned root: {why}"));
        }
        let now_s = at.now.get().div_euclid(MICROS_PER_SECOND);
        if !(certificate.not_before_s()..=certificate.not_after_s()).contains(&now_s) {
            return Some("the certificate was not valid when it was issued".to_owned());
        }
        let asked = Csr::from_der(wanted.csr).and_then(Csr::verify).ok();
        if asked.is_none_or(|asked| asked.public_key() != certificate.public_key()) {
            return Some("the certificate holds another key than was asked for".to_owned());
        }
        let components = certificate.public_key().component_hashes();
        if components.iter().any(|component| self.components.contains_key(component)) {
            return Some("a half of the key stands in an earlier certificate".to_owned());
        }
        if certificate.public_key().suite() != self.trust.suite {
            return Some("the key is of another suite than the bank's".to_owned());
        }
        let Some(claims) = certificate.claims() else {
            return Some("the certificate makes no claims".to_owned());
        };
        let expected = ControlClaims {
            defense_version: DEFENSE_VERSION,
            bank: self.trust.bank.to_string(),
            user_id: wanted.user.get().into_bytes(),
            role: wanted.role.name().to_owned(),
            suite: self.trust.suite,
            device_id: wanted.device,
            purpose_scope: wanted.role.purpose_scope().to_owned(),
            allowed_actions: wanted
                .role
                .allowed_kinds()
                .iter()
                .map(|kind| kind.name().to_owned())
                .collect(),
            crl_url: claims.crl_url.clone(),
            crl_number: claims.crl_number,
            parent_ca_fp: self.issuing.unwrap_or(claims.parent_ca_fp),
            lineage: wanted.lineage,
            generation: wanted.generation,
            previous: wanted.previous,
            challenge: pki::CHALLENGE.to_owned(),
        };
        (*claims != expected)
            .then(|| "the certificate claims something else than the log".to_owned())
    }
}
