-- Files of records that are entered in the background: who asked for what, and how far it has come.
CREATE TABLE imports (
    id TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    department_ids TEXT,
    key_id TEXT,
    request_id TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    mode TEXT NOT NULL,
    validate_only BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    pass BIGINT NOT NULL,
    is_last_pass BOOLEAN NOT NULL,
    settled_in_pass BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    created_count BIGINT NOT NULL,
    updated_count BIGINT NOT NULL,
    unchanged_count BIGINT NOT NULL,
    failed_count BIGINT NOT NULL,
    worker TEXT,
    worker_until TIMESTAMP,
    CONSTRAINT pk_imports PRIMARY KEY (id)
);

CREATE INDEX ix_imports__state ON imports (state, id);

-- Rows that wait to be entered, some hundred in one, each with the number of its line.
CREATE TABLE import_chunks (
    import_id TEXT COLLATE "C" NOT NULL,
    pass BIGINT NOT NULL,
    line BIGINT NOT NULL,
    lines TEXT NOT NULL,
    CONSTRAINT pk_import_chunks PRIMARY KEY (import_id, pass, line),
    CONSTRAINT fk_import_chunks__import_id FOREIGN KEY (import_id) REFERENCES imports (id)
);

-- The records that the rows of an import were for, until it ends: no two rows are for the same.
CREATE TABLE import_records (
    import_id TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_import_records PRIMARY KEY (import_id, resource_id),
    CONSTRAINT fk_import_records__import_id FOREIGN KEY (import_id) REFERENCES imports (id)
);

-- Why rows were refused.
CREATE TABLE import_problems (
    import_id TEXT COLLATE "C" NOT NULL,
    line BIGINT NOT NULL,
    problem TEXT NOT NULL,
    CONSTRAINT pk_import_problems PRIMARY KEY (import_id, line),
    CONSTRAINT fk_import_problems__import_id FOREIGN KEY (import_id) REFERENCES imports (id)
);
