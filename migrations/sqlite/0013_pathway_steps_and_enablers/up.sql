-- What a staff group does, in order, to become a mutual of its department.
CREATE TABLE pathway_steps (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    department_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    guidance TEXT,
    stage TEXT,
    evidence_required INTEGER NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_pathway_steps PRIMARY KEY (id),
    CONSTRAINT fk_pathway_steps__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT ck_pathway_steps__stage CHECK (
        stage = 'idea' OR stage = 'options_appraisal' OR stage = 'business_case' OR stage = 'approval_pending' OR
        stage = 'approved' OR stage = 'staff_consultation' OR stage = 'transfer_preparation' OR
        stage = 'launched' OR stage = 'operating' OR stage = 'recontracting' OR stage = 'suspended' OR
        stage = 'rejected' OR stage = 'withdrawn' OR stage = 'blocked' OR stage = 'merged' OR
        stage = 'contract_lost' OR stage = 'returned_in_house' OR stage = 'closed' OR stage = 'insolvent'
    ),
    CONSTRAINT ck_pathway_steps__evidence_required CHECK (evidence_required = 0 OR evidence_required = 1)
) STRICT;

CREATE UNIQUE INDEX uq_pathway_steps__department_id__position ON pathway_steps (department_id, position);

-- Who supports mutuals in a department. `sectors` and `stages` are lists, of which an empty one stands for all.
CREATE TABLE enablers (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    department_id TEXT NOT NULL,
    name TEXT,
    role TEXT NOT NULL,
    email TEXT,
    sectors TEXT NOT NULL,
    stages TEXT NOT NULL,
    active_from TEXT,
    active_to TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_enablers PRIMARY KEY (id),
    CONSTRAINT fk_enablers__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT ck_enablers__role CHECK (
        role = 'enabler' OR role = 'entitler' OR role = 'escalation_contact' OR role = 'independent_arbiter'
    )
) STRICT;

CREATE INDEX ix_enablers__department_id__id ON enablers (department_id, id);
