CREATE TABLE staff_ballots (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    mutual_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    organiser TEXT,
    question TEXT,
    method TEXT,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    options TEXT NOT NULL,
    roll_size BIGINT,
    papers_issued BIGINT,
    returned BIGINT,
    spoiled BIGINT,
    counts TEXT NOT NULL,
    counts_complete BOOLEAN NOT NULL,
    later_rounds TEXT NOT NULL,
    opened_on TEXT COLLATE "C",
    closed_on TEXT COLLATE "C",
    declared_on TEXT COLLATE "C",
    thresholds TEXT NOT NULL,
    scrutineer TEXT,
    published_figures TEXT NOT NULL,
    void_reason TEXT,
    superseded_by_id TEXT COLLATE "C",
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_staff_ballots PRIMARY KEY (id),
    CONSTRAINT fk_staff_ballots__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_staff_ballots__superseded_by_id FOREIGN KEY (superseded_by_id) REFERENCES staff_ballots (id),
    CONSTRAINT ck_staff_ballots__kind CHECK (kind IN ('indicative', 'consultative_survey', 'formal', 'confirmatory', 'rerun', 'board_election')),
    CONSTRAINT ck_staff_ballots__organiser CHECK (organiser IN ('parent_body', 'proposed_mutual', 'trade_union', 'joint', 'independent')),
    CONSTRAINT ck_staff_ballots__method CHECK (method IN ('single_choice', 'ranked')),
    CONSTRAINT ck_staff_ballots__mode CHECK (mode IN ('recorded')),
    CONSTRAINT ck_staff_ballots__state CHECK (state IN ('draft', 'declared', 'void', 'superseded')),
    CONSTRAINT ck_staff_ballots__papers_issued CHECK (papers_issued <= roll_size),
    CONSTRAINT ck_staff_ballots__returned CHECK (returned <= papers_issued AND returned <= roll_size),
    CONSTRAINT ck_staff_ballots__spoiled CHECK (spoiled >= 0 AND spoiled <= returned)
);

CREATE INDEX ix_staff_ballots__mutual_id ON staff_ballots (mutual_id);
CREATE INDEX ix_staff_ballots__closed_on__id ON staff_ballots (closed_on, id) WHERE closed_on IS NOT NULL;
CREATE INDEX ix_staff_ballots__declared_on__id ON staff_ballots (declared_on, id) WHERE declared_on IS NOT NULL;
CREATE INDEX ix_staff_ballots__updated_at__id ON staff_ballots (updated_at, id);
CREATE INDEX ix_staff_ballots__superseded_by_id ON staff_ballots (superseded_by_id) WHERE superseded_by_id IS NOT NULL;
