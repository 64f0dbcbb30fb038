-- What every request asks of its session's row, by a role that may ask nothing else; session keys that can be replaced;
-- and from where people have signed in before.

-- The gate looks at every request: is this session open, who is it, may they come in. It reads no secret, writes nothing,
-- and knows no name. Connections of a small pool are this role from the beginning, so that the answer costs one round trip.
DO $$ BEGIN CREATE ROLE strongroom_gate NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT strongroom_gate TO strongroom_server;
GRANT USAGE ON SCHEMA public TO strongroom_gate;

-- Counts the keys that a session has had: proofs under an older one are refused at every instance.
ALTER TABLE sessions ADD COLUMN key_generation int8 NOT NULL DEFAULT 1 CHECK (key_generation >= 1);
-- Whether its holder had been seen before where it was opened: 'first', nowhere was; 'known'; 'new', elsewhere only.
ALTER TABLE sessions ADD COLUMN place text NOT NULL DEFAULT 'known' CHECK (place IN ('first', 'known', 'new'));
ALTER TABLE sessions ALTER COLUMN place DROP DEFAULT;
GRANT SELECT (place) ON sessions TO strongroom_app;

-- The gate's statement is planned once for all sessions. The key is then the only index that has the book: no plan can read
-- all sessions of it.
DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (user_id);

GRANT SELECT (book_id, session_id, user_id, certificate, assurance, authenticated_at, used_at, revoked_at, key_generation)
    ON sessions TO strongroom_gate;
GRANT SELECT (book_id, epoch) ON authority_state TO strongroom_gate;
GRANT SELECT (book_id, user_id, role, status) ON users TO strongroom_gate;
GRANT SELECT (book_id, user_id, locked) ON user_locks TO strongroom_gate;
GRANT SELECT (book_id, user_id, name, granted) ON role_grants TO strongroom_gate;
GRANT SELECT (book_id, name, permissions, active) ON roles TO strongroom_gate;
CREATE POLICY gate ON sessions FOR SELECT TO strongroom_gate USING (true);
CREATE POLICY gate ON users FOR SELECT TO strongroom_gate USING (true);
CREATE POLICY gate ON user_locks FOR SELECT TO strongroom_gate USING (true);
CREATE POLICY gate ON role_grants FOR SELECT TO strongroom_gate USING (true);
CREATE POLICY gate ON roles FOR SELECT TO strongroom_gate USING (true);

-- Where a person has signed in, as a keyed hash of person and network: two people in one place have nothing in common.
CREATE TABLE known_places (
    book_id       int4 NOT NULL REFERENCES books (book_id),
    user_id       uuid NOT NULL,
    place         bytea NOT NULL CHECK (octet_length(place) = 32),
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (book_id, user_id, place)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON known_places TO strongroom_writer;
ALTER TABLE known_places ENABLE ROW LEVEL SECURITY;
ALTER TABLE known_places FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON known_places TO strongroom_writer USING (true) WITH CHECK (true);
