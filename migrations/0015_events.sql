-- Events: the log is the outbox. Whoever tells of a leaf finds its transfers by the time that both were written at; rows
-- come in the order of that time, so that this index costs a page for every few thousand of them.
CREATE INDEX transfers_by_time ON transfers USING brin (posted_at) WITH (pages_per_range = 16, autosummarize = on);
