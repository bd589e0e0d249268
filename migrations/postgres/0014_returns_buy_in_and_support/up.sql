-- What mutuals say about each of their years. A loss is a surplus below 0.
CREATE TABLE annual_returns (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    mutual_id TEXT COLLATE "C" NOT NULL,
    period_ends_on DATE NOT NULL,
    turnover_amount_minor BIGINT,
    turnover_currency TEXT,
    surplus_amount_minor BIGINT,
    surplus_currency TEXT,
    headcount BIGINT,
    fte_hundredths BIGINT,
    service_users BIGINT,
    staff_directors BIGINT,
    board_size BIGINT,
    staff_shareholding_percent TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_annual_returns PRIMARY KEY (id),
    CONSTRAINT fk_annual_returns__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT ck_annual_returns__turnover CHECK (turnover_amount_minor >= 0 AND (turnover_amount_minor IS NULL) = (turnover_currency IS NULL)),
    CONSTRAINT ck_annual_returns__surplus CHECK ((surplus_amount_minor IS NULL) = (surplus_currency IS NULL)),
    CONSTRAINT ck_annual_returns__headcount CHECK (headcount >= 0),
    CONSTRAINT ck_annual_returns__fte_hundredths CHECK (fte_hundredths >= 0),
    CONSTRAINT ck_annual_returns__service_users CHECK (service_users >= 0),
    CONSTRAINT ck_annual_returns__staff_directors CHECK (staff_directors <= board_size)
);

CREATE UNIQUE INDEX uq_annual_returns__mutual_id__period_ends_on ON annual_returns (mutual_id, period_ends_on);

-- What constituencies think of mutuals. The position of staff is what their ballot gives, and none where it gives none.
CREATE TABLE endorsements (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    mutual_id TEXT COLLATE "C" NOT NULL,
    constituency TEXT NOT NULL,
    position TEXT,
    staff_ballot_id TEXT COLLATE "C",
    given_on DATE NOT NULL,
    given_by TEXT,
    evidence_url TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_endorsements PRIMARY KEY (id),
    CONSTRAINT fk_endorsements__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_endorsements__staff_ballot_id FOREIGN KEY (staff_ballot_id) REFERENCES staff_ballots (id),
    CONSTRAINT ck_endorsements__constituency CHECK (constituency IN ('staff', 'service_users', 'senior_management', 'commissioners', 'trade_unions')),
    CONSTRAINT ck_endorsements__position CHECK (position IN ('supports', 'opposes', 'neutral')),
    CONSTRAINT ck_endorsements__staff_ballot_id CHECK ((constituency = 'staff') = (staff_ballot_id IS NOT NULL))
);

CREATE INDEX ix_endorsements__mutual_id__id ON endorsements (mutual_id, id);
CREATE INDEX ix_endorsements__staff_ballot_id ON endorsements (staff_ballot_id);

-- Who is against mutuals and why, and what was decided: never without reasons.
CREATE TABLE objections (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    mutual_id TEXT COLLATE "C" NOT NULL,
    raised_by TEXT,
    kind TEXT NOT NULL,
    grounds TEXT NOT NULL,
    raised_on DATE NOT NULL,
    outcome TEXT NOT NULL,
    decided_on DATE,
    decision_reasons TEXT,
    decided_by_arbiter BOOLEAN NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_objections PRIMARY KEY (id),
    CONSTRAINT fk_objections__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT ck_objections__kind CHECK (kind IN ('staff', 'union', 'campaign', 'service_user', 'commissioner', 'provider', 'other')),
    CONSTRAINT ck_objections__outcome CHECK (outcome IN ('open', 'withdrawn', 'rejected', 'accepted', 'appealed')),
    CONSTRAINT ck_objections__decided_on CHECK ((decided_on IS NULL) = (decision_reasons IS NULL) AND raised_on <= decided_on)
);

CREATE INDEX ix_objections__mutual_id__id ON objections (mutual_id, id);

-- What support mutuals ask for, and what becomes of it.
CREATE TABLE support_requests (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    mutual_id TEXT COLLATE "C" NOT NULL,
    stage TEXT NOT NULL,
    need TEXT NOT NULL,
    requested_on DATE NOT NULL,
    status TEXT NOT NULL,
    enabler_id TEXT COLLATE "C",
    closed_on DATE,
    decline_reason TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_support_requests PRIMARY KEY (id),
    CONSTRAINT fk_support_requests__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_support_requests__enabler_id FOREIGN KEY (enabler_id) REFERENCES enablers (id),
    CONSTRAINT ck_support_requests__stage CHECK (stage IN ('idea', 'options_appraisal', 'business_case', 'approval_pending', 'approved', 'staff_consultation', 'transfer_preparation', 'launched', 'operating', 'recontracting', 'suspended', 'rejected', 'withdrawn', 'blocked', 'merged', 'contract_lost', 'returned_in_house', 'closed', 'insolvent')),
    CONSTRAINT ck_support_requests__status CHECK (status IN ('open', 'assigned', 'met', 'declined')),
    CONSTRAINT ck_support_requests__closed_on CHECK (requested_on <= closed_on)
);

CREATE INDEX ix_support_requests__mutual_id__id ON support_requests (mutual_id, id);
CREATE INDEX ix_support_requests__enabler_id ON support_requests (enabler_id);

-- Which steps of their departments' pathways mutuals have done.
CREATE TABLE pathway_progress (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    mutual_id TEXT COLLATE "C" NOT NULL,
    step_id TEXT COLLATE "C" NOT NULL,
    done_on DATE NOT NULL,
    evidence_url TEXT,
    note TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_pathway_progress PRIMARY KEY (id),
    CONSTRAINT fk_pathway_progress__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_pathway_progress__step_id FOREIGN KEY (step_id) REFERENCES pathway_steps (id)
);

CREATE UNIQUE INDEX uq_pathway_progress__mutual_id__step_id ON pathway_progress (mutual_id, step_id);
CREATE INDEX ix_pathway_progress__mutual_id__id ON pathway_progress (mutual_id, id);
CREATE INDEX ix_pathway_progress__step_id ON pathway_progress (step_id);
