-- Payment files: which account has paid which, and the files themselves.

-- A register: one row for each account that paid something of a file.
CREATE TABLE payment_files (
    book_id   int4 NOT NULL REFERENCES books (book_id),
    sent_as   text NOT NULL, -- the account, a slash, and the file's message id
    owner     uuid NOT NULL,
    intent_id uuid NOT NULL,
    file      bytea NOT NULL CHECK (octet_length(file) = 32), -- SHA3-256 of its bytes
    PRIMARY KEY (book_id, sent_as)
);

-- What the payer sent, for status reports; bound by the digest inside the intent, and never updated.
CREATE TABLE payment_file_contents (
    book_id   int4 NOT NULL,
    intent_id uuid NOT NULL,
    owner     uuid NOT NULL,
    salt      bytea NOT NULL CHECK (octet_length(salt) = 32),
    bytes     bytea NOT NULL,
    PRIMARY KEY (book_id, intent_id)
);

GRANT SELECT, INSERT, UPDATE ON payment_files TO strongroom_writer;
GRANT SELECT, INSERT ON payment_file_contents TO strongroom_writer;
GRANT SELECT ON payment_files, payment_file_contents TO strongroom_app, strongroom_auditor;

ALTER TABLE payment_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_files FORCE ROW LEVEL SECURITY;
ALTER TABLE payment_file_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_file_contents FORCE ROW LEVEL SECURITY;

CREATE POLICY writer ON payment_files TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON payment_file_contents TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON payment_files FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON payment_file_contents FOR SELECT TO strongroom_auditor USING (true);
-- The file holds names and texts: it is between its sender and the bank's machine, as details of transfers are.
CREATE POLICY own ON payment_files FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON payment_file_contents FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
