-- Four database roles beside the owner, who alone may change the schema. The server logs in as one account that may
-- become any of the first three by SET ROLE, and none of them by default.
-- Created idempotently: roles belong to the cluster, this migration to a database.
DO $$ BEGIN CREATE ROLE strongroom_writer NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE strongroom_app NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE strongroom_auditor NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE strongroom_server LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT strongroom_writer, strongroom_app, strongroom_auditor TO strongroom_server;
GRANT USAGE ON SCHEMA public TO strongroom_writer, strongroom_app, strongroom_auditor, strongroom_server;

-- The writer is the corridor: it appends evidence and can never change or delete it.
GRANT SELECT, INSERT ON records, transfers, entries, transfer_details, log_tiles, log_checkpoints, certificate_components TO strongroom_writer;
GRANT SELECT, INSERT, UPDATE ON books, users, certificates, devices, authority_state, challenges, sessions, accounts, log_head TO strongroom_writer;
GRANT SELECT, INSERT ON assets TO strongroom_writer;
GRANT DELETE ON challenges TO strongroom_writer;

-- The application reads for one person at a time, under row-level security.
GRANT SELECT ON books, assets, accounts, transfers, entries, transfer_details, records, certificates, log_head, log_tiles, log_checkpoints, authority_state TO strongroom_app;
GRANT SELECT (book_id, user_id, name, email, role, status, registered_at) ON users TO strongroom_app;
GRANT SELECT (book_id, device_id, user_id, status, enrolled_at) ON devices TO strongroom_app;
GRANT SELECT (book_id, session_id, user_id, certificate, device_id, ip, user_agent, created_at, refreshed_at, expires_at, revoked_at) ON sessions TO strongroom_app;

-- The auditor reads everything but secrets, and writes nothing.
GRANT SELECT ON books, assets, accounts, transfers, entries, transfer_details, records, certificates, certificate_components, log_head, log_tiles, log_checkpoints, authority_state TO strongroom_auditor;
GRANT SELECT (book_id, user_id, name, email, role, status, registered_at) ON users TO strongroom_auditor;
GRANT SELECT (book_id, device_id, user_id, kem_public_key, status, enrolled_at) ON devices TO strongroom_auditor;

-- Row-level security: one comparison with what `db.as_user` set for this transaction; staff see by role.
-- FORCE binds the owner of the tables too.
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts FORCE ROW LEVEL SECURITY;
ALTER TABLE transfers ENABLE ROW LEVEL SECURITY;
ALTER TABLE transfers FORCE ROW LEVEL SECURITY;
ALTER TABLE entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE entries FORCE ROW LEVEL SECURITY;
ALTER TABLE transfer_details ENABLE ROW LEVEL SECURITY;
ALTER TABLE transfer_details FORCE ROW LEVEL SECURITY;
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
ALTER TABLE records FORCE ROW LEVEL SECURITY;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
ALTER TABLE certificates ENABLE ROW LEVEL SECURITY;
ALTER TABLE certificates FORCE ROW LEVEL SECURITY;
ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices FORCE ROW LEVEL SECURITY;
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;

CREATE POLICY writer ON accounts TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON transfers TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON entries TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON transfer_details TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON records TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON users TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON certificates TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON devices TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON sessions TO strongroom_writer USING (true) WITH CHECK (true);

CREATE POLICY auditor ON accounts FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON transfers FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON entries FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON transfer_details FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON records FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON users FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON certificates FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON devices FOR SELECT TO strongroom_auditor USING (true);

CREATE POLICY own ON accounts FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON transfers FOR SELECT TO strongroom_app
    USING (nullif(current_setting('app.user_id', true), '')::uuid IN (debit_owner, credit_owner));
CREATE POLICY own ON entries FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON transfer_details FOR SELECT TO strongroom_app
    USING (nullif(current_setting('app.user_id', true), '')::uuid IN (debit_owner, credit_owner));
CREATE POLICY own ON records FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON users FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON certificates FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON devices FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON sessions FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);

-- A manager works with every customer's accounts and payments, an auditor clerk reads them.
CREATE POLICY staff ON accounts FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk'));
CREATE POLICY staff ON transfers FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk'));
CREATE POLICY staff ON entries FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk'));
CREATE POLICY staff ON users FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin'));
CREATE POLICY staff ON certificates FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin'));
CREATE POLICY staff ON records FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) = 'auditor_clerk');
