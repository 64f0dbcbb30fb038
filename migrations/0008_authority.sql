-- The rotation of the issuing authority.

-- A register: every row is what the last leaf that names it says. The first issuing authority, of the founding, has a row
-- from its first successor on.
CREATE TABLE issuing_authorities (
    book_id           int4 NOT NULL REFERENCES books (book_id),
    authority         bytea NOT NULL CHECK (octet_length(authority) = 32), -- SHA3-256 of the certificate
    generation        int8 NOT NULL CHECK (generation >= 1),
    status            text NOT NULL CHECK (status IN ('proposed', 'active', 'retiring')),
    certificate       text NOT NULL, -- DER, base64url
    cross_certificate text, -- by the predecessor
    overlap_days      int8 CHECK (overlap_days BETWEEN 1 AND 90),
    proposed_by       uuid,
    proposed_at       timestamptz,
    expires_at        timestamptz,
    approved_by       uuid,
    active_from       timestamptz,
    active_until      timestamptz,
    retires_at        timestamptz, -- from here on nothing that it issued is accepted
    PRIMARY KEY (book_id, authority),
    CONSTRAINT issuing_authorities_are_not_approved_by_their_proposer CHECK (approved_by <> proposed_by),
    CONSTRAINT issuing_authorities_retire_when_they_are_replaced
        CHECK ((status = 'retiring') = (active_until IS NOT NULL AND retires_at IS NOT NULL))
);
CREATE UNIQUE INDEX issuing_authorities_have_one_active ON issuing_authorities (book_id) WHERE status = 'active';

-- The list of every issuing authority that no longer issues and whose certificates are still good. Number and times are
-- those of the list in authority_state, which is the active one's.
CREATE TABLE retiring_lists (
    book_id   int4 NOT NULL REFERENCES books (book_id),
    authority bytea NOT NULL CHECK (octet_length(authority) = 32),
    crl_der   bytea NOT NULL,
    PRIMARY KEY (book_id, authority)
);

GRANT SELECT, INSERT, UPDATE ON issuing_authorities TO strongroom_writer;
GRANT SELECT ON issuing_authorities TO strongroom_app, strongroom_auditor;
GRANT SELECT, INSERT, DELETE ON retiring_lists TO strongroom_writer;
GRANT SELECT ON retiring_lists TO strongroom_auditor;
ALTER TABLE issuing_authorities ENABLE ROW LEVEL SECURITY;
ALTER TABLE issuing_authorities FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON issuing_authorities TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON issuing_authorities FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY staff ON issuing_authorities FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) = 'system_admin'
           AND position(' authority:rotate ' IN current_setting('app.permissions', true)) > 0);
