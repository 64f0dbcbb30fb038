-- Custom roles and their grants (registers), and row-level security by permission.

CREATE TABLE roles (
    book_id     int4 NOT NULL REFERENCES books (book_id),
    name        text NOT NULL CHECK (name ~ '^[a-z0-9_]{1,40}$'),
    base        text NOT NULL CHECK (base IN ('customer', 'manager', 'auditor_clerk', 'system_admin')),
    permissions text NOT NULL, -- names in the order of the program's table, one space between
    active      bool NOT NULL,
    intent_id   uuid NOT NULL, -- the record that wrote this row
    changed_by  uuid NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (book_id, name)
);

CREATE TABLE role_grants (
    book_id    int4 NOT NULL REFERENCES books (book_id),
    user_id    uuid NOT NULL,
    name       text NOT NULL,
    granted    bool NOT NULL,
    intent_id  uuid NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (book_id, user_id, name)
);

GRANT SELECT, INSERT, UPDATE ON roles, role_grants TO strongroom_writer;
GRANT SELECT ON roles, role_grants TO strongroom_app, strongroom_auditor;
ALTER TABLE roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE roles FORCE ROW LEVEL SECURITY;
ALTER TABLE role_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE role_grants FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON roles TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON role_grants TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON roles FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON role_grants FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY own ON role_grants FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
-- What a role is, is no secret to anyone who is signed in; who holds it is.
CREATE POLICY signed_in ON roles FOR SELECT TO strongroom_app
    USING (nullif(current_setting('app.user_id', true), '') IS NOT NULL);

-- Staff see by role and by permission: a custom role that takes a permission away takes its rows away too. The list in
-- `app.permissions` begins and ends with a space.
CREATE POLICY staff ON role_grants FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin')
           AND (position(' users:read ' IN current_setting('app.permissions', true)) > 0
                OR position(' roles:manage ' IN current_setting('app.permissions', true)) > 0));
ALTER POLICY staff ON accounts
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk')
           AND position(' accounts:read ' IN current_setting('app.permissions', true)) > 0);
ALTER POLICY staff ON transfers
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk')
           AND position(' accounts:read ' IN current_setting('app.permissions', true)) > 0);
ALTER POLICY staff ON entries
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk')
           AND position(' accounts:read ' IN current_setting('app.permissions', true)) > 0);
ALTER POLICY staff ON users
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin')
           AND position(' users:read ' IN current_setting('app.permissions', true)) > 0);
ALTER POLICY staff ON user_locks
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin')
           AND position(' users:read ' IN current_setting('app.permissions', true)) > 0);
ALTER POLICY staff ON certificates
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin')
           AND position(' certificates:read ' IN current_setting('app.permissions', true)) > 0);
ALTER POLICY staff ON records
    USING (current_setting('app.role', true) = 'auditor_clerk'
           AND (position(' log:read ' IN current_setting('app.permissions', true)) > 0
                OR position(' audit:report ' IN current_setting('app.permissions', true)) > 0));

-- The audit trail asks for windows of time.
CREATE INDEX records_by_time ON records (book_id, recorded_at, leaf_index);

-- From which addresses people may come.
CREATE TABLE ip_rules (
    book_id    int4 NOT NULL REFERENCES books (book_id),
    rule_id    uuid NOT NULL,
    subject    text NOT NULL, -- role:<name> or user:<id>
    network    text NOT NULL, -- CIDR, in one spelling
    action     text NOT NULL CHECK (action IN ('allow', 'deny', 'none')),
    intent_id  uuid NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (book_id, rule_id)
);
GRANT SELECT, INSERT, UPDATE ON ip_rules TO strongroom_writer;
GRANT SELECT ON ip_rules TO strongroom_app, strongroom_auditor;
ALTER TABLE ip_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE ip_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON ip_rules TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON ip_rules FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY staff ON ip_rules FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) = 'system_admin'
           AND position(' ip_rules:manage ' IN current_setting('app.permissions', true)) > 0);
