CREATE TABLE mutuals (
    row_no INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    identifiers TEXT NOT NULL,
    legal_form TEXT,
    sectors TEXT NOT NULL,
    region TEXT,
    website TEXT,
    description TEXT,
    department_id TEXT,
    other_department_ids TEXT NOT NULL,
    origin_route TEXT,
    stage TEXT NOT NULL,
    stage_since TEXT,
    launched_on TEXT,
    ended_on TEXT,
    successor_id TEXT,
    staff_count INTEGER,
    staff_counted_on TEXT,
    tests TEXT NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT uq_mutuals__id UNIQUE (id),
    CONSTRAINT fk_mutuals__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT fk_mutuals__successor_id FOREIGN KEY (successor_id) REFERENCES mutuals (id),
    CONSTRAINT ck_mutuals__legal_form CHECK (legal_form = 'cic_limited_by_guarantee' OR legal_form = 'cic_limited_by_shares' OR legal_form = 'cic_unspecified' OR legal_form = 'company_limited_by_guarantee' OR legal_form = 'company_limited_by_shares' OR legal_form = 'community_benefit_society' OR legal_form = 'cooperative_society' OR legal_form = 'registered_society_unspecified' OR legal_form = 'industrial_and_provident_society' OR legal_form = 'charitable_company' OR legal_form = 'cio' OR legal_form = 'llp' OR legal_form = 'joint_venture' OR legal_form = 'employee_ownership_trust' OR legal_form = 'unincorporated' OR legal_form = 'not_yet_decided' OR legal_form = 'other'),
    CONSTRAINT ck_mutuals__region CHECK (region = 'north_east' OR region = 'north_west' OR region = 'yorkshire_and_the_humber' OR region = 'east_midlands' OR region = 'west_midlands' OR region = 'east_of_england' OR region = 'london' OR region = 'south_east' OR region = 'south_west' OR region = 'wales' OR region = 'scotland' OR region = 'northern_ireland'),
    CONSTRAINT ck_mutuals__origin_route CHECK (origin_route = 'right_to_request' OR origin_route = 'right_to_provide' OR origin_route = 'right_to_challenge' OR origin_route = 'pathfinder' OR origin_route = 'mutuals_support_programme' OR origin_route = 'other'),
    CONSTRAINT ck_mutuals__stage CHECK (stage = 'idea' OR stage = 'options_appraisal' OR stage = 'business_case' OR stage = 'approval_pending' OR stage = 'approved' OR stage = 'staff_consultation' OR stage = 'transfer_preparation' OR stage = 'launched' OR stage = 'operating' OR stage = 'recontracting' OR stage = 'suspended' OR stage = 'rejected' OR stage = 'withdrawn' OR stage = 'blocked' OR stage = 'merged' OR stage = 'contract_lost' OR stage = 'returned_in_house' OR stage = 'closed' OR stage = 'insolvent'),
    CONSTRAINT ck_mutuals__staff_count CHECK (staff_count >= 0)
) STRICT;

CREATE UNIQUE INDEX uq_mutuals__slug ON mutuals (slug);
CREATE UNIQUE INDEX uq_mutuals__name_folded ON mutuals (name_folded);
CREATE INDEX ix_mutuals__stage__name_folded ON mutuals (stage, name_folded);
CREATE INDEX ix_mutuals__department_id__name_folded ON mutuals (department_id, name_folded) WHERE department_id IS NOT NULL;
CREATE INDEX ix_mutuals__launched_on__id ON mutuals (launched_on, id) WHERE launched_on IS NOT NULL;
CREATE INDEX ix_mutuals__staff_count__id ON mutuals (staff_count, id) WHERE staff_count IS NOT NULL;
CREATE INDEX ix_mutuals__updated_at__id ON mutuals (updated_at, id);
CREATE INDEX ix_mutuals__successor_id ON mutuals (successor_id) WHERE successor_id IS NOT NULL;

CREATE TABLE mutual_sectors (
    sector TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    CONSTRAINT pk_mutual_sectors PRIMARY KEY (mutual_id, sector),
    CONSTRAINT fk_mutual_sectors__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE mutual_other_departments (
    department_id TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    CONSTRAINT pk_mutual_other_departments PRIMARY KEY (department_id, mutual_id),
    CONSTRAINT fk_mutual_other_departments__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT fk_mutual_other_departments__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_mutual_other_departments__mutual_id ON mutual_other_departments (mutual_id);

-- An identifier belongs to one record of the register, whatever its type.
CREATE TABLE identifiers (
    identifier TEXT NOT NULL,
    department_id TEXT,
    mutual_id TEXT,
    CONSTRAINT pk_identifiers PRIMARY KEY (identifier),
    CONSTRAINT fk_identifiers__department_id FOREIGN KEY (department_id) REFERENCES departments (id) ON DELETE CASCADE,
    CONSTRAINT fk_identifiers__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id) ON DELETE CASCADE,
    CONSTRAINT ck_identifiers__owner CHECK ((department_id IS NULL) <> (mutual_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_identifiers__department_id ON identifiers (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX ix_identifiers__mutual_id ON identifiers (mutual_id) WHERE mutual_id IS NOT NULL;

-- The words of a mutual, folded, for `q`.
CREATE VIRTUAL TABLE mutual_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
-- Every batch of writes adds a segment: merging more of them at a time writes less.
INSERT INTO mutual_search (mutual_search, rank) VALUES ('automerge', 8);
