-- Names and identifiers that were different under an earlier rule may be the same under a stricter one. Then both records keep theirs, and
-- nobody else gets them: what is taken is found out inside each write, of which there is one at a time.
DROP INDEX uq_departments__name_folded;
CREATE INDEX ix_departments__name_folded ON departments (name_folded);
DROP INDEX uq_mutuals__name_folded;
CREATE INDEX ix_mutuals__name_folded ON mutuals (name_folded);

-- What lists are put in order by. The upgrade of the documents fills it in.
ALTER TABLE departments ADD COLUMN name_sorted TEXT NOT NULL DEFAULT '';
CREATE INDEX ix_departments__name_sorted__id ON departments (name_sorted, id);
ALTER TABLE mutuals ADD COLUMN name_sorted TEXT NOT NULL DEFAULT '';
CREATE INDEX ix_mutuals__name_sorted__id ON mutuals (name_sorted, id);

CREATE TABLE identifiers_of_records (
    identifier TEXT NOT NULL,
    department_id TEXT,
    mutual_id TEXT,
    CONSTRAINT fk_identifiers__department_id FOREIGN KEY (department_id) REFERENCES departments (id) ON DELETE CASCADE,
    CONSTRAINT fk_identifiers__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id) ON DELETE CASCADE,
    CONSTRAINT ck_identifiers__owner CHECK ((department_id IS NULL) <> (mutual_id IS NULL))
) STRICT;
INSERT INTO identifiers_of_records (identifier, department_id, mutual_id) SELECT identifier, department_id, mutual_id FROM identifiers;
DROP TABLE identifiers;
ALTER TABLE identifiers_of_records RENAME TO identifiers;
CREATE INDEX ix_identifiers__identifier ON identifiers (identifier);
CREATE INDEX ix_identifiers__department_id ON identifiers (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX ix_identifiers__mutual_id ON identifiers (mutual_id) WHERE mutual_id IS NOT NULL;

-- References are found by what they look like, as names are.
ALTER TABLE contracts RENAME COLUMN reference TO reference_folded;
