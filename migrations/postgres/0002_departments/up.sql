-- `document` is the record as the API shows it, written with every change, so that reading is one look-up.
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
    identifiers TEXT NOT NULL,
    policy_areas TEXT NOT NULL,
    website TEXT,
    opened_on TEXT COLLATE "C",
    closed_on TEXT COLLATE "C",
    successor_id TEXT COLLATE "C",
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT uq_departments__id UNIQUE (id),
    CONSTRAINT fk_departments__successor_id FOREIGN KEY (successor_id) REFERENCES departments (id),
    CONSTRAINT ck_departments__kind CHECK (kind IN ('ministerial_department', 'non_ministerial_department', 'executive_agency', 'local_authority', 'nhs_commissioner', 'nhs_provider', 'fire_authority', 'police_body', 'probation_body', 'education_body', 'other'))
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
