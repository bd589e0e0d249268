DROP INDEX ix_idempotency_keys__location;
DROP TABLE personal_values;
DROP TABLE log_subtrees;
DROP INDEX ix_entries__resource_type__resource_id__at;
DROP INDEX ix_entries__resource_id__seq__at;
ALTER TABLE entries
    DROP CONSTRAINT ck_entries__action,
    ADD CONSTRAINT ck_entries__action CHECK (action IN ('create', 'update', 'delete')),
    DROP COLUMN restricted,
    DROP COLUMN reason;
