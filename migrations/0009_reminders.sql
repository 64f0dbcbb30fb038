-- The reminders ask for the keys in use that are old.
CREATE INDEX certificates_in_use_by_age ON certificates (book_id, not_before) WHERE status = 'active';
