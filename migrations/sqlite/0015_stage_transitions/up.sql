-- The course of a mutual: each move from one stage to another, in order. The mutual's stage and its dates follow from them.
CREATE TABLE stage_transitions (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    from_stage TEXT NOT NULL,
    to_stage TEXT NOT NULL,
    effective_on TEXT,
    reason TEXT,
    historic INTEGER NOT NULL,
    override_reason TEXT,
    unmet_conditions TEXT NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_stage_transitions PRIMARY KEY (id),
    CONSTRAINT fk_stage_transitions__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT ck_stage_transitions__position CHECK (position >= 1),
    CONSTRAINT ck_stage_transitions__from_stage CHECK (from_stage = 'idea' OR from_stage = 'options_appraisal' OR from_stage = 'business_case' OR from_stage = 'approval_pending' OR from_stage = 'approved' OR from_stage = 'staff_consultation' OR from_stage = 'transfer_preparation' OR from_stage = 'launched' OR from_stage = 'operating' OR from_stage = 'recontracting' OR from_stage = 'suspended' OR from_stage = 'rejected' OR from_stage = 'withdrawn' OR from_stage = 'blocked' OR from_stage = 'merged' OR from_stage = 'contract_lost' OR from_stage = 'returned_in_house' OR from_stage = 'closed' OR from_stage = 'insolvent'),
    CONSTRAINT ck_stage_transitions__historic CHECK (historic IN (0, 1)),
    CONSTRAINT ck_stage_transitions__to_stage CHECK (to_stage = 'idea' OR to_stage = 'options_appraisal' OR to_stage = 'business_case' OR to_stage = 'approval_pending' OR to_stage = 'approved' OR to_stage = 'staff_consultation' OR to_stage = 'transfer_preparation' OR to_stage = 'launched' OR to_stage = 'operating' OR to_stage = 'recontracting' OR to_stage = 'suspended' OR to_stage = 'rejected' OR to_stage = 'withdrawn' OR to_stage = 'blocked' OR to_stage = 'merged' OR to_stage = 'contract_lost' OR to_stage = 'returned_in_house' OR to_stage = 'closed' OR to_stage = 'insolvent')
) STRICT;

CREATE INDEX ix_stage_transitions__mutual_id__position__id ON stage_transitions (mutual_id, position, id);

-- Why a mutual was launched though the gate was not met.
ALTER TABLE mutuals ADD COLUMN launch_override_reason TEXT;
