-- An entry may say why it was made (`erase`), and may be about a draft, which not everybody sees. SQLite changes no check in place.
CREATE TABLE entries_0008 (
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
    reason TEXT,
    restricted INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT ck_entries__action CHECK (action = 'create' OR action = 'update' OR action = 'delete' OR action = 'erase'),
    CONSTRAINT ck_entries__restricted CHECK (restricted IN (0, 1))
) STRICT;

INSERT INTO entries_0008 (seq, at, actor, request_id, action, resource_type, resource_id, version, after, leaf_hash)
SELECT seq, at, actor, request_id, action, resource_type, resource_id, version, after, leaf_hash FROM entries ORDER BY seq;

DROP TABLE entries;
ALTER TABLE entries_0008 RENAME TO entries;

-- The history of one record, and which of its versions the register had at an instant.
CREATE INDEX ix_entries__resource_id__seq__at ON entries (resource_id, seq, at);
-- All records that there ever were, in the order of their ids.
CREATE INDEX ix_entries__resource_type__resource_id__at ON entries (resource_type, resource_id, at) WHERE action = 'create';

-- The hashes of complete subtrees of the log's Merkle tree: of 256 leaves (level 8), of 65,536 (level 16) and so on.
CREATE TABLE log_subtrees (
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

-- What the log's commitments stand for. Erasing a person empties their rows, and the log stays whole.
CREATE TABLE personal_values (
    commitment TEXT NOT NULL PRIMARY KEY,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    member TEXT NOT NULL,
    salt BLOB NOT NULL,
    value TEXT NOT NULL
) STRICT;

CREATE INDEX ix_personal_values__resource_id ON personal_values (resource_id);
-- An erasure finds the kept answers that hold what it erases.
CREATE INDEX ix_idempotency_keys__location ON idempotency_keys (location);
