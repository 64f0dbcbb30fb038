-- Interest and fees.

-- A register: what an account has earned or owes and nobody has posted yet. Written at most once a day per account.
CREATE TABLE accruals (
    book_id       int4 NOT NULL REFERENCES books (book_id),
    account_id    uuid NOT NULL,
    owner         uuid NOT NULL,
    until         text NOT NULL CHECK (until ~ '^\d{4}-\d{2}-\d{2}$'), -- the day from which on it is not counted yet
    due           text NOT NULL CHECK (due ~ '^-?\d+$'),     -- of months that are over, in parts of a minor unit
    running       text NOT NULL CHECK (running ~ '^-?\d+$'), -- of the month of `until`
    charged_until text CHECK (charged_until ~ '^\d{4}-\d{2}-01$'), -- the month before this one is the last whose fee was paid
    PRIMARY KEY (book_id, account_id)
);

GRANT SELECT, INSERT, UPDATE ON accruals TO strongroom_writer;
GRANT SELECT ON accruals TO strongroom_app, strongroom_auditor;
ALTER TABLE accruals ENABLE ROW LEVEL SECURITY;
ALTER TABLE accruals FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON accruals TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON accruals FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY own ON accruals FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY staff ON accruals FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk'));
