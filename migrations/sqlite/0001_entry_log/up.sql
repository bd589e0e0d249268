-- The append-only log of every accepted change: `seq` has no gap and is in commit order.
CREATE TABLE log_head (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT ck_log_head__id CHECK (id = 1),
    seq INTEGER NOT NULL
) STRICT;

INSERT INTO log_head (id, seq) VALUES (1, 0);

CREATE TABLE entries (
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
    CONSTRAINT ck_entries__action CHECK (action = 'create' OR action = 'update' OR action = 'delete')
) STRICT;

-- What was deleted: its id and slug answer 410 and are never used again.
CREATE TABLE tombstones (
    id TEXT NOT NULL PRIMARY KEY,
    resource_type TEXT NOT NULL,
    slug TEXT,
    deleted_at TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX uq_tombstones__resource_type__slug ON tombstones (resource_type, slug);

-- Answers kept for a day, so that a repeated request is not carried out twice.
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

-- In which form the documents of the records are written: a release that shows records otherwise writes them anew.
CREATE TABLE document_form (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT ck_document_form__id CHECK (id = 1),
    form INTEGER NOT NULL
) STRICT;

INSERT INTO document_form (id, form) VALUES (1, 0);
