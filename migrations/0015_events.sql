-- Events: the log is the outbox, and needs no table. Webhooks: endpoints, their secrets, and how far they were told.

-- A register: where the bank tells what happens.
CREATE TABLE webhooks (
    book_id    int4 NOT NULL REFERENCES books (book_id),
    webhook_id uuid NOT NULL,
    url        text NOT NULL,
    kinds      text NOT NULL, -- names, one space between; none: all
    active     bool NOT NULL,
    secret     uuid NOT NULL, -- the intent that made the secret now in force
    intent_id  uuid NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (book_id, webhook_id)
);

-- Its secrets: the one in force, and for a day the one before.
CREATE TABLE webhook_secrets (
    book_id       int4 NOT NULL REFERENCES books (book_id),
    webhook_id    uuid NOT NULL,
    made_by       uuid NOT NULL, -- an intent
    sealed_secret bytea NOT NULL,
    ends_at       timestamptz, -- null: in force
    PRIMARY KEY (book_id, made_by)
);
CREATE INDEX webhook_secrets_by_webhook ON webhook_secrets (book_id, webhook_id);

-- How far an endpoint was told, and which instance tells it now.
CREATE TABLE webhook_deliveries (
    book_id       int4 NOT NULL REFERENCES books (book_id),
    webhook_id    uuid NOT NULL,
    next_leaf     int8 NOT NULL CHECK (next_leaf >= 0),
    attempts      int4 NOT NULL CHECK (attempts >= 0), -- failures in a row
    failing_since timestamptz,
    retry_at      timestamptz,
    paused_at     timestamptz,
    last_result   text, -- a status, or why there was none
    last_at       timestamptz,
    lease_holder  text,
    lease_until   timestamptz,
    PRIMARY KEY (book_id, webhook_id)
);

GRANT SELECT, INSERT, UPDATE ON webhooks, webhook_deliveries TO strongroom_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_secrets TO strongroom_writer;
GRANT SELECT ON webhooks, webhook_deliveries TO strongroom_app, strongroom_auditor;
ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
ALTER TABLE webhook_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_secrets FORCE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON webhooks TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON webhook_secrets TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON webhook_deliveries TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON webhooks FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON webhook_deliveries FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY staff ON webhooks FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) = 'system_admin'
           AND position(' webhooks:manage ' IN current_setting('app.permissions', true)) > 0);
CREATE POLICY staff ON webhook_deliveries FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) = 'system_admin'
           AND position(' webhooks:manage ' IN current_setting('app.permissions', true)) > 0);
