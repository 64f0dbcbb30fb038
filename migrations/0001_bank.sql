-- One bank, one book: `book_id` leads every key so that a book can move to its own shard.
-- Every CHECK repeats a rule that a pure crate already enforces: two independent guards.

CREATE TABLE books (
    book_id    int4 PRIMARY KEY,
    bank       text NOT NULL UNIQUE,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    suite      text NOT NULL,
    founded_at timestamptz NOT NULL
);

CREATE TABLE assets (
    book_id int4 NOT NULL REFERENCES books (book_id),
    asset   text NOT NULL CHECK (octet_length(asset) BETWEEN 1 AND 12),
    scale   int4 NOT NULL CHECK (scale BETWEEN 0 AND 18),
    PRIMARY KEY (book_id, asset)
);

CREATE TABLE users (
    book_id                 int4 NOT NULL REFERENCES books (book_id),
    user_id                 uuid NOT NULL,
    name                    text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    email                   text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    role                    text NOT NULL CHECK (role IN ('customer', 'manager', 'auditor_clerk', 'system_admin')),
    status                  text NOT NULL CHECK (status IN ('registered', 'active', 'locked')),
    registration_hash       bytea CHECK (octet_length(registration_hash) = 32), -- SHA3-256 of the one-time token; null once redeemed
    registration_expires_at timestamptz,
    registered_at           timestamptz NOT NULL,
    PRIMARY KEY (book_id, user_id),
    CONSTRAINT users_email_is_unique UNIQUE (book_id, email)
);

CREATE TABLE certificates (
    book_id           int4 NOT NULL REFERENCES books (book_id),
    fingerprint       bytea NOT NULL CHECK (octet_length(fingerprint) = 32), -- SHA3-256 of der
    user_id           uuid NOT NULL,
    role              text NOT NULL,
    der               bytea NOT NULL,
    serial            bytea NOT NULL,
    lineage           bytea NOT NULL CHECK (octet_length(lineage) = 32),
    generation        int4 NOT NULL CHECK (generation >= 1),
    previous          bytea CHECK (octet_length(previous) = 32),
    device_id         bytea NOT NULL CHECK (octet_length(device_id) = 32),
    not_before        timestamptz NOT NULL,
    not_after         timestamptz NOT NULL,
    status            text NOT NULL CHECK (status IN ('active', 'superseded', 'revoked')),
    ended_at          timestamptz,
    revocation_reason text,
    PRIMARY KEY (book_id, fingerprint),
    CONSTRAINT certificates_generation_is_unique UNIQUE (book_id, lineage, generation),
    CONSTRAINT certificates_serial_is_unique UNIQUE (book_id, serial),
    CONSTRAINT certificates_end_has_a_time CHECK ((status = 'active') = (ended_at IS NULL))
);
CREATE INDEX certificates_by_user ON certificates (book_id, user_id);

-- A component key lives in one composite only: a second use anywhere is refused.
CREATE TABLE certificate_components (
    book_id     int4 NOT NULL,
    component   bytea NOT NULL CHECK (octet_length(component) = 32), -- SHA3-256 of one half of the public key
    fingerprint bytea NOT NULL,
    PRIMARY KEY (book_id, component)
);

CREATE TABLE devices (
    book_id           int4 NOT NULL REFERENCES books (book_id),
    device_id         bytea NOT NULL CHECK (octet_length(device_id) = 32), -- SHA3-256 of the device verifier
    user_id           uuid NOT NULL,
    sealed_device_key bytea NOT NULL, -- under the vault key
    kem_public_key    bytea NOT NULL,
    status            text NOT NULL CHECK (status IN ('active', 'revoked')),
    enrolled_at       timestamptz NOT NULL,
    PRIMARY KEY (book_id, device_id)
);

-- One row a book. `epoch` grows with every change of authority (rotation, revocation, lock of a person):
-- whoever cached an answer under an older epoch asks again.
CREATE TABLE authority_state (
    book_id         int4 PRIMARY KEY REFERENCES books (book_id),
    epoch           int8 NOT NULL CHECK (epoch >= 0),
    root_der        bytea NOT NULL,
    issuing_der     bytea NOT NULL,
    crl_number      int8 NOT NULL CHECK (crl_number >= 1),
    crl_der         bytea NOT NULL,
    crl_this_update timestamptz NOT NULL,
    crl_next_update timestamptz NOT NULL
);

