-- The append-only log of every accepted change: `seq` has no gap and is in commit order.
CREATE TABLE log_head (
    id BIGINT NOT NULL PRIMARY KEY CONSTRAINT ck_log_head__id CHECK (id = 1),
    seq BIGINT NOT NULL
);

INSERT INTO log_head (id, seq) VALUES (1, 0);

CREATE TABLE entries (
    seq BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    after TEXT,
    leaf_hash BYTEA NOT NULL,
    CONSTRAINT ck_entries__action CHECK (action IN ('create', 'update', 'delete'))
);

-- What was deleted: its id and slug answer 410 and are never used again.
CREATE TABLE tombstones (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    resource_type TEXT NOT NULL,
    slug TEXT COLLATE "C",
    deleted_at TIMESTAMP NOT NULL
);

CREATE UNIQUE INDEX uq_tombstones__resource_type__slug ON tombstones (resource_type, slug);

-- Answers kept for a day, so that a repeated request is not carried out twice.
CREATE TABLE idempotency_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status BIGINT NOT NULL,
    location TEXT,
    etag TEXT,
    last_modified TEXT,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE INDEX ix_idempotency_keys__created_at ON idempotency_keys (created_at);

-- In which form the documents of the records are written: a release that shows records otherwise writes them anew.
CREATE TABLE document_form (
    id BIGINT NOT NULL PRIMARY KEY CONSTRAINT ck_document_form__id CHECK (id = 1),
    form BIGINT NOT NULL
);

INSERT INTO document_form (id, form) VALUES (1, 0);
