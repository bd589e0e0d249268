-- A deleted ballot keeps whose it was and whether it was a draft: then only those who could see it are told that it is gone, and they
-- still see its history.
ALTER TABLE tombstones ADD COLUMN restricted INTEGER NOT NULL DEFAULT 0 CONSTRAINT ck_tombstones__restricted CHECK (restricted IN (0, 1));
ALTER TABLE tombstones ADD COLUMN department_id TEXT;
ALTER TABLE tombstones ADD COLUMN scrutineer_key_id TEXT;

UPDATE tombstones SET
    restricted = EXISTS (SELECT 1 FROM entries e WHERE e.resource_id = tombstones.id AND e.action = 'delete' AND e.restricted),
    department_id = (SELECT m.department_id FROM mutuals m WHERE m.id = (
        SELECT json_extract(e.after, '$.mutual_id') FROM entries e
        WHERE e.resource_id = tombstones.id AND e.after IS NOT NULL ORDER BY e.seq DESC LIMIT 1)),
    scrutineer_key_id = (
        SELECT json_extract(e.after, '$.scrutineer_key_id') FROM entries e
        WHERE e.resource_id = tombstones.id AND e.after IS NOT NULL ORDER BY e.seq DESC LIMIT 1)
WHERE resource_type = 'staff_ballot';

-- A kept answer names its record: it is given again only to those who may see that. What the request said is forgotten with the
-- record's personal data. SQLite takes no NOT NULL back in place.
CREATE TABLE idempotency_keys_0010 (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT,
    status INTEGER NOT NULL,
    resource_id TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

INSERT INTO idempotency_keys_0010
SELECT id, fingerprint, status, substr(location, -36), etag, last_modified, body, created_at FROM idempotency_keys;

DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_0010 RENAME TO idempotency_keys;
CREATE INDEX ix_idempotency_keys__created_at ON idempotency_keys (created_at);
CREATE INDEX ix_idempotency_keys__resource_id ON idempotency_keys (resource_id);

-- Every ballot has a public document from now on: they are written when the register is next opened.
UPDATE document_form SET form = 0;