CREATE TABLE challenges (
    book_id     int4 NOT NULL REFERENCES books (book_id),
    nonce       bytea NOT NULL CHECK (octet_length(nonce) = 32),
    certificate bytea NOT NULL CHECK (octet_length(certificate) = 32),
    device_id   bytea NOT NULL CHECK (octet_length(device_id) = 32),
    origin      text NOT NULL,
    expires_at  timestamptz NOT NULL,
    redeemed_at timestamptz,
    PRIMARY KEY (book_id, nonce)
);

CREATE TABLE sessions (
    book_id            int4 NOT NULL REFERENCES books (book_id),
    session_id         uuid NOT NULL,
    user_id            uuid NOT NULL,
    certificate        bytea NOT NULL CHECK (octet_length(certificate) = 32),
    device_id          bytea NOT NULL CHECK (octet_length(device_id) = 32),
    sealed_secret      bytea NOT NULL, -- the session bootstrap secret under the vault key
    refresh_hash       bytea NOT NULL CHECK (octet_length(refresh_hash) = 32),
    refresh_generation int8 NOT NULL CHECK (refresh_generation >= 1),
    ip                 text NOT NULL,
    user_agent         text NOT NULL,
    created_at         timestamptz NOT NULL,
    refreshed_at       timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    revoked_at         timestamptz,
    revocation_reason  text,
    PRIMARY KEY (book_id, session_id)
);
CREATE INDEX sessions_by_user ON sessions (book_id, user_id);

-- Amounts are minor units. The four counters only grow (pending ones shrink when a hold resolves).
CREATE TABLE accounts (
    book_id         int4 NOT NULL REFERENCES books (book_id),
    account_id      uuid NOT NULL,
    number          text NOT NULL,
    owner           uuid, -- null: the bank itself
    asset           text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense', 'equity')),
    floor           int8, -- null: unlimited; 0: no overdraft; -N: overdraft limit
    freeze_debit    bool NOT NULL DEFAULT false,
    freeze_credit   bool NOT NULL DEFAULT false,
    closed          bool NOT NULL DEFAULT false,
    debits_posted   int8 NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
    credits_posted  int8 NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
    debits_pending  int8 NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
    credits_pending int8 NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
    entry_count     int8 NOT NULL DEFAULT 0 CHECK (entry_count >= 0),
    risk            bytea NOT NULL DEFAULT '', -- streaming state of the risk engine, versioned by its first byte
    opened_at       timestamptz NOT NULL,
    PRIMARY KEY (book_id, account_id),
    CONSTRAINT accounts_number_is_unique UNIQUE (book_id, number),
    CONSTRAINT accounts_asset_exists FOREIGN KEY (book_id, asset) REFERENCES assets (book_id, asset)
) WITH (fillfactor = 50); -- counters change in place (HOT): no index on what a posting writes
CREATE INDEX accounts_by_owner ON accounts (book_id, owner);

-- No foreign keys from here on: they would cost a row lock and a look-up per row of a group commit.
-- The poster holds the accounts locked when it writes, and `strongroom verify` proves every reference.
CREATE TABLE transfers (
    book_id        int4 NOT NULL,
    transfer_id    uuid NOT NULL,
    intent_id      uuid NOT NULL, -- the record it was decided in
    item           int4 NOT NULL CHECK (item >= 0), -- position in its batch; 0 for a single one
    kind           text NOT NULL CHECK (kind IN ('post', 'hold', 'capture', 'void', 'reverse')),
    debit_account  uuid NOT NULL,
    credit_account uuid NOT NULL,
    debit_owner    uuid,
    credit_owner   uuid,
    amount         int8 NOT NULL CHECK (amount >= 0), -- 0 only in a refused one
    asset          text NOT NULL,
    code           text NOT NULL, -- 'ok', or why it was refused
    posted_at      timestamptz NOT NULL,
    PRIMARY KEY (book_id, transfer_id),
    CONSTRAINT transfers_move_between_two_accounts CHECK (code <> 'ok' OR (debit_account <> credit_account AND amount > 0))
);

