-- Keys by which systems prove who they are. Of the key itself only its SHA-256 is kept. A revoked key keeps its row.
CREATE TABLE api_keys (
    id TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    label TEXT NOT NULL,
    role TEXT NOT NULL,
    department_ids TEXT,
    created_at TIMESTAMP NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    revoked_at TIMESTAMP,
    revoked_by TEXT,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT ck_api_keys__expires_at CHECK (expires_at > created_at),
    CONSTRAINT ck_api_keys__revoked_by CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
