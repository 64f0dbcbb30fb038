-- What the risk engine is told of a person: failed sign-ins before a session, changes of what they sign in with, and what
-- they have paid since they came back without any of their devices.

ALTER TABLE sessions ADD COLUMN failures_before int4 NOT NULL DEFAULT 0 CHECK (failures_before >= 0);
ALTER TABLE sessions ALTER COLUMN failures_before DROP DEFAULT;

-- A register: when somebody's password or second factor was last changed, or they came back without their devices.
CREATE TABLE credential_changes (
    book_id    int4 NOT NULL REFERENCES books (book_id),
    user_id    uuid NOT NULL,
    what       text NOT NULL CHECK (what IN ('password', 'totp', 'recovery-codes', 'passkey', 'recovery')),
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (book_id, user_id)
);

-- A register: what a person has paid under the limit of a recovery, per asset. The lock is the person's row of
-- recovery_limits.
CREATE TABLE recovery_payments (
    book_id      int4 NOT NULL REFERENCES books (book_id),
    user_id      uuid NOT NULL,
    asset        text NOT NULL,
    registration bytea NOT NULL CHECK (octet_length(registration) = 32),
    paid         int8 NOT NULL CHECK (paid >= 0),
    PRIMARY KEY (book_id, user_id, asset)
);

GRANT SELECT, INSERT, UPDATE ON credential_changes, recovery_payments TO strongroom_writer;
GRANT SELECT ON credential_changes, recovery_payments TO strongroom_app, strongroom_auditor;

ALTER TABLE credential_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE credential_changes FORCE ROW LEVEL SECURITY;
ALTER TABLE recovery_payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_payments FORCE ROW LEVEL SECURITY;

CREATE POLICY writer ON credential_changes TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON recovery_payments TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON credential_changes FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON recovery_payments FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY own ON credential_changes FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON recovery_payments FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY staff ON credential_changes FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin'));
CREATE POLICY staff ON recovery_payments FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk'));
