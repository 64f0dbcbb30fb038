//! Rows against the replay: those of a chunk of leaves as soon as it is replayed, the rest of the book at the end.

use std::collections::{BTreeMap, HashMap, HashSet};

use crypto::{Sha2, Sha3, sha3_256, sha256};
use intent::{Details, Role, UtcMicros, canonical};
use ledger::{BookId, TransferId};
use pki::Crl;
use sqlx::PgConnection;
use uuid::Uuid;

use super::examine::{Holders, texts_of};
use super::founding::Founding;
use super::registry::{Registry, Status, seconds};
use super::replay::{DetailsSlot, Replay, Written};
use super::report::{Finding, Findings, Step};
use super::rows::{
    AssetRow, CertificateRow, ComponentRow, DetailsRow, DeviceRow, Expected, Row, UserRow,
    differences, differs, gone, missing, unaccounted,
};
use super::store::BookRow;
use super::store::book::{self, AuthorityRow};
use crate::bank::TrustFile;
use crate::beneficiaries::BENEFICIARIES;
use crate::registers;
use crate::sql::timestamp;
use crate::standing_orders::STANDING_ORDERS;

/// Rows that were met on the way, to be held against how many there are.
#[derive(Default)]
pub(super) struct Met {
    pub(super) transfers: u64,
    pub(super) entries: u64,
    details: HashSet<Uuid>,
}

/// Compares what a chunk of leaves wrote.
pub(super) async fn written(
    tx: &mut PgConnection,
    book: BookId,
    written: Written,
    met: &mut Met,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = written.transfers.iter().map(|(row, _)| row.transfer_id).collect();
    let stored = book::transfers(tx, book, &ids).await?;
    let stored: HashMap<_, _> = stored.into_iter().map(|row| (row.transfer_id, row)).collect();
    for (expected, leaf) in &written.transfers {
        meet(expected, stored.get(&expected.transfer_id), *leaf, &mut met.transfers, findings);
    }
    let accounts: Vec<Uuid> = written.entries.iter().map(|(row, _)| row.account_id).collect();
    let sequences: Vec<i64> = written.entries.iter().map(|(row, _)| row.sequence).collect();
    let stored = book::entries(tx, book, &accounts, &sequences).await?;
    let stored: HashMap<_, _> =
        stored.into_iter().map(|row| ((row.account_id, row.sequence), row)).collect();
    for (expected, leaf) in &written.entries {
        let stored = stored.get(&(expected.account_id, expected.sequence));
        meet(expected, stored, *leaf, &mut met.entries, findings);
    }
    let ids: Vec<Uuid> = written.details.iter().map(|(slot, _)| slot.transfer_id).collect();
    let stored = book::details(tx, book, &ids).await?;
    let stored: HashMap<_, _> = stored.into_iter().map(|row| (row.transfer_id, row)).collect();
    for (slot, leaf) in &written.details {
        // Free text may be erased, or never have been handed over: that none is there is no finding.
        if let Some(row) = stored.get(&slot.transfer_id) {
            met.details.insert(row.transfer_id);
            details(slot, row, *leaf, findings);
        }
    }
    Ok(())
}

fn meet<R: Row>(
    expected: &R,
    stored: Option<&R>,
    leaf: u64,
    met: &mut u64,
    findings: &mut Findings,
) {
    match stored {
        Some(stored) => {
            *met = met.saturating_add(1);
            findings.extend(differences(expected, stored, Some(leaf)));
        }
        None => findings.push(missing(expected, Some(leaf))),
    }
}

fn details(slot: &DetailsSlot, stored: &DetailsRow, leaf: u64, findings: &mut Findings) {
    let expected = DetailsRow {
        debit_owner: slot.debit_owner,
        credit_owner: slot.credit_owner,
        ..stored.clone()
    };
    findings.extend(differences(&expected, stored, Some(leaf)));
    let opened = commitment(&stored.details, &stored.salt);
    if opened.is_none() || opened != slot.commitment {
        let message = "the text or its salt does not open the commitment that was signed";
        findings.push(
            Finding::tampered(Step::Rows, message)
                .at_leaf(leaf)
                .in_row(DetailsRow::TABLE, stored.key())
                .in_column("details, salt"),
        );
    }
}

