-- Holds, reversals, payments that wait for a person, limits and policies.

ALTER TABLE transfers ADD COLUMN IF NOT EXISTS refers_to uuid; -- the hold or transfer that a capture, void or reversal follows
ALTER TABLE accounts ADD COLUMN IF NOT EXISTS usage bytea NOT NULL DEFAULT ''; -- what was used of the limits: 28 bytes after the first payment

-- What one account has paid to another.
CREATE TABLE payees (
    book_id      int4 NOT NULL,
    account_id   uuid NOT NULL,
    payee_id     uuid NOT NULL,
    owner        uuid, -- of the payer's account
    known_since  timestamptz NOT NULL,
    last_paid_at timestamptz,
    payments     int8 NOT NULL CHECK (payments >= 0),
    total        int8 NOT NULL CHECK (total >= 0),
    day_sum      int8 NOT NULL CHECK (day_sum >= 0), -- in the UTC day of last_paid_at
    risk         bytea NOT NULL DEFAULT '', -- what the risk engine remembers of the pair: 45 bytes after the first payment
    PRIMARY KEY (book_id, account_id, payee_id)
) WITH (fillfactor = 70); -- updated in place at every payment

-- Registers: what the ledger knows of a transfer beside its row.
CREATE TABLE holds (
    book_id        int4 NOT NULL,
    transfer_id    uuid NOT NULL,
    intent_id      uuid NOT NULL,
    for_approval   bool NOT NULL, -- a payment waits for a person; otherwise the payee takes it
    debit_account  uuid NOT NULL,
    credit_account uuid NOT NULL,
    debit_owner    uuid,
    credit_owner   uuid,
    asset          text NOT NULL,
    amount         int8 NOT NULL CHECK (amount > 0),
    expires_at     timestamptz NOT NULL,
    state          text NOT NULL CHECK (state IN ('held', 'captured', 'voided', 'expired')),
    captured       int8 NOT NULL CHECK (captured BETWEEN 0 AND amount),
    PRIMARY KEY (book_id, transfer_id),
    CONSTRAINT holds_capture_something CHECK ((state = 'captured') = (captured > 0))
);
CREATE INDEX holds_by_intent ON holds (book_id, intent_id);
CREATE INDEX holds_open_by_payer ON holds (book_id, debit_owner) WHERE state = 'held';
CREATE INDEX holds_open_by_payee ON holds (book_id, credit_owner) WHERE state = 'held';
CREATE INDEX holds_open_by_end ON holds (book_id, expires_at) WHERE state = 'held';

CREATE TABLE reversals (
    book_id     int4 NOT NULL,
    transfer_id uuid NOT NULL,
    debit_owner uuid,
    credit_owner uuid,
    reversed    int8 NOT NULL CHECK (reversed > 0),
    PRIMARY KEY (book_id, transfer_id)
);

CREATE TABLE approvals (
    book_id        int4 NOT NULL REFERENCES books (book_id),
    payment        uuid NOT NULL, -- the intent that asked for it
    maker          uuid NOT NULL,
    cause          text NOT NULL CHECK (cause IN ('amount', 'risk')),
    approvers      int8 NOT NULL CHECK (approvers IN (1, 2)),
    status         text NOT NULL CHECK (status IN ('waiting', 'approved', 'rejected', 'expired')),
    asset          text NOT NULL,
    amount         int8 NOT NULL CHECK (amount >= 0),
    transfers      int8 NOT NULL CHECK (transfers >= 1),
    placed_at      timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    escalated      bool NOT NULL,
    first_approver uuid CHECK (first_approver <> maker),
    decided_by     uuid CHECK (decided_by <> maker),
    decided_at     timestamptz,
    reason         text,
    PRIMARY KEY (book_id, payment),
    CONSTRAINT approvals_two_are_two CHECK (status <> 'approved' OR first_approver IS NULL OR first_approver <> decided_by),
    CONSTRAINT approvals_end_has_a_time CHECK ((status = 'waiting') = (decided_at IS NULL))
);
CREATE INDEX approvals_by_maker ON approvals (book_id, maker);
CREATE INDEX approvals_waiting ON approvals (book_id, placed_at) WHERE status = 'waiting';

