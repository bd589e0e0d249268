DROP INDEX ix_idempotency_keys__location;
DROP TABLE personal_values;
DROP TABLE log_subtrees;

CREATE TABLE entries_0001 (
    seq INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    after TEXT,
    leaf_hash BLOB NOT NULL,
    CONSTRAINT ck_entries__action CHECK (action IN ('create', 'update', 'delete'))
) STRICT;

INSERT INTO entries_0001
SELECT seq, at, actor, request_id, action, resource_type, resource_id, version, after, leaf_hash FROM entries ORDER BY seq;

DROP TABLE entries;
ALTER TABLE entries_0001 RENAME TO entries;
