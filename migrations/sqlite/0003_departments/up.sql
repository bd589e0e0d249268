-- A record is its document. The other columns are what statements look into: what lists are filtered and ordered by, what refers to
-- other records, what is unique and what is counted over many records. Where the public may be shown less, `public_document` has what it is shown.
CREATE TABLE departments (
    row_no INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    kind TEXT NOT NULL,
    closed_on TEXT,
    successor_id TEXT,
    document TEXT NOT NULL,
    CONSTRAINT uq_departments__id UNIQUE (id),
    CONSTRAINT fk_departments__successor_id FOREIGN KEY (successor_id) REFERENCES departments (id)
) STRICT;

CREATE UNIQUE INDEX uq_departments__slug ON departments (slug);
CREATE UNIQUE INDEX uq_departments__name_folded ON departments (name_folded);
CREATE INDEX ix_departments__successor_id ON departments (successor_id) WHERE successor_id IS NOT NULL;

CREATE TABLE department_policy_areas (
    sector TEXT NOT NULL,
    department_id TEXT NOT NULL,
    CONSTRAINT pk_department_policy_areas PRIMARY KEY (department_id, sector),
    CONSTRAINT fk_department_policy_areas__department_id FOREIGN KEY (department_id) REFERENCES departments (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The words of a department, folded, for `q`. Nothing asks for their positions, but prefixes are found several times faster with `column`
-- than with `none`.
CREATE VIRTUAL TABLE department_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = column, tokenize = 'ascii'
);
-- Every batch of writes adds a segment: merging more of them at a time writes less.
INSERT INTO department_search (department_search, rank) VALUES ('automerge', 16);

-- What departments promise.
CREATE TABLE commitments (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    department_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    due_on TEXT NOT NULL,
    published_on TEXT,
    document TEXT NOT NULL,
    CONSTRAINT pk_commitments PRIMARY KEY (id),
    CONSTRAINT fk_commitments__department_id FOREIGN KEY (department_id) REFERENCES departments (id)
) STRICT;

CREATE INDEX ix_commitments__department_id__id ON commitments (department_id, id);
CREATE INDEX ix_commitments__due_on__id ON commitments (due_on, id);

-- What a staff group does, in order, to become a mutual of its department.
CREATE TABLE pathway_steps (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    department_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    stage TEXT,
    document TEXT NOT NULL,
    CONSTRAINT pk_pathway_steps PRIMARY KEY (id),
    CONSTRAINT fk_pathway_steps__department_id FOREIGN KEY (department_id) REFERENCES departments (id)
) STRICT;

CREATE UNIQUE INDEX uq_pathway_steps__department_id__position ON pathway_steps (department_id, position);

-- Who supports mutuals in a department. `sectors` and `stages` are lists, of which an empty one stands for all.
CREATE TABLE enablers (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    department_id TEXT NOT NULL,
    role TEXT NOT NULL,
    stages TEXT NOT NULL,
    sectors TEXT NOT NULL,
    public_document TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_enablers PRIMARY KEY (id),
    CONSTRAINT fk_enablers__department_id FOREIGN KEY (department_id) REFERENCES departments (id)
) STRICT;

CREATE INDEX ix_enablers__department_id__id ON enablers (department_id, id);
