\set payer random(1, :accounts)
\set payee 1 + (:payer + random(0, :accounts - 2)) % :accounts
BEGIN;
SELECT balance FROM accounts WHERE id IN (:payer, :payee) ORDER BY id FOR UPDATE;
INSERT INTO transfers (payer, payee, amount) VALUES (:payer, :payee, 1) RETURNING id AS transfer \gset
UPDATE accounts SET balance = balance - 1 WHERE id = :payer RETURNING balance AS payer_balance \gset
UPDATE accounts SET balance = balance + 1 WHERE id = :payee RETURNING balance AS payee_balance \gset
INSERT INTO entries VALUES (:transfer, :payer, -1, :payer_balance), (:transfer, :payee, 1, :payee_balance);
COMMIT;