CREATE TABLE entries (
    book_id       int4 NOT NULL,
    account_id    uuid NOT NULL,
    sequence      int8 NOT NULL CHECK (sequence >= 1), -- dense per account
    transfer_id   uuid NOT NULL,
    owner         uuid,
    side          text NOT NULL CHECK (side IN ('debit', 'credit')),
    amount        int8 NOT NULL CHECK (amount > 0),
    balance_after int8 NOT NULL, -- signed, on the account's normal side
    PRIMARY KEY (book_id, account_id, sequence)
);

-- The evidence: exact bytes, never re-serialised, never updated but by an erasure (a later migration's function).
CREATE TABLE records (
    book_id     int4 NOT NULL,
    leaf_index  int8 NOT NULL CHECK (leaf_index >= 0),
    intent_id   uuid NOT NULL, -- an event has one too, chosen by the server
    tree_size   int8 NOT NULL, -- of the checkpoint that its receipt carries
    recorded_at timestamptz NOT NULL,
    user_id     uuid, -- null: an event
    leaf        bytea NOT NULL CHECK (octet_length(leaf) = 170),
    salts       bytea NOT NULL CHECK (octet_length(salts) = 160),
    intent      bytea,
    actor       bytea,
    origin      bytea,
    effects     bytea,
    evidence    bytea,
    PRIMARY KEY (book_id, leaf_index),
    CONSTRAINT records_intent_id_is_unique UNIQUE (book_id, intent_id)
) WITH (toast_tuple_target = 8160);
-- Signatures do not compress: keep a record in its page when it fits, beside it uncompressed when not.
ALTER TABLE records ALTER COLUMN intent SET STORAGE EXTERNAL;
ALTER TABLE records ALTER COLUMN actor SET STORAGE EXTERNAL;
ALTER TABLE records ALTER COLUMN origin SET STORAGE EXTERNAL;
ALTER TABLE records ALTER COLUMN effects SET STORAGE EXTERNAL;
ALTER TABLE records ALTER COLUMN evidence SET STORAGE EXTERNAL;
ALTER TABLE records ALTER COLUMN salts SET STORAGE EXTERNAL;
ALTER TABLE records ALTER COLUMN leaf SET STORAGE EXTERNAL;
CREATE INDEX records_by_user ON records (book_id, user_id, leaf_index);

-- Free text (a memo, a name on a payment) stands outside the signed bytes, bound by a salted commitment, and can be erased.
CREATE TABLE transfer_details (
    book_id     int4 NOT NULL,
    transfer_id uuid NOT NULL,
    debit_owner uuid,
    credit_owner uuid,
    salt        bytea NOT NULL CHECK (octet_length(salt) = 32),
    details     bytea NOT NULL,
    PRIMARY KEY (book_id, transfer_id)
);

CREATE TABLE log_head (
    book_id  int4 PRIMARY KEY REFERENCES books (book_id),
    size     int8 NOT NULL CHECK (size >= 0),
    root     bytea NOT NULL CHECK (octet_length(root) = 32)
);

CREATE TABLE log_tiles (
    book_id    int4 NOT NULL,
    level      int4 NOT NULL CHECK (level BETWEEN 0 AND 7),
    tile_index int8 NOT NULL CHECK (tile_index >= 0),
    hashes     bytea NOT NULL CHECK (octet_length(hashes) = 8192),
    PRIMARY KEY (book_id, level, tile_index)
) WITH (toast_tuple_target = 8160);
ALTER TABLE log_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE log_checkpoints (
    book_id   int4 NOT NULL,
    size      int8 NOT NULL CHECK (size >= 1),
    note      text NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (book_id, size)
) WITH (toast_tuple_target = 8160);
ALTER TABLE log_checkpoints ALTER COLUMN note SET STORAGE EXTERNAL;
