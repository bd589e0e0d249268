CREATE TABLE staff_ballots (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    organiser TEXT,
    question TEXT,
    method TEXT,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    options TEXT NOT NULL,
    roll_size INTEGER,
    papers_issued INTEGER,
    returned INTEGER,
    spoiled INTEGER,
    counts TEXT NOT NULL,
    counts_complete INTEGER NOT NULL,
    later_rounds TEXT NOT NULL,
    opened_on TEXT,
    closed_on TEXT,
    declared_on TEXT,
    thresholds TEXT NOT NULL,
    scrutineer TEXT,
    published_figures TEXT NOT NULL,
    void_reason TEXT,
    superseded_by_id TEXT,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_staff_ballots PRIMARY KEY (id),
    CONSTRAINT fk_staff_ballots__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_staff_ballots__superseded_by_id FOREIGN KEY (superseded_by_id) REFERENCES staff_ballots (id),
    CONSTRAINT ck_staff_ballots__kind CHECK (kind = 'indicative' OR kind = 'consultative_survey' OR kind = 'formal' OR kind = 'confirmatory' OR kind = 'rerun' OR kind = 'board_election'),
    CONSTRAINT ck_staff_ballots__organiser CHECK (organiser = 'parent_body' OR organiser = 'proposed_mutual' OR organiser = 'trade_union' OR organiser = 'joint' OR organiser = 'independent'),
    CONSTRAINT ck_staff_ballots__method CHECK (method IN ('single_choice', 'ranked')),
    CONSTRAINT ck_staff_ballots__mode CHECK (mode IN ('recorded')),
    CONSTRAINT ck_staff_ballots__state CHECK (state = 'draft' OR state = 'declared' OR state = 'void' OR state = 'superseded'),
    CONSTRAINT ck_staff_ballots__counts_complete CHECK (counts_complete IN (0, 1)),
    CONSTRAINT ck_staff_ballots__papers_issued CHECK (papers_issued <= roll_size),
    CONSTRAINT ck_staff_ballots__returned CHECK (returned <= papers_issued AND returned <= roll_size),
    CONSTRAINT ck_staff_ballots__spoiled CHECK (spoiled >= 0 AND spoiled <= returned)
) STRICT;

CREATE INDEX ix_staff_ballots__mutual_id ON staff_ballots (mutual_id);
CREATE INDEX ix_staff_ballots__closed_on__id ON staff_ballots (closed_on, id) WHERE closed_on IS NOT NULL;
CREATE INDEX ix_staff_ballots__declared_on__id ON staff_ballots (declared_on, id) WHERE declared_on IS NOT NULL;
CREATE INDEX ix_staff_ballots__updated_at__id ON staff_ballots (updated_at, id);
CREATE INDEX ix_staff_ballots__superseded_by_id ON staff_ballots (superseded_by_id) WHERE superseded_by_id IS NOT NULL;
