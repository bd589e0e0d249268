DROP INDEX ix_mutuals__facts;
DROP INDEX ix_mutuals__department_id__id;
DROP INDEX ix_mutuals__stage__id;

CREATE INDEX ix_mutuals__stage__name_folded ON mutuals (stage, name_folded);
CREATE INDEX ix_mutuals__department_id__name_folded ON mutuals (department_id, name_folded) WHERE department_id IS NOT NULL;
CREATE INDEX ix_mutuals__launched_on__id ON mutuals (launched_on, id) WHERE launched_on IS NOT NULL;
CREATE INDEX ix_mutuals__staff_count__id ON mutuals (staff_count, id) WHERE staff_count IS NOT NULL;

DROP TABLE department_search;
CREATE VIRTUAL TABLE department_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
INSERT INTO department_search (department_search, rank) VALUES ('automerge', 8);

DROP TABLE mutual_search;
CREATE VIRTUAL TABLE mutual_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
INSERT INTO mutual_search (mutual_search, rank) VALUES ('automerge', 8);
UPDATE document_form SET form = 0;
