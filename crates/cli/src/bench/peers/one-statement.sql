\set payer random(1, :accounts)
\set payee 1 + (:payer + random(0, :accounts - 2)) % :accounts
WITH locked AS MATERIALIZED (SELECT id FROM accounts WHERE id IN (:payer, :payee) ORDER BY id FOR UPDATE),
    moved AS (UPDATE accounts a SET balance = balance + CASE a.id WHEN :payer THEN -1 ELSE 1 END FROM locked WHERE a.id = locked.id RETURNING a.id, a.balance),
    transfer AS (INSERT INTO transfers (payer, payee, amount) VALUES (:payer, :payee, 1) RETURNING id)
INSERT INTO entries SELECT transfer.id, moved.id, CASE moved.id WHEN :payer THEN -1 ELSE 1 END, moved.balance FROM moved, transfer;