fn commitment(details: &[u8], salt: &[u8]) -> Option<Sha2> {
    let value = canonical::parse(details).ok().and_then(texts_of)?;
    let salt = salt.try_into().ok()?;
    Some(Details { salt, value }.commitment())
}

/// Compares the texts that are kept with the commitments in the registers. That one is not there is no finding: it may be
/// erased.
pub(super) async fn kept_texts(
    tx: &mut PgConnection,
    book: BookId,
    replay: &Replay<'_>,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let rows = &replay.fold.rows;
    let kept = rows.of(&BENEFICIARIES).filter_map(|row| Some((row, row.get("text_id")?)));
    let ordered = rows.of(&STANDING_ORDERS).filter_map(|row| Some((row, row.get("order_id")?)));
    let expected: HashMap<&str, &registers::Row> =
        kept.chain(ordered).map(|(row, id)| (id, row)).collect();
    let mut after = None;
    loop {
        let page = book::kept_texts(tx, book, after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.intent_id);
        for stored in &page {
            let id = stored.intent_id.to_string();
            let Some(row) = expected.get(id.as_str()).filter(|row| row.get("details").is_some())
            else {
                findings.push(unaccounted("kept_texts", id));
                continue;
            };
            let owner = stored.owner.to_string();
            let owners = (row.get("owner"), Some(owner.as_str()));
            findings.extend(differs("kept_texts", &id, "owner", owners, None));
            let opened = commitment(&stored.details, &stored.salt).map(|of| of.to_string());
            if opened.as_deref() != row.get("details") {
                let message = "the text or its salt does not open the commitment that was signed";
                findings.push(
                    Finding::tampered(Step::Rows, message)
                        .in_row("kept_texts", id)
                        .in_column("details, salt"),
                );
            }
        }
    }
}

/// Finds rows of transfers, entries and details that no leaf wrote.
pub(super) async fn surplus(
    tx: &mut PgConnection,
    book: BookId,
    replay: &Replay<'_>,
    met: &Met,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let met_details = u64::try_from(met.details.len()).unwrap_or(u64::MAX);
    let counts =
        book::counts(tx, book).await?.map(|count| u64::try_from(count).unwrap_or_default());
    let [transfers, entries, details] = counts;
    if transfers != met.transfers {
        surplus_transfers(tx, book, replay, findings).await?;
    }
    if entries != met.entries {
        surplus_entries(tx, book, replay, findings).await?;
    }
    if details != met_details {
        let mut after = None;
        loop {
            let ids = book::details_ids(tx, book, after).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            let strangers = ids.iter().filter(|id| !met.details.contains(*id));
            findings.extend(strangers.map(|id| unaccounted("transfer_details", id)));
        }
    }
    Ok(())
}

async fn surplus_transfers(
    tx: &mut PgConnection,
    book: BookId,
    replay: &Replay<'_>,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let mut after = None;
    loop {
        let ids = book::transfer_ids(tx, book, after).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = Some(*last);
        let strangers = ids.iter().filter(|id| !replay.fold.taken.contains(&TransferId::new(**id)));
        findings.extend(strangers.map(|id| unaccounted("transfers", id)));
    }
}

async fn surplus_entries(
    tx: &mut PgConnection,
    book: BookId,
    replay: &Replay<'_>,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let mut after = None;
    loop {
        let extents = book::entry_extents(tx, book, after).await?;
        let Some((last, ..)) = extents.last() else { return Ok(()) };
        after = Some(*last);
        for (account, first, last) in extents {
            let known = replay.fold.ledger.account(ledger::AccountId::new(account));
            let count = known.map_or(0, ledger::Account::entry_count);
            if last > count {
                findings.push(unaccounted("entries", format!("{account}/{last}")));
            }
            if first < 1 {
                findings.push(unaccounted("entries", format!("{account}/{first}")));
            }
        }
    }
}

