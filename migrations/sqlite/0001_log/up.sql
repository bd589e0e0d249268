-- The append-only log of every accepted change: `seq` has no gap and is in commit order. `at` is the time of the newest entry.
CREATE TABLE log_head (
    id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT,
    PRIMARY KEY (id),
    CONSTRAINT ck_log_head__id CHECK (id = 1)
) STRICT;

INSERT INTO log_head (id, seq) VALUES (1, 0);

-- `after` is the record after the change, as canonical JSON. An entry may say why it was made, and may be about a draft, which not
-- everybody sees: then it is restricted, and has a nonce, so that nobody can try out what its hash is of.
CREATE TABLE entries (
    seq INTEGER NOT NULL,
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
    restricted INTEGER NOT NULL,
    nonce TEXT,
    PRIMARY KEY (seq),
    CONSTRAINT ck_entries__restricted CHECK (restricted IN (0, 1))
) STRICT;

-- The history of one record, and which of its versions the register had at an instant.
CREATE INDEX ix_entries__resource_id__seq__at ON entries (resource_id, seq, at);
-- All records that there ever were, in the order of their ids.
CREATE INDEX ix_entries__resource_type__resource_id__at ON entries (resource_type, resource_id, at) WHERE action = 'create';

-- The hashes of complete subtrees of the log's Merkle tree: of 256 leaves (level 8), of 65,536 (level 16) and so on.
CREATE TABLE log_subtrees (
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL,
    CONSTRAINT pk_log_subtrees PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

-- What the log's commitments to personal data stand for. Erasing a person empties their rows, and the log stays whole.
CREATE TABLE personal_values (
    commitment TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    member TEXT NOT NULL,
    salt BLOB NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_personal_values PRIMARY KEY (commitment)
) STRICT;

CREATE INDEX ix_personal_values__resource_id ON personal_values (resource_id);

-- What was deleted: its id and slug answer 410 and are never used again. Of a draft only those are told who could see it.
CREATE TABLE tombstones (
    id TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    slug TEXT,
    deleted_at TEXT NOT NULL,
    restricted INTEGER NOT NULL,
    department_id TEXT,
    scrutineer_key_id TEXT,
    CONSTRAINT pk_tombstones PRIMARY KEY (id),
    CONSTRAINT ck_tombstones__restricted CHECK (restricted IN (0, 1))
) STRICT;

CREATE UNIQUE INDEX uq_tombstones__resource_type__slug ON tombstones (resource_type, slug);

-- Answers kept for a day, so that a repeated request is not carried out twice.
CREATE TABLE idempotency_keys (
    id TEXT NOT NULL,
    fingerprint TEXT,
    status INTEGER NOT NULL,
    resource_id TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (id)
) STRICT;

CREATE INDEX ix_idempotency_keys__created_at ON idempotency_keys (created_at);
CREATE INDEX ix_idempotency_keys__resource_id ON idempotency_keys (resource_id);

-- In which form the documents of each kind of record are. While an upgrade is under way, those up to an id are in the next form.
CREATE TABLE document_versions (
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    upgraded_through TEXT,
    CONSTRAINT pk_document_versions PRIMARY KEY (kind)
) STRICT;
