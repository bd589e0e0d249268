-- An entry may say why it was made (`erase`), and may be about a draft, which not everybody sees.
ALTER TABLE entries
    ADD COLUMN reason TEXT,
    ADD COLUMN restricted BOOLEAN NOT NULL DEFAULT FALSE,
    DROP CONSTRAINT ck_entries__action,
    ADD CONSTRAINT ck_entries__action CHECK (action IN ('create', 'update', 'delete', 'erase'));

-- The history of one record, and which of its versions the register had at an instant.
CREATE INDEX ix_entries__resource_id__seq__at ON entries (resource_id, seq, at);
-- All records that there ever were, in the order of their ids.
CREATE INDEX ix_entries__resource_type__resource_id__at ON entries (resource_type, resource_id, at) WHERE action = 'create';

-- The hashes of complete subtrees of the log's Merkle tree: of 256 leaves (level 8), of 65,536 (level 16) and so on.
CREATE TABLE log_subtrees (
    level BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (level, position)
);

-- What the log's commitments stand for. Erasing a person empties their rows, and the log stays whole.
CREATE TABLE personal_values (
    commitment TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    resource_type TEXT NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    member TEXT NOT NULL,
    salt BYTEA NOT NULL,
    value TEXT NOT NULL
);

CREATE INDEX ix_personal_values__resource_id ON personal_values (resource_id);
-- An erasure finds the kept answers that hold what it erases.
CREATE INDEX ix_idempotency_keys__location ON idempotency_keys (location);
