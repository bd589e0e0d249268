-- What departments promise. Records that belong to another show everybody `document`, and `full_document` to who may see personal data.
CREATE TABLE commitments (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    department_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    due_on TEXT NOT NULL,
    published_on TEXT,
    evidence_url TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_commitments PRIMARY KEY (id),
    CONSTRAINT fk_commitments__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT ck_commitments__kind CHECK (kind = 'plan_and_vision' OR kind = 'staff_pathway' OR kind = 'other')
) STRICT;

CREATE INDEX ix_commitments__department_id__id ON commitments (department_id, id);
CREATE INDEX ix_commitments__due_on__id ON commitments (due_on, id);
