-- `document` is the record as the API shows it, written with every change, so that reading is one look-up.
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
    identifiers TEXT NOT NULL,
    policy_areas TEXT NOT NULL,
    website TEXT,
    opened_on TEXT,
    closed_on TEXT,
    successor_id TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT uq_departments__id UNIQUE (id),
    CONSTRAINT fk_departments__successor_id FOREIGN KEY (successor_id) REFERENCES departments (id),
    CONSTRAINT ck_departments__kind CHECK (kind = 'ministerial_department' OR kind = 'non_ministerial_department' OR kind = 'executive_agency' OR kind = 'local_authority' OR kind = 'nhs_commissioner' OR kind = 'nhs_provider' OR kind = 'fire_authority' OR kind = 'police_body' OR kind = 'probation_body' OR kind = 'education_body' OR kind = 'other')
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

-- The words of a department, folded, for `q`.
CREATE VIRTUAL TABLE department_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
-- Every batch of writes adds a segment: merging more of them at a time writes less.
INSERT INTO department_search (department_search, rank) VALUES ('automerge', 8);
