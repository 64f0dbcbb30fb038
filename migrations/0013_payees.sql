-- Payees that a person keeps, standing orders, templates.

-- Names and free text that an accepted intent commits to, and that are not of one transfer. They may be erased.
CREATE TABLE kept_texts (
    book_id   int4 NOT NULL REFERENCES books (book_id),
    intent_id uuid NOT NULL, -- the intent that commits to it
    owner     uuid NOT NULL,
    salt      bytea NOT NULL CHECK (octet_length(salt) = 32),
    details   bytea NOT NULL,
    PRIMARY KEY (book_id, intent_id)
);

-- Registers.
CREATE TABLE beneficiaries (
    book_id    int4 NOT NULL REFERENCES books (book_id),
    owner      uuid NOT NULL,
    account    uuid NOT NULL, -- the payee's
    asset      text NOT NULL,
    text_id    uuid,  -- the intent that commits to the name; none once the entry is deleted
    details    bytea CHECK (octet_length(details) = 32),
    name_match text NOT NULL CHECK (name_match IN ('match', 'close', 'none')),
    status     text NOT NULL CHECK (status IN ('active', 'disabled', 'deleted')),
    added_at   timestamptz NOT NULL,
    since      timestamptz NOT NULL, -- from when on it counts
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (book_id, owner, account),
    CONSTRAINT beneficiaries_have_a_name CHECK ((status = 'deleted') = (text_id IS NULL) AND (text_id IS NULL) = (details IS NULL))
);

CREATE TABLE standing_orders (
    book_id        int4 NOT NULL REFERENCES books (book_id),
    order_id       uuid NOT NULL, -- the intent that placed it
    owner          uuid NOT NULL,
    debit_account  uuid NOT NULL,
    credit_account uuid NOT NULL,
    asset          text NOT NULL,
    amount         int8 NOT NULL CHECK (amount > 0),
    details        bytea CHECK (octet_length(details) = 32),
    first_day      text NOT NULL,
    rhythm         text NOT NULL CHECK (rhythm IN ('once', 'weekly', 'monthly', 'end_of_month')),
    business_day   text NOT NULL CHECK (business_day IN ('unadjusted', 'following', 'preceding', 'modified_following')),
    last_day       text,
    days           int8 CHECK (days >= 1),
    short_of_funds text NOT NULL CHECK (short_of_funds IN ('skip', 'retry')),
    status         text NOT NULL CHECK (status IN ('active', 'ended', 'completed', 'failed')),
    next_number    int8 NOT NULL CHECK (next_number >= 0), -- of the day that comes next
    attempt        int8 NOT NULL CHECK (attempt >= 0),     -- how often that day was tried
    next_day       text,
    next_at        timestamptz,
    placed_at      timestamptz NOT NULL,
    ended_at       timestamptz,
    PRIMARY KEY (book_id, order_id),
    CONSTRAINT standing_orders_end_or_go_on CHECK ((status = 'active') = (next_at IS NOT NULL) AND (next_at IS NULL) = (ended_at IS NOT NULL)
                                                   AND (next_at IS NULL) = (next_day IS NULL))
);
CREATE INDEX standing_orders_due ON standing_orders (book_id, next_at) WHERE status = 'active';
CREATE INDEX standing_orders_by_owner ON standing_orders (book_id, owner);

-- One row a day on which an order was due, and what became of it.
CREATE TABLE standing_order_runs (
    book_id     int4 NOT NULL REFERENCES books (book_id),
    order_id    uuid NOT NULL,
    number      int8 NOT NULL CHECK (number >= 0),
    owner       uuid NOT NULL,
    due_day     text NOT NULL,
    status      text NOT NULL CHECK (status IN ('paid', 'waiting', 'skipped', 'failed')),
    code        text NOT NULL,
    attempts    int8 NOT NULL CHECK (attempts >= 1),
    transfer_id uuid,
    run_at      timestamptz NOT NULL,
    PRIMARY KEY (book_id, order_id, number),
    CONSTRAINT standing_order_runs_pay_or_say_why CHECK ((status = 'paid') = (transfer_id IS NOT NULL))
);

-- Payments that a person saved to fill in a form: nothing moves by them.
CREATE TABLE payment_templates (
    book_id     int4 NOT NULL REFERENCES books (book_id),
    template_id uuid NOT NULL,
    owner       uuid NOT NULL,
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    debit       uuid,
    credit      uuid NOT NULL,
    asset       text NOT NULL,
    amount      int8 CHECK (amount > 0),
    memo        text CHECK (char_length(memo) BETWEEN 1 AND 140),
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (book_id, template_id)
);
CREATE INDEX payment_templates_by_owner ON payment_templates (book_id, owner);

GRANT SELECT, INSERT, UPDATE ON beneficiaries, standing_orders, standing_order_runs TO strongroom_writer;
GRANT SELECT, INSERT, DELETE ON kept_texts TO strongroom_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON payment_templates TO strongroom_writer;
GRANT SELECT ON kept_texts, beneficiaries, standing_orders, standing_order_runs TO strongroom_app, strongroom_auditor;
GRANT SELECT ON payment_templates TO strongroom_app;

ALTER TABLE kept_texts ENABLE ROW LEVEL SECURITY;
ALTER TABLE kept_texts FORCE ROW LEVEL SECURITY;
ALTER TABLE beneficiaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE beneficiaries FORCE ROW LEVEL SECURITY;
ALTER TABLE standing_orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE standing_orders FORCE ROW LEVEL SECURITY;
ALTER TABLE standing_order_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE standing_order_runs FORCE ROW LEVEL SECURITY;
ALTER TABLE payment_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_templates FORCE ROW LEVEL SECURITY;

CREATE POLICY writer ON kept_texts TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON beneficiaries TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON standing_orders TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON standing_order_runs TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON payment_templates TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON kept_texts FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON beneficiaries FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON standing_orders FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON standing_order_runs FOR SELECT TO strongroom_auditor USING (true);

-- Whom somebody pays is their own business: no staff.
CREATE POLICY own ON kept_texts FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON beneficiaries FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON standing_orders FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON standing_order_runs FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON payment_templates FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
