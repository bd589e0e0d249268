-- What departments promise. Records that belong to another show everybody `document`, and `full_document` to who may see personal data.
CREATE TABLE commitments (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    due_on DATE NOT NULL,
    published_on DATE,
    evidence_url TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_commitments PRIMARY KEY (id),
    CONSTRAINT fk_commitments__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT ck_commitments__kind CHECK (kind IN ('plan_and_vision', 'staff_pathway', 'other'))
);

CREATE INDEX ix_commitments__department_id__id ON commitments (department_id, id);
CREATE INDEX ix_commitments__due_on__id ON commitments (due_on, id);
