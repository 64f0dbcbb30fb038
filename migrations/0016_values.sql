-- Value dates, and the rates of exchanges.

ALTER TABLE transfers ADD COLUMN value_on date; -- null: it changed no balance
ALTER TABLE transfers ADD COLUMN rate text;     -- of an exchange: 'EUR/USD 1.0812'
-- What was posted before there were calendars counts from its own day.
ALTER TABLE transfers NO FORCE ROW LEVEL SECURITY;
UPDATE transfers SET value_on = (posted_at AT TIME ZONE 'UTC')::date
 WHERE code = 'ok' AND kind IN ('post', 'capture', 'reverse');
ALTER TABLE transfers FORCE ROW LEVEL SECURITY;

-- The history of an account by value date: what counts from the day of its posting stands in the order of its entries, so
-- that only the rest needs an order of its own, and a posting on an ordinary day costs nothing more.
CREATE INDEX transfers_by_debit_value ON transfers (book_id, debit_account, value_on, posted_at, transfer_id)
    WHERE value_on <> (posted_at AT TIME ZONE 'UTC')::date;
CREATE INDEX transfers_by_credit_value ON transfers (book_id, credit_account, value_on, posted_at, transfer_id)
    WHERE value_on <> (posted_at AT TIME ZONE 'UTC')::date;

-- What the bank pays and asks is no secret to whoever is signed in.
CREATE POLICY rates ON policies FOR SELECT TO strongroom_app
    USING (nullif(current_setting('app.user_id', true), '') IS NOT NULL AND policy = 'rates');