/// Compares the accounts with what the whole log makes of them.
pub(super) async fn accounts(
    tx: &mut PgConnection,
    book: BookId,
    replay: &Replay<'_>,
    findings: &mut Findings,
) -> sqlx::Result<u64> {
    let mut expected = Expected::new(replay.account_rows());
    let (mut after, mut count) = (None, 0_u64);
    loop {
        let rows = book::accounts(tx, book, after).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.account_id);
        for row in &rows {
            count = count.saturating_add(1);
            expected.meet(&row.account_id, row, findings);
        }
    }
    expected.finish(findings);
    Ok(count)
}

/// Compares what payers have paid to payees.
pub(super) async fn payees(
    tx: &mut PgConnection,
    book: BookId,
    replay: &Replay<'_>,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let mut expected = Expected::new(replay.payee_rows());
    let mut after = None;
    loop {
        let rows = book::payees(tx, book, after).await?;
        let Some(last) = rows.last() else { break };
        after = Some((last.account_id, last.payee_id));
        for row in &rows {
            expected.meet(&(row.account_id, row.payee_id), row, findings);
        }
    }
    expected.finish(findings);
    Ok(())
}

/// Compares every row of every register.
pub(super) async fn registers(
    tx: &mut PgConnection,
    book: BookId,
    replay: &Replay<'_>,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let leaf = |row: &registers::Row| replay.register_leaves.get(&row.name()).copied();
    for register in registers::ALL {
        let stored = registers::load_all(tx, book, register).await?;
        let stored: registers::Rows = stored.into_iter().collect();
        for expected in replay.fold.rows.of(register) {
            let key = expected.key();
            let (Some(found), leaf) = (stored.get(register, &key), leaf(expected)) else {
                findings.push(gone(register.table, &key, leaf(expected)));
                continue;
            };
            for (column, _) in register.columns {
                if let Some(finding) = differs(
                    register.table,
                    &key,
                    column,
                    (expected.get(column), found.get(column)),
                    leaf,
                ) {
                    findings.push(finding);
                }
            }
        }
        let strangers =
            stored.iter().filter(|row| replay.fold.rows.get(register, &row.key()).is_none());
        findings.extend(strangers.map(|row| unaccounted(register.table, row.key())));
    }
    Ok(())
}

/// Compares certificates, components, devices and users.
pub(super) async fn people(
    tx: &mut PgConnection,
    book: BookId,
    registry: &Registry,
    holders: &Holders,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let mut expected = Expected::new(certificate_rows(registry, holders));
    let mut after = Vec::new();
    loop {
        let rows = book::certificates(tx, book, &after).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.fingerprint);
        for row in &rows {
            expected.meet(&row.fingerprint, row, findings);
        }
    }
    expected.finish(findings);

    let mut expected = Expected::new(registry.components.iter().map(|(component, fingerprint)| {
        let component = component.as_bytes().to_vec();
        let fingerprint = fingerprint.as_bytes().to_vec();
        (component.clone(), ComponentRow { component, fingerprint }, None)
    }));
    let mut after = Vec::new();
    loop {
        let rows = book::components(tx, book, &after).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.component);
        for row in &rows {
            expected.meet(&row.component, row, findings);
        }
    }
    expected.finish(findings);

    let mut expected = Expected::new(registry.devices.iter().map(|(id, device)| {
        let row = DeviceRow {
            device_id: id.as_bytes().to_vec(),
            user_id: device.user,
            kem_public_key: device.kem_public_key.clone(),
            status: if device.is_active { "active" } else { "revoked" }.to_owned(),
            enrolled_at: timestamp(device.enrolled_at),
        };
        (row.device_id.clone(), row, Some(device.leaf))
    }));
    let mut after = Vec::new();
    loop {
        let rows = book::devices(tx, book, &after).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.device_id);
        for row in &rows {
            expected.meet(&row.device_id, row, findings);
        }
    }
    expected.finish(findings);
    users(tx, book, registry, findings).await
}

