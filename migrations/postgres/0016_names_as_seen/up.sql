-- Names and identifiers that were different under an earlier rule may be the same under a stricter one. Then both records keep theirs, and
-- nobody else gets them: what is taken is found out inside each write, of which there is one at a time.
DROP INDEX uq_departments__name_folded;
CREATE INDEX ix_departments__name_folded ON departments (name_folded);
DROP INDEX uq_mutuals__name_folded;
CREATE INDEX ix_mutuals__name_folded ON mutuals (name_folded);

-- What lists are put in order by. The upgrade of the documents fills it in.
ALTER TABLE departments ADD COLUMN name_sorted TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX ix_departments__name_sorted__id ON departments (name_sorted, id);
ALTER TABLE mutuals ADD COLUMN name_sorted TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX ix_mutuals__name_sorted__id ON mutuals (name_sorted, id);

ALTER TABLE identifiers DROP CONSTRAINT pk_identifiers;
CREATE INDEX ix_identifiers__identifier ON identifiers (identifier);

-- References are found by what they look like, as names are.
ALTER TABLE contracts RENAME COLUMN reference TO reference_folded;
