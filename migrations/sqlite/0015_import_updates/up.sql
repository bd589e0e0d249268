-- What the rows of an import do to records that are there. Imports that were sent before replace them.
ALTER TABLE imports ADD COLUMN update_mode TEXT NOT NULL DEFAULT 'replace';
ALTER TABLE imports ADD COLUMN removing_count INTEGER NOT NULL DEFAULT 0;

-- What rows took out of their records: the fields, without what they said.
CREATE TABLE import_removals (
    import_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    removal TEXT NOT NULL,
    CONSTRAINT pk_import_removals PRIMARY KEY (import_id, line),
    CONSTRAINT fk_import_removals__import_id FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;
