-- A record is its document. The other columns are what statements look into: what lists are filtered and ordered by, what refers to
-- other records, what is unique and what is counted over many records. Where the public may be shown less, `public_document` has what it is shown.
CREATE TABLE departments (
    row_no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    closed_on TEXT COLLATE "C",
    successor_id TEXT COLLATE "C",
    document TEXT NOT NULL,
    CONSTRAINT uq_departments__id UNIQUE (id),
    CONSTRAINT fk_departments__successor_id FOREIGN KEY (successor_id) REFERENCES departments (id)
);

CREATE UNIQUE INDEX uq_departments__slug ON departments (slug);
CREATE UNIQUE INDEX uq_departments__name_folded ON departments (name_folded);
CREATE INDEX ix_departments__successor_id ON departments (successor_id) WHERE successor_id IS NOT NULL;

CREATE TABLE department_policy_areas (
    sector TEXT COLLATE "C" NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_department_policy_areas PRIMARY KEY (department_id, sector),
    CONSTRAINT fk_department_policy_areas__department_id FOREIGN KEY (department_id) REFERENCES departments (id) ON DELETE CASCADE
);

-- The words of a department, folded, for `q`.
CREATE TABLE department_search (
    row_no BIGINT NOT NULL PRIMARY KEY,
    tokens TSVECTOR NOT NULL,
    CONSTRAINT fk_department_search__row_no FOREIGN KEY (row_no) REFERENCES departments (row_no) ON DELETE CASCADE
);
CREATE INDEX ix_department_search__tokens ON department_search USING gin (tokens);

-- What departments promise.
CREATE TABLE commitments (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    due_on DATE NOT NULL,
    published_on DATE,
    document TEXT NOT NULL,
    CONSTRAINT pk_commitments PRIMARY KEY (id),
    CONSTRAINT fk_commitments__department_id FOREIGN KEY (department_id) REFERENCES departments (id)
);

CREATE INDEX ix_commitments__department_id__id ON commitments (department_id, id);
CREATE INDEX ix_commitments__due_on__id ON commitments (due_on, id);

-- What a staff group does, in order, to become a mutual of its department.
CREATE TABLE pathway_steps (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    stage TEXT,
    document TEXT NOT NULL,
    CONSTRAINT pk_pathway_steps PRIMARY KEY (id),
    CONSTRAINT fk_pathway_steps__department_id FOREIGN KEY (department_id) REFERENCES departments (id)
);

CREATE UNIQUE INDEX uq_pathway_steps__department_id__position ON pathway_steps (department_id, position);

-- Who supports mutuals in a department. `sectors` and `stages` are lists, of which an empty one stands for all.
CREATE TABLE enablers (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    role TEXT NOT NULL,
    stages TEXT NOT NULL,
    sectors TEXT NOT NULL,
    public_document TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_enablers PRIMARY KEY (id),
    CONSTRAINT fk_enablers__department_id FOREIGN KEY (department_id) REFERENCES departments (id)
);

CREATE INDEX ix_enablers__department_id__id ON enablers (department_id, id);
