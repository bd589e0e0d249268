-- Where the records of kept answers are, isn't known here: the answers go.
DROP TABLE idempotency_keys;
CREATE TABLE idempotency_keys (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    etag TEXT,
    last_modified TEXT,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX ix_idempotency_keys__created_at ON idempotency_keys (created_at);
CREATE INDEX ix_idempotency_keys__location ON idempotency_keys (location);

ALTER TABLE tombstones DROP COLUMN scrutineer_key_id;
ALTER TABLE tombstones DROP COLUMN department_id;
ALTER TABLE tombstones DROP COLUMN restricted;
