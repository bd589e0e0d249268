-- What a staff group does, in order, to become a mutual of its department.
CREATE TABLE pathway_steps (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    title TEXT NOT NULL,
    guidance TEXT,
    stage TEXT,
    evidence_required BOOLEAN NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_pathway_steps PRIMARY KEY (id),
    CONSTRAINT fk_pathway_steps__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT ck_pathway_steps__stage CHECK (stage IN (
        'idea', 'options_appraisal', 'business_case', 'approval_pending', 'approved', 'staff_consultation',
        'transfer_preparation', 'launched', 'operating', 'recontracting', 'suspended', 'rejected', 'withdrawn',
        'blocked', 'merged', 'contract_lost', 'returned_in_house', 'closed', 'insolvent'
    ))
);

CREATE UNIQUE INDEX uq_pathway_steps__department_id__position ON pathway_steps (department_id, position);

-- Who supports mutuals in a department. `sectors` and `stages` are lists, of which an empty one stands for all.
CREATE TABLE enablers (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    name TEXT,
    role TEXT NOT NULL,
    email TEXT,
    sectors TEXT NOT NULL,
    stages TEXT NOT NULL,
    active_from DATE,
    active_to DATE,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_enablers PRIMARY KEY (id),
    CONSTRAINT fk_enablers__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT ck_enablers__role CHECK (role IN ('enabler', 'entitler', 'escalation_contact', 'independent_arbiter'))
);

CREATE INDEX ix_enablers__department_id__id ON enablers (department_id, id);
