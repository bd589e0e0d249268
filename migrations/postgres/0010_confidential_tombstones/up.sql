-- A deleted ballot keeps whose it was and whether it was a draft: then only those who could see it are told that it is gone, and they
-- still see its history.
ALTER TABLE tombstones
    ADD COLUMN restricted BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN department_id TEXT COLLATE "C",
    ADD COLUMN scrutineer_key_id TEXT COLLATE "C";

UPDATE tombstones SET
    restricted = EXISTS (SELECT 1 FROM entries e WHERE e.resource_id = tombstones.id AND e.action = 'delete' AND e.restricted),
    department_id = (SELECT m.department_id FROM mutuals m WHERE m.id = (
        SELECT e.after::jsonb ->> 'mutual_id' FROM entries e
        WHERE e.resource_id = tombstones.id AND e.after IS NOT NULL ORDER BY e.seq DESC LIMIT 1)),
    scrutineer_key_id = (
        SELECT e.after::jsonb ->> 'scrutineer_key_id' FROM entries e
        WHERE e.resource_id = tombstones.id AND e.after IS NOT NULL ORDER BY e.seq DESC LIMIT 1)
WHERE resource_type = 'staff_ballot';

-- A kept answer names its record: it is given again only to those who may see that. What the request said is forgotten with the
-- record's personal data.
DROP INDEX ix_idempotency_keys__location;
ALTER TABLE idempotency_keys RENAME COLUMN location TO resource_id;
UPDATE idempotency_keys SET resource_id = right(resource_id, 36);
ALTER TABLE idempotency_keys
    ALTER COLUMN resource_id TYPE TEXT COLLATE "C",
    ALTER COLUMN resource_id SET NOT NULL,
    ALTER COLUMN fingerprint DROP NOT NULL;
CREATE INDEX ix_idempotency_keys__resource_id ON idempotency_keys (resource_id);

-- Every ballot has a public document from now on: they are written when the register is next opened.
UPDATE document_form SET form = 0;
