-- Files of records that are entered in the background: who asked for what, and how far it has come.
CREATE TABLE imports (
    id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    finished_at TEXT,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    department_ids TEXT,
    key_id TEXT,
    request_id TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    mode TEXT NOT NULL,
    validate_only INTEGER NOT NULL,
    state TEXT NOT NULL,
    pass INTEGER NOT NULL,
    is_last_pass INTEGER NOT NULL,
    settled_in_pass INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    created_count INTEGER NOT NULL,
    updated_count INTEGER NOT NULL,
    unchanged_count INTEGER NOT NULL,
    failed_count INTEGER NOT NULL,
    worker TEXT,
    worker_until TEXT,
    CONSTRAINT pk_imports PRIMARY KEY (id),
    CONSTRAINT ck_imports__validate_only CHECK (validate_only IN (0, 1)),
    CONSTRAINT ck_imports__is_last_pass CHECK (is_last_pass IN (0, 1))
) STRICT;

CREATE INDEX ix_imports__state ON imports (state, id);

-- Rows that wait to be entered, some hundred in one, each with the number of its line.
CREATE TABLE import_chunks (
    import_id TEXT NOT NULL,
    pass INTEGER NOT NULL,
    line INTEGER NOT NULL,
    lines TEXT NOT NULL,
    CONSTRAINT pk_import_chunks PRIMARY KEY (import_id, pass, line),
    CONSTRAINT fk_import_chunks__import_id FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;

-- The records that the rows of an import were for, until it ends: no two rows are for the same.
CREATE TABLE import_records (
    import_id TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    CONSTRAINT pk_import_records PRIMARY KEY (import_id, resource_id),
    CONSTRAINT fk_import_records__import_id FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;

-- Why rows were refused.
CREATE TABLE import_problems (
    import_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    problem TEXT NOT NULL,
    CONSTRAINT pk_import_problems PRIMARY KEY (import_id, line),
    CONSTRAINT fk_import_problems__import_id FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;
