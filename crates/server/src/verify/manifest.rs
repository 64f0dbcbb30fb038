//! What the verification covers, table by table and column by column.
//!
//! A test holds this list against the migrated database: a new table or column does not pass before somebody has said
//! here what binds it.

use std::borrow::Cow;

use crate::registers;

/// What binds a table or column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Bound by a leaf, a signature or a hash: a changed byte contradicts evidence.
    Covered,
    /// Recomputed from what is covered, and compared.
    Derived,
    /// Not verified, and why.
    Uncovered(&'static str),
}

/// One table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Every column with its class.
    pub columns: Cow<'static, [(&'static str, Class)]>,
}

/// Every table of the database: the big ones below, and the [registers](crate::registers), whose rows the leaves hold whole.
pub fn tables() -> impl Iterator<Item = Table> {
    let listed =
        TABLES.iter().map(|(name, columns)| Table { name, columns: Cow::Borrowed(*columns) });
    let registers = registers::ALL.iter().map(|register| {
        let columns = register.columns.iter().map(|(name, _)| (*name, C));
        Table {
            name: register.table,
            columns: [("book_id", D)].into_iter().chain(columns).collect(),
        }
    });
    listed.chain(registers)
}

const C: Class = Class::Covered;
const D: Class = Class::Derived;
const PERSONAL: Class =
    Class::Uncovered("personal data: never in the log, so that it can be erased");
const ERASABLE: Class =
    Class::Uncovered("a text under another book is as good as erased, which it may be");
const SECRET: Class = Class::Uncovered("sealed or hashed secret: an auditor may not read it");
const BEFORE: Class =
    Class::Uncovered("registration precedes a customer's first intent, and moves nothing");
const PASSING: Class = Class::Uncovered(
    "lives for minutes; its opening is a leaf, and it grants nothing without the device's key",
);
const SIGN_IN: Class = Class::Uncovered(
    "opens sessions that see and cannot sign: no authority over money or keys comes of it",
);
const ASKED: Class =
    Class::Uncovered("a request that grants nothing: what grants is the signed approval of it");
const NOTE: Class =
    Class::Uncovered("a person's own note: nothing moves by it before they sign what it says");
const KEPT: Class = Class::Uncovered(
    "a copy of what the payer sent: the leaf has its digest, against which it is held whenever it is read",
);
const TOLD: Class = Class::Uncovered(
    "how far somebody outside was told: it can be set back at any time, and moves nothing here",
);
const SIGNED: Class = Class::Uncovered(
    "verifies by itself, or is none: the leaf of its statement has the hash of the file in which it stands",
);
const NOTED: Class = Class::Uncovered(
    "what need not be looked at again: set back, the same statements are found made",
);
const TOOL: Class =
    Class::Uncovered("bookkeeping of the migration tool; the schema is reviewed, not replayed");