async fn users(
    tx: &mut PgConnection,
    book: BookId,
    registry: &Registry,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let mut expected = Expected::new(registry.users.iter().map(|(id, user)| {
        let status = if user.is_active { "active" } else { "registered" }.to_owned();
        let row = UserRow { user_id: *id, role: user.role.name().to_owned(), status };
        (*id, row, Some(user.leaf))
    }));
    let mut after = None;
    loop {
        let rows = book::users(tx, book, after).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.user_id);
        for row in &rows {
            // A customer who registered and has not enrolled yet has signed nothing: no leaf knows them, and they can do nothing.
            let waits = row.role == Role::Customer.name()
                && row.status == "registered"
                && !registry.users.contains_key(&row.user_id);
            if !waits {
                expected.meet(&row.user_id, row, findings);
            }
        }
    }
    expected.finish(findings);
    Ok(())
}

fn certificate_rows<'a>(
    registry: &'a Registry,
    holders: &'a Holders,
) -> impl Iterator<Item = (Vec<u8>, CertificateRow, Option<u64>)> + 'a {
    registry.certificates.iter().filter_map(|(fingerprint, standing)| {
        let certificate = &holders.get(fingerprint)?.certificate;
        let (status, reason) = match standing.status {
            Status::Active => ("active", None),
            Status::Superseded => ("superseded", None),
            Status::Revoked(reason) => ("revoked", Some(reason.name().to_owned())),
        };
        let row = CertificateRow {
            fingerprint: fingerprint.as_bytes().to_vec(),
            user_id: standing.user.get(),
            role: standing.role.name().to_owned(),
            der: certificate.der().to_vec(),
            serial: certificate.serial().to_vec(),
            lineage: standing.lineage.as_bytes().to_vec(),
            generation: i32::try_from(standing.generation).unwrap_or(i32::MAX),
            previous: standing.previous.map(|previous| previous.as_bytes().to_vec()),
            device_id: standing.device.as_bytes().to_vec(),
            not_before: timestamp(seconds(certificate.not_before_s())),
            not_after: timestamp(seconds(certificate.not_after_s())),
            status: status.to_owned(),
            ended_at: standing.ended_at.map(timestamp),
            revocation_reason: reason,
        };
        Some((row.fingerprint.clone(), row, Some(standing.leaf)))
    })
}

/// Compares the rows of the founding: book and assets.
pub(super) async fn founding(
    tx: &mut PgConnection,
    book: BookId,
    stored: &BookRow,
    founding: &Founding,
    findings: &mut Findings,
) -> sqlx::Result<()> {
    let columns = [
        ("name", stored.name == founding.name),
        ("founded_at", founding.at.is_some_and(|at| stored.founded_at == timestamp(at))),
    ];
    let differing = columns.into_iter().filter(|(_, same)| !same);
    findings.extend(differing.map(|(column, _)| {
        Finding::tampered(Step::Rows, "is not what the founding says")
            .at_leaf(0)
            .in_row("books", &stored.bank)
            .in_column(column)
    }));
    let mut expected = Expected::new(founding.assets.iter().map(|(asset, (scale, _))| {
        let row = AssetRow { asset: asset.to_string(), scale: *scale };
        (row.asset.clone(), row, Some(0))
    }));
    for row in book::assets(tx, book).await? {
        expected.meet(&row.asset, &row, findings);
    }
    expected.finish(findings);
    Ok(())
}

