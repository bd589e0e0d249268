-- Where the records of kept answers are, isn't known here: the answers go.
DELETE FROM idempotency_keys;
DROP INDEX ix_idempotency_keys__resource_id;
ALTER TABLE idempotency_keys RENAME COLUMN resource_id TO location;
ALTER TABLE idempotency_keys
    ALTER COLUMN location TYPE TEXT COLLATE "default",
    ALTER COLUMN location DROP NOT NULL,
    ALTER COLUMN fingerprint SET NOT NULL;
CREATE INDEX ix_idempotency_keys__location ON idempotency_keys (location);

ALTER TABLE tombstones
    DROP COLUMN scrutineer_key_id,
    DROP COLUMN department_id,
    DROP COLUMN restricted;
