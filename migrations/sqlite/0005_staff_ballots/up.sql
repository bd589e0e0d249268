CREATE TABLE staff_ballots (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    organiser TEXT,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    roll_size INTEGER,
    returned INTEGER,
    opened_on TEXT,
    closed_on TEXT,
    declared_on TEXT,
    superseded_by_id TEXT,
    scrutineer_key_id TEXT,
    public_document TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_staff_ballots PRIMARY KEY (id),
    CONSTRAINT fk_staff_ballots__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_staff_ballots__superseded_by_id FOREIGN KEY (superseded_by_id) REFERENCES staff_ballots (id),
    CONSTRAINT fk_staff_ballots__scrutineer_key_id FOREIGN KEY (scrutineer_key_id) REFERENCES api_keys (id)
) STRICT;

CREATE INDEX ix_staff_ballots__mutual_id ON staff_ballots (mutual_id);
CREATE INDEX ix_staff_ballots__closed_on__id ON staff_ballots (closed_on, id) WHERE closed_on IS NOT NULL;
CREATE INDEX ix_staff_ballots__declared_on__id ON staff_ballots (declared_on, id) WHERE declared_on IS NOT NULL;
CREATE INDEX ix_staff_ballots__updated_at__id ON staff_ballots (updated_at, id);
CREATE INDEX ix_staff_ballots__superseded_by_id ON staff_ballots (superseded_by_id) WHERE superseded_by_id IS NOT NULL;
CREATE INDEX ix_staff_ballots__scrutineer_key_id ON staff_ballots (scrutineer_key_id) WHERE scrutineer_key_id IS NOT NULL;
CREATE INDEX ix_staff_ballots__id__declared ON staff_ballots (id) WHERE state <> 'draft';

-- What constituencies think of mutuals.
CREATE TABLE endorsements (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    constituency TEXT NOT NULL,
    staff_ballot_id TEXT,
    public_document TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_endorsements PRIMARY KEY (id),
    CONSTRAINT fk_endorsements__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_endorsements__staff_ballot_id FOREIGN KEY (staff_ballot_id) REFERENCES staff_ballots (id)
) STRICT;

CREATE INDEX ix_endorsements__mutual_id__id ON endorsements (mutual_id, id);
CREATE INDEX ix_endorsements__staff_ballot_id ON endorsements (staff_ballot_id);
