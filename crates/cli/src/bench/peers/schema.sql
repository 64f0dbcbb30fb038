CREATE TABLE accounts (id int8 PRIMARY KEY, balance int8 NOT NULL);
CREATE TABLE transfers (id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payer int8 NOT NULL, payee int8 NOT NULL,
    amount int8 NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE entries (transfer int8 NOT NULL, account int8 NOT NULL, amount int8 NOT NULL, balance int8 NOT NULL,
    PRIMARY KEY (account, transfer));
INSERT INTO accounts SELECT id, 1000000000 FROM generate_series(1, :accounts) id;
VACUUM ANALYZE;
