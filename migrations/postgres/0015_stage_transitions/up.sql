-- The course of a mutual: each move from one stage to another, in order. The mutual's stage and its dates follow from them.
CREATE TABLE stage_transitions (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    mutual_id TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    from_stage TEXT NOT NULL,
    to_stage TEXT NOT NULL,
    effective_on TEXT COLLATE "C",
    reason TEXT,
    historic BOOLEAN NOT NULL,
    override_reason TEXT,
    unmet_conditions TEXT NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_stage_transitions PRIMARY KEY (id),
    CONSTRAINT fk_stage_transitions__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT ck_stage_transitions__position CHECK (position >= 1),
    CONSTRAINT ck_stage_transitions__from_stage CHECK (from_stage IN ('idea', 'options_appraisal', 'business_case', 'approval_pending', 'approved', 'staff_consultation', 'transfer_preparation', 'launched', 'operating', 'recontracting', 'suspended', 'rejected', 'withdrawn', 'blocked', 'merged', 'contract_lost', 'returned_in_house', 'closed', 'insolvent')),
    CONSTRAINT ck_stage_transitions__to_stage CHECK (to_stage IN ('idea', 'options_appraisal', 'business_case', 'approval_pending', 'approved', 'staff_consultation', 'transfer_preparation', 'launched', 'operating', 'recontracting', 'suspended', 'rejected', 'withdrawn', 'blocked', 'merged', 'contract_lost', 'returned_in_house', 'closed', 'insolvent'))
);

CREATE INDEX ix_stage_transitions__mutual_id__position__id ON stage_transitions (mutual_id, position, id);

-- Why a mutual was launched though the gate was not met.
ALTER TABLE mutuals ADD COLUMN launch_override_reason TEXT;
