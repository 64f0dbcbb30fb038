-- Ways in without a certificate: password, second factors, passkeys; what a session was opened by; how often it was tried.

-- Aal 1 is 'password', aal 3 is 'certificate', aal 2 is everything else.
ALTER TABLE sessions ALTER COLUMN certificate DROP NOT NULL;
ALTER TABLE sessions ALTER COLUMN device_id DROP NOT NULL;
ALTER TABLE sessions ADD COLUMN assurance text NOT NULL DEFAULT 'certificate'
    CHECK (assurance IN ('password', 'totp', 'recovery_code', 'trusted_device', 'passkey', 'certificate'));
ALTER TABLE sessions ALTER COLUMN assurance DROP DEFAULT;
ALTER TABLE sessions ADD COLUMN authenticated_at timestamptz; -- when the holder last proved who they are
UPDATE sessions SET authenticated_at = created_at;
ALTER TABLE sessions ALTER COLUMN authenticated_at SET NOT NULL;
ALTER TABLE sessions ADD COLUMN used_at timestamptz; -- to the minute, and only where an idle session ends
UPDATE sessions SET used_at = created_at;
ALTER TABLE sessions ALTER COLUMN used_at SET NOT NULL;
ALTER TABLE sessions ADD CONSTRAINT sessions_certificate_means_aal3
    CHECK ((assurance = 'certificate') = (certificate IS NOT NULL) AND (assurance = 'certificate') = (device_id IS NOT NULL));

-- A challenge made inside a session is answered inside it; one that opens a session names none.
ALTER TABLE challenges ADD COLUMN session_id uuid;

CREATE TABLE passwords (
    book_id     int4 NOT NULL REFERENCES books (book_id),
    user_id     uuid NOT NULL,
    salt        bytea NOT NULL CHECK (octet_length(salt) = 16),
    m_kib       int4 NOT NULL, -- cost of Argon2id
    passes      int4 NOT NULL,
    lanes       int4 NOT NULL,
    sealed_hash bytea NOT NULL, -- under the vault key: a stolen table cannot be guessed at
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (book_id, user_id)
);

-- Failures grow and fade; nobody's name is in here.
CREATE TABLE sign_in_attempts (
    book_id      int4 NOT NULL REFERENCES books (book_id),
    subject      bytea NOT NULL CHECK (octet_length(subject) = 32), -- keyed hash of an e-mail, a user or an address
    failures     int4 NOT NULL CHECK (failures >= 0),
    last_at      timestamptz NOT NULL,
    locked_until timestamptz NOT NULL,
    PRIMARY KEY (book_id, subject)
);
CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (book_id, last_at);

CREATE TABLE totp_factors (
    book_id       int4 NOT NULL REFERENCES books (book_id),
    user_id       uuid NOT NULL,
    sealed_secret bytea NOT NULL, -- under the vault key
    last_step     int8 NOT NULL CHECK (last_step >= 0), -- the newest step that was accepted; it only grows
    created_at    timestamptz NOT NULL,
    confirmed_at  timestamptz, -- null: set up and not yet shown to work
    PRIMARY KEY (book_id, user_id)
);

CREATE TABLE second_factor_codes (
    book_id   int4 NOT NULL REFERENCES books (book_id),
    user_id   uuid NOT NULL,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32), -- SHA3-256; the code has 80 random bits
    used_at   timestamptz,
    PRIMARY KEY (book_id, user_id, code_hash)
);

CREATE TABLE trusted_browsers (
    book_id    int4 NOT NULL REFERENCES books (book_id),
    trust_id   uuid NOT NULL,
    user_id    uuid NOT NULL,
    token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32), -- SHA3-256 of 256 random bits
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (book_id, trust_id),
    CONSTRAINT trusted_browsers_token_is_unique UNIQUE (book_id, token_hash)
);
CREATE INDEX trusted_browsers_by_user ON trusted_browsers (book_id, user_id);

CREATE TABLE passkeys (
    book_id       int4 NOT NULL REFERENCES books (book_id),
    credential_id bytea NOT NULL, -- as the authenticator chose it
    user_id       uuid NOT NULL,
    name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    credential    bytea NOT NULL, -- public key and counter, as the library writes them
    created_at    timestamptz NOT NULL,
    used_at       timestamptz,
    PRIMARY KEY (book_id, credential_id)
);
CREATE INDEX passkeys_by_user ON passkeys (book_id, user_id);

-- What a passkey ceremony must remember between its two requests: good once, for a minute.
CREATE TABLE passkey_ceremonies (
    book_id     int4 NOT NULL REFERENCES books (book_id),
    ceremony_id uuid NOT NULL,
    purpose     text NOT NULL CHECK (purpose IN ('register', 'sign_in', 'step_up')),
    session_id  uuid, -- null: nobody is signed in yet
    state       bytea NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (book_id, ceremony_id)
);

-- All of it is the writer's: secrets and hashes are nobody's to read.
GRANT SELECT, INSERT, UPDATE, DELETE ON passwords, sign_in_attempts, totp_factors, second_factor_codes, trusted_browsers, passkeys, passkey_ceremonies TO strongroom_writer;
GRANT SELECT (assurance, authenticated_at, used_at) ON sessions TO strongroom_app;
GRANT SELECT (book_id, trust_id, user_id, name, created_at, expires_at, revoked_at) ON trusted_browsers TO strongroom_app;
GRANT SELECT (book_id, credential_id, user_id, name, created_at, used_at) ON passkeys TO strongroom_app;

ALTER TABLE passwords ENABLE ROW LEVEL SECURITY;
ALTER TABLE passwords FORCE ROW LEVEL SECURITY;
ALTER TABLE totp_factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE totp_factors FORCE ROW LEVEL SECURITY;
ALTER TABLE second_factor_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE second_factor_codes FORCE ROW LEVEL SECURITY;
ALTER TABLE trusted_browsers ENABLE ROW LEVEL SECURITY;
ALTER TABLE trusted_browsers FORCE ROW LEVEL SECURITY;
ALTER TABLE passkeys ENABLE ROW LEVEL SECURITY;
ALTER TABLE passkeys FORCE ROW LEVEL SECURITY;

CREATE POLICY writer ON passwords TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON totp_factors TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON second_factor_codes TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON trusted_browsers TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON passkeys TO strongroom_writer USING (true) WITH CHECK (true);

CREATE POLICY own ON trusted_browsers FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON passkeys FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
