-- No plan depends on statistics of these. Collecting them reads and sorts thousands of samples, on the processors that payments wait
-- for: in a young table every few seconds.
ALTER TABLE records
    ALTER COLUMN leaf SET STATISTICS 0,
    ALTER COLUMN salts SET STATISTICS 0,
    ALTER COLUMN intent SET STATISTICS 0,
    ALTER COLUMN actor SET STATISTICS 0,
    ALTER COLUMN origin SET STATISTICS 0,
    ALTER COLUMN effects SET STATISTICS 0,
    ALTER COLUMN evidence SET STATISTICS 0;
ALTER TABLE log_checkpoints ALTER COLUMN note SET STATISTICS 0;
ALTER TABLE log_tiles ALTER COLUMN hashes SET STATISTICS 0;
ALTER TABLE transfer_details ALTER COLUMN salt SET STATISTICS 0, ALTER COLUMN details SET STATISTICS 0;
ALTER TABLE accounts ALTER COLUMN risk SET STATISTICS 0, ALTER COLUMN usage SET STATISTICS 0;
ALTER TABLE payees ALTER COLUMN risk SET STATISTICS 0;
