-- Registers: every row is what the last leaf that names it says. A row is replaced, never removed.

CREATE TABLE user_locks (
    book_id    int4 NOT NULL REFERENCES books (book_id),
    user_id    uuid NOT NULL,
    locked     bool NOT NULL,
    reason     text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 140),
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (book_id, user_id)
);

GRANT SELECT, INSERT, UPDATE ON user_locks TO strongroom_writer;
GRANT SELECT ON user_locks TO strongroom_app, strongroom_auditor;
ALTER TABLE user_locks ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_locks FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON user_locks TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON user_locks FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY own ON user_locks FOR SELECT TO strongroom_app
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY staff ON user_locks FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin'));