/// Every table that is not a register.
const TABLES: &[(&str, &[(&str, Class)])] = &[
    ("books", &[("book_id", D), ("bank", C), ("name", C), ("suite", C), ("founded_at", C)]),
    ("assets", &[("book_id", D), ("asset", C), ("scale", C)]),
    (
        "users",
        &[
            ("book_id", D),
            ("user_id", C),
            ("name", PERSONAL),
            ("email", PERSONAL),
            ("role", C),
            ("status", C),
            ("registration_hash", SECRET),
            ("registration_expires_at", BEFORE),
            ("registered_at", BEFORE),
            ("person_salt", PERSONAL),
        ],
    ),
    (
        "certificates",
        &[
            ("book_id", D),
            ("fingerprint", C),
            ("user_id", C),
            ("role", C),
            ("der", C),
            ("serial", C),
            ("lineage", C),
            ("generation", C),
            ("previous", C),
            ("device_id", C),
            ("not_before", C),
            ("not_after", C),
            ("status", C),
            ("ended_at", C),
            ("revocation_reason", C),
        ],
    ),
    ("certificate_components", &[("book_id", D), ("component", C), ("fingerprint", C)]),
    (
        "devices",
        &[
            ("book_id", D),
            ("device_id", C),
            ("user_id", C),
            ("sealed_device_key", SECRET),
            ("kem_public_key", C),
            ("status", C),
            ("enrolled_at", C),
            ("name", PERSONAL),
        ],
    ),
    (
        "authority_state",
        &[
            ("book_id", D),
            ("epoch", D),
            ("root_der", C),
            ("issuing_der", C),
            ("crl_number", C),
            ("crl_der", C),
            ("crl_this_update", C),
            ("crl_next_update", C),
        ],
    ),
    ("retiring_lists", &[("book_id", D), ("authority", D), ("crl_der", D)]),
    (
        "challenges",
        &[
            ("book_id", PASSING),
            ("nonce", PASSING),
            ("certificate", PASSING),
            ("device_id", PASSING),
            ("origin", PASSING),
            ("expires_at", PASSING),
            ("redeemed_at", PASSING),
            ("session_id", PASSING),
        ],
    ),
    (
        "sessions",
        &[
            ("book_id", PASSING),
            ("session_id", PASSING),
            ("user_id", PASSING),
            ("certificate", PASSING),
            ("device_id", PASSING),
            ("sealed_secret", SECRET),
            ("refresh_hash", SECRET),
            ("refresh_generation", PASSING),
            ("ip", PERSONAL),
            ("user_agent", PERSONAL),
            ("created_at", PASSING),
            ("refreshed_at", PASSING),
            ("expires_at", PASSING),
            ("revoked_at", PASSING),
            ("revocation_reason", PASSING),
            ("assurance", PASSING),
            ("authenticated_at", PASSING),
            ("used_at", PASSING),
            ("key_generation", PASSING),
            ("place", PASSING),
            ("failures_before", PASSING),
        ],
    ),
    (
        "known_places",
        &[
            ("book_id", SIGN_IN),
            ("user_id", SIGN_IN),
            ("place", PERSONAL),
            ("first_seen_at", PERSONAL),
            ("last_seen_at", PERSONAL),
        ],
    ),
    (
        "passwords",
        &[
            ("book_id", SIGN_IN),
            ("user_id", SIGN_IN),
            ("salt", SECRET),
            ("m_kib", SIGN_IN),
            ("passes", SIGN_IN),
            ("lanes", SIGN_IN),
            ("sealed_hash", SECRET),
            ("changed_at", SIGN_IN),
        ],
    ),
    (
        "sign_in_attempts",
        &[
            ("book_id", SIGN_IN),
            ("subject", SECRET),
            ("failures", SIGN_IN),
            ("last_at", SIGN_IN),
            ("locked_until", SIGN_IN),
        ],
    ),
    (
        "totp_factors",
        &[
            ("book_id", SIGN_IN),
            ("user_id", SIGN_IN),
            ("sealed_secret", SECRET),
            ("last_step", SIGN_IN),
            ("created_at", SIGN_IN),
            ("confirmed_at", SIGN_IN),
        ],
    ),
    (
        "second_factor_codes",
        &[("book_id", SIGN_IN), ("user_id", SIGN_IN), ("code_hash", SECRET), ("used_at", SIGN_IN)],
    ),
    (
        "trusted_browsers",
        &[
            ("book_id", SIGN_IN),
            ("trust_id", SIGN_IN),
            ("user_id", SIGN_IN),
            ("token_hash", SECRET),
            ("name", PERSONAL),
            ("created_at", SIGN_IN),
            ("expires_at", SIGN_IN),
            ("revoked_at", SIGN_IN),
        ],
    ),
    (
        "passkeys",
        &[
            ("book_id", SIGN_IN),
            ("credential_id", SIGN_IN),
            ("user_id", SIGN_IN),
            ("name", PERSONAL),
            ("credential", SIGN_IN),
            ("created_at", SIGN_IN),
            ("used_at", SIGN_IN),
        ],
    ),
    (
        "passkey_ceremonies",
        &[
            ("book_id", PASSING),
            ("ceremony_id", PASSING),
            ("purpose", PASSING),
            ("session_id", PASSING),
            ("state", PASSING),
            ("expires_at", PASSING),
        ],
    ),
    (
        "pairings",
        &[
            ("book_id", ASKED),
            ("pairing_id", ASKED),
            ("user_id", ASKED),
            ("device_id", ASKED),
            ("csr_sha3", ASKED),
            ("registration", ASKED),
            ("name", PERSONAL),
            ("ip", PERSONAL),
            ("created_at", ASKED),
            ("expires_at", ASKED),
            ("approved_at", ASKED),
        ],
    ),
    (
        "recovery_requests",
        &[
            ("book_id", ASKED),
            ("request_id", ASKED),
            ("user_id", ASKED),
            ("registration", ASKED),
            ("proved_by_code", ASKED),
            ("ip", PERSONAL),
            ("created_at", ASKED),
            ("expires_at", ASKED),
            ("approved_at", ASKED),
        ],
    ),
    (
        "accounts",
        &[
            ("book_id", D),
            ("account_id", C),
            ("number", D),
            ("owner", C),
            ("asset", C),
            ("kind", C),
            ("floor", C),
            ("freeze_debit", C),
            ("freeze_credit", C),
            ("closed", D),
            ("debits_posted", D),
            ("credits_posted", D),
            ("debits_pending", D),
            ("credits_pending", D),
            ("entry_count", D),
            ("usage", D),
            ("risk", D),
            ("usage", D),
            ("opened_at", C),
        ],
    ),
    (
        "transfers",
        &[
            ("book_id", D),
            ("transfer_id", C),
            ("intent_id", C),
            ("item", C),
            ("kind", C),
            ("debit_account", C),
            ("credit_account", C),
            ("debit_owner", D),
            ("credit_owner", D),
            ("amount", C),
            ("asset", C),
            ("code", C),
            ("refers_to", C),
            ("value_on", D),
            ("rate", C),
            ("posted_at", C),
        ],
    ),
    (
        "payees",
        &[
            ("book_id", D),
            ("account_id", D),
            ("payee_id", D),
            ("owner", D),
            ("known_since", D),
            ("last_paid_at", D),
            ("payments", D),
            ("total", D),
            ("day_sum", D),
            ("risk", D),
        ],
    ),
    (
        "entries",
        &[
            ("book_id", D),
            ("account_id", C),
            ("sequence", C),
            ("transfer_id", C),
            ("owner", D),
            ("side", C),
            ("amount", C),
            ("balance_after", C),
        ],
    ),
    (
        "records",
        &[
            ("book_id", D),
            ("leaf_index", C),
            ("intent_id", C),
            ("tree_size", D),
            ("recorded_at", C),
            ("user_id", C),
            ("leaf", C),
            ("salts", C),
            ("intent", C),
            ("actor", C),
            ("origin", C),
            ("effects", C),
            ("evidence", C),
        ],
    ),
    (
        "transfer_details",
        &[
            ("book_id", ERASABLE),
            ("transfer_id", C),
            ("debit_owner", D),
            ("credit_owner", D),
            ("salt", C),
            ("details", C),
        ],
    ),
    (
        "kept_texts",
        &[("book_id", ERASABLE), ("intent_id", C), ("owner", D), ("salt", C), ("details", C)],
    ),
    (
        "payment_templates",
        &[
            ("book_id", NOTE),
            ("template_id", NOTE),
            ("owner", NOTE),
            ("name", NOTE),
            ("debit", NOTE),
            ("credit", NOTE),
            ("asset", NOTE),
            ("amount", NOTE),
            ("memo", NOTE),
            ("created_at", NOTE),
            ("changed_at", NOTE),
        ],
    ),
    (
        "payment_file_contents",
        &[("book_id", KEPT), ("intent_id", KEPT), ("owner", KEPT), ("salt", KEPT), ("bytes", KEPT)],
    ),
    (
        "webhook_secrets",
        &[
            ("book_id", SECRET),
            ("webhook_id", SECRET),
            ("made_by", SECRET),
            ("sealed_secret", SECRET),
            ("ends_at", SECRET),
        ],
    ),
    (
        "webhook_deliveries",
        &[
            ("book_id", TOLD),
            ("webhook_id", TOLD),
            ("next_leaf", TOLD),
            ("attempts", TOLD),
            ("failing_since", TOLD),
            ("retry_at", TOLD),
            ("paused_at", TOLD),
            ("last_result", TOLD),
            ("last_at", TOLD),
            ("lease_holder", TOLD),
            ("lease_until", TOLD),
        ],
    ),
    (
        "statement_signatures",
        &[("book_id", SIGNED), ("statement_id", SIGNED), ("owner", SIGNED), ("signature", SIGNED)],
    ),
    ("statement_progress", &[("book_id", NOTED), ("done_day", NOTED)]),
    ("log_head", &[("book_id", D), ("size", D), ("root", C)]),
    ("log_tiles", &[("book_id", D), ("level", D), ("tile_index", D), ("hashes", D)]),
    ("log_checkpoints", &[("book_id", D), ("size", C), ("note", C), ("signed_at", C)]),
    (
        "_sqlx_migrations",
        &[
            ("version", TOOL),
            ("description", TOOL),
            ("installed_on", TOOL),
            ("success", TOOL),
            ("checksum", TOOL),
            ("execution_time", TOOL),
        ],
    ),
];
