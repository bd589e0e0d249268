-- What mutuals say about each of their years. A loss is a surplus below 0.
CREATE TABLE annual_returns (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    period_ends_on TEXT NOT NULL,
    turnover_amount_minor INTEGER,
    turnover_currency TEXT,
    surplus_amount_minor INTEGER,
    surplus_currency TEXT,
    headcount INTEGER,
    fte_hundredths INTEGER,
    service_users INTEGER,
    staff_directors INTEGER,
    board_size INTEGER,
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
) STRICT;

CREATE UNIQUE INDEX uq_annual_returns__mutual_id__period_ends_on ON annual_returns (mutual_id, period_ends_on);

-- What constituencies think of mutuals. The position of staff is what their ballot gives, and none where it gives none.
CREATE TABLE endorsements (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    constituency TEXT NOT NULL,
    position TEXT,
    staff_ballot_id TEXT,
    given_on TEXT NOT NULL,
    given_by TEXT,
    evidence_url TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_endorsements PRIMARY KEY (id),
    CONSTRAINT fk_endorsements__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_endorsements__staff_ballot_id FOREIGN KEY (staff_ballot_id) REFERENCES staff_ballots (id),
    CONSTRAINT ck_endorsements__constituency CHECK (constituency = 'staff' OR constituency = 'service_users' OR constituency = 'senior_management' OR constituency = 'commissioners' OR constituency = 'trade_unions'),
    CONSTRAINT ck_endorsements__position CHECK (position = 'supports' OR position = 'opposes' OR position = 'neutral'),
    CONSTRAINT ck_endorsements__staff_ballot_id CHECK ((constituency = 'staff') = (staff_ballot_id IS NOT NULL))
) STRICT;

CREATE INDEX ix_endorsements__mutual_id__id ON endorsements (mutual_id, id);
CREATE INDEX ix_endorsements__staff_ballot_id ON endorsements (staff_ballot_id);

-- Who is against mutuals and why, and what was decided: never without reasons.
CREATE TABLE objections (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    raised_by TEXT,
    kind TEXT NOT NULL,
    grounds TEXT NOT NULL,
    raised_on TEXT NOT NULL,
    outcome TEXT NOT NULL,
    decided_on TEXT,
    decision_reasons TEXT,
    decided_by_arbiter INTEGER NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_objections PRIMARY KEY (id),
    CONSTRAINT fk_objections__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT ck_objections__kind CHECK (kind = 'staff' OR kind = 'union' OR kind = 'campaign' OR kind = 'service_user' OR kind = 'commissioner' OR kind = 'provider' OR kind = 'other'),
    CONSTRAINT ck_objections__outcome CHECK (outcome = 'open' OR outcome = 'withdrawn' OR outcome = 'rejected' OR outcome = 'accepted' OR outcome = 'appealed'),
    CONSTRAINT ck_objections__decided_on CHECK ((decided_on IS NULL) = (decision_reasons IS NULL) AND raised_on <= decided_on),
    CONSTRAINT ck_objections__decided_by_arbiter CHECK (decided_by_arbiter IN (0, 1))
) STRICT;

CREATE INDEX ix_objections__mutual_id__id ON objections (mutual_id, id);

-- What support mutuals ask for, and what becomes of it.
CREATE TABLE support_requests (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    need TEXT NOT NULL,
    requested_on TEXT NOT NULL,
    status TEXT NOT NULL,
    enabler_id TEXT,
    closed_on TEXT,
    decline_reason TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_support_requests PRIMARY KEY (id),
    CONSTRAINT fk_support_requests__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_support_requests__enabler_id FOREIGN KEY (enabler_id) REFERENCES enablers (id),
    CONSTRAINT ck_support_requests__stage CHECK (stage = 'idea' OR stage = 'options_appraisal' OR stage = 'business_case' OR stage = 'approval_pending' OR stage = 'approved' OR stage = 'staff_consultation' OR stage = 'transfer_preparation' OR stage = 'launched' OR stage = 'operating' OR stage = 'recontracting' OR stage = 'suspended' OR stage = 'rejected' OR stage = 'withdrawn' OR stage = 'blocked' OR stage = 'merged' OR stage = 'contract_lost' OR stage = 'returned_in_house' OR stage = 'closed' OR stage = 'insolvent'),
    CONSTRAINT ck_support_requests__status CHECK (status = 'open' OR status = 'assigned' OR status = 'met' OR status = 'declined'),
    CONSTRAINT ck_support_requests__closed_on CHECK (requested_on <= closed_on)
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
    done_on TEXT NOT NULL,
    evidence_url TEXT,
    note TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    full_document TEXT,
    CONSTRAINT pk_pathway_progress PRIMARY KEY (id),
    CONSTRAINT fk_pathway_progress__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_pathway_progress__step_id FOREIGN KEY (step_id) REFERENCES pathway_steps (id)
) STRICT;

CREATE UNIQUE INDEX uq_pathway_progress__mutual_id__step_id ON pathway_progress (mutual_id, step_id);
CREATE INDEX ix_pathway_progress__mutual_id__id ON pathway_progress (mutual_id, id);
CREATE INDEX ix_pathway_progress__step_id ON pathway_progress (step_id);
