-- Statements that the bank makes by itself when a day is closed.

-- A register: one row a statement, which its leaf says whole. The statement itself is written again from the entries when
-- somebody asks for it, and is what its hash says.
CREATE TABLE statements (
    book_id      int4 NOT NULL REFERENCES books (book_id),
    account_id   uuid NOT NULL,
    last_day     text NOT NULL CHECK (last_day ~ '^\d{4}-\d{2}-\d{2}$'),
    first_day    text NOT NULL CHECK (first_day ~ '^\d{4}-\d{2}-\d{2}$'),
    owner        uuid NOT NULL,
    statement_id uuid NOT NULL,
    made_at      timestamptz NOT NULL,
    log_size     int8 NOT NULL CHECK (log_size > 0), -- of the checkpoint as of which it was made
    log_root     bytea NOT NULL CHECK (octet_length(log_root) = 32),
    file_hash    bytea NOT NULL CHECK (octet_length(file_hash) = 32), -- SHA-256 of its JSON form, signature included
    PRIMARY KEY (book_id, account_id, last_day),
    CONSTRAINT statements_have_an_id_each UNIQUE (book_id, statement_id)
);

-- The bank's signature on it, which is not made twice. One without a statement was made by a server that was not first.
CREATE TABLE statement_signatures (
    book_id      int4 NOT NULL REFERENCES books (book_id),
    statement_id uuid NOT NULL,
    owner        uuid NOT NULL,
    signature    bytea NOT NULL CHECK (octet_length(signature) BETWEEN 64 AND 65536),
    PRIMARY KEY (book_id, statement_id)
);

-- The last day whose statements are all made. It says what need not be looked at again, and nothing else.
CREATE TABLE statement_progress (
    book_id  int4 PRIMARY KEY REFERENCES books (book_id),
    done_day date NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON statements, statement_progress TO strongroom_writer;
GRANT SELECT, INSERT, DELETE ON statement_signatures TO strongroom_writer;
GRANT SELECT ON statements, statement_signatures TO strongroom_app, strongroom_auditor;
GRANT SELECT ON statement_progress TO strongroom_auditor;

ALTER TABLE statements ENABLE ROW LEVEL SECURITY;
ALTER TABLE statements FORCE ROW LEVEL SECURITY;
ALTER TABLE statement_signatures ENABLE ROW LEVEL SECURITY;
ALTER TABLE statement_signatures FORCE ROW LEVEL SECURITY;
ALTER TABLE statement_progress ENABLE ROW LEVEL SECURITY;
ALTER TABLE statement_progress FORCE ROW LEVEL SECURITY;

CREATE POLICY writer ON statements TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON statement_signatures TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON statement_progress TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON statements FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON statement_signatures FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON statement_progress FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY own ON statements FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON statement_signatures FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
