-- Keys by which systems prove who they are. Of the key itself only its SHA-256 is kept. A revoked key keeps its row.
CREATE TABLE api_keys (
    id TEXT NOT NULL,
    hash BLOB NOT NULL,
    label TEXT NOT NULL,
    role TEXT NOT NULL,
    department_ids TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    last_used_at TEXT,
    revoked_at TEXT,
    revoked_by TEXT,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT ck_api_keys__expires_at CHECK (expires_at > created_at),
    CONSTRAINT ck_api_keys__revoked_by CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) STRICT;
