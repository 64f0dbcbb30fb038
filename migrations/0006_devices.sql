-- Devices and what enrols them: registrations that a signed intent made, pairings, recoveries, limits after a recovery.

-- A register: every row is what the last leaf that names it says.
CREATE TABLE registrations (
    book_id      int4 NOT NULL REFERENCES books (book_id),
    registration bytea NOT NULL CHECK (octet_length(registration) = 32), -- SHA3-256 of the one-time token
    user_id      uuid NOT NULL,
    role         text NOT NULL CHECK (role IN ('customer', 'manager', 'auditor_clerk', 'system_admin')),
    purpose      text NOT NULL CHECK (purpose IN ('invitation', 'pairing', 'recovery')),
    person       bytea CHECK (octet_length(person) = 32), -- commitment to the name and address of who was invited
    device_id    bytea CHECK (octet_length(device_id) = 32),
    csr_sha3     bytea CHECK (octet_length(csr_sha3) = 32),
    made_by      uuid NOT NULL,
    made_under   bytea NOT NULL CHECK (octet_length(made_under) = 32), -- the certificate that signed
    made_at      timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    approved_by  uuid,
    approved_at  timestamptz,
    redeemed_at  timestamptz,
    PRIMARY KEY (book_id, registration),
    CONSTRAINT registrations_of_pairings_name_their_device
        CHECK ((purpose = 'pairing') = (device_id IS NOT NULL AND csr_sha3 IS NOT NULL)),
    CONSTRAINT registrations_are_not_approved_by_their_maker CHECK (approved_by <> made_by)
);
CREATE INDEX registrations_by_user ON registrations (book_id, user_id);

-- A register: who may pay little only, and until when, because they came back without any of their devices.
CREATE TABLE recovery_limits (
    book_id       int4 NOT NULL REFERENCES books (book_id),
    user_id       uuid NOT NULL,
    registration  bytea NOT NULL CHECK (octet_length(registration) = 32),
    limited_until timestamptz NOT NULL,
    PRIMARY KEY (book_id, user_id)
);

-- A device that waits for the approval of another one of the same person. It grants nothing.
CREATE TABLE pairings (
    book_id      int4 NOT NULL REFERENCES books (book_id),
    pairing_id   uuid NOT NULL,
    user_id      uuid NOT NULL,
    device_id    bytea NOT NULL CHECK (octet_length(device_id) = 32),
    csr_sha3     bytea NOT NULL CHECK (octet_length(csr_sha3) = 32),
    registration bytea NOT NULL CHECK (octet_length(registration) = 32),
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    ip           text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    approved_at  timestamptz,
    PRIMARY KEY (book_id, pairing_id),
    CONSTRAINT pairings_registration_is_unique UNIQUE (book_id, registration)
);
CREATE INDEX pairings_by_user ON pairings (book_id, user_id, created_at);

-- Somebody who lost every device asks to be let in again. It grants nothing before a manager signs.
CREATE TABLE recovery_requests (
    book_id      int4 NOT NULL REFERENCES books (book_id),
    request_id   uuid NOT NULL,
    user_id      uuid NOT NULL,
    registration bytea NOT NULL CHECK (octet_length(registration) = 32),
    proved_by_code bool NOT NULL, -- the person showed a recovery code
    ip           text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    approved_at  timestamptz,
    PRIMARY KEY (book_id, request_id),
    CONSTRAINT recovery_requests_registration_is_unique UNIQUE (book_id, registration)
);
CREATE INDEX recovery_requests_by_user ON recovery_requests (book_id, user_id, created_at);

ALTER TABLE devices ADD COLUMN name text CHECK (char_length(name) BETWEEN 1 AND 60);
-- Opens the commitment of an invitation to name and address; erased with them.
ALTER TABLE users ADD COLUMN person_salt bytea CHECK (octet_length(person_salt) = 32);

GRANT SELECT, INSERT, UPDATE ON registrations, recovery_limits, pairings, recovery_requests TO strongroom_writer;
GRANT DELETE ON pairings, recovery_requests TO strongroom_writer;
GRANT SELECT ON registrations, recovery_limits, pairings, recovery_requests TO strongroom_app;
GRANT SELECT ON registrations, recovery_limits TO strongroom_auditor;
GRANT SELECT (name, kem_public_key) ON devices TO strongroom_app;

ALTER TABLE registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE registrations FORCE ROW LEVEL SECURITY;
ALTER TABLE recovery_limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_limits FORCE ROW LEVEL SECURITY;
ALTER TABLE pairings ENABLE ROW LEVEL SECURITY;
ALTER TABLE pairings FORCE ROW LEVEL SECURITY;
ALTER TABLE recovery_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_requests FORCE ROW LEVEL SECURITY;

CREATE POLICY writer ON registrations TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON recovery_limits TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON pairings TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON recovery_requests TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON registrations FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON recovery_limits FOR SELECT TO strongroom_auditor USING (true);

CREATE POLICY own ON registrations FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON recovery_limits FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON pairings FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY staff ON registrations FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin'));
CREATE POLICY staff ON recovery_limits FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk'));
CREATE POLICY staff ON recovery_requests FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) = 'manager');
CREATE POLICY staff ON devices FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin'));
