-- The index of words keeps the words of each record too, so that a search for words that many records have can look at the records
-- in the order of a list, instead of all that have them.
CREATE VIRTUAL TABLE temp.department_terms USING fts5vocab (main, department_search, instance);
CREATE VIRTUAL TABLE department_words USING fts5 (tokens, detail = column, tokenize = 'ascii');
INSERT INTO department_words (rowid, tokens)
    SELECT doc, group_concat(term, ' ') FROM temp.department_terms WHERE doc IN (SELECT row_no FROM departments) GROUP BY doc;
DROP TABLE temp.department_terms;
DROP TABLE department_search;
ALTER TABLE department_words RENAME TO department_search;
-- Every batch of writes adds a segment: merging more of them at a time writes less.
INSERT INTO department_search (department_search, rank) VALUES ('automerge', 16);
CREATE VIRTUAL TABLE temp.mutual_terms USING fts5vocab (main, mutual_search, instance);
CREATE VIRTUAL TABLE mutual_words USING fts5 (tokens, detail = column, tokenize = 'ascii');
INSERT INTO mutual_words (rowid, tokens)
    SELECT doc, group_concat(term, ' ') FROM temp.mutual_terms WHERE doc IN (SELECT row_no FROM mutuals) GROUP BY doc;
DROP TABLE temp.mutual_terms;
DROP TABLE mutual_search;
ALTER TABLE mutual_words RENAME TO mutual_search;
-- Every batch of writes adds a segment: merging more of them at a time writes less.
INSERT INTO mutual_search (mutual_search, rank) VALUES ('automerge', 16);