/// Compares the lists of authorities that were replaced: one for each that had not retired when the list in use was made,
/// which says the same as that one.
pub(super) fn retiring_lists(
    state: &AuthorityRow,
    stored: &BTreeMap<Vec<u8>, Vec<u8>>,
    registry: &Registry,
    findings: &mut Findings,
) {
    const TABLE: &str = "retiring_lists";
    let made_s = state.crl_this_update.unix_timestamp();
    let lives = |at: &UtcMicros| at.get().div_euclid(1_000_000) > made_s;
    let due: BTreeMap<Vec<u8>, Sha3> = registry
        .retiring
        .iter()
        .filter(|(_, retires_at)| lives(retires_at))
        .map(|(authority, _)| (authority.as_bytes().to_vec(), *authority))
        .collect();
    let read = |der: &[u8], authority: &Sha3| {
        Crl::from_der(der).ok()?.verify(registry.issuer(authority)?, made_s).ok()
    };
    let in_use = registry.issuing.and_then(|active| read(&state.crl_der, &active));
    for (key, authority) in &due {
        let Some(der) = stored.get(key) else {
            findings.push(
                Finding::tampered(Step::Rows, "the list of a retiring authority is missing")
                    .in_row(TABLE, authority),
            );
            continue;
        };
        let is_alike = match (read(der, authority), &in_use) {
            (Some(list), Some(in_use)) => {
                list.number() == in_use.number()
                    && list.this_update_s() == in_use.this_update_s()
                    && list.next_update_s() == in_use.next_update_s()
                    && list.entries() == in_use.entries()
            }
            (None, _) | (_, None) => false,
        };
        if !is_alike {
            findings.push(
                Finding::tampered(Step::Rows, "is not the list in use under this authority's key")
                    .in_row(TABLE, authority)
                    .in_column("crl_der"),
            );
        }
    }
    for key in stored.keys().filter(|key| !due.contains_key(*key)) {
        findings.push(
            Finding::tampered(Step::Rows, "no retiring authority signs a list under this name")
                .in_row(TABLE, hex::encode(key))
                .in_column("authority"),
        );
    }
}

/// Compares the state of authority.
pub(super) fn authority(
    stored: &AuthorityRow,
    trust: &TrustFile,
    registry: &Registry,
    holders: &Holders,
    findings: &mut Findings,
) {
    let mut bad = |column: &str, message: &str| {
        findings.push(
            Finding::tampered(Step::Rows, message)
                .in_row("authority_state", trust.bank.as_str())
                .in_column(column),
        );
    };
    if u64::try_from(stored.epoch) != Ok(registry.epoch) {
        bad("epoch", "is not the number of changes of authority in the log");
    }
    if sha3_256(&stored.root_der) != trust.root.fingerprint() {
        bad("root_der", "is not the pinned root");
    }
    if Some(sha3_256(&stored.issuing_der)) != registry.issuing {
        bad("issuing_der", "is not the issuing authority in force");
    }
    let number = u64::try_from(stored.crl_number).unwrap_or_default();
    if number < registry.crl.number {
        bad("crl_number", "an older revocation list was put back");
    }
    if number == registry.crl.number && sha256(&stored.crl_der).to_string() != registry.crl.sha256 {
        bad("crl_der", "is not the revocation list that the log names");
    }
    let issuing = pki::Certificate::from_der(&stored.issuing_der);
    let this_update_s = stored.crl_this_update.unix_timestamp();
    let read = Crl::from_der(&stored.crl_der);
    let verified =
        read.and_then(|crl| issuing.and_then(|issuing| crl.verify(&issuing, this_update_s)));
    let crl = match verified {
        Ok(crl) => crl,
        Err(error) => {
            bad("crl_der, crl_this_update", &format!("the revocation list is not valid: {error}"));
            return;
        }
    };
    if crl.number() != number {
        bad("crl_number", "is not the number of the revocation list");
    }
    if timestamp(seconds(crl.this_update_s())) != stored.crl_this_update {
        bad("crl_this_update", "is not the time of the revocation list");
    }
    if timestamp(seconds(crl.next_update_s())) != stored.crl_next_update {
        bad("crl_next_update", "is not the time of the revocation list");
    }
    let listed: BTreeMap<&[u8], i64> =
        crl.entries().iter().map(|entry| (entry.serial.as_slice(), entry.at_s)).collect();
    let mut due = 0_usize;
    for (fingerprint, standing) in &registry.certificates {
        let (Some(ended_at), Some(holder)) = (standing.ended_at, holders.get(fingerprint)) else {
            continue;
        };
        let ended_s = ended_at.get().div_euclid(1_000_000);
        match listed.get(holder.certificate.serial()) {
            Some(at_s) if *at_s == ended_s => due = due.saturating_add(1),
            Some(_) => bad("crl_der", "names another time for the end of a certificate"),
            None if ended_s < crl.this_update_s()
                && holder.certificate.not_after_s() > crl.this_update_s() =>
            {
                bad("crl_der", "does not name a certificate that ended before it was made");
            }
            None => {}
        }
    }
    if due != listed.len() {
        bad("crl_der", "names a certificate whose end is not in the log");
    }
}
