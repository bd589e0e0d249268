CREATE TABLE mutuals (
    row_no INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    legal_form TEXT,
    sectors TEXT NOT NULL,
    region TEXT,
    department_id TEXT,
    origin_route TEXT,
    stage TEXT NOT NULL,
    stage_since TEXT,
    launched_on TEXT,
    ended_on TEXT,
    successor_id TEXT,
    staff_count INTEGER,
    staff_counted_on TEXT,
    document TEXT NOT NULL,
    CONSTRAINT uq_mutuals__id UNIQUE (id),
    CONSTRAINT fk_mutuals__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT fk_mutuals__successor_id FOREIGN KEY (successor_id) REFERENCES mutuals (id)
) STRICT;

CREATE UNIQUE INDEX uq_mutuals__slug ON mutuals (slug);
CREATE UNIQUE INDEX uq_mutuals__name_folded ON mutuals (name_folded);
CREATE INDEX ix_mutuals__updated_at__id ON mutuals (updated_at, id);
CREATE INDEX ix_mutuals__successor_id ON mutuals (successor_id) WHERE successor_id IS NOT NULL;
-- Lists come in the order of entry: an index that ends with the id grows at its end. What lists are filtered and counted by stands
-- together, so that none of it needs the whole row.
CREATE INDEX ix_mutuals__stage__id ON mutuals (stage, id);
CREATE INDEX ix_mutuals__department_id__id ON mutuals (department_id, id) WHERE department_id IS NOT NULL;
CREATE INDEX ix_mutuals__facts ON mutuals (id, stage, region, legal_form, origin_route, department_id, launched_on, ended_on, staff_count);

CREATE TABLE mutual_sectors (
    sector TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    CONSTRAINT pk_mutual_sectors PRIMARY KEY (mutual_id, sector),
    CONSTRAINT fk_mutual_sectors__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE mutual_other_departments (
    department_id TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    CONSTRAINT pk_mutual_other_departments PRIMARY KEY (department_id, mutual_id),
    CONSTRAINT fk_mutual_other_departments__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT fk_mutual_other_departments__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_mutual_other_departments__mutual_id ON mutual_other_departments (mutual_id);

-- An identifier belongs to one record of the register, whatever its kind.
CREATE TABLE identifiers (
    identifier TEXT NOT NULL,
    department_id TEXT,
    mutual_id TEXT,
    CONSTRAINT pk_identifiers PRIMARY KEY (identifier),
    CONSTRAINT fk_identifiers__department_id FOREIGN KEY (department_id) REFERENCES departments (id) ON DELETE CASCADE,
    CONSTRAINT fk_identifiers__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id) ON DELETE CASCADE,
    CONSTRAINT ck_identifiers__owner CHECK ((department_id IS NULL) <> (mutual_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_identifiers__department_id ON identifiers (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX ix_identifiers__mutual_id ON identifiers (mutual_id) WHERE mutual_id IS NOT NULL;

-- The words of a mutual, folded, for `q`.
CREATE VIRTUAL TABLE mutual_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = column, tokenize = 'ascii'
);
-- Every batch of writes adds a segment: merging more of them at a time writes less.
INSERT INTO mutual_search (mutual_search, rank) VALUES ('automerge', 16);

-- The course of a mutual: each move from one stage to another, in order. The mutual's stage and its dates follow from them.
CREATE TABLE stage_transitions (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_stage_transitions PRIMARY KEY (id),
    CONSTRAINT fk_stage_transitions__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id)
) STRICT;

CREATE INDEX ix_stage_transitions__mutual_id__position__id ON stage_transitions (mutual_id, position, id);

-- What mutuals say about each of their years.
CREATE TABLE annual_returns (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    period_ends_on TEXT NOT NULL,
    headcount INTEGER,
    document TEXT NOT NULL,
    CONSTRAINT pk_annual_returns PRIMARY KEY (id),
    CONSTRAINT fk_annual_returns__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id)
) STRICT;

CREATE UNIQUE INDEX uq_annual_returns__mutual_id__period_ends_on ON annual_returns (mutual_id, period_ends_on);

-- Who is against mutuals and why, and what was decided.
CREATE TABLE objections (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    public_document TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_objections PRIMARY KEY (id),
    CONSTRAINT fk_objections__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id)
) STRICT;

CREATE INDEX ix_objections__mutual_id__id ON objections (mutual_id, id);

-- What support mutuals ask for, and what becomes of it.
CREATE TABLE support_requests (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    status TEXT NOT NULL,
    stage TEXT NOT NULL,
    requested_on TEXT NOT NULL,
    closed_on TEXT,
    enabler_id TEXT,
    document TEXT NOT NULL,
    CONSTRAINT pk_support_requests PRIMARY KEY (id),
    CONSTRAINT fk_support_requests__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_support_requests__enabler_id FOREIGN KEY (enabler_id) REFERENCES enablers (id)
) STRICT;

CREATE INDEX ix_support_requests__mutual_id__id ON support_requests (mutual_id, id);
CREATE INDEX ix_support_requests__enabler_id ON support_requests (enabler_id);

-- Which steps of their departments' pathways mutuals have done.
CREATE TABLE pathway_progress (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_pathway_progress PRIMARY KEY (id),
    CONSTRAINT fk_pathway_progress__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_pathway_progress__step_id FOREIGN KEY (step_id) REFERENCES pathway_steps (id)
) STRICT;

CREATE UNIQUE INDEX uq_pathway_progress__mutual_id__step_id ON pathway_progress (mutual_id, step_id);
CREATE INDEX ix_pathway_progress__mutual_id__id ON pathway_progress (mutual_id, id);
CREATE INDEX ix_pathway_progress__step_id ON pathway_progress (step_id);