CREATE TABLE policies (
    book_id     int4 NOT NULL REFERENCES books (book_id),
    policy      text NOT NULL,
    scope       text NOT NULL,
    value       text NOT NULL,
    proposal    uuid, -- null: the bank was founded with it
    approved_by uuid,
    since       timestamptz NOT NULL,
    PRIMARY KEY (book_id, policy, scope)
);

CREATE TABLE policy_proposals (
    book_id     int4 NOT NULL REFERENCES books (book_id),
    proposal    uuid NOT NULL, -- the intent that made it
    policy      text NOT NULL,
    scope       text NOT NULL,
    value       text NOT NULL,
    status      text NOT NULL CHECK (status IN ('proposed', 'approved', 'refused')),
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by  uuid CHECK (decided_by <> proposed_by),
    decided_at  timestamptz,
    PRIMARY KEY (book_id, proposal)
);

GRANT SELECT, INSERT, UPDATE ON payees, holds, reversals, approvals, policies, policy_proposals TO strongroom_writer;
GRANT SELECT ON payees, holds, reversals, approvals, policies, policy_proposals TO strongroom_app, strongroom_auditor;

ALTER TABLE payees ENABLE ROW LEVEL SECURITY;
ALTER TABLE payees FORCE ROW LEVEL SECURITY;
ALTER TABLE holds ENABLE ROW LEVEL SECURITY;
ALTER TABLE holds FORCE ROW LEVEL SECURITY;
ALTER TABLE reversals ENABLE ROW LEVEL SECURITY;
ALTER TABLE reversals FORCE ROW LEVEL SECURITY;
ALTER TABLE approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE approvals FORCE ROW LEVEL SECURITY;
ALTER TABLE policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE policies FORCE ROW LEVEL SECURITY;
ALTER TABLE policy_proposals ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy_proposals FORCE ROW LEVEL SECURITY;

CREATE POLICY writer ON payees TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON holds TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON reversals TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON approvals TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON policies TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON policy_proposals TO strongroom_writer USING (true) WITH CHECK (true);
CREATE POLICY auditor ON payees FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON holds FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON reversals FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON approvals FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON policies FOR SELECT TO strongroom_auditor USING (true);
CREATE POLICY auditor ON policy_proposals FOR SELECT TO strongroom_auditor USING (true);

CREATE POLICY own ON payees FOR SELECT TO strongroom_app
    USING (owner = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON holds FOR SELECT TO strongroom_app
    USING (nullif(current_setting('app.user_id', true), '')::uuid IN (debit_owner, credit_owner));
CREATE POLICY own ON approvals FOR SELECT TO strongroom_app
    USING (maker = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY staff ON holds FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk')
           AND position(' accounts:read ' IN current_setting('app.permissions', true)) > 0);
CREATE POLICY staff ON approvals FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk')
           AND position(' accounts:read ' IN current_setting('app.permissions', true)) > 0);
CREATE POLICY own ON reversals FOR SELECT TO strongroom_app
    USING (nullif(current_setting('app.user_id', true), '')::uuid IN (debit_owner, credit_owner));
CREATE POLICY staff ON reversals FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk')
           AND position(' accounts:read ' IN current_setting('app.permissions', true)) > 0);
CREATE POLICY staff ON policies FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin'));
CREATE POLICY staff ON policy_proposals FOR SELECT TO strongroom_app
    USING (current_setting('app.role', true) IN ('manager', 'auditor_clerk', 'system_admin'));
-- What holds for everybody, or for oneself, is no secret to whoever is signed in.
CREATE POLICY own ON policies FOR SELECT TO strongroom_app
    USING (nullif(current_setting('app.user_id', true), '') IS NOT NULL
           AND (scope = 'bank' OR scope = 'role:' || current_setting('app.role', true)
                OR scope = 'user:' || current_setting('app.user_id', true)));
