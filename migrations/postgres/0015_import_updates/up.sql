-- What the rows of an import do to records that are there. Imports that were sent before replace them.
ALTER TABLE imports ADD COLUMN update_mode TEXT NOT NULL DEFAULT 'replace';
ALTER TABLE imports ADD COLUMN removing_count BIGINT NOT NULL DEFAULT 0;

-- What rows took out of their records: the fields, without what they said.
CREATE TABLE import_removals (
    import_id TEXT COLLATE "C" NOT NULL,
    line BIGINT NOT NULL,
    removal TEXT NOT NULL,
    CONSTRAINT pk_import_removals PRIMARY KEY (import_id, line),
    CONSTRAINT fk_import_removals__import_id FOREIGN KEY (import_id) REFERENCES imports (id)
);
